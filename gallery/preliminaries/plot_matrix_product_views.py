r"""
一个乘积，三种看法，快慢不同 | One matrix product, three views, not one speed
=============================================================================

矩阵乘法可以看成行与列的点积，可以看成矩阵乘每一列，
也可以看成列与行的外积之和。三种看法给出同一个矩阵，做的乘法也一样多。
我们先把它们画出来，再在随机矩阵上核对，最后量它们的快慢。

A matrix product can be read as dot products of rows and columns, as the
matrix times each column, or as a sum of columns times rows. The three give
one and the same matrix and take equally many multiplications. We draw them,
check them on random matrices, and then measure their speed.

**需要**：:doc:`/preliminaries/linear-algebra` 里的矩阵乘法。
**得到**：读一个乘积的三种办法，和不自己写循环的理由。

**You need** the matrix product of :doc:`/preliminaries/linear-algebra`.
**You get** three ways to read a product, and a reason not to write the loops
yourself.
"""

import time

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record

torch.set_num_threads(1)  # the loops have one core, so has the product
A = torch.tensor([[1.0, 2.0], [3.0, 4.0], [0.0, 1.0]])
B = torch.tensor([[5.0, 6.0], [7.0, 8.0]])
x = B.new_tensor([[5.0], [6.0]])  # a column
BLUE, ORANGE, GREEN, WHITE = "#cfe3f5", "#fbdcc0", "#d5ecd2", "white"

# %%
# 矩阵乘向量 | A matrix times a vector
# ------------------------------------
# 上：每一行与向量做点积。下：5 份第一列，加上 6 份第二列。
#
# Above: the dot product of each row with the vector. Below: 5 times the first
# column plus 6 times the second.


def draw_equation(pieces, top, ax):
    """Draw matrices, given with their colors, and the signs between them."""
    left, middle = 0.0, top - 1.5  # all are centered on one line
    for piece in pieces:
        if isinstance(piece, str):
            ax.text(left + 0.35, middle, piece, ha="center", va="center")
            left += 0.8
            continue
        matrix, fills = piece
        corner = (left + 0.15, middle + len(matrix) / 2)
        plot_cells(matrix, corner=corner, colors=fills, ax=ax)
        left += matrix.shape[1] + 0.3
    return left


def by(colors, shape, axis):
    """Return cells of this shape, colored along an axis."""
    rows, columns = shape
    return [
        [colors[(i, j)[axis]] for j in range(columns)] for i in range(rows)
    ]


# %%
# 上面的等式按行着色，下面的按列着色。
#
# The upper equation is colored by rows, the lower one by columns.

rows = [BLUE, ORANGE, GREEN]
columns = [BLUE, ORANGE]
equations = [
    [
        (A, by(rows, (3, 2), 0)),
        (x, "white"),
        "=",
        (A @ x, by(rows, (3, 1), 0)),
    ],
    [
        "5",
        (A[:, :1], by(columns, (3, 1), 1)),
        "+",
        "6",
        (A[:, 1:], by([ORANGE], (3, 1), 1)),
        "=",
        (A @ x, "white"),
    ],
]

# %%
# 上面的等式旁边，写出每一行的点积。
#
# Beside the upper equation stands the dot product of each row.

fig, ax = plt.subplots(figsize=(7, 5.2), layout="constrained")
with plt.rc_context({"font.size": 16}):
    for line, pieces in enumerate(equations):
        draw_equation(pieces, -3.8 * line, ax)
    for i, (a, b) in enumerate(A.tolist()):
        sum_ = rf"$= {a:g}\cdot 5 + {b:g}\cdot 6$"
        ax.text(6.0, -i - 0.5, sum_, va="center", fontsize=14)
    names = ["按行 | by rows", "按列 | by columns"]
    for line, name in enumerate(names):
        ax.text(-2.6, -3.8 * line - 1.5, name, va="center", fontsize=14)
ax.set(xlim=(-2.8, 9.2), ylim=(-7.2, 0.4))
fig.set_label(
    "矩阵乘向量的两种看法：三行各与 (5, 6) 做点积，得 17、39、6；或者 5 份第一列"
    "加 6 份第二列，结果相同 | A matrix times a vector in two views: three rows"
    " dotted with (5, 6) give 17, 39, 6; or 5 times the first column plus 6"
    " times the second, with the same result"
)
plt.show()

# %%
# 矩阵乘矩阵 | A matrix times a matrix
# ------------------------------------
# 上：一行点乘一列，得一个数。中：矩阵乘一列，得一列。
# 下：一列乘一行，得一个外积，各个外积相加。
#
# Above: a row dotted with a column is one number. Middle: the matrix times a
# column is a column. Below: a column times a row is an outer product, and the
# outer products are added up.

C = A @ B
first_row = [[BLUE] * 2, [WHITE] * 2, [WHITE] * 2]
first_entry = [[BLUE, WHITE], [WHITE] * 2, [WHITE] * 2]
outer, products = [], []
for k, tint in enumerate(columns):
    column, row = A[:, k : k + 1], B[k : k + 1]
    outer += [(column, tint), (row, tint), "+"]
    products += [(column * row, tint), "+"]
equations = [
    [(A, first_row), (B, [[BLUE, WHITE]] * 2), "=", (C, first_entry)],
    [
        (A, "white"),
        (B, by(columns, (2, 2), 1)),
        "=",
        (C, by(columns, (3, 2), 1)),
    ],
    [*outer[:-1], "=", *products[:-1]],
]

# %%
# 颜色相同的部分互相对应。
#
# Parts of one color belong together.

fig, ax = plt.subplots(figsize=(9, 6.4), layout="constrained")
with plt.rc_context({"font.size": 14}):
    for line, pieces in enumerate(equations):
        draw_equation(pieces, -3.8 * line, ax)
    names = ["点积 | dot products", "各列 | columns", "外积 | outer products"]
    for line, name in enumerate(names):
        ax.text(-3.9, -3.8 * line - 1.5, name, va="center")
ax.set(xlim=(-4.0, 14.4), ylim=(-11.0, 0.3))
fig.set_label(
    "同一个矩阵乘积的三种看法：第一行点乘第一列得 19；矩阵乘每一列得结果的"
    "一列；两个外积相加 | One matrix product in three views: the first row dotted"
    " with the first column is 19; the matrix times each column is a column of"
    " the result; two outer products added up"
)
plt.show()

# %%
# 三个函数 | Three functions
# --------------------------


def by_dots(A, B):
    """Return A B, one dot product for each entry."""
    return torch.stack([torch.stack([a @ b for b in B.T]) for a in A])


def by_columns(A, B):
    """Return A B, one matrix-vector product for each column."""
    return torch.stack([A @ b for b in B.T], dim=1)


def by_outer(A, B):
    """Return A B, one outer product for each column of A and row of B."""
    return sum(a[:, None] * b for a, b in zip(A.T, B, strict=True))


# %%
# 在 50 对形状各异的随机矩阵上，三者与 ``@`` 比较。对照是配错一位：
# :math:`\mathbf{A}` 的列配上 :math:`\mathbf{B}` 的下一行，结果就不对。
#
# All three are compared with ``@`` on 50 pairs of random matrices of various
# shapes. As a control, columns of :math:`\mathbf{A}` are paired with the next
# row of :math:`\mathbf{B}`, which gives something else.

views = {"dots": by_dots, "columns": by_columns, "outer": by_outer}
generator = torch.Generator().manual_seed(0)
largest, mispaired = 0.0, []
for _ in range(50):
    m, k, n = torch.randint(2, 20, (3,), generator=generator).tolist()
    left = torch.randn(m, k, generator=generator, dtype=torch.double)
    right = torch.randn(k, n, generator=generator, dtype=torch.double)
    product = left @ right
    for view in views.values():
        error = (view(left, right) - product).norm() / product.norm()
        largest = max(largest, error.item())
    wrong = by_outer(left, right.roll(1, dims=0))
    mispaired.append(((wrong - product).norm() / product.norm()).item())
print(f"largest relative difference {largest:.1e}")
print(f"smallest with rows mispaired {min(mispaired):.2f}")
assert largest < 1e-14
assert min(mispaired) > 0.3

# %%
# 快慢 | Speed
# ------------
# 三者都要 :math:`128^3` 次乘法。差别在于一次调用做多少：点积的写法调用 16,384
# 次，另外两种 128 次，``@`` 一次。四种轮流做七遍，
# 量处理器时间，各取最快的一次。
#
# Each takes :math:`128^3` multiplications. They differ in how much one call
# does: 16,384 calls for the dot products, 128 for the other two, one for
# ``@``. The four take seven turns. We measure processor time and keep the
# fastest of each.


def fastest(functions, *inputs):
    """Return the seconds of the fastest of seven turns, for each function."""
    seconds = torch.zeros(len(functions), 7)
    for turn in range(seconds.shape[1]):
        for row, function in enumerate(functions):
            start = time.process_time()  # other programs do not count
            function(*inputs)
            seconds[row, turn] = time.process_time() - start
    return seconds.amin(dim=1)


pair = torch.randn(2, 128, 128, generator=generator, dtype=torch.double)
times = fastest([torch.matmul, *views.values()], *pair)
ratios = dict(zip(views, (times[1:] / times[0]).tolist(), strict=True))
for name, ratio in ratios.items():
    print(f"{name}: {ratio:.0f} times as long as @")

fig, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
labels = ["点积 | dot products", "各列 | columns", "外积 | outer products"]
bars = ax.barh([*labels, "@"][::-1], [*ratios.values(), 1.0][::-1], color="C0")
ax.bar_label(bars, fmt=" %.0f")
ax.set(xscale="log", xlim=(0.7, 8 * max(ratios.values())))
ax.set_xlabel("处理器时间，以 @ 为 1 | processor time, with @ as 1")
fig.set_label(
    "三种写法与 @ 的时间之比，对数刻度：点积最慢，各列和外积居中 | Time of three"
    " ways relative to @, on a logarithmic scale: dot products are slowest,"
    " columns and outer products lie between"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 用哪种看法去想都行，用哪种写法去算却不同：交给 ``@``，一次做完。
#
# Think in whichever view you like, but compute with ``@``, all in one call.

assert ratios["dots"] > 3 * ratios["columns"]
assert ratios["columns"] > 1
record("matrix_product_views.difference", largest, format=".0e")
record("matrix_product_views.by_dots", ratios["dots"], format=".0f")
record("matrix_product_views.by_columns", ratios["columns"], format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 把 :math:`\mathbf{A}` 的各列打乱次序，:math:`\mathbf{B}` 的各行也照样打乱，
# 乘积会变吗？哪一种看法一眼就看得出来？先想，再往下看。
#
# Shuffle the columns of :math:`\mathbf{A}`, and the rows of
# :math:`\mathbf{B}` in the same way. Does the product change? Which of the
# views shows it at a glance? Think first, then read on.

left, right = pair
order = torch.randperm(128, generator=generator)
product = left @ right
shuffled = left[:, order] @ right[order]
torch.testing.assert_close(shuffled, product)
only_one = left[:, order] @ right
assert (only_one - product).norm() > 0.3 * product.norm()

# %%
# 除了舍入，不变。外积的看法最清楚：每一列仍然配着原来那一行，只是各项相加的次序变了。
# 只打乱一边，就成了上面的对照：列与行配错了。
#
# It does not, rounding aside. The sum of outer products shows it best: each
# column still meets its own row, and only the order of the terms is new.
# Shuffle one side alone, and it is the control above: columns meet the wrong
# rows.
