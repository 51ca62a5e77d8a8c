r"""
全局平均池化代替全连接层 | A global mean in place of dense layers
=================================================================

NiN 的最后没有全连接层：给每个类别一张特征图，取它的平均作为得分。这样省下的
参数看得见。准确率呢？本脚本让同一个主体接三种输出部分：两个全连接层、全局平均，
以及先过 ReLU 再取全局平均。图片多和图片少的时候各训练一次。

NiN ends without dense layers: each class has a feature map of its own, and its
mean is the score. The parameters saved are plain to see. And the accuracy?
This script puts three heads on the same body: two dense layers, a global
mean, and a global mean of maps that first pass ReLU. It trains them with many
images and with few.

**你需要** :doc:`/modern-cnns/nin`；**你得到** 三种输出部分的参数个数、测试
准确率，以及图片平移以后还剩下的准确率。

**You need** :doc:`/modern-cnns/nin`; **you get** the parameters of three heads,
their test accuracy, and the accuracy that is left when the pictures are moved.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import pad

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data import fetch_cifar10
from d2lnotes.initializers import he_
from d2lnotes.models.convnets import NiNBlock, NiNSpec
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_seeds = on(device, cpu=3, cuda=10)
data = fetch_cifar10(num_train=10_000, stand_in=True)
SIDE, CHANNELS = 7, 64  # of the maps that the body gives
SHIFTS = [0, 2, 4, 6, 8]

# %%
# 一个主体，三种输出部分 | One body, three heads
# ----------------------------------------------
# 主体给出 64 张 :math:`7 \times 7` 的图。全连接的输出部分把它们展平，经过 128
# 个隐藏单元。另外两种用 :math:`1 \times 1` 卷积变成 10 张图，再取平均。
#
# The body gives 64 maps of :math:`7 \times 7`. The dense head flattens them and
# has 128 hidden units. The two others make 10 maps of them by a
# :math:`1 \times 1` convolution and take the mean.


def make_head(kind):
    """Return what turns (batch, 64, 7, 7) maps into 10 logits."""
    if kind == "dense":
        return nn.Sequential(
            nn.Flatten(),
            nn.Linear(CHANNELS * SIDE**2, 128),
            nn.ReLU(),
            nn.Linear(128, 10),
        )
    maps = [nn.Conv2d(CHANNELS, 10, kernel_size=1)]
    if kind == "relu":
        maps.append(nn.ReLU())
    return nn.Sequential(*maps, nn.AdaptiveAvgPool2d(1), nn.Flatten())


# %%
# 主体是一个 NiN 块、一次池化和一个短一点的块。
#
# The body is a NiN block, a pooling and a shorter block.


def make_network(kind):
    """Return body and head; all their weights start by the rule of He."""
    body = nn.Sequential(
        NiNBlock(3, NiNSpec((24, 24, 24), side=5, stride=2, padding=2)),
        nn.MaxPool2d(3, stride=2),
        NiNBlock(24, NiNSpec((CHANNELS, CHANNELS), side=3, padding=1)),
    )
    network = nn.Sequential(body, make_head(kind))
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            he_(layer.weight)
            nn.init.zeros_(layer.bias)
    return network.to(memory_format=torch.channels_last)


def count(module):
    """Return the number of parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


sizes = {kind: count(make_network(kind)[1]) for kind in ("dense", "mean")}
body_size = count(make_network("mean")[0])
print(body_size, sizes)

# %%
# 训练 | Training
# ---------------
# 10,000 张图片看 5 遍，2,000 张看 25 遍，步数一样。同一个种子的主体从同样的
# 权重开始，看到同样的批次。学习率是在训练图片里留出的部分上选的。
#
# 10,000 images are seen 5 times and 2,000 images 25 times, in the same number
# of steps. For one seed the bodies start from the same weights and see the
# same batches. The learning rate was chosen on held-out training images.


def train(kind, num_images, data, num_seeds, device):
    """Return the test accuracies, (seeds,), and the trained networks."""
    networks = []

    def make():
        networks.append(make_network(kind))
        return networks[-1]

    accuracies = held_out_accuracies(
        make,
        data,
        # On the digits that may stand in, 0.05 diverges.
        learning_rate=0.01 if data.stand_in else 0.05,
        seeds=num_seeds,
        num_images=num_images,
        num_epochs=50_000 // num_images,
        device=device,
    )
    return accuracies, networks


# %%
# 三种输出部分都看许多图片；全连接的和全局平均的再看少的。
#
# All three heads see many images; the dense one and the global mean also see few.

runs = {}
for kind, num_images in (
    ("dense", 10_000),
    ("mean", 10_000),
    ("relu", 10_000),
    ("dense", 2_000),
    ("mean", 2_000),
):
    runs[kind, num_images] = train(kind, num_images, data, num_seeds, device)
    print(kind, num_images, runs[kind, num_images][0])

# %%
# 左：参数个数。右：测试准确率，每个点是一个种子。
#
# Left: the parameters. Right: the test accuracy, with a point for each seed.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.3), layout="constrained"
)
names = {
    "dense": "全连接 | dense layers",
    "mean": "全局平均 | global mean",
    "relu": "ReLU 之后平均 | mean after ReLU",
}
bars = {"主体 | body": body_size}
bars |= {names[kind]: size for kind, size in sizes.items()}
drawn = left.bar(list(bars), bars.values(), color=["0.6", "C0", "C1"])
left.bar_label(drawn, [f"{size:,}" for size in bars.values()])
left.set(yscale="log", ylim=(100, 2e6))
left.set_ylabel("参数个数 | number of parameters")
for (kind, num_images), (accuracies, _) in runs.items():
    place = [2_000, 10_000].index(num_images) + 0.2 * list(names).index(kind)
    style = f"C{list(names).index(kind)}o"
    label = names[kind] if num_images == 10_000 else None
    right.plot([place] * num_seeds, accuracies, style, ms=9, label=label)
right.set_xticks([0.1, 1.2], ["2,000", "10,000"])
right.set_xlabel("训练图片 | training images")
right.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
right.legend()
fig.set_label(
    "左：主体、全连接的和全局平均的输出部分的参数个数；右：三种输出部分的测试"
    "准确率，图片少和图片多 | Left: parameters of the body, of a dense head and"
    " of a global mean; right: test accuracy of three heads, with few images"
    " and with many"
)
plt.show()

# %%
# 图片移动几格 | Pictures moved by some pixels
# --------------------------------------------
# 把测试图片右移，空出来的地方填上平均的颜色。网络不再训练。
#
# Move the test images to the right and fill the gap with the mean color. The
# networks are not trained again.


def shifted_accuracies(networks, data, device):
    """Return the accuracy of each network at each shift: (shifts, seeds)."""
    std, mean = torch.std_mean(data.train_images, dim=(0, 2, 3), keepdim=True)
    images = ((data.test_images[:2000] - mean) / std).to(device)
    labels = data.test_labels[:2000].to(device)
    found = torch.zeros(len(SHIFTS), len(networks))
    for i, shift in enumerate(SHIFTS):
        moved = pad(images, (shift, 0))[..., : images.shape[-1]]
        for j, network in enumerate(networks):
            with torch.no_grad():
                right = network(moved).argmax(dim=1) == labels
            found[i, j] = right.float().mean()
    return found


moved = {
    kind: shifted_accuracies(runs[kind, 10_000][1], data, device)
    for kind in ("dense", "mean")
}
fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for kind, style in (("dense", "o-"), ("mean", "s--")):
    plot_spread(SHIFTS, moved[kind], style, label=names[kind], ax=ax)
ax.set_xlabel("右移的像素 | pixels moved to the right")
ax.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
ax.legend()
fig.set_label(
    "测试准确率随图片右移的像素下降，两种输出部分各一条线 | Test accuracy falls"
    " with the pixels by which the images are moved, a line for each head"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 全局平均的输出部分少四百倍以上的参数。
#
# The head with a global mean has less than a four hundredth of the parameters.

assert sizes["mean"] < sizes["dense"] / 400
gain = {n: runs["mean", n][0] - runs["dense", n][0] for n in (2_000, 10_000)}
record_all(
    "nin_global_pooling",
    {
        "body": body_size,
        "dense_head": sizes["dense"],
        "mean_head": sizes["mean"],
    },
    format=",.0f",
)
kept = {kind: rates[2] / rates[0] for kind, rates in moved.items()}
record_all(
    "nin_global_pooling",
    {
        "dense_many": runs["dense", 10_000][0],
        "mean_many": runs["mean", 10_000][0],
        "relu_many": runs["relu", 10_000][0],
        "dense_few": runs["dense", 2_000][0],
        "mean_few": runs["mean", 2_000][0],
        "gain_many": gain[10_000],
        "gain_few": gain[2_000],
        "dense_kept": kept["dense"],
        "mean_kept": kept["mean"],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 先取平均，再用一个全连接层，与先用 :math:`1 \times 1` 卷积再取平均，结果相等吗？
#
# Is taking the mean first and a dense layer second equal to a
# :math:`1 \times 1` convolution first and the mean second?

maps = torch.randn(5, CHANNELS, SIDE, SIDE, device=device)
head = make_head("mean").to(device)
weight, bias = head[0].weight.flatten(1), head[0].bias
mean_first = maps.mean(dim=(2, 3)) @ weight.T + bias
assert torch.allclose(mean_first, head(maps), atol=1e-5)
