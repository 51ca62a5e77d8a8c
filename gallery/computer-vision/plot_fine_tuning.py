r"""
少量标签时，借来的特征更好 | With few labels, borrowed features are better
==========================================================================

一个网络先在 CIFAR-10 的八个类别上训练。然后要它分开另外两个类别，狗和马，只给 10 到
500 个标签。比较五种做法：冻结身体、只训练新的头部；微调全部；身体用小的学习率微调；
从头训练；冻结一个随机的身体。最后一种是对照：它也只训练头部，但是身体什么也没有学过。

A network is trained on eight classes of CIFAR-10. Then it has to tell two other
classes apart, dogs and horses, from 10 to 500 labels. Five ways are compared:
freeze the body and train a new head, tune all, tune with a small rate for the
body, train from scratch, and freeze a random body. The last one is the control:
it trains a head as well, but its body has learned nothing.

**你需要** :doc:`/computer-vision/fine-tuning`；**你得到** 五种做法的准确率与标签个数的
关系，和网络忘掉了多少。

**You need** :doc:`/computer-vision/fine-tuning`; **you get** the accuracy over
the number of labels for five ways, and how much the network forgets.

一次预训练和三十六次微调，所以久一些。

There are a pretraining and 36 trainings, so this runs longer than others.
"""

from itertools import product

import matplotlib.pyplot as plt
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy
from torch.optim.lr_scheduler import CosineAnnealingLR

from d2lnotes.data import fetch_cifar10
from d2lnotes.models.convnets import CifarResNet
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_cifar10(num_train=20_000, stand_in=True)
SIZES = (10, 25, 50, 100) if data.stand_in else (10, 25, 100, 500)
NEW = (5, 7)  # dog and horse
num_seeds = on(device, cpu=3, cuda=10)
pretrain_steps = 300 if data.stand_in else on(device, cpu=600, cuda=8000)
num_tests = on(device, cpu=700, cuda=8000)

# %%
# 两个任务 | Two tasks
# --------------------
# 照片缩小到 16 × 16。旧的任务是八个类别，新的任务是剩下的两个。
#
# Photographs are shrunk to 16 by 16. The old task has eight classes, the new
# task the two others.


def task(images, labels, classes, device):
    """Return the photographs of some classes, and labels from 0 on."""
    chosen = torch.isin(labels, torch.tensor(classes))
    new_labels = torch.zeros(10, dtype=torch.long)
    new_labels[list(classes)] = torch.arange(len(classes))
    small = (avg_pool2d(images[chosen], 2) - 0.47) / 0.25
    return small.to(device), new_labels[labels[chosen]].to(device)


OLD = [label for label in range(10) if label not in NEW]
given = data.train_images, data.train_labels
old_train, new_train = (task(*given, c, device) for c in (OLD, NEW))
given = data.test_images, data.test_labels
old_test, new_test = (
    [part[:num_tests] for part in task(*given, c, device)] for c in (OLD, NEW)
)

# %%
# 预训练 | Pretraining
# --------------------
# ResNet-8，Adam。身体是全部的卷积和末尾的平均，头部是全连接层。
#
# ResNet-8 with Adam. The body is all convolutions and the mean at the end, the
# head is the dense layer.


def make_network(num_classes, seed, device):
    """Return a body and a head in a row, with weights drawn by the seed."""
    seed_everything(seed)
    net = CifarResNet(8, width=16, num_classes=num_classes)
    body = nn.Sequential(net.stem, net.stages, *net.head[:2])
    return nn.Sequential(body, net.head[2]).to(device)


def train(net, groups, images, labels, num_steps, batch_size, seed):
    """Train with Adam, with the rates that the groups of parameters have."""
    draws = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(groups)
    falling = CosineAnnealingLR(optimizer, num_steps)
    net.train()
    for _ in range(num_steps):
        pick = torch.randint(len(images), (batch_size,), generator=draws)
        pick = pick.to(images.device)
        loss = cross_entropy(net(images[pick]), labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        falling.step()
    return net.eval()


# %%
# 末尾用没有训练过的照片来量。
#
# At the end we measure on photographs that were not trained on.


@torch.no_grad()
def accuracy(net, images, labels):
    """Return the share of right answers."""
    return (net(images).argmax(dim=1) == labels).double().mean().item()


source = make_network(8, 0, device)
groups = [{"params": source.parameters(), "lr": 0.01}]
train(source, groups, *old_train, pretrain_steps, 64, 0)
before = accuracy(source, *old_test)

# %%
# 冻结的身体 | Frozen bodies
# --------------------------
# 身体不变，每张照片的特征就不变，算一次就够。对照的身体是随机的，它的累积统计量先用
# 照片估计好。头部是带权重衰减的逻辑回归，特征先标准化。
#
# If the body stays, so do the features of a photograph, and to compute them once
# is enough. The body of the control is random, and its running statistics are
# estimated from photographs first. The head is a logistic regression with weight
# decay, on standardized features.


@torch.no_grad()
def features(body, images):
    """Return the features that a body computes: (n, 64)."""
    return body.eval()(images).cpu().double()


random_body = make_network(8, 1, device)[0].train()
with torch.no_grad():
    for part in old_train[0][:4000].split(100):
        random_body(part)
found = {}
for name, body in (("frozen", source[0]), ("random", random_body)):
    seen, held_out = (features(body, x[0]) for x in (new_train, new_test))
    std, mean = torch.std_mean(seen, dim=0)
    found[name] = [(part - mean) / (std + 1e-6) for part in (seen, held_out)]

# %%
# 五种做法 | Five ways
# --------------------
# 种子决定用哪些标签，五种做法都用同样的。微调和从头训练都走 100 步。
#
# A seed decides which labels are used, the same for all ways. Tuning and
# training from scratch take 100 steps each.


def choose(labels, size, seed):
    """Return so many indices, half of them for each of the two classes."""
    draws = torch.Generator().manual_seed(seed)
    mixed = torch.randperm(len(labels), generator=draws)
    halves = [mixed[labels[mixed] == k][: size // 2 + 1] for k in (0, 1)]
    return torch.stack(halves, dim=1).flatten()[:size]


def tune(source, rate, images, labels, seed):
    """Return a network after 100 steps; without a source, from scratch."""
    net = make_network(2, seed, images.device)
    if source is not None:
        net[0].load_state_dict(source[0].state_dict())
    groups = [
        {"params": net[0].parameters(), "lr": rate},
        {"params": net[1].parameters(), "lr": 0.003},
    ]
    return train(net, groups, images, labels, 100, 16, seed)


# %%
# 头部的学习率都是 0.003。身体的是同样大，或者十分之一。
#
# The rate of the head is 0.003 throughout. That of the body is the same, or a
# tenth.

WAYS = {"tuned": (source, 0.003), "gently": (source, 0.0003)}
WAYS["scratch"] = None, 0.003
rows = {name: [] for name in (*found, *WAYS)}
forgot = {"tuned": [], "gently": []}
for size, seed in product(SIZES, range(num_seeds)):
    own = choose(new_train[1].cpu(), size, seed)
    for name, (seen, held_out) in found.items():
        head = LogisticRegression(C=0.1).fit(
            seen[own], new_train[1][own].cpu()
        )
        rows[name].append(head.score(held_out, new_test[1].cpu()))
    own = own.to(device)
    for name, way in WAYS.items():
        net = tune(*way, new_train[0][own], new_train[1][own], seed)
        rows[name].append(accuracy(net, *new_test))
        if size == SIZES[-1] and name in forgot:
            old_again = nn.Sequential(net[0], source[1])
            forgot[name].append(accuracy(old_again, *old_test))
shape = len(SIZES), num_seeds
tested = {k: torch.tensor(row).view(shape) for k, row in rows.items()}
forgot = {name: torch.tensor(row).double() for name, row in forgot.items()}
print({name: table.mean(dim=1) for name, table in tested.items()}, forgot)

# %%
# 结果 | The result
# -----------------
# 左：两个新类别上的准确率，带子是种子之间的标准差，乱猜是 0.5。右：微调之后接回旧的
# 头部，八个旧类别上的准确率。
#
# Left: the accuracy on the two new classes. Bands are one standard deviation
# over seeds, and guessing gets 0.5. Right: the accuracy on the eight old
# classes, with the old head put back after tuning.

NAMES = {
    "frozen": ("冻结的身体 | frozen body", "o-"),
    "gently": ("身体的学习率小 | small rate for the body", "s-"),
    "tuned": ("同一学习率 | one rate for all", "^-"),
    "scratch": ("从头训练 | from scratch", "D--"),
    "random": ("冻结的随机身体 | frozen random body", "v:"),
}

# %%
# 五种做法各一条线，遗忘用柱形。
#
# A line for each of the five ways, and bars for what was forgotten.

SHAPE = {"figsize": (9, 4.2), "width_ratios": (2, 1)}
fig, axes = plt.subplots(1, 2, layout="constrained", **SHAPE)
for name, (label, style) in NAMES.items():
    plot_spread(SIZES, tested[name], style, label=label, ax=axes[0])
axes[0].set(xscale="log", xlabel="标签的个数 | labels", ylim=(0.45, None))
axes[0].set_xticks(SIZES, SIZES)
axes[0].minorticks_off()
axes[0].set_ylabel("留出照片上的准确率 | held-out accuracy")
axes[0].legend(loc="upper left", fontsize="small")

heights = [before, forgot["gently"].mean(), forgot["tuned"].mean()]
spread = [0, forgot["gently"].std(), forgot["tuned"].std()]
axes[1].bar(range(3), heights, yerr=spread, color=["0.6", "C1", "C2"])
axes[1].set_xticks(range(3), ["之前 | before", "小 | small", "同一 | one"])
axes[1].set_ylabel("旧类别的准确率 | accuracy on old classes")
fig.set_label(
    "左：五种做法的准确率与标签个数；右：微调之前和两种微调之后，旧类别的准确率"
    " | Left: accuracy of five ways over the number of labels; right: accuracy on"
    " the old classes before tuning and after two ways of tuning"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 借来的身体比随机的好，平均起来如此。微调忘掉旧的类别，身体的学习率大就忘得多。
#
# The borrowed body is better than the random one, on average. Tuning forgets old
# classes, and more with a large rate for the body.

if not data.stand_in:
    assert tested["frozen"].mean() > tested["random"].mean()
    assert forgot["tuned"].mean() < forgot["gently"].mean()
    assert forgot["tuned"].mean() < before
over = f"{num_seeds} 种标签 | {num_seeds} choices of labels"
values = {
    f"{name}_{key}": tested[name][row]
    for name in NAMES
    for key, row in (("10", 0), ("25", 1), ("most", -1))
}
values |= {f"forgot_{name}": row for name, row in forgot.items()}
values["before"] = before
record_all("fine_tuning", values, unit="fraction", over=over, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 冻结的身体在训练模式下，哪些数还会变？答案在 :doc:`/computer-vision/fine-tuning` 的
# “冻结得了吗”里。
#
# Which numbers of a frozen body still change in training mode? The answer is in
# :doc:`/computer-vision/fine-tuning` under “Is it frozen”.
