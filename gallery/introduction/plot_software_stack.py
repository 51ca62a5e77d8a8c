r"""
一次调用经过哪些软件 | What a call passes through
==================================================

写下 ``a @ b``，从你的脚本到真正做乘法的处理器，要经过好几层软件。
它们由不同的人安装，各有各的版本号。三个都叫“CUDA 版本”的数，就出自其中三层。
这个脚本把各层画出来，并在运行它的机器上逐层核对。

You write ``a @ b``. Between your script and the processor that multiplies lie
several layers of software. Different people install them, and each has a
version of its own. The three numbers that are called “the CUDA version” come
from three of these layers. This script draws them, and checks them layer by
layer on the machine that runs it.

**你需要**：:doc:`/introduction/setup` 里的环境和驱动程序。
**你得到**：出错时知道问哪一层。

**You need** the environment and the driver, from :doc:`/introduction/setup`.
**You get** a way to tell which layer to ask when something fails.
"""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import torch

# %%
# 逐层问 | Asking layer by layer
# ------------------------------
# 每一层都有办法问出版本。没有显卡的机器上，最后两层由操作系统和 CPU 代替。
#
# Each layer can be asked for its version. On a machine without a card, the
# operating system and the CPU take the place of the last two.


def output(*command):
    """Return the first line that a program prints, or nothing."""
    if not shutil.which(command[0]):
        return ""
    run = subprocess.run(command, capture_output=True, text=True)
    return run.stdout.strip().partition("\n")[0] if run.returncode == 0 else ""


query = ["--query-gpu=driver_version", "--format=csv,noheader"]
found = {
    "python": platform.python_version(),
    "torch": torch.__version__,
    "built with CUDA": torch.version.cuda or "-",
    "driver": output("nvidia-smi", *query) or "-",
    "toolkit": shutil.which("nvcc") or "-",
    "GPU visible": torch.cuda.is_available(),
}
for layer, version in found.items():
    print(f"{layer:16} {version}")

# %%
# 图中从上到下是一次调用的路。右边写着每一层由谁安装、在哪里看版本。
# 虚线框里的工具包不在路上：跑 torch 用不到它。
#
# From top to bottom the figure shows the way of a call. On the right stands
# who installs a layer, and where its version is seen. The toolkit in the
# dashed box is not on the way: running torch does not use it.

LAYERS = [
    ("你的脚本 | your script", "a @ b", "你 | you", "0.9"),
    (
        "Python 解释器 | Python interpreter",
        "sys.version",
        "你，每个环境一个 | you, one per environment",
        "0.9",
    ),
    (
        "torch，编译好的部分 | torch, compiled part",
        "torch.__version__",
        "pip，装进环境 | pip, into the environment",
        "#bcd9ee",
    ),
    (
        "CUDA 运行库、cuDNN | CUDA runtime, cuDNN",
        "torch.version.cuda",
        "pip，随 torch 一起 | pip, along with torch",
        "#bcd9ee",
    ),
    (
        "显卡驱动程序 | graphics driver",
        "nvidia-smi",
        "管理机器的人 | whoever runs the machine",
        "#f7d9b0",
    ),
    ("GPU", "nvidia-smi", "硬件 | hardware", "#f7d9b0"),
]


# %%
# 每一层画一个框，写上名字。
#
# Each layer becomes a box with its name.


def draw_box(ax, left, bottom, width, name, color, **style):
    """Draw a box with a name in it."""
    box = plt.Rectangle((left, bottom), width, 0.7, fc=color, **style)
    ax.add_patch(box)
    middle = (left + width / 2, bottom + 0.35)
    ax.text(*middle, name, ha="center", va="center")


def draw_layer(ax, bottom, name, where, who, color, **style):
    """Draw a layer: its box, where its version is seen, who installs it."""
    draw_box(ax, 0, bottom, 3.6, name, color, ec="0.4", **style)
    code = f"{where} | {where}"  # the same in both languages
    ax.text(3.8, bottom + 0.35, code, va="center", family="monospace")
    ax.text(6.0, bottom + 0.35, who, va="center", color="0.3")


# %%
# 六层叠起来，箭头是调用的路。
#
# Six layers on top of each other; arrows show the way of a call.

fig, ax = plt.subplots(figsize=(9, 4.4), layout="constrained")
top = len(LAYERS) - 1
for level, layer in enumerate(LAYERS):
    bottom = top - level
    draw_layer(ax, bottom, *layer)
    if bottom:
        style = {"arrowstyle": "-|>", "color": "0.3"}
        ax.annotate("", (1.8, bottom - 0.3), (1.8, bottom), arrowprops=style)
name = "工具包 nvcc：不在路上 | toolkit nvcc: not on the way"
who = "想编译 CUDA 代码的人 | whoever compiles CUDA code"
draw_layer(ax, -1.2, name, "nvcc --version", who, "none", ls="--")
heads = [
    (1.8, "层 | layer", "center"),
    (3.8, "在哪里看版本 | where to see it", "left"),
    (6.0, "谁安装 | who installs it", "left"),
]
for x, head, side in heads:
    ax.text(x, top + 0.95, head, ha=side, weight="bold")
ax.set(xlim=(-0.1, 9.4), ylim=(-1.4, top + 1.4))
ax.axis("off")
fig.set_label(
    "从脚本到 GPU 的六层软件和硬件，每层由谁安装、在哪里看版本；"
    "工具包不在路上 | Six layers from the script to the GPU, who installs "
    "each and where its version is seen; the toolkit is not on the way"
)
plt.show()

# %%
# 核对 | The check
# ----------------
# torch 的文件在运行的环境里，编译的部分也在。乘法算得对。编译时带不带 CUDA，
# 是 torch 的性质；看不看得见 GPU，是机器的性质。所以“看得见”推出“带 CUDA”，
# 反过来不成立。不管有没有工具包，乘法都能算。
#
# The files of torch lie in the environment that runs, the compiled part too.
# The product is right. Whether CUDA was built in is a property of torch;
# whether a GPU is visible is a property of the machine. So visible implies
# built in, not the reverse. With a toolkit or without, the product works.

package = Path(torch.__file__).parent
compiled = Path(torch._C.__file__)
print("torch below sys.prefix:", package.is_relative_to(sys.prefix))
assert compiled.is_relative_to(package)
assert torch.backends.cuda.is_built() or not torch.cuda.is_available()
a = torch.tensor([[1.0, 2.0], [3.0, 4.0]])
assert (a @ a).tolist() == [[7.0, 10.0], [15.0, 22.0]]

# %%
# 练习 | Exercise
# ---------------
# 在一台没有显卡的机器上，``torch.version.cuda`` 会是 ``None`` 吗？
# 说明理由，再把所有的显卡藏起来，试一试。
#
# On a machine without a graphics card, is ``torch.version.cuda`` equal to
# ``None``? Say why, then hide all cards and try.

code = "import torch; print(torch.cuda.is_available(), torch.version.cuda)"
answer = subprocess.check_output(
    [sys.executable, "-c", code],
    env=os.environ | {"CUDA_VISIBLE_DEVICES": ""},
    text=True,
)
print("visible, built with CUDA:", answer.strip())
assert answer.split() == ["False", str(torch.version.cuda)]

# %%
# 不一定。它说的是这份 torch 编译时用的 CUDA，与机器上有没有显卡无关。
# CPU 版的 torch 才是 ``None``。
#
# Not necessarily. It tells the CUDA that this torch was built with, whatever
# the machine has. It is ``None`` for a CPU build.
