r"""
训练以后用了哪一条分支 | Which branch a trained network uses
=============================================================

Inception 块里有四条分支，各给出一些通道。训练以后，哪一条要紧？本脚本把一条
分支的输出置零，看准确率下降多少。分支的通道有多有少，所以还有对照：在同一个块
里随机挑同样多的通道置零。

An Inception block has four branches, and each gives some channels. Which of
them matters after training? This script sets the output of one branch to zero
and looks at how far the accuracy falls. Some branches have more channels than
others, so there is a control: as many channels of the same block, drawn at
random, are set to zero.

**你需要** :doc:`/modern-cnns/googlenet`；**你得到** 每条分支输出的大小、去掉
这条分支的代价，以及随机去掉同样多通道的代价。

**You need** :doc:`/modern-cnns/googlenet`; **you get** the size of what each
branch gives, the price of silencing it, and the price of silencing as many
channels at random.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data import fetch_fashion_mnist
from d2lnotes.models.convnets import GoogLeNet, Inception
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_seeds = on(device, cpu=3, cuda=10)
data = fetch_fashion_mnist(stand_in=True)
BRANCHES = ["1×1", "3×3", "5×5", "池化 | pooling"]

# %%
# 三个块的小网络 | A small network of three blocks
# ------------------------------------------------
# 论文里的 3a、4a、4b 三个块，通道数是八分之一。10,000 张图片看 5 遍，三个种子。
#
# The blocks 3a, 4a and 4b of the paper with an eighth of the channels. They
# see 10,000 images 5 times, for three seeds.


def train(data, num_seeds, device):
    """Return the test accuracies, (seeds,), and the trained networks."""
    networks = []

    def make_network():
        network = GoogLeNet.slim(in_channels=1)
        networks.append(network.to(memory_format=torch.channels_last))
        return networks[-1]

    accuracies = held_out_accuracies(
        make_network, data, learning_rate=0.05, seeds=num_seeds, device=device
    )
    return accuracies, networks


accuracies, networks = train(data, num_seeds, device)
print(accuracies)

# %%
# 置零，再看准确率 | Silence, then look at the accuracy
# -----------------------------------------------------
# 钩子把一个块的某些通道乘以 0，别的都不变。
#
# A hook multiplies some channels of a block by 0 and leaves the rest alone.


def accuracy_without(channels, block, network, images, labels):
    """Return the accuracy with these channels of a block set to zero."""
    mask = torch.ones(block.out_channels, 1, 1, device=images.device)
    mask[channels] = 0
    handle = block.register_forward_hook(lambda _, __, out: out * mask)
    with torch.no_grad():
        right = network(images).argmax(dim=1) == labels
    handle.remove()
    return right.double().mean().item()


# %%
# 每条分支去掉一次，再随机去掉同样多的通道四次，取平均。
#
# Silence each branch once, and as many channels at random four times, for a
# mean.


def silence(network, images, labels, draws, num_draws=4):
    """Return the accuracy lost, by branch and by chance: (2, blocks, 4)."""
    blocks = [b for b in network.modules() if isinstance(b, Inception)]
    args = network, images, labels
    whole = accuracy_without([], blocks[0], *args)
    lost = torch.zeros(2, len(blocks), 4)
    for i, block in enumerate(blocks):
        sizes = [branch[-2].out_channels for branch in block.branches]
        for j, channels in enumerate(
            torch.arange(block.out_channels).split(sizes)
        ):
            lost[0, i, j] = whole - accuracy_without(channels, block, *args)
            for _ in range(num_draws):
                order = torch.randperm(block.out_channels, generator=draws)
                chosen = order[: sizes[j]]
                found = accuracy_without(chosen, block, *args)
                lost[1, i, j] += (whole - found) / num_draws
    return lost


# %%
# 每条分支的输出平均有多大，也记下来。
#
# How large the output of each branch is on average is noted as well.


def sizes_of_outputs(network, images):
    """Return the mean absolute output of each branch: (blocks, 4)."""
    found = []

    def note(block, inputs, _):
        outs = [branch(inputs[0]) for branch in block.branches]
        found.append(torch.stack([out.abs().mean() for out in outs]))

    hooks = [
        b.register_forward_hook(note)
        for b in network.modules()
        if isinstance(b, Inception)
    ]
    with torch.no_grad():
        network(images)
    for hook in hooks:
        hook.remove()
    return torch.stack(found).cpu()


# %%
# 对每个种子的网络都做一遍。
#
# Do so for the network of each seed.

std, mean = torch.std_mean(data.train_images[:10_000])
images = ((data.test_images[:1000] - mean) / std).to(device)
labels = data.test_labels[:1000].to(device)
draws = torch.Generator().manual_seed(0)
lost = torch.stack(
    [silence(network, images, labels, draws) for network in networks]
)  # (seeds, 2, blocks, branches)
sizes = torch.stack([sizes_of_outputs(net, images) for net in networks])
print(lost.mean(dim=0), sizes.mean(dim=0), sep="\n")

# %%
# 实心的柱子是去掉一条分支，空心的是随机去掉同样多的通道。竖线是种子之间的标准差。
#
# Full bars silence a branch, empty ones as many channels at random. The lines
# are standard deviations over seeds.

fig, axes = plt.subplots(
    1, 3, figsize=(11, 4), layout="constrained", sharey=True
)
places = torch.arange(4)
for i, (ax, name) in enumerate(zip(axes, ["3a", "4a", "4b"], strict=True)):
    for k, (label, style) in enumerate(
        [
            ("这条分支 | this branch", {"color": "C0"}),
            (
                "随机的通道 | channels at random",
                {"color": "white", "edgecolor": "C1", "hatch": "//"},
            ),
        ]
    ):
        values = lost[:, k, i]
        ax.bar(
            places + 0.4 * k - 0.2,
            values.mean(dim=0),
            0.36,
            yerr=values.std(dim=0),
            capsize=3,
            label=label,
            **style,
        )
    ax.set_xticks(places, BRANCHES)
    ax.set_title(f"块 {name} | block {name}")
axes[0].set_ylabel("准确率下降（比例） | accuracy lost (fraction)")
axes[0].legend()
fig.set_label(
    "三个块里，去掉四条分支之一和随机去掉同样多的通道，准确率各下降多少 | The"
    " accuracy lost in three blocks by silencing one of four branches, and by"
    " silencing as many channels at random"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 去掉 3×3 的分支，平均比去掉池化的分支代价大。
#
# Silencing the branch of 3×3 costs more on average than silencing that of
# pooling.

by_branch = lost[:, 0].mean(dim=1)  # (seeds, branches)
by_chance = lost[:, 1].mean(dim=1)
if not data.stand_in:
    assert by_branch[:, 1].mean() > by_branch[:, 3].mean()
keys = ["one", "three", "five", "pool"]
record_all(
    "inception_branches",
    {"accuracy": accuracies}
    | {f"lost_{key}": by_branch[:, j] for j, key in enumerate(keys)}
    | {f"chance_{key}": by_chance[:, j] for j, key in enumerate(keys)}
    | {
        "first_five": lost[:, 0, 0, 2],
        "first_five_chance": lost[:, 1, 0, 2],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 每条分支的输出平均有多大？输出最大的分支，去掉它的代价也最大吗？
#
# How large is the output of each branch on average? Is the branch with the
# largest output the one that costs most when silenced?

order_by_size = sizes.mean(dim=0).argsort(dim=1, descending=True)
order_by_loss = lost[:, 0].mean(dim=0).argsort(dim=1, descending=True)
print(order_by_size, order_by_loss, sep="\n")
if not data.stand_in:
    assert (order_by_size[:, 0] != order_by_loss[:, 0]).any()
