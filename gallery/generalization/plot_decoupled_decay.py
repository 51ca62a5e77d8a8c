r"""
Adam 里的 L2 不是权重衰减 | L2 inside Adam is not weight decay
=================================================================

在 SGD 里，把 :math:`\frac\lambda2 \lVert w \rVert_2^2` 加进损失，就是每一步把权重
乘以 :math:`1 - \eta\lambda`。在 Adam 里不是：它把惩罚的梯度也除以梯度的大小，所以
梯度大的权重几乎不衰减。AdamW 把衰减从梯度里拿出来，直接乘在权重上。

With SGD, adding :math:`\frac\lambda2 \lVert w \rVert_2^2` to the loss means
that each step multiplies the weights by :math:`1 - \eta\lambda`. With Adam it
does not. Adam divides the gradient of the penalty by the size of the
gradient as well, so a weight with large gradients hardly decays. AdamW takes
the decay out of the gradient and multiplies the weights directly.

**你需要** Adam 的步长（:doc:`/multilayer-perceptrons/mlp-implementation`）；
**你得到** 三种优化器里衰减的快慢，和一次在真实图片上的比较。

**You need** the step of Adam (:doc:`/multilayer-perceptrons/mlp-implementation`);
**you get** the speed of decay in three optimizers, and a comparison on real
pictures.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=5, cuda=10)
OPTIMIZERS = {
    "SGD": torch.optim.SGD,
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}

# %%
# 只有噪声的梯度 | Gradients of pure noise
# ----------------------------------------
# 1,000 个权重都从 1 出发。它们的梯度是平均为 0 的随机数，大小（标准差）是
# :math:`s`，所以没有衰减时，权重的平均值留在 1。每种优化器都走 1,000 步，
# :math:`\eta\lambda = 0.001`，按理应剩下 :math:`0.999^{1000} = 0.368`。
#
# A thousand weights start at 1. Their gradients are random numbers of mean 0
# and of size (standard deviation) :math:`s`. Without decay the mean of the
# weights would stay at 1. Each optimizer takes 1,000 steps with
# :math:`\eta\lambda = 0.001`, so :math:`0.999^{1000} = 0.368` should be left.


def mean_left(name, size, lr=0.001, decay=1.0, num_steps=1000):
    """Return the mean of the weights after noisy steps with decay."""
    draws = torch.Generator().manual_seed(0)
    w = torch.ones(1000, requires_grad=True)
    optimizer = OPTIMIZERS[name]([w], lr=lr, weight_decay=decay)
    for _ in range(num_steps):
        w.grad = size * torch.randn(1000, generator=draws)
        optimizer.step()
    return w.mean().item()


sizes = [0.3, 1.0, 3.0, 10.0, 30.0]
left_over = {
    name: [mean_left(name, size) for size in sizes] for name in OPTIMIZERS
}
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
styles = {"SGD": "C0s-", "Adam": "C3o-", "AdamW": "C2^--"}
for name, values in left_over.items():
    ax.plot(sizes, values, styles[name], lw=3, ms=9, label=name)
ax.axhline(0.999**1000, color="0.5", ls=":")
ax.set(
    xscale="log",
    ylim=(-0.05, 1.05),
    xlabel="梯度的大小 $s$ | size of the gradients $s$",
    ylabel="剩下的权重 | what is left of the weight",
)
ax.legend()
fig.set_label(
    "权重衰减之后剩下多少，随梯度大小的变化：SGD 和 AdamW 都是 0.37 左右，"
    "Adam 从 0.3 升到接近 1"
    " | What decay leaves of a weight against the size of its gradients: about"
    " 0.37 with SGD and AdamW, with Adam from 0.3 up to near 1"
)
plt.show()
for name, values in left_over.items():
    print(name, *(f"{value:.3f}" for value in values))

# %%
# 真实的图片 | Real pictures
# --------------------------
# 网络是 49-64-10，图片缩小到 :math:`7 \times 7`。只用 1,000 张图片训练，其中
# 三成的标签换成了随机的，所以很容易过拟合。两种优化器试同样的两个学习率和五个
# 衰减，在验证集上挑；最后各用一次测试集。``weight_decay`` 的大小不能直接比较，
# Adam 的要小得多才合适，所以两边各有自己的五个值，都包含 0。
#
# The network is 49-64-10, and pictures are shrunk to :math:`7 \times 7`. It
# is trained on 1,000 pictures, and 30% of their labels are replaced by random
# ones, so it overfits easily. Both optimizers try the same two learning rates
# and five decays each, chosen on validation data. The test set is used once
# for each at the end. The values of ``weight_decay`` cannot be compared
# directly, and those of Adam have to be much smaller. So each has five values
# of its own, with 0 among them.


def small(images, device):
    """Return the pictures shrunk to 7 by 7 pixels: (n, 49)."""
    pooled = avg_pool2d(images, 4).flatten(1).to(device)
    return (pooled - pooled.mean()) / pooled.std()


inputs, labels = small(data.train_images, device), data.train_labels.to(device)
test_set = small(data.test_images, device), data.test_labels.to(device)
num_valid = len(inputs) // 6
valid_set = inputs[:num_valid], labels[:num_valid]
draws = torch.Generator().manual_seed(2)
random = torch.randint(0, 10, (len(labels),), generator=draws).to(device)
wrong = torch.rand(len(labels), generator=draws).to(device) < 0.3
mislabeled = torch.where(wrong, random, labels)
pool = inputs[num_valid:], mislabeled[num_valid:]
own = torch.rand(num_seeds, len(pool[0]), generator=draws).argsort(dim=1)
own = own[:, :1000].to(device)

# %%
# 损失和准确率，每个种子的网络一个数。
#
# Loss and accuracy, with one number for the network of each seed.


def mean_losses(scores, targets):
    """Return the mean cross-entropy of each model: (num_models,)."""
    losses = cross_entropy(scores.mT, targets, reduction="none")
    return losses.mean(dim=1)


def accuracies(models, examples, labels):
    """Return the accuracy of each model: (num_models,)."""
    with torch.no_grad():
        right = models(examples).argmax(dim=-1) == labels
    return right.double().mean(dim=1).cpu()


# %%
# 衰减只用在权重上，偏置另成一组。
#
# The decay acts on the weights, and biases are a group of their own.


def train(name, rate, decay, pool, own, num_epochs=30):
    """Return trained networks, one for each row of ``own``."""
    draws = torch.Generator().manual_seed(0)
    models = ParallelMLPs(len(own), [49, 64, 10], generator=draws)
    models.to(pool[0].device)
    groups = [
        {"params": list(models.weights), "weight_decay": decay},
        {"params": list(models.biases), "weight_decay": 0.0},
    ]
    fit_parallel(
        models,
        *pool,
        loss_fn=mean_losses,
        optimizer=OPTIMIZERS[name](groups, lr=rate),
        batch_size=50,
        num_epochs=num_epochs,
        generator=draws.manual_seed(1),
        own=own,
    )
    return models


# %%
rates = [0.003, 0.01]
tried = {"Adam": [0, 1e-3, 3e-3, 1e-2, 3e-2], "AdamW": [0, 0.1, 0.3, 1, 3]}
valid, tested, none = {}, {}, None
for name, decays in tried.items():
    runs = {
        (rate, decay): train(name, rate, decay, pool, own)
        for rate in rates
        for decay in decays
    }
    valid[name] = {key: accuracies(m, *valid_set) for key, m in runs.items()}
    means = {key: score.mean() for key, score in valid[name].items()}
    chosen = max(means, key=means.get)
    plain = max((key for key in means if key[1] == 0), key=means.get)
    tested[name] = accuracies(runs[chosen], *test_set)
    none = accuracies(runs[plain], *test_set)  # the same in both
    print(name, chosen, f"{tested[name].mean():.4f} {none.mean():.4f}")

# %%
# 验证准确率，每条线一个学习率。横轴上的五个位置是各自的五个衰减。
#
# Validation accuracy with a line for each learning rate. The five places on
# the horizontal axis are the five decays of each.

fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4), sharey=True, layout="constrained"
)
for ax, (name, decays) in zip(axes, tried.items(), strict=True):
    for rate, style in zip(rates, ("C0o-", "C1s--"), strict=True):
        means = [valid[name][rate, decay].mean() for decay in decays]
        ax.plot(range(5), means, style, lw=2.5, label=f"$η = {rate}$")
    ax.set_xticks(range(5), [f"{decay:g}" for decay in decays])
    ax.set(title=name, xlabel=r"$\lambda$")
axes[0].set_ylabel("验证准确率 | validation accuracy")
axes[1].legend()
fig.set_label(
    "Adam 和 AdamW 在两个学习率、五个衰减下的验证准确率"
    " | Validation accuracy of Adam and AdamW for two learning rates and"
    " five decays"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# SGD 和 AdamW 剩下的与公式一致，不随梯度的大小变化。Adam 剩下的随它增大。
#
# SGD and AdamW leave what the formula says, whatever the size of the
# gradients. What Adam leaves grows with it.

for name in ("SGD", "AdamW"):
    assert all(abs(v - 0.999**1000) < 0.06 for v in left_over[name])
assert left_over["Adam"] == sorted(left_over["Adam"])
assert left_over["Adam"][0] < 0.35
assert left_over["Adam"][-1] > 0.9
record_all(
    "decoupled_decay",
    {
        "adam_small": left_over["Adam"][0],
        "adam_large": left_over["Adam"][-1],
        "adamw_small": left_over["AdamW"][0],
        "adamw_large": left_over["AdamW"][-1],
        "sgd_large": left_over["SGD"][-1],
    },
    format=".2f",
)
record_all(
    "decoupled_decay",
    {
        "test_none": none,
        "test_adam": tested["Adam"],
        "test_adamw": tested["AdamW"],
        "gain_adam": (tested["Adam"] - none, ".4f"),
        "gain_adamw": (tested["AdamW"] - none, ".4f"),
        "difference": (tested["AdamW"] - tested["Adam"], ".4f"),
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# SGD 的学习率减半，``weight_decay`` 不变，同样的步数以后剩下多少？AdamW 呢？先猜，
# 再用 ``mean_left`` 核对。
#
# Halve the learning rate of SGD and keep ``weight_decay``. How much is left
# after as many steps? And with AdamW? Guess, then check with ``mean_left``.

for name in ("SGD", "AdamW"):
    assert abs(mean_left(name, 1.0, lr=0.0005) - 0.9995**1000) < 0.03
