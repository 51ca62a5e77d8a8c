r"""
ReLU 把直线折弯，异或才分得开 | ReLU bends a line, and XOR can be separated
===========================================================================

一个线性模型算不了异或。先加一层、再加一个 ReLU，两个隐藏单元就够了。
我们看 ReLU 在其中做了什么：它把一条直线折弯。对照是同样的两层，
去掉 ReLU，那时最好的答案对四个点都是 0.5。

A linear model cannot compute XOR. Put a layer and a ReLU before it, and two
hidden units are enough. We look at what ReLU does there: it bends a straight
line. The control is the same two layers without ReLU, whose best answer to
each of the four points is 0.5.

**你需要** :doc:`/multilayer-perceptrons/mlp` 里的隐藏层；
**你得到** 非线性在做什么的一幅图。

**You need** hidden layers, from :doc:`/multilayer-perceptrons/mlp`.
**You get** a picture of what the nonlinearity does.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_network
from d2lnotes.results import record_all

inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
answers = torch.tensor([0.0, 1.0, 1.0, 0.0])

# %%
# 四个点去了哪里 | Where the four points go
# -----------------------------------------
# 第一层算 :math:`z_1 = x_1 + x_2` 和 :math:`z_2 = x_1 + x_2 - 1`。
# 四个点都落在一条直线上，两个圆点重合，夹在两个方块中间（左图）。
# ReLU 把 :math:`(0, -1)` 移到 :math:`(0, 0)`，别的点不动。
# 直线在这里折弯，圆点成了拐角，一条直线就能把它切下来（右图）。
#
# The first layer computes :math:`z_1 = x_1 + x_2` and
# :math:`z_2 = x_1 + x_2 - 1`. All four points come to lie on a straight line,
# both circles in one place between the two squares (left). ReLU moves
# :math:`(0, -1)` to :math:`(0, 0)` and no other point. There the line bends.
# The circles are now at its corner, and a straight cut takes them off (right).

weights = [torch.ones(2, 2), torch.tensor([[1.0], [-2.0]])]
biases = [torch.tensor([0.0, -1.0]), torch.tensor([0.0])]
before = inputs @ weights[0] + biases[0]
after = before.relu()
outputs = (after @ weights[1] + biases[1]).squeeze(1)
print(torch.cat([inputs, before, after, outputs[:, None]], dim=1))


def draw_plane(ax, points, path, names, answers):
    """Draw the image of the plane and, on it, the four points of XOR."""
    ax.plot(*path.T, color="0.6", lw=5, zorder=1)
    for label, marker in ((0, "s"), (1, "o")):
        chosen = points[answers == label]
        ax.plot(*chosen.T, f"C{label}{marker}", ms=16)
    ax.set(xlim=(-0.4, 2.4), ylim=(-1.3, 1.3), aspect="equal")
    ax.set(xlabel=names[0], ylabel=names[1], xticks=[0, 1, 2])
    ax.set(yticks=[-1, 0, 1])


# %%
# ``path`` 是 :math:`x_1 + x_2` 从 −0.3 走到 2.3 时画出的线。
#
# ``path`` is the line that is drawn as :math:`x_1 + x_2` goes from −0.3 to
# 2.3.

total = torch.linspace(-0.3, 2.3, 261)
path = torch.stack([total, total - 1], dim=1)
fig, axes = plt.subplots(ncols=2, figsize=(8.5, 4.4), layout="constrained")
draw_plane(axes[0], before, path, ["$z_1$", "$z_2$"], answers)
axes[0].set_title("ReLU 之前：一条直线 | Before ReLU: a straight line")
draw_plane(axes[1], after, path.relu(), ["$h_1$", "$h_2$"], answers)
axes[1].axline((0.5, 0), slope=0.5, color="k", ls="--")
axes[1].set_title("ReLU 之后：折弯了 | After ReLU: it is bent")
names = {
    0: ("(0,0)", -8, 15),
    1: ("(0,1), (1,0)", 14, -14),
    3: ("(1,1)", -44, 8),
}
for ax, points in zip(axes, (before, after), strict=True):
    for point, (name, *shift) in names.items():
        place = points[point].tolist()
        ax.annotate(name, place, shift, textcoords="offset points")
fig.set_label(
    "异或的四个点在第一层之后。左：ReLU 之前都在一条直线上，圆点夹在中间；"
    "右：ReLU 之后直线折弯，虚线把圆点切了下来 | The four points of XOR after"
    " the first layer. Left: before ReLU all lie on a straight line, the"
    " circles in the middle; right: after ReLU the line is bent, and the"
    " dashed line cuts the circles off"
)
plt.show()

# %%
# 这个网络的全部九个参数：边上是权重，单元下面是偏置。
#
# All nine parameters of this network: weights stand on the edges, biases
# below the units.

fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
titles = ["输入 | inputs", "隐藏层 | hidden layer", "输出 | output"]
plot_network(
    [2, 2, 1],
    units=[["$x_1$", "$x_2$"], ["$h_1$", "$h_2$"], ["$o$"]],
    weights=weights,
    biases=biases,
    titles=titles,
    ax=ax,
)
fig.set_label(
    "两个输入、两个隐藏单元、一个输出的网络，写着九个参数"
    " | A network of two inputs, two hidden units and one output, with its"
    " nine parameters"
)
plt.show()

# %%
# 在输入的平面上看 | Seen over the plane of the inputs
# ----------------------------------------------------
# 每个隐藏单元在平面上画一条直线，一边是 0，另一边越走越高。
# 两个加起来，就成了一条带子：输出在虚线之间大于 :math:`\tfrac12`。
#
# Each hidden unit draws a straight line in the plane, with 0 on one side and a
# slope on the other. Together they make a strip: between the dashed lines the
# output is above :math:`\tfrac12`.

ticks = torch.linspace(-0.5, 1.5, 201)
grid = torch.cartesian_prod(ticks, ticks)
over_plane = (grid @ weights[0] + biases[0]).relu()
pictures = [*over_plane.T, (over_plane @ weights[1]).squeeze(1)]
titles = ["$h_1$", "$h_2$", "$o = h_1 - 2 h_2$"]
fig, axes = plt.subplots(ncols=3, figsize=(10, 3.6), layout="constrained")
for ax, picture, title in zip(axes, pictures, titles, strict=True):
    picture = picture.reshape(201, 201).T
    levels = torch.linspace(-2, 2, 17)
    filled = ax.contourf(
        ticks, ticks, picture, levels, cmap="RdBu_r", extend="both"
    )
    for label, marker in ((0, "s"), (1, "o")):
        chosen = inputs[answers == label]
        ax.plot(*chosen.T, f"C{label}{marker}", ms=14, mec="white", mew=2)
    ax.set(title=title, xlabel="$x_1$", xticks=[0, 1], yticks=[0, 1])
    ax.set_aspect("equal")
axes[2].contour(ticks, ticks, picture, [0.5], colors="k", linestyles="--")
axes[0].set_ylabel("$x_2$")
fig.colorbar(filled, ax=axes, ticks=[-2, -1, 0, 1, 2])
fig.set_label(
    "两个隐藏单元和输出在平面上的值：每个单元在一条直线处折弯，"
    "输出在两条虚线之间大于 0.5，圆点在那里 | The two hidden units and the"
    " output over the plane: each unit bends at a straight line, and the output"
    " is above 0.5 between two dashed lines, where the circles are"
)
plt.show()

# %%
# 对照与断言 | Control and claims
# -------------------------------
# 最后一层的权重用最小二乘法来选，一次看 ReLU 之前的数，一次看之后的数。
# 之前，最好的四个答案都是 0.5。之后，它们正好是 0、1、1、0。
#
# Least squares chooses the weights of the last layer, once from the numbers
# before ReLU and once from those after it. Before, the best answers are 0.5
# for all four points. After, they are exactly 0, 1, 1, 0.


def best_answers(features, answers):
    """Return the least-squares predictions from ``features`` and a bias."""
    design = torch.cat([features, torch.ones(len(features), 1)], dim=1)
    solution = torch.linalg.lstsq(
        design, answers[:, None], driver="gelsd"
    ).solution
    return (design @ solution).squeeze(1)


without, with_bend = (
    best_answers(before, answers),
    best_answers(after, answers),
)
print("without ReLU", without, "with ReLU", with_bend)
assert outputs.tolist() == answers.tolist()
torch.testing.assert_close(without, torch.full((4,), 0.5))
torch.testing.assert_close(with_bend, answers, atol=1e-5, rtol=0)

record_all(
    "relu_bends",
    {"changed": int((before != after).sum()), "numbers": before.numel()},
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 把第二个隐藏单元的偏置从 −1 换成 −0.5，最后一层还能分开异或吗？
# 它的权重要改吗？
#
# Change the bias of the second hidden unit from −1 to −0.5. Can the last layer
# still compute XOR? Do its weights have to change?

bent = (inputs @ weights[0] + torch.tensor([0.0, -0.5])).relu()
print(best_answers(bent, answers))
torch.testing.assert_close(
    best_answers(bent, answers), answers, atol=1e-5, rtol=0
)

# %%
# 能，权重要改：直线在 :math:`x_1 + x_2 = 0.5` 处折弯，三个位置仍然不在一条直线上。
# 例如 :math:`o = 3 h_1 - 4 h_2`。
#
# It can, with other weights. The line now bends at :math:`x_1 + x_2 = 0.5`,
# and the three places are still not on one line. For example,
# :math:`o = 3 h_1 - 4 h_2`.
