r"""
卷积等变，网络未必不变 | An equivariant layer, not an invariant network
=======================================================================

图片移几格，卷积的特征图也移几格，这叫平移等变。类别不该跟着变，这叫平移不变。
本脚本训练三个网络：全连接的，卷积之后接全连接的，卷积之后在所有位置取平均的。
然后把测试图片移开几格，看准确率还剩多少。对照：训练时也随机移动图片。

When a picture moves, the feature maps of a convolution move along. This is
equivariance. The class should not change at all, which is invariance. This
script trains three networks: a dense one, one with convolutions and a dense
layer after them, and one with convolutions and a mean over all places. Then
it moves the test pictures and looks at what is left of the accuracy. The
control: pictures that also move at random in training.

**你需要** :doc:`/convolutional-networks/from-dense-to-convolution`；
**你得到** 准确率与移动距离的关系，三种网络，移与不移着训练。

**You need** :doc:`/convolutional-networks/from-dense-to-convolution`;
**you get** accuracy against the distance moved, for three networks, trained
with and without moved pictures.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy, pad

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import plot_spread, show_images
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

torch.set_num_threads(1)  # networks this small gain nothing from more cores
device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=10)
num_train = min(on(device, cpu=2000, cuda=20_000), len(data.train_images))
MARGIN = 6  # empty pixels on each side of a picture

# %%
# 有空边的图片 | Pictures with an empty margin
# --------------------------------------------
# 把照片缩小到 9×9，四周各留 6 个空的像素。这样移动 6 格，衣服也不会被切掉，
# 变的只是位置。
#
# Photographs are made smaller, 9×9, and get an empty margin of 6 pixels. A
# shift of 6 pixels then cuts nothing off, and position is all that changes.


def on_canvas(images):
    """Return the images at 9 by 9, with an empty margin."""
    return pad(avg_pool2d(images, 3), (MARGIN,) * 4)


def shift(images, rows, columns):
    """Return the images moved down and to the right; both may be negative."""
    return images.roll((rows, columns), dims=(-2, -1))


train_set = (
    on_canvas(data.train_images[:num_train]).to(device),
    data.train_labels[:num_train].to(device),
)
test_set = (
    on_canvas(data.test_images[:1000]).to(device),
    data.test_labels[:1000].to(device),
)

pictures = torch.cat(
    [shift(test_set[0][:1], 0, c) for c in (0, 2, 4, 6)]
).cpu()
titles = [f"右移 {c} 格 | moved by {c}" for c in (0, 2, 4, 6)]
show_images(pictures, titles=titles, num_columns=4)
fig = plt.gcf()
fig.set_label(
    "一件衣服，四周有空边，右移 0 到 6 格，没有被切掉"
    " | A garment with an empty margin, moved to the right by 0 to 6 pixels;"
    " nothing is cut off"
)
plt.show()

# %%
# 三个网络 | Three networks
# -------------------------
# 两个卷积网络的卷积部分完全相同。``padding`` 在四周补 0，使特征图与图片一样大。
# 在所有位置取平均，位置就没有了：特征图移动，平均不变，只有边界处例外。
#
# The convolutions of both convolutional networks are the same. ``padding``
# adds zeros around a map, so that it stays as large as the picture. A mean
# over all places has no place left: when the map moves, the mean stays, apart
# from what happens at the border.


class MeanOverPlaces(nn.Module):
    """Average each channel over its map."""

    def forward(self, maps):
        """Map (batch, channels, height, width) to (batch, channels)."""
        return maps.mean(dim=(-2, -1))


def make_network(kind, side, mode="zeros"):
    """Return a network of the given kind for square pictures."""
    if kind == "dense":
        hidden = nn.Linear(side * side, 128)
        return nn.Sequential(
            nn.Flatten(), hidden, nn.ReLU(), nn.Linear(128, 10)
        )
    layers = []
    for c_in, c_out, size in [(1, 8, 5), (8, 16, 3)]:
        options = {"padding": size // 2, "padding_mode": mode}
        layers += [nn.Conv2d(c_in, c_out, size, **options), nn.ReLU()]
    head = [nn.Flatten(), nn.Linear(16 * side * side, 10)]
    if kind == "mean":
        head = [MeanOverPlaces(), nn.Linear(16, 10)]
    return nn.Sequential(*layers, *head)


# %%
# 训练和测量 | Training and measuring
# -----------------------------------
# 移动着训练时，每一批图片各自抽一个方向和距离，最多 6 格。三种网络看到的图片、
# 次序、移动都一样。取平均的网络学得慢，所以学习率大一些。
#
# In training with moved pictures, each batch draws a direction and a distance
# of up to 6 pixels. All three networks see the same pictures in the same
# order with the same shifts. The one with the mean learns slowly, so its
# learning rate is larger.


def train(kind, train_set, seed, *, moving, num_epochs=15):
    """Return a trained network."""
    draws = seed_everything(seed)
    images, labels = train_set
    net = make_network(kind, images.shape[-1]).to(images.device)
    num_batches = len(images) // 50
    optimizer = torch.optim.Adam(
        net.parameters(), lr=1e-2 if kind == "mean" else 3e-3
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(
        optimizer, num_epochs * num_batches
    )
    for _ in range(num_epochs):
        order = torch.randperm(len(images), generator=draws).split(50)
        for chosen in order[:num_batches]:
            chosen = chosen.to(images.device)
            batch = images[chosen]
            by = torch.randint(-MARGIN, MARGIN + 1, (2,), generator=draws)
            if moving:
                batch = shift(batch, *by.tolist())
            optimizer.zero_grad()
            cross_entropy(net(batch), labels[chosen]).backward()
            optimizer.step()
            schedule.step()
    return net


# %%
# 测试图片向右移，看还有多少答对。三种网络、两种训练都做一遍。
#
# Test pictures move to the right, and we see how many are still recognized.
# All three networks, with both kinds of training.


@torch.no_grad()
def accuracy(net, test_set, columns):
    """Return the accuracy on pictures moved to the right."""
    answers = net(shift(test_set[0], 0, columns)).argmax(dim=1)
    return (answers == test_set[1]).double().mean().item()


KINDS = ["dense", "head", "mean"]
SHIFTS = range(MARGIN + 1)
found = torch.zeros(2, len(KINDS), num_seeds, len(SHIFTS))
for moving in (False, True):
    for k, kind in enumerate(KINDS):
        for seed in range(num_seeds):
            net = train(kind, train_set, seed, moving=moving)
            scores = [accuracy(net, test_set, c) for c in SHIFTS]
            found[int(moving), k, seed] = torch.tensor(scores)
        print(moving, kind, found[int(moving), k].mean(dim=0))

# %%
# 结果 | The result
# -----------------
# 左：训练图片都在中央。右：训练图片随机移动。横轴是测试图片右移的格数，带子是
# 种子之间的标准差。
#
# Left: training pictures in the middle. Right: training pictures moved at
# random. The horizontal axis is the shift of the test pictures, bands are one
# standard deviation over seeds.

names = {
    "dense": "全连接 | dense",
    "head": "卷积 + 全连接 | convolutions + dense",
    "mean": "卷积 + 取平均 | convolutions + mean",
}
titles = ["训练时不动 | trained in place", "训练时移动 | trained moving"]
fig, axes = plt.subplots(
    1, 2, figsize=(10, 4), sharey=True, layout="constrained"
)
for ax, part, title in zip(axes, found, titles, strict=True):
    for kind, own, style in zip(KINDS, part, ["s:", "^--", "o-"], strict=True):
        plot_spread(list(SHIFTS), own.T, style, label=names[kind], ax=ax)
    ax.set(title=title, xlabel="右移的像素 | pixels to the right")
axes[0].set(ylabel="测试准确率（比例） | test accuracy (fraction)")
axes[0].set_ylim(0, 1)
axes[0].legend(loc="lower left")
fig.set_label(
    "左：训练时不动，全连接和卷积加全连接的准确率随移动下降，卷积加取平均的几乎"
    "不变；右：训练时移动，三条线都近于水平"
    " | Left, trained in place: accuracy falls with the shift for the dense"
    " network and for convolutions with a dense layer, and hardly changes for"
    " convolutions with a mean; right, trained moving: all three are nearly"
    " level"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 不移动着训练，移 3 格之后，有全连接层的两个网络都丢掉很多，取平均的几乎不丢。
# 每个种子都是这样。移得更远，特征图上的图案开始碰到边界，取平均的也会丢一些。
#
# Trained in place, both networks with a dense layer lose much by a shift of 3
# pixels, and the one with a mean loses hardly anything, for each seed. With
# longer shifts, patterns on the feature maps meet the border, and the network
# with the mean loses some accuracy, too.

lost = found[..., :1] - found  # (2, kinds, seeds, shifts)
assert (lost[0, :2, :, 3] > 0.1).all()
assert (lost[0, 2, :, 3].abs() < 0.05).all()
assert (lost[0, :2, :, -1] > lost[0, 2, :, -1]).all()
record_all(
    "equivariance",
    {
        f"{kind}_{way}_{c}": found[m, k, :, c]
        for m, way in enumerate(["still", "moving"])
        for k, kind in enumerate(KINDS)
        for c in (0, 3, 6)
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 取平均的网络也没有做到一点不变。差在哪里？把补的 0 改成首尾相接
# （``padding_mode="circular"``），再用 ``roll`` 移动，差还在吗？
#
# The network with the mean is not exactly invariant either. Where does the
# difference come from? Replace the zeros around the maps by what is at the
# other end (``padding_mode="circular"``): is there still a difference?


def difference(mode):
    """Return how much a shift changes the scores, with either padding."""
    seed_everything(0)
    net = make_network("mean", 21, mode).double()
    picture = torch.rand(1, 1, 21, 21, dtype=torch.float64)
    return (net(picture) - net(shift(picture, 0, 5))).abs().max().item()


assert difference("circular") < 1e-12 < 1e-6 < difference("zeros")
