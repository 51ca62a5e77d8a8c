r"""
平移等变只留下对角线 | Equivariance leaves one number per diagonal
==================================================================

全连接层是一个矩阵。要求它平移等变：输入移一格，输出也移一格。这一个要求使每条
对角线上的数都相等。再要求它只看邻居，就只剩几条对角线。本脚本把三个矩阵画出来，
再用线性代数数一数每个要求还留下几个自由的数。

A dense layer is a matrix. Demand that it is translation equivariant: when the
inputs move by one place, the outputs move by one place. This alone makes the
numbers on each diagonal equal. Demand that it looks at neighbors only, and a
few diagonals are left. This script draws the three matrices, and counts by
linear algebra how many free numbers each demand leaves.

**你需要** :doc:`/convolutional-networks/from-dense-to-convolution` 里一维的例子；
**你得到** 三个矩阵的样子，以及“等变的线性层就是卷积”的数值检验。

**You need** the example in one dimension from
:doc:`/convolutional-networks/from-dense-to-convolution`; **you get** the look
of three matrices and a numerical check that a linear layer which is
equivariant is a convolution.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all

NUM_INPUTS, NUM_OUTPUTS = 6, 4

# %%
# 三个矩阵 | Three matrices
# -------------------------
# 格子里写的是“第几个自由的数”，颜色也一样：编号相同的格子必须是同一个数。全连接
# 层的 24 个数都可以不同。等变的层里，第 :math:`i` 行第 :math:`j` 列的数只由
# :math:`j - i` 决定。再要求只看三个邻居，别的对角线就都是 0。
#
# A cell says which of the free numbers it holds, and so does its color: cells
# with one label hold the same number. All 24 numbers of a dense layer may
# differ. In an equivariant layer, row :math:`i` and column :math:`j` hold a
# number that depends on :math:`j - i` alone. If the layer also looks at three
# neighbors only, the other diagonals are 0.

rows = torch.arange(NUM_OUTPUTS)[:, None]
columns = torch.arange(NUM_INPUTS)
offsets = columns - rows  # (outputs, inputs): from -3 to 5
is_near = (offsets >= 0) & (offsets < 3)
labels = {
    "全连接：24 个数 | dense: 24 numbers": rows * NUM_INPUTS + columns + 1,
    "等变：9 个数 | equivariant: 9 numbers": offsets + NUM_OUTPUTS,
    "等变、局部：3 个数 | also local: 3 numbers": (offsets + 1) * is_near,
}


def shades(table):
    """Return a color for each label, white for the label 0."""
    hues = plt.colormaps["rainbow"](table / table.max())
    hues = 0.45 * hues + 0.55  # light, so that black digits stand out
    hues[table == 0] = 1.0
    return [[tuple(hue) for hue in row] for row in hues]


fig, axes = plt.subplots(1, 3, figsize=(10.5, 2.9), layout="constrained")
for ax, (name, table) in zip(axes, labels.items(), strict=True):
    plot_cells(table, ax=ax, colors=shades(table), pale=table == 0)
    ax.set_title(name)
fig.set_label(
    "三个 4 行 6 列的矩阵：全连接的 24 个格子编号都不同；等变的每条对角线上编号"
    "相同；局部的只有三条对角线不是 0"
    " | Three matrices of 4 rows and 6 columns: the 24 labels of the dense one"
    " all differ; the equivariant one has one label on each diagonal; only"
    " three diagonals of the local one are not 0"
)
plt.show()

# %%
# 数一数自由的数 | Counting the free numbers
# ------------------------------------------
# 图是我们想出来的。现在不想，让线性代数来数。等变是说：输入里的一个 1 往右移一格，
# 输出也往右移一格。对矩阵来说就是 :math:`W_{i+1,j+1} = W_{i,j}`，每一对
# :math:`(i, j)` 一个线性方程。方程组的解空间有多少维，就有多少个自由的数：
# 未知数的个数减去方程组的秩。二维也一样，位置成了一对数。
#
# We thought up the picture. Now let linear algebra do the counting.
# Equivariance says: move a single 1 in the inputs one place to the right, and
# the outputs move one place to the right. For the matrix this is
# :math:`W_{i+1,j+1} = W_{i,j}`, one linear equation for each pair
# :math:`(i, j)`. There are as many free numbers as the solutions have
# dimensions: the unknowns less the rank of the equations. Two dimensions are
# no different, with pairs of numbers for places.


def count_free(inputs, outputs, *, axes=(0, 1), reach=None):
    """Return how many numbers the demands leave free in a linear layer.

    Both sizes are (height, width). Equivariance is asked for along the axes.
    Locality asks for 0 unless both offsets are from 0 to reach - 1.
    """
    unknowns = torch.arange(
        inputs[0] * inputs[1] * outputs[0] * outputs[1]
    ).reshape(*outputs, *inputs)
    rows = torch.eye(unknowns.numel(), dtype=torch.float64)
    moved = [
        (unknowns[:-1, :, :-1], unknowns[1:, :, 1:]),
        (unknowns[:, :-1, :, :-1], unknowns[:, 1:, :, 1:]),
    ]
    equations = [rows[:0]]
    for axis in axes:
        one, other = moved[axis]
        equations.append(rows[one.flatten()] - rows[other.flatten()])
    if reach is not None:
        i, j, a, b = torch.meshgrid(
            *map(torch.arange, unknowns.shape), indexing="ij"
        )
        near = (a >= i) & (a < i + reach) & (b >= j) & (b < j + reach)
        equations.append(rows[unknowns[~near]])
    rank = torch.linalg.matrix_rank(torch.cat(equations))
    return unknowns.numel() - int(rank)


# %%
# 一行是只有一行高的图片，所以同一个函数也能数一维的。
#
# A row is a picture of height one, so the same function counts in one
# dimension as well.

line = (1, NUM_INPUTS), (1, NUM_OUTPUTS)
square = (5, 5), (3, 3)
counts = {
    "line_dense": count_free(*line, axes=()),
    "line_equivariant": count_free(*line),
    "line_local": count_free(*line, reach=3),
    "square_dense": count_free(*square, axes=()),
    "square_only_local": count_free(*square, axes=(), reach=3),
    "square_equivariant": count_free(*square),
    "square_local": count_free(*square, reach=3),
}
print(counts)

# %%
# 对照：只要局部，不要等变 | The control: local, but not equivariant
# ------------------------------------------------------------------
# 只看邻居、每个位置有自己的权重，5×5 的图到 3×3 的图还有 81 个自由的数：9 个位置，
# 每个 9 个。可见少掉的数两个要求各有一份，缺了哪一个都剩不到 9 个。
#
# If each place looks at its neighbors only but has weights of its own, a map
# of 5×5 to one of 3×3 has 81 free numbers, 9 at each of 9 places. Both
# demands do their part, and neither alone gets down to 9.

fig, ax = plt.subplots(figsize=(7.5, 3), layout="constrained")
bars = {
    "全连接 | dense": counts["square_dense"],
    "只要局部 | local only": counts["square_only_local"],
    "只要等变 | equivariant only": counts["square_equivariant"],
    "两样都要 | both": counts["square_local"],
}
drawn = ax.barh(
    list(bars), list(bars.values()), color=["C7", "C1", "C0", "C2"]
)
ax.bar_label(drawn, padding=4)
ax.invert_yaxis()
ax.set_xlim(0, 250)
ax.set_xlabel("自由的数的个数 | free numbers")
fig.set_label(
    "从 5×5 到 3×3 的线性层还剩几个自由的数：全连接 225，只要局部 81，只要等变 49，"
    "两样都要 9"
    " | Free numbers of a linear layer from 5×5 to 3×3: dense 225, local only"
    " 81, equivariant only 49, both 9"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 等变留下的数与偏移的个数相等：一维是 :math:`6 + 4 - 1`，二维是
# :math:`(5 + 3 - 1)^2`。两样都要，留下的就是核。
#
# As many numbers are left by equivariance as there are offsets:
# :math:`6 + 4 - 1` in one dimension, :math:`(5 + 3 - 1)^2` in two. Both
# demands together leave the kernel.

assert counts["line_equivariant"] == 6 + 4 - 1
assert counts["line_local"] == 3
assert counts["square_equivariant"] == (5 + 3 - 1) ** 2
assert counts["square_only_local"] == 9 * 9
assert counts["square_local"] == 9
record_all("shift_makes_convolution", counts, format="d")

# %%
# 练习 | Exercise
# ---------------
# 只要求沿**横**向等变，不要求纵向，也不要求局部，从 5×5 到 3×3 还剩几个自由的数？
# 先想，再数。
#
# Demand equivariance along the **horizontal** axis alone, and no locality.
# How many numbers are free from 5×5 to 3×3? Think first, then count.

assert count_free(*square, axes=[1]) == (5 * 3) * (5 + 3 - 1) == 105

# %%
# 每一对“输入的行、输出的行”各有自己的一个一维卷积：:math:`5 \times 3 = 15` 对，每对
# :math:`5 + 3 - 1 = 7` 个偏移，一共 105 个。
#
# Each pair of an input row and an output row has a convolution in one
# dimension of its own. There are :math:`5 \times 3 = 15` pairs with
# :math:`5 + 3 - 1 = 7` offsets each, 105 in all.
