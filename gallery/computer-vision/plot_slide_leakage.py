r"""
有的测试图片是训练过的地方 | Some test pictures show places of the training
===========================================================================

作者把 BCCD 的 364 张图片随机分成了三份。显微镜却可能在同一处拍过两张，只移动了
一点。我们取每张测试图片的中央，到训练和验证图片里逐个位置去找。对照是镜像：同
样的图片左右翻转之后再找，翻转的细胞在显微镜下不会再出现。

The authors divided the 364 pictures of BCCD at random. But a microscope may
have taken two pictures of one place and moved a little between them. We take
the middle of each test picture, and look for it at each position of the
training and validation pictures. The control is the mirror: look for the same
middle turned left to right, which no microscope would show again.

**你需要** :doc:`/computer-vision/detection-data`；**你得到** 一种找近似重复的办法，
和它在 BCCD 上找到的图片。

**You need** :doc:`/computer-vision/detection-data`; **you get** a way to find
near duplicates, and those it finds in BCCD.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle
from torch.nn.functional import conv2d

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.results import record_all
from d2lnotes.runtime import select_device

device = select_device()
SIDES = 48, 64  # rows and columns of the reduced pictures
data = fetch_bccd(size=SIDES, stand_in=True)
print(data)

# %%
# 在一张图片里找另一张的中央 | Looking for the middle of one in another
# ---------------------------------------------------------------------
# 图片缩小到 48 × 64，取亮度。中央是一半高、一半宽，24 × 32。把它放到另一张图片的
# 每个位置上，算两边的相关系数：1 是除了亮度和对比度完全一样，0 是没有关系。卷积
# 同时算出全部位置。
#
# Pictures are reduced to 48 by 64, and their brightness is taken. The middle
# has half the height and half the width, 24 by 32. It is laid on another
# picture at each position, and the correlation coefficient of the two is
# computed: 1 if they are equal but for brightness and contrast, 0 if they are
# unrelated. A convolution does this for all positions at once.


def best_match(middles, pictures):
    """Return the largest correlation of each middle in each picture.

    Takes (m, h, w) and (n, height, width); returns the correlations (m, n)
    and their places (m, n), counted row by row.
    """
    h, w = middles.shape[1:]
    kernels = middles - middles.mean(dim=(1, 2), keepdim=True)
    kernels = kernels / kernels.square().sum(dim=(1, 2), keepdim=True).sqrt()
    window = torch.ones(1, 1, h, w, device=middles.device)
    x = pictures[:, None]
    total, squares = conv2d(x, window), conv2d(x.square(), window)
    # the norm of each window of the picture, its mean taken away
    norm = (squares - total.square() / (h * w)).clamp(min=1e-3).sqrt()
    correlation = (conv2d(x, kernels[:, None]) / norm).flatten(2)
    best, place = correlation.max(dim=2)
    return best.T, place.T


# %%
# 找每张测试图片的中央，再找它的镜像。
#
# Look for the middle of each test picture, then for its mirror image.

train, val, test = (
    part.images.to(device).float().mean(dim=1) / 255
    for part in (data.train, data.val, data.test)
)
pictures = torch.cat([train, val])
middles = test[:, 12:36, 16:48]
correlation, places = best_match(middles, pictures)
mirrored, _ = best_match(middles.flip(2), pictures)
found, control = correlation.amax(dim=1).cpu(), mirrored.amax(dim=1).cpu()
print("found   ", found.sort(descending=True).values[:8])
print("mirrored", control.sort(descending=True).values[:8])

# %%
# 最像的一对 | The closest pair
# -----------------------------
# 把最像的一对画出来。框是测试图片的中央，和它在另一张里的位置。
#
# The closest pair, drawn. The frame is the middle of the test picture, and
# where it was found in the other.

test_place = found.argmax().item()
other = correlation[test_place].argmax().item()
row, column = divmod(places[test_place, other].item(), SIDES[1] - 32 + 1)
full = fetch_bccd(stand_in=True)
num_train = len(full.train)
pair = [
    (full.test.images[test_place], (16, 12), "测试图片 | test picture"),
    (
        full.train.images[other]
        if other < num_train
        else full.val.images[other - num_train],
        (column, row),
        "训练或验证图片 | training or validation picture",
    ),
]
fig, axes = plt.subplots(1, 2, figsize=(9, 3.7), layout="constrained")
for ax, (image, (x, y), title) in zip(axes, pair, strict=True):
    ax.imshow(image.permute(1, 2, 0))
    ax.add_patch(
        Rectangle((10 * x, 10 * y), 320, 240, fill=False, lw=3, ec="k")
    )
    ax.set_title(title)
    ax.axis("off")
fig.set_label(
    "两张显微照片并排，框里是同样的细胞，只移动了位置"
    " | Two micrographs side by side; the frames hold the same cells, moved"
)
plt.show()

# %%
# 有多少 | How many there are
# ---------------------------
# 每张测试图片取它最大的相关系数。灰色是镜像的，只因偶然而像。
#
# For each test picture its largest correlation. Gray are the mirrored ones,
# which are alike by chance.

bins = torch.linspace(0.4, 1, 25)
fig, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
ax.hist(control, bins, color="0.7", label="镜像（对照） | mirrored (control)")
ax.hist(found, bins, histtype="step", lw=2.5, label="原样 | as it is")
ax.axvline(0.9, color="k", ls=":")
ax.set(
    xlabel="最大的相关系数 | largest correlation",
    ylabel="测试图片（张） | test pictures",
)
ax.legend()
fig.set_label(
    "直方图：镜像的都在 0.9 以下，原样的有几张在 0.9 以上，其余与镜像的差不多"
    " | Histogram: all mirrored are below 0.9, some of the originals above it,"
    " and the rest are much like the mirrored ones"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 相关系数超过 0.9 的算近似重复。镜像一张也没有。画出来的替身没有重复。
#
# Above 0.9 counts as a near duplicate. Of the mirrored pictures there is none.
# Drawn pictures have no duplicates.

num_found = (found > 0.9).sum().item()
num_control = (control > 0.9).sum().item()
print(f"{num_found} near duplicates, {num_control} mirrored")
if not data.stand_in:
    assert num_found >= 3
    assert num_control == 0
record_all(
    "slide_leakage",
    {
        "found": num_found,
        "mirrored": num_control,
        "test_pictures": len(found),
    },
    format="d",
)
record_all(
    "slide_leakage",
    {"best": found.max(), "best_mirrored": control.max()},
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 缩小的图片看不见细节。如果只缩小到 12 × 16，镜像里还有没有超过 0.9 的？这对选择
# 界限说明什么？
#
# Reduced pictures lose details. With 12 by 16 pixels, does a mirrored middle
# reach 0.9? What does this say about the choice of the bound?

tiny, tiny_middles = (
    torch.nn.functional.avg_pool2d(x[:, None], 4)[:, 0]
    for x in (pictures, middles)
)
by_chance, _ = best_match(tiny_middles.flip(2), tiny)
print(f"mirrored, at 12 by 16: {by_chance.max():.2f}")
# With fewer pixels more is alike by chance, so a bound belongs to its size.
assert by_chance.max() > control.max()
