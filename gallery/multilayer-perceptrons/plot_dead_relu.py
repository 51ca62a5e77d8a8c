r"""
死掉的 ReLU 单元不会回来 | A dead ReLU unit does not come back
==============================================================

一个 ReLU 单元如果对**所有**训练图片都输出 0，它的梯度就是 0，权重不再改变。
这样的单元叫死单元。什么时候会有死单元，有多少？我们改变学习率和起始的偏置，
训练完以后数一数。然后让负的一侧留一点斜率，看它们能不能回来。

If a ReLU unit puts out 0 for **all** training images, its gradient is 0 and
its weights no longer change. Such a unit is called dead. When are there dead
units, and how many? We vary the learning rate and the biases at the start, and
count them after training. Then we leave a little slope on the negative side
and see whether they come back.

**你需要** :doc:`/multilayer-perceptrons/activations` 里的 ReLU 和带泄漏的
ReLU；**你得到** 死单元的比例怎样随学习率和偏置改变，以及多大的斜率才有用。

**You need** ReLU and leaky ReLU from
:doc:`/multilayer-perceptrons/activations`; **you get** the share of dead units
against learning rate and bias, and how much slope it takes to help.
"""

from itertools import product

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=10)
num_hidden = 100


def features(images):
    """Return images of half the height and width as rows, pixels in [0, 1]."""
    return avg_pool2d(images, 2).flatten(1)


inputs = features(data.train_images[:2560]).to(device)
labels = data.train_labels[:2560].to(device)
test_inputs = features(data.test_images).to(device)
test_labels = data.test_labels.to(device)

# %%
# 许多网络一起训练 | Many networks at once
# ----------------------------------------
# 每个网络有一个隐藏层，100 个单元。所有网络的权重叠成三维的张量，
# 每个网络有自己的学习率、起始偏置、负侧的斜率和种子。
# 隐藏层权重的标准差是 :math:`\sqrt{2/d}`，:math:`d` 是输入的个数。
#
# Each network has one hidden layer of 100 units. The weights of all networks
# are stacked into tensors of three dimensions. Each network has a learning
# rate, a bias at the start, a slope on the negative side and a seed of its
# own. The standard deviation of the hidden weights is :math:`\sqrt{2/d}` for
# :math:`d` inputs.


def draw_networks(biases, seeds, sizes, device):
    """Return weights and biases of both layers, one network for each seed."""
    num_inputs, num_hidden, num_classes = sizes
    first, second = [], []
    for seed in seeds:
        generator = torch.Generator().manual_seed(seed)
        first.append(torch.randn(num_inputs, num_hidden, generator=generator))
        second.append(
            torch.randn(num_hidden, num_classes, generator=generator)
        )
    start = torch.tensor(biases).reshape(-1, 1, 1)
    parameters = [
        torch.stack(first) * (2 / num_inputs) ** 0.5,
        start.repeat(1, 1, num_hidden),
        torch.stack(second) / num_hidden**0.5,
        torch.zeros(len(seeds), 1, num_classes),
    ]
    return [p.to(device).requires_grad_() for p in parameters]


def forward(x, parameters, slopes):
    """Return the logits of all networks, shape (networks, batch, classes)."""
    first, start, second, last = parameters
    z = x @ first + start
    return torch.where(z > 0, z, slopes * z) @ second + last


# %%
# 一个单元对所有训练图片都收到不大于 0 的数，就记作 ``True``。
#
# ``True`` stands for a unit that receives a number of at most 0 for all
# training images.


def silent_units(x, parameters):
    """Return which units are silent for all inputs, (networks, hidden)."""
    first, start = parameters[:2]
    with torch.no_grad():
        largest = [
            (x @ w + b).amax(dim=0) for w, b in zip(first, start, strict=True)
        ]
    return torch.stack(largest) <= 0


def train(parameters, slopes, rates, inputs, labels, num_epochs):
    """Run SGD on all networks; yield the silent units after each epoch."""
    generator = torch.Generator().manual_seed(0)
    yield silent_units(inputs, parameters).cpu()
    for _ in range(num_epochs):
        order = torch.randperm(len(inputs), generator=generator)
        for batch in order.split(128):
            logits = forward(inputs[batch], parameters, slopes)
            truth = labels[batch].repeat(len(logits))
            total = cross_entropy(logits.flatten(0, 1), truth, reduction="sum")
            gradients = torch.autograd.grad(total / len(batch), parameters)
            with torch.no_grad():
                for p, gradient in zip(parameters, gradients, strict=True):
                    p -= rates * gradient
        yield silent_units(inputs, parameters).cpu()


# %%
# 学习率和偏置 | Learning rate and bias
# -------------------------------------
# 三种起始偏置，四个学习率，各训练 5 轮。像素在 0 与 1 之间，没有减去平均值。
#
# Three biases at the start and four learning rates, with 5 epochs each. Pixels
# lie between 0 and 1; their mean is not subtracted.

sizes = [inputs.shape[1], num_hidden, len(data.class_names)]
biases, choices = [0.0, -1.0, -2.0], [0.1, 0.3, 1.0, 3.0]
settings = list(product(biases, choices, range(num_seeds)))
start, rates, seeds = zip(*settings, strict=True)
networks = draw_networks(start, seeds, sizes, device)
steps = torch.tensor(rates, device=device).reshape(-1, 1, 1)
*_, silent = train(networks, 0.0, steps, inputs, labels, 5)
shares = silent.float().mean(dim=1)
dead = shares.reshape(len(biases), len(choices), num_seeds)
print(dead.mean(dim=2))  # (biases, rates)

# %%
# 对照：负侧留一点斜率 | The control: some slope on the negative side
# -------------------------------------------------------------------
# 起始偏置 −2，学习率 0.3，斜率取四个值，训练 10 轮。其余完全一样，
# 连初始权重和批次也一样。
#
# The bias at the start is −2, the learning rate 0.3. The slope takes four
# values, and there are 10 epochs. All else is the same, down to the initial
# weights and the batches.

slopes = [0.0, 0.01, 0.1, 0.25]
settings = list(product(slopes, range(num_seeds)))
chosen, seeds = zip(*settings, strict=True)
leaks = torch.tensor(chosen, device=device).reshape(-1, 1, 1)
networks = draw_networks([-2.0] * len(seeds), seeds, sizes, device)
history = torch.stack(
    list(train(networks, leaks, 0.3, inputs, labels, 10))
)  # (epochs + 1, networks, hidden)
silent_share = history.float().mean(dim=2)
silent_share = silent_share.reshape(11, len(slopes), num_seeds)
with torch.no_grad():
    answers = forward(test_inputs, networks, leaks).argmax(dim=2)
accuracy = (answers == test_labels).float().mean(dim=1).cpu()
accuracy = accuracy.reshape(len(slopes), num_seeds)
print(silent_share[-1].mean(dim=1))  # for each slope

# %%
# 结果 | The result
# -----------------
# 左图：训练之后死单元的比例。偏置从 0 开始，学习率不大，几乎没有死单元。
# 学习率一大，或者偏置一开始就太低，就有很多。右图：斜率为 0
# 的单元一个也没有回来。斜率 0.01 几乎没有帮助，0.1 和 0.25 才有。
#
# On the left is the share of dead units after training. With biases that start
# at 0 and a moderate learning rate there are hardly any. With a large learning
# rate there are many, and so there are with biases that start too low. On the
# right, none of the units with slope 0 came back. A slope of 0.01 hardly
# helps; 0.1 and 0.25 do.


def draw_shares(ax, places, shares, **style):
    """Draw means over seeds, the last dimension, with standard deviations."""
    ax.errorbar(places, shares.mean(-1), shares.std(-1), capsize=3, **style)


# %%
# 误差线是各个种子的标准差。
#
# Error bars are standard deviations over the seeds.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), layout="constrained", sharey=True
)
for bias, rows, marker in zip(biases, dead, "os^", strict=True):
    draw_shares(left, choices, rows, marker=marker, label=f"$b = {bias:.0f}$")
for number, (slope, marker) in enumerate(zip(slopes, "os^D", strict=True)):
    rows = silent_share[:, number]
    draw_shares(right, range(11), rows, marker=marker, label=f"{slope:g}")

left.set(
    xscale="log",
    xlabel="学习率 | learning rate",
    ylabel="对所有图片都有 $z \\leq 0$ 的单元（比例）"
    " | units with $z \\leq 0$ for all images (fraction)",
    title="ReLU，5 轮以后 | ReLU, after 5 epochs",
    ylim=(0, 1.05),
)
left.legend(title="起始偏置 | bias at start")
right.set(
    xlabel="轮 | epoch",
    title="起始偏置 −2，学习率 0.3 | bias −2, learning rate 0.3",
)
right.legend(title="负侧的斜率 | slope on the left", loc="lower left")
fig.set_label(
    "左：死单元的比例随学习率和更低的起始偏置而升高。右：斜率 0 的一条不下降，"
    "斜率越大降得越快"
    " | Left: the share of dead units grows with the learning rate and with"
    " lower biases at the start. Right: the line for slope 0 does not fall;"
    " the larger the slope, the faster it falls"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 斜率为 0 时，开始就死的单元一个也没有回来，这一条没有例外。
# 斜率 0.25 使至少三分之一的死单元回来（替身数据上只要求有）。学习率 3 的死单元比学习率 0.1 多。
#
# With slope 0, none of the units that were dead at the start came back; this
# has no exception. A slope of 0.25 brings back at least a third of them (some, on the
# stand-in). There
# are more dead units with the learning rate 3 than with 0.1.

by_slope = history.reshape(11, len(slopes), num_seeds, num_hidden)
returned = by_slope[0] & ~by_slope[-1]  # (slopes, seeds, hidden)
back = returned.sum(dim=2) / by_slope[0].sum(dim=2)
assert back[0].max() == 0
assert back[3].min() > (0 if data.stand_in else 1 / 3)
assert dead[0, 3].min() > dead[0, 0].max()

over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "dead_relu",
    {
        "moderate": dead[0, 1],
        "large_rate": dead[0, 3],
        "low_bias": dead[2, 1],
        "relu_back": back[0],
        "small_slope_back": back[1],
        "quarter_slope_back": back[3],
        "relu_accuracy": accuracy[0],
        "quarter_slope_accuracy": accuracy[3],
    },
    unit="fraction",
    over=over,
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 起始偏置 −2 使许多单元一开始就死。不改偏置，只改输入：减去每个像素的平均值，
# 或者除以所有像素的标准差，或者两样都做。先猜哪一种使死单元减少，再看结果。
#
# Biases of −2 kill many units before training. Leave the biases and change the
# inputs: subtract the mean of each pixel, or divide by the standard deviation
# of all pixels, or do both. Guess which of these leaves fewer dead units, then
# look.

fresh = draw_networks([-2.0] * num_seeds, range(num_seeds), sizes, device)
middle, size = inputs.mean(dim=0), inputs.std()
versions = {
    "raw": inputs,
    "centered": inputs - middle,
    "scaled": inputs / size,
    "both": (inputs - middle) / size,
}
starts = {
    name: silent_units(x, fresh).float().mean().item()
    for name, x in versions.items()
}
print({name: f"{share:.2f}" for name, share in starts.items()})
if not data.stand_in:
    assert starts["both"] < starts["scaled"] < starts["raw"]
    assert starts["raw"] < starts["centered"]

# %%
# 只减平均值反而更糟。一个单元要活着，总要有一张图片使加权和超过 2。减去平均值以后，
# 图片的像素更接近 0，加权和也更接近 0。除以标准差把加权和放大约三倍，
# 死单元就少得多。在放大以后的输入上再减平均值，死单元几乎没有了：
# 没减的时候，各张图片有共同的平均图，一个单元对它们的加权和往往同号。
#
# Subtracting the mean alone makes things worse. To be alive, a unit needs an
# image whose weighted sum is above 2. With the mean gone, pixels are closer to
# 0, and so are the weighted sums. Division by the standard deviation makes the
# sums about three times as large, which leaves far fewer dead units. Subtract
# the mean from these larger inputs as well, and hardly any are left. With the
# mean, all images share the average image, and a unit's sums tend to have the
# same sign for all of them.
