r"""
十个 sigmoid 放过的斜率不到百万分之一 | Ten sigmoids pass on under a millionth
==============================================================================

一串函数套在一起，斜率相乘。sigmoid 的斜率处处不超过
:math:`\tfrac14`，所以十个套在一起不超过
:math:`4^{-10} \approx 9.5 \times 10^{-7}`，不管从哪里出发。
ReLU 的斜率不是 0 就是 1，套多少个都一样。我们让自动求导来量十种激活函数，
再与这个界比较。

When functions are nested their slopes multiply. The slope of a sigmoid never
exceeds :math:`\tfrac14`, so that of ten nested ones never exceeds
:math:`4^{-10} \approx 9.5 \times 10^{-7}`, from whatever input. The slope of
ReLU is 0 or 1, however many are nested. We let autograd measure ten
activation functions and compare with this bound.

**你需要** 链式法则；**你得到** 十种激活函数的图像、斜率，
和“饱和”二字的确切意思。动手拖一拖：:doc:`/reference/explorables`。

**You need** the chain rule; **you get** ten activation functions, their
slopes, and what saturation means exactly. To operate them yourself:
:doc:`/reference/explorables`.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn import functional

from d2lnotes.results import record_all

# %%
# 十种函数和它们的斜率 | Ten functions and their slopes
# -----------------------------------------------------
# 实线是函数，虚线是自动求导给出的斜率。饱和，就是虚线贴着 0
# 的那一段：sigmoid 和 tanh 两头饱和，ReLU 和它的亲戚只有左边一头。
# GELU 和 SiLU 的虚线还会略高于 1。PReLU 的负侧斜率是一个参数，
# 这里取它通常的初值 0.25。RReLU 训练时在 1/8 与 1/3 之间抽斜率，
# 测试时取中间的 0.229，图上画的是后者。
#
# Solid lines are the functions, dashed ones the slopes that autograd gives. A
# function is saturated where its dashed line lies on 0: sigmoid and tanh are
# at both ends, ReLU and its relatives at the left one only. The slopes of
# GELU and SiLU even rise a little above 1. The slope of PReLU on the left is a
# parameter; here it has its usual first value, 0.25. RReLU draws its slope
# between 1/8 and 1/3 in training and takes their mean, 0.229, in testing. The
# figure shows the latter.

functions = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": functional.relu,
    "leaky ReLU": functional.leaky_relu,
    "PReLU": lambda x: functional.prelu(x, x.new_tensor([0.25])),
    "RReLU": functional.rrelu,
    "ELU": functional.elu,
    "GELU": functional.gelu,
    "SiLU": functional.silu,
    "softplus": functional.softplus,
}
inputs = torch.linspace(-8, 8, 1601, dtype=torch.float64)  # 0 among them


def nested_slope(function, inputs, depth):
    """Return the slope of ``depth`` nested functions at every input."""
    x = inputs.clone().requires_grad_()
    output = x
    for _ in range(depth):
        output = function(output)
    output.sum().backward()  # each output depends on one input only
    return x.grad


slopes = {name: nested_slope(f, inputs, 1) for name, f in functions.items()}
steepest = {name: slope.max().item() for name, slope in slopes.items()}
for name, slope in steepest.items():
    print(f"{name:10}  largest slope {slope:.4f}")

# %%
# 图中十格用同一把尺子，斜率之差一眼可见。
#
# The ten panels share one scale, so that slopes can be compared by eye.

label_of = {name: f"{name} | {name}" for name in ("sigmoid", "softplus")}
label_of["leaky ReLU"] = "带泄漏的 ReLU | leaky ReLU"
fig, axes = plt.subplots(
    2, 5, sharex=True, sharey=True, figsize=(10, 4.5), layout="constrained"
)
for ax, (name, function) in zip(axes.flat, functions.items(), strict=True):
    ax.axhline(0, color="0.6", lw=0.8)
    ax.plot(inputs, function(inputs), label="$f(x)$")
    ax.plot(inputs, slopes[name], "--", label="$f'(x)$")
    ax.set(title=label_of.get(name, name), ylim=(-1.2, 2.5))
axes[0, 0].legend(loc="upper left")
fig.supxlabel("输入 $x$（无量纲） | input $x$ (dimensionless)")
fig.supylabel("值和斜率（无量纲） | value and slope (dimensionless)")
fig.set_label(
    "十种激活函数（实线）和斜率（虚线）：sigmoid 与 tanh 两头变平，"
    "其余的右边斜率在 1 附近"
    " | Ten activation functions (solid) and slopes (dashed): sigmoid and"
    " tanh go flat at both ends, the others have slopes near 1 on the right"
)
plt.show()

# %%
# 套起来 | Nested
# ---------------
# 从 1 个套到 10 个，对 :math:`[-8, 8]` 里的每个输入都求斜率，取最大的。
# sigmoid 的点都在虚线 :math:`4^{-n}` 之下：它的输出总在 0 与 1
# 之间，后面的 sigmoid 收到的输入不会是斜率最大的 0，
# 所以实际比界还要小。tanh 在 0 处的斜率恰是 1，最大值一直是 1，
# 可是离开 0 就往下掉，图上另画了从 :math:`x = 2` 出发的那一条。
#
# We nest 1 to 10 of each, take the slope at every input in :math:`[-8, 8]`,
# and keep the largest. The dots of sigmoid lie below the dashed line
# :math:`4^{-n}`: its output is between 0 and 1, so the sigmoids further on
# never see the input 0, where they are steepest. The slope of tanh at 0 is
# exactly 1, and so the largest remains 1; away from 0 it falls, as the line
# that starts from :math:`x = 2` shows.

depths = range(1, 11)
nested = {
    name: [nested_slope(function, inputs, depth) for depth in depths]
    for name, function in functions.items()
}
at_two = int((inputs - 2).abs().argmin())
shown = {
    name: [slope.max() for slope in nested[name]]
    for name in ("sigmoid", "ReLU", "GELU", "softplus")
}
shown["$x = 2$ 处的 tanh | tanh at $x = 2$"] = [
    slope[at_two] for slope in nested["tanh"]
]

fig, ax = plt.subplots(layout="constrained")
bound = [4.0**-depth for depth in depths]
ax.semilogy(depths, bound, "k--", label="上界 $4^{-n}$ | bound $4^{-n}$")
for (name, values), marker in zip(shown.items(), "os^vx", strict=True):
    ax.semilogy(
        depths, values, marker, mfc="none", label=label_of.get(name, name)
    )
ax.set(
    xlabel="嵌套的函数个数 $n$ | nested functions $n$",
    ylabel="$[-8, 8]$ 上最大的斜率（无量纲）"
    " | largest slope over $[-8, 8]$ (dimensionless)",
)
ax.legend()
fig.set_label(
    "套得越多，sigmoid 的最大斜率越小，总在 4 的负 n 次方以下；"
    "ReLU 一直是 1"
    " | The more are nested, the smaller the largest slope of sigmoids,"
    " always below 4 to the power −n; ReLU stays at 1"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 斜率的最大值与手算的一致，十个 sigmoid 在界以下，十个 ReLU 一点不减。
#
# The largest slopes are those found by hand, ten sigmoids stay below the
# bound, ten ReLUs lose nothing.

assert abs(steepest["sigmoid"] - 1 / 4) < 1e-15
assert abs(steepest["tanh"] - 1) < 1e-15
assert nested["sigmoid"][-1].max() < 4.0**-10
assert nested["ReLU"][-1].max() == 1
assert min(steepest["GELU"], steepest["SiLU"]) > 1

record_all(
    "activation_gallery",
    {
        "ten_sigmoids": (nested["sigmoid"][-1].max(), ".1e"),
        "gelu_steepest": steepest["GELU"],
        "silu_steepest": steepest["SiLU"],
    },
    over="[−8, 8] 里最大的 | the largest over [−8, 8]",
)

# %%
# 练习 | Exercise
# ---------------
# 每层先把输入乘以权重 4 再过 sigmoid，斜率就成了 :math:`4\sigma'`，
# 最大正好是 1。这样十层的斜率能保持在 1 吗？再加上偏置 −2 呢？
# 先想好 :math:`4x` 和 :math:`4x - 2` 在哪里等于 0，再往下看。
#
# Multiply the input of each layer by a weight of 4 before the sigmoid, and
# its slope becomes :math:`4\sigma'`, at most exactly 1. Does that keep the
# slope of ten layers at 1? And with a bias of −2 as well? Think about where
# :math:`4x` and :math:`4x - 2` are 0, then read on.

weighted = nested_slope(lambda x: torch.sigmoid(4 * x), inputs, 10)
centered = nested_slope(lambda x: torch.sigmoid(4 * x - 2), inputs, 10)
for place in (0.5, 0.75, 1.0):
    near = (inputs - place).abs().argmin()
    print(f"x = {place}: {weighted[near]:.1e}, biased {centered[near]:.3f}")

middle = int((inputs - 0.5).abs().argmin())
assert weighted.max() < 1e-8 < nested["sigmoid"][-1].max()
assert centered.argmax() == middle
assert abs(centered[middle] - 1) < 1e-12
assert (centered > 0.9).sum() < 20  # of 1601 inputs, .01 apart

# %%
# 只有权重不行。斜率最大处要求进 sigmoid 的数是 0，可是前一层的输出在 0
# 与 1 之间，乘以 4 是正数，多半接近 4，正好落在饱和区，
# 结果比不乘还糟。偏置 −2 把最陡的地方挪到输入 :math:`\tfrac12`，而 :math:`\sigma(0) = \tfrac12`：从 :math:`\tfrac12`
# 出发，每层都还是 :math:`\tfrac12`，斜率恰为 1。偏离一点，每层的斜率都小于 1，
# 十层相乘就掉下来，偏 0.25 已经剩不到四分之一。所以靠调权重守不住斜率；
# 要换激活函数（ReLU 的斜率在半条直线上都是 1），或者每层都重新归一化。
#
# The weight alone does not. The slope is largest where 0 enters the sigmoid,
# but the layer before puts out something between 0 and 1; four times that is
# positive, mostly near 4, where the sigmoid is saturated; the outcome is worse
# than without a weight. The bias of −2 moves the steepest place to the input
# :math:`\tfrac12`, and :math:`\sigma(0) = \tfrac12`: a value that starts at
# :math:`\tfrac12` stays there in every layer, and the slope is exactly 1. A little to the side, each
# layer has a slope below 1 and the product of ten falls; 0.25 away less than a
# quarter is left. So weights cannot hold the slope up. It takes another
# activation (that of ReLU is 1 on half the line), or normalizing anew in every
# layer.
