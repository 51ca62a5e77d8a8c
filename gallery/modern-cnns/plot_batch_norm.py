r"""
批量归一化容许更大的学习率 | Batch normalization allows larger learning rates
==============================================================================

有了批量归一化，同一个网络能用大得多的学习率，学得也更快。通常的解释是：每层的
输入的分布不再漂移。本脚本检验这个解释：在归一化之后故意让分布每一步都乱动。

With batch normalization the same network takes much larger learning rates and
learns faster. The usual explanation is that the distribution of each layer's
inputs no longer drifts. This script tests it, by making the distribution jump
about on purpose after the normalization.

**你需要** :doc:`/modern-cnns/batch-normalization`；**你得到** 四种网络的训练损失与
学习率的关系，以及各层输入的分布每一步移动多少。

**You need** :doc:`/modern-cnns/batch-normalization`; **you get** the training
loss of four networks against the learning rate, and how far the distribution
of the layers' inputs moves in a step.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
images = avg_pool2d(data.train_images, 2)  # 14 by 14 pixels
images = ((images - images.mean()) / images.std()).to(device)
labels = data.train_labels.to(device)
num_seeds = on(device, cpu=3, cuda=10)
width = on(device, cpu=12, cuda=64)
RATES = [0.01, 0.1, 0.3, 1.0, 3.0]
STEPS, BATCH, DEPTH = 40, 128, 8

# %%
# 四种网络 | Four networks
# ------------------------
# 八个卷积层，用 He 初始化。一种不归一化；一种在每个卷积之后做批量归一化；一种在
# 归一化之后再摇动：每一步给每个通道抽一个倍数和一个偏移。最后一种是对照：只在开始时
# 调好每层的权重，使和的均值为 0、方差为 1，以后不再管。
#
# Eight convolutions with He initialization. One network has no normalization.
# One has batch normalization after each convolution. One is shaken after the
# normalization: each step draws a factor and an offset for each channel. The
# last is a control. Its weights are set once, at the start, so that the sums
# have mean 0 and variance 1, and then left to themselves.


class Shake(nn.Module):
    """Multiplies and shifts each channel by random numbers, new at each step."""

    def forward(self, inputs):
        """Return the shaken inputs."""
        draws = torch.randn(2, 1, inputs.shape[1], 1, 1).to(inputs.device)
        return inputs * (1 + draws[0] / 4) + draws[1] / 2


class Watch(nn.Module):
    """Keeps mean and standard deviation of each channel of each step."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, inputs):
        """Return the inputs and note their statistics."""
        std, mean = torch.std_mean(inputs.detach(), dim=(0, 2, 3))
        self.seen.append(torch.stack([mean, std]))
        return inputs


# %%
# “只在开始时”用第一批图片量每个通道的均值和标准差，除进权重，减进偏置。
#
# The network that is set once measures mean and standard deviation of each
# channel on a first batch, and puts them into weights and biases.


def make(kind, width):
    """Return a network of eight convolutions of one of the four kinds."""
    layers, channels = [], 1
    for place in range(DEPTH):
        convolution = nn.Conv2d(channels, width, 3, padding=1)
        nn.init.kaiming_normal_(convolution.weight)
        nn.init.zeros_(convolution.bias)
        layers.append(convolution)
        layers += [nn.BatchNorm2d(width)] * (kind in ("norm", "shaken"))
        layers += [Shake()] * (kind == "shaken")
        layers += [Watch(), nn.ReLU()]
        layers += [nn.MaxPool2d(2)] * (place in (1, 4))
        channels = width
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(width, 10)
    return nn.Sequential(*layers, *head)


@torch.no_grad()
def set_once(net, batch):
    """Give the sums of each convolution mean 0 and variance 1 on a batch."""
    for layer in net:
        sums = layer(batch)
        if isinstance(layer, nn.Conv2d):
            std, mean = torch.std_mean(sums, dim=(0, 2, 3))
            layer.weight /= std.view(-1, 1, 1, 1)
            layer.bias -= mean / std
            sums = layer(batch)
        batch = sums


# %%
# 训练 40 步。漂移是一步之间通道均值的移动，除以它的标准差，再对各层各通道各步平均。
#
# Training takes 40 steps. Drift is how far the mean of a channel moves from
# one step to the next, over its standard deviation, averaged over layers,
# channels and steps.


def train(kind, rate, seed, images, labels, width):
    """Return the mean loss of the last ten steps, and the drift."""
    torch.manual_seed(seed)
    net = make(kind, width).to(images.device)
    order = torch.randperm(len(images))
    if kind == "once":
        set_once(net, images[order[:BATCH]])
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    for layer in net:
        if isinstance(layer, Watch):
            layer.seen.clear()
    losses = []
    for batch in order[: STEPS * BATCH].split(BATCH):
        loss = cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    seen = [torch.stack(w.seen) for w in net if isinstance(w, Watch)]
    seen = torch.stack(seen)  # (layers, steps, mean or std, channels)
    moved = seen[:, 1:, 0] - seen[:, :-1, 0]
    drift = (moved.abs() / (seen[:, :-1, 1] + 1e-6)).mean()
    return torch.tensor(losses[-10:]).mean(), drift.cpu()


# %%
# 四种网络，五个学习率，几个种子。
#
# Four networks, five learning rates, several seeds.

KINDS = ["none", "once", "norm", "shaken"]
found = torch.zeros(2, len(KINDS), len(RATES), num_seeds)
for i, kind in enumerate(KINDS):
    for j, rate in enumerate(RATES):
        for seed in range(num_seeds):
            loss, drift = train(kind, rate, seed, images, labels, width)
            found[:, i, j, seed] = torch.stack([loss, drift])
losses, drifts = found.nan_to_num(nan=10.0, posinf=10.0)
print(losses.mean(dim=-1))
print(drifts.mean(dim=-1))

# %%
# 结果 | The result
# -----------------
# 左：最后十步的平均训练损失，带子是种子之间的标准差，虚线是瞎猜的
# :math:`\ln 10`，超过 2.6 的画在 2.6。右：每种网络取它最好的学习率，比较漂移和损失，每个点是一个种子。
#
# Left: mean training loss of the last ten steps, with bands of one standard
# deviation over seeds; guessing is the dashed :math:`\ln 10`. Right: drift and
# loss of each network at its best learning rate, a dot for each seed. Losses
# above 2.6 are drawn at 2.6.

NAMES = [
    "不归一化 | no normalization",
    "只在开始时 | at the start only",
    "批量归一化 | batch normalization",
    "归一化之后摇动 | shaken after normalization",
]
best = losses.mean(dim=-1).argmin(dim=1)
fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.5), layout="constrained"
)
for i, style in enumerate(["s--", "^:", "o-", "D-."]):
    shown = losses[i].clamp(max=2.6)
    plot_spread(RATES, shown, style, label=NAMES[i], ax=left)
    at_best = found[:, i, best[i]]
    right.plot(at_best[1], at_best[0], style[0], ms=9)
left.axhline(torch.tensor(10.0).log(), color="k", lw=0.8, ls="--")
for ax in (left, right):
    ax.set_xscale("log")
    ax.set_ylabel("训练损失（纳特） | training loss (nats)")
left.set_xlabel("学习率 | learning rate")
right.set_xlabel(
    "每步的漂移（标准差） | drift in a step (standard deviations)"
)
left.legend()
fig.set_label(
    "左：四种网络的训练损失与学习率，批量归一化在 1 附近最低；右：摇动的网络漂移最大，"
    "损失却低于不归一化的 | Left: training loss of four networks against the"
    " learning rate, lowest for batch normalization near 1; right: the shaken"
    " network drifts most, and yet its loss is below that without"
    " normalization"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 摇动的网络比不归一化的漂移得多，却每个种子都学得更好。
#
# The shaken network drifts more than the one without normalization and still
# learns better, seed by seed.

lowest = losses[torch.arange(len(KINDS)), best]
drift = drifts[torch.arange(len(KINDS)), best]
assert drift[3].min() > drift[2].max()
if not data.stand_in:
    assert drift[3].min() > drift[0].max()
    assert (lowest[2] < lowest[0]).all()
    assert (lowest[3] < lowest[0]).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
values = {}
for i, kind in enumerate(KINDS):
    values[f"loss_{kind}"] = (lowest[i], ".2f")
    values[f"drift_{kind}"] = (drift[i], ".4f" if kind == "norm" else ".2f")
values["loss_none_at_1"] = (losses[0, RATES.index(1)], ".2f")
record_all("batch_norm", values, over=over)
rates = {f"rate_{kind}": RATES[best[i]] for i, kind in enumerate(KINDS)}
record_all("batch_norm", rates, format="g")

# %%
# 练习 | Exercise
# ---------------
# 由摇动的大小预言它的漂移。两步的偏移之差是正态的，标准差是 :math:`\sqrt2/2`，
# 它的绝对值的期望是标准差的 :math:`\sqrt{2/\pi}` 倍。答案：约 0.56，量到的略大，因为还
# 有倍数在变。
#
# Predict the drift from the size of the shaking. The offsets of two steps
# differ by a normal number of standard deviation :math:`\sqrt2/2`, and its
# expected size is :math:`\sqrt{2/\pi}` times that. The answer: about 0.56.
# The measured one is a little larger, as the factors change, too.

predicted = (2**0.5 / 2) * (2 / torch.pi) ** 0.5
print(f"{predicted:.2f} {drift[3].mean():.2f}")
assert abs(drift[3].mean() / predicted - 1) < 0.25
