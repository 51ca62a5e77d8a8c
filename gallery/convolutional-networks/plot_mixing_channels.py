r"""
像素不相遇，准确率最低 | Where pixels do not meet, accuracy is lowest
=====================================================================

普通的 3×3 卷积同时做两件事：把邻近的像素加在一起，把各个通道加在一起。两件事可以
分开做。如果只做其中一件呢？本脚本用同样的网络骨架，换五种层，在 Fashion-MNIST 上
各训练几个种子。

An ordinary 3×3 convolution does two things at once: it adds up neighboring
pixels, and it adds up channels. They can be done apart. And if one of them is
left out? With the same frame of a network and five kinds of layer in it, this
script trains several seeds each on Fashion-MNIST.

**你需要** :doc:`/convolutional-networks/channels`；**你得到** 五种层的准确率与
运算，以及少做一件事的代价。

**You need** :doc:`/convolutional-networks/channels`; **you get** accuracy and
operations of five kinds of layer, and the price of leaving one thing out.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data import fetch_fashion_mnist
from d2lnotes.layer_table import layer_table
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
NUM_SEEDS = 3
BUDGET = {
    "seeds": NUM_SEEDS,
    "num_images": on(device, cpu=5000, cuda=60_000),
    "num_epochs": on(device, cpu=4, cuda=10),
    "batch_size": 64,
    "device": device,
}

# %%
# 一个骨架，五种层 | One frame, five kinds of layer
# -------------------------------------------------
# 第一层是普通的 3×3，步幅 2，得到 14×14。后面三层是要比较的，其中第一个步幅是 2，
# 得到 7×7。最后对所有位置求平均，接一个线性层。“更宽”把通道加到 92 个，使三层的
# 运算与普通的相近。
#
# The first layer is an ordinary 3×3 with stride 2, which gives 14×14. Three
# layers of the kind to be compared follow, the first with stride 2, which gives
# 7×7. Then comes the mean over all places and a linear layer. “Wider” has 92
# channels, so that its three layers have about as many operations as the
# ordinary ones.


class MeanOverPlaces(nn.Module):
    """The mean of each channel: (n, c, h, w) to (n, c)."""

    def forward(self, maps):
        """Return the means."""
        return maps.mean(dim=(2, 3))


def layer(kind, c, stride):
    """Return one layer of a kind, from c to c channels."""
    three = {"kernel_size": 3, "stride": stride, "padding": 1}
    if kind == "full":
        return nn.Conv2d(c, c, **three)
    if kind == "pixels":
        return nn.Conv2d(c, c, groups=c, **three)
    if kind == "channels":
        return nn.Conv2d(c, c, 1, stride)
    depthwise = nn.Conv2d(c, c, groups=c, **three)
    return nn.Sequential(depthwise, nn.Conv2d(c, c, 1))


# %%
# 网络的其余部分对五种都一样。
#
# The rest of the network is the same for all five.


def make_model(kind, c):
    """Return the network with He's initialization."""
    layers = [nn.Conv2d(1, c, 3, 2, 1), nn.ReLU()]
    for stride in (2, 1, 1):
        layers += [layer(kind, c, stride), nn.ReLU()]
    model = nn.Sequential(*layers, MeanOverPlaces(), nn.Linear(c, 10))
    for module in model.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)
    return model


# %%
# 学习率在留出的训练图片上选过，规模是这里的一半：每种取 0.05、0.1、0.2 里最好的。
# 最好的离训练垮掉不远，所以用它的一半。更宽的用窄的学习率。
#
# Learning rates were chosen on held-out training images, at half the size of
# this experiment: the best of 0.05, 0.1 and 0.2 for each kind. The best is not
# far from where training breaks down, so half of it is used. The wider one
# takes the rate of the narrow one.

KINDS = {
    "full": (32, 0.1, "3×3"),
    "separable": (32, 0.05, "深度可分离 | separable"),
    "wider": (92, 0.05, "可分离，更宽 | separable, wider"),
    "pixels": (32, 0.1, "只有像素相遇 | pixels meet"),
    "channels": (32, 0.1, "只有通道相遇 | channels meet"),
}
found, counts = {}, {}
for kind, (c, rate, _) in KINDS.items():

    def make(kind=kind, c=c):
        """Return a new network of this kind."""
        return make_model(kind, c)

    found[kind] = held_out_accuracies(make, data, learning_rate=rate, **BUDGET)
    table = layer_table(make(), (1, 28, 28))
    counts[kind] = table.parameters, table.operations
    print(kind, counts[kind], found[kind])

# %%
# 准确率与运算 | Accuracy and operations
# --------------------------------------
# 横轴是处理一张图片的乘加，小点是各个种子，大的记号是平均。
#
# The horizontal axis is multiply-adds for one picture. Small dots are seeds,
# large markers their mean.

fig, ax = plt.subplots(figsize=(8.5, 4.6), layout="constrained")
for (kind, (_, _, name)), mark in zip(KINDS.items(), "os^vD", strict=True):
    x = counts[kind][1] / 1e6
    (dots,) = ax.plot([x] * NUM_SEEDS, found[kind], ".", ms=5)
    ax.plot(
        x, found[kind].mean(), mark, ms=11, color=dots.get_color(), label=name
    )
ax.set_xscale("log")
ax.set_xlabel("运算（百万次乘加） | operations (millions)")
ax.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
ax.legend()
fig.set_label(
    "五种层的测试准确率与运算：深度可分离的运算比普通的 3×3 少得多，"
    "只让通道相遇的准确率最低"
    " | Test accuracy of five kinds of layer against operations: separable has"
    " far fewer than the ordinary 3×3, and the one in which channels alone"
    " meet is lowest"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每个种子里，只让通道相遇的都不如深度可分离的，也不如只让像素相遇的。
#
# For each seed, the one in which channels alone meet is worse than separable,
# and worse than the one in which pixels alone meet.

loss = {kind: found["separable"] - found[kind] for kind in KINDS}
if not data.stand_in:
    assert (loss["channels"] > 0).all()
    assert (loss["channels"] > loss["pixels"]).all()
over = f"{NUM_SEEDS} 个随机种子 | {NUM_SEEDS} random seeds"
record_all(
    "mixing_channels",
    {
        **found,
        "full_gain": -loss["full"],
        "wider_gain": -loss["wider"],
        "pixels_gain": -loss["pixels"],
    },
    unit="fraction",
    over=over,
)
record_all(
    "mixing_channels",
    {f"{kind}_operations": ops / 1e6 for kind, (_, ops) in counts.items()},
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# “只有像素相遇”的网络里，通道在哪里才相遇？为什么它还能认出一些类别？
#
# In the network where “pixels meet”, where do channels meet at last? Why can
# it still tell some classes apart?

model = make_model("pixels", 4)
for parameter in model.parameters():
    nn.init.ones_(parameter)  # so that no ReLU is at 0
maps = torch.rand(1, 4, 14, 14, requires_grad=True)
model[1:-1](maps)[0, 0].backward()  # one of the four means
assert maps.grad[0, 0].abs().sum() > 0 == maps.grad[0, 1:].abs().sum()

# %%
# 在最后的线性层里：它之前的每个平均值只取决于一个通道。每个类别因此可以看许多种
# 图案各有多强，只是没有由几种图案组成的图案。
#
# In the linear layer at the end. Each mean before it depends on one channel. So
# a class can look at how strong many patterns are, but there are no patterns
# made of several others.
