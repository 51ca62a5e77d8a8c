r"""
网络和一个阈值，谁画的掩码更准 | A network or a threshold: whose masks are better
====================================================================================

荧光照片上的细胞核比背景亮，所以一个阈值已经能画出不错的掩码。要说网络有用，就要和它
比。三个网络在 60 张照片上从头训练：全卷积网络，不用或者用较细的特征图，以及 U-Net。
然后在同样的 20 张没有见过的照片上，与 Otsu 的阈值比较交并比和 Dice 系数，并数一数掩码
里有几个连通的区域。网络看到的是灰度的平方根，所以阈值也要在平方根上试一次：这样，它就
和 U-Net 差不多好。

Nuclei in fluorescence photographs are brighter than the ground, so a threshold
already gives a decent mask. To say that a network is of use, compare it with
that. Three networks are trained from nothing on 60 photographs: a fully
convolutional one without and with finer feature maps, and a U-Net. On the same
20 photographs that were held out they are compared with Otsu's threshold, by
IoU and Dice, and connected regions are counted. Networks are shown the square
root of gray levels, so the threshold is tried on that root as well. It then
does about as well as the U-Net.

**你需要** :doc:`/computer-vision/fcn`；**你得到** 五种办法的交并比，和平方根一项的功劳。

**You need** :doc:`/computer-vision/fcn`; **you get** the IoU of five methods,
and what is owed to the square root alone.
"""

import matplotlib.pyplot as plt
import torch
from scipy import ndimage

from d2lnotes.data.nuclei import fetch_nuclei
from d2lnotes.models.segmentation import (
    TinyFCN,
    UNet,
    fit_segmenter,
    predict_mask,
)
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.segmentation import (
    dice_score,
    intersection_over_union,
    otsu_threshold,
    pixel_accuracy,
)

device = select_device()
data = fetch_nuclei(stand_in=True)
num_seeds = on(device, cpu=3, cuda=5)
print(data)

# %%
# 照片和阈值 | Photographs and a threshold
# ----------------------------------------
# 三个颜色通道相等，所以留下一个。照片的亮暗相差很大：取平方根，再减去每张照片自己的
# 均值，除以它自己的标准差。Otsu 的阈值也是每张照片各算各的，在灰度上一次，在平方根上
# 一次。减均值、除以标准差不改变 Otsu 的掩码，平方根会。
#
# The three color channels are equal, so one is kept. Photographs differ much
# in brightness. Take the square root, then subtract the mean of each
# photograph and divide by its standard deviation. Otsu's threshold, too, is
# found in each photograph by itself, once on gray levels and once on roots.
# Subtracting and dividing do not change the mask of Otsu. The root does.


def prepare(images):
    """Return standardized roots of gray levels, with one channel."""
    roots = images[:, :1].float().sqrt()
    mean = roots.mean(dim=(2, 3), keepdim=True)
    return (roots - mean) / roots.std(dim=(2, 3), keepdim=True)


def each(score, predicted, target):
    """Return the score of the nuclei in each picture."""
    pairs = zip(predicted, target, strict=True)
    return torch.stack([score(p, t)[1] for p, t in pairs])


truth = data.test.masks
gray = data.test.images[:, 0]
otsu, rooted = (
    torch.stack([image > otsu_threshold(image) for image in images])
    for images in (gray, gray.float().sqrt())
)
X, masks = prepare(data.train.images).to(device), data.train.masks.to(device)
X_test = prepare(data.test.images).to(device)

# %%
# 三个网络，几个种子 | Three networks, several seeds
# --------------------------------------------------
# 每次看到一张照片，就随机裁出 64 像素见方的一块，随机翻转，掩码跟着变。预测时用整张照
# 片：卷积网络不在乎照片有多大。
#
# Each time a photograph is seen, a random square of 64 pixels is cut out and
# flipped at random, and its mask likewise. For predictions the whole
# photograph is taken: a convolutional network does not mind the size.

OPTIONS = {"num_epochs": 24, "crop": 64, "learning_rate": 0.01}
SIZE = {"in_channels": 1, "widths": (8, 16, 32, 64), "num_convolutions": 1}
NETWORKS = {
    "stride_8": lambda: TinyFCN(in_channels=1, width=8),
    "stride_2": lambda: TinyFCN(in_channels=1, width=8, num_skips=2),
    "unet": lambda: UNet(**SIZE),
}
found = {"otsu": [otsu], "otsu_root": [rooted]}
for name, make in NETWORKS.items():
    found[name] = []
    for seed in range(num_seeds):
        generator = seed_everything(seed)
        net = make().to(device)
        losses = fit_segmenter(net, X, masks, generator=generator, **OPTIONS)
        found[name].append(predict_mask(net, X_test).cpu())
        print(name, seed, f"{losses[0]:.3f} {losses[-1]:.3f}")

# %%
# 交并比、Dice 系数，和数错了多少 | IoU, Dice and miscounts
# ---------------------------------------------------------
# 每张照片各算各的，再平均。数细胞核：掩码里连通的区域，20 个像素以上的才算。多数的和少
# 数的都是错，不能互相抵消，所以先取每张照片的差的绝对值，再求和，除以细胞核的总数。真实
# 的掩码也这样数一次。
#
# Each photograph is scored by itself, then the mean is taken. Nuclei are
# counted as connected regions of the mask with 20 pixels or more. Too many in
# one photograph must not make up for too few in another. So absolute
# differences are summed, and divided by the number of nuclei. True masks are
# counted in this way as well.


def count(mask):
    """Return how many connected regions have 20 pixels or more."""
    regions = torch.from_numpy(ndimage.label(mask.numpy())[0])
    return int((regions.flatten().bincount()[1:] >= 20).sum())


iou, dice, miscount = {}, {}, {}
nuclei = data.test.instances.amax((1, 2))
for name, runs in found.items():
    iou[name] = torch.stack(
        [each(intersection_over_union, run, truth) for run in runs]
    )
    dice[name] = torch.stack([each(dice_score, run, truth) for run in runs])
    print(name, iou[name].mean(dim=1), dice[name].mean(dim=1))
for name, runs in {**found, "truth": [truth]}.items():
    numbers = torch.tensor([[count(mask) for mask in run] for run in runs])
    miscount[name] = (numbers - nuclei).abs().sum(dim=1) / nuclei.sum()
    print(name, miscount[name])
gain = iou["unet"].mean(dim=0) - iou["otsu"][0]

# %%
# 灰度上的 Otsu 输得最多和赢得最多的照片 | Where Otsu on gray loses and wins
# --------------------------------------------------------------------------
# 按 U-Net 与灰度上的 Otsu 之差挑选。白色是对的像素，橙色是多画的，蓝色是漏掉的。
#
# They are chosen by the difference of the U-Net and Otsu on gray levels. White
# pixels are right, orange ones too many, blue ones missed.


def paint(predicted, target):
    """Return the picture of hits, false alarms and misses."""
    colors = torch.tensor(
        [[0, 0, 0], [30, 144, 255], [255, 150, 0], [255] * 3]
    )
    return colors[2 * predicted.long() + target.long()]


fig, axes = plt.subplots(2, 4, figsize=(9, 4.9), layout="constrained")
titles = "照片 | photograph", "Otsu", "Otsu，平方根 | Otsu on roots", "U-Net"
for row, place in zip(axes, (gain.argmax(), gain.argmin()), strict=True):
    row[0].imshow(gray[place].float().sqrt(), cmap="gray")
    row[1].imshow(paint(otsu[place], truth[place]))
    row[2].imshow(paint(rooted[place], truth[place]))
    row[3].imshow(paint(found["unet"][0][place], truth[place]))
    for ax, title in zip(row, titles, strict=True):
        ax.set_title(title, fontsize=14)
        ax.axis("off")
fig.set_label(
    "两张测试照片，Otsu、平方根上的 Otsu 和 U-Net 的掩码，对错用颜色标出。上面一张，"
    "灰度上的 Otsu 漏掉了许多暗的像素，另外两种少得多；下面一张，三种掩码相差很小"
    " | Two test photographs with the masks of Otsu, of Otsu on roots and of the"
    " U-Net, right and wrong in color. In the upper one Otsu on gray levels"
    " misses many dark pixels, the others far fewer; in the lower one the three"
    " masks differ little"
)
plt.show()

# %%
# 同样的 20 张照片 | The same 20 photographs
# ------------------------------------------

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
labels = [
    "Otsu",
    "Otsu，平方根 | Otsu on roots",
    "FCN，步幅 8 | FCN, stride 8",
    "FCN，步幅 2 | FCN, stride 2",
    "U-Net",
]
for shift, scores, marks, label in [
    (-0.1, iou, "o", "IoU"),
    (0.1, dice, "s", "Dice"),
]:
    means = [scores[name].mean(dim=1) for name in found]
    middle = [mean.mean().item() for mean in means]
    spread = [m.std(correction=min(1, len(m) - 1)).item() for m in means]
    place = torch.arange(5) + shift
    left.errorbar(middle, place, xerr=spread, fmt=marks, label=label)
left.set_yticks(range(5), labels, fontsize=11)
left.set(xlabel="平均得分 | mean score", xlim=(0.6, 1), ylim=(4.5, -0.5))
left.legend(loc="lower left")
left.grid(axis="x")
right.plot([0.4, 1], [0.4, 1], color="0.6", ls="--")
unet = iou["unet"].mean(dim=0), iou["unet"].std(dim=0)
right.errorbar(iou["otsu"][0], *unet, fmt="o", capsize=2, label="U-Net")
right.plot(iou["otsu"][0], iou["otsu_root"][0], "s", label=labels[1])
right.set(xlabel="Otsu 的 IoU | IoU of Otsu", ylabel="IoU")
right.legend(loc="lower right")
fig.set_label(
    "左：五种办法的平均 IoU 和 Dice；右：每张测试照片上 U-Net 和平方根上的 Otsu 的 IoU，"
    "对灰度上的 Otsu 的 IoU，左边的点都高出对角线许多 | Left: mean IoU and Dice of"
    " five methods; right: for each test photograph the IoU of the U-Net and of"
    " Otsu on roots against that of Otsu on gray levels, with dots on the left"
    " far above the diagonal"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

means = {name: scores.mean(dim=1) for name, scores in iou.items()}
nothing = pixel_accuracy(torch.zeros_like(truth), truth)
change = iou["unet"] - iou["otsu"]
root_change = (iou["otsu_root"] - iou["otsu"])[0]
order = iou["otsu"][0].argsort()
worst, root_worst = change[:, order[:5]].mean(1), root_change[order[:5]]
assert means["stride_2"].min() > means["stride_8"].max()
assert means["unet"].min() > means["stride_8"].max()
if not data.stand_in:  # the root alone gains what the U-Net gains
    assert worst.min() > 0.05
    assert root_worst.mean() > 0.1
    assert means["unet"].mean() < means["otsu_root"] + 0.04
values = {f"iou_{name}": mean for name, mean in means.items()}
values |= {f"dice_{name}": scores.mean(dim=1) for name, scores in dice.items()}
values |= {f"miscount_{name}": share for name, share in miscount.items()}
values |= {"gain_worst": worst}
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
learned = {k: v for k, v in values.items() if len(v) > 1}
record_all("fcn_nuclei", learned, unit="fraction", over=over, format=".2f")
fixed = {k: v.item() for k, v in values.items() if len(v) == 1}
fixed |= {
    "accuracy_nothing": nothing,
    "root_gain_worst": root_worst.mean(),
}
record_all("fcn_nuclei", fixed, unit="fraction", format=".2f")
higher = iou["unet"].mean(dim=0) > iou["otsu_root"][0]
wins = {"photographs": len(gain), "wins": int(higher.sum())}
record_all("fcn_nuclei", wins, format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 把 ``prepare`` 里的平方根去掉，再训练 U-Net。哪些照片上的交并比变得最多？
#
# Leave the square root out of ``prepare`` and train the U-Net again. On which
# photographs does the IoU change most?

spread = data.train.images.float().flatten(1).std(dim=1)
print(f"{spread.min():.1f} to {spread.max():.1f} gray levels")
assert spread.max() > 2 * spread.min()  # dark photographs beside bright ones
