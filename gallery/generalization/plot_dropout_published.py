r"""
大步子盖住了丢弃法的作用 | Large steps hide what dropout does
=============================================================

教材常用 60,000 张照片、训练十轮、学习率 0.5 来演示丢弃法，却不给出不用它的对照。
本脚本两样都做：同样的网络 784-256-256-10，一次用 0.2 和 0.5 的丢弃率，一次不用。
准确率每轮上下跳，看不出谁好。所以再用小十倍的学习率走一轮，跳动就没有了。

Textbooks often demonstrate dropout by ten epochs on 60,000 photographs at a
learning rate of 0.5, and leave out the control without it. This script runs
both: the same network 784-256-256-10, once with rates of 0.2 and 0.5 and once
without. The accuracy jumps from epoch to epoch, and neither is seen to be
better. So one more epoch is taken with a learning rate ten times smaller, and
the jumps are gone.

**你需要** :doc:`/generalization/dropout`；**你得到** 与公布的数的比较，以及对照。

**You need** :doc:`/generalization/dropout`; **you get** a comparison with
published figures, and the control.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.dropout import ParallelDropoutMLPs
from d2lnotes.models.mlp import fit_parallel
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
images = data.train_images.flatten(1).to(device)
labels = data.train_labels.to(device)
tests = data.test_images.flatten(1).to(device)
truth = data.test_labels.to(device)
num_seeds = on(device, cpu=2, cuda=10)
num_epochs = 10

# %%
# 训练 | Training
# ---------------
# 前一半的网络不用丢弃法，后一半用。所有网络放在一起算，每轮量一次。最后多走一轮，
# 学习率是 0.05。
#
# The first half of the networks goes without dropout, the second half with
# it. All are computed together and measured after each epoch. One more epoch
# follows with a learning rate of 0.05.


def mean_losses(scores, targets):
    """Return the mean cross-entropy of each model: (num_models,)."""
    losses = cross_entropy(scores.mT, targets, reduction="none")
    return losses.mean(dim=1)


def measure(models, examples, labels):
    """Return loss and accuracy of each model in evaluation mode, (2, n)."""
    models.eval()
    with torch.no_grad():
        scores = models(examples)
    models.train()
    targets = labels.expand(scores.shape[:2])
    right = (scores.argmax(dim=-1) == targets).float().mean(dim=1)
    return torch.stack([mean_losses(scores, targets), right]).cpu()


# %%
# 每个种子两个网络，一个不用丢弃法，一个用。
#
# There are two networks for each seed, one without dropout and one with it.

rates = torch.tensor(
    [[0.0, 0.0, 0.0]] * num_seeds + [[0, 0.2, 0.5]] * num_seeds
)
draws = torch.Generator().manual_seed(0)
models = ParallelDropoutMLPs([784, 256, 256, 10], rates=rates, generator=draws)
models.to(device)
optimizer = torch.optim.SGD(models.parameters(), lr=0.5)
seen, held_out = [], []
for epoch in range(num_epochs + 1):
    if epoch == num_epochs:  # one more, with small steps
        optimizer.param_groups[0]["lr"] = 0.05
    fit_parallel(
        models,
        images,
        labels,
        loss_fn=mean_losses,
        optimizer=optimizer,
        batch_size=256,
        num_epochs=1,
        generator=draws,
    )
    seen.append(measure(models, images[:5000], labels[:5000]))
    held_out.append(measure(models, tests, truth))
# (loss or accuracy, without or with dropout, seeds, epochs)
seen = torch.stack(seen, dim=-1).unflatten(1, (2, num_seeds))
held_out = torch.stack(held_out, dim=-1).unflatten(1, (2, num_seeds))

# %%
# 结果 | The result
# -----------------
# 实线是测试集，虚线是训练过的 5,000 张，都在评估模式下量。前十轮的学习率是 0.5，
# 竖线之后的一轮是 0.05。
#
# Solid lines are the test set, dashed lines 5,000 photographs trained on, both
# in evaluation mode. The learning rate is 0.5 for ten epochs, and 0.05 for the
# one after the vertical line.

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
epochs = range(1, num_epochs + 2)
titles = ["不用丢弃法 | without dropout", "丢弃率 0.2, 0.5 | rates 0.2, 0.5"]
for i, (ax, title) in enumerate(zip(axes, titles, strict=True)):
    for part, style in ((seen, "--"), (held_out, "-")):
        label = "训练 | training" if part is seen else "测试 | test"
        lines = ax.plot(epochs, part[1, i].T, f"C{i}{style}")
        lines[0].set_label(label)
    ax.axvline(num_epochs + 0.5, color="0.6", lw=0.8)
    ax.set(title=title, xlabel="轮数 | epoch", ylim=(0.7, 0.93))
    ax.legend(loc="lower right")
axes[0].set_ylabel("准确率（比例） | accuracy (fraction)")
fig.set_label(
    "60,000 张照片上的训练和测试准确率，用与不用丢弃法：前十轮上下跳，最后一轮的小步子"
    "之后两者相近"
    " | Training and test accuracy on 60,000 photographs with and without"
    " dropout: they jump for ten epochs, and after the small steps of the last"
    " one the two are close"
)
plt.show()
tenth, last = held_out[1, :, :, -2], held_out[1, :, :, -1]
gap = seen[1, :, :, -1] - last
jump = held_out[1, :, :, 4:-1].std(dim=-1)  # over epochs 5 to 10
gain = last[1] - last[0]
print(tenth, last, gap, jump, gain)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 小步子之后，两者相差不到一个百分点，比大步子时轮与轮之间的跳动小。
#
# After the small steps the two differ by less than a percentage point, and by
# less than the jumps between epochs of large steps.

if not data.stand_in:
    assert gain.abs().max() < 0.01
    assert gain.mean().abs() < jump.mean()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "dropout_published",
    {
        "without_tenth": tenth[0],
        "with_tenth": tenth[1],
        "without": last[0],
        "with": last[1],
        "without_gap": gap[0],
        "with_gap": gap[1],
        "gain": (gain, ".4f"),
    },
    unit="fraction",
    over=over,
)
record_all(
    "dropout_published",
    {"jump": jump.flatten()},
    unit="fraction",
    over=f"{2 * num_seeds} 次训练 | {2 * num_seeds} runs",
)

# %%
# 练习 | Exercise
# ---------------
# 只用 2,000 张照片，训练 300 轮，其余不变。两种网络的训练与测试之差各是多少？
# :doc:`/generalization/dropout` 里有一个相近的实验。
#
# Take 2,000 photographs and 300 epochs and leave the rest. What are the gaps
# between training and test of the two networks?
# :doc:`/generalization/dropout` has a similar experiment.
