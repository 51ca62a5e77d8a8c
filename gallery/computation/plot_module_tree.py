r"""
列表里的层不在树上 | Layers in a list are not in the tree
=========================================================

模块里装着模块，合起来是一棵树。优化器要更新的参数，都沿着这棵树去找。
我们画出一个网络的树，再把它的几层放进一个普通的 Python 列表：
这些层不见了，训练时一步也不动，程序却不报错。

Modules hold modules, and together they form a tree. The parameters that an
optimizer updates are looked for along this tree. We draw the tree of a
network. Then we put some of its layers into a plain Python list. They are
gone, they do not move in training, and no error is raised.

**你需要** :doc:`/computation/modules` 里的模块；**你得到** 一幅树的图，
以及把层放错地方的代价。

**You need** the modules of :doc:`/computation/modules`; **you get** the
picture of a tree, and the price of keeping layers in the wrong place.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.plotting import plot_layer_shapes, plot_module_tree
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

torch.set_num_threads(1)  # layers this small gain nothing from more cores
device = select_device()
num_seeds = on(device, cpu=5, cuda=10)

# %%
# 一个网络和它的树 | A network and its tree
# -----------------------------------------
# 网络有一个入口层、几个块和一个输出层。``container`` 决定各个块放在哪里：
# ``nn.ModuleList`` 或者普通的 ``list``。除此之外，两种网络的代码一样。
#
# The network has a first layer, several blocks, and an output layer. The
# argument ``container`` decides where the blocks are kept: in an
# ``nn.ModuleList`` or in a plain ``list``. Everything else is the same code.


class Block(nn.Module):
    """A linear layer and ReLU."""

    def __init__(self, width):
        """Make the layers."""
        super().__init__()
        self.linear = nn.Linear(width, width)
        self.relu = nn.ReLU()

    def forward(self, X):
        """Return the outputs of the block: (n, width)."""
        return self.relu(self.linear(X))


class Network(nn.Module):
    """A first layer, some blocks, and an output layer."""

    def __init__(self, num_blocks, container):
        """Make the layers, with the blocks in ``container``."""
        super().__init__()
        self.stem = nn.Linear(64, 64)
        self.blocks = container([Block(64) for _ in range(num_blocks)])
        self.head = nn.Linear(64, 10)

    def forward(self, X):
        """Return ten logits for each example: (n, 10)."""
        X = self.stem(X)
        for block in self.blocks:
            X = block(X)
        return self.head(X)


# %%
# 左边的框装着右边的框。粗体的数是参数个数，里面的都算上。
#
# A box on the left holds those on the right. The bold number counts the
# parameters, with all that is inside.

torch.manual_seed(0)
in_module_list = Network(2, nn.ModuleList)
fig, ax = plt.subplots(figsize=(10.5, 4.4), layout="constrained")
plot_module_tree(in_module_list, name="net", ax=ax)
fig.set_label(
    "一个网络的树：网络装着入口层、块的列表和输出层，列表装着两个块，"
    "每个块装着一个线性层和一个 ReLU，每个框里写着参数个数"
    " | The tree of a network: it holds a first layer, a list of blocks and an"
    " output layer; the list holds two blocks, each of them a linear layer and"
    " ReLU; the number of parameters stands in each box"
)
plt.show()

# %%
# 同一个网络，块放在普通的列表里。树上少了一枝。
#
# The same network with its blocks in a plain list. A branch of the tree is
# missing.

in_list = Network(2, list)
fig, ax = plt.subplots(figsize=(7, 1.9), layout="constrained")
plot_module_tree(in_list, name="net", ax=ax)
fig.set_label(
    "块放在普通列表里时，树上只剩入口层和输出层"
    " | With the blocks in a plain list the tree has only the first layer and"
    " the output layer"
)
plt.show()

# %%
# 训练会怎样 | What training makes of it
# --------------------------------------
# 手写数字，1,400 张训练，397 张验证。每个种子有自己的划分和初始值，
# 三种网络共用。第三种是对照：块在 ``nn.ModuleList`` 里，但是不训练。
# 如果普通列表的害处在于块收不到更新，它的结果应当与对照完全相同。
#
# Handwritten digits, 1,400 for training and 397 for validation. Each seed has
# its own split and initial values, shared by the three kinds of network. The
# third is a control: its blocks are in an ``nn.ModuleList`` but are not
# trained. If the harm of a plain list is that the blocks get no updates, its
# result has to equal the control exactly.

digits = load_digits()
examples = torch.tensor(digits.images).float().flatten(1).to(device) / 16
labels = torch.tensor(digits.target).to(device)


def accuracy(kind, num_blocks, seed, examples, labels):
    """Return the validation accuracy of one network after ten epochs."""
    torch.manual_seed(seed)
    container = list if kind == "list" else nn.ModuleList
    model = Network(num_blocks, container).to(examples.device)
    for block in model.blocks:
        block.to(examples.device)  # what is in a list has not been moved
        block.requires_grad_(kind == "ModuleList")
    train, valid = torch.randperm(len(examples)).split([1400, 397])
    optimizer = torch.optim.Adam(model.parameters(), lr=0.005)
    for _ in range(10):
        for batch in train[torch.randperm(len(train))].split(100):
            loss = cross_entropy(model(examples[batch]), labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    answers = model(examples[valid]).argmax(dim=1)
    return (answers == labels[valid]).float().mean().item()


# %%
# 每种网络、每个种子、每种块数各训练一次。
#
# Each kind of network is trained for each seed and each number of blocks.

kinds = ["ModuleList", "list", "frozen"]
depths = [0, 2, 4, 6]
found = torch.tensor(
    [
        [
            [accuracy(kind, k, s, examples, labels) for k in depths]
            for s in range(num_seeds)
        ]
        for kind in kinds
    ]
)  # (kinds, seeds, depths)

# %%
# 没有块的时候，三种网络是同一个。两个块时看不出差别，六个块时普通列表的
# 网络差得多。对照的点与它的点重合。
#
# Without blocks the three networks are one and the same. With two blocks no
# difference shows, and with six the network with a plain list is far worse.
# The points of the control lie on its points.

fig, ax = plt.subplots(figsize=(6.5, 4.2), layout="constrained")
names = [
    "在 ModuleList 里 | in a ModuleList",
    "在普通的列表里 | in a plain list",
    "对照：不训练的块 | control: blocks not trained",
]
for values, name, style in zip(found, names, ["o-", "s--", "kx"], strict=True):
    for row, label in zip(values, [name] + [None] * num_seeds, strict=False):
        color = {} if style == "kx" else {"color": f"C{names.index(name)}"}
        ax.plot(depths, row, style, mfc="none", lw=1, label=label, **color)
ax.set(
    xticks=depths,
    xlabel="块的个数 | number of blocks",
    ylabel="验证准确率（比例） | validation accuracy (fraction)",
)
ax.legend()
fig.set_label(
    "块在 ModuleList 里时准确率下降得少；在普通列表里时从四个块起大幅下降，"
    "与不训练的块的对照重合"
    " | With the blocks in a ModuleList accuracy falls little; in a plain list"
    " it falls steeply from four blocks on and agrees with the control whose"
    " blocks are not trained"
)
plt.show()

# %%
# 形状 | Shapes
# -------------
# 树说的是谁装着谁。数据流过各层时的形状，是另一幅图：一张 8×8 的图片，
# 展平，再经过两个线性层。每一层收到的个数，就是前一层给出的个数。
#
# The tree says what holds what. The shapes of the data on their way through
# the layers are another picture: an image of 8×8, flattened, then two linear
# layers. Each layer takes as many numbers as the one before it gives.

fig, ax = plt.subplots(figsize=(9, 3), layout="constrained")
titles = ["图片 | image", "Flatten", "Linear 64→32", "ReLU", "Linear 32→10"]
shapes = [(1, 8, 8), (64,), (32,), (32,), (10,)]
plot_layer_shapes(shapes, titles=titles, ax=ax)
fig.set_label(
    "从左到右：1×8×8 的图片，展平成 64 个数，线性层给出 32 个，ReLU 不变，"
    "最后一层给出 10 个"
    " | From left to right: an image of 1×8×8, flattened to 64 numbers, 32 from"
    " a linear layer, unchanged by ReLU, and 10 from the last layer"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 普通列表的网络与对照逐个种子相等，一位不差。有六个块时，
# 每个种子都远不如 ``nn.ModuleList``，也不如没有块的网络。
#
# The network with a plain list equals the control for each seed, to the last
# bit. With six blocks it is far behind the ``nn.ModuleList`` for each seed,
# and behind the network without blocks.

right, wrong, control = found
assert torch.equal(wrong, control)
assert (right[:, 3] - wrong[:, 3] > 0.05).all()
assert (right[:, 0] > wrong[:, 3]).all()


def count(model):
    """Return the number of parameters that a model finds in itself."""
    return sum(parameter.numel() for parameter in model.parameters())


over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "module_tree",
    {
        "no_blocks": right[:, 0],
        "module_list": right[:, 3],
        "plain_list": wrong[:, 3],
        "plain_list_two": wrong[:, 1],
    },
    unit="fraction",
    over=over,
)
record_all(
    "module_tree",
    {"found": count(in_list), "all": count(in_module_list)},
    format=",d",
)

# %%
# 练习 | Exercise
# ---------------
# 给块加上一条旁路，``forward`` 返回 ``X + self.relu(self.linear(X))``。
# 普通列表的网络还会差那么多吗？先猜。答案在 :doc:`/computation/modules`
# 的练习里。
#
# Give the block a way around: let ``forward`` return
# ``X + self.relu(self.linear(X))``. Is the network with a plain list still so
# much worse? Guess first. The answer is among the exercises of
# :doc:`/computation/modules`.
