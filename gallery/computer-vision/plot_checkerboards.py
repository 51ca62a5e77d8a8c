r"""
棋盘格从哪里来 | Where checkerboards come from
==============================================

把特征图放大的网络，输出里常有细密的方格。本脚本先数一数：每个输出被多少个核盖住。
然后训练四种小的放大网络，去还原平滑的图片，再让它们放大一张处处相同的灰图。正确的
输出处处相同，所以起伏的都是方格。对照是不用转置卷积的网络：先把图放大，再卷积。

Networks that enlarge feature maps often leave a fine pattern of squares in
their output. This script first counts how many kernels cover each output. It
then trains four kinds of small networks to restore smooth pictures, and has
each enlarge a picture of a single gray. The right output is the same
everywhere, so whatever goes up and down is the pattern. The control does
without transposed convolutions: it enlarges first and convolves then.

**你需要** :doc:`/computer-vision/transposed-convolution`；**你得到** 四种网络的方格有
多强，训练之前和之后，五个种子。

**You need** :doc:`/computer-vision/transposed-convolution`; **you get** the
strength of the pattern in four kinds of networks, before training and after,
for five seeds.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, interpolate, mse_loss

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.transposed_convolution import bilinear_kernel, overlap_counts

torch.set_num_threads(1)  # networks this small gain nothing from more cores
device = select_device()
num_seeds = on(device, cpu=5, cuda=10)
num_steps = 200  # the pattern after a short training
WIDTH = 8
WHAT = "gray", "pictures", "error"
KINDS = {
    "k3": "$k = 3$",
    "k4": "$k = 4$",
    "start": "$k = 4$，双线性 | $k = 4$, bilinear",
    "resize": "先放大 | enlarge first",
}

# %%
# 数一数 | Counting
# -----------------
# 核的边长是步幅的倍数时，除了边缘，每个输出被同样多的核盖住。
#
# If the side of the kernel is a multiple of the stride, all outputs are covered
# by the same number of kernels, except at the border.

fig, axes = plt.subplots(1, 3, figsize=(9, 3.6), layout="constrained")
pairs = [(3, 2), (4, 2), (5, 3)]
shades = ["white", "#deebf7", "#9ecae1", "", "#6baed6"]
for ax, (kernel_size, stride) in zip(axes, pairs, strict=True):
    line = overlap_counts(3, kernel_size, stride=stride)
    counts = torch.outer(line, line)
    colors = [[shades[count] for count in row] for row in counts.tolist()]
    plot_cells(counts, ax=ax, colors=colors)
    ax.set_title(f"$k = {kernel_size},\\ s = {stride}$", size=15)
fig.set_label(
    "三张表，每格是盖住这个输出的核的个数：核边长 3、步幅 2 时像棋盘，4 和 2 时中间都相同，"
    "5 和 3 时又是棋盘 | Three tables with the number of kernels that cover each"
    " output: a checkerboard for kernels of 3 with stride 2, equal numbers inside"
    " for 4 with 2, and a checkerboard again for 5 with 3"
)
plt.show()

inside = overlap_counts(6, 4, stride=2)[2:-2]
assert inside.unique().tolist() == [2]
assert overlap_counts(6, 3, stride=2)[2:-2].unique().tolist() == [1, 2]

# %%
# 四种网络 | Four networks
# ------------------------
# 每个网络把 8×8 的图放大两次，到 32×32。“双线性开始”的核是随机数乘以双线性插值的核。
#
# Each network enlarges 8×8 twice, to 32×32. With a “bilinear start” each kernel
# is a random number times the kernel of bilinear interpolation.


def enlarge(kind, inputs, outputs):
    """Return a layer that doubles the sides."""
    if kind == "resize":
        bigger = nn.Upsample(scale_factor=2)
        return nn.Sequential(bigger, nn.Conv2d(inputs, outputs, 3, padding=1))
    if kind == "k3":
        return nn.ConvTranspose2d(inputs, outputs, 3, 2, 1, output_padding=1)
    layer = nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)
    if kind == "start":
        random = torch.randn(inputs, outputs, 1, 1) / inputs**0.5
        layer.weight.data = random * bilinear_kernel(1, 2)
    return layer


def make_net(kind):
    """Return a network that enlarges a gray picture four times."""
    return nn.Sequential(
        nn.Conv2d(1, WIDTH, 3, padding=1),
        nn.ReLU(),
        enlarge(kind, WIDTH, WIDTH),
        nn.ReLU(),
        enlarge(kind, WIDTH, 1),
    )


# %%
# 量方格 | Measuring the pattern
# ------------------------------
# 放大四倍，方格每 4 个像素重复一次。所以把位置按行、列除以 4 的余数分成 16 组，各求误差
# 的平均。16 个平均的标准差，就是方格的强度。边缘的 8 个像素不算，那里有填充的影响。
#
# After enlarging four times a pattern repeats itself every 4 pixels. So places
# are put into 16 groups by the remainders of row and column modulo 4, and the
# error is averaged over each. The standard deviation of the 16 means is the
# strength of the pattern. A border of 8 pixels is left out, where padding acts.


@torch.no_grad()
def pattern(outputs, targets):
    """Return the strength of the pattern, in gray levels of 256."""
    error = (outputs - targets)[..., 8:-8, 8:-8]
    groups = error.unflatten(-1, (-1, 4)).unflatten(-3, (-1, 4))
    means = groups.mean(dim=(0, 1, 2, 4))
    return 255 * means.std(unbiased=False).item()


def smooth_pictures(count, generator):
    """Return smooth gray pictures of 32 by 32, between 0 and 1."""
    knots = torch.rand(count, 1, 5, 5, generator=generator)
    return interpolate(knots, size=(32, 32), mode="bicubic").clamp(0, 1)


@torch.no_grad()
def measure(net, held_out, gray):
    """Return the pattern on gray and on pictures, and the error on these."""
    outputs = net(avg_pool2d(held_out, 4))
    error = 255 * mse_loss(outputs, held_out).sqrt().item()
    on_gray = pattern(net(avg_pool2d(gray, 4)), gray)
    return on_gray, pattern(outputs, held_out), error


# %%
# 训练 | Training
# ---------------
# 输入是图片缩到四分之一的样子，目标是原图。
#
# The input is a picture shrunk to a quarter, and the target is the picture.


def train(net, pictures, num_steps, generator):
    """Train a network to restore pictures from small versions."""
    optimizer = torch.optim.Adam(net.parameters(), lr=0.003)
    for _ in range(num_steps):
        batch = pictures[
            torch.randint(len(pictures), (16,), generator=generator)
        ]
        loss = mse_loss(net(avg_pool2d(batch, 4)), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


# %%
# 每个种子训练四个网络，量两次。
#
# Four networks are trained with each seed and measured twice.

gray = torch.full((1, 1, 32, 32), 0.5, device=device)
runs = {f"{kind}_{time}": [] for kind in KINDS for time in ("before", "after")}
shown = {}
for seed in range(num_seeds):
    generator = seed_everything(seed)
    pictures = smooth_pictures(160, generator).to(device)
    for kind in KINDS:
        net = make_net(kind).to(device)
        for time in ("before", "after"):
            if time == "after":
                train(net, pictures[:128], num_steps, generator)
            runs[f"{kind}_{time}"].append(measure(net, pictures[128:], gray))
            outputs = net(avg_pool2d(gray, 4)).detach().cpu()
            shown.setdefault(f"{kind}_{time}", outputs[0, 0, 8:-8, 8:-8])
runs = {name: torch.tensor(rows).T for name, rows in runs.items()}
for name, (on_gray, on_pictures, error) in runs.items():
    print(name, on_gray, on_pictures, error)

# %%
# 一张灰图变成什么 | What becomes of a gray picture
# --------------------------------------------------
# 每格减去自己的平均，对比度放大到看得见。上排训练之前，下排训练之后；两排的尺度不同。
#
# The mean of each picture is subtracted, and contrast is raised until the
# pattern shows. Upper row: before training, lower row: after it. The rows
# differ in scale.

fig, axes = plt.subplots(2, 4, figsize=(9, 5), layout="constrained")
for row, time in zip(axes, ("before", "after"), strict=True):
    flat = [shown[f"{kind}_{time}"] for kind in KINDS]
    flat = [picture - picture.mean() for picture in flat]
    reach = max(picture.abs().max().item() for picture in flat)
    for ax, picture, title in zip(row, flat, KINDS.values(), strict=True):
        ax.imshow(picture, cmap="RdBu", vmin=-reach, vmax=reach)
        ax.set(xticks=[], yticks=[])
        if time == "before":
            ax.set_title(
                title.replace("，", "，\n").replace(", ", ",\n"), size=13
            )
axes[0, 0].set_ylabel("训练之前 | before", size=14)
axes[1, 0].set_ylabel("训练之后 | after", size=14)
fig.set_label(
    "四种网络放大一张灰图的结果，上排训练之前，下排之后：转置卷积的网络有方格，只有双线性"
    "开始的在训练之前没有；先放大再卷积的两次都没有 | What four networks make of a gray"
    " picture, before training above and after it below: those with transposed"
    " convolutions show a pattern, except for the bilinear start before training;"
    " the one that enlarges first shows none either time"
)
plt.show()

# %%
# 方格有多强 | How strong the pattern is
# --------------------------------------

fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
titles = ["灰图 | gray picture", "没见过的图片 | held-out pictures"]
names = ["$k=3$", "$k=4$", "双线性 | bilinear", "先放大 | enlarge"]
marks = [("before", "o", "tab:orange"), ("after", "s", "tab:blue")]
for column, (ax, title) in enumerate(zip(axes, titles, strict=True)):
    for time, mark, color in marks:
        for k, kind in enumerate(KINDS):
            x = [k - 0.15 if time == "before" else k + 0.15] * num_seeds
            values = runs[f"{kind}_{time}"][column]
            ax.plot(x, values, mark, color=color, alpha=0.7)
    ax.set_title(title, size=14)
    ax.set_yscale("symlog", linthresh=0.1)
    ax.tick_params(labelsize=12)
    ax.set_xticks(range(4), names, size=12)
axes[0].set_ylabel("方格，灰度级 | pattern, gray levels", size=13)
axes[1].plot([], [], "o", color="tab:orange", label="训练之前 | before")
axes[1].plot([], [], "s", color="tab:blue", label="训练之后 | after")
fig.legend(loc="outside lower center", ncols=2, fontsize=13)
fig.set_label(
    "四种网络的方格强度，每个点一个种子：灰图上先放大再卷积的为 0，转置卷积的在训练之后都"
    "不为 0 | The strength of the pattern in four kinds of networks, one mark for"
    " each seed: on gray it is 0 for enlarging first, and after training not 0 for"
    " transposed convolutions"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

for name in ("resize_before", "resize_after", "start_before"):
    assert runs[name][0].max() < 0.01
assert runs["k3_before"][0].min() > 1
assert runs["k4_before"][0].min() > 0.5
for name in ("k3_after", "k4_after", "start_after"):
    assert runs[name][0].min() > 0.1
    assert runs[name][1].mean() > runs["resize_after"][1].mean()
record_all(
    "checkerboards",
    {
        f"{name}_{what}": numbers
        for name, rows in runs.items()
        for what, numbers in zip(WHAT, rows, strict=True)
        if what == "gray" or name.endswith("after")
    },
    unit="灰度级 | gray levels",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".1f",
)

# %%
# 练习 | Exercise
# ---------------
# 核的边长是 2，步幅是 3。离开边缘，没有被任何核盖住的输出占多大的比例？
#
# The side of the kernel is 2 and the stride is 3. Away from the border, which
# share of the outputs is covered by no kernel?

line = overlap_counts(6, 2, stride=3)[:15]  # five whole periods
share = (torch.outer(line, line) == 0).float().mean()
# Covered are two rows of three and two columns of three: 4 of 9 places.
assert torch.isclose(share, torch.tensor(5 / 9))
