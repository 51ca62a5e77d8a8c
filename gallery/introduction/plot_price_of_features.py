r"""
特征自己学，要多用样本 | Learning the features costs examples
=============================================================

两圈点，内圈是一类，外圈是另一类。知道“该看离圆心多远”的人，
十来个点就够了；从坐标学起的网络最后也能做到，只是要多看许多点；
坐标上的直线，看多少都没用。

Two rings of points: the inner ring is one class, the outer the other. Someone
who knows that the distance from the center matters needs some ten points. A
network that starts from the coordinates gets there as well, after many more.
A straight line on the coordinates does not, however many points it sees.

**你需要** :doc:`/introduction/deep-learning` 里的特征和隐藏层；
**你得到** “深度学习要很多数据”这句话的一个小而完整的测量。

**You need** features and hidden layers, from
:doc:`/introduction/deep-learning`.
**You get** a small but complete measurement of the saying that deep learning
needs many data.
"""

import matplotlib.pyplot as plt
import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import record_all

# %%
# 数据 | The data
# ---------------
# 0 类的半径约为 1，1 类约为 2，各有一点随机的偏差（标准差 0.2）。
#
# Class 0 has a radius of about 1 and class 1 of about 2, each with a little
# random deviation (standard deviation 0.2).


def rings(num_points, rng, center=0.0):
    """Return points of two rings, shape (n, 2), and their classes."""
    label = rng.integers(0, 2, num_points)
    angle = rng.uniform(0, 2 * np.pi, num_points)
    radius = 1 + label + rng.normal(0, 0.2, num_points)
    directions = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return center + radius[:, None] * directions, label


# %%
# 三种做法 | Three ways
# ---------------------
# 1. 直线：线性分类器，直接看两个坐标。
# 2. 人设计的特征：同一个线性分类器，看的是 :math:`x_1^2 + x_2^2`。
# 3. 学来的特征：两个隐藏层、各 16 个单元的网络，看两个坐标。
#
# 1) A line: a linear classifier on the two coordinates.
# 2) A feature made by hand: the same classifier on :math:`x_1^2 + x_2^2`.
# 3) Learned features: a network with two hidden layers of 16 units on the
#    coordinates.
#
# 前两种的分类器完全一样，所以差别只在特征。
#
# The first two share their classifier, so that only the features differ.


def held_out_accuracies(num_points, seed, center=0.0):
    """Return the held-out accuracy of the three ways after one training."""
    rng = np.random.default_rng(seed)
    points, label = rings(num_points, rng, center)
    new_points, new_label = rings(2000, rng, center)
    squared = [(p**2).sum(axis=1, keepdims=True) for p in (points, new_points)]
    line = LogisticRegression().fit(points, label)
    by_hand = LogisticRegression().fit(squared[0], label)
    network = MLPClassifier(
        (16, 16), solver="lbfgs", max_iter=500, random_state=seed
    ).fit(points, label)
    return [
        line.score(new_points, new_label),
        by_hand.score(squared[1], new_label),
        network.score(new_points, new_label),
    ]


sizes, num_seeds = [10, 20, 50, 100, 300, 1000], 10
accuracy = np.array(
    [
        [held_out_accuracies(size, seed) for seed in range(num_seeds)]
        for size in sizes
    ]
)  # (sizes, seeds, ways)

# %%
# 左图是数据和三种做法的考题；右图是留出的 2,000 个点上的准确率，
# 线是 10 个随机种子的平均，阴影是一个标准差。
#
# The left panel shows the data. The right one shows the accuracy on 2,000
# held-out points: lines are means over 10 random seeds, and one standard
# deviation is shaded.

names = [
    "坐标上的直线 | line on the coordinates",
    "人设计的特征 | feature made by hand",
    "学来的特征 | learned features",
]
points, label = rings(300, np.random.default_rng(0))
fig, axes = plt.subplots(ncols=2, figsize=(8.4, 4.2), layout="constrained")
for cls, marker in ((0, "s"), (1, "o")):
    axes[0].plot(*points[label == cls].T, marker, ms=4, color=f"C{cls}")
axes[0].set(xlabel="$x_1$", ylabel="$x_2$", aspect="equal")
for way, style in enumerate(("s--", "^-", "o-")):
    plot_spread(
        sizes, accuracy[:, :, way], style, label=names[way], ax=axes[1]
    )
axes[1].set(
    xscale="log",
    ylim=(0.4, 1.02),
    xlabel="训练样本数 | training examples",
    ylabel="留出准确率 | held-out accuracy",
)
axes[1].set_xticks(sizes, [f"{size:,}" for size in sizes])
axes[1].minorticks_off()
axes[1].legend(loc="center right")
fig.set_label(
    "左：两圈点。右：人设计的特征用十个点就接近满分，学来的特征随样本增多追上来，"
    "坐标上的直线一直接近猜 | Left: two rings of points. Right: the feature"
    " made by hand is nearly perfect with ten points, the learned features"
    " catch up as examples grow, the line stays close to guessing"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 人设计的特征里装着一条知识：“半径要紧，角度不要紧”。网络没有这条知识，
# 只能从样本里学，多出来的样本就是它的价钱。直线的模型装不下圆，
# 样本再多也补不上。
#
# The feature made by hand holds a piece of knowledge: the radius matters and
# the angle does not. The network lacks it and has to learn it from examples;
# the extra examples are its price. A line cannot hold a circle, and no number
# of examples makes up for that.

line, by_hand, learned = accuracy.mean(axis=1).T
assert by_hand[0] > 0.9 > learned[0] + 0.1
assert learned[-1] > 0.97
assert line.max() < 0.7

record_all(
    "price_of_features",
    {
        "by_hand_few": accuracy[0, :, 1],
        "learned_few": accuracy[0, :, 2],
        "learned_many": accuracy[-1, :, 2],
        "line_many": accuracy[-1, :, 0],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 把两圈点的圆心移到 :math:`(2, 2)`，特征仍是 :math:`x_1^2 + x_2^2`。
# 用 300 个点训练，三种做法各会怎样？先猜。
#
# Move the center of both rings to :math:`(2, 2)` and keep the feature
# :math:`x_1^2 + x_2^2`. What happens to the three ways with 300 examples?
# Guess first.

moved = np.array(
    [held_out_accuracies(300, seed, center=2.0) for seed in range(num_seeds)]
)
for name, before, after in zip(
    names, accuracy[4].mean(axis=0), moved.mean(axis=0), strict=True
):
    print(f"{before:.2f} -> {after:.2f}  {name}")
assert moved[:, 1].mean() < 0.7
assert moved[:, 2].mean() > 0.9

# %%
# 人设计的特征不灵了：它里面的知识是“离原点多远”，而圆心已经不在原点。
# 网络没有用到这条知识，所以照样学得会。直线和原来一样，接近瞎猜。
#
# The feature made by hand fails: its knowledge is the distance from the
# origin, and the center is no longer there. The network never had that
# knowledge and learns as before. The line stays close to guessing.
