r"""
三步判断两个形状能不能广播 | Three steps tell whether two shapes broadcast
==========================================================================

形状不同的两个张量有时能相加，有时报错。三步就能判断：右边对齐，左边补 1；
上下相等或有一个是 1；结果取相等的数，或者 1 旁边的数。这里先画出扩展的过程，
再拿许多对形状核对，能加的和报错的都算。

Two tensors of different shapes can sometimes be added, and sometimes that is
an error. Three steps tell. Align on the right and put 1 on the left. The
numbers must be equal, or one of them 1. The result takes the number that both
have, or the one beside the 1. We draw the expansion first, then check many
pairs of shapes, those that work and those that fail.

**需要**：:doc:`/preliminaries/tensors` 里的形状和广播。
**得到**：不运行就能说出结果的形状，或者说出会报错。

**You need** shapes and broadcasting, from :doc:`/preliminaries/tensors`.
**You get** the skill to tell the shape of a result, or that there is none,
without running it.
"""

import itertools

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record

# %%
# 扩展，再按元素相乘 | Expand, then multiply element by element
# -------------------------------------------------------------
# 三样水果的重量排成一列，两家店的单价排成一行。黑色的数是原来有的，
# 灰色的数是重复出来的。
#
# The weights of three fruits stand in a column, the prices of two shops in a
# row. Black numbers were there before, gray ones are repetitions.

weight = torch.tensor([[1.0], [2.0], [3.0]])
price = torch.tensor([10.0, 20.0])
product = weight * price

column, row = weight.expand(3, 2), price.expand(3, 2)
pale_column = torch.tensor([[False, True]]).expand(3, 2)
pale_row = torch.tensor([[False], [True], [True]]).expand(3, 2)
cells = [
    (
        column,
        0.0,
        "#cfe3f5",
        pale_column,
        "重量 (3, 1) → (3, 2) | weight (3, 1) → (3, 2)",
    ),
    (
        row,
        4.0,
        "#fde0c2",
        pale_row,
        "单价 (2,) → (3, 2) | price (2,) → (3, 2)",
    ),
    (product, 8.0, "#d4edd1", None, "乘积 (3, 2) | product (3, 2)"),
]
# %%
# 三张表并排画出，箭头指出重复的方向。
#
# The three tables stand side by side, and arrows show the direction in which
# numbers are repeated.

fig, ax = plt.subplots(figsize=(9, 3.4), layout="constrained")
for table, left, color, pale, title in cells:
    plot_cells(table, ax=ax, corner=(left, 0.0), colors=color, pale=pale)
    ax.text(left + 1, 0.3, title, ha="center", fontsize="large")
for symbol, place in (("×", 3.0), ("=", 7.0)):
    ax.text(place, -1.5, symbol, ha="center", va="center", fontsize="xx-large")
arrow = {"arrowstyle": "-|>", "color": "0.3", "lw": 2.0}
ax.annotate("", (2.0, -3.3), (0.5, -3.3), arrowprops=arrow)
ax.annotate("", (6.3, -3.0), (6.3, -0.5), arrowprops=arrow)
repeated = "重复 | repeated"
ax.text(1.25, -3.45, repeated, ha="center", va="top", fontsize="small")
ax.text(6.4, -1.75, repeated, va="center", rotation=90, fontsize="small")
ax.set(xlim=(-0.6, 10.6), ylim=(-4.0, 0.9))
fig.set_label(
    "一列 1、2、3 向右重复，一行 10、20 向下重复，两张表按元素相乘 | The "
    "column 1, 2, 3 is repeated to the right, the row 10, 20 downward, and "
    "the two tables are multiplied element by element"
)
plt.show()

# %%
# 照这三步写成代码 | The three steps in code
# ------------------------------------------
# ``predicted_shape`` 只看两个形状，不做任何张量运算。
#
# ``predicted_shape`` looks at the two shapes alone and does not compute with
# tensors.


def predicted_shape(a, b):
    """Return the shape of a result by the three steps, ``None`` for an error."""
    num_dims = max(len(a), len(b))
    a = (1,) * (num_dims - len(a)) + tuple(a)  # step 1
    b = (1,) * (num_dims - len(b)) + tuple(b)
    if any(m != n and 1 not in (m, n) for m, n in zip(a, b, strict=True)):
        return None  # step 2
    return tuple(n if m == 1 else m for m, n in zip(a, b, strict=True))


def actual_shape(a, b):
    """Return the shape of a sum as PyTorch computes it, ``None`` for an error."""
    try:
        return tuple((torch.zeros(a) + torch.zeros(b)).shape)
    except RuntimeError:
        return None


# %%
# 许多对形状 | Many pairs of shapes
# ---------------------------------
# 零维到三维、每维长 1 到 3 的形状有 40 种，两两配对，都试一遍。
#
# There are 40 shapes of at most three dimensions with lengths 1 to 3. We try
# all pairs.

shapes = [
    shape
    for num_dims in range(4)
    for shape in itertools.product((1, 2, 3), repeat=num_dims)
]
pairs = list(itertools.product(shapes, repeat=2))
predictions = [predicted_shape(a, b) for a, b in pairs]
results = [actual_shape(a, b) for a, b in pairs]
num_errors = results.count(None)
print(f"{len(pairs)} pairs, {num_errors} of them errors")
assert len(shapes) == 40
assert predictions == results
assert 0 < num_errors < len(pairs)

# %%
# 形状对了，数也要对。在能加的每一对里，结果的每个元素都应当等于
# 两边相应元素之和，长度为 1 的维读第 0 个。
#
# The shape is right, now for the numbers. In all pairs that can be added,
# each element of the result should be the sum of one element from each side,
# where a dimension of length 1 is read at 0.


def read(tensor, index):
    """Return one element, at 0 in dimensions of length 1."""
    own = index[len(index) - tensor.ndim :]
    kept = [0 if n == 1 else i for n, i in zip(tensor.shape, own, strict=True)]
    return tensor[tuple(kept)]


generator = torch.Generator().manual_seed(0)
for (a, b), shape in zip(pairs, results, strict=True):
    if shape is None:
        continue
    A = torch.randint(100, a, generator=generator)
    B = torch.randint(100, b, generator=generator)
    total = A + B
    for index in itertools.product(*(range(n) for n in shape)):
        assert total[index] == read(A, index) + read(B, index)

# %%
# 结论 | What follows
# -------------------
# 预言全部正确。**先写下两个形状，右边对齐，再写程序。**
#
# All predictions were right. **Write down the two shapes, aligned on the
# right, before you write the program.**

record("broadcasting_rule.pairs", len(pairs), format=",d")
record("broadcasting_rule.errors", num_errors, format=",d")

# %%
# 练习 | Exercise
# ---------------
# 两个形状都是三维，每维的长度从 1、2、3 里随机取。能广播的概率是多少？
#
# Two shapes have three dimensions each, with lengths drawn from 1, 2 and 3.
# With which probability do they broadcast?

three = [pair for pair in pairs if len(pair[0]) == len(pair[1]) == 3]
compatible = sum(actual_shape(a, b) is not None for a, b in three)
print(f"{compatible} of {len(three)}: {compatible / len(three):.3f}")
assert compatible * 9**3 == len(three) * 7**3

# %%
# 每一维有 9 种搭配，只有 2 对 3 和 3 对 2 不行，所以一维的概率是 7/9，
# 三维是它的立方，约 0.471。
#
# One dimension has 9 combinations, of which 2 against 3 and 3 against 2 fail.
# So the probability is 7/9 for one dimension, and its cube for three, about
# 0.471.
