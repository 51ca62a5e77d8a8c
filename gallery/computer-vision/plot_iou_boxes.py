r"""
小的物体，交并比掉得快 | Small objects lose IoU faster
======================================================

两个框重合得多不多，用交并比来量：交集的面积除以并集的面积。框偏了同样的像素，
小框的交并比掉得快得多。偏移若按框自己的边长来算，大小就没有差别，这是对照。

How well two boxes agree is measured by intersection over union, IoU: the area
that they share, divided by the area that they cover together. When boxes are
off by the same number of pixels, small ones lose far more of it. Counted in
sides of the box, the same shift costs all sizes the same. That is the control.

**你需要** :doc:`/computer-vision/bounding-boxes`；**你得到** 交并比的图，
以及它随偏移和大小的变化。

**You need** :doc:`/computer-vision/bounding-boxes`; **you get** a picture of
IoU, and how it depends on the shift and on the size.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.detection import box_iou
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import seed_everything, select_device

device = select_device()
print(device)

# %%
# 交集和并集 | Intersection and union
# -----------------------------------
# 两个 4 × 4 的框，一个向右错开。深色是交集，深色和浅色合起来是并集。
#
# Two boxes of 4 by 4, one of them moved to the right. Dark is what they share,
# dark and light together what they cover.


def draw_pair(ax, shift, side=4.0):
    """Draw a box and the same moved to the right, with what they share."""
    places = [(0.0, "tab:blue"), (shift, "tab:orange")]
    for x, color in places:
        ax.add_patch(Rectangle((x, 0), side, side, color=color, alpha=0.25))
    ax.add_patch(Rectangle((shift, 0), side - shift, side, color="0.25"))
    for (x, color), line in zip(places, ["-", "--"], strict=True):
        edge = {"fill": False, "edgecolor": color, "lw": 4, "ls": line}
        ax.add_patch(Rectangle((x, 0), side, side, **edge))
    shared, covered = (side - shift) * side, (side + shift) * side
    ax.set_title(
        f"$\\frac{{{shared:.0f}}}{{{covered:.0f}}} = {shared / covered:.2f}$",
        fontsize=24,
        pad=14,
    )
    ax.set(xlim=(-0.2, 7.2), ylim=(4.2, -0.2), aspect="equal")
    ax.axis("off")


fig, axes = plt.subplots(1, 4, figsize=(10, 2.5), layout="constrained")
for ax, shift in zip(axes, [3.0, 2.0, 1.0, 0.5], strict=True):
    draw_pair(ax, shift)
fig.suptitle("交集 ÷ 并集 | intersection ÷ union", fontsize=16)
fig.set_label(
    "四对 4 × 4 的框，依次错开 3、2、1 和 0.5，交集是深色，交并比从 0.14 升到"
    " 0.78 | Four pairs of boxes of 4 by 4, moved by 3, 2, 1 and 0.5, with what"
    " they share in dark; IoU rises from 0.14 to 0.78"
)
plt.show()

# %%
# 错开多少像素 | A shift in pixels
# --------------------------------
# 边长 8 到 128 像素的正方形，向右错开 0 到 16 像素；再错开边长的 0 到一半。
#
# Squares with sides of 8 to 128 pixels are moved to the right by 0 to 16
# pixels, and then by 0 to half of their side.

SIDES = [8, 16, 32, 64, 128]


def iou_after_shift(side, shifts):
    """Return the IoU of a square with itself moved right: (shifts,)."""
    box = torch.tensor([[0.0, 0.0, side, side]])
    moved = box + shifts[:, None] * torch.tensor([1.0, 0.0, 1.0, 0.0])
    return box_iou(box, moved)[0]


pixels = torch.linspace(0, 16, 65)
shares = torch.linspace(0, 0.5, 51)
by_pixels = {side: iou_after_shift(side, pixels) for side in SIDES}
by_share = {side: iou_after_shift(side, shares * side) for side in SIDES}

# %%
# 四条边都不准 | All four edges are off
# -------------------------------------
# 检测器给出的框，四条边都会偏。给每条边独立地加上标准差 2 像素的正态误差，每种边长
# 2,000 个框，五个种子，看多大比例的框，交并比还有 0.5 和 0.75。
#
# A detector is off at all four edges. Each edge gets a normal error of its own
# with a standard deviation of 2 pixels. There are 2,000 boxes of each size and
# five seeds. What share of the boxes keeps an IoU of 0.5, and of 0.75?

SEEDS = range(5)


def share_above(side, threshold, seed, num_boxes=2000):
    """Return the share of disturbed squares with at least such an IoU."""
    generator = seed_everything(seed)
    box = torch.tensor([[0.0, 0.0, side, side]])
    errors = 2 * torch.randn(num_boxes, 4, generator=generator)
    overlaps = box_iou(box, box + errors)[0]
    return (overlaps >= threshold).double().mean()


good = {
    threshold: torch.stack(
        [
            torch.stack([share_above(side, threshold, s) for s in SEEDS])
            for side in SIDES
        ]
    )
    for threshold in (0.5, 0.75)
}  # each (sides, seeds)

# %%
# 结果 | The result
# -----------------
# 左：横轴是像素，小框掉得快。中：横轴是边长的几分之几，五条线重合。右：四条边都
# 偏时，够格的框所占的比例。
#
# Left: in pixels, small boxes fall fast. Middle: in shares of the side, the
# five lines coincide. Right: the share of boxes that are good enough when all
# edges are off.

fig, axes = plt.subplots(1, 3, figsize=(11, 3.9), layout="constrained")
lines = ["-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1))]
for side, line in zip(SIDES, lines, strict=True):
    style = {"ls": line, "lw": 2, "label": f"{side} 像素 | {side} pixels"}
    axes[0].plot(pixels, by_pixels[side], **style)
    axes[1].plot(shares, by_share[side], **style)
for ax in axes[:2]:
    ax.axhline(0.5, color="0.6", lw=1)
    ax.set(ylabel="交并比 | IoU", ylim=(0, 1.02))
axes[0].set_xlabel("错开多少像素 | shift in pixels")
axes[1].set_xlabel("错开边长的几分之几 | shift in sides")
axes[1].legend(title="边长 | side", loc="lower left")
for threshold, style in ((0.5, "o-"), (0.75, "s--")):
    label = f"IoU ≥ {threshold}"
    plot_spread(SIDES, good[threshold], style, label=label, ax=axes[2])
axes[2].set_xscale("log", base=2)
axes[2].set_xticks(SIDES, [str(side) for side in SIDES])
axes[2].set(
    xlabel="边长（像素） | side (pixels)",
    ylabel="框的比例 | share of boxes",
    ylim=(0, 1.02),
)
axes[2].legend(loc="lower right")
fig.set_label(
    "左：交并比随像素偏移下降，边长 8 的掉得最快；中：横轴除以边长，五条线重合；"
    "右：每条边误差 2 像素，边长越大，够格的框越多 | Left: IoU falls with the"
    " shift in pixels, fastest for a side of 8; middle: divided by the side, the"
    " five lines coincide; right: with errors of 2 pixels at each edge, more"
    " boxes are good enough the larger they are"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 错开 4 像素，边越长，交并比越高。按边长的比例来算，没有差别。
#
# After a shift of 4 pixels, IoU is larger for longer sides. In shares of the
# side there is no difference.

four = {side: by_pixels[side][16].item() for side in SIDES}
assert all(four[a] < four[b] for a, b in pairwise(SIDES))
for side in SIDES:
    torch.testing.assert_close(by_share[side], (1 - shares) / (1 + shares))
assert (good[0.5][0] < good[0.5][1]).all()
assert (good[0.75][1] < good[0.75][2]).all()
record_all("iou_boxes", {f"four_{s}": four[s] for s in SIDES}, format=".2f")
record_all(
    "iou_boxes",
    {f"half_{s}": good[0.5][i] for i, s in enumerate(SIDES)}
    | {f"strict_{s}": good[0.75][i] for i, s in enumerate(SIDES)},
    unit="fraction",
    over=f"{len(SEEDS)} 个随机种子 | {len(SEEDS)} random seeds",
    format=".3f",
)

# %%
# 练习 | Exercise
# ---------------
# 边长 32 的正方形，横向错开 4 像素，交并比是 28/36。横向和纵向都错开 4 像素呢？
# 先猜再算。
#
# A square with a side of 32 that is moved right by 4 pixels has an IoU of
# 28/36. What if it moves by 4 in both directions? Guess before you compute.

square = torch.tensor([[0.0, 0.0, 32.0, 32.0]])
both = box_iou(square, square + 4).item()
print(f"{28 / 36:.2f} {both:.2f}")
assert abs(both - 28**2 / (2 * 32**2 - 28**2)) < 1e-6
