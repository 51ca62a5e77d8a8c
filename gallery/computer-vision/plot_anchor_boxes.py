r"""
只用阈值，小物体分不到锚框 | With a threshold alone, small objects get no anchor
=================================================================================

锚框是固定的候选框，训练时要决定每个锚框归哪个物体。最简单的规则是：交并比达到
0.5 的归它，其余的是背景。我们在血细胞的照片上数一数，这样一来有多少物体分不到
锚框。对照是多一条规则：每个物体先拿走它最好的锚框。

Anchors are fixed candidates, and in training each has to be given to an object
or to the background. The simplest rule gives it to an object with which its
intersection over union reaches 0.5. We count on photographs of blood cells how
many objects get no anchor that way. The control has one rule more: each object
takes its best anchor first.

**你需要** :doc:`/computer-vision/bounding-boxes` 的交并比；**你得到** 一个位置上
的锚框、匹配的结果，和两种规则的计数。

**You need** the intersection over union of
:doc:`/computer-vision/bounding-boxes`; **you get** the anchors of one place,
a picture with its matches, and counts for two rules.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.detection import box_iou, make_anchors, match_anchors
from d2lnotes.results import record_all

IMAGE_SIZE = (480, 640)
data = fetch_bccd(stand_in=True)
print(data)

# %%
# 一张照片 | One photograph
# -------------------------
# 取第一张三种细胞都有、至少十个细胞的训练照片。左边的地图是 6 行 8 列，面积三种，
# 宽高比三种，所以每个位置有 9 个锚框。
#
# Take the first training photograph with all three kinds of cell and ten cells
# or more. On the left the map has 6 rows and 8 columns. With three sizes and
# three ratios there are 9 anchors at each place.

chosen = next(
    k
    for k, labels in enumerate(data.train.labels)
    if len(labels.unique()) == 3 and len(labels) >= 10
)
image, boxes, labels = data.train[chosen]
places = make_anchors((6, 8), IMAGE_SIZE, (40, 100, 200), (0.5, 1, 2))
places = places.reshape(6, 8, 3, 3, 4)
few = make_anchors((6, 8), IMAGE_SIZE, (40, 100, 200), (1,))
matches = match_anchors(few, boxes)
print(f"{len(few)} anchors, {(matches >= 0).sum()} with an object")


def draw(ax, box, **style):
    """Draw the edges of a box."""
    x1, y1, x2, y2 = box.tolist()
    ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, fill=False, **style))


# %%
# 右边每个位置有三个正方形的锚框。画出来的是分到了物体的那些，虚线是真实边界框。
#
# On the right each place has three square anchors. Those with an object are
# drawn, and true boxes are dashed.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(12, 5), layout="constrained", sharex=True, sharey=True
)
for ax in (left, right):
    ax.imshow(image.permute(1, 2, 0))
    ax.set(xlim=(0, 640), ylim=(480, 0))
    ax.axis("off")
x, y = ((few[::3, :2] + few[::3, 2:]) / 2).T
left.plot(x, y, "k.", ms=7)
for of_size, color in zip(places[2, 3], ("C1", "C0", "C3"), strict=True):
    for anchor in of_size:
        draw(left, anchor, color=color, lw=3)
for anchor in few[matches >= 0]:
    draw(right, anchor, color="C0", lw=3)
for box in boxes:
    draw(right, box, color="k", lw=2, ls="--")
left.set_title("一个位置上的 9 个锚框 | the 9 anchors of one place", size=15)
right.set_title(
    "实线：分到物体的锚框 | solid: anchors with an object", size=15
)
fig.set_label(
    "左：血细胞的照片上有 6 行 8 列的点，一个点的周围画着三种大小、三种宽高比的九个"
    "锚框；右：同一张照片，虚线是真实边界框，实线是分到物体的锚框"
    " | Left: a photograph of blood cells with dots in 6 rows and 8 columns,"
    " and nine anchors of three sizes and three ratios around one of them;"
    " right: the same photograph with true boxes dashed and the anchors that"
    " have an object in solid lines"
)
plt.show()

# %%
# 两种规则 | Two rules
# --------------------
# 现在用全部训练照片。地图有 12 行 16 列，每个位置三个正方形，一共 576 个锚框。
#
# Now all training photographs. The map has 12 rows and 16 columns with three
# squares at each place, which makes 576 anchors.

anchors = make_anchors((12, 16), IMAGE_SIZE, (40, 100, 200), (1,))


def match_by_threshold(anchors, boxes):
    """Return the box of each anchor that reaches 0.5, else -1."""
    best, which = box_iou(anchors, boxes).max(dim=1)
    return which.where(best >= 0.5, -1)


def count(match, anchors, part):
    """Return whether each box has an anchor, and anchors with an object."""
    has_anchor, positives = [], []
    for boxes in part.boxes:
        given = match(anchors, boxes)
        numbers = torch.arange(len(boxes))
        has_anchor.append(torch.isin(numbers, given))
        positives.append((given >= 0).sum())
    return torch.cat(has_anchor), torch.stack(positives).float()


kinds = torch.cat(data.train.labels)
without, threshold_only = count(match_by_threshold, anchors, data.train)
both, positives = count(match_anchors, anchors, data.train)

# %%
# 结果 | The result
# -----------------
# 一列是一种细胞，高度是分不到锚框的物体所占的比例。
#
# One column for each kind of cell. Its height is the share of objects without
# an anchor.

lost = torch.stack([(~without)[kinds == k].float().mean() for k in range(3)])
lost_both = torch.stack([(~both)[kinds == k].float().mean() for k in range(3)])
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ends = torch.arange(3)
pairs = [
    (lost, -0.2, "只用阈值 | threshold alone"),
    (lost_both, 0.2, "两条规则 | both rules"),
]
for heights, beside, name in pairs:
    bars = ax.bar(ends + beside, heights, 0.38, label=name)
    ax.bar_label(bars, fmt="%.2f", size=13)
ax.set_xticks(ends, data.class_labels)
ax.set_ylim(0, 1)
ax.set_ylabel("没有锚框的物体（比例） | objects without anchor (fraction)")
ax.legend()
fig.set_label(
    "三种细胞中分不到锚框的比例：只用阈值时，血小板大半没有，另外两种很少；用两条规则"
    "时都是 0"
    " | Share of three kinds of cell without an anchor: with the threshold"
    " alone most platelets have none, and few of the others; with both rules"
    " it is 0 for all"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 只用阈值，过半的血小板没有锚框。两条规则，每个物体都有。
#
# With the threshold alone more than half of the platelets have no anchor. With
# both rules each object has one.

assert both.all()
assert lost[2] > (0.2 if data.stand_in else 0.5)
assert lost[2] > lost[0]
record_all(
    "anchor_boxes",
    {
        "platelets_lost": lost[2],
        "red_lost": lost[0],
        "white_lost": lost[1],
        "all_lost": (~without).float().mean(),
        "both_lost": (~both).float().mean(),
        "positive_share": (positives.mean() / len(anchors), ".3f"),
    },
    unit="fraction",
    format=".2f",
)
record_all(
    "anchor_boxes_count",
    {
        "objects": torch.tensor([len(b) for b in data.train.boxes]) * 1.0,
        "positives": positives,
        "threshold_only": threshold_only,
    },
    over="训练照片 | training photographs",
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 把阈值降到 0.3，只用阈值时还有多少血小板没有锚框？代价是什么？
#
# Lower the threshold to 0.3. How many platelets have no anchor then, by the
# threshold alone, and what is the price?


def match_by_less(anchors, boxes):
    """Return the box of each anchor that reaches 0.3, else -1."""
    best, which = box_iou(anchors, boxes).max(dim=1)
    return which.where(best >= 0.3, -1)


fewer, more = count(match_by_less, anchors, data.train)
print(f"{(~fewer)[kinds == 2].float().mean():.2f} of the platelets")
print(f"{more.mean():.0f} anchors with an object, not {positives.mean():.0f}")
# More anchors learn, and many of them lie mostly beside their object.
assert (~fewer)[kinds == 2].float().mean() < lost[2]
assert more.mean() > 1.5 * positives.mean()
