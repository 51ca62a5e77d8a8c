r"""
人写的规则与学到的规则 | A written rule and a learned one
=========================================================

569 例乳腺肿块，每例有细胞核的 30 个测量值，问是良性还是恶性。
人写一条规则，用其中三个数；程序从病例里学一条规则。结果分两半：只准用同样的三个数，
学到的规则胜不过写得好的那一条；可以用全部 30 个数时，看过几十个病例以后它就反超了。
在这份数据上，学习的好处不在于把分界点定得更准，而在于能用上更多、也更合适的数。

There are 569 breast masses, each described by 30 measurements of its cell
nuclei; the question is whether it is benign or malignant. A person writes a
rule with three of the numbers; a program learns a rule from cases. The result
has two halves: held to the same three numbers, the learned rule does not beat
the well-written one; given all 30, it overtakes after a few dozen cases.
On these data learning pays not because it places a cut-off better, but
because it can use more numbers, and better ones.

**你需要** :doc:`/introduction/machine-learning` 里的四个要素；
**你得到** 一条学习曲线，以及训练准确率为什么不能信的一个实例。

**You need** the four ingredients of :doc:`/introduction/machine-learning`;
**you get** a learning curve, and a case in point of why training accuracy
cannot be trusted.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import note_data, record_all

data = load_breast_cancer()
note_data("breast-cancer-wisconsin-diagnostic", stand_in=False)
names = list(data.feature_names)
measurements = data.data  # (569, 30)
malignant = data.target == 0  # scikit-learn codes malignant as 0
print(f"{malignant.sum()} malignant, {(~malignant).sum()} benign")

# %%
# 人写的规则 | The written rule
# -----------------------------
# 教科书说，恶性细胞的核更大、更不均匀、轮廓更凹凸。于是写三个征象：
# 平均半径大于 15，纹理（灰度的标准差）大于 20，凹点指标大于 0.05；
# 三个占了两个就判恶性。这三个数紧挨着各自单独使用时的最佳分界点，
# 而且是看过**全部** 569 例才定的，连后面拿来考试的病例也看过。
# 我们有意让人先跑一步，这样学到的规则若还能赢，就赢得清楚。
#
# Textbooks say that malignant cells have larger, less even nuclei with dented
# outlines. So write down three signs: mean radius above 15, texture (standard
# deviation of the gray levels) above 20, concave points above 0.05; two of
# the three mean malignant. These round numbers lie next to the best cut-off
# of each measurement used alone, and were chosen after looking at **all** 569
# cases, those of the later tests included. We give the person this head start
# on purpose: if the learned rule still wins, it wins clearly.

cut_offs = {
    "mean radius": 15,
    "mean texture": 20,
    "mean concave points": 0.05,
}
columns = [names.index(name) for name in cut_offs]
signs = measurements[:, columns] > list(cut_offs.values())  # (569, 3)
by_rule = signs.sum(axis=1) >= 2
by_radius = signs[:, 0]

# %%
# 学到的规则 | The learned rule
# -----------------------------
# 四个要素：**数据**是 :math:`n` 个病例；**模型**是给每个数一个权重，
# 加权之和为正就判恶性；**目标**是交叉熵，另加一项不让权重太大；**算法**是
# 一种梯度方法。后三样 scikit-learn 都有：逻辑回归，即两个类别的 softmax 回归。
# 测量值的单位各不相同，所以先标准化，均值和标准差只取自训练病例。
# 每次随机取 :math:`n` 例训练，另取 200 例考试，两边的良性与恶性都照全体的比例，
# 重复 40 次；人写的和学到的规则每次都考同样的 200 例。
#
# The four ingredients: the **data** are :math:`n` cases; the **model** gives
# each number a weight, and calls a case malignant if the weighted sum is
# positive; the **objective** is cross-entropy, with a term that keeps the
# weights from growing; the **algorithm** is a gradient method. scikit-learn
# has the last three: logistic regression, which is softmax regression with
# two classes. The measurements differ in unit, so we standardize them first,
# with means and standard deviations from the training cases alone. Each time,
# :math:`n` random cases are for training and 200 others for the test, both
# with the benign and malignant shares of the whole, 40 times over; written
# and learned rules take the same test of 200.

sizes = [5, 10, 20, 40, 80, 160, 320]
num_splits = 40
inputs = {
    "radius": columns[:1],
    "3 numbers": columns,
    "30 numbers": list(range(30)),
}


def fit_and_score(inputs, answers, parts):
    """Return the accuracy of a learned rule on each part, the first trains."""
    model = make_pipeline(StandardScaler(), LogisticRegression())
    model.fit(inputs[parts[0]], answers[parts[0]])
    return [model.score(inputs[part], answers[part]) for part in parts]


# %%
# 每种训练病例数划分 40 次；``scores`` 里两项是训练成绩和考试成绩，
# 人写的规则只有考试成绩。
#
# There are 40 splits for each number of training cases. The two entries of
# ``scores`` are training and test accuracy; a written rule has the latter
# only.

shape = len(sizes), num_splits
scores = {name: np.zeros((*shape, 2)) for name in inputs}
written = {"radius": np.zeros(shape), "3 numbers": np.zeros(shape)}
for row, size in enumerate(sizes):
    draw = {"train_size": size, "test_size": 200, "random_state": 0}
    splits = StratifiedShuffleSplit(num_splits, **draw)
    halves = list(splits.split(measurements, malignant))
    for column, parts in enumerate(halves):
        for name, chosen in inputs.items():
            table = measurements[:, chosen]
            scores[name][row, column] = fit_and_score(table, malignant, parts)
        for name, answer in [("radius", by_radius), ("3 numbers", by_rule)]:
            right = answer[parts[1]] == malignant[parts[1]]
            written[name][row, column] = right.mean()

# %%
# 学习曲线 | The learning curve
# -----------------------------
# 左图，只看考试成绩。只用半径或只用三个数，学到的规则（实线）从下面靠近同样几个
# 数的人写规则（虚线），到 320 例也没有越过它。用 30 个数的那条越过去了。
# 右图，还是用 30 个数的那一条，训练成绩与考试成绩放在一起：病例少的时候，
# 训练成绩几乎是满分，考试却差得远。**最不可信的成绩恰好最好看。**
#
# On the left, test scores only. With the radius alone or three numbers the
# learned rule (solid) approaches the written rule for the same numbers
# (dashed) from below, and has not passed it at 320 cases. The one with 30
# numbers has. On the right, the latter again, training and test accuracy side
# by side: with few cases the training score is nearly perfect and the test
# far behind. **The least trustworthy score looks best.**

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 4), sharey=True, layout="constrained"
)
chinese = dict(zip(scores, ["半径", "3 个数", "30 个数"], strict=True))
for name, style in zip(scores, ["C2^-", "C1s-", "C0o-"], strict=True):
    mean = scores[name][:, :, 1].mean(axis=1)
    left.plot(
        sizes, mean, style, label=f"学到的，{chinese[name]} | learned, {name}"
    )
    if name in written:
        level = written[name].mean()
        label = f"人写的，{chinese[name]} | written, {name}"
        left.axhline(level, color=style[:2], ls="--", label=label)
for part, style in enumerate(["d--", "o-"]):
    names_of = [("训练", "training"), ("留出", "held out")][part]
    accuracies = scores["30 numbers"][:, :, part]
    label = "{}，均值 ± 标准差 | {}, mean ± std. dev.".format(*names_of)
    plot_spread(sizes, accuracies, style, label=label, ax=right)
left.set(
    ylabel="准确率（比例） | accuracy (fraction)",
    title="人写的和学到的，留出集上 | written and learned, held out",
)
right.set(title="学到的，30 个数 | learned, 30 numbers", ylim=(0.75, 1.02))
for ax in (left, right):
    ax.set(xlabel="训练病例数 $n$ | training cases $n$", xscale="log")
    ax.set_xticks(sizes, [str(size) for size in sizes])
    ax.minorticks_off()
    ax.legend(loc="lower right")
fig.set_label(
    "左：准确率随训练病例数的变化，三条学到的规则与两条人写的规则；"
    "右：同一条学到的规则的训练准确率和留出准确率"
    " | Left: accuracy by number of training cases, three learned rules and"
    " two written ones; right: training and held-out accuracy of one of them"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 比较要成对：同样 200 例，学到的减去人写的。320 例时，30 个数的那条平均领先
# 一个百分点以上，40 次划分里至少赢 30 次；只用三个数的那条没有领先。
# 各次划分共用同一批 569 例，彼此并不独立，所以我们数输赢，不用它们算标准误。
#
# The comparison is paired: on the same 200 cases, learned minus written. With
# 320 cases the rule with 30 numbers leads by more than one percentage point
# on average and wins at least 30 of the 40 splits; the one with three numbers
# does not lead. The splits share one set of 569 cases and are not
# independent, so we count wins and do not turn them into a standard error.

lead = scores["30 numbers"][:, :, 1] - written["3 numbers"]
mean_lead = lead.mean(axis=1)
for size, ahead in zip(sizes, mean_lead, strict=True):
    print(f"{size:3d} training cases: learned leads by {ahead:+.3f}")
wins = (lead[-1] > 0).sum()
first_ahead = (mean_lead > 0).argmax()
assert mean_lead[-1] > 0.01
assert (mean_lead[first_ahead:] > 0).all()  # and stays ahead
assert wins >= 30
assert mean_lead[0] < -0.02  # five cases are not enough
for name in ("radius", "3 numbers"):
    assert (scores[name][-1, :, 1] - written[name][-1]).mean() < 0.005
train_20, test_20 = scores["30 numbers"][sizes.index(20)].T
assert train_20.mean() - test_20.mean() > 0.03

over = f"{num_splits} 次随机划分 | {num_splits} random splits"
record_all(
    "learning_from_data",
    {
        "written_radius": written["radius"][-1],
        "written_three": written["3 numbers"][-1],
        "learned_radius": scores["radius"][-1, :, 1],
        "learned_three": scores["3 numbers"][-1, :, 1],
        "learned_thirty": scores["30 numbers"][-1, :, 1],
        "learned_thirty_5_cases": scores["30 numbers"][0, :, 1],
        "train_20_cases": train_20,
        "test_20_cases": test_20,
    },
    unit="fraction",
    over=over,
)
counts = {"wins": wins, "overtakes": sizes[first_ahead]}
record_all("learning_from_data", counts, over=over, format="d")

# %%
# 练习 | Exercise
# ---------------
# 换一台显微镜，放大倍数高了两成：考试病例的半径和周长乘以 1.2，面积乘以
# 1.44。人写的规则掉多少？用旧图像学到的规则呢？各自怎样修好？想好了再往下看。
#
# A new microscope magnifies a fifth more: in the test cases, radii and
# perimeters are multiplied by 1.2 and areas by 1.44. How much does the written
# rule lose, and how much the one learned from the old images? What does it
# take to mend each? Think first, then read on.

magnification = np.ones(len(names))
for index, name in enumerate(names):
    if "radius" in name or "perimeter" in name:
        magnification[index] = 1.2
    elif "area" in name:
        magnification[index] = 1.44
new = measurements * magnification
limits = np.array(list(cut_offs.values()))
old_rule = (new[:, columns] > limits).sum(axis=1) >= 2
moved_limits = limits * magnification[columns]
moved_rule = (new[:, columns] > moved_limits).sum(axis=1) >= 2

# %%
# 六种做法，各考 40 次：人写的规则看旧图像、看新图像、把分界点跟着放大；
# 学到的规则看旧图像、看新图像、用新图像自己的均值和标准差重新标准化。
#
# Six ways, 40 tests each: the written rule on old images, on new ones, and
# with its cut-offs magnified as well; the learned rule on old images, on new
# ones, and with these standardized by means and deviations of their own.

rows = []
for train, test in halves:  # the splits with 320 training cases
    scaler = StandardScaler().fit(measurements[train])
    model = LogisticRegression()
    model.fit(scaler.transform(measurements[train]), malignant[train])
    new_scaler = StandardScaler().fit(new[test])  # needs no answers
    said = [
        by_rule[test],
        old_rule[test],
        moved_rule[test],
        model.predict(scaler.transform(measurements[test])),
        model.predict(scaler.transform(new[test])),
        model.predict(new_scaler.transform(new[test])),
    ]
    rows.append([(answers == malignant[test]).mean() for answers in said])
means = np.mean(rows, axis=0)
print(
    "written: old {:.3f}, new {:.3f}, cut-off moved {:.3f}".format(*means[:3])
)
print("learned: old {:.3f}, new {:.3f}, anew {:.3f}".format(*means[3:]))

written_old, written_new, _, learned_old, learned_new, anew = means
assert (moved_rule == by_rule).all()
assert written_old - written_new > 0.04
assert learned_old - learned_new > written_old - written_new
assert abs(learned_old - anew) < 0.01

# %%
# 两条都跌了一大截，学到的那一条跌得还多一些：它的 30 个数里有 9 个变了。
# 知道倍数，两条都好修，把测量值除回去就行；对人写的规则，这等于把分界点从 15
# 挪到 18。不知道倍数，学到的那一条也有办法：用新图像自己的均值和标准差重新标准化，
# 倍数就抵消了，一个答案都不需要。不过这要求新图像里良性与恶性的比例没变；
# 要是新来的恶性病例多得多，均值本来就该大，把它减掉反而错得更多。
#
# Both fall far, the learned one somewhat further: of its 30 numbers 9 have
# changed. If the factor is known both are easily mended: divide it out of the
# measurements, which for the written rule amounts to moving its cut-off from
# 15 to 18. If it is not, the learned rule can still be helped: standardize
# the new images with their own means and standard deviations, and the factor
# cancels, without a single answer. But this takes new images with the same
# shares of benign and malignant cases; were far more of them malignant, the
# means ought to be larger, and subtracting them would add mistakes.
