r"""
风格要用什么特征 | Which features a style needs
================================================

训练过的网络和随机的网络都可以给风格迁移提供特征。训练带来了什么？我们在三个种子上各
做一遍，让没有参加迁移的裁判来量：一个宽度和种子都不同的网络量内容的距离，图块的分布
量风格的距离，后者不用任何网络。对照是只换颜色的照片，它没有笔触。

A trained network can supply the features of a style transfer, and so can a
random one. What does training contribute? We do both with three seeds, and let
judges measure that took no part in the transfer. A network of other widths and
another seed measures the distance of contents. The distribution of patches
measures that of styles, and needs no network. The control is the photograph in
new colors, without strokes.

**你需要** :doc:`/computer-vision/style-transfer`；**你得到** 内容与风格的取舍，训练过
的和随机的特征各一条线。

**You need** :doc:`/computer-vision/style-transfer`; **you get** the trade
between content and style, a line each for trained and random features.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch import nn
from torch.nn.functional import cross_entropy, interpolate, unfold

from d2lnotes.data import fetch_cifar10
from d2lnotes.painting import make_painting
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.style_transfer import (
    content_loss,
    gram_matrix,
    make_blocks,
    match_colors,
    style_loss,
    transfer_style,
)

device = select_device()
num_train = on(device, cpu=5000, cuda=50_000)
data = fetch_cifar10(num_train=num_train, stand_in=True)
num_steps = on(device, cpu=100, cuda=3000)
CONTENT_WEIGHTS = (0.003, 0.03, 0.3)
SIZE = (96, 144)

# %%
# 照片和画 | A photograph and a painting
# --------------------------------------

china = torch.tensor(load_sample_image("china.jpg")).permute(2, 0, 1)
photo = interpolate(china[None] / 255, SIZE, mode="area")[0].to(device)
draws = torch.Generator().manual_seed(1)
strokes = {"num_strokes": 700, "stroke_length": 22, "stroke_width": 5}
painting = make_painting(SIZE, generator=draws, **strokes).to(device)

# %%
# 网络 | Networks
# ---------------
# 训练过的网络给 CIFAR-10 的照片分类。随机的网络只用照片估计批量归一化的统计量。
#
# Trained networks classify photographs of CIFAR-10. Of a random network only
# the statistics of batch normalization are estimated.


def network(seed, widths, num_steps):
    """Return blocks, trained for so many steps, and what they score."""
    generator = seed_everything(seed)
    blocks = make_blocks(widths)
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10)
    net = nn.Sequential(*blocks, nn.ReLU(), *head).to(device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    for step in range(max(num_steps, 40)):
        size = (64,)
        pick = torch.randint(len(data.train_images), size, generator=generator)
        scores = net(data.train_images[pick].to(device))
        if step < num_steps:
            loss = cross_entropy(scores, data.train_labels[pick].to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    net.eval().requires_grad_(False)
    guess = net(data.test_images[:1000].to(device)).argmax(dim=1).cpu()
    right = (guess == data.test_labels[:1000]).double().mean()
    return net[: len(blocks)], right


# %%
# 裁判 | Judges
# -------------
# 图块是 7 × 7 的方块，147 个数。沿 64 个随机方向看两幅图的图块，各自排好序，再逐个相
# 减，平均的差就是它们的距离。图块不记得自己在哪里。
#
# Patches are squares of 7 by 7, with 147 numbers. Those of two pictures are
# looked at along 64 random directions. Sorted values are subtracted one by one,
# and the mean difference is the distance. Patches do not remember their place.


def patch_distance(image, other, generator):
    """Return how much the distributions of patches differ."""
    directions = torch.randn(147, 64, generator=generator)
    directions = (directions / directions.norm(dim=0)).to(device)
    sorted_values = [
        (unfold(x[None], 7)[0].T @ directions).sort(dim=0).values
        for x in (image, other)
    ]
    return (sorted_values[0] - sorted_values[1]).abs().mean().item()


def judge(image, blocks):
    """Return the distances in content, in Gram matrices and in patches."""
    deep, wanted = blocks(image[None]), blocks(photo[None])
    grams = gram_matrix(blocks(painting[None]))
    draws = torch.Generator().manual_seed(0)
    return [
        content_loss(deep, wanted).item(),
        style_loss(deep, grams).item(),
        patch_distance(image, painting, draws),
    ]


# %%
# 三个种子 | Three seeds
# ----------------------

OPTIONS = {"content_blocks": [3], "style_blocks": [0, 1, 2, 3, 4]}
other, accuracy = network(9, (24, 40, 56), num_steps)
kinds = {"trained": num_steps, "random": 0}
found = {kind: [] for kind in kinds}
scores = []
for seed in range(3):
    for kind, steps in kinds.items():
        blocks, score = network(seed, (16, 32, 48, 64), steps)
        scores.append(score)
        for weight in CONTENT_WEIGHTS:
            weights = {"content_weight": weight, "num_steps": 80}
            result = transfer_style(
                photo, painting, blocks, **OPTIONS, **weights
            )
            found[kind].append(judge(result.image, other))
shape = 3, len(CONTENT_WEIGHTS), 3  # seeds, weights, judges
found = {kind: torch.tensor(rows).view(shape) for kind, rows in found.items()}
colors = torch.tensor(judge(match_colors(photo, painting), other))
untouched = torch.tensor(judge(photo, other))
print(accuracy, scores, found, colors, untouched)
