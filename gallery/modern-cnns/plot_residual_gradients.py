r"""
快捷连接和归一化，缺一样都不够 | The shortcut and the normalization, neither alone
===================================================================================

残差网络把每一块的输入加到输出上，这条路叫快捷连接。常听到的解释是：没有它，梯度会
消失。本脚本把 56 层网络的梯度逐块量出来。有批量归一化而没有快捷连接时，梯度不是
消失，而是**爆炸**。只有快捷连接、没有归一化时，也爆炸。两样都有，才不爆炸。对照：
没有归一化，但每一块加上去的量从 0 开始，梯度也保持大小。

A residual network adds the input of a block to its output. This way around is
the shortcut. One often hears that gradients vanish without it. This script
measures the gradient in a network of 56 layers, block by block. With batch
normalization and no shortcut it does not vanish, it **explodes**. With the
shortcut and no normalization it explodes as well. With both it does not. The
control: without normalization, but with blocks that start by adding 0, the
gradient keeps its size, too.

**你需要** :doc:`/modern-cnns/batch-normalization` 和
:doc:`/generalization/initialization`；**你得到** 五种网络的梯度，以及它们在 20 层和
56 层时训练得怎样。

**You need** :doc:`/modern-cnns/batch-normalization` and
:doc:`/generalization/initialization`; **you get** the gradients of five kinds
of network, and how well they train with 20 and 56 layers.
"""

from itertools import chain

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data import fetch_cifar10
from d2lnotes.models.convnets import CifarResNet
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_cifar10(num_train=10_000, stand_in=True)
images = on(
    device,
    cpu=avg_pool2d(data.train_images[:10_000], 2),  # 16 by 16 pixels
    cuda=data.train_images,
)
std, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
images = ((images - mean) / std).to(device)
labels = data.train_labels[: len(images)].to(device)
width = on(device, cpu=8, cuda=16)
num_seeds, num_steps = on(device, cpu=(3, 80), cuda=(5, 400))
DEPTHS = [20, 56]

# %%
# 五种网络 | Five kinds of network
# --------------------------------
# 快捷连接没有参数，所以同样深的网络参数一样多。权重都用 He 初始化。最后两个数是 20
# 层和 56 层的学习率。每种网络、每种深度都在另一个种子上试过三到五个，取训练损失最小
# 的。
#
# The shortcuts have no parameters, so networks of one depth have equally many.
# All weights are drawn as by He. The last two numbers are the learning rates
# for 20 and for 56 layers. Three to five were tried for each kind and depth,
# with another seed, and these gave the least training loss.

KINDS = {
    "plain": ({"shortcut": False, "batch_norm": False}, 0.1, 0.01),
    "plain_bn": ({"shortcut": False, "batch_norm": True}, 0.1, 0.003),
    "shortcut": ({"shortcut": True, "batch_norm": False}, 1e-3, 1e-4),
    "shortcut_bn": ({"shortcut": True, "batch_norm": True}, 0.03, 0.03),
    "shortcut_zero": (
        {"shortcut": True, "batch_norm": False, "zero_init": True},
        0.1,
        0.03,
    ),
}


def make(kind, depth, seed, width, device):
    """Return a new network of this kind."""
    torch.manual_seed(seed)
    return CifarResNet(depth, width=width, **KINDS[kind][0]).to(device)


# %%
# 梯度，逐块量 | The gradient, block by block
# -------------------------------------------
# 把 128 张图片的损失对每一块的输出求导，取这些导数的长度，除以最后一块的长度。
#
# Differentiate the loss of 128 pictures by the output of each block. Take the
# length of these derivatives, divided by that at the last block.


def gradient_sizes(network, images, labels):
    """Return the length of the gradient after each block, last is 1."""
    hidden = [network.stem(images)]
    for block in chain(*network.stages):
        hidden.append(block(hidden[-1]))
    loss = cross_entropy(network.head(hidden[-1]), labels)
    found = torch.autograd.grad(loss, hidden)
    sizes = torch.stack([gradient.norm() for gradient in found]).cpu()
    return sizes / sizes[-1]


sizes = {
    kind: torch.stack(
        [
            gradient_sizes(
                make(kind, DEPTHS[-1], seed, width, device),
                images[:128],
                labels[:128],
            )
            for seed in range(num_seeds)
        ]
    )
    for kind in KINDS
}  # each (seeds, blocks + 1)

# %%
# 训练几步 | A few steps of training
# ----------------------------------
# 带动量的 SGD，每批 32 张。种子相同的网络看同样的批次。记下最后 15 步的平均损失。
# 如果损失不再是有限的数，或者大于 3，就记作 3。
#
# SGD with momentum and batches of 32. Networks of one seed see the same
# batches. We keep the mean loss of the last 15 steps. If it is no longer
# finite, or above 3, it counts as 3.


def loss_after(network, rate, images, labels, seed, num_steps):
    """Return the mean training loss of the last 15 steps."""
    draws = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.SGD(network.parameters(), lr=rate, momentum=0.9)
    losses = []
    for _ in range(num_steps):
        batch = torch.randint(len(images), (32,), generator=draws)
        loss = cross_entropy(network(images[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses[-15:]).mean().nan_to_num(3).clamp(max=3).cpu()


trained = {kind: torch.zeros(len(DEPTHS), num_seeds) for kind in KINDS}
for kind, (_, *rates) in KINDS.items():
    for i, (depth, rate) in enumerate(zip(DEPTHS, rates, strict=True)):
        for seed in range(num_seeds):
            network = make(kind, depth, seed, width, device)
            trained[kind][i, seed] = loss_after(
                network, rate, images, labels, seed, num_steps
            )
    print(kind, sizes[kind][:, 0].tolist(), trained[kind].tolist())

# %%
# 结果 | The result
# -----------------
# 左：56 层的网络里，每一块之后的梯度，纵轴是对数刻度，右端是 1。阴影是种子之间的标准
# 差。右：训练 80 步之后的损失，横线是乱猜的 :math:`\ln 10 = 2.30`。
#
# Left: the gradient after each block of the network of 56 layers, on a
# logarithmic scale, with 1 at the right end. Shaded: the standard deviation
# over seeds. Right: the loss after 80 steps. The line is that of guessing,
# :math:`\ln 10 = 2.30`.

NAMES = {
    "plain": "两样都没有 | neither",
    "plain_bn": "只有归一化 | normalization only",
    "shortcut": "只有快捷连接 | shortcut only",
    "shortcut_bn": "两样都有 | both",
    "shortcut_zero": "快捷连接，从 0 开始 | shortcut, blocks start at 0",
}
STYLES = ["C7:", "C1--", "C3-.", "C0-", "C2-"]
fig, (left, right) = plt.subplots(
    1, 2, figsize=(11, 5), layout="constrained", width_ratios=(3, 2)
)
for k, (kind, name) in enumerate(NAMES.items()):
    style = STYLES[k]
    blocks = list(range(sizes[kind].shape[1]))
    plot_spread(blocks, sizes[kind].log10().T, style, label=name, ax=left)
    left.lines[-1].set_linewidth(4)
    mean, spread = trained[kind].mean(dim=1), trained[kind].std(dim=1)
    places = [i + 0.08 * (k - 2) for i in range(len(DEPTHS))]
    right.errorbar(
        places, mean, yerr=spread, fmt="o", c=style[:2], ms=11, capsize=5
    )
left.set_yticks(range(-2, 5), [f"$10^{{{k}}}$" for k in range(-2, 5)])
left.set_xlabel("块（0 是第一块之前） | block (0: before the first)", size=14)
left.set_ylabel("梯度，相对于最后 | gradient, relative to the last", size=14)
left.legend(fontsize=12)
right.axhline(torch.tensor(10.0).log(), color="k", lw=1)
right.set_xlim(-0.5, 1.5)
right.set_xticks(range(2), [f"{n} 层 | {n} layers" for n in DEPTHS], size=14)
right.set_ylabel("训练损失（奈特） | training loss (nats)", size=14)
fig.set_label(
    "左：56 层网络里的梯度，只有归一化和只有快捷连接时往回升到几千倍，两样都有时只升到"
    "几十倍，从 0 开始的块保持水平；右：20 层和 56 层训练几步之后的损失"
    " | Left: gradients in a network of 56 layers; with normalization only and"
    " with the shortcut only they climb to thousands, with both to some tens,"
    " and blocks that start at 0 stay level; right: losses after a few steps"
    " with 20 and 56 layers"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 只有一样时，每个种子的梯度都爆炸到一百倍以上，两样都有时都在一百倍以内。56 层时，
# 两样都有的网络每个种子的损失都比只有归一化的小。
#
# With one of the two, the gradient of each seed explodes to more than a
# hundred times its size. With both it stays within a hundred. With 56 layers
# the networks with both have the smaller loss for each seed.

first = {kind: found[:, 0] for kind, found in sizes.items()}
assert (first["plain_bn"] > 100).all()
assert (first["shortcut"] > 100).all()
assert (first["shortcut_bn"] < 100).all()
assert (first["shortcut_zero"] < 10).all()
if not data.stand_in:
    assert (trained["shortcut_bn"][1] < trained["plain_bn"][1]).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
means = {k: v.log().mean().exp() for k, v in first.items()}  # geometric
record_all(
    "residual_gradients",
    {
        f"gradient_{kind}": (size, ",.0f" if size > 10 else ".2f")
        for kind, size in means.items()
    },
    over=over,
)
losses = {
    f"loss_{kind}_{depth}": trained[kind][i]
    for kind in ("plain_bn", "shortcut_bn", "shortcut_zero")
    for i, depth in enumerate(DEPTHS)
}
record_all("residual_gradients", losses, unit="nats", over=over, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 没有归一化的快捷连接，梯度每过一块大约乘以多少？先从均方推出来，再与量到的比较。
# 答案：穿过支路的一份，两个卷积各使均方加倍，ReLU 使它减半，所以是 2 倍。绕过的一份
# 不变，合起来是 3 倍。块末尾的 ReLU 大约挡住三分之一，留下约 2 倍，长度乘以
# :math:`\sqrt2`。27 块是 :math:`\sqrt2^{27} \approx 11{,}600`。换阶段的块和窄的
# 网络使量到的偏离这个估计。
#
# With the shortcut and no normalization, by which factor does the gradient
# grow in a block? Derive it from mean squares and compare. The answer: in the
# branch both convolutions double the mean square and ReLU halves it, which
# makes a factor of 2. The part around the branch stays, so together it is 3.
# The ReLU at the end stops about a third. A factor of about 2 is left, or
# :math:`\sqrt2` for the length. For 27 blocks this gives
# :math:`\sqrt2^{27} \approx 11{,}600`. Blocks that change the stage, and
# narrow networks, make it differ from this estimate.

factor = first["shortcut"].log().mean().div(27).exp().item()
print(f"{factor:.2f}")
assert 1.1 < factor < 1.6
