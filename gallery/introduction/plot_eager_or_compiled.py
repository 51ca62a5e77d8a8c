r"""
编译器把二十趟并成一趟 | A compiler turns twenty passes into one
================================================================

边定义边运行的框架一次只看到一个运算：做完乘法，把结果写进内存；做加法时，
再把它读回来。编译器先看到整段计算，就能把许多步并成一趟。我们量一量，
这在小张量和大张量上各值多少，第一次调用又要付多少。

A define-by-run framework sees one operation at a time. It finishes the
multiplication, writes the result to memory, and reads it back for the
addition. A compiler sees the whole computation first and can do many steps in
one pass. We measure what this is worth on small and on large tensors, and
what the first call costs.

**你需要** :doc:`/introduction/frameworks` 里的“边定义边运行”和“跟踪”；
**你得到** 什么时候值得编译的一个尺度。

**You need** define-by-run and tracing, from :doc:`/introduction/frameworks`.
**You get** a sense of when compiling pays.
"""

import shutil
import time

import matplotlib.pyplot as plt
import numpy as np
import torch

from d2lnotes.results import record, record_all

# %%
# 同一个函数，两种跑法 | One function, run in two ways
# ----------------------------------------------------
# 函数把“乘 0.9，加 0.1”重复十次，一共二十个运算。``torch.compile``
# 跟踪它，生成一段 C++，再交给机器上的编译器；机器上没有编译器，
# 这里就只能照原样跑。
#
# The function repeats "times 0.9, plus 0.1" ten times, which makes twenty
# operations. ``torch.compile`` traces it, writes a piece of C++ and gives it
# to the compiler of the machine. Without a compiler the function runs as it
# is.


def twenty_steps(x):
    """Return ``x`` after ten times ``0.9 * x + 0.1``."""
    for _ in range(10):
        x = x * 0.9 + 0.1
    return x


threads = torch.get_num_threads()
torch.set_num_threads(1)  # one pass or twenty, not one core or many
has_compiler = any(map(shutil.which, ("g++", "clang++", "cl")))
compiled = twenty_steps
if has_compiler:
    compiled = torch.compile(twenty_steps, dynamic=True)

start = time.perf_counter()
first = compiled(torch.ones(1000))
first_call = time.perf_counter() - start
torch.testing.assert_close(first, twenty_steps(torch.ones(1000)))
print(f"first call: {first_call:.1f} s")

# %%
# 量时间 | Measure
# ----------------
# 两种跑法轮流各跑 15 轮，每轮把函数调用许多次，取平均。先各跑二十遍再开始计时。
# 两种跑法都只用一个线程，比的是趟数，不是核数。
#
# The two take turns for 15 rounds. In each round the function is called many
# times and the mean is kept. Both run twenty times before the watch
# starts, and both use one thread: we compare passes, not cores.

sizes, rounds = [10, 1_000, 10_000, 100_000, 1_000_000], 15
ways = [twenty_steps, compiled]
microseconds = np.zeros((len(sizes), len(ways), rounds))
for row, size in enumerate(sizes):
    x = torch.rand(size)
    calls = max(1, min(200, 200_000 // size))
    for way in ways * 20:  # warm up
        way(x)
    for turn in range(rounds):
        for column, way in enumerate(ways):
            start = time.perf_counter()
            for _ in range(calls):
                way(x)
            elapsed = time.perf_counter() - start
            microseconds[row, column, turn] = 1e6 * elapsed / calls

# %%
# 标记是最快的一轮，竖线到中位数为止：别的程序只会让一轮变慢，不会变快。
# 左边是平的：张量小的时候，时间花在一次次调用上，不花在算数上。
#
# Markers are the fastest round, and bars reach up to the median: other programs
# can make a round slower, not faster. On the left the lines are flat. With
# small tensors the time goes into making calls, not into arithmetic.

names = ["逐个运算 | one by one", "编译之后 | compiled"]
fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
torch.set_num_threads(threads)
fastest = microseconds.min(axis=-1)  # (sizes, ways)
above = np.median(microseconds, axis=-1) - fastest
for column, style in enumerate(("s-", "o--")):
    bars = [np.zeros(len(sizes)), above[:, column]]
    ax.errorbar(
        sizes, fastest[:, column], bars, fmt=style, label=names[column]
    )
ax.set(
    xscale="log",
    yscale="log",
    xlabel="张量的元素个数 | elements of the tensor",
    ylabel="二十步的时间（微秒） | time of twenty steps (µs)",
)
ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
ax.minorticks_off()
ax.legend(loc="upper left")
fig.set_label(
    "二十个运算的时间随张量变大：左边两条都是平的，右边都往上走；编译之后的一条"
    "始终在下面 | Time of twenty operations as the tensor grows: both lines are"
    " flat on the left and rise on the right; the compiled one stays below"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 小张量上省下的是调用，大张量上省下的是来回搬运内存。答案没有变，
# 代价是第一次调用：它要跟踪和编译，比之后的一次慢成千上万倍。
# 只调用几次的函数不值得编译，训练里成千上万次的那一步值得。
#
# With small tensors compiling saves calls, with large ones the traffic to
# memory and back. The answers are the same. The price is the first call, which
# traces and compiles and takes thousands of times as long as a later one. A
# function called a few times is not worth it, but the step of a training loop
# that runs thousands of times is.

speedup = fastest[:, 0] / fastest[:, 1]
print("speedup", speedup.round(1))
if has_compiler:
    assert speedup[-1] > 2
    assert first_call > 100 * fastest[0, 1] / 1e6
assert fastest[1, 0] < 10 * fastest[0, 0]  # 100 times the numbers

record_all(
    "eager_or_compiled",
    {
        "speedup_small": speedup[0],
        "speedup_large": speedup[-1],
    },
    over=f"{rounds} 轮（取最快） | {rounds} rounds (the fastest)",
    format=".1f",
)
record("eager_or_compiled.first_call", first_call, unit="s", format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 要调用多少次，省下的时间才抵得上第一次调用？张量大的时候，次数更多还是更少？
# 先从图上估一估。
#
# How many calls does it take until the time saved makes up for the first call?
# Is it more calls or fewer with large tensors? Estimate from the figure first.

if has_compiler:
    saved = (fastest[:, 0] - fastest[:, 1]) / 1e6  # seconds per call
    needed = first_call / saved
    for size, calls in zip(sizes, needed, strict=True):
        print(f"{size:>9,} elements: {calls:>11,.0f} calls")
    assert needed[-1] < needed[0]

# %%
# 更少。每次调用省下的时间随张量变大，编译的时间却不看张量的大小。
# 小张量要调用几万次以上，才算回本。
#
# Fewer. The time saved per call grows with the tensor, while the time to
# compile does not depend on its size. With small tensors it takes tens of
# thousands of calls or more to break even.
