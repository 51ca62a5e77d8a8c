r"""
反向传播是把数沿边送回去 | Backpropagation sends numbers back along the edges
=============================================================================

前向时，数从左往右走：乘以边上的权重，求和，过激活函数。反向时，数从右往左走，
乘的是**同样**的权重和激活函数的斜率。一条边的权重的梯度，
是前向时边的左端的数乘以反向时到达右端的数。我们在一个九个参数的网络上走一个来回，
并与自动求导对照。

On the way forward numbers go from left to right: they are multiplied by the
weight of an edge, summed, and passed through an activation. On the way back
numbers go from right to left, multiplied by the **same** weights and by the
slopes of the activations. The gradient of a weight is the number at the left
end of its edge on the way forward times the number that arrives at its right
end on the way back. We go there and back in a network of nine parameters, and
compare with autograd.

**你需要** 链式法则；**你得到** 前向和反向各一幅图，每个数都可以手算。

**You need** the chain rule; **you get** a picture of each direction in which
every number can be worked out by hand.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting.networks import plot_network

# %%
# 网络和前向 | The network, and forward
# -------------------------------------
# 两个输入，两个 ReLU 单元，一个输出，损失是平方误差的一半。
#
# There are two inputs, two ReLU units and one output. The loss is half the
# squared error.

x, y = torch.tensor([[1.0, 2.0]]), torch.tensor([[1.0]])
W1, b1 = torch.tensor([[0.5, -0.5], [0.25, 0.5]]), torch.tensor([0.0, 0.25])
W2, b2 = torch.tensor([[1.0], [-2.0]]), torch.tensor([0.5])
parameters = [W1, b1, W2, b2]
for p in parameters:
    p.requires_grad_()

z = x @ W1 + b1
h = z.clamp(min=0)
prediction = h @ W2 + b2
loss = 0.5 * (prediction - y).square().sum()
print("z =", z.tolist(), " h =", h.tolist())
print("prediction =", prediction.item(), " loss =", loss.item())

# %%
# 反向 | Backward
# ---------------
# 从损失开始，一步一步往左。每一行只用右边已经得到的数。
#
# Start from the loss and go left step by step. Each line uses numbers that
# were found to its right.

with torch.no_grad():
    by_prediction = prediction - y
    W2_grad, b2_grad = h.T @ by_prediction, by_prediction[0]
    by_h = by_prediction @ W2.T
    by_z = by_h * (z > 0)
    W1_grad, b1_grad = x.T @ by_z, by_z[0]
    by_x = by_z @ W1.T  # not needed for training
ours = [W1_grad, b1_grad, W2_grad, b2_grad]

# %%
# 图中的数写得短一些。
#
# The numbers in the figure are written short.


def written(numbers):
    """Return numbers as short texts with a true minus sign."""
    return [
        f"{number:g}".replace("-", "−")
        for number in numbers.flatten().tolist()
    ]


# %%
# 上图是前向：圆里是数，边上是权重，圆下是偏置。下图是反向：圆里是损失对这个数的
# 导数，边上是损失对权重的导数，圆下是对偏置的导数。虚线是负数。
#
# Above is the way forward, with numbers in the circles, weights on the edges
# and biases below the circles. Below is the way back. A circle holds the
# derivative of the loss with respect to its number, an edge that with respect
# to its weight, and below a circle stands that with respect to its bias.
# Dashed edges are negative.

fig, (above, below) = plt.subplots(
    2, 1, figsize=(7.5, 7), layout="constrained"
)
plot_network(
    [2, 2, 1],
    units=[written(x), written(h), written(prediction)],
    weights=[W1.detach(), W2.detach()],
    biases=[b1.detach(), b2.detach()],
    titles=["输入 | inputs", "隐藏 | hidden", "预测 | prediction"],
    ax=above,
)
above.set_title("前向 → | forward →", loc="left", color="C0")
plot_network(
    [2, 2, 1],
    units=[written(by_x), written(by_z), written(by_prediction)],
    weights=[W1_grad, W2_grad],
    biases=[b1_grad, b2_grad],
    titles=[
        r"$\partial\ell/\partial x$",
        r"$\partial\ell/\partial z$",
        r"$\partial\ell/\partial\hat{y}$",
    ],
    ax=below,
)
below.set_title("← 反向 | ← backward", loc="left", color="C3")
fig.set_label(
    "一个两层网络的前向和反向：前向的圆里是值，边上是权重，反向的圆里是导数，"
    "边上是权重的梯度"
    " | Forward and backward through a network of two layers: values and"
    " weights above, derivatives and gradients of the weights below"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 九个导数与自动求导的完全相同。
#
# The nine derivatives are exactly those of autograd.

loss.backward()
for by_hand, p in zip(ours, parameters, strict=True):
    assert torch.equal(by_hand, p.grad)

# %%
# 练习 | Exercise
# ---------------
# 把第二个隐藏单元的偏置改成 −1，输入不变。哪些梯度变成 0？先看图猜，再算。
#
# Change the bias of the second hidden unit to −1 and leave the inputs. Which
# gradients become 0? Guess from the figure, then compute.

with torch.no_grad():
    b1[1] = -1.0
for p in parameters:
    p.grad = None
hidden = (x @ W1 + b1).clamp(min=0)
(0.5 * (hidden @ W2 + b2 - y).square().sum()).backward()
print(W1.grad, b1.grad, W2.grad, b2.grad)
assert W1.grad[:, 1].tolist() == [0.0, 0.0]
assert b1.grad[1] == 0
assert W2.grad[1] == 0

# %%
# 第二个单元的加权和变成 −0.5，ReLU 输出 0，斜率也是 0。通向它的两条边和它的偏置梯度为
# 0，因为斜率挡住了。从它出发的边梯度也为 0，因为左端的数是 0。
# 其余的梯度变了，但不是 0。
#
# The weighted sum of the second unit becomes −0.5. ReLU gives 0, with slope 0.
# The two edges to it and its bias have gradient 0, for the slope blocks the
# way. The edge from it has gradient 0 as well, because the number at its left
# end is 0. The other gradients change but are not 0.
