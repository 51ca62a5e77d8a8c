r"""
不训练，只用一个阈值 | One threshold and no training
====================================================

分割网络应当与什么比？荧光照片里细胞核亮、背景暗，所以先试一个阈值。Otsu 的方法给每
张照片自己挑一个。我们在没有参与挑选的 20 张测试照片上量交并比，一张一张地量。对照有
两个：把所有像素都说成背景；偷看答案，给每张照片挑最好的阈值。

What should a segmentation network be compared with? In fluorescence
photographs nuclei are bright on a dark ground, so try a threshold first.
Otsu's method picks one for each photograph. We measure the IoU on 20 test
photographs, one by one. There are two controls: to call each pixel background,
and to peek at the answer and take the best threshold of each photograph.

**你需要** :doc:`/computer-vision/segmentation-data`；**你得到** 网络要超过的
数，和阈值失败的原因。

**You need** :doc:`/computer-vision/segmentation-data`; **you get** the numbers
that a network has to beat, and where the threshold fails.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.data.nuclei import fetch_nuclei
from d2lnotes.results import record_all
from d2lnotes.segmentation import (
    dice_score,
    intersection_over_union,
    mean_iou,
    otsu_threshold,
    pixel_accuracy,
)

plt.rcParams["font.size"] = 12
torch.set_num_threads(1)  # for small tensors faster than two
data = fetch_nuclei(stand_in=True)
train, test = data.train, data.test
print(data)

# %%
# 五种做法 | Five ways
# --------------------
# 每种做法把灰度变成掩码。``one`` 的阈值在训练照片上挑一次，以后不再变。``root`` 先开
# 平方，使暗处的差别变大，再用 Otsu 的方法。开平方是看着训练照片决定的。
#
# Each way turns gray levels into a mask. The threshold of ``one`` is chosen
# once, on the training photographs. ``root`` takes square roots first, which
# stretches the dark levels, and then uses Otsu's method. The square root was
# decided on with the training photographs.


def grays(part):
    """Return the gray levels of the photographs of a part."""
    return part.images.float().mean(dim=1)


def best_threshold(gray, mask):
    """Return the threshold with the best IoU, by looking at the answer."""
    inside, outside = (
        gray[chosen].round().long().bincount(minlength=256).flip(0).cumsum(0)
        for chosen in (mask, ~mask)
    )  # how many pixels of each kind have 255, 254 or more, and so on
    iou = inside / (mask.sum() + outside)
    return 254.5 - int(iou.argmax())


def otsu(gray):
    """Return the mask by the threshold of Otsu."""
    return gray > otsu_threshold(gray)


fixed = best_threshold(grays(train), train.masks)
ways = {
    "nothing": lambda gray, mask: torch.zeros_like(mask),
    "one": lambda gray, mask: gray > fixed,
    "otsu": lambda gray, mask: otsu(gray),
    "root": lambda gray, mask: otsu(gray.sqrt()),
    "peek": lambda gray, mask: gray > best_threshold(gray, mask),
}

# %%
# 一张一张地量 | Measured one by one
# ----------------------------------


def scores(way, part):
    """Return accuracy, IoU, Dice and mIoU of each photograph."""
    rows = []
    for gray, mask in zip(grays(part), part.masks, strict=True):
        found = way(gray, mask)
        row = [pixel_accuracy(found, mask)]
        row += [intersection_over_union(found, mask)[1]]
        row += [dice_score(found, mask)[1], mean_iou(found, mask)]
        rows.append(torch.stack(row))
    return torch.stack(rows)


measured = {name: scores(way, test) for name, way in ways.items()}
chosen_on = {
    name: scores(ways[name], train)[:, 1] for name in ("otsu", "root")
}
for name, values in measured.items():
    print(name, values.mean(dim=0), values[:, 1].min())
print({name: iou.mean() for name, iou in chosen_on.items()})

# %%
# 三张照片 | Three photographs
# ----------------------------
# 交并比最低、居中和最高的三张，各取中间的一块，亮度拉开。白线是真值，橙色虚线是 Otsu
# 的结果。
#
# The photographs with the lowest, the middle and the highest IoU, each the
# quarter with the most nuclei, brightened. White lines are the truth, orange
# dashes what Otsu's threshold gives.

iou = measured["otsu"][:, 1]
order = iou.argsort().tolist()
chosen = order[0], order[len(order) // 2], order[-1]
fig, axes = plt.subplots(1, 3, figsize=(10, 4), layout="constrained")
for ax, i in zip(axes, chosen, strict=True):
    gray, mask = grays(test)[i], test.masks[i]
    share = torch.nn.functional.avg_pool2d(mask[None].float(), 128)[0]
    row, column = divmod(int(share.argmax()), 2)
    patch = (slice(128 * row, 128 * row + 128),)
    patch += (slice(128 * column, 128 * column + 128),)
    ax.imshow(gray[patch].sqrt(), cmap="gray")
    lines = {"levels": [0.5], "linewidths": 1.5}
    ax.contour(mask[patch].float(), colors="white", **lines)
    found = otsu(gray)[patch].float()
    ax.contour(found, colors="tab:orange", linestyles="--", **lines)
    ax.set_title(f"IoU {iou[i]:.2f}", fontsize=15)
    ax.axis("off")
fig.set_label(
    "三张测试照片的一块，白线是真实的轮廓，橙色虚线是 Otsu 的：左边许多暗的细胞核没有"
    "找到或者只找到一部分，右边两者几乎重合 | Patches of three test photographs,"
    " true outlines in white and Otsu's in orange dashes: on the left many dim"
    " nuclei are missed or found in part, on the right both nearly coincide"
)
plt.show()

# %%
# 找不到的是暗的 | Dim nuclei are missed
# --------------------------------------
# 一个细胞核有一半的像素在掩码里，就算找到。横轴是它的平均灰度，除以同一张照片里最亮的
# 细胞核的。
#
# A nucleus is found if half of its pixels are in the mask. Across is its mean
# gray level, divided by that of the brightest nucleus of the photograph.


def found_by_brightness(way, part):
    """Return each nucleus' relative brightness, and whether it is found."""
    relative, hits = [], []
    for gray, numbers in zip(grays(part), part.instances, strict=True):
        size = numbers.flatten().bincount()[1:]
        found = way(gray, numbers > 0).float()
        light, covered = (
            numbers.flatten().bincount(values.flatten())[1:] / size
            for values in (gray, found)
        )
        relative.append(light / light.max())
        hits.append(covered >= 0.5)
    return torch.cat(relative), torch.cat(hits).float()


edges = torch.tensor([0, 0.4, 0.6, 0.8, 1.01])
recall = {}
for name in ("otsu", "root"):
    relative, hits = found_by_brightness(ways[name], test)
    bins = torch.bucketize(relative, edges, right=True) - 1
    recall[name] = torch.stack([hits[bins == k].mean() for k in range(4)])
print(recall, bins.bincount())

# %%
# 左图的灰点是各张照片的交并比，菱形是平均，方块是像素准确率。右图是找到的细胞核的份额。
#
# On the left, gray dots are the IoU of photographs, diamonds the mean, squares
# pixel accuracy. On the right is the share of nuclei that are found.


def plot_scores(ax, measured):
    """Draw the scores of all ways, one photograph a dot."""
    names = ["全是背景 | nothing", "同一阈值 | one for all", "Otsu"]
    names += ["开方+Otsu | root+Otsu", "偷看 | peeking"]
    for place, values in enumerate(measured.values()):
        ax.plot(values[:, 1], [place] * len(values), "o", color="0.7", ms=5)
        ax.plot(values[:, 1].mean(), place, "D", color="tab:blue", ms=10)
        ax.plot(values[:, 0].mean(), place, "s", color="tab:orange", ms=8)
    ax.plot([], [], "D", color="tab:blue", label="IoU")
    ax.plot([], [], "s", color="tab:orange", label="像素准确率 | accuracy")
    ax.set_yticks(range(len(names)), names, fontsize=12)
    ax.set(xlabel="分数 | score", xlim=(-0.05, 1.05))
    ax.invert_yaxis()
    ax.legend(fontsize=12, loc="lower left")


# %%
# 两样画在一起。
#
# Both are drawn side by side.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.4), layout="constrained"
)
plot_scores(left, measured)
for (name, values), label in zip(
    recall.items(), ["Otsu", "开方+Otsu | root+Otsu"], strict=True
):
    style = "o-" if name == "otsu" else "s--"
    right.plot(range(4), values, style, lw=2.5, ms=8, label=label)
right.set_xticks(range(4), ["<0.4", "0.4–0.6", "0.6–0.8", ">0.8"])
right.set(
    xlabel="相对亮度 | relative brightness",
    ylabel="找到的份额 | share found",
    ylim=(0, 1.05),
)
right.legend(fontsize=12, loc="lower right")
fig.set_label(
    "左：五种做法的像素准确率都高，交并比却从 0 到偷看的最高，灰点是各张照片；右：暗的"
    "细胞核找到得少，开平方以后多了 | Left: pixel accuracy is high in all five ways,"
    " while the IoU runs from 0 to that of peeking, gray dots are photographs;"
    " right: fewer dim nuclei are found, and more after the square root"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 暗背景、亮细胞核是一个假设。把照片反过来，Otsu 找到的就是背景。
#
# Bright nuclei on a dark ground are an assumption. On the negative of a
# photograph, Otsu's threshold finds the ground.

negative = scores(lambda gray, mask: otsu(255 - gray), test)
mean = {name: values.mean(dim=0) for name, values in measured.items()}
assert mean["nothing"][0] > 0.85
assert mean["nothing"][1] == 0
assert mean["otsu"][1] > 0.7
assert mean["peek"][1] >= mean["otsu"][1]
assert negative[:, 1].mean() < 0.1
if not data.stand_in:
    assert mean["root"][1] > mean["otsu"][1] + 0.01
    assert recall["otsu"][0] < 0.65 < recall["otsu"][3]
record_all(
    "otsu_baseline",
    {
        "accuracy_nothing": mean["nothing"][0],
        "accuracy_otsu": mean["otsu"][0],
        "iou_one": mean["one"][1],
        "iou_otsu": mean["otsu"][1],
        "iou_otsu_worst": iou.min(),
        "iou_otsu_best": iou.max(),
        "dice_otsu": mean["otsu"][2],
        "miou_nothing": mean["nothing"][3],
        "miou_otsu": mean["otsu"][3],
        "iou_root": mean["root"][1],
        "iou_root_worst": measured["root"][:, 1].min(),
        "iou_peek": mean["peek"][1],
        "iou_negative": negative[:, 1].mean(),
        "recall_dim": recall["otsu"][0],
        "recall_bright": recall["otsu"][3],
        "recall_dim_root": recall["root"][0],
    },
    unit="fraction",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 让 Otsu 也能用于反过来的照片：两组像素里，把少的一组当作细胞核。
#
# Make Otsu's method work on negatives as well: of the two groups of pixels,
# take the smaller one as nuclei.


def smaller(gray, mask):
    """Return the smaller of the two groups."""
    upper = otsu(gray)
    return upper if upper.float().mean() < 0.5 else ~upper


both = [
    scores(lambda gray, mask, flip=flip: smaller(flip(gray), mask), test)
    for flip in (lambda gray: gray, lambda gray: 255 - gray)
]
print([values[:, 1].mean() for values in both])
# It assumes that nuclei cover less than half of the picture.
assert all(values[:, 1].mean() > 0.7 for values in both)
