r"""
自动求导只看走过的分支 | Autograd sees only the branch taken
============================================================

循环和 ``if`` 不妨碍求导：计算图里只有这一次真正做过的运算。对绝大多数输入，
这样得到的导数是对的。可是有分支的程序，求导有三种出错的方式，而且都不报错。

Loops and ``if`` do not hinder differentiation: the graph holds only the
operations that were really done this time. For almost every input the
derivative is right. But in programs with branches it can go wrong in three
ways, and none of them raises an error.

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
# 把 :math:`a` 反复乘以 3，直到绝对值不小于 10。如果结果是负数，再减半并改号。
# 乘几次、走哪个分支，要运行了才知道。:math:`a = 0` 乘多少次都是 0，
# 循环不会结束，所以函数拒绝这个输入。
#
# Multiply :math:`a` by 3 until it is at least 10 in absolute value. If the
# result is negative, halve it and turn its sign. How many products there are
# and which branch is taken is known only after a run. With :math:`a = 0` the
# product stays 0 and the loop would not end, so the function refuses it.


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
# 我们从两个数出发各运行一次，画出两次运行留下的图。
# 图里没有循环和判断，只有一串乘法。
#
# We run it from two numbers and draw the graphs that the two runs leave.
# There is no loop and no condition in them, only a chain of products.

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
# 每一次运行都只是乘以几个常数，所以 :math:`f(a) = k\,a`。在两个交界点之间，
# :math:`k` 不变。因此函数由一段一段的直线组成，这些直线延长后都过原点。
# 导数就是 :math:`k`，也就是 :math:`f(a)/a`。用这个比值就能检验自动求导。
#
# Each run multiplies by some constants, so :math:`f(a) = k\,a`. Between two
# boundaries :math:`k` stays the same. So the function consists of straight
# pieces that point to the origin. The derivative is :math:`k`, which is
# :math:`f(a)/a`, and with this ratio we can check autograd.

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
# 到了 :math:`a = 10/3^k`，乘 :math:`k` 次就够了，再小一点就要多乘一次。
# 所以函数在那里突然变成三分之一。有限差分跨过跳跃，会给出巨大的数。
# 自动求导只看自己所在的那一段，给出一个普通的斜率。两者都不算错：
# 那里没有导数，只是自动求导不会告诉我们。
#
# At :math:`a = 10/3^k` :math:`k` products are enough, and a little below one
# more is needed. So the function falls to a third there. A finite difference
# across the jump is huge. Autograd looks at its own piece and returns an
# ordinary slope. Neither is wrong: there is no derivative, but autograd does
# not say so.

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
# 下面两段程序对任何 :math:`x` 算出的都是 :math:`x`，所以导数处处是 1。
# 自动求导照着程序走。在 :math:`x = 0` 处，前一段走进乘以 0 的分支，
# 后一段把两个 ReLU 在 0 处的导数相减，而 ReLU 在 0 处的导数约定为 0。
# 两个答案都是 0。
#
# Both programs below compute :math:`x` for any :math:`x`, so the derivative
# is 1 everywhere. Autograd follows the program. At :math:`x = 0` the first
# takes the branch that multiplies by 0. The second combines the derivatives
# of two ReLUs at 0, and that of ReLU is taken to be 0 there. Both answers are
# 0.


def identity_with_if(x):
    """Return ``x``, by way of a branch that multiplies by 0."""
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
# 这样的点是孤立的，随机的输入几乎碰不到，训练一般不受影响。
# 第三种错却很常见。
#
# Such points are isolated. Random inputs hardly ever meet them, and training
# usually does not suffer. The third kind is common.
#
# 第三种错：没选中的分支送来 NaN | Third: NaN from the branch not chosen
# ----------------------------------------------------------------------
# ``torch.where`` 不是 ``if``：两边都算好了，再逐个元素地选。
# 没选中的一边，导数要乘以 0。如果那个导数是无穷大或 NaN，就出错了，因为
# :math:`0 \times \infty` 和 :math:`0 \times \mathrm{NaN}` 都是 NaN。
#
# ``torch.where`` is no ``if``: it is given both sides and picks element by
# element. The derivative of the side not picked is multiplied by 0. If that
# derivative is infinite or NaN, this goes wrong, for :math:`0 \times \infty`
# and :math:`0 \times \mathrm{NaN}` are NaN.


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
# 1,000 个输入里，大约一半的梯度是 NaN，而函数值没有一个不对。
# 如果这些输入都由同一个权重算来，梯度要加起来。和里只要有**一个** NaN，
# 这个权重的梯度就是 NaN：
#
# Of 1,000 inputs about half have a NaN gradient, while not one value is
# wrong. If all inputs are computed from one weight, their gradients are added
# up. A **single** NaN in the sum makes the gradient of that weight NaN:

weight = torch.tensor(1.0, requires_grad=True)
inputs = numbers.abs()
inputs[0] = 0.0
root_or_zero(weight * inputs).mean().backward()
assert weight.grad.isnan()

# %%
# 治法是在输入**进入**危险的函数之前就换掉它们，之后再选一次，
# 就像 ``root_or_zero_safely`` 那样。
#
# The cure is to replace the inputs **before** they enter the dangerous
# function, and to pick once more afterwards, as ``root_or_zero_safely`` does.

record("control_flow.num_graphs", num_graphs, format=".0f")
record("control_flow.nan_gradients", num_nan, format=".0f")
record("control_flow.difference_at_jump", abs(difference), format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 函数 :math:`f(x) = \sin x / x` 在 0 处补上值 1，就处处光滑：:math:`f'(0) = 0`，
# :math:`f''(0) = -\tfrac13`。用 ``torch.where`` 写出它，再像上面那样换掉 0。
# 自动求导给出的 :math:`f'(0)` 和 :math:`f''(0)` 对吗？怎样改？先想，再试。
#
# With the value 1 at 0 the function :math:`f(x) = \sin x / x` is smooth:
# :math:`f'(0) = 0` and :math:`f''(0) = -\tfrac13`. Write it with
# ``torch.where`` and replace the 0 as above. Does autograd return the right
# :math:`f'(0)` and :math:`f''(0)`? What is the cure? Think first, then try.


def with_one(x):
    """Return sin x / x, by way of the constant 1 at 0."""
    inside = torch.where(x == 0, 1.0, x)
    return torch.where(x == 0, 1.0, inside.sin() / inside)


def with_series(x):
    """Return sin x / x, by way of its Taylor series near 0."""
    near = x.abs() < 0.01
    inside = torch.where(near, 1.0, x)
    series = 1 - x**2 / 6 + x**4 / 120
    return torch.where(near, series, inside.sin() / inside)


def two_derivatives(function, at):
    """Return the first and the second derivative of ``function``."""
    x = torch.tensor(at, dtype=torch.float64, requires_grad=True)
    (first,) = torch.autograd.grad(function(x), x, create_graph=True)
    (second,) = torch.autograd.grad(first, x, allow_unused=True)
    return first.item(), 0.0 if second is None else second.item()


for function in (with_one, with_series):
    print(function.__name__, two_derivatives(function, 0.0))

# %%
# 这一次没有 NaN，:math:`f'(0)` 也对，但那是碰巧：常数 1 的各阶导数都是 0。
# 所以 :math:`f''(0)` 错了，得到 0。在 0 处走的那个分支，要连导数也与
# 函数一致，例如 :math:`1 - x^2/6 + x^4/120`。
#
# This time there is no NaN, and :math:`f'(0)` is right. That is luck: all
# derivatives of the constant 1 are 0. So :math:`f''(0)` comes out as 0, which
# is wrong. The branch taken at 0 has to agree with the function in its
# derivatives, too, as :math:`1 - x^2/6 + x^4/120` does.

assert two_derivatives(with_one, 0.0) == (0.0, 0.0)
for at in (0.0, 0.005):  # both by way of the series
    first, second = two_derivatives(with_series, at)
    assert abs(first + at / 3) < 1e-6
    assert abs(second + 1 / 3) < 1e-4
