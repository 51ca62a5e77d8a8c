r"""
异或要两层，还要有弯折 | XOR takes two layers, and a bend between them
======================================================================

一个神经元在平面上画一条直线，异或的四个点却没有一条直线分得开。
先过一个隐藏层，四个点就搬到了分得开的位置。我们先看这一步怎样发生，
再让网络自己去学，并且做一个对照：同样多的层，只是去掉层与层之间的弯折。

A neuron draws one straight line in the plane, and no straight line separates
the four points of exclusive or (XOR). Once they have passed a hidden layer, a
line does. We first look at how that happens. Then we let networks learn it,
with a control: the same layers without the bend between them.

**你需要** :doc:`/introduction/deep-learning` 里的神经元和隐藏层；
**你得到** 隐藏层在做什么的一幅图，以及它为什么必须是非线性的证据。

**You need** neurons and hidden layers, from
:doc:`/introduction/deep-learning`.
**You get** a picture of what a hidden layer does, and evidence that it must
not be linear.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from d2lnotes.results import record_all

# %%
# 换一套坐标 | New coordinates
# ----------------------------
# 隐藏层有两个单元：:math:`h_1` 问“至少一个输入是 1 吗”，
# :math:`h_2` 问“两个都是 1 吗”。算出四个点的新坐标。
#
# The hidden layer has two units. The first, :math:`h_1`, asks whether at least
# one input is 1, and :math:`h_2` asks whether both are. We compute the new
# coordinates of the four points.

inputs = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
different = np.array([0, 1, 1, 0])


def hidden_layer(x):
    """Return the outputs of OR and AND for each row of ``x``."""
    total = x.sum(axis=1)
    return np.stack([total >= 1, total >= 2], axis=1).astype(int)


moved = hidden_layer(inputs)
for before, after, label in zip(inputs, moved, different, strict=True):
    print(f"x = {before}   h = {after}   XOR = {label}")

# %%
# 方块是输出 0 的点，圆点是输出 1 的点。
#
# Squares are the points with output 0, circles those with output 1.


def draw_points(ax, points, labels, names):
    """Draw the points of class 0 as squares and those of class 1 as circles."""
    outputs = ("输出 0 | output 0", "输出 1 | output 1")
    for label, marker in ((0, "s"), (1, "o")):
        chosen = points[labels == label]
        ax.plot(
            *chosen.T, marker, color=f"C{label}", ms=16, label=outputs[label]
        )
    ax.set(
        xlim=(-0.5, 1.6), ylim=(-0.5, 1.6), xlabel=names[0], ylabel=names[1]
    )
    ax.set(xticks=[0, 1], yticks=[0, 1], aspect="equal")


# %%
# 一个隐藏单元在和超过 0.5 时输出 1，另一个在和超过 1.5 时。
# 每条虚线旁写上哪一边输出 1。
#
# One hidden unit puts out 1 when the sum is above 0.5, the other when it is
# above 1.5. The text beside each dashed line says on which side it is 1.


def draw_unit(ax, ends, unit, total):
    """Draw the line on which the inputs add up to ``total``, and name it."""
    ax.plot(ends, total - ends, "--", color="0.4")
    ax.text(
        total / 2 + 0.03,
        total / 2 + 0.03,
        f"以上 $h_{unit} = 1$ | above: $h_{unit} = 1$",
        rotation=-45,
        ha="center",
        va="center",
        rotation_mode="anchor",
        backgroundcolor="white",
    )


# %%
# 左图是原来的坐标，虚线是两个隐藏单元各自的直线：圆点夹在中间，
# 方块在两边。右图是新坐标：两个圆点重合在 :math:`(1, 0)`，一条直线就够了。
#
# On the left are the original coordinates. The dashed lines belong to the two
# hidden units; the circles lie between them and the squares outside. On the
# right are the new coordinates. Both circles now sit at :math:`(1, 0)`, and a
# single line is enough.

ends = np.array([-0.5, 1.6])
fig, axes = plt.subplots(ncols=2, figsize=(8, 4.6), layout="constrained")
draw_points(axes[0], inputs, different, ["$x_1$", "$x_2$"])
draw_unit(axes[0], ends, 1, 0.5)
draw_unit(axes[0], ends, 2, 1.5)
axes[0].legend(loc="upper right", labelspacing=1.2)
axes[0].set_title("输入：一条直线不够 | Inputs: one line is not enough")
draw_points(axes[1], moved, different, ["$h_1$", "$h_2$"])
axes[1].plot(ends, (ends - 0.5) / 2, "-", color="0.2")
axes[1].set_title("隐藏层之后：一条就够 | After the hidden layer: one line is")
axes[1].annotate(
    "两个点重合 | two points in one",
    (1, 0),
    (0, -24),
    textcoords="offset points",
    ha="center",
)
fig.set_label(
    "左：异或的四个点，要两条直线才分得开；右：经过隐藏层，四个点落在三个位置，"
    "一条直线就分开了 | Left: the four points of XOR, which take two lines to"
    " separate; right: after the hidden layer they lie in three places and one"
    " line separates them"
)
plt.show()

# %%
# 让网络自己学 | Let networks learn it
# ------------------------------------
# 现在不规定隐藏单元算什么。训练隐藏层有 1、2、3、4、8 个单元的网络，
# 每种从 40 个随机起点各训练一次，数一数有几次四个点全对。
# 一半的网络在层间用 tanh，它把大数压弯；另一半是对照，隐藏层原样输出加权和。
#
# Now nobody says what the hidden units compute. We train networks with 1, 2,
# 3, 4 and 8 hidden units, each from 40 random starts, and count how often all
# four points come out right. Half of the networks use tanh between the layers,
# which bends large numbers down. The other half is the control: its hidden
# layer puts out its weighted sums as they are.

widths, num_starts = [1, 2, 3, 4, 8], 40


def solves(inputs, answers, width, activation, seed):
    """Train one network and return whether it gets all four points right."""
    network = MLPClassifier(
        (width,),
        activation=activation,
        solver="lbfgs",
        max_iter=300,
        random_state=seed,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(inputs, answers)
    return network.score(inputs, answers) == 1


solved = {
    activation: np.array(
        [
            [
                solves(inputs, different, width, activation, seed)
                for seed in range(num_starts)
            ]
            for width in widths
        ]
    )
    for activation in ("tanh", "identity")
}

# %%
# 竖线是比例的标准误：换另外 40 个起点，比例大约会变动这么多。
#
# The bars are standard errors of the fractions: with another 40 starts they
# would change by about this much.

labels = {
    "tanh": "有弯折（tanh） | with a bend (tanh)",
    "identity": "没有弯折（对照） | without a bend (control)",
}
fig, ax = plt.subplots(layout="constrained")
for marker, (activation, outcomes) in zip("os", solved.items(), strict=True):
    fraction = outcomes.mean(axis=1)
    error = np.sqrt(fraction * (1 - fraction) / num_starts)
    ax.errorbar(
        widths, fraction, error, fmt=f"{marker}-", label=labels[activation]
    )
ax.set_xticks(widths, widths)
ax.set(
    xlabel="隐藏单元的个数 | hidden units",
    ylabel="四个点全对的比例 | fraction with all four right",
)
ax.legend()
fig.set_label(
    "有弯折的网络，隐藏单元越多，学会异或的比例越高；没有弯折的一次也学不会"
    " | With a bend, networks learn XOR more often the more hidden units they"
    " have; without one they never do"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 一个隐藏单元不够；两个在原理上够了，训练却常常找不到；多给几个就容易找到。
# 没有弯折的网络一次也没成功，有多少单元都一样：两次加权求和合起来，
# 还是一次加权求和，仍然只有一条直线。
#
# One hidden unit is not enough. Two are enough in principle, but training
# often fails to find them; with a few more it succeeds easily. The networks
# without a bend never succeed, whatever their width. Two weighted sums, one
# after the other, are again a weighted sum, which is a single straight line.

with_bend = solved["tanh"].mean(axis=1)
assert moved.tolist() == [[0, 0], [1, 0], [1, 0], [1, 1]]
assert with_bend[0] == 0
assert with_bend[1] < with_bend[-1]
assert with_bend[-1] > 0.9
assert not solved["identity"].any()

record_all(
    "xor",
    {
        "two_units": with_bend[1],
        "eight_units": with_bend[-1],
        "without_bend": solved["identity"].mean(),
    },
    unit="fraction",
    over=f"{num_starts} 个随机起点 | {num_starts} random starts",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 不要隐藏层，只添第三个输入 :math:`x_1 x_2`，一个神经元就够了吗？
# 给出三个权重和一个门槛，或者证明不行。
#
# Leave out the hidden layer and add a third input, :math:`x_1 x_2`. Is one
# neuron enough now? Give three weights and a threshold, or show that there are
# none.

product = inputs.prod(axis=1, keepdims=True)
weights = np.array([1, 1, -2])
total = np.hstack([inputs, product]) @ weights
print("weighted sums", total)
assert ((total > 0.5) == different).all()

# %%
# 够了：:math:`x_1 + x_2 - 2 x_1 x_2` 正好是异或。弯折还在，只是换了地方：
# 乘积不是加权求和。这个特征是人想出来的，隐藏层则可以自己学到。
#
# It is: :math:`x_1 + x_2 - 2 x_1 x_2` equals XOR. The bend has only moved, for
# a product is no weighted sum. Somebody had to think of this feature, and a
# hidden layer can learn one.
