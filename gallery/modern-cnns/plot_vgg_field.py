r"""
叠起来的 3×3 看得一样远，权重更少 | Stacked 3×3 see as far with fewer weights
===============================================================================

:math:`L` 个 3×3 卷积与一个边长 :math:`2L + 1` 的卷积看到同样多的输入。本脚本用
梯度核对这件事，数出权重，再看反过来行不行：一个 5×5 的核，能不能由两个 3×3 的核
合成？

:math:`L` convolutions of 3×3 see as many inputs as one of side
:math:`2L + 1`. This script checks it with a gradient, counts the weights, and
asks about the reverse: can a kernel of 5×5 be made from two of 3×3?

**你需要** :doc:`/modern-cnns/vgg`；**你得到** 感受野的图，权重的曲线，以及合成不了
的那一部分有多大。

**You need** :doc:`/modern-cnns/vgg`; **you get** a picture of the field, the
curve of the weights, and how much of a kernel cannot be made.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.patches import Rectangle
from torch.nn.functional import conv2d

from d2lnotes.results import record_all

# %%
# 用梯度量感受野 | The field by a gradient
# ----------------------------------------
# 核都取 1，求中间那个输出对输入的梯度。不为 0 的地方，就是它看到的地方。
#
# With kernels of ones, take the gradient of the middle output by the inputs.
# Where it is not 0, the output sees the input.


def side_of_field(num_layers, size=21):
    """Return the side of what the middle output of ``num_layers`` sees."""
    inputs = torch.zeros(1, 1, size, size, requires_grad=True)
    outputs = inputs
    for _ in range(num_layers):
        outputs = conv2d(outputs, torch.ones(1, 1, 3, 3), padding=1)
    outputs[0, 0, size // 2, size // 2].backward()
    return int((inputs.grad[0, 0].abs().sum(dim=0) > 0).sum())


depths = torch.arange(1, 6)
sides = torch.tensor([side_of_field(int(depth)) for depth in depths])
stacked, single = 9 * depths, sides**2  # weights, in units of c * c
print(sides.tolist(), stacked.tolist(), single.tolist())

# %%
# 左：一个输出（上），它看到的中间值，以及中间值看到的输入（下）。右：感受野相同时
# 的权重个数，以 :math:`c^2` 为单位。
#
# Left: an output (top), the values between that it sees, and the inputs that
# these see (bottom). Right: weights at an equal field, in units of
# :math:`c^2`.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.6), layout="constrained"
)
rows = ["输入 | input", "中间 | between", "输出 | output"]
for level, (row, side) in enumerate(zip(rows, [5, 3, 1], strict=True)):
    for i in range(5):
        for j in range(5):
            seen = max(abs(i - 2), abs(j - 2)) <= side // 2
            x, y = i + 0.45 * j, 3.4 * level + 0.5 * j
            color = f"C{level}" if seen else "white"
            box = Rectangle((x, y), 0.9, 0.42, fc=color, ec="gray")
            left.add_patch(box)
    left.text(-0.4, 3.4 * level + 1, row, ha="right", fontsize="large")
left.set(xlim=(-2.6, 7.2), ylim=(-0.3, 9.6))
left.axis("off")
right.plot(sides, single, "s-", label="一个大核 | one large kernel")
right.plot(sides, stacked, "o-", label="叠起来的 3×3 | stacked 3×3")
right.set_xticks(sides, [f"{side}×{side}" for side in sides])
right.set_xlabel("感受野 | receptive field")
right.set_ylabel("权重个数，除以 $c^2$ | weights, divided by $c^2$")
right.set_ylim(bottom=0)
right.legend()
fig.set_label(
    "左：一个输出看到 3×3 个中间值，它们看到 5×5 个输入；右：叠起来的 3×3 的权重"
    "按直线增加，大核的按平方增加"
    " | Left: an output sees 3×3 values between, and they see 5×5 inputs; right:"
    " the weights of stacked 3×3 grow along a line, those of one large kernel"
    " with the square"
)
plt.show()

# %%
# 反过来行不行 | The reverse
# --------------------------
# 取一个随机的 5×5 核，用优化找两个 3×3 的核，使它们合成的核尽量接近。对照：要找的
# 核本来就是两个 3×3 合成的。
#
# Take a random kernel of 5×5 and search for two of 3×3 whose product comes as
# close as possible. Control: a target that was made from two of 3×3.


def misfit(target, restarts=20, num_steps=300):
    """Return the smallest share of ``target`` that two 3×3 kernels miss."""
    draws = torch.Generator().manual_seed(0)
    pair = torch.randn(2, restarts, 3, 3, generator=draws)
    pair.requires_grad_()
    optimizer = torch.optim.Adam([pair], lr=0.05)
    for _ in range(num_steps):
        made = joined(*pair)
        missed = (made - target).square().sum(dim=(1, 2))
        optimizer.zero_grad()
        missed.sum().backward()
        optimizer.step()
    return missed.min().item() / target.square().sum().item()


def joined(first, second):
    """Return the 5×5 kernels that equal two 3×3 ones: (many, 5, 5)."""
    framed = torch.nn.functional.pad(first[None], 4 * [2])
    turned = second.flip(1, 2)[:, None]
    return conv2d(framed, turned, groups=len(first))[0]


draws = torch.Generator().manual_seed(1)
targets = torch.randn(5, 5, 5, generator=draws)
made = joined(*torch.randn(2, 5, 3, 3, generator=draws))
missed = torch.tensor([misfit(target) for target in targets])
control = torch.tensor([misfit(target) for target in made])
print(missed, control)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 感受野的边长是 :math:`2L + 1`。随机的核有一部分合成不了；合成出来的核找得回来。
#
# The side of the field is :math:`2L + 1`. Of random kernels a part cannot be
# made; kernels that were made are found again.

assert torch.equal(sides, 2 * depths + 1)
assert missed.min() > 0.05 > 0.01 > control.max()
record_all(
    "vgg_field",
    {"missed": missed, "control": (control, ".4f")},
    unit="fraction",
    over="5 个核 | 5 kernels",
)

# %%
# 练习 | Exercise
# ---------------
# 两个 5×5 卷积与几个 3×3 看得一样远？权重各多少？
#
# How many of 3×3 see as far as two of 5×5, and with how many weights?

assert side_of_field(4) == 5 + 4  # a second 5×5 adds two on each side
assert 4 * 9 < 2 * 5**2
