r"""
1×1 卷积是每个像素上的同一个全连接层 | A 1×1 convolution is one dense layer at each pixel
=========================================================================================

边长为 1 的核不看邻居，它能做什么？它把一个像素的各个通道加权相加，对每个像素用
同一组权重。本脚本核对它与全连接层的输出相等，再数一数：先用它减少通道，或者把
空间和通道分开做，能省下多少运算，多少时间。

A kernel of side 1 sees no neighbors, so what can it do? It adds up the
channels of one pixel with weights, the same weights at each pixel. This script
checks that its output equals that of a dense layer. Then it counts how much
work and how much time is saved by using it to reduce channels first, or to
treat space and channels apart.

**你需要** :doc:`/convolutional-networks/channels`；**你得到** 一个等式，和五种
层的运算与时间。

**You need** :doc:`/convolutional-networks/channels`; **you get** an equation,
and operations and time of five kinds of layer.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import conv2d, linear
from torch.utils.benchmark import Timer

from d2lnotes.layer_table import layer_table
from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()

# %%
# 一个像素 | One pixel
# --------------------
# 三个输入通道，两个输出通道。橙色的三个数与权重矩阵相乘，得到橙色的两个数。别的
# 像素也是这样，用同一个矩阵。
#
# Three channels come in, two go out. The three orange numbers times the matrix
# of weights give the two orange ones. The other pixels are treated likewise,
# with the same matrix.

generator = torch.Generator().manual_seed(2)
X = torch.randint(0, 4, (3, 3, 3), generator=generator).double()
W = torch.tensor([[1.0, 0, -1], [2, 1, 0]]).double()
Y = conv2d(X[None], W[:, :, None, None])[0]
marked = [["white"] * 3 for _ in range(3)]
marked[1][2] = "#ffb057"
fig, ax = plt.subplots(figsize=(10, 4.6), layout="constrained")
for c in range(3):
    plot_cells(X[c], ax=ax, corner=(0, -4 * c), colors=marked)
    ax.text(-0.8, -4 * c - 1.5, f"$X_{c}$", fontsize=18, ha="center")
plot_cells(W, ax=ax, corner=(6.5, -4.5), colors="#d9e8f6")
ax.text(8, -4, r"$\mathbf{W}$", fontsize=18, ha="center")
for o in range(2):
    plot_cells(Y[o], ax=ax, corner=(14, -2 - 4 * o), colors=marked)
    ax.text(13.2, -4 * o - 3.5, f"$Y_{o}$", fontsize=18, ha="center")
for start, end in ((3.4, 6.1), (9.9, 12.6)):
    ax.annotate(
        "",
        (end, -5.5),
        (start, -5.5),
        arrowprops={"arrowstyle": "->", "lw": 2},
    )
fig.set_label(
    "三张 3×3 的图，一个 2×3 的矩阵，两张 3×3 的图；同一个像素的三个数乘以矩阵"
    "得到两个数"
    " | Three maps of 3×3, a matrix of 2×3 and two maps of 3×3; the three"
    " numbers of one pixel times the matrix give two numbers"
)
plt.show()

# %%
# 相等 | Equal
# ------------
# 把通道放到最后一维，再用全连接层。一百组随机的大小，双精度。第二个检验：先打乱
# 像素再卷积，与先卷积再打乱，结果一样，因为 1×1 的核不看邻居。3×3 是对照，它不
# 一样。
#
# Move the channels to the last axis and apply a dense layer. There are a
# hundred random sizes, in double precision. A second test: shuffling pixels
# before the convolution equals shuffling them after it, as a 1×1 kernel sees
# no neighbors. As a control, with 3×3 it does not.


def shuffled(maps, order):
    """Return maps (n, c, h, w) with their pixels in another order."""
    return maps.flatten(2)[..., order].unflatten(2, maps.shape[2:])


apart, moved = [], {1: [], 3: []}
for _ in range(100):
    n, a, b, h, w = torch.randint(1, 9, (5,), generator=generator).tolist()
    maps = torch.randn(n, a, h, w, generator=generator).double()
    weight = torch.randn(b, a, generator=generator).double()
    dense = linear(maps.movedim(1, -1), weight).movedim(-1, 1)
    apart.append((conv2d(maps, weight[:, :, None, None]) - dense).abs().max())
    order = torch.randperm(h * w, generator=generator)
    for k in moved:
        kernel = torch.randn(b, a, k, k, generator=generator).double()
        before = conv2d(shuffled(maps, order), kernel, padding=k // 2)
        after = shuffled(conv2d(maps, kernel, padding=k // 2), order)
        moved[k].append((before - after).abs().max())
apart = torch.stack(apart).max()
moved = {k: torch.stack(gaps).max().item() for k, gaps in moved.items()}
print(f"{apart:.1e}", moved)

# %%
# 五种层 | Five kinds of layer
# ----------------------------
# 都从 128 个通道到 128 个通道，图是 28×28。瓶颈先减到 32 个通道，做 3×3，再加回
# 128 个。
#
# All take 128 channels to 128 channels, on maps of 28×28. The bottleneck goes
# down to 32 channels first, applies 3×3, and goes back to 128.

C = 128
KINDS = {
    "3×3": [nn.Conv2d(C, C, 3, padding=1)],
    "分成 4 组 | 4 groups": [nn.Conv2d(C, C, 3, padding=1, groups=4)],
    "瓶颈 | bottleneck": [
        nn.Conv2d(C, C // 4, 1),
        nn.Conv2d(C // 4, C // 4, 3, padding=1),
        nn.Conv2d(C // 4, C, 1),
    ],
    "深度可分离 | separable": [
        nn.Conv2d(C, C, 3, padding=1, groups=C),
        nn.Conv2d(C, C, 1),
    ],
    "逐通道 | depthwise": [nn.Conv2d(C, C, 3, padding=1, groups=C)],
}
batch = torch.randn(on(device, cpu=4, cuda=64), C, 28, 28).to(device)
operations, seconds = [], []
for layers in KINDS.values():
    model = nn.Sequential(*layers)
    operations.append(layer_table(model, (C, 28, 28)).operations)
    model.to(device)
    with torch.no_grad():
        timer = Timer("model(batch)", globals={"model": model, "batch": batch})
        seconds.append(timer.blocked_autorange(min_run_time=0.5).median)
operations, seconds = torch.tensor(operations), torch.tensor(seconds)
print(operations, seconds)

# %%
# 运算和时间都以普通的 3×3 为 1，纵轴是对数。时间是前向的中位数，一个线程。
#
# Operations and time, with the ordinary 3×3 as 1, on a logarithmic axis. Time
# is the median of the forward pass, on one thread.

work, time = operations / operations[0], seconds / seconds[0]
fig, ax = plt.subplots(figsize=(9, 4), layout="constrained")
places = torch.arange(len(KINDS))
for values, shift, hatch, label in (
    (work, -0.2, "", "运算 | operations"),
    (time, 0.2, "//", "时间 | time"),
):
    bars = ax.bar(places + shift, values, 0.4, hatch=hatch, label=label)
    ax.bar_label(bars, fmt="%.3f")
ax.set_yscale("log")
ax.set_xticks(places, list(KINDS), fontsize="large")
ax.set_ylabel("与 3×3 之比 | relative to 3×3")
ax.legend()
fig.set_label(
    "五种层的运算和时间，以 3×3 为 1：省下的时间大致与省下的运算相当；"
    "逐通道卷积的时间省得比运算少"
    " | Operations and time of five kinds of layer, with 3×3 as 1: time falls"
    " about as operations do, and for depthwise it falls less"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 1×1 与全连接层相等，打乱像素不影响它。深度可分离比 3×3 快。其余的时间取决于机器，
# 只作记录。
#
# 1×1 equals the dense layer, and shuffling pixels does not affect it.
# Separable is faster than 3×3. The other times depend on the machine and are
# recorded only.

assert apart < 1e-12
assert moved[1] < 1e-12 < 1 < moved[3]
assert time[3] < 1
per_operation = time / work
record_all(
    "one_by_one",
    {
        "groups_work": work[1],
        "bottleneck_work": work[2],
        "separable_work": work[3],
        "groups_time": time[1],
        "bottleneck_time": time[2],
        "separable_time": time[3],
        "depthwise_slower": (per_operation[4], ".1f"),
        "groups_slower": (per_operation[1], ".1f"),
    },
    format=".2f",
)
record_all("one_by_one", {"apart": apart}, format=".0e")

# %%
# 练习 | Exercise
# ---------------
# 核的边长是 :math:`k`，通道是 :math:`c`。深度可分离的运算是普通的几分之几？
# 推出公式，再与上面的数比较。
#
# With a kernel of side :math:`k` and :math:`c` channels, which fraction of the
# ordinary operations does separable take? Derive the formula and compare.

assert abs(work[3].item() - (1 / C + 1 / 9)) < 1e-6
