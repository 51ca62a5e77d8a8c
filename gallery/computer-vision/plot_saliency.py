r"""
看起来对的图，未必与权重有关 | A map that looks right may not depend on the weights
===================================================================================

一个网络学会了分开四类照片。把它的权重从最后一层起换成随机的数，它就什么也不会了。一张
说明“网络看了哪里”的图，这时应当变得面目全非。我们用六种方法画图，比较换掉之前和之后的
名次相关。对照有两个：另一个种子训练出来的网络的图，和根本不看网络的边缘检测。

A network has learned to tell four kinds of photographs apart. Replace its
weights by random numbers, from the last layer on, and it knows nothing any more.
A map of “what the network looked at” should then change altogether. Six methods
draw maps, and we compare those before and after by rank correlation. There are
two controls: the maps of a network that was trained with another seed, and edge
detection, which does not look at any network.

**你需要** :doc:`/computer-vision/saliency`；**你得到** 一项检查：哪些方法的图随权重改变。

**You need** :doc:`/computer-vision/saliency`; **you get** a check of which maps
change with the weights.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import conv2d, cross_entropy, pad

from d2lnotes import saliency
from d2lnotes.data import fetch_cifar10
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_cifar10(num_train=8000, stand_in=True)
num_seeds = on(device, cpu=3, cuda=5)
num_steps = on(device, cpu=200, cuda=2000)
FIRST_CLASS, NUM_MAPS = 6, 60  # frog, horse, ship, truck

# %%
# 四类照片，三个网络 | Four classes, three networks
# -------------------------------------------------
# 网络有三层卷积，每层后面是批量归一化和 ReLU；末尾取平均，接全连接层。
#
# The networks have three convolutions with batch normalization and ReLU, then a
# mean over all places and a dense layer.


def four_classes(images, labels, device):
    """Return the photographs of the last four classes, labels from 0 on."""
    chosen = labels >= FIRST_CLASS
    pictures = (images[chosen] - 0.47) / 0.25
    return pictures.to(device), (labels[chosen] - FIRST_CLASS).to(device)


def make_network():
    """Return three convolutions, a mean over all places and a dense layer."""
    layers = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 64)):
        layers += [
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.MaxPool2d(2) if outputs < 64 else nn.AdaptiveAvgPool2d(1),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 4))


# %%
# 训练用 Adam。
#
# Training uses Adam.


def train(pictures, labels, num_steps, seed):
    """Return a network that was trained with Adam, in evaluation mode."""
    draws = seed_everything(seed)
    network = make_network().to(pictures.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    for _ in range(num_steps):
        pick = torch.randint(len(pictures), (64,), generator=draws)
        pick = pick.to(pictures.device)
        loss = cross_entropy(network(pictures[pick]), labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


given = four_classes(data.train_images, data.train_labels, device)
tests, test_labels = four_classes(data.test_images, data.test_labels, device)
networks = [train(*given, num_steps, seed) for seed in range(num_seeds)]
with torch.no_grad():
    right = [
        (network(tests[:1000]).argmax(dim=1) == test_labels[:1000])
        .double()
        .mean()
        for network in networks
    ]
print("accuracy", right)

# %%
# 六种图，和边缘 | Six maps, and edges
# ------------------------------------
# 每张图都变成 32 × 32 个不小于 0 的数。边缘检测是照片灰度的 Sobel 滤波，与网络无关。
#
# Each map becomes 32 by 32 numbers that are not negative. Edge detection is a
# Sobel filter of the gray photograph and has nothing to do with a network.


def maps(network, pictures, labels):
    """Return six maps of the score of the true class, each (n, 32, 32)."""
    layer = network[10]  # the last ReLU
    return saliency.all_maps(network, pictures, labels, layer=layer, size=8)


def edges(pictures):
    """Return how fast the brightness changes at each pixel: (n, 32, 32)."""
    gray = pad(
        pictures.mean(dim=1, keepdim=True), (1, 1, 1, 1), mode="replicate"
    )
    across = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    kernels = torch.stack([across, across.T])[:, None].to(pictures)
    return conv2d(gray, kernels).norm(dim=1)


# %%
# 从最后一层起，一层一层换掉 | Layer by layer, from the last
# ----------------------------------------------------------
# 先换掉全连接层的权重，再换掉第三层卷积，直到第一层。每一步都量一次名次相关。
#
# First the weights of the dense layer are replaced, then those of the third
# convolution too, down to the first. Each time the rank correlation is measured.


def randomized(network, depth, seed):
    """Return a copy with the last ``depth`` layers of weights drawn anew."""
    seed_everything(seed)
    copy = make_network().to(next(network.parameters()).device).eval()
    fresh = make_network().to(next(network.parameters()).device)
    copy.load_state_dict(network.state_dict())
    start = (13, 8, 4, 0)[depth - 1]  # the layers from here on
    for old, new in zip(copy[start:], fresh[start:], strict=True):
        old.load_state_dict(new.state_dict())
    return copy


def agreement(first, second):
    """Return the mean rank correlation of two kinds of maps of photographs."""
    return saliency.rank_correlation(first, second).nanmean().item()


# %%
# 每种方法：换掉 1 到 4 层之后的相关，与另一个种子的网络的相关，与边缘的相关。最后是
# 随机网络的图与照片本身的对比度的相关，对比度是像素到平均颜色的距离。
#
# For each method: the correlation after 1 to 4 layers were replaced, with the
# network of another seed, and with edges. Last, that of a random network's map
# with the contrast of the photograph, the distance of a pixel from the mean color.

shown = tests[:NUM_MAPS], test_labels[:NUM_MAPS]
before = [maps(network, *shown) for network in networks]
outline, contrast = edges(shown[0]), saliency.heat_map(shown[0])
rows = {name: [] for name in before[0]}
for seed, network in enumerate(networks):
    after = [
        maps(randomized(network, d, 100 + seed), *shown) for d in (1, 2, 3, 4)
    ]
    other = before[(seed + 1) % num_seeds]
    for name, row in rows.items():
        found = [agreement(before[seed][name], maps_[name]) for maps_ in after]
        found.append(agreement(before[seed][name], other[name]))
        found.append(agreement(before[seed][name], outline))
        found.append(agreement(after[-1][name], contrast))
        row.append(found)
rows = {name: torch.tensor(row).double() for name, row in rows.items()}
for name, row in rows.items():
    print(name, [f"{x:.2f}" for x in row.mean(dim=0)], row[:, 3:5].tolist())

# %%
# 一张照片 | One photograph
# -------------------------
# 上一行是训练过的网络，下一行所有的权重都是随机的。
#
# The upper row is the trained network, in the lower row all weights are random.

TITLES = {
    "gradient": "梯度 | gradient",
    "path": "积分梯度 | integrated",
    "guided": "导向反向传播 | guided",
    "cam": "Grad-CAM",
}
pick = int((shown[1] == 1).nonzero()[0])
fig, axes = plt.subplots(2, 5, figsize=(11, 4.8), layout="constrained")
photo = shown[0][pick].cpu().permute(1, 2, 0) * 0.25 + 0.47
axes[0, 0].imshow(photo.clamp(0, 1))
axes[1, 0].imshow(outline[pick].cpu(), cmap="inferno")
axes[0, 0].set_title("照片 | photograph", fontsize=12)
axes[1, 0].set_title("边缘 | edges", fontsize=12)
last = maps(randomized(networks[0], 4, 100), *shown)
for ax, (name, title) in zip(axes[0, 1:], TITLES.items(), strict=True):
    ax.imshow(before[0][name][pick].cpu(), cmap="inferno")
    ax.set_title(title, fontsize=12)
for ax, name in zip(axes[1, 1:], TITLES, strict=True):
    ax.imshow(last[name][pick].cpu(), cmap="inferno")
axes[0, 1].set_ylabel("训练过 | trained", fontsize=13)
axes[1, 1].set_ylabel("随机 | random", fontsize=13)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
fig.set_label(
    "一匹马的照片，它的边缘，和四种方法的图；上一行是训练过的网络，下一行是权重随机的"
    "网络 | A photograph of a horse, its edges, and the maps of four methods; in"
    " the upper row for a trained network, in the lower for random weights"
)
plt.show()

# %%
# 相关怎样下降 | How the correlation falls
# ----------------------------------------

NAMES = TITLES | {"smooth": "SmoothGrad", "occlusion": "遮挡 | occlusion"}
fig, ax = plt.subplots(figsize=(8, 4.8), layout="constrained")
for (name, label), mark in zip(NAMES.items(), "os^Dvx", strict=True):
    row = rows[name][:, :4]
    spread = {"yerr": row.std(dim=0), "capsize": 3}
    (line, *_) = ax.errorbar(
        range(1, 5), row.mean(dim=0), marker=mark, label=label, **spread
    )
    control = rows[name][:, 4].mean()
    ax.plot(4.6, control, mark, color=line.get_color(), ms=9)
ax.set_xticks([1, 2, 3, 4, 4.6], ["1", "2", "3", "4", "种子 | seed"])
ax.set_xlabel("从末尾起换掉的层数 | layers replaced, from the last")
ax.set_ylabel("名次相关 | rank correlation")
ax.axhline(0, color="black", lw=0.8)
fig.legend(loc="outside right center")
fig.set_label(
    "六种图与原来的图的名次相关，随换掉的层数变化，最右边是另一个种子训练的网络"
    " | Rank correlation of six kinds of maps with those before, over the layers"
    " replaced; at the right, a network trained with another seed"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 遮挡和 Grad-CAM 的图随权重改变：两个训练过的网络相近，随机的网络不相近。积分梯度乘上了
# 照片，所以随机的网络也给出相近的图。
#
# Maps by occlusion and Grad-CAM change with the weights: two trained networks
# agree and a random one does not. Integrated gradients multiply by the
# photograph, so a random network gives a map much like it.

if data.stand_in:
    assert min(right) > 0.5
else:
    assert min(right) > 0.6
    means = {name: row.mean(dim=0) for name, row in rows.items()}
    for name in ("cam", "occlusion"):
        assert means[name][4] > means[name][3] + 0.3
    assert means["path"][3] > means["gradient"][3] + 0.05
    assert means["path"][6] > means["path"][5]
record_all(
    "saliency",
    {"accuracy": torch.stack(right)}
    | {f"{name}_random": row[:, 3] for name, row in rows.items()}
    | {f"{name}_other": row[:, 4] for name, row in rows.items()}
    | {f"{name}_edges": row[:, 5] for name, row in rows.items()}
    | {f"{name}_random_contrast": row[:, 6] for name, row in rows.items()},
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 边缘检测不看网络。它在这项检查里的名次相关会是多少？
#
# Edge detection looks at no network. What would its rank correlation be in this
# check?

same = agreement(edges(shown[0]), outline)
# The map does not change when the weights do, so it fails the check.
assert same > 0.999
