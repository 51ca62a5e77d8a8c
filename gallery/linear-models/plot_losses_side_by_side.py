r"""
损失是概率密度的负对数 | A loss is minus the logarithm of a density
====================================================================

平方误差、绝对误差、Huber 损失，各自从哪里来？把损失变号、取指数，再除以曲线下的
面积，就得到一种概率密度。用这个损失训练，就是在误差服从这种分布时做最大似然。
对数损失也是这样，它来自抛硬币的分布。作为对照的合页损失不是：它给两个标签的“概率”
加起来不等于 1。

Where do squared error, absolute error and Huber loss come from? Change the
sign of a loss, take the exponential and divide by the area under the curve:
the result is a probability density. Training with this loss is maximum
likelihood for errors that follow the density. The log loss is like that, too,
with the distribution of a coin. The hinge loss, our control, is not: the
“probabilities” that it gives to the two labels do not add up to 1.

**你需要** :doc:`/preliminaries/estimation` 里的最大似然；
**你得到** 五种损失并排的图，和它们的斜率。

**You need** maximum likelihood, from :doc:`/preliminaries/estimation`;
**you get** five losses side by side, with their slopes.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.losses import (
    absolute_loss,
    hinge_loss,
    huber_loss,
    log_loss,
    squared_loss,
)
from d2lnotes.results import record_all

NAMES = ["平方 | squared", "绝对值 | absolute", "Huber"]
STYLES = ["C0-", "C1--", "C2-."]

# %%
# 三种回归的损失 | Three losses of regression
# -------------------------------------------
# 误差 :math:`e = \hat{y} - y` 取从 -40 到 40 的许多值，间隔是 0.01。
# 斜率由自动求导给出，密度是 :math:`e^{-\ell}` 除以它的面积。
#
# The error :math:`e = \hat{y} - y` takes many values from -40 to 40, in steps
# of 0.01. Autograd gives the slopes. The density is :math:`e^{-\ell}` divided
# by its area.

errors = torch.linspace(-40, 40, 8001, dtype=torch.float64)
errors.requires_grad_()
zeros = torch.zeros_like(errors)
values, slopes, densities = [], [], []
for loss in (squared_loss, absolute_loss, huber_loss):
    value = loss(errors, zeros, reduction="none")
    (slope,) = torch.autograd.grad(value.sum(), errors)
    weight = (-value.detach()).exp()
    values.append(value.detach())
    slopes.append(slope)
    densities.append(weight / torch.trapezoid(weight, errors.detach()))

# %%
# 左图是损失，中图是斜率，右图是密度，用对数刻度。误差大时，平方损失的斜率一直增大，
# 另外两种的斜率不超过 1。斜率有界，对应的密度下降得就慢：大的误差不算稀奇。
#
# Left the losses, in the middle their slopes, on the right the densities on a
# logarithmic scale. For large errors the slope of the squared loss keeps
# growing, and the slopes of the other two do not exceed 1. Where the slope is
# bounded, the density falls slowly: large errors are no surprise.

fig, axes = plt.subplots(ncols=3, figsize=(10, 3.6), layout="constrained")
e = errors.detach()
for curves, ax in zip((values, slopes, densities), axes, strict=True):
    for curve, name, style in zip(curves, NAMES, STYLES, strict=True):
        ax.plot(e, curve, style, lw=2.5, label=name)
    ax.set(xlim=(-4, 4), xlabel="误差 $e$ | error $e$")
axes[0].set(ylim=(0, 6), title="损失 | loss")
axes[1].set(ylim=(-3, 3), title="斜率 | slope")
axes[2].set(yscale="log", ylim=(1e-4, 1), title="密度 | density")
axes[0].legend(loc="upper center")
fig.set_label(
    "三种损失、它们的斜率和它们对应的密度：平方损失的斜率一直增大，"
    "绝对值和 Huber 的斜率不超过 1，密度的尾部更厚"
    " | Three losses, their slopes and their densities: the slope of the "
    "squared loss keeps growing, those of the absolute and Huber losses stay "
    "within 1, and their densities have heavier tails"
)
plt.show()

# %%
# 两类的损失 | Losses for two classes
# -----------------------------------
# 标签 :math:`y` 是 -1 或 1，得分是 :math:`z`。乘积 :math:`yz` 是正数，
# 就是答对了。把损失画成 :math:`yz` 的函数。
#
# The label :math:`y` is -1 or 1, the score is :math:`z`. The product
# :math:`yz` is positive where the answer is right. The losses are drawn
# against it.

margins = torch.linspace(-3, 3, 601, dtype=torch.float64)
ones = torch.ones_like(margins)
logistic = log_loss(margins, ones, reduction="none")
hinge = hinge_loss(margins, ones, reduction="none")

fig, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
ax.plot(margins, margins <= 0, "0.5", lw=2, label="答错 | wrong")
ax.plot(margins, logistic, "C0-", lw=2.5, label="对数损失 | log loss")
ax.plot(margins, hinge, "C1--", lw=2.5, label="合页损失 | hinge loss")
ax.set(xlabel="$yz$", ylabel="损失 | loss", ylim=(-0.1, 4))
ax.axvline(1, color="0.7", lw=1)
ax.legend()
fig.set_label(
    "两类的损失随 yz 的变化：答错的次数是一级台阶，对数损失平滑地下降，"
    "合页损失从 1 起等于 0"
    " | Losses of two classes against yz: being wrong is a step, the log loss "
    "falls smoothly, the hinge loss is 0 from 1 on"
)
plt.show()

# %%
# 断言 | The claims, asserted
# ---------------------------
# 平方损失的密度是标准正态，绝对值的是拉普拉斯分布。用两个标签的
# :math:`e^{-\ell}` 相加，对数损失处处得 1，合页损失不是。
#
# The density of the squared loss is the standard normal one, that of the
# absolute loss is the Laplace distribution. Add up :math:`e^{-\ell}` over both
# labels: the log loss gives 1 everywhere, the hinge loss does not.

normal = torch.distributions.Normal(0.0, 1.0).log_prob(e).exp()
laplace = torch.distributions.Laplace(0.0, 1.0).log_prob(e).exp()
torch.testing.assert_close(densities[0], normal, rtol=1e-6, atol=1e-9)
torch.testing.assert_close(densities[1], laplace, rtol=1e-4, atol=1e-9)

both_log = (-logistic).exp() + (-logistic.flip(0)).exp()
both_hinge = (-hinge).exp() + (-hinge.flip(0)).exp()
torch.testing.assert_close(both_log, ones)
assert both_hinge.min() < 0.75
assert both_hinge.max() > 1.1

# %%
# 课文还要引用：误差的绝对值超过 4 的概率，在三种密度里各是多少；
# 还有合页损失的那个和，在 0 和 1 处是多少。
#
# The page also quotes how probable an error beyond 4 is under the three
# densities, and the sum for the hinge loss at 0 and at 1.

far = e.abs() >= 4
beyond = [
    2 * torch.trapezoid(d[far & (e > 0)], e[far & (e > 0)]).item()
    for d in densities
]
print([f"{share:.5f}" for share in beyond])
record_all(
    "losses_side_by_side",
    {
        "beyond_squared": (beyond[0], ".6f"),
        "beyond_absolute": beyond[1],
        "beyond_huber": beyond[2],
        "hinge_sum_at_0": both_hinge[300],
        "hinge_sum_at_1": both_hinge[400],
    },
)

# %%
# 练习 | Exercise
# ---------------
# 学生 :math:`t` 分布的密度与 :math:`1 / (1 + e^2 / \nu)^{(\nu + 1)/2}` 成正比。
# 它对应的损失是什么？误差很大时斜率是多少？
# 这里 :math:`e` 是误差，:math:`\nu > 0` 是一个参数。
#
# Student's :math:`t` distribution has a density proportional to
# :math:`1 / (1 + e^2 / \nu)^{(\nu + 1)/2}`. What is its loss, and what is the
# slope for very large errors? Here :math:`e` is the error and :math:`\nu > 0`
# a parameter.

nu = 3.0
student = torch.distributions.StudentT(nu)
at = torch.tensor([1.0, 100.0], requires_grad=True)
loss = (nu + 1) / 2 * torch.log1p(at.square() / nu)
(slope,) = torch.autograd.grad(loss.sum(), at)
gap = loss + student.log_prob(at)  # the same constant for both errors
torch.testing.assert_close(gap[0], gap[1])
assert slope[1] < 0.1 < slope[0]  # it falls back to 0
