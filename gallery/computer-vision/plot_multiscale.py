r"""
几张特征图比一张更能照顾小物体 | Several maps serve small objects better than one
==================================================================================

锚框的总数一样多，怎样安排才能盖住各种大小的物体？我们比较三种安排，各用 1,008 个
锚框。第一种只有一张图，每个位置放三种大小。第二种有三张图：密的放小锚框，疏的放
大锚框。第三种是对照：同样三张图，大小反过来放。

With equally many anchors, which arrangement covers objects of all sizes? We
compare three, each with 1,008 anchors. The first has one map and three sizes
at each place. The second has three maps, with small anchors on the dense one
and large anchors on the sparse one. The third is a control: the same maps with
the sizes the other way around.

**你需要** :doc:`/computer-vision/anchor-boxes`；**你得到** 三张图上的锚框，和覆盖率
与物体大小的关系。

**You need** :doc:`/computer-vision/anchor-boxes`; **you get** the anchors of
three maps, and the coverage against the size of an object.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.detection import box_iou, make_anchors
from d2lnotes.results import record_all

IMAGE_SIZE = (480, 640)
SIZES = (40, 100, 200)
data = fetch_bccd(stand_in=True)
print(data)

# %%
# 三张图 | Three maps
# -------------------
# 24 × 32、12 × 16 和 6 × 8 个位置，一共 768 + 192 + 48 = 1,008 个锚框。一张图的
# 安排是 16 × 21 个位置，每个三种大小，也是 1,008 个。
#
# There are 24 × 32, 12 × 16 and 6 × 8 places, which makes 768 + 192 + 48 =
# 1,008 anchors. The single map has 16 × 21 places with three sizes each, which
# makes 1,008 as well.

MAPS = ((24, 32), (12, 16), (6, 8))


def on_maps(sizes):
    """Return one square size for each of the three maps."""
    maps = [
        make_anchors(places, IMAGE_SIZE, (size,), (1,))
        for places, size in zip(MAPS, sizes, strict=True)
    ]
    return torch.cat(maps)


ways = {
    "several": on_maps(SIZES),
    "one": make_anchors((16, 21), IMAGE_SIZE, SIZES, (1,)),
    "reversed": on_maps(SIZES[::-1]),
}
print({name: len(anchors) for name, anchors in ways.items()})

# %%
# 画在照片上：点是位置，每张图画出四个位置的锚框。
#
# On a photograph: dots are places, and four anchors of each map are drawn.

fig, axes = plt.subplots(1, 3, figsize=(13, 3.9), layout="constrained")
for ax, places, size in zip(axes, MAPS, SIZES, strict=True):
    ax.imshow(data.train.images[0].permute(1, 2, 0))
    anchors = make_anchors(places, IMAGE_SIZE, (size,), (1,))
    x, y = ((anchors[:, :2] + anchors[:, 2:]) / 2).T
    ax.plot(x, y, "k.", ms=3)
    grid = anchors.reshape(*places, 4)
    row, column = places[0] // 2 - 1, places[1] // 2 - 1
    for i, color in enumerate(("C1", "C0", "C3", "C2")):
        x1, y1, x2, y2 = grid[row + i // 2, column + i % 2].tolist()
        edge = {"fill": False, "color": color, "lw": 3}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, **edge))
    ax.set_title(f"{places[0]} × {places[1]}", size=16)
    ax.set(xlim=(0, 640), ylim=(480, 0))
    ax.axis("off")
fig.set_label(
    "同一张血细胞照片画三遍：24 × 32 个点和小锚框，12 × 16 个点和中等的锚框，6 × 8"
    "个点和大锚框；每幅画出相邻四个位置的锚框，它们互相重叠的程度差不多"
    " | One photograph of blood cells three times: 24 × 32 dots with small"
    " anchors, 12 × 16 with middle ones, 6 × 8 with large ones; four neighboring"
    " anchors are drawn in each, and they overlap to about the same degree"
)
plt.show()

# %%
# 覆盖率与大小 | Coverage against size
# ------------------------------------
# 测试照片里的每个物体取最好的锚框。物体按面积的平方根分组。
#
# Each object of the test photographs takes its best anchor. Objects are grouped
# by the square root of their area.

boxes, kinds = torch.cat(data.test.boxes), torch.cat(data.test.labels)
sizes = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1).sqrt()
edges = torch.tensor([0.0, 50, 90, 130, 180, 400])
groups = torch.bucketize(sizes, edges) - 1
covered = {
    name: torch.cat(
        [box_iou(part, anchors).amax(dim=1) for part in boxes.split(50)]
    )
    >= 0.5
    for name, anchors in ways.items()
}
styles = {
    "several": ("o-", "三张图 | three maps"),
    "one": ("s--", "一张图 | one map"),
    "reversed": ("^:", "大小反过来 | sizes reversed"),
}
present = [k for k in range(5) if (groups == k).any()]
names = ["0–50", "50–90", "90–130", "130–180", "180–400"]
fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
for name, (style, label) in styles.items():
    shares = [covered[name][groups == k].float().mean() for k in present]
    ax.plot(present, shares, style, lw=2.5, ms=9, label=label)
ax.set_xticks(present, [f"{names[k]}\n{(groups == k).sum()}" for k in present])
ax.set_xlabel(
    "物体的大小（像素）和个数 | size in pixels, and how many objects"
)
ax.set_ylabel("盖住的物体（比例） | objects covered (fraction)")
ax.set_ylim(0, 1.03)
ax.legend()
fig.set_label(
    "五组大小的物体被盖住的比例：三张图在各组都高，一张图盖不住大半的最小一组，大小"
    "反过来时小物体几乎都盖不住"
    " | Share of objects covered in five groups of size: three maps are high"
    " in all of them, one map misses more than half of the smallest, and with"
    " sizes reversed almost no small object is covered"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 锚框同样多，三张图盖住的血小板比一张图多得多，大小反过来时最少。
#
# With equally many anchors three maps cover far more platelets than one, and
# with the sizes reversed they cover fewest.

share = {
    name: [hit[kinds == k].float().mean() for k in range(3)]
    for name, hit in covered.items()
}
print(share)
assert len({len(anchors) for anchors in ways.values()}) == 1
assert share["several"][2] > share["one"][2] + 0.2
assert share["reversed"][2] < share["one"][2]
record_all(
    "multiscale",
    {
        f"{name}_{kind}": share[name][k]
        for name in ways
        for k, kind in enumerate(("red", "white", "platelets"))
    }
    | {f"{name}_all": hit.float().mean() for name, hit in covered.items()},
    unit="fraction",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 一张图要多密，才能像三张图那样盖住血小板？要多少个锚框？
#
# How dense must one map be to cover as many platelets as the three, and how
# many anchors does it take?

platelets = boxes[kinds == 2]
for rows, columns in ((16, 21), (20, 27), (24, 32)):
    anchors = make_anchors((rows, columns), IMAGE_SIZE, SIZES, (1,))
    hit = box_iou(platelets, anchors).amax(dim=1) >= 0.5
    print(f"{len(anchors):,} anchors: {hit.float().mean():.2f}")
# The last map has the places of the densest of the three, with sizes it does
# not need: more than twice as many anchors.
assert len(anchors) > 2 * len(ways["several"])
assert hit.float().mean() >= share["several"][2]
