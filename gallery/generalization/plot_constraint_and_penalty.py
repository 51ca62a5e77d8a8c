r"""
惩罚与约束给出同一个解 | A penalty and a constraint give one solution
=======================================================================

要权重小，有两种办法。一种是约束：权重的范数不许超过半径 :math:`r`。另一种是
惩罚：在损失上加 :math:`\lambda` 乘范数（的平方）。我们用两种互不相干的算法各解
一遍，看它们是不是停在同一个点。

There are two ways to keep weights small. One is a constraint: the norm of the
weights must not exceed a radius :math:`r`. The other is a penalty: add
:math:`\lambda` times the norm (or its square) to the loss. We solve both by
methods that have nothing in common and see whether they end at one point.

**你需要** :doc:`/preliminaries/eigenvalues` 里的二次函数；
**你得到** 两幅图：圆使权重变小，菱形使一个权重恰好等于 0。

**You need** quadratic functions, from :doc:`/preliminaries/eigenvalues`;
**you get** two pictures: a disk makes weights small, a diamond makes one of
them exactly 0.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_contours
from d2lnotes.regularization import soft_threshold
from d2lnotes.results import record_all

CURVATURES = torch.tensor([4.0, 1.0], dtype=torch.float64)
LOWEST = torch.tensor([2.0, 1.0], dtype=torch.float64)

# %%
# 一个手算得出的损失 | A loss that can be worked out by hand
# -----------------------------------------------------------
# 损失是 :math:`\frac12 \cdot 4 (w_1 - 2)^2 + \frac12 (w_2 - 1)^2`。加上惩罚
# 之后，每个坐标可以单独求解。惩罚 :math:`\frac\lambda2 \lVert w \rVert_2^2`
# 把坐标乘以 :math:`h_i / (h_i + \lambda)`，:math:`h_i` 是曲率。惩罚
# :math:`\lambda \lVert w \rVert_1` 把它往 0 移动 :math:`\lambda / h_i`，
# 不够移的就成为 0。
#
# The loss is :math:`\frac12 \cdot 4 (w_1 - 2)^2 + \frac12 (w_2 - 1)^2`. With
# the penalty added, each coordinate can be solved on its own. The penalty
# :math:`\frac\lambda2 \lVert w \rVert_2^2` multiplies the coordinate by
# :math:`h_i / (h_i + \lambda)`, where :math:`h_i` is the curvature. The
# penalty :math:`\lambda \lVert w \rVert_1` moves it toward 0 by
# :math:`\lambda / h_i`, and what is smaller than that becomes 0.


def loss(weights):
    """Return the loss of each row: (*, 2) → (*)."""
    return (CURVATURES * (weights - LOWEST) ** 2).sum(dim=-1) / 2


def penalized(order, decay):
    """Return the weights with the least sum of loss and penalty: (2,)."""
    if order == 2:
        return LOWEST * CURVATURES / (CURVATURES + decay)
    return soft_threshold(LOWEST, decay / CURVATURES)


# %%
# 约束的解不用这些公式：在边界上取 200,001 个点，选损失最小的。最小点本身如果在
# 球里，约束就不起作用。
#
# The solution under the constraint does not use these formulas. Of 200,001
# points on the boundary it takes the one with the least loss. If the lowest
# point is itself within the ball, the constraint does nothing.


def constrained(order, radius, num_points=200_001):
    """Return the weights of least loss in the ball: (2,)."""
    if LOWEST.norm(p=order) <= radius:
        return LOWEST
    turn = torch.linspace(0, 2 * torch.pi, num_points, dtype=torch.float64)
    circle = torch.stack([turn.cos(), turn.sin()], dim=1)
    boundary = radius * circle / circle.norm(p=order, dim=1, keepdim=True)
    return boundary[loss(boundary).argmin()]


# %%
# 比较 | The comparison
# ---------------------
# 对 40 个 :math:`\lambda`：先求惩罚的解，把它的范数当作半径，再求约束的解。
#
# For 40 values of :math:`\lambda`, find the solution with the penalty. Its
# norm becomes the radius, and then we find the solution under the constraint.

decays = torch.logspace(-2, 1, 40, dtype=torch.float64)
paths, gaps = {}, {}
for order in (2, 1):
    path = torch.stack([penalized(order, decay) for decay in decays])
    balls = [constrained(order, w.norm(p=order)) for w in path]
    paths[order] = path
    gaps[order] = (torch.stack(balls) - path).norm(dim=1).max().item()
print(gaps)

# %%
# 图里是 :math:`\lambda = 1`。球恰好碰到一条等值线，碰到的地方就是解。L2 的球是
# 圆，解是 (1.6, 0.5)。L1 的球是菱形，它用尖角去碰，解是 (1.75, 0)。
#
# The figure shows :math:`\lambda = 1`. The ball touches one level curve, and
# the solution is where they touch. The ball of L2 is a disk, and the solution
# is (1.6, 0.5). The ball of L1 is a diamond that touches with its corner, and
# the solution is (1.75, 0).

fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.3), sharey=True, layout="constrained"
)
for ax, order in zip(axes, (2, 1), strict=True):
    found = penalized(order, 1.0)
    radius = found.norm(p=order)
    turn = torch.linspace(0, 2 * torch.pi, 401, dtype=torch.float64)
    circle = torch.stack([turn.cos(), turn.sin()], dim=1)
    ball = radius * circle / circle.norm(p=order, dim=1, keepdim=True)
    levels = sorted([0.1, loss(found).item(), 2.0, 4.5, 8.0])
    square = {"x_range": (-2.1, 3.1), "y_range": (-2.0, 2.2)}
    plot_contours(loss, **square, levels=levels, ax=ax)
    ax.fill(*ball.T, color="C1", alpha=0.25)
    ax.plot(*ball.T, color="C1", lw=2.5)
    ax.plot(*paths[order].T, "C3-", lw=2.5)
    ax.plot(*LOWEST, "kx", ms=10, mew=2.5)
    ax.plot(*found, "C3o", ms=10)
    place = f"({found[0]:.2f}, {found[1]:.2f})"
    ax.set_title(f"L{order}: {place}", fontsize="x-large")
    ax.set(xlabel="$w_1$", aspect="equal", xlim=(-2.1, 3.1), ylim=(-2, 2.2))
axes[0].set_ylabel("$w_2$")
fig.set_label(
    "同一个损失的等值线，左边碰着圆，右边碰着菱形的尖角；红线是解随惩罚变大而走的路，"
    "从最小点的叉走向原点，在菱形那一边它先碰到横轴"
    " | Level curves of one loss, touched by a disk on the left and by the"
    " corner of a diamond on the right. The red line is the way of the"
    " solution as the penalty grows, from the cross at the lowest point toward"
    " the origin; with the diamond it reaches the horizontal axis first"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 两种解最多相差网格的间隔。对照：半径比最小点的范数大时，约束的解就是最小点，也就
# 是 :math:`\lambda = 0` 的解。L1 的路走到底之前就有一个坐标恰好是 0，L2 的没有。
#
# The two solutions differ by no more than the spacing of the grid. Control:
# with a radius larger than the norm of the lowest point, the constraint gives
# the lowest point, which is the solution for :math:`\lambda = 0`. On the path
# of L1 one coordinate is exactly 0 before the end, and on that of L2 none is.

assert max(gaps.values()) < 1e-4
assert torch.equal(constrained(2, 3.0), penalized(2, 0.0))
one_zero = (paths[1] == 0).sum(dim=1) == 1
assert one_zero.any()
assert not (paths[2] == 0).any()
record_all(
    "constraint_and_penalty",
    {
        "largest_gap_l2": (gaps[2], ".0e"),
        "largest_gap_l1": (gaps[1], ".0e"),
        "radius_l2": penalized(2, 1.0).norm(),
        "radius_l1": penalized(1, 1.0).norm(p=1),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 从哪个 :math:`\lambda` 起，L1 的解是原点？L2 的解什么时候是原点？先用笔算，再把
# ``decays`` 的范围改大来看。
#
# From which :math:`\lambda` on is the solution of L1 the origin? When is that
# of L2? Use a pencil first, and then widen the range of ``decays`` to see it.

assert (penalized(1, 8.0) == 0).all()  # 4 · 2 for the first coordinate
assert (penalized(1, 7.99) != 0).any()
assert (penalized(2, 1e6) > 0).all()  # for no λ, however large
