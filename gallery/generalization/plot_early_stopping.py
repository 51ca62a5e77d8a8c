r"""
提前停止走的是岭回归旁边的路 | Early stopping walks beside the ridge path
==========================================================================

从 0 开始的梯度下降，先学数据变化大的方向，后学变化小的方向。走 :math:`t` 步就停，
各个方向缩小的程度，与惩罚 :math:`\lambda = 1/(\eta t)` 的岭回归差不多。两条路不是
同一条，可是都从 0 走到最小二乘的解，而且路上最好的点几乎一样好。

Gradient descent from 0 first learns the directions in which the data vary
much, and later those in which they vary little. Stopped after :math:`t`
steps, it has shrunk each direction about as much as ridge regression with
:math:`\lambda = 1/(\eta t)`. The two paths are not the same. Both lead from
0 to the least squares solution, and their best points are almost equally
good.

**你需要** :doc:`/generalization/weight-decay` 里的岭回归；**你得到** 提前停止为什么
是一种正则化，两条路画在一起，以及它们在新数据上的误差。

**You need** ridge regression, from :doc:`/generalization/weight-decay`;
**you get** a reason why early stopping is a regularizer, both paths in one
figure, and their errors on new data.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_contours
from d2lnotes.results import record, record_all

# %%
# 两条路 | Two paths
# ------------------
# 损失是一个斜放的碗，它的底在 :math:`\hat{\mathbf{w}}`。曲率大的方向上，两条路都
# 先走完。
#
# The loss is a bowl set at a slant, with its bottom at
# :math:`\hat{\mathbf{w}}`. Both paths first get done with the direction of
# large curvature.


def descent(H, optimum, rate, num_steps):
    """Return the points of gradient descent from 0, (num_steps + 1, d)."""
    points = [torch.zeros_like(optimum)]
    for _ in range(num_steps):
        points.append(points[-1] - rate * H @ (points[-1] - optimum))
    return torch.stack(points)


def ridge_path(H, optimum, penalties):
    """Return the minimum for each penalty, (num_penalties, d)."""
    eye = torch.eye(len(H), dtype=H.dtype)
    return torch.stack(
        [torch.linalg.solve(H + p * eye, H @ optimum) for p in penalties]
    )


# %%
# 一个有两个权重的例子。
#
# An example with two weights.

H = torch.tensor([[1.0, 0.7], [0.7, 1.0]], dtype=torch.double)
optimum = torch.tensor([0.6, 1.7], dtype=torch.double)
steps = descent(H, optimum, 0.2, 80)
penalties = torch.logspace(-3, 2, 200, dtype=torch.double)
ridge = ridge_path(H, optimum, penalties)


def loss(w):
    """Return the loss of points, (*, 2) to (*)."""
    first, second = w[..., 0] - 0.6, w[..., 1] - 1.7
    return 0.5 * (first**2 + 1.4 * first * second + second**2)


fig, ax = plt.subplots(figsize=(6.4, 5), layout="constrained")
plot_contours(
    loss,
    x_range=(-0.3, 1.9),
    y_range=(-0.2, 2.1),
    levels=[0.02, 0.1, 0.3, 0.7, 1.2],
    ax=ax,
)
label = "岭回归，惩罚由大到小 | ridge, from a large penalty to a small one"
ax.plot(*ridge.T, "C0-", lw=3, label=label)
label = "梯度下降的各步 | steps of gradient descent"
ax.plot(*steps.T, "C1o-", ms=5, lw=1, label=label)
ax.plot(*optimum, "k*", ms=14, label="最小二乘的解 | least squares")
ax.set(xlabel="$w_1$", ylabel="$w_2$")
ax.legend(loc="lower right")
fig.set_label(
    "损失的等高线上，岭回归的路和梯度下降的路都从 0 走到最小二乘的解，几乎重合"
    " | On the contours of the loss the path of ridge regression and that of"
    " gradient descent lead from 0 to least squares and nearly coincide"
)
plt.show()

# %%
# 在新数据上 | On new data
# ------------------------
# 200 份数据，每份 40 个样本、30 个输入，噪声不小。输入的方差从 2 降到 0.01。
# 真的权重已知，所以新数据上的误差可以直接算。对每一份，两条路各算一遍。
#
# There are 200 data sets of 40 examples with 30 inputs and a good deal of
# noise. The variances of the inputs fall from 2 to 0.01. The true weights are
# known, so the error on new data can be computed directly. Each data set takes
# both paths.

generator = torch.Generator().manual_seed(0)
draw = {"generator": generator, "dtype": torch.double}
variances = torch.logspace(0.3, -2, 30, dtype=torch.double)
num_steps = torch.logspace(0, 4, 60).round().long().unique()
RATE = 0.1


def errors_of(points, truth, variances):
    """Return the squared error on new data, without the noise: (num,)."""
    return ((points - truth).square() * variances).sum(dim=-1)


stopped, penalized = [], []
for _ in range(200):
    truth = torch.randn(30, **draw)
    X = torch.randn(40, 30, **draw) * variances.sqrt()
    y = X @ truth + torch.randn(40, **draw)
    H, optimum = X.T @ X / 40, torch.linalg.lstsq(X, y[:, None])[0][:, 0]
    values, vectors = torch.linalg.eigh(H)
    along = vectors.T @ optimum
    # After t steps a fraction 1 - (1 - rate * value) ** t has been learned.
    learned = 1 - (1 - RATE * values) ** num_steps[:, None]
    shrunk = values / (values + 1 / (RATE * num_steps[:, None]))
    for kept, errors in ((learned, stopped), (shrunk, penalized)):
        errors.append(errors_of(kept * along @ vectors.T, truth, variances))
stopped, penalized = torch.stack(stopped), torch.stack(penalized)

# %%
# 结果 | The result
# -----------------
# 横轴对提前停止是 :math:`\eta t`，对岭回归是 :math:`1/\lambda`。两条曲线都先降后升，
# 最低点的位置和高度都相近。最右边就是最小二乘。
#
# The horizontal axis is :math:`\eta t` for early stopping and
# :math:`1/\lambda` for ridge regression. Both curves fall and then rise, with
# minima close to each other in place and in height. At the far right is least
# squares.

fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
axis = RATE * num_steps
label = "提前停止，$\\eta t$ | early stopping, $\\eta t$"
ax.semilogx(axis, stopped.mean(dim=0), "C1-", lw=2.5, label=label)
label = "岭回归，$1/\\lambda$ | ridge, $1/\\lambda$"
ax.semilogx(axis, penalized.mean(dim=0), "C0--", lw=2.5, label=label)
ax.set(
    xlabel="$\\eta t$, $1/\\lambda$",
    ylabel="新数据上的误差，不计噪声 | error on new data, less the noise",
    ylim=(0, None),
)
ax.legend()
fig.set_label(
    "提前停止与岭回归在新数据上的误差，都先降后升，最低点几乎相同"
    " | Errors of early stopping and of ridge regression on new data: both"
    " fall and then rise, with almost the same minimum"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 平均曲线的最低点相差不到一成，都远低于走到底。
#
# The lowest points of the mean curves differ by less than a tenth, and both
# are far below the far end.

best_stop = stopped.mean(dim=0).min()
best_ridge = penalized.mean(dim=0).min()
end = stopped.mean(dim=0)[-1]
print(best_stop, best_ridge, end, axis[stopped.mean(dim=0).argmin()])
assert (best_stop - best_ridge).abs() < 0.1 * best_ridge
assert end > 1.5 * best_stop
record_all(
    "early_stopping",
    {
        "best_stopped": best_stop,
        "best_ridge": best_ridge,
        "to_the_end": end,
    },
    format=".2f",
    over="200 份数据 | 200 data sets",
)
step = num_steps[stopped.mean(dim=0).argmin()]
record("early_stopping.best_step", step, format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 把噪声的标准差从 1 改成 0.1。最好的步数变大还是变小？先猜。答案在
# :doc:`/generalization/more-regularization` 的练习里。
#
# Change the standard deviation of the noise from 1 to 0.1. Does the best
# number of steps grow or fall? Guess first. The answer is among the exercises
# of :doc:`/generalization/more-regularization`.
