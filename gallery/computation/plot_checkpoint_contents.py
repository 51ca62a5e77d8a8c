r"""
检查点里大半是优化器 | Most of a checkpoint is the optimizer
============================================================

一个检查点比它的模型大多少？这要看优化器。普通 SGD 什么也不记，
动量给每个参数记一个数，Adam 记两个。我们造五个检查点，拆开来量。

How much larger than its model is a checkpoint? That depends on the optimizer.
Plain SGD keeps nothing, momentum keeps a number for each parameter, and Adam
keeps two. We make five checkpoints and measure their parts.

**你需要** :doc:`/computation/saving` 里的检查点；**你得到** 各部分的字节数。

**You need** the checkpoint of :doc:`/computation/saving`; **you get** the
bytes of each part.
"""

import io

import matplotlib.pyplot as plt
import torch
from torch import nn

from d2lnotes.results import record_all
from d2lnotes.runtime import select_device

device = select_device()

# %%
# 五个检查点 | Five checkpoints
# -----------------------------
# 网络是 784-256-10，走一步，好让优化器有状态可存。第四个把模型换成半精度，
# 即每个数两个字节。第五个的参数是从一块大张量里切出来的视图。
#
# The network is 784-256-10. It takes one step, so that the optimizer has a
# state to save. The fourth has its model in half precision, two bytes for a
# number. In the fifth the parameters are views cut out of one large tensor.


def make_model(device):
    """Return 784-256-10."""
    return nn.Sequential(
        nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)
    ).to(device)


def take_a_step(model, optimizer, device):
    """Change the model by one step, and the optimizer with it."""
    loss = model(torch.rand(8, 784, device=device)).square().mean()
    loss.backward()
    optimizer.step()


# %%
# 数字节：张量里的，和整个文件的。
#
# Count bytes: those of the tensors, and those of the whole file.


def tensors_in(content):
    """Yield the tensors of nested dictionaries and lists."""
    if isinstance(content, torch.Tensor):
        yield content
    elif isinstance(content, dict):
        for value in content.values():
            yield from tensors_in(value)


def kilobytes(content):
    """Return the size of all tensors that ``content`` holds, in kB."""
    return sum(tensor.nbytes for tensor in tensors_in(content)) / 1000


def in_a_file(content):
    """Return the size of the file that would hold ``content``, in kB."""
    file = io.BytesIO()
    torch.save(content, file)
    return len(file.getvalue()) / 1000


# %%
# 每个检查点里有模型、优化器和全局发生器的状态。
#
# Each checkpoint holds the states of a model, an optimizer and the global
# generator.

CASES = {
    "SGD": lambda p: torch.optim.SGD(p, lr=0.1),
    "SGD, 动量 | SGD, momentum": lambda p: torch.optim.SGD(
        p, lr=0.1, momentum=0.9
    ),
    "Adam": lambda p: torch.optim.Adam(p),
}
parts, files = [], []
for make_optimizer in CASES.values():
    model = make_model(device)
    optimizer = make_optimizer(model.parameters())
    take_a_step(model, optimizer, device)
    content = {
        "model": model.state_dict(),
        "optimizer": optimizer.state_dict(),
        "generator": torch.get_rng_state(),
    }
    parts.append([kilobytes(part) for part in content.values()])
    files.append(in_a_file(content))

# %%
# 另外两个文件只有模型：半精度的，和从一块大张量里切出来的。
#
# Two more files hold a model alone: in half precision, and cut out of one
# large tensor.

half = make_model(device).half().state_dict()
parts.append([kilobytes(half), 0, 0])
files.append(in_a_file(half))

full = make_model(device).state_dict()
large = torch.zeros(1_000_000, device=device)
cut, start = {}, 0
for name, value in full.items():
    end = start + value.numel()
    cut[name] = large[start:end].view_as(value).copy_(value)
    start = end
files.append(in_a_file(cut))
parts.append([kilobytes(full), 0, 0])
names = [
    *CASES,
    "半精度的模型 | half precision",
    "切出来的视图 | views cut out",
]

# %%
# 图 | The figure
# ---------------
# 灰色的一段不属于任何一个参数：视图存的是整块大张量。
#
# The gray piece belongs to no parameter: a view is saved with the whole of the
# large tensor.

rows = torch.tensor([[*row[:2], 0.0, 0.0] for row in parts])
rest = torch.tensor(files) - rows.sum(dim=1)
rows[:4, 2], rows[4, 3] = rest[:4], rest[4]
left = rows.cumsum(dim=1) - rows  # where each piece begins
labels = {
    "模型 | model": "C0",
    "优化器 | optimizer": "C1",
    "发生器和外壳 | generator and wrapping": "C2",
    "用不着的 | not needed": "0.75",
}

fig, ax = plt.subplots(figsize=(8.5, 3.8), layout="constrained")
for part, (label, color) in enumerate(labels.items()):
    ax.barh(
        range(5), rows[:, part], left=left[:, part], color=color, label=label
    )
ax.set_yticks(range(5), names)
ax.invert_yaxis()
ax.set_xlabel("文件的大小（千字节） | size of the file (kB)")
ax.legend(loc="upper right", fontsize=9)
fig.set_label(
    "五个文件的大小按部分分段：Adam 的文件里优化器是模型的两倍；切出来的视图带上了"
    "整块大张量 | Sizes of five files by part: with Adam the optimizer is twice the"
    " model; views that were cut out bring a whole large tensor along"
)
plt.show()
for name, row, file in zip(names, parts, files, strict=True):
    print(f"{name:28}", *(f"{part:8.1f}" for part in (*row, file)))

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 动量与模型一样大，Adam 是两倍。对照：普通 SGD 的状态是空的。
#
# Momentum is as large as the model and Adam twice as large. The control: the
# state of plain SGD is empty.

model_size = parts[0][0]
assert model_size == 4 * 203_530 / 1000
assert parts[0][1] == 0
assert parts[1][1] == model_size
assert 2 * model_size < parts[2][1] < 2.001 * model_size  # and step counts
assert parts[3][0] == model_size / 2
assert 4_000 < files[4] < 4_010
record_all(
    "checkpoint_contents",
    {
        "model": files[0],
        "momentum": files[1],
        "adam": files[2],
        "half": files[3],
        "views": files[4],
        "generator": parts[0][2],
    },
    unit="kB",
    format=",.0f",
)

# %%
# 练习 | Exercise
# ---------------
# 怎样把切出来的视图存小？
#
# How can the views be saved in a small file?

# %%
# 存之前复制：副本有自己的存储，大小正好。
#
# Copy before saving. A copy has a storage of its own, of the right size.

copied = {name: value.clone() for name, value in cut.items()}
print(f"{in_a_file(copied):.0f} kB instead of {files[4]:.0f} kB")
assert in_a_file(copied) < 1.01 * model_size
