r"""
丢弃法帮助训练过头的网络 | Dropout helps where a network would overfit
======================================================================

1,000 张照片，一个两个隐藏层的网络。不用丢弃法，它把训练集几乎全部答对，测试
准确率低得多。丢弃法使差距变小，测试准确率升高，适中的丢弃率最好。放在哪里、取多大，
本脚本逐个比较。:doc:`plot_dropout_published` 是它的反面：60,000 张照片，很少过拟合，
丢弃法没有用处。

1,000 photographs and a network with two hidden layers. Without dropout it
gets nearly the whole training set right and far less of the test set. Dropout
narrows the gap and raises the test accuracy, and moderate rates do best. This
script compares places and rates one by one. The opposite case is
:doc:`plot_dropout_published`: 60,000 photographs, little overfitting, and no
use for dropout.

**你需要** :doc:`/multilayer-perceptrons/mlp-implementation` 里的多层感知机；
**你得到** 各种丢弃率和位置的测试准确率，每一个都带有种子之间的散布，
逐个种子与不用它的相减。

**You need** the multilayer perceptron of
:doc:`/multilayer-perceptrons/mlp-implementation`; **you get** the test
accuracy of several rates and places, each with its spread over seeds, and
the differences from no dropout, seed by seed.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.dropout import ParallelDropoutMLPs
from d2lnotes.models.mlp import fit_parallel
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
small = avg_pool2d(data.train_images, 2).flatten(1).to(device)  # 14 by 14
labels = data.train_labels.to(device)
test_set = avg_pool2d(data.test_images, 2).flatten(1).to(device)
test_set = test_set, data.test_labels.to(device)
num_train = 600 if data.stand_in else 1000
num_valid = 300 if data.stand_in else 4000
num_seeds = on(device, cpu=4, cuda=10)

# %%
# 九种设定 | Nine settings
# ----------------------------
# 每一行是三个丢弃率：输入、第一隐藏层、第二隐藏层。
#
# Each row holds three rates: for the inputs, the first and the second hidden
# layer.

HIDDEN = [0.0, 0.2, 0.4, 0.6, 0.8]
PLACES = [
    [0.2, 0.0, 0.0],
    [0.0, 0.5, 0.0],
    [0.0, 0.0, 0.5],
    [0.2, 0.5, 0.5],
]
settings = [[0.0, rate, rate] for rate in HIDDEN] + PLACES


def mean_losses(scores, targets):
    """Return the mean cross-entropy of each model: (num_models,)."""
    losses = cross_entropy(scores.mT, targets, reduction="none")
    return losses.mean(dim=1)


def accuracies(models, examples, labels):
    """Return the accuracy of each model: (num_models,)."""
    models.eval()
    with torch.no_grad():
        right = models(examples).argmax(dim=-1) == labels
    models.train()
    return right.double().mean(dim=1).cpu()


# %%
# 训练 | Training
# ---------------
# 每二十轮量一次。怎样公平地比较？不用丢弃法的网络很快就学完了，用的要久一些。所以
# 每种设定都训练同样多轮，并各自取验证准确率最高的那一刻。这也就给了没有丢弃法的
# 网络及早停下来的机会。
#
# Measured every twenty epochs. What is a fair comparison? Without dropout the
# network is soon done, with dropout it takes longer. So each setting trains
# for as many epochs and takes the moment at which its validation accuracy is
# highest. This gives the network without dropout the chance to stop early.


def train(rates, sets, own, num_rounds=5):
    """Return train, valid and test accuracy, (num_rounds, 3, num_models)."""
    draws = torch.Generator().manual_seed(0)
    rates = torch.tensor([rates] * len(own))
    sizes = [sets[0][0].shape[1], 128, 128, 10]
    models = ParallelDropoutMLPs(sizes, rates=rates, generator=draws)
    models.to(sets[0][0].device)
    optimizer = torch.optim.Adam(models.parameters(), lr=2e-3)
    rounds = []
    for _ in range(num_rounds):
        fit_parallel(
            models,
            *sets[0],
            loss_fn=mean_losses,
            optimizer=optimizer,
            batch_size=50,
            num_epochs=20,
            generator=draws,
            own=own,
        )
        pools = [(sets[0][0][own], sets[0][1][own]), *sets[1:]]
        rounds.append(torch.stack([accuracies(models, *s) for s in pools]))
    return torch.stack(rounds)


# %%
# 每个种子看自己的 1,000 张照片，所有设定都看同样的。
#
# Each seed sees 1,000 photographs of its own, the same in all settings.

draws = torch.Generator().manual_seed(1)
order = torch.rand(num_seeds, len(small) - num_valid, generator=draws)
own = order.argsort(dim=1)[:, :num_train].to(device)
valid_set = small[-num_valid:], labels[-num_valid:]
sets = [(small, labels), valid_set, test_set]
curves = torch.stack([train(rates, sets, own) for rates in settings])
best = curves[:, :, 1].mean(dim=2).argmax(dim=1)  # round, by validation
tested = torch.stack([c[b, 2] for c, b in zip(curves, best, strict=True)])
fitted = curves[:, -1, 0]  # after the last epoch
gap = fitted - curves[:, -1, 2]
for row in zip(settings, best, tested, fitted, strict=True):
    rates, b, test, fit = row
    print(rates, 20 * (b + 1).item(), end=" ")
    print(f"{fit.mean():.3f} {test.mean():.4f} ± {test.std():.4f}")

# %%
# 结果 | The result
# -----------------
# 左：两个隐藏层用同一个丢弃率，训练准确率在最后一轮之后量。右：丢弃法放在不同的地方，测试准确率比不用时高
# 多少，逐个种子相减。三个数是输入、第一层、第二层的丢弃率。
#
# Left: both hidden layers at one rate; training accuracy is that after the
# last epoch. Right: dropout in different places,
# test accuracy less that without dropout, subtracted seed by seed. The three
# numbers are the rates of inputs, first and second layer.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.4), layout="constrained"
)
plot_spread(HIDDEN, fitted[:5], "s--", label="训练 | training", ax=left)
plot_spread(HIDDEN, tested[:5], "o-", label="测试 | test", ax=left)
left.set(
    xlabel="隐藏层的丢弃率 | dropout rate of the hidden layers",
    ylabel="准确率（比例） | accuracy (fraction)",
)
left.legend()
gain = tested - tested[0]
error = 2 * gain.std(dim=1) / num_seeds**0.5
names = [", ".join(f"{rate:.1f}" for rate in rates) for rates in settings]
places = range(len(PLACES))
right.errorbar(
    gain.mean(dim=1)[5:], places, xerr=error[5:], fmt="C1s", capsize=3
)
right.axvline(0, color="k", lw=0.8)
right.set_yticks(places, names[5:])
right.invert_yaxis()
right.locator_params(axis="x", nbins=5)
right.set(
    xlabel="与不用丢弃法之差（比例） | difference from no dropout (fraction)",
    ylabel="三处的丢弃率 | rates in the three places",
)
fig.set_label(
    "左：丢弃率越大，训练准确率越低，测试准确率先升后降。右：四种放法与不用丢弃法的"
    "测试准确率之差"
    " | Left: with the rate the training accuracy falls, the test accuracy"
    " rises and then falls. Right: differences in test accuracy from no"
    " dropout for four ways to place it"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 两层各 0.4 时，每个种子的测试准确率都更高，最后一轮之后训练与测试的差距更小。
#
# With 0.4 in both layers each seed has a higher test accuracy, and after the
# last epoch a smaller gap between training and test.

if not data.stand_in:
    assert (gain[2] > 0).all()  # for each seed
    assert (gap[2] < gap[0]).all()
    assert gain[2].mean() > gain[4].mean()  # too much is worse
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "dropout_rates",
    {
        "none": tested[0],
        "moderate": tested[2],
        "strong": tested[4],
        "none_training": fitted[0],
        "moderate_training": fitted[2],
        "none_gap": gap[0],
        "moderate_gap": gap[2],
        "moderate_gain": (gain[2], ".4f"),
        "strong_gain": (gain[4], ".4f"),
        "inputs_gain": (gain[5], ".4f"),
        "first_gain": (gain[6], ".4f"),
        "second_gain": (gain[7], ".4f"),
        "everywhere_gain": (gain[8], ".4f"),
    },
    unit="fraction",
    over=over,
)
record("dropout_rates.none_epochs", 20 * (best[0] + 1), format=".0f")
record("dropout_rates.moderate_epochs", 20 * (best[2] + 1), format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 照片换成手写数字，只用 100 张训练，丢弃法还有好处吗？先猜。答案在
# :doc:`/generalization/dropout` 的练习里。
#
# Take handwritten digits instead, 100 of them for training. Does dropout
# still help? Guess first. The answer is among the exercises of
# :doc:`/generalization/dropout`.
