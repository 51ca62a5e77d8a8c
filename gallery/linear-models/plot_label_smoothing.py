r"""
标签平滑不总是帮助校准 | Label smoothing does not always help calibration
=========================================================================

标签平滑使模型不那么有把握。如果模型本来太有把握，这是好事。如果模型的置信度
本来就合适，再压低就错了。同一个 softmax 回归，用 500 张照片训练时太有把握，平滑一点
有好处；用 50,000 张训练时并不，平滑反而有害。不用平滑，而在验证集上调一个温度，
两种情形都能改善，准确率一点也不变。

Label smoothing makes a model less sure of itself. That is good where it was
too sure, and bad where it was sure of itself to the right degree. The same
softmax regression is too sure when trained on 500 photographs, and a little
smoothing helps. Trained on 50,000 it is not, and smoothing does harm. To
choose a temperature on validation data instead helps in both cases and leaves
the accuracy exactly as it was.

**你需要** :doc:`/linear-models/softmax-regression` 里的标签平滑和温度；**你得到**
准确率、校准误差与平滑强度的关系，每一个都带有随机种子之间的散布。

**You need** label smoothing and temperature, from
:doc:`/linear-models/softmax-regression`; **you get** accuracy and calibration
error against the amount of smoothing, each with its spread between seeds.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy, one_hot

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_classes = len(data.class_names)
images = data.train_images.flatten(1).to(device)  # (n, d)
labels = data.train_labels.to(device)
tests = data.test_images.flatten(1).to(device)
truth = data.test_labels.to(device)
AMOUNTS = [0.0, 0.05, 0.1, 0.2, 0.3]  # of smoothing

# %%
# 五个模型一起训练 | Five models trained together
# ------------------------------------------------
# 五种平滑强度各有一个模型。它们看同样的批次，所以排成一个张量一起算：得分的形状是
# （张数，5，类别数）。损失是五个模型的损失之和。一个模型的参数不出现在另一个的
# 损失里，所以它们互不影响。
#
# There is a model for each of five amounts of smoothing. As they see the same
# batches, they are computed together in one tensor: the scores have the shape
# (pictures, 5, classes). The loss is the sum of the losses of the models. The
# parameters of one do not occur in the loss of another, so none affects
# another.


def scores_of(inputs, weight, bias):
    """Return the logits of all models, (batch, models, classes)."""
    return (inputs @ weight + bias).unflatten(1, (len(AMOUNTS), -1))


def smoothed(labels, num_classes):
    """Return the targets of all models, (batch, models, classes)."""
    amounts = torch.tensor(AMOUNTS, device=labels.device)[:, None]
    hard = one_hot(labels, num_classes)[:, None]  # (batch, 1, classes)
    return (1 - amounts) * hard + amounts / num_classes


# %%
# 训练用普通 SGD，批量 250，学习率 0.1。参数从 0 开始。
#
# Training is plain SGD with batches of 250 and a learning rate of 0.1. The
# parameters start at 0.


def train(images, labels, num_classes, num_steps, generator):
    """Return weights and biases of all models after so many steps."""
    size, like = len(AMOUNTS) * num_classes, {"device": images.device}
    weight = torch.zeros(images.shape[1], size, requires_grad=True, **like)
    bias = torch.zeros(size, requires_grad=True, **like)
    optimizer = torch.optim.SGD([weight, bias], lr=0.1)
    step = 0
    while step < num_steps:
        order = torch.randperm(len(labels), generator=generator)
        for batch in order.to(images.device).split(250):
            log_probs = scores_of(images[batch], weight, bias).log_softmax(-1)
            targets = smoothed(labels[batch], num_classes)
            loss = -(targets * log_probs).sum(dim=(1, 2)).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
    return weight.detach(), bias.detach()


# %%
# 校准误差 | The calibration error
# --------------------------------
# 模型给自己的答案的概率叫置信度。按置信度把测试照片分成十组：0 到 0.1，0.1 到
# 0.2，等等。在每一组里，平均置信度应当等于答对的比例，例如说 0.75 的，应当有四分之三
# 答对。两者之差的绝对值，按各组的张数加权平均，就是校准误差。0 最好。
#
# The probability that a model gives to its own answer is its confidence. Sort
# the test photographs by it into ten groups: 0 to 0.1, 0.1 to 0.2 and so on.
# In each group, the mean confidence should equal the fraction that is right:
# of the answers given with 0.75, three quarters should be right. The absolute
# difference of the two, averaged with the sizes of the groups as weights, is
# the calibration error. The best is 0.


def calibration_error(logits, truth, num_groups=10):
    """Return the calibration error of (n, classes) logits, a number."""
    confidence, answers = logits.softmax(dim=1).max(dim=1)
    right = (answers == truth).float()
    groups = (confidence * num_groups).long().clamp(max=num_groups - 1)
    excess = torch.zeros(num_groups, device=logits.device)
    excess.index_add_(0, groups, confidence - right)  # sums by group
    return excess.abs().sum().item() / len(truth)


def best_temperature(logits, truth):
    """Return the temperature of least loss, from a grid of 0.2 to 5."""
    grid = torch.logspace(-0.7, 0.7, 57).tolist()
    losses = [cross_entropy(logits / t, truth).item() for t in grid]
    return grid[losses.index(min(losses))]


# %%
# ``measure`` 给每个模型量四个数：准确率、校准误差、除以温度以后的校准误差、温度。
#
# ``measure`` takes four numbers of each model: accuracy, calibration error,
# calibration error after dividing by the temperature, and the temperature.


def measure(outputs, truth, valid_outputs, valid_labels):
    """Return a row of four numbers for each model."""
    rows = []
    pairs = zip(outputs.unbind(1), valid_outputs.unbind(1), strict=True)
    for logits, valid_logits in pairs:
        temperature = best_temperature(valid_logits, valid_labels)
        right = (logits.argmax(dim=1) == truth).float().mean().item()
        raw = calibration_error(logits, truth)
        cooled = calibration_error(logits / temperature, truth)
        rows.append([right, raw, cooled, temperature])
    return rows


# %%
# 两种训练集 | Two training sets
# ------------------------------
# 一种只有 500 张，另一种是 50,000 张，其余的一万张作验证集。种子决定哪些照片归入
# 哪一边，也决定批次的次序。温度在验证集上选，测试集不参与。
#
# One has only 500 photographs, the other 50,000, and the remaining 10,000 are
# the validation set. The seed decides which photographs go where, and the
# order of the batches. The temperature is chosen on the validation set, and
# the test set has no part in it.

num_valid = len(labels) // 6
sizes = {"few": 100 if data.stand_in else 500, "many": len(labels) - num_valid}
num_steps = {"few": 2500, "many": 1200}
num_seeds = on(device, cpu=3, cuda=10)
measured = {}
for name, size in sizes.items():
    runs = []
    for seed in range(num_seeds):
        generator = torch.Generator().manual_seed(seed)
        order = torch.randperm(len(labels), generator=generator).to(device)
        valid, chosen = order[:num_valid], order[num_valid:][:size]
        seen = images[chosen], labels[chosen]
        learned = train(*seen, num_classes, num_steps[name], generator)
        outputs = scores_of(tests, *learned)
        valid_outputs = scores_of(images[valid], *learned)
        runs.append(measure(outputs, truth, valid_outputs, labels[valid]))
    measured[name] = torch.tensor(runs)  # (seeds, models, 4)

# %%
# 结果 | The result
# -----------------
# 左图：500 张时，平滑 0.05 使校准误差变小，再多就变大。右图：50,000 张时，任何平滑
# 都使它变大。虚线是再用验证集上选的温度去除得分：不管平滑多少，误差都很小，
# 包括不平滑的。带子是随机种子之间的标准差。
#
# Left: with 500 photographs a smoothing of 0.05 lowers the calibration error,
# and more raises it. Right: with 50,000 any smoothing raises it. Dashed: the
# scores divided by a temperature chosen on the validation set. Then the error
# is small whatever the smoothing, also without any. The bands are standard
# deviations between seeds.

fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
styles = {
    1: ("C0o-", "不调温度 | as trained"),
    2: ("C1s--", "调过温度 | with temperature"),
}
for ax, (name, table) in zip(axes, measured.items(), strict=True):
    for column, (style, label) in styles.items():
        mean, spread = table[..., column].mean(0), table[..., column].std(0)
        ax.plot(AMOUNTS, mean, style, label=label)
        color = style[:2]
        low, high = mean - spread, mean + spread
        ax.fill_between(AMOUNTS, low, high, color=color, alpha=0.2)
    size = f"{sizes[name]:,}"
    ax.set(
        title=f"{size} 张照片 | {size} photographs",
        xlabel="平滑 ε | smoothing ε",
        ylim=(0, 0.3),
    )
axes[0].set_ylabel("校准误差 | calibration error")
axes[0].legend(loc="upper left")
fig.set_label(
    "两种训练集的校准误差随平滑强度的变化，调温度之前和之后"
    " | Calibration error against smoothing for two training sets, before "
    "and after a temperature"
)
plt.show()

# %%
# 准确率：平滑没有使它提高，在小训练集上反而略降。除以温度不改变得分的次序，所以
# 准确率与实线完全相同，不必再画。
#
# Accuracy: smoothing did not raise it, and on the small training set lowered
# it a little. Dividing by a temperature leaves the order of the scores and
# hence the accuracy as it was, so there is no second line.

fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for name, style in (("few", "C2o-"), ("many", "C3s-")):
    mean, spread = (
        measured[name][..., 0].mean(0),
        measured[name][..., 0].std(0),
    )
    size = f"{sizes[name]:,}"
    label = f"{size} 张 | {size} photographs"
    ax.errorbar(AMOUNTS, mean, spread, fmt=style, capsize=3, label=label)
ax.set(
    xlabel="平滑 ε | smoothing ε",
    ylabel="测试准确率（比例） | test accuracy (fraction)",
)
ax.legend()
fig.set_label(
    "两种训练集的测试准确率随平滑强度的变化"
    " | Test accuracy against smoothing for two training sets"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每个论断都在各个种子上成对比较，差别应当大于它的三个标准误。替身的测试集只有
# 355 张，所以只断言最大的差别：平滑 0.3 使大训练集的校准误差变大。
#
# Each claim compares the seeds in pairs, and the difference should exceed
# three of its standard errors. The stand-in has only 355 test pictures, so
# only the largest difference is asserted: a smoothing of 0.3 raises the
# calibration error of the large training set.


def is_above(high, low):
    """Return whether ``high`` exceeds ``low`` by three standard errors."""
    gap = high - low
    return gap.mean() > 3 * gap.std() / len(gap) ** 0.5


few, many = measured["few"], measured["many"]
assert is_above(many[:, 4, 1], many[:, 0, 1])
if not data.stand_in:
    assert is_above(few[:, 0, 1], few[:, 1, 1])  # 0.05 helps the few
    assert is_above(many[:, 1, 1], many[:, 0, 1])  # and harms the many
    assert is_above(few[:, 0, 1], few[:, 0, 2])  # temperature helps both
    assert is_above(many[:, 0, 1], many[:, 0, 2])
    assert is_above(few[:, 0, 0], few[:, 4, 0])  # accuracy falls

rows = {"plain": 0, "smooth_005": 1, "smooth_01": 2, "smooth_03": 4}
results = {}
for name, table in measured.items():
    for row, index in rows.items():
        results[f"accuracy_{name}_{row}"] = table[:, index, 0]
        results[f"error_{name}_{row}"] = table[:, index, 1]
    results[f"error_{name}_temperature"] = table[:, 0, 2]
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all("label_smoothing", results, unit="fraction", over=over)
temperatures = {
    f"temperature_{name}": table[:, 0, 3] for name, table in measured.items()
}
record_all("label_smoothing", temperatures, over=over, format=".2f")
for key, value in (results | temperatures).items():
    print(f"{key:26} {value.mean():.3f} ± {value.std():.3f}")

# %%
# 练习 | Exercise
# ---------------
# 校准误差看不出置信度是太高还是太低。改 ``calibration_error``，使它返回平均
# 置信度减去准确率。哪些模型得正数？答案在 :doc:`/linear-models/softmax-implementation`
# 的练习里。
#
# The calibration error does not tell whether confidence is too high or too
# low. Change ``calibration_error`` so that it returns the mean confidence
# minus the accuracy. For which models is it positive? The answer is among the
# exercises of :doc:`/linear-models/softmax-implementation`.
