r"""
每个像素上一个感知机 | A perceptron at each pixel
=================================================

NiN 块是一次普通的卷积，后面跟着 :math:`1 \times 1` 的卷积。本脚本画出后面这几层
在一个像素上做的事：那是一个多层感知机，输入是这个像素的各个通道。然后核对：把
每个像素单独交给这个感知机，结果与卷积层的一样。

A NiN block is an ordinary convolution followed by convolutions of
:math:`1 \times 1`. This script draws what the latter do at one pixel: it is a
multilayer perceptron whose inputs are the channels of that pixel. Then it
checks: the same perceptron, applied to each pixel by itself, gives what the
convolutional layers give.

**你需要** :doc:`/modern-cnns/nin` 开头的手算；**你得到** 一张图，和卷积与感知机
之差。

**You need** the calculation at the start of :doc:`/modern-cnns/nin`; **you
get** a picture, and the difference between convolution and perceptron.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from d2lnotes.models.convnets import NiNBlock, NiNSpec
from d2lnotes.plotting.networks import plot_network
from d2lnotes.results import record

# %%
# 一个像素 | One pixel
# --------------------
# 三个通道的值是 1、2、−1。边上的数是 :math:`1 \times 1` 卷积的权重，每个像素上
# 都用这几个。
#
# The three channels are 1, 2 and −1. The numbers on the edges are the weights
# of the :math:`1 \times 1` convolutions, the same at each pixel.

first = torch.tensor([[1.0, 0], [0, 1], [1, -1]])  # (channels, hidden)
second = torch.tensor([[2.0], [1]])
fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
plot_network(
    [3, 2, 1],
    units=[["1", "2", "−1"], ["0", "3"], ["2"]],
    weights=[first, second],
    biases=[torch.zeros(2), torch.tensor([-1.0])],
    titles=[
        "一个像素的通道 | channels of a pixel",
        "1×1, ReLU",
        "1×1",
    ],
    ax=ax,
)
fig.set_label(
    "一个像素的三个通道 1、2、−1，经过两个隐藏单元 0 和 3，得到 2 | The three"
    " channels 1, 2, −1 of a pixel lead to two hidden units, 0 and 3, and to 2"
)
plt.show()

# %%
# 每个像素都一样 | The same at each pixel
# ---------------------------------------
# 取一个真正的块，5×5 的卷积之后是两层 1×1。把第一层的输出看作一张表，一行一个
# 像素，再用两个全连接层。
#
# Take an actual block, a 5×5 convolution and two of 1×1. See the output of the
# first layer as a table with a row for each pixel, and apply two dense layers.

torch.manual_seed(0)
block = NiNBlock(3, NiNSpec((16, 16, 16), side=5, padding=2)).double()
images = torch.rand(4, 3, 32, 32, dtype=torch.float64)
rows = block[0](images).relu().movedim(1, -1).flatten(0, 2)  # (pixels, 16)
dense = nn.Sequential(nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 16))
dense.double()
for linear, convolution in ((dense[0], block[2]), (dense[2], block[4])):
    linear.weight.data = convolution.weight.data.flatten(1)
    linear.bias.data = convolution.bias.data
by_pixel = dense(rows).relu()
expected = block(images).movedim(1, -1).flatten(0, 2)
apart = (by_pixel - expected).abs().max().item()
print(len(rows), apart)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 4,096 个像素，差别只有舍入误差那么大。
#
# 4,096 pixels, and a difference no larger than rounding.

assert apart < 1e-12
record("nin_block.pixels", len(rows), format=",.0f")

# %%
# 练习 | Exercise
# ---------------
# 用 :math:`3 \times 3` 卷积代替 :math:`1 \times 1`，还能这样逐个像素地算吗？
#
# With :math:`3 \times 3` in place of :math:`1 \times 1`, could one still compute
# pixel by pixel?

wide = nn.Conv2d(16, 16, kernel_size=3, padding=1).double()
shuffled = torch.randperm(32)
maps = block(images)
moved = wide(maps[..., shuffled])
assert not torch.allclose(moved, wide(maps)[..., shuffled])
one = block[4]
assert torch.allclose(one(maps[..., shuffled]), one(maps)[..., shuffled])
