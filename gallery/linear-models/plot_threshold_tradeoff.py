r"""
少见的类别：准确率和 AUC 看不出的事 | Rare positives: what accuracy and AUC hide
================================================================================

一百笔付款里有一笔欺诈。从不报警的模型，准确率是 0.99；学过的模型，准确率也差不多
是这个数。把正常的付款删到一半对一半，ROC 曲线几乎不变，AUC 也就看不出欺诈有多
少见。精确率–召回率曲线却变得很多。

One payment in a hundred is fraud. A model that never raises an alarm has an
accuracy of 0.99, and a trained model has about the same. With normal payments
removed until the classes are equal, the ROC curve hardly changes, so AUC does
not show how rare fraud is. The precision–recall curve changes a lot.

**你需要** :doc:`/linear-models/classification-metrics` 里手算的十笔付款；
**你得到** 两条曲线在两种正例比例下的样子。

**You need** the ten payments worked by hand in
:doc:`/linear-models/classification-metrics`; **you get** both curves at two
shares of positives.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from d2lnotes.data import make_payments
from d2lnotes.metrics import (
    average_precision_score,
    roc_auc_score,
)
from d2lnotes.plotting import plot_precision_recall, plot_roc
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
SHARE = 0.01  # of the payments are fraud
NUM_SEEDS = 10

# %%
# 付款 | Payments
# ---------------
# 每笔付款有五个特征。正常的付款服从标准正态分布，欺诈的付款服从同样的分布，
# 只是每个特征平均高 0.9。真实的规律已知，所以能看出哪一步出了错。模型是逻辑回归，
# 用全部数据训练到收敛。
#
# A payment has five features. Those of normal payments are standard normal;
# those of fraud are, too, but 0.9 higher on average. Since the true law is
# known, we can tell which step goes wrong. The model is logistic regression,
# trained on all data until it has converged.


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


def balance(labels, generator):
    """Return the places of all frauds and of as many normal payments."""
    fraud, normal = labels.nonzero()[:, 0], (labels == 0).nonzero()[:, 0]
    order = torch.randperm(len(normal), generator=generator).to(labels.device)
    return torch.cat([fraud, normal[order[: len(fraud)]]])


# %%
# 一个阈值，三幅图 | One threshold, three pictures
# ------------------------------------------------
# 先取三成欺诈，图上才看得清。左：两类付款的得分，虚线是阈值，右边的报警。
# 中、右：阈值从右移到左，就走出 ROC 曲线和精确率–召回率曲线。圆点是左图的阈值。
#
# Here the share of fraud is 30%, so that both classes can be seen. Left: the
# scores of both classes; what lies to the right of the dashed threshold is
# flagged. Middle and right: as the threshold moves from right to left, it
# traces the ROC curve and the precision–recall curve. The dots belong to the
# threshold on the left.

generator = seed_everything(0)
features, labels = draw(20_000, 0.3, generator, device)
weights, bias = train(features, labels)
scores = features @ weights + bias
flagged, fraud = scores > 0, labels == 1
recall = ((flagged & fraud).sum() / fraud.sum()).item()
false_rate = ((flagged & ~fraud).sum() / (~fraud).sum()).item()
precision = ((flagged & fraud).sum() / flagged.sum()).item()

# %%
fig, axes = plt.subplots(ncols=3, figsize=(9.6, 3.4), layout="constrained")
bins = torch.linspace(-8, 7, 46)
words = ["正常 | normal", "欺诈 | fraud"]
for kind, color, hatch in [(0, "C0", ""), (1, "C1", "//")]:
    axes[0].hist(
        scores[labels == kind].cpu(),
        bins,
        color=color,
        alpha=0.6,
        hatch=hatch,
        label=words[kind],
    )
axes[0].axvline(0, color="k", ls="--", lw=2)
axes[0].set(
    xlabel="得分（logit） | score (logit)", ylabel="付款笔数 | payments"
)
axes[0].legend()
plot_roc(scores, labels, "C2", ax=axes[1])
axes[1].plot(false_rate, recall, "ko", ms=9)
plot_precision_recall(scores, labels, "C2", ax=axes[2])
axes[2].plot(recall, precision, "ko", ms=9)
axes[1].set_title("ROC")
axes[2].set_title("精确率–召回率 | precision–recall")
fig.set_label(
    "两类付款的得分分布和阈值，同一个阈值在 ROC 曲线和精确率–召回率曲线上的位置"
    " | The scores of both classes with a threshold, and the place of that "
    "threshold on the ROC curve and on the precision–recall curve"
)
plt.show()

# %%
# 百分之一是欺诈 | One in a hundred is fraud
# ------------------------------------------
# 现在欺诈只占 1%。每个种子抽一批付款用于训练，一批用于测试。对照：
# 同样的模型，同样的得分，只是从测试数据里随机删去正常的付款，直到一半对一半。
#
# Now 1% are fraud. Each seed draws one set of payments for training and one
# for testing. The control has the same model and the same scores. Normal
# payments are removed at random from the test data until the classes are
# equal.

count = on(device, cpu=40_000, cuda=400_000)
summary = {"accuracy": [], "never": [], "recall": []}
summary |= {"auc_1": [], "auc_50": [], "ap_1": [], "ap_50": []}
for seed in range(NUM_SEEDS):
    generator = seed_everything(seed)
    weights, bias = train(*draw(count, SHARE, generator, device))
    features, labels = draw(count, SHARE, generator, device)
    scores = features @ weights + bias
    equal = balance(labels, generator)
    summary["accuracy"].append(((scores > 0) == labels).float().mean())
    summary["never"].append((labels == 0).float().mean())
    summary["recall"].append((scores[labels == 1] > 0).float().mean())
    for percent, part in [(1, slice(None)), (50, equal)]:
        pair = scores[part], labels[part]
        summary[f"auc_{percent}"].append(roc_auc_score(*pair))
        summary[f"ap_{percent}"].append(average_precision_score(*pair))
summary = {name: torch.stack(list_).cpu() for name, list_ in summary.items()}
for name, numbers in summary.items():
    print(f"{name:9} {numbers.mean():.4f} ± {numbers.std():.4f}")

# %%
# ROC 曲线的两个坐标各自在一类之内计算，所以与两类的比例无关。精确率却要把两类的
# 个数放在一起比。
#
# Each coordinate of the ROC curve is computed within one class, so the shares
# of the classes do not matter. Precision compares numbers from both classes.

fig, axes = plt.subplots(ncols=2, figsize=(8.4, 4.2), layout="constrained")
for style, part, name in [("C0-", slice(None), "1%"), ("C1--", equal, "50%")]:
    pair = scores[part], labels[part]
    words = f"欺诈占 {name} | fraud: {name}"
    plot_roc(*pair, style, label=words, ax=axes[0])
    plot_precision_recall(*pair, style, label=words, ax=axes[1])
axes[0].legend(loc="lower right")
axes[1].legend(loc="center right")
fig.set_label(
    "同样的得分：欺诈占 1% 和 50% 时 ROC 曲线几乎重合，精确率–召回率曲线相差很远"
    " | The same scores: with 1% and with 50% of fraud the ROC curves nearly "
    "coincide, the precision–recall curves lie far apart"
)
plt.show()

difference = summary["auc_1"] - summary["auc_50"]
error = difference.std() / NUM_SEEDS**0.5
assert difference.mean().abs() < 3 * error  # no difference beyond chance
assert (summary["ap_50"] > summary["ap_1"] + 0.4).all()
assert (summary["accuracy"] - summary["never"]).abs().max() < 0.005

# %%
# 课文引用下面这些数。
#
# The page quotes the following numbers.

record_all(
    "threshold_tradeoff",
    summary,
    over=f"{NUM_SEEDS} 个随机种子 | {NUM_SEEDS} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 由 ROC 曲线上的一点和正例的比例 :math:`\pi`，就能算出精确率。由一半对一半的测试
# 数据上的那条 ROC 曲线，算出欺诈占 1% 时的精确率，与真的去量的比一比。
#
# A point of the ROC curve and the share :math:`\pi` of positives give the
# precision. From the ROC curve of the test data with equal classes, compute
# the precision at 1% of fraud, and compare it with the measured one.

flagged = scores > -5  # a probability of 0.007
recall = flagged[equal][labels[equal] == 1].float().mean()
false_rate = flagged[equal][labels[equal] == 0].float().mean()
share = labels.float().mean()
computed = share * recall / (share * recall + (1 - share) * false_rate)
measured = labels[flagged].float().mean()
print(f"computed {computed:.3f}, measured {measured:.3f}")
assert (computed / measured - 1).abs() < 0.3

# %%
# 两个数相差不大。差来自偶然：各半的测试数据里只有几百笔正常的付款，
# 由它们量出的假阳性率有误差。
#
# The two are close. They differ by chance: the test data with equal classes
# hold a few hundred normal payments, and the false positive rate measured on
# them has an error.
