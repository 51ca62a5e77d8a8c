r"""
广播省下输入，省不下结果 | Broadcasting saves the inputs, not the result
========================================================================

广播给出的数，和先把输入复制成同一形状再运算完全一样，却一个输入也不复制；
它要的内存只有结果那么大。可是结果本身也可能太大。下面用 :math:`n`
个点两两之间的距离，先算出该用多少字节，再量一量。

Broadcasting gives the very numbers that copying the inputs to one shape
would give, and copies none of them: it needs memory for the result only. The
result itself can still be too large. We take the distances between all pairs
of :math:`n` points, predict the bytes, then measure them.

**需要**：:doc:`/preliminaries/tensors` 里的广播，
:doc:`/preliminaries/memory` 里的步幅和原地操作。
**得到**：看到一个广播式子，先算它的结果有多大的习惯。

**You need** broadcasting, from :doc:`/preliminaries/tensors`, and strides and
in-place operations, from :doc:`/preliminaries/memory`.
**You get** the habit of working out how large the result of a broadcast will
be, before running it.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record
from d2lnotes.runtime import Stopwatch, on, select_device

# %%
# 三种写法，一个答案 | One answer, written three ways
# ---------------------------------------------------
# 有 :math:`n` 个点，每个点是 :math:`d` 个数；第 :math:`i` 个点记作
# :math:`\mathbf{p}_i`，它的第 :math:`k` 个数记作 :math:`p_{ik}`。要的是
# :math:`n \times n` 个平方距离：
#
# Take :math:`n` points of :math:`d` numbers each; :math:`\mathbf{p}_i` is the
# :math:`i`-th point and :math:`p_{ik}` its :math:`k`-th number. We want all
# :math:`n \times n` squared distances:
#
# .. math::
#
#    D_{ij} = \sum_{k=1}^{d} (p_{ik} - p_{jk})^2
#           = \lVert\mathbf{p}_i\rVert^2 + \lVert\mathbf{p}_j\rVert^2
#           - 2\,\mathbf{p}_i^\top \mathbf{p}_j
#
# 第一种写法用 ``repeat`` 把两边都复制成 :math:`(n, n, d)`。第二种交给广播：
# :math:`(n, 1, d)` 减去 :math:`(1, n, d)`。第三种用右边的式子，
# 其中最大的张量只有 :math:`(n, n)`。每个函数返回答案，
# 还有计算途中占着内存、至少这么大的张量。
#
# The first way copies both sides to :math:`(n, n, d)` with ``repeat``. The
# second leaves it to broadcasting: :math:`(n, 1, d)` minus
# :math:`(1, n, d)`. The third uses the right-hand side, where nothing is
# larger than :math:`(n, n)`. Each function returns the answer, and the
# tensors of at least this size that held memory on the way.


def by_copying(points):
    """Return squared distances after repeating both sides."""
    n = len(points)
    left = points[:, None].repeat(1, n, 1)  # (n, n, d), a copy
    right = points[None, :].repeat(n, 1, 1)  # (n, n, d), a copy
    difference = left - right  # (n, n, d)
    return difference.square_().sum(dim=-1), [left, right, difference]


def by_broadcasting(points):
    """Return squared distances from one broadcast subtraction."""
    difference = points[:, None] - points[None, :]  # (n, n, d)
    return difference.square_().sum(dim=-1), [difference]


def by_products(points):
    """Return squared distances from norms and one matrix product."""
    squared_norms = points.square().sum(dim=-1)  # (n,)
    distances = (points @ points.T).mul_(-2)  # (n, n)
    distances += squared_norms[:, None]
    distances += squared_norms
    return distances, []


ways = [by_copying, by_broadcasting, by_products]
names = [
    "先复制再相减 | copy, then subtract",
    "广播 | broadcast",
    "矩阵乘积 | matrix product",
]

# %%
# 先拿五个点试试：三种写法都与照着定义写的两重循环一致。
#
# Five points first: all three agree with two plain loops over the definition.

few = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))
expected = torch.tensor([[sum((p - q) ** 2) for q in few] for p in few])
for way in ways:
    torch.testing.assert_close(way(few)[0], expected)

# %%
# 先算，再量 | Predict, then measure
# ----------------------------------
# 一个 ``float32`` 占 4 字节。连同结果，三种写法应当占用
# :math:`4n^2(3d+1)`、:math:`4n^2(d+1)` 和 :math:`4n^2` 字节。
# 实际占了多少，问存储就知道：``untyped_storage().nbytes()``。
# 时间没有这样的公式，所以三种写法轮流跑，各跑七次，取中位数。
#
# A ``float32`` takes 4 bytes. With the result included, the three ways should
# need :math:`4n^2(3d+1)`, :math:`4n^2(d+1)` and :math:`4n^2` bytes. What they
# really take, the storages tell: ``untyped_storage().nbytes()``. No such
# formula gives the seconds, so the three ways take turns, seven times each,
# and we keep the median.

device = select_device()
d, rounds = 32, 7
sizes = on(device, cpu=[64, 128, 256, 512, 1024], cuda=[256, 512, 1024, 2048])
numbers = torch.tensor([3 * d + 1, d + 1, 1])  # per pair of points
predicted = 4 * numbers[:, None] * torch.tensor(sizes) ** 2  # (ways, sizes)
measured = torch.zeros_like(predicted)
seconds = torch.zeros(len(ways), len(sizes), rounds)

generator = torch.Generator().manual_seed(0)
for column, n in enumerate(sizes):
    points = torch.randn(n, d, generator=generator).to(device)
    for row, way in enumerate(ways):
        answer, held = way(points)
        storages = [tensor.untyped_storage() for tensor in [answer, *held]]
        measured[row, column] = sum(storage.nbytes() for storage in storages)
        del answer, held, storages
    for turn in range(rounds):
        for row, way in enumerate(ways):
            with Stopwatch() as stopwatch:
                way(points)
            seconds[row, column, turn] = stopwatch.seconds

# %%
# 左图的线是算出来的，点是量出来的，每个点都在线上。右图是时间：
# 点是中位数，竖线从最快的一次画到最慢的一次。
#
# On the left the lines are predicted and the dots measured; every dot is on
# its line. On the right is the time: dots are medians, bars reach from the
# fastest turn to the slowest.

typical = seconds.median(dim=-1).values  # (ways, sizes)
fastest, slowest = seconds.amin(dim=-1), seconds.amax(dim=-1)
fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
for row, marker in enumerate("osD"):
    style = {"marker": marker, "color": f"C{row}", "label": names[row]}
    axes[0].plot(sizes, predicted[row], color=f"C{row}")
    axes[0].plot(sizes, measured[row], linestyle="none", **style)
    bars = torch.stack([typical - fastest, slowest - typical])[:, row]
    axes[1].errorbar(sizes, typical[row], yerr=bars, **style)
for ax in axes:
    ax.set(
        xscale="log", yscale="log", xlabel="点数 $n$ | number of points $n$"
    )
    ax.set_xticks(sizes, sizes)
    ax.minorticks_off()
axes[0].set_ylabel("内存（字节） | memory (bytes)")
axes[1].set_ylabel("时间（秒） | time (seconds)")
axes[0].legend()
fig.set_label(
    "三种写法的内存与时间随点数的增长：先复制用得最多，广播约为它的三分之一，"
    "矩阵乘积最少 | Memory and time of three ways as the number of points "
    "grows: copying takes most, broadcasting a third, the product least"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 先复制再相减，占用的内存是广播的 :math:`(3d+1)/(d+1)` 倍，
# 得到的数却连最后一位都一样。而广播占用的内存，又是答案的
# :math:`d+1` 倍：**输入不必复制，结果却按完整的形状存放。**
# 这时最省的办法是改写式子，让那个大结果根本不出现。
#
# Copying before subtracting takes :math:`(3d+1)/(d+1)` times the memory of
# broadcasting, for numbers equal to the last bit. Broadcasting in turn takes
# :math:`d+1` times the memory of the answer: **no input is copied, but the
# result is stored at its full shape.** What saves most then is to rewrite
# the formula so that the large result never appears.

copied, broadcast, product = (way(points)[0] for way in ways)
torch.testing.assert_close(copied, broadcast, rtol=0.0, atol=0.0)
torch.testing.assert_close(product, broadcast, rtol=1e-4, atol=1e-3)
torch.testing.assert_close(measured, predicted, rtol=0.0, atol=0.0)

copy_ratio = (seconds[0, -1] / seconds[1, -1]).median()
product_ratio = (seconds[1, -1] / seconds[2, -1]).median()
assert copy_ratio > 1.2
assert product_ratio > 2

# %%
# 课文引用的就是下面四个数，时间的两个取自最大的 :math:`n`。
#
# The page quotes these four numbers; the two of time are for the largest
# :math:`n`.

memory_ratio, result_ratio = measured[:-1, -1] / measured[1:, -1]
turns = f"{rounds} 轮（取中位数） | {rounds} runs (median)"
record("broadcasting.memory_ratio", memory_ratio, format=".2f")
record("broadcasting.result_ratio", result_ratio, format=".0f")
record("broadcasting.time_ratio", copy_ratio, over=turns, format=".1f")
record(
    "broadcasting.product_time_ratio", product_ratio, over=turns, format=".0f"
)

# %%
# 练习 | Exercise
# ---------------
# 把每个点的每个数都加上 :math:`1000`，距离本该一点不变。三种写法的答案，
# 哪一种变得最厉害，为什么？想好了再往下看。
#
# Add :math:`1000` to every number of every point; no distance should change.
# Which of the three answers changes most, and why? Think first, then read on.

errors = [(way(points + 1000)[0] - broadcast).abs().max() for way in ways]
print([f"{error:.4f}" for error in errors])
assert max(errors[:2]) < 0.1
assert errors[2] > 1

# %%
# 矩阵乘积变得最厉害。另外两种先相减，1000 当场消去；它却先算出约
# :math:`32 \times 1000^2 = 3.2 \times 10^7` 的平方和，在那里，
# 相邻两个 ``float32`` 相差 2，再相减时，几十大小的距离已经走了样。
#
# The matrix product changes most. The other two subtract first, and the 1000
# is gone at once; it first computes sums of squares near
# :math:`32 \times 1000^2 = 3.2 \times 10^7`, where neighboring ``float32``
# numbers are 2 apart, and what is left after subtracting, a few tens, has
# lost its digits.
