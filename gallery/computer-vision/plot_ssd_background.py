r"""
全部背景都算，小细胞就学得慢 | All background slows the learning of small cells
===============================================================================

一张照片有一千多个锚框，其中二十来个配到了细胞，其余都是背景。如果每个锚框都算进损
失，血小板就被背景淹没。我们用四种办法算分类的损失：全部锚框；最难的负例，每个正例三
个；随机的负例，也是三个；全部锚框，但用焦点损失。随机的三个是对照：要紧的是负例的
个数，还是它们难不难？另一个对照是全部锚框，训练两倍的时间。

A photograph has a thousand anchors. Some twenty are matched with cells, the
others are background. If each anchor counts in the loss, platelets drown in
background. We compute the loss of the classes in four ways: all anchors; the
hardest negatives, three for each positive; random negatives, three as well;
and all anchors with the focal loss. Random ones are a control: does the number
of negatives matter, or how hard they are? Another control is all anchors with
twice the training.

**你需要** :doc:`/computer-vision/ssd`；**你得到** 四种损失的平均精度。

**You need** :doc:`/computer-vision/ssd`; **you get** the average precision with
four losses.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy, smooth_l1_loss
from torchvision.transforms import v2

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.detection.metrics import per_class_average_precision
from d2lnotes.models.detection import (
    TinySSD,
    anchor_targets,
    detect,
    fit_detector,
)
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
SIZE = (96, 128)
SIZES = ((8,), (20,), (40,))
data = fetch_bccd(size=SIZE, stand_in=True)
num_epochs = 8 if data.stand_in else 3
num_seeds = on(device, cpu=3, cuda=5)
print(data)

# %%
# 四种损失 | Four losses
# ----------------------
# 输入是每个锚框的交叉熵，和它是不是正例；输出是每个锚框的权重。
#
# Given are the cross-entropy of each anchor and whether it is positive. The
# result is the weight of each anchor.


def weigh_all(entropy, positive):
    """Count each anchor."""
    return torch.ones_like(entropy)


def three_each(hardness, positive):
    """Count positives, and the three hardest negatives for each of them."""
    order = hardness.masked_fill(positive, -1.0).argsort(
        dim=1, descending=True
    )
    most = 3 * positive.sum(dim=1, keepdim=True)
    return (positive | (order.argsort(dim=1) < most)).float()


def weigh_hard(entropy, positive):
    """Count negatives where the cross-entropy is largest."""
    return three_each(entropy, positive)


def weigh_random(entropy, positive):
    """Count random negatives."""
    return three_each(torch.rand_like(entropy), positive)


def weigh_focal(entropy, positive):
    """Count each anchor by the square of 1 - p, p that of its true class."""
    return (1 - (-entropy).exp()) ** 2


# %%
# 训练 | Training
# ---------------
# 其余都一样：网络、偏移量的损失、批次、翻转、步数、学习率。
#
# All else is the same: network, loss of the offsets, batches, flips, steps and
# learning rate.


def make_loss(weigh):
    """Return a loss of the batch that weighs anchors in the given way."""

    def loss(logits, offsets, classes, true_offsets):
        positive = classes > 0
        entropy = cross_entropy(
            logits.transpose(1, 2), classes, reduction="none"
        )
        weights = weigh(entropy.detach(), positive)
        shift = smooth_l1_loss(
            offsets[positive], true_offsets[positive], reduction="sum"
        )
        return ((weights * entropy).sum() + shift) / positive.sum()

    return loss


# %%
# 照片标准化，再数一数正例。
#
# Standardize the photographs, and count the positive anchors.

pixels = data.train.images.float()
mean, deviation = pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
normalize = v2.Normalize(mean.tolist(), deviation.tolist())
train_images = normalize(pixels).to(device)
valid_images = normalize(data.val.images.float()).to(device)
anchors = TinySSD(3, image_size=SIZE, sizes=SIZES).anchors
truth = data.train.boxes, data.train.labels
classes = [
    anchor_targets(anchors, *row)[0] for row in zip(*truth, strict=True)
]
num_positive = (torch.stack(classes) > 0).sum(dim=1).float().mean().item()
print(f"{len(anchors):,} anchors, {num_positive:.1f} positive a picture")

# %%
# 平均精度在验证照片上算。
#
# Average precision is that on the validation photographs.


def train(images, truth, weigh, seed, num_epochs):
    """Return a detector trained with anchors weighed in the given way."""
    generator = seed_everything(seed)
    net = TinySSD(3, image_size=SIZE, sizes=SIZES).to(images.device)
    options = {"num_epochs": num_epochs, "generator": generator}
    fit_detector(net, images, *truth, loss=make_loss(weigh), **options)
    return net


def precisions(net, images, part):
    """Return the average precision of each class, at an IoU of 0.5."""
    found = [
        [tensor.cpu() for tensor in f]
        for batch in images.split(16)
        for f in detect(net, batch)
    ]
    truths = list(zip(part.boxes, part.labels, strict=True))
    return per_class_average_precision(found, truths, num_classes=3)[0]


# %%
# 四种损失，和全部锚框、两倍时间的对照。
#
# The four losses, and the control with all anchors and twice the time.

WAYS = {
    "hard": ("最难的 3 : 1 | hardest 3 : 1", weigh_hard, 1),
    "random": ("随机的 3 : 1 | random 3 : 1", weigh_random, 1),
    "focal": ("焦点损失 | focal loss", weigh_focal, 1),
    "all": ("全部 | all", weigh_all, 1),
    "longer": ("全部，两倍时间 | all, twice as long", weigh_all, 2),
}
results = {}
for name, (_, weigh, times) in WAYS.items():
    nets = [
        train(train_images, truth, weigh, seed, times * num_epochs)
        for seed in range(num_seeds)
    ]
    results[name] = torch.stack(
        [precisions(net, valid_images, data.val) for net in nets]
    )
    print(name, results[name].mean(dim=0), results[name].std(dim=0))

# %%
# 结果 | The result
# -----------------

fig, ax = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
for k, (name, (label, _, _)) in enumerate(WAYS.items()):
    mean, spread = results[name].mean(dim=0), results[name].std(dim=0)
    place = torch.arange(3) + 0.16 * (k - 2)
    ax.bar(place, mean, 0.15, yerr=spread, capsize=2, label=label)
ax.set_xticks(torch.arange(3), data.class_labels)
ax.set(ylabel="平均精度 | average precision", ylim=(0, 1.02))
fig.legend(loc="outside lower center", ncols=3)
fig.set_label(
    "三个类别的平均精度，五种做法；红细胞和白细胞差别小，血小板用三比一时最高，用全"
    "部锚框时接近 0 | Average precision of three classes with five ways; red and"
    " white cells differ little, platelets are best with 3 to 1 and near 0 with"
    " all anchors"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

platelets = {name: runs[:, 2] for name, runs in results.items()}
if not data.stand_in:
    assert (platelets["hard"] > platelets["all"] + 0.2).all()
    assert (platelets["random"] > platelets["all"] + 0.2).all()
assert results["hard"].mean() > results["all"].mean()
record_all(
    "ssd_background",
    {
        **{f"platelets_{name}": runs for name, runs in platelets.items()},
        "red_hard": results["hard"][:, 0],
        "red_all": results["all"][:, 0],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)
record_all(
    "ssd_background",
    {"anchors": (len(anchors), ",.0f"), "positive": (num_positive, ".0f")},
)

# %%
# 练习 | Exercise
# ---------------
# 两个锚框，真实类别的概率是 0.9 和 0.1。焦点损失的权重各是多少？两个损失之比，从交叉
# 熵的多少变成多少？
#
# Two anchors give their true class a probability of 0.9 and 0.1. Which weights
# does the focal loss give? How does the ratio of the two losses change?

entropy = -torch.tensor([0.9, 0.1]).log()
weights = weigh_focal(entropy, None)
print(weights, entropy[1] / entropy[0], (weights * entropy)[1] / 0.00105)
assert torch.allclose(weights, torch.tensor([0.01, 0.81]))
