r"""
漏诊的代价变了，最好的规则也变 | Another price of a miss, another best rule
===========================================================================

同样的 569 例肿块，同样的一族规则“半径大于 :math:`t` 就判恶性”。
只改一样：一次漏诊算几次误报。代价从 1 改成 5，最好的分界点就往左移，
漏诊少了，误报多了。数据没有变，变的是目标。

The same 569 masses and the same family of rules, “malignant if the radius is
above :math:`t`”. One thing is changed: how many false alarms a miss is worth.
With 5 in place of 1 the best threshold moves to the left. There are fewer
misses then and more false alarms. The data are the same. The objective is
not.

**你需要** :doc:`/introduction/machine-learning` 里手算的六例；
**你得到** 一张图：目标怎样决定规则。

**You need** the six cases worked by hand in
:doc:`/introduction/machine-learning`; **you get** a picture of how the
objective decides the rule.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer

from d2lnotes.results import note_data, record_all

data = load_breast_cancer()
note_data("breast-cancer-wisconsin-diagnostic", stand_in=False)
radius = data.data[:, list(data.feature_names).index("mean radius")]
malignant = data.target == 0  # scikit-learn codes malignant as 0

# %%
# 每个分界点的代价 | The cost of each threshold
# ---------------------------------------------
# 分界点从 8 试到 22，每隔 0.1 一个。对每一个数两个数：误报（良性判成恶性）
# 和漏诊（恶性判成良性）。代价是误报加上漏诊乘以它的价钱，再除以病例数。
#
# Thresholds from 8 to 22 are tried, 0.1 apart. For each we count false alarms
# (benign called malignant) and misses (malignant called benign). The cost is
# the false alarms plus the misses times their price, per case.

thresholds = np.arange(8, 22.05, 0.1)


def count_errors(thresholds, radius, malignant):
    """Return false alarms and misses at each threshold."""
    called = radius > thresholds[:, None]  # (thresholds, cases)
    return (called & ~malignant).sum(1), (~called & malignant).sum(1)


def cost(price, alarms, misses, num_cases):
    """Return the mean cost of a case at each threshold."""
    return (alarms + price * misses) / num_cases


# %%
# 六例和 569 例 | Six cases and 569
# ---------------------------------
# 左边是课文里手算的六例，右边是全部病例。点是每条曲线的最低处；
# 打平时画出最左边的一个。
#
# On the left the six cases of the page, on the right all cases. Dots mark the
# lowest place of each curve, the leftmost one in a tie.

six = np.array([9, 11, 12, 14, 16, 20]), np.array([0, 0, 1, 0, 1, 1]) == 1
best = {}
fig, axes = plt.subplots(ncols=2, figsize=(9, 3.8), layout="constrained")
for ax, cases in zip(axes, [six, (radius, malignant)], strict=True):
    counts = count_errors(thresholds, *cases)
    for price, color, size in [(1, "C0", 14), (5, "C3", 8)]:
        curve = cost(price, *counts, len(cases[0]))
        low = curve.argmin()
        best[price] = low
        label = f"漏诊算 {price} 次误报 | a miss counts {price}"
        ax.plot(thresholds, curve, color, label=label)
        ax.plot(thresholds[low], curve[low], "o", color=color, ms=size)
    ax.set(xlabel="分界点 $t$ | threshold $t$", ylim=(0, None))
axes[0].set(title="六例 | six cases", ylabel="每例的代价 | cost per case")
axes[1].set(title="全部 569 例 | all 569 cases")
axes[0].legend(loc="upper left")
fig.set_label(
    "两条代价曲线随分界点的变化，六例和 569 例：漏诊更贵时，最低处在更左边"
    " | Two curves of cost against the threshold, for six cases and for 569: "
    "with dearer misses the lowest place lies further left"
)
plt.show()

# %%
# 只是碰巧吗？ | Just chance?
# ---------------------------
# 从 569 例里有放回地抽 569 例，重新找两个最好的分界点，重复 200 次。
#
# Draw 569 of the 569 cases with replacement, find both best thresholds anew,
# and repeat this 200 times.

rng = np.random.default_rng(0)
found = np.zeros((200, 2))
for row in found:
    drawn = rng.integers(len(radius), size=len(radius))
    counts = count_errors(thresholds, radius[drawn], malignant[drawn])
    for column, price in enumerate([1, 5]):
        lowest = cost(price, *counts, len(radius)).argmin()
        row[column] = thresholds[lowest]
moved_left = (found[:, 1] < found[:, 0]).sum()
print(f"mean best thresholds {found.mean(axis=0).round(2)}")
print(f"moved to the left in {moved_left} of 200 draws")
assert moved_left >= 190

# %%
# 课文引用下面这些数。
#
# The page quotes the following numbers.

alarms, misses = count_errors(thresholds, radius, malignant)
record_all(
    "price_of_a_miss",
    {
        "threshold_1": (thresholds[best[1]], ".1f"),
        "threshold_5": (thresholds[best[5]], ".1f"),
        "misses_1": misses[best[1]],
        "misses_5": misses[best[5]],
        "alarms_1": alarms[best[1]],
        "alarms_5": alarms[best[5]],
        "moved_left": moved_left,
    },
    format="d",
)

# %%
# 练习 | Exercise
# ---------------
# 一次漏诊若抵 20 次误报，最好的分界点会挪到哪里？先从图上猜。
# 那时要错叫多少个良性病例？
#
# If a miss is worth 20 false alarms, where does the best threshold go? Guess
# from the figure first. How many benign cases are then called malignant?

very_dear = cost(20, alarms, misses, len(radius)).argmin()
print(f"threshold {thresholds[very_dear]:.1f}")
print(f"{misses[very_dear]} misses, {alarms[very_dear]} false alarms")
assert thresholds[very_dear] < thresholds[best[5]]

# %%
# 分界点继续左移。漏诊越少，要付的误报越多：只看半径，两类病例重叠，
# 没有一个分界点能同时消掉两种错误。
#
# It moves further to the left. Fewer misses are paid for with more false
# alarms: in the radius alone the two kinds of cases overlap, and no threshold
# removes both kinds of mistake at once.
