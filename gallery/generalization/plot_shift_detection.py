r"""
查得出的偏移不一定有害 | A shift that is found need not do harm
===============================================================

训练一个分类器，去分辨旧图片和新图片。分得出，说明输入变了。可是输入变了，
衣服的分类就会变差吗？没有变，就安全吗？我们用七种变化，
把“分得出多少”和“准确率降了多少”放在一起看。

Train a classifier to tell old pictures from new ones. If it can, the inputs
have changed. But does a change of the inputs make the classifier of clothes
worse? And is it safe if nothing changed? We make seven changes and put beside
each other how well they are found and how far the accuracy falls.

**你需要** :doc:`/generalization/distribution-shift` 里的三种偏移，
:doc:`/linear-models/classification-metrics` 里的 AUC；**你得到** 每种变化的
AUC 和准确率，以及一个查不出的变化。

**You need** the three kinds of shift of
:doc:`/generalization/distribution-shift` and AUC from
:doc:`/linear-models/classification-metrics`; **you get** the AUC and the
accuracy of each change, and one that goes unnoticed.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import (
    avg_pool2d,
    binary_cross_entropy_with_logits,
    cross_entropy,
)

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.metrics import roc_auc_score
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

torch.set_num_threads(1)  # the products are small
device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=20)

# %%
# 七种变化 | Seven changes
# ------------------------
# 每个函数拿一批图片和标签，返回变化以后的。``same`` 什么也不变，是对照。
# ``speck`` 在左上角加一粒灰尘。``fewer`` 去掉前三类的九成，这是标签偏移。
# ``renamed`` 不动图片，只改标签的意思：第 0 类和第 6 类互换，这是概念偏移。
#
# Each function takes pictures and labels and returns the changed ones.
# ``same`` changes nothing and is the control. ``speck`` puts a grain of dust
# into the upper left corner. ``fewer`` drops nine tenths of the first three
# classes, a label shift. ``renamed`` leaves the pictures and changes what the
# labels mean: classes 0 and 6 trade places, a concept shift.


def same(images, labels):
    """Change nothing."""
    return images, labels


def speck(images, labels):
    """Put a gray speck into the upper left corner."""
    images = images.clone()
    images[:, :, :2, :2] = 0.5
    return images, labels


def darker(images, labels):
    """Halve the brightness."""
    return 0.5 * images, labels


def moved(images, labels):
    """Move each picture three pixels down."""
    down = torch.zeros_like(images)
    down[:, :, 3:] = images[:, :, :-3]
    return down, labels


# %%
# 下面三种：噪声改变每个像素，另外两种一张图片也不改。
#
# Three more: noise changes all pixels, and the other two change no picture.


def noisy(images, labels):
    """Add noise of standard deviation 0.2 to each pixel."""
    noise = torch.randn(images.shape, generator=torch.Generator())
    return (images + 0.2 * noise.to(images.device)).clamp(0, 1), labels


def fewer(images, labels):
    """Drop nine tenths of the classes 0, 1 and 2."""
    keep = (labels > 2) | (torch.arange(len(labels)).to(labels) % 10 == 0)
    return images[keep], labels[keep]


def renamed(images, labels):
    """Let the labels 0 and 6 trade places."""
    swap = torch.tensor([6, 1, 2, 3, 4, 5, 0, 7, 8, 9]).to(labels)
    return images, swap[labels]


CHANGES = {
    "same": (same, "不变 | same"),
    "speck": (speck, "灰尘 | speck"),
    "darker": (darker, "变暗 | darker"),
    "moved": (moved, "下移 | moved"),
    "noisy": (noisy, "噪声 | noisy"),
    "fewer": (fewer, "类别少了 | fewer"),
    "renamed": (renamed, "改名 | renamed"),
}

# %%
# 四张测试图片，前五种变化：
#
# Four test pictures under the first five changes:

shown = data.test_images[:4], data.test_labels[:4]
fig, axes = plt.subplots(4, 5, figsize=(7.5, 6.4), layout="constrained")
for column, name in zip(axes.T, list(CHANGES)[:5], strict=True):
    change, title = CHANGES[name]
    column[0].set_title(title, fontsize=15)
    for ax, image in zip(column, change(*shown)[0], strict=True):
        ax.imshow(image[0], cmap="gray", vmin=0, vmax=1)
        ax.set_axis_off()
fig.set_label(
    "四件衣服的照片，每列一种变化：不变、左上角一粒灰尘、变暗、下移三个像素、"
    "加噪声"
    " | Pictures of four clothes, a column for each change: same, a speck in the"
    " corner, darker, three pixels down, noise"
)
plt.show()

# %%
# 两个模型 | Two models
# ---------------------
# 图片缩小到 :math:`14 \times 14`。衣服的分类器在旧图片上训练，是一个多层感知机。
# 分辨新旧的是逻辑回归：训练图片的后一半按某种变化改过，标为 1；AUC
# 在没有用来训练它的图片上量。
#
# Pictures are shrunk to :math:`14 \times 14`. The classifier of clothes is a
# multilayer perceptron, trained on old pictures. Telling old from new is done
# by logistic regression on further training pictures, half of them changed and
# labelled 1. Its AUC is measured on pictures that it was not trained on.


def rows(images):
    """Return the pictures at half their height and width: (n, 196)."""
    return avg_pool2d(images, 2).flatten(1)


def train(model, inputs, targets, loss_fn, num_epochs, rate=0.003):
    """Train with Adam on batches of 100."""
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    for _ in range(num_epochs):
        for batch in torch.randperm(len(inputs)).split(100):
            batch = batch.to(inputs.device)
            loss = loss_fn(model(inputs[batch]).squeeze(1), targets[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()


# %%
# 一半新旧图片训练分辨它们的模型，AUC 在另一半上量。
#
# Half of the old and new pictures train the model that tells them apart, and the
# AUC is measured on the other half.


def domain_auc(old, new):
    """Return how well held-out old and new pictures are told apart."""
    pictures = rows(torch.cat([old, new]))
    is_new = torch.arange(len(pictures)).to(old) >= len(old)
    order = torch.randperm(len(pictures)).to(old.device)
    fit_part, held_out = order.chunk(2)
    model = torch.nn.Linear(pictures.shape[1], 1).to(old.device)
    train(
        model,
        pictures[fit_part],
        is_new[fit_part].float(),
        binary_cross_entropy_with_logits,
        num_epochs=4,
        rate=0.03,
    )
    with torch.no_grad():
        scores = model(pictures[held_out]).squeeze(1)
    return roc_auc_score(scores, is_new[held_out].long()).item()


def accuracy(model, images, labels):
    """Return the accuracy on pictures in use."""
    with torch.no_grad():
        answers = model(rows(images)).argmax(dim=1)
    return (answers == labels).float().mean().item()


# %%
# 每个种子用另外的图片。一部分训练衣服的分类器，另外两部分当作旧的和新的。
#
# Each seed has pictures of its own. One part trains the classifier of clothes,
# the other two are the old and the new ones.

pictures = data.train_images.to(device), data.train_labels.to(device)
test_set = (
    data.test_images[:3000].to(device),
    data.test_labels[:3000].to(device),
)
part = min(2000, len(pictures[0]) // 3)
aucs = {name: [] for name in CHANGES}
scores = {name: [] for name in CHANGES}
for seed in range(num_seeds):
    torch.manual_seed(seed)
    chosen = torch.randperm(len(pictures[0])).to(device)[: 3 * part]
    own, old, new = chosen.split(part)
    model = torch.nn.Sequential(
        torch.nn.Linear(196, 100), torch.nn.ReLU(), torch.nn.Linear(100, 10)
    ).to(device)
    labels = pictures[1][own]
    train(model, rows(pictures[0][own]), labels, cross_entropy, 10)
    for name, (change, _) in CHANGES.items():
        seen, _ = change(pictures[0][new], pictures[1][new])
        aucs[name].append(domain_auc(pictures[0][old], seen))
        scores[name].append(accuracy(model, *change(*test_set)))
aucs = {name: torch.tensor(values) for name, values in aucs.items()}
scores = {name: torch.tensor(values) for name, values in scores.items()}
for name in CHANGES:
    print(f"{name:8} {aucs[name].mean():.3f} {scores[name].mean():.3f}")

# %%
# 结果 | The result
# -----------------
# 横轴是 AUC：0.5 表示分不出新旧，1 表示完全分得出。纵轴是衣服的准确率。
#
# Horizontal is the AUC: 0.5 means that old and new cannot be told apart, 1 that
# they can be, without a mistake. Vertical is the accuracy on clothes.

fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
for i, (name, (_, title)) in enumerate(CHANGES.items()):
    ax.plot(aucs[name], scores[name], "o", color=f"C{i}", ms=7, alpha=0.6)
    place = aucs[name].mean(), scores[name].mean()
    ax.annotate(title, place, (8, 8), textcoords="offset points", fontsize=11)
ax.set(
    xlim=(0.45, 1.1),
    xlabel="分辨新旧的 AUC | AUC of telling old from new",
    ylabel="衣服的准确率（比例） | accuracy on clothes (fraction)",
)
fig.set_label(
    "七种变化的 AUC 和准确率：灰尘的 AUC 接近 1 而准确率不降；"
    "改名的 AUC 是 0.5 而准确率下降"
    " | AUC and accuracy of seven changes: the speck has an AUC near 1 and no loss"
    " of accuracy, renaming has an AUC of 0.5 and a lower accuracy"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 灰尘查得出而无害。改名有害而查不出。不变的对照两样都没有。
#
# The speck is found and does no harm. Renaming does harm and is not found. The
# control without a change has neither.

fall = {name: scores["same"] - scores[name] for name in CHANGES}
assert abs(aucs["same"].mean() - 0.5) < 0.05
assert abs(aucs["renamed"].mean() - 0.5) < 0.05
if not data.stand_in:
    assert aucs["speck"].mean() > 0.9
    assert fall["speck"].mean() < 0.03
    assert fall["renamed"].mean() > 0.05
    assert fall["moved"].mean() > 0.1
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
numbers = {f"auc_{name}": values for name, values in aucs.items()}
numbers |= {f"accuracy_{name}": values for name, values in scores.items()}
record_all(
    "shift_detection", numbers, unit="fraction", over=over, format=".2f"
)

# %%
# 练习 | Exercise
# ---------------
# 新图片有 400 张，旧图片也有 400 张，什么都没变。AUC 会离 0.5 多远？得分与新旧
# 无关时，AUC 的标准差约是 :math:`\sqrt{(n_1 + n_2 + 1) / (12 n_1 n_2)}`。
# 用随机的得分核对。
#
# There are 400 new pictures and 400 old ones, and nothing has changed. How far
# from 0.5 will the AUC be? For scores that have nothing to do with old and new
# its standard deviation is :math:`\sqrt{(n_1 + n_2 + 1) / (12 n_1 n_2)}`. Check
# it with random scores.

torch.manual_seed(0)
is_new = torch.arange(800) % 2
chance = torch.stack(
    [roc_auc_score(torch.rand(800), is_new) for _ in range(500)]
)
predicted = (801 / (12 * 400 * 400)) ** 0.5
print(f"{chance.std():.4f} {predicted:.4f}")
assert abs(chance.std() / predicted - 1) < 0.15
