r"""
一项检查找不到所有的错 | No single check finds all bugs
=======================================================

同一个小网络，同一个训练循环，每次只放进一个错误。程序都不报错。每个错误的损失
曲线是什么样子？五项很便宜的检查，每一项能找到哪几个错误？

One small network, one training loop, and one planted bug at a time. None of them
raises an error. What does the loss curve of each look like? And which of the
bugs does each of five cheap checks find?

**你需要** :doc:`/computation/debugging` 里的检查；**你得到** 七个错误的
损失曲线，以及一张“哪项检查找到哪个错误”的表。

**You need** the checks of :doc:`/computation/debugging`; **you get** the
loss curves of seven bugs, and a table of which check finds which bug.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

torch.set_num_threads(1)  # the products are small
device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=10)


def rows(images):
    """Return the pictures at half their height and width: (n, 196)."""
    return avg_pool2d(images, 2).flatten(1)


train_set = (
    rows(data.train_images[:5000]).to(device),
    data.train_labels[:5000].to(device),
)
valid_set = (
    rows(data.test_images[:2000]).to(device),
    data.test_labels[:2000].to(device),
)

# %%
# 一个循环，七个错误 | One loop, seven bugs
# -----------------------------------------
# ``Run`` 保存一次训练的一切。每个错误改变其中的一处。
#
# ``Run`` holds all of one training run. Each bug changes one thing in it.

BUGS = {
    "none": "没有错误 | no bug",
    "zero_grad": "没有清零梯度 | gradients not cleared",
    "softmax": "softmax 做了两次 | softmax twice",
    "rate": "学习率大 100 倍 | rate 100 times too large",
    "shuffled": "标签打乱了 | labels shuffled",
    "optimizer": "优化器拿错了参数 | optimizer holds other weights",
    "raw": "像素是 0 到 255 | pixels from 0 to 255",
    "valid": "验证时没有标准化 | validation not standardized",
}


# %%
# ``X`` 经过训练的代码，``V`` 和 ``again`` 经过验证的代码；``again`` 是训练图片。
#
# ``X`` went through the code of training, ``V`` and ``again`` through that of
# validation. In ``again`` are the training pictures.


class Run:
    """A network, its optimizer and its data, with one bug."""

    def __init__(self, bug, seed, train_set, valid_set):
        torch.manual_seed(seed)
        self.bug = bug
        layers = nn.Linear(196, 64), nn.ReLU(), nn.Linear(64, 10)
        self.net = nn.Sequential(*layers).to(train_set[0].device)
        held = nn.Linear(196, 64) if bug == "optimizer" else self.net
        rate = 10.0 if bug == "rate" else 0.1
        self.optimizer = torch.optim.SGD(held.parameters(), lr=rate)
        (X, self.y), (V, self.valid_y) = train_set, valid_set
        center, scale = X.mean(), X.std()
        if bug == "raw":
            center, scale = 0, 1 / 255
        self.X = (X - center) / scale
        if bug == "valid":
            center, scale = 0, 1
        self.V, self.again = (V - center) / scale, (X - center) / scale
        if bug == "shuffled":
            self.y = self.y[torch.randperm(len(self.y)).to(X.device)]


# %%
# 训练的一步。两个错误在这里。
#
# One step of training. Two of the bugs are here.


def loss_of(run, batch):
    """Return the loss of a batch."""
    outputs = run.net(run.X[batch])
    if run.bug == "softmax":
        outputs = outputs.softmax(dim=1)
    return cross_entropy(outputs, run.y[batch])


def step(run, batch):
    """Take a step and return the loss before it."""
    loss = loss_of(run, batch)
    if run.bug != "zero_grad":
        run.optimizer.zero_grad()
    loss.backward()
    run.optimizer.step()
    return loss.item()


# %%
# 损失曲线 | Loss curves
# ----------------------
# 灰线是没有错误的，红线是有一个错误的，两轮，每十步取平均。
# 虚线是 :math:`\ln 10`，即乱猜的损失。
#
# Gray is without a bug, red with one, over two epochs, averaged over ten steps.
# The dashed line is :math:`\ln 10`, the loss of a guess.


def train(run, num_epochs=2):
    """Return the mean loss of every ten steps."""
    losses = []
    for _ in range(num_epochs):
        for batch in torch.randperm(len(run.X)).split(50):
            losses.append(step(run, batch.to(run.X.device)))
    whole = len(losses) // 10 * 10
    return torch.tensor(losses[:whole]).view(-1, 10).mean(dim=1)


runs = {
    bug: [Run(bug, s, train_set, valid_set) for s in range(num_seeds)]
    for bug in BUGS
}
first = torch.arange(500, device=device)
start = {
    bug: torch.tensor([loss_of(run, first).item() for run in seeds])
    for bug, seeds in runs.items()
}
curves = {bug: [train(run) for run in seeds] for bug, seeds in runs.items()}

# %%
# 超出图框的损失画在上边缘。
#
# Losses beyond the frame are drawn at its upper edge.

fig, axes = plt.subplots(
    2, 4, figsize=(10, 5), sharex=True, sharey=True, layout="constrained"
)
steps = 10 * torch.arange(len(curves["none"][0])) + 5
for ax, (bug, title) in zip(axes.flat, BUGS.items(), strict=True):
    curve = curves[bug][0].nan_to_num(9)
    ax.plot(steps, curves["none"][0], color="0.6", lw=3)
    ax.plot(steps, curve.clamp(max=2.95), "C3", lw=1.8)
    ax.axhline(math.log(10), color="k", lw=0.8, ls="--")
    ax.set(ylim=(0, 3))
    ax.set_title(title, fontsize=9)
fig.supxlabel("步 | step")
fig.supylabel("训练损失 | training loss")
fig.set_label(
    "八条训练损失曲线，第一格没有错误，其余每格一个，灰线是没有错误的：有的停在"
    " ln 10，一条下降得很慢，有的超出图框，最后一格与没有错误的一样"
    " | Eight curves of training loss, the first without a bug, the others with"
    " one each, gray without a bug: some stay at ln 10, one falls slowly, some"
    " leave the frame, the last looks healthy"
)
plt.show()

# %%
# 五项检查 | Five checks
# ----------------------
# 1. 开始时的损失与 :math:`\ln 10` 相差不到 0.3。
# 2. 走一步以后，每个参数都变了。
# 3. 32 个样本，走 200 步，损失降到 0.5 以下。
# 4. 训练以后，验证准确率高于一个简单的基线：最近的类中心。
# 5. 训练图片经过验证的代码，准确率与经过训练的代码相同。
#
# 1. The loss at the start is within 0.3 of :math:`\ln 10`.
# 2. After one step each parameter has changed.
# 3. On 32 examples the loss falls below 0.5 in 200 steps.
# 4. After training, validation accuracy is above a simple baseline, that of the
#    nearest class mean.
# 5. Training pictures get the same accuracy through the code of validation as
#    through that of training.


def all_change(run):
    """Return whether one step changes each of the parameters."""
    before = [p.clone() for p in run.net.parameters()]
    step(run, torch.arange(32, device=run.X.device))
    pairs = zip(before, run.net.parameters(), strict=True)
    return all((p != q).any() for p, q in pairs)


def learns_batch(run):
    """Return whether 32 examples are learned by heart."""
    batch = torch.arange(32, device=run.X.device)
    return [step(run, batch) for _ in range(200)][-1] < 0.5


def accuracy_of(run, inputs, labels):
    """Return the accuracy of the network of a run."""
    with torch.no_grad():
        return (run.net(inputs).argmax(1) == labels).float().mean().item()


def codes_differ(run):
    """Return whether validation treats training pictures in another way."""
    here = accuracy_of(run, run.X, run.y)
    return abs(here - accuracy_of(run, run.again, run.y)) > 0.01


# %%
# 在训练过的网络上做第四、五项检查，在新的网络上做第二、三项。
#
# The fourth and the fifth check look at trained networks, the second and the
# third at fresh ones.

pictures, labels = train_set
means = torch.stack([pictures[labels == k].mean(dim=0) for k in range(10)])
nearest = torch.cdist(valid_set[0], means).argmin(dim=1)
baseline = (nearest == valid_set[1]).float().mean().item()
found, accuracy = torch.zeros(5, len(BUGS)), {}
for column, (bug, seeds) in enumerate(runs.items()):
    fresh = [Run(bug, s, train_set, valid_set) for s in range(num_seeds)]
    right = [accuracy_of(run, run.V, run.valid_y) for run in seeds]
    accuracy[bug] = torch.tensor(right)
    alarms = [
        ((start[bug] - math.log(10)).abs() > 0.3).tolist(),
        [not all_change(run) for run in fresh],
        [not learns_batch(run) for run in fresh],
        (accuracy[bug] <= baseline).tolist(),
        [codes_differ(run) for run in seeds],
    ]
    found[:, column] = torch.tensor(alarms).float().mean(dim=1)

# %%
# 数字是报警的种子的比例。第一列没有错误，不应当报警。
#
# The numbers are the fraction of seeds that raise an alarm. The first column has
# no bug and should raise none.

fig, ax = plt.subplots(figsize=(10, 4), layout="constrained")
ax.imshow(found, cmap="Reds", vmin=0, vmax=1.4, aspect="auto")
for i in range(5):
    for j in range(len(BUGS)):
        ax.text(j, i, f"{found[i, j]:.2f}", ha="center", va="center", size=13)
ax.set_xticks(range(len(BUGS)), BUGS.values(), rotation=25, ha="right")
CHECKS = (
    "开始的损失 | loss at the start\n"
    "参数变了没有 | parameters move\n"
    "记住一批 | one batch by heart\n"
    "胜过基线 | beats a baseline\n"
    "验证的代码 | code of validation"
)
ax.set_yticks(range(5), CHECKS.split("\n"))
fig.set_label(
    "五项检查各找到哪些错误的表：没有一行全红，除了没有错误的一列，每一列至少有一格红"
    " | Which of five checks finds which bug: no row is all red, and each column"
    " but that without a bug has a red cell"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 没有一项检查找到所有错误。五项合起来，每个错误都找到。没有错误时不报警。
#
# No single check finds all bugs. Together they find each of them. Without a bug
# there is no alarm.

if not data.stand_in:
    assert (found[:, 0] == 0).all()
    assert (found[:, 1:].amax(dim=0) == 1).all()
    assert (found[:, 1:].amin(dim=1) < 1).all()
ends = {bug: torch.stack(c)[:, -5:].mean(dim=1) for bug, c in curves.items()}
record_all(
    "planted_bugs",
    {
        "healthy_loss": ends["none"],
        "softmax_loss": ends["softmax"],
        "shuffled_loss": ends["shuffled"],
        "healthy": accuracy["none"],
        "softmax": accuracy["softmax"],
        "valid": accuracy["valid"],
        "raw_start": (start["raw"], ".1f"),
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)
record_all("planted_bugs", {"baseline": baseline})

# %%
# 练习 | Exercise
# ---------------
# 再放进一个错误：把隐藏层的 ReLU 去掉。五项检查中有哪一项会报警？先猜。
# 答案在 :doc:`/computation/debugging` 的练习里。
#
# Plant one more bug: remove the ReLU. Which of the five checks raises an alarm?
# Guess first. The answer is among the exercises of
# :doc:`/computation/debugging`.
