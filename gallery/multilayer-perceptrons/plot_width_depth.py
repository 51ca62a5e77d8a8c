r"""
参数一样多，宽好还是深好 | As many parameters: wide or deep?
============================================================

大约 10,000 个参数，可以全放在一个宽的隐藏层里，也可以分给几个窄的层。
我们比较十种形状。参数个数相差不到百分之四，训练用的图片、轮数、
挑学习率的办法都一样。

About 10,000 parameters can go into one wide hidden layer or be divided among
several narrow ones. We compare ten shapes. Their numbers of parameters differ
by less than four per cent, and they share pictures, epochs and the way in
which the learning rate is chosen.

**你需要** :doc:`/multilayer-perceptrons/mlp-implementation` 里的模型和
:doc:`/preliminaries/estimation` 里的配对比较；**你得到** 十种形状的准确率，
以及哪些差别大于偶然。

**You need** the model of :doc:`/multilayer-perceptrons/mlp-implementation`
and the paired comparison of :doc:`/preliminaries/estimation`; **you get** the
accuracies of ten shapes, and which differences are larger than chance.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.mlp import ParallelMLPs, fit_parallel
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=5, cuda=20)
print(data)

# %%
# 数据 | Data
# -----------
# 图片缩小到 :math:`7 \times 7` 个像素，这样参数主要在隐藏层之间，而不是在
# 第一层。训练图片里留出一部分作验证集，用来挑学习率。每个种子从其余的
# 图片里抽自己的训练集。测试集在最后用一次。
#
# We shrink the pictures to :math:`7 \times 7` pixels, so that the parameters
# are not nearly all in the first layer. A part of the training pictures is
# set aside for validation, to choose the learning rate. Each seed draws a
# training set of its own from the rest. The test set is used once, at the
# end.


def small(images, device):
    """Return the pictures shrunk to 7 by 7 pixels: (n, 49)."""
    pooled = avg_pool2d(images, 4).flatten(1).to(device)
    return (pooled - pooled.mean()) / pooled.std()


inputs, labels = small(data.train_images, device), data.train_labels.to(device)
num_valid = len(inputs) // 6
valid_set = inputs[:num_valid], labels[:num_valid]
pool = inputs[num_valid:], labels[num_valid:]
test_set = small(data.test_images, device), data.test_labels.to(device)
num_train = min(6000, len(pool[0]))

# %%
# 十种形状 | Ten shapes
# ---------------------
# ``even`` 求出等宽的层该有多宽，才用得完给定的参数。另有三种不等宽的：
# 越来越窄、越来越宽、中间只有两个单元。
#
# ``even`` finds how wide layers of equal width have to be to use the given
# parameters. Three more shapes have layers of unequal width: narrowing,
# widening, and one with two units in the middle.


def parameters(hidden):
    """Return the number of parameters of 49-hidden-10."""
    sizes = [49, *hidden, 10]
    return sum((a + 1) * b for a, b in pairwise(sizes))


def even(depth, budget=10_000):
    """Return ``depth`` equal widths that come nearest to the budget."""
    width = min(
        range(10, 200), key=lambda h: abs(parameters([h] * depth) - budget)
    )
    return [width] * depth


shapes = [even(depth) for depth in (1, 2, 3, 4, 5, 6, 8)]
shapes += [[104, 40, 14], [35, 58, 90], [159, 2, 128]]
counts = [parameters(hidden) for hidden in shapes]
names = ["-".join(map(str, hidden)) for hidden in shapes]
print(*zip(names, counts, strict=True), sep="\n")

# %%
# 把每个网络画成一叠横条，一条是一个隐藏层，长度是单元数。
#
# Here is each network as a pile of bars. A bar is a hidden layer, as long as
# it has units.

fig, axes = plt.subplots(
    1, 10, figsize=(10, 3), sharey=True, layout="constrained"
)
for ax, hidden, name in zip(axes, shapes, names, strict=True):
    layers = range(1, len(hidden) + 1)
    left = [-width / 2 for width in hidden]
    ax.barh(layers, hidden, left=left, height=0.7, color="C0")
    ax.set(xlim=(-85, 85), xticks=[], yticks=range(1, 9))
    ax.set_xlabel(name if len(hidden) < 4 else f"{hidden[0]} × {len(hidden)}")
    ax.spines[:].set_visible(False)
    ax.tick_params(left=ax is axes[0])
axes[0].set_ylabel("隐藏层 | hidden layer")
fig.set_label(
    "十种形状的网络，每条横条是一个隐藏层：从一个 166 个单元的宽层，"
    "到八个 33 个单元的窄层"
    " | Ten shapes of network, a bar for each hidden layer: from one wide layer"
    " of 166 units to eight narrow ones of 33"
)
plt.show()

# %%
# 训练 | Training
# ---------------
# 同一种形状的各个种子放在一起算。优化器用 Adam，它把每个参数的步长按最近的
# 梯度大小来调节，深的网络也走得动。每种形状试同样的三个学习率。
#
# All seeds of a shape are computed at once. The optimizer is Adam, which
# scales the step of each parameter by the size of its recent gradients and
# gets deep networks moving as well. Each shape tries the same three learning
# rates.


def mean_losses(scores, targets):
    """Return the mean cross-entropy of each model: (num_models,)."""
    losses = cross_entropy(scores.mT, targets, reduction="none")
    return losses.mean(dim=1)


def accuracies(models, examples, labels):
    """Return the accuracy of each model: (num_models,)."""
    with torch.no_grad():
        right = models(examples).argmax(dim=-1) == labels
    return right.double().mean(dim=1).cpu()


def train(hidden, rate, pool, own, num_epochs=10):
    """Return trained networks of one shape, one for each row of ``own``."""
    draws = torch.Generator().manual_seed(0)
    models = ParallelMLPs(len(own), [49, *hidden, 10], generator=draws)
    models.to(pool[0].device)
    fit_parallel(
        models,
        *pool,
        loss_fn=mean_losses,
        optimizer=torch.optim.Adam(models.parameters(), lr=rate),
        batch_size=100,
        num_epochs=num_epochs,
        generator=draws.manual_seed(1),  # the same orders for each shape
        own=own,
    )
    return models


# %%
# ``own`` 是每个种子自己的训练图片的编号，对十种形状都一样。
#
# ``own`` holds the numbers of the training pictures of each seed, the same
# for all ten shapes.

draws = torch.Generator().manual_seed(2)
own = torch.rand(num_seeds, len(pool[0]), generator=draws).argsort(dim=1)
own = own[:, :num_train].to(device)
rates = [0.003, 0.01, 0.03]
chosen, tested, fitted = [], [], []
for hidden in shapes:
    tried = [train(hidden, rate, pool, own) for rate in rates]
    scores = torch.stack([accuracies(models, *valid_set) for models in tried])
    best = scores.mean(dim=1).argmax().item()
    chosen.append(rates[best])
    tested.append(accuracies(tried[best], *test_set))
    fitted.append(accuracies(tried[best], pool[0][own], pool[1][own]))
tested = torch.stack(tested)  # (shapes, seeds)

# %%
# 结果 | The result
# -----------------
# 左边是测试准确率，每个点一个种子。右边与一个宽层比，同一个种子看的是
# 同样的图片，所以逐个种子相减。横线是均值加减两个标准误。
#
# On the left the test accuracy, a dot for each seed. On the right the
# difference from the single wide layer. Equal seeds saw equal pictures, so we
# subtract seed by seed. The lines are the mean plus and minus two standard
# errors.

gain = tested - tested[0]
mean, error = gain.mean(dim=1), gain.std(dim=1) / num_seeds**0.5
places = range(len(shapes))
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.6), sharey=True, layout="constrained"
)
left.plot(tested, places, "C0o", mfc="none", ms=5)
left.plot(tested.mean(dim=1), places, "k|", ms=14, mew=2)
left.set_yticks(places, names)
left.invert_yaxis()
left.set(
    xlabel="测试准确率（比例） | test accuracy (fraction)",
    ylabel="各隐藏层的宽度 | widths of the hidden layers",
)
right.errorbar(mean, places, xerr=2 * error, fmt="C1s", capsize=3)
right.axvline(0, color="k", lw=0.8)
right.locator_params(axis="x", nbins=4)
right.set_xlabel(
    "与一个宽层之差（比例） | difference from one wide layer (fraction)"
)
fig.set_label(
    "十种形状的测试准确率，以及与一个宽层的配对之差：两层与一层差不多，"
    "八层的和中间只有两个单元的差得多"
    " | Test accuracy of ten shapes and paired difference from one wide layer:"
    " two layers are about as good as one, eight layers and two units in the"
    " middle are far worse"
)
plt.show()
for row in zip(names, chosen, tested.mean(dim=1), mean, error, strict=True):
    print("{:24} {:<6} {:.4f} {:+.4f} ± {:.4f}".format(*row))

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 等宽的两到四层与一个宽层相差不到两个百分点。每个种子都是瓶颈差。
#
# Two to four layers of equal width are within two percentage points of the
# single wide layer. The bottleneck of two units is worse for each seed.

assert max(counts) < 1.04 * min(counts)
if not data.stand_in:
    assert (mean[1:4].abs() < 0.02).all()
    assert (gain[-1] < 0).all()  # for each seed
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "width_depth",
    {
        "one_wide": tested[0],
        "eight_layers": tested[6],
        "two_layers_gain": (gain[1], ".4f"),
        "four_layers_gain": (gain[3], ".4f"),
        "eight_layers_gain": (gain[6], ".4f"),
        "narrowing_gain": (gain[7], ".4f"),
        "bottleneck_gain": (gain[9], ".4f"),
        "one_wide_training": fitted[0],
        "eight_layers_training": fitted[6],
    },
    unit="fraction",
    over=over,
)
record("width_depth.fewest_parameters", min(counts), format=",d")
record("width_depth.most_parameters", max(counts), format=",d")

# %%
# 练习 | Exercise
# ---------------
# 中间的瓶颈从两个单元改成一个，再改成十个，准确率怎样变？先猜。为什么一个
# 单元的隐藏层不好？答案在 :doc:`/multilayer-perceptrons/mlp-implementation`
# 的练习里。
#
# Change the bottleneck from two units to one, then to ten. How does the
# accuracy change? Guess first. Why is a hidden layer of one unit a bad idea?
# The answer is among the exercises of
# :doc:`/multilayer-perceptrons/mlp-implementation`.
