r"""
同一种检测，三种答案 | One test, three answers
==============================================

检测呈阳性，患病的可能性有多大？这要看面积。我们把所有的人画成一个正方形：
左边一条是病人，右边是健康人，涂色的是呈阳性的。答案就是左边那块涂色的面积，
占全部涂色面积的几成。检测不变，只把左边那一条收窄，答案就从九成掉到一成半。

A test is positive: how likely is the disease? It is a matter of areas. Draw
everybody as a square. A strip on the left is the sick, the rest is the
healthy, and those who test positive are shaded. The answer is the share of
the left shaded area in all that is shaded. Leave the test as it is and make
the strip narrower: the answer falls from nine in ten to less than two.

**你需要** :doc:`/preliminaries/probability` 里的条件概率；
**你得到** 一幅不用公式就能读出后验概率的图。

**You need** conditional probability, from :doc:`/preliminaries/probability`;
**you get** a picture from which a posterior can be read without a formula.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle

from d2lnotes.results import record_all

SENSITIVITY, FALSE_ALARMS = 0.9, 0.05
PREVALENCES = [0.3, 0.1, 0.01]

# %%
# 正方形里的面积 | Areas in a square
# ----------------------------------
# 正方形的面积是 1，代表所有的人。左边的竖条是病人，宽 :math:`P(D)`；
# 竖条底部 :math:`s` 那么高的一块是阳性者。右边是健康人，宽 :math:`1 - P(D)`；
# 底部 :math:`f` 那么高的一块是阳性者。
#
# The square has area 1 and stands for everybody. The strip on the left, of
# width :math:`P(D)`, is the sick; the part of it up to height :math:`s` tests
# positive. The rest, of width :math:`1 - P(D)`, is the healthy; there the part
# up to height :math:`f` does.


def shaded_areas(prevalence, sensitivity, false_alarms):
    """Return the areas of the sick and the healthy who test positive."""
    return prevalence * sensitivity, (1 - prevalence) * false_alarms


def share_of_sick(sick, healthy):
    """Return the share of the sick in all who test positive."""
    return sick / (sick + healthy)


for prevalence in PREVALENCES:
    areas = shaded_areas(prevalence, SENSITIVITY, FALSE_ALARMS)
    shown = ", ".join(f"{area:.4f}" for area in areas)
    print(f"{prevalence:.2f}: areas {shown}; {share_of_sick(*areas):.3f}")

# %%
# 撒一百万个点 | A million points
# -------------------------------
# 不用面积公式也能得到答案：在正方形里均匀地撒点，数落在涂色部分的点。
# 一个点就是一个人，横坐标决定他有没有病，纵坐标决定结果是不是阳性。
#
# The answer can be had without any area: throw points evenly into the square
# and count those that land on a shaded part. A point is a person. How far
# right it lies decides on health, how high it lies on the result.


def counted_share(prevalence, generator, num_points=1_000_000):
    """Return the share of the sick among shaded points, and its error."""
    right, up = torch.rand(2, num_points, generator=generator)
    sick = right < prevalence
    positive = up < torch.where(sick, SENSITIVITY, FALSE_ALARMS)
    share = sick[positive].double().mean()
    error = (share * (1 - share) / positive.sum()).sqrt()
    return share.item(), error.item()


generator = torch.Generator().manual_seed(0)
exact = [
    share_of_sick(*shaded_areas(prevalence, SENSITIVITY, FALSE_ALARMS))
    for prevalence in PREVALENCES
]
counted = [counted_share(prevalence, generator) for prevalence in PREVALENCES]

# %%
# 三个正方形 | Three squares
# --------------------------
# 三幅图里涂色的高度相同，因为检测相同；不同的只有左边那一条的宽度。
#
# The shaded heights are the same in all three, for the test is the same. Only
# the width of the strip on the left differs.


def draw_square(ax, prevalence):
    """Draw everybody as a square, with those who test positive shaded."""
    sick = {"facecolor": "C1", "hatch": "///", "edgecolor": "w", "lw": 0}
    healthy = {"facecolor": "C0", "edgecolor": "w", "lw": 0}
    ax.add_patch(Rectangle((0, 0), prevalence, SENSITIVITY, **sick))
    ax.add_patch(
        Rectangle((prevalence, 0), 1 - prevalence, FALSE_ALARMS, **healthy)
    )
    ax.axvline(prevalence, color="k", lw=1)
    ax.set(xlim=(0, 1), ylim=(0, 1), aspect="equal", xticks=[0, 1])
    ax.set_yticks([FALSE_ALARMS, SENSITIVITY], ["$f$", "$s$"])


fig, axes = plt.subplots(
    ncols=3, sharey=True, figsize=(9, 3.8), layout="constrained"
)
for ax, prevalence, share in zip(axes, PREVALENCES, exact, strict=True):
    draw_square(ax, prevalence)
    ax.set_title(rf"$P(D\,|\,{{+}}) = {share:.2f}$", fontsize=15)
    ax.set_xlabel(f"$P(D) = {prevalence}$", fontsize=14)
axes[0].text(
    0.15, 0.4, "$D, +$", ha="center", fontsize=15, backgroundcolor="w"
)
for ax in axes:
    ax.text(0.65, 0.1, "$H, +$", ha="center", fontsize=15)
axes[0].set_ylabel("其中呈阳性的 | share that tests positive")
fig.set_label(
    "三个正方形：病人的一条越窄，它的涂色面积在全部涂色面积里占得越少 | "
    "Three squares: the narrower the strip of the sick, the smaller its "
    "share of all that is shaded"
)
plt.show()

# %%
# 哪个数更要紧 | Which number matters more
# ----------------------------------------
# 患病率是百分之一时，把灵敏度提高到 1，左边只多出一小块；
# 把误报减半，右边那一大块就去掉一半。
#
# At a prevalence of one in a hundred, a sensitivity of 1 adds a sliver on the
# left. Half the false alarms take away half of the large area on the right.

finds_all = share_of_sick(*shaded_areas(0.01, 1.0, FALSE_ALARMS))
half_the_alarms = share_of_sick(
    *shaded_areas(0.01, SENSITIVITY, FALSE_ALARMS / 2)
)
print(f"as it is: {exact[2]:.3f}; finds everybody: {finds_all:.3f}")
print(f"half the false alarms: {half_the_alarms:.3f}")

# %%
# 断言 | The claim, asserted
# --------------------------
# 三个数出来的比例都与面积之比相符，差别不到 4.5 个标准误。
#
# All three counted shares agree with the ratio of the areas, to within 4.5
# standard errors.

for share, (found, error) in zip(exact, counted, strict=True):
    assert abs(found - share) < 4.5 * error
assert exact[0] > 0.88
assert exact[2] < 0.16
assert half_the_alarms - exact[2] > 5 * (finds_all - exact[2])

record_all(
    "base_rate_areas",
    {
        "share_30": exact[0],
        "share_10": exact[1],
        "share_1": exact[2],
        "finds_all": finds_all,
        "half_the_alarms": half_the_alarms,
    },
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 左边那一条多宽，两块涂色的面积才一样大？先列方程，再核对。
#
# How wide must the strip on the left be for the two shaded areas to be equal?
# Write down the equation, then check.

even = FALSE_ALARMS / (SENSITIVITY + FALSE_ALARMS)
sick, healthy = shaded_areas(even, SENSITIVITY, FALSE_ALARMS)
print(f"{even:.4f}: areas {sick:.4f} and {healthy:.4f}")
assert abs(sick - healthy) < 1e-12
