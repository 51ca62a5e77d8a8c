r"""
方差逐层可以预言，向前和向后都行 | Variances can be foretold, layer by layer
============================================================================

给定激活函数和初始权重的方差，不用造网络就能算出：第 50 层的加权和有多大的
方差，梯度走回第 1 层还剩多大的方差。我们对三种激活函数和三种初始化都算一遍，
再在真的网络上量。

From the activation and the variance of the initial weights one can work out,
without a network, the variance of the weighted sums in layer 50 and that of
the gradient back in layer 1. We do so for three activations and three kinds of
initialization, and then measure real networks.

**你需要** :doc:`/generalization/initialization` 里的两条公式；**你得到**
预言与测量的对照，以及每种激活函数该配哪种初始化。

**You need** the two formulas of :doc:`/generalization/initialization`; **you
get** predictions beside measurements, and which initialization suits which
activation.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.activations import (
    relu_derivative,
    sigmoid_derivative,
    tanh_derivative,
)
from d2lnotes.results import record_all

DEPTH, WIDTH, NUM_EXAMPLES = 50, 256, 32
kinds = {"nn.Linear": 1 / 3, "Xavier": 1.0, "He": 2.0}  # n times the variance
functions = {
    "sigmoid": (torch.sigmoid, sigmoid_derivative),
    "tanh": (torch.tanh, tanh_derivative),
    "ReLU": (torch.relu, relu_derivative),
}

# %%
# 预言 | The prediction
# ---------------------
# 设加权和 :math:`z` 服从均值为 0、方差为 :math:`q` 的正态分布。下一层的方差是
# :math:`c \operatorname{E}[f(z)^2]`，:math:`c` 是层宽乘以权重的方差。梯度
# 往回走一层，方差乘以 :math:`c \operatorname{E}[f'(z)^2]`。期望用细密的
# 网格求和来算。
#
# Let the weighted sum :math:`z` be normal with mean 0 and variance :math:`q`.
# The next layer has the variance :math:`c \operatorname{E}[f(z)^2]`, where
# :math:`c` is the width times the variance of the weights. One layer on the
# way back multiplies the variance of the gradient by
# :math:`c \operatorname{E}[f'(z)^2]`. Expectations are sums over a fine grid.


def mean_square(function, variance):
    """Return the expectation of function(z)**2 for normal z of mean 0."""
    grid = torch.linspace(-8, 8, 4001, dtype=torch.double)
    density = torch.exp(-grid.square() / 2)
    values = function(variance**0.5 * grid).square()
    return ((values * density).sum() / density.sum()).item()


def predict(function, derivative, scale, depth):
    """Return the variances of sums, then of gradients, of layers 1 to depth."""
    sums = [scale]  # inputs have mean square 1
    for _ in range(depth - 1):
        sums.append(scale * mean_square(function, sums[-1]))
    gradients = [1.0]  # of the last layer
    for variance in reversed(sums[:-1]):
        factor = scale * mean_square(derivative, variance)
        gradients.insert(0, factor * gradients[0])
    return torch.tensor([sums, gradients], dtype=torch.double)


# %%
# 测量 | The measurement
# ----------------------
# 同样的网络，宽 256，偏置为 0，输入是标准正态的随机数。从最后一层的加权和开始，
# 往回传一组随机数。用 ``float64``，因为最小的方差在 ``float32`` 里会下溢。
# 网络很小，在 CPU 上算。
#
# The same networks with width 256, biases 0 and standard normal inputs. Random
# numbers go back from the sums of the last layer. We use ``float64``, since
# the smallest variances would underflow in ``float32``. The networks are small
# and run on the CPU.


def measure(function, scale, depth, width, num_examples, seed):
    """Return what ``predict`` returns, from a network drawn at random."""
    draws = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=draws, dtype=torch.double)

    hidden = normal(num_examples, width).requires_grad_()
    sums = []
    for _ in range(depth):
        weight = (scale / width) ** 0.5 * normal(width, width)
        sums.append(hidden @ weight)
        hidden = function(sums[-1])
    start = normal(num_examples, width)
    gradients = torch.autograd.grad(sums[-1], sums, start)
    with torch.no_grad():
        rows = [[t.square().mean() for t in ts] for ts in (sums, gradients)]
    return torch.tensor(rows, dtype=torch.double)


predicted, measured = {}, {}
for name, (function, derivative) in functions.items():
    for kind, scale in kinds.items():
        predicted[name, kind] = predict(function, derivative, scale, DEPTH)
        measured[name, kind] = measure(
            function, scale, DEPTH, WIDTH, NUM_EXAMPLES, seed=0
        )

# %%
# 结果 | The result
# -----------------
# 上面一行是加权和的方差，从左往右走。下面一行是梯度的方差，从右往左走。
# 线是预言，点是测量。
#
# Above are the variances of the weighted sums, which run from left to right.
# Below are those of the gradients, which run from right to left. Lines are
# predictions, dots are measurements.

layers = torch.arange(1, DEPTH + 1)
fig, axes = plt.subplots(
    2, 3, figsize=(9, 5.6), sharex=True, layout="constrained"
)
for column, name in zip(axes.T, functions, strict=True):
    for i, kind in enumerate(kinds):
        for row, ax in enumerate(column):
            line = predicted[name, kind][row].log10()
            dots = measured[name, kind][row].log10()
            ax.plot(layers, line, f"C{i}-", lw=2, label=kind)
            ax.plot(layers[::5], dots[::5], f"C{i}o", mfc="none")
            ax.grid(alpha=0.3)
    column[0].set_title(name)
    column[1].set_xlabel("层 | layer")
axes[0, 0].set_ylabel("和的方差，log10 | variance of sums, log10")
axes[1, 0].set_ylabel("梯度的方差，log10 | variance of gradients, log10")
axes[0, 2].legend()
fig.set_label(
    "三种激活函数、三种初始化下，和与梯度的方差随层的变化：点落在预言的线上；"
    "sigmoid 的梯度都消失，tanh 用 Xavier 大致保持，ReLU 用 He 保持水平"
    " | Variances of sums and gradients against the layer for three activations"
    " and three initializations. The dots lie on the predicted lines. Gradients"
    " vanish for sigmoid in all cases, last with Xavier for tanh, and stay"
    " level with He for ReLU"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# sigmoid 和 tanh 的前向预言，每一层都在 1.5 倍以内。ReLU 的在 5 倍以内，
# 因为每层的偏差会连乘。后向五十层之后，预言在半个数量级以内。
#
# Forward, the prediction is within a factor of 1.5 in all layers for sigmoid
# and tanh. For ReLU it is within a factor of 5, as the deviations of all
# layers multiply. Backward it is within half an order of magnitude after fifty
# layers.

for key in predicted:
    forward, backward = (measured[key] / predicted[key]).log10()
    print(key, forward.abs().max().item(), backward[0].item())
    assert 10 ** forward.abs().max() < (5 if key[0] == "ReLU" else 1.5)
    assert backward[0].abs() < 0.5
sums = {key: rows[0] for key, rows in measured.items()}
gradients = {key: rows[1].sqrt() for key, rows in measured.items()}
record_all(
    "init_variance",
    {
        "relu_he_sums": (sums["ReLU", "He"][-1], ".2f"),
        "relu_xavier_sums": (sums["ReLU", "Xavier"][-1], ".0e"),
        "tanh_xavier_sums": (sums["tanh", "Xavier"][-1], ".3f"),
        "tanh_xavier_sums_foretold": (
            predicted["tanh", "Xavier"][0, -1],
            ".3f",
        ),
        "sigmoid_xavier_sums": (sums["sigmoid", "Xavier"][-1], ".2f"),
        "sigmoid_xavier_gradient": (gradients["sigmoid", "Xavier"][0], ".0e"),
        "sigmoid_he_gradient": (gradients["sigmoid", "He"][0], ".0e"),
        "tanh_xavier_gradient": (gradients["tanh", "Xavier"][0], ".2f"),
        "tanh_he_gradient": (gradients["tanh", "He"][0], ".2g"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# tanh 用 He 时，梯度往回走反而变大。为什么？提示：方差停在哪里，那里的
# :math:`c \operatorname{E}[f'(z)^2]` 是多少？答案：方差停在约 0.62，那里的
# 因子大于 1。tanh 的饱和使信号不再变大，却不能同样抵消权重对梯度的放大。
#
# With He and tanh the gradient grows on its way back. Why? Hint: where does
# the variance settle, and what is :math:`c \operatorname{E}[f'(z)^2]` there?
# The answer: it settles near 0.62, where the factor is 1.1. Saturation keeps
# the signal from growing, but it does not make up for what the weights do to
# the gradient to the same degree.

settled = predicted["tanh", "He"][0, -1].item()
factor = kinds["He"] * mean_square(tanh_derivative, settled)
print(f"variance {settled:.3f}, factor {factor:.3f}")
assert factor > 1
