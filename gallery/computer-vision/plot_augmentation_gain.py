r"""
改动抵不上真实的照片 | Changes do not make up for real photographs
===================================================================

彩色照片，500、2,000 和 10,000 张。每一步都随机改动照片：左右翻转、裁剪、颜色、
mixup，或四样都用。步数、批次大小和学习率都相同。对照是不改动，步数也一样多；另一个对照是
更多的真实照片。

Color photographs: 500, 2,000 and 10,000 of them. In each step they are changed
at random by a flip, a crop, color, mixup, or all four. Steps, batch size and
learning rate are the same. The control is no change with as many steps, and
another one is more real photographs.

**你需要** :doc:`/computer-vision/augmentation`；**你得到** 每种改动带来的差，逐个种子
相减。

**You need** :doc:`/computer-vision/augmentation`; **you get** the gain by each
change, seed by seed.

三十个小网络各训练 700 步，所以久一些。

Thirty small networks take 700 steps each, so this runs longer than others.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy, one_hot

from d2lnotes.augmentation import mix, random_color, random_crop, random_flip
from d2lnotes.data import fetch_cifar10
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_cifar10(num_train=10_000, stand_in=True)
SIZES = (100, 300, 1000) if data.stand_in else (500, 2000, 10_000)
num_steps = 100 if data.stand_in else on(device, cpu=700, cuda=7000)
num_seeds = on(device, cpu=3, cuda=10)

# %%
# 四种改动 | Four kinds of change
# -------------------------------
# 每种改动都为每张照片自己抽签，mixup 为一个批次抽一个权重。照片最后都缩小到
# 16 × 16；裁剪取边长 0.7 到 1 倍的一块，同时缩小。
#
# Each change draws for each photograph by itself, and mixup draws one weight for
# a batch. All are shrunk to 16 by 16 in the end. The crop takes a part with 0.7
# to 1 times the side and shrinks it at once.

WAYS = {
    "原样 | unchanged": (),
    "左右翻转 | flip": ("flip",),
    "裁剪 | crop": ("crop",),
    "颜色 | color": ("color",),
    "混合 | mixup": ("mixup",),
    "全部 | all": ("flip", "color", "crop", "mixup"),
}


def change(way, images, targets, generator):
    """Return photographs of 16 by 16 and soft labels after the changes."""
    if "flip" in way:
        images = random_flip(images, generator)
    if "color" in way:
        images = random_color(images, generator)
    if "crop" in way:
        images = random_crop(images, generator, size=16)
    else:
        images = avg_pool2d(images, 2)
    if "mixup" in way:
        share = torch.rand(1, generator=generator).item()
        images, targets = mix(images, targets, share)
    return images, targets


# %%
# 训练 | Training
# ---------------
# 三个卷积层，各带批量归一化，末尾是全连接层。种子决定用哪些照片、开始的权重和批次
# 的次序，各种改动都相同。
#
# Three convolutions with batch normalization and a dense layer at the end. A
# seed decides on the photographs, the first weights and the order of the
# batches, which are the same for all changes.


def make_network():
    """Return a network for pictures of 16 by 16."""

    def layer(before, after):
        convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())

    return nn.Sequential(
        layer(3, 16),
        nn.MaxPool2d(2),
        layer(16, 32),
        nn.MaxPool2d(2),
        layer(32, 64),
        nn.Flatten(),
        nn.Linear(64 * 16, 10),
    )


def standardize(images):
    """Return pixels with a mean near 0 and a standard deviation near 1."""
    return ((images - 0.47) / 0.25).to(memory_format=torch.channels_last)


# %%
# 同样的步数，Adam 的学习率先升后降。
#
# As many steps for all, with a rate of Adam that rises and then falls.


def train(way, images, labels, seed, num_steps, batch_size=32):
    """Return a network after so many steps of Adam."""
    order = seed_everything(seed)
    draws = torch.Generator().manual_seed(seed)
    net = make_network().to(images.device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    falling = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.003, num_steps)
    waiting = torch.empty(0, dtype=torch.long)
    for _ in range(num_steps):
        if len(waiting) < batch_size:
            waiting = torch.randperm(len(images), generator=order)
        pick, waiting = waiting.split([batch_size, len(waiting) - batch_size])
        pick = pick.to(images.device)
        targets = one_hot(labels[pick], 10).float()
        changed, targets = change(way, images[pick], targets, draws)
        loss = cross_entropy(net(standardize(changed)), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
    return net.eval()


@torch.no_grad()
def accuracy(net, images, labels):
    """Return the accuracy on pictures of 16 by 16."""
    scores = [net(standardize(part)) for part in images.split(500)]
    return (torch.cat(scores).argmax(dim=1) == labels).double().mean().item()


# %%
# 三种大小。500 张时试所有的改动，再多就只比较原样和全部。
#
# Three sizes. All changes are tried with 500 photographs, and with more of them
# only no change and all changes.

tests = avg_pool2d(data.test_images[:3000], 2).to(device)
truth = data.test_labels[:3000].to(device)
results = {}
for size in SIZES:
    for name, way in WAYS.items():
        if size > SIZES[0] and len(way) not in (0, 4):
            continue
        row = []
        for seed in range(num_seeds):
            shuffle = torch.Generator().manual_seed(seed)
            own = torch.randperm(len(data.train_images), generator=shuffle)
            own = own[:size]
            net = train(
                way,
                data.train_images[own].to(device),
                data.train_labels[own].to(device),
                seed,
                num_steps,
            )
            row.append(accuracy(net, tests, truth))
        results[name, size] = torch.tensor(row, dtype=torch.float64)
        print(size, name, [f"{value:.3f}" for value in row], flush=True)

# %%
# 结果 | The result
# -----------------
# 左：最少的照片，各种改动与原样之差，逐个种子相减。右：准确率与照片的张数。横线和
# 竖线是两个标准误。
#
# Left: the fewest photographs, the difference of each change from none, seed by
# seed. Right: the accuracy over the number of photographs. Bars are two standard
# errors.

PLAIN, ALL = "原样 | unchanged", "全部 | all"


def plot_sizes(results, num_seeds, *, ax):
    """Draw accuracy over the number of photographs, without changes and with all."""
    for name, marks in ((PLAIN, "o-"), (ALL, "s--")):
        rows = torch.stack([results[name, size] for size in SIZES])
        error = 2 * rows.std(dim=1) / num_seeds**0.5
        style = {"yerr": error, "fmt": marks, "capsize": 4, "label": name}
        ax.errorbar(SIZES, rows.mean(dim=1), **style)
    ax.set(xscale="log", xlabel="训练照片的张数 | training photographs")
    ax.set_xticks(SIZES, [f"{size:,}" for size in SIZES])
    ax.minorticks_off()
    ax.set_ylabel("留出照片上的准确率 | held-out accuracy")
    ax.legend(loc="upper left")


# %%
# 左边的一幅，和两幅合在一起。
#
# The panel at the left, and both together.

gains = {name: results[name, SIZES[0]] for name in WAYS}
gains = {name: row - gains[PLAIN] for name, row in gains.items()}
gains["照片四倍 | 4 × photographs"] = (
    results[PLAIN, SIZES[1]] - results[PLAIN, SIZES[0]]
)
del gains[PLAIN]
fig, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
table = torch.stack(list(gains.values()))
axes[0].errorbar(
    table.mean(dim=1),
    range(len(table)),
    xerr=2 * table.std(dim=1) / num_seeds**0.5,
    fmt="o",
    capsize=4,
)
axes[0].axvline(0, color="k", lw=0.8)
axes[0].set_yticks(range(len(table)), list(gains))
axes[0].invert_yaxis()
axes[0].set_xlabel("与原样之差（比例） | difference (fraction)")
axes[0].set_title(f"{SIZES[0]} 张 | {SIZES[0]} photographs")

plot_sizes(results, num_seeds, ax=axes[1])
fig.set_label(
    "左：500 张时各种改动与原样之差，最下面是照片增加到四倍；右：准确率随照片增多而"
    "升高，不改动的和全部改动的两条线"
    " | Left: difference of each change with 500 photographs, at the bottom four"
    " times the photographs; right: accuracy rises with the number of photographs,"
    " a line without changes and one with all"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 真实的照片增加到四倍，每个种子都比任何一种改动带来的多。全部改动在照片最少时有好处，
# 照片最多时有害：700 步里，那些照片没有一张看过三遍以上，还没有什么可以过拟合。
#
# Four times the real photographs bring more than any change does, for each seed.
# All changes together help with the fewest photographs and do harm with the
# most. In 700 steps each of those is seen three times at most, so there is
# little to overfit.

changes = [row for name, row in gains.items() if name in WAYS]
if not data.stand_in:
    assert (table[-1] > torch.stack(changes).amax(dim=0)).all()
    assert (changes[4] > 0).all()
    assert (results[ALL, SIZES[2]] < results[PLAIN, SIZES[2]]).all()
record_all(
    "augmentation_gain",
    {
        "unchanged_few": results[PLAIN, SIZES[0]],
        "unchanged_some": results[PLAIN, SIZES[1]],
        "unchanged_many": results[PLAIN, SIZES[2]],
        "flip_few": (changes[0], ".3f"),
        "crop_few": (changes[1], ".3f"),
        "color_few": (changes[2], ".3f"),
        "mixup_few": (changes[3], ".3f"),
        "all_few": (changes[4], ".3f"),
        "all_some": (
            results[ALL, SIZES[1]] - results[PLAIN, SIZES[1]],
            ".3f",
        ),
        "all_many": (
            results[ALL, SIZES[2]] - results[PLAIN, SIZES[2]],
            ".3f",
        ),
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 裁剪取整张照片时，应当与缩小一半相同。核对一下：为什么双线性插值在这里恰好
# 取四个像素的平均？
#
# Taken of the whole photograph, the crop should equal the reduction by half.
# Check it. Why does bilinear interpolation give the mean of four pixels here?

few = data.test_images[:4]
whole = random_crop(few, torch.Generator(), size=16, least=1.0)
# Each new pixel's middle lies where four old pixels meet.
assert torch.allclose(whole, avg_pool2d(few, 2), atol=1e-5)
