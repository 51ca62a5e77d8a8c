r"""
比较设计空间，不比较单个网络 | Compare design spaces, not single networks
=========================================================================

一条设计规则，例如“越往后通道越多”，好不好？拿两个网络比，胜负可能是运气。本脚本从
三个空间各抽许多网络：宽度递增的、任意的、递减的，运算次数都在同样的范围里，比较误差的
分布。

Is a rule of design such as “more channels in later stages” any good? Between
two networks, chance may decide. This script draws many networks from each of
three spaces: increasing widths, any widths, decreasing widths. Operations are
in the same range. What is compared are the distributions of their errors.

**你需要** :doc:`/modern-cnns/design`；**你得到** RegNet 怎样取整宽度的图，和三个
空间的误差分布。

**You need** :doc:`/modern-cnns/design`; **you get** a picture of how RegNet
rounds widths, and the distributions of the errors of three spaces.
"""

import random

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import RegNet, regnet_stages
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
images = avg_pool2d(data.train_images, 2).to(device)  # 14 by 14 pixels
images = (images - images.mean()) / images.std()
labels = data.train_labels.to(device)
num_networks = on(device, cpu=8, cuda=100)
num_steps = on(device, cpu=40, cuda=500)
NUM_VALID = 300 if data.stand_in else 3000

# %%
# 宽度落在直线附近 | Widths near a line
# -------------------------------------
# RegNetX-400MF 有 22 个块。灰线是想要的宽度，随块的编号直线增长。每个块取等比数列中
# 最近的一个。
#
# RegNetX-400MF has 22 blocks. The gray line is the width they would like,
# which grows in a straight line. Each block takes the nearest number of a
# geometric sequence.

numbers = {"depth": 22, "first": 24, "slope": 24.48, "ratio": 2.54}
widths, depths = regnet_stages(**numbers)
blocks = torch.arange(numbers["depth"])
taken = torch.tensor(widths).repeat_interleave(torch.tensor(depths))
fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
ax.plot(blocks, 24 + 24.48 * blocks, "0.6", lw=3, label="$w_0 + w_a j$")
name = "取整之后的宽度 | width after rounding"
ax.step(blocks, taken, "C0o-", where="mid", ms=8, label=name)
ax.set_xlabel("块的编号 j | number of the block, j")
ax.set_ylabel("通道数 | channels")
ax.legend()
fig.set_label(
    "灰色的直线和在它附近的四级台阶：宽 24、64、152、392，分别有 1、2、7、12 个块"
    " | A gray line and four steps near it: widths 24, 64, 152 and 392 with 1,"
    " 2, 7 and 12 blocks"
)
plt.show()

# %%
# 三个空间 | Three spaces
# -----------------------
# 抽三段的宽度和块数，运算次数在 20 万到 30 万之间的留下，每个空间都抽到够为止。
# 递增的空间把抽到的宽度由小到大排，递减的空间由大到小排。
#
# Draw widths and depths of three stages and keep networks of 200,000 to
# 300,000 operations, until each space has enough. One space sorts the widths
# upwards, one downwards, and one leaves them as drawn.


def make(widths, depths):
    """Return a RegNet for gray pictures of 14 by 14 pixels."""
    options = {"stem_width": 8, "stem_stride": 1, "in_channels": 1}
    return RegNet(widths, depths, group_width=4, **options)


def draw_space(arrange, count, chance):
    """Return widths and depths of networks of equal cost."""
    found = []
    while len(found) < count:
        widths = arrange([4 * chance.randint(2, 14) for _ in range(3)])
        depths = [chance.randint(1, 2) for _ in range(3)]
        table = layer_table(make(widths, depths), (1, 14, 14))
        if 200_000 <= table.operations <= 300_000:
            found.append((widths, depths))
    return found


# %%
# 每个网络训练同样多步，误差在没有训练过的图片上量。
#
# Each network trains for as many steps, and its error is measured on pictures
# that it was not trained on.


def validation_error(widths, depths, images, labels, num_steps):
    """Train on all but the last images; return the error on those."""
    torch.manual_seed(0)
    net = make(widths, depths).to(images.device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    order = torch.randint(len(images) - NUM_VALID, (num_steps, 100))
    for batch in order:
        loss = cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
    with torch.no_grad():
        answers = net.eval()(images[-NUM_VALID:]).argmax(dim=1)
    return (answers != labels[-NUM_VALID:]).double().mean().item()


# %%
# 抽样和训练 | Draw and train
# ---------------------------
SPACES = {
    "宽度递增 | increasing widths": sorted,
    "任意宽度 | any widths": list,
    "宽度递减 | decreasing widths": lambda w: sorted(w, reverse=True),
}
errors = torch.zeros(len(SPACES), num_networks)
for i, arrange in enumerate(SPACES.values()):
    drawn = draw_space(arrange, num_networks, random.Random(i))
    for j, network in enumerate(drawn):
        errors[i, j] = validation_error(*network, images, labels, num_steps)
    print(errors[i].sort().values)

# %%
# 结果 | The result
# -----------------
# 曲线上的一点 :math:`(e, F)` 说：误差不超过 :math:`e` 的网络占 :math:`F`。曲线越靠
# 左上，空间越好。
#
# A point :math:`(e, F)` of a curve says that a share :math:`F` of the networks
# has an error of at most :math:`e`. A curve further to the upper left is a
# better space.

fig, ax = plt.subplots(figsize=(7.5, 4.5), layout="constrained")
shares = torch.arange(1, num_networks + 1) / num_networks
for i, (name, style) in enumerate(zip(SPACES, "-:-", strict=True)):
    ordered = errors[i].sort().values
    ax.step(ordered, shares, f"C{i}{style}", where="post", lw=2.5, label=name)
    ax.plot(ordered, shares, f"C{i}{'os^'[i]}", ms=6)
ax.set_xlabel("验证误差（比例） | validation error (fraction)")
ax.set_ylabel("误差不超过它的网络（比例） | networks with at most this error")
ax.legend()
fig.set_label(
    "三个设计空间的误差的经验分布：宽度递增的和任意的靠在一起，递减的在右边很远"
    " | Empirical distributions of the errors of three design spaces: those of"
    " increasing and of any widths lie close together, that of decreasing ones"
    " far to the right"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 递增的空间的中位数小于递减的。可是它最差的网络，不如任意宽度中最好的。
#
# The median of increasing widths is below that of decreasing ones. Yet the
# worst network of that space is worse than the best with any widths.

medians = errors.median(dim=1).values
if not data.stand_in:
    assert medians[0] < medians[2]
    assert errors[0].max() > errors[1].min()
names = ["increasing", "any", "decreasing"]
values = {f"median_{name}": m for name, m in zip(names, medians, strict=True)}
values["best_increasing"] = errors[0].min()
values["worst_increasing"] = errors[0].max()
values["best_any"] = errors[1].min()
record_all("design_space", values, unit="fraction")
record_all("design_space", {"networks": num_networks}, format=".0f")

# %%
# 练习 | Exercise
# ---------------
# 宽度递减的网络里，有多大比例赶得上递增的网络的中位数？读出 :math:`F` 的值，再用代码
# 核对。答案：一个也没有。
#
# Which share of the networks with decreasing widths is at least as good as the
# median of those with increasing ones? Read it from :math:`F`, then check by
# code. The answer: none.

share = (errors[2] <= medians[0]).double().mean()
print(f"{share:.2f}")
if not data.stand_in:
    assert share < 0.2
