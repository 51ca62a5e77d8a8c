r"""
图移几格，特征图也移几格 | Shift the image, and the feature maps shift
=======================================================================

卷积在每个位置用同一组权重。所以图片向右移 4 格，特征图也向右移 4 格，
别的什么都不变。这叫平移等变性，它是恒等式，不是近似。可是整个网络并不因此就
“不怕平移”：我们量一量，图片移动之后有多少预测变了。

A convolution uses the same weights at each position. So if the image moves 4
pixels to the right, the feature maps move 4 pixels to the right, and nothing
else changes. This is translation equivariance, an identity and not an
approximation. Yet it does not make the whole network indifferent to shifts:
we measure how many predictions change when the image moves.

**你需要** :doc:`/convolutional-networks/lenet` 里的网络；**你得到**
看得见的特征图，和平移 1 到 4 格对预测的影响。

**You need** the network of :doc:`/convolutional-networks/lenet`; **you get**
feature maps to look at, and what a shift of 1 to 4 pixels does to the
predictions.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy, max_pool2d

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.convnets import ModernLeNet
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
images, labels = data.train_images.to(device), data.train_labels.to(device)
test_images = data.test_images[:1000].to(device)
print(data)

# %%
# 训练三个网络 | Training three networks
# --------------------------------------
# 每个种子走 120 步，批量 128，够把大多数衣服认出来了。
#
# 120 steps of 128 images for each seed are enough to recognize most clothes.


def train(images, labels, seed, num_steps=120):
    """Return a trained ModernLeNet, ready to evaluate."""
    generator = seed_everything(seed)
    net = ModernLeNet().to(images.device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05, momentum=0.9)
    for _ in range(num_steps):
        pick = torch.randint(len(images), (128,), generator=generator)
        pick = pick.to(images.device)
        loss = cross_entropy(net(images[pick]), labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval()


num_seeds = on(device, cpu=3, cuda=10)
nets = [train(images, labels, seed) for seed in range(num_seeds)]

# %%
# 看特征图 | Looking at the feature maps
# --------------------------------------
# 上面一行：一张图，和第一个卷积（加归一化和 ReLU）给出的 6 张特征图。
# 下面一行：图片右移 4 格，再算一遍。
#
# Above, an image and the 6 maps that the first convolution makes of it, with
# normalization and ReLU. Below, the image is moved 4 pixels to the right and
# the maps are computed again.


def shift(images, columns):
    """Return the images moved to the right, with zeros on their left."""
    moved = torch.zeros_like(images)
    width = images.shape[-1]
    moved[..., columns:] = images[..., : width - columns]
    return moved


first_layers = nets[0].features[:3]  # convolution, normalization, ReLU
with torch.no_grad():
    maps = first_layers(test_images)  # (1000, 6, 28, 28)
    moved_maps = first_layers(shift(test_images, 4))

fig, axes = plt.subplots(2, 7, figsize=(9.5, 3), layout="constrained")
rows = [
    (test_images[0, 0], maps[0]),
    (shift(test_images, 4)[0, 0], moved_maps[0]),
]
for row, (picture, own) in zip(axes, rows, strict=True):
    row[0].imshow(picture.cpu(), cmap="gray")
    for ax, one in zip(row[1:], own, strict=True):
        ax.imshow(one.cpu(), vmin=0, vmax=maps[0].max().item())
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
axes[0, 0].set_title("图片 | image")
for number in range(6):
    axes[0, 1 + number].set_title(f"图 {number} | map {number}")
axes[0, 0].set_ylabel("原图 | as it is")
axes[1, 0].set_ylabel("右移 4 格 | moved by 4")
fig.set_label(
    "一张图和它的 6 张特征图；图右移 4 格，6 张特征图也右移 4 格"
    " | An image and its 6 feature maps; with the image moved by 4 pixels all"
    " 6 maps are moved by 4 pixels"
)
plt.show()

# %%
# 是恒等式 | It is an identity
# ----------------------------
# 把第一组特征图也右移 4 格，与第二组相减。左边 6 列除外：那里移进来的是 0，
# 核看得见边界。
#
# Move the first maps by 4 pixels as well and subtract the second ones. Leave
# out 6 columns on the left, where the zeros came in and the kernel sees the
# border.

difference = (shift(maps, 4) - moved_maps)[..., 6:-2].abs().max().item()
print(f"largest difference of 1,000 images: {difference:.1e}")

# %%
# 预测呢？ | And the predictions?
# --------------------------------
# 池化之后每格是 2 个像素，全连接层又给每个位置自己的权重，所以整个网络没有这个
# 性质。图是 1,000 张测试图片里，移动之后预测变了的比例。
#
# After pooling a place is 2 pixels wide, and the dense layers give each place
# weights of its own: the whole network has no such property. Plotted is the
# share of 1,000 test images whose prediction changes when they are moved.


@torch.no_grad()
def changed(net, images, columns):
    """Return the share of images whose predicted class a shift changes."""
    before = net(images).argmax(dim=1)
    return (net(shift(images, columns)).argmax(dim=1) != before).float().mean()


columns = range(5)
shares = torch.tensor(
    [[changed(net, test_images, c) for c in columns] for net in nets]
)  # (seeds, shifts)
fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for row in shares:
    ax.plot(columns, row, "o", mfc="none", color="0.5")
ax.plot(columns, shares.mean(dim=0), "-", lw=2.5)
ax.set(
    xlabel="右移的像素 | pixels to the right",
    ylabel="预测变了的比例 | share of changed predictions",
    xticks=columns,
    ylim=(0, 1),
)
fig.set_label(
    "移得越远，变了的预测越多"
    " | The farther the image moves, the more predictions change"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 特征图只差舍入；移 4 格，每个种子都有一成以上的预测变了。
#
# The feature maps differ by rounding alone; a shift of 4 pixels changes more
# than a tenth of the predictions with every seed.

assert difference < 1e-5
assert shares[:, 4].min() > 0.1
record_all(
    "lenet_feature_maps",
    {"changed_one": shares[:, 1], "changed_four": shares[:, 4]},
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".0%",
)

# %%
# 练习 | Exercise
# ---------------
# 在特征图上做一次 2×2 的最大池化。图片右移 2 格，池化的结果移几格？
# 移 1 格呢？
#
# Max pool the feature maps with a window of 2×2. By how much does the result
# move if the image moves by 2 pixels? And by 1?

with torch.no_grad():
    pooled = max_pool2d(first_layers(test_images), 2)
    by_two = max_pool2d(first_layers(shift(test_images, 2)), 2)
    by_one = max_pool2d(first_layers(shift(test_images, 1)), 2)
inside = (..., slice(3, -2))  # away from the border
torch.testing.assert_close(by_two[inside], shift(pooled, 1)[inside])
# After one pixel the result is neither where it was nor one place further.
assert (by_one - pooled)[inside].abs().max() > 0.1
assert (by_one - shift(pooled, 1))[inside].abs().max() > 0.1
