r"""
人设计的特征与学到的特征 | Hand-made features and learned ones
==============================================================

同样的图片，同样的线性分类器，只换中间的特征：原始像素；人设计的边缘方向；
一个小卷积网络，滤波器停在随机初值上；同一个网络，滤波器与分类器一起
由损失来调，这叫端到端。图片少的时候，人设计的特征最好；图片多到一万张，
端到端的网络胜出。起作用的是“一起调”：结构相同而滤波器不动的那一个，
图片多了也没有跟上来。

The same pictures and the same linear classifier; only the features between
them change: raw pixels; edge directions designed by a person; a small
convolutional network whose filters stay at their random start; and the same
network with filters and classifier adjusted together by the loss, which is
called end to end. With few pictures the hand-made features are best; with ten
thousand the network trained end to end wins. Training together is what does
it: the same structure with its filters left alone does not keep up as the
pictures become more.

**你需要** :doc:`/introduction/machine-learning` 里的四个要素；卷积是什么可以
先不管，把它当作“在每个位置上做同样的加权和”即可；
**你得到** 一个何时该自己设计特征、何时该让数据去设计的判断。

**You need** the four ingredients of :doc:`/introduction/machine-learning`;
never mind for now what a convolution is, take it as “the same weighted sum at
every position”; **you get** a feeling for when to design features and when to
leave it to the data.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, conv2d, cross_entropy
from torch.optim.lr_scheduler import CosineAnnealingLR

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.data.loader import TensorLoader
from d2lnotes.metrics import accuracy_score
from d2lnotes.plotting.images import show_images
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.training import fit

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_classes = len(data.class_names)
test_set = data.test_images.to(device), data.test_labels.to(device)
print(data)

# %%
# 人设计的特征：边缘朝哪边 | Hand-made features: which way edges run
# ------------------------------------------------------------------
# 一件衣服是什么，主要看轮廓。于是造八个 :math:`3\times3` 的滤波器，
# 各对一个方向的明暗变化起反应；只留正的反应；在 :math:`4\times4` 的小格里取平均，
# 挪动一两个像素就没有关系了；最后用周围小格的总强度去除，亮暗不同的图片也就可比。
# 这四步是视觉专家多年的心得，著名的方向梯度直方图 HOG 就是这样做的。
# 得到 :math:`8\times7\times7=392` 个数。
#
# What a garment is shows mainly in its outline. So we build eight
# :math:`3\times3` filters that respond to a change of brightness in one
# direction each; keep positive responses only; average over cells of
# :math:`4\times4`, so that a shift of a pixel or two does not matter; and
# divide by the total strength of the cells around, which makes bright and
# dark pictures comparable. These four steps hold years of experience of
# vision experts; the well-known histograms of oriented gradients (HOG) are
# made in this way. They give :math:`8\times7\times7=392` numbers.


def edge_filters(n=8):
    """Return a filter for each of n directions, shape (n, 1, 3, 3)."""
    angle = (2 * math.pi * torch.arange(n) / n)[:, None, None]
    x = torch.tensor([-1.0, 0.0, 1.0])  # columns
    y = x[:, None]  # rows
    along = x * angle.cos() + y * angle.sin()  # (n, 3, 3)
    filters = along * torch.exp(-(x**2 + y**2) / 2)
    return (filters / filters.norm(dim=(1, 2), keepdim=True))[:, None]


def edge_features(images):
    """Return the strength of each direction in each cell, (images, 392)."""
    responses = conv2d(images, edge_filters().to(images), padding=1).relu()
    cells = avg_pool2d(responses, 4)  # (images, 8, 7, 7)
    power = cells.square().sum(dim=1, keepdim=True)
    around = avg_pool2d(power, 3, stride=1, padding=1, count_include_pad=False)
    return (cells / (around.sqrt() + 0.05)).flatten(1)


# %%
# 学到的特征 | Learned features
# -----------------------------
# 两层卷积，各有几十个滤波器，一开始都是随机数。端到端的意思是：
# 从像素到损失，中间每一步都能求导，所以损失不但告诉分类器怎样改，
# 也告诉滤波器怎样改。
#
# Two layers of convolution with a few dozen filters each, all random numbers
# at the start. End to end means: every step from the pixels to the loss can
# be differentiated, so the loss tells not only the classifier how to change,
# but the filters too.


def convolutional_features():
    """Return a small network: images in, 1568 numbers each out."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2, padding=2),  # (n, 16, 14, 14)
        nn.ReLU(),
        nn.MaxPool2d(2),  # (n, 16, 7, 7)
        nn.Conv2d(16, 32, 3, padding=1),  # (n, 32, 7, 7)
        nn.ReLU(),
        nn.Flatten(),
    )


def end_to_end_network(num_classes):
    """Return the features with a linear classifier on top, to train as one."""
    head = nn.Linear(1568, num_classes)
    return nn.Sequential(*convolutional_features(), head)


# %%
# 训练的办法只有一种，学习率逐轮降到零；谁来训练都一样，不论是线性分类器还是整个网络。
#
# There is one way to train, with a learning rate that falls to zero epoch by
# epoch, for a linear classifier and for a whole network alike.


def train_and_score(model, train_set, test_set, num_epochs, generator):
    """Train ``model`` in place; return its accuracy on the test set."""
    # Another order of the same numbers in memory, faster to convolve:
    model.to(train_set[0].device, memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
    batches = {"batch_size": 100, "shuffle": True, "generator": generator}
    fit(
        model,
        TensorLoader(*train_set, **batches),
        loss_fn=cross_entropy,
        optimizer=optimizer,
        num_epochs=num_epochs,
        scheduler=CosineAnnealingLR(optimizer, num_epochs),
    )
    with torch.no_grad():
        return accuracy_score(model(test_set[0]), test_set[1]).item()


# %%
# 四种特征，三种数据量 | Four kinds of features, three amounts of data
# --------------------------------------------------------------------
# 每个种子抽取不同的训练图片。固定的特征只须算一次，
# 再除以它们的标准差，使线性分类器面对的数大小相近；
# 学习率也就可以通用。图片少，一轮的更新次数就少，所以多训练几轮。
# 测试图片谁都没有见过。
#
# Each seed draws other training pictures. Fixed features need computing only
# once; they are divided by their standard deviation, so that the linear
# classifier meets numbers of like size and one learning rate suits all. With
# fewer pictures an epoch has fewer updates, so there are more epochs. No one
# has seen the test pictures.

kinds = ["pixels", "hand-made", "random filters", "end to end"]
of_digits = {100: 100, 400: 60, 1400: 30}
epochs_for = of_digits if data.stand_in else {100: 60, 1000: 20, 10_000: 8}
num_seeds = on(device, cpu=3, cuda=10)
results = torch.zeros(len(epochs_for), num_seeds, len(kinds))


def drawn(data, size, generator, device):
    """Return so many of the training images, and their labels."""
    picks = torch.randperm(len(data.train_labels), generator=generator)[:size]
    images, labels = data.train_images[picks], data.train_labels[picks]
    return images.to(device), labels.to(device)


# %%
# 固定的特征先算好，再训练线性分类器；端到端的网络直接看图片。
#
# Fixed features are computed first, and a linear classifier is trained on
# them; the network trained end to end looks at the images.

for seed in range(num_seeds):
    generator = seed_everything(seed)
    images, labels = drawn(data, max(epochs_for), generator, device)
    fixed = nn.Flatten(), edge_features, convolutional_features().to(device)
    with torch.no_grad():
        tables = [(f(images), f(test_set[0])) for f in fixed]
    for row, (size, num_epochs) in enumerate(epochs_for.items()):
        how = {"num_epochs": num_epochs, "generator": generator}
        found = []
        for table, held_out in tables:
            scale = table[:size].std()
            train_set = table[:size] / scale, labels[:size]
            held = held_out / scale, test_set[1]
            linear = nn.Linear(table.shape[1], num_classes)
            found.append(train_and_score(linear, train_set, held, **how))
        network = end_to_end_network(num_classes)
        train_set = images[:size], labels[:size]
        found.append(train_and_score(network, train_set, test_set, **how))
        results[row, seed] = torch.tensor(found)

# %%
# 两条线在哪里相交 | Where two lines cross
# ----------------------------------------
# 竖线是各种子的标准差。人设计的特征处处胜过原始像素，图片最少时胜过所有对手：
# 成千上万张图片才能学会的东西，人凭经验直接写了进去。但它涨得慢，
# 因为分类器再怎么调，特征里没有的信息也找不回来。端到端的线更陡，最后越过它。
# 滤波器停在随机初值的同一个网络，没有越过。
#
# Bars are standard deviations over the seeds. The hand-made features beat the
# raw pixels everywhere and, with the fewest pictures, all rivals: what takes
# thousands of pictures to learn, a person wrote in from experience. But they
# improve slowly, for no classifier recovers information that its features
# lack. The line of the network trained end to end is steeper and ends on top.
# The same network with filters left at their random start does not get there.

sizes = list(epochs_for)
mean, spread = results.mean(dim=1), results.std(dim=1)  # (sizes, kinds)
chinese = dict(
    zip(kinds, ["像素", "手工特征", "随机滤波器", "端到端"], strict=True)
)
fig, ax = plt.subplots(figsize=(6.5, 4.5), layout="constrained")
for kind, style, m, s in zip(
    kinds, ["^:", "s--", "x:", "o-"], mean.T, spread.T, strict=True
):
    ax.errorbar(sizes, m, s, fmt=style, label=f"{chinese[kind]} | {kind}")
ax.set(xscale="log", xlabel="训练图片数 | training pictures")
ax.set_ylabel(
    "测试准确率（比例），均值 ± 标准差"
    " | test accuracy (fraction), mean ± std. dev."
)
ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
ax.minorticks_off()
ax.legend(title="特征 | features", loc="lower right")
fig.set_label(
    "四种特征的测试准确率随训练图片数的变化"
    " | Test accuracy of four kinds of features by number of training pictures"
)
plt.show()

for size, row in zip(sizes, mean, strict=True):
    print(f"{size:6,d}", dict(zip(kinds, row.numpy().round(3), strict=True)))

# %%
# 滤波器长什么样 | What the filters look like
# -------------------------------------------
# 上面一排是人写的八个方向，下面两排是最后一个网络第一层学到的 16 个，
# 白色是正，黑色是负。没有人告诉网络“找边缘”，其中有几个却是一侧亮、一侧暗，
# 也就是某个方向的边缘；更多的说不出名字。学到的特征不必好看，也不必说得清，
# 只要对损失有用：这是端到端的长处，也是它难以解释的原因。
#
# The first row holds the eight directions written by hand, the other two the
# 16 filters in the first layer of the last network, white positive and black
# negative. Nobody told the network to look for edges, yet a few are bright on
# one side and dark on the other, an edge of some direction; most have no
# name. Learned features need be neither pretty nor explicable, only useful to
# the loss: that is the strength of training end to end, and the reason why
# its results are hard to explain.

hand_made = nn.functional.pad(edge_filters(), [1] * 4)  # (8, 1, 5, 5)
filters = torch.cat([hand_made, network[0].weight.detach().cpu()])
largest = filters.abs().amax(dim=(1, 2, 3), keepdim=True)
axes = show_images(0.5 + 0.5 * filters / largest, num_columns=8)
axes.flat[0].figure.set_label(
    "人写的八个边缘滤波器，与学到的 16 个滤波器"
    " | Eight edge filters written by hand, and 16 learned ones"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 图片最少时，人设计的特征平均胜过其余三种；最多时，端到端平均多 0.4 个百分点以上，
# 也多于这个差自己的标准误的两倍，所以不是碰巧；
# 比停在随机初值上的同一个网络则多一个百分点以上。
# 同一个种子的几种特征用的是同样的图片，比较是成对的。
# 断网时的替身是一千多张手写数字，都太容易，拉不开，
# 所以只要求端到端从落后到追上来。
#
# With the fewest pictures the hand-made features are the best on average.
# With the most, end to end is ahead by more than 0.4 percentage points on
# average and by more than twice the standard error of that lead, so it is no
# accident; and it is more than one point above the same network left at its
# random start. The kinds of features of one seed saw the same pictures:
# the comparison is paired. The stand-in used without a network is little more
# than a thousand handwritten digits, too easy to tell the features apart, so
# there we only demand that end to end is behind at first and catches up.

lead = results[:, :, 3] - results[:, :, 1]  # end to end minus hand-made
assert lead[0].mean() < 0
assert lead[-1].mean() > lead[0].mean()
assert (mean[:, 1] > mean[:, 0]).all()  # hand-made beats raw pixels
if data.stand_in:
    assert lead[-1].mean() > -0.01
else:
    assert mean[0].argmax() == 1
    assert lead[-1].mean() > max(0.004, 2 * lead[-1].std() / num_seeds**0.5)
    assert mean[-1, 3] - mean[-1, 2] > 0.01

# %%
# 课文引用下面这些数。
#
# The page quotes the following numbers.

over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
names = [kind.replace(" ", "_").replace("-", "_") for kind in kinds]
for row, amount in [(0, "few"), (-1, "many")]:
    found = {f"{n}_{amount}": results[row, :, i] for i, n in enumerate(names)}
    record_all("end_to_end", found, unit="fraction", over=over)
    record(f"end_to_end.{amount}_pictures", sizes[row], format=",d")

# %%
# 练习 | Exercise
# ---------------
# 让网络从人写的滤波器出发，再放开来训练，会兼得两者的长处吗？
# 先猜，再把 ``hand_made`` 抄进第一层前八个滤波器，用中间那一档图片数试试。
#
# Start the network from the filters written by hand and let training change
# them: does that combine the merits of both? Guess, then copy ``hand_made``
# into the first eight filters of the first layer and try the middle number of
# pictures.

size, num_epochs = list(epochs_for.items())[1]
better_start = []
for seed in range(num_seeds):
    generator = seed_everything(seed)  # the same pictures as above
    train_set = drawn(data, size, generator, device)
    network = end_to_end_network(num_classes)
    with torch.no_grad():
        network[0].weight[: len(hand_made)] = hand_made
    how = {"num_epochs": num_epochs, "generator": generator}
    better_start.append(train_and_score(network, train_set, test_set, **how))

gain = torch.tensor(better_start) - results[1, :, 3]
grown = mean[1, 3] - mean[0, 3]
print(f"from the better start: {gain.mean():+.4f} ± {gain.std():.4f}")
print(f"from {sizes[0]} to {sizes[1]} pictures: {grown:+.4f}")
assert gain.mean().abs() < grown / 5

# %%
# 几乎没有。比起多看十倍图片带来的提高，换个起点的得失连五分之一都不到，
# 和不同种子之间的差别分不开。人设计的特征在图片少的时候好，靠的不只是八个滤波器，
# 还有后面写死的三步：只留正的、小格里取平均、除以周围的强度，
# 以及由此留给数据去定的参数很少。抄来滤波器，后面的卷积层和分类器还是从随机数学起，
# 要的图片一张也没少。
#
# Hardly. Compared with what ten times the pictures bring, the other start
# gains or loses less than a fifth, which cannot be told from the differences
# between seeds. With few pictures the hand-made features are good not only
# for their eight filters but for the three steps fixed after them (positive
# responses only, averages over cells, division by the strength around) and
# because these leave so few parameters to the data. With the filters copied,
# the convolution after them and the classifier still learn from random
# numbers and need as many pictures as before.
