r"""
是 sigmoid 的错吗 | Is the sigmoid to blame?
============================================

用 sigmoid 的 LeNet 一开始学不动。把 sigmoid 换成 ReLU，再加上批量归一化，
它马上就学得动了。可是两处一起改，说不清是哪一处起的作用。
所以我们把四种组合都训练一遍：两处都不改、只换激活函数、只加归一化、两处都改。
其余全部相同：初始值、批次、学习率、平均池化。

With sigmoids LeNet does not learn at first. Put ReLU in their place, add
batch normalization, and it learns at once. But whoever changes two things
cannot say which of them did it. So we train all four combinations: neither
change, only the activation, only the normalization, both. All else is the
same: initial weights, batches, learning rate, average pooling.

**你需要** :doc:`/convolutional-networks/lenet` 里的网络；**你得到**
一个对照实验：学习率 0.1 时，两处改动里有一处就够；学习率 0.9 时，
只有归一化靠得住。

**You need** the network of :doc:`/convolutional-networks/lenet`; **you get**
a controlled experiment: at a learning rate of 0.1 either change is enough by
itself; at 0.9 only normalization can be relied on.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
# With the channels last in memory, convolutions on a CPU are faster.
images = data.train_images.to(device, memory_format=torch.channels_last)
labels = data.train_labels.to(device)
num_seeds = on(device, cpu=3, cuda=10)
print(data)

# %%
# 四个网络 | Four networks
# ------------------------
# 一个函数写出四个网络。``normalize`` 决定每个激活函数之前有没有批量归一化，
# ``activation`` 是激活函数。四个网络的权重从同一个种子抽取，
# 所以初始值也一样。
#
# One function writes all four networks. ``normalize`` says whether a batch
# normalization stands before each activation, ``activation`` which activation
# it is. The weights of the four are drawn from one seed, so that they start
# from the same values.


def make_lenet(activation, normalize, seed):
    """Return LeNet with this activation, with or without normalization."""
    seed_everything(seed)

    def act(norm):
        return [norm, activation()] if normalize else [activation()]

    net = nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),
        *act(nn.BatchNorm2d(6)),
        nn.AvgPool2d(2),
        nn.Conv2d(6, 16, kernel_size=5),
        *act(nn.BatchNorm2d(16)),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(400, 120),
        *act(nn.BatchNorm1d(120)),
        nn.Linear(120, 84),
        *act(nn.BatchNorm1d(84)),
        nn.Linear(84, 10),
    )
    for layer in net:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            nn.init.xavier_uniform_(layer.weight)
    return net


# %%
# 训练 | Training
# ---------------
# 普通 SGD，批量 128，走 80 步。学习率 0.1 是《动手学深度学习》英文版的值，
# 0.9 是中文版的值。
#
# Plain SGD, batches of 128, 80 steps. The learning rate 0.1 is the value of
# the English edition of *Dive into Deep Learning*, 0.9 that of the Chinese.


def train(net, images, labels, learning_rate, seed, num_steps=80):
    """Return the training loss of each step: (num_steps,)."""
    optimizer = torch.optim.SGD(net.parameters(), lr=learning_rate)
    order = torch.Generator().manual_seed(seed)
    losses = []
    for _ in range(num_steps):
        pick = torch.randint(len(images), (128,), generator=order)
        pick = pick.to(images.device)
        loss = cross_entropy(net(images[pick]), labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach().cpu())
    return torch.stack(losses)


# %%
# 四种组合、两个学习率、每个种子，各训练一次。
#
# One run for each of four combinations, two learning rates and all seeds.

kinds = {
    "sigmoid": (nn.Sigmoid, False),
    "relu": (nn.ReLU, False),
    "norm": (nn.Sigmoid, True),
    "both": (nn.ReLU, True),
}
rates = (0.1, 0.9)
curves = {}
for rate in rates:
    for kind, (activation, normalize) in kinds.items():
        runs = []
        for seed in range(num_seeds):
            net = make_lenet(activation, normalize, seed).to(device)
            net = net.to(memory_format=torch.channels_last)
            runs.append(train(net, images, labels, rate, seed))
        curves[rate, kind] = torch.stack(runs)  # (seeds, steps)

# %%
# 每条线是几个种子的平均，先按 10 步取平均；色带从最低的种子到最高的种子。
# 虚线是 :math:`\ln 10`：给十个类别各 1/10 的损失。
#
# A line is the mean over the seeds, averaged over 10 steps at a time; its
# band reaches from the lowest seed to the highest. The dashed line is
# :math:`\ln 10`, the loss of giving 1/10 to each of ten classes.

fig, axes = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
names = {
    "sigmoid": "不改 | no change",
    "relu": "只换 ReLU | ReLU only",
    "norm": "只加归一化 | normalization only",
    "both": "两处都改 | both",
}
for ax, rate in zip(axes, rates, strict=True):
    for (kind, name), style in zip(
        names.items(), ("-", "--", "-.", ":"), strict=True
    ):
        tens = curves[rate, kind].unflatten(1, (-1, 10)).mean(dim=2)
        steps = torch.arange(5, 80, 10)
        (line,) = ax.plot(steps, tens.mean(dim=0), style, lw=2.5, label=name)
        low, high = tens.min(dim=0).values, tens.max(dim=0).values
        ax.fill_between(steps, low, high, color=line.get_color(), alpha=0.2)
    ax.axhline(math.log(10), ls=(0, (1, 3)), color="0.4")
    ax.set(
        title=f"学习率 {rate} | learning rate {rate}",
        xlabel="步 | step",
        ylabel="训练损失（奈特） | training loss (nats)",
        ylim=(0, 3),
    )
axes[0].legend()
fig.set_label(
    "四种网络的训练损失。学习率 0.1：只有 sigmoid 停在 ln 10 上，"
    "另外三种都降下去。学习率 0.9：只换 ReLU 的也停住了，有归一化的两种降下去"
    " | Training loss of four networks. At 0.1 only the sigmoid stays at"
    " ln 10, the three others fall. At 0.9 ReLU alone stays there too, and"
    " the two with normalization fall"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 最后 20 步的平均损失：学习率 0.1 时，不改的每个种子都还在 2.2 以上，
# 另外三种的每个种子都低于 1.6；学习率 0.9 时，有归一化的两种每个种子都低于
# 1.0，只换 ReLU 的至少有一个种子还在 2.2 以上。断网时的替身是手写数字，
# 界限放宽一些。
#
# The mean loss of the last 20 steps: at 0.1 every seed without a change is
# still above 2.2, and every seed of the three others is below 1.6. At 0.9
# every seed of the two with normalization is below 1.0, and at least one seed
# with ReLU alone is still above 2.2.

late = {key: runs[:, -20:].mean(dim=1) for key, runs in curves.items()}
for (rate, kind), values in late.items():
    print(f"{rate} {kind:8}", [f"{value:.2f}" for value in values])
assert late[0.1, "sigmoid"].min() > 2.2
for kind in ("relu", "norm", "both"):
    assert late[0.1, kind].max() < 1.6
assert late[0.9, "relu"].max() > 2.2
assert late[0.9, "norm"].max() < 1.0
assert late[0.9, "both"].max() < 1.0

record_all(
    "lenet_controls",
    {f"{kind}_{int(10 * rate)}": late[rate, kind] for rate, kind in late},
    unit="奈特 | nats",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 学习率 0.9 时，只换 ReLU 的网络为什么停在 :math:`\ln 10` 上？数一数它最后一个
# 隐藏层里，对一批图片都输出 0 的单元有多少个，再与学习率 0.1 时比。
#
# Why does the network with only ReLU stay at :math:`\ln 10` at a learning rate
# of 0.9? Count the units of its last hidden layer that are 0 for a whole batch
# of images, and compare with a learning rate of 0.1.


def share_of_dead_units(images, labels, learning_rate):
    """Return the share of the 84 last hidden units that are 0 for a batch."""
    net = make_lenet(nn.ReLU, False, seed=0).to(images.device)
    train(net, images, labels, learning_rate, seed=0)
    with torch.no_grad():
        hidden = net[:-1](images[:1000])  # (1000, 84)
    return (hidden == 0).all(dim=0).float().mean().item()


dead = {rate: share_of_dead_units(images, labels, rate) for rate in rates}
print({rate: f"{share:.0%}" for rate, share in dead.items()})
assert dead[0.9] > dead[0.1]
