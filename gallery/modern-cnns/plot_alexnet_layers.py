r"""
AlexNet 的参数在全连接层，运算在卷积层 | Parameters in the dense layers, work in the convolutions
=================================================================================================

八层里，哪一层的参数最多，哪一层的乘加最多，训练时哪一层要存的数最多？三个问题有
三个不同的答案。本脚本逐层数一遍，画出 AlexNet 的形状，再看看去掉分组会怎样。

Of eight layers, which has the most parameters, which needs the most
multiply-adds, and which has the most outputs to keep in training? The three
questions have three different answers. This script counts layer by layer,
draws the shapes of AlexNet, and looks at what groups save.

**你需要** :doc:`/modern-cnns/alexnet`；**你得到** 一张画出各层形状的图，和参数、
运算、输出各占的比例。

**You need** :doc:`/modern-cnns/alexnet`; **you get** a picture of the shapes
and the shares of parameters, operations and outputs.
"""

import math

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import AlexNet
from d2lnotes.results import record_all

# %%
# 数一遍 | Counting
# -----------------
# 网络造在“meta”设备上：那里的张量只有形状，没有数，所以不占内存。有参数的层一共
# 八个。
#
# The network is made on the "meta" device, where a tensor has a shape and no
# numbers, so it takes no memory. Eight layers have parameters.

with torch.device("meta"):
    table = layer_table(AlexNet(), (3, 224, 224))
    grouped = layer_table(AlexNet.of_2012(groups=2), (3, 227, 227))
    whole = layer_table(AlexNet.of_2012(groups=1), (3, 227, 227))
layers = [row for row in table.rows if row.parameters]
for row in layers:
    print(f"{row.shape!s:14}{row.parameters:12,}{row.operations:13,}")
print(f"{table.parameters:,} parameters, {table.operations:,} operations")

# %%
# 形状 | The shapes
# -----------------
# 每个方框是一层的输出：方框有多高，特征图就有多高；方框有多宽，通道就有多少。
# 从左到右，图变小，通道变多；最后三层只剩下一列数。
#
# A box is the output of a layer. It is as high as the maps and as wide as
# there are channels. From left to right the maps shrink and the channels
# multiply; the last three layers are columns of numbers.

names = [f"卷积 {i} | conv {i}" for i in range(1, 6)]
names += [f"全连接 {i} | dense {i}" for i in range(6, 9)]
shapes = [(3, 224, 224), *(row.shape for row in layers)]
fig, ax = plt.subplots(figsize=(11, 4), layout="constrained")
left = 0.0
for i, (shape, name) in enumerate(
    zip(shapes, ["图片 | image", *names], strict=True)
):
    wide = 6 + shape[0] / 6 if len(shape) == 3 else 10
    high = shape[1] if len(shape) == 3 else 2 * math.sqrt(shape[0])
    corner = (left, -high / 2)
    box = Rectangle(corner, wide, high, fc=f"C{i % 8}", ec="k", alpha=0.6)
    ax.add_patch(box)
    text = "×".join(map(str, shape))
    ax.text(left + wide / 2, -high / 2 - 6, text, ha="center", va="top")
    ax.text(left + wide / 2, high / 2 + 6, name, ha="center", va="bottom")
    left += wide + 62
ax.set(xlim=(-30, left - 20), ylim=(-140, 140), aspect="equal")
ax.axis("off")
fig.set_label(
    "AlexNet 各层的输出：图片 3×224×224，卷积 64×55×55、192×27×27、384×13×13、"
    "256×13×13、256×13×13，全连接 4096、4096、1000"
    " | Outputs of AlexNet: image 3×224×224, convolutions 64×55×55,"
    " 192×27×27, 384×13×13, 256×13×13, 256×13×13, dense 4096, 4096, 1000"
)
plt.show()

# %%
# 各占多少 | The shares
# ---------------------
# 参数最多的是第一个全连接层；乘加最多的是第二个卷积层；输出的数最多的是第一个卷积
# 层。训练时要留着各层的输出，因为反向传播要用。
#
# The first dense layer has the most parameters, the second convolution the
# most multiply-adds, and the first convolution the most outputs. In training
# outputs are kept, because the backward pass needs them.

counts = torch.tensor(
    [(row.parameters, row.operations, math.prod(row.shape)) for row in layers]
).double()
shares = counts / counts.sum(dim=0)  # (layers, 3)
kinds = ["参数 | parameters", "乘加 | multiply-adds", "输出 | outputs"]
places = torch.arange(len(layers))
fig, ax = plt.subplots(figsize=(10, 4), layout="constrained")
for k, kind in enumerate(kinds):
    ax.bar(places + 0.27 * (k - 1), shares[:, k], width=0.25, label=kind)
ax.set_xticks(places, names)
ax.set_ylabel("占全网络的比例 | share of the network")
ax.legend()
fig.set_label(
    "AlexNet 八层各占的比例：参数多半在第一个全连接层，乘加多半在五个卷积层，输出"
    "多半在前两个卷积层"
    " | Shares of the eight layers of AlexNet: most parameters in the first"
    " dense layer, most multiply-adds in the convolutions, most outputs in the"
    " first two"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 三个最大的层各不相同。分组省下了三个卷积层一半的乘加。
#
# The three largest layers differ. Groups save half the multiply-adds of the
# three convolutions that have them.

assert counts.argmax(dim=0).tolist() == [5, 1, 0]
conv = shares[:5].sum(dim=0)
assert conv[0] < 0.05 < 0.9 < conv[1]
saved = whole.operations - grouped.operations
rows = [row for row in grouped.rows if row.parameters]
assert saved == sum(rows[i].operations for i in (1, 3, 4))
record_all(
    "alexnet_layers",
    {
        "conv_parameters": conv[0],
        "conv_operations": conv[1],
        "first_dense_parameters": shares[5, 0],
        "first_two_outputs": shares[:2, 2].sum(),
        "groups_save": saved / whole.operations,
    },
    unit="fraction",
)

# %%
# 练习 | Exercise
# ---------------
# 图片的边长改成 448，别的不变，只有第一个全连接层要改。参数和乘加各变成多少倍？
# 先猜，再算。
#
# Let the pictures have a side of 448 and change nothing else but the first
# dense layer. By which factors do parameters and multiply-adds grow? Guess,
# then compute.

with torch.device("meta"):
    larger = layer_table(AlexNet(image_size=448), (3, 448, 448))
print(f"{larger.parameters / table.parameters:.2f}", end=" ")
print(f"{larger.operations / table.operations:.2f}")
assert larger.parameters / table.parameters > 3
