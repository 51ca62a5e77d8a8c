r"""
钩子说出是哪一层 | Hooks name the layer
=======================================

损失说网络学不动，没有说是哪一层的错。在每一层上挂一个钩子，记下输出的标准差和
梯度的标准差。我们在一个十二层的网络里放进一个坏层，看这些数能不能说出是哪一层。

The loss says that a network does not learn. It does not say which layer is to
blame. Put a hook on each layer that notes the standard deviation of its outputs
and of their gradient. We plant one bad layer in a network of twelve, and see
whether these numbers name it.

**你需要** :doc:`/computation/debugging` 里的钩子；**你得到** 逐层的输出和梯度，
以及一条在许多坏网络里找坏层的规则。

**You need** the hooks of :doc:`/computation/debugging`; **you get** outputs and
gradients layer by layer, and a rule that looks for the bad layer in many spoiled
networks.
"""

import math
from itertools import pairwise

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device

torch.set_num_threads(1)  # the products are small
device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_trials = on(device, cpu=50, cuda=300)
DEPTH = 12

images = avg_pool2d(data.train_images[:256], 4).flatten(1).to(device)
images = (images - images.mean()) / images.std()
labels = data.train_labels[:256].to(device)

# %%
# 网络和坏层 | The network and its bad layer
# ------------------------------------------
# 每层 64 个单元，权重的标准差是 :math:`\sqrt{2/d}`，:math:`d` 是该层输入的个数。
# 这样健康的网络里，各层输出的大小差不多。坏层有三种：权重小到二十分之一，
# 权重大到二十倍，偏置是 −20，于是 ReLU 全部输出 0。
#
# Layers have 64 units and weights of standard deviation :math:`\sqrt{2/d}` for
# :math:`d` inputs. Thus the outputs of all layers of a healthy network are of
# similar size. There are three kinds of bad layer: weights a twentieth of what
# they were, weights twenty times as large, or biases of −20, so that ReLU puts
# out zeros only.


def make_network(seed, device):
    """Return a healthy network: 49 inputs, DEPTH hidden layers, 10 outputs."""
    torch.manual_seed(seed)
    sizes = [49] + DEPTH * [64] + [10]
    blocks = []
    for inputs, outputs in pairwise(sizes):
        linear = nn.Linear(inputs, outputs)
        nn.init.normal_(linear.weight, std=math.sqrt(2 / inputs))
        nn.init.zeros_(linear.bias)
        blocks.append(nn.Sequential(linear, nn.ReLU()))
    blocks[-1] = blocks[-1][0]  # no ReLU after the outputs
    return nn.Sequential(*blocks).to(device)


def spoil(net, layer, kind):
    """Make one hidden layer bad."""
    linear = net[layer][0]
    with torch.no_grad():
        if kind == "small":
            linear.weight /= 20
        elif kind == "large":
            linear.weight *= 20
        else:
            linear.bias.fill_(-20.0)


# %%
# 钩子 | The hooks
# ----------------
# ``register_forward_hook`` 登记的函数在该层算完之后被调用。输出的
# ``register_hook`` 在它的梯度到达时被调用。两个钩子都只看，不改。
#
# What ``register_forward_hook`` registers is called when the layer has computed.
# ``register_hook`` of an output is called when its gradient arrives. Both hooks
# look and change nothing.


def statistics(net, images, labels):
    """Return the deviations of outputs and gradients, each (num_layers,)."""
    outputs, gradients = {}, {}
    handles = []
    for number, block in enumerate(net):

        def hook(_, inputs, output, number=number):
            outputs[number] = output.detach().std()
            output.register_hook(
                lambda grad: gradients.update({number: grad.std()})
            )

        handles.append(block.register_forward_hook(hook))
    cross_entropy(net(images), labels).backward()
    for handle in handles:
        handle.remove()
    order = range(len(net))
    return (
        torch.stack([outputs[k] for k in order]).cpu(),
        torch.stack([gradients[k] for k in order]).cpu(),
    )


# %%
# 第 7 层坏了 | Layer 7 is bad
# ----------------------------
# 在坏层处，输出的大小突然改变。权重太小或太大时，梯度从右向左走，也在同一处
# 改变。输出全是 0 的那一个，后面的各层收到的都是 0。它们的偏置也是 0，所以 ReLU
# 在 0 处，导数是 0，梯度更早就成了 0：单看梯度会认错层。
#
# At the bad layer the size of the outputs changes at once. With weights too small
# or too large, gradients go from right to left and change at the same place. In
# the dead one the layers behind receive zeros only. Their biases are 0, so their
# ReLUs are at 0, where the derivative is 0. So the gradient is 0 sooner, and
# alone it would name the wrong layer.

networks = {"healthy": make_network(0, device)}
for kind in ("small", "large", "dead"):
    networks[kind] = make_network(0, device)
    spoil(networks[kind], 6, kind)
names = {
    "healthy": "健康 | healthy",
    "small": "权重太小 | small weights",
    "large": "权重太大 | large weights",
    "dead": "全是 0 | dead",
}
fig, axes = plt.subplots(1, 2, figsize=(9.5, 4.2), layout="constrained")
layers = range(1, DEPTH + 2)
for (kind, net), style in zip(
    networks.items(), ["k-o", "C0-s", "C3-^", "C1-v"], strict=True
):
    for ax, values in zip(axes, statistics(net, images, labels), strict=True):
        ax.semilogy(layers, values.clamp(min=1e-8), style, label=names[kind])
for ax, what in zip(
    axes,
    (
        "输出的标准差 | deviation of outputs",
        "梯度的标准差 | deviation of gradients",
    ),
    strict=True,
):
    ax.axvline(7, color="0.8", lw=8, zorder=0)
    ax.set(xlabel="层 | layer", ylabel=what)
axes[0].legend()
fig.set_label(
    "四个网络逐层的输出和梯度的标准差：健康的几乎是平的，坏的输出在第 7 层突然升降"
    " | Deviations of outputs and gradients in four networks, layer by layer: the"
    " healthy one is almost flat, outputs of the bad jump at layer 7"
)
plt.show()

# %%
# 一条规则 | A rule
# -----------------
# 看相邻两层输出的标准差之比。离 1 最远的一层，如果超过四倍，就是它。
#
# Look at the ratio of the deviations of outputs of neighboring layers. The layer
# whose ratio is farthest from 1 is named, if it is beyond a factor of four.


def suspect(net, images, labels):
    """Return the number of the suspected layer, or None."""
    outputs, _ = statistics(net, images, labels)
    sizes = torch.cat([images.std().cpu()[None], outputs])
    jumps = sizes.clamp(min=1e-8).log().diff().abs()[:-1]
    layer = jumps.argmax().item()
    return layer if jumps[layer] > math.log(4) else None


draws = torch.Generator().manual_seed(0)
right = {kind: [] for kind in ("small", "large", "dead")}
alarms = []
for trial in range(num_trials):
    alarms.append(suspect(make_network(trial, device), images, labels))
    for kind, hits in right.items():
        layer = torch.randint(DEPTH, (), generator=draws).item()
        net = make_network(trial, device)
        spoil(net, layer, kind)
        hits.append(suspect(net, images, labels) == layer)
false_alarms = sum(alarm is not None for alarm in alarms) / num_trials
share = {kind: sum(hits) / num_trials for kind, hits in right.items()}
print(false_alarms, share)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 规则几乎总能说对是哪一层，在健康的网络里很少报警。
# 打乱标签的网络，开始时与健康的分不开：钩子看不见数据的错。
#
# The rule names the right layer nearly always and hardly ever alarms in healthy
# networks. With shuffled labels the network cannot be told from a healthy one at
# the start: hooks do not see bugs of the data.

shuffled = labels[torch.randperm(len(labels), generator=draws)]
blind = suspect(make_network(0, device), images, shuffled)
assert blind is None
assert min(share.values()) > 0.9
assert false_alarms < 0.1
record_all(
    "hooks",
    share | {"false_alarms": false_alarms},
    unit="fraction",
    over=f"{num_trials} 个网络 | {num_trials} networks",
    format=".2f",
)
for kind in ("healthy", "small", "large"):
    loss = cross_entropy(networks[kind](images), labels).item()
    record(f"hooks.loss_{kind}", loss, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 第 3 层的权重乘 20，第 9 层的除以 20。网络算的函数变了吗？规则说是哪一层？
#
# Multiply the weights of layer 3 by 20 and divide those of layer 9 by 20. Has the
# function of the network changed? Which layer does the rule name?

double = make_network(0, device)
spoil(double, 2, "large")
spoil(double, 8, "small")
same = torch.allclose(double(images), networks["healthy"](images), atol=1e-4)
print(same, suspect(double, images, labels))
assert same
assert suspect(double, images, labels) in {2, 8}

# %%
# 函数没有变，因为偏置都是 0，而 ReLU 满足 :math:`\max(cz, 0) = c\max(z, 0)`。
# 损失看不出任何东西。钩子看得出，规则说出两层中的一层。
#
# The function has not changed, for the biases are 0 and ReLU satisfies
# :math:`\max(cz, 0) = c\max(z, 0)`. The loss shows nothing at all. The hooks do,
# and the rule names one of the two layers.
