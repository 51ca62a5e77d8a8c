r"""
小批量时批量归一化变差 | Batch normalization suffers from small batches
========================================================================

批量归一化的均值和方差由一批样本估计。批越小，估计越不准。小批量还会使梯度更吵，
本脚本把这两件事分开：梯度总是由 64 个样本算出，只有统计量所用的样本数不同。

Batch normalization estimates mean and variance from a batch. The smaller the
batch, the rougher the estimate. A small batch also makes gradients noisier,
and this script takes the two apart. Gradients come from 64 examples in each
case. The number of examples behind the statistics is what changes.

**你需要** :doc:`/modern-cnns/batch-normalization`；**你得到** 测试准确率与统计量所用
样本数的关系，与层归一化、组归一化和不归一化的比较。

**You need** :doc:`/modern-cnns/batch-normalization`; **you get** the test
accuracy against the number of examples behind the statistics, beside layer,
group and no normalization.
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
pictures = [data.train_images, data.test_images]
train_set, test_set = (avg_pool2d(part, 4).to(device) for part in pictures)
std, mean = torch.std_mean(train_set)
train_set, test_set = (train_set - mean) / std, (test_set - mean) / std
labels = data.train_labels.to(device)
test_labels = data.test_labels.to(device)
num_seeds = on(device, cpu=3, cuda=10)
num_steps = on(device, cpu=150, cuda=1500)
width = on(device, cpu=24, cuda=64)
BATCH = 64
SIZES = [2, 4, 8, 16, 32, 64]

# %%
# 统计量只看一小块 | Statistics of a part
# ---------------------------------------
# 这个层把 64 个样本切成小块，每块用自己的均值和方差。除了这一点，它就是批量归一化。
# 评估时用累积的统计量：均值和方差是各小块的平均。
#
# This layer cuts the 64 examples into parts, and each part takes its own mean
# and variance. Apart from that it is batch normalization. In evaluation it
# uses running statistics, which follow the means over the parts.


class PartNorm(nn.BatchNorm2d):
    """Batch normalization of each ``size`` examples by themselves."""

    def __init__(self, channels, size):
        super().__init__(channels)
        self.size = size

    def forward(self, inputs):
        """Return each part normalized by itself."""
        if not self.training:
            return super().forward(inputs)
        parts = inputs.unflatten(0, (-1, self.size))  # (parts, size, c, h, w)
        var, mean = torch.var_mean(parts, dim=(1, 3, 4), keepdim=True)
        with torch.no_grad():
            self.running_mean.lerp_(mean.mean(dim=0).flatten(), 0.1)
            self.running_var.lerp_(var.mean(dim=0).flatten(), 0.1)
        count = parts[0, :, 0].numel()
        var = var * (count - 1) / count
        normal = ((parts - mean) / (var + self.eps).sqrt()).flatten(0, 1)
        scale, shift = self.weight.view(-1, 1, 1), self.bias.view(-1, 1, 1)
        return normal * scale + shift


# %%
# 训练 | Training
# ---------------
# 四个卷积层，图片缩到 7×7，最后的特征图很小，统计量所用的数也就少。学习率对每种网络
# 都从 0.3 开始，没有分别去选。
#
# Four convolutions on pictures of 7 by 7 pixels, so that the last maps are
# small and few numbers stand behind the statistics. The learning rate starts
# at 0.3 for each network and was not tuned.


def make(norm, width):
    """Return four convolutions, each followed by a normalization."""
    layers, channels = [], 1
    for stride in (1, 2, 2, 2):
        convolution = nn.Conv2d(channels, width, 3, stride, padding=1)
        nn.init.kaiming_normal_(convolution.weight)
        layers += [convolution, norm(width), nn.ReLU()]
        channels = width
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(width, 10))


def train(norm, seed, images, labels, width, num_steps):
    """Return a trained network and the mean loss of its last 20 steps."""
    torch.manual_seed(seed)
    net = make(norm, width).to(images.device)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.3)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, num_steps)
    losses = []
    for _ in range(num_steps):
        batch = torch.randint(len(images), (BATCH,))
        loss = cross_entropy(net(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        decay.step()
        losses.append(loss.item())
    return net.eval(), sum(losses[-20:]) / 20


# %%
# 六种批的大小，再加组归一化、层归一化和不归一化。
#
# Six sizes of parts, and then group, layer and no normalization.

NORMS = [lambda c, size=size: PartNorm(c, size) for size in SIZES]
NORMS += [lambda c: nn.GroupNorm(4, c), lambda c: nn.GroupNorm(1, c)]
NORMS += [lambda _: nn.Identity()]
tested = torch.zeros(len(NORMS), num_seeds)
trained = torch.zeros(len(NORMS), num_seeds)
for i, norm in enumerate(NORMS):
    for seed in range(num_seeds):
        net, trained[i, seed] = train(
            norm, seed, train_set, labels, width, num_steps
        )
        with torch.no_grad():
            right = net(test_set).argmax(dim=1) == test_labels
        tested[i, seed] = right.double().mean()
    print(i, tested[i].mean().item(), trained[i].mean().item())

# %%
# 结果 | The result
# -----------------
# 层归一化、组归一化和不归一化不看别的样本，所以它们是水平线。带子是种子之间的
# 标准差。
#
# Layer, group and no normalization do not look at other examples, so theirs
# are level lines. Bands are one standard deviation over seeds.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10.5, 4.5), layout="constrained"
)
NAMES = [
    "组归一化，4 组 | group normalization, 4 groups",
    "层归一化（1 组） | layer normalization (1 group)",
    "不归一化 | no normalization",
]
count = len(SIZES)
for ax, values in ((left, tested), (right, trained)):
    name = "批量归一化 | batch normalization"
    plot_spread(SIZES, values[:count], "o-", label=name, ax=ax)
    for i, style in enumerate(["--", ":", "-."]):
        level = values[count + i].expand(count, -1)
        plot_spread(SIZES, level, style, label=NAMES[i], ax=ax)
    ax.set_xscale("log", base=2)
    ax.set_xticks(SIZES, [str(size) for size in SIZES])
    ax.set_xlabel("统计量所用的样本数 | examples behind the statistics")
left.set_ylabel("测试准确率（比例） | test accuracy (fraction)")
right.set_ylabel("训练损失（纳特） | training loss (nats)")
left.legend()
fig.set_label(
    "批量归一化的测试准确率在统计量只有 2 个样本时最低，随样本数升高；别的归一化是水平线"
    " | Test accuracy of batch normalization is lowest with two examples behind"
    " the statistics and rises with their number; the others are level"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 梯度的样本数没有变。两个样本的统计量使每个种子变差。
#
# The number of examples behind the gradient was the same. Statistics of two
# examples cost accuracy in each seed.

loss_of_two = tested[count - 1] - tested[0]
if not data.stand_in:
    assert (loss_of_two > 0).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "norm_small_batches",
    {
        "two": tested[0],
        "four": tested[1],
        "sixteen": tested[3],
        "sixty_four": tested[count - 1],
        "group": tested[count],
        "layer": tested[count + 1],
        "none": tested[count + 2],
        "cost_of_two": loss_of_two,
    },
    unit="fraction",
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 四个卷积之后的特征图边长各是多少？每块 2 个样本时，每层的一个均值由几个数求得？
# 答案：边长 7、4、2、1，所以是 98、32、8 和 2 个数。最后一层只有两个数，归一化之后
# 是 1 和 -1。
#
# What are the sides of the maps after the four convolutions? With parts of 2
# examples, how many numbers are behind a mean in each layer? The answer: sides
# 7, 4, 2 and 1, hence 98, 32, 8 and 2 numbers. In the last layer there are two
# numbers, which are normalized to 1 and -1.

net = make(NORMS[0], width).to(device)
sides, maps = [], train_set[:2]
for layer in net:
    maps = layer(maps)
    if isinstance(layer, PartNorm):
        sides.append(maps.shape[-1])
print([2 * side**2 for side in sides])
assert sides == [7, 4, 2, 1]
