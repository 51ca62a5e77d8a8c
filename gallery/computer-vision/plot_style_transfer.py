r"""
照片换上一幅画的风格 | A photograph in the style of a painting
==============================================================

一个在 CIFAR-10 上训练了一小会儿的网络，已经能把一幅画的笔触和颜色搬到一张照片上。训练
的是图的像素，网络不变。内容的权重越大，结果越像照片。对照是只换颜色的照片：它的风格损
失仍然很大，所以迁移的不只是颜色。

A network that was trained on CIFAR-10 for a short while is enough to bring the
strokes and colors of a painting to a photograph. Pixels are trained, and the
network stays. With more weight on content, the result is more like the
photograph. The control is the photograph in new colors. Its style loss is
still large, so more than colors is transferred.

**你需要** :doc:`/computer-vision/style-transfer`；**你得到** 一幅结果，和三种权重的
比较。

**You need** :doc:`/computer-vision/style-transfer`; **you get** a result, and
three weights compared.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_sample_image
from torch import nn
from torch.nn.functional import cross_entropy, interpolate

from d2lnotes.data import fetch_cifar10
from d2lnotes.painting import make_painting
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.style_transfer import (
    extract_features,
    gram_matrix,
    make_blocks,
    match_colors,
    style_loss,
    transfer_style,
)

device = select_device()
num_train = on(device, cpu=5000, cuda=50_000)
data = fetch_cifar10(num_train=num_train, stand_in=True)
images, labels = data.train_images.to(device), data.train_labels.to(device)
num_steps = on(device, cpu=100, cuda=3000)

# %%
# 照片和画 | A photograph and a painting
# --------------------------------------
# 照片是 scikit-learn 自带的。画由程序画成，一笔一笔，绕着四个中心。
#
# The photograph comes with scikit-learn. The painting is drawn by a program,
# stroke by stroke, around four centers.

SIZE = on(device, cpu=(160, 240), cuda=(384, 576))
china = torch.tensor(load_sample_image("china.jpg")).permute(2, 0, 1)
photo = interpolate(china[None] / 255, SIZE, mode="area")[0].to(device)
draws = torch.Generator().manual_seed(1)
side = SIZE[0] / 160
strokes = {"stroke_length": 36 * side, "stroke_width": 7 * side}
painting = make_painting(SIZE, num_strokes=900, generator=draws, **strokes)
painting = painting.to(device)

# %%
# 网络 | The network
# ------------------
# 四个卷积，给 CIFAR-10 的照片分类。训练以后冻结，头部丢掉。
#
# Four convolutions that classify photographs of CIFAR-10. After training they
# are frozen, and the head is dropped.


def network(seed, images, labels, num_steps):
    """Return blocks and a head after so many steps of Adam."""
    generator = seed_everything(seed)
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)
    net = nn.Sequential(*make_blocks(), nn.ReLU(), *head).to(images.device)
    optimizer = torch.optim.AdamW(net.parameters(), lr=0.01)
    for _ in range(num_steps):
        pick = torch.randint(len(images), (64,), generator=generator)
        loss = cross_entropy(net(images[pick]), labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return net.eval().requires_grad_(False)


# %%
# 三种权重，三个种子 | Three weights, three seeds
# -----------------------------------------------
# 种子决定网络。内容的权重差十倍，总变差的权重都是 0.02。
#
# The seed decides the network. Weights of content differ by factors of ten,
# and the total variation has a weight of 0.02.

WEIGHTS = (0.001, 0.01, 0.1)
options = {"content_blocks": [3], "style_blocks": [0, 1, 2, 3, 4]}
options |= {"variation_weight": 0.02, "num_steps": 60}
plain = match_colors(photo, painting)
pictures, content, style, start, scores = [], [], [], [], []
for seed in range(3):
    net = network(seed, images, labels, num_steps)
    guess = net(data.test_images[:1000].to(device)).argmax(dim=1).cpu()
    scores.append((guess == data.test_labels[:1000]).double().mean())
    blocks = net[:5]
    for weight in WEIGHTS:
        options["content_weight"] = weight
        result = transfer_style(photo, painting, blocks, **options)
        pictures.append(result.image.cpu())
        content.append(result.content[-1].cpu())
        style.append(result.style[-1].cpu())
    start.append(result.style[0].cpu())  # of the photograph in new colors
content = torch.stack(content).view(3, -1).T  # (weights, seeds)
style = torch.stack(style).view(3, -1).T
start, scores = torch.stack(start), torch.stack(scores)
print(scores, start, content, style)

# %%
# 结果 | The result
# -----------------

fig, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
shown = [
    ("内容 | content", photo.cpu()),
    ("风格 | style", painting.cpu()),
    ("只换颜色 | colors alone", plain.cpu()),
    ("结果 | result", pictures[1]),
]
for ax, (title, picture) in zip(axes.flat, shown, strict=True):
    ax.imshow(picture.permute(1, 2, 0))
    ax.set_title(title)
    ax.axis("off")
fig.set_label(
    "左上：一座楼阁的照片；右上：一幅有黄色漩涡的蓝色的画；左下：换了颜色的照片；"
    "右下：楼阁的轮廓还在，由笔触画成 | Top left: a pavilion; top right: a"
    " blue painting with yellow swirls; bottom left: the photograph recolored;"
    " bottom right: the outline of the pavilion, painted in strokes"
)
plt.show()

# %%
# 三种权重 | Three weights
# ------------------------

fig, axes = plt.subplots(1, 3, figsize=(9, 2.7), layout="constrained")
for ax, picture, weight in zip(axes, pictures, WEIGHTS, strict=False):
    ax.imshow(picture.permute(1, 2, 0))
    ax.set_title(rf"$\alpha = {weight}$")
    ax.axis("off")
fig.set_label(
    "内容的权重从左到右增大：左边笔触柔和，右边的轮廓更清楚，多了细碎的纹样 | The"
    " weight of content grows from left to right: soft strokes on the left,"
    " clearer outlines and fine patterns on the right"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 内容的权重越大，内容损失越小，风格损失越大。只换颜色的照片，风格损失远大于结果的。
#
# With more weight on content, the content loss is smaller and the style loss
# larger. The photograph in new colors has a far larger style loss.

assert (content[0] > content[2]).all()
assert (style[0] < style[2]).all()
assert (start > 3 * style[1]).all()
values = {
    "content_low": content[0],
    "content_high": content[2],
    "style_low": style[0],
    "style_high": style[2],
    "style_colors": start,
}
over = "3 个随机种子 | 3 random seeds"
record_all("style_transfer", values, unit="", over=over, format=".4f")
record_all(
    "style_transfer_network",
    {"accuracy": scores},
    unit="fraction",
    over=over,
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 风格只用块 0，也就是标准化的像素。结果里还有笔触吗？
#
# Let style use block 0 alone, which is the standardized pixels. Are there
# still strokes in the result?

options |= {"style_blocks": [0], "content_weight": 0.01}
flat = transfer_style(photo, painting, blocks, **options)
deep = extract_features(blocks, flat.image[None])[3]
target = gram_matrix(extract_features(blocks, painting[None])[3])
print(f"{style_loss(deep, target):.2f}")
# Colors fit, strokes do not: block 3 is not like the painting's.
assert style_loss(deep, target) > 3 * style[1].max()
