r"""
自动求导只看走过的分支 | Autograd sees only the branch taken
============================================================

循环和 ``if`` 不妨碍求导：计算图里只有这一次真正做过的运算。对绝大多数输入，
这样得到的导数完全正确；可是碰上分支，它有三种出错的方式，一种也不报错。

Loops and ``if`` do not hinder differentiation: the graph holds only the
operations that were really done this time. For almost every input the
derivative is exactly right; but branches make it go wrong in three ways, none
of which raises an error.

**你需要** :doc:`/preliminaries/autograd` 里的计算图；
**你得到** 带控制流的程序怎样求导，以及 NaN 梯度的来历和治法。

**You need** graphs of computation from :doc:`/preliminaries/autograd`;
**you get** how programs with control flow are differentiated, where NaN
gradients come from, and the cure.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.autodiff import Node, reverse_gradient, trace
from d2lnotes.plotting.graphs import plot_graph
from d2lnotes.results import record

# %%
# 一段程序，许多张图 | One program, many graphs
# ---------------------------------------------
# 把 :math:`a` 反复乘以 3，直到绝对值不小于 10；最后若是负数，再减半并改号。
# 乘几次、走哪个分支，要运行了才知道。:math:`a = 0` 乘多少次都还是 0，所以不收。
#
# Multiply :math:`a` by 3 until it is at least 10 in magnitude; if it is then
# negative, halve it and turn its sign. How often and which way, only a run
# can tell. A product with :math:`a = 0` would stay 0 for ever, so that is
# refused.


def zoom(a):
    """Return a multiple of ``a`` that depends on its size and its sign."""
    if a == 0:
        raise ValueError("a must not be 0: three times 0 stays 0 for ever")
    b = a
    while abs(b) < 10:
        b = 3 * b
    if b > 0:
        return b
    return b * -0.5


# %%
# 给它两个节点，画出两次运行留下的图。循环和判断都不见了，只剩一串乘法。
#
# We hand it two nodes and draw the graphs that the two runs leave. Loop and
# condition are gone; what remains is a chain of products.

fig, axes = plt.subplots(nrows=2, figsize=(8, 4), layout="constrained")
for ax, start in zip(axes, [2.0, -5.0], strict=True):
    a = Node(start)
    plot_graph(zoom(a), names={"a": a}, ax=ax)
fig.set_label(
    "同一段程序的两张计算图：从 2 出发乘两次 3，从负 5 出发乘一次 3，"
    "再乘负一半"
    " | Two graphs of one program: from 2 twice times 3, from minus 5 once"
    " times 3 and then times minus one half"
)
plt.show()

# %%
# 斜率就是 f(a)/a | The slope is f(a)/a
# -------------------------------------
# 每一次运行都只是乘了几个常数，所以 :math:`f(a) = k\,a`，:math:`k`
# 在两个交界点之间不变：函数是一段一段的直线，延长了都过原点。导数是 :math:`k`，也就是
# :math:`f(a)/a`，不必另算就能检验自动求导。
#
# Each run merely multiplies by some constants, so :math:`f(a) = k\,a` with a
# :math:`k` that stays the same between two boundaries: the function consists
# of straight pieces that all point to the origin. The derivative is
# :math:`k`, which is :math:`f(a)/a`: a check of autograd that needs nothing
# more.

starts = torch.cat(
    [
        -torch.logspace(1.5, -1, 401, dtype=torch.float64),
        torch.logspace(-1, 1.5, 401, dtype=torch.float64),
    ]
)
values = torch.tensor([zoom(a) for a in starts.tolist()])
slopes = torch.tensor(
    [reverse_gradient(zoom, [a])[0] for a in starts.tolist()]
)
torch.testing.assert_close(slopes, (values / starts).to(slopes.dtype))

by_torch = starts.clone().requires_grad_()
for a in by_torch.unbind():
    zoom(a).backward()
torch.testing.assert_close(by_torch.grad, slopes.to(torch.float64))

num_graphs = len({len(trace(zoom(Node(a)))) for a in starts.tolist()})
assert num_graphs > 4

# %%
# 第一种错：跳跃看不见 | First: it does not see a jump
# ----------------------------------------------------
# 在 :math:`a = 10/3^k` 处函数突然变成三分之一（正好到 10 就不再乘了）。
# 有限差分跨过跳跃，会给出巨大的数；自动求导只知道自己那一段，给出一个
# 平平常常的斜率。不能说谁错了：那里没有导数，而自动求导没有告诉我们。
#
# At :math:`a = 10/3^k` the function falls to a third (at exactly 10 the
# multiplying stops). A finite difference across the jump is huge; autograd
# knows its own piece only and returns an ordinary slope. Neither is wrong:
# there is no derivative, and autograd does not say so.

jump = 10 / 3
h = 1e-3
difference = (zoom(jump + h) - zoom(jump - h)) / (2 * h)
slope_left = reverse_gradient(zoom, [jump - h])[0]
slope_right = reverse_gradient(zoom, [jump + h])[0]
print(f"autograd {slope_left}, {slope_right}; difference {difference:.0f}")
assert (slope_left, slope_right) == (9.0, 3.0)
assert abs(difference) > 1000

fig, axes = plt.subplots(ncols=2, figsize=(9, 3.8), layout="constrained")
for side in (starts < 0, starts > 0):
    axes[0].plot(starts[side], values[side], ".", ms=2, color="C0")
    axes[1].plot(starts[side], slopes[side], ".", ms=2, color="C1")
axes[1].plot(starts[::16], (values / starts)[::16], "k+", label="$f(a)/a$")
axes[0].set(xlabel="$a$", ylabel="$f(a)$")
axes[1].set(
    xlabel="$a$",
    ylabel="自动求导的导数 | derivative by autograd",
    yscale="symlog",
)
axes[1].legend()
axes[0].set_xlim(-12, 12)  # linear, so that straight pieces look straight
axes[1].set_xscale("symlog", linthresh=0.1)
fig.set_label(
    "左：函数由过原点的直线段组成，段与段之间跳跃；右：自动求导的结果是阶梯，"
    "与 f(a)/a 处处重合 | Left: straight pieces through the origin with jumps"
    " between; right: autograd's derivative is a staircase that agrees with"
    " f(a)/a everywhere"
)
plt.show()

# %%
# 第二种错：同一个函数，两个导数 | Second: one function, two derivatives
# ----------------------------------------------------------------------
# 下面两段程序算的都是 :math:`x`，处处如此。自动求导照着程序走：前一段在
# :math:`x = 0` 走进常数分支，后一段把两个 ReLU 在 0 处的导数（约定为 0）相减。
# 答案都是 0，真正的导数是 1。
#
# Both programs below compute :math:`x`, everywhere. Autograd follows the
# program: the first takes a constant branch at :math:`x = 0`, the second
# subtracts two derivatives of ReLU at 0, which are 0 by convention. Both
# answers are 0; the derivative is 1.


def identity_with_if(x):
    """Return ``x``, by way of a branch that does not mention it."""
    return 0.0 * x if x == 0 else x


def identity_with_relu(x):
    """Return ``x`` as the difference of two rectified halves."""
    return torch.relu(x) - torch.relu(-x)


for identity in (identity_with_if, identity_with_relu):
    for at, expected in [(1.5, 1.0), (0.0, 0.0)]:
        x = torch.tensor(at, requires_grad=True)
        y = identity(x)
        y.backward()
        assert y == at
        assert x.grad == expected

# %%
# 这样的点只有孤零零几个，随机的输入几乎碰不到，所以训练照常进行。
# 第三种却常见。
#
# Such points are isolated and random inputs hardly ever meet them, so
# training does not mind. The third kind is common.
#
# 第三种错：没选中的分支送来 NaN | Third: NaN from the branch not chosen
# ----------------------------------------------------------------------
# ``torch.where`` 不是 ``if``：两边都算，再逐个元素地选。没选中的一边，梯度乘以
# 0；若它的导数是无穷大或 NaN，:math:`0 \times \infty` 和
# :math:`0 \times \mathrm{NaN}` 都是 NaN。
#
# ``torch.where`` is no ``if``: it computes both sides, then picks element by
# element. The gradient of the side not picked is multiplied by 0; where its
# derivative is infinite or NaN, :math:`0 \times \infty` and
# :math:`0 \times \mathrm{NaN}` are NaN.


def root_or_zero(x):
    """Return the square root where there is one, else 0."""
    return torch.where(x > 0, x.sqrt(), 0.0)


def root_or_zero_safely(x):
    """Return the same, with a harmless number under the unused roots."""
    inside = torch.where(x > 0, x, 1.0)
    return torch.where(x > 0, inside.sqrt(), 0.0)


generator = torch.Generator().manual_seed(0)
numbers = torch.randn(1000, generator=generator)
gradients = {}
for function in (root_or_zero, root_or_zero_safely):
    x = numbers.clone().requires_grad_()
    y = function(x)
    assert y.isfinite().all()
    y.mean().backward()
    gradients[function] = x.grad

num_nan = gradients[root_or_zero].isnan().sum()
positive = numbers > 0
assert num_nan == (~positive).sum()
assert not gradients[root_or_zero_safely].isnan().any()
torch.testing.assert_close(
    gradients[root_or_zero_safely][positive],
    gradients[root_or_zero][positive],
)

# %%
# 1000 个输入，一半的梯度是 NaN，而函数值没有一个不对。
# 若这些输入来自同一个权重，只要**一个** NaN，加起来整个权重的梯度就没了：
#
# Of 1000 inputs half the gradients are NaN, while not one value is wrong. If
# the inputs come from one weight, a **single** NaN in the sum ruins the
# gradient of that weight:

weight = torch.tensor(1.0, requires_grad=True)
inputs = numbers.abs()
inputs[0] = 0.0
root_or_zero(weight * inputs).mean().backward()
assert weight.grad.isnan()

# %%
# 治法是在**进入**危险的函数之前就换掉输入，输出再选一次，像
# ``root_or_zero_safely`` 那样。
#
# The cure replaces the inputs **before** they enter the dangerous function,
# and picks once more afterwards, as ``root_or_zero_safely`` does.

record("control_flow.num_graphs", num_graphs, format=".0f")
record("control_flow.nan_gradients", num_nan, format=".0f")
record("control_flow.difference_at_jump", abs(difference), format=".0f")
