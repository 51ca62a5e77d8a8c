r"""
先调学习率，再比优化器 | Tune the rate before comparing
=======================================================

作业：给一个多层感知机换激活函数，换优化器，看哪一种最好。谁的学习率没有调，
谁就吃亏。所以每种组合都试五个学习率，在验证集上挑一个，
最后才在测试集上量一次。

The homework: give a multilayer perceptron other activations and other
optimizers and find the best. Whichever goes without a tuned learning rate is
at a disadvantage. So each combination tries five learning rates, chooses one
on validation data, and meets the test set once, at the end.

**你需要** :doc:`/multilayer-perceptrons/mlp-implementation` 里的模型；
**你得到** 九种组合的准确率，以及学习率和轮数能换来多少。

**You need** the model of :doc:`/multilayer-perceptrons/mlp-implementation`;
**you get** the accuracy of nine combinations, and what the learning rate and
more epochs buy.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=20)
NUM_EPOCHS = 10
print(data)

# %%
# 数据 | Data
# -----------
# 缩小到 :math:`7 \times 7` 的图片：6,000 张训练，5,000 张验证，
# 测试集不动。像素先标准化。
#
# Pictures shrunk to :math:`7 \times 7` pixels: 6,000 for training, 5,000 for
# validation, and the test set as it is. Pixels are standardized first.


def small(images, device):
    """Return the pictures shrunk to 7 by 7 pixels: (n, 49)."""
    pooled = avg_pool2d(images, 4).flatten(1).to(device)
    return (pooled - pooled.mean()) / pooled.std()


inputs, labels = small(data.train_images, device), data.train_labels.to(device)
num_valid = len(inputs) // 12
num_train = min(6000, len(inputs) - num_valid)
valid_set = inputs[:num_valid], labels[:num_valid]
train_set = inputs[-num_train:], labels[-num_train:]
test_set = small(data.test_images, device), data.test_labels.to(device)

# %%
# 训练 | Training
# ---------------
# 每种优化器试五个学习率，网格一样宽，中心不同。``SGD 0.9`` 是带动量的 SGD。
#
# Each optimizer tries five learning rates. The grids are equally wide, with a
# center of their own. ``SGD 0.9`` is SGD with momentum.

ACTIVATIONS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "ReLU": torch.relu,
}
OPTIMIZERS = {
    "SGD": (torch.optim.SGD, {}),
    "SGD 0.9": (torch.optim.SGD, {"momentum": 0.9}),
    "Adam": (torch.optim.Adam, {}),
}
RATES = {
    "SGD": [0.03, 0.1, 0.3, 1.0, 3.0],
    "SGD 0.9": [0.01, 0.03, 0.1, 0.3, 1.0],
    "Adam": [0.001, 0.003, 0.01, 0.03, 0.1],
}


# %%
# 形状是 49-128-10，各个种子一次算完。每轮之后在验证集上量一次，
# 测试集等到训练完。
#
# The shape is 49-128-10, with all seeds at once. The validation set is measured
# after each epoch, the test set when training is over.


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
# 一次训练返回每一轮之后的准确率。
#
# One run returns the accuracy after each epoch.


def train(activation, optimizer, rate, sets, num_seeds):
    """Return validation accuracies by epoch, and those on the test set."""
    train_set, valid_set, test_set = sets
    draws, sizes = torch.Generator().manual_seed(0), [49, 128, 10]
    activation = ACTIVATIONS[activation]
    models = ParallelMLPs(
        num_seeds, sizes, activation=activation, generator=draws
    ).to(train_set[0].device)
    make, options = OPTIMIZERS[optimizer]
    optimizer, curve = make(models.parameters(), lr=rate, **options), []
    for _ in range(NUM_EPOCHS):
        fit_parallel(
            models,
            *train_set,
            loss_fn=mean_losses,
            optimizer=optimizer,
            batch_size=100,
            num_epochs=1,
            generator=draws,
        )
        curve.append(accuracies(models, *valid_set))
    return torch.stack(curve), accuracies(models, *test_set)


# %%
# 三种激活函数、三种优化器、五个学习率，一共 45 次训练。
#
# Three activations, three optimizers and five learning rates make 45 runs.

sets = train_set, valid_set, test_set
runs = {
    (activation, optimizer, rate): train(
        activation, optimizer, rate, sets, num_seeds
    )
    for activation in ACTIVATIONS
    for optimizer in OPTIMIZERS
    for rate in RATES[optimizer]
}
best, smallest = {}, {}
for activation in ACTIVATIONS:
    for optimizer, rates in RATES.items():
        tried = {rate: runs[activation, optimizer, rate] for rate in rates}
        chosen = max(rates, key=lambda rate: tried[rate][0][-1].mean())
        best[activation, optimizer] = tried[chosen][1]
        smallest[activation, optimizer] = tried[rates[0]][1]
        print(activation, optimizer, chosen, f"{tried[chosen][1].mean():.4f}")

# %%
# 结果 | The result
# -----------------
# 左图：ReLU 和普通 SGD 的验证准确率。学习率 0.03 走十轮，
# 还不如 0.3 走三轮。右图：每种组合用自己最好的学习率，测试准确率的均值和
# 标准差。
#
# Left: the validation accuracy of ReLU with plain SGD. Ten epochs at a rate
# of 0.03 give less than three epochs at 0.3. Right: test accuracy of each
# combination at its best rate, mean and standard deviation.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), width_ratios=[1.2, 1], layout="constrained"
)
for rate, marker in zip(RATES["SGD"], "ovsd^", strict=True):
    seen = runs["ReLU", "SGD", rate][0].mean(dim=1)
    left.plot(range(1, NUM_EPOCHS + 1), seen, marker + "-", label=f"{rate}")
left.set(
    xlabel="轮 | epoch",
    ylabel="验证准确率（比例） | validation accuracy (fraction)",
)
left.legend(title="学习率 | learning rate")
rows, columns = list(ACTIVATIONS), list(OPTIMIZERS)
means = torch.tensor([[best[a, o].mean() for o in columns] for a in rows])
right.imshow(means, cmap="Blues", vmin=means.min() - 0.02, vmax=1)
for (a, o), values in best.items():
    text = f"{values.mean():.3f}\n± {values.std():.3f}"
    right.text(columns.index(o), rows.index(a), text, ha="center", va="center")
right.set_xticks(range(3), ["SGD", "SGD, 0.9", "Adam"])
right.set_yticks(range(3), rows)
right.set_xlabel("优化器（0.9 是动量） | optimizer (0.9 is the momentum)")
fig.set_label(
    "左：五个学习率的验证准确率随轮数的变化；右：三种激活函数和三种优化器的"
    "测试准确率，彼此相差很小"
    " | Left: validation accuracy by epoch for five learning rates; right: test"
    " accuracy of three activations and three optimizers, which differ little"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 同一种组合，学习率取网格里最小的一个与挑出来的一个，相差多少？
# 九种调好的组合之间又相差多少？前者大得多。
#
# For one combination, how far apart are the smallest rate of its grid and the
# chosen one? And how far apart are the nine combinations once tuned? The
# former is much more.

by_rate = max(best[key].mean() - smallest[key].mean() for key in best)
by_kind = means.max() - means.min()
slow, fast = (runs["ReLU", "SGD", rate][0] for rate in (0.03, 0.3))
print(f"by rate {by_rate:.3f}, by kind {by_kind:.3f}")
if not data.stand_in:
    assert by_rate > 2 * by_kind
    assert fast[2].mean() > slow[-1].mean()
record_all(
    "homework_one",
    {
        "slow_rate": slow[-1],
        "fast_rate_three_epochs": fast[2],
        "fast_rate": fast[-1],
        "relu_sgd": best["ReLU", "SGD"],
        "relu_adam": best["ReLU", "Adam"],
        "tanh_sgd": best["tanh", "SGD"],
        "sigmoid_sgd": best["sigmoid", "SGD"],
        "sigmoid_sgd_slow": smallest["sigmoid", "SGD"],
        "sigmoid_adam": best["sigmoid", "Adam"],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)
record("homework_one.by_kind", by_kind, unit="fraction")
record("homework_one.by_rate", by_rate, unit="fraction")

# %%
# 练习 | Exercise
# ---------------
# 假如每种优化器都用学习率 0.1，谁会赢？先猜，再看 ``runs`` 里有的那几个。
# 这个比较为什么不公平？答案在
# :doc:`/multilayer-perceptrons/mlp-implementation` 的练习里。
#
# If all optimizers had a learning rate of 0.1, which would win? Guess, then
# look at those that ``runs`` holds. Why is this comparison unfair? The
# answer is among the exercises of
# :doc:`/multilayer-perceptrons/mlp-implementation`.
