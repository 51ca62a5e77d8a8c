r"""
倒着走一遍图，就得到梯度 | A walk back through the graph gives the gradient
===========================================================================

框架怎样由损失的代码得到梯度？它把计算记成一张图：哪些数经过哪个运算，变成了哪个数。
沿图倒着走，每经过一条边就乘上这一步的导数，走到参数那里，乘出来的就是梯度。
我们画出一个点的图，再把三个点加起来，与手算的和 PyTorch 的对照。

How does a framework get the gradient from the code of a loss? It records the
computation as a graph: which numbers went through which operation and became
which number. Walking back, it multiplies by the derivative of the step on each
edge, and what arrives at a parameter is its derivative. We draw the graph for
one point. Then we add up three points and compare with the calculation by hand
and with PyTorch.

**你需要** :doc:`/introduction/frameworks` 里手算的那一步梯度下降；
**你得到** “计算图”三个字的一幅画。

**You need** the step of gradient descent by hand, from
:doc:`/introduction/frameworks`.
**You get** a picture of what a computational graph is.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.autodiff import Node
from d2lnotes.plotting.graphs import plot_graph

# %%
# 一个点的图 | The graph for one point
# ------------------------------------
# 点是 :math:`(3, 8)`，参数从 :math:`w = b = 0` 出发，损失是误差的平方。
#
# The point is :math:`(3, 8)`, the parameters start at :math:`w = b = 0`, and
# the loss is the squared error.


def squared_error(x, y):
    """Return the parameters and the loss of one point, as nodes of a graph."""
    w, b = Node(0.0), Node(0.0)
    loss = (w * x + b - y) ** 2
    return w, b, loss


w, b, loss = squared_error(3.0, 8.0)
derivatives = loss.adjoints()
print(f"loss {float(loss):.0f}", end=", ")
print(f"by w {float(derivatives[w]):.0f}, by b {float(derivatives[b]):.0f}")

# %%
# 从左到右是计算：每个圆是一个运算，下面第一个数是它的值。箭头上的数是这一步的导数。
# 从右到左是梯度：∂ 后面的数，是损失对这个值的导数。从 :math:`1` 开始，
# 每往左走一条边，就乘上箭头上的数：:math:`1 \times (-16) \times 1 \times 1
# \times 3 = -48`。
#
# From left to right runs the computation. Each circle is an operation, and the
# first number below it is its value. The number on an arrow is the derivative
# of this step. From right to left runs the gradient: after ∂ stands the
# derivative of the loss by this value. Start with :math:`1` and multiply by
# the number on each arrow on the way: :math:`1 \times (-16) \times 1 \times 1
# \times 3 = -48`.

fig, ax = plt.subplots(figsize=(6.4, 2.8), layout="constrained")
plot_graph(loss, names={"$w$": w, "$b$": b, "$L$": loss}, ax=ax)
fig.set_label(
    "损失的计算图：w 乘 3，加 b，减 8，平方；每个节点下面是它的值，和损失对它的导数"
    " | Computational graph of the loss: w times 3, plus b, minus 8, squared;"
    " below each node its value and the derivative of the loss by it"
)
plt.show()

# %%
# 三个点 | Three points
# ---------------------
# 平均损失的导数，是各点导数的平均。
#
# The derivative of the mean loss is the mean of the points' derivatives.

points = [(1.0, 3.0), (2.0, 5.0), (3.0, 8.0)]
by_w, by_b = 0.0, 0.0
for x, y in points:
    w, b, loss = squared_error(x, y)
    derivatives = loss.adjoints()
    by_w += float(derivatives[w]) / len(points)
    by_b += float(derivatives[b]) / len(points)

x, y = torch.tensor(points).T
parameters = torch.zeros(2, requires_grad=True)
((parameters[0] * x + parameters[1] - y) ** 2).mean().backward()
print(f"graph   {by_w:.2f} {by_b:.2f}")
print(f"PyTorch {parameters.grad[0]:.2f} {parameters.grad[1]:.2f}")

# %%
# 结论 | What follows
# -------------------
# 图、手算和 PyTorch 得出同样的两个数。换一个损失，图跟着代码变，
# 梯度不用人来推。
#
# The graph, the calculation by hand and PyTorch give the same two numbers.
# With another loss the graph changes with the code, and nobody has to derive
# the gradient.

torch.testing.assert_close(parameters.grad, torch.tensor([by_w, by_b]))
assert round(by_w, 2) == -24.67
assert round(by_b, 2) == -10.67

# %%
# 练习 | Exercise
# ---------------
# 若参数在图里用了两次，损失是 :math:`(w \cdot w \cdot x + b - y)^2`，
# 从 :math:`w` 到损失就有两条路。在 :math:`w = 2`、:math:`b = 0`
# 处，两条路各乘出多少，怎样合成一个导数？
#
# If the graph uses the parameter twice and the loss is
# :math:`(w \cdot w \cdot x + b - y)^2`, two paths lead from :math:`w` to the
# loss. At :math:`w = 2` and :math:`b = 0`, what is the product along each,
# and how do they make one derivative?

w, b, x, y = Node(2.0), Node(0.0), 3.0, 8.0
loss = (w * w * x + b - y) ** 2
by_w = float(loss.adjoints()[w])
one_path = 2 * (2 * 2 * x - y) * x * 2  # the square, times x, times other w
print(f"one path {one_path:.0f}, by w {by_w:.0f}")
assert by_w == 2 * one_path == 96

# %%
# 每条路乘出 48，两条路相加，得 96。路上的数相乘，路与路相加。
#
# Each path gives 48, and their sum is 96. Along a path the numbers are
# multiplied, and over the paths the products are added.
