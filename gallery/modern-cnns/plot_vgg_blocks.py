r"""
短训练里两个 3×3 不如一个 5×5 | In a short training two of 3×3 lose to one of 5×5
==================================================================================

感受野一样，权重更少，还多一个 ReLU。这里让乘加相等，把 ReLU 单独分出来：两个 3×3；
去掉中间 ReLU 的两个 3×3；一个 5×5。每种都训练两次：不用和用批量归一化。

An equal field, fewer weights, and one more ReLU. Here the multiply-adds are
equal and the ReLU is taken apart: two of 3×3; two of 3×3 without the ReLU
between; one of 5×5. Each is trained without and with batch normalization.

**你需要** :doc:`/modern-cnns/vgg`；**你得到** 三种块在相同乘加下的测试准确率，
以及归一化怎样改变它们的次序。

**You need** :doc:`/modern-cnns/vgg`; **you get** the test accuracy of three
kinds of blocks at equal work, and how normalization changes their order.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.initializers import scaled_
from d2lnotes.layer_table import layer_table
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=10)
num_images = on(device, cpu=4_000, cuda=60_000)
RELU = 2**0.5  # the gain of a layer with ReLU behind it

# %%
# 三种块 | Three kinds of blocks
# ------------------------------
# 三个块，每个块之后边长减半，最后是一个全连接层。没有 ReLU 的卷积用较小的初始权重，
# 使值的大小不变。
#
# Three blocks, each of which halves the side, and a dense layer at the end. A
# convolution without ReLU starts from smaller weights, which keeps values in
# size.


def network(kernels, widths, *, between=True, norm=False):
    """Return blocks of convolutions with the given kernel sides."""
    layers, before = [], 1
    for width in widths:
        for place, side in enumerate(kernels):
            active = between or place == len(kernels) - 1
            conv = nn.Conv2d(before, width, side, padding=side // 2)
            scaled_(conv.weight, gain=RELU if active else 1.0)
            nn.init.zeros_(conv.bias)
            layers += [conv] + norm * [nn.BatchNorm2d(width)]
            layers += active * [nn.ReLU()]
            before = width
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(9 * before, 10))


KINDS = {
    "两个 3×3 | two of 3×3": ((3, 3), (8, 16, 32), True),
    "中间没有 ReLU | no ReLU between": ((3, 3), (8, 16, 32), False),
    "一个 5×5 | one of 5×5": ((5,), (10, 18, 35), True),
}
work = []
for name, (kernels, widths, _) in KINDS.items():
    table = layer_table(network(kernels, widths), (1, 28, 28))
    work.append(table.operations)
    print(f"{name}: {table.parameters:,} {table.operations:,}")
print(f"{max(work) / min(work):.3f}")

# %%
# 训练 | Training
# ---------------
# 学习率用训练集里别的照片选，不归一化时试了 0.01 和 0.02，归一化时试了 0.03 和 0.1。
#
# Learning rates were chosen with other photographs of the training set:
# 0.01 and 0.02 were tried without normalization, 0.03 and 0.1 with it.

RATES = {False: (0.02, 0.02, 0.02), True: (0.1, 0.1, 0.03)}


def maker(kind, *, norm):
    """Return a function that makes a network of this kind."""
    kernels, widths, between = kind
    return lambda: network(kernels, widths, between=between, norm=norm)


accuracy = torch.zeros(2, len(KINDS), num_seeds)
for i, norm in enumerate([False, True]):
    for j, kind in enumerate(KINDS.values()):
        accuracy[i, j] = held_out_accuracies(
            maker(kind, norm=norm),
            data,
            learning_rate=RATES[norm][j],
            seeds=num_seeds,
            num_images=num_images,
            batch_size=64,
            device=device,
        )
        print(norm, list(KINDS)[j].split(" | ")[1], accuracy[i, j])

# %%
# 结果 | The result
# -----------------
# 每个点是一个种子，横线是平均。同一个种子的网络看到同样的照片，次序也一样。
#
# A dot is a seed and a bar the mean. Networks of one seed see the same
# pictures in the same order.

fig, ax = plt.subplots(figsize=(9, 4.6), layout="constrained")
names = ["不归一化 | no normalization", "批量归一化 | batch normalization"]
places = torch.arange(len(KINDS))
for i, (name, marker) in enumerate(zip(names, "os", strict=True)):
    at = places + 0.24 * i - 0.12
    dots = at[:, None].expand_as(accuracy[i])
    ax.plot(dots, accuracy[i], f"C{i}{marker}", alpha=0.6)
    ax.hlines(accuracy[i].mean(dim=1), at - 0.1, at + 0.1, f"C{i}")
    ax.plot([], [], f"C{i}{marker}-", label=name)
ax.set_xticks(places, list(KINDS))
ax.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
ax.legend()
fig.set_label(
    "三种块在相同乘加下的测试准确率，不用和用批量归一化"
    " | Test accuracy of three kinds of blocks at equal work, without and with"
    " batch normalization"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 乘加相差不到百分之二。不归一化时，两个 3×3 每个种子都不如一个 5×5，也不如去掉中间
# ReLU 的自己；归一化以后，与 5×5 的差距小了，中间的 ReLU 也有了好处。
#
# The multiply-adds differ by less than two percent. Without normalization two
# of 3×3 are worse in each seed than one of 5×5, and worse than themselves
# without the ReLU between. With it the gap to 5×5 is smaller, and the ReLU
# between pays.

assert max(work) < 1.02 * min(work)
behind = accuracy[:, 1:] - accuracy[:, :1]  # of the pair, (2, 2, seeds)
if not data.stand_in and device.type == "cpu":
    assert behind[0].min() > 0
    assert behind[1, 1].mean() < behind[0, 1].mean()
    assert behind[1, 0].max() < 0
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
keys = ["pair", "linear", "large"]
found = {}
for i, ending in enumerate(["", "_norm"]):
    for j, key in enumerate(keys):
        found[key + ending] = accuracy[i, j]
    for j, key in enumerate(keys[1:], start=1):
        gain = accuracy[i, 0] - accuracy[i, j]
        found[f"pair_less_{key}{ending}"] = gain
record_all("vgg_blocks", found, unit="fraction", over=over)

# %%
# 练习 | Exercise
# ---------------
# 三个 3×3 与一个 7×7 怎样使乘加相等？写出两张通道的表，用 ``layer_table`` 核对。
#
# How would you match the multiply-adds of three of 3×3 and one of 7×7? Write
# two lists of channels and check them with ``layer_table``.

triple = layer_table(network((3, 3, 3), (8, 16, 32)), (1, 28, 28))
wide = layer_table(network((7,), (8, 18, 34)), (1, 28, 28))
print(f"{triple.operations:,} {wide.operations:,}")
assert abs(wide.operations / triple.operations - 1) < 0.02
