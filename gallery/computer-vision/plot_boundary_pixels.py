r"""
差一个像素，小的细胞核损失大 | One pixel off costs small nuclei most
===================================================================

一个像素的边界放在里面还是外面，常常没有定论。我们把真实的掩码改动一个像素：缩一圈，
胀一圈，移一格。然后量每个细胞核与自己原来的掩码的交并比，看它怎样随大小变化。对照
把同样多的像素从边界挪到里面：挖一个洞。最后看缩放掩码时，双线性插值造出多少不存在
的标签。

Whether a pixel at the border is inside or outside is often open. We change true
masks by one pixel: shrink them, grow them, shift them. Then we measure the IoU
of each nucleus with its own unchanged mask, and how it depends on size. The
control moves the same number of wrong pixels from the border to the inside, as
a hole. Last, we count the labels that bilinear interpolation invents when a
map of labels is reduced.

**你需要** :doc:`/computer-vision/segmentation-data`；**你得到** 一个像素值多少
交并比，和缩放标签时该用哪种插值。

**You need** :doc:`/computer-vision/segmentation-data`; **you get** what a pixel
is worth in IoU, and how to interpolate labels.
"""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy import ndimage
from torch.nn import functional

from d2lnotes.data.nuclei import fetch_nuclei
from d2lnotes.results import record_all
from d2lnotes.segmentation import boundary_pixels

plt.rcParams["font.size"] = 12
data = fetch_nuclei(stand_in=True)
parts = data.train, data.validation, data.test
instances = torch.cat([part.instances for part in parts])
print(data)

# %%
# 一个细胞核的四种改动 | Four changes of a nucleus
# ------------------------------------------------
# 缩一圈去掉所有在边界上的像素，胀一圈加上外面的一圈，移一格向右移一个像素。洞与缩一圈
# 去掉的像素一样多，但从离边界最远的像素开始去掉。
#
# Shrinking takes away the pixels at the border, growing adds those just outside,
# and shifting moves all by one pixel to the right. The hole takes away as many
# pixels as shrinking, beginning with those farthest from the border.

CHANGES = "shrink", "grow", "shift", "hole"


def change(mask):
    """Return the four changed masks of one nucleus."""
    band = boundary_pixels(mask)
    depth = torch.from_numpy(ndimage.distance_transform_edt(mask.numpy()))
    deepest = depth.flatten().argsort(descending=True)
    hole = mask.clone().flatten()
    hole[deepest[: int((band & mask).sum())]] = False
    return mask & ~band, mask | band, mask.roll(1, 1), hole.view(mask.shape)


def cutouts(numbers):
    """Yield the mask of each nucleus that does not reach the picture's edge."""
    padded = np.pad(numbers.numpy(), 4)
    for k, box in enumerate(ndimage.find_objects(padded), start=1):
        ends = [(one.start - 4, one.stop - 4) for one in box]
        if all(low > 0 and high < len(numbers) for low, high in ends):
            window = tuple(slice(e.start - 4, e.stop + 4) for e in box)
            yield torch.from_numpy(padded[window] == k)


# %%
# 交并比，和只看边界的交并比 | IoU, and IoU at the border alone
# ------------------------------------------------------------
# 边界的交并比只数离真实边界一个像素以内的像素。
#
# The IoU at the border counts only pixels within one pixel of the true border.


def iou(first, second):
    """Return the IoU of two masks."""
    return ((first & second).sum() / (first | second).sum()).item()


areas, scores, border = [], [], []
for numbers in instances:
    for mask in cutouts(numbers):
        band = boundary_pixels(mask)
        changed = change(mask)
        areas.append(mask.sum().item())
        scores.append([iou(other, mask) for other in changed])
        border.append([iou(other & band, mask & band) for other in changed])
areas, scores, border = map(torch.tensor, (areas, scores, border))
radius = (areas / math.pi).sqrt()
groups = torch.bucketize(
    areas, areas.float().quantile(torch.tensor([1 / 3, 2 / 3]))
)
by_size = torch.stack([scores[groups == k].mean(dim=0) for k in range(3)])
print(len(areas), dict(zip(CHANGES, by_size.T, strict=True)))

# %%
# 交并比随大小变化 | IoU over size
# --------------------------------
# 横轴是同样面积的圆的半径 :math:`r`。线是圆的公式：斜着相邻也算，一圈就大约有
# :math:`8 r` 个像素，缩一圈少 :math:`8 r - 4` 个，胀一圈多 :math:`8 r + 4` 个。
#
# Across is the radius :math:`r` of a disc of the same area. Lines are formulas
# for discs. As pixels across corners count as neighbors, the rim has about
# :math:`8 r` pixels. Shrinking loses :math:`8 r - 4` and growing adds
# :math:`8 r + 4`.

fig, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
words = ["缩一圈 | shrunk", "胀一圈 | grown", "移一格 | shifted"]
colors = ["tab:blue", "tab:orange", "tab:green"]
for k, (word, color) in enumerate(zip(words, colors, strict=True)):
    ax.plot(radius, scores[:, k], ".", ms=3, alpha=0.3, color=color)
    ax.plot([], [], "o", color=color, label=word)
r = torch.linspace(2.5, float(radius.max()), 100)
whole = math.pi * r**2
ax.plot(r, 1 - (8 * r - 4) / whole, "k-", lw=1.5)
ax.plot(r, whole / (whole + 8 * r + 4), "k--", lw=1.5)
ax.set_xlabel("半径（像素） | radius (pixels)")
ax.set_ylabel("IoU")
ax.set_ylim(0, 1)
ax.legend(loc="lower right")
fig.set_label(
    "交并比随细胞核的半径变化：半径五个像素时缩一圈只剩大约一半，半径十五个像素时三种改"
    "动都剩下八成左右或更多；点跟着圆的曲线 | IoU over the radius of the nucleus: at"
    " five pixels shrinking leaves about half, at fifteen all three changes leave"
    " eight tenths or more; points follow the curves for discs"
)
plt.show()

# %%
# 缩小标签 | Reducing labels
# --------------------------
# 把实例的号码从 256×256 缩到 160×160，一次取最近的像素，一次双线性再取整。一个像素的
# 新号码若不是它周围 3×3 个原来的号码之一，就是造出来的。它可能正好是别处另一个细胞核
# 的号码。
#
# Reduce the numbers of instances from 256 by 256 to 160 by 160, once with the
# nearest pixel, once bilinear and rounded. A new number is invented if it is
# none of the nine original ones around its pixel. It may well be that of another
# nucleus elsewhere.

SIDE = 160
small = {
    mode: functional.interpolate(instances[:, None].float(), SIDE, mode=mode)
    for mode in ("nearest", "bilinear")
}
places = ((torch.arange(SIDE) + 0.5) * instances.shape[-1] / SIDE).long()
around = functional.unfold(instances[:, None].float(), 3, padding=1)
around = around.view(len(instances), 9, *instances.shape[1:])
around = around[:, :, places][:, :, :, places]
invented = {}
for mode, numbers in small.items():
    known = (around == numbers.round()).any(dim=1)
    inside = numbers[:, 0].round() > 0
    invented[mode] = (~known & inside).sum() / inside.sum()
fractions = small["bilinear"] != small["bilinear"].round()
print(invented, fractions.float().mean())

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 洞与缩一圈的交并比完全一样，因为错的像素一样多。只看边界，就能把两者分开。
#
# The hole has exactly the IoU of shrinking, as the same number of pixels is
# wrong. Looking at the border alone tells the two apart.

assert torch.equal(scores[:, 0], scores[:, 3])
assert border[:, 0].max() == 0
assert by_size[0, 0] < by_size[2, 0] - (0.03 if data.stand_in else 0.15)
assert invented["nearest"] == 0
assert invented["bilinear"] > 0.01
hole = border[groups == 2, 3].mean()
dice = 2 * scores / (1 + scores)
record_all(
    "boundary_pixels",
    {
        "shrink_small": by_size[0, 0],
        "shrink_large": by_size[2, 0],
        "grow_small": by_size[0, 1],
        "grow_large": by_size[2, 1],
        "shift_small": by_size[0, 2],
        "shift_large": by_size[2, 2],
        "shrink_small_dice": dice[groups == 0, 0].mean(),
        "hole_border": hole,
        "invented_bilinear": invented["bilinear"],
    },
    unit="fraction",
    format=".2f",
)
record_all(
    "boundary_pixels",
    {
        "radius_small": radius[groups == 0].median(),
        "radius_large": radius[groups == 2].median(),
    },
    unit="像素 | pixels",
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 半径多大的圆，缩一圈还剩至少 0.9 的交并比？用公式算，再看数据。
#
# From which radius on does a disc keep an IoU of 0.9 or more when it shrinks?
# Use the formula, then look at the data.

# (8 r - 4) / (pi r^2) = 0.1 is a quadratic equation.
needed = (8 + math.sqrt(64 - 1.6 * math.pi)) / (0.2 * math.pi)
print(
    f"{needed:.1f} pixels; {(scores[:, 0] >= 0.9).float().mean():.3f} of nuclei"
)
# Hardly any nucleus of these photographs is so large.
assert (scores[:, 0] >= 0.9).float().mean() < 0.05
