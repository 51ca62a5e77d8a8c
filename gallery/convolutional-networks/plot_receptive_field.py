r"""
看得见的一块，和真正看的一块 | What a unit can see and what it looks at
=======================================================================

叠起来的 3×3 卷积，感受野的边长随层数线性增长：:math:`L` 层看得见
:math:`2L + 1` 个像素宽的一块。可是块里的像素并不一样要紧。用梯度去量，权重随机
时要紧的部分集中在中央，宽度只按 :math:`\sqrt{L}` 增长，与一个简单的预言相符。
训练之后再量一次。

In stacked convolutions of 3×3 the side of the receptive field grows linearly:
:math:`L` layers can see a patch of :math:`2L + 1` pixels. But not all pixels
of the patch matter equally. Measured by gradients with random weights, what
matters gathers in the middle, and its width grows like :math:`\sqrt{L}` only,
as a simple prediction says. Then the same is measured after training.

**你需要** :doc:`/convolutional-networks/convolution` 里的感受野；
**你得到** 理论的和有效的感受野与层数的关系，随机的和训练过的权重。

**You need** receptive fields, from :doc:`/convolutional-networks/convolution`;
**you get** the theoretical and the effective receptive field against depth,
for random and for trained weights.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.convolution import Window, receptive_field
from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

torch.set_num_threads(1)  # networks this small gain nothing from more cores
device = select_device()
WIDTH = 8
DEPTHS = [2, 4, 8, 16, 32]

# %%
# 用梯度量 | Measuring by gradients
# ---------------------------------
# 输入恰好与感受野一样大，不补 0，输出就是一个位置。一个像素有多要紧，用输出对它的
# 梯度的平方来量，对许多次随机的输入和权重求平均。
#
# The input is exactly as large as the receptive field and nothing is padded,
# so that there is one place in the output. How much a pixel matters is
# measured by the square of the output's gradient with respect to it, averaged
# over many random inputs and weights.


def make_layers(depth, *, padding):
    """Return convolutions of 3 by 3 with ReLUs, weights by He, biases 0."""
    layers = []
    for number in range(depth):
        c_in = 1 if number == 0 else WIDTH
        layer = nn.Conv2d(c_in, WIDTH, kernel_size=3, padding=padding)
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
        nn.init.zeros_(layer.bias)
        layers += [layer, nn.ReLU()]
    return nn.Sequential(*layers)


def influence(layers, inputs, place):
    """Return the mean squared gradient of one place: (height, width)."""
    inputs = inputs.clone().requires_grad_()
    outputs = layers(inputs)[:, :, place, place]
    # A random mixture of the channels stands for what a next layer would read.
    (outputs * torch.randn_like(outputs)).sum().backward()
    return inputs.grad.square().mean(dim=(0, 1))


def half_width(influence, place):
    """Return the root mean square distance from the place, along one axis."""
    offsets = torch.arange(len(influence), device=influence.device) - place
    columns = influence.sum(dim=0)
    return ((columns * offsets**2).sum() / columns.sum()).sqrt().item()


# %%
# 从 2 层到 32 层，每种层数都抽许多次。
#
# From 2 to 32 layers, with many draws for each number of layers.

num_draws = on(device, cpu=10, cuda=50)
maps, measured = {}, torch.zeros(len(DEPTHS), num_draws)
for row, depth in enumerate(DEPTHS):
    side = receptive_field([Window(3)] * depth)
    found = []
    for seed in range(num_draws):
        seed_everything(seed)
        layers = make_layers(depth, padding=0).to(device)
        inputs = torch.randn(8, 1, side, side, device=device)
        found.append(influence(layers, inputs, 0))
        measured[row, seed] = half_width(found[-1], depth)
    maps[depth] = torch.stack(found).mean(dim=0).cpu()

# %%
# 一块里哪里要紧 | Where in the patch it matters
# ----------------------------------------------
# 每幅图是整个感受野，越亮的像素越要紧（平方根，好让暗的也看得见）。层数越多，
# 亮的部分占得越少。
#
# Each panel is the whole receptive field. The brighter a pixel, the more it
# matters; square roots are drawn, so that dark parts can be seen. The more
# layers, the smaller is the share of the bright part.

fig, axes = plt.subplots(1, 4, figsize=(10, 2.9), layout="constrained")
for ax, depth in zip(axes, DEPTHS[1:], strict=True):
    side = 2 * depth + 1
    ax.imshow(maps[depth].sqrt(), cmap="inferno")
    ax.set_title(f"{depth} 层：{side}×{side} | {depth} layers: {side}×{side}")
    ax.set(xticks=[], yticks=[])
fig.set_label(
    "4、8、16、32 层的感受野里，每个像素对输出有多要紧：亮的部分在中央，"
    "层数越多占得越少"
    " | How much each pixel of the receptive field matters to the output, for"
    " 4, 8, 16 and 32 layers: the bright part is in the middle, and its share"
    " shrinks with depth"
)
plt.show()

# %%
# 训练之后 | After training
# -------------------------
# 六层的网络，读 28×28 的照片，最后对所有位置取平均，再分类。训练前后量中央那个
# 位置，输入是同样的 100 张测试照片。对照：量的是同一个网络，只差训练。
#
# A network of six layers reads photographs of 28×28 and classifies by a mean
# over all places. The place in the middle is measured before and after
# training, on the same 100 test photographs. The control is the network
# itself: training is the only difference.

data = fetch_fashion_mnist(stand_in=True)
num_train = on(device, cpu=1600, cuda=20_000)
images = data.train_images[:num_train].to(device)
labels = data.train_labels[:num_train].to(device)
test_images = data.test_images[:100].to(device)
num_seeds = on(device, cpu=3, cuda=10)
DEPTH = 6


# %%
# 测量、训练、再测量。
#
# Measure, train, and measure again.


def before_and_after(images, labels, test_images, seed, num_epochs=5):
    """Return both half widths, and the training loss of the last epoch."""
    draws = seed_everything(seed)
    layers = make_layers(DEPTH, padding=1)
    head = [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(WIDTH, 10)]
    net = nn.Sequential(layers, *head).to(images.device)
    found = [half_width(influence(layers, test_images, 14), 14)]
    optimizer = torch.optim.Adam(net.parameters(), lr=5e-3)
    for _ in range(num_epochs):
        losses = []
        for chosen in torch.randperm(len(images), generator=draws).split(50):
            chosen = chosen.to(images.device)
            loss = cross_entropy(net(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
    found.append(half_width(influence(layers, test_images, 14), 14))
    return found, sum(losses) / len(losses)


runs = [
    before_and_after(images, labels, test_images, seed)
    for seed in range(num_seeds)
]
print(runs)
before, after = torch.tensor([found for found, _ in runs]).T

# %%
# 结果 | The result
# -----------------
# 每一层把影响向两边各传一格，三个位置平均分配。一次均匀的 :math:`-1, 0, 1` 的方差
# 是 :math:`\tfrac23`，:math:`L` 次独立的相加，标准差是 :math:`\sqrt{2L/3}`。
# 这就是预言，它与通道个数无关。
#
# Each layer passes the influence on to three places in equal shares. One
# uniform step of :math:`-1, 0, 1` has variance :math:`\tfrac23`, and
# :math:`L` independent ones add up to a standard deviation of
# :math:`\sqrt{2L/3}`. This is the prediction. It does not depend on the number
# of channels.

predicted = (2 * torch.tensor(DEPTHS) / 3).sqrt()
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
ax.plot(DEPTHS, DEPTHS, "k--", label="看得见：$L$ | can see: $L$")
label = "随机权重，量得的 | random weights, measured"
plot_spread(DEPTHS, measured, "o-", label=label, ax=ax)
label = r"预言：$\sqrt{2L/3}$ | predicted: $\sqrt{2L/3}$"
ax.plot(DEPTHS, predicted, "k:", lw=2, label=label)
label = "训练之后 | after training"
ax.plot([DEPTH] * num_seeds, after, "C3^", label=label)
ax.set_xscale("log", base=2)
ax.set_yscale("log", base=2)
ax.set_xticks(DEPTHS, DEPTHS)
ax.set_yticks(DEPTHS, DEPTHS)
ax.set(
    xlabel="层数 $L$ | layers $L$",
    ylabel="离中央的距离（像素） | distance from the middle (pixels)",
)
ax.legend()
fig.set_label(
    "看得见的距离与层数成正比；随机权重时量得的距离落在预言的平方根上；训练之后"
    "的点另画"
    " | The distance that can be seen is proportional to depth; that measured"
    " with random weights lies on the predicted square root; points after"
    " training are drawn beside"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 量得的与预言相差不到一成。
#
# What is measured is within a tenth of the prediction.

ratios = measured.mean(dim=1) / predicted
print(ratios, before, after)
assert ((ratios - 1).abs() < 0.1).all()
record_all(
    "receptive_field",
    {
        "random_4": measured[1],
        "random_32": measured[-1],
        "predicted_32": predicted[-1].item(),
        "before": before,
        "after": after,
    },
    unit="像素 | pixels",
    over="几个随机种子 | several random seeds",
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 把核的权重都换成同一个正数，去掉 ReLU。梯度是什么？它的分布有名字吗？
#
# Replace all weights of the kernels by one positive number and leave out the
# ReLUs. What is the gradient? Does its distribution have a name?

layers = make_layers(4, padding=0)[::2]
for layer in layers:
    nn.init.ones_(layer.weight)
signal = torch.zeros(1, 1, 9, 9, requires_grad=True)
layers(signal)[0, 0, 0, 0].backward()
row = signal.grad[0, 0, 4] / signal.grad[0, 0, 4, 0]
steps = torch.tensor([1, 4, 10, 16, 19, 16, 10, 4, 1]).float()
torch.testing.assert_close(row, steps)

# %%
# 一行里是 1, 4, 10, 16, 19, 16, 10, 4, 1：把 :math:`-1, 0, 1` 独立地加四次，得到
# 每个和的方法数（三项式系数）。层数多了，它接近正态分布。
#
# A row reads 1, 4, 10, 16, 19, 16, 10, 4, 1: the numbers of ways to get each
# sum of four independent steps of :math:`-1, 0, 1`, the trinomial
# coefficients. With many layers they approach the normal distribution.
