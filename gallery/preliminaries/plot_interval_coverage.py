r"""
95% 的区间，未必盖住 95% | A 95% interval that covers less
==========================================================

一百道题答对 98 道，准确率的 95% 置信区间是多少？最常用的办法是把 0.98
代进标准误，再加减 1.96 倍。我们数一数，这样的区间有多少次真的盖住准确率：
:math:`p = 0.98` 时还不到九成。换成威尔逊的区间，就回到 95% 附近。
覆盖率可以由二项分布算得分毫不差，再用抽样来核对。

98 of a hundred answers are right. What is the 95% confidence interval of the
accuracy? Mostly 0.98 is plugged into the standard error, and 1.96 of these
are added and subtracted. We count how often such an interval covers the true
accuracy: at :math:`p = 0.98` less than nine times in ten. Wilson's interval
returns to about 95%. The coverage follows exactly from the binomial
distribution, and drawing samples confirms it.

**你需要** :doc:`/preliminaries/estimation` 里的标准误和置信区间；
**你得到** 准确率接近 1 时仍然可信的区间。

**You need** standard error and confidence interval, from
:doc:`/preliminaries/estimation`; **you get** an interval to be trusted where
an accuracy is near 1.
"""

import matplotlib.pyplot as plt
import torch
from torch.distributions import Binomial

from d2lnotes.results import record_all

Z = 1.96  # a standard normal lies within 1.96 with probability 0.95
N = 100  # pictures in the test

# %%
# 三种区间 | Three intervals
# --------------------------
# 代入法用 :math:`\hat{p}` 估计标准误。威尔逊的区间是所有与数据相差不超过
# 1.96 个标准误的 :math:`p`，标准误用 :math:`p` 自己算，解一个二次方程就得到。
# 阿格雷斯蒂和库尔的区间先添上 :math:`z^2/2 \approx 2` 次对、2 次错，再用代入法。
#
# The plug-in interval estimates the standard error with :math:`\hat{p}`.
# Wilson's holds all :math:`p` that are within 1.96 standard errors of the
# data, where the standard error is that of :math:`p`; a quadratic equation
# gives it. Agresti and Coull first add :math:`z^2/2 \approx 2` right answers
# and 2 wrong ones, then plug in.


def plug_in(right, n, z=Z):
    """Return the ends of the interval with the estimated standard error."""
    p = right / n
    half = z * (p * (1 - p) / n).sqrt()
    return p - half, p + half


def wilson(right, n, z=Z):
    """Return the ends of Wilson's interval."""
    p = right / n
    center = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z * (p * (1 - p) / n + z**2 / (4 * n**2)).sqrt() / (1 + z**2 / n)
    return center - half, center + half


def agresti_coull(right, n, z=Z):
    """Return the plug-in interval after adding z²/2 of either answer."""
    return plug_in(right + z**2 / 2, n + z**2, z)


INTERVALS = {
    "代入法 | plug-in": plug_in,
    "威尔逊 | Wilson": wilson,
    "阿格雷斯蒂-库尔 | Agresti-Coull": agresti_coull,
}

# %%
# 覆盖率，分毫不差 | Coverage, exactly
# ------------------------------------
# 答对的题数只有 :math:`0, 1, \dots, n` 这些可能，每种的概率由二项分布给出。
# 把盖住 :math:`p` 的那些加起来，就是覆盖率。
#
# The number of right answers is one of :math:`0, 1, \dots, n`, each with a
# probability from the binomial distribution. Add up those whose interval
# covers :math:`p`.


def coverage(interval, p, n):
    """Return the probability that the interval covers p, for each of p."""
    right = torch.arange(n + 1, dtype=torch.float64)
    low, high = interval(right, n)
    chances = Binomial(n, p[:, None]).log_prob(right).exp()  # (p, right)
    covered = (low <= p[:, None]) & (p[:, None] <= high)
    return (chances * covered).sum(dim=1)


grid = torch.linspace(0.5, 0.995, 496, dtype=torch.float64)
exact = {name: coverage(f, grid, N) for name, f in INTERVALS.items()}
at_98 = torch.tensor([0.98], dtype=torch.float64)
exact_98 = {name: coverage(f, at_98, N) for name, f in INTERVALS.items()}
for name, share in exact_98.items():
    print(f"{name}: {share.item():.3f}")

# %%
# 抽样核对 | Checked by samples
# -----------------------------
# 二十万次考试，每次 100 道题，:math:`p = 0.98`。数出来的覆盖率应当与算出来的相符。
#
# Two hundred thousand tests of 100 questions at :math:`p = 0.98`. The counted
# coverage should agree with the calculated one.


def counted_coverage(interval, p, n, generator, num_tests=200_000):
    """Return the share of simulated tests whose interval covers p."""
    chances = torch.full((num_tests,), p, dtype=torch.float64)
    trials = torch.full((num_tests,), float(n), dtype=torch.float64)
    right = torch.binomial(trials, chances, generator=generator)
    low, high = interval(right, n)
    return ((low <= p) & (p <= high)).double().mean().item()


generator = torch.Generator().manual_seed(0)
counted = {
    name: counted_coverage(f, 0.98, N, generator)
    for name, f in INTERVALS.items()
}

# %%
# 左图：四十次考试，每次一条代入法区间；叉标出没有盖住 0.98 的。
# 没盖住的几乎都是“考得太好”的：题数对得多，估计的标准误就小，区间就短，
# 全对时长度竟是 0。右图：三种区间的覆盖率随 :math:`p` 的变化。
#
# Left: forty tests with their plug-in intervals; crosses mark those that miss
# 0.98. Most of these did too well: with more right answers the estimated
# standard error is smaller and the interval shorter, and of length 0 if all
# are right. Right: the coverage of all three against :math:`p`.


def draw_intervals(ax, p, n, generator, num_tests=40):
    """Draw the plug-in intervals of some tests, and mark those that miss."""
    right = (torch.rand(num_tests, n, generator=generator) < p).sum(dim=1)
    low, high = plug_in(right.double(), n)
    for row in range(num_tests):
        missed = not low[row] <= p <= high[row]
        style = "x-" if missed else "|-"
        ends = [low[row].item(), high[row].item()]
        color = "C1" if missed else "0.45"
        ax.plot(ends, [row, row], style, color=color)
    ax.axvline(p, color="k", ls="--", lw=1)


fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
draw_intervals(axes[0], 0.98, N, torch.Generator().manual_seed(2))
axes[0].set(xlabel="准确率 | accuracy", ylabel="第几次考试 | test")
for (name, share), style in zip(
    exact.items(), ["C1-", "C0-", "C2--"], strict=True
):
    axes[1].plot(grid, share, style, label=name, lw=1.5)
axes[1].axhline(0.95, color="k", ls=":", lw=1)
axes[1].set(
    xlabel="真正的准确率 $p$ | true accuracy $p$",
    ylabel="覆盖率 | coverage",
    ylim=(0.6, 1.0),
)
axes[1].legend(loc="lower left")
fig.set_label(
    "左：四十条代入法区间，几条没有盖住 0.98。右：p 接近 1 时代入法的覆盖率跌到"
    "九成以下，另两种一直在九成以上 | Left: forty plug-in intervals, some of "
    "which miss 0.98. Right: near p = 1 the plug-in coverage falls below nine "
    "in ten, the other two stay above"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 数出来的与算出来的相差不到 4.5 个标准误；:math:`p = 0.98` 时代入法不到 0.9，
# 另两种在 0.93 以上，而且在画出的每个 :math:`p` 处都在 0.9 以上。
# 作为对照，:math:`p = 0.5` 时三种都在 0.94 附近。
#
# Counted and calculated coverage agree to within 4.5 standard errors. At
# :math:`p = 0.98` the plug-in interval is below 0.9. The other two are above
# 0.93 there, and above 0.9 at all :math:`p` drawn. As a control, at
# :math:`p = 0.5` all three are near 0.94.

for name, share in exact_98.items():
    q = share.item()
    assert abs(counted[name] - q) < 4.5 * (q * (1 - q) / 200_000) ** 0.5
plug, *better = [share.item() for share in exact_98.values()]
assert plug < 0.9 < 0.93 < min(better)
assert all(share.min() > 0.9 for share in list(exact.values())[1:])
assert all(0.93 < share[0] < 0.96 for share in exact.values())

record_all(
    "interval_coverage",
    {
        "plug_in_98": plug,
        "wilson_98": better[0],
        "agresti_coull_98": better[1],
        "plug_in_50": exact["代入法 | plug-in"][0].item(),
    },
    format=".1%",
)

# %%
# 练习 | Exercise
# ---------------
# 考一千道题，代入法在 :math:`p = 0.98` 处就够好了吗？在 0.998 处呢？
#
# With a thousand questions, is the plug-in interval good enough at
# :math:`p = 0.98`? And at 0.998?

at_both = torch.tensor([0.98, 0.998], dtype=torch.float64)
plugged = coverage(plug_in, at_both, 1000)
wilsons = coverage(wilson, at_both, 1000)
for p, *shares in zip(at_both, plugged, wilsons, strict=True):
    print(f"p = {p}: plug-in {shares[0]:.3f}, Wilson {shares[1]:.3f}")
assert plugged[0] > 0.94
assert abs(plugged[1] - plug) < 0.01  # two wrong answers, as in 100 at 0.98
assert (wilsons > 0.94).all()

# %%
# 0.98 处够好，0.998 处不够，和一百道题、0.98 时差不多。要紧的不是题数，
# 而是答错的题数 :math:`n(1-p)`：只有两道左右时，代入法就靠不住。
#
# Yes at 0.98, no at 0.998, where it does about as badly as with a hundred
# questions at 0.98. What matters is not the number of questions but that of
# wrong answers, :math:`n(1-p)`. Where it is about two, the plug-in interval
# cannot be trusted.
