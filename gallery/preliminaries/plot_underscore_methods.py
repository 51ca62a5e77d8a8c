r"""
末尾的下划线改变什么 | What an underscore at the end changes
============================================================

PyTorch 的张量有一百多个以下划线结尾的方法，例如 ``add_``。常有人说，
它们把结果写进原来的内存。这个脚本把它们全部找出来，一个一个地调用，
看调用以后变的是什么：里面的数，读这些数的方式，还是连内存都换了。

Tensors of PyTorch have more than a hundred methods that end in an underscore,
such as ``add_``. People say that they write their result into the old memory.
This script finds them all, calls them one by one, and looks what has changed
afterwards: the numbers, the way in which they are read, or the memory itself.

**你需要**：:doc:`/preliminaries/documentation` 里的三行实验。
**你得到**：一条准确的规则，和它的例外的名单。

**You need** the three-line experiment of
:doc:`/preliminaries/documentation`.
**You get** an accurate rule, and the list of its exceptions.
"""

import contextlib
import warnings

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record_all

# %%
# 不知道参数，就试 | Not knowing the arguments, we try
# ----------------------------------------------------
# 各个方法要的参数不同。准备几组小的参数和几个小的张量，逐组去试，
# 配得上的就算。张量里有负数和 NaN，好让 ``abs_`` 和 ``nan_to_num_``
# 一类的方法也有事可做。
#
# Different methods take different arguments. We prepare a few small sets of
# arguments and a few small tensors, try one after the other, and take what
# fits. A tensor holds negative numbers and a NaN, so that methods such as
# ``abs_`` and ``nan_to_num_`` have something to do.

nan, half = float("nan"), torch.full((2, 2), 0.5)
first, pair = torch.tensor([0]), torch.tensor([[0, 1]])
TENSORS = [
    torch.tensor([[0.2, 0.3], [0.4, 0.6]]),
    torch.tensor([[-1.5, nan], [-0.4, 2.5]]),
    torch.tensor([[1, 2], [3, 4]]),
    torch.ones(2, 1, 2),
]

# %%
# 参数从没有到四个，各种都有。
#
# Arguments of all kinds, from none to four.

ARGUMENTS = [
    (),
    (half,),
    (-half,),
    (0.5,),
    (1,),
    (0, 1),
    (0.1, 0.7),
    (half, half),
    (2, 0, 0.5),
    (torch.ones(2), torch.ones(2)),
    (half > 0.4, 1.0),
    (half > 0.4, half),
    (0, first, torch.ones(1, 2)),
    (0, first, 1.0),
    (0, pair, torch.ones(1, 2)),
    (0, pair, torch.ones(1, 2), "sum"),
    (first, half[:1]),
    ((first,), torch.ones(2)),
    ((2, 2), (1, 2)),
    (torch.tensor([3, 1]),),
    (lambda number: number + 1,),
    (half, lambda a, b: a + b),
]

# %%
# 三样东西各看一眼 | Three things to look at
# ------------------------------------------
# 调用前后各记下三样：内存在哪里，里面是哪些字节，怎样读（形状、步幅、起点、
# 要不要梯度）。返回的必须是同一个张量。
#
# Before and after the call we note three things: where the memory is, which
# bytes it holds, and how they are read (shape, strides, start, whether a
# gradient is wanted). What comes back must be the same tensor.


def look(tensor):
    """Return place, bytes and way of reading of a tensor."""
    storage = tensor.untyped_storage()
    reading = tensor.shape, tensor.stride(), tensor.storage_offset()
    return storage.data_ptr(), bytes(storage), (*reading, tensor.requires_grad)


def change(name, original, arguments):
    """Call a method; return what it changed, or nothing if it failed."""
    tensor = original.clone()
    if name == "detach_" and tensor.is_floating_point():
        tensor = tensor.requires_grad_() * 1  # something to detach from
    before = look(tensor)
    try:
        result = getattr(tensor, name)(*arguments)
    except (RuntimeError, TypeError, IndexError, ValueError):
        return None
    assert result is tensor
    parts = ("memory", "numbers", "reading")
    pairs = zip(parts, before, look(tensor), strict=True)
    return next((part for part, old, new in pairs if old != new), None)


# %%
# 全部试一遍。一个方法若能改数，就归在“数”里。
#
# All of them. A method that can change the numbers is counted there.

names = [
    name for name in dir(torch.Tensor) if name[0] != "_" and name[-1] == "_"
]
found = {"numbers": [], "reading": [], "memory": [], "untried": []}
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    for name in names:
        changes = {
            change(name, tensor, arguments)
            for tensor in TENSORS
            for arguments in ARGUMENTS
        }
        kinds = [kind for kind in found if kind in changes] + ["untried"]
        found[kinds[0]].append(name)
for kind, members in found.items():
    print(f"{len(members):4} {kind:8}", *members[:6])

# %%
# 图中每一条是一类，长短是方法的个数，后面列出名字。
# 没能配上参数的，和没有看到变化的，另算一类。
#
# Each bar of the figure is a kind, its length the number of methods, and
# behind it stand their names. Those for which no arguments fitted, or which
# changed nothing that we saw, are a kind of their own.

titles = {
    "numbers": "改了数 | numbers changed",
    "reading": "改了读法 | way of reading changed",
    "memory": "换了内存 | memory exchanged",
    "untried": "没有看到变化 | no change seen",
}
fig, ax = plt.subplots(figsize=(9, 3.6), layout="constrained")
for row, (kind, members) in enumerate(found.items()):
    color = "0.7" if kind == "untried" else f"C{row}"
    ax.barh(row, len(members), color=color)
    shown = members if kind in ("reading", "memory") else members[:3]
    lines = [", ".join(shown[i : i + 4]) for i in range(0, len(shown), 4)]
    text = "\n".join(lines) + (", …" if shown != members else "")
    inside = kind == "numbers"
    x, side = (
        (len(members) - 2, "right") if inside else (len(members) + 2, "left")
    )
    style = {"family": "monospace", "va": "center"}
    shade = "white" if inside else "0.2"
    ax.text(x, row, f"{len(members)}   {text}", ha=side, color=shade, **style)
ax.set_yticks(range(len(found)), [titles[kind] for kind in found])
ax.invert_yaxis()
ax.set_xlabel("方法的个数 | number of methods")
ax.spines[["top", "right"]].set_visible(False)
fig.set_label(
    "以下划线结尾的方法改变了什么：绝大多数改数，十来个改读法，两个换内存 | "
    "What methods that end in an underscore changed: most of them numbers, "
    "about a dozen the way of reading, two the memory"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 末尾的下划线说的是：**改的就是这个张量，返回的也是它。** 多数方法改里面的数，
# 共用这段内存的其他张量也跟着变。``t_``、``squeeze_``、``transpose_`` 一类改的是
# 形状和步幅，``requires_grad_`` 和 ``detach_`` 改的是要不要梯度，
# 它们一个数也没有动。``set_`` 让张量指向另一段内存。
#
# The underscore at the end says: **this very tensor is changed, and it is
# what comes back.** Most methods change the numbers, and other tensors that
# share the memory change along. Methods such as ``t_``, ``squeeze_`` and
# ``transpose_`` change shape and strides, ``requires_grad_`` and ``detach_``
# whether a gradient is wanted: they touch no number. ``set_`` lets the tensor
# point to other memory.

reading = {"t_", "squeeze_", "unsqueeze_", "transpose_", "detach_"}
assert reading | {"requires_grad_"} <= set(found["reading"])
assert "set_" in found["memory"]
assert {"add_", "zero_", "abs_", "cumsum_"} <= set(found["numbers"])
assert len(found["numbers"]) > 0.8 * len(names)
record_all(
    "underscore_methods",
    {"all": len(names), **{kind: len(found[kind]) for kind in found}},
    format="d",
)

# %%
# 练习 | Exercise
# ---------------
# ``resize_`` 在图里属于“改了读法”。它有时也会换内存，什么时候？先想，再看。
#
# In the figure ``resize_`` changes the way of reading. Sometimes it exchanges
# the memory too. When? Think first, then read on.

row = torch.arange(4.0)
place = row.untyped_storage().nbytes()
with contextlib.suppress(RuntimeError):
    row.resize_(2)
    print("2 numbers:", row.untyped_storage().nbytes(), "bytes")
    row.resize_(1000)
    print("1000 numbers:", row.untyped_storage().nbytes(), "bytes")
assert row.untyped_storage().nbytes() > place

# %%
# 原来的内存装不下的时候。变小时，多出来的数留在原处，只是不读。
#
# When the old memory is too small. If the tensor gets smaller, the numbers
# left over stay where they are and are not read.
