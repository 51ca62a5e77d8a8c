r"""
全连接网络不知道哪些像素相邻 | A dense network does not know neighbors
======================================================================

把所有图片的像素按同一个顺序打乱。人什么也认不出来了，全连接网络却学得和原来
一样好：给第一层的权重同样的次序，就得到同一个函数。卷积之后在所有位置取平均的
网络靠的是邻居，打乱之后它就差了。卷积之后接全连接层的，介于两者之间。

Shuffle the pixels of all pictures in one and the same order. People no longer
recognize anything, and a dense network learns as well as before: with the
weights of its first layer in the same order it is the same function. A
network of convolutions and a mean over all places relies on neighbors, and
the shuffle costs it accuracy. One of convolutions and a dense layer lies in
between.

**你需要** :doc:`/convolutional-networks/from-dense-to-convolution`；
**你得到** 打乱前后的测试准确率，三种网络，各几个种子。

**You need** :doc:`/convolutional-networks/from-dense-to-convolution`;
**you get** the test accuracy before and after the shuffle, for three networks
and several seeds.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import show_images
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

torch.set_num_threads(1)  # networks this small gain nothing from more cores
device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=4, cuda=10)
num_train = min(on(device, cpu=3000, cuda=20_000), len(data.train_images))
train_images = avg_pool2d(data.train_images[:num_train], 2)  # 14 by 14
test_images = avg_pool2d(data.test_images[:2000], 2)
train_labels = data.train_labels[:num_train].to(device)
test_labels = data.test_labels[:2000].to(device)

# %%
# 打乱 | The shuffle
# ------------------
# 次序抽一次，所有图片都用它。上面一行是原来的图片，下面一行是打乱的。
#
# One order is drawn and used for all pictures. Above are the pictures, below
# the shuffled ones.

order = torch.randperm(14 * 14, generator=torch.Generator().manual_seed(0))


def shuffle(images, order):
    """Return the images with their pixels in another order."""
    return images.flatten(1)[:, order].reshape(images.shape)


some = test_images[:6]
show_images(torch.cat([some, shuffle(some, order)]), num_columns=6)
fig = plt.gcf()
fig.set_label(
    "上：六件衣服；下：同样六件，像素按同一个顺序打乱，什么也认不出来"
    " | Above, six garments; below, the same six with their pixels shuffled in"
    " one order, beyond recognition"
)
plt.show()

# %%
# 训练 | Training
# ---------------
# 三种网络，打乱与不打乱，各用同样的种子。取平均的学得慢，学习率大一些。
#
# Three kinds of network, with and without the shuffle, and the same seeds.
# The one with the mean learns slowly and gets a larger learning rate.


def make_network(kind):
    """Return a network of the given kind for pictures of 14 by 14."""
    if kind == "dense":
        hidden = nn.Linear(196, 128)
        return nn.Sequential(
            nn.Flatten(), hidden, nn.ReLU(), nn.Linear(128, 10)
        )
    layers = []
    for c_in, c_out in [(1, 8), (8, 16)]:
        layers += [nn.Conv2d(c_in, c_out, 3, padding=1), nn.ReLU()]
    if kind == "mean":
        layers.append(nn.AdaptiveAvgPool2d(1))  # the mean over all places
    return nn.Sequential(*layers, nn.Flatten(), nn.LazyLinear(10))


# %%
# 训练一个网络，在测试图片上量它的准确率。
#
# Train a network and measure its accuracy on the test pictures.


def score_of(kind, sets, seed, num_epochs=10):
    """Train a network and return its test accuracy."""
    draws = seed_everything(seed)
    (images, labels), (test_images, test_labels) = sets
    net = make_network(kind).to(images.device)
    net(images[:1])  # gives the lazy layer its shape
    rate = 1e-2 if kind == "mean" else 1e-3
    optimizer = torch.optim.Adam(net.parameters(), lr=rate)
    for _ in range(num_epochs):
        for chosen in torch.randperm(len(images), generator=draws).split(50):
            chosen = chosen.to(images.device)
            optimizer.zero_grad()
            cross_entropy(net(images[chosen]), labels[chosen]).backward()
            optimizer.step()
    with torch.no_grad():
        right = net(test_images).argmax(dim=1) == test_labels
    return right.double().mean().item()


# %%
# 原来的次序和打乱的次序，每种网络几个种子。
#
# The order as it is and the shuffled one, with several seeds for each network.

KINDS = ["dense", "head", "mean"]
found = torch.zeros(len(KINDS), 2, num_seeds)
for way, change in enumerate([torch.arange(196), order]):
    sets = [
        (shuffle(images, change).to(device), labels)
        for images, labels in [
            (train_images, train_labels),
            (test_images, test_labels),
        ]
    ]
    for k, kind in enumerate(KINDS):
        for seed in range(num_seeds):
            found[k, way, seed] = score_of(kind, sets, seed)
        print(kind, way, found[k, way])

# %%
# 结果 | The result
# -----------------
# 点是种子，横线是平均。
#
# Dots are seeds, lines their means.

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
groups = [
    "全连接，原图 | dense, as they are",
    "全连接，打乱 | dense, shuffled",
    "卷积 + 全连接，原图 | convolutions + dense, as they are",
    "卷积 + 全连接，打乱 | convolutions + dense, shuffled",
    "卷积 + 取平均，原图 | convolutions + mean, as they are",
    "卷积 + 取平均，打乱 | convolutions + mean, shuffled",
]
for place, own in enumerate(found.flatten(0, 1)):
    color = "C0" if place % 2 == 0 else "C1"
    ax.plot(own, [place] * num_seeds, "o", color=color, ms=8, alpha=0.7)
    ax.plot([own.mean()] * 2, [place - 0.3, place + 0.3], color="k", lw=2)
ax.set_yticks(range(6), groups)
ax.invert_yaxis()
ax.set_xlabel("测试准确率（比例） | test accuracy (fraction)")
fig.set_label(
    "三种网络打乱前后的准确率：全连接的相同，卷积加全连接的略低，卷积加取平均的"
    "低得多"
    " | Accuracy of three networks before and after the shuffle: the same for"
    " the dense one, a little lower for convolutions with a dense layer, and"
    " much lower for convolutions with a mean"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 打乱使取平均的网络变差，每个种子都是；对全连接网络，几个种子的平均变化不到一个
# 百分点。
#
# The shuffle costs the network with the mean accuracy with each seed. The mean
# of the dense network changes by less than one percentage point.

loss = found[:, 0] - found[:, 1]  # (kinds, seeds)
bound = 0.03 if data.stand_in else 0.01
assert loss[0].mean().abs() < bound
if not data.stand_in:  # too few to train the network with the mean
    assert (loss[2] > 0.03).all()
record_all(
    "shuffled_pixels",
    {
        f"{kind}_{name}": values
        for kind, own, gone in zip(KINDS, found, loss, strict=True)
        for name, values in [
            ("plain", own[0]),
            ("shuffled", own[1]),
            ("loss", gone),
        ]
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 给全连接网络打乱的图片，并且把第一层的权重照样打乱。得分与原来差多少？
#
# Give a dense network the shuffled pictures, and shuffle the weights of its
# first layer likewise. By how much do its scores change?

seed_everything(0)
net, twin = make_network("dense"), make_network("dense")
twin.load_state_dict(net.state_dict())
with torch.no_grad():
    twin[1].weight.copy_(net[1].weight[:, order])
    gap = net(some) - twin(shuffle(some, order))
assert gap.abs().max() < 1e-6
