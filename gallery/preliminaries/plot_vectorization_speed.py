r"""
一次调用的固定时间 | The fixed time of one call
===============================================

求 :math:`n` 个乘积之和，可以写循环，也可以写一次张量运算。张量运算每调用一次，
先要一段与 :math:`n` 无关的固定时间，之后每个元素几乎不花时间；
循环正好相反。所以长的时候张量运算快得多，短的时候反而是循环快，
而转折点可以由两端的测量算出来。最慢的写法是循环里夹着张量运算：
每个元素都要花几次固定的时间。

A sum of :math:`n` products can be written as a loop or as one tensor
operation. Each call of a tensor operation first takes a fixed time, whatever
:math:`n`, and then next to nothing per element; a loop is the other way
round. So the operation is far faster for long tensors and the loop for short
ones, and measurements at both ends predict where they cross. Slowest of all
is a loop with tensor operations inside: it takes the fixed time several times
for every element.

**需要**：:doc:`/preliminaries/tensors` 里的按元素运算。
**得到**：判断一段循环值不值得改写的四个数。

**You need** elementwise arithmetic, from :doc:`/preliminaries/tensors`.
**You get** four numbers that tell whether a loop is worth rewriting.
"""

import math

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record, record_all
from d2lnotes.runtime import seconds_per_call, seed_everything

generator = seed_everything(0)
torch.set_num_threads(1)  # a Python loop has one core, so has the operation

# %%
# 四种写法，一个答案 | One answer, written four ways
# --------------------------------------------------
# 要算的是 :math:`\sum_{i=1}^{n} x_i y_i`。前两种是循环：一种逐个取张量的元素，
# 一种走 Python 的列表。后两种都是 ``x @ y`` 一次运算，
# 区别在于数据原来在哪里：已经在张量里，还是在列表里、得先搬。
#
# We want :math:`\sum_{i=1}^{n} x_i y_i`. The first two ways are loops, one
# over the elements of tensors, one over Python lists. The other two are the
# single operation ``x @ y``; they differ in where the data were before: in
# tensors already, or in lists that must be moved first.


def loop_over_tensors(x, y):
    """Add up products of tensor elements, one by one."""
    total = torch.zeros(())
    for i in range(len(x)):
        total = total + x[i] * y[i]
    return total


def loop_over_lists(x, y):
    """Add up products of Python numbers, one by one."""
    total = 0.0
    for a, b in zip(x, y, strict=True):
        total += a * b
    return total


def move_then_multiply(x, y):
    """Turn two lists into tensors and multiply those."""
    return torch.tensor(x) @ torch.tensor(y)


# %%
# 四种写法的答案只差舍入。
#
# The four answers differ by no more than rounding.

x = torch.randn(1000, generator=generator)
y = torch.randn(1000, generator=generator)
expected = x.double() @ y.double()
answers = [
    loop_over_tensors(x, y),
    loop_over_lists(x.tolist(), y.tolist()),
    move_then_multiply(x.tolist(), y.tolist()),
    x @ y,
]
for answer in answers:
    torch.testing.assert_close(
        float(answer), expected.item(), rtol=1e-4, atol=1e-4
    )

# %%
# 怎样量几微秒的事 | Timing what takes microseconds
# -------------------------------------------------
# 一次调用只要几微秒，计时器自己的误差也差不多这么大，
# 所以连跑很多次，一起计时，再除以次数。
# 别的程序只会让它变慢，不会让它变快，所以几轮里取最快的一轮。
# ``d2lnotes.runtime`` 里的 ``seconds_per_call`` 就是这样量的。
#
# One call takes microseconds, about as long as the watch's own error, so many
# calls are timed together and the time is divided by their number. Other
# programs can only slow us down, never speed us up, so of several rounds the
# fastest counts. This is what ``seconds_per_call`` of ``d2lnotes.runtime``
# does.

names = [
    "循环，用张量 | loop over tensors",
    "循环，用列表 | loop over lists",
    "列表转张量，再 x @ y | lists to tensors, then x @ y",
    "x @ y",
]
sizes = [2**k for k in range(18)]
seconds = {name: [] for name in names}
for n in sizes:
    x = torch.randn(n, generator=generator)
    y = torch.randn(n, generator=generator)
    a, b = x.tolist(), y.tolist()
    calls = [
        lambda x=x, y=y: loop_over_tensors(x, y),
        lambda a=a, b=b: loop_over_lists(a, b),
        lambda a=a, b=b: move_then_multiply(a, b),
        lambda x=x, y=y: x @ y,
    ]
    for name, call in zip(names, calls, strict=True):
        if name != names[0] or n <= 2**12:  # longer loops take too long
            seconds[name].append(seconds_per_call(call))

# %%
# 先算转折点，再去找 | Predict the crossing, then look for it
# -----------------------------------------------------------
# 设一次张量运算的固定时间是 :math:`c`，每个元素另加 :math:`b`；
# 列表循环也有固定时间 :math:`c'`（调用函数、准备循环），每个元素要
# :math:`a`。两者相等时
#
# Let :math:`c` be the fixed time of one tensor operation and :math:`b` what
# it adds per element; a loop over lists has a fixed time :math:`c'` as well,
# for calling the function and setting up, and takes :math:`a` per element.
# They are equal at
#
# .. math::
#
#    c' + a\,n^{*} = c + b\,n^{*}
#    \quad\Longrightarrow\quad n^{*} = \frac{c - c'}{a - b}.
#
# :math:`c` 和 :math:`c'` 取 :math:`n = 1` 的时间，:math:`a` 和 :math:`b`
# 取最长的四次里每个元素最短的时间。量这四个数用的全是两端，转折点却在中间：
# 它落在哪里，是预言，不是拟合。
#
# :math:`c` and :math:`c'` are the times at :math:`n = 1`; :math:`a` and
# :math:`b` are the least times per element among the four longest runs. All
# four numbers come from the two ends, the crossing lies between them: where it
# falls is a prediction, not a fit.

loop, moved, one_call = (torch.tensor(seconds[name]) for name in names[1:])
fixed_time, loop_fixed_time = one_call[0].item(), loop[0].item()
n = torch.tensor(sizes)
per_element_loop = (loop / n)[-4:].min().item()
per_element_call = (one_call / n)[-4:].min().item()
difference = per_element_loop - per_element_call
predicted_crossing = (fixed_time - loop_fixed_time) / difference

loop_is_slower = (loop > one_call).tolist()
first_slower = len(sizes) - loop_is_slower[::-1].index(False)
crossing = math.sqrt(sizes[first_slower - 1] * sizes[first_slower])
print(f"predicted crossing: n = {predicted_crossing:.0f}")
print(f"measured: {sizes[first_slower - 1]} < n < {sizes[first_slower]}")

# %%
# 左图是每次调用的时间，虚线是由这四个数画出的预言。
# 右图是各种写法与 ``x @ y`` 之比，越过 1 的地方就是转折点。
#
# On the left is the time of one call; the dashed lines are the predictions
# from the four numbers. On the right is the ratio of each way to ``x @ y``;
# where it passes 1 is the crossing.

fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
for name, marker in zip(names, "vosD", strict=True):
    times = torch.tensor(seconds[name])
    known = sizes[: len(times)]
    axes[0].loglog(known, times, marker, label=name)
    if name != names[-1]:
        axes[1].loglog(known, times / one_call[: len(times)], f"{marker}-")
axes[0].loglog(sizes, loop_fixed_time + per_element_loop * n, "k--", lw=1)
axes[0].loglog(sizes, fixed_time + per_element_call * n, "k--", lw=1)
axes[0].set_ylabel("一次调用的时间（秒） | time of one call (s)")
axes[0].legend(fontsize="small")
axes[1].axhline(1, color="C3", linewidth=1)
axes[1].axvline(predicted_crossing, color="k", linestyle=":")
axes[1].annotate(
    "预言的交点 | predicted crossing",
    (predicted_crossing, 2e3),
    rotation=90,
    ha="right",
    va="center",
    fontsize="small",
)
axes[1].set_ylabel("与 x @ y 的时间之比 | time relative to x @ y")
for ax in axes:
    ax.set_xlabel("元素个数 $n$ | number of elements $n$")
fig.set_label(
    "四种写法的时间和时间之比随长度的变化：列表循环在几十个元素处"
    "被一次运算超过，张量循环始终最慢 | "
    "Time and relative time of four ways against length: one "
    "operation overtakes the loop over lists at a few dozen elements, and the "
    "loop over tensors is slowest throughout"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 一次运算的固定时间，够列表循环走几十个元素：比这短的循环不值得改。
# 夹着张量运算的循环，每个元素要花好几次固定的时间（取两次、乘一次、加一次），
# 所以哪里都输。而把列表搬进张量，每个元素比循环一步还贵：
# **只算一次，就不要搬进张量。要快，数据从一开始就放在张量里。**
#
# In the fixed time of one operation fit a few dozen steps of a loop over
# lists: a shorter loop is not worth rewriting. A loop with tensor operations
# inside takes that time several times per element (two accesses, a product, a
# sum) and is slower everywhere. Moving a list into a tensor costs more per
# element than a step of the loop: **do not move
# data for a single sum. To be fast, keep them in tensors from the start.**

longest = len(seconds[names[0]]) - 1
tensor_loop_ratio = seconds[names[0]][-1] / one_call[longest].item()
list_loop_ratio = (loop[-1] / one_call[-1]).item()
moving_ratio = (moved[-1] / loop[-1]).item()

assert tensor_loop_ratio > 300
assert list_loop_ratio > 10
assert moving_ratio > 1
assert 2 <= crossing <= 1000
assert 1 / 4 < predicted_crossing / crossing < 4

# %%
# 三个比值分别取自最长的张量循环、最长的列表循环、最长的一次搬运。
#
# The three ratios are those of the longest loop over tensors, the longest
# loop over lists, and the longest move.

group = "vectorization_speed"
fastest = "7 轮中最快的一轮 | the fastest of 7 rounds"
record_all(
    group,
    {
        "tensor_loop_ratio": (tensor_loop_ratio, ",.0f"),
        "list_loop_ratio": list_loop_ratio,
        "moving_ratio": (moving_ratio, ".1f"),
        "crossing": crossing,
        "predicted_crossing": predicted_crossing,
    },
    over=fastest,
    format=".0f",
)
record(
    f"{group}.fixed_price",
    fixed_time * 1e6,
    unit="µs",
    over=fastest,
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 一个张量有 1000 行，每行 8 个数。给每一行求和，一行一次 ``row.sum()``，
# 大约要多久？``X.sum(dim=1)`` 呢？先用上面的固定时间估一估，再往下看。
#
# A tensor has 1000 rows of 8 numbers. About how long does it take to sum each
# row with its own ``row.sum()``? And ``X.sum(dim=1)``? Estimate from the
# fixed time above before you read on.

rows = torch.randn(1000, 8, generator=generator)
row_by_row = seconds_per_call(lambda: [row.sum() for row in rows])
at_once = seconds_per_call(lambda: rows.sum(dim=1))
print(f"row by row {row_by_row:.1e} s, at once {at_once:.1e} s")
assert row_by_row > 20 * at_once

# %%
# 逐行求和至少要花 1000 次固定时间，一次求完只花一次，8000 个加法几乎不花时间。
# 只要一段循环的每一步都调用张量运算，就去找能带 ``dim`` 的那种写法。
#
# Row by row the fixed time is spent at least 1000 times, at once it is spent
# once, and the 8000 additions take hardly any time. Whenever each step of a loop
# calls a tensor operation, look for the form that takes ``dim``.
