r"""
错的梯度也能训练 | A wrong gradient trains as well
==================================================

一个层可以自己规定怎样反向传播。写对了，它的梯度与自动求导一样，保存的数
却只有一半。写错了呢？网络照样学习，准确率看不出什么。与有限差分比一比，
错误马上就看见了。

A layer may say itself how its gradient is computed. If that is right, the
gradient is that of autograd, and half as many numbers are kept. And if it is
wrong? The network learns all the same, and its accuracy shows little. A
comparison with finite differences shows the mistake at once.

**你需要** :doc:`/computation/modules` 里的自定义层，和
:doc:`/multilayer-perceptrons/backpropagation` 里的乘积法则；**你得到**
一个自己写反向的层，以及检验它的办法。

**You need** the custom layers of :doc:`/computation/modules` and the product
of derivatives from :doc:`/multilayer-perceptrons/backpropagation`; **you
get** a layer with a backward of its own, and the way to check it.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.autograd import Function, gradcheck
from torch.autograd.graph import saved_tensors_hooks
from torch.nn.functional import cross_entropy

from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

torch.set_num_threads(1)  # layers this small gain nothing from more cores
device = select_device()
num_seeds = on(device, cpu=5, cuda=10)

# %%
# 一个可以学的激活函数 | An activation that learns
# ------------------------------------------------
# 函数是 :math:`y = x\,s` ，其中 :math:`s = \sigma(\beta x)` 是 sigmoid，
# :math:`\beta` 是一个参数。:math:`\beta = 1` 时它就是 SiLU。两个导数是
#
# The function is :math:`y = x\,s` with the sigmoid
# :math:`s = \sigma(\beta x)` and a parameter :math:`\beta`. For
# :math:`\beta = 1` it is SiLU. Its two derivatives are
#
# .. math::
#
#    \frac{\partial y}{\partial x} = s + \beta x\, s (1 - s), \qquad
#    \frac{\partial y}{\partial \beta} = x^2 s (1 - s) .
#
# 所有的数共用一个 :math:`\beta`，所以它的梯度是各处之和。``forward`` 保存
# 输入和 :math:`\beta`，``backward`` 用它们重新算 :math:`s`。
#
# All numbers share one :math:`\beta`, so its gradient is a sum over all
# places. ``forward`` keeps the inputs and :math:`\beta`, and ``backward``
# computes :math:`s` from them again.


class Swish(Function):
    """The function with a backward of its own."""

    @staticmethod
    def forward(ctx, x, beta):
        """Return the function and keep what the gradients need."""
        ctx.save_for_backward(x, beta)
        return x * torch.sigmoid(beta * x)

    @staticmethod
    def backward(ctx, upstream):
        """Return the gradients by ``x`` and by ``beta``."""
        x, beta = ctx.saved_tensors
        s = torch.sigmoid(beta * x)
        by_x = upstream * (s + beta * x * s * (1 - s))
        by_beta = (upstream * x**2 * s * (1 - s)).sum()
        return by_x, by_beta


class WrongSwish(Swish):
    """The same, with the second term of the derivative forgotten."""

    @staticmethod
    def backward(ctx, upstream):
        """Return a wrong gradient by ``x`` and the right one by ``beta``."""
        x, beta = ctx.saved_tensors
        _, by_beta = Swish.backward(ctx, upstream)
        return upstream * torch.sigmoid(beta * x), by_beta


# %%
# 第三种不写反向，由自动求导来做。
#
# The third leaves the backward to autograd.


def composed(x, beta):
    """Return the same function, differentiated by autograd."""
    return x * torch.sigmoid(beta * x)


# %%
# 与有限差分比 | Compared with finite differences
# -----------------------------------------------
# 在许多点上求中心差分，再求三种反向给出的导数。
#
# Take central differences at many points, and the derivatives that the three
# backwards give.

points = torch.linspace(-6, 6, 121, dtype=torch.float64)
beta = torch.tensor(1.0, dtype=torch.float64)
step = 1e-6
above, below = composed(points + step, beta), composed(points - step, beta)
difference = (above - below) / (2 * step)
ways = {"autograd": composed, "own": Swish.apply, "wrong": WrongSwish.apply}
slopes, apart = {}, {}
for name, function in ways.items():
    x = points.clone().requires_grad_()
    (slopes[name],) = torch.autograd.grad(function(x, beta).sum(), x)
    apart[name] = (slopes[name] - difference).abs().max().item()
print(apart)

# %%
# 实线是差分，点是自己写的反向，虚线是写错的反向。
#
# The solid line is the difference, the dots are the backward of our own, and
# the dashed line is the wrong one.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 3.8), layout="constrained", sharex=True
)
left.plot(points, composed(points, beta), lw=2)
left.set(xlabel="$x$", ylabel="$y$", title="函数 | the function")
right.plot(points, difference, "C0", lw=2, label="差分 | differences")
right.plot(points[::6], slopes["own"][::6], "C2o", label="自己写的 | our own")
right.plot(points, slopes["wrong"], "C3--", lw=2, label="写错的 | wrong")
right.set(xlabel="$x$", title="导数 | the derivative")
right.set_ylabel(r"$\partial y / \partial x$")
right.legend()
fig.set_label(
    "左：激活函数，负的一侧有一个浅谷；右：它的导数，自己写的反向落在差分上，"
    "漏掉一项的反向在 0 以外明显偏离"
    " | Left: the activation, with a shallow valley on the negative side;"
    " right: its derivative, where our own backward lies on the differences"
    " and the one that lacks a term is clearly off away from 0"
)
plt.show()

# %%
# ``gradcheck`` 做的是同样的比较，连 :math:`\beta` 的梯度一起。
#
# ``gradcheck`` makes the same comparison, with the gradient by
# :math:`\beta` as well.

x = torch.linspace(-3, 3, 7, dtype=torch.float64, requires_grad=True)
inputs = x, beta.clone().requires_grad_()
assert gradcheck(Swish.apply, inputs)
assert not gradcheck(WrongSwish.apply, inputs, raise_exception=False)

# %%
# 保存多少 | What is kept
# -----------------------
# 为了往回走，自动求导要保存 :math:`x` 和 :math:`s`，自己写的只保存
# :math:`x`。数一数一百万个数的字节。
#
# For the way back autograd keeps :math:`x` and :math:`s`, and our own keeps
# :math:`x` alone. Count the bytes for a million numbers.


def kept_bytes(function):
    """Return the bytes that wait for the way back, for 10^6 inputs."""
    sizes = {}

    def keep(tensor):
        sizes[tensor.data_ptr()] = tensor.numel() * tensor.element_size()
        return tensor

    x = torch.zeros(10**6, requires_grad=True)
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        _ = function(x, torch.ones((), requires_grad=True))
    return sum(sizes.values())


megabytes = {name: kept_bytes(f) / 1e6 for name, f in ways.items()}
print(megabytes)

# %%
# 训练看得出来吗 | Does training show it?
# ---------------------------------------
# 一个层把函数和参数 :math:`\beta` 装在一起。网络是 64-64-64-10，数据是
# 手写数字，同一个种子的三种网络看到同样的图片和次序。
#
# A layer holds the function together with its parameter :math:`\beta`. The
# network is 64-64-64-10 on handwritten digits. The three networks of one
# seed see the same pictures in the same order.


class SwishLayer(nn.Module):
    """The function as a layer, with its own parameter."""

    def __init__(self, function):
        """Start at SiLU."""
        super().__init__()
        self.function = function
        self.beta = nn.Parameter(torch.ones(()))

    def forward(self, X):
        """Return the function of each number."""
        return self.function(X, self.beta)


digits = load_digits()
examples = torch.tensor(digits.images).float().flatten(1).to(device) / 16
labels = torch.tensor(digits.target).to(device)

# %%
# 每一轮之后量一次验证准确率。
#
# Validation accuracy is measured after each epoch.


def curve(function, seed, examples, labels, num_epochs=8):
    """Return the validation accuracy after each epoch."""
    torch.manual_seed(seed)
    model = nn.Sequential(
        *(nn.Linear(64, 64), SwishLayer(function)),
        *(nn.Linear(64, 64), SwishLayer(function)),
        nn.Linear(64, 10),
    ).to(examples.device)
    train, valid = torch.randperm(len(examples)).split([1400, 397])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    found = []
    for _ in range(num_epochs):
        for batch in train[torch.randperm(len(train))].split(100):
            loss = cross_entropy(model(examples[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        answers = model(examples[valid]).argmax(dim=1)
        found.append((answers == labels[valid]).float().mean().item())
    return found


curves = {
    name: torch.tensor(
        [curve(f, seed, examples, labels) for seed in range(num_seeds)]
    )
    for name, f in ways.items()
}

# %%
# 写错的网络也学会了。只看这条曲线，没有人会起疑。
#
# The wrong network has learned as well. From this curve alone nobody would
# suspect a mistake.

fig, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
for name, title, style in [
    ("own", "正确的反向 | right backward", "C2o-"),
    ("wrong", "写错的反向 | wrong backward", "C3s--"),
]:
    for k, row in enumerate(curves[name]):
        label = title if k == 0 else None
        ax.plot(range(1, 9), row, style, mfc="none", lw=1, label=label)
ax.set(
    xlabel="轮数 | epochs",
    ylabel="验证准确率（比例） | validation accuracy (fraction)",
)
ax.legend()
fig.set_label(
    "正确的反向和写错的反向，验证准确率都在几轮之内升到很高，曲线交错"
    " | With the right and with the wrong backward the validation accuracy"
    " rises high within a few epochs, and the curves cross"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 检验分得清：写错的与差分相差很大。训练分不清：写错的网络也远远超过乱猜。
#
# The check tells them apart, as the wrong one is far from the differences.
# Training does not: the wrong network is far above guessing as well.

assert apart["own"] < 1e-8 < 0.1 < apart["wrong"]
assert 1.9 < megabytes["autograd"] / megabytes["own"] < 2.1
last = {name: values[:, -1] for name, values in curves.items()}
assert (last["own"] - last["autograd"]).abs().max() < 0.05
assert (last["wrong"] > 0.85).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "custom_layer",
    {"accuracy": last["own"], "wrong_accuracy": last["wrong"]},
    unit="fraction",
    over=over,
)
record_all(
    "custom_layer",
    {
        "own_apart": (apart["own"], ".0e"),
        "wrong_apart": (apart["wrong"], ".2f"),
    },
)
record_all(
    "custom_layer",
    {"kept_autograd": megabytes["autograd"], "kept_own": megabytes["own"]},
    unit="MB",
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 在 ``backward`` 里忘了 ``.sum()``，会怎样？先猜，再在页面
# :doc:`/computation/modules` 的练习里看答案。
#
# What happens if ``backward`` lacks the ``.sum()``? Guess first, then see the
# answer among the exercises of :doc:`/computation/modules`.
