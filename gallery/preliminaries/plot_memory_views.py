r"""
视图快，隔着读慢 | A view is fast, reading it with gaps is slow
================================================================

换一种读法（转置、切片、``reshape``）不搬动数据，所以多大的张量都一样快。
只有新的读法写不成固定的步幅时，``reshape`` 才复制，哪些情形会复制，
可以事先算出来。视图虽快，读起来却可能慢：内存是一整段一整段地读的，
隔着几个数取一个，时间和全部读一遍差不多。

Reading a tensor in another way (a transpose, a slice, a ``reshape``) moves no
data, so it is equally fast at any size. If no fixed strides express the new
reading, ``reshape`` copies, and which cases those are can be worked out
beforehand. A view is fast to make but may be slow to read. Memory is read in
whole stretches, and taking one number out of several takes nearly as long as
reading them all.

**需要**：:doc:`/preliminaries/memory` 里的步幅、视图和合并两维的条件。
**得到**：看形状和步幅就知道会不会复制、读起来慢不慢。

**You need** strides, views and the condition for merging two dimensions, from
:doc:`/preliminaries/memory`.
**You get** the skill to tell from shape and strides whether something copies
and whether it will be slow to read.
"""

import itertools

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record, record_all
from d2lnotes.runtime import seconds_per_call

# %%
# 一排数，五种读法 | One row of numbers, five ways to read it
# -----------------------------------------------------------
# 元素 :math:`(i_1, \dots, i_m)` 的位置是
# :math:`o + \sum_k s_k i_k`，其中 :math:`o` 是起点，:math:`s_k` 是步幅。
# ``places`` 按行的次序算出每个元素的位置。
#
# Element :math:`(i_1, \dots, i_m)` stands at the place
# :math:`o + \sum_k s_k i_k`, with :math:`o` the start and :math:`s_k` the
# strides. ``places`` lists the places of all elements, row by row.


def places(view):
    """Return where the elements of a view stand in its storage."""
    indices = itertools.product(*(range(length) for length in view.shape))
    start, strides = view.storage_offset(), view.stride()
    return [
        start + sum(s * i for s, i in zip(strides, index, strict=True))
        for index in indices
    ]


def shares_memory(a, b):
    """Return whether two tensors read the same storage."""
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


X = torch.arange(12).reshape(3, 4)
views = {
    "X": X,
    "X.T": X.T,
    "X[1:, 1]": X[1:, 1],
    "X[:, ::2]": X[:, ::2],
    "X[:, :1].expand(3, 4)": X[:, :1].expand(3, 4),
}
for view in views.values():
    assert shares_memory(X, view)
    # the numbers 0 to 11 stand at the places 0 to 11
    assert places(view) == view.reshape(-1).tolist()

# %%
# 图中每一行都是同一排 12 个格子。格子里写的是第几个读到它，
# 空格子没有读到；扩展出来的视图把一个格子读了好几遍。
#
# Every line of the figure is the same row of 12 cells. A cell says when it is
# read, an empty one is never read; the expanded view reads one cell several
# times.

fig, axes = plt.subplots(
    nrows=len(views), figsize=(9, 4.6), sharex=True, layout="constrained"
)
for ax, (name, view) in zip(axes, views.items(), strict=True):
    turns = [[] for _ in range(12)]
    for turn, place in enumerate(places(view)):
        turns[place].append(turn)
    for place, when in enumerate(turns):
        shade = "tab:blue" if when else "none"
        cell = plt.Rectangle((place, 0), 1, 1, fc=shade, ec="gray", alpha=0.35)
        ax.add_patch(cell)
        label = "–".join(map(str, when[:1] + when[1:][-1:]))
        ax.text(place + 0.5, 0.5, label, ha="center", va="center")
    shape, strides = tuple(view.shape), view.stride()
    facts = f"形状 {shape}\n步幅 {strides} | shape {shape}\nstrides {strides}"
    ax.text(12.2, 0.5, facts, va="center", fontsize="small")
    ax.set(xlim=(0, 15.5), ylim=(0, 1), yticks=[])
    ax.set_ylabel(
        name, rotation=0, ha="right", va="center", family="monospace"
    )
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0)
axes[-1].set_xticks([place + 0.5 for place in range(12)], range(12))
axes[-1].set_xlabel(
    "存储里的位置；格子里：第几个读到"
    " | place in the storage; in each cell: when it is read",
    x=0.4,
)
fig.set_label(
    "同一排 12 个格子的五种读法，格子里是读到的次序 | Five ways to read the "
    "same row of 12 cells; each cell says when it is read"
)
plt.show()

# %%
# ``reshape`` 什么时候复制 | When ``reshape`` copies
# --------------------------------------------------
# 拉平一个张量，就是把相邻的维一对一对地并起来。长 :math:`d_1, d_2`、
# 步幅 :math:`s_1, s_2` 的两维能并，当且仅当 :math:`s_1 = d_2\, s_2`；
# 长度为 1 的维没有地方可跳，先去掉。只要有一对不满足，就得复制。
# 把 :math:`2 \times 3 \times 4` 的张量各维切出一段、隔着取、调换次序，
# 所有的组合都试一遍，看预言有没有错的。
#
# To flatten a tensor is to merge neighboring dimensions, pair by pair. Two
# of lengths :math:`d_1, d_2` and strides :math:`s_1, s_2` merge if and only
# if :math:`s_1 = d_2\, s_2`; dimensions of length 1 have nowhere to jump and
# are left out first. One pair that does not satisfy it forces a copy. We take
# parts of a :math:`2 \times 3 \times 4` tensor, with gaps and with its
# dimensions exchanged, in all combinations, and see whether the prediction is
# ever wrong.


def flattening_copies(view):
    """Predict from lengths and strides whether ``reshape(-1)`` must copy."""
    jumps = [
        (length, stride)
        for length, stride in zip(view.shape, view.stride(), strict=True)
        if length > 1
    ]
    return any(
        s1 != d2 * s2 for (_, s1), (d2, s2) in itertools.pairwise(jumps)
    )


V = torch.arange(24).reshape(2, 3, 4)
parts = [slice(None), slice(1, None), slice(None, 2), slice(None, None, 2)]
cases = [
    V[part].permute(order)
    for part in itertools.product(parts, repeat=3)
    for order in itertools.permutations(range(3))
]
copied = [not shares_memory(view, view.reshape(-1)) for view in cases]
predicted = [flattening_copies(view) for view in cases]
num_copied = sum(copied)
print(
    f"{len(cases)} cases, {num_copied} copied;",
    f"as predicted: {copied == predicted}",
)

# %%
# 换个读法，与大小无关 | Another reading, whatever the size
# ---------------------------------------------------------
# 能写成步幅的 ``reshape`` 只写下几个整数；要复制的，得搬动 :math:`n^2` 个数。
# 所以前者的时间应当是一条水平线，后者按 :math:`n^2` 增长。
# 一次只要几微秒，所以 ``seconds_per_call`` 连跑许多次一起计时，
# 七轮里取最快的一轮。
#
# A ``reshape`` that strides can express writes down a few integers; one that
# copies moves :math:`n^2` numbers. The time of the first should be a
# horizontal line, that of the second grow like :math:`n^2`. A call takes but
# microseconds, so ``seconds_per_call`` times many together, and keeps the
# fastest of seven rounds.

sizes = [32, 64, 128, 256, 512, 1024, 2048]
viewed, copying = [], []
for n in sizes:
    A = torch.zeros(n, n)
    viewed.append(seconds_per_call(lambda A=A: A.reshape(-1)))
    copying.append(seconds_per_call(lambda A=A: A.T.reshape(-1)))

# %%
# 隔着读 | Reading in jumps
# -------------------------
# 取一个很长的张量（128 MB，多半放不进缓存），每隔 :math:`s` 个数取一个，求和。
# 若内存一个数一个数地读，时间应当是全部求和的 :math:`1/s`。可是内存每次交出
# 一整段，叫**缓存行**，多数机器上是 64 字节，也就是 16 个 ``float32``：
# 只要 :math:`s \le 16`，每一段都得拿来，时间一点不省；再往后才按
# :math:`16/s` 变短。
#
# Take a long tensor (128 MB, too large for most caches) and add up every
# :math:`s`-th number. If memory were read number by number this would take
# :math:`1/s` of the time of the full sum. But memory hands out whole
# stretches, called **cache lines**, of 64 bytes on most machines: 16 numbers
# of type ``float32``. Up to :math:`s = 16` every line has to be fetched and
# nothing is saved; only beyond does the time fall like :math:`16/s`.

numbers = torch.ones(2**25)
steps = [1, 2, 4, 8, 16, 32, 64, 128, 256]
reading = torch.tensor(
    [seconds_per_call(numbers[::step].sum) for step in steps]
)
relative = reading / reading[0]
by_number = [1 / step for step in steps]
by_line = [min(1, 16 / step) for step in steps]

# %%
# 左图：不复制的 ``reshape`` 是水平线。右图：实测的点离“按缓存行”的线近得多；
# :math:`s` 更大时还要更慢，因为处理器也猜不准接下来该预取哪一段了。
#
# Left: a ``reshape`` that does not copy is a horizontal line. Right: the
# measured dots lie far closer to the line that counts cache lines; for larger
# :math:`s` they are slower still, because the processor no longer guesses
# well which line to fetch ahead.

fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
label = "A.T.reshape(-1)，要复制 | A.T.reshape(-1), copies"
axes[0].loglog(sizes, copying, "s-", label=label)
label = "A.reshape(-1)，视图 | A.reshape(-1), a view"
axes[0].loglog(sizes, viewed, "o-", label=label)
axes[0].set_xticks(sizes, sizes)
axes[0].minorticks_off()
axes[0].set_xlabel("A 的行数和列数 | rows and columns of A")
axes[0].set_ylabel("一次调用的时间（秒） | time of one call (s)")
label = "若按单个数算 | if single numbers counted"
axes[1].loglog(steps, by_number, "k:", label=label)
label = "若按 16 个数的缓存行算 | if lines of 16 numbers counted"
axes[1].loglog(steps, by_line, "k--", label=label)
axes[1].loglog(steps, relative, "o", label="实测 | measured")
axes[1].set_xticks(steps, steps)
axes[1].minorticks_off()
axes[1].set_xlabel("步长 $s$ | step $s$")
axes[1].set_ylabel("与步长 1 的时间之比 | time relative to step 1")
for ax in axes:
    ax.legend(fontsize="small")
fig.set_label(
    "左：不复制的 reshape 时间不随大小变，复制的按平方增长；"
    "右：每隔几个数读一个，时间几乎不减，与按缓存行算的预言一致 | "
    "Left: a reshape that does not copy "
    "takes constant time, one that copies grows with the square; right: "
    "reading every few numbers saves hardly any time, as cache lines predict"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 预言没有一次出错。视图的时间与大小无关；每 8 个数取一个，
# 只用到八分之一的数据，却几乎要付全部的时间。
# **反复要读的视图，先** ``contiguous()`` **一次，
# 复制一次，以后都按顺序读。**
#
# The prediction was never wrong. The time of a view does not depend on its
# size; taking every eighth number uses an eighth of the data for nearly all
# of the time. **A view that is read again and again deserves one**
# ``contiguous()``: **copy once, then read in order.**

every_eighth = relative[steps.index(8)].item()
assert copied == predicted
assert 0 < num_copied < len(cases)
assert max(viewed) < 10 * min(viewed)
assert copying[-1] > 50 * copying[0]
assert copying[-1] > 50 * viewed[-1]
assert every_eighth > 2 / 8

group = "memory_views"
record_all(group, {"cases": len(cases), "copied": num_copied}, format="d")
record_all(
    group,
    {
        "copy_ratio": (copying[-1] / viewed[-1], ",.0f"),
        "every_eighth": (every_eighth, ".2f"),
    },
    over="7 轮中最快的一轮 | the fastest of 7 rounds",
)

# %%
# 练习 | Exercise
# ---------------
# 一个大方阵，逐行求和与逐列求和，每次 ``A[i].sum()`` 或 ``A[:, j].sum()``，
# 加法一样多。哪个慢，为什么？怎样只改一处，让它不再慢？
#
# Sum a large square matrix row by row, ``A[i].sum()``, or column by column,
# ``A[:, j].sum()``: equally many additions. Which is slower, and why? Which
# single change cures it?

A = torch.ones(2048, 2048)
columns_in_order = A.T.contiguous()
by_row, by_column, cured = (
    seconds_per_call(sums, num_rounds=3)
    for sums in (
        lambda: [A[i].sum() for i in range(2048)],
        lambda: [A[:, j].sum() for j in range(2048)],
        lambda: [column.sum() for column in columns_in_order],
    )
)
print(
    f"relative to rows: {by_column / by_row:.1f}, cured {cured / by_row:.1f}"
)
assert by_column > 1.2 * by_row
record(f"{group}.column_ratio", by_column / by_row, format=".1f")

# %%
# 一列里相邻的两个数隔着 2048 个位置，每读一个数就要拿来一整段，
# 只用其中一个。2048 段共 128 KB，本可以留在缓存里，等下一列再用；
# 可是位置之差是 2 的幂，这些段全挤在缓存的少数几组里，
# 轮到下一列时多半已经被挤掉。把 2048 换成 2047 再跑，列就没有慢得那么厉害了，
# 但仍比行慢：隔着读，处理器没法一次取几个数来加。
# 先做一次 ``A.T.contiguous()``，列就成了连续的行。
#
# Neighbors within a column are 2048 places apart: each number read fetches a
# whole line and uses one number of it. The 2048 lines, 128 KB, could stay in
# the cache until the next column wants them, but distances that are a power
# of 2 crowd them into a few sets of the cache, and most have been pushed out
# by then. With 2047 in place of 2048 columns are less slow, and still slower
# than rows: across gaps the processor cannot load several numbers at once.
# After one ``A.T.contiguous()`` the columns are contiguous rows.
