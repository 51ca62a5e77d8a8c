r"""
相加会混在一起，拼接都留着 | Addition mixes, concatenation keeps
================================================================

残差块把改动加到输入上，通道数不变，加过的数再也分不开。稠密块把新的通道拼接在后面，
通道数一层层增加，前面的每一个都原样留着。代价是参数随层数的平方增长。本脚本把两种
画在一起，并用真正的网络核对参数的公式。对照是宽度不变的残差块，参数与块数成正比。

A residual block adds a change to its input. The number of channels stays, and
what was added can no longer be told apart. A dense block puts new channels
behind the old ones. Their number grows from layer to layer, and all of the
old ones are kept as they are. The price: parameters grow with the square of
the number of layers. This script draws both and compares the formula for the
parameters with actual networks. The control are residual blocks of constant
width, whose parameters are proportional to their number.

**你需要** :doc:`/modern-cnns/resnet`；**你得到** 稠密块的图和它的参数公式。

**You need** :doc:`/modern-cnns/resnet`; **you get** a picture of the dense
block, and a formula for its parameters.
"""

import matplotlib.pyplot as plt

from d2lnotes.models.convnets.densenet import DenseBlock
from d2lnotes.models.convnets.resnet import BasicBlock
from d2lnotes.results import record_all

START, GROWTH = 16, 8

# %%
# 参数 | Parameters
# -----------------
# 稠密块有 :math:`L` 层，输入 :math:`c_0` 个通道，每层添 :math:`k` 个。没有瓶颈时，
# 第 :math:`i` 层（从 0 数起）的卷积有 :math:`9k(c_0 + ik)` 个权重，相加得
#
# A dense block of :math:`L` layers has :math:`c_0` input channels and adds
# :math:`k` in each layer. Without bottleneck, layer :math:`i`, counted from 0,
# has :math:`9k(c_0 + ik)` weights. Together they are
#
# .. math:: 9k\left(L c_0 + k\,\frac{L(L-1)}{2}\right) .


def dense_weights(depth):
    """Return the weights of the convolutions, by the formula."""
    return 9 * GROWTH * (depth * START + GROWTH * depth * (depth - 1) // 2)


def conv_weights(module):
    """Return the weights of the convolutions, counted."""
    return sum(p.numel() for p in module.parameters() if p.ndim == 4)


depths = [4, 8, 16, 32]
counted = [
    conv_weights(DenseBlock(depth, START, GROWTH, bottleneck=0))
    for depth in depths
]
residual = [depth * conv_weights(BasicBlock(START, START)) for depth in depths]
print(counted, [dense_weights(depth) for depth in depths], residual)

# %%
# 画出来 | In a picture
# ---------------------
# 左：四层稠密块和四个残差块，每一列是一层读到的通道，一种颜色是一个来源。残差块的
# 来源混在一起，画成灰色。右：卷积的权重个数。
#
# Left: four layers of a dense block and four residual blocks. A column is what
# a layer reads, and a color is a source. In the residual block the sources are
# mixed and drawn in gray. Right: the number of weights in convolutions.

fig, (left, middle, right) = plt.subplots(
    1, 3, figsize=(11, 4.6), layout="constrained", width_ratios=(2, 2, 3)
)
for layer in range(5):
    left.bar(layer, START, color="0.6", edgecolor="white", width=0.7)
    heights = [START] + [GROWTH] * layer
    bottom = 0
    for source, height in enumerate(heights):
        middle.bar(
            layer, height, 0.7, bottom, color=f"C{source}", edgecolor="white"
        )
        bottom += height
left.set_title("相加 | addition", size=15)
middle.set_title("拼接 | concatenation", size=15)
for ax in (left, middle):
    ax.set_ylim(0, START + 4.5 * GROWTH)
    ax.set_xlabel("层 | layer", size=13)
    ax.set_xticks(range(5), range(1, 6))
left.set_ylabel("读到的通道 | channels read", size=13)
right.plot(depths, counted, "C0o-", lw=3, ms=9, label="拼接 | concatenation")
right.plot(depths, residual, "C7s--", lw=3, ms=9, label="相加 | addition")
right.set_xscale("log", base=2)
right.set_yscale("log")
right.set_xticks(depths, depths)
right.set_xlabel("层或残差块 | layers or residual blocks", size=13)
right.set_ylabel("权重 | weights", size=13)
right.legend(fontsize=12)
fig.set_label(
    "左：残差块每层读同样多的通道；中：稠密块每层多读 8 个，各个来源分开；右：权重的个数，"
    "拼接的增长得更快"
    " | Left: each residual block reads equally many channels; middle: each"
    " layer of a dense block reads 8 more, with sources apart; right: numbers"
    " of weights, which grow faster with concatenation"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 公式与数出来的相同。层数从 16 加倍到 32，拼接的权重变成三倍以上，相加的变成两倍。
#
# The formula gives what is counted. From 16 to 32 layers the weights of the
# concatenation grow more than threefold, those of the addition twofold.

assert counted == [dense_weights(depth) for depth in depths]
ratio = counted[3] / counted[2]
assert ratio > 3
assert residual[3] == 2 * residual[2]
record_all(
    "dense_block",
    {
        "weights_16": (counted[2], ",.0f"),
        "weights_32": (counted[3], ",.0f"),
        "ratio": (ratio, ".2f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 层数很大时，加倍使权重变成几倍？答案：接近四倍，因为 :math:`L^2` 的项占了大部分。
#
# By which factor do the weights grow when a very large number of layers is
# doubled? The answer: nearly four, for the term with :math:`L^2` is most of it.

many = dense_weights(20_000) / dense_weights(10_000)
print(f"{many:.3f}")
assert abs(many - 4) < 0.01
