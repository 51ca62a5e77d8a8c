r"""
网络记得住随机的标签 | A network learns random labels by heart
===============================================================

把训练图片的标签换成抛骰子的结果，同一个网络照样能拟合，只要够宽。
它在新图片上的准确率取决于有多少标签是真的。

Replace the labels of training pictures by throws of dice. The same network
still fits them, if it is wide enough. Its accuracy on new pictures depends on
how many labels are true.

**你需要** :doc:`/multilayer-perceptrons/mlp-implementation`；**你得到**
量容量的一种办法。

**You need** :doc:`/multilayer-perceptrons/mlp-implementation`; **you get** a
way to measure capacity.
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
num_seeds = on(device, cpu=3, cuda=10)
n = 400

# %%
# 图片缩小到 :math:`7 \times 7`，取 400 张训练。
#
# Pictures are shrunk to :math:`7 \times 7`, and 400 of them train.


def small(images, device):
    """Return standardized pictures of 7 by 7 pixels: (n, 49)."""
    pooled = avg_pool2d(images, 4).flatten(1).to(device)
    return (pooled - pooled.mean()) / pooled.std()


def mean_losses(scores, targets):
    """Return the mean cross-entropy of each model: (num_models,)."""
    losses = cross_entropy(scores.mT, targets, reduction="none")
    return losses.mean(dim=1)


def accuracies(models, inputs, labels):
    """Return the accuracy of each model: (num_models,)."""
    with torch.no_grad():
        right = models(inputs).argmax(dim=-1) == labels
    return right.double().mean(dim=1).cpu()


inputs = small(data.train_images[:n], device)
labels = data.train_labels[:n].to(device)
test = small(data.test_images[:2000], device)
test_labels = data.test_labels[:2000].to(device)

# %%
# ``share`` 是换成随机标签的比例。
#
# ``share`` is the fraction of labels that are replaced at random.


def train(width, share, inputs, labels, num_seeds):
    """Return networks trained on partly random labels, and these labels."""
    draws = torch.Generator().manual_seed(0)
    random = torch.randint(10, labels.shape, generator=draws)
    chosen = torch.rand(labels.shape, generator=draws) < share
    mixed = torch.where(chosen, random, labels.cpu()).to(labels.device)
    models = ParallelMLPs(num_seeds, [49, width, 10], generator=draws)
    models.to(labels.device)
    fit_parallel(
        models,
        inputs,
        mixed,
        loss_fn=mean_losses,
        optimizer=torch.optim.Adam(models.parameters(), lr=0.01),
        batch_size=100,
        num_epochs=200,
        generator=draws,
    )
    return models, mixed


# %%
# 先变宽度，再变比例。
#
# First vary the width, then the share.

widths, shares = [4, 16, 64, 256], [0.0, 0.25, 0.5, 0.75, 1.0]
by_width = []
for width in widths:
    models, mixed = train(width, 1.0, inputs, labels, num_seeds)
    by_width.append(accuracies(models, inputs, mixed))
fitted, tested = [], []
for share in shares:
    models, mixed = train(256, share, inputs, labels, num_seeds)
    fitted.append(accuracies(models, inputs, mixed))
    tested.append(accuracies(models, test, test_labels))
by_width, fitted, tested = map(torch.stack, (by_width, fitted, tested))

# %%
# 左：随机标签，各种宽度。右：宽度 256，随机标签的比例不同。
#
# Left: random labels, several widths. Right: width 256, several shares.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.plot(widths, by_width.mean(dim=1), "C3o-")
left.set_xscale("log", base=2)
left.set(
    xlabel="隐藏单元 | hidden units",
    ylabel="随机标签上的训练准确率 | training accuracy on random labels",
)
label = "训练 | training"
right.plot(shares, fitted.mean(dim=1), "C0s-", label=label)
label = "测试，真标签 | test, true labels"
right.plot(shares, tested.mean(dim=1), "C1^--", label=label)
right.set(
    xlabel="随机标签的比例 | fraction of random labels",
    ylabel="准确率（比例） | accuracy (fraction)",
    ylim=(0, 1.05),
)
right.legend()
fig.set_label(
    "左：网络越宽，记住的随机标签越多；右：训练准确率一直接近 1，"
    "测试准确率随随机标签的比例下降"
    " | Left: wider networks learn more random labels by heart; right: training"
    " accuracy stays near 1, test accuracy falls with the fraction of random"
    " labels"
)
plt.show()
print(by_width.mean(dim=1), fitted.mean(dim=1), tested.mean(dim=1))
assert by_width[-1].min() > 0.95
assert by_width[0].max() < 0.7
assert fitted.min() > 0.95
assert tested[0].mean() > tested[-1].mean() + 0.4
record_all(
    "random_labels",
    {
        "narrow": by_width[0],
        "wide": by_width[-1],
        "true_training": fitted[0],
        "true_test": tested[0],
        "half_test": tested[2],
        "random_test": tested[-1],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 样本更多时，同样宽的网络还记得住随机的标签吗？答案在
# :doc:`/generalization/capacity` 的练习里。
#
# With more examples, does a network of the same width still learn random
# labels by heart? The answer is among the exercises of
# :doc:`/generalization/capacity`.
