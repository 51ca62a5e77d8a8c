r"""
空缺怎样填，看它为什么缺 | How to fill a gap depends on why it is there
=======================================================================

表格里缺了几个数，可以扔掉整行，可以填平均数，还可以再添一列“这里原来是空的”。
我们在一张完整的表里故意挖空，于是知道为什么空：一种是随手乱挖，
一种是数值越大越容易缺。在这些实验里，扔掉整行平均都更差，缺得多时差得很多；
随手乱挖的空，添一列没有好处；数值大的容易缺时，空着本身就透露了数值大，
缺得多了，添一列明显更好。

When numbers are missing from a table one can drop the row, fill in the mean,
or fill in the mean and add a column that says “this was empty”. We knock
holes into a complete table, so we know why they are there: in one case at
random, in the other the more easily the larger the value. In these runs
dropping rows was worse on average, and much worse once more was missing; for
holes made at random the added column does no good; where large values go
missing, a hole says that the value was large, and when many are missing the
column clearly helps.

**需要**：:doc:`/preliminaries/data-preprocessing` 里的三种办法。
**得到**：见到缺失值，先问为什么缺的习惯。

**You need** the three remedies, from
:doc:`/preliminaries/data-preprocessing`.
**You get** the habit of asking first why a value is missing.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from d2lnotes.results import record

# %%
# 一张完整的表 | A complete table
# -------------------------------
# scikit-learn 自带的糖尿病数据：442 位病人，每人 10 项测量，
# 要预测的是一年后病情发展的程度。一个数也不缺。
#
# The diabetes data that come with scikit-learn: 442 patients, 10 measurements
# each, and to be predicted how far the disease has progressed a year later.
# Nothing is missing.

features, target = load_diabetes(return_X_y=True, scaled=False)
num_patients, num_features = features.shape
print(num_patients, num_features, np.isnan(features).sum())

# %%
# 两种挖法 | Two ways to knock holes
# ----------------------------------
# 随手乱挖：每个数都以概率 :math:`r` 消失，与任何事无关。
# 另一种：把每一列从小到大排好，最小的从不消失，最大的以概率 :math:`2r` 消失，
# 中间的按名次递增，平均还是 :math:`r`。
# 收入越高越不肯填、仪器超过量程就没有读数，都是这一种。
#
# At random: every number vanishes with probability :math:`r`, whatever else
# holds. The other way: sort a column; its smallest number never vanishes, its
# largest does with probability :math:`2r`, those between in proportion to
# their rank, which is :math:`r` on average. Incomes that the rich do not
# state, and meters that show nothing beyond their range, are of this kind.


def knock_holes(table, rate, *, large_ones, rng):
    """Return a copy of the table with a fraction ``rate`` set to NaN."""
    probability = np.full(table.shape, rate)
    if large_ones:
        rank = table.argsort(axis=0).argsort(axis=0)
        probability = 2 * rate * rank / (len(table) - 1)
    holed = table.copy()
    holed[rng.random(table.shape) < probability] = np.nan
    return holed


# %%
# 三种办法 | Three remedies
# -------------------------
# 平均数和标准差都只取自训练集。扔掉有空的行只在训练时行得通：
# 要预测的病人缺了一项，总不能不给答案，所以预测时仍旧填平均数。
# 模型都是同一个：标准化之后的线性模型。用的是岭回归，它在最小二乘之外
# 再把系数轻轻往零拉，样本少时也稳当。
#
# Means and standard deviations come from the training set alone. Rows with
# holes can be dropped in training only: a patient to be predicted must get
# an answer even if a value is missing, so means are filled in there. The
# model is the same throughout: linear, on standardized features. It is fitted
# by ridge regression, least squares with a slight pull of the coefficients
# toward zero, which keeps it steady with few examples.


def score(train, test, *, drop=False, indicator=False):
    """Return R² on the test rows, or NaN where too few rows are left."""
    inputs, answers = train
    if drop:
        complete = ~np.isnan(inputs).any(axis=1)
        inputs, answers = inputs[complete], answers[complete]
        if len(inputs) < 20:
            return np.nan
    fill = SimpleImputer(add_indicator=indicator)
    model = make_pipeline(fill, StandardScaler(), Ridge())
    return model.fit(inputs, answers).score(*test)


# %%
# :math:`R^2` 说误差的平方比“一律回答平均数”小了几成：0 是和它一样，1 是全对。
#
# :math:`R^2` is the fraction by which squared error is below that of always
# answering the mean: 0 is no better than that, 1 is perfect.

remedies = {
    "drop rows": {"drop": True},
    "mean": {},
    "mean + indicator": {"indicator": True},
}
rates = [0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5]
num_seeds = 30
scores = np.zeros((2, len(rates), len(remedies), num_seeds))
complete_rows = np.zeros((len(rates), num_seeds))
for seed in range(num_seeds):
    rng = np.random.default_rng(seed)
    train_rows, test_rows = train_test_split(
        np.arange(num_patients), test_size=0.25, random_state=seed
    )
    for large_ones in (False, True):
        for i, rate in enumerate(rates):
            holed = knock_holes(features, rate, large_ones=large_ones, rng=rng)
            train = holed[train_rows], target[train_rows]
            test = holed[test_rows], target[test_rows]
            scores[int(large_ones), i, :, seed] = [
                score(train, test, **remedy) for remedy in remedies.values()
            ]
            if not large_ones:
                kept = ~np.isnan(train[0]).any(axis=1)
                complete_rows[i, seed] = kept.mean()

# %%
# 先算：还剩几行 | Predict first: how many rows are left
# ------------------------------------------------------
# 一行 :math:`d` 个数全都在的概率是 :math:`(1-r)^d`。左图的线是它，点是实测：
# 每列只缺一成，完整的行就只剩三分之一。另外两图是测试集上的 :math:`R^2`，
# 阴影是各随机种子之间的一个标准差。
#
# All :math:`d` numbers of a row are present with probability
# :math:`(1-r)^d`: the line on the left; the dots are measured. With a tenth
# missing from each column only a third of the rows is complete. The other two
# panels show :math:`R^2` on the test set; shaded is one standard deviation
# between random seeds.

chinese = dict(
    zip(remedies, ["扔掉行", "平均数", "平均数 + 指示"], strict=True)
)
fig, axes = plt.subplots(ncols=3, figsize=(10, 3.6), layout="constrained")
fine = np.linspace(0, 0.5, 101)
axes[0].plot(fine, (1 - fine) ** num_features, label="$(1-r)^{10}$")
axes[0].plot(rates, complete_rows.mean(axis=1), "o", label="实测 | measured")
axes[0].set(ylabel="完整的行的比例 | fraction of rows that are complete")
axes[0].legend()
for ax, kind in zip(axes[1:], scores, strict=True):
    for name, marker, values in zip(
        remedies, "sov", kind.swapaxes(0, 1), strict=True
    ):
        shown = ~np.isnan(values).any(axis=1)
        x = np.array(rates)[shown]
        mean = values[shown].mean(axis=1)
        spread = values[shown].std(axis=1, ddof=1)
        ax.plot(x, mean, marker=marker, label=f"{chinese[name]} | {name}")
        ax.fill_between(x, mean - spread, mean + spread, alpha=0.15)
    ax.set(ylim=(0, 0.6), ylabel="测试集上的 $R^2$ | $R^2$ on the test set")
axes[1].set_title("完全随机缺失 | holes completely at random")
axes[2].set_title("大的数容易缺 | large values go missing")
axes[1].legend(loc="lower left", fontsize="small")
for ax in axes:
    ax.set_xlabel("缺失的比例 $r$ | fraction missing $r$")
fig.set_label(
    "左：完整的行随缺失比例骤减；中：随机缺失时填平均数最好；右：大数容易缺时"
    "添一列指示更好 | Left: complete rows dwindle as more is missing; middle: "
    "with holes at random the mean is best; right: where large values go "
    "missing an indicator column helps"
)
plt.show()

# %%
# 同样的种子，两两相减 | Same seeds, in pairs
# -------------------------------------------
# 各种子的分法不同，分数本来就上下浮动；办法之间的差，
# 要在同一个种子里相减才看得清。:math:`\pm` 后面是差的标准差；``nan``
# 是说剩下的行不到 20，没有算。
#
# Seeds differ in their split, so scores move up and down together; the
# difference between remedies shows when taken within each seed. After
# :math:`\pm` stands the standard deviation of the difference; ``nan`` means
# that fewer than 20 rows were left and nothing was computed.

names = list(remedies)
dropped, mean, indicator = (
    scores[:, :, names.index(n)]
    for n in ("drop rows", "mean", "mean + indicator")
)
loss_by_dropping = mean - dropped  # (2, rates, seeds)
gain_by_indicator = indicator - mean
for kind, label in enumerate(["random", "large"]):
    for i, rate in enumerate(rates):
        lost, gained = loss_by_dropping[kind, i], gain_by_indicator[kind, i]
        print(
            f"{label:6} r = {rate:4}: dropping loses {lost.mean():.3f}, "
            f"indicator gains {gained.mean():+.3f} ± {gained.std(ddof=1):.3f}"
        )

# %%
# 结论 | What follows
# -------------------
# 扔掉行，扔掉的是样本；缺得越多，差得越远。空得毫无缘由时，
# 十列“原来是空的”只是十列噪声，模型还要为它们多定十个参数，所以略差。
# 空得有缘由时，填进去的平均数系统地偏低，那一列正好让模型把它加回来。
# **没有一种填法永远最好：先弄清为什么空。** 拿不准就两样都试，
# 用留出的数据来定。
#
# Dropping rows throws away examples, and the more are missing the more it
# costs. Where holes mean nothing, ten columns of “this was empty” are ten
# columns of noise with ten more parameters to fit: slightly worse. Where
# holes mean something the mean is too low an answer, and the added column
# lets the model add back what is missing. **No way of filling is always
# best: find out why the value is missing.** When in doubt try both, and let
# held-out data decide.

tenth, fifth, half = (rates.index(r) for r in (0.1, 0.2, 0.5))
expected_rows = (1 - np.array(rates)) ** num_features
assert np.abs(complete_rows.mean(axis=1) - expected_rows).max() < 0.02
assert (loss_by_dropping[:, 1 : fifth + 1].mean(axis=-1) > 0).all()
assert loss_by_dropping[0, fifth].mean() > 0.05
assert (gain_by_indicator[0].mean(axis=1) < 0.01).all()
assert gain_by_indicator[1, half].mean() > 0.05

group = "missing_values"
seeds = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
for name, values, form in [
    ("complete_rows_tenth", complete_rows[tenth], ".0%"),
    ("r2_complete", mean[0, 0], ".2f"),
    ("r2_drop_fifth", dropped[0, fifth], ".2f"),
    ("r2_mean_fifth", mean[0, fifth], ".2f"),
    ("indicator_gain_random", gain_by_indicator[0, fifth], ".3f"),
    ("r2_mean_large", mean[1, half], ".2f"),
    ("r2_indicator_large", indicator[1, half], ".2f"),
    ("indicator_gain_large", gain_by_indicator[1, half], ".2f"),
]:
    record(
        f"{group}.{name}",
        values.mean(),
        unit="fraction",
        over=seeds,
        spread=values.std(ddof=1),
        format=form,
    )

# %%
# 练习 | Exercise
# ---------------
# 挖空改成“病情越重的病人，每一项越容易缺”，也就是缺不缺由目标决定。
# 添一列会有多大好处？这份好处在实际使用时还在吗？
#
# Knock holes so that the sicker the patient, the more of the measurements are
# missing: the target decides. How much does the indicator gain? Would the
# gain last in real use?

rank = target.argsort().argsort()
probability = 2 * 0.2 * rank / (num_patients - 1)
gains = []
for seed in range(num_seeds):
    rng = np.random.default_rng(seed)
    holed = features.copy()
    holed[rng.random(features.shape) < probability[:, None]] = np.nan
    train_rows, test_rows = train_test_split(
        np.arange(num_patients), test_size=0.25, random_state=seed
    )
    train = holed[train_rows], target[train_rows]
    test = holed[test_rows], target[test_rows]
    gains.append(score(train, test, indicator=True) - score(train, test))
print(f"gain {np.mean(gains):.2f} ± {np.std(gains, ddof=1):.2f}")
assert np.mean(gains) > 0.05

# %%
# 好处很大，因为数一数缺了几项，就能猜出病情的轻重。能不能指望它，要看缺失是
# 什么时候发生的：若是测量当时就没测成，预测新病人时也会这样缺，好处是真的；
# 若是事后整理病历时才丢的，新病人的表格不缺，这份好处就是泄漏。
#
# Much, because the number of holes gives the outcome away. Whether to rely
# on it depends on when the values went missing. If they could not be measured
# at the time, those of new patients will be missing in the same way and the
# gain is real; if they were lost later, while records were tidied up, new
# patients have no holes and the gain is leakage.
