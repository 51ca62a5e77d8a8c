r"""
数据增强要训练得久才有好处 | Augmentation pays after a longer training
======================================================================

一张运动鞋移动一个像素，还是运动鞋。把这样的图片也拿来训练，就像有了更多的数据。
本脚本用 1,000 张照片量一量五种改法。刚开始训练时，移动一个像素还看不出好处，久了
以后才有。上下翻转早晚都有害：测试照片里没有倒着的衣服。

A sneaker moved by a pixel is still a sneaker. To train on such pictures too
is like having more data. This script measures five kinds of change with 1,000
photographs. Early in training the shift by a pixel shows no clear gain, and
later it does. The flip upside down does harm, early and late: the test
photographs show no clothes upside down.

**你需要** :doc:`/linear-models/image-data`；**你得到** 每种增强带来的差，早期的和
最后的，逐个种子相减，以及有更多真实照片时的对照。

**You need** :doc:`/linear-models/image-data`; **you get** the gain by each
kind of augmentation, early and late, seed by seed, and the control of more
real photographs.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy, pad

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.mlp import ParallelMLPs
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
images = data.train_images[:, 0].to(device)  # (n, 28, 28)
labels = data.train_labels.to(device)
tests = avg_pool2d(data.test_images, 2).flatten(1).to(device)
truth = data.test_labels.to(device)
num_train = 300 if data.stand_in else 1000
num_seeds = on(device, cpu=3, cuda=10)

# %%
# 五种改法 | Five ways to change a picture
# ----------------------------------------
# 每个函数收一批照片 (n, 28, 28)，每张照片自己抽签。
#
# Each function takes a batch of photographs, (n, 28, 28), and draws for each
# photograph by itself.


def shift(images, generator, most=1):
    """Move each picture by up to so many pixels in each direction."""
    n = len(images)
    padded = pad(images, (most,) * 4)
    steps = torch.randint(2 * most + 1, (2, n, 1), generator=generator)
    down, across = (steps + torch.arange(28)).to(images.device)
    each = torch.arange(n, device=images.device)[:, None, None]
    return padded[each, down[:, :, None], across[:, None]]


def far(images, generator):
    """Move each picture by up to four pixels in each direction."""
    return shift(images, generator, most=4)


def flip(images, generator, dim=2):
    """Flip each picture from left to right with probability one half."""
    chosen = torch.rand(len(images), generator=generator) < 0.5
    chosen = chosen.to(images.device)[:, None, None]
    return torch.where(chosen, images.flip(dim), images)


# %%
# 上下翻转、噪声，再加上什么也不改。
#
# Upside down, noise, and no change.


def upside_down(images, generator):
    """Flip each picture upside down with probability one half."""
    return flip(images, generator, dim=1)


def noise(images, generator):
    """Add Gaussian noise of standard deviation 0.2."""
    draws = torch.randn(images.shape, generator=generator)
    return images + 0.2 * draws.to(images.device)


def unchanged(images, generator):
    """Return the pictures as they are."""
    return images


WAYS = {
    "原样 | unchanged": unchanged,
    "移动 1 像素 | shift by 1": shift,
    "移动 4 像素 | shift by 4": far,
    "左右翻转 | flip": flip,
    "上下翻转 | upside down": upside_down,
    "噪声 | noise": noise,
}

# %%
# 六张照片，一行一种改法。
#
# Six photographs, one way in each row.

draws = torch.Generator().manual_seed(0)
shown = torch.cat([way(images[1:7], draws) for way in WAYS.values()])
fig, axes = plt.subplots(6, 6, figsize=(6.4, 6.4), layout="constrained")
for ax, image in zip(axes.flat, shown.cpu(), strict=True):
    ax.imshow(image, cmap="gray", vmin=0, vmax=1)
    ax.set(xticks=[], yticks=[])
for row, name in zip(axes, WAYS, strict=True):
    row[0].set_ylabel(name, rotation=0, ha="right", va="center")
fig.set_label(
    "六张照片，原样和五种改法：移动一个像素、移动四个、左右翻转、上下翻转、噪声"
    " | Six photographs, unchanged and changed in five ways: shifted by one"
    " pixel, by four, flipped, upside down, with noise"
)
plt.show()

# %%
# 训练 | Training
# ---------------
# 网络 196-128-10，所有种子一起算。每一步的照片现改现用，再缩小到 14 × 14，所以同一张
# 照片每次都不同。改的是训练照片，测试照片不改。200 步和 1,200 步时各量一次。
#
# Networks 196-128-10, all seeds at once. The photographs of a step are changed
# on the spot and then shrunk to 14 by 14, so one photograph is different each
# time. Training photographs are changed, test photographs are not. They are
# measured after 200 and after 1,200 steps.


def train(way, pool, own, tests, truth, moments=(200, 1200)):
    """Return the test accuracies at both moments, (2, num_models)."""
    draws = torch.Generator().manual_seed(0)
    models = ParallelMLPs(len(own), [196, 128, 10], generator=draws)
    models.to(tests.device)
    optimizer = torch.optim.Adam(models.parameters(), lr=2e-3)
    rows, step = [], 0
    while step < moments[-1]:
        order = torch.rand(own.shape, generator=draws).argsort(dim=1)
        shuffled = own.gather(1, order.to(own.device))
        for batch in shuffled.split(100, dim=1):
            changed = way(pool[0][batch].flatten(0, 1), draws)
            inputs = avg_pool2d(changed[:, None], 2).reshape(*batch.shape, 196)
            loss = cross_entropy(
                models(inputs).flatten(0, 1), pool[1][batch].flatten()
            )
            optimizer.zero_grad()
            (loss * len(own)).backward()  # the sum of the models' losses
            optimizer.step()
            step += 1
            if step in moments:
                with torch.no_grad():
                    right = models(tests).argmax(dim=-1) == truth
                rows.append(right.double().mean(dim=1).cpu())
    return torch.stack(rows)


# %%
# 每个种子看自己的照片，所有改法都看同样的。对照是真实的照片加倍，步数相同。
#
# Each seed sees photographs of its own, the same for all ways. The control is
# twice as many real photographs, with as many steps.

draws = torch.Generator().manual_seed(1)
order = torch.rand(num_seeds, len(images), generator=draws).argsort(dim=1)
own = order[:, : 2 * num_train].to(device)
pool = images, labels
rows = [
    train(way, pool, own[:, :num_train], tests, truth) for way in WAYS.values()
]
rows.append(train(unchanged, pool, own, tests, truth))
tested = torch.stack(rows)  # (ways and control, moments, seeds)
gain = tested - tested[0]
names = [*WAYS, "照片加倍 | twice the photographs"]
for name, row, difference in zip(names, tested, gain, strict=True):
    print(name, row.mean(dim=1).tolist(), difference[1].tolist())

# %%
# 结果 | The result
# -----------------
# 测试准确率与不改之差，逐个种子相减，横线是两个标准误。空心的是 200 步之后，实心的是
# 1,200 步之后。
#
# Test accuracy less that without changes, seed by seed, with lines of two
# standard errors. Hollow: after 200 steps. Filled: after 1,200 steps.

error = 2 * gain.std(dim=-1) / num_seeds**0.5
fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
moments = ["200 步 | 200 steps", "1,200 步 | 1,200 steps"]
for k, (style, fill) in enumerate([("C0o", "white"), ("C1s", "C1")]):
    ax.errorbar(
        gain.mean(dim=-1)[1:, k],
        [place + 0.12 * (2 * k - 1) for place in range(len(names) - 1)],
        xerr=error[1:, k],
        fmt=style,
        mfc=fill,
        capsize=4,
        label=moments[k],
    )
ax.axvline(0, color="k", lw=0.8)
ax.set_yticks(range(len(names) - 1), names[1:])
ax.invert_yaxis()
ax.set_xlabel("与不改之差（比例） | difference from unchanged (fraction)")
ax.legend(loc="lower left")
fig.set_label(
    "五种增强和照片加倍带来的测试准确率之差，训练 200 步和 1,200 步之后"
    " | Gains in test accuracy by five kinds of augmentation and by twice the"
    " photographs, after 200 and after 1,200 steps"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 移动一个像素，每个种子后来都有好处，而且比早期的大。上下翻转每个种子都比左右翻转差。
#
# The shift by a pixel helps later, and more than early, for each seed. Flips
# upside down are worse than from left to right for each seed.

if not data.stand_in:
    assert (gain[1, 1] > gain[1, 0].clamp(min=0)).all()
    assert (gain[4, 1] < gain[3, 1]).all()
    assert (gain[6, 1] > 0).all()
keys = ["shift", "far", "flip", "upside_down", "noise", "twice"]
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
late = {f"{key}_gain": (gain[i + 1, 1], ".4f") for i, key in enumerate(keys)}
early = {"shift_early": (gain[1, 0], ".4f"), "unchanged": tested[0, 1]}
record_all("augmentation", late | early, unit="fraction", over=over)

# %%
# 练习 | Exercise
# ---------------
# 数据换成手写数字，左右翻转还保持标签不变吗？哪些数字翻转以后变成了另一个，或者
# 什么也不是？答案在 :doc:`/generalization/more-regularization` 的练习里。
#
# Take handwritten digits instead. Does a flip from left to right still leave
# the label as it is? Which digits turn into another one, or into none? The
# answer is among the exercises of :doc:`/generalization/more-regularization`.
