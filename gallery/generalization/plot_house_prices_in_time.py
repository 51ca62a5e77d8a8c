r"""
房价：由过去预测将来 | House prices: predicting the future from the past
========================================================================

五折交叉验证把房子随机分开，模型于是见过同一年卖出的别的房子。真正用起来，只有
过去的成交可学。我们由 2006 年预测 2007 年，由前两年预测 2008 年，依此类推。
随机划分的成绩是不是太好？

Cross-validation in random folds lets the model see other houses sold in the
same year. In use there are only past sales to learn from. We predict 2007 from
2006, 2008 from the two years before, and so on. Is the score of random folds
too good?

**你需要** ``forward_splits``，见 :doc:`/generalization/model-selection`；
**你得到** 两种划分在同样的房子上的对数误差，训练行一样多。

**You need** ``forward_splits`` of :doc:`/generalization/model-selection`;
**you get** the log errors of both ways to split, on the same houses and with
as many training rows.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.linear_model import RidgeCV

from d2lnotes.data.houses import fetch_house_prices
from d2lnotes.data.preprocessing import TablePreprocessor
from d2lnotes.results import record_all
from d2lnotes.splits import forward_splits, k_fold_indices

AREAS = ["LotFrontage", "LotArea", "1stFlrSF", "GrLivArea"]
houses = fetch_house_prices(stand_in=True)
table = houses.train.assign(
    **{name: np.log(houses.train[name]) for name in AREAS}
)
log_price = torch.tensor(np.log(houses.train["SalePrice"]).to_numpy())
print(houses)

# %%
# 一次划分 | One split
# --------------------


def errors(table, log_price, fit_rows, new_rows):
    """Return log error of each new house: prediction minus truth."""
    preprocessor = TablePreprocessor(
        drop=["Id", "SalePrice"], categorical=["MSSubClass", "MoSold"]
    ).fit(table.iloc[fit_rows.numpy()])
    X = preprocessor.transform(table.iloc[fit_rows.numpy()]).double()
    new = preprocessor.transform(table.iloc[new_rows.numpy()]).double()
    model = RidgeCV(10.0 ** np.arange(-1, 4, 0.5)).fit(X, log_price[fit_rows])
    return torch.as_tensor(model.predict(new)) - log_price[new_rows]


# %%
# 两种划分 | Two ways to split
# ----------------------------
# ``forward`` 只用过去的年份。``mixed`` 是对照：同一年的房子分成五份，轮流预测一
# 份，训练行从其余所有年份的房子里随机抽，个数与 ``forward`` 的相同，重复五次。
#
# ``forward`` uses past years alone. ``mixed`` is the control. The houses of the
# year are cut into five parts, and each part is predicted from rows drawn at
# random among all other houses of all years, as many as ``forward`` has. It is
# repeated five times.

sold = torch.tensor(houses.train["YrSold"].to_numpy())
draws = torch.Generator().manual_seed(0)
years, forward, mixed = [], [], []
for past, now in forward_splits(sold, 4):
    years.append(sold[now[0]].item())
    forward.append(errors(table, log_price, past, now))
    repeated = torch.zeros(5, len(now)).double()
    for repeat in range(5):
        for _, part in k_fold_indices(len(now), 5, generator=draws):
            free = torch.ones(len(sold), dtype=torch.bool)
            free[now[part]] = False
            others = free.nonzero().flatten()
            chosen = torch.randperm(len(others), generator=draws)[: len(past)]
            repeated[repeat, part] = errors(
                table, log_price, others[chosen], now[part]
            )
    mixed.append(repeated)
    print(years[-1], len(past), len(now))

# %%
# 结果 | The result
# -----------------
# 左边是每一年的对数误差。右边是平均误差，它在零以上，就是预测平均偏高。
#
# On the left the log error of each year. On the right the mean error: above
# zero, predictions are too high on average.

scores = torch.tensor(
    [
        [each.square().mean().sqrt() for each in forward],
        [each.square().mean().sqrt() for each in mixed],
    ]
)
biases = torch.tensor(
    [[each.mean() for each in forward], [each.mean() for each in mixed]]
)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for row, (word, mark) in enumerate(
    [("只用过去 | the past alone", "o-"), ("各年混合 | years mixed", "s--")]
):
    axes[0].plot(years, scores[row], mark, label=word)
    axes[1].plot(years, biases[row], mark, label=word)
axes[1].axhline(0, color="k", lw=0.8)
axes[0].set_ylabel("对数误差 | log error")
axes[1].set_ylabel("平均误差（对数） | mean error (logarithm)")
for ax in axes:
    ax.set_xticks(years)
    ax.set_xlabel("预测的年份 | year predicted")
axes[0].legend()
fig.set_label(
    "由过去预测和各年混合的对数误差与平均误差，2007 年到 2010 年"
    " | Log error and mean error of predicting from the past and with years"
    " mixed, 2007 to 2010"
)
plt.show()

# %%
# 配对之差 | The paired difference
# --------------------------------
# 两种划分预测的是同样的房子。平方误差对五次重复取平均，再用自助法重抽房子。
#
# Both ways predict the same houses. Squared errors are averaged over the five
# repetitions, then the bootstrap draws the houses again.

of_past = torch.cat(forward).square()
of_mixed = torch.cat([each.square().mean(dim=0) for each in mixed])
again = torch.randint(len(of_past), (2000, len(of_past)), generator=draws)
gap = of_past.mean().sqrt() - of_mixed.mean().sqrt()
drawn = of_past[again].mean(dim=1).sqrt() - of_mixed[again].mean(dim=1).sqrt()
low, high = torch.quantile(drawn, torch.tensor([0.025, 0.975]).double())
print(f"{gap:+.4f} [{low:+.4f}, {high:+.4f}]")
print(biases)

# %%
# 断言与记录 | Claims and records
# -------------------------------
if not houses.stand_in:
    assert of_past.mean().sqrt() < 0.1703
record_all(
    "house_prices_in_time",
    {
        "past": of_past.mean().sqrt().item(),
        "mixed": of_mixed.mean().sqrt().item(),
        "gap": (gap.item(), "+.4f"),
        "gap_low": (low.item(), "+.4f"),
        "gap_high": (high.item(), "+.4f"),
    },
    over=f"{len(of_past):,} 套房子 | {len(of_past):,} houses",
)

# %%
# 练习 | Exercise
# ---------------
# 把卖出的年份 ``YrSold`` 从表里去掉，由过去预测将来会变差吗？先猜，再核对。
#
# Drop the year of the sale, ``YrSold``, from the table. Does predicting the
# future from the past get worse? Guess first, then check.

without = torch.cat(
    [
        errors(table.drop(columns="YrSold"), log_price, past, now)
        for past, now in forward_splits(sold, 4)
    ]
)
print(f"{of_past.mean().sqrt():.4f} {without.square().mean().sqrt():.4f}")
change = without.square().mean().sqrt() - of_past.mean().sqrt()
assert change.abs() < 0.02
