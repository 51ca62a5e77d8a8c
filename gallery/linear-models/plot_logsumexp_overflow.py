r"""
朴素 log-sum-exp 恰在 ln(max) 处溢出 | Naive log-sum-exp overflows at ln(max)
=============================================================================

交叉熵要算 :math:`\ln\sum_k e^{o_k}`。照式子直接写，:math:`e^{o_k}`
一旦超过数据类型能表示的最大有限数 :math:`M`，结果就成了 inf。
所以理论预言：最大的 logit 越过 :math:`\ln M`，程序就失败；
先减去最大值再取指数，则永远不会。我们在四种浮点类型上找出真正的失败点，
与预言比较。

Cross-entropy needs :math:`\ln\sum_k e^{o_k}`. Written as it stands, it turns
into inf as soon as :math:`e^{o_k}` exceeds the largest finite number
:math:`M` of the data type. So theory predicts: the program fails once the
largest logit passes :math:`\ln M`, and never if the maximum is subtracted
first. We locate the true point of failure in four floating-point types and
compare.

**你需要** :doc:`/linear-models/softmax-regression` 里的
log-sum-exp；**你得到** 每种类型的安全上限，以及它为什么随类别数缩小。

**You need** log-sum-exp from :doc:`/linear-models/softmax-regression`;
**you get** the safe limit of each type, and why it shrinks with the number
of classes.
"""

import math
from decimal import Decimal

import matplotlib.pyplot as plt
import torch

from d2lnotes.layers import log_sum_exp
from d2lnotes.results import record

# %%
# 理论：四个数 | Theory: four numbers
# -----------------------------------
# :math:`M` 由类型决定：指数位越多，:math:`M` 越大；取了对数，
# 天文数字就只剩下两三位。float16 的上限是 11.09，
# 一个训练中的网络轻易就能给出这么大的 logit。bfloat16 的指数位与 float32
# 一样多，上限也就几乎相同。
#
# :math:`M` is a property of the type: more exponent bits, larger :math:`M`.
# The logarithm leaves two or three digits of these astronomical numbers. The
# limit of float16 is 11.09, a logit that a network in training easily
# produces. bfloat16 has as many exponent bits as float32, hence almost the
# same limit.

dtypes = [torch.float16, torch.bfloat16, torch.float32, torch.float64]
predicted = {dtype: math.log(torch.finfo(dtype).max) for dtype in dtypes}
for dtype, limit in predicted.items():
    print(f"{dtype}: M = {torch.finfo(dtype).max:.4g}, ln M = {limit:.4f}")

# %%
# 测量：一个大 logit，九个零 | Measure: one large logit, nine zeros
# -----------------------------------------------------------------
# 十个类别，第一个 logit 是 :math:`c`，其余是 0，正确答案是
# :math:`\ln(e^c + 9)`。为了不拿浮点数检查浮点数，
# 这个答案用 28 位十进制数来算。误差以机器精度 :math:`\epsilon` 为单位，即
# 1 与下一个可表示的数之间的距离，这样四种类型可以画在同一把尺子上。
#
# Ten classes; the first logit is :math:`c`, the others are 0, and the right
# answer is :math:`\ln(e^c + 9)`. So as not to judge floating point by
# floating point, we compute it with 28 decimal digits. Errors are in units of
# the machine epsilon :math:`\epsilon` (the distance from 1 to the next number
# of the type), which puts the four types on one ruler.


def naive_log_sum_exp(logits, dim):
    """Follow the formula to the letter."""
    return logits.exp().sum(dim=dim).log()


def error_in_epsilons(function, logit, num_zeros=9):
    """Return the relative error of ``function``, in machine epsilons."""
    logits = torch.cat([logit[None], logit.new_zeros(num_zeros)])
    exact = float((Decimal(logit.item()).exp() + num_zeros).ln())
    value = function(logits, dim=0).item()
    return abs(value - exact) / exact / torch.finfo(logit.dtype).eps


sizes = torch.logspace(0, 3, 60, dtype=torch.float64)
errors = {
    (function, dtype): [
        error_in_epsilons(function, c) for c in sizes.to(dtype)
    ]
    for function in (naive_log_sum_exp, log_sum_exp)
    for dtype in dtypes
}

# %%
# 虚线是预言。朴素写法的误差在虚线左边一直小于一个 :math:`\epsilon`，
# 没有任何征兆；到了虚线右边，再也没有一个有限的结果。
# 先减最大值的写法两边一样好。（:math:`c` 大过二三十以后误差归零，
# 是因为九个零已经淹没在舍入里，答案就是 :math:`c` 本身。）
#
# The dashed line is the prediction. Left of it the naive error stays below
# one :math:`\epsilon`, with no sign of what is to come; right of it not one
# result is finite. With the maximum subtracted first, both sides are equally
# good. (The errors vanish for large :math:`c` because the nine zeros then
# drown in rounding: the answer is :math:`c` itself.)

fig, axes = plt.subplots(
    2, 2, sharex=True, sharey=True, figsize=(8, 5.5), layout="constrained"
)
for ax, dtype in zip(axes.flat, dtypes, strict=True):
    naive = torch.tensor(errors[naive_log_sum_exp, dtype])
    lost = sizes[~naive.isfinite()]
    ax.axvline(predicted[dtype], color="0.3", ls="--", label=r"$\ln M$")
    ax.plot(sizes, naive, "o", mfc="none", label="朴素 | naive")
    ax.plot(
        lost,
        torch.full_like(lost, 1.4),
        "x",
        label="朴素，不再有限 | naive, not finite",
    )
    ax.plot(sizes, errors[log_sum_exp, dtype], ".", label="平移 | shifted")
    ax.set(xscale="log", title=str(dtype).removeprefix("torch."))
    ax.set_yticks([0, 0.5, 1, 1.4], ["0", "0.5", "1", r"$\infty$"])
fig.legend(
    *ax.get_legend_handles_labels(), loc="outside upper center", ncols=4
)
fig.supxlabel("最大的 logit $c$（无量纲） | largest logit $c$ (dimensionless)")
fig.supylabel(
    r"相对误差（机器精度 $\epsilon$）"
    r" | relative error (machine epsilons $\epsilon$)"
)
fig.set_label(
    "四种浮点类型下两种 log-sum-exp 的误差；朴素写法越过 ln M 之后全是 inf"
    " | Errors of two ways to compute log-sum-exp in four number formats;"
    " beyond ln M the naive way gives nothing but inf"
)
plt.show()

# %%
# 精确的失败点，以及类别数 | The exact point, and the number of classes
# ---------------------------------------------------------------------
# 如果 :math:`q` 个 logit 并列最大，先溢出的是它们的和，条件是
# :math:`q e^c > M`，也就是 :math:`c > \ln M - \ln q`。
# 二分到相邻的两个浮点数，就得到最后一个还能用的 :math:`c`。
#
# If :math:`q` logits tie for the maximum, their sum overflows first:
# :math:`q e^c > M`, that is :math:`c > \ln M - \ln q`. Bisecting down to two
# neighboring floating-point numbers finds the last :math:`c` that works.


def last_working_logit(num_classes, dtype):
    """Return the largest of ``num_classes`` equal logits that works."""
    works = torch.tensor(0.0, dtype=dtype)
    fails = torch.tensor(1000.0, dtype=dtype)
    while (middle := works + (fails - works) / 2) not in (works, fails):
        if naive_log_sum_exp(middle.expand(num_classes), dim=0).isfinite():
            works = middle
        else:
            fails = middle
    return works.item()


class_counts = [1, 3, 10, 32, 100, 316, 1000, 3162, 10_000]
measured = {}
for dtype in dtypes:
    limits = [last_working_logit(count, dtype) for count in class_counts]
    measured[dtype] = torch.tensor(limits, dtype=torch.float64)

# %%
# 把各类型自己的 :math:`\ln M` 减掉以后，四组点落在同一条线
# :math:`\ln q` 上。bfloat16 略高：它只有 8 位二进制有效数字，在
# 88 附近相邻两数隔着 0.5，最后一个能用的数最多会比上限低 0.5。
#
# With each type's own :math:`\ln M` taken off, all four sets of points fall on
# one line, :math:`\ln q`. bfloat16 lies a little above: with 8 significant
# bits its numbers near 88 are 0.5 apart, so the last one that works may stop
# up to 0.5 short of the limit.

fig, ax = plt.subplots(layout="constrained")
ax.plot(
    class_counts,
    torch.tensor(class_counts).log(),
    "k--",
    label=r"理论，$\ln q$ | theory, $\ln q$",
)
for dtype, marker in zip(dtypes, "os^x", strict=True):
    name = str(dtype).removeprefix("torch.")
    ax.plot(
        class_counts,
        predicted[dtype] - measured[dtype],
        marker,
        mfc="none",
        label=f"{name}, $\\ln M$ = {predicted[dtype]:.2f}",
    )
ax.set(
    xscale="log",
    xlabel="相等的 logit 个数 $q$（类别）"
    " | number of equal logits $q$ (classes)",
    ylabel=r"失去的余量 $\ln M - c_\mathrm{last}$（无量纲）"
    r" | headroom lost, $\ln M - c_\mathrm{last}$ (dimensionless)",
)
ax.legend()
fig.set_label(
    "失去的余量随类别数按 ln q 增长，四种类型落在同一条线上"
    " | The headroom lost grows like ln q with the number of classes;"
    " four types on one line"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 预言与测量相差不超过该类型的两个机器精度；减去最大值的写法处处有限，
# 误差不超过两个机器精度（取指数、求和取对数、加回最大值，每步舍入一次）。
#
# Prediction and measurement differ by at most two machine epsilons of the
# type; the shifted version is finite everywhere and off by at most two
# (exponential, logarithm of the sum, adding the maximum back: each rounds).

for dtype in dtypes:
    theory = predicted[dtype] - torch.tensor(class_counts).double().log()
    epsilon = torch.finfo(dtype).eps
    torch.testing.assert_close(
        measured[dtype], theory, rtol=2 * epsilon, atol=0
    )
    beyond = (sizes > predicted[dtype]).tolist()
    naive = torch.tensor(errors[naive_log_sum_exp, dtype])
    assert (~naive.isfinite()).tolist() == beyond
worst_shifted = max(max(errors[log_sum_exp, dtype]) for dtype in dtypes)
assert worst_shifted <= 2

for dtype in dtypes:
    name = str(dtype).removeprefix("torch.")
    record(
        f"logsumexp_overflow.{name}_threshold",
        measured[dtype][0].item(),
        over="一个 logit，还能用的最大值 | one logit, the largest that works",
        format=".2f",
    )
record(
    "logsumexp_overflow.shifted_error",
    worst_shifted,
    unit="机器 epsilon | machine epsilons",
    over="所有类型、所有 logit 中最差的 | the worst of all types and logits",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 另一边也有悬崖。所有 logit 都是很大的负数时，每个 :math:`e^{o_k}` 都下溢成
# 0，结果是 :math:`\ln 0 = -\infty`。它在哪里？答案在
# :doc:`/linear-models/softmax-regression` 讲 LogSumExp 的地方。
#
# There is a cliff on the other side. When all logits are very negative every
# :math:`e^{o_k}` underflows to 0 and the result is :math:`\ln 0 = -\infty`.
# Where is it? The answer is where :doc:`/linear-models/softmax-regression`
# speaks of LogSumExp.
