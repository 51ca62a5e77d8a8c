r"""
图移一格，池化的结果变多少 | Move by one pixel: what pooling makes of it
========================================================================

把一张照片的边长缩小到四分之一，有好几种做法：每四格只取一格，取最大，取平均，
先模糊再取样。照片向右移一格，四种做法的结果都会变。变多少相差很大：取样变得
最多，取最大居中，两种加权平均变得最少。

There are several ways to bring a photograph down to a quarter of its side:
keep one pixel of four, take the maximum, take the mean, or blur and then
sample. If the photograph moves by one pixel, the results of all four change.
By how much differs widely: sampling changes most, the maximum less, and the
two kinds of mean change least.

**你需要** :doc:`/convolutional-networks/pooling` 里的四种做法；**你得到**
同一张照片的四个缩小版，和平移一格引起的变化。

**You need** the four ways from :doc:`/convolutional-networks/pooling`;
**you get** one photograph made smaller in four ways, and the change that a
shift by one pixel causes.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image

from d2lnotes.pooling import avg_pool_2d, blur_pool_2d, max_pool_2d
from d2lnotes.results import record_all

# %%
# 两张照片 | Two photographs
# --------------------------
# scikit-learn 自带两张照片：一座有许多屋瓦的楼，和一朵花。取灰度，0 是黑，1 是
# 白。移动照片不用补数：从右边多取一列，左边少取一列。
#
# Scikit-learn brings along two photographs, a house with many roof tiles and a
# flower. We take their gray values, with black as 0 and white as 1. To move a
# photograph no numbers need be made up: one more column is taken on its left
# and one less on its right.


def gray(name):
    """Return a photograph in gray: (1, 1, 400, 600)."""
    photograph = torch.tensor(load_sample_image(name)).double() / 255
    return photograph.mean(dim=2)[None, None, :400, :600]


def cut(photograph, shift, side=400):
    """Return a square of it in which all has moved to the right by ``shift``."""
    left = 100 - shift
    return photograph[..., left : left + side]


# %%
# 四种做法，都从 4 × 4 的区域里得出一个数，窗口每次移 4 格。最后一种的窗口是
# 7 × 7，权重从中间向外变小，相邻的窗口有重叠。
#
# Four ways, each with a step of 4. The first three take one number from each
# 4 × 4 pixels. The window of the last has 7 × 7 pixels, with weights that
# become smaller from the middle outward, so neighboring windows overlap.

WAYS = {
    "取样 | sampling": lambda x: x[..., ::4, ::4],
    "最大 | maximum": lambda x: max_pool_2d(x, 4),
    "平均 | average": lambda x: avg_pool_2d(x, 4),
    "先模糊 | blurred": lambda x: blur_pool_2d(x, 7, stride=4),
}
PHOTOGRAPHS = ["china.jpg", "flower.jpg"]


def change(way, photograph, shift=1):
    """Return by how much a shift changes the result, relative to its spread."""
    before, after = way(cut(photograph, 0)), way(cut(photograph, shift))
    return ((after - before).square().mean().sqrt() / before.std()).item()


# %%
# 变化用相对的量：结果之差的均方根，除以结果自己的标准差。做法之间对比度不同，
# 不这样除，把一切抹成灰色的做法就占了便宜。
#
# The change is relative: the root mean square of the difference, divided by
# the standard deviation of the result itself. The ways differ in contrast, and
# without the division one that turns all to gray would look best.

changes = torch.tensor(
    [
        [change(way, gray(name)) for name in PHOTOGRAPHS]
        for way in WAYS.values()
    ]
)  # (ways, photographs)
for name, row in zip(WAYS, changes, strict=True):
    print(f"{name:20}", [f"{value:.2f}" for value in row])

# %%
# 上：屋檐一角，用四种做法缩小。下：照片右移一格之后，每个数变了多少。
#
# Above: a corner of the roof, made smaller in four ways. Below: by how much
# each number changes when the photograph moves by one pixel.

photograph = gray(PHOTOGRAPHS[0])
fig, axes = plt.subplots(2, 5, figsize=(9, 3.9), layout="constrained")
corner = (slice(140, 300), slice(140, 300))
axes[0, 0].imshow(cut(photograph, 0)[0, 0][corner], cmap="gray")
axes[0, 0].set_title("照片 | photograph")
moved = (cut(photograph, 1) - cut(photograph, 0))[0, 0][corner]
styles = {"cmap": "RdBu", "vmin": -0.5, "vmax": 0.5}
axes[1, 0].imshow(moved, **styles)
small = (slice(35, 75), slice(35, 75))
for j, (name, way) in enumerate(WAYS.items(), start=1):
    before, after = way(cut(photograph, 0)), way(cut(photograph, 1))
    axes[0, j].imshow(before[0, 0][small], cmap="gray", vmin=0, vmax=1)
    axes[1, j].imshow((after - before)[0, 0][small], **styles)
    axes[0, j].set_title(name)
    axes[1, j].set_xlabel(f"{changes[j - 1, 0]:.2f}", fontsize=15)
axes[0, 0].set_ylabel("图 | image")
axes[1, 0].set_ylabel("移一格的变化 | change by one pixel")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
fig.set_label(
    "屋檐用四种做法缩小，和照片移一格引起的变化：取样变得最多，两种平均最少"
    " | A roof made smaller in four ways, and the change by one pixel: sampling"
    " changes most, the two means least"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 两张照片的次序一样：取样变得最多，最大次之，两种平均最少。对照：移动整整一步，
# 也就是 4 格，结果不变形，只是整体移一格。
#
# Both photographs have the same order: sampling changes most, then the
# maximum, and the two means least. A control: if the photograph moves by a
# whole step of 4 pixels, the result moves by one place and is otherwise
# unchanged.

assert (changes[0] > 1.4 * changes[1]).all()
assert (changes[1] > 1.3 * changes[2:]).all()
for way in WAYS.values():
    before, after = way(cut(photograph, 0)), way(cut(photograph, 4))
    inside = (..., slice(1, -1), slice(2, -1))  # mirrored borders differ
    torch.testing.assert_close(after[inside], before.roll(1, dims=-1)[inside])
record_all(
    "pooling_windows",
    {
        "sampling": changes[0, 0],
        "max": changes[1, 0],
        "average": changes[2, 0],
        "blur": changes[3, 0],
        "max_flower": changes[1, 1],
    },
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 平移 2 格，也就是半步呢？变化比一格大还是小？
#
# What about a shift by 2 pixels, half of a step? Is the change larger or
# smaller than by one pixel?

half = torch.tensor([change(way, photograph, 2) for way in WAYS.values()])
print([f"{value:.2f}" for value in half])
assert (half > changes[:, 0]).all()
