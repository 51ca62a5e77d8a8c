r"""
小数连乘会消失，一加小数连乘不会 | Small factors vanish, one plus small ones do not
===================================================================================

残差块把输入加到输出上。在一维里，一块是 :math:`y = x + w x = (1 + w) x`，没有快捷
连接时是 :math:`y = w x`。许多块接起来，导数就是许多个 :math:`1 + w` 的积，或者许多
个 :math:`w` 的积。:math:`w` 小的时候，后一种积很快就消失，前一种不会。对照：
:math:`w` 大到一个因子平均不缩小时，没有快捷连接的积也不消失。

A residual block adds its input to its output. In one dimension a block is
:math:`y = x + w x = (1 + w) x`, and :math:`y = w x` without the shortcut. The
derivative of many blocks in a row is a product of many :math:`1 + w`, or of
many :math:`w`. For small :math:`w` the latter soon vanishes, the former does
not. The control: if :math:`w` is so large that a factor does not shrink on
average, the product without the shortcut does not vanish either.

**你需要** :doc:`/generalization/initialization` 里的连乘；**你得到** 残差块的图，和
56 个因子的积。

**You need** the products of :doc:`/generalization/initialization`; **you get**
a picture of the residual block, and products of 56 factors.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record_all

NUM_BLOCKS, NUM_DRAWS = 56, 2000

# %%
# 五十六个因子 | Fifty-six factors
# --------------------------------
# :math:`w` 服从均值为 0、标准差为 0.2 的正态分布。一共抽 2,000 串。
#
# Each :math:`w` is normal with mean 0 and standard deviation 0.2. There are
# 2,000 such rows of draws.

draws = torch.Generator().manual_seed(0)
weights = 0.2 * torch.randn(
    NUM_DRAWS, NUM_BLOCKS, generator=draws, dtype=torch.float64
)
typical = weights.abs().log().mean().exp()  # the geometric mean of a factor


def products(factors):
    """Return the sizes of the products of the first factors."""
    return factors.abs().log10().cumsum(dim=1)


with_shortcut = products(1 + weights)
without = products(weights)
control = products(weights / typical)
print(f"a typical factor: {typical:.3f}")

# %%
# 画出来 | In a picture
# ---------------------
# 左边两块，一块没有快捷连接，一块有。右边是积的大小，纵轴是它的常用对数。线是中位数，
# 阴影从第 5 到第 95 百分位。
#
# Left, two blocks, without the shortcut and with it. Right, the size of the
# products as common logarithms, with the median as a line and shades from the
# 5th to the 95th percentile.


def draw_block(ax, x, *, shortcut):
    """Draw two layers from bottom to top, with the way around them."""
    boxes = ["卷积 | conv", "ReLU", "卷积 | conv"]
    for k, name in enumerate(boxes):
        ax.text(
            x, 1.2 * k + 1, name, ha="center", va="center", size=13,
            bbox={"boxstyle": "round,pad=0.4", "fc": "C0", "alpha": 0.25},
        )  # fmt: skip
    ends = [
        (-0.02, 0.62),
        (1.38, 1.82),
        (2.58, 3.02),
        (3.78, 4.6),
        (5.4, 5.95),
    ]
    for low, high in ends if shortcut else [*ends[:3], (3.78, 5.95)]:
        arrow = {"arrowstyle": "->", "lw": 2}
        ax.annotate("", xytext=(x, low), xy=(x, high), arrowprops=arrow)
    ax.text(x, -0.3, "$x$", ha="center", va="center", size=18)
    below = "x + g(x)" if shortcut else "g(x)"
    ax.text(x, 6.4, f"${below}$", ha="center", va="center", size=18)
    if shortcut:
        ax.text(x, 5, "+", ha="center", va="center", size=22)
        road = [x, x + 1.1, x + 1.1, x + 0.3]
        ax.plot(road, [0.2, 0.2, 5, 5], "C3", lw=4)
        ax.plot(x + 0.3, 5, "C3<", ms=13)


# %%
# 两幅放在一起。
#
# Both side by side.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.8), layout="constrained", width_ratios=(4, 5)
)
draw_block(left, 0, shortcut=False)
draw_block(left, 2.6, shortcut=True)
left.set(xlim=(-1, 4.8), ylim=(-0.9, 7))
left.axis("off")
rows = [
    (with_shortcut, "C3", "有快捷连接 | with the shortcut"),
    (control, "C7", "没有，因子放大 | without, larger factors"),
    (without, "C0", "没有 | without"),
]
counts = torch.arange(1, NUM_BLOCKS + 1)
for sizes, color, name in rows:
    low, middle, high = sizes.quantile(
        torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64), dim=0
    )
    right.plot(counts, middle, color, lw=3.5, label=name)
    right.fill_between(counts, low, high, color=color, alpha=0.25)
right.set_yticks([0, -20, -40], ["1", "$10^{-20}$", "$10^{-40}$"])
right.set_xlabel("块的个数 | number of blocks", size=13)
right.set_ylabel("导数的大小 | size of the derivative", size=13)
right.legend(fontsize=12, loc="lower left")
fig.set_label(
    "左：一块没有快捷连接，一块有，输入绕过两个卷积加到输出上；右：有快捷连接的积留在 1"
    "附近，没有的降到 10 的 −40 次方以下，因子放大的对照散布很宽"
    " | Left: a block without the shortcut, and one with it, where the input"
    " goes around two convolutions and is added; right: products with the"
    " shortcut stay near 1, those without fall below the −40th power of ten,"
    " and the control with larger factors spreads widely"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 56 块以后，有快捷连接的中位数还在 0.1 以上，没有的不到 :math:`10^{-40}`。
#
# After 56 blocks the median with the shortcut is still above 0.1. Without it
# it is below :math:`10^{-40}`.

last = {
    "with": with_shortcut[:, -1].median(),
    "without": without[:, -1].median(),
}
assert last["with"] > -1
assert last["without"] < -40
assert control[:, -1].median().abs() < 4
record_all(
    "residual_block",
    {
        "with_shortcut": (10 ** last["with"], ".2f"),
        "without_shortcut": (10 ** last["without"], ".0e"),
    },
    over="2,000 串因子，中位数 | median of 2,000 rows of factors",
)

# %%
# 练习 | Exercise
# ---------------
# 标准差换成 0.5，有快捷连接的中位数变成多少？为什么它也缩小？答案：
# :math:`\ln|1 + w|` 的平均是负的，约 :math:`-\sigma^2/2`，:math:`w` 越大它离 0 越远。
#
# What is the median with the shortcut for a standard deviation of 0.5? Why
# does it shrink, too? The answer: the mean of :math:`\ln|1 + w|` is negative,
# about :math:`-\sigma^2/2`, and the larger the :math:`w`, the more so.

wider = products(1 + 2.5 * weights)[:, -1].median()
print(f"{10**wider:.0e}")
assert wider < last["with"]
