r"""
裁判网络说，训练过的特征留得住内容 | A judge finds that trained features keep content
=====================================================================================

训练过的网络和随机的网络都能给风格迁移提供特征。训练带来了什么？我们在三个种子上各做
一遍，让没有参加迁移的裁判来量。一个裁判是宽度和种子都不同的网络，另外两个不用网络：图块
的分布量风格，边缘的相关量内容。对照是只换颜色的照片，它没有笔触。

A trained network can supply the features of a style transfer, and so can a
random one. What does training contribute? We do both with three seeds, and let
judges measure that took no part in the transfer. One is a network of other
widths and another seed. Two use no network: the distribution of patches judges
style, and the correlation of edges judges content. The control is the
photograph in new colors, without strokes.

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
train = data.train_images.to(device), data.train_labels.to(device)
num_steps = on(device, cpu=80, cuda=3000)
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


def network(seed, widths, images, labels, num_steps):
    """Return blocks, trained for so many steps or for none."""
    generator = seed_everything(seed)
    blocks = make_blocks(widths)
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(widths[-1], 10)
    net = nn.Sequential(*blocks, nn.ReLU(), *head).to(images.device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    for step in range(max(num_steps, 40)):
        pick = torch.randint(len(images), (64,), generator=generator)
        scores = net(images[pick])
        if step < num_steps:
            loss = cross_entropy(scores, labels[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return net.eval().requires_grad_(False)[: len(blocks)]


# %%
# 裁判 | Judges
# -------------
# 图块是 7 × 7 的方块，147 个数。沿 64 个随机方向看两幅图的图块，各自排好序，再逐个相
# 减，平均的差就是它们的距离。图块不记得自己在哪里。
#
# Patches are squares of 7 by 7, with 147 numbers. Those of two pictures are
# looked at along 64 random directions. Sorted values are subtracted one by
# one, and the mean difference is the distance. Patches forget their place.


def patch_distance(image, other, generator):
    """Return how much the distributions of patches differ."""
    directions = torch.randn(147, 64, generator=generator)
    directions = (directions / directions.norm(dim=0)).to(image.device)
    sorted_values = [
        (unfold(x[None], 7)[0].T @ directions).sort(dim=0).values
        for x in (image, other)
    ]
    return (sorted_values[0] - sorted_values[1]).abs().mean().item()


def edges(image):
    """Return how steep the brightness is at each place, less its mean."""
    gray = image.mean(dim=0)
    steep = gray.diff(dim=0)[:, 1:].hypot(gray.diff(dim=1)[1:])
    return (steep - steep.mean()).flatten()


# %%
# 每个裁判给一个数，越小越近：网络量的内容和风格，边缘量的内容，图块量的风格。
#
# Each judge gives a number, the smaller the closer: content and style by the
# network, content by edges, and style by patches.


def judge(image, blocks, photo, painting):
    """Return four distances, from the photograph or from the painting."""
    deep, wanted = blocks(image[None]), blocks(photo[None])
    grams = gram_matrix(blocks(painting[None]))
    draws = torch.Generator().manual_seed(0)
    alike = torch.cosine_similarity(edges(image), edges(photo), dim=0)
    return [
        content_loss(deep, wanted).item(),
        style_loss(deep, grams).item(),
        1 - alike.item(),
        patch_distance(image, painting, draws),
    ]


# %%
# 三个种子 | Three seeds
# ----------------------

pair = photo, painting
OPTIONS = {"content_blocks": [3], "style_blocks": [0, 1, 2, 3, 4]}
OPTIONS["num_steps"] = 60
other = network(9, (24, 40, 56), *train, num_steps)
kinds = {"trained": num_steps, "random": 0}
found = {kind: [] for kind in kinds}
for seed in range(3):
    for kind, steps in kinds.items():
        blocks = network(seed, (16, 32, 48, 64), *train, steps)
        for weight in CONTENT_WEIGHTS:
            OPTIONS["content_weight"] = weight
            result = transfer_style(*pair, blocks, **OPTIONS)
            found[kind].append(judge(result.image, other, *pair))
        print(kind, seed, found[kind][-3:], flush=True)
shape = 3, len(CONTENT_WEIGHTS), 4  # seeds, weights, judges
found = {kind: torch.tensor(rows).view(shape) for kind, rows in found.items()}
colors = torch.tensor(judge(match_colors(*pair), other, *pair))
print(colors)

# %%
# 结果 | The result
# -----------------
# 左边的两轴由网络量，右边的两轴不用网络。越靠左下越好。每条线是一个种子，三个点是内
# 容的三种权重。
#
# On the left both axes are measured by the network, on the right by none. The
# closer to the bottom left, the better. Each line is a seed, and its three
# dots are three weights of content.

STYLES = {
    "trained": ("训练过的特征 | trained features", "o-", "tab:blue"),
    "random": ("随机的特征 | random features", "s--", "tab:orange"),
}

# %%
# 左右各一个坐标系。
#
# One frame on the left and one on the right.

fig, axes = plt.subplots(1, 2, figsize=(9, 4.4), layout="constrained")
for ax, (x, y) in zip(axes, [(0, 1), (2, 3)], strict=True):
    for kind, (label, style, color) in STYLES.items():
        for seed, run in enumerate(found[kind]):
            name = label if seed == 0 else None
            ax.plot(run[:, x], run[:, y], style, c=color, label=name)
    name = "只换颜色 | colors alone"
    ax.plot(colors[x], colors[y], "k^", ms=9, label=name)
    ax.set(yscale="log")
axes[0].set_xlabel("内容，由网络量 | content, by the network")
axes[0].set_ylabel("风格，由网络量 | style, by the network")
axes[1].set_xlabel("内容，由边缘量 | content, by edges")
axes[1].set_ylabel("风格，由图块量 | style, by patches")
names = axes[0].get_legend_handles_labels()
fig.legend(*names, loc="outside lower center", ncols=3)
fig.set_label(
    "训练过的和随机的特征，内容与风格的距离，左边由网络量，右边不用网络；只换颜色的"
    "照片内容近，风格远 | Distances in content and style for trained and random"
    " features, by a network on the left and without one on the right; the"
    " photograph in new colors is near in content and far in style"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

# 内容的权重大时，训练过的特征两样都好。权重小时，两种特征都带来笔触。
#
# With much weight on content, trained features are better in both. With little,
# either kind brings strokes.

trained, random = found["trained"], found["random"]
if not data.stand_in:
    assert trained[:, 2, 0].mean() < random[:, 2, 0].mean()
    assert trained[:, 2, 1].mean() < 0.8 * random[:, 2, 1].mean()
    assert (trained[:, 0, 3] < 0.7 * colors[3]).all()
    assert (random[:, 0, 3] < 0.7 * colors[3]).all()
assert (trained[:, :, 3].mean(dim=1) < colors[3]).all()
names = "content", "style", "edges", "patches"
values = {f"colors_{name}": colors[k] for k, name in enumerate(names)}
for kind, run in found.items():
    for k, name in enumerate(names):
        values[f"{kind}_{name}_low"] = run[:, 0, k]
        values[f"{kind}_{name}_high"] = run[:, 2, k]
over = "3 个随机种子 | 3 random seeds"
record_all("style_features", values, unit="", over=over, format=".3f")

# %%
# 练习 | Exercise
# ---------------
# 裁判怎样给原来的照片打分？为什么换了颜色，风格的距离就小了许多，可是图块的距离小得
# 不多？
#
# How do the judges score the photograph itself? Why is the distance in style
# far smaller once colors are changed, and that of patches less so?

as_it_was = torch.tensor(judge(photo, other, *pair))
print(as_it_was / colors)
# Content is the same. Brightness dominates the Gram matrix, and squares count.
assert as_it_was[0] == 0
assert as_it_was[1] > colors[1]
assert as_it_was[3] > colors[3]
