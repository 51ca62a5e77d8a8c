r"""
验证集挑中的，测试集认可 | What validation chose holds on the test
===================================================================

一个完整的项目，照片分成三份：训练、验证、上了锁的测试。先定基线，然后每次只改一处。三个
种子的验证分数都升高，才留下这一处。最后用全部有标签的照片重新训练，测试集只打一次分。对照
是基线，也就是像素上的线性分类器。

A whole project, with photographs in three parts: for training, for validation,
and a locked test. First comes a baseline, then one change at a time. A change
is kept if the validation score rises for all three seeds. In the end training
starts anew on all photographs with labels, and the test set scores once. The
control is the baseline, a linear classifier of pixels.

**你需要** :doc:`/computer-vision/image-classification-project`；**你得到** 试验的记录、
混淆得最多的类别、一个提交文件，和一个测试分数。

**You need** :doc:`/computer-vision/image-classification-project`; **you get** a
log of trials, the classes most often confused, a file to submit, and one test
score.

近二十次训练，所以比别的脚本久。

It trains nearly twenty times, and so takes longer than other scripts.
"""

import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import torch

from d2lnotes.data import fetch_cifar10
from d2lnotes.models.ensemble import mean_log_probabilities
from d2lnotes.recipes import (
    Recipe,
    class_log_probabilities,
    train_recipe,
)
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.trials import (
    LockedTest,
    TrialLog,
    read_submission,
    write_submission,
)

device = select_device()
num_labelled, num_test = on(device, cpu=(7000, 3000), cuda=(50_000, 10_000))
num_epochs = on(device, cpu=4, cuda=30)
num_seeds = on(device, cpu=3, cuda=5)
SIDE = on(device, cpu=16, cuda=32)
data = fetch_cifar10(num_train=num_labelled, stand_in=True)
print(data)

# %%
# 划分 | The split
# ----------------
# 有标签的照片分成训练和验证，五比二。测试照片的标签交给 ``LockedTest``，以后只能问一次。
#
# Photographs with labels are divided into training and validation, five to
# two. The labels of the test go to ``LockedTest``, which answers once.

images = ((data.train_images - 0.47) / 0.25).to(device)
labels = data.train_labels.to(device)
num_train = 5 * len(labels) // 7
order = torch.randperm(len(labels), generator=seed_everything(0))
train, valid = order.split([num_train, len(labels) - num_train])
train, valid = train.to(device), valid.to(device)
test_images = ((data.test_images[:num_test] - 0.47) / 0.25).to(device)
locked = LockedTest(data.test_labels[:num_test])
print(len(train), len(valid), len(locked))

# %%
# 记录试验 | The log of trials
# ----------------------------
# ``Recipe`` 是一个做法的几处开关。网络有三个卷积层；宽度为 0 时就是线性分类器。在 CPU
# 上，照片缩小到 16 × 16。每次试验从当前最好的做法出发，只改一处。三个种子都升高，才留下。
#
# ``Recipe`` has the switches of a recipe. The network has three convolutions, and
# with a width of 0 it is a linear classifier. On a CPU photographs are shrunk to
# 16 by 16. Each trial starts from the best recipe so far and changes one thing,
# which is kept if the score rises for each seed.


def accuracy(scores, labels):
    """Return the share of photographs with the right class on top, by row."""
    return (scores.argmax(dim=-1) == labels).double().mean(dim=-1).cpu()


CHANGES = {
    "线性分类器（基线） | linear classifier (baseline)": {"width": 0},
    "小的卷积网络 | small convolutional network": {"width": 16},
    "学习率先升后降 | rate rises, then falls": {"falling": True},
    "训练时翻转 | flips in training": {"flips": True},
    "训练时裁剪 | crops in training": {"crops": True},
    "宽度 1.5 倍 | 1.5 times the width": {"width": 24},
}
recipe = Recipe(side=SIDE, num_epochs=num_epochs)
log, kept, chosen = TrialLog(), [], None
given = images[train], labels[train]
for name, difference in CHANGES.items():
    trial = replace(recipe, **difference)
    nets = [train_recipe(trial, *given, seed=k) for k in range(num_seeds)]
    scores = class_log_probabilities(nets, images[valid])
    log.add(name, accuracy(scores, labels[valid]))
    if not kept or (log.gains(name, kept[-1]) > 0).all():
        recipe, chosen = trial, nets
        kept.append(name)
print(log.table())

# %%
# 每个点是一个种子，空心的没有留下。
#
# A dot is a seed, and hollow ones were not kept.

fig, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
for place, name in enumerate(log.names()):
    face = "tab:blue" if name in kept else "none"
    rows = log.scores(name)
    style = {"ms": 9, "mec": "tab:blue", "mfc": face}
    ax.plot(rows, [place] * len(rows), "o", **style)
ax.set_yticks(range(len(log)), log.names(), size=12)
ax.invert_yaxis()
ax.set_xlabel("验证准确率（比例） | validation accuracy (fraction)", size=12)
ax.grid(axis="x", alpha=0.4)
fig.set_label(
    "六次试验的验证准确率，每个点是一个种子：线性分类器最低，小的卷积网络高得多，其余的"
    "改动带来的差别小一些，空心的没有留下"
    " | Validation accuracy of six trials, a dot for each seed: the linear"
    " classifier is lowest, the small convolutional network far higher, and"
    " further changes matter less; hollow ones were not kept"
)
plt.show()

# %%
# 错在哪里 | Where the errors are
# -------------------------------
# 在验证照片上看，不在测试照片上看。三个网络的概率取平均。若每个种子都因此升高，就连左右
# 翻转的照片也取平均。数一数哪两个类别互相混淆得最多，然后看几张照片。
#
# Look at validation photographs, not at those of the test. Average the
# probabilities of the networks, and those of mirror images, too, if that helps
# for each seed. Count which two classes are most often taken for each other, and
# look at some.

truth, held = labels[valid], images[valid]
ways = [
    class_log_probabilities(chosen, held, mirrored=m) for m in (False, True)
]
one, flipped = [accuracy(scores, truth) for scores in ways]
mirrored = bool((flipped > one).all())  # as for the other changes
together = mean_log_probabilities(ways[mirrored])
joint = accuracy(together, truth)
print(f"one {one.mean():.3f}, flips {flipped.mean():.3f}, all {joint:.3f}")

# %%
# 数一数。
#
# Count.

guesses = together.argmax(dim=1)
confusion = torch.bincount(10 * truth + guesses, minlength=100).view(10, 10)
mixed = (confusion + confusion.T).triu(1).cpu()
first, second = divmod(mixed.argmax().item(), 10)
pair_share = mixed.max().item() / mixed.sum().item()
recalls = (confusion.diagonal() / confusion.sum(dim=1)).cpu()
print(data.class_names[first], data.class_names[second], f"{pair_share:.2f}")

# %%
# 上面一行是第一类被当成第二类，下面一行反过来。
#
# Above the first class is taken for the second, below it is the reverse.

fig, axes = plt.subplots(2, 5, figsize=(9, 4.4), layout="constrained")
for row, (is_a, said) in zip(
    axes, [(first, second), (second, first)], strict=True
):
    wrong = valid[(truth == is_a) & (guesses == said)][:5].cpu()
    for ax in row:
        ax.axis("off")
    for ax, i in zip(row, wrong.tolist(), strict=False):
        ax.imshow(data.train_images[i].permute(1, 2, 0))
    halves = [data.class_labels[k].split(" | ") for k in (is_a, said)]
    title = [" → ".join(pair) for pair in zip(*halves, strict=True)]
    row[2].set_title(" | ".join(title), size=14)
fig.set_label(
    "十张验证照片，混淆得最多的两类：上面一行的真实类别被认成下面一行的，下面一行反过来"
    " | Ten validation photographs of the two classes most often confused: in the"
    " upper row one is taken for the other, in the lower row it is the reverse"
)
plt.show()

# %%
# 一次测试 | One test
# -------------------
# 定下来以后，用全部有标签的照片重新训练，写下提交文件，读回来检查，再打分，只打一次。
#
# With all settled, train anew on all photographs with labels. Write the file to
# submit, read it back to check it, and score it, once.

final = [
    train_recipe(recipe, images, labels, seed=seed)
    for seed in range(num_seeds)
]
tests = class_log_probabilities(final, test_images, mirrored=mirrored)
answers = mean_log_probabilities(tests).argmax(dim=1).cpu()
ids = [f"{i:05d}.png" for i in range(len(answers))]
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "submission.csv"
    write_submission(path, ids, answers, class_names=data.class_names)
    handed_in = read_submission(path, ids, class_names=data.class_names)
score = locked.score(handed_in)
error = (score * (1 - score) / len(locked)) ** 0.5
print(f"test {score:.3f}, standard error {error:.3f}")

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 测试分数远高于基线，与验证分数相差不到几个标准误。
#
# The test score is far above the baseline and within a few standard errors of
# the validation score.

names = log.names()
baseline = log.scores(names[0])
assert torch.equal(handed_in, answers)
if data.stand_in:
    assert score > 0.9
else:
    assert score > baseline.max() + 0.1
    assert abs(score - joint) < 0.08
gain_keys = ("network", "falling", "flips", "crops", "wider")
gains = {}
for key, name in zip(gain_keys, names[1:], strict=True):
    before = [n for n in names[: names.index(name)] if n in kept][-1]
    gains[f"gain_{key}"] = (log.gains(name, before), ".3f")
record_all(
    "cifar_project",
    {
        "baseline": baseline,
        "chosen": one,
        "flipped": flipped,
        **gains,
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".3f",
)
record_all(
    "cifar_project_end",
    {
        "joint": joint,
        "test": score,
        "error": error,
        "pair_share": (pair_share, ".2f"),
        "best_class": (recalls.max(), ".2f"),
        "worst_class": (recalls.min(), ".2f"),
    },
    unit="fraction",
    format=".3f",
)
record("cifar_project_end.kept", len(kept), format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 再问一次测试集会怎样？
#
# What happens if the test set is asked again?

try:
    locked.score(handed_in)
except RuntimeError as problem:
    print(str(problem).partition(";")[0])
# The lock remembers its first answer and gives no second one.
assert len(locked) == len(handed_in)
