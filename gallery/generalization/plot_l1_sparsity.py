r"""
L1 的零来自近端步 | The zeros of L1 come from the proximal step
=================================================================

L1 惩罚使许多权重恰好等于 0。可是把 :math:`\lambda \lVert w \rVert_1` 加进损失，
用普通的 SGD 训练，一个零也得不到。每一步末尾改用软阈值，零就出现了。我们也看 L1
什么时候比 L2 好，什么时候不如 L2。

The L1 penalty makes many weights exactly 0. Yet if
:math:`\lambda \lVert w \rVert_1` is added to the loss and plain SGD is used,
there is not a single zero. With a soft threshold at the end of each step they
appear. We also look at when L1 beats L2, and when it does not.

**你需要** :doc:`/generalization/weight-decay` 里的软阈值；
**你得到** 两种训练里零的个数，和两种真值下的误差。

**You need** the soft threshold of :doc:`/generalization/weight-decay`; **you
get** the number of zeros in two ways of training, and the errors for two
kinds of truth.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting import plot_spread
from d2lnotes.regularization import ProximalSGD, ridge, soft_threshold
from d2lnotes.results import record_all

NUM_EXAMPLES, NUM_INPUTS, NOISE = 60, 100, 0.5
num_seeds = 20

# %%
# 两种真值 | Two kinds of truth
# -----------------------------
# 60 个样本，100 个输入。稀疏的真值有 5 个权重是 1，其余是 0。稠密的真值有 100 个
# 权重，每个都是 :math:`\pm\sqrt{0.05}`。两种真值的长度相同。
#
# There are 60 examples of 100 inputs. The sparse truth has 5 weights of 1 and
# 0 for the rest. The dense truth has 100 weights of :math:`\pm\sqrt{0.05}`.
# Both are equally long.


def make_truth(kind, draws):
    """Return the true weights: (100,)."""
    if kind == "sparse":
        return (torch.arange(NUM_INPUTS) < 5).float()
    signs = torch.randint(0, 2, (NUM_INPUTS,), generator=draws) * 2 - 1
    return signs * 0.05**0.5


def make_data(kind, seed):
    """Return inputs (60, 100), targets (60,) and true weights (100,)."""
    draws = torch.Generator().manual_seed(seed)
    X = torch.randn(NUM_EXAMPLES, NUM_INPUTS, generator=draws)
    truth = make_truth(kind, draws)
    noise = NOISE * torch.randn(NUM_EXAMPLES, generator=draws)
    return X, X @ truth + noise, truth


# %%
# 两种训练 | Two ways to train
# ----------------------------
# 同样的数据、批次、学习率和 :math:`\lambda`。一边把惩罚放进损失，另一边用近端步。
# 每一轮数一次恰好等于 0 的权重。
#
# Data, batches, learning rate and :math:`\lambda` are the same. One side has
# the penalty in its loss, the other takes proximal steps. After each epoch we
# count the weights that are exactly 0.


def train(X, y, proximal, l1=0.2, lr=0.01, num_epochs=200):
    """Return the zeros after each epoch, and the weights at the end."""
    draws = torch.Generator().manual_seed(1)
    w = (0.1 * torch.randn(NUM_INPUTS, generator=draws)).requires_grad_()
    plain = torch.optim.SGD([w], lr=lr)
    optimizer = ProximalSGD([w], lr=lr, l1=l1) if proximal else plain
    zeros = []
    for _ in range(num_epochs):
        order = torch.randperm(NUM_EXAMPLES, generator=draws)
        for rows in order.split(20):
            loss = (X[rows] @ w - y[rows]).square().mean() / 2
            if not proximal:
                loss = loss + l1 * w.abs().sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        zeros.append((w == 0).sum().item())
    return zeros, w.detach()


X, y, truth = make_data("sparse", 0)
zeros, weights = {}, {}
for name, proximal in (("proximal", True), ("plain", False)):
    zeros[name], weights[name] = train(X, y, proximal)

# %%
# 左边是零的个数。右边把权重的绝对值从大到小排列，用对数刻度：普通 SGD 的小权重在
# 0 的附近来回跳，跳的大小约是 :math:`\eta\lambda = 0.002`，碰不到 0。
#
# On the left the number of zeros. On the right the sizes of the weights from
# large to small on a logarithmic scale. The small weights of plain SGD jump
# to and fro around 0 by about :math:`\eta\lambda = 0.002` and do not hit it.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), layout="constrained"
)
labels = {"proximal": "近端步 | proximal", "plain": "普通 SGD | plain SGD"}
styles = {"proximal": "C3-", "plain": "C0--"}
for name, label in labels.items():
    left.plot(zeros[name], styles[name], lw=3, label=label)
    sizes = weights[name].abs().sort(descending=True).values
    right.plot(range(1, 101), sizes, styles[name], lw=3)
left.set(xlabel="轮 | epoch", ylabel="恰好是 0 的权重 | weights exactly 0")
right.axhline(0.002, color="0.5", ls=":")
right.set(
    yscale="log",
    ylim=(1e-5, 3),
    xlabel="按大小的名次 | rank by size",
    ylabel="权重的绝对值 | size of the weight",
)
left.legend()
fig.set_label(
    "左：近端步很快得到大半的零，普通 SGD 一个也没有；右：近端步的权重在二三十个之后"
    "恰好是零，普通 SGD 的小权重停在千分之几以下"
    " | Left: proximal steps soon have more than half zeros, plain SGD none."
    " Right: beyond some twenty or thirty the weights of proximal steps are"
    " zero, and the small ones of plain SGD stay below a few thousandths"
)
plt.show()
print({name: counts[-1] for name, counts in zeros.items()})

# %%
# L1 什么时候更好 | When L1 is better
# -----------------------------------
# 两种惩罚都直接求解，各试 12 个 :math:`\lambda`。误差是
# :math:`\lVert \mathbf{w} - \mathbf{w}^* \rVert_2^2`，也就是新数据上无噪声的均方
# 误差；两种真值的长度的平方都是 5，所以全猜 0 的误差是 5。
#
# Both penalties are solved directly, with 12 values of :math:`\lambda` each.
# The error is :math:`\lVert \mathbf{w} - \mathbf{w}^* \rVert_2^2`, the mean
# squared error on new data without noise. The squared length of either truth
# is 5, so weights of 0 have the error 5.


def lasso(X, y, l1, num_steps=600):
    """Return the weights with the least mean loss and L1 penalty: (seeds, d).

    Each seed has its own examples, X (seeds, n, d) and y (seeds, n).
    """
    n = X.shape[1]
    lr = n / torch.linalg.matrix_norm(X, 2)[:, None] ** 2
    w = torch.zeros(len(X), X.shape[2])
    for _ in range(num_steps):
        off = (X @ w[..., None])[..., 0] - y
        w = soft_threshold(w - lr * (off[:, None] @ X)[:, 0] / n, lr * l1)
    return w


# %%
# 两种惩罚用同样的数据和同样的 :math:`\lambda`。
#
# Both penalties get the same data and the same values of :math:`\lambda`.


def errors(kind, decays, num_seeds):
    """Return the errors of L1 and L2: (decays, seeds) each."""
    sets = [make_data(kind, seed) for seed in range(num_seeds)]
    X, y, truth = (torch.stack(part) for part in zip(*sets, strict=True))
    rows = {"L1": [], "L2": []}
    for decay in decays.tolist():
        by_ridge = [ridge(X, y, decay=decay) for X, y, _ in sets]
        found = {"L1": lasso(X, y, decay), "L2": torch.stack(by_ridge)}
        for name, w in found.items():
            rows[name].append((w - truth).square().sum(dim=1))
    return {name: torch.stack(row) for name, row in rows.items()}


decays = torch.logspace(-2, 1, 12)
by_truth = {
    kind: errors(kind, decays, num_seeds) for kind in ("sparse", "dense")
}

# %%
fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.2), sharey=True, layout="constrained"
)
titles = ["稀疏的真值 | sparse truth", "稠密的真值 | dense truth"]
for ax, kind, title in zip(axes, by_truth, titles, strict=True):
    plot_spread(decays, by_truth[kind]["L1"], "C3o-", label="L1", ax=ax)
    plot_spread(decays, by_truth[kind]["L2"], "C0s-", label="L2", ax=ax)
    ax.axhline(5, color="0.5", ls=":")
    ax.set(xscale="log", xlabel=r"$\lambda$", title=title, ylim=(0, 8))
axes[0].set_ylabel("误差 | error")
axes[1].legend()
fig.set_label(
    "误差随 λ 的变化：真值稀疏时 L1 的最低点低得多；真值稠密时 L2 的最低点较低"
    " | Error against λ: for the sparse truth L1 has a far lower minimum, for"
    " the dense truth L2 has the lower one"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 两种惩罚都取自己最好的 :math:`\lambda`，逐个种子相减。
#
# Each penalty takes its own best :math:`\lambda`. We subtract seed by seed.

assert zeros["proximal"][-1] > 50
assert max(zeros["plain"]) == 0
best = {
    (kind, name): row[row.mean(dim=1).argmin()]
    for kind, rows in by_truth.items()
    for name, row in rows.items()
}
for kind, sign in (("sparse", 1), ("dense", -1)):
    gain = sign * (best[kind, "L2"] - best[kind, "L1"])
    assert gain.mean() > 2 * gain.std() / num_seeds**0.5
record_all(
    "l1_sparsity",
    {f"{kind}_{name.lower()}": row for (kind, name), row in best.items()},
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)
record_all(
    "l1_sparsity",
    {
        "zeros_proximal": zeros["proximal"][-1],
        "zeros_plain": zeros["plain"][-1],
        "large_proximal": (weights["proximal"] != 0).sum().item(),
        "true_found": (weights["proximal"][:5] != 0).sum().item(),
    },
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 用普通 SGD 训练之后，把绝对值小于 0.01 的权重都改成 0。这样得到的零，与近端步的
# 零是同一些吗？这样做有什么不方便？
#
# After plain SGD set all weights smaller than 0.01 in size to 0. Are these
# the zeros of the proximal steps? What is inconvenient about it?

cut = weights["plain"].abs() < 0.01
same = (cut == (weights["proximal"] == 0)).sum().item()
print(f"{same} of {NUM_INPUTS} agree")  # the limit had to be chosen by eye
assert same > 80
