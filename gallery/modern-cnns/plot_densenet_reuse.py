r"""
稠密块用的不只是最近的来源 | A dense block uses more than its latest source
===========================================================================

稠密块的每一层能读前面所有的层。它真的都用吗？本脚本训练只有一个稠密块的网络，画出
每一层对每个来源的平均权重，再剪断连接来检验：每层只留最近的几个来源，只留最早的几
个，或者随机留同样多，这是对照。权重的图只说大小，剪断才说明准确率靠的是什么。

Each layer of a dense block can read all layers before it. Does it use them?
This script trains networks with a single dense block and draws the mean
weight of each layer for each source. Then it tests the picture by cuts: each
layer keeps its latest sources, its earliest, or, as a control, as many at
random. A map of weights tells sizes. Only the cuts tell what the accuracy
depends on.

**你需要** :doc:`/modern-cnns/densenet`；**你得到** 权重的热图，和剪断以后的测试准确
率。

**You need** :doc:`/modern-cnns/densenet`; **you get** a heat map of weights,
and the test accuracy after the cuts.
"""

import copy

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy
from torch.optim.lr_scheduler import CosineAnnealingLR

from d2lnotes.data import TensorLoader, fetch_cifar10
from d2lnotes.metrics import accuracy_score
from d2lnotes.models.convnets import DenseNet
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device
from d2lnotes.training import evaluate, fit

device = select_device()
data = fetch_cifar10(num_train=10_000, stand_in=True)
small = avg_pool2d(data.train_images, 2)  # 16 by 16 pixels
std, mean = torch.std_mean(small, dim=(0, 2, 3), keepdim=True)
images, labels = (small - mean) / std, data.train_labels
tests = (avg_pool2d(data.test_images[:2000], 2) - mean) / std
num_seeds, num_epochs = on(device, cpu=(3, 3), cuda=(5, 20))
DEPTH, GROWTH, STEM = 8, 6, 12

# %%
# 一个稠密块 | One dense block
# ----------------------------
# 块有 8 层，每层添 6 个通道。第 :math:`l` 层有 :math:`l` 个来源：块的输入，和前面
# :math:`l - 1` 层。每层是归一化、ReLU 和一个 :math:`3 \times 3` 卷积，没有瓶颈，
# 所以卷积的每个权重都属于一个来源。
#
# The block has 8 layers, each of which adds 6 channels. Layer :math:`l` has
# :math:`l` sources: the input of the block, and :math:`l - 1` layers before.
# A layer is normalization, ReLU and one :math:`3 \times 3` convolution. There
# is no bottleneck, so that each weight of a convolution belongs to a source.


def train(seed, images, labels, num_epochs, device):
    """Return a trained network with one dense block."""
    torch.manual_seed(seed)
    sizes = {"growth": GROWTH, "stem_channels": STEM, "bottleneck": 0}
    net = DenseNet((DEPTH,), **sizes, num_classes=10, small=True).to(device)
    draws = torch.Generator().manual_seed(seed)
    sets = {"batch_size": 64, "shuffle": True, "generator": draws}
    loader = TensorLoader(images, labels, **sets, device=device)
    sgd = torch.optim.SGD(
        net.parameters(), lr=0.1, momentum=0.9, weight_decay=5e-4
    )
    falling = CosineAnnealingLR(sgd, num_epochs)
    fit(
        net,
        loader,
        loss_fn=cross_entropy,
        optimizer=sgd,
        num_epochs=num_epochs,
        scheduler=falling,
    )
    return net


def channels_of(source):
    """Return the channels of a source: 0 is the input of the block."""
    start = STEM + (source - 1) * GROWTH if source else 0
    return slice(start, start + (GROWTH if source else STEM))


# %%
# 权重有多大 | How large the weights are
# --------------------------------------
# 一个来源的权重要乘上前面归一化的缩放 :math:`\gamma`，取绝对值的平均。
#
# The weights from a source are multiplied by the scales :math:`\gamma` of the
# normalization before them. We take the mean of the absolute values.


def weight_map(net):
    """Return the mean weight from each source, (layers, sources)."""
    found = torch.full((DEPTH, DEPTH), torch.nan)
    for row, layer in enumerate(net.blocks[0]):
        norm, _, conv = layer.new
        sizes = (conv.weight * norm.weight[:, None, None]).abs()
        for source in range(row + 1):
            found[row, source] = sizes[:, channels_of(source)].mean().item()
    return found


# %%
# 剪断 | Cuts
# -----------
# 每一层只留 :math:`m` 个来源，其余的权重设为 0。留最近的，留最早的，或者随机留
# （对照，抽三次取平均）。剪断以后，用 1,000 张训练图片重新估计归一化的均值和方差，
# 免得只是因为它们不对而变差。别的都不再训练。
#
# Each layer keeps :math:`m` sources. The other weights are set to 0. It keeps
# the latest, the earliest, or random ones (the control, a mean of three
# draws). After the cut, means and variances of the normalization are estimated
# anew with 1,000 training images, so that it is not they that do the harm.
# Nothing else is trained again.


def cut(net, kept, images):
    """Return a copy in which layer ``row`` has the sources ``kept[row]``."""
    net = copy.deepcopy(net)
    for row, layer in enumerate(net.blocks[0]):
        for source in set(range(row + 1)) - set(kept[row]):
            layer.new[2].weight.data[:, channels_of(source)] = 0
    for module in net.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain mean over the batches
    with torch.no_grad():
        for batch in (
            images[:1000].to(next(net.parameters()).device).split(250)
        ):
            net.train()(batch)
    return net


def kept_sources(way, number, generator):
    """Return for each layer the sources that it keeps."""
    rows = []
    for row in range(DEPTH):
        order = torch.arange(row + 1)  # the earliest first
        if way == "latest":
            order = order.flip(0)
        elif way == "random":
            order = torch.randperm(row + 1, generator=generator)
        rows.append(order[:number].tolist())
    return rows


# %%
# 三个种子，各剪许多次。
#
# Three seeds, each cut many times.

NUMBERS = [1, 2, 4, 8]
WAYS = {"latest": 1, "earliest": 1, "random": 3}  # how often
METRICS = {"accuracy": accuracy_score}
loader = TensorLoader(
    tests, data.test_labels[:2000], batch_size=500, device=device
)
maps = torch.zeros(num_seeds, DEPTH, DEPTH)
tested = {way: torch.zeros(len(NUMBERS), num_seeds) for way in WAYS}
for seed in range(num_seeds):
    net = train(seed, images, labels, num_epochs, device)
    maps[seed] = weight_map(net)
    draws = torch.Generator().manual_seed(seed)
    for i, number in enumerate(NUMBERS):
        for way, times in WAYS.items():
            for _ in range(times):
                smaller = cut(net, kept_sources(way, number, draws), images)
                found = evaluate(smaller, loader, metrics=METRICS)
                tested[way][i, seed] += found["accuracy"] / times
for way, found in tested.items():
    print(way, found.tolist())
print(maps.mean(dim=0))

# %%
# 结果 | The result
# -----------------
# 左：各个来源的权重，行是层，列是来源，三个种子的平均。右：剪断以后的测试准确率，
# 横线是种子之间的标准差。留 8 个来源就是什么也没剪。
#
# Left: the weights from each source, with layers as rows and sources as
# columns, the mean of the seeds. Right: test accuracy after the cut, with the
# standard deviation over seeds. To keep 8 sources is to cut nothing.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4.8), layout="constrained"
)
mean_map = maps.mean(dim=0)
shown = left.imshow(mean_map, cmap="viridis")
fig.colorbar(shown, ax=left, label="平均权重 | mean weight", shrink=0.8)
names = ["输入 | input", *map(str, range(1, DEPTH))]
left.set_xticks(range(DEPTH), names, size=11)
left.set_yticks(range(DEPTH), range(1, DEPTH + 1), size=11)
left.set_xlabel("来源 | source", size=14)
left.set_ylabel("层 | layer", size=14)
labels_of = {
    "latest": ("留最近的 | keep the latest", "C0o-"),
    "earliest": ("留最早的 | keep the earliest", "C1s--"),
    "random": ("随机留 | keep random ones", "C7^:"),
}
bars = {"lw": 3, "ms": 9, "capsize": 5}
for way, (name, style) in labels_of.items():
    mean, spread = tested[way].mean(dim=1), tested[way].std(dim=1)
    right.errorbar(NUMBERS, mean, spread, fmt=style, label=name, **bars)
right.axhline(0.1, color="k", lw=1)
right.set_xscale("log", base=2)
right.set_xticks(NUMBERS, NUMBERS)
right.set_xlabel("每层留下的来源 | sources kept in each layer", size=14)
right.set_ylabel("测试准确率（比例） | test accuracy (fraction)", size=14)
right.legend(fontsize=12)
fig.set_label(
    "左：各层对各个来源的平均权重；右：每层留 1、2、4、8 个来源时的测试准确率，留最近的、"
    "留最早的、随机留"
    " | Left: mean weights of each layer for each source; right: test accuracy"
    " with 1, 2, 4 and 8 sources kept in each layer: the latest, the earliest,"
    " random ones"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 只留最近的一个来源，每个种子都变差，差 0.05 以上。
#
# With the latest source alone each seed gets worse, by more than 0.05.

whole = tested["latest"][-1]
old_input = maps[:, 1:, 0].mean(dim=1)
newest = torch.stack([maps[:, r, r] for r in range(1, DEPTH)]).mean(dim=0)
if not data.stand_in:
    assert (tested["latest"][0] < whole - 0.05).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
kept = {
    f"{way}_{number}": found[i]
    for way, found in tested.items()
    for i, number in enumerate(NUMBERS[:3])
}
kept["whole"] = whole
record_all("densenet_reuse", kept, unit="fraction", over=over)
inward = {"weight_input": old_input / newest}
record_all("densenet_reuse", inward, over=over, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 留 1 个最近的来源，网络就成了什么？它与从头训练的普通网络有什么不同？答案：每一层只读
# 前一层，是一条链。但是权重是在有全部来源时学的，剪断以后没有再训练。从头训练的链
# 可以学别的权重，所以这里量的是训练好的网络用了什么，不是结构值多少。结构值多少，见
# :doc:`/modern-cnns/densenet` 的练习。
#
# What does the network become if the latest source is kept? How does it differ
# from a plain network trained from scratch? The answer: each layer reads the
# one before it, a chain. But its weights were learned with all sources, and
# nothing was trained after the cut. A chain trained from scratch may learn
# other weights. So this measures what the trained network uses, and not what
# the structure is worth, which is for the exercises of
# :doc:`/modern-cnns/densenet`.
