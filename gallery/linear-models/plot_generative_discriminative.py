r"""
先学分布，还是直接学边界 | Learn the distribution, or just the border
======================================================================

两种办法都得到一条直线。生成式的先学每一类数据的样子，再用贝叶斯公式算边界；
判别式的（逻辑回归）直接学边界。样本少时谁好，样本多时谁好？
答案要看生成式的假设对不对。我们用三种数据比较三个线性分类器：
假设全对的，特征互相关联的，尾巴很重的。

Both ways end with a straight border. The generative one learns what the data of
each class look like and gets the border from Bayes' rule. The discriminative
one, logistic regression, learns the border itself. Which is better with few
examples, and which with many? It depends on whether the assumptions hold. We
compare three linear classifiers on three kinds of data: one where all
assumptions hold, one with features that move together, and one with heavy
tails.

**你需要** :doc:`/linear-models/generative-classifiers`；**你得到** 学习曲线，
以及假设值多少样本、假设错了要付多少代价。

**You need** :doc:`/linear-models/generative-classifiers`. **You get** learning
curves, and how many examples an assumption is worth and what it costs when it
is wrong.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import record_all

NUM_FEATURES = 20


# %%
# 三种数据 | Three kinds of data
# ------------------------------
# 前两种先抽类别，再抽特征。``shared`` 不为 0 时，奇数号的特征共有一份噪声，
# 所以它们在每一类之内是相关的。
#
# The first two draw the class and then the features. If ``shared`` is not 0, the
# features with odd numbers have a noise in common, so they are correlated within
# each class.


def gaussian(n, rng, shared=0.0):
    """Return Gaussian classes of one covariance: features and labels 0, 1."""
    y = rng.integers(2, size=n)
    odd = np.arange(NUM_FEATURES) % 2
    noise = rng.normal(size=(n, NUM_FEATURES))
    noise += shared * odd * rng.normal(size=(n, 1))
    return noise + 0.3 * (2 * y[:, None] - 1), y


# %%
# 第三种先抽特征，少数的值非常大。再由逻辑回归的公式抽类别，
# 所以逻辑回归的假设成立，正态的假设不成立。
#
# The third draws the features first, a few of them very large, and then the
# class by the formula of logistic regression. Its assumption holds, and that of
# normal distributions does not.


def heavy_tails(n, rng):
    """Return features with heavy tails, and labels 0, 1 drawn given them."""
    x = np.sinh(2 * rng.normal(size=(n, NUM_FEATURES)))
    p = 1 / (1 + np.exp(-0.5 * x.sum(axis=1).clip(-100, 100)))
    return x, (rng.random(n) < p).astype(int)


# %%
# 三个分类器 | Three classifiers
# ------------------------------
# 朴素贝叶斯假定各特征在类内独立，是正态分布，两类的方差相同。
# 它的全部训练就是求平均值和方差。
#
# Naive Bayes assumes that within a class the features are independent and
# normal, with the same variances in both classes. All its training is to compute
# means and variances.


class NaiveBayes:
    """Gaussian naive Bayes with the same variances in both classes."""

    def fit(self, x, y):
        """Estimate means and variances; return the classifier."""
        low, high = x[y == 0].mean(axis=0), x[y == 1].mean(axis=0)
        rest = x - np.where(y[:, None] == 1, high, low)
        self.weight = (high - low) / (rest**2).mean(axis=0)
        odds = y.mean() / (1 - y.mean())
        self.bias = np.log(odds) - (high + low) @ self.weight / 2
        return self

    def score(self, x, y):
        """Return the accuracy."""
        return ((x @ self.weight + self.bias > 0) == y).mean()


# %%
# 线性判别分析（LDA）去掉独立，只假定两类都是正态分布、协方差相同。
# 逻辑回归什么分布也不假定；``C`` 很大，权重几乎不受限制。
#
# Linear discriminant analysis (LDA) drops independence and assumes normal
# distributions with the same covariance. Logistic regression assumes no
# distribution of the features. Its large ``C`` leaves the weights nearly free.

models = {
    "naive": NaiveBayes,
    "lda": LinearDiscriminantAnalysis,
    "logistic": lambda: LogisticRegression(C=1e6, max_iter=300),
}
kinds = {
    "holds": gaussian,
    "together": lambda n, rng: gaussian(n, rng, shared=1.5),
    "tails": heavy_tails,
}

# %%
# 每个种子从 20 个到 5,000 个训练样本，另有 4,000 个新样本用来算准确率。
#
# Each seed has from 20 to 5,000 training examples, and 4,000 new ones for the
# accuracy.

sizes, num_seeds = [20, 40, 80, 200, 1000, 5000], 10


def accuracies(draw, models, sizes, seed):
    """Return the held-out accuracy of each model at each size, same data."""
    rng = np.random.default_rng(seed)
    new_x, new_y = draw(4000, rng)
    found = {name: [] for name in models}
    for n in sizes:
        x, y = draw(n, rng)
        for name, make in models.items():
            found[name].append(make().fit(x, y).score(new_x, new_y))
    return found


runs = {
    kind: [accuracies(draw, models, sizes, seed) for seed in range(num_seeds)]
    for kind, draw in kinds.items()
}
curves = {
    kind: {name: np.array([run[name] for run in found]) for name in models}
    for kind, found in runs.items()
}  # each (seeds, sizes)

# %%
# 学习曲线 | Learning curves
# --------------------------
# 阴影是 10 个种子的一个标准差。同一个种子里，三个分类器用同样的样本。
#
# The shade is one standard deviation over 10 seeds. Within a seed all three
# classifiers see the same examples.

titles = {
    "holds": "假设都成立 | all assumptions hold",
    "together": "特征相关 | correlated features",
    "tails": "重尾 | heavy tails",
}
labels = {
    "naive": ("s--", "朴素贝叶斯 | naive Bayes"),
    "lda": ("^-.", "LDA"),
    "logistic": ("o-", "逻辑回归 | logistic regression"),
}
fig, axes = plt.subplots(
    ncols=3, figsize=(11, 4), sharey=True, layout="constrained"
)
for ax, (kind, title) in zip(axes, titles.items(), strict=True):
    for name, (style, label) in labels.items():
        plot_spread(sizes, curves[kind][name].T, style, label=label, ax=ax)
    ax.set(xscale="log", title=title, xlabel="训练样本 | training examples")
axes[0].set_ylabel("新样本上的准确率 | accuracy on new examples")
axes[0].legend(loc="lower right")
fig.set_label(
    "三幅学习曲线。左：样本少时朴素贝叶斯领先，样本多时三者相同；中：样本多时"
    "朴素贝叶斯落后；右：样本多时逻辑回归领先 | Three learning curves. Left:"
    " naive Bayes leads with few examples, with many all are equal; middle: naive"
    " Bayes falls behind with many; right: logistic regression leads with many"
)
plt.show()

# %%
# 结论与记录 | Claims and records
# -------------------------------
# 每个差在种子之内成对求出，要求平均的差大于它的标准误的三倍。
#
# Each difference is taken within a seed, and its mean must exceed three
# standard errors.


def gap(found, better, worse, size, sizes):
    """Return the differences of two accuracies, one for each seed."""
    column = sizes.index(size)
    return found[better][:, column] - found[worse][:, column]


gaps = {
    "holds_few": gap(curves["holds"], "naive", "logistic", 40, sizes),
    "together_many": gap(curves["together"], "logistic", "naive", 5000, sizes),
    "tails_many": gap(curves["tails"], "logistic", "lda", 5000, sizes),
}
for difference in gaps.values():
    error = difference.std(ddof=1) / num_seeds**0.5
    assert difference.mean() > 3 * error
even = gap(curves["holds"], "naive", "logistic", 5000, sizes)
assert abs(even.mean()) < 0.01
same = gap(curves["together"], "lda", "logistic", 5000, sizes)
assert abs(same.mean()) < 0.01

record_all(
    "generative_discriminative",
    {f"{key}_gap": value for key, value in gaps.items()}
    | {
        f"{kind}_{name}_{word}": curves[kind][name][:, column]
        for kind in kinds
        for name in models
        for word, column in [("few", 1), ("many", -1)]
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 在第一种数据上，80 个样本时，给逻辑回归加上权重衰减（``C=0.1``）。
# 它追上朴素贝叶斯的差距有多少？
#
# On the first kind of data, with 80 examples, give logistic regression weight
# decay (``C=0.1``). How much of the gap to naive Bayes does that close?

decayed = [
    accuracies(gaussian, models | {"decay": lambda: LogisticRegression(C=0.1)},
               [80], seed)
    for seed in range(num_seeds)
]  # fmt: skip
mean = {name: np.mean([run[name] for run in decayed]) for name in decayed[0]}
print({name: round(float(value), 3) for name, value in mean.items()})
assert mean["logistic"] < mean["decay"]

# %%
# 大半。权重衰减也是一种假设：权重不大。假设对了，就省下样本。
#
# Most of it. Weight decay is an assumption, too: that weights are small. An
# assumption that holds saves examples.
