r"""
异或没有直线可画 | No line separates XOR
========================================

异或的四个点没有一条直线分得开。这不是说训练得不够：四个不等式互相矛盾。
我们先让线性规划判定它，再看两种算法遇到它会怎样。感知机绕圈子，
逻辑回归给每个点的概率都停在 0.5。对照：添上一个特征，也就是两个输入的乘积，
同样的两种算法就都成功了。

No straight line separates the four points of XOR. More training does not help,
because four inequalities contradict each other. We first let linear programming
decide this, and then watch two algorithms meet it. The perceptron goes round in
a circle, and logistic regression ends with a probability of 0.5 for each point.
The control adds one feature, the product of the two inputs, and the same two
algorithms both succeed.

**你需要** :doc:`/linear-models/perceptron`；**你得到** “不可分”的三种表现，
以及问题出在特征而不在算法的证据。

**You need** :doc:`/linear-models/perceptron`. **You get** three faces of
“not separable”, and evidence that the features are to blame and not the
algorithm.
"""

from itertools import permutations

import matplotlib.pyplot as plt
import numpy as np
import torch
from scipy.optimize import linprog
from torch.nn.functional import softplus

from d2lnotes.models.perceptron import Perceptron
from d2lnotes.plotting.curves import plot_spread
from d2lnotes.plotting.decisions import plot_decision_regions
from d2lnotes.results import record_all
from d2lnotes.runtime import select_device

device = select_device()
plain = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
labels = torch.tensor([-1, 1, 1, -1])


def with_product(x):
    """Return the points with a third feature, the product of the two."""
    return torch.hstack([x, x.prod(dim=1, keepdim=True)])


problems = {"plain": plain, "product": with_product(plain)}

# %%
# 四个不等式 | Four inequalities
# ------------------------------
# 分开四个点，就是要找 :math:`\mathbf{w}` 和 :math:`b`，使每个点的
# :math:`y(\mathbf{w}^\top\mathbf{x} + b)` 至少是 1。（只要求大于 0 也一样：
# 把解乘以一个足够大的数。）线性规划要么给出一个解，要么断定没有解。
#
# To separate the points means to find :math:`\mathbf{w}` and :math:`b` such that
# :math:`y(\mathbf{w}^\top\mathbf{x} + b)` is at least 1 for each of them.
# (Asking for more than 0 is the same, since a solution can be multiplied by a
# large number.) Linear programming finds a solution or establishes that there
# is none.


def separable(x, y):
    """Return whether some hyperplane separates the two classes."""
    z = (y[:, None] * torch.hstack([x, torch.ones(len(x), 1)])).numpy()
    free = [(None, None)] * z.shape[1]
    answer = linprog(np.zeros(z.shape[1]), -z, -np.ones(len(z)), bounds=free)
    assert answer.status in (0, 2)  # solved, or without a solution
    return answer.status == 0


possible = {name: separable(x, labels) for name, x in problems.items()}
print(possible)

# %%
# 感知机绕圈子 | The perceptron goes round in a circle
# ----------------------------------------------------
# 四个点有 24 种次序，每种都试。没有一种停得下来。
# 每经过一遍数据之后记下参数，再看它们是不是回到出现过的值。
#
# We try all 24 orders of the four points. None comes to an end. After each pass
# over the data we keep the parameters, and look whether they return to values
# that were there before.


def parameters_by_epoch(x, y, num_epochs):
    """Return weights and bias after each of the first passes, as tuples."""
    runs = (Perceptron(x.shape[1]).fit(x, y, max_epochs=k + 1)
            for k in range(num_epochs))  # fmt: skip
    return [(*run.weight.tolist(), run.bias.item()) for run in runs]


repeats, counts = [], []
for order in map(list, permutations(range(4))):
    seen = parameters_by_epoch(plain[order], labels[order], 12)
    repeats.append(len(set(seen)) < len(seen))
    counts.append(
        Perceptron(3)
        .fit(problems["product"][order], labels[order])
        .num_mistakes
    )
print(f"orders that repeat themselves: {sum(repeats)} of {len(repeats)}")
print(f"mistakes with the product: {min(counts)} to {max(counts)}")

# %%
# 逻辑回归停在 0.5 | Logistic regression stays at 0.5
# ---------------------------------------------------
# 损失是 :math:`\ln(1 + e^{-y f(\mathbf{x})})` 的平均，
# :math:`f(\mathbf{x}) = \mathbf{w}^\top\mathbf{x} + b`。
# 从 20 个随机起点作梯度下降。
#
# The loss is the mean of :math:`\ln(1 + e^{-y f(\mathbf{x})})`, where
# :math:`f(\mathbf{x}) = \mathbf{w}^\top\mathbf{x} + b`. Gradient descent starts
# from 20 random points.


def descend(x, y, num_starts, num_steps, rate, device):
    """Return the losses, (steps, starts), and the last parameters."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.hstack([x, torch.ones(len(x), 1)]).to(device), y.to(device)
    theta = torch.randn(x.shape[1], num_starts, generator=generator)
    theta = theta.to(device).requires_grad_()
    losses = []
    for _ in range(num_steps):
        loss = softplus(-y[:, None] * (x @ theta)).mean(dim=0)
        (gradient,) = torch.autograd.grad(loss.sum(), theta)
        with torch.no_grad():
            theta -= rate * gradient
        losses.append(loss.detach().cpu())
    return torch.stack(losses), (x @ theta).detach().sigmoid().cpu()


num_starts, num_steps = 20, 1500
ends = {
    name: descend(x, labels, num_starts, num_steps, 1.0, device)
    for name, x in problems.items()
}

# %%
# 左：逻辑回归的损失。中、右：感知机添上乘积之前和之后的判决区域。
# 中图是在每遍的第三个错误之后，下一个错误使参数回到 0。
#
# Left: the loss of logistic regression. Middle and right: the regions of the
# perceptron without and with the product. The middle one is after the third
# mistake of a pass. The fourth takes the parameters back to 0.


def draw_regions(ax, score, points, labels, title):
    """Shade where the score is positive, with the four points."""
    plot_decision_regions(
        lambda x: torch.where(score(x) > 0, 1, -1),
        points,
        labels,
        names=["相同 | equal", "不同 | different"],
        limits=(-0.4, 1.4, -0.4, 1.4),
        ax=ax,
    )
    for marks in ax.get_lines():
        marks.set_markersize(14)
    ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$", xticks=[0, 1])
    ax.set_yticks([0, 1])


# %%
# 损失曲线画的是 20 个起点的平均，阴影是一个标准差，水平线是 :math:`\ln 2`。
#
# The curves of the loss are means over the 20 starts, with one standard
# deviation shaded. The horizontal line is :math:`\ln 2`.

fig, axes = plt.subplots(ncols=3, figsize=(11, 3.8), layout="constrained")
names = {
    "plain": ("--", "两个输入 | two inputs"),
    "product": ("-", "添上乘积 | with their product"),
}
steps = range(1, num_steps + 1)
for name, (style, label) in names.items():
    plot_spread(steps, ends[name][0], style, label=label, ax=axes[0])
axes[0].set(
    xscale="log", xlabel="步 | step", ylabel="损失（奈特） | loss (nats)"
)
axes[0].set_ylim(0, 1.4)
axes[0].axhline(np.log(2), color="0.5", lw=0.8)
axes[0].legend(loc="lower left")
solved = Perceptron(3).fit(problems["product"], labels)
title = "两个输入 | two inputs"
draw_regions(axes[1], lambda x: x.sum(dim=1) + 1, plain, labels, title)
draw_regions(
    axes[2],
    lambda x: solved.scores(with_product(x)),
    plain,
    labels,
    names["product"][1],
)
axes[1].get_legend().remove()
axes[2].get_legend().set_loc("center")
fig.set_label(
    "左：只有两个输入时损失停在 0.693，添上乘积后降到 0 附近；中：感知机把四个点"
    "都判成一类；右：添上乘积，弯曲的边界分开了四个点 | Left: with two inputs the"
    " loss stays at 0.693, with the product it falls near 0; middle: the"
    " perceptron puts all four points in one class; right: with the product a"
    " curved border separates them"
)
plt.show()

# %%
# 结论与记录 | Claims and records
# -------------------------------
# 两个输入：线性规划断定没有解，感知机的 24 种次序都重复自己，
# 逻辑回归的概率都到 0.5。添上乘积：有解，两种算法都找到了。
# 数据、次序和算法相同，差别是那一个特征。
#
# With two inputs linear programming finds that there is no solution, the
# perceptron repeats itself in all 24 orders, and the probabilities of logistic
# regression all come to 0.5. With the product there is a solution, and both
# algorithms find one. Data, orders and algorithms are the same, and the one
# feature makes the difference.

assert possible == {"plain": False, "product": True}
assert all(repeats)
away = (ends["plain"][1] - 0.5).abs().max()
assert away < 0.01
right = torch.where(labels[:, None] == 1, 1, -1) * (ends["product"][1] - 0.5)
assert (right > 0).all()

record_all(
    "perceptron_xor",
    {
        "orders_that_repeat": (sum(repeats), ".0f"),
        "mistakes_with_product": (solved.num_mistakes, ".0f"),
        "passes_with_product": (solved.num_epochs, ".0f"),
        "fewest_with_product": (min(counts), ".0f"),
        "most_with_product": (max(counts), ".0f"),
    },
)
record_all(
    "perceptron_xor",
    {
        "loss_plain": ends["plain"][0][-1].mean(),
        "loss_product": ends["product"][0][-1].mean(),
    },
    unit="nats",
    over=f"{num_starts} 个随机起点 | {num_starts} random starts",
)

# %%
# 练习 | Exercise
# ---------------
# 四个点各有 :math:`+1` 或 :math:`-1` 的标签，共 16 种标法。
# 其中几种可以用一条直线分开？
#
# Each of the four points gets a label :math:`+1` or :math:`-1`, in 16 ways. How
# many of these can a line separate?

labelings = torch.cartesian_prod(*[torch.tensor([-1, 1])] * 4)
lines = [separable(plain, y) for y in labelings]
print(f"{sum(lines)} of {len(lines)}")
assert sum(lines) == 14

# %%
# 14 种，只有异或和它的反面不行。全是同一个标签也算可分：
# 所有的点在直线的一边。
#
# 14 of them. The exceptions are XOR and its opposite. If all labels are equal
# they count as separable, with all points on one side of the line.
