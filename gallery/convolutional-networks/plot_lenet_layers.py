r"""
LeNet 的形状：一个公式和一个真的网络 | LeNet: a formula and the network itself
==============================================================================

窗口放得下几次，输出就有多宽，这个公式前面已经有了。我们用它从 28×28
的图片一层一层算到十个得分，画出来，再与真正的网络核对。

The output of a layer is as wide as the number of places where its window
fits, and there is a formula for that. We use it to go from an image of 28×28
to ten scores, layer by layer, draw the result, and compare it with the
network itself.

**你需要** :doc:`/convolutional-networks/padding-and-stride` 和
:doc:`/convolutional-networks/pooling`；**你得到** 一张 LeNet 的图，和它
的参数都在哪里。

**You need** :doc:`/convolutional-networks/padding-and-stride` and
:doc:`/convolutional-networks/pooling`; **you get** a picture of LeNet, and
where its parameters are.
"""

import matplotlib.pyplot as plt
from torch import nn

from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import LeNet
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
# 与真的网络核对 | Compared with the network itself
# -------------------------------------------------
# ``layer_table`` 送一张图片通过网络，记下每一层输出的形状和参数的个数。
# 激活函数和展平不改变数的个数，所以只看卷积、池化和全连接。
#
# ``layer_table`` sends an image through the network and notes the shape of
# each layer's output and its number of parameters. Activations and flattening
# leave the count of numbers alone, so we look at convolutions, poolings and
# dense layers.

table = layer_table(LeNet(), (1, 28, 28))
print(table)
kinds = {kind.__name__ for kind in (nn.Conv2d, nn.AvgPool2d, nn.Linear)}
measured = [row for row in table.rows if row.kind in kinds]
dense = next(row for row in measured if row.kind == "Linear")

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 形状一层一层相符。多数参数在第一个全连接层。
#
# The shapes agree layer by layer. Most parameters are in the first dense
# layer.

assert [row.shape for row in measured] == shapes[1:]
assert dense.parameters > table.parameters / 2
record(
    "lenet_layers.first_dense",
    dense.parameters / table.parameters,
    format=".2f",
)

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
