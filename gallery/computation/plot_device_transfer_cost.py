r"""
搬运要由计算来偿还 | Computing has to pay for the journey
=========================================================

把两个矩阵搬到另一个设备，在那里相乘，再把结果搬回来，划算吗？搬的数随
:math:`n^2` 增长，乘法随 :math:`n^3` 增长，所以矩阵要够大。按元素的运算做多少，
就要搬多少，多大都不划算。没有 GPU 的机器上，我们量复制和计算的时间之比。

Two matrices go to another device, are multiplied there, and the product comes
back. Does it pay? The numbers to move grow like :math:`n^2` and the
multiplications like :math:`n^3`, so the matrices have to be large. An
elementwise operation does as much as is moved, and does not pay at any size.
On a machine without a GPU we measure the time of computing over that of
copying.

**你需要** :doc:`/computation/devices` 里的设备和计时；**你得到** 计算与搬运
的时间之比，和 ``.item()`` 在循环里的价钱。

**You need** devices and timing, from :doc:`/computation/devices`; **you get**
the ratio of computing to moving, and what ``.item()`` in a loop costs.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, seconds_per_call, select_device

device = select_device()
threads = torch.get_num_threads()
torch.set_num_threads(1)  # the CPU's numbers are those of one core
sizes = [32, 64, 128, 256, 512, 1024, *on(device, cpu=[], cuda=[2048, 4096])]
print(device)

# %%
# 搬运和计算 | Moving and computing
# ---------------------------------
# 有 GPU 时，搬运是去一趟、回一趟。没有时，用同样多次的复制代替：那是内存里
# 便宜的搬运，到另一个设备通常更贵。乘法在 CPU 上算，也在设备上算；没有 GPU
# 时，两次都在 CPU 上。
#
# With a GPU, moving is there and back. Without one, as many copies stand in:
# moving within memory is cheap, and the way to another device usually costs
# more. The product is computed on the CPU and on the device. Without a GPU
# both are the CPU.


def move(x, device):
    """Return ``x`` in new memory, on the device."""
    return x.to(device, copy=True)


# %%
# 每个边长量五个时间：搬三个，在 CPU 上相乘，在设备上相乘，搬两个，ReLU。
#
# Five times for each side: moving three, the product on the CPU and on the
# device, moving two, and ReLU.


def measure(size, device):
    """Return five times in seconds, in the order of the last lines."""
    a, b = torch.rand(2, size, size)
    there_a, there_b = move(a, device), move(b, device)

    def journey():
        move(a, device)
        move(b, device)
        move(there_a, "cpu")

    def short_journey():
        move(a, device)
        move(there_a, "cpu")

    return [
        seconds_per_call(journey),
        seconds_per_call(lambda: a @ b),
        seconds_per_call(lambda: there_a @ there_b),
        seconds_per_call(short_journey),
        seconds_per_call(a.relu),
    ]


seconds = torch.tensor([measure(size, device) for size in sizes])
moving, product, there, short, relu = seconds.T
ratio, ratio_relu = product / moving, relu / short

# %%
# 左图是时间，右图是在 CPU 上计算的时间除以搬运的时间。乘法的比随 :math:`n`
# 上升，ReLU 的一直低。
#
# On the left are the times, on the right computing on the CPU over moving. The
# ratio of the product rises with :math:`n`, and that of ReLU stays low.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
left.plot(sizes, 1e6 * product, "C0o-", label="相乘 | product")
left.plot(sizes, 1e6 * moving, "C1s--", label="搬三个 | moving three")
left.plot(sizes, 1e6 * relu, "C2^-", label="ReLU")
left.set(yscale="log", ylabel="时间（微秒） | time (µs)")
right.plot(sizes, ratio, "C0o-", label="相乘 | product")
right.plot(sizes, ratio_relu, "C2^-", label="ReLU")
right.axhline(1, color="k", lw=0.8, ls=":")
right.set(yscale="log", ylabel="计算除以搬运 | computing over moving")
for ax in (left, right):
    ax.set_xscale("log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.set_xlabel("矩阵的边长 $n$ | side of the matrix, $n$")
    ax.legend()
fig.set_label(
    "左：相乘的时间比搬运升得快；右：相乘与搬运之比随边长上升，ReLU 的始终很低"
    " | Left: the time of a product rises faster than that of moving; right: its"
    " ratio to moving rises with the side, that of ReLU stays low"
)
plt.show()
for row in zip(sizes, *(1e6 * seconds.T), strict=True):
    print(f"{row[0]:5}", *(f"{time:10.1f}" for time in row[1:]))

# %%
# 循环里的 .item() | .item() in a loop
# ------------------------------------
# 同样的 50 步，一种每步用 ``.item()`` 取出损失，另一种在设备上累加，最后取
# 一次。CPU 上没有队列，``.item()`` 没有什么可等的，两种差不多。GPU 上第一种
# 每步都要等。
#
# The same 50 steps in two ways: one takes the loss out with ``.item()`` at each
# step, the other adds it up on the device and takes it out once. A CPU has no
# queue, so ``.item()`` has nothing to wait for, and the two are about equal. On
# a GPU the first waits at each step.


def steps(x, w, take_out_each):
    """Return the sum of 50 losses, taken out at each step or once."""
    total = 0.0
    for _ in range(50):
        loss = (x @ w).relu().mean()
        total = total + (loss.item() if take_out_each else loss)
    return float(total)


x, w = torch.rand(2, 128, 128, device=device)
each = once = float("inf")
for _ in range(10):  # in turns: the fastest of each
    each = min(each, seconds_per_call(lambda: steps(x, w, True)))
    once = min(once, seconds_per_call(lambda: steps(x, w, False)))
slower = each / once
print(f"item at each step: {slower:.2f} times the time of taking out once")
torch.set_num_threads(threads)

# %%
# 另一个设备要快多少 | How fast must the other device be?
# -------------------------------------------------------
# 设计算在另一个设备上快 10 倍，搬运要 :math:`m` 秒，这里算要 :math:`c` 秒。
# 划算就是 :math:`m + c / 10 < c`，也就是 :math:`c / m > 10 / 9`。
# 右图的虚线是 1，与它差不多：快得再多，界限也不会低于 1。
#
# Say the other device computes 10 times as fast, moving takes :math:`m`
# seconds, and computing here takes :math:`c`. It pays if
# :math:`m + c / 10 < c`, that is :math:`c / m > 10 / 9`. The dotted line on
# the right is at 1, close to it: however fast the device is, the limit does
# not fall below 1.

pays = [n for n, r in zip(sizes, ratio, strict=True) if r > 10 / 9]
print("a device of 10 times the speed pays for n =", pays)
assert ratio[-1] > 4 * ratio[1]  # grows with n
assert ratio[-1] > 10 / 9  # the product pays at last
assert (ratio_relu[-2:] < 1).all()  # the control does not
if device.type == "cuda":
    assert moving[-1] + there[-1] < product[-1]  # it did pay
else:
    assert 0.5 < slower < 2
record_all(
    "device_transfer_cost",
    {
        "small": ratio[1],
        "middle": ratio[3],
        "large": ratio[5],
        "relu_small": ratio_relu[1],
        "relu_large": ratio_relu[5],
        "item": slower,
    },
    format=".2f",
)
record(
    "device_transfer_cost.moving_large",
    1e6 * moving[5],
    unit="µs",
    format=",.0f",
)
record(
    "device_transfer_cost.product_large",
    1e6 * product[5],
    unit="µs",
    format=",.0f",
)

# %%
# 练习 | Exercise
# ---------------
# 一次搬运之后连做 20 次乘法，比只做一次划算多少？从记录的数估计。
#
# How much better is it to do 20 products after one journey, instead of one?
# Estimate from the numbers.

# %%
# 搬运的时间摊给 20 次，比值就乘 20。所以模型和数据搬过去以后就留在那里，
# 只把最后的损失取回来。
#
# The journey is shared by 20 products, and the ratio is multiplied by 20. So
# let model and data stay once they are there, and bring back the loss alone.

shared = 20 * product / moving
print("ratio with 20 products:", [f"{r:.1f}" for r in shared.tolist()])
assert shared[2] > 10 * ratio[2]
