r"""
``dim`` 里写哪一维，哪一维就消失 | The dimension in ``dim`` is the one that goes
================================================================================

``scores.sum(dim=0)`` 是按列求和还是按行求和？这样问容易记反。
换一个问法就不会：结果里少了哪一维？少的正是写在 ``dim`` 里的那一维。
先画一张小表，再拿许多形状核对。

Does ``scores.sum(dim=0)`` add up columns or rows? Asked like this, it is easy
to mix up. Ask another way: which dimension is missing in the result? It is
the one written in ``dim``. First a small table, then a check on many shapes.

**需要**：:doc:`/preliminaries/tensors` 里的形状和归约。
**得到**：不运行就能说出归约之后的形状。

**You need** shapes and reductions, from :doc:`/preliminaries/tensors`.
**You get** the skill to tell the shape after a reduction without running it.
"""

import itertools

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record

# %%
# 一张表，两个方向 | One table, two directions
# --------------------------------------------
# 三名学生（行）四次测验（列）。同一列的数一种颜色，加起来是同一列的和；
# 同一行的数一种颜色，加起来是同一行的和。
#
# Three students as rows, four tests as columns. On the left the numbers of a
# column have one color, like the sum that they add up to. On the right it is
# the numbers of a row.

scores = torch.tensor(
    [[7.0, 9.0, 8.0, 6.0], [5.0, 8.0, 6.0, 9.0], [9.0, 10.0, 7.0, 6.0]]
)
SHADES = ["#cfe3f5", "#fde0c2", "#d4edd1", "#f3d3e3"]
ARROW = {"arrowstyle": "-|>", "color": "0.3", "lw": 2.0}


# %%
# ``draw_sums`` 画出表、沿 ``dim`` 的箭头和得到的和。
#
# ``draw_sums`` draws the table, arrows along ``dim``, and the sums.


def draw_sums(table, dim, ax):
    """Draw the table, an arrow along ``dim``, and the sums."""
    rows, columns = table.shape
    sums = table.sum(dim=dim, keepdim=True)
    by_column = dim == 0
    colors = [
        [SHADES[j if by_column else i] for j in range(columns)]
        for i in range(rows)
    ]
    plot_cells(table, ax=ax, colors=colors)
    if by_column:
        plot_cells(sums, ax=ax, corner=(0, -4.2), colors=[SHADES[:columns]])
        for j in range(columns):
            place = (j + 0.5, -4.1)
            ax.annotate("", place, (j + 0.5, -3.1), arrowprops=ARROW)
    else:
        shown = [[shade] for shade in SHADES[:rows]]
        plot_cells(sums, ax=ax, corner=(5.2, 0), colors=shown)
        for i in range(rows):
            place = (5.1, -i - 0.5)
            ax.annotate("", place, (4.1, -i - 0.5), arrowprops=ARROW)
    note = f"沿第 {dim} 维 | along dimension {dim}"
    ax.text(5.2, -3.75, note, ha="center", fontsize="large")
    ax.set(xlim=(-0.2, 6.9), ylim=(-5.4, 0.2))
    ax.set_title(
        f"scores.sum(dim={dim})\n(3, 4) → {tuple(table.sum(dim=dim).shape)}"
    )


# %%
# 左边写 ``dim=0``，右边写 ``dim=1``。
#
# On the left it is ``dim=0``, on the right ``dim=1``.

fig, axes = plt.subplots(ncols=2, figsize=(9, 4.6), layout="constrained")
for dim, ax in enumerate(axes):
    draw_sums(scores, dim, ax)
fig.set_label(
    "左：沿第 0 维求和，向下，剩下四列的和；右：沿第 1 维求和，向右，"
    "剩下三行的和 | Left: summing along dimension 0 goes down and leaves a "
    "sum for each of four columns. Right: along dimension 1 it goes right and "
    "leaves a sum for each of three rows"
)
plt.show()

# %%
# 许多形状 | Many shapes
# ----------------------
# 一维到四维、每维长 1 到 4 的所有形状，每一维都归约一次。预言有两条：
# 结果的形状等于划掉这一维；结果的每个元素，等于把这一维的各个切片相加。
# 第二条用循环算，不用 ``sum``。
#
# We take all shapes of one to four dimensions with lengths 1 to 4, and reduce
# each dimension in turn. There are two predictions. The shape of the result
# is the old one with this dimension crossed out. The result is the sum of the
# slices along this dimension, which we compute with a loop and without
# ``sum``.


def sum_of_slices(tensor, dim):
    """Add up the slices along a dimension, one after the other."""
    total = torch.zeros(())
    for i in range(tensor.shape[dim]):
        total = total + tensor.select(dim, i)
    return total


generator = torch.Generator().manual_seed(0)
cases = 0
for num_dims in range(1, 5):
    for shape in itertools.product(range(1, 5), repeat=num_dims):
        tensor = torch.randint(10, shape, generator=generator)
        for dim in range(num_dims):
            result = tensor.sum(dim=dim)
            assert result.shape == shape[:dim] + shape[dim + 1 :]
            assert (result == sum_of_slices(tensor, dim)).all()
            assert (result == tensor.sum(dim=dim - num_dims)).all()
            kept = tensor.sum(dim=dim, keepdim=True)
            assert kept.shape == (*shape[:dim], 1, *shape[dim + 1 :])
            cases += 1
print(f"{cases} reductions, all as predicted")

# %%
# 结论 | What follows
# -------------------
# 没有一次例外。负的编号从后往前数，``keepdim=True`` 把消失的那一维留作长度 1。
# **不要记“按行”“按列”，记住哪一维消失。**
#
# There was no exception. Negative numbers count from the end, and
# ``keepdim=True`` keeps the dimension with length 1. **Do not learn “by rows”
# and “by columns”. Remember which dimension goes.**

record("reduced_dimension.cases", cases, format=",d")

# %%
# 练习 | Exercise
# ---------------
# ``scores.sum(dim=0).sum(dim=0)`` 和 ``scores.sum(dim=1).sum(dim=0)``
# 相等吗？为什么第二次都写 ``dim=0``？
#
# Are ``scores.sum(dim=0).sum(dim=0)`` and ``scores.sum(dim=1).sum(dim=0)``
# equal? Why is it ``dim=0`` the second time in both?

print(scores.sum(dim=0).sum(dim=0), scores.sum(dim=1).sum(dim=0))
assert scores.sum(dim=0).sum(dim=0) == scores.sum(dim=1).sum(dim=0)

# %%
# 相等，都是全部元素之和。第一次归约之后只剩一维，它的编号是 0，
# 不管它原来是第几维。
#
# They are equal: both are the sum of all elements. After the first reduction
# one dimension is left. Its number is 0, whichever it was before.
