r"""
直线打散三个点，打散不了四个 | Lines shatter three points, never four
=====================================================================

三个点的 8 种标法，直线都分得开。四个点有 16 种，直线最多分开 14 种，
正方形的四个角差的正是异或和它的相反。点再多，分得开的只占越来越小的一部分。

Lines separate all 8 labelings of three points. Of the 16 labelings of four
points they separate at most 14, and at the corners of a square XOR and its
opposite are the ones that fail. With more points, the part that lines
separate becomes smaller and smaller.

**你需要** :doc:`/linear-models/perceptron` 里的线性可分；**你得到** VC 维的
两幅图。

**You need** linear separability from :doc:`/linear-models/perceptron`; **you
get** two pictures of the VC dimension.
"""

from itertools import product
from math import comb

import matplotlib.pyplot as plt
import torch
from scipy.optimize import linprog

from d2lnotes.results import record_all

# %%
# 分得开吗 | Can they be separated?
# ---------------------------------
# 有 :math:`\mathbf{w}`、:math:`b` 使每个 :math:`y_i(\mathbf{w}^\top
# \mathbf{x}_i + b) \ge 1`，就线性可分。这些是线性的不等式，线性规划能判定有没
# 有解。
#
# The points are separable if some :math:`\mathbf{w}` and :math:`b` make each
# :math:`y_i(\mathbf{w}^\top \mathbf{x}_i + b) \ge 1`. These inequalities are
# linear, and linear programming decides whether they have a solution.


def separable(points, labels):
    """Tell whether a line separates the labels: (n, 2) and (n,)."""
    ones = torch.ones(len(points), 1, dtype=points.dtype)
    rows = labels[:, None] * torch.cat([points, ones], dim=1)
    answer = linprog(
        [0, 0, 0],
        A_ub=-rows.numpy(),
        b_ub=-ones[:, 0].numpy(),
        bounds=(None, None),
    )
    return answer.status == 0  # 2 means that there is no solution


def all_labelings(n):
    """Return all labelings of n points: (2**n, n)."""
    return torch.tensor(list(product([1.0, -1.0], repeat=n))).double()


corners = torch.tensor([[0, 0], [1, 0], [0, 1], [1, 1]]).double()
triples, quadruples = all_labelings(3), all_labelings(4)
three = [separable(corners[:3], labels) for labels in triples]
four = [separable(corners, labels) for labels in quadruples]
print(sum(three), "of 8;", sum(four), "of 16")

# %%
# 八种标法，八条直线 | Eight labelings, eight lines
# -------------------------------------------------
# 对三个点，取 :math:`b = y_1`、:math:`w_1 = y_2 - y_1`、
# :math:`w_2 = y_3 - y_1`，得分就等于标签。最右边的两格没有直线。
#
# For the three points take :math:`b = y_1`, :math:`w_1 = y_2 - y_1` and
# :math:`w_2 = y_3 - y_1`. The scores then equal the labels. No line exists for
# the two panels on the right.


def draw_panel(ax, points, labels, scores=None):
    """Draw labeled points, and shade the sides of the line of scores."""
    ax.set(xlim=(-0.5, 1.5), ylim=(-0.5, 1.5), xticks=[], yticks=[])
    ax.set_aspect("equal")
    if scores is not None:
        ax.contourf(GRID, GRID, scores > 0, [-1, 0.5, 2], colors=SHADES)
    for sign, color, marker in [(1, "C0", "o"), (-1, "C1", "s")]:
        x, y = points[labels == sign].T
        ax.scatter(x, y, s=110, c=color, marker=marker, ec="k", zorder=3)


GRID = torch.linspace(-0.5, 1.5, 201).double()
SHADES = ["#fbd9b8", "#bcd8ee"]
fig, axes = plt.subplots(2, 5, figsize=(9.5, 4.2), layout="constrained")
for ax, labels in zip(axes[:, :4].flat, triples, strict=True):
    first, second, third = labels
    across = (second - first) * GRID[None, :]
    up = (third - first) * GRID[:, None]
    draw_panel(ax, corners[:3], labels, first + across + up)
failed = [y for y, found in zip(quadruples, four, strict=True) if not found]
for ax, labels in zip(axes[:, 4], failed, strict=True):
    draw_panel(ax, corners, labels)
    ax.spines[:].set(color="C3", linewidth=3)
    ax.set_title("没有直线 | no line", color="C3")
fig.set_label(
    "八格里三个点的八种标法，每格都被一条直线分成两边；"
    "右边两格是正方形四个角上的异或和它的相反，没有直线"
    " | Eight panels with the eight labelings of three points, each divided by"
    " a line; in two panels on the right, XOR and its opposite at the corners"
    " of a square, with no line"
)
plt.show()

# %%
# 点再多会怎样 | With more points
# -------------------------------
# :math:`n` 个点有 :math:`2^n` 种标法。随机取点，数一数直线分得开几种。没有三点
# 共线时，个数有公式 :math:`2\bigl[1 + (n - 1) + \binom{n-1}{2}\bigr]`。对照是
# 一条线上的点：只有 :math:`2n` 种。
#
# There are :math:`2^n` labelings of :math:`n` points. For random points, count
# those that lines separate. If no three lie on a line there is a formula,
# :math:`2\bigl[1 + (n - 1) + \binom{n-1}{2}\bigr]`. The control has all points
# on one line, which gives :math:`2n`.

draws = torch.Generator().manual_seed(0)
sizes = list(range(1, 9))
plane, line = [], []
for n in sizes:
    points = torch.rand(n, 2, generator=draws, dtype=torch.float64)
    labelings = all_labelings(n)
    plane.append(sum(separable(points, y) for y in labelings))
    points[:, 1] = points[:, 0]
    line.append(sum(separable(points, y) for y in labelings))
formula = [2 * sum(comb(n - 1, k) for k in range(3)) for n in sizes]
everything = [2**n for n in sizes]
print(plane, formula, line)

fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
label = "全部标法 $2^n$ | all labelings $2^n$"
ax.plot(sizes, everything, "k--", label=label)
label = "直线分得开的 | separated by lines"
ax.plot(sizes, plane, "C0o-", ms=8, label=label)
label = "点都在一条线上 | points on one line"
ax.plot(sizes, line, "C1s:", label=label)
ax.axvline(3, color="0.6", lw=1)
ax.text(3.1, 200, "VC = 3", size=13)
ax.set(
    yscale="log",
    xlabel="点的个数 $n$ | number of points $n$",
    ylabel="标法的个数 | number of labelings",
)
ax.legend(loc="lower right")
fig.set_label(
    "直线分得开的标法，三个点以内是全部，之后增长得比全部的标法慢得多；"
    "点都在一条线上时更少"
    " | Up to three points lines separate all labelings, from then on far fewer"
    " than all; with points on one line fewer still"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 三个点全部可分，四个点差的是异或和它的相反。数出来的与公式相同。
#
# All labelings of three points are separable. Of four corners XOR and its
# opposite are missing. The counts equal the formula.

assert sum(three) == 8
assert sum(four) == 14
assert failed[0].tolist() == [1, -1, -1, 1]
assert failed[1].tolist() == [-1, 1, 1, -1]
assert plane == formula
assert line == [2 * n for n in sizes]
record_all(
    "shattering",
    {"three": sum(three), "four": sum(four), "eight": plane[-1]},
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 空间里的平面能打散几个点？把公式里的和加到 :math:`k = 3`，看到几个点为止它
# 等于 :math:`2^n`。
#
# How many points do planes in space shatter? Let the sum in the formula run to
# :math:`k = 3`, and see up to how many points it equals :math:`2^n`.

for n in (4, 5):
    count = 2 * sum(comb(n - 1, k) for k in range(4))
    print(n, count, 2**n)
assert 2 * sum(comb(3, k) for k in range(4)) == 2**4
assert 2 * sum(comb(4, k) for k in range(4)) < 2**5
