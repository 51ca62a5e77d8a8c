r"""
对数误差：一半和一倍错得一样多 | Log error: half is as wrong as twice
======================================================================

房价竞赛看的是对数之差。它对什么严、对什么宽？我们把它与相对误差放在一起画，再看
真实房价取对数前后的样子。

The competition of house prices scores differences of logarithms. What is it
strict about, and what does it forgive? We draw it beside the relative error,
then look at real prices before and after the logarithm.

**你需要** 对数和 :doc:`/linear-models/losses` 里的平方损失；**你得到** 两种误差
的图，以及在每种误差下最好的常数。

**You need** logarithms and the squared loss of
:doc:`/linear-models/losses`; **you get** a picture of both errors, and the best
constant for each.
"""

import matplotlib.pyplot as plt
import numpy as np

from d2lnotes.data.houses import fetch_house_prices
from d2lnotes.results import record, record_all

# %%
# 由比值看误差 | Errors by the ratio
# ----------------------------------
# 横轴是预测与真值之比，对数刻度。相对误差是差除以真值，大小不超过 1 的那一边是预测
# 太低：哪怕答一元钱，也只错 100%。对数误差两边对称。
#
# The axis is the prediction over the truth, on a logarithmic scale. The
# relative error is the difference over the truth. For predictions that are too
# low it stays below 1: even the answer “one dollar” is wrong by 100% at most.
# The log error is symmetric.

ratio = np.geomspace(0.2, 5, 401)
log_error = np.abs(np.log(ratio))
relative = np.abs(ratio - 1)
fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
ax.plot(ratio, log_error, "C0", lw=3, label="对数误差 | log error")
ax.plot(ratio, relative, "C1--", lw=3, label="相对误差 | relative error")
ax.plot([0.5, 2], [np.log(2)] * 2, "C0o", ms=10)
ax.plot([0.5, 2], [0.5, 1], "C1s", ms=10)
ticks = [0.25, 0.5, 1, 2, 4]
ax.set_xscale("log", base=2)
ax.set_xticks(ticks, ["1/4", "1/2", "1", "2", "4"])
ax.set_ylim(0, 3)
ax.set_xlabel("预测 / 真值 | prediction / truth")
ax.set_ylabel("误差 | error")
ax.legend(loc="upper center")
fig.set_label(
    "对数误差在一半和一倍处同为 0.69，相对误差在一半处是 0.5，在一倍处是 1"
    " | The log error is 0.69 at half and at twice the truth, the relative error"
    " is 0.5 at half and 1 at twice"
)
plt.show()

# %%
# 真实的价格 | Real prices
# ------------------------
# 价格的分布右边有长尾，取了对数就差不多对称。竖线是平均数和几何平均数，后者是对数
# 的平均数再取指数。
#
# The distribution of prices has a long tail on the right. Their logarithms are
# nearly symmetric. The vertical lines are the mean and the geometric mean: the
# exponential of the mean logarithm.

houses = fetch_house_prices(stand_in=True)
price = houses.train["SalePrice"]
mean, geometric = price.mean(), np.exp(np.log(price).mean())
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
axes[0].hist(price / 1000, bins=40, color="C0", alpha=0.6)
axes[1].hist(np.log(price), bins=40, color="C0", alpha=0.6)
for ax, change in ((axes[0], lambda p: p / 1000), (axes[1], np.log)):
    ax.axvline(change(mean), color="C1", lw=2, label="平均 | mean")
    ax.axvline(
        change(geometric),
        color="k",
        ls="--",
        lw=2,
        label="几何平均 | geometric mean",
    )
    ax.set_ylabel("房子的个数 | number of houses")
axes[0].set_xlabel("价格（千美元） | price (thousand US dollars)")
axes[1].set_xlabel("ln 价格 | ln price")
axes[0].legend()
fig.set_label(
    "房价的直方图右边有长尾，对数房价的接近对称；几何平均数低于平均数"
    " | The histogram of prices has a long tail on the right, that of log prices"
    " is nearly symmetric; the geometric mean is below the mean"
)
plt.show()

# %%
# 哪个常数最好 | Which constant is best
# -------------------------------------
# 把许多常数都试一遍，两种误差各挑一个。
#
# Try many constants, and let each error choose one.

constants = np.linspace(0.5, 1.5, 2001) * mean
dollars = [np.sqrt(((price - c) ** 2).mean()) for c in constants]
logs = [np.sqrt((np.log(price / c) ** 2).mean()) for c in constants]
best_dollars = constants[np.argmin(dollars)]
best_logs = constants[np.argmin(logs)]
step = constants[1] - constants[0]
print(f"{best_dollars:,.0f} {best_logs:,.0f}")
skews = price.skew(), np.log(price).skew()
print("skewness {:.2f} {:.2f}".format(*skews))

# %%
# 断言与记录 | Claims and records
# -------------------------------
assert abs(best_dollars - mean) <= step
assert abs(best_logs - geometric) <= step
assert abs(skews[1]) < abs(skews[0])
record_all(
    "log_error",
    {
        "skewness_price": skews[0],
        "skewness_log": skews[1],
        "least_log_error": min(logs),
    },
    format=".2f",
)
for key, number in (("mean", mean), ("geometric_mean", geometric)):
    record(
        f"log_error.{key}_price",
        number,
        unit="美元 | US dollars",
        format=",.0f",
    )

# %%
# 练习 | Exercise
# ---------------
# 预测价格时都答真值的 1.2 倍，对数误差是多少？都答真值的 1/1.2 呢？相对误差各是多
# 少？答案：对数误差都是 :math:`\ln 1.2 = 0.18`，相对误差是 0.2 和 0.17。
#
# Let each answer be 1.2 times the truth. What is the log error, and what is it
# for 1/1.2 of the truth? What are the relative errors? Answer: the log error is
# :math:`\ln 1.2 = 0.18` for both, the relative errors are 0.2 and 0.17.

answers = np.array([1.2, 1 / 1.2])
assert np.allclose(np.abs(np.log(answers)), 0.1823, atol=1e-4)
assert np.allclose(np.abs(answers - 1), [0.2, 1 / 6])
