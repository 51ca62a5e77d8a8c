r"""
步幅说出每个元素住在哪一格 | Strides tell in which cell each element lives
==========================================================================

内存是一排格子，张量却可以有好几维。从下标到格子只要几次跳跃：
第 :math:`k` 维的下标加一，就往后跳 :math:`s_k` 格。转置、切片和扩展都不搬动
格子里的数，它们改的是每一维跳几格、从哪里起跳。我们画出三个例子，
再对许多形状的许多视图核对每一个元素。

Memory is one row of cells, while a tensor may have several dimensions. A few
jumps lead from an index to a cell: when the index of dimension :math:`k`
grows by one, jump :math:`s_k` cells. A transpose, a slice and an expanded
view move no number. They change how far each dimension jumps, and from where.
We draw three examples, then check each element of many views of many shapes.

**需要**：:doc:`/preliminaries/memory` 里的存储和步幅。
**得到**：由步幅算出元素位置的本领，以及它一次也不出错的证据。

**You need** storage and strides, from :doc:`/preliminaries/memory`.
**You get** the skill to work out the place of an element from the strides,
and evidence that this never failed.
"""

import itertools

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all


def place_of(index, strides, start):
    """Return in which cell the element with this index lives."""
    return start + sum(s * i for s, i in zip(strides, index, strict=True))


# %%
# 三个视图，一排格子 | Three views, one row of cells
# --------------------------------------------------
# 左边是张量，右边是内存里的 12 个格子。橙色的元素要从起点跳过去：
# 蓝色的弧是第 0 维的跳跃，橙色的弧是第 1 维的。三个视图读的是同一排格子。
#
# On the left is the tensor, on the right the 12 cells in memory. Jumps lead
# from the start to the orange element: blue arcs are jumps of dimension 0,
# orange ones those of dimension 1. All three views read the same cells.

JUMP_COLORS = ["tab:blue", "tab:orange"]


def draw_arcs(places, dims, ax):
    """Draw an arc from each place to the next, in the color of its dimension."""
    for (old, new), dim in zip(itertools.pairwise(places), dims, strict=True):
        style = {
            "arrowstyle": "-|>",
            "connectionstyle": f"arc3,rad=-{0.55 - 0.03 * (new - old)}",
            "color": JUMP_COLORS[dim],
            "lw": 2.0,
        }
        start, end = (6.5 + old + 0.5, -0.95), (6.5 + new + 0.5, -0.95)
        ax.annotate("", end, start, arrowprops=style)
        middle = (start[0] + end[0]) / 2
        height = -0.62 + 0.25 * (new - old)
        ax.text(middle, height, f"+{new - old}", ha="center", fontsize="large")


# %%
# ``draw_view`` 画一个视图、它的存储，以及跳到一个元素的过程。
#
# ``draw_view`` draws a view, its storage, and the jumps to one element.


def draw_view(view, index, name, ax):
    """Draw a view, the cells of its storage, and the jumps to one element."""
    rows, columns = view.shape
    colors = [["white"] * columns for _ in range(rows)]
    colors[index[0]][index[1]] = "#fdd3a5"
    plot_cells(view, ax=ax, colors=colors)
    dims = [0] * index[0] + [1] * index[1]
    places = [view.storage_offset()]
    for dim in dims:
        places.append(places[-1] + view.stride(dim))
    cells = ["white"] * 12
    cells[places[-1]] = "#fdd3a5"
    plot_cells(torch.arange(12)[None], ax=ax, corner=(6.5, -1), colors=[cells])
    draw_arcs(places, dims, ax)
    steps = tuple(view.stride())
    title = f"{name}\n步幅 {steps} | {name}\nstrides {steps}"
    ax.text(-0.4, -rows / 2, title, ha="right", va="center", fontsize="large")
    ax.set(xlim=(-4.4, 18.7), ylim=(-rows - 0.2, 0.9))


# %%
# 三个例子读的都是 0 到 11 这 12 个格子。
#
# All three examples read the 12 cells 0 to 11.

X = torch.arange(12).reshape(3, 4)
examples = [
    (X, (2, 1), "X"),
    (X.T, (1, 2), "X.T"),
    (X[:, ::2], (2, 1), "X[:, ::2]"),
]
heights = [len(view) + 1.1 for view, _, _ in examples]
fig, axes = plt.subplots(
    nrows=3, figsize=(9, 5.6), height_ratios=heights, layout="constrained"
)
for ax, (view, index, name) in zip(axes, examples, strict=True):
    draw_view(view, index, name, ax)
fig.set_label(
    "三个视图和同一排 12 个格子。X 的 [2, 1] 由 +4、+4、+1 到第 9 格；X.T 的 "
    "[1, 2] 由 +1、+4、+4 也到第 9 格；X[:, ::2] 的 [2, 1] 由 +4、+4、+2 到"
    "第 10 格 | Three views and one row of 12 cells. [2, 1] of X is reached by "
    "+4, +4, +1 at cell 9; [1, 2] of X.T by +1, +4, +4, again at cell 9; "
    "[2, 1] of X[:, ::2] by +4, +4, +2 at cell 10"
)
plt.show()

# %%
# 许多视图 | Many views
# ---------------------
# 把 0, 1, 2, … 依次放进格子，于是每个元素的值就是它所在的格子，
# 预言对不对一看便知。形状取二维和三维、每维长 1 到 4 的全部；
# 视图取各维次序的全部排列，每一维完整、去掉第一个、隔一个取一个，
# 再加上在前面扩展出一维。
#
# We put 0, 1, 2, … into the cells. The value of an element then is the cell
# where it lives, and a prediction is easy to check. We take all shapes of two
# and three dimensions with lengths 1 to 4. The views are all orders of the
# dimensions, each whole, without its first index, or every second index. Last,
# each view is also expanded by a new dimension in front.


def views_of(tensor):
    """Yield views: dimensions in all orders, cut in three ways, expanded."""
    cuts = [slice(None), slice(1, None), slice(None, None, 2)]
    for order in itertools.permutations(range(tensor.ndim)):
        for parts in itertools.product(cuts, repeat=tensor.ndim):
            view = tensor.permute(order)[parts]
            yield view
            yield view.expand(2, *view.shape)


def row_by_row(shape):
    """Return the strides of a tensor that lies in memory row by row."""
    strides = [1]
    for length in reversed(shape[1:]):
        strides.insert(0, strides[0] * length)
    return strides


# %%
# 作为对照，``row_by_row`` 不看步幅，假定视图一行一行地排在内存里。
#
# As a control, ``row_by_row`` ignores the strides and assumes that a view lies
# in memory row by row.

num_views = num_places = naive_wrong = 0
for num_dims in (2, 3):
    for shape in itertools.product(range(1, 5), repeat=num_dims):
        cells = torch.arange(torch.Size(shape).numel())
        for view in views_of(cells.reshape(shape)):
            strides, start = view.stride(), view.storage_offset()
            naive = row_by_row(view.shape)
            values = iter(view.flatten().tolist())
            for index in itertools.product(*map(range, view.shape)):
                value = next(values)
                assert place_of(index, strides, start) == value
                naive_wrong += place_of(index, naive, 0) != value
                num_places += 1
            num_views += 1
print(f"{num_places} elements of {num_views} views, all where predicted")
print(f"without strides, row by row: {naive_wrong / num_places:.0%} wrong")

# %%
# 结论 | What follows
# -------------------
# 用步幅和起点算出的位置全部正确。作为对照，不看步幅，
# 假定每个视图都一行一行地排在内存里，多数元素就找错了地方。
# **张量的读法就是形状、步幅和起点。**
#
# All places worked out from strides and start were right. As a control, we
# ignored the strides and assumed that each view lies in memory row by row.
# Then most elements were looked for in the wrong place. **Shape, strides and
# start are how a tensor is read.**

assert naive_wrong > num_places / 2

record_all("strides", {"places": num_places, "views": num_views}, format=",d")

# %%
# 练习 | Exercise
# ---------------
# 一个 :math:`5 \times 5` 的矩阵，主对角线上的元素住在哪些格子里？
# 能不能用一个步幅说出来？
#
# In which cells live the elements on the main diagonal of a
# :math:`5 \times 5` matrix? Can one stride express them?

square = torch.arange(25).reshape(5, 5)
print(square.diagonal(), square.diagonal().stride())
assert square.diagonal().stride() == (6,)

# %%
# 0、6、12、18、24。下一行再右移一列，跳 :math:`5 + 1 = 6` 格，所以 PyTorch 的
# ``diagonal`` 返回视图，不复制。
#
# 0, 6, 12, 18, 24. One row down and one column to the right is a jump of
# :math:`5 + 1 = 6` cells, so PyTorch's ``diagonal`` returns a view and copies
# nothing.
