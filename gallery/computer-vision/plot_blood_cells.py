r"""
大多数细胞是红细胞，血小板很小 | Most cells are red, and platelets are small
============================================================================

训练检测器之前，先看数据。BCCD 的照片里有三类细胞。我们画出带框的照片，数每一类
有多少个框，量框的大小，再看有多少框碰到图片的边缘。红细胞远多于另外两类，血小
板的面积不到红细胞的四分之一。

Before a detector is trained, look at the data. The photographs of BCCD show
three classes of cells. We draw pictures with their boxes, count the boxes of
each class, measure how large they are, and see how many touch the border. Red
cells far outnumber the others, and a platelet has less than a quarter of the
area of a red cell.

**你需要** :doc:`/computer-vision/detection-data`；**你得到** 三类细胞的个数、
大小，和它们在边缘处的份额。

**You need** :doc:`/computer-vision/detection-data`; **you get** how many cells
of each class there are, how large, and which share of them is at the border.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.results import record_all

data = fetch_bccd(stand_in=True)
height, width = data.train.images.shape[-2:]
COLORS = ("tab:red", "tab:blue", "tab:green")
STYLES = ("-", "--", ":")
print(data)

# %%
# 两张带框的照片 | Two photographs with their boxes
# -------------------------------------------------
# 训练集的头两张。颜色和线型表示类别。
#
# The first two of the training set. Color and line tell the class.

fig, axes = plt.subplots(1, 2, figsize=(10, 4.2), layout="constrained")
for ax, (image, boxes, labels) in zip(axes, data.train, strict=False):
    ax.imshow(image.permute(1, 2, 0))
    for (x1, y1, x2, y2), label in zip(boxes, labels, strict=True):
        frame = Rectangle(
            (x1, y1), x2 - x1, y2 - y1, fill=False, lw=2.5,
            ec=COLORS[label], ls=STYLES[label],
        )  # fmt: skip
        ax.add_patch(frame)
    ax.axis("off")
handles = [
    plt.Line2D([], [], color=color, ls=style, lw=2.5, label=name)
    for color, style, name in zip(
        COLORS, STYLES, data.class_labels, strict=True
    )
]
fig.legend(handles=handles, loc="outside lower center", ncols=3)
fig.set_label(
    "两张血细胞的照片，每个细胞有一个框：许多红细胞，一个白细胞，很小的血小板"
    " | Two photographs of blood cells with a box around each: many red cells, a"
    " white cell, and platelets that are small"
)
plt.show()

# %%
# 个数和大小 | Numbers and sizes
# ------------------------------
# 三份合在一起数。左图的每个点是一个框。右图是每张图片里的框数。
#
# All three parts are counted together. Each point on the left is a box. On the
# right is the number of boxes in a picture.

parts = (data.train, data.val, data.test)
boxes = torch.cat([b for part in parts for b in part.boxes])
labels = torch.cat([one for part in parts for one in part.labels])
sides = boxes[:, 2:] - boxes[:, :2]
area = sides.prod(dim=1)
per_picture = torch.tensor([len(b) for part in parts for b in part.boxes])

fig, (left, right) = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
for label, (marker, color) in enumerate(zip("o^s", COLORS, strict=True)):
    own = sides[labels == label]
    left.scatter(
        *own.T, s=9, marker=marker, color=color, alpha=0.4,
        label=data.class_labels[label],
    )  # fmt: skip
left.set(
    xlabel="宽（像素） | width (pixels)",
    ylabel="高（像素） | height (pixels)",
)
left.legend(markerscale=3)
right.hist(per_picture, torch.arange(0.5, per_picture.max() + 1))
right.set(
    xlabel="一张图片里的框 | boxes in a picture",
    ylabel="图片（张） | pictures",
)
fig.set_label(
    "左：框的宽和高，三类各成一团，白细胞最大，血小板最小；右：一张图片里有一个到"
    "近三十个框，多数在十个上下 | Left: width and height of the boxes, a cluster"
    " for each class, white cells largest and platelets smallest; right: a picture"
    " holds from one to almost thirty boxes, mostly about a dozen"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 碰到边缘：框的一边离图片的边缘不到两个像素。
#
# At the border: a side of the box is less than two pixels from that of the
# picture.

far = torch.tensor([width, height, width, height])
at_border = ((boxes < 2) | (boxes > far - 2)).any(dim=1).float()
share = labels.bincount() / len(labels)
median = torch.stack([area[labels == k].median() for k in range(3)])
print("share of the classes", share, "median area", median)
assert share[0] > 0.75
assert median[2] < median[0] / 4
assert at_border.mean() > 0.1
record_all(
    "blood_cells",
    {
        "red_share": share[0],
        "border_share": at_border.mean(),
        "border_red": at_border[labels == 0].mean(),
        "border_platelets": at_border[labels == 2].mean(),
        "area_ratio": (median[2] / median[0]),
    },
    unit="fraction",
    format=".2f",
)
record_all(
    "blood_cells",
    {
        "platelet_side": sides[labels == 2].median(),
        "red_side": sides[labels == 0].median(),
        "white_side": sides[labels == 1].median(),
    },
    unit="像素 | pixels",
    format=".0f",
)
record_all(
    "blood_cells",
    {"most_boxes": per_picture.max(), "fewest_boxes": per_picture.min()},
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 两个红细胞可以靠得多近？对每张图片算同类框之间的 IoU，取最大的一个。多少张图片
# 里它超过 0.3？
#
# How close can two red cells be? For each picture compute the IoU between boxes
# of this class, and take the largest. In how many pictures is it above 0.3?

from d2lnotes.detection.boxes import box_iou

closest = []
for part in parts:
    for _, its_boxes, its_labels in part:
        red = its_boxes[its_labels == 0]
        if len(red) > 1:
            overlap = box_iou(red, red).fill_diagonal_(0)
            closest.append(overlap.max())
crowded = (torch.stack(closest) > 0.3).sum().item()
print(f"{crowded} of {len(closest)} pictures")
if not data.stand_in:
    assert crowded > 20
