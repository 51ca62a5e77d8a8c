r"""
一个公式，每一层的形状 | One formula, the shape of every layer
==============================================================

卷积和池化都是把一个窗口滑过一张图。窗口放得下几次，输出就有多宽。
这只是数数，所以有一个公式。我们用它算出 LeNet 每一层的形状，画出来，
再在一千组随机的大小、窗口、填充和步幅上与 PyTorch 核对。

A convolution and a pooling both slide a window over an image. The output is
as wide as the number of places where the window fits. That is mere counting,
so there is a formula for it. We let it give the shape of each layer of LeNet,
draw them, and compare it with PyTorch for a thousand random sizes, windows,
paddings and strides.

**你需要** :doc:`/convolutional-networks/lenet` 里的卷积和池化；**你得到**
一张 LeNet 的图，和一个可以放心的公式。

**You need** convolution and pooling from
:doc:`/convolutional-networks/lenet`; **you get** a picture of LeNet and a
formula that can be trusted.
"""

import random

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import conv2d

from d2lnotes.plotting.networks import plot_layer_shapes
from d2lnotes.results import record

# %%
# 数一数放得下几次 | Counting the places
# --------------------------------------
# 输入边长 :math:`n`，四周各补 :math:`p` 圈 0，边长就是 :math:`n + 2p`。
# 边长为 :math:`k` 的窗口从 0 开始放，每次移 :math:`s` 格，最远放到
# :math:`n + 2p - k`。
#
# An input of side :math:`n` with :math:`p` rings of zeros around it has side
# :math:`n + 2p`. A window of side :math:`k` is placed at 0 first, moves by
# :math:`s`, and can go as far as :math:`n + 2p - k`.


def side(n, k, p=0, s=1):
    """Return how often a window of side ``k`` fits into a side of ``n``."""
    return (n + 2 * p - k) // s + 1


def shape_of(channels, n):
    """Return the shape of a square image with ``channels`` channels."""
    return channels, n, n


first = side(28, k=5, p=2)
pooled = side(first, k=2, s=2)
second = side(pooled, k=5)
last = side(second, k=2, s=2)
shapes = [shape_of(1, 28), shape_of(6, first), shape_of(6, pooled)]
shapes += [shape_of(16, second), shape_of(16, last), (120,), (84,), (10,)]
print(shapes)

# %%
# 这就是 LeNet。每个方框是一张特征图，方框有多宽，图就有多少个像素宽。
# 两次卷积把图变多，两次池化把图变小；最后三层只是一列数。
#
# This is LeNet. Each square is a feature map, drawn as wide as it has pixels.
# The two convolutions make more maps, the two poolings make them smaller, and
# the last three layers are columns of numbers.

fig, ax = plt.subplots(figsize=(10, 3.4), layout="constrained")
titles = [
    "图片 | image",
    "卷积 5×5 | conv 5×5",
    "池化 | pool",
    "卷积 5×5 | conv 5×5",
    "池化 | pool",
    "全连接 | dense",
    "全连接 | dense",
    "输出 | output",
]
plot_layer_shapes(shapes, titles=titles, ax=ax)
fig.set_label(
    "LeNet 的各层从左到右：1 张 28×28 的图，6 张 28×28，6 张 14×14，"
    "16 张 10×10，16 张 5×5，然后是 120、84 和 10 个数"
    " | The layers of LeNet from left to right: 1 image of 28×28, 6 maps of"
    " 28×28, 6 of 14×14, 16 of 10×10, 16 of 5×5, then 120, 84 and 10 numbers"
)
plt.show()

# %%
# 与 PyTorch 核对 | Compared with PyTorch
# ---------------------------------------
# 一千组随机的数，窗口不比填充之后的图大。每一组都用真正的卷积算一次。
#
# A thousand random settings in which the window is no larger than the padded
# image, each of them computed by an actual convolution.

draw = random.Random(0)
num_agreeing, num_settings = 0, 1000
for _ in range(num_settings):
    n, p, s = draw.randint(1, 30), draw.randint(0, 4), draw.randint(1, 5)
    k = draw.randint(1, n + 2 * p)
    image, kernel = torch.zeros(1, 1, n, n), torch.zeros(1, 1, k, k)
    output = conv2d(image, kernel, padding=p, stride=s)
    num_agreeing += output.shape[-1] == side(n, k, p, s)
print(f"{num_agreeing} of {num_settings} agree")

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 一千组全部相符。
#
# All thousand agree.

assert num_agreeing == num_settings
record("lenet_layers.settings", num_settings, format=",.0f")

# %%
# 练习 | Exercise
# ---------------
# 边长 224 的图片，窗口 7、填充 3、步幅 2 的卷积，再加窗口 3、填充 1、步幅 2
# 的池化，边长变成多少？先手算，再用 ``side`` 核对。
#
# An image of side 224 goes through a convolution with window 7, padding 3 and
# stride 2, then a pooling with window 3, padding 1 and stride 2. What side is
# left? By hand first, then with ``side``.

assert side(side(224, k=7, p=3, s=2), k=3, p=1, s=2) == 56
