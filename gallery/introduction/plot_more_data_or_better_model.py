r"""
八倍的数据，还是更好的模型？ | Eight times the data, or a better model?
=======================================================================

手写数字，五种模型，训练图片从 50 张到 800 张。八倍的数据胜过换模型：
最差的一种看 800 张，超过最好的一种看 100 张。这里有三个限制。同样的图片复制八遍
没有用；单独一棵决策树太弱，数据补不回来；数据已经多的时候，再翻一倍抵不上换模型。

Handwritten digits, five models, and from 50 to 800 training pictures. Eight
times the data beats the choice of model: the worst of the five with 800
pictures is ahead of the best with 100. There are three limits. Copying the
same pictures eight times does not help. A single decision tree is too weak for
data to make up for it. And where there are many data already, twice as many
are worth less than the choice of the model.

**你需要** :doc:`/introduction/machine-learning` 里的留出集；模型怎样工作可以先不管。
**你得到** 一张图，看出钱该花在数据上还是模型上。

**You need** the held-out set of :doc:`/introduction/machine-learning`. Never
mind for now how the models work. **You get** a picture of when to spend on
data and when on the model.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.ensemble import RandomForestClassifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import note_data, record_all

# Fifty passes through the pictures are enough for the small network:
warnings.simplefilter("ignore", ConvergenceWarning)
note_data("digits", stand_in=False)
pictures, digits = load_digits(return_X_y=True)
pictures = pictures / 16  # 64 brightnesses between 0 and 1
print(pictures.shape)

# %%
# 六种模型 | Six models
# ---------------------
# 前五种是要比的，最后一种是一棵决策树。设置都在测量之前定好，没有照着成绩调过。
#
# The first five are compared, and the last is a single decision tree. Their
# settings were fixed beforehand and not tuned by the scores.


def make_models(seed):
    """Return the models by name, not trained yet."""
    return {
        "最近邻 | nearest neighbor": KNeighborsClassifier(1),
        "逻辑回归 | logistic regression": LogisticRegression(max_iter=100),
        "支持向量机 | support vectors": SVC(C=10),
        "随机森林 | random forest": RandomForestClassifier(
            30, random_state=seed
        ),
        "小网络 | small network": MLPClassifier(
            (64,), learning_rate_init=0.01, max_iter=50, random_state=seed
        ),
        "一棵树 | one tree": DecisionTreeClassifier(random_state=seed),
    }


# %%
# 每个种子另分一次：600 张留出打分，其余的里面取前 :math:`n` 张训练。
# 同一个种子里，少的一份包含在多的一份里，各模型看的是同样的图片。
#
# Each seed makes a new split: 600 pictures are held out for the score, and the
# first :math:`n` of the others train. Within a seed, a smaller training set is
# part of a larger one, and all models see the same pictures.

sizes = [50, 100, 200, 400, 800]
num_seeds = 10
names = list(make_models(0))
scores = np.zeros((len(names), len(sizes), num_seeds))
copied = np.zeros((len(names), num_seeds))
for seed in range(num_seeds):
    inputs, held_out, answers, wanted = train_test_split(
        pictures, digits, test_size=600, random_state=seed
    )
    for row, size in enumerate(sizes):
        for column, model in enumerate(make_models(seed).values()):
            model.fit(inputs[:size], answers[:size])
            scores[column, row, seed] = model.score(held_out, wanted)
    eightfold = np.tile(inputs[:100], (8, 1)), np.tile(answers[:100], 8)
    for column, model in enumerate(make_models(seed).values()):
        score = model.fit(*eightfold).score(held_out, wanted)
        copied[column, seed] = score

# %%
# 右图要画的是对照：100 张，把这 100 张复制成 800 行，800 张不同的。
#
# The panel on the right is to show the control: 100 pictures, these 100 copied
# to make 800 rows, and 800 different ones.

rows = np.arange(len(names))
bars = [
    (scores[:, 1], "C7", "100 张 | 100 pictures"),
    (copied, "C1", "这 100 张各 8 遍 | these 100, 8 times each"),
    (scores[:, -1], "C0", "800 张 | 800 pictures"),
]

# %%
# 左图是全部测量。右图里行数一样多的两条，差别很大：有用的是不同的图片。
#
# On the left is everything measured. On the right, the two bars with equally
# many rows differ a lot: it is different pictures that help.

fig, (left, right) = plt.subplots(
    ncols=2, figsize=(10, 4.2), layout="constrained"
)
for curve, name, marker in zip(scores, names, "os^DvX", strict=True):
    plot_spread(sizes, curve, f"{marker}-", label=name, ax=left)
left.set(
    xlabel="训练图片数 | training pictures",
    ylabel="留出集准确率（比例） | held-out accuracy (fraction)",
    xscale="log",
    title="数据更多 | more data",
)
left.set_xticks(sizes, sizes)
left.minorticks_off()
left.legend(loc="lower right", fontsize="small")
for shift, (values, color, label) in zip([-0.27, 0, 0.27], bars, strict=True):
    right.barh(
        rows + shift, values.mean(axis=1), 0.25, color=color, label=label
    )
right.set_yticks(rows, names)
right.set(
    xlabel="留出集准确率（比例） | held-out accuracy (fraction)",
    xlim=(0.5, 1),
    ylim=(7.6, -0.6),
    title="对照：复制 | control: copies",
)
right.legend(loc="lower left", fontsize="small")
fig.set_label(
    "左：六种模型的留出集准确率随训练图片数上升；右：复制八遍与 100 张相仿，"
    "800 张不同的高得多 | Left: held-out accuracy of six models rises with the "
    "number of training pictures; right: eight copies are about as good as the "
    "100 pictures alone, 800 different ones are much better"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 前五种里，比较同一个种子：看 800 张（和 400 张）的最差的，减去看 100 张的最好的。
#
# Among the first five, compare within a seed: the worst with 800 pictures, and
# with 400, minus the best with 100.

five = scores[:5]
margins = five[:, [4, 3]].min(axis=0) - five[:, 1].max(axis=0)
wins = (margins > 0).sum(axis=1)  # of eight and of four times the data
doubling = five[:, 4].mean(axis=1) - five[:, 3].mean(axis=1)
between_models = np.ptp(five[:, 3].mean(axis=1))
copies = copied[:5].mean(axis=1) - five[:, 1].mean(axis=1)
print(f"margins {margins.mean(axis=1).round(3)}, positive {wins} times")
print(f"gain of copies {copies.round(3)}, of doubling {doubling.round(3)}")
print(f"range of the models at 400: {between_models:.3f}")
assert wins[0] >= 9
assert scores[5, -1].mean() < five[:, 1].max(axis=0).mean() - 0.05
assert copies.max() < 0.04
assert doubling.mean() < between_models

record_all(
    "more_data_or_better_model",
    {
        "worst_800": five[:, 4].min(axis=0),
        "best_100": five[:, 1].max(axis=0),
        "tree_800": scores[5, -1],
        "range_100": np.ptp(five[:, 1].mean(axis=1)),
        "range_400": between_models,
        "gain_50_to_800": (five[:, 4] - five[:, 0]).mean(),
        "doubling": doubling.mean(),
        "copies_at_most": copies.max(),
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)
counts = {"wins_eightfold": wins[0], "wins_fourfold": wins[1]}
record_all("more_data_or_better_model", counts, format="d")

# %%
# 练习 | Exercise
# ---------------
# 在 800 张的时候，是再找 800 张图片，还是换一种模型？看图估一估，再看下面的数。
#
# With 800 pictures, look for 800 more or change the model? Estimate from the
# figure, then look at the numbers.

errors = 1 - scores.mean(axis=2)  # (models, sizes)
for name, curve in zip(names, errors, strict=True):
    print(f"{name}: errors {curve[3]:.3f} -> {curve[4]:.3f}")
logistic, vectors = errors[1], errors[2]
assert logistic[4] - vectors[4] > logistic[3] - logistic[4]

# %%
# 每翻一倍，错误大约少两成到五成，可是错误已经很少了。若现在用的是逻辑回归，换成支持
# 向量机少掉的错误更多，而且不必再标一张图片。先试模型，再买数据。
#
# Doubling removes about a fifth to a half of the errors, of which few are
# left. Whoever uses logistic regression now gets rid of more errors with
# support vectors, without labeling a single picture. Try models first, then
# buy data.
