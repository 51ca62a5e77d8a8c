r"""
续上的训练与没断过的逐位相同 | A resumed run equals an unbroken one
===================================================================

训练进行到一半，程序退出了。从检查点续上，能不能与从没断过一模一样，
连最后一个比特都不差？能，条件是优化器、调度器和随机数发生器的状态都存了。
我们依次漏掉其中一样，看差在哪里。

A program ends in the middle of training. Can it go on from a checkpoint as if
it had never stopped, to the last bit? It can, if the states of optimizer,
scheduler and generators are saved as well. We leave out one of them at a time
and see what differs.

**你需要** :doc:`/computation/saving` 里的检查点；**你得到** 一次逐位相同的
续训，和五次漏掉一样的续训。

**You need** the checkpoint of :doc:`/computation/saving`; **you get** a
resumption that agrees in each bit, and five that leave something out.
"""

import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.checkpoints import load_checkpoint, save_checkpoint
from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_seeds = on(device, cpu=3, cuda=8)
NUM_EPOCHS, BREAK_AFTER = 8, 4  # epochs in all, and before the break
torch.set_num_threads(1)  # the tensors are too small to share


def prepare(images, device):
    """Return the pictures shrunk to 14 by 14 pixels: (n, 196)."""
    return avg_pool2d(images, 2).flatten(1).to(device)


# %%
# 训练用 2,000 张，准确率在测试集上量。
#
# Training uses 2,000 pictures, and accuracy is measured on the test set.

images, labels = data.train_images[:2000], data.train_labels[:2000]
train_set = prepare(images, device), labels.to(device)
test_set = prepare(data.test_images, device), data.test_labels.to(device)

# %%
# 一次训练的全部状态 | The whole state of a run
# ---------------------------------------------
# 模型里有丢弃法，它从全局的发生器抽数。打乱次序用自己的发生器。Adam 给每个
# 参数记两个滑动平均，调度器把学习率逐轮乘 0.8。
#
# The model has dropout, which draws from the global generator. Shuffling has
# a generator of its own. Adam keeps two moving averages for each parameter,
# and the scheduler multiplies the learning rate by 0.8 after each epoch.


class Run:
    """A model in training, with all that the training changes."""

    def __init__(self, seed, device):
        torch.manual_seed(seed)  # weights, then dropout
        self.model = nn.Sequential(
            nn.Linear(196, 64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 10)
        ).to(device)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=0.01)
        self.scheduler = torch.optim.lr_scheduler.StepLR(
            self.optimizer, 1, gamma=0.8
        )
        self.shuffle = torch.Generator().manual_seed(seed)
        self.parts = {  # what is saved beside the model
            "optimizer": self.optimizer,
            "scheduler": self.scheduler,
            "generators": {"shuffle": self.shuffle},
        }


# %%
# ``train`` 是通常的循环，``weights`` 把所有参数排成一行，用来比较。
#
# ``train`` is the usual loop, and ``weights`` puts all parameters into a row to
# compare them.


def train(run, train_set, num_epochs):
    """Return the loss of each step: (num_steps,)."""
    images, labels = train_set
    losses = []
    for _ in range(num_epochs):
        order = torch.randperm(len(images), generator=run.shuffle)
        for rows in order.to(images.device).split(100):
            loss = cross_entropy(run.model(images[rows]), labels[rows])
            run.optimizer.zero_grad()
            loss.backward()
            run.optimizer.step()
            losses.append(loss.detach())
        run.scheduler.step()
    return torch.stack(losses).cpu()


def weights(run):
    """Return all parameters in one row."""
    return nn.utils.parameters_to_vector(run.model.parameters()).detach()


# %%
# 断开，续上，或者漏掉一样 | Break, resume, or leave something out
# ----------------------------------------------------------------
# ``resume`` 造一套新的对象，种子不同，用文件填好，再把要漏掉的那一样
# 恢复成重新开始的样子。最后一种只载入模型，别的都是新的。
#
# ``resume`` makes new objects from another seed, fills them from the file, and
# then sets what is to be left out back to its start. The last kind loads the
# model and nothing besides.

LEFT_OUT = {
    "nothing": "什么都不漏 | nothing",
    "optimizer": "优化器 | optimizer",
    "scheduler": "调度器 | scheduler",
    "shuffle": "打乱的发生器 | shuffling",
    "dropout": "丢弃法的发生器 | dropout",
    "all": "模型以外全漏 | all but the model",
}

# %%
# 下面是它的代码，和一个量准确率的函数。
#
# Here is its code, and a function that measures accuracy.


def resume(path, left_out, device):
    """Return a run that goes on from the file, but for one of its parts."""
    run = Run(seed=1000, device=device)
    parts = {} if left_out == "all" else run.parts
    load_checkpoint(path, run.model, **parts)
    if left_out == "optimizer":
        run.optimizer.state.clear()  # the moving averages; the rate stays
    if left_out == "scheduler":
        run.scheduler.last_epoch = 0
        run.optimizer.param_groups[0]["lr"] = 0.01
    if left_out == "shuffle":
        run.shuffle.manual_seed(1000)
    if left_out == "dropout":
        torch.manual_seed(1000)
    return run


def accuracy(run, test_set):
    """Return the share of test pictures that the run's model gets right."""
    images, labels = test_set
    answers = run.model.eval()(images).argmax(dim=1)
    return (answers == labels).double().mean().cpu()


# %%
# 同一个种子先不间断地训练八轮。另一次在四轮之后存下来，再用六种办法续上四轮。
#
# Each seed first trains for eight epochs without a break. Another run is saved
# after four epochs and resumed for four more in six ways.

losses, distances, scores = [], [], []
path = Path(tempfile.mkdtemp(), "run.pt")
for seed in range(num_seeds):
    whole = Run(seed, device)
    whole_losses = train(whole, train_set, NUM_EPOCHS)
    first = Run(seed, device)
    train(first, train_set, BREAK_AFTER)
    save_checkpoint(path, first.model, **first.parts)
    found = []
    for left_out in LEFT_OUT:
        run = resume(path, left_out, device)
        found.append(train(run, train_set, NUM_EPOCHS - BREAK_AFTER))
        distance = (weights(run) - weights(whole)).norm()
        distances.append((distance / weights(whole).norm()).cpu())
        scores.append(accuracy(run, test_set))
    losses.append((whole_losses, torch.stack(found)))
path.unlink()
path.parent.rmdir()
distances = torch.stack(distances).reshape(num_seeds, -1)
scores = torch.stack(scores).reshape(num_seeds, -1)

# %%
# 看得见的差别 | A difference to see
# ----------------------------------
# 第一个种子的损失，十步的滑动平均。全部续上的那一条压在没断过的上面。
# 只载入模型的那一条先往上跳：Adam 从头开始，学习率也回到了 0.01。
#
# Here are the losses of the first seed, in moving averages of ten steps.
# The complete resumption lies upon the unbroken run. The one that loads the
# model alone jumps up: Adam starts anew, and the learning rate is back at 0.01.


def smooth(values, window=10):
    """Return the mean of each step and those before it."""
    return values.unfold(0, window, 1).mean(dim=1)


whole_losses, resumed = losses[0]
start = len(whole_losses) - resumed.shape[1]
steps = range(1, len(whole_losses) + 1)
fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
ax.plot(steps[29:], smooth(whole_losses)[20:], "0.75", lw=7)
for row, style in ((0, "C0-"), (5, "C1-")):
    joined = torch.cat([whole_losses[:start], resumed[row]])
    ax.plot(steps[start - 1 :], smooth(joined)[start - 10 :], style)
ax.axvline(start, color="k", ls=":")
ax.set(xlabel="步 | step", ylabel="训练损失（奈特） | training loss (nats)")
ax.legend(
    [
        "没断过 | unbroken",
        "全部续上 | all put back",
        "只载入模型 | model alone",
    ]
)
fig.set_label(
    "训练损失随步数下降，虚线处断开；全部续上的曲线压在没断过的上面，只载入模型的"
    "先跳高一截 | Training loss by step with a break at the dotted line: with all"
    " put back the curve lies upon the unbroken one, with the model alone it"
    " first jumps up"
)
plt.show()

# %%
# 漏掉哪一样，差多少 | What is left out, and by how much it differs
# -----------------------------------------------------------------
# 续上四轮之后，所有参数与没断过的相距多远，除以参数的长度。
#
# After the four resumed epochs: the distance of all parameters from those of
# the unbroken run, divided by their length.

fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
ax.barh(range(6), distances.mean(dim=0), color="C1")
ax.plot(distances.T, range(6), "ko", ms=4, mfc="none")
ax.text(0.01, 0.1, "0", fontsize=14)
ax.set_yticks(range(6), LEFT_OUT.values())
ax.invert_yaxis()
ax.set(
    xlabel="与没断过的参数的相对距离 | relative distance from the unbroken run",
    ylabel="漏掉的 | left out",
)
fig.set_label(
    "六根横条：什么都不漏的距离是 0，漏掉任何一样都不是 0"
    " | Six bars: the distance is 0 with nothing left out, and not 0 with any one"
    " part left out"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 逐位相同：每一步的损失相等，参数相等。漏掉任何一样，参数都不同，
# 每个种子都是。
#
# Bit for bit: the loss of each step is equal, and so are the parameters.
# Leave out any one, and the parameters differ, for each seed.

for whole_losses, resumed in losses:
    assert torch.equal(resumed[0], whole_losses[-resumed.shape[1] :])
    assert resumed[5, :10].mean() > resumed[0, :10].mean()
assert (distances[:, 0] == 0).all()
assert (distances[:, 1:] > 0.01).all()
found = dict(zip(LEFT_OUT, distances.T, strict=True))
record_all(
    "checkpoint_resume",
    {f"{name}_distance": values for name, values in found.items()}
    | {
        "whole_accuracy": scores[:, 0],  # the same bits, the same model
        "all_accuracy": scores[:, 5],
        "nothing_jump": torch.stack([r[0, :10].mean() for _, r in losses]),
        "all_jump": torch.stack([r[5, :10].mean() for _, r in losses]),
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 把 ``nn.Dropout`` 去掉。漏掉哪一样就不再有差别了？
#
# Remove ``nn.Dropout``. Which of the parts can now be left out without a
# difference?
#
# 答案在 :doc:`/computation/saving` 的一个“先猜一猜”里。
#
# The answer is in one of the predictions of :doc:`/computation/saving`.
