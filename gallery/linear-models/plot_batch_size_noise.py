r"""
批量大一倍，方差小一半 | Twice the batch, half the variance
===========================================================

一小批样本的梯度是全体样本梯度的估计。批量 :math:`B` 大一倍，它的方差就小一半。
我们在同一组数据上测量，并与公式比较。对照：一批里的样本如果不是随机抽的，
而是彼此相似的邻居，方差就不按 :math:`1/B` 下降。时间是另一回事：批量小时，
一轮的时间约按 :math:`1/B` 下降，批量大到一定程度就不再下降。

The gradient of a small batch is an estimate of the gradient of all examples.
Twice the batch size :math:`B` means half the variance. We measure it on one
set of data and compare it with the formula. The control: if the examples of a
batch are not drawn at random but are neighbors that resemble each other, the
variance does not fall as :math:`1/B`. Time is another matter. For small
batches the time of an epoch falls about as :math:`1/B`, and from some size on
it falls no further.

**你需要** :doc:`/linear-models/minibatch-training`；
**你得到** 选批量的两条依据。

**You need** :doc:`/linear-models/minibatch-training`; **you get** two reasons
for choosing a batch size.
"""

import itertools

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seconds_per_call, select_device

device = select_device()
NUM_EXAMPLES, NUM_FEATURES, NUM_SEEDS = 4096, 20, 8
SIZES = [2**k for k in range(11)]

# %%
# 每个样本的梯度 | The gradient of each example
# ---------------------------------------------
# 线性回归里，第 :math:`i` 个样本的梯度是 :math:`e_i \mathbf{x}_i`，
# :math:`e_i` 是预测减去标签。权重取 0。一批的梯度是这些向量的平均，
# 所以先把它们全部算出来，再反复抽批。
#
# In linear regression the gradient of example :math:`i` is
# :math:`e_i \mathbf{x}_i`, where :math:`e_i` is prediction minus label. The
# weights are 0. The gradient of a batch is the mean of these vectors. So we
# compute all of them first and then draw many batches.


def example_gradients(seed):
    """Return the gradients of all examples, sorted by label."""
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(NUM_EXAMPLES, NUM_FEATURES, generator=generator)
    weights = torch.randn(NUM_FEATURES, generator=generator)
    noise = torch.randn(NUM_EXAMPLES, generator=generator)
    labels = inputs @ weights + noise
    residuals = 0 - labels  # the prediction is 0
    return (residuals[:, None] * inputs)[labels.argsort()]


# %%
# 两种批：随机抽取（不放回），或者在按标签排好的数据里切成相邻的一段一段。
# 方差是到全体梯度的距离的平方的平均。
#
# Two kinds of batches: drawn at random without replacement, or neighbors cut
# from the data sorted by label. The variance is the mean squared distance to the
# gradient of all.


def random_batches(gradients, size, generator):
    """Return the mean gradients of the batches of one shuffled epoch."""
    order = torch.randperm(NUM_EXAMPLES, generator=generator)
    shuffled = gradients[order.to(gradients.device)]
    return shuffled.reshape(-1, size, NUM_FEATURES).mean(dim=1)


def neighbor_batches(gradients, size):
    """Return the mean gradients of batches cut from the sorted data."""
    return gradients.reshape(-1, size, NUM_FEATURES).mean(dim=1)


def variance(means, full):
    """Return the mean squared distance of ``means`` to ``full``."""
    return ((means - full) ** 2).sum(dim=1).mean().item()


# %%
# 公式 | The formula
# ------------------
# 一个样本的方差除以 :math:`B`。不放回地抽，还要乘
# :math:`(n - B)/(n - 1)`：批量等于 :math:`n` 时，方差是 0。
#
# The variance of one example divided by :math:`B`. Drawn without replacement
# there is another factor, :math:`(n - B)/(n - 1)`: a batch of all :math:`n`
# has variance 0.


def predicted(gradients, size):
    """Return the variance that the formula gives."""
    single = variance(gradients, gradients.mean(dim=0))
    left = (NUM_EXAMPLES - size) / (NUM_EXAMPLES - 1)
    return single / size * left


rows = []
for seed in range(NUM_SEEDS):
    gradients = example_gradients(seed).to(device)
    full = gradients.mean(dim=0)
    generator = torch.Generator().manual_seed(seed)
    for size in SIZES:
        drawn = [random_batches(gradients, size, generator) for _ in range(20)]
        random = variance(torch.cat(drawn), full)
        alike = variance(neighbor_batches(gradients, size), full)
        rows.append([random, alike, predicted(gradients, size)])
measured = torch.tensor(rows).reshape(NUM_SEEDS, len(SIZES), 3)
relative = measured / measured[:, :1, 2:]  # one example has variance 1
random, alike, formula = relative.unbind(dim=2)

# %%
# 一轮要多久 | How long an epoch takes
# ------------------------------------
# 一步是前向、损失、反向、更新。量一步的时间，乘以一轮的步数。
# 处理器上只用一个核，别的程序就少打扰一些。
#
# A step is forward, loss, backward and update. We time one step and multiply
# it by the steps of an epoch. On a processor one core is used, so that other
# programs disturb less.


def seconds_per_epoch(size, num_examples, num_features, device):
    """Return the time of an epoch with batches of ``size``."""
    inputs = torch.randn(num_examples, num_features, device=device)
    labels = torch.randn(num_examples, 1, device=device)
    model = torch.nn.Linear(num_features, 1, device=device)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3)
    starts = itertools.cycle(range(0, num_examples, size))

    def step():
        rows = slice(start := next(starts), start + size)
        loss = 0.5 * ((model(inputs[rows]) - labels[rows]) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()  # waits until a GPU has finished

    step()
    return seconds_per_call(step, num_rounds=9) * num_examples / size


torch.set_num_threads(1)
time_sizes = [2**k for k in range(0, on(device, cpu=15, cuda=21), 2)]
num_timed = max(time_sizes)
seconds = [
    seconds_per_epoch(size, num_timed, 128, device) for size in time_sizes
]
print(dict(zip(time_sizes, seconds, strict=True)))

# %%
# 左图：方差，以一个样本的方差为 1。右图：一轮的时间；虚线是从批量 1 出发、
# 按 :math:`1/B` 下降的线。
#
# Left: the variance, where that of one example is 1. Right: the time of an
# epoch. The dashed line starts at batch size 1 and falls as :math:`1/B`.

fig, (left, right) = plt.subplots(
    ncols=2, figsize=(10, 4.4), layout="constrained"
)
label = "随机抽取 | drawn at random"
plot_spread(SIZES, random.T, "C0o", label=label, ax=left)
label = "标签相近的邻居 | neighbors by label"
plot_spread(SIZES, alike.T, "C1s-", label=label, ax=left)
left.plot(SIZES, formula.mean(0), "k--", label="公式 | formula")
left.set(xscale="log", yscale="log", xlabel="批量 $B$ | batch size $B$")
left.set_ylabel("梯度的方差（相对） | variance of the gradient (relative)")
left.legend()
right.loglog(time_sizes, seconds, "C0o-", label="一轮 | one epoch")
ideal = [seconds[0] / size for size in time_sizes]
right.loglog(time_sizes, ideal, "k--", label=r"$\propto 1/B$")
right.set(
    xlabel="批量 $B$ | batch size $B$",
    ylabel="一轮的时间（秒） | time of an epoch (s)",
)
right.legend()
fig.set_label(
    "左：随机抽取的批，方差按 1/B 下降，与公式重合；相邻样本的批降得慢得多。右：一轮的时间"
    "起初按 1/B 下降，然后变平 | Left: for batches drawn at random the variance "
    "falls as 1/B, on the formula; for neighbors it falls far more slowly. "
    "Right: the time of an epoch first falls as 1/B and then levels off"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 每种批量的平均与公式相差不到 10%；邻居的批在 :math:`B = 64` 时方差是随机批的
# 五倍以上。时间：从 1 到 16 至少快六倍。最后批量再乘 16，快不到五倍。
#
# For each size the mean is within 10% of the formula. At :math:`B = 64` the
# batches of neighbors have more than five times the variance of random ones.
# As for time, from 1 to 16 it falls to less than a sixth. At the other end 16
# times the batch makes the epoch less than 5 times as fast.

ratio = random.mean(dim=0) / formula.mean(dim=0)
at_64 = SIZES.index(64)
excess = alike[:, at_64] / random[:, at_64]
assert (ratio - 1).abs().max() < 0.1
assert excess.min() > 5
assert seconds[2] < seconds[0] / 6
assert seconds[-1] > seconds[-3] / 5

record_all(
    "batch_size_noise",
    {
        "variance_16": random[:, SIZES.index(16)],
        "variance_64": random[:, at_64],
        "variance_256": random[:, SIZES.index(256)],
        "neighbors_64": alike[:, at_64],
        "neighbor_excess": (excess, ".0f"),
    },
    over=f"{NUM_SEEDS} 个随机种子 | {NUM_SEEDS} random seeds",
    format=".4f",
)
record_all(
    "batch_size_noise",
    {
        "worst_deviation": ((ratio - 1).abs().max(), ".0%"),
        "speedup_16": (seconds[0] / seconds[2], ".0f"),
        "speedup_256": (seconds[0] / seconds[4], ".0f"),
        "speedup_last": (seconds[-3] / seconds[-1], ".1f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 公式里的 :math:`(n - B)/(n - 1)`，在批量是全体的百分之一时有多大？一半时呢？
#
# How large is the factor :math:`(n - B)/(n - 1)` for a batch of one
# hundredth of the data? And for one half?

factors = [
    (NUM_EXAMPLES - size) / (NUM_EXAMPLES - 1)
    for size in (NUM_EXAMPLES // 100, NUM_EXAMPLES // 2)
]
assert abs(factors[0] - 0.99) < 0.001
assert abs(factors[1] - 0.5) < 0.001

# %%
# 约 0.99 和 0.5。批量远小于全体时，可以不管它。
#
# About 0.99 and 0.5. While a batch is a small part of the data, it hardly
# matters.
