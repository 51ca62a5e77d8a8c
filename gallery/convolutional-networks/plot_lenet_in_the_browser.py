r"""
每个权重 8 位，LeNet 就够用 | Eight bits per weight are enough for LeNet
========================================================================

训练用 32 位的浮点数，用的时候未必要这么多。每个权重只留 8 位，每个输出通道
有自己的一个比例，测试准确率几乎不变，网络只占六万多字节，能装进一个网页。
只留 2 位就不够了。

Training uses floating-point numbers of 32 bits, but using the network may take
fewer. With 8 bits per weight and one scale for each output channel the test
accuracy hardly changes, and the network takes some sixty thousand bytes, which
fit a web page. With 2 bits it loses.

**你需要** :doc:`/convolutional-networks/lenet` 里的网络；**你得到**
并入了归一化、权重是整数的 LeNet，网页上那个可以自己画图的就是它。

**You need** the network of :doc:`/convolutional-networks/lenet`; **you get**
a LeNet with its normalizations folded in and whole numbers for weights: the
one that you can draw for on the web.
"""

import copy

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.data.loader import TensorLoader
from d2lnotes.keeping import keep_data
from d2lnotes.models.convnets import ModernLeNet
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.training import predict

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
test_loader = TensorLoader(
    data.test_images, data.test_labels, batch_size=1000, device=device
)
print(data)

# %%
# 训练 | Training
# ---------------
# 30,000 张图片看一轮，学习率从 0.1 一步一步降到 0。替身的图片少，所以多训练几轮。
#
# One epoch of 30,000 images, with a learning rate that falls from 0.1 to 0
# step by step. The stand-in has few images and gets more epochs.

num_images = on(device, cpu=30_000, cuda=60_000)
num_epochs = 20 if data.stand_in else on(device, cpu=1, cuda=10)
train_loader = TensorLoader(
    data.train_images[:num_images].to(device),
    data.train_labels[:num_images].to(device),
    batch_size=128,
    shuffle=True,
    generator=seed_everything(0),
)
model = ModernLeNet().to(device)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
scheduler = torch.optim.lr_scheduler.PolynomialLR(
    optimizer, total_iters=num_epochs * len(train_loader)
)
for _ in range(num_epochs):
    for images, labels in train_loader:
        loss = cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()

# %%
# 把归一化并进前一层 | Folding the normalization into the layer before
# --------------------------------------------------------------------
# 评估时，批量归一化减去一个固定的数，再乘一个固定的数。前一层是仿射的，所以两步
# 可以合成一步：第 :math:`c` 个通道的权重乘以
# :math:`\gamma_c / \sqrt{v_c + \varepsilon}`，偏置相应地改。结果只差舍入。
#
# In evaluation, batch normalization subtracts a fixed number and multiplies
# by another. The layer before it is affine, so the two make one: the weights
# of channel :math:`c` are multiplied by
# :math:`\gamma_c / \sqrt{v_c + \varepsilon}`, and the bias changes to match.
# The results differ by rounding alone.


def fold(layer, norm):
    """Return one layer that does what both do in evaluation."""
    folded = copy.deepcopy(layer)
    factor = norm.weight / (norm.running_var + norm.eps).sqrt()
    shape = (-1,) + (1,) * (layer.weight.ndim - 1)
    folded.weight.data = layer.weight.data * factor.data.view(shape)
    bias = norm.bias - norm.running_mean * factor
    folded.bias = nn.Parameter(bias.detach())
    return folded


conv1, norm1, _, _, conv2, norm2, _, _ = model.features
_, dense1, norm3, _, dense2, norm4, _, dense3 = model.classifier
folded = nn.Sequential(
    *(fold(conv1, norm1), nn.ReLU(), nn.MaxPool2d(2)),
    *(fold(conv2, norm2), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
    *(fold(dense1, norm3), nn.ReLU(), fold(dense2, norm4), nn.ReLU()),
    copy.deepcopy(dense3),
)
logits = predict(model, test_loader)
with torch.no_grad():
    some = folded.eval()(data.test_images[:1000].to(device)).cpu()
gap = (some - logits[:1000]).abs().max().item()
print(f"largest difference of logits after folding: {gap:.1e}")

# %%
# 用整数表示权重 | Whole numbers for weights
# ------------------------------------------
# :math:`b` 位能表示 :math:`-m` 到 :math:`m` 的整数，:math:`m = 2^{b-1} - 1`。
# 每个输出通道取一个比例，使最大的权重恰好是 :math:`m`，其余的舍入到最近的整数。
#
# With :math:`b` bits there are the integers from :math:`-m` to :math:`m`,
# where :math:`m = 2^{b-1} - 1`. Each output channel has a scale that makes its
# largest weight :math:`m`, and the others are rounded to the nearest integer.


def to_integers(weight, bits):
    """Return integers as floats, and a scale for each output channel."""
    largest = weight.abs().flatten(1).amax(dim=1)
    scales = largest / (2 ** (bits - 1) - 1)
    shape = (-1,) + (1,) * (weight.ndim - 1)
    return (weight / scales.view(shape)).round(), scales.view(shape)


def quantize(net, bits, convert=to_integers):
    """Return a copy of the network whose weights are integers times scales."""
    copied = copy.deepcopy(net)
    for layer in copied:
        if isinstance(layer, nn.Conv2d | nn.Linear):
            integers, scales = convert(layer.weight.data, bits)
            layer.weight.data = integers * scales
    return copied


# %%
# 几位才够 | How many bits it takes
# ---------------------------------
# 从 2 位到 8 位各量一次测试准确率。虚线是 32 位的浮点数。
#
# The test accuracy with 2 to 8 bits. The dashed line is floating point with
# 32 bits.


def accuracy(logits, labels):
    """Return the share of right predictions."""
    return (logits.argmax(dim=1) == labels).float().mean().item()


full = accuracy(logits, data.test_labels)
nets = {bits: quantize(folded, bits) for bits in (2, 3, 4, 6, 8)}
outputs = {bits: predict(net, test_loader) for bits, net in nets.items()}
accuracies = {b: accuracy(x, data.test_labels) for b, x in outputs.items()}
same = (outputs[8].argmax(dim=1) == logits.argmax(dim=1)).float().mean().item()
print(
    f"accuracy {full:.4f}, with 8 bits {accuracies[8]:.4f}, same: {same:.2%}"
)

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
ax.plot(accuracies.keys(), accuracies.values(), "o-", label="整数 | integers")
label = "32 位浮点数 | 32-bit floating point"
ax.axhline(full, ls="--", color="0.3", label=label)
ax.set(
    xlabel="每个权重的位数 | bits per weight",
    ylabel="测试准确率（比例） | test accuracy (fraction)",
    xticks=list(accuracies),
)
ax.legend(loc="lower right")
fig.set_label(
    "位数与测试准确率：8 位时与浮点数相同，2 位时低得多"
    " | Bits and test accuracy: the same as floating point at 8, much lower at 2"
)
plt.show()

# %%
# 一张图走过网络 | An image on its way through the network
# --------------------------------------------------------
# 8 位的网络看一张测试图片：第一个卷积的 6 张特征图，第二个的 16 张，各类的概率。
#
# The network of 8 bits looks at a test image: the 6 feature maps of the first
# convolution, the 16 of the second, and the probabilities of the classes.

net = nets[8].cpu().eval()
with torch.no_grad():
    first = net[:2](data.test_images[:1])[0]  # (6, 28, 28)
    second = net[:5](data.test_images[:1])[0]  # (16, 10, 10)
    probs = net(data.test_images[:1]).softmax(dim=1)[0]
fig = plt.figure(figsize=(9.5, 3.4), layout="constrained")
left, right = fig.subfigures(1, 2, width_ratios=[2.1, 1])
axes = left.subplots(3, 9, width_ratios=[1.6] + [1] * 8)
for ax in axes.flat:
    ax.axis("off")
axes[1, 0].imshow(data.test_images[0, 0], cmap="gray_r")
places = [*axes[0, 1:7], *axes[1:, 1:].flat]
for ax, one in zip(places, [*first, *second], strict=True):
    ax.imshow(one, vmin=0, cmap="viridis")
axes[1, 0].set_title("图片 | image", fontsize="medium")
ax = right.subplots()
ax.barh(range(len(probs)), probs)
ax.set(
    xlabel="概率 | probability",
    xlim=(0, 1),
    yticks=range(len(probs)),
    yticklabels=data.class_labels,
)
ax.invert_yaxis()
fig.set_label(
    "一张测试图片、它的 6 张和 16 张特征图，以及十个类别的概率"
    " | A test image, its 6 and its 16 feature maps, and ten probabilities"
)
plt.show()

# %%
# 断言、记录和给网页的数据 | Claims, records and data for the web
# -----------------------------------------------------------------
# 网页得到整数、比例和偏置，还有 14 张测试图片：每类的第一张，和最先认错的 4 张。
#
# The page gets the integers, the scales and the biases, and 14 test images:
# the first of each class, and the first 4 that are mistaken.

is_wrong = outputs[8].argmax(dim=1) != data.test_labels
firsts = [(data.test_labels == label).nonzero()[0, 0] for label in range(10)]
shown = torch.stack([*firsts, *is_wrong.nonzero()[:4, 0]])
layers = [m for m in net if isinstance(m, nn.Conv2d | nn.Linear)]
integers = [to_integers(layer.weight.data, 8) for layer in layers]
kilobytes = sum(layer.weight.numel() for layer in layers) / 1000

assert gap < 1e-3
assert abs(accuracies[8] - full) < 0.005
assert same > 0.99
assert accuracies[2] < full - 0.02
record_all(
    "lenet_in_the_browser",
    {
        "test_accuracy": full,
        "test_accuracy_8_bits": accuracies[8],
        "test_accuracy_2_bits": accuracies[2],
        "same_predictions": (same, ".1%"),
    },
    unit="fraction",
)
record_all("lenet_in_the_browser", {"size": (kilobytes, ".0f")}, unit="kB")
keep_data(
    {
        "names": data.class_labels,
        "layers": [
            {
                "shape": list(layer.weight.shape),
                "integers": whole.to(torch.int8),
                "scales": scales.flatten(),
                "biases": layer.bias.detach(),
            }
            for layer, (whole, scales) in zip(layers, integers, strict=True)
        ],
        "pictures": (255 * data.test_images[shown]).round().byte(),
        "labels": data.test_labels[shown],
    }
)

# %%
# 练习 | Exercise
# ---------------
# 整层只用一个比例，不是每个通道一个。8 位时差多少，2 位时呢？为什么？
#
# Use one scale for a whole layer, not one for each channel. What is the
# difference with 8 bits, and with 2? Why?


def with_one_scale(weight, bits):
    """Return integers and the one scale of a layer."""
    scale = weight.abs().max() / (2 ** (bits - 1) - 1)
    return (weight / scale).round(), scale


single = {}
for bits in (2, 8):
    net = quantize(folded, bits, with_one_scale)
    single[bits] = accuracy(predict(net, test_loader), data.test_labels)
    print(f"{bits} bits, one scale for a layer: {single[bits]:.4f}")
# With 8 bits there is hardly any. With 2 bits each weight below half of the
# largest of the layer becomes 0, and channels of small weights vanish whole.
assert abs(single[8] - full) < 0.01
assert single[2] < accuracies[2] - 0.2
