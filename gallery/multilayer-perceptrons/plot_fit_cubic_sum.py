r"""
54 种组合学同一个函数 | One function learned in 54 ways
=======================================================

让小网络去学 :math:`z = x_1 + x_2^2 + x_3^3`。样本取自立方体
:math:`[-1, 1]^3`，标签带一点噪声。我们把激活函数、损失、优化器和批量大小的
组合都试一遍，每种组合五个种子，学习率在验证集上挑。然后在立方体外面再量一次。

Small networks learn :math:`z = x_1 + x_2^2 + x_3^3` from examples in the cube
:math:`[-1, 1]^3`, with a little noise on the labels. We try the combinations
of activation, loss, optimizer and batch size, each with five seeds and a
learning rate chosen on validation data. Then we measure once more, outside
the cube.

**你需要** :doc:`/multilayer-perceptrons/fit-a-function` 里的问题和基线；
**你得到** 完整的表，以及立方体外面的误差。

**You need** the problem and the baseline of
:doc:`/multilayer-perceptrons/fit-a-function`; **you get** the whole table,
and the errors outside the cube.
"""

from functools import partial
from itertools import chain, product

import matplotlib.pyplot as plt
import torch

from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_seeds = on(device, cpu=5, cuda=20)
NOISE, NUM_EPOCHS = 0.1, 50

# %%
# 数据 | Data
# -----------
# 训练集和验证集的标签有标准差 0.1 的噪声。测试用没有噪声的真值，分两份：
# 立方体里面的，和外面的。外面的一份取自 :math:`[-2, 2]^3`，
# 去掉落在立方体里的点。
#
# Labels for training and validation carry noise of standard deviation 0.1.
# Tests use the truth without noise, in two parts: inside the cube and
# outside. The part outside is drawn from :math:`[-2, 2]^3`, without the
# points that fall into the cube.


def truth(x):
    """Return z for points of shape (..., 3)."""
    return x[..., 0] + x[..., 1] ** 2 + x[..., 2] ** 3


def sample(num, generator, half_width=1.0):
    """Return points of the cube of this half width, and their z."""
    x = half_width * (2 * torch.rand(num, 3, generator=generator) - 1)
    return x, truth(x)


generator = torch.Generator().manual_seed(0)
(x, z), (x_valid, z_valid) = sample(512, generator), sample(512, generator)
z = z + NOISE * torch.randn(len(z), generator=generator)
z_valid = z_valid + NOISE * torch.randn(len(z_valid), generator=generator)
inside, wide = sample(4000, generator), sample(4000, generator, 2.0)
is_out = wide[0].abs().amax(dim=1) > 1
outside = wide[0][is_out], wide[1][is_out]
pairs = (x, z), (x_valid, z_valid), inside, outside
sets = [[part.to(device) for part in pair] for pair in pairs]

# %%
# 两个对照 | Two controls
# -----------------------
# 第一个是线性回归，用 :math:`x_1, x_2, x_3` 本身。第二个也是线性回归，
# 但特征是每个输入的一、二、三次幂。谁要是知道答案是三次多项式的和，
# 九个特征就够了。
#
# The first is linear regression on :math:`x_1, x_2, x_3` themselves. The
# second is linear regression, too, but on the first three powers of each
# input. For somebody who knows that the answer is a sum of cubic polynomials,
# these nine features are enough.


def powers(x, degree):
    """Return a 1 and the powers of each input up to ``degree``."""
    columns = [torch.ones_like(x[:, :1])]
    return torch.cat([*columns, *(x**k for k in range(1, degree + 1))], dim=1)


def rmse(predicted, z):
    """Return the root mean squared error over the last dimension."""
    return (predicted - z).square().mean(dim=-1).sqrt()


controls = {}
for name, degree in [("linear", 1), ("powers", 3)]:
    x, z = sets[0]
    weights = torch.linalg.lstsq(powers(x, degree), z[:, None]).solution[:, 0]
    controls[name] = [
        rmse(powers(x, degree) @ weights, z) for x, z in sets[2:]
    ]
    print(name, *(f"{error:.3f}" for error in controls[name]))

# %%
# 训练一组网络 | Training a group of networks
# -------------------------------------------
# 三种损失各配五个种子，一共 15 个 3-32-1 的网络，一次算完。
# 每个网络有自己的权重和样本次序。
#
# Three losses with five seeds each are 15 networks of shape 3-32-1, computed
# at once. Each has weights and an order of the examples of its own.

ACTIVATIONS = {
    "relu": torch.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
SGD, Adam = torch.optim.SGD, torch.optim.Adam
OPTIMIZERS = {  # and the learning rates to try
    "SGD": (SGD, [0.03, 0.1, 0.3]),
    "SGD 0.9": (partial(SGD, momentum=0.9), [0.01, 0.03, 0.1]),
    "Adam": (Adam, [0.003, 0.01, 0.03]),
}
BATCHES = [16, 64]


def huber(error, delta=0.3):
    """Return the Huber loss: squared near 0, absolute beyond delta."""
    size = error.abs()
    return torch.where(size < delta, error**2 / 2, delta * (size - delta / 2))


LOSSES = {
    "L2": lambda error: error**2 / 2,
    "L1": torch.abs,
    "Huber": huber,
}

# %%
# ``each_loss`` 把每种损失用在属于它的那几个网络上。
#
# ``each_loss`` applies each loss to the networks that train with it.


def each_loss(outputs, targets):
    """Return the mean loss of each network: (num_models,)."""
    groups = (outputs[..., 0] - targets).chunk(len(LOSSES))
    pairs = zip(LOSSES.values(), groups, strict=True)
    return torch.cat([loss(group).mean(dim=1) for loss, group in pairs])


def train(activation, optimizer, batch, rate, train_set, num_seeds, epochs):
    """Return the trained networks: the losses in turn, ``num_seeds`` each."""
    draws, num = torch.Generator().manual_seed(0), len(LOSSES) * num_seeds
    models = ParallelMLPs(
        num, [3, 32, 1], activation=ACTIVATIONS[activation], generator=draws
    ).to(train_set[0].device)
    fit_parallel(
        models,
        *train_set,
        loss_fn=each_loss,
        optimizer=OPTIMIZERS[optimizer][0](models.parameters(), lr=rate),
        batch_size=batch,
        num_epochs=epochs,
        generator=draws,
    )
    return models


# %%
# 一张大表 | One large table
# --------------------------
# 三种激活函数、三种优化器、两种批量，各试三个学习率。每种优化器的网格跨度
# 相同，中心不同。每种组合按各个种子的平均验证误差挑学习率。训练 50 轮，
# 所以批量越小，步数越多。
#
# Three activations, three optimizers and two batch sizes, three learning
# rates each. The grids are equally wide, and each optimizer has its own
# center. Each combination takes the rate with the smallest validation error,
# averaged over the seeds. Training lasts 50 epochs, so smaller batches take
# more steps.


def errors_of(models, *sets):
    """Return the errors on each set: (sets, losses, seeds)."""
    with torch.no_grad():
        found = [rmse(models(x)[..., 0], z) for x, z in sets]
    errors = torch.stack(found).reshape(len(sets), len(LOSSES), -1)
    return errors.nan_to_num(nan=1e3).cpu()  # a diverged run loses


# %%
# ``tune`` 试三个学习率，每种损失各挑一个。每种组合留下三种误差：验证、
# 里面、外面。
#
# ``tune`` tries three learning rates and chooses one for each loss. Each
# combination keeps three errors: on validation data, inside, and outside.


def tune(activation, optimizer, batch, sets, num_seeds, epochs=NUM_EPOCHS):
    """Return the errors at the chosen rates: (losses, sets, seeds)."""
    tried = [
        train(activation, optimizer, batch, rate, sets[0], num_seeds, epochs)
        for rate in OPTIMIZERS[optimizer][1]
    ]
    errors = torch.stack([errors_of(models, *sets[1:]) for models in tried])
    best = errors[:, 0].mean(dim=-1).argmin(dim=0)  # a rate for each loss
    return errors[best, :, range(len(LOSSES))]


table = {}
for names in product(ACTIVATIONS, OPTIMIZERS, BATCHES):
    activation, optimizer, batch = names
    tuned = tune(*names, sets, num_seeds)
    for loss, errors in zip(LOSSES, tuned, strict=True):
        table[activation, loss, optimizer, batch] = errors  # (sets, seeds)

# %%
# 结果 | The result
# -----------------
# 每个点是一种组合，也就是五个种子的平均误差。同一栏里的点，只是另外三项
# 不同。虚线是线性回归。
#
# Each dot is a combination, the mean error of its seeds. Dots of one column
# differ in the other three choices. The dashed line is linear regression.

within = {key: errors[1].mean() for key, errors in table.items()}
factors = {
    "激活函数 | activation": list(ACTIVATIONS),
    "损失，L2 是平方 | loss, L2: squared": list(LOSSES),
    "优化器，0.9 是动量 | optimizer, 0.9: momentum": list(OPTIMIZERS),
    "批量 | batch size": BATCHES,
}
medians = {
    level: torch.stack(
        [within[key] for key in within if level in key]
    ).median()
    for level in chain(*factors.values())
}

# %%
# 画成图：
#
# As a figure:

fig, axes = plt.subplots(
    1, 4, figsize=(10, 3.8), sharey=True, layout="constrained"
)
for place, (title, levels) in enumerate(factors.items()):
    ax, columns = axes[place], [levels.index(key[place]) for key in within]
    ax.plot(columns, list(within.values()), "C0o", mfc="none", alpha=0.6)
    ax.plot([medians[level] for level in levels], "k_", ms=24, mew=2)
    ax.axhline(controls["linear"][0].cpu(), color="C3", ls="--")
    ax.set_xticks(range(len(levels)), levels, rotation=20)
    ax.set(title=title, xlim=(-0.6, len(levels) - 0.4), yscale="log")
axes[0].set_yticks([0.05, 0.1, 0.2, 0.3], [0.05, 0.1, 0.2, 0.3])
axes[0].set_yticks([], minor=True)
axes[0].set_ylabel("立方体内的误差（RMSE） | error inside the cube (RMSE)")
fig.set_label(
    "54 种组合在立方体内的误差，按激活函数、损失、优化器、批量各排一次，"
    "横杠是中位数，虚线是线性回归"
    " | Error inside the cube of 54 combinations, arranged by activation, loss,"
    " optimizer and batch size; bars are medians, the dashed line is linear"
    " regression"
)
plt.show()

# %%
# 按验证误差排，前五名和最后一名：
#
# The first five and the last by validation error:

ranking = sorted(table, key=lambda key: table[key][0].mean())
for key in [*ranking[:5], ranking[-1]]:
    print(key, *(f"{error:.3f}" for error in table[key].mean(dim=1)))

# %%
# 批量的对照 | A control for the batch size
# -----------------------------------------
# 同样的轮数，批量 64 的步数只有批量 16 的四分之一。是批量小更好，还是步数多
# 更好？以 ReLU、平方损失、普通 SGD 为例：批量 64，轮数乘 4，
# 步数就和批量 16 的一样多。
#
# In as many epochs a batch size of 64 takes a quarter of the steps of 16. Is
# it the small batch that helps, or the number of steps? Take ReLU, squared
# loss and plain SGD as the example. Batches of 64 with four times the epochs
# take as many steps as batches of 16.

longer = tune("relu", "SGD", 64, sets, num_seeds, 4 * NUM_EPOCHS)
by_batch = {
    "small_batch": table["relu", "L2", "SGD", 16][1],
    "large_batch": table["relu", "L2", "SGD", 64][1],
    "large_batch_same_steps": longer[0, 1],
}
print(*(f"{errors.mean():.4f}" for errors in by_batch.values()))

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 验证集挑出来的网络在立方体内比线性回归好得多，在外面却比九个特征差得多。
#
# The network chosen on validation data is far better than linear regression
# inside the cube, and far worse than the nine features outside.

best = table[ranking[0]]
assert best[1].mean() < controls["linear"][0].cpu() / 4
assert min(e[2].mean() for e in table.values()) > 5 * controls["powers"][1]
best_of = {
    f"best_{kind}": table[next(key for key in ranking if key[0] == kind)][1]
    for kind in ACTIVATIONS
}
record_all(
    "fit_cubic_sum",
    {
        "linear_inside": controls["linear"][0],
        "linear_outside": controls["linear"][1],
        "powers_inside": controls["powers"][0],
        "powers_outside": controls["powers"][1],
        **{f"median_{kind}": medians[kind] for kind in ACTIVATIONS},
    },
)
record_all(
    "fit_cubic_sum",
    {
        "best_inside": best[1],
        "best_outside": best[2],
        "third_inside": table[ranking[2]][1],
        "worst_inside": table[ranking[-1]][1],
        **best_of,
        **by_batch,
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 表里最好的五种组合，谁排第一，换一组种子还一样吗？怎样检验？答案在
# :doc:`/multilayer-perceptrons/fit-a-function` 的练习里。
#
# Of the five best combinations in the table, would the same one come first
# with other seeds? How would you test it? The answer is among the exercises
# of :doc:`/multilayer-perceptrons/fit-a-function`.
