r"""
忘了 keepdim，方阵不报错 | Without keepdim, a square matrix raises no error
==============================================================================

``A.sum(dim=k)`` 让第 :math:`k` 个轴消失。接着要让每一行除以自己的和，
消失的轴就得用 ``keepdim=True`` 留下来。忘了它，有时报错，有时算错而不报错。
我们先画出两个方向的求和，再对 64 种形状各试一次，看错误藏在哪里。

``A.sum(dim=k)`` makes axis :math:`k` disappear. To divide each row by its own
sum afterwards, the axis has to be kept with ``keepdim=True``. Without it
there is sometimes an error, and sometimes a wrong result and no error. We
draw the two sums first. Then we try 64 shapes, to see where mistakes hide.

**需要**：:doc:`/preliminaries/linear-algebra` 里的求和，
:doc:`/preliminaries/tensors` 里的广播。
**得到**：用长短不等的轴来试程序的习惯。

**You need** sums, from :doc:`/preliminaries/linear-algebra`, and
broadcasting, from :doc:`/preliminaries/tensors`.
**You get** the habit of trying programs on axes of unequal lengths.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.colors import ListedColormap

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record

# %%
# 两个方向 | Two directions
# -------------------------
# 左：``dim=0`` 让行的编号消失，每一列加成一个数。
# 右：``dim=1`` 让列的编号消失，每一行加成一个数。
#
# Left: with ``dim=0`` the row number disappears, and each column becomes one
# number. Right: with ``dim=1`` the column number disappears, and each row
# becomes one number.

cups = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
TINTS = ["#cfe3f5", "#fbdcc0", "#d5ecd2"]  # blue, orange, green


def draw_sum(matrix, dim, ax):
    """Draw a matrix, its sums along ``dim``, and arrows from one to the other."""
    num_rows, num_columns = matrix.shape
    along = [
        [(j, i)[dim] for j in range(num_columns)] for i in range(num_rows)
    ]
    plot_cells(
        matrix, colors=[[TINTS[k] for k in row] for row in along], ax=ax
    )
    sums = matrix.sum(dim=dim, keepdim=True)
    if dim == 0:
        corner, fills = (0, -num_rows - 0.9), [TINTS[:num_columns]]
        ends = [(j + 0.5, -num_rows) for j in range(num_columns)]
        step = (0, -0.8)
    else:
        corner = (num_columns + 0.9, 0)
        fills = [[tint] for tint in TINTS[:num_rows]]
        ends = [(num_columns, -i - 0.5) for i in range(num_rows)]
        step = (0.8, 0)
    plot_cells(sums, corner=corner, colors=fills, ax=ax)
    for x, y in ends:
        tip = (x + step[0], y + step[1])
        arrow = {"arrowstyle": "-|>", "color": "0.3", "linewidth": 2}
        ax.annotate("", tip, (x, y), arrowprops=arrow)


# %%
# 颜色相同的数，加成同一个数。
#
# Numbers of one color add up to one number.

fig, axes = plt.subplots(1, 2, figsize=(8, 3.8), layout="constrained")
with plt.rc_context({"font.size": 18}):
    for dim, ax in enumerate(axes):
        draw_sum(cups, dim, ax)
        ax.set(xlim=(-0.3, 5.2), ylim=(-4.1, 0.3))
        ax.set_title(f"sum(dim={dim})", family="monospace", fontsize=17)
fig.set_label(
    "两行三列的矩阵：沿轴 0 求和，每一列加成一个数，得 5、7、9；沿轴 1 求和，"
    "每一行加成一个数，得 6、15 | A matrix of two rows and three columns: along"
    " axis 0 each column adds up to one number, 5, 7 and 9; along axis 1 each"
    " row does, 6 and 15"
)
plt.show()

assert cups.sum(dim=0).tolist() == [5, 7, 9]
assert cups.sum(dim=1).tolist() == [6, 15]

# %%
# 64 种形状 | 64 shapes
# ---------------------
# 每种形状造一个元素全为正的随机矩阵，算 ``A / A.sum(dim=1)``，
# 再与正确答案比较。正确答案由逐行的循环得到。
#
# For each shape we make a random matrix with positive entries, compute
# ``A / A.sum(dim=1)``, and compare it with the right answer, which a loop over
# the rows gives.

REFUSED, SILENT, RIGHT = range(3)


def outcome(matrix, *, keepdim):
    """Return whether dividing by the row sums is refused, wrong or right."""
    expected = torch.stack([row / row.sum() for row in matrix])
    try:
        shares = matrix / matrix.sum(dim=1, keepdim=keepdim)
    except RuntimeError:
        return REFUSED
    same = shares.shape == expected.shape and shares.allclose(expected)
    return RIGHT if same else SILENT


# %%
# 行数和列数各从 1 取到 8，带 ``keepdim=True`` 和不带各试一遍。
#
# Rows and columns go from 1 to 8, with and without ``keepdim=True``.

generator = torch.Generator().manual_seed(0)
sizes = range(1, 9)
found = {
    keepdim: torch.tensor(
        [
            [
                outcome(
                    0.1 + torch.rand(m, n, generator=generator),
                    keepdim=keepdim,
                )
                for n in sizes
            ]
            for m in sizes
        ]
    )
    for keepdim in (False, True)
}

# %%
# 方格的行是矩阵的行数，列是矩阵的列数。“!”是不报错的错误。
# 方阵都在里面：行和的形状 ``(n,)`` 被当成一行，于是第 :math:`j` 列除以了第
# :math:`j` 行的和。只有一列的矩阵也在里面，结果连形状都变了。
#
# The rows of the grid are the rows of the matrix, its columns the columns. A
# “!” is a mistake without an error. The square matrices are among them: row
# sums of shape ``(n,)`` are taken for one row, so that column :math:`j` is
# divided by the sum of row :math:`j`. So are matrices of a single column,
# where the result even has another shape.

fig, ax = plt.subplots(figsize=(7.2, 4), layout="constrained")
colors = ListedColormap(["#d9d9d9", "#f4a261", "#cfe3f5"])
edges = {"extent": (0.5, 8.5, 8.5, 0.5), "vmin": 0, "vmax": 2}
ax.imshow(found[False], cmap=colors, **edges)
for (m, n), kind in zip(
    torch.cartesian_prod(torch.tensor(sizes), torch.tensor(sizes)).tolist(),
    found[False].flatten().tolist(),
    strict=True,
):
    ax.text(n, m, "×!✓"[kind], ha="center", va="center", fontsize=14)
words = [
    "×  报错 | ×  an error",
    "!  不报错，却算错 | !  wrong, without an error",
    "✓  碰巧对了 | ✓  right by luck",
]
for kind, text in enumerate(words):
    ax.plot([], [], "s", color=colors(kind), markersize=12, label=text)
ax.set(xlabel="列数 $n$ | columns $n$", ylabel="行数 $m$ | rows $m$")
ax.legend(loc="center left", bbox_to_anchor=(1.02, 0.5), frameon=False)
fig.set_label(
    "64 种形状的方格图：对角线和第一列上，除以行和不报错却算错；第一行碰巧对；"
    "其余报错 | A grid of 64 shapes: on the diagonal and in the first column,"
    " division by row sums is wrong without an error; in the first row it is"
    " right by luck; the others raise an error"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 对照是加上 ``keepdim=True``：64 种形状全部正确。不报错的错误出现在两轴相等、
# 或有一轴为 1 的地方，所以试程序要用长短不等、又都不是 1 的轴。
#
# The control is ``keepdim=True``: all 64 shapes come out right. Silent mistakes
# sit where both axes are equal, or one of them is 1. So try programs on axes
# of unequal lengths, none of them 1.

for keepdim, kinds in found.items():
    counts = kinds.flatten().bincount(minlength=3).tolist()
    print(f"keepdim={keepdim}: {counts[0]} refused, {counts[1]} silent")
    if keepdim:
        assert counts == [0, 0, 64]
unequal = torch.tensor(
    [[m != n and min(m, n) > 1 for n in sizes] for m in sizes]
)
assert (found[False][unequal] == REFUSED).all()
assert (found[False][~unequal] != REFUSED).all()
record("sum_axes.refused", (found[False] == REFUSED).sum(), format=".0f")
record("sum_axes.silent", (found[False] == SILENT).sum(), format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 现在让每一列除以自己的和：``A / A.sum(dim=0)``，也不写 ``keepdim=True``。
# 64 种形状里，有几种会报错或算错？先猜，再往下看。
#
# Now divide each column by its own sum, with ``A / A.sum(dim=0)`` and without
# ``keepdim=True`` again. For how many of the 64 shapes is there an error or a
# wrong result? Guess, then read on.

for m in sizes:
    for n in sizes:
        matrix = 0.1 + torch.rand(m, n, generator=generator)
        expected = torch.stack([c / c.sum() for c in matrix.T], dim=1)
        torch.testing.assert_close(matrix / matrix.sum(dim=0), expected)

# %%
# 一种也没有。广播从最后一个轴对起：列和的形状 ``(n,)`` 正好对上列的那个轴，
# 而行和的形状 ``(m,)`` 该对第一个轴，却也对到了最后一个轴上。
#
# For none. Broadcasting lines shapes up at their last axis. Column sums of
# shape ``(n,)`` meet the axis of the columns there, as they should. Row sums
# of shape ``(m,)`` belong to the first axis, yet they meet the last one, too.
