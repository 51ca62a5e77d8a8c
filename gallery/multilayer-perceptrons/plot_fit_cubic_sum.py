r"""
学会一个函数，只在见过的地方 | A function learned where it was seen
===================================================================

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

from itertools import product

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import huber_loss

from d2lnotes.models.mlp import ParallelMLPs
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_seeds = on(device, cpu=5, cuda=20)
NOISE, NUM_EPOCHS = 0.1, 60

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
inside = sample(4000, generator)
x_wide, z_wide = sample(4000, generator, half_width=2.0)
is_out = x_wide.abs().amax(dim=1) > 1
outside = x_wide[is_out], z_wide[is_out]
sets = [
    [part.to(device) for part in pair]
    for pair in ((x, z), (x_valid, z_valid), inside, outside)
]

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


train_set, valid_set, inside, outside = sets
controls = {}
for name, degree in [("linear", 1), ("powers", 3)]:
    features = powers(train_set[0], degree)
    solution = torch.linalg.lstsq(features, train_set[1][:, None]).solution
    controls[name] = [
        rmse(powers(x, degree) @ solution[:, 0], z)
        for x, z in (inside, outside)
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
LOSSES = {
    "squared": lambda error: error.square() / 2,
    "absolute": torch.abs,
    "huber": lambda error: huber_loss(
        error, torch.zeros_like(error), reduction="none", delta=0.3
    ),
}
OPTIMIZERS = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "adam": (torch.optim.Adam, {}),
}


def train(train_set, activation, optimizer, batch, rate, num_seeds, num_steps):
    """Return the trained networks: the losses in turn, ``num_seeds`` each."""
    x, z = train_set
    num = len(LOSSES) * num_seeds
    draws = torch.Generator().manual_seed(0)
    models = ParallelMLPs(
        num, [3, 32, 1], activation=ACTIVATIONS[activation], generator=draws
    ).to(x.device)
    make, options = OPTIMIZERS[optimizer]
    optimizer = make(models.parameters(), lr=rate, **options)
    batches = iter(())
    for _ in range(num_steps):
        picks = next(batches, None)
        if picks is None:  # the next epoch
            order = torch.rand(num, len(x), generator=draws).argsort(dim=1)
            batches = iter(order.to(x.device).split(batch, dim=1))
            picks = next(batches)
        errors = models(x[picks])[..., 0] - z[picks]  # (num, batch)
        parts = zip(LOSSES.values(), errors.split(num_seeds), strict=True)
        loss = sum(loss(part).mean(dim=1).sum() for loss, part in parts)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return models


# %%
# 一张大表 | One large table
# --------------------------
# 三种激活函数、三种优化器、两种批量，各试三个学习率。每种优化器的网格跨度
# 相同，中心不同。每种组合按各个种子的平均验证误差挑学习率。训练 60 轮，
# 所以批量越小，步数越多。
#
# Three activations, three optimizers and two batch sizes, three learning
# rates each. The grids are equally wide, and each optimizer has its own
# center. Each combination takes the rate with the smallest validation error,
# averaged over the seeds. Training lasts 60 epochs, so smaller batches take
# more steps.

RATES = {
    "sgd": [0.03, 0.1, 0.3],
    "momentum": [0.01, 0.03, 0.1],
    "adam": [0.003, 0.01, 0.03],
}
BATCHES = [16, 64]


def errors_of(models, num_seeds, *sets):
    """Return the errors on each set: (sets, losses, seeds)."""
    with torch.no_grad():
        found = [
            rmse(models(x.expand(len(models.weights[0]), -1, -1))[..., 0], z)
            for x, z in sets
        ]
    errors = torch.stack(found).reshape(len(sets), -1, num_seeds)
    return errors.nan_to_num(nan=1e3).cpu()  # a diverged run loses


# %%
# 每组网络存下三种误差：验证、里面、外面。
#
# Each group of networks keeps three errors: validation, inside and outside.

table, settings = {}, {}
for activation, optimizer, batch in product(ACTIVATIONS, OPTIMIZERS, BATCHES):
    num_steps = NUM_EPOCHS * len(x) // batch
    tried = []
    for rate in RATES[optimizer]:
        models = train(
            train_set, activation, optimizer, batch, rate, num_seeds, num_steps
        )
        tried.append(errors_of(models, num_seeds, *sets[1:]))
    tried = torch.stack(tried)  # (rates, sets, losses, seeds)
    best = tried[:, 0].mean(dim=-1).argmin(dim=0)  # (losses,)
    for k, loss in enumerate(LOSSES):
        key = activation, loss, optimizer, batch
        table[key] = tried[best[k], :, k]  # (sets, seeds)
        settings[key] = RATES[optimizer][best[k]]

# %%
# 结果 | The result
# -----------------
# 每个点是一种组合，也就是五个种子的平均误差。同一栏里的点，只是另外三项
# 不同。虚线是线性回归。
#
# Each dot is a combination, the mean error of its seeds. Dots of one column
# differ in the other three choices. The dashed line is linear regression.

FACTORS = [
    ("激活函数 | activation", list(ACTIVATIONS)),
    ("损失 | loss", list(LOSSES)),
    ("优化器 | optimizer", list(OPTIMIZERS)),
    ("批量 | batch size", BATCHES),
]


def medians(table, place, levels):
    """Return the median error inside for each level of one factor."""
    return [
        torch.stack(
            [e[1].mean() for key, e in table.items() if key[place] == level]
        ).median()
        for level in levels
    ]


fig, axes = plt.subplots(
    1, 4, figsize=(10, 3.8), sharey=True, layout="constrained"
)
for place, (ax, (title, levels)) in enumerate(zip(axes, FACTORS, strict=True)):
    for key, errors in table.items():
        column = levels.index(key[place])
        ax.plot(column, errors[1].mean(), "C0o", mfc="none", alpha=0.6)
    ax.plot(medians(table, place, levels), "k_", ms=24, mew=2)
    ax.axhline(controls["linear"][0].cpu(), color="C3", ls="--")
    ax.set_xticks(range(len(levels)), levels, rotation=20)
    ax.set(title=title, xlim=(-0.6, len(levels) - 0.4), yscale="log")
axes[0].set_ylabel("立方体内的误差（RMSE） | error inside the cube (RMSE)")
fig.set_label(
    "54 种组合在立方体内的误差，按激活函数、损失、优化器、批量各排一次，"
    "横杠是中位数，虚线是线性回归"
    " | Error inside the cube of 54 combinations, arranged by activation, loss,"
    " optimizer and batch size; bars are medians, the dashed line is linear"
    " regression"
)
plt.show()

ranking = sorted(table, key=lambda key: table[key][0].mean())  # validation
for key in [*ranking[:5], ranking[-1]]:
    errors = table[key].mean(dim=1)
    print(key, settings[key], *(f"{error:.3f}" for error in errors))

# %%
# 里面与外面 | Inside and outside
# -------------------------------
# 同样的 54 种组合，横轴是里面的误差，纵轴是外面的。里面好，外面不一定好。
# 两颗星是对照。
#
# The same 54 combinations, the error inside across and the error outside
# upwards. Good inside does not mean good outside. The stars are the controls.

fig, ax = plt.subplots(figsize=(6.5, 4.4), layout="constrained")
for activation, marker in zip(ACTIVATIONS, "ovs", strict=True):
    chosen = [e.mean(dim=1) for k, e in table.items() if k[0] == activation]
    _, within, beyond = torch.stack(chosen).T
    ax.plot(within, beyond, marker, mfc="none", label=activation)
looks = {
    "linear": ("C3*", "线性回归 | linear regression"),
    "powers": ("k*", "九个特征 | nine features"),
}
for name, (look, label) in looks.items():
    ax.plot(*(e.cpu() for e in controls[name]), look, ms=14, label=label)
ax.set(
    xscale="log",
    yscale="log",
    xlabel="立方体内的误差（RMSE） | error inside the cube (RMSE)",
    ylabel="立方体外的误差（RMSE） | error outside the cube (RMSE)",
)
ax.legend(loc="lower right")
fig.set_label(
    "每种组合在立方体内外的误差：网络在外面都错得多，九个特征的线性回归"
    "里外都好"
    " | Error of each combination inside and outside the cube: networks are"
    " far off outside, linear regression on nine features is good in both"
)
plt.show()

# %%
# 沿一条直线看 | Along a line
# ---------------------------
# 让 :math:`x_3` 从 -2 走到 2，:math:`x_1 = x_2 = 0`，真值是 :math:`x_3^3`。
# ReLU 和 tanh 各取验证误差最小的组合，重新训练。灰色是训练时见过的范围。
#
# Let :math:`x_3` run from -2 to 2 with :math:`x_1 = x_2 = 0`, so that the
# truth is :math:`x_3^3`. For ReLU and tanh we take the combination with the
# smallest validation error and train it again. The range seen in training is
# gray.


def best_of(activation, ranking, settings, train_set, num_seeds):
    """Return the best networks of one activation, and which loss is theirs."""
    key = next(key for key in ranking if key[0] == activation)
    _, loss, optimizer, batch = key
    num_steps = NUM_EPOCHS * len(train_set[0]) // batch
    models = train(
        train_set,
        activation,
        optimizer,
        batch,
        settings[key],
        num_seeds,
        num_steps,
    )
    return models, list(LOSSES).index(loss)


steps = torch.linspace(-2, 2, 201, device=device)
line = torch.zeros(201, 3, device=device)
line[:, 2] = steps
fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
ax.axvspan(-1, 1, color="0.9", label="训练的范围 | range of training")
ax.plot(steps.cpu(), truth(line).cpu(), "k-", lw=2, label="$x_3^3$")
for activation, color in [("relu", "C0"), ("tanh", "C1")]:
    models, part = best_of(activation, ranking, settings, train_set, num_seeds)
    with torch.no_grad():
        found = models(line.expand(len(models.weights[0]), -1, -1))[..., 0]
    found = found.split(num_seeds)[part].cpu()  # (seeds, places)
    ax.plot(steps.cpu(), found.T, color=color, lw=1, alpha=0.7)
    ax.plot([], [], color=color, label=activation)
ax.set(xlabel="$x_3$", ylabel="$z$", ylim=(-8, 8))
ax.legend()
fig.set_label(
    "沿 x3 方向的真值和两种网络：灰色范围内重合，出了范围，"
    "ReLU 走直线，tanh 变平"
    " | The truth and two kinds of networks along x3: they agree in the gray"
    " range; beyond it ReLU goes straight on and tanh flattens"
)
plt.show()

# %%
# 批量的对照 | A control for the batch size
# -----------------------------------------
# 同样 60 轮，批量 64 的步数只有批量 16 的四分之一。是批量小更好，还是步数多
# 更好？让最好的组合改用批量 64、走同样多的步数（240 轮）。
#
# In the same 60 epochs a batch size of 64 takes a quarter of the steps of 16.
# Is it the small batch that helps, or the number of steps? Let the best
# combination take batches of 64 and as many steps, 240 epochs.

best = ranking[0]
same_steps = NUM_EPOCHS * len(train_set[0]) // 16
by_steps = [
    errors_of(
        train(train_set, best[0], best[2], 64, rate, num_seeds, same_steps),
        num_seeds,
        *sets[1:],
    )[:, list(LOSSES).index(best[1])]
    for rate in RATES[best[2]]
]
large_batch = min(by_steps, key=lambda errors: errors[0].mean())
small_batch = table[best[0], best[1], best[2], 16]
few_steps = table[best[0], best[1], best[2], 64]
print(*(f"{e[1].mean():.3f}" for e in (small_batch, few_steps, large_batch)))

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 验证集挑出来的网络在立方体内比线性回归好得多，在外面却比九个特征差得多。
#
# The network chosen on validation data is far better than linear regression
# inside the cube, and far worse than the nine features outside.

assert table[best][1].mean() < controls["linear"][0].cpu() / 4
assert min(e[2].mean() for e in table.values()) > 5 * controls["powers"][1]
assert large_batch[1].mean() < few_steps[1].mean()
per_level = {
    f"median_{level}": value
    for place, (_, levels) in enumerate(FACTORS)
    for level, value in zip(levels, medians(table, place, levels), strict=True)
}
record_all(
    "fit_cubic_sum",
    {
        "linear_inside": controls["linear"][0],
        "linear_outside": controls["linear"][1],
        "powers_inside": controls["powers"][0],
        "powers_outside": controls["powers"][1],
        **per_level,
    },
)
record_all(
    "fit_cubic_sum",
    {
        "best_inside": table[best][1],
        "best_outside": table[best][2],
        "worst_inside": table[ranking[-1]][1],
        "small_batch": small_batch[1],
        "large_batch_few_steps": few_steps[1],
        "large_batch_same_steps": large_batch[1],
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 训练集改成取自 :math:`[-2, 2]^3`，同样 512 个点，里面和外面的误差各怎样变？
# 先猜。答案在 :doc:`/multilayer-perceptrons/fit-a-function` 的练习里。
#
# Draw the training set from :math:`[-2, 2]^3`, again 512 points. How do the
# errors inside and outside change? Guess first. The answer is among the
# exercises of :doc:`/multilayer-perceptrons/fit-a-function`.
