r"""
只跑一次，可能选错 | One run can name the wrong winner
======================================================

两条规则认手写数字，第二条看过的例子多一倍，平均来说也认得更准。各跑一次，
分数高的就是好的那条吗？这里每条规则换 400 批例子各跑 400 次，
数一数单次比较选错了多少回，再看多跑几次取平均以后还错多少回。

Two rules recognize handwritten digits. The second has seen twice as many
examples and is better on average. Run each once: is the one with the higher
score the better one? Here each rule runs 400 times, with other examples every
time. We count how often a comparison of single runs names the wrong winner,
and how often that still happens with means of several runs.

**你需要**：:doc:`/introduction/course` 里“数字怎么读”一节。
**你得到**：一个理由，说明本课的数字为什么写着 ±。

**You need** the section on reading numbers in :doc:`/introduction/course`.
**You get** the reason why numbers of this course carry a ±.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from d2lnotes.results import note_data, record_all

# %%
# 一条简单的规则 | A simple rule
# ------------------------------
# 每张图有 64 个像素，就是 64 个数。学习：把例子里所有的 0 平均成一张“典型的 0”，
# 1 到 9 也一样。使用：来一张新图，看它离哪一张典型的图最近，就认作哪个数字。
# 考试用 500 张没有学过的图，答对的比例叫准确率。
#
# A picture has 64 pixels, which are 64 numbers. To learn: average all the
# zeros among the examples into one typical zero, and so for 1 to 9. To use
# it: a new picture is taken for the digit whose typical picture is nearest.
# The test has 500 pictures that were not learned from; the share of right
# answers is called accuracy.


def accuracy(images, labels, num_examples, generator):
    """Return the accuracy of one run: other examples, another test."""
    order = generator.permutation(len(images))
    learn, test = order[:num_examples], order[-500:]
    is_digit = labels[learn] == np.arange(10)[:, None]  # (10, examples)
    counts = is_digit.sum(axis=1, keepdims=True)
    typical = is_digit @ images[learn] / counts  # (10, 64)
    differences = images[test][:, None] - typical  # (500, 10, 64)
    nearest = (differences**2).sum(axis=-1).argmin(axis=1)
    return (nearest == labels[test]).mean()


images, labels = load_digits(return_X_y=True)
note_data("digits", stand_in=False)
generator = np.random.default_rng(0)
num_runs, few, many = 400, 150, 300
scores = {
    size: np.array(
        [accuracy(images, labels, size, generator) for _ in range(num_runs)]
    )
    for size in (few, many)
}
for size, runs in scores.items():
    print(f"{size} examples: {runs.mean():.3f} ± {runs.std(ddof=1):.3f}")

# %%
# 比一次，还是比平均 | Single runs or means
# -----------------------------------------
# 把 400 次分成 :math:`k` 次一组，每组取平均，两条规则逐组比较。
# 看过 150 个例子的那组平均更高，就算选错；打平算半次。
#
# Cut the 400 runs into groups of :math:`k`, take the mean of each group, and
# compare the two rules group by group. If the mean of the rule with 150
# examples is higher, the wrong winner was named; a tie counts as half.


def wrong_winners(worse, better, group):
    """Return how often means over ``group`` runs favor the worse rule."""
    a = worse.reshape(-1, group).mean(axis=1)
    b = better.reshape(-1, group).mean(axis=1)
    pairs = a[:, None] - b  # each group with each
    return (pairs > 0).mean() + (pairs == 0).mean() / 2


groups = [1, 2, 4, 5, 10, 20]
wrong = [wrong_winners(scores[few], scores[many], group) for group in groups]
halves = scores[many].reshape(2, -1)  # the same rule against itself
control = [wrong_winners(*halves, group) for group in groups]

# %%
# 左图：每条规则 400 次的准确率。两堆大部分重叠，虽然平均不同。
# 右图：选错的比例随每组次数下降。对照是同一条规则的两半互相比，那里没有谁更好，
# 所以比例应当在一半左右。
#
# Left: the 400 accuracies of each rule. Most of the two heaps overlap, though
# their means differ. Right: the share of wrong winners falls with the runs in
# a group. The control compares one rule with itself: neither half is better,
# so the share should be about one half.

fig, (left, right) = plt.subplots(
    ncols=2, figsize=(9, 4), layout="constrained"
)
bins = np.arange(0.809, 0.95, 0.006)
for size, color, style in ((few, "C1", "--"), (many, "C0", "-")):
    label = f"{size} 个例子 | {size} examples"
    left.hist(scores[size], bins, color=color, alpha=0.5, label=label)
    left.axvline(scores[size].mean(), color=color, ls=style)
left.set(
    xlabel="一次运行的准确率 | accuracy of one run",
    ylabel="运行次数 | number of runs",
)
left.legend(loc="upper left")
label = "同一条规则比自己 | one rule against itself"
right.plot(groups, control, "s--", color="0.5", label=label)
label = "较好的规则输了 | the better rule lost"
right.plot(groups, wrong, "o-", color="C3", ms=8, label=label)
right.set(
    xlabel="每组取平均的次数 | runs in each mean",
    ylabel="选错的比例 | share of wrong winners",
    ylim=(0, 0.65),
    xscale="log",
)
right.set_xticks(groups, groups)
right.minorticks_off()
right.legend(loc="upper right")
fig.set_label(
    "左：两条规则各 400 次的准确率，两堆大部分重叠；右：选错的比例，"
    "比单次时约三分之一，取平均后下降 | Left: 400 accuracies of each of two "
    "rules, largely overlapping; right: share of wrong winners, about a third "
    "for single runs, falling with means of several runs"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 单次比较大约每三次就有一次选错。取平均以后，选错的比例随次数减少。
# 所以本课的训练结果换几个随机种子各跑一遍，写成平均 ± 标准差。
#
# A comparison of single runs names the wrong winner about one time in three.
# With means of several runs it does so less often. For that reason the
# training results of this course are measured with several random seeds, and
# written as mean ± standard deviation.

assert scores[many].mean() > scores[few].mean() + 0.005
assert 0.2 < wrong[0] < 0.45
assert wrong[-1] < wrong[groups.index(5)] < wrong[0]
assert abs(control[0] - 0.5) < 0.08

runs = f"{num_runs} 次运行 | {num_runs} runs"
record_all(
    "one_run",
    {"few": scores[few], "many": scores[many]},
    unit="fraction",
    over=runs,
)
record_all(
    "one_run",
    {
        "wrong_single": wrong[0],
        "wrong_mean_of_5": wrong[groups.index(5)],
        "wrong_mean_of_20": wrong[-1],
    },
    unit="fraction",
    over=runs,
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 如果两条规则考**同一份**试卷（同样的 500 张图），单次比较会更可靠吗？
# 先猜，再看下面。
#
# If both rules took the **same** test, the same 500 pictures, would a
# comparison of single runs be more reliable? Guess first, then read on.

paired = []
for seed in range(200):
    twins = [np.random.default_rng(seed) for _ in range(2)]  # one shuffle
    a, b = (
        accuracy(images, labels, size, twin)
        for size, twin in zip((few, many), twins, strict=True)
    )
    paired.append((a > b) + (a == b) / 2)
print(f"same test, wrong winner: {np.mean(paired):.2f}")
assert np.mean(paired) < wrong[0]

# %%
# 会。一份难的试卷对两条规则都难，比较的时候就抵消了。这里第二条规则还学过
# 第一条规则的全部例子，这也让两者更接近。
#
# It is. A hard test is hard for both rules, and that part cancels in the
# comparison. Here the second rule has also learned from all the examples of
# the first, which brings the two closer together as well.
