r"""
改变位置要移框，改变颜色不用 | Changes of place move the box, changes of color do not
=====================================================================================

一张花的照片，框住花的是一个边界框。翻转、裁剪和旋转使花换了地方，框要跟着移。改变
颜色和擦掉一块，框不动。我们用掩码核对：把框里的像素涂成 1，像照片一样改动，看它们
落在哪里。再量一件事：随机裁剪有多常把花裁掉。

A photograph of a flower, and a bounding box around it. Flips, crops and
rotations put the flower elsewhere, and the box has to follow. Changes of color
and an erased patch leave the box alone. We check this with a mask: pixels in
the box are painted 1, changed like the photograph, and looked for. We also
measure how often a random crop cuts the flower away.

**你需要** :doc:`/computer-vision/augmentation`；**你得到** 五种改法各五个样子，框与
掩码之差，裁剪丢掉花的比例。

**You need** :doc:`/computer-vision/augmentation`; **you get** five ways to
change a photograph, the difference between box and mask, and the share of
crops that lose the flower.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torchvision import tv_tensors
from torchvision.transforms import v2

from d2lnotes.results import record_all
from d2lnotes.runtime import seed_everything

# %%
# 照片、框和掩码 | The photograph, its box and a mask
# ---------------------------------------------------
# torchvision 给照片、框和掩码各有一种张量，所以一次变换知道怎样对待每一样。
#
# Torchvision has a kind of tensor for photographs, for boxes and for masks, so
# that one transform knows what to do with each.

photo = torch.tensor(load_sample_image("flower.jpg")).permute(2, 0, 1)
photo = photo[:, ::2, 130::2]  # every other pixel, with the flower at the left
height, width = photo.shape[1:]
corners = torch.tensor([20.0, 41.0, 158.0, 180.0])  # left, top, right, bottom
painted = torch.zeros(height, width, dtype=torch.uint8)
painted[41:180, 20:158] = 1
example = {
    "image": tv_tensors.Image(photo),
    "boxes": tv_tensors.BoundingBoxes(
        corners[None], format="XYXY", canvas_size=(height, width)
    ),
    "mask": tv_tensors.Mask(painted),
}

WAYS = {
    "翻转 | flip": v2.RandomHorizontalFlip(p=0.5),
    "裁剪 | crop": v2.RandomResizedCrop((height, width), antialias=True),
    "旋转 | rotation": v2.RandomRotation(30),
    "颜色 | color": v2.ColorJitter(0.5, 0.5, 0.5, 0.1),
    "擦除 | erasing": v2.RandomErasing(p=1.0, scale=(0.05, 0.2)),
}


def change(way, example):
    """Return the example changed; to erase concerns the photograph alone."""
    if isinstance(way, v2.RandomErasing):
        return example | {"image": way(example["image"])}
    return way(example)


# %%
# 五种改法，每种五次 | Five ways, five times each
# -----------------------------------------------

fig, axes = plt.subplots(5, 5, figsize=(9, 7.6), layout="constrained")
seed_everything(3)
for row, (name, way) in zip(axes, WAYS.items(), strict=True):
    row[0].set_ylabel(name, fontsize=14)
    for ax in row:
        changed = change(way, example)
        ax.imshow(changed["image"].permute(1, 2, 0))
        left, top, right, bottom = changed["boxes"][0].tolist()
        ax.plot(
            [left, right, right, left, left],
            [top, top, bottom, bottom, top],
            color="white",
            lw=2.5,
        )
        ax.set(xticks=[], yticks=[], xlim=(0, width), ylim=(height, 0))
fig.set_label(
    "一朵花和它的边界框，五种改法各五次：翻转、裁剪、旋转时框跟着花移动，改变颜色和"
    "擦除时框不动"
    " | A flower and its bounding box, changed in five ways, five times each: the"
    " box follows flips, crops and rotations, and stays for color and erasing"
)
plt.show()

# %%
# 框与掩码 | Box and mask
# -----------------------
# 一次改动之后，涂过的像素占的最左、最上、最右、最下，应当就是框的四边。
#
# After a change, the leftmost, topmost, rightmost and lowest of the painted
# pixels should be the sides of the box.


def difference(changed):
    """Return the largest difference of box and mask, in pixels."""
    rows, columns = changed["mask"].nonzero(as_tuple=True)
    if len(rows) == 0:
        return 0.0
    seen = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    box = torch.as_tensor(changed["boxes"][0])
    return (box - torch.stack(seen)).abs().max().item()


seed_everything(0)
worst, moved = {}, {}
for name, way in WAYS.items():
    tries = [change(way, example) for _ in range(8)]
    worst[name] = max(difference(changed) for changed in tries)
    moved[name] = max(
        (changed["boxes"][0] - corners).abs().max().item() for changed in tries
    )
    print(f"{name}: {worst[name]:.1f} off, moved by up to {moved[name]:.0f}")

# %%
# 裁剪丢掉了花吗 | Does a crop lose the flower
# --------------------------------------------
# 随机裁剪，面积至少是照片的一个给定的比例。裁剪后框还留下多少？框的面积留下不到一半，
# 就算丢了。五组，每组 500 次。
#
# Random crops, with at least a given share of the photograph's area. How much
# of the box is left? It counts as lost if less than half of its area is left.
# There are five groups of 500 crops.


def share_lost(photo, box, least, num_crops=500):
    """Return the share of crops that keep less than half of the box."""
    left, top, right, bottom = box.tolist()
    lost = 0
    for _ in range(num_crops):
        y, x, h, w = v2.RandomResizedCrop.get_params(
            photo, scale=[least, 1.0], ratio=[3 / 4, 4 / 3]
        )
        across = max(0, min(right, x + w) - max(left, x))
        down = max(0, min(bottom, y + h) - max(top, y))
        lost += across * down < 0.5 * (right - left) * (bottom - top)
    return lost / num_crops


SHARES = (0.08, 0.25, 0.9)
lost = torch.tensor(
    [[share_lost(photo, corners, least) for _ in range(5)] for least in SHARES]
)  # (shares, groups)
print(lost.mean(dim=1))

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 框与掩码至多差两个像素：掩码的像素是整个的。改变颜色时，框一点也不动，这是对照。
# 裁得小的，常常丢掉花。
#
# Box and mask differ by two pixels at most, as the mask has whole pixels. The
# control is color, for which the box does not move at all. Small crops often
# lose the flower.

names = list(WAYS)
assert max(worst.values()) <= 2.0
assert moved[names[3]] == 0.0
assert all(moved[name] > 10 for name in names[:3])
assert (lost[0] > lost[1]).all()
assert (lost[1] > 0).all()
assert lost[2].max() == 0.0
record_all(
    "augmentation_kinds",
    {
        "lost_default": lost[0],
        "lost_quarter": lost[1],
    },
    unit="fraction",
    over="五组，各 500 次裁剪 | 5 groups of 500 crops",
    format=".2f",
)
record_all(
    "augmentation_kinds",
    {"off": max(worst.values())},
    unit="像素 | pixels",
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 连着旋转两次，每次 15 度，框会变成一次旋转 30 度的框吗？先猜，再算。
#
# Rotate twice, by 15 degrees each. Is the box that of one rotation by 30
# degrees? Guess, then compute.

turn = v2.functional.rotate
twice = turn(turn(example["boxes"], 15.0), 15.0)[0]
once = turn(example["boxes"], 30.0)[0]
print(twice.tolist(), once.tolist())
# No: the box around a turned box is larger, and the second turn starts there.
assert twice[2] - twice[0] > once[2] - once[0]
