r"""
池化只抵得住小的平移 | Pooling withstands small shifts only
===========================================================

常说：池化使网络对平移不变。我们训练五种网络，它们只在缩小特征图的办法上不同：
隔一格取一格、取最大、取平均、先模糊再取样、不缩小。然后把没见过的图片向右移，
看准确率怎样下降。最大池化确实有帮助，可是只管一两格。真正管用的是末尾的全局
平均，而且只有前面一格也不跳的网络才完全不变。

It is often said that pooling makes a network invariant to shifts. We train
five kinds of network that differ in how they make feature maps smaller: keep
every other pixel, the maximum, the mean, blur and then sample, or not at all.
Then we move images they have not seen to the right, and watch the accuracy.
Max pooling does help, but for a pixel or two. What works is a global mean at
the end, and the network is invariant only if nothing before it skips a pixel.

**你需要** :doc:`/convolutional-networks/pooling`；**你得到** 五种做法、
两种末尾的准确率与平移的关系。

**You need** :doc:`/convolutional-networks/pooling`; **you get** the accuracy
against the shift for five ways and two kinds of ending.

三个种子、十种网络，不缩小的网络花去大部分时间，所以久一些。

There are ten kinds of network with three seeds each, and those that keep their
maps large take most of the time. So the script runs longer than others.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import (
    adaptive_avg_pool2d,
    avg_pool2d,
    cross_entropy,
    max_pool2d,
    pad,
)

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_train = 1000 if data.stand_in else on(device, cpu=4000, cuda=20_000)
num_epochs = 9 if data.stand_in else 3
num_seeds = on(device, cpu=3, cuda=10)
print(data)

# %%
# 不让边缘插手 | Keeping the border out of it
# -------------------------------------------
# 图片缩小到 14 × 14，放在 24 × 24 的黑底中央，所以移 5 格之内什么也没有切掉。
# 卷积在边缘处从对面补数，好像图片绕成了一圈。于是移动就是移动，边缘看不见它。
#
# Images are reduced to 14 by 14 and put in the middle of 24 by 24 black pixels,
# so that up to 5 pixels nothing is cut off. At the border convolutions take
# their padding from the opposite side, as if the image were a ring. So a shift
# is a shift and no border sees it.


def prepare(images):
    """Return the images at 14 by 14 in the middle of 24 by 24."""
    small = pad(avg_pool2d(images, 2) / 0.35, (5, 5, 5, 5))
    return small.to(memory_format=torch.channels_last)


images = prepare(data.train_images[:num_train].to(device))
labels = data.train_labels[:num_train].to(device)
test_images = prepare(data.test_images.to(device))
test_labels = data.test_labels.to(device)


def blur(maps):
    """Return every other pixel after a blur with 1, 2, 1, on the ring."""
    ring = pad(maps, (1, 0, 1, 0), mode="circular")
    return avg_pool2d(avg_pool2d(ring, 2, stride=1), 2)


WAYS = {
    "stride": ("隔一格取 | every other", lambda x: x[..., ::2, ::2]),
    "max": ("最大 | maximum", lambda x: max_pool2d(x, 2)),
    "average": ("平均 | mean", lambda x: avg_pool2d(x, 2)),
    "blur": ("先模糊 | blurred", blur),
    "none": ("不缩小 | full size", lambda x: x),
}
ENDINGS = ["dense", "mean"]

# %%
# 网络 | The networks
# -------------------
# 三个 3 × 3 的卷积，前两个之后缩小一半。不缩小的网络把后两个核的空洞取作 2 和
# 4，所以各层看到的范围与别的一样大。末尾是全连接层，或者先对每个通道取全局平均。
# 除了不缩小的网络末尾的全连接层更大，参数都一样多。
#
# Three convolutions of 3 by 3, with a reduction to half after the first two.
# Networks at full size spread the later kernels with dilation 2 and 4, so
# that their layers see as far as the others'. At the end is a dense layer, or
# the global mean of each channel before it. All have the same number of
# parameters, but for the dense ending at full size, which is larger.


class Net(nn.Module):
    """Three convolutions, two reductions and one of two endings."""

    def __init__(self, way, ending):
        super().__init__()
        spread = (1, 2, 4) if way == "none" else (1, 1, 1)
        self.convolutions = nn.ModuleList(
            nn.Conv2d(a, b, 3, padding=d, dilation=d, padding_mode="circular")
            for a, b, d in zip((1, 8, 8), (8, 8, 16), spread, strict=True)
        )
        self.shrink, self.ending = WAYS[way][1], ending
        side = 24 if way == "none" else 6
        self.output = nn.Linear(16 * (side**2 if ending == "dense" else 1), 10)

    def forward(self, x):
        """Return the scores of the images: (batch, 10)."""
        first, second, third = self.convolutions
        x = self.shrink(first(x).relu())
        x = self.shrink(second(x).relu())
        x = third(x).relu()
        if self.ending == "mean":
            x = adaptive_avg_pool2d(x, 1)
        return self.output(x.flatten(1))


# %%
# 五种都用同样的步数、批次和学习率 0.01。
#
# All get the same steps, batches and learning rate, 0.01.


def train(way, ending, images, labels, seed, num_epochs):
    """Return a network after training with Adam."""
    generator = seed_everything(seed)
    net = Net(way, ending).to(images.device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
    steps = num_epochs * -(-len(images) // 100)
    falling = torch.optim.lr_scheduler.OneCycleLR(optimizer, 0.01, steps)
    for _ in range(num_epochs):
        order = torch.randperm(len(images), generator=generator)
        for pick in order.to(images.device).split(100):
            loss = cross_entropy(net(images[pick]), labels[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            falling.step()
    return net.eval()


@torch.no_grad()
def accuracy(net, images, labels, shift):
    """Return the accuracy for images moved to the right on the ring."""
    moved = images.roll(shift, dims=-1)
    right = [
        (net(x).argmax(dim=1) == y).sum()
        for x, y in zip(moved.split(1000), labels.split(1000), strict=True)
    ]
    return (sum(right) / len(labels)).item()


# %%
# 训练全部的网络，每个在 2,000 张测试图片上量平移 0 到 6 格。
#
# Train all networks, and measure each on 2,000 test images moved by 0 to 6
# pixels.

shifts = range(7)
held_out = test_images[:2000], test_labels[:2000]
results = {}
for ending in ENDINGS:
    for way in WAYS:
        rows = []
        for seed in range(num_seeds):
            net = train(way, ending, images, labels, seed, num_epochs)
            rows.append([accuracy(net, *held_out, s) for s in shifts])
        results[way, ending] = torch.tensor(rows).T  # (shifts, seeds)
        print(way, ending, results[way, ending].mean(dim=1))

# %%
# 结果 | The result
# -----------------
# 左：末尾是全连接层。右：末尾是全局平均。带子是种子之间的标准差。
#
# Left: a dense layer at the end. Right: a global mean. Bands are one standard
# deviation over seeds.

fig, axes = plt.subplots(1, 2, figsize=(9, 4.2), layout="constrained")
for ax, ending in zip(axes, ENDINGS, strict=True):
    for way, style in zip(WAYS, ("o-", "s-", "^-", "v--", "D:"), strict=True):
        plot_spread(
            shifts, results[way, ending], style, label=WAYS[way][0], ax=ax
        )
    ax.set(xlabel="右移的像素 | pixels to the right", ylim=(0, 1))
axes[0].set_title("末尾是全连接层 | dense layer at the end")
axes[1].set_title("末尾是全局平均 | global mean at the end")
axes[0].set_ylabel("测试准确率（比例） | test accuracy (fraction)")
axes[0].legend(loc="upper right")
fig.set_label(
    "左：全连接层结尾的五种网络，移三格都大幅下降，最大池化降得慢些；右：全局平均"
    "结尾，准确率每四格一个周期，不缩小的是水平线"
    " | Left: with a dense ending all five fall far by three pixels, max pooling"
    " more slowly; right: with a global mean accuracy has a period of four, and"
    " full size is a level line"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 全连接层结尾：移一格，最大池化的每个种子都比隔一格取的降得少；移四格，它们都
# 丢掉至少四成的准确率。全局平均结尾：总步幅是 4，所以移 4 格与不移完全一样，不
# 缩小的网络移几格都一样。
#
# With a dense ending and a shift of one, max pooling loses less than every
# other pixel with each seed, and with a shift of four all lose much. With a
# global mean, the strides multiply to 4, so a shift of 4 is exactly no shift,
# and at full size no shift changes anything.

lost = {key: runs[0] - runs for key, runs in results.items()}
if not data.stand_in:
    assert (lost["max", "dense"][1] < lost["stride", "dense"][1]).all()
    assert (lost["max", "dense"][2] < lost["none", "dense"][2]).all()
least = 0.2 if data.stand_in else 0.35
assert all(lost[way, "dense"][4].min() > least for way in WAYS)
assert all(lost[way, "mean"][4].abs().max() < 0.002 for way in WAYS)
assert lost["none", "mean"].abs().max() < 0.002
assert (lost["average", "mean"][2] < lost["stride", "mean"][2]).all()
record_all(
    "pooling_shift",
    {
        "stride_at_rest": results["stride", "dense"][0],
        "stride_one": results["stride", "dense"][1],
        "max_at_rest": results["max", "dense"][0],
        "max_one": results["max", "dense"][1],
        "max_two": results["max", "dense"][2],
        "stride_two": results["stride", "dense"][2],
        "max_four": results["max", "dense"][4],
        "none_two": results["none", "dense"][2],
        "mean_stride_lost": lost["stride", "mean"][2],
        "mean_max_lost": lost["max", "mean"][2],
        "mean_blur_lost": (lost["blur", "mean"][2], ".3f"),
        "mean_max_at_rest": results["max", "mean"][0],
        "mean_blur_at_rest": results["blur", "mean"][0],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 全局平均结尾时，预测变了的图片占多少？算一算最大池化的网络移 2 格的情形。为什么
# 它比准确率的下降多？
#
# With the global mean, what share of predictions changes? Compute it for a
# network with max pooling and a shift of 2. Why is it more than the accuracy
# falls?

net = train("max", "mean", images, labels, 0, num_epochs)
with torch.no_grad():
    before, after = net(held_out[0]), net(held_out[0].roll(2, dims=-1))
changed = (before.argmax(dim=1) != after.argmax(dim=1)).float().mean().item()
print(f"{changed:.2f} changed, {lost['max', 'mean'][2, 0]:.2f} lost")
# Some wrong answers become right, or wrong in another way.
assert changed >= lost["max", "mean"][2, 0]
