r"""
一张掩码说不出有几个细胞核 | A mask does not tell how many nuclei there are
============================================================================

语义分割只说每个像素属于哪个类别。两个细胞核碰在一起，在掩码里就成了一块。我们在有
标注的照片上数掩码里的连通块，与真实的个数比较。对照是切开相碰之处以后的掩码：若少
数的都是相碰的，切开以后就应当数得对。

Semantic segmentation tells of each pixel which class it has. Two nuclei that
touch are a single region in the mask. On photographs with labels we count the
connected regions of the mask and compare with the true number. The control is
the mask cut open wherever two nuclei touch. If touching is the reason for the
missing ones, the count should then be right.

**你需要** :doc:`/computer-vision/segmentation-data`；**你得到** 数连通块会少
数多少，和掩码有多大、边界有多长。

**You need** :doc:`/computer-vision/segmentation-data`; **you get** how many
nuclei are missed by counting regions, and how large masks and borders are.
"""

import matplotlib.pyplot as plt
import torch
from scipy import ndimage

from d2lnotes.data.nuclei import fetch_nuclei
from d2lnotes.results import record_all
from d2lnotes.segmentation import boundary_pixels

plt.rcParams["font.size"] = 12
data = fetch_nuclei(stand_in=True)
parts = data.train, data.validation, data.test
instances = torch.cat([part.instances for part in parts])
masks = instances > 0
print(data)

# %%
# 数连通块 | Count the regions
# ----------------------------
# ``ndimage.label`` 给每个连通块一个号码。这里上下左右和斜着相邻都算相连。对照要去掉
# 的，是碰到另一个细胞核的像素：背景先换成很大的数，免得它也算邻居。
#
# ``ndimage.label`` gives each connected region a number. Neighbors across
# corners count as connected. The control takes away the pixels that touch
# another nucleus. For that the background is left out: its number is made
# larger than all others when the least neighbor is looked for.

SQUARE = torch.ones(3, 3, dtype=torch.bool).numpy()


def count(mask):
    """Return how many connected regions a mask has."""
    return ndimage.label(mask.numpy(), SQUARE)[1]


def cut_open(numbers):
    """Return the mask without the pixels that touch another nucleus."""
    largest = ndimage.maximum_filter(numbers.numpy(), 3)
    background = numbers == 0
    others = numbers.masked_fill(background, numbers.max() + 1).numpy()
    least = torch.from_numpy(ndimage.minimum_filter(others, 3))
    return ~background & (torch.from_numpy(largest) == least)


true = instances.amax(dim=(1, 2))
counted = torch.tensor([count(mask) for mask in masks])
control = torch.tensor([count(cut_open(numbers)) for numbers in instances])
print(true.sum(), counted.sum(), control.sum())

# %%
# 一块照片、掩码和实例 | A patch, its mask and its instances
# ---------------------------------------------------------
# 从少数得最多的那张照片里，取 80×80 的一块，相碰的细胞核尽量多。
#
# From the photograph with the most missed nuclei, take 80 by 80 pixels where as
# many as possible touch.

worst = int((true - counted).argmax())
images = torch.cat([part.images for part in parts])
lost = (masks[worst] & ~cut_open(instances[worst])).float()
crowd = torch.nn.functional.avg_pool2d(lost[None], 80, stride=8)[0]
top, left = (8 * int(i) for i in divmod(int(crowd.argmax()), crowd.shape[1]))
patch = (slice(top, top + 80), slice(left, left + 80))
gray = images[worst].float().mean(dim=0)[patch]
own = instances[worst][patch]
numbers = own.unique(return_inverse=True)[1]
shuffled = torch.where(own > 0, numbers * 7 % 19 + 1, 0).float()
shuffled[own == 0] = torch.nan

fig, axes = plt.subplots(1, 3, figsize=(10, 3.8), layout="constrained")
axes[0].imshow(gray.sqrt(), cmap="gray")
axes[1].imshow(own > 0, cmap="gray")
axes[2].imshow(torch.zeros_like(gray), cmap="gray")
axes[2].imshow(shuffled, cmap="tab20", interpolation="nearest")
for number in own.unique():
    if number > 0:
        inside = (own == number).float()
        axes[2].contour(inside, [0.5], colors="white", linewidths=1.2)
titles = ["照片 | photograph", "掩码 | mask", "实例 | instances"]
for ax, title in zip(axes, titles, strict=True):
    ax.set_title(title, fontsize=15)
    ax.axis("off")
fig.set_label(
    "一块照片、它的掩码和实例：掩码里几个细胞核连成了一块，实例图里每个细胞核一种颜"
    "色、一圈轮廓 | A patch of a photograph, its mask and its instances: several"
    " nuclei are one region in the mask, while each has a color and an outline"
    " among the instances"
)
plt.show()

# %%
# 数出来的与真实的 | Counted and true numbers
# -------------------------------------------
# 每个点是一张照片。点在虚线上，就是数对了。
#
# Each point is a photograph. On the dashed line the count is right.

fig, ax = plt.subplots(figsize=(6.5, 4.6), layout="constrained")
ends = [0, int(true.max()) + 2]
ax.plot(ends, ends, "--", color="0.5")
ax.plot(true, control, "x", color="tab:orange", label="切开以后 | cut open")
ax.plot(true, counted, "o", ms=5, label="掩码的连通块 | regions of the mask")
ax.set_xlabel("真实的细胞核（个） | true nuclei")
ax.set_ylabel("数出来的（个） | counted")
ax.legend(fontsize=12)
fig.set_label(
    "横轴真实的个数，纵轴数出来的：掩码的连通块全在对角线上或下面，细胞核越多差得越多；"
    "切开以后几乎都在对角线上 | True number across, counted number up: regions of"
    " the mask lie on the diagonal or below, further with more nuclei; cut open"
    " they lie nearly on the diagonal"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

missing = 1 - counted.sum() / true.sum()
edge = boundary_pixels(masks) & masks
area = torch.cat([numbers.flatten().bincount()[1:] for numbers in instances])
assert (counted <= true).all()
assert missing > (0.05 if data.stand_in else 0.1)
assert (control.sum() / true.sum() - 1).abs() < 0.02
record_all(
    "nuclei_masks",
    {
        "missing": missing,
        "right": (counted == true).float().mean(),
        "control_off": (control.sum() / true.sum() - 1).abs(),
        "foreground": masks.float().mean(),
        "foreground_least": masks.float().mean(dim=(1, 2)).min(),
        "foreground_most": masks.float().mean(dim=(1, 2)).max(),
        "edge_share": edge.sum() / masks.sum(),
    },
    unit="fraction",
    format=".3f",
)
record_all(
    "nuclei_masks",
    {
        "true": true.sum(),
        "counted": counted.sum(),
        "control": control.sum(),
        "fewest": true.min(),
        "most": true.max(),
        "area_median": area.float().median(),
        "area_least": area.min(),
        "area_most": area.max(),
    },
    format=",.0f",
)

# %%
# 练习 | Exercise
# ---------------
# 只把上下左右算作相连，少数的会变少吗？
#
# Let only pixels that share a side be connected. Are fewer nuclei missed?

sides = torch.tensor([ndimage.label(mask.numpy())[1] for mask in masks])
print(sides.sum(), counted.sum(), true.sum())
# Regions that meet at a corner are apart now; most nuclei that touch share sides.
assert counted.sum() <= sides.sum() < true.sum()
