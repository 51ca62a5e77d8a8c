r"""
线性回归是一层的网络 | Linear regression is a network of one layer
==================================================================

把每个特征画成一个圆，把输出画成一个圆，每条边上写一个权重：线性回归就是这样一个
网络。边上的数有明确的含义。这个特征增加 1，输出就增加这么多，不管其他特征是多少。
我们在一千个随机的输入上核对这句话，对照是一个把输出再平方的单元。

Draw each feature as a circle, the output as a circle, and write a weight on
each edge: linear regression is such a network. The number on an edge has a
plain meaning. If this feature grows by 1, the output grows by that much,
whatever the other features are. We check this at a thousand random inputs.
The control is a unit that squares its output.

**你需要** :doc:`/linear-models/linear-regression` 里的模型；
**你得到** 网络图的读法。

**You need** the model of :doc:`/linear-models/linear-regression`; **you get**
the way to read a drawing of a network.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from d2lnotes.results import record_all

WEIGHTS, BIAS = [2.5, 0.5], 1.0

# %%
# 把权重放进 ``nn.Linear`` | The weights in ``nn.Linear``
# -------------------------------------------------------
# 送货时间（分钟）由距离（公里）和楼层预测：每公里 2.5 分钟，每层 0.5 分钟，
# 交货 1 分钟。
#
# A delivery's minutes are predicted from distance in km and the floor: 2.5
# minutes per km, 0.5 per floor, and 1 minute to hand over.

layer = nn.Linear(2, 1)
with torch.no_grad():
    layer.weight.copy_(torch.tensor([WEIGHTS]))
    layer.bias.fill_(BIAS)
print(layer(torch.tensor([[3.0, 2.0]])).item())

# %%
# 画成网络 | Drawn as a network
# -----------------------------
# 空心的圆是给定的数，实心的圆是算出来的数。偏置的边从常数 1 出发。
# 算出来的圆只有一列，所以这个网络有一层。
#
# Open circles are given numbers, the filled one is computed. The edge of the
# bias starts at the constant 1. There is one column of computed circles, so
# this network has one layer.


def draw_unit(ax, inputs, weights, output):
    """Draw circles for the inputs, one for the output, and the edges."""
    rows = range(len(inputs), 0, -1)
    for row, text, weight in zip(rows, inputs, weights, strict=True):
        ax.plot([0, 2], [row, 2], color="0.5", lw=1 + weight, zorder=1)
        height = row + 0.5 * (2 - row)
        box = {"fc": "white", "ec": "none"}
        words = f"$\\times\\,{weight}$"
        ax.text(1, height, words, fontsize=17, bbox=box, ha="center")
        ax.plot(0, row, "o", ms=48, mfc="white", mec="C0", mew=2)
        ax.text(0, row, text, fontsize=15, ha="center", va="center")
    ax.plot(2, 2, "o", ms=62, color="C0")
    ax.text(2, 2, output, fontsize=17, ha="center", va="center", color="w")


fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
draw_unit(ax, ["$3$", "$2$", "$1$"], [*WEIGHTS, BIAS], "$9.5$")
labels = ["距离 | distance", "楼层 | floor", "常数 | constant"]
for row, text in zip((3, 2, 1), labels, strict=True):
    ax.text(-0.3, row, text, fontsize=14, ha="right", va="center")
ax.text(2.4, 2, "时间 | time", fontsize=14, va="center")
ax.set(xlim=(-1.1, 3), ylim=(0.4, 3.6))
ax.axis("off")
fig.set_label(
    "三个输入的圆（3、2、常数 1）各有一条边连到一个输出的圆，边上的权重是 2.5、0.5、1.0，"
    "输出是 9.5 | Three input circles, 3, 2 and the constant 1, each with an "
    "edge to one output circle; the weights on the edges are 2.5, 0.5 and "
    "1.0, the output is 9.5"
)
plt.show()

# %%
# 核对 | The check
# ----------------
# 一千个随机的输入，每个特征各加 1。线性的单元里，输出的增加总等于边上的权重。
# 对照的单元把输出平方，增加多少就随输入而变。
#
# At a thousand random inputs each feature is raised by 1. In the linear unit
# the output always grows by the weight on the edge. In the control the output
# is squared, and the growth depends on the input.

generator = torch.Generator().manual_seed(0)
inputs = torch.randn(1000, 2, generator=generator)
with torch.no_grad():
    before = layer(inputs)
    raised = [layer(inputs + step) for step in torch.eye(2)]
growth = torch.cat(raised, dim=1) - before
squared_growth = torch.cat(raised, dim=1) ** 2 - before**2
print(growth.mean(dim=0), growth.std(dim=0), squared_growth.std(dim=0))

# %%
# 断言 | The claim, asserted
# --------------------------
# 线性单元的增加与权重只差舍入，对照的增加相差很多。
#
# The growth of the linear unit is the weight up to rounding; that of the
# control varies a lot.

error = (growth - torch.tensor(WEIGHTS)).abs().max()
assert error < 1e-4
assert (squared_growth.std(dim=0) > 0.5).all()
num_parameters = sum(tensor.numel() for tensor in layer.parameters())
assert num_parameters == 3

record_all(
    "one_layer",
    {
        "num_inputs": (len(inputs), ".0f"),
        "spread_first": (growth[:, 0].std(), ".0e"),
        "spread_squared": (squared_growth[:, 0].std(), ".1f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 两个输出、四个输入的一层有几条边，几个参数？
#
# How many edges and how many parameters has a layer of four inputs and two
# outputs?

wide = nn.Linear(4, 2)
assert wide.weight.numel() == 8
assert sum(tensor.numel() for tensor in wide.parameters()) == 10

# %%
# 每对输入和输出之间一条边，共 8 条；再加 2 个偏置，共 10 个参数。
#
# One edge for each pair of input and output, 8 in all. With 2 biases there
# are 10 parameters.
