r"""
k 折估计的是少几个样本的模型 | k folds judge a model of fewer examples
=======================================================================

:math:`k` 折交叉验证用 :math:`n(1 - 1/k)` 个样本训练，再用其余的评判。
它量到的，平均起来正是这么多样本训练出来的模型的误差：比用全部 :math:`n`
个的偏大，:math:`k` 越大偏得越少。各折之间的散布另是一回事，
它不能代替换一批数据时估计值的散布。

Cross-validation with :math:`k` folds trains on :math:`n(1 - 1/k)` examples and
judges on the rest. On average it measures exactly the error of a model trained
on so many. This is larger than the error after training on all :math:`n`, and
comes closer to it as :math:`k` grows. The scatter among the folds is another
matter. It does not tell how the estimate scatters when the data are new.

**你需要** :doc:`/generalization/model-selection` 里的 k 折交叉验证和
:doc:`/preliminaries/estimation` 里的标准误；**你得到** 各个 :math:`k` 的偏差
和散布，以及它们的公式。

**You need** cross-validation from :doc:`/generalization/model-selection` and
the standard error from :doc:`/preliminaries/estimation`; **you get** bias and
spread for each :math:`k`, and a formula for the bias.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device
from d2lnotes.splits import k_fold_indices

device = select_device()
num_sets = on(device, cpu=2000, cuda=10_000)
n, d = 40, 10

# %%
# 五折的样子 | What five folds look like
# --------------------------------------
# 每个样本评判一次，其余四次用来训练。测试集不在其中。
#
# Each example validates once and trains four times. The test set takes no part.

fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
for fold, (_, valid) in enumerate(k_fold_indices(20, 5)):
    ax.barh(fold, 20, color="C0", alpha=0.35, edgecolor="white")
    ax.barh(fold, len(valid), left=valid[0], color="C1", edgecolor="white")
    middle = valid.double().mean() + 0.5
    ax.text(middle, fold, "验证 | validate", ha="center", va="center", size=13)
    other = 14 if middle < 10 else 4
    ax.text(other, fold, "训练 | train", ha="center", va="center", size=13)
    ax.barh(fold, 4, left=21, color="0.8")
ax.text(23, 2, "测试 | test", ha="center", va="center", size=13, rotation=90)
ax.set(
    yticks=range(5),
    yticklabels=["1", "2", "3", "4", "5"],
    xticks=[],
    xlabel="样本 | examples",
    ylabel="折 | fold",
)
ax.invert_yaxis()
ax.spines[:].set_visible(False)
fig.set_label(
    "五行，每行是同样的样本：每一折轮到另外五分之一来评判，其余的训练；"
    "测试集放在一边"
    " | Five rows of the same examples: in each fold another fifth validates and"
    " the rest train; the test set lies aside"
)
plt.show()

# %%
# 真正的误差算得出来 | The true error can be computed
# ---------------------------------------------------
# 输入是 :math:`d = 10` 个独立的标准正态数，:math:`y` 是它们的加权和，加上
# 方差为 1 的噪声。线性模型的权重 :math:`\hat{\mathbf{w}}` 一旦定了，它在新
# 数据上的均方误差正好是 :math:`1 + \lVert\hat{\mathbf{w}} -
# \mathbf{w}\rVert^2`。所以真值不必再抽数据来量。
#
# The inputs are :math:`d = 10` independent standard normal numbers, and
# :math:`y` is a weighted sum of them plus noise of variance 1. Once the
# weights :math:`\hat{\mathbf{w}}` are fixed, their mean squared error on new
# data is exactly :math:`1 + \lVert\hat{\mathbf{w}} - \mathbf{w}\rVert^2`. So
# the truth needs no further data.
#
# 最小二乘用 :math:`m` 个样本训练，误差的平均也有公式，对 :math:`m > d + 1`
# 成立：
#
# For least squares on :math:`m` examples there is a formula for the mean of
# this error, valid for :math:`m > d + 1`:
#
# .. math:: R(m) = 1 + \frac{d}{m - d - 1}


def solve(inputs, targets):
    """Return least-squares weights: (sets, m, d), (sets, m) to (sets, d)."""
    gram = inputs.mT @ inputs
    return torch.linalg.solve(gram, (inputs.mT @ targets[..., None])[..., 0])


def cross_validate(inputs, targets, num_folds):
    """Return the error of each fold in each data set: (sets, num_folds)."""
    errors = []
    for train, valid in k_fold_indices(inputs.shape[1], num_folds):
        weights = solve(inputs[:, train], targets[:, train])
        predicted = (inputs[:, valid] @ weights[..., None])[..., 0]
        errors.append((targets[:, valid] - predicted).square().mean(dim=1))
    return torch.stack(errors, dim=1)


def theory(num_train, num_features):
    """Return the expected error after training on so many examples."""
    return 1 + num_features / (num_train - num_features - 1)


# %%
# 两千批数据 | Two thousand sets of data
# --------------------------------------
# 每一批有 40 个样本。对每个 :math:`k` 记下估计值，以及由各折的误差算出的
# “标准误”：各折之间的标准差除以 :math:`\sqrt{k}`。
#
# Each set has 40 examples. For each :math:`k` we keep the estimate, and a
# “standard error” from the folds: their standard deviation over
# :math:`\sqrt{k}`.

draws = torch.Generator().manual_seed(0)
kind = {"generator": draws, "dtype": torch.float64}
inputs = torch.randn(num_sets, n, d, **kind).to(device)
truth = torch.ones(d, dtype=torch.float64, device=device)
noise = torch.randn(num_sets, n, **kind).to(device)
targets = inputs @ truth + noise
own_error = 1 + (solve(inputs, targets) - truth).square().sum(dim=1)  # (sets,)

ks = [2, 4, 5, 8, 10, 20, 40]
folds = [cross_validate(inputs, targets, k) for k in ks]
estimates = torch.stack([errors.mean(dim=1) for errors in folds]).cpu()
from_folds = torch.stack(
    [
        errors.std(dim=1).mean() / k**0.5
        for errors, k in zip(folds, ks, strict=True)
    ]
).cpu()
spread = estimates.std(dim=1)
bias = estimates.mean(dim=1) - own_error.mean().cpu()

# %%
# 左图：估计值的平均落在公式的线上，虚线是用全部 40 个训练的真正误差。
# 右图：换一批数据时估计值的标准差，和由各折算出的那个数。
#
# On the left, the mean estimate lies on the line of the formula. The dashed
# line is the true error after training on all 40. On the right are the
# standard deviation of the estimate over sets of data, and the number
# computed from the folds.

expected = [theory(n - n // k, d) for k in ks]
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.plot(ks, expected, "C0-", label="公式 | formula")
label = "$k$ 折估计的平均 | mean of the $k$-fold estimate"
left.plot(ks, estimates.mean(dim=1), "C0o", ms=8, label=label)
label = "用全部样本训练 | trained on all examples"
left.axhline(own_error.mean().cpu(), color="C1", ls="--", label=label)
left.set_ylabel("均方误差 | mean squared error")
label = "换一批数据 | over new data"
right.plot(ks, spread, "C2s-", label=label)
label = "由各折算出 | from the folds"
right.plot(ks, from_folds, "C3^--", label=label)
right.set_ylabel("估计值的标准差 | standard deviation of the estimate")
right.set_ylim(bottom=0)
for ax in (left, right):
    ax.set_xscale("log")
    ax.set_xticks(ks, [str(k) for k in ks])
    ax.minorticks_off()
    ax.set_xlabel("折数 $k$ | number of folds $k$")
    ax.legend()
fig.set_label(
    "左：k 越大，k 折估计的平均越接近用全部样本训练的误差，而且落在公式上；"
    "右：换一批数据时的散布与由各折算出的不同"
    " | Left: with more folds the mean estimate comes closer to the error after"
    " training on all examples, along the formula; right: the scatter over new"
    " data differs from that computed from the folds"
)
plt.show()
rows = ks, estimates.mean(dim=1), expected, spread, from_folds
for row in zip(*rows, strict=True):
    print("{:3}  {:.3f} (formula {:.3f})  {:.3f} {:.3f}".format(*row))

# %%
# 它说的是这一个模型吗 | Is it about this very model?
# ---------------------------------------------------
# 换一批数据，模型变，它的真正误差也变。估计值跟着变吗？看两者的相关系数。
#
# With other data the model differs, and so does its true error. Does the
# estimate follow? Look at the correlation of the two.

pair = torch.stack([estimates[ks.index(10)], own_error.cpu()])
correlation = torch.corrcoef(pair)[0, 1]
print(f"correlation of 10-fold estimate and own error {correlation:.3f}")

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每个 :math:`k` 的平均都符合公式，偏差逐渐变小；估计值与自己那个模型的误差
# 几乎不相关。
#
# The mean fits the formula for each :math:`k`, and the bias falls. The
# estimate is nearly uncorrelated with the error of its own model.

within = 4 * spread / num_sets**0.5
gap = estimates.mean(dim=1) - torch.tensor(expected, dtype=torch.float64)
assert (gap.abs() < within).all()
assert (bias.diff() < 0).all()
assert abs(correlation) < 0.2
over = f"{num_sets} 批数据 | {num_sets} sets of data"
record_all(
    "kfold",
    {
        "true_error": own_error.mean(),
        "estimate_2": estimates[0].mean(),
        "estimate_5": estimates[2].mean(),
        "estimate_10": estimates[4].mean(),
        "estimate_40": estimates[6].mean(),
        "spread_2": spread[0],
        "spread_5": spread[2],
        "spread_10": spread[4],
        "spread_40": spread[6],
        "from_folds_2": from_folds[0],
        "from_folds_5": from_folds[2],
        "from_folds_10": from_folds[4],
    },
    over=over,
)
record("kfold.correlation", correlation, over=over, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 样本加到 400 个，公式说 5 折的估计偏大多少？答案在
# :doc:`/generalization/model-selection` 的练习里。
#
# With 400 examples, by how much is the estimate of 5 folds too large,
# according to the formula? The answer is among the exercises of
# :doc:`/generalization/model-selection`.
