r"""
冠军的分数偏高，冠军却没有挑错多少 | The winner scores too high, yet is no bad choice
=====================================================================================

十二次试验，在验证集上挑出分数最高的一次。这里有两个问题。它的分数比在其余照片上高多
少？它比真正最好的一次差多少？前一个叫乐观偏差，后一个叫遗憾。一组试验只有种子不同，另
一组的设计真的不同。前一组的乐观偏差可以预先算出来。对照是不挑，用事先定好的一次。

Of twelve trials the one with the highest validation score is chosen. There are
two questions. By how much is its score above that on the other photographs? And
by how much does it fall short of the trial that is truly best? The first is the
optimism, the second the regret. One group of trials differs in seeds alone,
another in design. For the first group the optimism can be predicted. The
control is no choice: a trial fixed beforehand.

**你需要** :doc:`/computer-vision/image-classification-project`；**你得到** 验证集的
大小怎样决定乐观偏差和遗憾。

**You need** :doc:`/computer-vision/image-classification-project`; **you get**
how the size of the validation set decides on optimism and regret.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, conv2d, one_hot

from d2lnotes.data import fetch_cifar10
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device
from d2lnotes.trials import expected_maximum

device = select_device()
data = fetch_cifar10(num_train=5000, stand_in=True)
NUM_TRIALS = 12
num_draws = on(device, cpu=500, cuda=10_000)
print(data)

# %%
# 便宜的分类器 | Cheap classifiers
# --------------------------------
# 训练几十个网络太久，所以用便宜的分类器。随机的 :math:`5 \times 5` 卷积核以步幅 2 给出
# 特征图，ReLU 之后在四个角上各取平均。这些平均数再经过最小二乘，去拟合十个 0 与 1。设计只有一个
# 数：卷积核的个数。
#
# Dozens of networks would take long, so the classifiers are cheap. Random 5 by 5
# kernels of stride 2 give maps, which pass a ReLU and are averaged in the four quarters of
# the picture. Least squares on these means fits ten zeros and ones. The design
# is one number: how many kernels there are.


def features(images, num_kernels, seed):
    """Return means of random maps, and a 1: (n, 4 * num_kernels + 1)."""
    draws = torch.Generator().manual_seed(seed)
    kernels = torch.randn(num_kernels, 3, 5, 5, generator=draws)
    kernels -= kernels.mean(dim=(1, 2, 3), keepdim=True)
    kernels = kernels.to(images.device)
    parts = images.split(500)
    maps = [conv2d(part, kernels, stride=2).relu() for part in parts]
    means = torch.cat([avg_pool2d(part, 3).flatten(1) for part in maps])
    return torch.cat([means, torch.ones_like(means[:, :1])], dim=1)


def is_right(num_kernels, seed, train, test):
    """Return which test pictures a classifier gets right: (num_test,) bool."""
    inputs = features(train[0], num_kernels, seed).double()
    gram = inputs.mT @ inputs
    gram.diagonal().add_(1e-4 * gram.diagonal().mean())
    wanted = inputs.mT @ one_hot(train[1], 10).double()
    weights = torch.linalg.solve(gram, wanted)
    answers = features(test[0], num_kernels, seed).double() @ weights
    return answers.argmax(dim=1) == test[1]


# %%
# 两组试验，每组十二次：只有种子不同的，卷积核都是 32 个；设计不同的，卷积核从 8 个到
# 96 个。照片缩小到 16 × 16。
#
# Two groups of twelve trials. Those that differ in seeds have 32 kernels each.
# Those that differ in design have from 8 to 96. Photographs are shrunk to 16 by
# 16.

train = avg_pool2d(data.train_images, 2) - 0.5, data.train_labels
test = avg_pool2d(data.test_images, 2) - 0.5, data.test_labels
train, test = [[x.to(device) for x in pair] for pair in (train, test)]
designs = {
    "seeds": [32] * NUM_TRIALS,
    "designs": [8 * (k + 1) for k in range(NUM_TRIALS)],
}
right = {
    name: torch.stack(
        [is_right(n, seed, train, test) for seed, n in enumerate(sizes)]
    )
    .double()
    .cpu()
    for name, sizes in designs.items()
}
for name, rows in right.items():
    print(name, [f"{value:.3f}" for value in rows.mean(dim=1)])

# %%
# 预测 | The prediction
# ---------------------
# 难的照片对所有的试验都难，这一部分在比较时抵消。所以要看两次试验之差：设 :math:`V` 是
# 一张照片上“对错之差”的方差，对所有的试验对取平均。固定的一堆照片随机分成两份，
# :math:`n` 张验证，其余 :math:`m` 张。:math:`k` 次试验在整堆照片上同样好，那么乐观偏差
# 约为：
#
# Hard photographs are hard for all trials, and this part cancels in comparisons.
# So look at differences of two trials. Let :math:`V` be the variance, over
# photographs, of one being right less the other being right, averaged over
# pairs of trials. A fixed set of photographs is split at random, :math:`n` for
# validation and :math:`m` others. If :math:`k` trials are equally good on the
# whole set, the optimism is about:
#
# .. math:: e_k \sqrt{\tfrac{V}{2} \left(\tfrac1n + \tfrac1m\right)}
#
# 其中 :math:`e_k` 是 :math:`k` 个标准正态数的最大值的期望。在另外的新照片上，
# 没有 :math:`1/m` 这一项。
#
# Here :math:`e_k` is the expected maximum of :math:`k` standard normal numbers.
# On new photographs, from outside the set, the term :math:`1/m` is absent.


def predicted_optimism(right, num_valid):
    """Return the optimism if trials were equally good on all pictures."""
    num_trials, num_pictures = right.shape
    pairs = torch.combinations(torch.arange(num_trials))
    differences = right[pairs[:, 0]] - right[pairs[:, 1]]
    variance = differences.var(dim=1).mean()
    scatter = 1 / num_valid + 1 / (num_pictures - num_valid)
    return expected_maximum(num_trials) * (variance / 2 * scatter).sqrt()


# %%
# 测量 | The measurement
# ----------------------
# 随机抽出验证集，看挑中的一次在其余照片上的分数，重复许多次。哪一次真正最好，由全部照片来定。
#
# A validation set is drawn at random, and the winner is scored on the other
# photographs. This is repeated many times. All photographs together tell which
# trial is truly best.


def choose(right, num_valid, generator):
    """Return optimism and regret of the winner, and of the first trial."""
    num_pictures = right.shape[1]
    order = torch.randperm(num_pictures, generator=generator)
    held = torch.zeros(num_pictures, dtype=right.dtype)
    held[order[:num_valid]] = 1
    valid = right @ held / num_valid
    fresh = right @ (1 - held) / (num_pictures - num_valid)
    truth, scores = right.mean(dim=1), []
    for trial in (valid.argmax(), 0):
        optimism = valid[trial] - fresh[trial]
        scores += [optimism, truth.max() - truth[trial]]
    return torch.stack(scores)


# %%
# 验证集从百分之一到一半。
#
# Validation sets from a hundredth to a half.

num_test = len(data.test_labels)
shares = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5)
sizes = [round(share * num_test) for share in shares]
generator = torch.Generator().manual_seed(0)
found = {
    name: torch.stack(
        [
            torch.stack([choose(rows, n, generator) for _ in range(num_draws)])
            for n in sizes
        ]
    )
    for name, rows in right.items()
}  # each (sizes, draws, 4)
means = {name: 100 * rows.mean(dim=1) for name, rows in found.items()}
theory = 100 * torch.stack(
    [predicted_optimism(right["seeds"], n) for n in sizes]
)

# %%
# 结果 | The result
# -----------------

fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.8), sharey=True, layout="constrained"
)
titles = ["只有种子不同 | seeds differ", "设计不同 | designs differ"]
for ax, rows, title in zip(axes, means.values(), titles, strict=True):
    labels = ["乐观偏差 | optimism", "遗憾 | regret"]
    for column, style, label in zip(
        (0, 1), ("C3o-", "C0s-"), labels, strict=True
    ):
        ax.plot(sizes, rows[:, column], style, lw=2, ms=7, label=label)
    label = "不挑的乐观偏差 | optimism without a choice"
    ax.plot(sizes, rows[:, 2], "x:", color="0.4", label=label)
    ax.set_xscale("log")
    ax.set_xticks(sizes[::2], [f"{n:,}" for n in sizes[::2]])
    ax.minorticks_off()
    ax.set_xlabel("验证照片的张数 | validation photographs", size=12)
    ax.set_title(title, size=13)
axes[0].plot(sizes, theory, "k--", label="公式 | formula")
axes[0].set_ylabel("百分点 | percentage points", size=12)
handles, names = axes[0].get_legend_handles_labels()
fig.legend(handles, names, loc="outside lower center", ncols=2, fontsize=11)
fig.set_label(
    "两幅图，横轴是验证照片的张数：乐观偏差随张数减小，左边靠近公式的虚线；遗憾在验证"
    "集大时接近零；不挑时乐观偏差是零"
    " | Two panels over the number of validation photographs: the optimism falls,"
    " and at the left is close to the dashed formula; the regret is near zero for"
    " large validation sets; without a choice the optimism is zero"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 只有种子不同时，公式预言了乐观偏差。设计不同时，大的验证集使遗憾变小。
#
# Where seeds differ alone, the formula predicts the optimism. Where designs
# differ, a large validation set makes the regret small.

seeds, different = means["seeds"], means["designs"]
error = 100 * found["seeds"][..., 2].std(dim=1) / num_draws**0.5
assert (seeds[:, 2].abs() < 5 * error).all()
assert different[4, 1] < different[0, 1] / 2
if not data.stand_in:
    assert (seeds[1:4, 0] > 0.7 * theory[1:4]).all()
    assert (seeds[1:4, 0] < 1.3 * theory[1:4]).all()
record_all(
    "choosing_on_validation",
    {
        "optimism_few": seeds[1, 0],
        "formula_few": theory[1],
        "optimism_many": seeds[3, 0],
        "formula_many": theory[3],
        "regret_seeds_few": seeds[1, 1],
        "regret_seeds_many": seeds[3, 1],
        "optimism_designs_few": different[1, 0],
        "optimism_designs_many": different[3, 0],
        "regret_few": different[1, 1],
        "regret_many": different[3, 1],
        "regret_first": different[3, 3],
        "no_choice": seeds[1, 2],
    },
    unit="百分点 | percentage points",
    format=".1f",
)
record("choosing_on_validation.few", sizes[1], format=",d")
record("choosing_on_validation.many", sizes[3], format=",d")

# %%
# 练习 | Exercise
# ---------------
# 试验从 12 次增加到 1,000 次，只有种子不同，公式给出的乐观偏差是几倍？
#
# With 1,000 trials in place of 12, all of them differing in seeds alone, by
# what factor does the predicted optimism grow?

factor = expected_maximum(1000) / expected_maximum(12)
print(f"{factor:.2f}")
# It doubles, roughly: the expected maximum grows like the root of a logarithm.
assert 1.9 < factor < 2.1
