r"""
每一步都问结果，程序和 GPU 就轮流等 | Asking at each step makes them take turns
===============================================================================

GPU 上的运算是这样做的：程序把任务放进队列就往下走，GPU 在后面一个接一个地做。
``.item()`` 要一个结果，程序只好停下来等。我们用说明白的假设排出时间表：
准备一步要多少微秒，GPU 做一步要多少微秒。

This is how operations run on a GPU: the program puts a task into a queue and
goes on, and the GPU does one task after another behind it. ``.item()`` wants a
result, so the program has to stop and wait. We draw the timetable from plain
assumptions: how many microseconds the program takes to prepare a step, and how
many the GPU takes to compute it.

**你需要** :doc:`/computation/devices` 里的异步执行；**你得到** 四张时间表。
图里没有测量，数都是由假设算出来的。

**You need** asynchronous execution, from :doc:`/computation/devices`; **you
get** four timetables. Nothing is measured here: the numbers follow from the
assumptions.
"""

import matplotlib.pyplot as plt

from d2lnotes.results import record_all

# %%
# 假设 | Assumptions
# ------------------
# 程序准备一步要 ``PREPARE`` 微秒。GPU 做完一步后，程序要过 ``ANSWER``
# 微秒才拿到答案。GPU 一次做一个任务，按次序做。
#
# The program takes ``PREPARE`` microseconds to prepare a step. An answer
# reaches the program ``ANSWER`` microseconds after the GPU has finished. The
# GPU does one task at a time, in order.

PREPARE, ANSWER, NUM_STEPS = 20.0, 10.0, 8


def timetable(gpu_time, ask_every):
    """Return when program and GPU work: lists of (start, duration).

    The program asks for a result after every ``ask_every`` steps, and in any
    case after the last.
    """
    now = free = 0.0
    program, gpu, waits = [], [], []
    for step in range(1, NUM_STEPS + 1):
        program.append((now, PREPARE))
        now += PREPARE
        start = max(now, free)  # the GPU may be busy with earlier tasks
        gpu.append((start, gpu_time))
        free = start + gpu_time
        if step % ask_every == 0 or step == NUM_STEPS:
            waits.append((now, free + ANSWER - now))
            now = free + ANSWER
    return program, gpu, waits, now


CASES = {
    "大任务，最后问一次 | long tasks, one question": (40.0, NUM_STEPS),
    "大任务，每步都问 | long tasks, asking each step": (40.0, 1),
    "小任务，最后问一次 | short tasks, one question": (5.0, NUM_STEPS),
    "小任务，每步都问 | short tasks, asking each step": (5.0, 1),
}
tables = [timetable(*case) for case in CASES.values()]

# %%
# 时间表 | The timetables
# -----------------------
# 上面一行是程序，下面一行是 GPU。灰色是程序在等。第一张表里 GPU 没有停过，
# 程序早就准备好了后面的任务。第二张里总有一个在等另一个。第三张里 GPU
# 做得比程序准备得快，它大半时间闲着：这时要紧的是程序，不是 GPU。
#
# The upper row is the program, the lower one the GPU, and gray is the program
# waiting. In the first table the GPU does not pause, for the program has the
# next tasks ready long before. In the second, one of the two is waiting for
# the other. In the third the GPU computes faster than the program prepares and
# is idle most of the time. There the program matters, not the GPU.

fig, axes = plt.subplots(
    4, 1, figsize=(8.5, 6.2), sharex=True, layout="constrained"
)
for ax, name, table in zip(axes, CASES, tables, strict=True):
    program, gpu, waits, end = table
    ax.broken_barh(program, (1.1, 0.8), color="C0", ec="white")
    ax.broken_barh(waits, (1.1, 0.8), color="0.85", ec="0.6")
    ax.broken_barh(gpu, (0.1, 0.8), color="C1", ec="white")
    ax.axvline(end, color="k", lw=1)
    ax.text(end + 5, 1, f"{end:.0f} µs", va="center", fontsize=12)
    ax.set_yticks([0.5, 1.5], ["GPU", "程序 | program"])
    ax.set_title(name, loc="left", fontsize=11)
    ax.spines[["top", "right", "left"]].set_visible(False)
    ax.tick_params(left=False)
axes[-1].set(xlabel="时间（微秒） | time (µs)", xlim=(0, 620))
fig.set_label(
    "四张时间表：最后问一次时程序和 GPU 同时工作；每步都问时，两者轮流等待，"
    "大任务从 350 微秒变成 560 微秒"
    " | Four timetables: with one question at the end program and GPU work at the"
    " same time; asking at each step makes them wait in turn, and long tasks take"
    " 560 instead of 350 microseconds"
)
plt.show()

# %%
# 怎样计时才对 | What a stopwatch shows
# -------------------------------------
# 停表之前不等 GPU，量到的就是程序准备任务的时间。
#
# A stopwatch that does not wait for the GPU shows the time the program took to
# prepare.

ends = [end for *_, end in tables]
wrong = NUM_STEPS * PREPARE  # the watch stops when the last task is queued
busy = sum(length for _, length in tables[2][1]) / ends[2]
print(f"stopwatch without waiting: {wrong:.0f} µs, in truth {ends[0]:.0f} µs")

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 笔算可以核对：大任务最后问一次是 20 + 8 × 40 + 10，每步都问是
# 8 × (20 + 40 + 10)。
#
# This can be checked by hand: long tasks take 20 + 8 × 40 + 10 with one
# question, and 8 × (20 + 40 + 10) when asked at each step.

assert ends[0] == PREPARE + NUM_STEPS * 40 + ANSWER
assert ends[1] == NUM_STEPS * (PREPARE + 40 + ANSWER)
assert ends[2] == NUM_STEPS * PREPARE + 5 + ANSWER
assert ends[3] == NUM_STEPS * (PREPARE + 5 + ANSWER)
record_all(
    "async_timeline",
    {
        "long_once": ends[0],
        "long_each": ends[1],
        "short_once": ends[2],
        "short_each": ends[3],
        "wrong_watch": wrong,
    },
    unit="µs",
    format=".0f",
)
record_all(
    "async_timeline", {"short_busy": busy}, unit="fraction", format=".2f"
)

# %%
# 练习 | Exercise
# ---------------
# 大任务，每四步问一次，要多久？先笔算。
#
# Long tasks, asking after every four steps: how long does it take? By hand
# first.

# %%
# 两段，每段 20 + 4 × 40 + 10 = 190 微秒，一共 380 微秒，只比 350 微秒多一点。
# 所以损失可以看，隔一阵看一次就好。
#
# Two pieces of 20 + 4 × 40 + 10 = 190 microseconds each, 380 in all, little
# more than 350. So look at the loss, but from time to time.

assert timetable(40.0, ask_every=4)[-1] == 2 * (20 + 4 * 40 + 10)
