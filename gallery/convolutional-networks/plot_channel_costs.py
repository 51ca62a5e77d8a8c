r"""
参数在全连接层，运算在卷积层 | Parameters in dense layers, operations in convolutions
=====================================================================================

卷积的每个权重，在输出的每个位置用一次。全连接层的每个权重只用一次。所以同样多的
参数，放在卷积里要做的运算多得多。本脚本逐层数两个网络：小的 LeNet 和大的
VGG-11，看参数在哪里，运算在哪里，特征图占多少内存。

Each weight of a convolution is used once at each place of the output. A weight
of a dense layer is used once. So the same number of parameters means far more
work in a convolution. Layer by layer, this script counts two networks, the
small LeNet and the large VGG-11: where the parameters are, where the
operations are, and how much memory the feature maps take.

**你需要** :doc:`/convolutional-networks/channels`；**你得到** 两个网络的账目。

**You need** :doc:`/convolutional-networks/channels`; **you get** the accounts
of two networks.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import conv2d

from d2lnotes.layer_table import layer_table
from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all

# %%
# 一对通道一个核 | A kernel for each pair of channels
# ---------------------------------------------------
# 两个通道进，两个通道出。上面是输入的两个通道，中间是四个核：一行管一个输出通道，
# 一列管一个输入通道。沿着一行加起来，再加偏置，就是右边的输出。
#
# Two channels in, two out. On top are the two input channels, in the middle
# four kernels: a row for each output channel, a column for each input channel.
# Add up along a row, add the bias, and the output stands on the right.

X = torch.tensor([[[1.0, 2], [3, 4]], [[0, 1], [1, 0]]])
W = torch.tensor(
    [
        [[[1.0, 0], [0, -1]], [[2, 2], [2, 2]]],
        [[[0, 1], [1, 0]], [[1, 1], [0, 0]]],
    ]
)
b = torch.tensor([1.0, -1])
Y = conv2d(X[None], W, b)[0]  # (2, 1, 1): there is one place
print(Y.flatten())

# %%
# 画成一张表。
#
# The same as a table.

fig, ax = plt.subplots(figsize=(9, 5), layout="constrained")
for c in range(2):
    plot_cells(X[c], ax=ax, corner=(4 * c, 0), colors="#d9e8f6")
    ax.text(4 * c + 1, 0.3, f"$X_{c}$", fontsize=18, ha="center")
for o in range(2):
    top = -3.4 - 3 * o
    parts = (X * W[o]).sum(dim=(1, 2)).tolist()
    for c in range(2):
        plot_cells(W[o, c], ax=ax, corner=(4 * c, top), colors="#fde3c0")
        name = f"$W_{{{o},{c}}}$"
        ax.text(4 * c - 0.7, top - 1.15, name, fontsize=18, ha="center")
    numbers = f"${parts[0]:g} + {parts[1]:g} {b[o]:+g} = $"
    ax.text(6.6, top - 1.15, numbers, fontsize=18)
    plot_cells(Y[o], ax=ax, corner=(10.2, top - 0.5), colors="#d4edd4")
    ax.text(11.6, top - 1.15, f"$Y_{o}$", fontsize=18)
fig.set_label(
    "上面是两个输入通道，下面是两行两列的核；每一行的两个结果与偏置相加，"
    "得到一个输出通道"
    " | Two input channels on top, below them kernels in two rows and two"
    " columns; the two results of a row and the bias add up to an output"
    " channel"
)
plt.show()

# %%
# 两个网络 | Two networks
# -----------------------
# VGG-11 由 3×3 的卷积组成，M 表示一个把边长减半的层。它读 224×224 的彩色图，
# 分 1,000 类。网络造在 ``meta`` 设备上，只有形状，没有数，所以不占内存。
#
# VGG-11 is made of 3×3 convolutions, and M stands for a layer that halves the
# side. It reads color pictures of 224×224 and tells 1,000 classes apart. The
# networks are made on the device ``meta``, with shapes and without numbers, so
# they take no memory.


def make_lenet():
    """Return LeNet for 28×28 pictures; activations change no count."""
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.Linear(120, 84),
        nn.Linear(84, 10),
    )


def make_vgg():
    """Return VGG-11 for 224×224 pictures."""
    layers, channels = [], 3
    for width in (64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512):
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers.append(nn.Conv2d(channels, width, 3, padding=1))
            channels = width
    layers += [nn.MaxPool2d(2), nn.Flatten(), nn.Linear(512 * 49, 4096)]
    layers += [nn.Linear(4096, 4096), nn.Linear(4096, 1000)]
    return nn.Sequential(*layers)


# %%
# 逐层数一数。
#
# Count layer by layer.

with torch.device("meta"):
    tables = {
        "LeNet": layer_table(make_lenet(), (1, 28, 28)),
        "VGG-11": layer_table(make_vgg(), (3, 224, 224)),
    }
print(tables["LeNet"])
print(tables["VGG-11"])

# %%
# 各占几成 | The shares
# ---------------------
# 每一层两条：占参数的几成，占运算的几成。C 是卷积，D 是全连接层，从前往后数。
#
# Two bars for each layer: its share of the parameters, and of the operations.
# The letter C is a convolution and D a dense layer, in order.


def shares(table):
    """Return names and shares of parameters and operations, layer by layer."""
    rows = [row for row in table.rows if row.operations > 0]
    kinds = ["C" if "Conv" in row.kind else "D" for row in rows]
    names = [f"{k}{kinds[: i + 1].count(k)}" for i, k in enumerate(kinds)]
    parameters = [row.parameters / table.parameters for row in rows]
    operations = [row.operations / table.operations for row in rows]
    return names, torch.tensor([parameters, operations])


fig, axes = plt.subplots(
    1, 2, figsize=(11, 4), layout="constrained", width_ratios=[5, 11]
)
for ax, (title, table) in zip(axes, tables.items(), strict=True):
    names, both = shares(table)
    places = torch.arange(len(names))
    ax.bar(places - 0.2, both[0], 0.4, hatch="//", label="参数 | parameters")
    ax.bar(places + 0.2, both[1], 0.4, label="运算 | operations")
    ax.set_xticks(places, names)
    ax.set_title(title, fontsize="x-large")
    ax.set_xlabel("层 | layer")
axes[0].set_ylabel("占整个网络的比例 | share of the network")
axes[0].legend()
fig.set_label(
    "LeNet 和 VGG-11 各层占参数和运算的比例：运算在卷积层，"
    "参数大多在第一个全连接层"
    " | Share of each layer of LeNet and VGG-11 in parameters and operations:"
    " the operations are in the convolutions, most parameters in the first"
    " dense layer"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 在两个网络里，卷积都占运算的多数，全连接层都占参数的多数。作为对照，假如各层
# 按参数的比例分担运算，两个比例就会相等。
#
# In both networks the convolutions have most operations and the dense layers
# most parameters. As a control: if work were shared in proportion to
# parameters, the two shares would be equal.


def of_convolutions(table, what):
    """Return the convolutions' share of parameters or operations."""
    counts = [getattr(row, what) for row in table.rows if "Conv" in row.kind]
    return sum(counts) / getattr(table, what)


def activations(table):
    """Return how many numbers the layers with weights put out."""
    rows = [row for row in table.rows if row.operations > 0]
    return sum(torch.Size(row.shape).numel() for row in rows)


found = {}
for name, table in zip(("lenet", "vgg"), tables.values(), strict=True):
    found[f"{name}_parameters"] = of_convolutions(table, "parameters")
    found[f"{name}_operations"] = of_convolutions(table, "operations")
    assert found[f"{name}_operations"] > 0.85
    assert found[f"{name}_parameters"] < 0.15
record_all("channel_costs", found, unit="fraction", format=".3f")
vgg = tables["VGG-11"]
record_all(
    "channel_costs",
    {
        "vgg_millions": (vgg.parameters / 1e6, ".1f"),
        "vgg_first_dense": (shares(vgg)[1][0, 8].item(), ".2f"),
        "vgg_billions": (vgg.operations / 1e9, ".2f"),
        "vgg_maps": (activations(vgg) / 1e6, ".1f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 图片的边长加倍，LeNet 的卷积的参数和运算各变成几倍？先猜，再数。
#
# Double the side of the picture. What happens to parameters and operations of
# LeNet's convolutions? Guess, then count.

with torch.device("meta"):
    body = make_lenet()[:4]
    small, large = (layer_table(body, (1, n, n)) for n in (28, 56))
assert large.parameters == small.parameters
print(f"{large.operations / small.operations:.2f}")

# %%
# 参数不变。第一个卷积的运算是 4 倍。第二个没有填充，输出从 10×10 变成 24×24，
# 是 5.76 倍。合起来是 5.18 倍。
#
# The parameters stay. The operations of the first convolution grow 4 times.
# The second has no padding, and its output goes from 10×10 to 24×24, which is
# 5.76 times. Together that is 5.18 times.
