r"""
得分的图说出在哪里 | The maps of the scores say where
=====================================================

NiN 给每个类别一张图，图的平均是这一类的得分。训练时只告诉网络图片里是哪个
数字，不告诉它在哪里。训练以后，这个类别的图最亮的地方，是不是那个数字所在的
地方？

NiN has a map for each class, and its mean is the score. Training tells the
network which digit is in a picture, and never where. After training, is the
brightest place of the map of that class the place of the digit?

**你需要** :doc:`/modern-cnns/nin`；**你得到** 一张比训练图片大得多的图，和指出
每个数字在哪里的几张图。

**You need** :doc:`/modern-cnns/nin`; **you get** a picture much larger than
those of training, and maps that point to the digits in it.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch.nn.functional import cross_entropy

from d2lnotes.models.convnets import NiN, NiNSpec
from d2lnotes.results import record_all
from d2lnotes.runtime import seed_everything, select_device

device = select_device()
digits = load_digits()
glyphs = torch.tensor(digits.images).float() / 16  # (1797, 8, 8)
labels = torch.tensor(digits.target)
TRAIN, SIDE, GLYPH = 1400, 24, 8

# %%
# 数字放在随机的地方 | Digits at random places
# --------------------------------------------
# 每张训练图片是 :math:`24 \times 24` 的，里面有一点噪声和一个数字。
#
# A training picture has :math:`24 \times 24` pixels with some noise and one
# digit.


def place(glyphs, draws, side=SIDE):
    """Return pictures, (n, 1, side, side), and where the glyphs begin, (n, 2)."""
    pictures = 0.2 * torch.rand(len(glyphs), 1, side, side, generator=draws)
    corners = torch.randint(
        side - GLYPH + 1, (len(glyphs), 2), generator=draws
    )
    for picture, glyph, (row, column) in zip(
        pictures, glyphs, corners.tolist(), strict=True
    ):
        picture[0, row : row + GLYPH, column : column + GLYPH] += glyph
    return pictures, corners


def make_network():
    """Return a network whose maps have 11 by 11 numbers for such a picture."""
    return NiN(
        [NiNSpec((16, 16, 16), side=5, padding=2)],
        num_classes=10,
        in_channels=1,
        last_widths=(32, 32),
        dropout=0.0,
    )


# %%
# 每一步都重新放一批数字。
#
# Each step places a batch of digits anew.


def train(network, glyphs, labels, draws, num_steps=1000):
    """Train in place on digits that are placed anew at each step."""
    device = next(network.parameters()).device
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    for _ in range(num_steps):
        pick = torch.randint(len(glyphs), (64,), generator=draws)
        pictures, _ = place(glyphs[pick], draws)
        scores = network(pictures.to(device))
        loss = cross_entropy(scores, labels[pick].to(device))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()


# %%
# 图中最亮的地方 | The brightest place of a map
# ---------------------------------------------
# 图的第 :math:`(i, j)` 个数，它的感受野以像素 :math:`(2i + 1, 2j + 1)` 为中心。
# 我们数一数，真实类别的图里最大的数，中心有多少次落在数字的
# :math:`8 \times 8` 个像素之内。对照是没有训练的网络。
#
# The receptive field of number :math:`(i, j)` of a map has its center at the
# pixel :math:`(2i + 1, 2j + 1)`. We count how often the largest number of the
# true class's map has its center within the :math:`8 \times 8` pixels of the
# digit. The control is a network that was not trained.
#
# 各类的图加上同一张图，softmax 的概率不变，所以先减去十张图的平均。
#
# Adding one map to the maps of all classes changes no probability of the
# softmax, so the mean of the ten maps is subtracted first.


def measure(network, pictures, corners, labels):
    """Return the accuracy, and how often the brightest place is on the digit."""
    device = next(network.parameters()).device
    with torch.no_grad():
        maps = network.maps(pictures.to(device)).cpu()
    right = maps.mean(dim=(2, 3)).argmax(dim=1) == labels
    maps = maps - maps.mean(dim=1, keepdim=True)
    own = maps[torch.arange(len(labels)), labels].flatten(1)  # (n, 121)
    side = maps.shape[-1]
    peak = own.argmax(dim=1)
    center = 2 * torch.stack([peak // side, peak % side], dim=1) + 1
    inside = (center >= corners) & (center < corners + GLYPH)
    return right.float().mean(), inside.all(dim=1).float().mean()


draws = seed_everything(0)
network = make_network().to(device)
pictures, corners = place(glyphs[TRAIN:], draws)
held_out = pictures, corners, labels[TRAIN:]
before = measure(network, *held_out)
train(network, glyphs[:TRAIN], labels[:TRAIN], draws)
after = measure(network, *held_out)
print(before, after)

# %%
# 一张大图 | A large picture
# --------------------------
# :math:`30 \times 72` 的图里有三个训练时没见过的数字。网络不用改：它的每一层都不管图有多大。
#
# A picture of :math:`30 \times 72` holds three digits not seen in training.
# The network needs no change, for none of its layers depends on the size.

large = 0.2 * torch.rand(1, 1, 30, 72, generator=draws)
shown = [int((labels[TRAIN:] == digit).nonzero()[4]) for digit in (3, 0, 7)]
for example, (row, column) in zip(
    shown, [(4, 8), (18, 32), (8, 56)], strict=True
):
    large[0, 0, row : row + GLYPH, column : column + GLYPH] += glyphs[
        TRAIN + example
    ]
with torch.no_grad():
    maps = network.maps(large.to(device))[0].cpu()
maps = (maps - maps.mean(dim=0)).relu()
fig, axes = plt.subplots(2, 2, figsize=(10, 4.6), layout="constrained")
axes[0, 0].imshow(large[0, 0], cmap="gray_r")
axes[0, 0].set_title("图片 | the picture")
for ax, digit in zip(axes.flat[1:], (3, 0, 7), strict=True):
    ax.imshow(maps[digit], cmap="inferno", vmin=0)
    ax.set_title(f"{digit} 的图 | the map of {digit}")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
fig.set_label(
    "一张图里有数字 3、0、7；每个数字自己的图在那个数字处是亮的，3 和 0 的图在 7"
    " 处也亮 | A picture with the digits 3, 0 and 7; the map of each digit is"
    " bright at that digit, and those of 3 and 0 are bright at the 7, too"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 训练以后，八成以上的图片里最亮的地方在数字上，比没有训练时多得多。
#
# After training the brightest place is on the digit in more than eight tenths
# of the pictures, far more often than before.

assert after[1] > 0.8
assert after[1] > before[1] + 0.2
record_all(
    "nin_class_maps",
    {"accuracy": after[0], "on_digit": after[1], "untrained": before[1]},
    unit="fraction",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 边长 24 的图片，每张图有 :math:`11 \times 11` 个数。上面那张
# :math:`30 \times 72` 的图片呢？
#
# For a picture of side 24 each map has :math:`11 \times 11` numbers. How many
# does it have for the picture of :math:`30 \times 72` above?

rows, columns = (30 - 3) // 2 + 1, (72 - 3) // 2 + 1
assert maps.shape[1:] == (rows, columns) == (14, 35)
