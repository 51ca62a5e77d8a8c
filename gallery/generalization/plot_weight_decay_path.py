r"""
那个实验里，衰减除掉了起点 | In that experiment decay removed the start
=========================================================================

教材里演示权重衰减，常用这个设定：20 个样本，200 个输入。不衰减时测试损失约 98，
:math:`\lambda = 3` 时约 0.080。我们重做一遍，再做一个对照：让权重从 0 出发。

Textbooks like to show weight decay with 20 examples of 200 inputs. Without
decay the test loss is about 98, and with :math:`\lambda = 3` about 0.080. We
repeat this and add a control: weights that start at 0.

**你需要** :doc:`/generalization/weight-decay` 里的更新公式；
**你得到** 这个实验的解释，和衰减真正帮得上忙的设定。

**You need** the update rule of :doc:`/generalization/weight-decay`; **you
get** an explanation of this experiment, and a setting in which decay helps.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_spread
from d2lnotes.regularization import ridge
from d2lnotes.results import record_all

NUM_INPUTS, WEIGHT, BIAS, NOISE = 200, 0.01, 0.05, 0.01
num_seeds = 20

# %%
# 数据和训练 | Data and training
# ------------------------------
# 真值是 :math:`y = 0.05 + \sum_{j=1}^{200} 0.01\,x_j + \varepsilon`，输入服从
# 标准正态分布，噪声 :math:`\varepsilon` 的标准差是 0.01。每个种子有自己的数据，
# 所有种子一起算。损失是误差平方的一半的平均。输入是标准正态的，所以新数据上的损失
# 有公式，不必抽测试集：
#
# The truth is :math:`y = 0.05 + \sum_{j=1}^{200} 0.01\,x_j + \varepsilon`,
# with standard normal inputs and noise :math:`\varepsilon` of standard
# deviation 0.01. Each seed has data of its own, and all are computed at once.
# The loss is the mean of half the squared errors. As the inputs are standard
# normal, there is a formula for the loss on new data, and no need for a test
# set:
#
# .. math:: \tfrac12 \left(\lVert \mathbf{w} - \mathbf{w}^* \rVert_2^2
#           + (b - b^*)^2 + 0.01^2\right)


def make_data(num_seeds, n):
    """Return inputs (seeds, n, 200) and targets (seeds, n)."""
    draws = torch.Generator().manual_seed(n)
    X = torch.randn(num_seeds, n, NUM_INPUTS, generator=draws)
    noise = NOISE * torch.randn(num_seeds, n, generator=draws)
    return X, WEIGHT * X.sum(dim=2) + BIAS + noise


def new_loss(w, b):
    """Return the expected loss on new data: (seeds, 200), (seeds,)."""
    off = (w - WEIGHT).square().sum(dim=-1) + (b - BIAS).square()
    return (off + NOISE**2) / 2


# %%
# 训练照着公布的代码：学习率 0.003，每批 5 个样本，100 轮。
#
# Training follows the published code: a learning rate of 0.003, batches of 5
# and 100 epochs.


def train(X, y, decay, start, num_epochs=100, lr=0.003):
    """Return the losses on training and on new data: (epochs + 1, seeds)."""
    draws = torch.Generator().manual_seed(1)
    w = start * torch.randn(len(X), NUM_INPUTS, generator=draws)
    b = torch.zeros(len(X))
    fitted, fresh = [], []
    for _ in range(num_epochs + 1):
        errors = (X @ w[..., None])[..., 0] + b[:, None] - y
        fitted.append(errors.square().mean(dim=1) / 2)
        fresh.append(new_loss(w, b))
        order = torch.rand(y.shape, generator=draws).argsort(dim=1)
        for rows in order.split(5, dim=1):  # batches of 5
            batch = X[torch.arange(len(X))[:, None], rows]
            error = (batch @ w[..., None])[..., 0] + b[:, None]
            error = error - y.gather(1, rows)
            slope = (error[:, None] @ batch)[:, 0] / 5
            w = (1 - lr * decay) * w - lr * slope
            b = b - lr * error.mean(dim=1)
    return torch.stack(fitted), torch.stack(fresh)


# %%
# 公布的设定和对照 | The published setting and the control
# --------------------------------------------------------
# 公布的代码让权重从标准正态的随机数出发。真正的权重都是 0.01，所以起点的长度是真值
# 的一百倍。20 个样本只管得住 200 个方向里的 20 个，其余的方向上没有梯度，权重一直
# 留在起点。衰减每一步把它们乘以 :math:`1 - 0.003 \times 3`，400 步以后剩下 2.7%。
#
# The published code starts the weights at standard normal numbers. The true
# weights are all 0.01, so the start is a hundred times as long as the truth.
# Twenty examples determine 20 of the 200 directions. Along the others there
# is no gradient, and the weights stay where they started. Decay multiplies
# them by :math:`1 - 0.003 \times 3` at each step, which leaves 2.7% after 400
# steps.

X, y = make_data(num_seeds, 20)
runs = {
    (decay, start): train(X, y, decay, start)
    for decay in (0.0, 3.0)
    for start in (1.0, 0.0)
}
fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.2), sharey=True, layout="constrained"
)
titles = ["起点随机 | random start", "起点是零 | start at zero"]
for ax, start, title in zip(axes, (1.0, 0.0), titles, strict=True):
    for decay, color in ((0.0, "C0"), (3.0, "C3")):
        fitted, fresh = runs[decay, start]
        ax.plot(fitted.mean(dim=1), color, ls=":", lw=2)
        ax.plot(fresh.mean(dim=1), color, lw=3, label=f"$λ = {decay:g}$")
    ax.set(yscale="log", xlabel="轮 | epoch", title=title)
axes[0].set_ylabel("损失 | loss")
axes[0].legend()
fig.set_label(
    "左：权重从随机数出发，不衰减时新数据上的损失停在 90 左右，衰减时降到 0.1"
    "以下；右：从零出发，两条线都在 0.01 附近，几乎重合。点线是训练损失"
    " | Left: from a random start the loss on new data stays near 90 without"
    " decay and falls below 0.1 with it. Right: from a start at zero both are"
    " near 0.01 and nearly coincide. Dotted: training loss"
)
plt.show()
for (decay, start), (fitted, fresh) in runs.items():
    print(decay, start, f"{fitted[-1].mean():.1e} {fresh[-1].mean():.4f}")

# %%
# 什么时候 λ 要紧 | When λ matters
# --------------------------------
# 现在直接求出每个 :math:`\lambda` 的解，不经过训练。样本先是 20 个，然后是 200 个，
# 与权重一样多。如果把真正的权重看成从标准差 0.01 的正态分布里抽出来的，最好的
# :math:`\lambda` 应该是 :math:`0.01^2 / (n \cdot 0.01^2) = 1/n`。
#
# Now we compute the solution for each :math:`\lambda` directly, without
# training. First there are 20 examples, then 200, as many as weights. If the
# true weights are regarded as draws from a normal distribution of standard
# deviation 0.01, the best :math:`\lambda` should be
# :math:`0.01^2 / (n \cdot 0.01^2) = 1/n`.


def ridge_losses(X, y, decays):
    """Return the loss on new data for each decay and seed."""
    centers, means = X.mean(dim=1), y.mean(dim=1)
    rows = []
    for decay in decays.tolist():
        w = torch.stack(
            [
                ridge(inputs - center, targets - mean, decay=decay)
                for inputs, targets, center, mean in zip(
                    X, y, centers, means, strict=True
                )
            ]
        )
        rows.append(new_loss(w, means - (w * centers).sum(dim=1)))
    return torch.stack(rows)  # (decays, seeds)


decays = torch.logspace(-4, 1, 16)
sweeps = {20: ridge_losses(X, y, decays)}
sweeps[200] = ridge_losses(*make_data(num_seeds, 200), decays)
best = {n: decays[losses.mean(dim=1).argmin()] for n, losses in sweeps.items()}

# %%
fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
styles = {20: "C0o-", 200: "C1s-"}
for n, losses in sweeps.items():
    label = f"{n} 个样本 | {n} examples"
    plot_spread(decays, losses, styles[n], label=label, ax=ax)
    ax.axvline(1 / n, color=styles[n][:2], ls="--")
guess = NUM_INPUTS * WEIGHT**2 / 2  # what answering the mean costs
ax.axhline(guess, color="0.5", ls=":")
ax.set(
    xscale="log",
    yscale="log",
    xlabel=r"$\lambda$",
    ylabel="新数据上的损失 | loss on new data",
)
ax.legend()
fig.set_label(
    "新数据上的损失随 λ 的变化：20 个样本时很平；200 个样本时两头高，最低处靠近预言的"
    "虚线 | Loss on new data against λ: flat with 20 examples; with 200 it is"
    " high at both ends, and the lowest place is near the predicted dashed"
    " line"
)
plt.show()
print(best)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 起点是零的时候，:math:`\lambda = 3` 带来的变化不到一成。200 个样本时，最好的
# :math:`\lambda` 与预言相差不到一倍，损失比几乎不衰减时小得多。
#
# From a start at zero, :math:`\lambda = 3` changes the loss by less than a
# tenth. With 200 examples the best :math:`\lambda` is within a factor of 2 of
# the prediction, and the loss is far below that with almost no decay.

last = {key: (run[0][-1], run[1][-1]) for key, run in runs.items()}
assert last[0.0, 1.0][1].mean() > 100 * last[3.0, 1.0][1].mean()
gain = 1 - last[3.0, 0.0][1].mean() / last[0.0, 0.0][1].mean()
assert 0 < gain < 0.1
assert 1 / 400 < best[200] < 1 / 100
least, none = sweeps[200].mean(dim=1).min(), sweeps[200][0].mean()
assert least < none / 3
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "weight_decay_path",
    {
        "random_none_training": (last[0.0, 1.0][0], ".0e"),
        "random_none": (last[0.0, 1.0][1], ".0f"),
        "random_three_training": (last[3.0, 1.0][0], ".0e"),
        "random_three": last[3.0, 1.0][1],
        "zero_none": (last[0.0, 0.0][1], ".4f"),
        "zero_three": (last[3.0, 0.0][1], ".4f"),
    },
    over=over,
)
record_all(
    "weight_decay_path",
    {
        "best_few": (best[20], ".2g"),
        "best_many": (best[200], ".2g"),
        "many_none": (none, ".4f"),
        "many_best": (least, ".4f"),
        "zero_gain": (gain, ".1%"),
        "few_range": (sweeps[20][0].mean() / sweeps[20].mean(1).min(), ".2f"),
        "mean_guess": (guess, ".3f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 让权重从随机数出发，:math:`\lambda = 3`，训练 400 轮而不是 100 轮。新数据上的损失
# 会到哪里？先用 :math:`(1 - 0.009)^{1600}` 估计起点还剩多少。
#
# Start at random numbers with :math:`\lambda = 3` and train for 400 epochs
# in place of 100. Where does the loss on new data go? First estimate by
# :math:`(1 - 0.009)^{1600}` how much of the start is left.

longer = train(X, y, 3.0, 1.0, num_epochs=400)[1][-1].mean()
print(f"{longer:.4f}")
assert longer < last[3.0, 1.0][1].mean() / 5
