r"""
四种归一化，四种平均 | Four normalizations, four averages
=========================================================

批量、层、实例和组归一化做同样的运算：减去均值，除以标准差。它们的区别只在于，
哪些数放在一起求均值。这张图由自动求导画出。

Batch, layer, instance and group normalization do the same computation:
subtract a mean and divide by a standard deviation. They differ in the numbers
that share a mean. Autograd draws this picture.

**你需要** :doc:`/modern-cnns/batch-normalization`；**你得到** 四种归一化的一幅图。

**You need** :doc:`/modern-cnns/batch-normalization`; **you get** one picture
of four normalizations.
"""

import matplotlib.pyplot as plt
import torch
from matplotlib.colors import ListedColormap
from torch import nn

from d2lnotes.results import record_all

EXAMPLES, CHANNELS, SIDE = 4, 6, 3
LAYERS = {
    "批量归一化 | batch normalization": nn.BatchNorm2d(CHANNELS),
    "层归一化 | layer normalization": nn.GroupNorm(1, CHANNELS),
    "实例归一化 | instance normalization": nn.InstanceNorm2d(CHANNELS),
    "组归一化，3 组 | group normalization, 3 groups": nn.GroupNorm(
        3, CHANNELS
    ),
}

# %%
# 谁影响一个输出 | What one output depends on
# -------------------------------------------
# 取一个输出，求它对所有输入的导数。导数不为 0 的输入，就是与它一起求均值和方差的数。
#
# Take one output and its derivatives with respect to all inputs. Where a
# derivative is not 0, the input shares its mean and variance.


def depends_on(layer, place):
    """Return which inputs the output at a place depends on, as booleans."""
    torch.manual_seed(0)
    inputs = torch.randn(EXAMPLES, CHANNELS, SIDE, SIDE, requires_grad=True)
    layer(inputs)[place].backward()
    return inputs.grad != 0


PLACE = 1, 2, 1, 1  # example 1, channel 2, the pixel in the middle
used = [depends_on(layer, PLACE) for layer in LAYERS.values()]

# %%
# 每一行是一个样本，每一列是一个通道，每个大方格是一张 3×3 的特征图。红的是选中的数，
# 蓝的是和它一起求平均的数。
#
# A row is an example, a column is a channel, and each large square is a
# feature map of 3 by 3. Red is the chosen number, blue are those that share
# its mean.

colors = ListedColormap(["0.92", "tab:blue", "tab:red"])
fig, axes = plt.subplots(1, 4, figsize=(13, 3.4), layout="constrained")
for ax, name, shares in zip(axes, LAYERS, used, strict=True):
    shade = shares.int()
    shade[PLACE] = 2
    rows = shade.permute(0, 2, 1, 3).reshape(EXAMPLES * SIDE, -1)
    ax.pcolormesh(rows, cmap=colors, vmin=0, vmax=2, edgecolor="w", lw=0.5)
    for line in range(SIDE, EXAMPLES * SIDE, SIDE):
        ax.axhline(line, color="k", lw=1.2)
    for line in range(SIDE, CHANNELS * SIDE, SIDE):
        ax.axvline(line, color="k", lw=1.2)
    ax.set_aspect("equal")
    ax.invert_yaxis()
    middles = torch.arange(CHANNELS) * SIDE + SIDE / 2
    ax.set_xticks(middles, [str(i) for i in range(CHANNELS)])
    ax.set_yticks(middles[:EXAMPLES], [str(i) for i in range(EXAMPLES)])
    ax.tick_params(length=0)
    ax.set_title(name)
    ax.set_xlabel("通道 | channel")
axes[0].set_ylabel("样本 | example")
fig.set_label(
    "四个方格图，行是样本，列是通道：批量归一化取一列，层归一化取一行，实例归一化取一格，"
    "组归一化取一行中相邻的两格 | Four grids with examples as rows and channels"
    " as columns: batch normalization takes a column, layer normalization a"
    " row, instance normalization one square, group normalization two"
    " neighboring squares of a row"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 批量归一化用一个通道的所有样本，其余三种只用一个样本。
#
# Batch normalization uses one channel of all examples. The other three use a
# single example.

counts = [int(shares.sum()) for shares in used]
places = SIDE * SIDE
assert counts == [EXAMPLES * places, CHANNELS * places, places, 2 * places]
assert all(not shares[[0, 2, 3]].any() for shares in used[1:])
names = ["batch", "layer", "instance", "group"]
record_all("norm_axes", dict(zip(names, counts, strict=True)), format=".0f")

# %%
# 练习 | Exercise
# ---------------
# Transformer 和 ConvNeXt 的层归一化只在通道上求平均，每个位置各算各的。用 ``permute``
# 写出它，数一数一个输出取决于几个输入。答案：6 个，就是通道的个数。
#
# In transformers and in ConvNeXt, layer normalization averages over channels
# alone, and each place has its own mean. Write it with ``permute`` and count
# the inputs that an output depends on. The answer: 6, as many as channels.

norm = nn.LayerNorm(CHANNELS)
shares = depends_on(
    lambda x: norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2), PLACE
)
print(int(shares.sum()))
assert int(shares.sum()) == CHANNELS
assert shares[1, :, 1, 1].all()
