r"""
宽而丢弃，还是窄而不丢 | Wide with dropout or narrow without
============================================================

常说：宽的网络加上丢弃法，胜过窄的网络不加。这里混着两件事：宽度和丢弃法。本脚本
把它们分开，四种宽度，各自用与不用丢弃法，训练的计算量都一样。

It is often said that a wide network with dropout beats a narrow one without.
This mixes two things, width and dropout. This script takes them apart: four
widths, each with and without dropout, and as much computation for training
in each case.

**你需要** :doc:`/generalization/dropout`；**你得到** 测试准确率与宽度的关系，
用与不用丢弃法，以及两种作用各有多大。

**You need** :doc:`/generalization/dropout`; **you get** the test accuracy
against width, with and without dropout, and how much each of the two brings.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.dropout import ParallelDropoutMLPs
from d2lnotes.models.mlp import fit_parallel
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
small = avg_pool2d(data.train_images, 2).flatten(1).to(device)  # 14 by 14
labels = data.train_labels.to(device)
test_set = avg_pool2d(data.test_images, 2).flatten(1).to(device)
test_set = test_set, data.test_labels.to(device)
num_train = 600 if data.stand_in else 2000
num_valid = 300 if data.stand_in else 4000
num_seeds = on(device, cpu=4, cuda=10)
WIDTHS = [64, 128, 256, 512]
RATES = [0.0, 0.5]

# %%
# 同样的计算量 | The same computation
# -----------------------------------
# 一张照片的乘加次数与隐藏单元的个数成正比。宽度减半，轮数就加倍：64 个单元的
# 网络最多训练 320 轮，512 个单元的 40 轮。在这个预算里，每种设定取验证准确率
# 最高的那一刻。量的次数都是八次。
#
# The multiply-adds for a photograph are proportional to the number of hidden
# units. Half the width, twice the epochs: a network of 64 units trains for up
# to 320 epochs, one of 512 for 40. Within this budget each setting takes the
# moment of its highest validation accuracy. It is measured eight times.


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
# 训练一种设定的所有种子。
#
# Train all seeds of one setting.


def train(width, rate, sets, own, num_rounds=8):
    """Return validation and test accuracy, (num_rounds, 2, num_models)."""
    draws = torch.Generator().manual_seed(0)
    rates = torch.tensor([[0.0, rate]] * len(own))
    sizes = [sets[0][0].shape[1], width, 10]
    models = ParallelDropoutMLPs(sizes, rates=rates, generator=draws)
    models.to(sets[0][0].device)
    optimizer = torch.optim.Adam(models.parameters(), lr=3e-3)
    rounds = []
    for _ in range(num_rounds):
        fit_parallel(
            models,
            *sets[0],
            loss_fn=mean_losses,
            optimizer=optimizer,
            batch_size=100,
            num_epochs=2560 // width,
            generator=draws,
            own=own,
        )
        rounds.append(torch.stack([accuracies(models, *s) for s in sets[1:]]))
    return torch.stack(rounds)


# %%
# 每个种子看自己的 2,000 张照片，所有设定都看同样的。
#
# Each seed sees 2,000 photographs of its own, the same in all settings.

draws = torch.Generator().manual_seed(1)
order = torch.rand(num_seeds, len(small) - num_valid, generator=draws)
own = order.argsort(dim=1)[:, :num_train].to(device)
valid_set = small[-num_valid:], labels[-num_valid:]
sets = [(small, labels), valid_set, test_set]
tested = torch.zeros(len(RATES), len(WIDTHS), num_seeds)
for i, rate in enumerate(RATES):
    for j, width in enumerate(WIDTHS):
        curve = train(width, rate, sets, own)
        best = curve[:, 0].mean(dim=1).argmax()
        tested[i, j] = curve[best, 1]
        epochs = (best.item() + 1) * 2560 // width
        print(rate, width, epochs, f"{tested[i, j].mean():.4f}", curve[-1, 1])

# %%
# 结果 | The result
# -----------------
# 左：测试准确率与宽度，带子是种子之间的标准差。右：同一个宽度，用丢弃法减去不用，
# 逐个种子相减，横线是两个标准误。
#
# Left: test accuracy against width, with bands of one standard deviation over
# seeds. Right: with dropout less without at one width, seed by seed, with
# lines of two standard errors.

gain = tested[1] - tested[0]  # (widths, seeds)
error = 2 * gain.std(dim=1) / num_seeds**0.5
fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.3), layout="constrained"
)
names = ["不用丢弃法 | without dropout", "丢弃率 0.5 | dropout rate 0.5"]
for i, style in enumerate(["s--", "o-"]):
    plot_spread(WIDTHS, tested[i], style, label=names[i], ax=left)
right.errorbar(WIDTHS, gain.mean(dim=1), yerr=error, fmt="C2s-", capsize=3)
right.axhline(0, color="k", lw=0.8)
for ax in (left, right):
    ax.set_xscale("log", base=2)
    ax.set_xticks(WIDTHS, [f"{width:,}" for width in WIDTHS])
    ax.set_xlabel("隐藏单元的个数 | number of hidden units")
left.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
right.set_ylabel("丢弃法带来的差（比例） | gain by dropout (fraction)")
left.legend()
fig.set_label(
    "左：四种宽度的测试准确率，用与不用丢弃法；右：同一宽度上丢弃法带来的差"
    " | Left: test accuracy at four widths with and without dropout; right:"
    " what dropout brings at each width"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 最宽的加丢弃法，每个种子都胜过最窄的不加。
#
# The widest with dropout beats the narrowest without for each seed.

both = tested[1, -1] - tested[0, 0]
if not data.stand_in:
    assert (both > 0).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "wide_dropout",
    {
        "narrow_without": tested[0, 0],
        "narrow_with": tested[1, 0],
        "wide_without": tested[0, -1],
        "wide_with": tested[1, -1],
        "middle_with": tested[1, -2],
        "both_gain": (both, ".4f"),
        "width_gain": (tested[0, -1] - tested[0, 0], ".4f"),
        "dropout_gain_narrow": (gain[0], ".4f"),
        "dropout_gain_wide": (gain[-1], ".4f"),
        "half_gain": (tested[1, -1] - tested[0, -2], ".4f"),
    },
    unit="fraction",
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 丢弃率 0.5 时，512 个单元里每一步平均有 256 个参加。它与 256 个单元不用丢弃法的
# 相比呢？答案在 :doc:`/generalization/dropout` 里。
#
# At a rate of 0.5, 256 of 512 units take part in a step on average. How does
# it compare with 256 units without dropout? The answer is in
# :doc:`/generalization/dropout`.
