r"""
在线性模型上，丢弃法就是岭惩罚 | On a linear model dropout is a ridge penalty
=============================================================================

训练时以概率 :math:`p` 把输入置 0，其余的除以 :math:`1 - p`。每个输入的平均值
不变，多出来的是噪声，方差是 :math:`x^2 p/(1 - p)`。对线性回归可以算出噪声的
平均作用：它等于一个岭惩罚，:math:`\lambda = p/(1 - p)`。本脚本用丢弃法训练，
把学到的权重与公式比较。对照是方差相同的高斯噪声，结果也一样。

While training, set inputs to 0 with probability :math:`p` and divide the
others by :math:`1 - p`. The mean of each input stays the same, and noise of
variance :math:`x^2 p/(1 - p)` comes in. For linear regression the mean effect
of the noise can be worked out: it is a ridge penalty with
:math:`\lambda = p/(1 - p)`. This script trains with dropout and compares the
weights with the formula. The control is Gaussian noise of equal variance, and
it does the same.

**你需要** :doc:`/generalization/weight-decay` 里的岭回归和方差；**你得到** 丢弃法
为什么是一种正则化，以及丢弃率与惩罚之间的换算。

**You need** ridge regression, from :doc:`/generalization/weight-decay`, and
variances; **you get** a reason why dropout is a regularizer, and what penalty
a rate amounts to.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.dropout import dropout
from d2lnotes.plotting import plot_network
from d2lnotes.results import record_all

# %%
# 每次抽签一个子网络 | A thinned network for each draw
# ------------------------------------------------------
# 左边是整个网络。训练时每一步、每个样本都重新抽签，决定哪些隐藏单元不参加。
# 右边是两次抽签的结果。评估时用整个网络。
#
# On the left is the whole network. In each step of training, each example
# draws anew which hidden units take no part. On the right are two such draws.
# In evaluation the whole network is used.

fig, axes = plt.subplots(1, 3, figsize=(11, 4.2), layout="constrained")
names = [
    "评估：整个网络 | evaluation: the whole network",
    "训练：一次抽签 | training: one draw",
    "训练：另一次抽签 | training: another draw",
]
hidden = [[f"$x_{i}$" for i in range(1, 5)]]
hidden += [[f"$h_{i}$" for i in range(1, 6)], ["$o_1$", "$o_2$"]]
draws = [[], [(1, 1), (1, 4)], [(1, 0), (1, 1), (1, 3)]]
for ax, name, gone in zip(axes, names, draws, strict=True):
    plot_network([4, 5, 2], units=hidden, dropped=gone, ax=ax)
    ax.set_title(name)
fig.set_label(
    "同一个网络三次：整个网络，丢弃 h2 和 h5 的网络，丢弃 h1、h2 和 h4 的网络"
    " | One network three times: whole, without h2 and h5, and without h1, h2"
    " and h4"
)
plt.show()

# %%
# 噪声的平均作用 | The mean effect of the noise
# ---------------------------------------------
# 一个样本的预测是 :math:`\sum_j w_j x'_j`，它的均值是 :math:`\sum_j w_j x_j`。
# 各个输入独立地抽签，所以方差相加。平方误差的均值等于均值的平方误差加方差：
#
# The prediction for an example is :math:`\sum_j w_j x'_j`, and its mean is
# :math:`\sum_j w_j x_j`. Inputs are drawn independently, so their variances
# add up. The mean squared error is the squared error of the mean plus the
# variance:
#
# .. math::
#    E\Bigl[\tfrac12 \bigl(y - \textstyle\sum_j w_j x'_j\bigr)^2\Bigr]
#    = \tfrac12 \bigl(y - \textstyle\sum_j w_j x_j\bigr)^2
#    + \tfrac12 \frac{p}{1 - p} \sum_j w_j^2 x_j^2
#
# 对标准化的输入，:math:`x_j^2` 在所有样本上的平均是 1，所以多出来的正好是
# :math:`\lambda = p/(1 - p)` 的岭惩罚。下面造 60 个样本、8 个输入的数据。
#
# For standardized inputs :math:`x_j^2` is 1 on average over the examples, so
# what is added is a ridge penalty of :math:`\lambda = p/(1 - p)`. Here are
# data of 60 examples with 8 inputs.

generator = torch.Generator().manual_seed(0)
X = torch.randn(60, 8, generator=generator, dtype=torch.double)
X = X + X[:, :1]  # the inputs are correlated
X = (X - X.mean(dim=0)) / X.std(dim=0, correction=0)
truth = torch.linspace(-1, 2, 8, dtype=torch.double)
noise = torch.randn(60, generator=generator, dtype=torch.double)
y = X @ truth + noise
y = y - y.mean()
RATES = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


def ridge(X, y, penalty):
    """Return the minimum of the mean half squared error plus the penalty."""
    n, d = X.shape
    eye = torch.eye(d, dtype=X.dtype)
    return torch.linalg.solve(X.T @ X / n + penalty * eye, X.T @ y / n)


# %%
# 训练 | Training
# ---------------
# 每一步用一份新的、带噪声的 :math:`\mathbf{X}`。步长越来越小，这样噪声会平均掉。
#
# Each step takes a new noisy :math:`\mathbf{X}`. The steps become smaller and
# smaller, so that the noise averages out.


def train(X, y, noisy, num_steps=2500):
    """Return the weights after gradient descent on noisy copies of X."""
    w = torch.zeros(X.shape[1], dtype=X.dtype)
    average = torch.zeros_like(w)
    for step in range(num_steps):
        copy = noisy(X)
        slope = copy.T @ (copy @ w - y) / len(y)
        w = w - slope / (copy.square().sum(dim=1).mean() + 0.01 * step)
        if step >= num_steps // 2:
            average += w / (num_steps - num_steps // 2)
    return average


def gaussian(X, rate, generator):
    """Return X times noise of mean 1 and the variance of dropout."""
    draws = torch.randn(X.shape, generator=generator, dtype=X.dtype)
    return X * (1 + draws * (rate / (1 - rate)) ** 0.5)


exact = torch.stack([ridge(X, y, p / (1 - p)) for p in RATES])
dropped = torch.stack(
    [train(X, y, lambda X, p=p: dropout(X, p, generator)) for p in RATES]
)
noised = torch.stack(
    [train(X, y, lambda X, p=p: gaussian(X, p, generator)) for p in RATES]
)

# %%
# 结果 | The result
# -----------------
# 线是岭回归的公式，圆点是用丢弃法训练出来的权重，叉是高斯噪声的。丢弃率越大，
# 权重越小。
#
# Lines are the formula of ridge regression, dots the weights that training
# with dropout has found, crosses those of Gaussian noise. The higher the rate,
# the smaller the weights.

fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
for j in range(0, 8, 2):
    ax.plot(RATES, exact[:, j], f"C{j // 2}-", lw=2)
    ax.plot(RATES, dropped[:, j], f"C{j // 2}o", ms=8, mfc="none")
    ax.plot(RATES, noised[:, j], f"C{j // 2}x", ms=7)
ax.plot([], [], "k-", label="岭回归的公式 | formula of ridge regression")
ax.plot([], [], "ko", mfc="none", label="用丢弃法训练 | trained with dropout")
ax.plot([], [], "kx", label="用高斯噪声训练 | trained with Gaussian noise")
ax.axhline(0, color="0.6", lw=0.8)
ax.set(xlabel="丢弃率 p | dropout rate p", ylabel="权重 | weight")
ax.legend()
fig.set_label(
    "四个权重随丢弃率的变化：训练得到的圆点和叉都落在岭回归的线上，向 0 收缩"
    " | Four weights against the dropout rate: the dots and crosses of training"
    " lie on the lines of ridge regression and shrink towards 0"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 训练出来的权重与公式的差，比不用丢弃法时的差小得多。
#
# The trained weights are far nearer to the formula than to the weights without
# dropout.

gap = (dropped - exact).abs().amax(dim=1)
shrinkage = (exact - exact[0]).abs().amax(dim=1)
print(f"{gap.max():.3f} {(noised - exact).abs().max():.3f}", shrinkage)
assert gap.max() < 0.06
assert (noised - exact).abs().max() < 0.06
assert (shrinkage[1:] > 5 * gap[1:]).all()
record_all(
    "dropout_noise",
    {
        "largest_gap": gap.max(),
        "largest_gap_gaussian": (noised - exact).abs().max(),
        "norm_without": exact[0].norm(),
        "norm_half": dropped[5].norm(),
        "norm_half_formula": exact[5].norm(),
    },
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 让第一个输入的标准差变成 3，其余不变。丢弃法对它的惩罚是多少，与普通的岭惩罚
# 有什么不同？答案在 :doc:`/generalization/dropout` 的练习里。
#
# Give the first input a standard deviation of 3 and leave the others. How
# strongly does dropout penalize its weight, and how does this differ from a
# plain ridge penalty? The answer is among the exercises of
# :doc:`/generalization/dropout`.
