r"""
手算的反向传播与 backward 一致 | Backpropagation by hand agrees with backward
===============================================================================

``backward`` 不是黑箱。把程序拆成一步一步，画成图，先从左到右写下每个数的值，
再从右到左写下每条边上的导数。学过链式法则，用纸和笔就能得到同样的梯度。
这里先手算一遍，再在许多随机的点上与 torch 对照。

``backward`` is no black box. Break a program into single steps and draw them
as a graph. Write down the value of every number from left to right, then the
derivative on every edge from right to left. With the chain rule, paper and
pencil give the same gradient. We do it once by hand, then compare with torch
at many random points.

**你需要** :doc:`/preliminaries/calculus` 里的链式法则；
**你得到** 一张可以自己照着画的图，和“同一个数用了两次”时要做的事。

**You need** the chain rule from :doc:`/preliminaries/calculus`; **you get** a
picture that you can draw for a program of your own, and what to do when a
number is used twice.
"""

import matplotlib.pyplot as plt
import torch
from torch.testing import assert_close

from d2lnotes.autodiff import Node
from d2lnotes.plotting import plot_pass
from d2lnotes.results import record

# %%
# 前向和反向 | Forward and back
# -----------------------------
# 例子是一个样本的平方损失 :math:`L = (wx + b - y)^2`，其中 :math:`w = 2`、
# :math:`x = 3`、:math:`b = 1`、:math:`y = 5`。上图每条边上是流过的值。
# 下图的箭头反过来，每条边上写着“从右边来的导数 × 这一步的导数”。
# 输入左边的数，是它的每条边带来的导数之和，也就是 :math:`L` 对它的导数。
#
# The example is the squared loss of one example, :math:`L = (wx + b - y)^2`,
# with :math:`w = 2`, :math:`x = 3`, :math:`b = 1` and :math:`y = 5`. In the
# upper graph each edge carries a value. In the lower graph the arrows are
# turned round, and each edge says “derivative from the right × derivative of
# this step”. The number left of an input is the sum over its edges: the
# derivative of :math:`L` with respect to it.


def loss(w, x, b, y):
    """Return the squared error of the line on one example."""
    return (w * x + b - y) ** 2


named = {"w": Node(2.0), "x": Node(3.0), "b": Node(1.0), "y": Node(5.0)}
fig, axes = plt.subplots(nrows=2, figsize=(8, 6), layout="constrained")
for ax, backward in zip(axes, [False, True], strict=True):
    plot_pass(loss(**named), names=named, backward=backward, ax=ax)
axes[0].set_title("前向：值 | forward: values")
axes[1].set_title("反向：导数 | backward: derivatives")
fig.set_label(
    "同一张计算图画了两次：上面从左到右写着每条边上的值，"
    "下面从右到左写着每条边上的导数"
    " | The same graph twice: above, the value on each edge from left to"
    " right; below, the derivative on each edge from right to left"
)
plt.show()

# %%
# 逐步写出来 | Written out
# ------------------------
# 反向的每一行，都是右边的结果乘以这一步自己的导数。
#
# Going back, each line multiplies what came from the right by the derivative
# of one step.


def gradient_by_hand(w, x, b, y):
    """Return the derivatives of the loss with respect to w, x, b and y."""
    product = w * x  # forward: keep what the way back will need
    error = product + b - y
    from_square = 1.0 * 2 * error  # back: the square
    from_minus = from_square * 1.0, from_square * -1.0  # to the sum, to y
    from_plus = from_minus[0] * 1.0  # the same to the product and to b
    return from_plus * x, from_plus * w, from_plus, from_minus[1]


by_hand = gradient_by_hand(2.0, 3.0, 1.0, 5.0)
print(by_hand)
assert by_hand == (12.0, 8.0, 4.0, -4.0)

# %%
# 与 torch 对照 | Compared with torch
# -----------------------------------
# 一个点可能碰巧对上。在 1,000 个随机的点上，两者也都一致。
#
# At one point they might agree by luck. They agree at 1,000 random points,
# too.

generator = torch.Generator().manual_seed(0)
points = torch.randn(4, 1000, generator=generator, dtype=torch.float64)
leaves = points.clone().requires_grad_()
loss(*leaves).sum().backward()
ours = torch.stack(gradient_by_hand(*points))
assert_close(ours, leaves.grad, rtol=1e-12, atol=1e-12)

# %%
# 用了两次的数 | A number used twice
# ----------------------------------
# 在 :math:`z = x^2 + 5x` 里，从 :math:`x` 到 :math:`z` 有两条路径。
# 在 :math:`x = 2` 处，一条带来 4，另一条带来 5。
# 两条相加得 9，与 torch 相同。单独哪一条都不对。
#
# In :math:`z = x^2 + 5x` two paths lead from :math:`x` to :math:`z`. At
# :math:`x = 2` one brings 4 and the other 5. Their sum, 9, agrees with torch;
# either path alone does not.

x = Node(2.0)
z = x**2 + 5.0 * x
fig, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
plot_pass(z, names={"x": x}, backward=True, ax=ax)
fig.set_label(
    "x 平方加 5x 的图，两条边回到 x，带来 4 和 5，左边写着 9"
    " | The graph of x squared plus 5 x: two edges lead back to x with 4 and"
    " 5, and 9 stands on the left"
)
plt.show()

leaf = torch.tensor(2.0, requires_grad=True)
(leaf**2 + 5 * leaf).backward()
paths = [2 * 2.0, 5.0]
assert sum(paths) == leaf.grad
assert leaf.grad not in paths

record("backward_by_hand.points", points.shape[1], format=",.0f")

# %%
# 练习 | Exercise
# ---------------
# 画出 :math:`\ln(x^2) \sin x + 1/x` 的图，沿着边手算它在 2 处的导数。
# 有几条路径回到 :math:`x`？答案在 :doc:`/preliminaries/autograd-inside`。
#
# Draw the graph of :math:`\ln(x^2) \sin x + 1/x` and work out its derivative
# at 2 along the edges. How many paths lead back to :math:`x`? The answer is
# in :doc:`/preliminaries/autograd-inside`.
