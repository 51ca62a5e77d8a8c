r"""
代价决定阈值，概率要校准 | Costs choose the threshold of calibrated probabilities
=================================================================================

一次漏报的代价是一次误报的 :math:`r` 倍。概率可信时，最好的阈值不用试，算就行：
:math:`1/(1 + r)`。它与在留出数据上量出的阈值差不多好。对照是一个在各占一半的
数据上训练的模型：它把付款排得同样好，概率却偏大，用同一个公式就要付出多得多的
代价。

A miss costs :math:`r` times as much as a false alarm. If probabilities can be
trusted, the best threshold need not be searched for: it is
:math:`1/(1 + r)`. It is about as good as a threshold measured on held-out
data. The control is a model trained on equal classes. It orders payments just
as well, but its probabilities are too large, and the same formula costs far
more.

**你需要** :doc:`/linear-models/classification-metrics` 里的代价公式；
**你得到** 公式与测量的比较，和公式失灵的一种情形。

**You need** the formula for costs of
:doc:`/linear-models/classification-metrics`; **you get** a comparison of
formula and measurement, and a case in which the formula fails.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from d2lnotes.data import make_payments
from d2lnotes.metrics import roc_auc_score, roc_curve
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
SHARE = 0.01  # of the payments are fraud
NUM_SEEDS = 10
PRICES = [1, 3, 10, 30, 100]  # of a miss, in false alarms

# %%
# 付款和模型 | Payments and the model
# -----------------------------------
# 数据和逻辑回归与 :doc:`plot_threshold_tradeoff` 里的相同：五个特征，
# 欺诈的每个特征平均高 0.9。
#
# Data and logistic regression are those of :doc:`plot_threshold_tradeoff`:
# five features, each 0.9 higher on average for fraud.


def draw(count, share, generator, device):
    """Return payments on ``device``: features (count, 5), labels (count,)."""
    drawn = make_payments(count, fraud_share=share, generator=generator)
    return [part.to(device) for part in drawn]


def train(features, labels):
    """Fit a logistic regression and return its weights and bias."""
    weights = torch.zeros(5, device=features.device, requires_grad=True)
    bias = torch.zeros(1, device=features.device, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights, bias], max_iter=15)

    def loss():
        optimizer.zero_grad()
        logits = features @ weights + bias
        value = binary_cross_entropy_with_logits(logits, labels.float())
        value.backward()
        return value

    optimizer.step(loss)
    return weights.detach(), bias.detach()


# %%
# 每个种子抽三批付款：训练、选阈值、测试。对照的模型只看一部分训练数据：
# 全部欺诈，和同样多的正常付款。
#
# Each seed draws three sets of payments: for training, for choosing
# thresholds and for testing. The control model sees a part of the training
# data: all frauds and as many normal payments.

count = on(device, cpu=40_000, cuda=400_000)
runs, areas = [], torch.zeros(2, NUM_SEEDS)  # (models, seeds)
for seed in range(NUM_SEEDS):
    generator = seed_everything(seed)
    learn, choose, test = (
        draw(count, SHARE, generator, device) for _ in "123"
    )
    order = learn[1].argsort(descending=True)  # fraud comes first
    equal = order[: 2 * learn[1].sum()]
    models = train(*learn), train(learn[0][equal], learn[1][equal])
    for number, (weights, bias) in enumerate(models):
        chosen, tested = (part[0] @ weights + bias for part in (choose, test))
        areas[number, seed] = roc_auc_score(tested, test[1])
        curve = roc_curve(chosen, choose[1])
        runs.append((number, seed, curve, tested, test[1]))
print("AUC:", areas.mean(dim=1))

# %%
# 代价决定阈值 | Costs choose the threshold
# -----------------------------------------
# 一次误报的代价是 1，一次漏报的代价是 :math:`r`。如果概率 :math:`p` 可信，
# 报警的期望代价是 :math:`1 - p`，不报警的是 :math:`rp`，所以
# :math:`p > 1/(1 + r)` 时该报警。下面把这个阈值，与在第二批付款上量出的最好的阈值，
# 放到测试数据上比较代价。对照是用一半对一半的数据训练的模型：它的次序同样好，
# 概率却偏大，同一个公式就不适用。
#
# A false alarm costs 1 and a miss costs :math:`r`. If the probability
# :math:`p` can be trusted, an alarm has the expected cost :math:`1 - p` and
# no alarm has :math:`rp`, so :math:`p > 1/(1 + r)` calls for an alarm. We
# compare this threshold with the best one measured on the second set of
# payments, by their costs on the test data. The control is the model trained
# on equal classes. It orders payments just as well, but its probabilities are
# too large, and the formula does not hold for it.


def costs(curve, share, price):
    """Return the cost at each threshold of an ROC curve; share of positives."""
    false_rate, recall, _ = curve
    return (1 - share) * false_rate + price * share * (1 - recall)


def cost_at(probability, scores, labels, price):
    """Return the mean cost of flagging what reaches a probability."""
    flagged = scores.sigmoid() >= probability
    missed = ~flagged & (labels == 1)
    return (
        flagged & (labels == 0)
    ).float().mean() + price * missed.float().mean()


best = torch.zeros(2, len(PRICES), NUM_SEEDS)  # (models, prices, seeds)
paid = torch.zeros(2, 3, len(PRICES), NUM_SEEDS)  # (models, rules, ...)
for model, seed, curve, tested, labels in runs:
    for row, price in enumerate(PRICES):
        lowest = costs(curve, SHARE, price).argmin()
        measured = curve.thresholds[lowest].sigmoid().item()
        best[model, row, seed] = measured
        for rule, threshold in enumerate([0.5, 1 / (1 + price), measured]):
            found = cost_at(threshold, tested, labels, price)
            paid[model, rule, row, seed] = found

# %%
# 左：量出的最好的阈值，阴影是各个种子的一个标准差，点线是公式
# :math:`1/(1 + r)`。右：测试数据上的代价。
#
# Left: the best threshold measured, with one standard deviation over the
# seeds shaded; the formula :math:`1/(1 + r)` is dotted. Right: the costs on
# the test data.

fig, axes = plt.subplots(ncols=2, figsize=(9.4, 4), layout="constrained")
axes[0].plot(PRICES, [1 / (1 + r) for r in PRICES], "k:", label="$1/(1+r)$")
kinds = ["校准的 | calibrated", "训练数据各半 | trained on equal classes"]
for model, style in enumerate(["C0o-", "C3s--"]):
    plot_spread(PRICES, best[model], style, label=kinds[model], ax=axes[0])
for model, rule, style, name in [
    (0, 0, "C7D-.", "阈值 0.5 | threshold 0.5"),
    (0, 1, "C0o-", "由公式 | by the formula"),
    (0, 2, "C2^:", "量出来的 | measured"),
    (1, 1, "C3s--", "各半，由公式 | equal classes, by the formula"),
]:
    plot_spread(PRICES, paid[model, rule], style, label=name, ax=axes[1])
for ax in axes:
    ax.set(xscale="log", xlabel="漏报的代价 $r$ | price $r$ of a miss")
    ax.legend(fontsize=8)
axes[0].set(ylabel="最好的阈值 | best threshold", ylim=(0, 1.02))
axes[1].set(yscale="log", ylabel="每笔付款的代价 | cost per payment")
fig.set_label(
    "左：最好的阈值随漏报的代价下降，校准的模型与公式相符；右：四种阈值的代价"
    " | Left: the best threshold falls with the price of a miss and agrees with "
    "the formula if the model is calibrated. Right: costs of four thresholds"
)
plt.show()

# %%
# 公式的代价与量出的阈值相比，多不了多少；没有校准的模型用公式，代价大得多。
# 问题只在概率：用量出的阈值，它与校准的模型差不多。
#
# The formula costs hardly more than the measured threshold. For the model
# that is not calibrated it costs far more. Nothing but its probabilities is
# to blame: with a measured threshold it is about as good as the other model.

half, formula, measured = paid[0].mean(dim=2)  # (prices,)
print("formula / measured:", formula / measured)
print("formula / 0.5:", formula / half)
print("equal classes, formula / calibrated:", paid[1, 1].mean(dim=1) / formula)
print("equal classes, measured:", paid[1, 2].mean(dim=1) / measured)
assert (formula < 1.03 * measured).all()
assert (formula[2:] < 0.9 * half[2:]).all()  # from r = 10 on
assert (paid[1, 1].mean(dim=1) > 1.2 * formula).all()
assert (paid[1, 2].mean(dim=1) < 1.1 * measured).all()

# %%
# 课文引用下面这些数。
#
# The page quotes the following numbers.

record_all(
    "cost_threshold",
    {
        "best_at_10": best[0, 2],
        "best_at_10_equal": best[1, 2],
        "cost_half_30": paid[0, 0, 3],
        "cost_formula_30": paid[0, 1, 3],
        "cost_measured_30": paid[0, 2, 3],
        "cost_equal_30": paid[1, 1, 3],
    },
    over=f"{NUM_SEEDS} 个随机种子 | {NUM_SEEDS} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 用各半的数据训练的模型，概率偏大，因为它以为欺诈占一半。哪一个数能改正它？
# 由贝叶斯公式，几率要乘以 :math:`0.01/0.99`，也就是从 logit 里减去
# :math:`\ln 99`。改正以后公式又能用了吗？
#
# The model trained on equal classes gives probabilities that are too large,
# for it takes half of the payments for fraud. Which number corrects it? By
# Bayes' formula the odds are multiplied by :math:`0.01/0.99`, which means to
# subtract :math:`\ln 99` from the logit. Does the formula hold then?

*_, logits, labels = runs[-1]  # of the model trained on equal classes
corrected = logits - torch.tensor(99.0).log()
before = cost_at(1 / 31, logits, labels, 30)
after = cost_at(1 / 31, corrected, labels, 30)
print(f"cost at r = 30: before {before:.3f}, after {after:.3f}")
assert after < 0.5 * before
