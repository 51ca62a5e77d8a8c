r"""
反向传播约为两次前向的代价 | Backward costs about two forward passes
====================================================================

反向传播给出损失对**每个**参数的导数。每个导数单独用差商去估计，几十万个参数就要
几十万次前向。反向走一遍要多少？每一层在前向时做一次矩阵乘法，在反向时做两次，
第一层只要一次。所以 :math:`k` 个同样大小的层，反向与前向之比大约是
:math:`(2k - 1)/k`。我们用 NumPy 写一个网络，先检查梯度，再量时间。

Backpropagation gives the derivative of the loss with respect to **every**
parameter. To estimate each by a difference quotient takes hundreds of
thousands of forward passes for as many parameters. What does one way back
cost? A layer takes one matrix product on the way forward and two on the way
back, where the first layer needs only one. So for :math:`k` layers of one size
the ratio of backward to forward is about :math:`(2k - 1)/k`. We write a
network in NumPy, first check the gradient, and then measure the time.

**你需要** :doc:`/multilayer-perceptrons/backpropagation` 里一层的公式；
**你得到** 一个与自动求导一致的手写反向传播、差商的最佳步长，和测得的代价。

**You need** the formulas of one layer, from
:doc:`/multilayer-perceptrons/backpropagation`; **you get** backpropagation by
hand that agrees with autograd, the best step of a difference quotient, and the
cost as measured.
"""

from functools import partial
from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
import torch

from d2lnotes.results import record_all
from d2lnotes.runtime import seconds_per_call

# %%
# 前向和反向 | Forward and backward
# ---------------------------------
# ``layers`` 是一列 (权重, 偏置)。除了最后一层，每层之后有 ReLU。
# 前向留下每层的输入，反向要用。损失是平方误差的平均。
#
# ``layers`` is a list of (weights, biases). All layers but the last are
# followed by ReLU. The forward pass keeps the input of each layer for the
# backward pass. The loss is the mean of half the squared errors.


def forward(x, layers):
    """Return the outputs, and the inputs of all layers."""
    inputs = [x]
    for weights, biases in layers[:-1]:
        inputs.append(np.maximum(inputs[-1] @ weights + biases, 0))
    weights, biases = layers[-1]
    return inputs[-1] @ weights + biases, inputs


def loss_of(outputs, targets):
    """Return half the squared errors, averaged over the examples."""
    return 0.5 * ((outputs - targets) ** 2).sum() / len(targets)


def backward(outputs, targets, inputs, layers):
    """Return the gradients of all weights and biases, in the order of layers."""
    delta = (outputs - targets) / len(targets)
    gradients = []
    for (weights, _), x in zip(layers[::-1], inputs[::-1], strict=True):
        gradients.append((x.T @ delta, delta.sum(axis=0)))
        if x is not inputs[0]:  # the data need no gradient
            delta = (delta @ weights.T) * (x > 0)
    return gradients[::-1]


# %%
# 与自动求导对照 | Beside autograd
# --------------------------------
# 两层，64 个输入，32 个隐藏单元，10 个输出，``float64``。
# 两份梯度只应当差舍入误差。
#
# Two layers with 64 inputs, 32 hidden units and 10 outputs, in ``float64``.
# The two gradients should differ by rounding only.


def draw_layers(sizes, seed):
    """Return layers with normal weights of variance 2 / inputs."""
    rng = np.random.default_rng(seed)
    return [
        (rng.normal(size=(m, n)) * (2 / m) ** 0.5, 0.1 * rng.normal(size=n))
        for m, n in pairwise(sizes)
    ]


rng = np.random.default_rng(0)
data, targets = rng.normal(size=(20, 64)), rng.normal(size=(20, 10))
layers = draw_layers([64, 32, 10], seed=1)
outputs, inputs = forward(data, layers)
gradients = backward(outputs, targets, inputs, layers)

tensors = [
    [torch.tensor(p, requires_grad=True) for p in two] for two in layers
]
(first, start), (second, end) = tensors
logits = torch.relu(torch.tensor(data) @ first + start) @ second + end
error = logits - torch.tensor(targets)
(0.5 * error.square().sum(dim=1).mean()).backward()
largest_difference = max(
    abs(ours - p.grad.numpy()).max()
    for layer, two in zip(gradients, tensors, strict=True)
    for ours, p in zip(layer, two, strict=True)
)
print(f"largest difference to autograd: {largest_difference:.1e}")

# %%
# 与差商对照 | Beside difference quotients
# ----------------------------------------
# 把一个权重移动 :math:`h`，看损失的变化除以 :math:`h`，这是单侧差商。
# 移动 :math:`\pm h`，除以 :math:`2h`，是中心差商。这里损失作为一个权重的函数，
# 一段一段都是二次的。中心差商对二次函数是准确的，只有在一步之内某个 ReLU
# 折过去时才有误差。步长太小，两种都被舍入误差淹没。
#
# Move one weight by :math:`h` and divide the change of the loss by :math:`h`.
# This is the one-sided quotient. The central one moves by :math:`\pm h` and
# divides by :math:`2h`. As a function of one weight, the loss here is
# quadratic, piece by piece. Central quotients are exact for quadratic
# functions. They err only where a ReLU reaches its kink within the step. With
# small steps rounding drowns both.


def quotient(data, targets, layers, place, ends):
    """Return the slope of the loss between two values of a first weight."""
    weights = layers[0][0].copy()
    kept, losses = weights[place], []
    for end in ends:
        weights[place] = kept + end
        moved = [(weights, layers[0][1]), *layers[1:]]
        losses.append(loss_of(forward(data, moved)[0], targets))
    return (losses[1] - losses[0]) / (ends[1] - ends[0])


steps = 10.0 ** np.arange(-13, 0.1, 0.5)
places = [(i, j) for i in range(0, 64, 8) for j in range(0, 32, 8)]
exact = np.array([gradients[0][0][place] for place in places])
slope_at = partial(quotient, data, targets, layers)
errors = {}
for kind, factor in [("one-sided", 0), ("central", -1)]:
    errors[kind] = []
    for h in steps:
        slopes = [slope_at(place, (factor * h, h)) for place in places]
        error = np.linalg.norm(np.array(slopes) - exact)
        errors[kind].append(error / np.linalg.norm(exact))
    best = np.argmin(errors[kind])
    print(f"{kind}: step {steps[best]:.0e}, error {errors[kind][best]:.0e}")

# %%
# 代价 | The cost
# ---------------
# :math:`k` 个 128 × 128 的层，128 个样本。一次乘加在前向和反向里一样贵，
# 所以理论的比是 :math:`(2k - 1)/k`，随 :math:`k` 趋于 2。
# 逐元素的运算没有算进去，它们与矩阵乘法相比很小。
#
# There are :math:`k` layers of 128 × 128 and 128 examples. A multiply-add
# costs the same in both directions, so in theory the ratio is
# :math:`(2k - 1)/k`, which tends to 2 as :math:`k` grows. Elementwise
# operations are left out. They are small beside the matrix products.

width, depths = 128, np.array([1, 2, 3, 4, 6, 8])
wide_data = rng.normal(size=(width, width))
ratios = []
for depth in depths:
    deep = draw_layers([width] * (depth + 1), seed=2)
    outputs, inputs = forward(wide_data, deep)
    way_back = partial(backward, outputs, wide_data, inputs, deep)
    back = seconds_per_call(way_back, num_rounds=120)
    there = seconds_per_call(partial(forward, wide_data, deep), num_rounds=120)
    ratios.append(back / there)
    print(f"{depth} layers: backward / forward = {ratios[-1]:.2f}")

# %%
# 左图：差商与反向传播的相对误差。单侧的是一个山谷，中心的低得多。右图：测得的比和
# :math:`(2k - 1)/k`。
#
# On the left the relative difference between the quotients and
# backpropagation. For one-sided quotients it is a valley, for central ones it
# goes far lower. On the right the measured ratio and
# :math:`(2k - 1)/k`.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
left.loglog(steps, errors["one-sided"], "o-", label="单侧 | one-sided")
left.loglog(steps, errors["central"], "s-", mfc="none", label="中心 | central")
left.legend()
left.set(
    xlabel="步长 | step",
    ylabel="差商的相对误差 | relative error of the quotients",
)
right.plot(depths, (2 * depths - 1) / depths, "k--", label="$(2k - 1)/k$")
right.plot(depths, ratios, "o", ms=9, label="测得 | measured")
right.set(
    xlabel="层数 $k$ | layers $k$",
    ylabel="反向的时间 / 前向的时间 | time backward / forward",
    ylim=(0, 3),
)
right.legend(loc="lower right")
fig.set_label(
    "左：单侧差商的误差在步长约 1e-8 处最小，中心差商的误差低几个数量级。"
    "右：反向与前向的时间之比随层数从 1 附近升到 2 附近"
    " | Left: the error of one-sided quotients is smallest for steps near"
    " 1e-8, that of central ones is orders of magnitude lower. Right: the ratio"
    " of backward to forward time rises from about 1 towards 2 with the number"
    " of layers"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 手写的梯度与自动求导只差舍入。两种差商都有一个步长与它吻合，
# 单侧的误差至少是中心的一千倍。时间的比随层数增加，与理论相差不到一倍。
# 时间受机器上其他程序的影响，所以界取得宽。
#
# The gradient by hand agrees with autograd up to rounding. Both quotients
# agree with it for some step, the one-sided ones with an error at least a
# thousand times as large. The ratio of times grows with the number of layers
# and is within a factor of two of the theory. Other programs on the machine
# disturb times, hence the wide bounds.

smallest = {kind: min(values) for kind, values in errors.items()}
assert largest_difference < 1e-14
assert smallest["central"] < 1e-9
assert 1000 * smallest["central"] < smallest["one-sided"] < 1e-5
assert ratios[0] < ratios[-1]
assert 1 < ratios[-1] < 4

sided = int(np.argmin(errors["one-sided"]))
record_all(
    "backprop_by_hand",
    {
        "difference_to_autograd": (largest_difference, ".0e"),
        "one_sided_step": (steps[sided], ".0e"),
        "one_sided_error": (smallest["one-sided"], ".0e"),
        "central_error": (smallest["central"], ".0e"),
        "one_layer_ratio": (ratios[0], ".1f"),
        "eight_layer_ratio": (ratios[-1], ".1f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 反向传播需要前向留下的数。八层的网络一共留下多少个数，参数又有多少个？
# 批量增加一倍，哪一个增加一倍？
#
# Backpropagation needs the numbers that the forward pass has kept. How many
# does the network of eight layers keep, and how many parameters has it? Which
# of the two doubles with the batch?

kept = sum(x.size for x in inputs)
parameters = sum(p.size for layer in deep for p in layer)
print(f"kept: {kept}, parameters: {parameters}")
assert kept == 8 * width * width
assert parameters == 8 * (width + 1) * width

# %%
# 每层的输入是 128 × 128 个数，八层留下 131,072 个。参数有 132,096 个，几乎一样多，
# 因为这里批量恰好等于宽度。批量增加一倍，留下的数增加一倍，参数不变。
#
# Each layer has an input of 128 × 128 numbers, and eight layers keep 131,072.
# There are 132,096 parameters, nearly as many, because the batch happens to be
# as large as the width. With twice the batch, twice as many numbers are kept,
# and the parameters stay.
