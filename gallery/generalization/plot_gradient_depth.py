r"""
每层一个因子，五十层就是它的五十次方 | A factor per layer, to the power of fifty
================================================================================

一个五十层的 ReLU 网络，还没有训练。我们只改初始权重的大小，看梯度从输出往回走
五十层以后变成多大。每层如果把梯度缩小到 0.8 倍，五十层就缩小到约十万分之一；
每层放大到 1.25 倍，就放大到约十万倍。对照是因子恰好为 1 的权重。

Here is an untrained ReLU network of fifty layers. We change nothing but the
size of the initial weights, and see how large a gradient is after its way back
through fifty layers. If a layer shrinks it to 0.8 of its size, about a hundred
thousandth is left. If a layer enlarges it by 1.25, it grows about a hundred
thousand times. The control has weights for which the factor is exactly 1.

**你需要** :doc:`/multilayer-perceptrons/backpropagation` 里的反向传播；
**你得到** 梯度随深度变化的图，以及因子为 1 的权重该有多大。

**You need** backpropagation from
:doc:`/multilayer-perceptrons/backpropagation`; **you get** a picture of
gradients against depth, and the size of weights for which the factor is 1.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.initializers import he_variance
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
DEPTH, WIDTH, NUM_EXAMPLES = 50, 256, 16
num_seeds = on(device, cpu=5, cuda=50)

# %%
# 往回走五十层 | Back through fifty layers
# ----------------------------------------
# 每层是 :math:`\mathbf{H} \leftarrow \max(\mathbf{H}\mathbf{W}, 0)`，没有
# 偏置。权重的方差是 :math:`r^2 \cdot 2/n`，:math:`n = 256` 是一层的输入数。
# :math:`r` 就是每层的因子，:doc:`/generalization/initialization` 推导了它。
# 梯度从最后一层的一组随机数开始。记下的是每一层的均方根，除以最后一层的。
#
# A layer is :math:`\mathbf{H} \leftarrow \max(\mathbf{H}\mathbf{W}, 0)` with
# no bias. The weights have the variance :math:`r^2 \cdot 2/n` with
# :math:`n = 256` inputs of a layer. The factor of a layer is :math:`r`, as
# :doc:`/generalization/initialization` derives. Gradients start as random
# numbers at the last layer. We keep their root mean square in each layer,
# divided by that in the last.


def gradient_sizes(factor, depth, width, num_examples, seed, device):
    """Return the size of the gradient after layers 0 to depth, last is 1."""
    draws = torch.Generator().manual_seed(seed)
    std = factor * he_variance(width) ** 0.5
    hidden = torch.randn(num_examples, width, generator=draws).to(device)
    layers = [hidden.requires_grad_()]
    for _ in range(depth):
        weight = std * torch.randn(width, width, generator=draws)
        layers.append(torch.relu(layers[-1] @ weight.to(device)))
    start = torch.randn(num_examples, width, generator=draws).to(device)
    found = torch.autograd.grad(layers[-1], layers, start)
    sizes = torch.stack([g.cpu().double().square().mean() for g in found])
    return (sizes / sizes[-1]).sqrt()


# %%
# 因子 :math:`0.41 = \sqrt{1/6}` 是 ``nn.Linear`` 的默认权重，方差为
# :math:`1/(3n)`。
#
# The factor :math:`0.41 = \sqrt{1/6}` belongs to the default weights of
# ``nn.Linear``, whose variance is :math:`1/(3n)`.

factors = [2.0, 1.25, 1.0, 0.8, (1 / 6) ** 0.5]
sizes = torch.stack(
    [
        torch.stack(
            [
                gradient_sizes(r, DEPTH, WIDTH, NUM_EXAMPLES, seed, device)
                for seed in range(num_seeds)
            ]
        )
        for r in factors
    ]
)  # (factors, seeds, layers)

# %%
# 结果 | The result
# -----------------
# 每条线一个因子，阴影是种子之间的标准差，虚线是预言
# :math:`r^{50 - l}`，:math:`l` 是层的编号。纵轴是对数刻度。
#
# A line for each factor, with the standard deviation over seeds shaded.
# Dashed is the prediction :math:`r^{50 - l}`, where :math:`l` numbers the
# layers. The scale is logarithmic.

layers = torch.arange(DEPTH + 1)
fig, ax = plt.subplots(figsize=(8, 4.6), layout="constrained")
for r, found in zip(factors, sizes, strict=True):
    plot_spread(layers.tolist(), found.log10().T, "-", ax=ax)
    ax.lines[-1].set_linewidth(3)
    ax.plot(layers, (DEPTH - layers) * torch.tensor(r).log10(), "k--", lw=0.8)
    name = f"$r = {r:.3g}$" if r > 0.5 else "nn.Linear, $r = 0.41$"
    height = found[:, 5].log10().mean().item()
    place = (12, 7) if r > 0.5 else (30, -9)  # beside the steepest line
    ax.annotate(name, (5, height), place, textcoords="offset points", size=12)
ax.set_yticks(range(-20, 16, 5), [f"$10^{{{k}}}$" for k in range(-20, 16, 5)])
ax.set(
    xlabel="层（0 是输入，50 是最后一层） | layer (0: input, 50: last layer)",
    ylabel="梯度，相对于最后一层 | gradient, relative to the last layer",
)
ax.grid(alpha=0.3)
fig.set_label(
    "梯度随层变化的五条直线，从右端的 1 出发：因子 2 往回升到 10 的 15 次方，"
    "因子 1 保持水平，nn.Linear 的默认权重降到 10 的 −20 次方附近"
    " | Five straight lines of the gradient against the layer, which start from"
    " 1 at the right end: a factor of 2 climbs to the 15th power of ten, 1 stays"
    " level, the default of nn.Linear falls to about the −20th power of ten"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每层的几何平均因子与预言相差不到百分之三。因子为 1 时，每个种子的梯度在
# 五十层之后都还在十倍以内。
#
# The geometric mean of the factors of fifty layers is within three per cent
# of the prediction. With factor 1 the gradient of each seed is still within a
# factor of ten after fifty layers.

first = sizes[:, :, 0]  # (factors, seeds), at the input
per_layer = first.log().mean(dim=1).div(DEPTH).exp()
print("measured factors", per_layer.tolist())
assert ((per_layer / torch.tensor(factors) - 1).abs() < 0.03).all()
assert (first[2].log10().abs() < 1).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "gradient_depth",
    {
        "kept": (first[2], ".2f"),
        "vanished": (first[3].log().mean().exp(), ".1e"),
        "exploded": (first[1].log().mean().exp(), ".1e"),
        "torch_default": (first[4].log().mean().exp(), ".0e"),
        "torch_factor": (per_layer[4], ".3f"),
    },
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 因子为 1 时，各个种子仍然不同。宽度改成 32，散布变大还是变小？先猜，再算
# 对数的标准差。答案：变大，因为一层的求和里只有 32 项，每层的因子自己就有
# 涨落，五十个涨落累积起来。
#
# With factor 1 the seeds still differ. Change the width to 32. Does the spread
# grow or shrink? Guess, then find the standard deviation of the logarithms.
# The answer: it grows. A sum then has 32 terms, so the factor of each layer
# fluctuates by itself, and fifty fluctuations pile up.

spread = {}
for width in (32, 256):
    found = [
        gradient_sizes(1.0, DEPTH, width, NUM_EXAMPLES, seed, device)[0]
        for seed in range(num_seeds)
    ]
    spread[width] = torch.stack(found).log10().std().item()
print({width: round(value, 2) for width, value in spread.items()})
assert spread[32] > 1.5 * spread[256]
record_all(
    "gradient_depth",
    {"spread_narrow": spread[32], "spread_wide": spread[256]},
    format=".2f",
)
