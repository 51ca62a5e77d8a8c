r"""
三种训练各动什么 | What three kinds of training move
====================================================

预训练、冻结的身体、微调：一个网络的身体和头部，哪些参数动，哪些不动？我们各训练几步，
比较前后的参数，再按结果上色。对照是缓冲区：批量归一化的累积统计量不是参数，身体
“冻结”了，在训练模式下它们照样变。

Pretraining, a frozen body, and fine-tuning: which parameters of body and head
move? We train a few steps of each, compare the parameters before and after,
and color a drawing by what was found. The control are the buffers. The running
statistics of batch normalization are no parameters, and in training mode they
change even though the body is “frozen”.

**你需要** :doc:`/computer-vision/fine-tuning`；**你得到** 三种训练的图，和冻结的身体里
变了的缓冲区。

**You need** :doc:`/computer-vision/fine-tuning`; **you get** a drawing of the
three kinds, and the buffers that change in a frozen body.
"""

import copy

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes.runtime import seed_everything

# %%
# 几步训练 | A few steps
# ----------------------
# 身体是卷积、批量归一化和平均，头部是全连接层。数据是随机数：这里只问什么在动。
#
# The body is a convolution, batch normalization and a mean, the head a dense
# layer. The data are random numbers, as the question is what moves.


def make_network(num_classes):
    """Return body and head in a row."""
    body = nn.Sequential(
        nn.Conv2d(3, 8, 3),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )
    return nn.Sequential(body, nn.Linear(8, num_classes))


def train(net, num_steps=5):
    """Train what is not frozen, in training mode."""
    free = [p for p in net.parameters() if p.requires_grad]
    optimizer = torch.optim.SGD(free, lr=0.1)
    net.train()
    for _ in range(num_steps):
        images = 1 + torch.randn(16, 3, 8, 8)
        labels = torch.randint(2, (16,))
        optimizer.zero_grad()
        cross_entropy(net(images), labels).backward()
        optimizer.step()


def moved(part, before, kind):
    """Return whether any parameter, or any buffer, is another than before."""
    now, then = getattr(part, kind)(), getattr(before, kind)()
    return any(not torch.equal(a, b) for a, b in zip(now, then, strict=True))


# %%
# 先预训练，再复制身体，换上新的头部。
#
# First pretrain, then copy the body and add a new head.

seed_everything(0)
source = make_network(8)
found, buffers = {}, {}
for kind in ("pretrain", "frozen", "tuned"):
    net = make_network(8 if kind == "pretrain" else 2)
    if kind != "pretrain":
        net[0].load_state_dict(source[0].state_dict())
        net[0].requires_grad_(kind == "tuned")
    start = copy.deepcopy(net)
    train(net)
    found[kind] = [moved(net[i], start[i], "parameters") for i in (0, 1)]
    buffers[kind] = moved(net[0], start[0], "buffers")
    if kind == "pretrain":
        source = net
print(found, buffers)

# %%
# 画出来 | The drawing
# --------------------
# 三种训练各动哪些参数：灰色的不动，橙色的从随机开始，蓝色的继续训练。
#
# Which parameters move in three kinds of training: gray ones stay, orange ones
# start at random, blue ones are trained on.

COLORS = {"stay": "0.85", "new": "#ffc685", "go": "#a8d0f0"}
KINDS = [
    ("frozen", "冻结 | frozen", "2 类 | 2 classes"),
    ("pretrain", "预训练 | pretraining", "8 类 | 8 classes"),
    ("tuned", "微调 | fine-tuning", "2 类 | 2 classes"),
]
fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
for row, (key, kind, classes) in enumerate(KINDS):
    body = "new" if key == "pretrain" else "go" if found[key][0] else "stay"
    ax.text(0, -row, kind, ha="right", va="center", fontsize=16)
    for place, wide, word, part in (
        (0.3, 2.6, "身体 | body", body),
        (3.3, 1.2, "头部 | head", "new"),
    ):
        box = plt.Rectangle(
            (place, -row - 0.3), wide, 0.6, fc=COLORS[part], ec="k", lw=1.5
        )
        ax.add_patch(box)
        middle = place + wide / 2
        ax.text(middle, -row, word, ha="center", va="center", fontsize=16)
    ax.annotate("", (3.3, -row), (2.9, -row), arrowprops={"arrowstyle": "->"})
    ax.annotate("", (4.9, -row), (4.5, -row), arrowprops={"arrowstyle": "->"})
    ax.text(5, -row, classes, va="center", fontsize=14)
for start, end in ((-0.7, -0.3), (-1.3, -1.7)):
    ax.annotate("", (1.6, end), (1.6, start), arrowprops={"arrowstyle": "->"})
ax.set(xlim=(-1.6, 6.2), ylim=(-2.5, 0.5))
ax.axis("off")
fig.set_label(
    "预训练时身体和头部都从随机开始；冻结时身体不动，只有新的头部训练；微调时身体也"
    "继续训练"
    " | In pretraining body and head start at random; frozen, the body stays and"
    " the new head is trained; in fine-tuning the body is trained on as well"
)
plt.show()

# %%
# 断言 | Claims
# -------------
# 冻结的身体，参数不动，头部动。可是它的缓冲区变了，因为身体还在训练模式。
#
# In a frozen body no parameter moves, while the head does. But its buffers have
# changed, as the body was in training mode.

assert found == {
    "pretrain": [True, True],
    "frozen": [False, True],
    "tuned": [True, True],
}
assert buffers["frozen"]

# %%
# 练习 | Exercise
# ---------------
# 怎样使冻结的身体的缓冲区也不变？在训练循环里加一行，再检查一次。
#
# How can the buffers of a frozen body be kept as well? Add a line to the
# training loop and check again.

net[0].requires_grad_(False)
start = copy.deepcopy(net)
net.train()
net[0].eval()  # after net.train(), which reaches the body, too
net(torch.randn(16, 3, 8, 8))
assert not moved(net[0], start[0], "buffers")
