r"""
能表示，不等于能学到 | What a network can represent, and what it learns
=======================================================================

有一个隐藏层的网络，单元够多，就能在一个区间上任意接近一个连续函数。
定理只说这样的权重存在。我们用手算的公式造出这样的权重，
再让同样大小的网络自己去学，比较两者在区间里的误差，然后看区间外面。
函数有三个：平滑的、带尖角的、摆动得快的。

With enough units, a network with one hidden layer comes as close as we like
to a continuous function on an interval. The theorem says that such weights
exist, no more. We build such weights by a formula, let networks of the same
size learn, and compare the errors on the interval. Then we look outside. There
are three functions: one smooth, one with kinks, one that oscillates fast.

**你需要** :doc:`/multilayer-perceptrons/mlp` 里的隐藏层；
**你得到** 误差随宽度的变化，以及通用近似定理没有承诺的两件事。

**You need** hidden layers, from :doc:`/multilayer-perceptrons/mlp`.
**You get** the error against the width, and two things that the universal
approximation theorem does not promise.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
functions = {
    "smooth": lambda x: torch.sin(3 * x),
    "kinked": lambda x: torch.sin(3 * x + 1).abs(),
    "wiggly": lambda x: torch.sin(20 * x),
}
names = {
    "smooth": "平滑：$\\sin 3x$ | smooth: $\\sin 3x$",
    "kinked": "尖角：$|\\sin(3x+1)|$ | kinked: $|\\sin(3x+1)|$",
    "wiggly": "摆动：$\\sin 20x$ | oscillating: $\\sin 20x$",
}
train_x = torch.linspace(-1, 1, 200)
inside, outside = torch.linspace(-1, 1, 1999), torch.linspace(1, 2, 101)

# %%
# 用公式造出权重 | Weights from a formula
# ---------------------------------------
# 把 :math:`[-1, 1]` 等分成 :math:`h` 段，在分点上取函数的值，用线段连起来。
# 这条折线就是一个有 :math:`h` 个 ReLU 单元的网络：每个单元在一个分点开始起作用，
# 它的输出权重是那里斜率的改变。
#
# Divide :math:`[-1, 1]` into :math:`h` equal pieces, take the values of the
# function at the ends of the pieces, and join them by straight lines. This is
# a network with :math:`h` ReLU units. Each unit sets in at the start of a
# piece, and its output weight is the change of the slope there.


def built(function, width, x):
    """Return at ``x`` the network of ``width`` units that is built by hand."""
    knots = torch.linspace(-1, 1, width + 1)
    values = function(knots)
    slopes = values.diff() / knots.diff()
    changes = torch.cat([slopes[:1], slopes.diff()])
    hidden = (x[:, None] - knots[:-1]).relu()  # (points, width)
    return hidden @ changes + values[0]


def rms(errors):
    """Return the root of the mean square over the last dimension."""
    return errors.square().mean(dim=-1).sqrt()


# %%
# 训练 | Training
# ---------------
# 三个函数，每个从几个随机起点训练，全部网络排在一个张量里一起算。
# 起点的范围与 ``nn.Linear`` 的默认值相同，每一步看全部 200 个训练点，
# 用 Adam 走 1,000 步，学习率从 0.01 直线降到它的百分之一。
#
# Each of the three functions is learned from several random starts, and all
# networks are computed at once in one tensor. The starts have the range that
# ``nn.Linear`` gives them. Each step sees all 200 training points. There are
# 1,000 steps of Adam, and the learning rate falls on a straight line from 0.01
# to a hundredth of that.


def start(networks, width, seed):
    """Return random parameters of ``networks`` networks, as nn.Linear has."""
    generator = torch.Generator().manual_seed(seed)
    shapes = [(1, width), (1, width), (width, 1), (1, 1)]
    limits = [1, 1, width**-0.5, width**-0.5]
    return [
        limit * (2 * torch.rand(networks, *shape, generator=generator) - 1)
        for shape, limit in zip(shapes, limits, strict=True)
    ]


def outputs(parameters, x):
    """Return what each network makes of ``x``: (networks, points)."""
    w1, b1, w2, b2 = parameters
    return ((x[:, None] @ w1 + b1).relu() @ w2 + b2).squeeze(2)


# %%
# 每一步的损失是所有网络的损失之和，它们的梯度互不相干。
#
# The loss of a step is the sum over all networks, whose gradients have nothing
# to do with each other.


def train(targets, x, width, num_steps=1000):
    """Train a network for each row of ``targets``; return the parameters."""
    parameters = [p.to(x.device) for p in start(len(targets), width, seed=0)]
    parameters = [p.requires_grad_() for p in parameters]
    optimizer = torch.optim.Adam(parameters, lr=0.01)
    schedule = torch.optim.lr_scheduler.LinearLR(
        optimizer, 1, 0.01, total_iters=num_steps
    )
    for _ in range(num_steps):
        losses = (outputs(parameters, x) - targets).square().mean(dim=1)
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
        schedule.step()
    return [p.detach().cpu() for p in parameters]


# %%
# ``trained[name]`` 和 ``beyond[name]`` 的形状是（起点，宽度），
# 分别是区间里和区间外的均方根误差。
#
# ``trained[name]`` and ``beyond[name]`` have the shape (starts, widths): root
# mean square errors inside the interval and outside.

widths = [4, 8, 16, 32, 64]
num_starts = on(device, cpu=4, cuda=20)
targets = torch.stack([f(train_x) for f in functions.values()])
targets = targets.repeat_interleave(num_starts, dim=0).to(device)
found = {w: train(targets, train_x.to(device), w) for w in widths}


def errors_of(found, functions, x):
    """Return the error of each function: a tensor (starts, widths)."""
    every = torch.stack([outputs(p, x) for p in found.values()], dim=1)
    groups = every.chunk(len(functions))
    return {
        name: rms(group - function(x))
        for (name, function), group in zip(
            functions.items(), groups, strict=True
        )
    }


trained = errors_of(found, functions, inside)
beyond = errors_of(found, functions, outside)
by_hand = {
    name: torch.stack([rms(built(f, w, inside) - f(inside)) for w in widths])
    for name, f in functions.items()
}
for name in functions:
    print(f"{name:7} trained {trained[name].mean(dim=0).numpy().round(4)}")
    print(f"{'':7} by hand {by_hand[name].numpy().round(4)}")

# %%
# 区间里的误差 | The error inside
# -------------------------------
# 手造的网络，宽度加倍，平滑函数的误差降到约四分之一，
# 这是分段直线的规律。训练出来的网络同样大，误差却大得多，
# 摆动快的函数只学到一部分。
#
# For the networks built by hand, twice the width cuts the error of the smooth
# function to about a quarter, the rule for piecewise straight lines. The
# trained networks are as large, but their errors are far larger, and of the
# oscillating function they have learned a part.

fig, axes = plt.subplots(
    ncols=3, figsize=(10, 3.8), sharey=True, layout="constrained"
)
for ax, name in zip(axes, functions, strict=True):
    plot_spread(widths, trained[name].T, label="训练 | trained", ax=ax)
    label = "手造 | by hand"
    ax.plot(widths, by_hand[name], "C1s--", label=label)
    ax.set_xscale("log", base=2)
    ax.set_yscale("log")
    ax.set_xticks(widths, widths)
    ax.set(title=names[name], xlabel="隐藏单元 | hidden units")
axes[0].set_ylabel("均方根误差 | root mean square error")
axes[0].legend()
fig.set_label(
    "三个函数在区间里的误差随宽度的变化：手造的网络一路下降，"
    "训练的网络误差大得多 | Error inside the interval against the width for"
    " three functions: networks built by hand go on improving, the trained"
    " ones are far worse"
)
plt.show()

# %%
# 区间外面 | Outside
# ------------------
# 训练点都在灰色的区间里。出了区间，训练的和手造的都各走各的直线，
# 与函数无关。
#
# All training points lie in the gray interval. Outside of it the trained
# network and the one built by hand go straight on, wherever the function goes.

everywhere = torch.linspace(-2, 2, 801)
fig, axes = plt.subplots(ncols=2, figsize=(10, 3.8), layout="constrained")
for ax, name in zip(axes, ("smooth", "wiggly"), strict=True):
    first = list(functions).index(name) * num_starts
    one = outputs(found[32], everywhere)[first]
    ax.axvspan(-1, 1, color="0.9")
    ax.plot(
        everywhere, functions[name](everywhere), "k:", label="函数 | function"
    )
    ax.plot(everywhere, one, "C0-", lw=2.5, label="训练 | trained")
    hand = built(functions[name], 32, everywhere)
    ax.plot(everywhere, hand, "C1--", lw=2.5, label="手造 | by hand")
    ax.set(title=names[name], xlabel="$x$", ylim=(-2.2, 2.2))
axes[0].legend(loc="upper right")
fig.set_label(
    "32 个单元的网络在区间内外的输出：区间外都变成直线，离开了函数"
    " | Outputs of networks with 32 units inside and outside the interval:"
    " outside they become straight lines and leave the function"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 都说的是平滑的函数。手造的网络每加宽一倍都更好。64 个单元时，
# 训练的平均误差至少是它的十倍。区间外的误差至少是区间里的十倍。
#
# All of this is about the smooth function. Each doubling of the width improves
# the network built by hand. With 64 units the mean error of the trained ones
# is at least ten times as large. Outside, the error is at least ten times that
# inside.

assert (by_hand["smooth"].diff() < 0).all()
assert by_hand["smooth"][-2] / by_hand["smooth"][-1] > 3
assert trained["smooth"][:, -1].mean() > 10 * by_hand["smooth"][-1]
assert beyond["smooth"][:, -1].mean() > 10 * trained["smooth"][:, -1].mean()

record_all(
    "universal_approximation",
    {
        "smooth_trained": trained["smooth"][:, -1],
        "smooth_outside": (beyond["smooth"][:, -1], ".2f"),
        "wiggly_trained": (trained["wiggly"][:, -1], ".2f"),
    },
    over=f"{num_starts} 个随机起点 | {num_starts} random starts",
)
record_all(
    "universal_approximation",
    {
        "smooth_by_hand": (by_hand["smooth"][-1], ".4f"),
        "wiggly_by_hand": by_hand["wiggly"][-1],
        "wiggly_by_hand_8": (by_hand["wiggly"][1], ".2f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 训练的网络学不会 :math:`\sin 20x`，是因为宽度不够，还是因为起点不好？
# 从手造的权重出发，再训练 64 个单元的网络。先猜：误差会变大，还是变小？
#
# The trained networks fail at :math:`\sin 20x`. Do they lack width, or do they
# lack a good start? Start from the weights built by hand and train the network
# of 64 units. Guess first: does the error grow or shrink?

knots = torch.linspace(-1, 1, 65)[:-1]
slopes = functions["wiggly"](torch.linspace(-1, 1, 65)).diff() * 32
w2 = torch.cat([slopes[:1], slopes.diff()])[:, None]
parameters = [
    torch.ones(1, 64),
    -knots[None],
    w2,
    torch.sin(-20 * torch.ones(1)),
]
parameters = [p.requires_grad_() for p in parameters]
optimizer = torch.optim.Adam(parameters, lr=1e-4)
for _ in range(500):
    hidden = (train_x[:, None] @ parameters[0] + parameters[1]).relu()
    error = (hidden @ parameters[2] + parameters[3]).squeeze(1) - targets[
        -1
    ].cpu()
    optimizer.zero_grad()
    error.square().mean().backward()
    optimizer.step()
after = rms(error.detach())
print(f"{by_hand['wiggly'][-1]:.4f} before, {after:.4f} after")
assert after < by_hand["wiggly"][-1]

# %%
# 误差变小。同样的宽度，从好的起点出发就能学得更好，所以不是宽度不够。
#
# It shrinks. With the same width and a good start training does better, so it
# is not width that was lacking.
