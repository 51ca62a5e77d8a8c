r"""
同样的运算次数，不同的准确率 | Equal operations, unequal accuracy
=================================================================

九个家族的网络，都缩小到一张图片约 130 万次乘加。运算次数相同，准确率相同吗？花的
时间相同吗？参数一样多吗？

Networks of nine families, each slimmed to about 1.3 million multiply-adds for
a picture. Does the same number of operations mean the same accuracy, the same
time, the same number of parameters?

**你需要** :doc:`/modern-cnns/design`；**你得到** 九种网络的准确率与时间、与参数个数的
两幅图。在两核上约 4 分钟，因为要训练 27 个网络。

**You need** :doc:`/modern-cnns/design`; **you get** the accuracy of nine
networks against time and against parameters. It takes about 4 minutes on two
cores, for it trains 27 networks.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
import torch
from matplotlib.ticker import LogLocator
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data import fetch_cifar10
from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import (
    VGG,
    AlexNet,
    CifarResNet,
    ConvNeXt,
    DenseNet,
    GoogLeNet,
    InceptionSpec,
    NiN,
    NiNSpec,
    RegNet,
)
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seconds_per_call, select_device

# %%
# 2,000 张训练图片，四轮，测试也用 2,000 张，每个网络都相同。
#
# Each network has 2,000 training pictures, four epochs and 2,000 test
# pictures.

device = select_device()
data = fetch_cifar10(stand_in=True)
num_test = on(device, cpu=2000, cuda=10_000)
data = replace(
    data,
    test_images=data.test_images[:num_test],
    test_labels=data.test_labels[:num_test],
)
num_images = on(device, cpu=2000, cuda=50_000)
num_epochs = on(device, cpu=4, cuda=20)
num_seeds = on(device, cpu=3, cuda=5)

# %%
# 九种网络 | Nine networks
# ------------------------
# LeNet、AlexNet 和 NiN 没有归一化，其余的有。有归一化的学习率是 0.1，没有的是 0.03，
# 没有为每个网络分别去选。
#
# LeNet, AlexNet and NiN have no normalization, the others have one. The
# learning rate is 0.1 with normalization and 0.03 without. It was not tuned
# for each network.


def lenet():
    """Return LeNet for colour pictures, with ReLU and max pooling."""
    return nn.Sequential(
        *[nn.Conv2d(3, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)],
        *[nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()],
        *[nn.Linear(576, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU()],
        nn.Linear(84, 10),
    )


def googlenet():
    """Return a stem and the blocks 3a and 4a at an eighth of their width."""
    first = InceptionSpec(64, (96, 128), (16, 32), 32)
    second = InceptionSpec(192, (96, 208), (16, 48), 64)
    return GoogLeNet(
        [[first], [second]],
        num_classes=10,
        width=1 / 8,
        small_stem=12,
        normalize=True,
        dropout=0.0,
    )


def vgg():
    """Return four blocks of VGG with batch normalization."""
    blocks = [(1, 8), (1, 16), (1, 32), (2, 48)]
    options = {"num_classes": 10, "image_size": 32, "hidden": 64}
    return VGG(blocks, dropout=0.0, batch_norm=True, **options)


# %%
# 其余的网络由程序包里的类给出，每个后面是它的学习率。
#
# The other networks come from classes of the package, each with its learning
# rate.

PLAIN = {"num_classes": 10, "dropout": 0.0}
NIN = NiNSpec((9, 9, 9), 3, 1, 1), NiNSpec((18, 18, 18), 3, 1, 1)
DENSE = {"growth": 4, "stem_channels": 8, "bottleneck": 2, "small": True}
REG = {"group_width": 8, "stem_width": 8, "stem_stride": 1}
NETWORKS = {  # how it is made, and its learning rate
    "LeNet": (lenet, 0.03),
    "AlexNet": (lambda: AlexNet.small(8, dropout=0.0), 0.03),
    "VGG": (vgg, 0.1),
    "NiN": (lambda: NiN(NIN, last_widths=(36, 36), **PLAIN), 0.03),
    "GoogLeNet": (googlenet, 0.1),
    "ResNet": (lambda: CifarResNet(8, width=5), 0.1),
    "DenseNet": (lambda: DenseNet((2, 2, 2), num_classes=10, **DENSE), 0.1),
    "RegNet": (lambda: RegNet([16, 24, 48], [1, 1, 2], **REG), 0.1),
    "ConvNeXt": (
        lambda: ConvNeXt((12, 24, 48), (1, 1, 1), patch=2, layer_scale=1.0),
        0.1,
    ),
}

# %%
# 训练、数、计时 | Train, count, time
# -----------------------------------
# 时间是训练的一步，向前和向后，一批 128 张，按图片算。
#
# The time is that of a step of training, forward and backward, on a batch of
# 128, for each picture.


def milliseconds(make, device):
    """Return the time of a training step for a picture."""
    net = make().to(device)
    batch = torch.rand(128, 3, 32, 32, device=device)
    labels = torch.zeros(128, dtype=torch.long, device=device)

    def step():
        cross_entropy(net(batch), labels).backward()

    return 1000 * seconds_per_call(step, num_rounds=5) / 128


accuracies = torch.zeros(len(NETWORKS), num_seeds)
costs = torch.zeros(len(NETWORKS), 3)  # operations, parameters, time
for i, (name, (make, rate)) in enumerate(NETWORKS.items()):
    table = layer_table(make(), (3, 32, 32))
    costs[i, 0], costs[i, 1] = table.operations / 1e6, table.parameters
    costs[i, 2] = milliseconds(make, device)
    accuracies[i] = held_out_accuracies(
        make,
        data,
        learning_rate=rate,
        seeds=num_seeds,
        num_images=num_images,
        num_epochs=num_epochs,
        batch_size=on(device, cpu=32, cuda=128),
        device=device,
    )
    print(name, costs[i].tolist(), accuracies[i].tolist())

# %%
# 结果 | The result
# -----------------
# 每个点是一种网络，竖线是种子之间的标准差。灰色的阶梯是帕累托前沿：比它快的都不比它
# 准。空心的网络没有归一化。
#
# A dot is a network, with a line of one standard deviation over seeds. The
# gray staircase is the Pareto front: whatever is cheaper is less accurate.
# Hollow networks have no normalization.

mean, spread = accuracies.mean(dim=1), accuracies.std(dim=1)
fig, axes = plt.subplots(
    1, 2, figsize=(11, 4.8), sharey=True, layout="constrained"
)
for ax, cost in zip(axes, (costs[:, 2], costs[:, 1]), strict=True):
    order = cost.argsort()
    front = mean[order].cummax(dim=0).values
    ax.step(cost[order], front, "0.7", where="post", lw=3, zorder=0)
    for i, name in enumerate(NETWORKS):
        face = "w" if name in ("LeNet", "AlexNet", "NiN") else f"C{i}"
        dot = {"fmt": "o", "ms": 9, "color": f"C{i}", "mfc": face}
        ax.errorbar(cost[i], mean[i], spread[i], capsize=3, **dot)
        place = {"textcoords": "offset points", "xytext": (7, 5)}
        ax.annotate(name, (cost[i], mean[i]), **place)
    ax.set_xscale("log")
    ax.margins(x=0.25)
axes[0].xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
axes[0].xaxis.set_major_formatter("{x:g}")
axes[0].minorticks_off()
axes[0].set_xlabel(
    "一步训练的时间（毫秒每张） | time of a step (ms per picture)"
)
axes[1].set_xlabel("参数个数 | number of parameters")
axes[0].set_ylabel("测试准确率（比例） | test accuracy (fraction)")
fig.set_label(
    "运算次数相同的九种网络：时间相差数倍，参数相差约百倍，准确率也各不相同 | Nine"
    " networks of equal operations: times differ several times, parameters"
    " about a hundredfold, and so do accuracies"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 运算次数几乎相同，最慢的却比最快的慢一倍以上。参数最多的不是最准的。
#
# Operations are nearly equal, and yet the slowest takes more than twice as
# long as the fastest. The one with most parameters is not the most accurate.

operations, parameters, times = costs.unbind(dim=1)
assert operations.max() < 1.2 * operations.min()
if device.type == "cpu":
    assert times.max() > 2 * times.min()
if not data.stand_in:
    assert mean[parameters.argmax()] < mean.max()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
names = [name.lower() for name in NETWORKS]
values = dict(zip(names, accuracies.double(), strict=True))
record_all("accuracy_vs_cost", values, unit="fraction", over=over)
values = {
    "operations": (operations.mean(), ".2f"),
    "times_slower": (times.max() / times.min(), ".1f"),
    "times_parameters": (parameters.max() / parameters.min(), ".0f"),
    "images": (num_images, ",.0f"),
}
record_all("accuracy_vs_cost", values)

# %%
# 练习 | Exercise
# ---------------
# AlexNet 的参数最多。它们在哪些层里？用 ``layer_table`` 数出全连接层占的比例。答案：
# 约九成。把两个大的全连接层换成全局平均，参数就少了一个数量级。
#
# AlexNet has most parameters. In which layers are they? Use ``layer_table`` to
# find the share of the dense layers. The answer: about nine tenths. A global
# mean in the place of the two large dense layers would save an order of
# magnitude.

table = layer_table(NETWORKS["AlexNet"][0](), (3, 32, 32))
dense = sum(row.parameters for row in table.rows if row.kind == "Linear")
print(f"{dense / table.parameters:.2f}")
assert dense > 0.8 * table.parameters
