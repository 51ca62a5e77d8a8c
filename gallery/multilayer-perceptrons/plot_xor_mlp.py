r"""
两个隐藏单元就能算异或，训练却要更多 | Two units compute XOR, training wants more
=================================================================================

有两个隐藏单元的网络能算异或，它的权重可以手写出来。随机的网络自己学得会吗？
我们训练隐藏层有 2 到 16 个单元的网络，每种一百个起点，数一数有几次学会。
对照组的网络完全一样，只是没有激活函数。

A network with two hidden units can compute XOR, and its weights can be written
down by hand. Do random networks learn it? We train networks with 2 to 16
hidden units, from a hundred starts each, and count how often they succeed. The
networks of the control are the same without an activation function.

**你需要** :doc:`/multilayer-perceptrons/mlp` 里的隐藏层；
**你得到** 学会的比例，以及没学会的网络停在哪里。

**You need** hidden layers, from :doc:`/multilayer-perceptrons/mlp`.
**You get** the fraction of networks that learn, and where those end that do
not.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import binary_cross_entropy_with_logits

from d2lnotes.results import record_all
from d2lnotes.runtime import select_device

device = select_device()
inputs = torch.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
answers = torch.tensor([0.0, 1.0, 1.0, 0.0])

# %%
# 一次训练几千个网络 | Thousands of networks at once
# --------------------------------------------------
# 一个网络太小，一个一个地训练很浪费。我们把所有网络的权重排成一个张量，
# 多出的一维是网络的编号，一次乘法算完全部。宽度不足 16 的网络，
# 用掩码把多余的隐藏单元乘以 0。起点的范围与 ``nn.Linear`` 的默认值相同。
#
# One network is so small that training them one by one is a waste. We put the
# weights of all networks into one tensor with one more dimension, which
# numbers the networks, and a single product computes them all. A mask
# multiplies the hidden units beyond the width of a network by 0. The starts
# have the range that ``nn.Linear`` gives them.

widths, num_starts = [2, 3, 4, 6, 8, 16], 100
width_of = torch.tensor(widths).repeat_interleave(num_starts)  # (networks,)
mask = (torch.arange(16) < width_of[:, None]).float()  # (networks, 16)


def start(width_of, seed):
    """Return random weights and biases of all networks, as nn.Linear has."""
    generator = torch.Generator().manual_seed(seed)
    n = len(width_of)
    from_hidden = width_of.rsqrt()
    shapes = [(2, n, 16), (n, 16), (n, 16), (n,)]
    limits = [2**-0.5, 2**-0.5, from_hidden[:, None], from_hidden]
    return [
        limit * (2 * torch.rand(shape, generator=generator) - 1)
        for shape, limit in zip(shapes, limits, strict=True)
    ]


def logits(parameters, mask, activation, x):
    """Return the outputs for the rows of ``x``: (rows, networks)."""
    w1, b1, w2, b2 = parameters
    hidden = activation(torch.tensordot(x, w1, dims=1) + b1)
    return (hidden * mask * w2).sum(dim=2) + b2


# %%
# 训练 500 步，用 Adam，它是 SGD 的一种改进。每一步都看全部四个点。
# 各个网络的损失相加，梯度互不相干。
#
# Training takes 500 steps of Adam, a refinement of SGD. Each step sees all
# four points. The losses of the networks are added, and their gradients have
# nothing to do with each other.


def losses_of(scores, y):
    """Return the cross-entropy of each network, mean over the points."""
    truth = y[:, None].expand_as(scores)
    losses = binary_cross_entropy_with_logits(scores, truth, reduction="none")
    return losses.mean(dim=0)


def train(activation, x, y, width_of, mask):
    """Train all networks; return their parameters, logits and losses."""
    parameters = [p.to(x.device) for p in start(width_of, seed=0)]
    parameters = [p.requires_grad_() for p in parameters]
    optimizer = torch.optim.Adam(parameters, lr=0.05)
    for _ in range(500):
        scores = logits(parameters, mask, activation, x)
        optimizer.zero_grad()
        losses_of(scores, y).sum().backward()
        optimizer.step()
    with torch.no_grad():
        scores = logits(parameters, mask, activation, x)
    trained = [p.detach().cpu() for p in parameters]
    return trained, scores.cpu(), losses_of(scores, y).cpu()


activations = {"relu": torch.relu, "tanh": torch.tanh, "none": lambda z: z}
data = inputs.to(device), answers.to(device), width_of, mask.to(device)
runs = {name: train(act, *data) for name, act in activations.items()}

# %%
# 取出最后一个网络，写成 ``nn.Sequential``，输出相同：这还是原来的模型。
#
# The last of the networks, written as ``nn.Sequential``, gives the same
# outputs: it is still the same model.

parameters, scores, _ = runs["relu"]
single = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))
with torch.no_grad():
    for own, every in zip(single.parameters(), parameters, strict=True):
        last = every[..., -1, :] if every.ndim > 1 else every[-1:]
        own.copy_(last.movedim(0, -1).reshape(own.shape))
    torch.testing.assert_close(single(inputs).squeeze(1), scores[:, -1])

# %%
# 学会的比例 | How often they learn it
# ------------------------------------
# 四个点都在正确的一边，就算学会。竖线是比例的标准误。
#
# A network has learned XOR if all four points are on the right side. The bars
# are standard errors of the fractions.

truth = answers[:, None] > 0.5
solved = {n: ((run[1] > 0) == truth).all(dim=0) for n, run in runs.items()}
fraction = {
    name: each.float().reshape(len(widths), -1).mean(dim=1)
    for name, each in solved.items()
}
labels = {
    "relu": "ReLU",
    "tanh": "tanh",
    "none": "没有激活函数（对照） | no activation function (control)",
}
fig, ax = plt.subplots(layout="constrained")
for marker, (name, share) in zip("o^s", fraction.items(), strict=True):
    error = (share * (1 - share) / num_starts).sqrt()
    ax.errorbar(widths, share, error, fmt=f"{marker}-", label=labels[name])
    print(f"{name:5}", [f"{value:.2f}" for value in share])
ax.set_xticks(widths, widths)
ax.set(
    xlabel="隐藏单元的个数 | hidden units",
    ylabel="学会异或的比例 | fraction that learn XOR",
)
ax.legend(loc="center right")
fig.set_label(
    "隐藏单元越多，学会异或的网络越多；没有激活函数的一次也没学会"
    " | The more hidden units, the more networks learn XOR; without an"
    " activation function none does"
)
plt.show()

# %%
# 没学会的网络停在哪里 | Where the others end
# -------------------------------------------
# 看只有两个 ReLU 单元的网络。没学会的几乎都停在三个损失之一：
# :math:`\ln 2 = 0.69`、:math:`0.48` 和 :math:`\tfrac12 \ln 2 = 0.35`。
# 各举一例，画出平面上每一点的概率。它们把几个点当成一个点，
# 给出同一个概率，也就是这几个点的标签的平均。
#
# Look at the networks with two ReLU units. Nearly all that fail end at one of
# three losses: :math:`\ln 2 = 0.69`, :math:`0.48` and
# :math:`\tfrac12 \ln 2 = 0.35`. Here is an example of each, with the
# probability at each point of the plane. They treat several points as one and
# give them the same probability, the mean of their labels.

two_thirds = (math.log(3) + 2 * math.log(1.5)) / 4  # one wrong, two right
stops = {"ln 2": math.log(2), "0.48": two_thirds, "0.35": math.log(2) / 2}
losses, failed = runs["relu"][2], ~solved["relu"]
narrow = width_of == 2
at = {
    name: narrow & failed & ((losses - stop).abs() < 0.02)
    for name, stop in stops.items()
}
at = {"0.00": narrow & (losses < 0.02), **at}
for name, chosen in at.items():
    print(f"loss {name}: {chosen.sum()} networks")

# %%
# ``draw_network`` 画出一个网络：颜色是概率，数是四个点的概率。
#
# ``draw_network`` draws one network: colors are probabilities, and numbers
# those of the four points.


def draw_network(ax, parameters, number, inputs, answers):
    """Draw the probabilities of network ``number`` over the plane."""
    place = torch.linspace(-0.5, 1.5, 101)
    grid = torch.cartesian_prod(place, place)
    w1, b1, w2, b2 = parameters
    one = w1[:, [number]], b1[[number]], w2[[number]], b2[[number]]
    mask = torch.arange(16) < 2
    picture = logits(one, mask, torch.relu, grid).sigmoid().reshape(101, 101)
    levels = torch.linspace(0, 1, 11)
    ax.contourf(place, place, picture.T, levels, cmap="RdBu_r", alpha=0.7)
    found = logits(one, mask, torch.relu, inputs).sigmoid().squeeze(1)
    for (x, y), label, p in zip(inputs, answers, found, strict=True):
        ax.plot(x, y, "s" if label == 0 else "o", color="w", mec="k", ms=22)
        ax.text(x, y, f"{p:.2f}", ha="center", va="center", fontsize=7)
    ax.set(xticks=[0, 1], yticks=[0, 1], xlabel="$x_1$", aspect="equal")


# %%
# 方块的标签是 0，圆点的是 1。
#
# Squares have the label 0, circles the label 1.

fig, axes = plt.subplots(ncols=4, figsize=(11, 3.4), layout="constrained")
for ax, chosen in zip(axes, at.values(), strict=True):
    draw_network(ax, parameters, chosen.nonzero()[0].item(), inputs, answers)
    loss = losses[chosen][0]
    ax.set_title(f"损失 {loss:.2f} | loss {loss:.2f}")
axes[0].set_ylabel("$x_2$")
fig.set_label(
    "四个有两个隐藏单元的网络：一个学会了异或，三个停在损失 0.69、0.48 和 0.35"
    " | Four networks with two hidden units: one has learned XOR, three have"
    " come to rest at the losses 0.69, 0.48 and 0.35"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 两个单元够用，却常常找不到。有 16 个单元时，几乎都能找到。没有激活函数的一次也没成功，
# 它们的损失都停在 :math:`\ln 2`，也就是对四个点都说 0.5。停在 :math:`\ln 2` 的
# ReLU 网络也是这样，原因也一样：在这些网络里，四个点都在每个单元的折线的同一边，
# 所以对这四个点来说，网络是线性的。
#
# Two units suffice, yet most starts do not find the solution. With 16 nearly
# all do. Without an activation function none does, and all of them end at the
# loss :math:`\ln 2`, with 0.5 for each of the four points. The ReLU networks
# that end at :math:`\ln 2` do so for the same reason. In these networks the
# four points lie on one side of the crease of each unit, and on these points
# the network is linear.

w1, b1 = parameters[0][:, at["ln 2"], :2], parameters[1][at["ln 2"], :2]
above = (torch.tensordot(inputs, w1, dims=1) + b1 > 0).sum(
    dim=0
)  # of 4 points
stuck = [int(at[name].sum()) for name in stops]
failures = int((narrow & failed).sum())
assert 0 < fraction["relu"][0] < 0.5
assert fraction["relu"][-1] > 0.95
assert not solved["none"].any()
assert ((runs["none"][2] - math.log(2)).abs() < 0.01).all()
assert sum(stuck) > 0.9 * failures
assert ((above == 0) | (above == 4)).all()  # no bend between the points

record_all(
    "xor_mlp",
    {
        "relu_2": fraction["relu"][0],
        "relu_4": fraction["relu"][2],
        "relu_8": fraction["relu"][4],
        "relu_16": fraction["relu"][-1],
        "tanh_2": fraction["tanh"][0],
        "without": fraction["none"].max(),
    },
    unit="fraction",
    over=f"{num_starts} 个随机起点 | {num_starts} random starts",
    format=".2f",
)
record_all(
    "xor_mlp",
    {
        "failed_2": failures,
        "stuck_half": stuck[0],
        "stuck_three": stuck[1],
        "stuck_two": stuck[2],
    },
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 停在 0.69 的网络里，有的单元对四个点都输出 0，收不到梯度。
# 把 ReLU 换成带泄漏的 ReLU，:math:`\max(z, 0.1 z)`，它负的一边也有斜率。
# 先猜：两个单元的网络，学会的会变多吗？
#
# In the networks that end at 0.69 some units put out 0 at all four points and
# get no gradient. Replace ReLU by the leaky :math:`\max(z, 0.1 z)`, which has
# a slope on the negative side as well. Guess first: do more of the networks
# with two units learn?

_, scores, _ = train(
    lambda z: torch.maximum(z, 0.1 * z),
    *data[:2],
    width_of[narrow],
    mask[narrow].to(device),
)
gained = ((scores > 0) == truth).all(dim=0).float().mean()
print(f"two units: ReLU {fraction['relu'][0]:.2f}, leaky ReLU {gained:.2f}")
assert gained > 1.5 * fraction["relu"][0]

# %%
# 学会的多了一倍以上。下一页比较更多的激活函数。
#
# More than twice as many learn. The next page compares more activation
# functions.
