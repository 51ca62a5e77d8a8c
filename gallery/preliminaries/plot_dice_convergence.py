r"""
四倍的抽样换一半的误差 | Four times the draws, half the error
=============================================================

掷骰子，数六点出现的频率。掷得越多，频率离 :math:`1/6` 越近，这人人都信；
问题是**近得多快**。只看一次实验看不出来，那条曲线可能碰巧走运。
所以我们把同一个实验重复四千遍，量这四千个频率散得多宽：
宽度应当按 :math:`1/\sqrt{n}` 缩小，散布的形状应当趋向正态，
两者都能与公式逐点比较。最后换上柯西分布，平均多少次都没有用。

Roll a die and watch the frequency of sixes. Everyone believes that it
approaches :math:`1/6`; the question is **how fast**. One experiment cannot
tell, for its curve may just be lucky. So we repeat the experiment four
thousand times and measure how widely the frequencies scatter: the width
should shrink like :math:`1/\sqrt{n}` and the shape tend to a normal one, and
both can be compared with a formula point by point. Then the Cauchy
distribution takes the die's place, and no amount of averaging helps.

**需要**：:doc:`/preliminaries/estimation` 里的标准误和中心极限定理。
**得到**：由想要的误差反推抽样次数的算法，以及它何时失灵。

**You need** the standard error and the central limit theorem, from
:doc:`/preliminaries/estimation`.
**You get** a way to work out how many draws a wanted precision costs, and to
see when it fails.
"""

import math

import matplotlib.pyplot as plt
import numpy as np
import torch
from torch.testing import assert_close

from d2lnotes.results import record, record_all

generator = torch.Generator().manual_seed(0)

# %%
# 先算，再掷 | Predict, then roll
# -------------------------------
# 第 :math:`i` 次掷出六点时令 :math:`X_i = 1`，否则 :math:`X_i = 0`。
# 它的期望是 :math:`p = 1/6`，方差是 :math:`p(1-p)`。频率是
# :math:`n` 个独立的 :math:`X_i` 的平均，所以
#
# Let :math:`X_i = 1` if roll :math:`i` shows a six and 0 if not. Its
# expectation is :math:`p = 1/6`, its variance :math:`p(1-p)`. The frequency
# is the mean of :math:`n` independent :math:`X_i`, hence
#
# .. math::
#
#    \operatorname{std}\Bigl(\frac{1}{n} \sum_{i=1}^{n} X_i\Bigr)
#    = \sqrt{\frac{p(1-p)}{n}}.
#
# 四千遍实验，每遍掷 4096 次，一共一千六百多万次。
#
# Four thousand experiments of 4096 rolls are more than sixteen million rolls.

num_runs, num_rolls, p = 4000, 4096, 1 / 6
rolls = torch.randint(
    1, 7, (num_runs, num_rolls), generator=generator, dtype=torch.uint8
)
is_six = rolls == 6  # (runs, rolls)

sizes = 2 ** torch.arange(13)  # 1, 2, 4, ..., 4096 rolls
frequencies = torch.stack([is_six[:, :n].float().mean(dim=1) for n in sizes])
measured = frequencies.std(dim=1)  # over the runs, one for each size
predicted = (p * (1 - p) / sizes).sqrt()

# %%
# 平均也救不了的分布 | A distribution that averaging cannot help
# --------------------------------------------------------------
# 柯西分布的密度 :math:`1/(\pi(1+x^2))` 看上去像一口普通的钟，
# 尾巴却厚得连期望都不存在：积分 :math:`\int |x|\,f(x)\,\mathrm{d}x`
# 发散。理论说，:math:`n` 个独立柯西变量的平均，**分布与其中一个完全相同**。
# 它没有标准差可量，所以改量中间 68.3% 的实验占多宽，取一半；
# 对正态分布，这正好就是标准差。对单个柯西变量，它等于
# :math:`\tan(0.3413\,\pi) = 1.84`。
#
# The density of the Cauchy distribution, :math:`1/(\pi(1+x^2))`, looks like
# any bell, yet its tails are so heavy that it has no expectation:
# :math:`\int |x|\,f(x)\,\mathrm{d}x` diverges. Theory says that the mean of
# :math:`n` independent Cauchy variables is **distributed exactly like one of
# them**. There is no standard deviation to measure, so we take half the range
# of the middle 68.3% of the runs, which for a normal distribution is the
# standard deviation. For one Cauchy variable it is
# :math:`\tan(0.3413\,\pi) = 1.84`.

cauchy = torch.empty(num_runs, num_rolls, dtype=torch.float64)
cauchy.cauchy_(generator=generator)
# ndtr is the distribution function of the standard normal: 0.159 and 0.841
ONE_SIGMA = torch.special.ndtr(torch.tensor([-1.0, 1.0]).double())


def half_width(estimates):
    """Return half the range of the middle 68.3% of ``estimates``."""
    low, high = estimates.quantile(ONE_SIGMA)
    return (high - low) / 2


cauchy_measured = torch.stack(
    [half_width(cauchy[:, :n].mean(dim=1)) for n in sizes]
)
cauchy_predicted = math.tan(math.pi * (ONE_SIGMA[1] - 0.5))

# %%
# 左图是前二十遍实验，灰色的漏斗是 :math:`p` 加减两倍预测的标准差：
# 每条路径都晃，漏斗却只由公式决定。右图的点是四千遍的散布。
# 骰子的点落在斜率 :math:`-1/2` 的直线上；柯西的点是一条水平线。
#
# On the left are the first twenty runs; the gray funnel is :math:`p` plus and
# minus twice the predicted standard deviation. Each path wanders, while the
# funnel comes from the formula alone. The dots on the right are the scatter
# of all four thousand: those of the die on a line of slope :math:`-1/2`,
# those of Cauchy on a horizontal one.

fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
counts = torch.arange(1, num_rolls + 1)
funnel = 2 * (p * (1 - p) / counts).sqrt()
paths = is_six[:20].cumsum(dim=1) / counts
axes[0].plot(counts, paths.T, lw=0.6)
axes[0].fill_between(counts, p - funnel, p + funnel, color="0.85")
axes[0].axhline(p, color="k", lw=0.8, ls="--")
axes[0].set(xscale="log", xlim=(10, num_rolls), ylim=(0, 0.45))
axes[0].set(
    xlabel="掷的次数 $n$ | rolls $n$", ylabel="六点的频率 | frequency of sixes"
)
axes[1].loglog(
    sizes,
    predicted,
    "C0",
    label=r"骰子，$\sqrt{p(1-p)/n}$ | die, $\sqrt{p(1-p)/n}$",
)
axes[1].loglog(
    sizes, measured, "C0o", mfc="none", label="骰子，实测 | die, measured"
)
label = "柯西，预言 1.84 | Cauchy, predicted 1.84"
axes[1].axhline(cauchy_predicted, color="C1", ls="--", label=label)
label = "柯西，实测 | Cauchy, measured"
axes[1].loglog(sizes, cauchy_measured, "C1s", mfc="none", label=label)
axes[1].set(
    xlabel="取平均的个数 $n$ | draws $n$ in the mean",
    ylabel="均值的散布 | scatter of the mean",
)
axes[1].legend()
fig.set_label(
    "左：二十条频率路径收进漏斗。右：四千遍实验的散布，骰子按 1/√n 缩小，"
    "柯西分布不变 | Left: twenty paths of the frequency narrow into a funnel. "
    "Right: scatter over 4,000 runs, shrinking like 1/√n for the die and "
    "constant for Cauchy"
)
plt.show()

# %%
# 要掷多少次 | How many rolls are enough
# --------------------------------------
# 想让频率有 95% 的把握落在 :math:`p \pm 0.02` 以内，就令两倍
# （准确地说 1.96 倍）标准差等于 0.02，解出
# :math:`n = 1.96^2\, p(1-p) / 0.02^2 = 1334`。四千遍里有多少遍做到了？
# 另一方面，**次数**与 :math:`n/6` 的差距并不缩小，它按 :math:`\sqrt{n}`
# 变大：大数定律不会把偏差“还”回来，只是用更大的 :math:`n` 去除它。
#
# To have the frequency within :math:`p \pm 0.02` with 95% confidence, set
# twice (precisely 1.96 times) the standard deviation to 0.02 and solve:
# :math:`n = 1.96^2\, p(1-p) / 0.02^2 = 1334`. How many of the four thousand
# make it? The gap between the **number** of sixes and :math:`n/6`, however,
# does not shrink; it grows like :math:`\sqrt{n}`. The law of large numbers
# pays no deviation back, it only divides by a larger :math:`n`.

enough = round(1.96**2 * p * (1 - p) / 0.02**2)
within = (is_six[:, :enough].float().mean(dim=1) - p).abs() <= 0.02
coverage = within.float().mean()
excess_16, excess_4096 = measured[4] * 16, measured[12] * 4096
print(f"{enough} rolls: {coverage:.1%} of the runs within 0.02")
print(f"excess of sixes: {excess_16:.1f} in 16, {excess_4096:.1f} in 4096")

# %%
# 形状怎样变成正态 | How the shape becomes normal
# -----------------------------------------------
# 中心极限定理说，把 :math:`n` 个点数之和减去期望、除以标准差，
# 分布趋向标准正态。离正态有多远，用两个分布函数之差的最大值来量
# （柯尔莫哥洛夫距离）：
#
# The central limit theorem says that the sum of :math:`n` rolls, less its
# expectation and divided by its standard deviation, tends to the standard
# normal. How far it still is from it, we measure by the largest difference
# of the two distribution functions (the Kolmogorov distance):
#
# .. math::
#
#    D_n = \max_z \lvert F_n(z) - \Phi(z) \rvert.
#
# 用抽样来量，四千遍自带约 0.01 的误差，距离一小就淹没了。
# 好在骰子之和的分布算得出来：和为某个数的概率，等于凑成它的各种配法的
# 概率之和（这种运算叫卷积）。第二个例子是 :math:`n` 个指数变量之和，
# 例如 :math:`n` 次等车的总时间；它不对称，分布函数叫不完全伽马函数。
# 理论 [Esseen, 1945] 说 :math:`\sqrt{n}\,D_n` 趋于一个常数：对称的骰子是
# :math:`1/(2\sigma\sqrt{2\pi}) = 0.117`，即零点处台阶高度的一半
# （:math:`\sigma` 是一次点数的标准差）；指数变量由偏度
# （量不对称的程度，这里是 2）得
# :math:`2/(6\sqrt{2\pi}) = 0.133`。
#
# Four thousand runs carry an error of about 0.01 of their own, in which
# small distances would drown. But the distribution of a sum of dice can be
# computed: the probability of a total adds up over all ways to reach it, an
# operation called convolution. Our second example is the sum of :math:`n`
# exponential variables, say the total of :math:`n` waits for a bus, which is
# skewed; its distribution function is the incomplete gamma function. [Esseen,
# 1945] proved that :math:`\sqrt{n}\,D_n` tends to a constant:
# :math:`1/(2\sigma\sqrt{2\pi}) = 0.117` for the symmetric die, half the step
# at zero (:math:`\sigma` is the standard deviation of one roll), and, from
# their skewness (the measure of asymmetry, here 2),
# :math:`2/(6\sqrt{2\pi}) = 0.133` for exponential variables.

SIGMA = math.sqrt(35 / 12)  # of one roll, in pips


def normal_distance_of_dice(sum_probabilities, n):
    """Return the distance for a sum of n dice with these probabilities."""
    pips = n + torch.arange(len(sum_probabilities)).double()
    normal = torch.special.ndtr((pips - 3.5 * n) / (SIGMA * math.sqrt(n)))
    at_step = sum_probabilities.cumsum(dim=0)
    before_step = at_step - sum_probabilities
    gaps = torch.stack([at_step - normal, before_step - normal])
    return gaps.abs().max()


def normal_distance_of_exponentials(n):
    """Return the distance for a sum of n exponential variables."""
    z = torch.linspace(-5, 5, 10_001, dtype=torch.float64)
    total = (n + math.sqrt(n) * z).clamp(min=0)
    shape = torch.full_like(total, n)
    exact = torch.special.gammainc(shape, total)
    return (exact - torch.special.ndtr(z)).abs().max()


# %%
# 骰子的个数一次次加倍：两份分布卷积一次，就是个数翻倍的分布。
# 理论的两条线也在这里算好。
#
# The number of dice is doubled again and again: a distribution convolved with
# itself is that of twice as many. The two lines of theory are computed here,
# too.

dice_sums = {1: np.full(6, 1 / 6)}
for n in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]:
    dice_sums[2 * n] = np.convolve(dice_sums[n], dice_sums[n])
num_terms = torch.tensor(list(dice_sums)).double()
from_dice = [
    normal_distance_of_dice(torch.from_numpy(probabilities), n)
    for n, probabilities in dice_sums.items()
]
from_exponentials = [normal_distance_of_exponentials(n) for n in dice_sums]
distances = {
    "die": torch.stack(from_dice),
    "exponential": torch.stack(from_exponentials),
}
limits = {"die": 1 / (2 * SIGMA), "exponential": 2 / 6}
theory = {
    name: limit / (2 * math.pi * num_terms).sqrt()
    for name, limit in limits.items()
}

# %%
# 左图是形状：一个骰子还是平的，八个已经贴着正态（虚线）。右图是距离，
# 直线是理论的常数除以 :math:`\sqrt{n}`。
#
# On the left the shape: one die is still flat, eight lie on the normal density
# (dashed). On the right the distance; the lines are the constants of theory
# over :math:`\sqrt{n}`.

fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
z = torch.linspace(-4, 4, 200)
axes[0].plot(z, torch.exp(-(z**2) / 2) / math.sqrt(2 * math.pi), "k--")
for n, marker in zip([1, 2, 8], "osD", strict=True):
    scale = SIGMA * math.sqrt(n)
    standardized = (n + np.arange(len(dice_sums[n])) - 3.5 * n) / scale
    dots = {"marker": marker, "linestyle": "", "mfc": "none"}
    axes[0].plot(
        standardized, dice_sums[n] * scale, **dots, label=f"$n = {n}$"
    )
axes[0].set(
    xlabel="$n$ 个骰子之和，标准化后 | standardized sum of $n$ dice",
    ylabel="密度 | density",
)
axes[0].legend()
chinese = {"die": "骰子", "exponential": "指数分布"}
for name, style in [("die", "C0o"), ("exponential", "C2s")]:
    axes[1].loglog(num_terms, theory[name], style[:2])
    dots = {"mfc": "none", "label": f"{chinese[name]} | {name}"}
    axes[1].loglog(num_terms, distances[name], style, **dots)
axes[1].set(
    xlabel="和里的项数 $n$ | terms $n$ in the sum",
    ylabel="到正态的距离 $D_n$ | distance to normal $D_n$",
)
axes[1].legend()
fig.set_label(
    "左：1、2、8 个骰子之和标准化之后与正态密度。右：到正态的距离按 1/√n "
    "缩小，落在理论的直线上 | Left: standardized sums of 1, 2 and 8 dice "
    "against the normal density. Right: distance to the normal shrinking like "
    "1/√n, on the lines of theory"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 三件事：骰子的散布处处与公式相差不到 8%（四千遍的标准差自身约有 1%
# 的误差）；柯西的散布平均四千次之后仍与一次时一样；从 :math:`n = 16`
# 起，到正态的距离与理论常数相差不到 1%。
#
# Three things: the die's scatter is within 8% of the formula everywhere
# (from four thousand runs a standard deviation is known to about 1%); that
# of Cauchy is the same after four thousand draws as after one; and from
# :math:`n = 16` on the distances are within 1% of the constants of theory.

assert_close(measured, predicted, rtol=0.08, atol=0)
unchanged = torch.full_like(cauchy_measured, cauchy_predicted)
assert_close(cauchy_measured, unchanged, rtol=0.15, atol=0)
late = num_terms >= 16
for name, distance in distances.items():
    assert_close(distance[late], theory[name][late], rtol=0.01, atol=0)
assert abs(coverage - 0.95) < 0.02

# %%
# 课文引用下面这些数。斜率由最小二乘直线得出。
#
# The page quotes the following numbers. Slopes come from least-squares lines.


def log_log_slope(x, y):
    """Return the slope of the least-squares line in log-log coordinates."""
    return np.polyfit(np.log(x.numpy()), np.log(y.numpy()), deg=1)[0]


group, of_dice = "dice_convergence", distances["die"]
late_slope = log_log_slope(num_terms[late], of_dice[late])
record_all(
    group,
    {
        "scatter_256": (measured[8], ".4f"),
        "scatter_1024": (measured[10], ".4f"),
        "width_slope": log_log_slope(sizes, measured),
        "coverage": (coverage, ".1%"),
        "excess_16": (excess_16, ".1f"),
        "excess_4096": (excess_4096, ".1f"),
        "cauchy_1": cauchy_measured[0],
        "cauchy_4096": cauchy_measured[12],
    },
    over=f"{num_runs:,} 遍实验 | {num_runs:,} runs",
    format=".2f",
)
record(f"{group}.normal_distance_1", of_dice[0], format=".3f")
record(f"{group}.normal_distance_16", of_dice[4], format=".4f")
record(f"{group}.normal_distance_slope", late_slope, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 柯西分布的平均值没有用，它的中心 0 就找不到了吗？换一个统计量试试，
# 它的散布重新按 :math:`1/\sqrt{n}` 缩小。
#
# The mean of Cauchy draws is useless; can their center 0 not be found at all?
# Try another statistic, one whose scatter shrinks like :math:`1/\sqrt{n}`
# again.

medians = torch.stack(
    [half_width(cauchy[:, :n].median(dim=1).values) for n in sizes]
)
print([f"{width:.3f}" for width in medians])
of_medians = math.pi / (2 * sizes[6:].double().sqrt())
assert_close(medians[6:], of_medians, rtol=0.1, atol=0)

# %%
# 中位数。它只问一半的数在哪边，不问最远的那个有多远，所以厚尾巴伤不了它；
# 它的标准差约为 :math:`1/(2 f(0) \sqrt{n}) = \pi/(2\sqrt{n})`，
# :math:`f(0) = 1/\pi` 是中心处的密度。
#
# The median. It asks only on which side half of the numbers lie, not how far
# out the farthest is, so heavy tails do it no harm; its standard deviation
# is about :math:`1/(2 f(0) \sqrt{n}) = \pi/(2\sqrt{n})`, where
# :math:`f(0) = 1/\pi` is the density at the center.
