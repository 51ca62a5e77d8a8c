r"""
形状回来了，数没有回来 | The shape comes back, the numbers do not
=================================================================

卷积可以写成一个矩阵乘法。转置卷积乘的是同一个矩阵的转置，所以它把小图变回大图的形状。
它是逆运算吗？本脚本画出这个矩阵，然后让真实的图片先后经过卷积和转置卷积，量一量误差。
对照：核互相正交、长度为 1，而且互不重叠的时候，数也回来了。

A convolution can be written as a product with a matrix. A transposed
convolution multiplies by the transpose of the same matrix, so it leads from
the shape of the small map back to that of the large one. Is it the inverse?
This script draws the matrix, sends real pictures through a convolution and
back, and measures the error. The control: with kernels that are orthogonal,
of length 1 and do not overlap, the numbers come back as well.

**你需要** :doc:`/computer-vision/transposed-convolution`；**你得到** 这个矩阵的样子，
和三种核来回一趟的误差。

**You need** :doc:`/computer-vision/transposed-convolution`; **you get** a
look at the matrix, and the error of the way there and back for three kinds of
kernels.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import conv2d, conv_transpose2d

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.transposed_convolution import (
    convolution_matrix,
    transposed_convolution_2d,
)

torch.set_num_threads(1)  # there is little to compute
device = select_device()
num_seeds = on(device, cpu=5, cuda=20)
num_pictures = on(device, cpu=200, cuda=2000)
data = fetch_fashion_mnist(stand_in=True)

# %%
# 放下核，加起来 | Put kernels down and add up
# --------------------------------------------
# 输入的四个数各把核放大，放在自己的位置上。重叠的地方相加。
#
# Each of the four inputs scales the kernel and puts it down at its own place.
# Where kernels overlap, they are added.

X = torch.tensor([[1.0, 2], [3, -1]])
K = torch.tensor([[1.0, -1], [2, 1]])
tints = ["#cfe3f7", "#fbdcc4", "#d3eed2", "#e6daf3"]

fig, ax = plt.subplots(figsize=(9, 2.6), layout="constrained")
total = torch.zeros(3, 3)
for k, x in enumerate(X.flatten().tolist()):
    i, j = divmod(k, 2)
    part = torch.zeros(3, 3)
    part[i : i + 2, j : j + 2] = x * K
    total += part
    colors = [["white"] * 3 for _ in range(3)]
    for u, v in [(i, j), (i, j + 1), (i + 1, j), (i + 1, j + 1)]:
        colors[u][v] = tints[k]
    plot_cells(part, ax=ax, corner=(4.2 * k, 0), colors=colors, pale=part == 0)
    ax.text(4.2 * k + 1.5, 0.25, f"${x:g}\\cdot K$", ha="center", size=15)
    ax.text(4.2 * k + 3.6, -1.7, "=" if k == 3 else "+", ha="center", size=16)
plot_cells(total, ax=ax, corner=(16.8, 0), colors="#f2f2f2")
ax.text(18.3, 0.25, "和 | sum", ha="center", size=15)
ax.set_ylim(-3.2, 1.2)
fig.set_label(
    "四个 3×3 的表，各有一块 2×2 的着色处，是输入乘以核，位置依次在左上、右上、左下、"
    "右下；最右边是它们的和 | Four tables of 3×3, each with a colored block of 2×2,"
    " an input times the kernel, at the upper left, upper right, lower left and"
    " lower right; their sum stands on the far right"
)
plt.show()

# %%
# 矩阵和它的转置 | The matrix and its transpose
# ---------------------------------------------
# 卷积 3×3 → 2×2 的矩阵有 4 行 9 列，每行是一个输出。转置有 9 行 4 列，每列是放在一个
# 位置上的核。颜色标出核的四个权重。
#
# The matrix of a convolution from 3×3 to 2×2 has 4 rows, one for each output,
# and 9 columns. The transpose has 9 rows and 4 columns, and each column is the
# kernel at one place. Colors mark the four weights of the kernel.

C = convolution_matrix(K, (3, 3))
named = convolution_matrix(torch.arange(1, 5).reshape(2, 2), (3, 3))
shades = [["white", *tints][n] for n in named.flatten().tolist()]
shades = [shades[9 * row : 9 * row + 9] for row in range(4)]

fig, ax = plt.subplots(figsize=(8, 5), layout="constrained")
plot_cells(C, ax=ax, colors=shades, pale=C == 0)
turned = [list(column) for column in zip(*shades, strict=True)]
plot_cells(C.T, ax=ax, corner=(11, 0), colors=turned, pale=C.T == 0)
ax.text(4.5, 0.35, "卷积 $C$ | convolution $C$", ha="center", size=15)
words = "转置 $C^\\top$ | transpose $C^\\top$"
ax.text(13, 0.35, words, ha="center", size=15)
ax.set_ylim(-9.2, 1.3)
fig.set_label(
    "左：4 行 9 列的矩阵，每行有核的四个数，其余是 0；右：它的转置，9 行 4 列，每列有核的"
    "四个数 | Left: a matrix of 4 rows and 9 columns, with the four numbers of the"
    " kernel in each row and zeros elsewhere; right: its transpose of 9 rows and 4"
    " columns, with the four numbers in each column"
)
plt.show()

product = (C.T @ X.flatten()).reshape(3, 3)
by_loop = transposed_convolution_2d(X[None, None], K[None, None])[0, 0]
assert torch.equal(product, total)
assert torch.equal(by_loop, total)

# %%
# 来回一趟 | There and back
# -------------------------
# 2×2 的核，步幅 2，所以核互不重叠。卷积之后用同样的权重做转置卷积。回来的图可能整体
# 太亮或太暗，所以先乘以一个最合适的数，再量误差：差的长度除以原图的长度。
#
# Kernels of 2×2 with stride 2 do not overlap. After the convolution comes the
# transposed convolution with the same weight. What returns may be too bright or
# too dark as a whole, so it is first multiplied by the number that fits best.
# The error is the length of the difference over that of the picture.


def there_and_back(pictures, weight):
    """Return the pictures after both ways, at the scale that fits best."""
    small = conv2d(pictures, weight, stride=2)
    back = conv_transpose2d(small, weight, stride=2)
    assert back.shape == pictures.shape
    return back * (back * pictures).sum() / back.square().sum()


def random_kernels(count, generator):
    """Return so many random kernels of 2 by 2."""
    return torch.randn(count, 1, 2, 2, generator=generator)


def orthonormal_kernels(generator):
    """Return four kernels of length 1, each at right angles to the others."""
    square = torch.linalg.qr(random_kernels(4, generator).flatten(1)).Q
    return square.reshape(4, 1, 2, 2)


# %%
# 三种核，每种几个随机种子。
#
# Three kinds of kernels, with several random seeds each.

pictures = data.test_images[:num_pictures].cpu()
errors = {"one": [], "four": [], "orthonormal": []}
returned = {}
for seed in range(num_seeds):
    generator = seed_everything(seed)
    weights = {
        "one": random_kernels(1, generator),
        "four": random_kernels(4, generator),
        "orthonormal": orthonormal_kernels(generator),
    }
    for name, weight in weights.items():
        back = there_and_back(pictures, weight)
        error = (back - pictures).norm() / pictures.norm()
        errors[name].append(error.item())
        returned.setdefault(name, back)
print({name: [f"{e:.1e}" for e in row] for name, row in errors.items()})

# %%

titles = [
    "原图 | the picture",
    "1 个随机的核 | 1 random kernel",
    "4 个随机的核 | 4 random kernels",
    "4 个正交的核 | 4 orthonormal",
]
fig, axes = plt.subplots(2, 2, figsize=(6, 6.4), layout="constrained")
for ax, shown, title in zip(
    axes.flat, [pictures, *returned.values()], titles, strict=True
):
    ax.imshow(shown[0, 0], cmap="gray", vmin=0, vmax=1)
    ax.set_title(title, size=14)
    ax.axis("off")
fig.set_label(
    "一张衣物图片来回一趟：1 个随机的核和 4 个随机的核把它弄花了，4 个正交的核还原了"
    "它 | A picture of clothing there and back: 1 random kernel and 4 random kernels"
    " spoil it, and 4 orthonormal kernels restore it"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

assert max(errors["orthonormal"]) < 1e-4
assert min(errors["one"]) > 0.02
assert min(errors["four"]) > 0.02
large = convolution_matrix(torch.ones(3, 3), (28, 28))
record_all(
    "transposed_convolution",
    {
        "error_one": torch.tensor(errors["one"]),
        "error_four": torch.tensor(errors["four"]),
        "error_orthonormal": torch.tensor(errors["orthonormal"]),
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".3f",
)
record_all(
    "transposed_convolution",
    {
        "matrix_entries": large.numel(),
        "matrix_weights": 9,
        "matrix_zeros": ((large == 0).float().mean(), ".3f"),
    },
    format=",.0f",
)

# %%
# 练习 | Exercise
# ---------------
# 有没有一个 2×2 的核，步幅 1 时来回一趟不变？先猜，再试单位核。
#
# Is there a kernel of 2×2 that changes nothing there and back with stride 1?
# Guess first, then try a kernel with a single 1.

single = torch.tensor([[[[1.0, 0], [0, 0]]]])
back = conv_transpose2d(conv2d(pictures, single), single)
# The last row and column are seen by no output, so they return as 0.
assert torch.equal(back[..., :-1, :-1], pictures[..., :-1, :-1])
assert back[..., -1, :].eq(0).all()
