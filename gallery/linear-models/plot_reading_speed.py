r"""
一张一张地读，比成批地取慢得多 | One at a time is far slower than in batches
============================================================================

把全部训练照片读一遍，每批 256 张，什么也不算。数据已经都在内存里，所以花掉的
时间不在磁盘上，而在“一张一张”上：``DataLoader`` 要为每张照片取一次、再把它们
拼成一批。成批地取，一次索引就够了，快好几倍。批量太小也慢。

Read all training photographs once, in batches of 256, and compute nothing.
The data are in memory already, so the time is not that of a disk. It goes into
“one at a time”: a ``DataLoader`` fetches each photograph and then stacks them
into a batch. Fetched as a batch, a single indexing operation will do, and that
is several times faster. Batches that are too small are slow as well.

**你需要** :doc:`/linear-models/image-data` 里的 ``Dataset`` 和 ``DataLoader``；
**你得到** 四种读法的时间之比，以及批量大小的影响。

**You need** ``Dataset`` and ``DataLoader``, from
:doc:`/linear-models/image-data`; **you get** the ratios of the times of four
ways to read, and the effect of the batch size.
"""

import statistics

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.data.loader import TensorLoader
from d2lnotes.models.linear import SoftmaxRegression
from d2lnotes.results import record_all
from d2lnotes.runtime import Stopwatch, seed_everything
from d2lnotes.training import fit

torch.set_num_threads(1)  # so that a worker has a core to itself
data = fetch_fashion_mnist(stand_in=True)
tensors = data.train_images, data.train_labels
print(data)

# %%
# 四种读法 | Four ways to read
# ----------------------------
# ``collect`` 是亲手写的最直接的办法：按打乱的次序一张一张取，再拼起来。
# ``DataLoader`` 做的事与它相同，``num_workers=2`` 时由另外两个进程来做，主程序
# 只等结果。``TensorLoader`` 用一次索引取出整批。
#
# ``collect`` is the plainest way, written by hand: take the photographs one at
# a time in shuffled order, then stack them. A ``DataLoader`` does the same,
# and with ``num_workers=2`` two other processes do it while the program waits
# for the results. ``TensorLoader`` takes a whole batch with one index.


class Collect:
    """Batches of a data set in shuffled order, one example at a time."""

    def __init__(self, dataset, batch_size, generator):
        self.dataset, self.batch_size = dataset, batch_size
        self.generator = generator

    def __iter__(self):
        """Yield the batches of one pass."""
        order = torch.randperm(len(self.dataset), generator=self.generator)
        for batch in order.split(self.batch_size):
            pairs = [self.dataset[i] for i in batch.tolist()]
            yield tuple(torch.stack(part) for part in zip(*pairs, strict=True))


# %%
# 四种读法用同样的数据、同样的批量和同一个随机数发生器。
#
# All four get the same data, the same batch size and one generator.


def four_ways(tensors, batch_size, generator):
    """Return the four ways by name, each to be iterated once per epoch."""
    dataset = TensorDataset(*tensors)
    shared = {
        "batch_size": batch_size,
        "shuffle": True,
        "generator": generator,
    }
    return {
        "by_hand": Collect(dataset, batch_size, generator),
        "dataloader": DataLoader(dataset, **shared),
        "two_workers": DataLoader(dataset, num_workers=2, **shared),
        "tensors": TensorLoader(*tensors, **shared),
    }


def seconds_to_read(loader):
    """Return how long one pass takes, and check nothing but the count."""
    with Stopwatch() as watch:
        num_seen = sum(len(labels) for _, labels in loader)
    return watch.seconds, num_seen


# %%
# 每种读三遍，取中间的一个时间。三遍是轮流读的，所以机器忙闲的变化大致平摊给
# 四种读法。
#
# Each way reads three times, and the middle time counts. They take turns, so
# that a machine that is busy for a while slows all of them.

generator = seed_everything(0)
ways = four_ways(tensors, batch_size=256, generator=generator)
times = {name: [] for name in ways}
for _ in range(3):
    for name, loader in ways.items():
        seconds, num_seen = seconds_to_read(loader)
        assert num_seen == len(data.train_labels)
        times[name].append(seconds)
middle = {name: statistics.median(several) for name, several in times.items()}
ratios = {name: middle[name] / middle["tensors"] for name in middle}

# %%
# 读要多久，才算太久？与训练比一比：softmax 回归走一轮，用最快的读法。
#
# How long is too long? Compare with training: one epoch of softmax regression
# with the fastest way to read.

model = SoftmaxRegression(tensors[0][0].numel(), len(data.class_names))
history = fit(
    model,
    ways["tensors"],
    loss_fn=cross_entropy,
    optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
    num_epochs=3,
)
epoch = statistics.median(record.seconds for record in history)
for name, ratio in ratios.items():
    print(f"{name:12} {middle[name]:6.3f} s, {ratio:5.1f} times the tensors")
print(f"one epoch of training, reading included: {epoch:.3f} s")

# %%
# 结果 | The result
# -----------------
# 虚线是训练一轮的时间，其中已经包含用张量读一遍。一张一张读的办法，光是读就可能
# 比训练还久：算得快的模型，时间都花在等数据上。
#
# The dashed line is an epoch of training, which includes reading with tensors.
# To read one at a time may take longer than all of that: a model that is
# quickly computed spends its time waiting for data.

labels = {
    "by_hand": "亲手一张一张 | one by one, by hand",
    "dataloader": "DataLoader",
    "two_workers": "DataLoader，两个进程 | DataLoader, two workers",
    "tensors": "TensorLoader",
}
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
bars = ax.barh([labels[name] for name in middle], list(middle.values()))
ax.bar_label(bars, [f"{ratio:.1f}×" for ratio in ratios.values()], padding=4)
ax.axvline(epoch, color="C1", ls="--", label="训练一轮 | epoch of training")
ax.set(xlabel="读一遍的时间（秒） | time of one pass (s)")
ax.margins(x=0.12)
ax.invert_yaxis()
ax.legend(loc="lower right")
fig.set_label(
    "四种读法读一遍的时间，和训练一轮的时间"
    " | Time of one pass for four ways to read, and of one epoch of training"
)
plt.show()

# %%
# 批量的影响 | The effect of the batch size
# -----------------------------------------
# 只用前 6,000 张。批量从 1 到 1024，看每张照片平均花多少微秒，也取三次的中间值。
#
# Now the first 6,000 photographs only, in batches of 1 to 1024: how many
# microseconds does a photograph take on average? Again the middle of three.

few = [tensor[:6000] for tensor in tensors]
batch_sizes = [1, 4, 16, 64, 256, 1024]
per_picture = {"dataloader": [], "tensors": []}  # microseconds
for batch_size in batch_sizes:
    both = four_ways(few, batch_size, generator)
    for name, several in per_picture.items():
        tries = [seconds_to_read(both[name])[0] for _ in range(3)]
        several.append(1e6 * statistics.median(tries) / len(few[0]))

fig, ax = plt.subplots(figsize=(6.5, 3.8), layout="constrained")
for name, style in (("dataloader", "o-"), ("tensors", "s-")):
    ax.loglog(batch_sizes, per_picture[name], style, label=labels[name])
ax.set(
    xlabel="批量大小 | batch size",
    ylabel="每张照片（微秒） | per photograph (µs)",
)
ax.set_xticks(batch_sizes, batch_sizes)
ax.minorticks_off()
ax.legend()
fig.set_label(
    "每张照片的读取时间随批量大小的变化"
    " | Time to read a photograph against the batch size"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 时间因机器而异，一台机器上也时快时慢，所以只断言差得多的：成批地取，至少比
# ``DataLoader`` 快一倍；批量从 1 变到 256，两种读法都至少快一倍。替身太小，
# 只要几毫秒就读完，量不准，所以不作断言。
#
# Times differ between machines, and on one machine from run to run. So only
# what differs by much is asserted: batches are at least twice as fast as a
# ``DataLoader``, and a batch of 256 makes both at least twice as fast per
# photograph as a batch of 1. The stand-in is read in a few milliseconds, too
# few to measure well, so nothing is asserted of it.

if not data.stand_in:
    assert ratios["dataloader"] > 2
    for several in per_picture.values():
        assert several[0] > 2 * several[batch_sizes.index(256)]

record_all(
    "reading_speed",
    {
        "ratio_by_hand": ratios["by_hand"],
        "ratio_dataloader": ratios["dataloader"],
        "ratio_two_workers": ratios["two_workers"],
        "dataloader_to_epoch": middle["dataloader"] / epoch,
        "dataloader_batch_1_to_256": per_picture["dataloader"][0]
        / per_picture["dataloader"][4],
        "tensors_batch_1_to_256": per_picture["tensors"][0]
        / per_picture["tensors"][4],
    },
    format=".1f",
)
record_all(
    "reading_speed",
    {f"seconds_{name}": (middle[name], ".2f") for name in middle},
    unit="s",
)

# %%
# 练习 | Exercise
# ---------------
# 给 ``Collect`` 的每张照片再加一道处理，例如随机左右翻转。哪几种读法会变慢？
# 答案在 :doc:`/linear-models/image-data` 的练习里。
#
# Give each photograph of ``Collect`` one more treatment, such as a random flip
# from left to right. Which of the ways become slower? The answer is among the
# exercises of :doc:`/linear-models/image-data`.
