r"""
tanh 比 sigmoid 好训练，有两个原因 | Two reasons why tanh beats the sigmoid
===========================================================================

tanh 是拉伸了的 sigmoid：:math:`\tanh x = 2\sigma(2x) - 1`。
用两者的网络能表示的函数完全相同，tanh 却好训练得多。有人说是因为它在 0 处的斜率
是 1，sigmoid 只有 :math:`\tfrac14`。有人说是因为它的输出以 0 为中心。
我们让 sigmoid 分别只改一样、两样都改，看各起多大作用。

tanh is a stretched sigmoid: :math:`\tanh x = 2\sigma(2x) - 1`. Networks with
either can represent the same functions, yet those with tanh train far better.
Some say that its slope of 1 at 0 is the reason, where the sigmoid has
:math:`\tfrac14`. Others say that it is the mean of 0. We give the sigmoid one
of the two at a time, and then both, to see what each contributes.

**你需要** :doc:`/multilayer-perceptrons/activations` 里的 sigmoid 和 tanh；
**你得到** 把两个原因分开的对照实验，和每个原因的大小。

**You need** the sigmoid and tanh of
:doc:`/multilayer-perceptrons/activations`; **you get** an experiment that
separates the two reasons, and the size of each.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=10)


def features(images):
    """Return images of half the height and width as rows."""
    return avg_pool2d(images, 2).flatten(1)


inputs = features(data.train_images[:4096]).to(device)
labels = data.train_labels[:4096].to(device)
test_inputs = features(data.test_images).to(device)
middle, size = inputs.mean(dim=0), inputs.std()
inputs, test_inputs = [(x - middle) / size for x in (inputs, test_inputs)]

# %%
# 五种激活函数 | Five activations
# -------------------------------
# :math:`\sigma` 和 :math:`\sigma - \tfrac12` 在 0 处的斜率是
# :math:`\tfrac14`，其余三种的是 1。:math:`\sigma` 和 :math:`4\sigma`
# 的输出都是正数，其余三种以 0 为中心。:math:`4\sigma - 2` 两样都改了，
# 它等于 :math:`2\tanh(x/2)`。
#
# At 0, :math:`\sigma` and :math:`\sigma - \tfrac12` have the slope
# :math:`\tfrac14`, the other three have 1. The outputs of :math:`\sigma` and
# :math:`4\sigma` are positive, those of the other three are centered at 0.
# With :math:`4\sigma - 2` both are changed. It equals
# :math:`2\tanh(x/2)`.

functions = {
    r"$\sigma$": torch.sigmoid,
    r"$4\sigma$": lambda x: 4 * torch.sigmoid(x),
    r"$\sigma - 1/2$": lambda x: torch.sigmoid(x) - 0.5,
    r"$4\sigma - 2$": lambda x: 4 * torch.sigmoid(x) - 2,
    r"$\tanh$": torch.tanh,
}

# %%
# 许多网络一起训练 | Many networks at once
# ----------------------------------------
# 学习率要为每种激活函数单独挑，不然比的是学习率。六个学习率乘几个种子，
# 得到几十个同样大小的网络。它们的权重叠成三维的张量，一次矩阵乘法就全算了。
# 三个隐藏层各 64 个单元。权重的标准差是 :math:`\sqrt{2/(m + n)}`，
# 其中 :math:`m`、:math:`n` 是这一层的输入数和输出数。偏置从 0 开始。
# 五种激活函数的初始权重相同，批次也相同。
#
# Each activation gets the learning rate that suits it, or else we would
# compare learning rates. Six rates times a few seeds make dozens of networks
# of one size. Their weights are stacked into tensors of three dimensions, so
# that one matrix product serves them all. There are three hidden layers of 64
# units. The standard deviation of the weights is :math:`\sqrt{2/(m + n)}` for
# :math:`m` inputs and :math:`n` outputs of the layer, and biases start at 0.
# The initial weights are the same for all five activations, and so are the
# batches.


def draw_layers(sizes, num_seeds, num_rates, device):
    """Return weights and biases, (rates * seeds, inputs, outputs) or (…, 1, …)."""
    generator = torch.Generator().manual_seed(0)
    layers = []
    for m, n in pairwise(sizes):
        weights = torch.randn(num_seeds, m, n, generator=generator)
        weights *= (2 / (m + n)) ** 0.5
        weights = weights.repeat(num_rates, 1, 1).to(device).requires_grad_()
        biases = torch.zeros(num_rates * num_seeds, 1, n, device=device)
        layers.append((weights, biases.requires_grad_()))
    return layers


def forward(x, layers, activation):
    """Return the logits of all networks, shape (networks, batch, classes)."""
    for weights, biases in layers[:-1]:
        x = activation(x @ weights + biases)
    return x @ layers[-1][0] + layers[-1][1]


# %%
# ``rates`` 的形状是 (网络数, 1, 1)，每个网络用自己的学习率。
# 返回的是最后一轮里每个网络的平均损失。
#
# ``rates`` has shape (networks, 1, 1): each network has a rate of its own.
# What is returned is the mean loss of each network in the last epoch.


def train(layers, activation, inputs, labels, rates, num_epochs):
    """Run SGD on all networks at once; return their last losses in nats."""
    generator = torch.Generator().manual_seed(1)
    parameters = [p for layer in layers for p in layer]
    for _ in range(num_epochs):
        total = 0.0
        order = torch.randperm(len(inputs), generator=generator)
        for batch in order.split(128):
            logits = forward(inputs[batch], layers, activation)
            truth = labels[batch].repeat(len(logits))
            each = cross_entropy(logits.flatten(0, 1), truth, reduction="none")
            loss = each.reshape(len(logits), -1).mean(dim=1)
            gradients = torch.autograd.grad(loss.sum(), parameters)
            with torch.no_grad():
                for p, gradient in zip(parameters, gradients, strict=True):
                    p -= rates * gradient
            total += loss.detach() * len(batch) / len(inputs)
    return total.cpu()


# %%
# 训练 | Training
# ---------------
# 每种激活函数取平均训练损失最小的学习率。测试图片不参与挑选。
#
# For each activation we take the learning rate with the smallest mean training
# loss. The test images have no part in the choice.

choices = [0.03, 0.1, 0.3, 1.0, 3.0, 10.0]
rates = torch.tensor(choices, device=device).repeat_interleave(num_seeds)
sizes = [inputs.shape[1], 64, 64, 64, len(data.class_names)]
num_epochs = 4 * 4096 // len(inputs)  # more for the smaller stand-in
losses, accuracies = {}, {}
for name, function in functions.items():
    layers = draw_layers(sizes, num_seeds, len(choices), device)
    last = train(
        layers, function, inputs, labels, rates[:, None, None], num_epochs
    )
    losses[name] = last.reshape(len(choices), num_seeds)
    with torch.no_grad():
        answers = forward(test_inputs, layers, function).argmax(dim=2).cpu()
    right = (answers == data.test_labels).float().mean(dim=1)
    accuracies[name] = right.reshape(len(choices), num_seeds)

means = {
    name: loss.mean(dim=1).nan_to_num(1e9) for name, loss in losses.items()
}
best = {name: int(mean.argmin()) for name, mean in means.items()}
for name, chosen in best.items():
    loss, accuracy = losses[name][chosen], accuracies[name][chosen]
    print(
        f"{name:15} rate {choices[chosen]:5}"
        f"  loss {loss.mean():.3f} ± {loss.std():.3f}"
        f"  test accuracy {accuracy.mean():.3f} ± {accuracy.std():.3f}"
    )

# %%
# 结果 | The result
# -----------------
# 左图：训练损失随学习率的变化，线是各个种子的平均。右图：各用最好的学习率，
# 空心的点是一个种子。只改斜率，或者只移到 0，损失都降低一截。
# 两样都改，才赶上 tanh。
#
# On the left is the training loss against the learning rate, a line being the
# mean over seeds. On the right each has its best rate, and a hollow point is a
# seed. The slope alone lowers the loss, and so does the mean alone. It takes
# both to catch up with tanh.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), layout="constrained"
)
for number, (name, mean) in enumerate(means.items()):
    style = f"C{number}" + "o^sDx"[number]
    left.loglog(choices, mean.clamp(max=99), style + "-", label=name)
    points = losses[name][best[name]]
    right.plot([number] * num_seeds, points, style, mfc="none", ms=10)
left.set(
    xlabel="学习率 | learning rate",
    ylabel="训练损失（奈特） | training loss (nats)",
    ylim=(0.4, 12),
)
left.legend(ncols=3, loc="upper left", columnspacing=1)
right.set_xticks(range(len(functions)), functions)
right.set(ylabel="最好的学习率下的损失（奈特） | loss at the best rate (nats)")
right.set_ylim(bottom=0)
fig.set_label(
    "五种激活函数的训练损失：sigmoid 最高，只改斜率或只移到零各降一截，"
    "两样都改就和 tanh 一样低"
    " | Training loss of five activations: the sigmoid has the highest; the"
    " slope alone or the mean alone lowers it; with both it is as low as tanh"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每个原因单独都使损失降低：改过的每个种子都低于没改的每个种子。两样都改的
# sigmoid 与 tanh 的差距，不到 sigmoid 与 tanh 差距的五分之一。
# 最好的学习率都在候选范围的内部，所以谁也没有因为范围太窄而吃亏。
# 替身数据容易得多，只要求两样都改的低于 sigmoid。
#
# Each reason alone lowers the loss: each seed with the change lies below each
# seed without it. The sigmoid with both is nearer to tanh than a fifth of the
# distance between the sigmoid and tanh. The best rates lie inside the range
# that was tried, so none suffers from a range that is too narrow. The stand-in
# is far easier, and there we ask only that both changes beat the sigmoid.

chosen = [losses[name][best[name]] for name in functions]
plain, steep, centered, both, tanh = chosen
assert both.max() < plain.min()
if not data.stand_in:
    assert all(0 < place < len(choices) - 1 for place in best.values())
    assert max(steep.max(), centered.max()) < plain.min()
    assert both.max() < min(steep.min(), centered.min())
    assert both.mean() - tanh.mean() < (plain.mean() - tanh.mean()) / 5

keys = ["sigmoid", "steep", "centered", "both", "tanh"]
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "tanh_or_sigmoid",
    {f"{key}_loss": loss for key, loss in zip(keys, chosen, strict=True)},
    unit="nats",
    over=over,
    format=".2f",
)
accuracy_of = {
    f"{key}_accuracy": accuracies[name][best[name]]
    for key, name in zip(keys, functions, strict=True)
}
record_all(
    "tanh_or_sigmoid", accuracy_of, unit="fraction", over=over, format=".2f"
)

# %%
# 练习 | Exercise
# ---------------
# 用 :math:`4\sigma` 的网络，就是换了初始权重和学习率的 sigmoid 网络。
# 哪些权重要乘以几，它们的学习率又要乘以几，两个网络每一步的输出才相同？
# 先推导，再用代码检查。
#
# A network with :math:`4\sigma` is a sigmoid network with other initial
# weights and rates. Which weights have to be multiplied by what, and by what
# their learning rates, so that both networks give the same outputs at each
# step? Derive it, then check it by code.

narrow = [inputs.shape[1], 8, 8, len(data.class_names)]
double = inputs[:512].double()
endings = []
for factor, function in [(1.0, functions[r"$4\sigma$"]), (4.0, torch.sigmoid)]:
    layers = draw_layers(narrow, 1, 1, device)
    layers = [
        [p.detach().double().requires_grad_() for p in layer]
        for layer in layers
    ]
    steps = [1.0, 1.0] + [factor**2, 1.0] * 2  # weights, biases, …
    with torch.no_grad():
        for weights, _ in layers[1:]:
            weights *= factor
    for _ in range(20):
        logits = forward(double, layers, function)[0]
        parameters = [p for layer in layers for p in layer]
        loss = cross_entropy(logits, labels[:512])
        gradients = torch.autograd.grad(loss, parameters)
        with torch.no_grad():
            for p, gradient, step in zip(
                parameters, gradients, steps, strict=True
            ):
                p -= 0.1 * step * gradient
    endings.append(loss.item())
print(endings)
assert abs(endings[0] - endings[1]) < 1e-9

# %%
# 第一层以外的权重都乘以 4，它们的学习率都乘以 16。sigmoid 的输出是
# :math:`4\sigma` 的四分之一，权重乘以 4，下一层收到的数就不变。
# 梯度里也有这个四分之一，而权重的尺度又大了 4 倍，所以步长要乘以 :math:`4^2`。
# 偏置和第一层的权重不变。可见“斜率 1”不是什么新的函数，
# 而是更大的初始权重和各层不同的学习率。
#
# All weights but those of the first layer are multiplied by 4, and their
# learning rates by 16. The output of the sigmoid is a quarter of that of
# :math:`4\sigma`; with weights four times as large the next layer receives
# the same numbers. The gradient has this quarter as well, and the weights are
# on a scale four times as large, so the steps have to be :math:`4^2` times as
# long. Biases and the first weights stay as they are. So a slope of 1 is not a
# new function. It is larger initial weights, and a learning rate of its own
# for each layer.
