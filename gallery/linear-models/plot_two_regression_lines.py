r"""
两条回归线，和向平均的回归 | Two regression lines, and regression to the mean
=============================================================================

由 :math:`x` 预测 :math:`y` 的直线，倒过来用，不是由 :math:`y` 预测
:math:`x` 的直线。最小二乘量的是预测方向上的误差，方向换了，直线也换了。
这个脚本先画出误差的正方形，再用两次考试的成绩量一量：第一次最好的人，
第二次离平均近了多少。对照：去掉运气，两条线就合成一条。

The line that predicts :math:`y` from :math:`x`, read backwards, is not the
line that predicts :math:`x` from :math:`y`. Least squares measures errors in
the direction of prediction: another direction, another line. This script
first draws errors as squares. Then it takes the marks of two exams and
measures how much nearer to the mean the best of the first exam are in the
second. The control: without luck the two lines become one.

**你需要** :doc:`/linear-models/linear-regression` 里的最小二乘；
**你得到** 一个不需要任何原因、却常被当成原因的现象。

**You need** least squares from :doc:`/linear-models/linear-regression`;
**you get** an effect that needs no cause and is often mistaken for one.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.results import record_all

NUM_STUDENTS, NUM_SEEDS = 2000, 20
ABILITY, LUCK = 8.0, 6.0  # standard deviations, in points


def fit_line(x, y):
    """Return slope and intercept of the least-squares line of y on x."""
    dx, dy = x - x.mean(), y - y.mean()
    slope = (dx * dy).sum() / (dx * dx).sum()
    return slope, y.mean() - slope * x.mean()


# %%
# 误差的正方形 | Errors as squares
# --------------------------------
# 三次送货：1、2、3 公里，用了 4、5、9 分钟。左边的直线穿过前两个点，
# 第三个点错 3 分钟，正方形的面积是 9。右边是最小二乘的直线，它一个点也没有穿过，
# 三个正方形加起来只有 1.5。正方形的边长是误差，单位是分钟；
# 横向也按这个尺度画，所以看上去是正方形。
#
# Three deliveries of 1, 2 and 3 km took 4, 5 and 9 minutes. The line on the
# left passes through the first two points and misses the third by 3 minutes,
# a square of area 9. On the right is the least-squares line. It passes
# through none of the points, and its three squares add up to 1.5. The side of
# a square is an error in minutes, drawn to the same length sideways.


def draw_squares(ax, x, y, slope, intercept):
    """Draw points, a line and the squares of the errors; return their area."""
    ax.plot(x, y, "o", color="C0", ms=11, zorder=3)
    ends = torch.tensor([0.5, 3.7])
    ax.plot(ends, slope * ends + intercept, "C1-", lw=3)
    for place, truth in zip(x.tolist(), y.tolist(), strict=True):
        error = slope * place + intercept - truth
        side = abs(error) / 3  # the axes show 3 minutes as long as 1 km
        low = min(truth, truth + error)
        ax.add_patch(
            Rectangle((place, low), side, abs(error), fc="C3", alpha=0.35)
        )
    return ((slope * x + intercept - y) ** 2).sum().item()


km = torch.tensor([1.0, 2.0, 3.0])
minutes = torch.tensor([4.0, 5.0, 9.0])
best = tuple(float(number) for number in fit_line(km, minutes))

# %%
# 两条直线，同样的三个点。
#
# Two lines, the same three points.

fig, axes = plt.subplots(
    ncols=2, figsize=(9, 3.7), sharey=True, layout="constrained"
)
areas = []
for ax, line in zip(axes, [(1.0, 3.0), best], strict=True):
    areas.append(draw_squares(ax, km, minutes, *line))
    ax.set_title(f"$w = {line[0]:.1f}$, $b = {line[1]:.1f}$", fontsize=15)
    text = f"总面积 {areas[-1]:.1f} | total area {areas[-1]:.1f}"
    ax.text(0.6, 9.6, text, fontsize=15, va="top")
    ax.set(xlim=(0.4, 4.1), ylim=(2.5, 10), aspect=1 / 3)
    ax.set_xlabel("距离（公里） | distance (km)", fontsize=13)
axes[0].set_ylabel("时间（分钟） | time (minutes)", fontsize=13)
fig.set_label(
    "同样三个点。左边的直线穿过两个点，一个大正方形的面积是 9；右边的直线穿不过任何点，"
    "三个小正方形的总面积是 1.5 | The same three points. The line on the left "
    "passes through two and leaves one square of area 9. The line on the right "
    "passes through none and leaves three small squares of total area 1.5"
)
plt.show()

# %%
# 两次考试 | Two exams
# --------------------
# 一次考试的成绩是能力加运气。两次考试的能力是同一个，运气各自独立。
#
# A mark is ability plus luck. The ability is the same in both exams; the luck
# of one is independent of that of the other.


def two_exams(seed, luck):
    """Return the marks of all students in both exams."""
    generator = torch.Generator().manual_seed(seed)
    draws = torch.randn(3, NUM_STUDENTS, generator=generator)
    ability = 70 + ABILITY * draws[0]
    return ability + luck * draws[1], ability + luck * draws[2]


def top_tenth(chosen_by, other):
    """Return the mean marks, in both exams, of the best tenth of one."""
    best = chosen_by.topk(NUM_STUDENTS // 10).indices
    return chosen_by[best].mean(), other[best].mean()


# %%
# 每个种子量五个数：两个方向的斜率；第一次最好的十分之一在两次考试里的平均，
# 以及直线对他们第二次成绩的预测；再倒过来，挑第二次最好的十分之一。
#
# Each seed gives the slopes in both directions, the means of the best tenth
# of the first exam in both exams and what the line predicts for their second,
# and then the other way round, the best tenth of the second exam.

numbers = []
for seed in range(NUM_SEEDS):
    first, second = two_exams(seed, LUCK)
    forward, intercept = fit_line(first, second)
    backward, _ = fit_line(second, first)
    chosen, later = top_tenth(first, second)
    predicted = forward * chosen + intercept
    chosen_later, earlier = top_tenth(second, first)
    row = [forward, backward, chosen, later, predicted, chosen_later, earlier]
    numbers.append(torch.stack(row))
measured = torch.stack(numbers).T  # (numbers, seeds)
forward, backward, chosen, later, predicted, chosen_later, earlier = measured
print(measured.mean(dim=1))

# %%
# 没有运气的对照：两次成绩相同，两个斜率都是 1，谁也不向平均回归。
#
# The control without luck: both marks agree, both slopes are 1, and nobody
# moves toward the mean.

calm_first, calm_second = two_exams(0, luck=0.0)
calm_slope, _ = fit_line(calm_first, calm_second)
calm_back, _ = fit_line(calm_second, calm_first)
print(f"without luck: {calm_slope:.4f} and {calm_back:.4f}")

# %%
# 结果 | The result
# -----------------
# 实线由第一次预测第二次，虚线由第二次预测第一次，画在同一张图里。
# 两条线都穿过平均点，实线更平。右边没有运气，两条线重合。
#
# The solid line predicts the second exam from the first, the dashed line the
# first from the second, in one drawing. Both pass through the point of the
# means, and the solid line is flatter. On the right, without luck, the two
# lines coincide.

fig, axes = plt.subplots(
    ncols=2, figsize=(9, 4.6), sharey=True, layout="constrained"
)
pairs = [two_exams(0, LUCK), (calm_first, calm_second)]
titles = ["有运气 | with luck", "没有运气 | without luck"]
ends = torch.tensor([40.0, 100.0])
for ax, (x, y), title in zip(axes, pairs, titles, strict=True):
    ax.plot(x[:500], y[:500], ".", color="0.7", ms=4)
    slope, shift = fit_line(x, y)
    label = "由第一次预测第二次 | second from first"
    ax.plot(ends, slope * ends + shift, "C0-", lw=3, label=label)
    slope, shift = fit_line(y, x)
    label = "由第二次预测第一次 | first from second"
    ax.plot(slope * ends + shift, ends, "C1--", lw=3, label=label)
    ax.set(xlim=(40, 100), ylim=(40, 100), aspect="equal")
    ax.set_title(title, fontsize=14)
    ax.set_xlabel("第一次（分） | first exam (points)", fontsize=12)
axes[0].set_ylabel("第二次（分） | second exam (points)", fontsize=12)
axes[0].legend(loc="lower right")
fig.set_label(
    "左：两次考试成绩的散点和两条不同的回归线。右：没有运气时两条线重合"
    " | Left: marks of two exams and two different regression lines. Right: "
    "without luck the two lines coincide"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 能力的方差占成绩方差的 :math:`64 / (64 + 36) = 0.64`，所以两个斜率都应当是
# 0.64，而不是互为倒数。挑谁，谁就向平均回归，先后不论。没有运气时斜率是 1。
#
# Ability makes up :math:`64 / (64 + 36) = 0.64` of the variance of a mark, so
# both slopes should be 0.64, and neither is one over the other. Whoever is
# chosen moves toward the mean, whichever exam comes first. Without luck the
# slopes are 1.

share = ABILITY**2 / (ABILITY**2 + LUCK**2)
assert areas[1] < areas[0]
for slope in (forward, backward):
    assert abs(slope.mean() - share) < 0.02
assert (later < chosen - 3).all()
assert (earlier < chosen_later - 3).all()
assert abs(later.mean() - predicted.mean()) < 0.5
assert abs(calm_slope - 1) < 1e-3
assert abs(calm_back - 1) < 1e-3

record_all(
    "two_regression_lines",
    {
        "slope_forward": (forward, ".2f"),
        "slope_backward": (backward, ".2f"),
        "best_first": chosen,
        "best_first_later": later,
        "best_first_predicted": predicted,
        "best_second": chosen_later,
        "best_second_earlier": earlier,
    },
    over=f"{NUM_SEEDS} 个随机种子 | {NUM_SEEDS} random seeds",
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 两个斜率的乘积是什么？先猜，再对每个种子核对。
#
# What is the product of the two slopes? Guess, then check it for a seed.

first, second = two_exams(0, LUCK)
correlation = torch.corrcoef(torch.stack([first, second]))[0, 1]
product = fit_line(first, second)[0] * fit_line(second, first)[0]
assert abs(product - correlation**2) < 1e-4

# %%
# 是相关系数的平方。它不超过 1，等于 1 时所有的点在一条直线上，两条线才重合。
#
# It is the square of the correlation. It is at most 1, and it is 1 if all
# points lie on one line. Then the two lines coincide.
