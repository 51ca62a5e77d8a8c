r"""
特征要在每一折里挑 | Select features inside each fold
======================================================

数据全是噪声，标签是抛硬币。先用全部样本挑出与标签最相关的 20 个特征，再做
5 折交叉验证，准确率却远高于一半，候选的特征越多越高。把挑选放进每一折里，
准确率就回到一半。

The data are pure noise, and the labels are tosses of a coin. Select the 20
features that go best with the labels, using all examples, and then cross-
validate with 5 folds: the accuracy is far above one half, and the more
candidates there were, the higher it is. With the selection inside each fold it
returns to one half.

**你需要** :doc:`/generalization/model-selection` 里的 k 折交叉验证；
**你得到** 泄漏有多大，以及它随候选特征的个数怎样增长。

**You need** cross-validation from :doc:`/generalization/model-selection`;
**you get** the size of this leak, and how it grows with the number of
candidate features.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device
from d2lnotes.splits import k_fold_indices

device = select_device()
num_trials = on(device, cpu=40, cuda=400)
n, num_kept = 50, 20

# %%
# 挑选和分类 | Select and classify
# --------------------------------
# 分数高的特征，两类的平均数相差大。分类器取离得近的那一类的平均点，它没有
# 需要调的东西。
#
# A feature scores high if the means of the two classes are far apart. The
# classifier takes the class whose mean point is nearer. It has nothing to
# tune.


def class_means(X, y):
    """Return the mean point of each class: (2, d)."""
    return torch.stack([X[y == 0].mean(dim=0), X[y == 1].mean(dim=0)])


def select(X, y, num_kept):
    """Return the columns whose class means are farthest apart."""
    zero, one = class_means(X, y)
    return (zero - one).abs().topk(num_kept).indices


def accuracy(train_X, train_y, valid_X, valid_y):
    """Return the accuracy of the nearest class mean."""
    centers = class_means(train_X, train_y)
    nearest = torch.cdist(valid_X, centers).argmin(dim=1)
    return (nearest == valid_y).double().mean().item()


# %%
# 三种做法 | Three ways
# ---------------------
# ``leaking`` 先挑，再分折。``honest`` 在每一折里只用训练的部分来挑。
# ``fresh`` 是对照：用全部样本挑选和训练，再用同样来源的新样本评判。
#
# ``leaking`` selects first and then makes folds. ``honest`` selects in each
# fold, from its training part. ``fresh`` is a control: it selects and trains
# on all examples and is judged by new ones from the same source.


def three_accuracies(d, seed, n, num_kept, device):
    """Return the accuracies of the three ways on one set of noise."""
    draws = torch.Generator().manual_seed(seed)
    X = torch.randn(n, d, generator=draws).to(device)
    new_X = torch.randn(200, d, generator=draws).to(device)
    y = (torch.arange(n) % 2).to(device)
    new_y = (torch.arange(200) % 2).to(device)
    chosen = select(X, y, num_kept)
    leaking, honest = [], []
    for train, valid in k_fold_indices(n, 5, generator=draws):
        rows = X[train][:, chosen], y[train], X[valid][:, chosen], y[valid]
        leaking.append(accuracy(*rows))
        inside = select(X[train], y[train], num_kept)
        rows = X[train][:, inside], y[train], X[valid][:, inside], y[valid]
        honest.append(accuracy(*rows))
    fresh = accuracy(X[:, chosen], y, new_X[:, chosen], new_y)
    return [sum(leaking) / 5, sum(honest) / 5, fresh]


candidates = [20, 50, 100, 200, 500, 1000, 2000]
results = torch.tensor(
    [
        [
            three_accuracies(d, seed, n, num_kept, device)
            for seed in range(num_trials)
        ]
        for d in candidates
    ]
)  # (candidates, trials, ways)

# %%
# 候选只有 20 个时没有什么可挑，三种做法相同，这是另一个对照。
#
# With 20 candidates there is nothing to choose, and the three ways agree. This
# is another control.

fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
for way, (label, style) in enumerate(
    [
        ("先挑后分折 | select, then fold", "C3o-"),
        ("每一折里挑 | select in each fold", "C0s--"),
        ("新样本 | new examples", "C2^:"),
    ]
):
    plot_spread(candidates, results[:, :, way], style, label=label, ax=ax)
ax.axhline(0.5, color="k", lw=0.8, ls=":")
ax.set_xscale("log")
ax.set_xticks(candidates, [str(d) for d in candidates])
ax.minorticks_off()
ax.set(
    xlabel="候选特征的个数 | number of candidate features",
    ylabel="准确率（比例） | accuracy (fraction)",
)
ax.legend()
fig.set_label(
    "噪声数据上的准确率：先挑后分折的随候选个数升到接近 1，另外两条留在一半"
    " | Accuracy on noise: selecting before the folds climbs towards 1 with the"
    " number of candidates, the other two stay at one half"
)
plt.show()
print(results.mean(dim=1))

# %%
# 断言与记录 | Claims and records
# -------------------------------

leaking, honest, fresh = results.unbind(dim=2)  # (candidates, trials)
assert (leaking.mean(dim=1).diff() > 0).all()
assert leaking[-1].mean() > 0.9
assert (fresh.mean(dim=1) - 0.5).abs().max() < 0.03
assert (honest.mean(dim=1) - 0.5).abs().max() < 0.06
over = f"{num_trials} 批噪声 | {num_trials} sets of noise"
record_all(
    "kfold_leakage",
    {
        "leaking_20": leaking[0],
        "leaking_200": leaking[3],
        "leaking_2000": leaking[-1],
        "honest_2000": honest[-1],
        "fresh_2000": fresh[-1],
    },
    unit="fraction",
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 如果挑选的规则不看标签，例如取方差最大的 20 个特征，先挑后分折还会漏吗？
# 先猜，答案在 :doc:`/generalization/model-selection` 的练习里。
#
# Suppose the rule does not look at the labels, and takes the 20 features of
# largest variance. Does selecting before the folds still leak? Guess first.
# The answer is among the exercises of :doc:`/generalization/model-selection`.
