r"""
格拉姆矩阵忘掉位置 | Gram matrices forget places
================================================

把一幅图切成方块，打乱方块的次序。图里的东西散了，格拉姆矩阵却几乎不变，只要方块比卷积
看到的范围大得多。方块小，切口就多，格拉姆矩阵也变。对照是一张换成了同样颜色的照片，它的格拉
姆矩阵不同。五个随机的网络各做一遍。

Cut a picture into tiles and shuffle them. Things in it are scattered, yet the
Gram matrix hardly changes, as long as tiles are much larger than what a
convolution sees. Small tiles have many cuts, and then Gram matrices change as
well. The control is a photograph in the same colors, whose Gram matrix is
another one. Five random networks are tried.

**你需要** :doc:`/computer-vision/style-transfer`；**你得到** 特征和格拉姆矩阵的变化，
随方块的边长。

**You need** :doc:`/computer-vision/style-transfer`; **you get** the change of
features and of Gram matrices over the side of the tiles.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch.nn.functional import interpolate

from d2lnotes.painting import make_painting
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import seed_everything
from d2lnotes.style_transfer import (
    content_loss,
    gram_matrix,
    make_blocks,
    match_colors,
    style_loss,
)

SIDES = (1, 2, 4, 8, 16, 32, 64)  # of tiles, in pixels
SIZE = (192, 256)
draws = torch.Generator().manual_seed(1)
strokes = {"num_strokes": 2500, "stroke_length": 28, "stroke_width": 5}
painting = make_painting(SIZE, generator=draws, **strokes)
china = torch.tensor(load_sample_image("china.jpg")).permute(2, 0, 1)
photo = interpolate(china[None] / 255, SIZE, mode="area")[0]
photo = match_colors(photo, painting)

# %%
# 打乱方块 | Shuffling tiles
# --------------------------


def shuffle_tiles(picture, side, generator):
    """Return the picture with its square tiles in random order."""
    rows, columns = (n // side for n in picture.shape[1:])
    tiles = picture.view(3, rows, side, columns, side).transpose(2, 3)
    tiles = tiles.reshape(3, rows * columns, side, side)
    order = torch.randperm(rows * columns, generator=generator)
    mixed = tiles[:, order].view(3, rows, columns, side, side)
    return mixed.transpose(2, 3).reshape(picture.shape)


# %%
# 三幅图：原来的画，打乱的大方块，打乱的像素。
#
# Three pictures: the painting, large tiles in random order, and single pixels
# in random order.

fig, axes = plt.subplots(1, 3, figsize=(9, 2.7), layout="constrained")
shown = [
    ("原来的画 | the painting", painting),
    ("32 像素的方块 | tiles of 32 px", shuffle_tiles(painting, 32, draws)),
    ("单个像素 | single pixels", shuffle_tiles(painting, 1, draws)),
]
for ax, (title, picture) in zip(axes, shown, strict=True):
    ax.imshow(picture.permute(1, 2, 0))
    ax.set_title(title)
    ax.axis("off")
fig.set_label(
    "左：一幅画，黄色的漩涡和蓝色的底；中：打乱的大方块，笔触还在；右：打乱的像素，"
    "只剩颜色 | Left: a painting of yellow swirls on blue; middle: large tiles"
    " shuffled, strokes still seen; right: pixels shuffled, colors are left"
)
plt.show()

# %%
# 五个随机的网络 | Five random networks
# -------------------------------------
# 比较第 3 个卷积的特征，它看到 18 个像素宽的方块。批量归一化用这幅画的统计量。
#
# The features of the third convolution are compared, which sees squares of 18
# pixels. Batch normalization has the statistics of the painting.


@torch.no_grad()
def features(blocks, picture):
    """Return what the third convolution puts out."""
    return blocks[:4](picture[None])[0]


features_moved, gram_moved, other = [], [], []
for seed in range(5):
    generator = seed_everything(seed)
    blocks = make_blocks()
    for module in blocks.modules():
        module.momentum = 1.0
    features(blocks.train(), painting)
    wanted = features(blocks.eval(), painting)
    gram = gram_matrix(wanted)
    other.append(style_loss(features(blocks, photo), gram))
    for side in SIDES:
        moved = features(blocks, shuffle_tiles(painting, side, generator))
        features_moved.append(content_loss(moved, wanted))
        gram_moved.append(style_loss(moved, gram))
features_moved = torch.stack(features_moved).view(5, -1).T  # (sides, seeds)
gram_moved = torch.stack(gram_moved).view(5, -1).T
other = torch.stack(other)
print(features_moved.mean(dim=1), gram_moved.mean(dim=1), gram_moved, other)

# %%
# 结果 | The result
# -----------------

fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
plot_spread(SIDES, features_moved, "o-", label="特征 | features", ax=ax)
name = "格拉姆矩阵 | Gram matrix"
plot_spread(SIDES, gram_moved, "s-", label=name, ax=ax)
name = "照片的格拉姆矩阵 | Gram matrix of the photograph"
ax.axhline(other.mean(), color="0.4", ls="--", label=name)
ax.set(xscale="log", yscale="log", ylabel="相对变化 | relative change")
ax.set_xlabel("方块的边长（像素） | side of a tile (pixels)")
ax.set_xticks(SIDES, SIDES)
ax.minorticks_off()
fig.legend(loc="outside lower center", ncols=2)
fig.set_label(
    "特征的相对变化一直很大；格拉姆矩阵的变化随方块变大而下降，低于那张照片 | The"
    " relative change of features stays large; that of Gram matrices falls as"
    " tiles grow, below the photograph"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

middle, large = SIDES.index(32), SIDES.index(64)
assert (features_moved[large] > 0.5).all()
assert (gram_moved[middle] < 0.25).all()
assert (gram_moved[large] < 0.06).all()
assert (gram_moved[large] < 0.2 * other).all()
assert (gram_moved[0] > 5 * gram_moved[large]).all()
record_all(
    "gram_matrix",
    {
        "features_large": features_moved[large],
        "gram_large": gram_moved[large],
        "gram_middle": gram_moved[middle],
        "gram_pixels": gram_moved[0],
        "gram_photo": other,
    },
    unit="",
    over="5 个随机的网络 | 5 random networks",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 不打乱，而是左右翻转整幅画。哪一个变得多？为什么格拉姆矩阵也变了一点？
#
# Mirror the painting instead of shuffling it. Which changes more? Why does the
# Gram matrix change a little as well?

mirrored = features(blocks, painting.flip(-1))
print(f"{content_loss(mirrored, wanted):.2f} {style_loss(mirrored, gram):.3f}")
# Kernels are not symmetric, so they see strokes that lean the other way.
assert style_loss(mirrored, gram) < content_loss(mirrored, wanted)
