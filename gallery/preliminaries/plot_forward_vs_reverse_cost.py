r"""
反向模式的代价与输入个数无关 | Reverse mode costs no more with more inputs
==========================================================================

链式法则给出一个乘积，可以从输入往前乘，也可以从输出往回乘。从输入往前乘叫正向模式，
每个输入要跑一遍。从输出往回乘叫反向模式，无论有多少输入都只跑一遍，
代价是要记住前向的中间结果。我们先数运算，再量时间，最后量内存。

The chain rule gives a product. It can be multiplied from the inputs forward
or from the output back. Forward mode needs one run for each input. Reverse
mode needs one run however many inputs there are, but it has to remember the
intermediate results. We count operations, then measure time, then memory.

**你需要** :doc:`/preliminaries/autograd-inside` 里的对偶数和计算图；
**你得到** 神经网络为什么都用反向传播，以及它为什么费内存。

**You need** dual numbers and graphs from
:doc:`/preliminaries/autograd-inside`; **you get** the reason why neural
networks use backpropagation, and why it needs so much memory.
"""

import functools
import itertools
import warnings

import matplotlib.pyplot as plt
import torch
from torch.func import jvp, vjp
from torch.nn.functional import softplus
from torch.testing import assert_close

from d2lnotes import autodiff
from d2lnotes.autodiff import Dual, Node, exp, log, sin
from d2lnotes.plotting.graphs import plot_graph
from d2lnotes.results import record, record_all
from d2lnotes.runtime import Stopwatch, peak_bytes

# %%
# 一张小图 | One small graph
# --------------------------
# 先看清两种方式各是怎么走的。取 :math:`L = (xw - y)^2`，其中
# :math:`x = 3`、:math:`w = 2`、:math:`y = 5`。每个圆圈下面写着值，
# 每个箭头上写着这一步自己的导数。正向模式从左往右乘箭头上的数，
# 一遍回答一个输入。反向模式从右往左乘，一遍就得到 ∂ 后面所有的数。
#
# How do the two modes walk? Take :math:`L = (xw - y)^2` with :math:`x = 3`,
# :math:`w = 2` and :math:`y = 5`. Each circle has its value below it, and
# each arrow carries the derivative of its step. Forward mode multiplies the
# numbers on the arrows from left to right, and one run answers for one input.
# Reverse mode multiplies from right to left, and one run gives all numbers
# behind a ∂.


def squared_error(x, w, y):
    """Return the loss of one example."""
    return (x * w - y) ** 2


named = {"x": Node(3.0), "w": Node(2.0), "y": Node(5.0)}
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
plot_graph(squared_error(**named), names=named, ax=ax)
fig.set_label(
    "xw 减 y 再平方的计算图，写着每个节点的值、每步的导数和对每个节点的导数"
    " | The graph of the square of xw minus y with the value of every node,"
    " each step's derivative and the loss's with respect to every node"
)
plt.show()

for gradient in (autodiff.forward_gradient, autodiff.reverse_gradient):
    assert gradient(squared_error, [3.0, 2.0, 5.0]) == [4.0, 6.0, -2.0]

# %%
# 数运算 | Counting operations
# ----------------------------
# 时间会抖动，运算次数不会，所以先数运算。我们的小引擎里，
# 一个“数”可以是任何能加能乘的东西，也可以是计算图的节点。
# 用节点去求梯度，求梯度的每一步就都记在图上，再数图里的运算。
# 例子是 :math:`n` 个输入的损失：
#
# Times fluctuate and counts do not, so we count first. A “number” inside our
# small engine may be anything that adds and multiplies. It may be a node of a
# graph. If we take a gradient with nodes, each step of the differentiation is
# recorded in a graph, and we count the operations there. The example is a
# loss of :math:`n` inputs:
#
# .. math::
#
#    f(x_1, \dots, x_n) = \ln \sum_{i=1}^{n-1} e^{x_i x_{i+1}}


def loss(*x):
    """Return the log of a sum in which every input meets its neighbor."""
    terms = [exp(a * b) for a, b in itertools.pairwise(x)]
    return log(sum(terms[1:], start=terms[0]))


def num_operations(outputs):
    """Return how many operations the graphs of ``outputs`` hold together."""
    graphs = (autodiff.trace(y) for y in outputs if isinstance(y, Node))
    nodes = {node for graph in graphs for node in graph}
    return sum(node.operation is not None for node in nodes)


input_counts = [2, 4, 8, 16, 32, 64]
counted = {"forward": [], "reverse": []}
for n in input_counts:
    point = [Node(0.1 + i / n) for i in range(n)]
    alone = num_operations([loss(*point)])
    by_forward = autodiff.forward_gradient(loss, point)
    by_reverse = autodiff.reverse_gradient(loss, point)
    counted["forward"].append(num_operations(by_forward) / alone)
    counted["reverse"].append(num_operations(by_reverse) / alone)
    for a, b in zip(by_forward, by_reverse, strict=True):
        assert_close(float(a), float(b), rtol=1e-12, atol=0.0)

# %%
# 把运算次数除以求一次函数值的运算次数，就知道一个梯度抵得上几次函数。
# 正向的比值与 :math:`n` 成正比，反向的比值停在一个常数以下。
# 有定理保证，梯度的代价不超过函数的几倍。常数由每种运算自己的导数决定。
#
# We divide by the operations of the function alone. The ratio tells how many
# function values a gradient costs. In forward mode it grows in proportion to
# :math:`n`, in reverse mode it stays below a constant. A theorem says that a
# gradient costs no more than a few function values. The constant depends on
# the derivatives of the single operations.

forward, reverse = (torch.tensor(counted[m]) for m in ("forward", "reverse"))
assert reverse.max() < 5
assert_close(forward[-1], 2 * forward[-2], rtol=0.05, atol=0.0)

# %%
# 量时间 | Measuring time
# -----------------------
# 在 torch 里，``torch.func.jvp`` 跑一遍正向模式，``torch.func.vjp``
# 先前向、再往回走一遍。函数是 :math:`n` 个权重的一个损失，
# 在 20,000 个样本上取平均。正向的每一遍做的事完全一样，
# 所以整个梯度的时间是一遍的时间乘以 :math:`n`。
# 对每个 :math:`n`，三种计算轮流做九次，取用时的中位数。
#
# In torch ``torch.func.jvp`` is one run of forward mode. ``torch.func.vjp``
# goes forward and then back. The function is a loss with :math:`n` weights,
# averaged over 20,000 examples. All runs of forward mode do the same work, so
# the whole gradient takes :math:`n` times as long as one of them. For each
# :math:`n` the three computations take turns, nine times each, and we keep
# the median of the times.

generator = torch.Generator().manual_seed(0)
sizes = [16, 32, 64, 128, 256]
num_examples, rounds = 20_000, 9
signs = torch.randint(2, (num_examples,), generator=generator) * 2.0 - 1.0


def make_loss(examples, signs):
    """Return the loss of logistic regression on these examples."""

    def logistic_loss(weights):
        return softplus(-signs * (examples @ weights)).mean()

    return logistic_loss


def run_forward(function, x):
    """Return one partial derivative."""
    direction = torch.zeros_like(x)
    direction[0] = 1.0
    return jvp(function, (x,), (direction,))[1]


def run_reverse(function, x):
    """Return the whole gradient."""
    _, pull_back = vjp(function, x)
    return pull_back(torch.tensor(1.0))[0]


# %%
# 第一次调用 ``jvp`` 时，torch 要做些准备。这段时间不算在内。
#
# At the first call of ``jvp`` torch prepares a few things. We leave this time
# out.

with warnings.catch_warnings():  # torch prepares jvp with a tool it deprecates
    warnings.simplefilter("ignore", FutureWarning)
    run_forward(torch.sum, torch.zeros(1))

runs = [lambda function, x: function(x), run_forward, run_reverse]
seconds = torch.zeros(len(runs), len(sizes), rounds)
for column, n in enumerate(sizes):
    examples = torch.randn(num_examples, n, generator=generator)
    logistic_loss = make_loss(examples, signs)
    x = torch.randn(n, generator=generator) / n**0.5
    one, every = run_forward(logistic_loss, x), run_reverse(logistic_loss, x)
    assert_close(one, every[0])
    for turn in range(rounds):
        for row, run in enumerate(runs):
            with Stopwatch() as watch:
                run(logistic_loss, x)
            seconds[row, column, turn] = watch.seconds
typical = seconds.median(dim=-1).values  # (runs, sizes)
measured_forward = torch.tensor(sizes) * typical[1] / typical[0]
measured_reverse = typical[2] / typical[0]

# %%
# 量内存 | Measuring memory
# -------------------------
# 往回走要等前向全部做完才能开始，所以前向的中间结果都得留着。
# 在一条长 :math:`L` 的链上，正向模式每走一步就可以忘掉上一步，
# 反向模式把 :math:`L` 步都记下来。``peak_bytes`` 用 Python 自带的
# ``tracemalloc`` 量两种方式的内存峰值。
#
# Walking back begins when the function is done, so the intermediate results
# have to stay. On a chain of length :math:`L` forward mode can forget a step
# when it takes the next. Reverse mode remembers all :math:`L` steps.
# ``peak_bytes`` measures the peak of memory of both with Python's own
# ``tracemalloc``.


def chain(x, length):
    """Return the sine of the sine of the sine ..."""
    for _ in range(length):
        x = sin(x)
    return x


lengths = [32, 64, 128, 256, 512, 1024, 2048]
starts = Dual(0.5, 1.0), Node(0.5)  # forward, reverse
peaks = torch.zeros(2, len(lengths), dtype=torch.float64)
for row, start in enumerate(starts):
    for column, length in enumerate(lengths):
        run = functools.partial(chain, start, length)
        peaks[row, column] = peak_bytes(run)
bytes_per_step = (peaks[1, -1] - peaks[1, -2]) / (lengths[-1] - lengths[-2])

# %%
# torch 也是这样：``saved_tensors_hooks`` 报告前向为往回走留下的张量。
# 一个 ``float32`` 占 4 字节，1,000 个数走 :math:`L` 步，
# 留下的恰好是 :math:`4000\,L` 字节。
#
# It is the same in torch: ``saved_tensors_hooks`` reports the tensors that
# the forward pass keeps for the way back. A ``float32`` takes 4 bytes, and
# for 1,000 numbers and :math:`L` steps torch keeps exactly :math:`4000\,L`
# bytes.


def saved_bytes(length):
    """Return what torch keeps for a chain of sines of 1,000 numbers."""
    sizes_seen = []

    def keep(tensor):
        sizes_seen.append(tensor.nbytes)
        return tensor

    x = torch.full((1000,), 0.5, requires_grad=True)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda kept: kept):
        for _ in range(length):
            x = torch.sin(x)
    return sum(sizes_seen)


assert [saved_bytes(length) for length in (10, 20)] == [40_000, 80_000]

# %%
# 三幅图 | Three plots
# --------------------
# 左图和中图的纵轴是一个梯度抵得上几次函数。正向随 :math:`n` 上升，
# 反向几乎不变。右图的纵轴是内存的峰值：这一次，上升的是反向。
#
# On the left and in the middle the vertical axis is the cost of a gradient in
# function values. Forward mode rises with :math:`n`, reverse mode hardly
# changes. On the right it is the peak of memory, and there reverse mode is
# the one that rises.

modes = ["正向 | forward", "反向 | reverse"]
fig, axes = plt.subplots(ncols=3, figsize=(11, 3.8), layout="constrained")
axes[0].loglog(input_counts, forward, "o-", label=modes[0])
axes[0].loglog(input_counts, reverse, "s--", label=modes[1])
axes[0].set(
    title="数出来的 | counted",
    ylabel="一个梯度的代价（函数值） | cost of a gradient (function values)",
)
axes[1].loglog(sizes, measured_forward, "o-", label=modes[0])
axes[1].loglog(sizes, measured_reverse, "s--", label=modes[1])
axes[1].set(
    title="torch 的用时 | timed, torch",
    ylabel="一个梯度的代价（函数用时） | cost of a gradient (function times)",
)
axes[2].loglog(lengths, peaks[0] / 1000, "o-", label=modes[0])
axes[2].loglog(lengths, peaks[1] / 1000, "s--", label=modes[1])
axes[2].set(title="内存 | memory", ylabel="内存峰值（kB） | peak memory (kB)")
names = ["输入个数 $n$ | inputs $n$"] * 2
names += ["链长 $L$（步） | chain length $L$ (steps)"]
for ax, name, ticks in zip(
    axes, names, [input_counts, sizes, lengths[::2]], strict=True
):
    ax.set_xlabel(name)
    ax.set_xticks(ticks, ticks)
    ax.minorticks_off()
    ax.legend()
fig.set_label(
    "运算次数与时间：正向随输入个数增长，反向不增；"
    "内存：正向不变，反向与链长成正比"
    " | Operations and time: forward mode grows with the inputs, reverse mode"
    " stays; memory: forward mode stays, reverse mode grows with the length"
)
plt.show()

# %%
# 时间的界放得很宽，快的慢的机器都应当通过。在 256 个输入上，
# 反向的代价不到 20 次函数，正向的代价至少是反向的 10 倍。
#
# The bounds on time are wide, so that fast and slow machines should pass. At
# 256 inputs reverse mode costs less than 20 function times, and forward mode
# at least ten times as much as reverse mode.

assert measured_reverse[-1] < 20
assert measured_forward[-1] > 10 * measured_reverse[-1]
assert peaks[0, -1] < 2 * peaks[0, 0]  # forward: no growth with the length
assert 100 < bytes_per_step < 2000
assert peaks[1, -1] > 15 * peaks[1, 0]

group = "forward_reverse"
record(f"{group}.counted_forward_64", forward[-1], format=".0f")
record(f"{group}.counted_reverse_64", reverse[-1], format=".1f")
record_all(
    group,
    {
        "time_forward_256": (measured_forward[-1], ".0f"),
        "time_reverse_256": (measured_reverse[-1], ".1f"),
    },
    over=f"{rounds} 轮（取中位数） | {rounds} runs (median)",
)
per_step = {"bytes_per_step": bytes_per_step}
record_all(group, per_step, unit="字节 | bytes", format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 对哪一种函数，用正向模式更划算？先想一想，
# 再看 :doc:`/preliminaries/autograd-inside` 的练习。
#
# For which functions is forward mode the better bargain? Think first, then
# see the exercises of :doc:`/preliminaries/autograd-inside`.
