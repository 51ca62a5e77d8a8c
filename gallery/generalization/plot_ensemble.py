r"""
集成的误差随成员个数下降，到相关的部分为止 | An ensemble's error falls down to its correlated part
==================================================================================================

把几个网络的概率平均，错得少一些。为什么不能少到 0？因为成员们会犯同样的错。均方误差
正好是两部分：随成员个数 :math:`M` 按 :math:`1/M` 下降的一部分，和大家共有的、不随
:math:`M` 变的一部分。由成对的成员就能算出这两部分，从而算出任何 :math:`M` 的误差。

Average the probabilities of several networks, and there are fewer mistakes.
Why not none at all? Because the members make the same mistakes. The mean
squared error has exactly two parts: one that falls as :math:`1/M` with the
number of members :math:`M`, and one that is common to all and stays. Pairs of
members suffice to compute the two, and with them the error for any
:math:`M`.

**你需要** :doc:`/generalization/dropout` 和 :doc:`/preliminaries/probability` 里的
协方差；**你得到** 两种成员的曲线：只换初始值的，和各看一份重抽样数据的。

**You need** :doc:`/generalization/dropout` and the covariance of
:doc:`/preliminaries/probability`; **you get** curves for two kinds of members:
those that differ in their initial weights alone, and those that each see a
resample of the data.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy, one_hot

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_train = 600 if data.stand_in else 2000
inputs = avg_pool2d(data.train_images, 2).flatten(1).to(device)  # 14 by 14
labels = data.train_labels.to(device)
tests = avg_pool2d(data.test_images, 2).flatten(1).to(device)
truth = data.test_labels.to(device)
SIZES = [1, 2, 4, 8, 16]
num_sets = on(device, cpu=3, cuda=10)

# %%
# 训练 | Training
# ---------------
# 每份训练集 2,000 张照片，训练 16 个网络 196-128-10。对照是一个宽 16 倍的网络，
# 它的参数和整个集成一样多。
#
# For each training set of 2,000 photographs, 16 networks 196-128-10 are
# trained. The control is a single network 16 times as wide, which has as many
# parameters as the whole ensemble.


def mean_losses(scores, targets):
    """Return the mean cross-entropy of each model: (num_models,)."""
    losses = cross_entropy(scores.mT, targets, reduction="none")
    return losses.mean(dim=1)


def probabilities(width, own, pool, tests, seed, num_epochs=20):
    """Return what networks trained on ``own`` say: (models, n, classes)."""
    draws = torch.Generator().manual_seed(seed)
    sizes = [tests.shape[1], width, 10]
    models = ParallelMLPs(len(own), sizes, generator=draws).to(tests.device)
    fit_parallel(
        models,
        *pool,
        loss_fn=mean_losses,
        optimizer=torch.optim.Adam(models.parameters(), lr=2e-3),
        batch_size=50,
        num_epochs=num_epochs,
        generator=draws,
        own=own,
    )
    with torch.no_grad():
        return models(tests).softmax(dim=-1)


# %%
# 均方误差把概率与独热的真值相比。
#
# The mean squared error compares probabilities with the one-hot truth.


def squared_error(probs, truth):
    """Return the mean squared distance from the one-hot truth."""
    return (probs - one_hot(truth, 10)).square().sum(dim=-1).mean().item()


def accuracy(probs, truth):
    """Return the fraction of right answers."""
    return (probs.argmax(dim=-1) == truth).double().mean().item()


# %%
# 预言只用两个数：单个成员的平均误差，和两个成员误差的平均乘积。
#
# The prediction takes two numbers: the mean error of a single member, and the
# mean product of the errors of two.


def predicted(members, truth):
    """Return the squared error to expect for each size, from pairs."""
    errors = members - one_hot(truth, 10)  # (M, n, classes)
    count = len(members)
    alone = errors.square().sum(dim=-1).mean().item()
    total = errors.sum(dim=0).square().sum(dim=-1).mean().item()
    common = (total - count * alone) / (count * (count - 1))
    return [common + (alone - common) / size for size in SIZES], common


# %%
# 第一种成员只换初始值和次序，第二种各看一份重抽样的数据。
#
# Members of the first kind differ in initial weights and order, those of the
# second each see a resample of the data.

kinds = ["initial", "resampled"]
measured = {kind: [] for kind in kinds}  # (sets, sizes, 2)
forecast = {kind: [] for kind in kinds}
common, wide = {kind: [] for kind in kinds}, []
for seed in range(num_sets):
    draws = torch.Generator().manual_seed(seed)
    chosen = torch.randperm(len(inputs), generator=draws)[:num_train]
    pool = inputs[chosen.to(device)], labels[chosen.to(device)]
    same = torch.arange(num_train).expand(16, -1)
    again = torch.randint(num_train, (16, num_train), generator=draws)
    for kind, own in zip(kinds, [same, again], strict=True):
        members = probabilities(128, own, pool, tests, seed)
        rows = []
        for size in SIZES:  # the mean over all groups of this size
            means = members.unflatten(0, (-1, size)).mean(dim=1)
            each = [
                (squared_error(m, truth), accuracy(m, truth)) for m in means
            ]
            rows.append(torch.tensor(each).mean(dim=0))
        measured[kind].append(torch.stack(rows))
        line, floor = predicted(members, truth)
        forecast[kind].append(torch.tensor(line))
        common[kind].append(floor)
    alone = probabilities(2048, same[:1], pool, tests, seed)[0]
    wide.append([squared_error(alone, truth), accuracy(alone, truth)])
measured = {kind: torch.stack(rows) for kind, rows in measured.items()}
forecast = {kind: torch.stack(rows) for kind, rows in forecast.items()}
wide = torch.tensor(wide)  # (sets, 2)

# %%
# 结果 | The result
# -----------------
# 点是量出来的，线是由成对的成员预言的，点线是不随成员个数变的那一部分。叉是对照，
# 一个参数同样多的宽网络。
#
# Dots are measured, lines predicted from pairs of members. Dotted lines show
# the part that does not change with the number of members. The cross is the
# control, a wide network with as many parameters.

names = ["只换初始值 | other initial weights", "各自重抽样 | own resample"]
fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.3), layout="constrained"
)
for i, (kind, name) in enumerate(zip(kinds, names, strict=True)):
    error, right_answers = measured[kind].mean(dim=0).T
    left.plot(SIZES, error, f"C{i}{'os'[i]}", ms=8, label=name)
    left.plot(SIZES, forecast[kind].mean(dim=0), f"C{i}-")
    floor = torch.tensor(common[kind]).mean()
    left.axhline(floor, color=f"C{i}", ls=":")
    right.plot(SIZES, right_answers, f"C{i}{'os'[i]}-", ms=8, label=name)
for ax, value in ((left, wide[:, 0].mean()), (right, wide[:, 1].mean())):
    ax.plot(16, value, "kx", ms=11, label="一个宽网络 | one wide network")
    ax.set_xscale("log", base=2)
    ax.set_xticks(SIZES, SIZES)
    ax.set_xlabel("成员个数 M | number of members M")
left.set_ylabel("均方误差 | mean squared error")
right.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
left.legend()
fig.set_label(
    "均方误差随成员个数下降，点落在预言的线上，趋于点线；准确率上升，平均高于同样大"
    "的一个宽网络"
    " | The mean squared error falls with the number of members; dots lie on"
    " the predicted lines and approach the dotted ones; the accuracy rises,"
    " on average above that of one equally large network"
)
plt.show()
for kind in kinds:
    print(kind, measured[kind].mean(dim=0), forecast[kind].mean(dim=0))
print(wide, common)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 量的和算出的一致。对所有大小相同的组取平均时，这是一个恒等式。
# 16 个成员在每份数据上都胜过一个。
#
# Measured and computed agree. Averaged over all groups of one size, this is an
# identity. Sixteen members beat one on each data set.

for kind in kinds:
    assert (measured[kind][:, :, 0] - forecast[kind]).abs().max() < 0.01
    better = measured[kind][:, -1, 1] - measured[kind][:, 0, 1]
    assert data.stand_in or (better > 0).all()
plain, resampled = measured["initial"], measured["resampled"]
over = f"{num_sets} 份训练集 | {num_sets} training sets"
record_all(
    "ensemble",
    {
        "one": plain[:, 0, 1],
        "four": plain[:, 2, 1],
        "sixteen": plain[:, -1, 1],
        "gain": (plain[:, -1, 1] - plain[:, 0, 1], ".4f"),
        "one_resampled": resampled[:, 0, 1],
        "sixteen_resampled": resampled[:, -1, 1],
        "wide": wide[:, 1],
        "over_wide": (plain[:, -1, 1] - wide[:, 1], ".4f"),
    },
    unit="fraction",
    over=over,
)
record_all(
    "ensemble",
    {
        "one_error": plain[:, 0, 0],
        "sixteen_error": plain[:, -1, 0],
        "common_error": torch.tensor(common["initial"]),
        "common_error_resampled": torch.tensor(common["resampled"]),
    },
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 换一个数据集：乳腺癌数据，100 个病人训练，十个成员各看一份重抽样的数据。损失降低
# 多少？答案在 :doc:`/generalization/more-regularization` 的练习里。
#
# Take other data: the breast cancer data, 100 patients for training, and ten
# members that each see a resample. By how much does the loss fall? The answer
# is among the exercises of :doc:`/generalization/more-regularization`.
