r"""
先划分再处理，看没看标签差得最多 | Split first, above all where labels are used
===============================================================================

在划分训练集和测试集之前就处理整张表，测试集的信息会漏进训练集，分数偏高。
偏高多少？只看特征的处理（标准化、填平均数）在这里漏得很少：三十来行时看得出，
几百行时量不出来。看了标签的处理（挑特征、按类别填平均数）则能无中生有：
标签是抛硬币定的，没有一条规则平均能猜对一半以上，报出的却是八成。

Process the whole table before splitting it into training and test set, and
the test set leaks into training: the score is too good. By how much?
Steps that look at features alone (standardizing, filling in means) leak very
little here: visible with thirty rows, too small to measure with some hundreds.
Steps that look at labels (selecting features, filling in class means) make
something out of nothing: where labels are tosses of a coin and no rule gets
more than half of them right on average, they report eighty percent.

**需要**：:doc:`/preliminaries/data-preprocessing` 里的标准化、填补和划分。
**得到**：看一眼处理流程，就能说出哪一步会漏、漏得多不多。

**You need** standardizing, imputing and splitting, from
:doc:`/preliminaries/data-preprocessing`.
**You get** an eye for the steps of a pipeline that leak, and for how much.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_diabetes
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import record_all

# %%
# 只看特征：真数据 | Features only: real data
# -------------------------------------------
# 从 442 位糖尿病人里抽 :math:`n` 位，三分之二训练，三分之一测试，
# 预测病情。有两种处理：数据完整时只做标准化；挖掉三成以后，
# 先填平均数再标准化。
# 每种处理都做两遍，一遍在划分之前用全部 :math:`n` 行（泄漏），
# 一遍在划分之后只用训练的行（诚实），比较测试误差。
#
# Draw :math:`n` of 442 diabetes patients, train on two thirds, test on one,
# and predict the disease. There are two kinds of processing: standardizing
# the complete data; and, with three tenths knocked out, filling in means and
# then standardizing. Each is done twice, before the split with all :math:`n`
# rows (leaking) and after it with the training rows only (honest), and the
# test errors are compared.

features, target = load_diabetes(return_X_y=True, scaled=False)


def test_error(prepare, table, answers, train, test, *, leak):
    """Return the root mean squared error on the test rows."""
    prepare.fit(table if leak else table[train])
    ready = prepare.transform(table)
    guess = Ridge().fit(ready[train], answers[train]).predict(ready[test])
    return np.sqrt(np.mean((guess - answers[test]) ** 2))


def understated(features, target, num_rows, holes, seed):
    """Return by which fraction the leaking error is below the honest one."""
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(features))[:num_rows]
    table = features[rows].copy()
    prepare = StandardScaler()
    if holes:
        table[rng.random(table.shape) < 0.3] = np.nan
        fill = SimpleImputer(keep_empty_features=True)
        prepare = make_pipeline(fill, StandardScaler())
    train, test = train_test_split(
        np.arange(num_rows), test_size=1 / 3, random_state=seed
    )
    how = prepare, table, target[rows], train, test
    return 1 - test_error(*how, leak=True) / test_error(*how, leak=False)


# %%
# 五种行数，两种处理，各抽 200 次。
#
# Five numbers of rows, both kinds of processing, 200 draws each.

num_seeds = 200
sizes = [30, 60, 120, 240, 442]
optimism = np.zeros((2, len(sizes), num_seeds))
for holes, i, s in np.ndindex(optimism.shape):
    optimism[holes, i, s] = understated(features, target, sizes[i], holes, s)
mean = optimism.mean(axis=-1)
standard_error = optimism.std(axis=-1, ddof=1) / np.sqrt(num_seeds)
fig, ax = plt.subplots(layout="constrained")
steps = [
    "标准化 | standardize",
    "填平均数并标准化 | fill in means, standardize",
]
for kind, label in enumerate(steps):
    bars, marker = 200 * standard_error[kind], "os"[kind]
    curve = {"yerr": bars, "marker": marker, "capsize": 3, "label": label}
    ax.errorbar(sizes, 100 * mean[kind], **curve)
ax.axhline(0, color="k", linewidth=0.8)
ax.set(
    xlabel="表的行数 | rows in the table",
    ylabel="测试误差偏低（%） | test error understated by (%)",
)
ax.set_xscale("log")
ax.set_xticks(sizes, sizes)
ax.minorticks_off()
ax.legend()
fig.set_label(
    "划分前填补和标准化使测试误差偏低的百分比：30 行时几个百分点，"
    "442 行时为零 | "
    "By how many percent filling and standardizing before the split "
    "understate the test error: a few for 30 rows, none for 442"
)
plt.show()

# %%
# 点是各次抽样的平均，竖线是上下各两个标准误（这个平均自己的误差）。
# 行数越多，添上或拿掉测试集的那几行，平均数和标准差就变得越少，
# 能漏的也就越少。
#
# Dots are means over the draws; bars reach two standard errors, the
# uncertainty of these means, up and down. The more rows there are, the less
# the means and standard deviations change when those of the test set are
# added or taken away, and the less there is to leak.

for kind, label in enumerate(["standardize", "fill"]):
    values = zip(sizes, mean[kind], standard_error[kind], strict=True)
    print(label, [f"{n}: {v:.2%} ± {s:.2%}" for n, v, s in values])

# %%
# 看了标签：抛硬币 | With labels: tosses of a coin
# ------------------------------------------------
# 现在特征是纯噪声，标签是抛硬币，各占一半。100 行，60 行训练，40 行测试。
# 老实测出来的准确率只能在 50% 上下。
#
# Now features are pure noise and labels tosses of a coin, half of each kind:
# 100 rows, 60 to train and 40 to test. An honest accuracy can only be about
# 50%.
#
# 第一种处理：从 :math:`p` 个特征里挑出与标签关系最密切的 20 个。
# :math:`p` 越大，凑巧与全部 100 个标签合拍的特征就越多，
# 挑的时候连测试行的标签也合上了。第二种：特征挖掉一部分，
# 填上**同一类别**的平均数。测试行的空缺里于是写着它的答案。
#
# First step: out of :math:`p` features select the 20 most closely related to
# the label. The larger :math:`p`, the more features agree with all 100 labels
# by chance, those of the test rows included. Second step: knock holes into
# the features and fill them with the mean of **the same class**. The holes of
# a test row then hold its answer.


def toss(num_features, seed):
    """Return noise, coin-toss labels, and the rows to train and to test on."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(100, num_features))
    labels = rng.permutation(100) % 2
    train, test = train_test_split(
        np.arange(100), test_size=40, random_state=seed, stratify=labels
    )
    return noise, labels, train, test


# %%
# 两种处理都在这样的数据上做。
#
# Both steps are tried on such data.


def accuracy_after_selection(num_features, seed, leak):
    """Return the test accuracy with the best 20 features selected."""
    noise, labels, train, test = toss(num_features, seed)
    seen = np.arange(100) if leak else train
    select = SelectKBest(k=20).fit(noise[seen], labels[seen])
    chosen = select.transform(noise)
    model = LogisticRegression().fit(chosen[train], labels[train])
    return model.score(chosen[test], labels[test])


def accuracy_after_class_means(missing, seed):
    """Return the test accuracy with holes filled by means of the class."""
    noise, labels, train, test = toss(20, seed)
    rng = np.random.default_rng(seed)
    noise[rng.random(noise.shape) < missing] = np.nan
    for label in (0, 1):
        fill = SimpleImputer(keep_empty_features=True)
        noise[labels == label] = fill.fit_transform(noise[labels == label])
    model = LogisticRegression().fit(noise[train], labels[train])
    return model.score(noise[test], labels[test])


# %%
# 挑特征做两遍，诚实的和泄漏的；按类别填平均数只做泄漏的，
# 因为诚实地做就无从知道测试行的类别。
#
# Selecting is done twice, honestly and leaking. Filling in class means is done
# only with the leak: honestly, the class of a test row is not known.

num_tosses = 50
counts = [20, 50, 100, 200, 500, 1000, 2000]
selected = np.zeros((2, len(counts), num_tosses))
for leak, i, seed in np.ndindex(selected.shape):
    selected[leak, i, seed] = accuracy_after_selection(counts[i], seed, leak)
fractions = [0.0, 0.1, 0.2, 0.3, 0.5, 0.7]
filled = np.zeros((len(fractions), num_tosses))
for i, seed in np.ndindex(filled.shape):
    filled[i, seed] = accuracy_after_class_means(fractions[i], seed)

# %%
# 阴影是各随机种子之间的一个标准差。
#
# Shaded is one standard deviation between random seeds.

fig, (left, right) = plt.subplots(
    ncols=2, figsize=(9, 3.8), sharey=True, layout="constrained"
)
before, after = "划分之前 | before the split", "划分之后 | after the split"
expected = "不泄漏时的期望 | expected without a leak"
plot_spread(counts, selected[1], "s-", label=before, ax=left)
plot_spread(counts, selected[0], "o-", label=after, ax=left)
plot_spread(fractions, filled, "s-", label=before, ax=right)
for ax in (left, right):
    ax.axhline(0.5, color="k", ls=":", label=expected)
left.set(
    title="挑选 20 个特征 | select 20 features",
    ylabel="测试行上的准确率 | accuracy on the test rows",
)
left.set(
    xlabel="可挑的特征数 | number of features to select from", xscale="log"
)
left.set_xticks(counts, counts)
left.minorticks_off()
left.legend(loc="upper left", fontsize="small")
right.set(
    title="按类别填平均数 | fill in class means",
    xlabel="缺失的比例 | fraction missing",
)
fig.set_label(
    "标签是抛硬币：划分前挑特征，准确率随特征数升到八成以上，"
    "划分后挑仍是一半；"
    "按类别填平均数，缺得越多准确率越高 | Labels are coin tosses: selecting "
    "before the split the accuracy climbs past eighty percent with more "
    "features, after the split it stays at half; filling in class means, it "
    "climbs with the fraction missing"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 漏得多不多，看的是处理时用没用标签、行数够不够多。可是值不值得冒险不用算：
# **先划分，再只用训练的行决定一切**（平均数、标准差、类别、挑哪些特征），
# 这样的代码并不难写，而且不必每次论证“这一步大概没关系”。
#
# How much leaks is a matter of whether labels are used, and of the number of
# rows. Whether to risk it needs no calculation: **split first, then let the
# training rows alone decide everything**, means, standard deviations,
# categories, which features to keep. Such code is not hard to write, and
# spares the argument that this step will probably not matter.

assert mean[1, 0] > 3 * standard_error[1, 0]
assert mean[1, 0] > 0.005
assert np.abs(mean[:, -1]).max() < 0.005
assert np.abs(selected[0].mean(axis=1) - 0.5).max() < 0.04
assert abs(filled[0].mean() - 0.5) < 0.04
assert selected[1, -1].mean() > 0.7
assert filled[-1].mean() > 0.6

# %%
# 课文引用下面这些数。
#
# The page quotes the following numbers.

largest_plausible = np.abs(mean[1, -1]) + 2 * standard_error[1, -1]
record_all(
    "leakage",
    {
        "standardize_30_rows": mean[0, 0],
        "fill_30_rows": mean[1, 0],
        "fill_30_rows_standard_error": standard_error[1, 0],
        "fill_442_rows_at_most": (largest_plausible, ".2%"),
    },
    unit="fraction",
    over=f"{num_seeds} 次抽样 | {num_seeds} draws",
    format=".1%",
)
record_all(
    "leakage",
    {
        "selected_before": selected[1, -1],
        "selected_after": selected[0, -1],
        "class_means_half": filled[fractions.index(0.5)],
    },
    unit="fraction",
    over=f"{num_tosses} 个随机种子 | {num_tosses} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 真数据那一部分，误差偏低的百分比大致怎样随行数变？
# 由图估一估：要低于千分之一，需要多少行？
#
# In the part with real data, roughly how does the understatement change with
# the number of rows? Estimate from the figure how many it takes to bring it
# below one thousandth.

slope = np.log(mean[1, 0] / mean[1, 2]) / np.log(sizes[2] / sizes[0])
print(f"falls like rows to the power {-slope:.1f}")
assert slope > 1
assert mean[1, 2] < 0.001

# %%
# 从 30 行到 120 行，它下降得比 :math:`1/n` 还快，到 120 行已经低于千分之一，
# 与零分不开。30 行时特别大，因为训练的只有 20 行，却要定 11 个参数，
# 模型本身就不稳，输入稍变，预测大变。
#
# From 30 to 120 rows it falls faster than :math:`1/n`; at 120 it is below a
# thousandth and cannot be told from zero. It is so large at 30 because 20
# training rows then have to settle 11 parameters: the model itself is shaky,
# and a small change of its inputs changes its predictions a lot.
