r"""
挤在一起的物体，没有一个阈值合适 | No threshold of suppression suits a crowd
============================================================================

检测器对一个物体给出好几个框。非极大值抑制留下分数最高的，删去与它重合太多的。
物体分得开时，很宽的一段阈值都好。物体挤得很紧时，阈值低就删掉真的物体，阈值高就
留下重复的框。对照有两个：同样的物体和同样的误差，分开来放；还有完全不抑制。

A detector returns several boxes for one object. Non-maximum suppression keeps
the best and removes those that share too much with it. For objects apart, a
wide range of thresholds is good. In a tight crowd, a low threshold removes
real objects and a high one keeps duplicates. There are two controls: the same
objects with the same errors, further apart, and no suppression at all.

**你需要** :doc:`/computer-vision/bounding-boxes`；**你得到** 召回率和多余的框
与阈值的关系。

**You need** :doc:`/computer-vision/bounding-boxes`; **you get** recall and
superfluous boxes against the threshold.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Circle, Rectangle

from d2lnotes.detection import box_convert, box_iou, nms
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import seed_everything, select_device

device = select_device()
print(device)

# %%
# 同样的圆，分开或者挤拢 | The same discs, apart or together
# ----------------------------------------------------------
# 十二个圆放成三行四列，位置有一点随机。挤拢，就是把圆心之间的距离都缩小。每个
# 圆有四个检测框，位置和大小带有误差，误差与圆的大小成比例。分数大致是与真实框的交
# 并比。另有五个框什么也没有框住，分数低。
#
# Twelve discs stand in three rows of four, with places a little at random.
# To push them together, all distances between their centers are reduced.
# Each disc has four detections, whose places and sizes have errors in
# proportion to the disc. Their score is roughly the IoU with the true box. Five
# more boxes hold nothing, and have low scores.

HEIGHT, WIDTH = 240, 320
SPREADS = {"apart": 1.0, "close": 0.28, "crowd": 0.1}


def draw_scene(spread, seed):
    """Return true boxes (12, 4), detections (53, 4), scores and sources."""
    generator = seed_everything(seed)
    rows, columns = torch.meshgrid(
        torch.arange(3.0), torch.arange(4.0), indexing="ij"
    )
    grid = torch.stack([columns, rows], dim=-1).view(12, 2) * 80 + 40
    grid += 12 * torch.rand(12, 2, generator=generator) - 6
    middle = torch.tensor([WIDTH / 2, HEIGHT / 2])
    centers = middle + spread * (grid - middle)
    sides = 36 + 12 * torch.rand(12, 1, generator=generator)
    discs = torch.cat([centers, sides, sides], dim=1)
    true = box_convert(discs, "cxcywh", "xyxy")
    found = discs.repeat_interleave(4, dim=0)
    errors = torch.randn(48, 4, generator=generator)
    places = found[:, :2] + 0.08 * errors[:, :2] * found[:, 2:]
    found = torch.cat([places, found[:, 2:] * (0.1 * errors[:, 2:]).exp()], 1)
    found = box_convert(found, "cxcywh", "xyxy")
    sources = torch.arange(48) // 4
    quality = box_iou(found, true)[torch.arange(48), sources]
    scores = 0.9 * quality + 0.1 * torch.rand(48, generator=generator)
    corners = torch.rand(5, 2, generator=generator) * (middle * 2 - 40)
    boxes = torch.cat([found, torch.cat([corners, corners + 40], dim=1)])
    low = 0.1 + 0.3 * torch.rand(5, generator=generator)
    sources = torch.cat([sources, torch.full((5,), -1)])
    return true, boxes, torch.cat([scores, low]), sources


# %%
# 真实的圆有多挤？三种摆法里，每个真实框与别的真实框最大的交并比，十幅图的平均。再看
# 同一个圆的检测框两两之间的交并比，它与摆法无关。
#
# How crowded are the true discs? For each arrangement: the largest IoU of a
# true box with another one, as a mean over ten pictures. Then the IoU of
# detections of one disc with each other, which does not depend on it.


def mean_overlaps(spread, num_pictures=10):
    """Return the mean IoU of neighbors, and of detections of one disc."""
    neighbors, duplicates = [], []
    for seed in range(num_pictures):
        true, boxes, _, sources = draw_scene(spread, seed)
        others = box_iou(true, true).fill_diagonal_(0)
        neighbors.append(others.amax(dim=1).mean())
        same = (sources[:48, None] == sources[:48]).triu(diagonal=1)
        duplicates.append(box_iou(boxes[:48], boxes[:48])[same].mean())
    return torch.stack(
        [torch.stack(x).mean() for x in (neighbors, duplicates)]
    )


crowding = {name: mean_overlaps(spread) for name, spread in SPREADS.items()}
print(crowding)

# %%
# 找到了几个，多余的有几个 | How many are found, and how many too many
# --------------------------------------------------------------------
# 检测框是我们造的，所以知道每个框出自哪个圆。一个圆只要有一个框留下，就算找到了。同
# 一个圆多出来的框，和框住空处的框，是多余的。
#
# We made the detections, so we know which disc each comes from. A disc is
# found if one of its boxes is kept. Further boxes of the same disc are
# superfluous, and so are boxes around nothing.


def first_of_each(sources):
    """Return which boxes are the first of their disc: (boxes,) bool."""
    earlier = (sources[:, None] == sources).tril(diagonal=-1).any(dim=1)
    return ~earlier & (sources >= 0)


# %%
# 先看一幅靠近的图，阈值 0.1、0.5、0.8 和不抑制。实线是每个圆的第一个框，虚线的框
# 多余，没有找到的圆涂黑。
#
# First discs that are close to each other, at thresholds of 0.1, 0.5 and 0.8 and without
# suppression. A solid line is the first box of its disc, boxes with a dashed
# line are superfluous, and discs that are not found are black.


def draw_kept(ax, true, boxes, sources):
    """Draw the discs and the kept boxes, best first; return both counts."""
    right = first_of_each(sources)
    for k, (x1, y1, x2, y2) in enumerate(true.tolist()):
        middle = (x1 + x2) / 2, (y1 + y2) / 2
        color = "0.75" if k in sources.tolist() else "black"
        ax.add_patch(Circle(middle, (x2 - x1) / 2, color=color, alpha=0.5))
    for box, is_right in zip(boxes.tolist(), right.tolist(), strict=True):
        x1, y1, x2, y2 = box
        style = ("tab:blue", "-", 2.5) if is_right else ("tab:red", "--", 1.2)
        color, line, width = style
        edge = {"fill": False, "edgecolor": color, "ls": line, "lw": width}
        ax.add_patch(Rectangle((x1, y1), x2 - x1, y2 - y1, **edge))
    ax.set(xlim=(85, 235), ylim=(175, 65), xticks=[], yticks=[])
    ax.set_aspect("equal")
    return right.sum().item(), (~right).sum().item()


true, boxes, scores, sources = draw_scene(SPREADS["close"], seed=1)
fig, axes = plt.subplots(1, 4, figsize=(11, 2.7), layout="constrained")
for ax, threshold in zip(axes, (0.1, 0.5, 0.8, 1.0), strict=True):
    kept = nms(boxes, scores, threshold)
    found, extra = draw_kept(ax, true, boxes[kept], sources[kept])
    zh = f"阈值 {threshold}\n找到 {found}，多余 {extra}"
    en = f"threshold {threshold}\n{found} found, {extra} extra"
    ax.set_title(f"{zh} | {en}", fontsize=13)
fig.set_label(
    "十二个靠近的圆和留下的框：阈值 0.1 漏掉多数圆，0.5 都找到了，0.8 留下许多重复的"
    "框，不抑制时更多 | Twelve discs close to each other with the boxes that are"
    " kept: a threshold of 0.1 misses most, 0.5 finds all, 0.8 keeps many"
    " duplicates, and without suppression there are more still"
)
plt.show()

# %%
# 阈值从低到高 | From low to high thresholds
# ------------------------------------------
# 五个种子，每个 10 幅图，阈值 0.05 到 1。阈值 1 就是不抑制。
#
# Five seeds with 10 pictures each, and thresholds from 0.05 to 1. A threshold
# of 1 is no suppression.

thresholds = torch.linspace(0.05, 1, 20)
num_seeds, num_pictures = 5, 10


def measure(spread, seed, thresholds, num_pictures):
    """Return recall and superfluous boxes a picture: (2, thresholds)."""
    counts = torch.zeros(2, len(thresholds))
    for picture in range(num_pictures):
        scene = draw_scene(spread, 1000 * seed + picture)
        true, boxes, scores, sources = scene
        for k, threshold in enumerate(thresholds.tolist()):
            kept = nms(boxes, scores, min(threshold, 1.0))
            found = first_of_each(sources[kept]).sum()
            counts[0, k] += found / len(true)
            counts[1, k] += len(kept) - found
    return counts / num_pictures


results = {
    name: torch.stack(
        [
            measure(spread, seed, thresholds, num_pictures)
            for seed in range(1, num_seeds + 1)
        ],
        dim=-1,
    )
    for name, spread in SPREADS.items()
}  # each (2, thresholds, seeds)

# %%
# 结果 | The result
# -----------------
# 左：找到的圆的比例，即召回率。右：每幅图里多余的框。灰线是真实的圆的个数。
#
# Left: the share of discs that are found, the recall. Right: the superfluous
# boxes in a picture. The gray line is how many discs there are.

fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
names = {
    "apart": "分开 | apart",
    "close": "靠近 | close",
    "crowd": "挤在一起 | crowd",
}
for name, style in zip(SPREADS, ("o-", "^-.", "s--"), strict=True):
    for ax, values in zip(axes, results[name], strict=True):
        plot_spread(
            thresholds.tolist(), values, style, label=names[name], ax=ax
        )
axes[0].set(ylabel="召回率 | recall", ylim=(0, 1.04))
axes[1].set_ylabel("每幅图多余的框 | superfluous boxes a picture")
axes[1].axhline(12, color="0.6", lw=1)
for ax in axes:
    ax.set_xlabel("抑制的阈值 | threshold of suppression")
    ax.legend()
fig.set_label(
    "左：分开的圆都找得到，靠近和挤在一起的圆在低阈值下有许多找不到，越挤，需要的阈值"
    "越高；右：阈值越高，多余的框越多 | Left: discs apart are all found, while"
    " many that are close or in a crowd are missed at low thresholds, and the"
    " tighter they stand, the higher the threshold must be; right: superfluous"
    " boxes rise with the threshold"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 分开时，阈值 0.5 找到几乎所有的圆。靠近时，0.2 漏掉得多，0.5 仍然可以。挤在一起
# 时，0.5 漏掉许多；要找到 95%，阈值得高到多出许多重复的框。
#
# For discs apart, a threshold of 0.5 finds nearly all. For discs that are
# close, 0.2 misses many and 0.5 still does well. In the crowd 0.5 misses many,
# and to find 95% the threshold must be so high that many duplicates are kept.

apart, close, crowd = results.values()
assert (apart[0, 9] > 0.99).all()
assert (close[0, 3] < apart[0, 3] - 0.2).all()
assert (close[0, 9] > 0.97).all()
assert (crowd[0, 9] < close[0, 9] - 0.2).all()
enough = (crowd[0].mean(dim=-1) >= 0.95).nonzero()[0, 0].item()
print(f"{thresholds[enough]:.2f}", crowd[1, enough].mean().item())
assert (crowd[1, enough] > apart[1, 9] + 4).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
steps = {"low": 3, "middle": 9, "high": 15, "none": 19}
record_all(
    "nms",
    {f"{name}_neighbors": crowding[name][0].item() for name in SPREADS}
    | {
        "duplicates": crowding["apart"][1].item(),
        "enough_threshold": thresholds[enough].item(),
        "enough_extra": (crowd[1, enough].mean().item(), ".1f"),
    },
    format=".2f",
)
record_all(
    "nms",
    {
        f"{name}_recall_{word}": results[name][0, k]
        for name in SPREADS
        for word, k in steps.items()
    },
    unit="fraction",
    over=over,
    format=".2f",
)
record_all(
    "nms",
    {
        f"{name}_extra_{word}": results[name][1, k]
        for name in SPREADS
        for word, k in steps.items()
    },
    over=over,
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 不用分数，按框在表里的次序来抑制，会怎样？在分开的图上比较留下的框与真实框的平均交
# 并比。
#
# What if suppression ignores the scores and goes by the order of the list?
# Compare, for discs apart, the mean IoU of kept boxes with their true boxes.


def mean_quality(by_score, num_pictures=20):
    """Return the mean of each disc's largest IoU with a kept box."""
    qualities = []
    for seed in range(num_pictures):
        true, boxes, scores, _ = draw_scene(1.0, seed)
        order = scores if by_score else -torch.arange(len(scores)).float()
        kept = nms(boxes, order, 0.4)
        qualities.append(box_iou(true, boxes[kept]).amax(dim=1).mean())
    return torch.stack(qualities).mean().item()


print(f"{mean_quality(True):.2f} {mean_quality(False):.2f}")
assert mean_quality(True) > mean_quality(False) + 0.05
