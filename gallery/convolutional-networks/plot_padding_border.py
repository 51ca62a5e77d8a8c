r"""
填充的误差每层往里走一格 | What padding invents moves one pixel a layer
=======================================================================

填充补上的数是编出来的：0、最近的像素、镜像，或者另一边的像素。编得有多准？
真照片里可以查：从照片中间剪下一块，它四周真正的像素我们都知道。本脚本把填充
得到的特征图与用真像素得到的比较，看误差有多大，从边界往里走多远。

Padding invents numbers: 0, the nearest pixel, a mirror image, or the pixels of
the other side. How good is the guess? With photographs we can find out. Cut a
piece from the middle, and the pixels around it are known. This script compares
the feature maps that padding gives with those from the true pixels: how large
the error is, and how far from the border it reaches.

**你需要** :doc:`/convolutional-networks/padding-and-stride`；**你得到** 四种填充
在边界上的误差，以及它们走多远。

**You need** :doc:`/convolutional-networks/padding-and-stride`; **you get** the
error of four kinds of padding at the border, and how far it travels.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import conv2d, pad

from d2lnotes.data import fetch_cifar10
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_cifar10(stand_in=True)
num_images = on(device, cpu=200, cuda=4000)
NUM_SEEDS = 5
DEPTHS = [1, 2, 4]
MODES = {
    "constant": "零 | zeros",
    "replicate": "最近的像素 | nearest pixel",
    "reflect": "镜像 | mirror",
    "circular": "另一边 | other side",
}

# %%
# 四种填充 | Four kinds of padding
# --------------------------------
# 同一张照片，中间 16×16 是剪下的一块，四周 8 格由填充补上。第一幅是真的。
#
# One photograph. The 16×16 in the middle is the piece that was cut out, the 8
# pixels around it are padding. The first picture is the true one.

photo = data.test_images[1:2]
fig, axes = plt.subplots(1, 5, figsize=(11, 2.7), layout="constrained")
names = ["真的 | true", *MODES.values()]
pictures = [photo]
pictures += [pad(photo[..., 8:-8, 8:-8], (8, 8, 8, 8), m) for m in MODES]
for ax, picture, name in zip(axes, pictures, names, strict=True):
    ax.imshow(picture[0].movedim(0, -1), cmap="gray")
    ax.plot([7.5, 23.5, 23.5, 7.5, 7.5], [7.5, 7.5, 23.5, 23.5, 7.5], "r-")
    ax.set_title(name, fontsize="x-large")
    ax.axis("off")
fig.set_label(
    "一张照片和四种填充：黑边、边上的颜色拉长、镜像、从另一边绕回来"
    " | A photograph and four paddings: a black rim, colors drawn out from the"
    " edge, a mirror image, and the other side wrapped around"
)
plt.show()

# %%
# 用真像素，还是用填充 | True pixels or padding
# ---------------------------------------------
# 图片先标准化，所以 0 就是平均的亮度。网络是几层随机的 3×3 卷积和 ReLU，8 个
# 通道。剪下的一块是中间的 24×24。真值从四周多留 :math:`L` 圈真像素开始，
# :math:`L` 是层数，一层也不填充。
#
# The pictures are standardized, so that 0 is the mean brightness. The network
# is a few random 3×3 convolutions with ReLU and 8 channels. The piece is the
# 24×24 in the middle. For the truth we keep :math:`L` more rings of true
# pixels, with :math:`L` the number of layers, and pad nothing.


def random_kernels(depth, in_channels, generator):
    """Return the kernels of ``depth`` layers, with He's variance."""
    channels = [in_channels] + [8] * depth
    return [
        torch.randn(b, a, 3, 3, generator=generator) * (2 / (9 * a)) ** 0.5
        for a, b in pairwise(channels)
    ]


def maps(inputs, kernels, mode=None):
    """Return the last feature maps, padded at each layer unless no mode."""
    for kernel in kernels:
        if mode is not None:
            inputs = pad(inputs, (1, 1, 1, 1), mode)
        inputs = conv2d(inputs, kernel).relu()
    return inputs


def distances(side):
    """Return how many pixels lie between each pixel and the border."""
    ticks = torch.arange(side)
    line = torch.minimum(ticks, side - 1 - ticks)
    return torch.minimum(line[:, None], line)


# %%
# 误差是差的均方根，除以真值的标准差，按到边界的距离分开算。五组随机的核。
#
# The error is the root mean square of the difference divided by the standard
# deviation of the truth, taken apart by the distance from the border. There
# are five draws of the kernels.


def errors(images, depth, mode, seed):
    """Return the error at distances 0 to 11 from the border: (12,)."""
    draws = torch.Generator().manual_seed(seed)
    kernels = random_kernels(depth, images.shape[1], draws)
    kernels = [kernel.to(images.device) for kernel in kernels]
    margin = 4 - depth
    side = images.shape[-1]
    truth = maps(
        images[..., margin : side - margin, margin : side - margin], kernels
    )
    guess = maps(images[..., 4:-4, 4:-4], kernels, mode)
    square = (guess - truth).square().mean(dim=(0, 1)).cpu()
    away = distances(side - 8)
    rings = [square[away == i].mean() for i in range(away.max() + 1)]
    return torch.stack(rings).sqrt() / truth.std().cpu()


images = data.test_images[:num_images].to(device)
images = (images - images.mean()) / images.std()
found = {
    (depth, mode): torch.stack(
        [errors(images, depth, mode, seed) for seed in range(NUM_SEEDS)]
    )
    for depth in DEPTHS
    for mode in MODES
}  # each (seeds, distances)

# %%
# 画的是误差与到边界的距离，一格一格往里。带子是五组核之间的标准差。
#
# The error is drawn against the distance from the border, pixel by pixel
# inward. Bands are one standard deviation over the five draws.

fig, axes = plt.subplots(
    1, 3, figsize=(11, 3.8), sharey=True, layout="constrained"
)
for ax, depth in zip(axes, DEPTHS, strict=True):
    for mode, style in zip(MODES, ("o-", "s--", "^-.", "d:"), strict=True):
        shown = found[depth, mode][:, :7].T
        plot_spread(range(7), shown, style, label=MODES[mode], ax=ax)
    ax.set_title(f"{depth} 层 | layers: {depth}")
    ax.set_xlabel("离边界的距离（像素） | distance from border (pixels)")
axes[0].set_ylabel("误差（真值的标准差） | error (std of the truth)")
axes[-1].legend()
fig.set_label(
    "四种填充的误差与到边界的距离：一层只错最外面一圈，四层错四圈，越往里越小；"
    "取最近的像素和镜像错得最少"
    " | Error of four paddings against distance from the border: one layer errs"
    " in the outermost ring, four layers in four rings, less and less inward;"
    " nearest pixel and mirror err least"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 距离不小于层数的地方，误差是 0（除舍入以外）。在边界上，取最近的像素比补 0
# 好，每组核都是这样。
#
# Where the distance is at least the number of layers, the error is 0 up to
# rounding. At the border the nearest pixel beats zeros for each draw.

for (depth, _), curves in found.items():
    assert curves[:, depth:].max() < 1e-4
    assert curves[:, depth - 1].min() > 1e-4
if not data.stand_in:
    for depth in DEPTHS:
        gain = found[depth, "constant"] - found[depth, "replicate"]
        assert (gain[:, 0] > 0).all()
record_all(
    "padding_border",
    {
        f"{name}_{depth}": found[depth, mode][:, 0]
        for depth in (1, 4)
        for mode, name in zip(
            MODES, ("zeros", "nearest", "mirror", "other"), strict=True
        )
    },
    over=f"{NUM_SEEDS} 组随机的核 | {NUM_SEEDS} draws of the kernels",
    format=".2f",
)
record_all(
    "padding_border",
    {"zeros_inner": found[4, "constant"][:, 3]},
    over=f"{NUM_SEEDS} 组随机的核 | {NUM_SEEDS} draws of the kernels",
    format=".3f",
)

# %%
# 练习 | Exercise
# ---------------
# 不先标准化，像素在 0 与 1 之间，0 是黑色。补 0 的误差变大还是变小，为什么？
# 先猜，再运行。
#
# Without standardizing, pixels lie between 0 and 1, and 0 is black. Does the
# error of zeros grow or shrink, and why? Guess before you run this.

raw = data.test_images[:num_images].to(device)
black = [errors(raw, 1, "constant", seed)[0] for seed in range(NUM_SEEDS)]
ratio = torch.stack(black).mean() / found[1, "constant"][:, 0].mean()
print(f"{ratio:.2f}")
if not data.stand_in:
    assert ratio > 1

# %%
# 变大。像素的均方误差，补平均亮度时是方差，补黑色时还要加上平均亮度的平方。
#
# It grows. The mean square error of a pixel is its variance if we pad with the
# mean. With black the square of the mean comes on top.
