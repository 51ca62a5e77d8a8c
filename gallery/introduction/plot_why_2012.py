r"""
数一数 AlexNet：为什么是 2012 年 | Count AlexNet: why it happened in 2012
==============================================================================

AlexNet 有多少参数，要多少次乘加，都能照定义数出来。卷积层只占 4%
的参数，却做了 92% 的运算。训练它的运算是 1998 年 LeNet-5 的 19 万倍；
这个倍数可以拆成三个因子：机器算得快，机器有两块，训练得久。

How many parameters AlexNet has, and how many multiply-adds it needs, can be
counted from its definition. The convolutional layers hold 4% of the parameters
and do 92% of the work. Training it took 190,000 times the operations of
LeNet-5 in 1998. That factor is a product of three: faster devices, two of
them, and a longer training.

**你需要** :doc:`/introduction/deep-learning` 里“数一数”一节的两个公式；
**你得到** 一份逐层的清单，和“为什么是 2012 年”的一个数量上的回答。

**You need** the two formulas of the section "Count" in
:doc:`/introduction/deep-learning`.
**You get** a list by layer, and an answer in numbers to the question why it
happened in 2012.
"""

import matplotlib.pyplot as plt
import numpy as np

from d2lnotes.results import record_all

# %%
# 一层一层地数 | Layer by layer
# -----------------------------
# 每层三个数：有多少个单元或卷积核，每个看多少个数，用在多少个位置上。
# 第 2、4、5 层的通道分在两块 GPU 上，所以每个核只看一半。
#
# Three numbers for each layer: how many units or kernels it has, how many
# numbers each of them looks at, and at how many positions it is applied. In
# layers 2, 4 and 5 the channels are split over two GPUs, so a kernel sees half.

alexnet = {
    "conv1": (96, 3 * 11 * 11, 55 * 55),
    "conv2": (256, 48 * 5 * 5, 27 * 27),
    "conv3": (384, 256 * 3 * 3, 13 * 13),
    "conv4": (384, 192 * 3 * 3, 13 * 13),
    "conv5": (256, 192 * 3 * 3, 13 * 13),
    "fc6": (4096, 256 * 6 * 6, 1),
    "fc7": (4096, 4096, 1),
    "fc8": (1000, 4096, 1),
}
units, looks_at, positions = np.array(list(alexnet.values())).T
parameters = units * (looks_at + 1)  # weights and one bias per unit
multiply_adds = units * looks_at * positions
for name, p, m in zip(alexnet, parameters, multiply_adds, strict=True):
    print(f"{name}  {p:>11,} parameters  {m:>12,} multiply-adds")

# %%
# 每层占总数的百分之几？卷积层（conv）的运算条长、参数条短，
# 全连接层（fc）正好相反：卷积层的每个权重要用在许多位置上。
#
# What share of the total does each layer have? The convolutional layers (conv)
# have long bars of work and short bars of parameters, and the fully connected
# layers (fc) have the opposite. Each weight of a convolutional layer is used
# at many positions.

rows = np.arange(len(alexnet))
counts = [
    ("参数 | parameters", parameters, -0.2),
    ("乘加 | multiply-adds", multiply_adds, 0.2),
]
fig, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
for (what, count, shift), hatch in zip(counts, ("", "//"), strict=True):
    share = 100 * count / count.sum()
    ax.barh(rows + shift, share, 0.38, label=what, hatch=hatch, ec="white")
    for row, value in enumerate(share):
        ax.text(value + 0.5, row + shift, f"{value:.1f}", va="center")
ax.set_yticks(rows, alexnet)
ax.invert_yaxis()
ax.set(xlabel="占总数的百分之几 | per cent of the total", xlim=(0, 70))
ax.legend(loc="lower right")
fig.set_label(
    "AlexNet 各层的参数和乘加各占多少：第六层占一半以上的参数，前五层占九成以上的"
    "乘加 | Share of parameters and multiply-adds in each layer of AlexNet: the"
    " sixth layer holds over half of the parameters, the first five do over"
    " nine tenths of the work"
)
plt.show()

# %%
# 十四年差了多少 | What fourteen years made
# -----------------------------------------
# 训练的运算约为 :math:`6 \times` 乘加数 :math:`\times` 样本数
# :math:`\times` 遍数。LeNet-5 每张图 340,908 次，6 万张图，20 遍，
# 在一颗 200 MHz 的处理器上训练了两到三天；AlexNet 在两块 GPU 上训练了五到六天。
# 我们取中间值，2.5 天和 5.5 天。
#
# Training takes about :math:`6 \times` multiply-adds :math:`\times` examples
# :math:`\times` passes. LeNet-5 needs 340,908 of them for a picture; it saw
# 60,000 pictures 20 times, in two to three days on one processor of 200 MHz.
# AlexNet trained for five to six days on two GPUs. We take the middle, 2.5 and
# 5.5 days.

lenet_operations = 6 * 340_908 * 60_000 * 20
alexnet_operations = 6 * multiply_adds.sum() * 1.2e6 * 90
growth = alexnet_operations / lenet_operations

longer, devices = 5.5 / 2.5, 2
lenet_speed = lenet_operations / (2.5 * 86_400)  # operations per second
alexnet_speed = alexnet_operations / (5.5 * 86_400 * devices)
faster = alexnet_speed / lenet_speed
print(f"{growth:,.0f} = {longer:.1f} x {devices} x {faster:,.0f}")

# %%
# 每一级台阶是一个因子；纵轴是对数的，所以相乘就是台阶相加。
# 最高的一级是每块设备的速度。
#
# Each step is one factor. The axis is logarithmic, so that multiplying means
# adding steps. By far the highest step is the speed of a device.

names = [
    "LeNet-5\n1998 | LeNet-5\n1998",
    f"训练更久\n×{longer:.1f} | longer\n×{longer:.1f}",
    f"两块设备\n×{devices} | two devices\n×{devices}",
    f"每块更快\n×{round(faster, -3):,.0f}"
    f" | faster devices\n×{round(faster, -3):,.0f}",
    "AlexNet\n2012 | AlexNet\n2012",
]
levels = lenet_operations * np.cumprod([1, longer, devices, faster])
bottoms = [1e11, *levels[:-1], 1e11]
tops = [*levels, alexnet_operations]
colors = ["C0", "C1", "C1", "C1", "C0"]
fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
ax.bar(range(5), np.subtract(tops, bottoms), bottom=bottoms, color=colors)
ax.set(yscale="log", ylim=(1e11, 3e18))
ax.set_xticks(range(5), names)
ax.set_ylabel("训练的运算次数 | operations of the training")
fig.set_label(
    "从 LeNet-5 到 AlexNet，训练运算的倍数拆成三级台阶：训练更久，两块设备，"
    "每块设备更快；最后一级最高 | From LeNet-5 to AlexNet the growth in training"
    " operations has three steps: longer, two devices, faster devices; the last"
    " is by far the highest"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 每块设备快了四万多倍。一块每两年快一倍的芯片，14 年只快 128 倍。
# 其余的来自两处：GPU 有几百个计算单元同时工作；它的程序也用得更满。
# 200 MHz 的处理器峰值约为每秒 :math:`4 \times 10^8` 次，照这里的估计只用到
# 3%；GPU 的峰值约为每秒 :math:`1.58 \times 10^{12}` 次，用到了 31%。
#
# Each device was over 40,000 times as fast. A chip whose speed doubles every
# two years is only 128 times as fast after 14. The rest has two sources. A GPU
# has hundreds of arithmetic units at work side by side, and its programs kept
# them busier. The peak of the processor of 200 MHz was about
# :math:`4 \times 10^8` operations per second, of which 3% were used, by this
# estimate. That of the GPU was about :math:`1.58 \times 10^{12}`, and 31% were
# used.

convolutional = slice(0, 5)
share_of_parameters = parameters[convolutional].sum() / parameters.sum()
share_of_work = multiply_adds[convolutional].sum() / multiply_adds.sum()
assert parameters.sum() == 60_965_224
assert multiply_adds.sum() == 724_406_816
assert round(growth, -3) == 191_000
assert np.isclose(longer * devices * faster, growth)
assert 0.30 < alexnet_speed / 1.58e12 < 0.32
assert 0.027 < lenet_speed / 4e8 < 0.030

record_all(
    "why_2012",
    {
        "share_of_parameters": (100 * share_of_parameters, ".1f"),
        "share_of_work": (100 * share_of_work, ".1f"),
        "growth": (round(growth, -3), ",.0f"),
        "faster_devices": (round(faster, -3), ",.0f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 若只有一块足够大的 GPU，通道不必分开，第 2、4、5 层的核就能看到全部通道。
# 参数和乘加各多出百分之几？先估一估。
#
# With a single GPU that is large enough, the channels need not be split, and
# the kernels of layers 2, 4 and 5 see all of them. By how many per cent do the
# parameters and the multiply-adds grow? Estimate first.

sees = looks_at * np.array([1, 2, 1, 2, 2, 1, 1, 1])
more_parameters = (units * (sees + 1)).sum() / parameters.sum() - 1
more_work = (units * sees * positions).sum() / multiply_adds.sum() - 1
print(f"parameters +{more_parameters:.1%}, multiply-adds +{more_work:.1%}")
assert 0.02 < more_parameters < 0.03
assert 0.55 < more_work < 0.58

# %%
# 参数只多 2.3%，乘加却多 56.7%：卷积层的参数少，每个却要用在许多位置上。
# 分在两块 GPU 上，也就省下了三分之一以上的运算。
#
# There are only 2.3% more parameters but 56.7% more multiply-adds.
# Convolutional layers have few parameters and use each at many positions. So
# the split over two GPUs also saved more than a third of the work.
