r"""
深的网络才看得出初始化的差别 | Initialization shows in deep networks
====================================================================

同样的图片、同样的步数，只改初始权重。3 个隐藏层时，常用的几种学得差不多。
20 个隐藏层时，He 远远领先，权重太小或太大的一步也学不动。每种初始化都在验证集上挑
自己的学习率，测试集在最后用一次。

Same pictures, same number of steps, other initial weights. With 3 hidden
layers the usual initializations learn about equally well. With 20, He is far
ahead, and weights that are too small or too large do not get going. Each kind
chooses a learning rate of its own on validation data. The test set is used
once, at the end.

**你需要** :doc:`/generalization/initialization` 里的初始化，和
:doc:`/generalization/model-selection` 里的验证集；**你得到** 五种初始化在
两种深度上的测试准确率。

**You need** the initializations of :doc:`/generalization/initialization` and
the validation set of :doc:`/generalization/model-selection`; **you get** the
test accuracy of five initializations at two depths.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.initializers import he_variance, xavier_variance
from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=4, cuda=20)

# %%
# 数据 | Data
# -----------
# 图片缩小到 :math:`7 \times 7`，标准化。2,000 张训练，2,000 张验证。
#
# The pictures are shrunk to :math:`7 \times 7` and standardized. There are
# 2,000 for training and 2,000 for validation.


def small(images, device):
    """Return the pictures shrunk to 7 by 7 pixels: (n, 49)."""
    return avg_pool2d(images, 4).flatten(1).to(device)


inputs, labels = small(data.train_images, device), data.train_labels.to(device)
num_train = min(2000, len(inputs) // 2)
middle, size = inputs[:num_train].mean(), inputs[:num_train].std()
inputs = (inputs - middle) / size
train_set = inputs[:num_train], labels[:num_train]
valid_set = inputs[num_train:][:2000], labels[num_train:][:2000]
test_set = (
    (small(data.test_images, device) - middle) / size,
    (data.test_labels.to(device)),
)

# %%
# 五种初始化 | Five initializations
# ---------------------------------
# 权重都是均值为 0 的正态分布，偏置都是 0，所以差别只在方差。``nn.Linear``
# 的方差是 :math:`1/(3n)`。“太大”取 He 的四倍。
#
# All weights are normal with mean 0 and all biases are 0, so that nothing but
# the variance differs. That of ``nn.Linear`` is :math:`1/(3n)`. “Too large” is
# four times He.

kinds = {
    "标准差 0.01 | std 0.01": lambda n, m: 0.01**2,
    "nn.Linear": lambda n, m: 1 / (3 * n),
    "Xavier": xavier_variance,
    "He": lambda n, m: he_variance(n),
    "太大 | too large": lambda n, m: 4 * he_variance(n),
}
depths = [3, 20]


def start(sizes, rules, num_rates, num_seeds, generator):
    """Return networks in the order of rules, rates and seeds."""
    num_models = len(rules) * num_rates * num_seeds
    models = ParallelMLPs(num_models, sizes, generator=generator)
    layers = zip(models.weights, models.biases, pairwise(sizes), strict=True)
    with torch.no_grad():
        for weight, bias, (n, m) in layers:
            draws = torch.randn(num_seeds, n, m, generator=generator)
            stds = torch.tensor([rule(n, m) ** 0.5 for rule in rules])
            scaled = stds[:, None, None, None, None] * draws
            scaled = scaled.expand(-1, num_rates, -1, -1, -1)
            weight.copy_(scaled.flatten(0, 2))
            bias.zero_()
    return models


# %%
# 训练 | Training
# ---------------
# 普通的 SGD，学习率 1，每个网络的损失乘以它自己的学习率，作用相同。这样
# 各种初始化、各个学习率、各个种子的网络可以一起算。同一个种子的网络，初始
# 权重只差一个倍数。损失变成 NaN 的网络，按它给出的答案算，约 0.1。
#
# Plain SGD with learning rate 1. The loss of each network is multiplied by a
# rate of its own, to the same effect. Networks of all kinds, rates and seeds
# are then computed at once. For one seed, the initial weights differ by a
# factor alone. A network whose loss has become NaN counts with the answers
# that it gives, about 0.1 right.


def accuracies(models, examples, labels):
    """Return the accuracy of each model: (num_models,)."""
    with torch.no_grad():
        right = models(examples).argmax(dim=-1) == labels
    return right.double().mean(dim=1).cpu()


def train(models, rates, train_set, num_epochs):
    """Train all networks in place; return accuracies: (epochs, models)."""
    draws = torch.Generator().manual_seed(1)
    optimizer = torch.optim.SGD(models.parameters(), lr=1.0)

    def scaled_losses(scores, targets):
        losses = cross_entropy(scores.mT, targets, reduction="none")
        return rates * losses.mean(dim=1)

    curve = []
    for _ in range(num_epochs):
        fit_parallel(
            models,
            *train_set,
            loss_fn=scaled_losses,
            optimizer=optimizer,
            batch_size=50,
            num_epochs=1,
            generator=draws,
        )
        curve.append(accuracies(models, *train_set))
    return torch.stack(curve)


# %%
# 每种初始化试同样的学习率，按验证准确率挑一个。
#
# All kinds try the same learning rates and choose by validation accuracy.

rates = torch.tensor([0.03, 0.1, 0.3])
num_epochs = 8
shape = len(kinds), len(rates), num_seeds
tested, curves = {}, {}
for depth in depths:
    draws = torch.Generator().manual_seed(0)
    models = start(
        [49, *[32] * depth, 10], kinds.values(), *shape[1:], draws
    ).to(device)
    own = rates[None, :, None].expand(shape).flatten().to(device)
    curve = train(models, own, train_set, num_epochs).reshape(-1, *shape)
    scores = accuracies(models, *valid_set).reshape(shape).mean(dim=2)
    tests = accuracies(models, *test_set).reshape(shape)
    for k, kind in enumerate(kinds):
        best = scores[k].argmax().item()
        tested[depth, kind] = found = tests[k, best]
        curves[depth, kind] = curve[:, k, best]
        print(f"{depth:2} {kind:24} rate {rates[best]:.2f}", end=" ")
        print(f"test {found.mean():.3f} ± {found.std():.3f}", scores[k])

# %%
# 结果 | The result
# -----------------
# 曲线是训练准确率，各用自己最好的学习率，细线是各个种子。
#
# Curves are training accuracies at the best rate of each kind, with a thin
# line for each seed.

epochs = range(1, num_epochs + 1)
fig, axes = plt.subplots(
    1, 2, figsize=(9, 4.2), sharey=True, layout="constrained"
)
for ax, depth in zip(axes, depths, strict=True):
    for i, kind in enumerate(kinds):
        curve = curves[depth, kind]
        ax.plot(epochs, curve, f"C{i}-", lw=0.5, alpha=0.6)
        style = f"C{i}{'os^vD'[i]}-"
        ax.plot(epochs, curve.mean(dim=1), style, lw=2, label=kind)
    ax.set_title(f"{depth} 个隐藏层 | {depth} hidden layers")
    ax.set_xlabel("轮 | epoch")
    ax.grid(alpha=0.3)
axes[0].set_ylabel("训练准确率（比例） | training accuracy (fraction)")
axes[1].legend()
fig.set_label(
    "左：3 个隐藏层，除标准差 0.01 外各种初始化的曲线靠在一起。右：20 个隐藏层，"
    "He 升得最快，另外几种停在 0.1 附近或者升得很慢"
    " | Left: with 3 hidden layers the curves lie together, but for standard"
    " deviation 0.01. Right: with 20, He rises fastest, and the others stay near"
    " 0.1 or rise slowly"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 3 个隐藏层时，``nn.Linear``、Xavier 和 He 相差不到五个百分点。20 个隐藏层时，
# He 在每个种子上都领先别的至少十个百分点。
#
# With 3 hidden layers ``nn.Linear``, Xavier and He are within five
# percentage points. With 20, He leads the others by ten points at least, for
# each seed.

shallow = {kind: tested[3, kind] for kind in kinds}
deep = {kind: tested[20, kind] for kind in kinds}
if not data.stand_in:
    usual = [shallow[kind].mean() for kind in ("nn.Linear", "Xavier", "He")]
    assert max(usual) - min(usual) < 0.05
    for kind in set(kinds) - {"He"}:
        assert (deep["He"] - deep[kind] > 0.1).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
names = ["tiny", "linear", "xavier", "he", "large"]
for prefix, found in (("shallow", shallow), ("deep", deep)):
    record_all(
        "init_training",
        {
            f"{prefix}_{name}": found[kind]
            for name, kind in zip(names, kinds, strict=True)
        },
        unit="fraction",
        over=over,
    )

# %%
# 练习 | Exercise
# ---------------
# 标准差 0.01 在 3 个隐藏层时就学不动。算出隐藏层的因子，也就是每层把标准差
# 乘以多少，以及三层之后还剩多少。答案：:math:`0.01\sqrt{32/2} = 0.04`，
# 三层之后不到万分之一。
#
# With a standard deviation of 0.01, 3 hidden layers are too many already. Find
# the factor of a hidden layer, by which it multiplies the standard deviation,
# and what is left after three. The answer: :math:`0.01\sqrt{32/2} = 0.04`, and
# after three layers less than one part in ten thousand.

factor = 0.01 / he_variance(32) ** 0.5
print(f"{factor:.2f} {factor**3:.1e}")
assert factor**3 < 1e-4
