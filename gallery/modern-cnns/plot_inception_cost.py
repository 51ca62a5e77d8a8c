r"""
先用 1×1，省下一半以上 | 1×1 first saves more than half
========================================================

Inception 块 3a 有四条分支。中间两条先用 :math:`1 \times 1` 卷积减少通道，再做
:math:`3 \times 3` 或 :math:`5 \times 5`。本脚本画出这个块，并数一数：不先减少
通道，要多少乘加运算。

The Inception block 3a has four branches. The two in the middle first reduce
the channels by a convolution of :math:`1 \times 1`, before one of
:math:`3 \times 3` or :math:`5 \times 5`. This script draws the block, and
counts the multiply-adds without that reduction.

**你需要** :doc:`/modern-cnns/googlenet` 里的手算；**你得到** 每条分支的通道和
运算，减与不减各多少。

**You need** the calculation of :doc:`/modern-cnns/googlenet`; **you get** the
channels and operations of each branch, with the reduction and without.
"""

import matplotlib.pyplot as plt
from torch import nn

from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import GoogLeNet, Inception, InceptionSpec
from d2lnotes.results import record_all

SHAPE = (192, 28, 28)  # what block 3a reads
SPEC = InceptionSpec(64, (96, 128), (16, 32), 32)

# %%
# 块的样子 | What the block looks like
# ------------------------------------
# 长方形的高与通道数成正比。四条分支的输出叠起来，就是块的输出。
#
# The height of a box is proportional to its channels. Stacked up, the outputs
# of the four branches are the output of the block.


def draw_box(ax, left, middle, channels, color, text):
    """Draw a box as high as it has channels, with the text in it."""
    box = plt.Rectangle((left, middle - channels / 2), 0.5, channels, fc=color)
    box.set(ec="k", alpha=0.65)
    ax.add_patch(box)
    inside = channels > 25
    ax.text(
        left + 0.25,
        middle if inside else middle + channels / 2 + 4,
        text,
        ha="center",
        va="center" if inside else "bottom",
    )


def draw_arrow(ax, start, end, text):
    """Draw an arrow with a text above its middle."""
    ax.annotate("", end, start, arrowprops={"arrowstyle": "->", "lw": 1.5})
    x, y = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    ax.text(x, y + 5, text, ha="center", va="bottom", fontsize="small")


# %%
# 每条分支写成一串（名字，通道数）。
#
# Each branch is a list of (name, channels).

branches = [
    (150, [("1×1", 64)]),
    (35, [("1×1", 96), ("3×3", 128)]),
    (-75, [("1×1", 16), ("5×5", 32)]),
    (-150, [("池化 | pool", 192), ("1×1", 32)]),
]
fig, ax = plt.subplots(figsize=(10, 5.2), layout="constrained")
draw_box(ax, 0, 0, 192, "0.8", "192")
bottom = 128  # the output has 256 channels
for number, (y, layers) in enumerate(branches):
    start = 0.5
    color = f"C{number}"
    for k, (name, channels) in enumerate(layers):
        left = 1.8 + 1.7 * k
        if name.startswith("池"):
            end = (left + 0.5, y)
            draw_arrow(ax, (start, 0), end, name)
            start = left + 0.5
            continue
        draw_arrow(ax, (start, y if k else 0), (left, y), name)
        draw_box(ax, left, y, channels, color, str(channels))
        start = left + 0.5
    middle = bottom - channels / 2
    bottom -= channels
    draw_arrow(ax, (start, y), (5.6, middle), "")
    draw_box(ax, 5.6, middle, channels, color, str(channels))
ax.text(5.85, 134, "256", ha="center", va="bottom")
ax.set(xlim=(-0.3, 6.4), ylim=(-180, 195))
ax.axis("off")
fig.set_label(
    "块 3a：192 个通道进去，四条分支给出 64、128、32、32 个通道，叠成 256 个 |"
    " Block 3a: 192 channels go in, four branches give 64, 128, 32 and 32, which"
    " are stacked to 256"
)
plt.show()

# %%
# 数乘加 | Counting multiply-adds
# -------------------------------
# 对照的块没有先减少通道的 :math:`1 \times 1`：:math:`3 \times 3` 和
# :math:`5 \times 5` 直接读 192 个通道。第四条分支不变。
#
# The block of comparison lacks the reductions: its convolutions of
# :math:`3 \times 3` and :math:`5 \times 5` read all 192 channels. The fourth
# branch is the same.

block = Inception(SHAPE[0], SPEC)
reduced = [layer_table(b, SHAPE).operations for b in block.branches]
direct = list(reduced)
for place, side in ((1, 3), (2, 5)):
    layer = nn.Conv2d(SHAPE[0], SPEC.branches[place], side, padding=side // 2)
    direct[place] = layer_table(layer, SHAPE).operations
print(reduced, direct)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
names = ["1×1", "3×3", "5×5", "池化 | pooling"]
for k, (label, values) in enumerate(
    [
        ("先用 1×1 | 1×1 first", reduced),
        ("直接做 | directly", direct),
    ]
):
    places = [place + 0.4 * k - 0.2 for place in range(4)]
    bars = ax.bar(places, [v / 1e6 for v in values], 0.38, label=label)
    ax.bar_label(bars, fmt="%.0f")
ax.set_xticks(range(4), names)
ax.set_ylabel("乘加（百万） | multiply-adds (millions)")
ax.legend()
fig.set_label(
    "四条分支的乘加运算，先用 1×1 减少通道与直接做相比 | The multiply-adds of"
    " four branches, with channels reduced first by 1×1 and directly"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 先减少通道，整个块的运算不到直接做的一半，5×5 那一条不到九分之一。
#
# With channels reduced first the block takes less than half of the operations,
# and its branch of 5×5 less than a ninth.

assert sum(reduced) < sum(direct) / 2
assert reduced[2] < direct[2] / 9
table = layer_table(GoogLeNet(), (3, 224, 224))
millions = {
    "block_reduced": sum(reduced) / 1e6,
    "block_direct": sum(direct) / 1e6,
    "five_reduced": reduced[2] / 1e6,
    "five_direct": direct[2] / 1e6,
    "network": table.operations / 1e6,
}
record_all("inception_cost", millions, unit="百万 | million", format=",.1f")

# %%
# 练习 | Exercise
# ---------------
# 第四条分支如果没有最后的 :math:`1 \times 1`，块 3a 给出多少个通道？
#
# Without the :math:`1 \times 1` at the end of the fourth branch, how many
# channels would block 3a give?

assert sum(SPEC.branches[:3]) + SHAPE[0] == 416
