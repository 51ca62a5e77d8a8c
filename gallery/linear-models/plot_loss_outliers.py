r"""
错的数据与损失 | Wrong data and the choice of a loss
====================================================

一百个价格里，有十个多写了一个零。用平方误差拟合的直线被拉走了，用绝对误差和 Huber
损失的几乎没有动。反过来，没有错的数据、误差服从正态分布时，平方误差给出的斜率最稳定。
绝对误差要多用一半以上的数据才能一样稳定，Huber 损失只要多用几个百分点。
误差换成拉普拉斯分布，绝对误差就比平方误差好。

Of a hundred prices, ten have a zero too many. The line fitted by squared error
is pulled away, those of absolute error and Huber loss hardly move. Without
wrong data and with normal errors it is the other way round: squared error
gives the steadiest slope. Absolute error needs more than half as many data
again to be as steady, Huber loss a few percent. With errors from a Laplace
distribution, absolute error is better than squared error.

**你需要** :doc:`/linear-models/losses` 里的三种损失；
**你得到** 它们各自怕什么，以及不怕错误数据的代价有多大。

**You need** the three losses of :doc:`/linear-models/losses`; **you get** what
each of them is afraid of, and what it costs to withstand wrong data.
"""

import math

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record_all
from d2lnotes.runtime import select_device

device = select_device()
SLOPE, INTERCEPT = 2.0, 1.0
NUM_POINTS = 100
# The three losses are one: Huber's with a huge, a tiny and a usual delta. The
# second number says how many steps are enough for the line to stay.
LOSSES = {"squared": (1e9, 1), "absolute": (0.01, 200), "huber": (1.345, 30)}
NAMES = {
    "squared": "平方 | squared",
    "absolute": "绝对值 | absolute",
    "huber": "Huber",
}

# %%
# 一个函数，三种损失 | One function for three losses
# --------------------------------------------------
# 误差是 :math:`e`。Huber 损失的梯度是把 :math:`e` 截断到
# :math:`[-\delta, \delta]`，可以写成 :math:`w e`，其中
# :math:`w = \min(1, \delta / |e|)`。所以这条直线也是一条加权的最小二乘直线，
# 只是权重取决于误差。先用最小二乘，算出误差和权重，再拟合，如此反复。
# :math:`\delta` 很大，得到平方误差。:math:`\delta` 很小，除了一个因子，得到绝对误差。
#
# Call the error :math:`e`. The gradient of the Huber loss is :math:`e` clipped
# to :math:`[-\delta, \delta]`, which is :math:`w e` with
# :math:`w = \min(1, \delta / |e|)`. So the line is a weighted least-squares
# line, but the weights depend on the errors. Begin with least squares, find
# errors and weights, fit again, and repeat. A very large :math:`\delta` gives
# squared error. A very small one gives absolute error, up to a factor.


def fit_line(x, y, delta, num_steps):
    """Return slopes and intercepts of the best lines, one for each row."""
    terms = torch.stack([torch.ones_like(x), x, y, x * x, x * y], dim=1)
    w = torch.ones_like(y)
    for _ in range(num_steps):
        n, sx, sy, sxx, sxy = (terms @ w[:, :, None]).squeeze(2).T  # sums
        slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
        intercept = (sy - slope * sx) / n
        errors = slope[:, None] * x + intercept[:, None] - y
        w = (delta / errors.abs().clamp(min=1e-12)).clamp(max=1.0)
    return slope, intercept


# %%
# 数据 | The data
# ---------------
# 真正的直线是 :math:`y = 2x + 1`，:math:`x` 在 0 与 10 之间。误差的标准差是 1 时，
# :math:`\delta = 1.345` 是一个常用的值。每个随机种子一批数据，每批 100 个点。
# “多写一个零”就是把前十个 :math:`y` 乘以 10。:math:`x` 是随机的，所以它们散布在各处。
#
# The true line is :math:`y = 2x + 1`, with :math:`x` between 0 and 10. For
# errors of standard deviation 1, :math:`\delta = 1.345` is a usual choice.
# Each random seed has 100 points of its own. A zero too many means that the
# first ten :math:`y` are multiplied by 10. As :math:`x` is random they lie
# anywhere.


def make_data(seed, noise):
    """Return x and y of one seed, each of shape (NUM_POINTS,)."""
    generator = torch.Generator().manual_seed(seed)
    size = {"generator": generator, "dtype": torch.float64}
    x = 10 * torch.rand(NUM_POINTS, **size)
    if noise == "normal":
        errors = torch.randn(NUM_POINTS, **size)
    else:  # Laplace: exponential in size, with a random sign
        errors = -torch.log1p(-torch.rand(NUM_POINTS, **size))
        errors *= torch.randn(NUM_POINTS, **size).sign()
    return x, SLOPE * x + INTERCEPT + errors


def make_many(num_seeds, noise, device):
    """Return x and y of many seeds, each of shape (seeds, NUM_POINTS)."""
    pairs = [make_data(seed, noise) for seed in range(num_seeds)]
    x, y = (torch.stack(parts) for parts in zip(*pairs, strict=True))
    return x.to(device), y.to(device)


# %%
# 三种情形，每种情形用三种损失各拟合一次。
#
# Three cases, and in each of them a fit by each of the three losses.

num_seeds = 1000
x, clean = make_many(num_seeds, "normal", device)
dirty = clean.clone()
dirty[:, : NUM_POINTS // 10] *= 10
x_laplace, laplace = make_many(num_seeds, "laplace", device)
cases = {
    "clean": (x, clean),
    "dirty": (x, dirty),
    "laplace": (x_laplace, laplace),
}
lines = {
    (case, name): fit_line(*data, *options)
    for case, data in cases.items()
    for name, options in LOSSES.items()
}
slopes = {key: slope.cpu() for key, (slope, _) in lines.items()}

# %%
# 一批数据 | One set of data
# --------------------------
# 种子 0。三角是多写了零的点。贴着上边的那些，真正的位置在图框之外。
#
# Seed 0. Triangles are the points with a zero too many. Those at the upper
# edge really lie beyond the frame.

fig, axes = plt.subplots(
    ncols=2, figsize=(9.5, 4.4), sharey=True, layout="constrained"
)
ends = torch.tensor([0.0, 10.0], dtype=torch.float64)
wrong = slice(0, NUM_POINTS // 10)
titles = {
    "clean": "数据无误 | correct data",
    "dirty": "十个多写了零 | ten with a zero too many",
}
for ax, (case, title) in zip(axes, titles.items(), strict=True):
    x0, y0 = (values[0].cpu() for values in cases[case])
    ax.plot(x0, y0, "o", color="0.6", ms=4)
    if case == "dirty":
        label = "多写了零，有的在框外 | a zero too many, some off the frame"
        ax.plot(x0[wrong], y0[wrong].clamp(max=76), "k^", ms=8, label=label)
    for (name, words), style in zip(
        NAMES.items(), ["C0-", "C1--", "C2:"], strict=True
    ):
        slope, intercept = (values[0].cpu() for values in lines[case, name])
        ax.plot(ends, slope * ends + intercept, style, lw=3, label=words)
    ax.set(xlabel="$x$", ylim=(-5, 80), title=title)
axes[0].set_ylabel("$y$")
axes[0].legend(loc="upper left")
marks, labels = axes[1].get_legend_handles_labels()
axes[1].legend(marks[:1], labels[:1], loc=(0.02, 0.78))
fig.set_label(
    "左：数据无误，三条直线重合。右：十个点多写了零，平方误差的直线被抬高变陡，"
    "另外两条几乎没有动"
    " | Left: correct data, the three lines coincide. Right: ten points with "
    "a zero too many; the line of squared error is lifted and steeper, the "
    "other two hardly move"
)
plt.show()

# %%
# 许多批数据 | Many sets of data
# ------------------------------
# 左图：各批数据的斜率，从第 5 到第 95 个百分位数，点是平均。右图：**相对效率**，
# 即平方误差的斜率的方差，除以另一种损失的斜率的方差。0.64 表示：平方误差用 64 个点，
# 就与这种损失用 100 个点一样稳定。叉是点很多时的理论值。正态误差下，
# 绝对误差的效率与中位数的相同，是 :math:`2/\pi`。
#
# Left: the slopes of all data sets, from the 5th to the 95th percentile, with
# a dot for the mean. Right: **relative efficiency**, the variance of the slope
# of squared error divided by that of another loss. The number 0.64 says that
# squared error is as steady with 64 points as this loss with 100. Crosses are
# the theory for many points. For normal errors the efficiency of absolute
# error is that of the median, :math:`2/\pi`.

theory = {
    ("clean", "absolute"): 2 / math.pi,
    ("clean", "huber"): 0.95,
    ("laplace", "absolute"): 2.0,
}
efficiency = {
    (case, name): (slopes[case, "squared"].var() / slopes[case, name].var())
    for case in ("clean", "laplace")
    for name in ("absolute", "huber")
}
for key, value in efficiency.items():
    print(*key, f"{value:.3f}", "theory", theory.get(key))

# %%
# 画出来。
#
# The drawing.

fig, axes = plt.subplots(ncols=2, figsize=(9.5, 4), layout="constrained")
levels = torch.tensor([0.05, 0.95], dtype=torch.float64)
for i, case in enumerate(["clean", "dirty"]):
    for j, name in enumerate(NAMES):
        low, high = slopes[case, name].quantile(levels)
        place = i + 0.2 * (j - 1)
        axes[0].plot([place] * 2, [low, high], f"C{j}", lw=4)
        axes[0].plot(place, slopes[case, name].mean(), f"C{j}o", ms=9)
axes[0].axhline(SLOPE, color="0.5", lw=1)
short = ["无误 | correct", "多写了零 | a zero too many"]
axes[0].set(xticks=[0, 1], xlim=(-0.5, 1.5), ylabel="斜率 | slope")
axes[0].set_xticklabels(short)
axes[0].legend(axes[0].lines[1:6:2], list(NAMES.values()), loc="upper left")
for i, case in enumerate(["clean", "laplace"]):
    for j, name in enumerate(["absolute", "huber"], start=1):
        place = i + 0.3 * (j - 1.5)
        axes[1].bar(place, efficiency[case, name], 0.25, color=f"C{j}")
        if (case, name) in theory:
            axes[1].plot(place, theory[case, name], "kx", ms=9, mew=2)
axes[1].axhline(1, color="C0", lw=2)
axes[1].set(xticks=[0, 1], ylabel="相对效率 | relative efficiency")
axes[1].set_xticklabels(
    ["正态误差 | normal errors", "拉普拉斯误差 | Laplace errors"]
)
fig.set_label(
    "左：多写了零时平方误差的斜率接近 4，另外两种仍是 2。右：正态误差下绝对误差的"
    "效率约 0.64，Huber 约 0.95；拉普拉斯误差下两者都超过 1"
    " | Left: with a zero too many the slope of squared error is near 4, the "
    "other two stay at 2. Right: with normal errors the efficiency is about "
    "0.64 for absolute error and 0.95 for Huber loss; with Laplace errors both "
    "exceed 1"
)
plt.show()

# %%
# 断言 | The claims, asserted
# ---------------------------
# 有错的数据时，平方误差的斜率偏到 3 以上，另外两种的平均偏差不到 0.02。
# 正态误差下，测得的效率与理论相差不到 0.08，约是一千批数据的方差之比的三倍标准误。
#
# With wrong data the slope of squared error exceeds 3 on average, and the
# others are off by less than 0.02. For normal errors the efficiencies are
# within 0.08 of the theory, about three times the standard error that the
# ratio of variances has with a thousand sets of data.

assert slopes["dirty", "squared"].mean() > 3
for name in ("absolute", "huber"):
    assert abs(slopes["dirty", name].mean() - SLOPE) < 0.02
    assert abs(efficiency["clean", name] - theory["clean", name]) < 0.08
assert efficiency["laplace", "absolute"] > 1.2

record_all(
    "loss_outliers",
    {
        f"{case}_{name}": slopes[case, name]
        for case in ("clean", "dirty")
        for name in LOSSES
    },
    over=f"{num_seeds} 批数据 | {num_seeds} data sets",
    format=".2f",
)
record_all(
    "loss_outliers",
    {
        "efficiency_absolute": efficiency["clean", "absolute"],
        "efficiency_huber": efficiency["clean", "huber"],
        "efficiency_absolute_laplace": efficiency["laplace", "absolute"],
        "efficiency_huber_laplace": efficiency["laplace", "huber"],
    },
    over=f"{num_seeds} 批数据 | {num_seeds} data sets",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 错在 :math:`y` 里的点，Huber 损失受得住。如果是 :math:`x` 多写了一个零呢？先猜，再运行。
#
# Huber loss withstands points that are wrong in :math:`y`. What if :math:`x`
# has a zero too many? Guess, then run it.

x_wrong, y_right = x[:100].clone(), clean[:100]
x_wrong[:, wrong] *= 10
for name, options in LOSSES.items():
    slope, _ = fit_line(x_wrong, y_right, *options)
    print(name, f"{slope.mean():.2f}")
    # A far x is a long lever: small changes of the slope move it a lot.
    assert slope.mean() < 1
