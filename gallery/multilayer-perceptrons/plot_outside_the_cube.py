r"""
出了训练的范围，网络就靠不住 | Outside the range of training
============================================================

网络在立方体 :math:`[-1, 1]^3` 里学会了 :math:`z = x_1 + x_2^2 + x_3^3`。
走到立方体外面，ReLU 的网络沿直线走，tanh 和 sigmoid 的网络更平，
真值却越来越陡。是网络太小吗？对照：同样的网络，样本取自更大的立方体。

Networks have learned :math:`z = x_1 + x_2^2 + x_3^3` in the cube
:math:`[-1, 1]^3`. Outside it a network with ReLU goes on in straight lines,
one with tanh or sigmoid is flatter still, and the truth gets steeper and steeper. Are
the networks too small? The control: the same networks with examples from a
larger cube.

**你需要** :doc:`/multilayer-perceptrons/fit-a-function` 里的问题；**你得到**
一幅图，看出网络在没见过的地方怎样猜。

**You need** the problem of :doc:`/multilayer-perceptrons/fit-a-function`;
**you get** a picture of how a network guesses where it has seen nothing.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_seeds = on(device, cpu=5, cuda=20)
ACTIVATIONS = {
    "ReLU": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
NOISE = 0.1


def truth(x):
    """Return z for points of shape (..., 3)."""
    return x[..., 0] + x[..., 1] ** 2 + x[..., 2] ** 3


def sample(num, half_width, generator):
    """Return points of the cube of this half width, and their z."""
    x = half_width * (2 * torch.rand(num, 3, generator=generator) - 1)
    return x, truth(x)


# %%
# 训练 | Training
# ---------------
# 每种激活函数五个种子，Adam，平方损失。样本的个数、噪声和轮数都一样，
# 不同的只是样本取自哪个立方体。
#
# Five seeds for each activation, with Adam and squared loss. The number of
# examples, the noise and the epochs are the same. What differs is the cube
# from which the examples come.


def squared_errors(outputs, targets):
    """Return the mean squared error of each model."""
    return (outputs[..., 0] - targets).square().mean(dim=1)


def train(activation, half_width, num_seeds, device):
    """Return networks trained on 512 examples from one cube."""
    draws = torch.Generator().manual_seed(0)
    x, z = sample(512, half_width, draws)
    z += NOISE * torch.randn(len(z), generator=draws)
    models = ParallelMLPs(
        num_seeds, [3, 32, 1], activation=activation, generator=draws
    ).to(device)
    fit_parallel(
        models,
        x.to(device),
        z.to(device),
        loss_fn=squared_errors,
        optimizer=torch.optim.Adam(models.parameters(), lr=0.01),
        batch_size=16,
        num_epochs=100,
        generator=draws,
    )
    return models


# %%
# 三种激活函数，两个立方体：
#
# Three activations and two cubes:

networks = {
    (name, half_width): train(activation, half_width, num_seeds, device)
    for name, activation in ACTIVATIONS.items()
    for half_width in (1.0, 2.0)
}

# %%
# 沿一条直线看 | Along a line
# ---------------------------
# 让 :math:`x_3` 从 -2 走到 2，:math:`x_1 = x_2 = 0`，真值是 :math:`x_3^3`。
# 每条细线是一个种子。灰色是训练时见过的范围。
#
# Let :math:`x_3` run from -2 to 2 with :math:`x_1 = x_2 = 0`, so that the
# truth is :math:`x_3^3`. Each thin line is a seed. The range seen in training
# is gray.

steps = torch.linspace(-2, 2, 201)
line = torch.zeros(201, 3)
line[:, 2] = steps
fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.4), sharey=True, layout="constrained"
)
for ax, half_width in zip(axes, (1.0, 2.0), strict=True):
    ax.axvspan(-half_width, half_width, color="0.9")
    ax.plot(steps, truth(line), "k-", lw=3, label="$x_3^3$")
    for number, name in enumerate(ACTIVATIONS):
        with torch.no_grad():
            found = networks[name, half_width](line.to(device))[..., 0].cpu()
        ax.plot(steps, found.T, color=f"C{number}", lw=1, alpha=0.8)
        ax.plot([], [], color=f"C{number}", label=name)
    ax.set(xlabel="$x_3$", ylim=(-8, 8))
axes[0].set(ylabel="$z$", title="样本在 [-1, 1]³ | examples in [-1, 1]³")
axes[1].set_title("样本在 [-2, 2]³ | examples in [-2, 2]³")
axes[0].legend()
fig.set_label(
    "沿 x3 方向的真值和网络。左：样本在小立方体里，出了灰色范围，网络离真值越来"
    "越远。右：样本在大立方体里，ReLU 和 tanh 的网络处处贴着真值"
    " | The truth and networks along x3. Left: with examples in the small cube"
    " the networks leave the truth outside the gray range. Right: with examples"
    " in the large cube those with ReLU and tanh follow it"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 在外层（大立方体去掉小立方体）量误差。样本取自大立方体的网络在那里好得多；
# 在小立方体里，它们反而差一些，因为同样多的样本要管八倍的体积。
#
# We measure the error in the shell, the large cube without the small one. The
# networks with examples from the large cube are far better there. In the
# small cube they are worse: as many examples have to cover eight times the
# volume.

generator = torch.Generator().manual_seed(1)
x, z = sample(8000, 2.0, generator)
in_shell = x.abs().amax(dim=1) > 1
core = sample(1000, 1.0, generator)


def errors(models, x, z):
    """Return the root mean squared error of each model."""
    with torch.no_grad():
        found = models(x.to(models.weights[0].device))[..., 0].cpu()
    return (found - z).square().mean(dim=1).sqrt()


values = {}
for (name, half_width), models in networks.items():
    kind = f"{name.lower()}_{'small' if half_width == 1 else 'large'}"
    values[f"{kind}_shell"] = errors(models, x[in_shell], z[in_shell])
    values[f"{kind}_core"] = errors(models, *core)
for name, value in values.items():
    print(f"{name:20} {value.mean():.3f} ± {value.std():.3f}")
for name in ("relu", "tanh", "sigmoid"):
    small, large = (
        values[f"{name}_{size}_shell"].mean() for size in ("small", "large")
    )
    assert large < small / 2
    assert values[f"{name}_small_core"].mean() < small / 10
record_all(
    "outside_the_cube",
    values,
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 给网络九个特征（每个输入的一、二、三次幂），而不是三个输入，
# 出了立方体它会怎样？先猜，再试。答案在
# :doc:`/multilayer-perceptrons/fit-a-function` 的练习里。
#
# Give the network nine features, the first three powers of each input,
# instead of the three inputs. What does it do outside the cube? Guess, then
# try. The answer is among the exercises of
# :doc:`/multilayer-perceptrons/fit-a-function`.
