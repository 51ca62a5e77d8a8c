r"""
共享的权重，梯度相加 | A tied weight adds up its gradients
==========================================================

一个权重可以在网络里用两次。它只有一份数，两处用到它，梯度就是两处之和。
我们把这个和画出来，再问：编码和解码共用一个矩阵，参数少一半，
重建的图片会差多少？

A weight can be used twice in a network. It is one set of numbers with two
places, and its gradient is the sum over the places. We draw this sum. Then we
ask: if encoder and decoder share one matrix, there are half as many
parameters. How much worse are the pictures that they reconstruct?

**你需要** :doc:`/computation/parameters` 里的共享参数；**你得到** 梯度的和，
以及共享在一个小的自编码器上的得失。

**You need** the tied parameters of :doc:`/computation/parameters`; **you
get** the sum of gradients, and what tying gains and loses in a small
autoencoder.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import mse_loss

from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

torch.set_num_threads(1)  # layers this small gain nothing from more cores
device = select_device()
num_seeds = on(device, cpu=4, cuda=10)

# %%
# 两处的梯度 | The gradient of two places
# ---------------------------------------
# 同一个矩阵 :math:`\mathbf{W}` 用两次，再求和作为损失。先把它写成两份相等的
# 拷贝 :math:`\mathbf{W}_1` 和 :math:`\mathbf{W}_2`，分别求梯度，再共享。
#
# One matrix :math:`\mathbf{W}` is used twice, and the sum of the outputs is
# the loss. First we write two equal copies, :math:`\mathbf{W}_1` and
# :math:`\mathbf{W}_2`, and find the gradient of each. Then we tie them.


def loss_of(first, second, X):
    """Return the loss of two layers with these weights."""
    return torch.tanh(torch.tanh(X @ first) @ second).sum()


torch.manual_seed(0)
X, W = torch.randn(3, 5), torch.randn(5, 5)
first, second, tied = (W.clone().requires_grad_() for _ in range(3))
loss_of(first, second, X).backward()
loss_of(tied, tied, X).backward()
grads = [first.grad, second.grad, tied.grad]
apart = (first.grad + second.grad - tied.grad).abs().max().item()
print(f"largest deviation from the sum: {apart:.0e}")

# %%
# 红色是正，蓝色是负。左边两幅相加，得到右边一幅。
#
# Red is positive and blue is negative. The two on the left add up to the one
# on the right.

middle = {"ha": "center", "va": "center", "fontsize": "large"}
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
titles = [
    "第一处 | first place",
    "第二处 | second place",
    "共享 | tied",
]
for ax, grad, title, sign in zip(axes, grads, titles, "+= ", strict=True):
    ax.imshow(grad, cmap="RdBu_r", vmin=-5, vmax=5)
    for (row, column), value in zip(
        torch.cartesian_prod(torch.arange(5), torch.arange(5)).tolist(),
        grad.flatten().tolist(),
        strict=True,
    ):
        ax.text(column, row, f"{round(value, 1) + 0.0:.1f}", **middle)
    ax.set(title=title, xticks=[], yticks=[])
    ax.text(4.95, 2, sign, **(middle | {"fontsize": 24}))
fig.set_label(
    "三个五行五列的梯度：第一处的加上第二处的，逐格等于共享权重的梯度"
    " | Three gradients of five rows and five columns: that of the first place"
    " plus that of the second equals that of the tied weight, entry by entry"
)
plt.show()

# %%
# 共用一个矩阵的自编码器 | An autoencoder with one matrix
# -------------------------------------------------------
# 编码 :math:`\mathbf{H} = \max(\mathbf{X}\mathbf{W} + \mathbf{b}, 0)` 把 64 个
# 像素变成 :math:`h` 个数。解码把它们变回 64 个像素，用 :math:`\mathbf{W}^\top`
# （共享），或者用另一个矩阵（分开）。
#
# The encoder :math:`\mathbf{H} = \max(\mathbf{X}\mathbf{W} + \mathbf{b}, 0)`
# turns 64 pixels into :math:`h` numbers. The decoder turns them back into 64
# pixels, with :math:`\mathbf{W}^\top` (tied) or with another matrix
# (separate).


class Autoencoder(nn.Module):
    """One hidden layer between pictures and their reconstruction."""

    def __init__(self, hidden, tied):
        """Make the layers; tied, the decoder has a bias and no matrix."""
        super().__init__()
        self.encoder = nn.Linear(64, hidden)
        self.decoder = nn.Linear(hidden, 64)
        if tied:
            self.decoder.weight = None
        self.tied = tied

    def forward(self, X):
        """Return the reconstructed pictures: (n, 64)."""
        H = self.encoder(X).relu()
        weight = self.encoder.weight.T if self.tied else self.decoder.weight
        return nn.functional.linear(H, weight, self.decoder.bias)


# %%
# 误差是验证图片上的均方误差，除以总是回答平均图片的均方误差。
#
# The error is the mean squared error on validation pictures, divided by that
# of always answering the mean picture.


def error_of(hidden, tied, seed, images, num_epochs=20):
    """Return the relative error of one network on new pictures."""
    torch.manual_seed(seed)
    model = Autoencoder(hidden, tied).to(images.device)
    order = torch.randperm(len(images))
    train, valid = images[order[:1400]], images[order[1400:]]
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(num_epochs):
        for batch in torch.randperm(len(train)).split(100):
            loss = mse_loss(model(train[batch]), train[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        left = mse_loss(model(valid), valid)
    return (left / mse_loss(train.mean(dim=0).expand_as(valid), valid)).item()


def count(hidden, tied):
    """Return the number of parameters."""
    model = Autoencoder(hidden, tied)
    return sum(parameter.numel() for parameter in model.parameters())


# %%
# 各种宽度各用几个种子。
#
# Each width is trained for several seeds.

pictures = load_digits().images / 16
images = torch.tensor(pictures).float().flatten(1).to(device)
widths = [8, 16, 32, 64]
counts, errors = {}, {}
for tied in (False, True):
    counts[tied] = [count(hidden, tied) for hidden in widths]
    errors[tied] = torch.tensor(
        [
            [error_of(hidden, tied, s, images) for s in range(num_seeds)]
            for hidden in widths
        ]
    )  # (widths, seeds)

# %%
# 对照：宽度都是 32，训练的轮数是四倍。
#
# A control: both with 32 units, and four times the epochs.

longer = {
    tied: torch.tensor(
        [error_of(32, tied, s, images, 80) for s in range(num_seeds)]
    )
    for tied in (False, True)
}

# %%
# 横轴是参数个数。同样多的参数，共享的可以宽一倍。
#
# The horizontal axis is the number of parameters. With as many parameters,
# the tied network can be twice as wide.

fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
for tied, style, label in [
    (False, "s--", "分开 | separate"),
    (True, "o-", "共享 | tied"),
]:
    plot_spread(counts[tied], errors[tied], style, label=label, ax=ax)
    for hidden, x, y in zip(
        widths, counts[tied], errors[tied].mean(dim=1), strict=True
    ):
        ax.annotate(f"{hidden}", (x, y), (4, 6), textcoords="offset points")
ax.set_xscale("log")
ax.set_xticks([600, 1000, 2000, 4000, 8000], minor=False)
ax.xaxis.set_major_formatter("{x:,.0f}")
ax.xaxis.set_minor_formatter("")
ax.set(
    xlabel="参数个数 | number of parameters",
    ylabel="重建的相对误差（比例） | relative error (fraction)",
)
ax.legend()
fig.set_label(
    "自编码器的误差随参数个数下降；同样多的参数，共享的误差低"
    " | The error of autoencoders falls with the number of parameters; with as"
    " many parameters the tied ones have the lower error"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 共享的梯度是两处之和。宽度相同时，共享的参数约为一半。参数个数相同时，
# 共享的网络宽一倍，误差更低，每个种子都是这样。宽度相同，训练四倍的轮数，
# 也是共享的低。
#
# The tied gradient is the sum of both. At equal width tying leaves about half
# the parameters. With as many parameters the tied network is twice as wide and
# has the lower error, for each seed. So it has at equal width with four times
# the epochs.

assert apart < 1e-5
assert 0.5 < counts[True][2] / counts[False][2] < 0.54
assert abs(counts[True][2] / counts[False][1] - 1) < 0.02
assert (errors[True][2] < errors[False][1]).all()
assert (longer[True] < longer[False]).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "parameter_tying",
    {
        "tied_32": errors[True][2],
        "separate_32": errors[False][2],
        "separate_16": errors[False][1],
        "tied_32_longer": longer[True],
        "separate_32_longer": longer[False],
    },
    unit="fraction",
    over=over,
)
record_all(
    "parameter_tying",
    {
        "count_tied_32": counts[True][2],
        "count_separate_32": counts[False][2],
        "count_separate_16": counts[False][1],
    },
    format=",d",
)

# %%
# 练习 | Exercise
# ---------------
# 一层用 :math:`k` 次，每次的梯度都差不多。共享权重的梯度随 :math:`k` 怎样
# 变？学习率要怎样改？答案在 :doc:`/computation/parameters` 的练习里。
#
# A layer is used :math:`k` times, and the gradient of each place is about the
# same. How does the gradient of the tied weight depend on :math:`k`, and what
# does that mean for the learning rate? The answer is among the exercises of
# :doc:`/computation/parameters`.
