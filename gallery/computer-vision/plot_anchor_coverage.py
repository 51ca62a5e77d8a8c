r"""
形状合适的锚框盖住更多物体 | Anchors of fitting shapes cover more objects
==========================================================================

锚框的形状从哪里来？一种办法是对训练用的边界框做 k 均值，取各簇平均的宽和高。我们
在没见过的照片上数一数：有多少物体，至少有一个锚框与它的交并比达到 0.5。对照是同样
多的锚框，形状随机。然后数另一件事：有多少锚框从来没有分到物体。

Where do the shapes of anchors come from? One way is k-means on the boxes of the
training set, with the mean width and height of each cluster. We count on
photographs not seen before how many objects reach an intersection over union
of 0.5 with some anchor. The control has as many anchors, of random shapes. Then
we count the anchors that never get an object.

**你需要** :doc:`/computer-vision/anchor-boxes` 的匹配；**你得到** 覆盖率与密度的
关系，和没有用上的锚框。

**You need** the matching of :doc:`/computer-vision/anchor-boxes`; **you get**
the coverage against the density, and the anchors that are not used.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.detection import box_iou, encode_boxes, match_anchors
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all

HEIGHT, WIDTH = 480, 640
data = fetch_bccd(stand_in=True)
num_draws = 8
print(data)

# %%
# 形状的 k 均值 | k-means of shapes
# ---------------------------------
# 两个形状放在同一个中心，就有一个交并比。每个边界框归入与它交并比最大的簇，再取各
# 簇的平均。YOLO 的第二版这样选锚框。
#
# Two shapes with the same center have an intersection over union. Each box goes
# to the cluster with which it is largest, then clusters take their means. The
# second version of YOLO chose its anchors in this way.


def shape_iou(shapes, others):
    """Return the overlap of widths and heights with a common center."""
    shared = torch.minimum(shapes[:, None], others).prod(dim=-1)
    return shared / (shapes.prod(1)[:, None] + others.prod(1) - shared)


def cluster(shapes, k, seed):
    """Return k shapes, by k-means from k shapes drawn at random."""
    draws = torch.Generator().manual_seed(seed)
    means = shapes[torch.randperm(len(shapes), generator=draws)[:k]]
    for _ in range(30):
        nearest = shape_iou(shapes, means).argmax(dim=1)
        means = torch.stack(
            [shapes[nearest == j].mean(dim=0) for j in range(k)]
        )
    return means[means[:, 0].argsort()]


# %%
# 对照是随机的形状。第三种只有一种大小，配三种比。
#
# The control has random shapes. A third kind has one size with three ratios.


def draw_shapes(k, seed):
    """Return k random shapes: sizes from 24 to 260, ratios from 1/2 to 2."""
    draws = torch.Generator().manual_seed(seed)
    size = 24 * (260 / 24) ** torch.rand(k, generator=draws)
    root = 2 ** (torch.rand(k, generator=draws) - 0.5)
    return torch.stack([size * root, size / root], dim=1)


train_boxes = torch.cat(data.train.boxes)
shapes = train_boxes[:, 2:] - train_boxes[:, :2]
chosen = [cluster(shapes, 3, seed=0)]
random = [draw_shapes(3, seed) for seed in range(num_draws)]
roots = torch.tensor([0.5, 1, 2]).sqrt()
one_size = [100 * torch.stack([roots, 1 / roots], dim=1)]
print(chosen[0].round())

# %%
# 覆盖率 | Coverage
# -----------------
# 五种密度，从 6 × 8 到 24 × 32 个位置，每个位置三个锚框。测试照片的每个物体取最好
# 的锚框。
#
# Five densities from 6 × 8 to 24 × 32 places, with three anchors at each. Each
# object of the test photographs takes its best anchor.


def lay(rows, columns, shapes):
    """Return anchors of the shapes at each place of a map."""
    y = (torch.arange(rows) + 0.5) * (HEIGHT / rows)
    x = (torch.arange(columns) + 0.5) * (WIDTH / columns)
    centers = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    corners = centers[:, :, None] - shapes / 2
    return torch.cat([corners, corners + shapes], dim=-1).reshape(-1, 4)


def best_overlaps(anchors, boxes):
    """Return the largest overlap of each box with an anchor."""
    parts = [box_iou(part, anchors).amax(dim=1) for part in boxes.split(50)]
    return torch.cat(parts)


test_boxes = torch.cat(data.test.boxes)
kinds = torch.cat(data.test.labels)
sides = [(6, 8), (9, 12), (12, 16), (18, 24), (24, 32)]
covered = {}
for name, sets in {
    "chosen": chosen, "random": random, "one_size": one_size
}.items():  # fmt: skip
    for place in sides:
        best = torch.stack(
            [best_overlaps(lay(*place, s), test_boxes) for s in sets]
        )
        covered[name, place] = best >= 0.5  # (draws, boxes)
    print(
        name, [round(covered[name, p].float().mean().item(), 2) for p in sides]
    )

# %%
# 用上了几个 | How many are used
# ------------------------------
# 把训练照片的物体分给锚框，数每个锚框在全部照片里分到过几次。
#
# Give the objects of the training photographs to anchors, and count for each
# anchor how often it got one in all photographs.


def times_used(anchors, part):
    """Return how often each anchor had an object."""
    return sum((match_anchors(anchors, b) >= 0).long() for b in part.boxes)


used = {
    place: times_used(lay(*place, chosen[0]), data.train) for place in sides
}
positive = [used[p].sum() / used[p].numel() / len(data.train) for p in sides]
never = [(used[p] == 0).float().mean() for p in sides]

# %%
# 结果 | The result
# -----------------
# 左：至少有一个锚框合适的物体，带子是标准差。右：一张照片里分到物体的锚框，和在全部
# 照片里从来没有分到过的锚框。
#
# Left: objects that some anchor fits, with bands of one standard deviation.
# Right: anchors with an object in one photograph, and anchors that had none in
# all photographs.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.4), layout="constrained"
)
counts = [3 * rows * columns for rows, columns in sides]
for name, style, label in (
    ("chosen", "o-", "k 均值 | k-means"),
    ("one_size", "^:", "一种大小 | one size"),
):
    shares = [covered[name, p].float().mean() for p in sides]
    left.plot(counts, shares, style, label=label)
shares = [covered["random", p].float().mean(dim=1).tolist() for p in sides]
plot_spread(counts, shares, "s--", label="随机 | random", ax=left)
left.set_ylabel("盖住的物体（比例） | objects covered (fraction)")
left.legend()
right.plot(counts, positive, "o-", label="一张照片里用上 | used in one")
right.plot(counts, never, "s--", label="从来没有用上 | never used")
right.set_ylabel("锚框（比例） | anchors (fraction)")
right.legend()
for ax in (left, right):
    ax.set(xscale="log", ylim=(0, 1.02))
    ax.set_xticks(counts, [f"{n:,}" for n in counts])
    ax.minorticks_off()
    ax.set_xlabel("锚框的个数 | number of anchors")
fig.set_label(
    "左：盖住的物体随锚框个数增加，k 均值的形状最高，接近 1，随机的低得多而且散布"
    "很宽；右：一张照片里用上的锚框不到一成，从来没有用上的越来越多"
    " | Left: the share of objects covered grows with the number of anchors;"
    " shapes by k-means come close to 1, random ones stay far lower and spread"
    " widely; right: in one photograph less than a tenth of the anchors are"
    " used, and ever more are never used"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 在各种密度下，k 均值的形状平均都比随机的盖住更多物体。最密时仍有锚框从来没有用上。
#
# At all densities shapes by k-means cover more objects than random ones on
# average. With the densest map some anchors are never used.

middle, dense = (12, 16), (24, 32)
for place in sides:
    gain = covered["chosen", place].float().mean()
    assert gain > covered["random", place].float().mean()
assert never[-1] > 0.1
assert positive[-1] < 0.1
anchors = lay(*middle, chosen[0])
given = [match_anchors(anchors, boxes) for boxes in data.train.boxes]
matched = [
    encode_boxes(b[m[m >= 0]], anchors[m >= 0], scale=(1, 1, 1, 1))
    for b, m in zip(data.train.boxes, given, strict=True)
]
offsets = torch.cat(matched).std(dim=0)
by_shape = (used[dense].reshape(-1, 3) == 0).float().mean(dim=0)
platelet = [covered["chosen", p][:, kinds == 2].float() for p in sides]
record_all(
    "anchor_coverage",
    {
        "chosen": covered["chosen", middle].float().mean(),
        "one_size": covered["one_size", middle].float().mean(),
        "dense_chosen": covered["chosen", dense].float().mean(),
        "platelets": platelet[2].mean(),
        "dense_platelets": platelet[4].mean(),
        "positive": (positive[2], ".3f"),
        "dense_never": never[4],
        "small_never": by_shape[0],
        "middle_never": by_shape[1],
        "large_never": by_shape[2],
    },
    unit="fraction",
    format=".2f",
)
record_all(
    "anchor_coverage_random",
    {"covered": covered["random", middle].float().mean(dim=1)},
    unit="fraction",
    over=f"{num_draws} 组形状 | {num_draws} sets of shapes",
    format=".2f",
)
record_all(
    "anchor_offsets",
    {"center": offsets[:2].mean(), "side": offsets[2:].mean()},
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# k 均值从随机的形状开始。这个种子是不是碰巧？比较几个种子的平均交并比。
#
# k-means begins with random shapes. Was this seed a stroke of luck? Compare the
# mean overlap for several seeds.

others = [cluster(shapes, 3, seed) for seed in range(1, 6)]
fits = torch.stack(
    [shape_iou(shapes, s).amax(dim=1).mean() for s in chosen + others]
)
print(fits)
# The ends are almost the same, whatever the start.
assert fits.max() - fits.min() < 0.05
