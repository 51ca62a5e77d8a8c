r"""
形状写错的损失让模型只会回答平均值 | Mistaken shapes teach a model to answer the mean
=====================================================================================

预测是 ``(n, 1)``，标签是 ``(n,)``，两者相减得到 ``(n, n)``，不报错。
损失照样有最小值，可是最小值在别处：不管输入是什么，一律回答标签的平均值。
这里用最简单的模型（一条直线，只选斜率）量一量，
两次计算除了预测的形状，没有别的不同。

Predictions of shape ``(n, 1)`` minus labels of shape ``(n,)`` give ``(n, n)``
and no error. The loss still has a minimum, but in another place: where the
answer is the mean of the labels, whatever the input. We measure this with the
simplest model, a line of which we choose the slope. The two calculations
differ in the shape of the predictions and in nothing else.

**需要**：:doc:`/preliminaries/tensors` 里的广播。
**得到**：相减之前先比较形状的理由。

**You need** broadcasting, from :doc:`/preliminaries/tensors`.
**You get** a reason to compare shapes before you subtract.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record

# %%
# 数据和两种损失 | Data and two losses
# ------------------------------------
# 40 名学生，每人学习 0 到 8 小时，分数是 50 加上每小时 2 分，
# 再加上标准差为 3 的随机误差。模型是一条过“平均点”的直线，
# :math:`\hat{y} = \bar{y} + w\,(x - \bar{x})`，要选的是斜率 :math:`w`。
#
# There are 40 students with 0 to 8 hours of study each. The score is 50 plus
# 2 for each hour, plus a random error of standard deviation 3. The model is a
# line through the point of the means,
# :math:`\hat{y} = \bar{y} + w\,(x - \bar{x})`, and its slope :math:`w` is to
# be chosen.


def make_data(seed, n=40):
    """Return hours and scores of ``n`` students, both of shape (n,)."""
    generator = torch.Generator().manual_seed(seed)
    hours = 8 * torch.rand(n, generator=generator)
    errors = 3 * torch.randn(n, generator=generator)
    return hours, 50 + 2 * hours + errors


def predict(hours, scores, slope):
    """Return the predictions of the line with this slope, of shape (n,)."""
    return scores.mean() + slope * (hours - hours.mean())


def mean_squared_error(prediction, label):
    """Return the loss, without a look at the shapes."""
    return ((prediction - label) ** 2).mean()


def losses(hours, scores, slopes, *, mistaken):
    """Return the loss for each slope; if mistaken, predictions are (n, 1)."""
    found = []
    for slope in slopes:
        prediction = predict(hours, scores, slope)
        if mistaken:
            prediction = prediction[:, None]
        found.append(mean_squared_error(prediction, scores))
    return torch.stack(found)


# %%
# 试遍所有斜率 | Try all slopes
# -----------------------------
# 斜率从 :math:`-1` 到 4，每隔 0.01 试一个，选损失最小的。
# 20 组数据，每组都用两种形状各选一次。
#
# We try the slopes from :math:`-1` to 4 in steps of 0.01 and choose the one
# with the smallest loss, for 20 data sets and for both shapes.

slopes = torch.arange(-100, 401) / 100
styles = {
    False: ("C0", "-", "(n,) − (n,)"),
    True: ("C3", "--", "(n, 1) − (n,)"),
}
best = {False: [], True: []}
for seed in range(20):
    hours, scores = make_data(seed)
    for mistaken, chosen in best.items():
        values = losses(hours, scores, slopes, mistaken=mistaken)
        chosen.append(slopes[values.argmin()])
right, wrong = torch.stack(best[False]), torch.stack(best[True])
print(f"right shapes: {right.mean():.2f} ± {right.std():.2f}")
print(f"mistaken shapes: at most {wrong.abs().max():.2f} from 0")

# %%
# 左图是第一组数据的两条损失曲线，右图是它们选出的直线。
#
# On the left are the two losses for the first data set, on the right the
# lines that they choose.

hours, scores = make_data(0)
fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
axes[1].plot(hours, scores, "o", color="0.6", label="学生 | students")
ends = torch.tensor([0.0, 8.0])
for mistaken, (color, line, name) in styles.items():
    values = losses(hours, scores, slopes, mistaken=mistaken)
    lowest = values.argmin()
    axes[0].plot(slopes, values, color=color, ls=line, label=name)
    axes[0].plot(slopes[lowest], values[lowest], "o", color=color)
    fitted = scores.mean() + slopes[lowest] * (ends - hours.mean())
    axes[1].plot(ends, fitted, color=color, ls=line, label=name)
axes[0].set(xlabel="斜率 $w$ | slope $w$", ylabel="损失 | loss")
axes[0].set_ylim(bottom=0)
axes[1].set(xlabel="学习时间（小时） | study (hours)", ylabel="分数 | score")
for ax in axes:
    ax.legend()
fig.set_label(
    "左：正确的损失在斜率 2 附近最小，形状写错的在 0 处最小；右：前者选出的"
    "直线穿过数据，后者选出的是水平线 | Left: the right loss is smallest near "
    "slope 2, the one with mistaken shapes at 0. Right: the first chooses a "
    "line through the data, the second a horizontal one"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 形状正确时，斜率接近真实的 2。形状写错时，20 组数据都选了 0：
# 直线是平的，学习时间对它没有影响。
# **损失下降并不说明它是对的，相减之前先比较形状。**
#
# With the right shapes the slope is close to the true 2. With mistaken shapes
# all 20 data sets choose 0: the line is flat, and the hours do not matter to
# it. **A loss that falls need not be the right one. Compare shapes before you
# subtract.**

assert abs(right.mean() - 2) < 0.2
assert (right > 1).all()
assert (wrong.abs() < 0.005).all()

record(
    "silent_broadcast.right_slope",
    right.mean(),
    over="20 组数据 | 20 data sets",
    spread=right.std(),
    format=".2f",
)
flat_lines = int((wrong.abs() < 0.005).sum())
record("silent_broadcast.flat_lines", flat_lines, format="d")

# %%
# 练习 | Exercise
# ---------------
# 标签改成 ``(n, 1)``，预测仍是 ``(n, 1)``，结果会怎样？标签是 ``(1, n)`` 呢？
#
# What happens if the labels are ``(n, 1)`` and the predictions ``(n, 1)``,
# too? And with labels of shape ``(1, n)``?

prediction = predict(hours, scores, 2.0)
expected = mean_squared_error(prediction, scores)
both_columns = mean_squared_error(prediction[:, None], scores[:, None])
column_and_row = mean_squared_error(prediction[:, None], scores[None])
print(f"{expected:.2f} {both_columns:.2f} {column_and_row:.2f}")
torch.testing.assert_close(both_columns, expected)
assert column_and_row > expected + 1

# %%
# 两边都是一列就没有错，差的形状还是 ``(n, 1)``。一列减一行又得到
# ``(n, n)``，和开头一样错。
#
# Two columns are fine: their difference has the shape ``(n, 1)``. A column
# minus a row gives ``(n, n)`` again, the same mistake as before.
