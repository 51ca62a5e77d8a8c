r"""
mAP 看次序和位置，不看分数的大小 | mAP sees order and place, not the size of scores
===================================================================================

平均精度把一个检测器概括成一个数。哪些错误会改变它，哪些它看不见？我们不训练网络，
而是拿 BCCD 测试集的真实边界框造出检测：漏掉一些，编造一些，移动一些，再打分。这样
每次可以只改一样：框的位置、分数的次序、分数的大小、重复的检测。

Average precision sums a detector up in one number. Which errors change it, and
which does it not see? We train no network. Detections are made from the true
boxes of BCCD's test set: some are missed, some invented, some moved, and all
get scores. So one thing can be changed at a time: places, the order of scores,
their size, repeated detections.

**你需要** :doc:`/computer-vision/average-precision`；**你得到** 一条手算的曲线，
和 mAP 对四种改动的反应。

**You need** :doc:`/computer-vision/average-precision`; **you get** a curve
worked out by hand, and how mAP responds to four changes.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.detection.boxes import batched_nms
from d2lnotes.detection.metrics import (
    detection_curve,
    per_class_average_precision,
)
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all

# %%
# 七个检测的曲线 | The curve of seven detections
# ----------------------------------------------
# 页面上手算的例子：五个真实的框，七个检测，按分数排好。1 是找到，0 是假阳性。
#
# The example worked out on the page: five true boxes and seven detections in
# the order of their scores. 1 is a find, 0 a false positive.

is_true = torch.tensor([1, 1, 0, 1, 0, 0, 1]).bool()
precision, recall = detection_curve(torch.arange(7, 0, -1), is_true, 5)
best = precision.flip(0).cummax(dim=0).values.flip(0)

fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
edges = torch.cat([torch.zeros(1), recall])
ax.stairs(best, edges, fill=True, alpha=0.25, label="面积 | area")
ax.stairs(best, edges, lw=2, baseline=None, color="C0")
ax.plot(recall, precision, "o--", color="k", label="检测 | detections")
ax.set(
    xlabel="召回率（比例） | recall (fraction)",
    ylabel="精确率（比例） | precision (fraction)",
    xlim=(0, 1),
    ylim=(0, 1.08),
)
ax.legend(loc="lower left")
fig.set_label(
    "锯齿形的虚线连着七个点；上面的阶梯只降不升，阶梯下面的面积涂了色，到召回率 0.8"
    "为止 | A jagged dashed line joins seven points; above it a staircase that"
    " never rises, with the area below it shaded up to a recall of 0.8"
)
plt.show()

# %%
# 造出检测 | Making detections
# ----------------------------
# 每个真实的框以 0.9 的概率被找到，向随机的方向移动给定的距离。另外每张图片编造
# 三个框：拿真实的框移到别处。编造的分数平均低一些。
#
# Each true box is found with probability 0.9 and moved by a given distance in
# a random direction. Three boxes a picture are invented: true ones that are
# put elsewhere. Invented boxes have lower scores on average.

data = fetch_bccd(size=(48, 64), stand_in=True)
truths = [(10 * boxes, labels) for _, boxes, labels in data.test]
print(data)


def make_detections(truths, distance, generator):
    """Return boxes, scores and labels for each picture."""
    detections = []
    for true_boxes, true_labels in truths:
        kept = torch.rand(len(true_boxes), generator=generator) < 0.9
        own = true_boxes[kept]
        angle = 2 * torch.pi * torch.rand(len(own), generator=generator)
        step = distance * torch.stack([angle.cos(), angle.sin()], dim=1)
        own = own + step.repeat(1, 2)
        pick = torch.randint(len(true_boxes), (3,), generator=generator)
        away = 150 + 200 * torch.rand(3, 2, generator=generator)
        invented = (true_boxes[pick] + away.repeat(1, 2)) % 640
        invented[:, 2:] = invented[:, :2] + (
            true_boxes[pick, 2:] - true_boxes[pick, :2]
        )
        chance = torch.rand(len(own) + 3, generator=generator)
        chance[: len(own)] = 0.4 + 0.6 * chance[: len(own)]
        chance[len(own) :] *= 0.8
        labels = torch.cat([true_labels[kept], true_labels[pick]])
        detections.append((torch.cat([own, invented]), chance, labels))
    return detections


# %%
# 移动所有的框 | Moving all boxes
# -------------------------------
# 距离从 0 到 24 像素，五个种子。左：阈值 0.5、阈值 0.75，和十个阈值的平均。右：
# 阈值 0.5 时的三个类别。
#
# Distances from 0 to 24 pixels, five seeds. Left: threshold 0.5, threshold
# 0.75, and the mean of ten thresholds. Right: the three classes at 0.5.

THRESHOLDS = [0.5 + 0.05 * step for step in range(10)]
distances = list(range(0, 25, 4))
SEEDS = range(5)
rows = []
for distance in distances:
    for seed in SEEDS:
        generator = torch.Generator().manual_seed(seed)
        made = make_detections(truths, distance, generator)
        values = per_class_average_precision(
            made, truths, num_classes=3, iou_thresholds=THRESHOLDS, points=101
        )
        rows.append(values)
# (distances, seeds, thresholds, classes)
by_distance = torch.stack(rows).unflatten(0, (len(distances), len(SEEDS)))
means = by_distance.mean(dim=-1)

# %%
# 画出两边。
#
# Draw both.

fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4), sharey=True, layout="constrained"
)
for values, style, name in (
    (means[..., 0], "o-", "IoU 0.50"),
    (means[..., 5], "s--", "IoU 0.75"),
    (means.mean(dim=-1), "^:", "IoU 0.50:0.95"),
):
    plot_spread(distances, values, style, label=name, ax=axes[0])
for k, style in enumerate(("o-", "s--", "^:")):
    plot_spread(
        distances, by_distance[:, :, 0, k], style, ax=axes[1],
        label=data.class_labels[k],
    )  # fmt: skip
for ax in axes:
    ax.set(xlabel="移动（像素） | shift (pixels)", ylim=(0, 1))
    ax.legend()
axes[0].set(ylabel="平均精度（比例） | average precision (fraction)")
axes[0].set_title("三类的平均 | mean of the classes")
axes[1].set_title("IoU 0.50")
fig.set_label(
    "左：移动越多，平均精度越低，阈值高的先降；右：血小板最先降，红细胞其次，白细胞"
    "几乎不变 | Left: average precision falls with the shift, first at high"
    " thresholds; right: platelets fall first, then red cells, and white cells"
    " hardly at all"
)
plt.show()

# %%
# 四种改动 | Four changes
# -----------------------
# 框移动 4 像素，阈值 0.5。分数开方：次序不变。分数打乱：次序没有了。每个检测再
# 复制一份，分数低百分之一。复制之后做非极大值抑制，作为对照。
#
# Boxes are moved by 4 pixels, and the threshold is 0.5. The square root of
# scores keeps their order. Shuffling destroys it. Each detection is repeated
# with a score lower by a hundredth. As a control, non-maximum suppression
# follows.


def shuffled(boxes, scores, labels):
    """Return the scores in another order."""
    generator = torch.Generator().manual_seed(len(boxes))
    order = torch.randperm(len(scores), generator=generator)
    return boxes, scores[order], labels


def repeated(boxes, scores, labels):
    """Return each detection twice, the copy with a lower score."""
    scores = torch.cat([scores, 0.99 * scores])
    return boxes.repeat(2, 1), scores, labels.repeat(2)


def suppressed(boxes, scores, labels):
    """Return the copies after non-maximum suppression in each class."""
    three = repeated(boxes, scores, labels)
    kept = batched_nms(*three, 0.7)
    return tuple(one[kept] for one in three)


# %%
# 五种情形，五个种子。
#
# Five cases, five seeds.

CHANGES = {
    "none": ("原样 | as it is", lambda b, s, y: (b, s, y)),
    "root": ("分数开方 | root of scores", lambda b, s, y: (b, s.sqrt(), y)),
    "shuffled": ("分数打乱 | shuffled scores", shuffled),
    "repeated": ("每个两份 | each twice", repeated),
    "suppressed": ("再抑制 | then suppressed", suppressed),
}
changed = {name: [] for name in CHANGES}
for seed in SEEDS:
    made = make_detections(truths, 4, torch.Generator().manual_seed(seed))
    for name, (_, change) in CHANGES.items():
        value = per_class_average_precision(
            [change(*three) for three in made], truths, num_classes=3
        )
        changed[name].append(value.mean())
changed = {name: torch.stack(values) for name, values in changed.items()}

# %%
# 结果 | The result
# -----------------
# 柱长是五个种子的平均，横线是标准差。
#
# A bar is the mean of five seeds, with its standard deviation.

fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
values = torch.stack(list(changed.values()))
ax.barh(range(len(values)), values.mean(dim=1), xerr=values.std(dim=1))
ax.set_yticks(range(len(values)), [name for name, _ in CHANGES.values()])
ax.invert_yaxis()
ax.set(xlabel="mAP（比例） | mAP (fraction)", xlim=(0, 1))
fig.set_label(
    "五根横柱：原样和开方一样长，打乱的短一些，每个两份的短得多，抑制之后恢复"
    " | Five bars: as it is and root are equal, shuffled is shorter, twice is"
    " far shorter, and suppression restores the length"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每个种子都如此。
#
# With each seed.

assert torch.equal(changed["root"], changed["none"])
lost = changed["none"] - changed["shuffled"]
assert lost.mean() > 0 if data.stand_in else (lost > 0.05).all()
assert (changed["repeated"] < changed["none"] - 0.2).all()
assert (changed["suppressed"] > changed["none"] - 0.02).all()
assert (by_distance[3, :, 0, 2] < by_distance[3, :, 0, 0] - 0.2).all()
assert (means[1, :, 0] - means[1].mean(dim=1) > 0.05).all()
record_all(
    "mean_average_precision",
    {
        **changed,
        "unmoved": means[0].mean(dim=1),
        "moved_half": means[1, :, 0],
        "moved_coco": means[1].mean(dim=1),
        "red_moved": by_distance[3, :, 0, 0],
        "platelets_moved": by_distance[3, :, 0, 2],
        "white_moved": by_distance[3, :, 0, 1],
    },
    unit="fraction",
    over=f"{len(SEEDS)} 个随机种子 | {len(SEEDS)} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 把所有编造的检测的分数乘以 0.01，召回率和它们的个数都不变。mAP 变了多少？为什么？
#
# Multiply the scores of all invented detections by 0.01. Their number and the
# recall stay. By how much does mAP change, and why?

made = make_detections(truths, 4, torch.Generator().manual_seed(0))
for _, scores, _ in made:
    scores[-3:] *= 0.01
sorted_last = per_class_average_precision(made, truths, num_classes=3).mean()
print(f"{changed['none'][0]:.2f} {sorted_last:.2f}")
# Now all finds come first, so precision is 1 until the last of them.
assert sorted_last > changed["none"][0]
