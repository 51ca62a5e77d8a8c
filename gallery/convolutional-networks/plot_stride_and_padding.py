r"""
输出的大小，就是核放得下几次 | The size of the output counts the places
========================================================================

一个公式给出卷积输出的边长，用到输入的边长、核、填充、步幅和空洞。本脚本对每种
组合一个一个地数位置，再与公式和 PyTorch 比较。它还数出每个像素被几个输出看见：
有的像素没有一个输出看见。

A formula gives the side of what a convolution puts out, from the side of the
input, the kernel, padding, stride and dilation. For each combination this
script counts the places one by one and compares the count with the formula
and with PyTorch. It also counts how many outputs see each pixel. Some pixels
are seen by none.

**你需要** :doc:`/convolutional-networks/convolution` 里的互相关；**你得到**
一个可以放心的公式，和一张看不见的像素的图。

**You need** cross-correlation from
:doc:`/convolutional-networks/convolution`; **you get** a formula that can be
trusted, and a picture of the pixels that are not seen.
"""

from itertools import product

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import conv1d

from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all

# %%
# 一个一个地数 | Counting one by one
# ----------------------------------
# 核的起点从 0 开始，每次移 :math:`s` 格。它盖住从起点起每隔 :math:`d` 格的
# :math:`k` 个位置。只要最后一个位置还在填充过的输入里，就放得下。
#
# The kernel starts at 0 and moves by :math:`s`. It covers :math:`k` positions
# at distances of :math:`d`. It fits as long as the last of them lies in the
# padded input.


def places(n, k, p=0, s=1, d=1):
    """Return the positions of the padded input under the kernel, by place."""
    starts = range(0, n + 2 * p, s)
    under = [[start + d * u for u in range(k)] for start in starts]
    return [place for place in under if place[-1] < n + 2 * p]


def side(n, k, p=0, s=1, d=1):
    """Return the formula's number of places."""
    return (n + 2 * p - d * (k - 1) - 1) // s + 1


def seen(n, k, p=0, s=1, d=1):
    """Return how many outputs see each pixel of a row: shape (n,)."""
    counts = torch.zeros(n + 2 * p)
    for place in places(n, k, p, s, d):
        counts[place] += 1
    return counts[p : p + n]


# %%
# 每个像素被看见几次 | How often each pixel is seen
# -------------------------------------------------
# 图是 8×8，方格里的数是看见这个像素的输出的个数。行和列互不相干，所以它是行的
# 次数乘以列的次数。橙色的像素没有一个输出看见。
#
# The picture is 8×8, and a cell says how many outputs see this pixel. Rows and
# columns are independent, so it is the count of its row times that of its
# column. No output sees the orange pixels.

SETTINGS = {
    "$k=3$": (3, 0, 1, 1),
    "$k=3,\\ p=1$": (3, 1, 1, 1),
    "$k=3,\\ s=2$": (3, 0, 2, 1),
    "$k=3,\\ p=2,\\ s=2,\\ d=2$": (3, 2, 2, 2),
}
blues = plt.get_cmap("Blues")
fig, axes = plt.subplots(1, 4, figsize=(12, 3.6), layout="constrained")
for ax, (title, setting) in zip(axes, SETTINGS.items(), strict=True):
    row = seen(8, *setting)
    counts = row[:, None] * row
    colors = [
        [blues(0.06 * int(c)) if c > 0 else "#ffb057" for c in line]
        for line in counts  # the more outputs, the darker
    ]
    plot_cells(counts, ax=ax, colors=colors)
    out = side(8, *setting)
    ax.set_title(
        f"{title}\n输出 {out}×{out} | {title}\noutput {out}×{out}",
        fontsize="x-large",
    )
fig.set_label(
    "8×8 的图里每个像素被几个输出看见：没有填充时角上 1 次、中间 9 次；"
    "步幅 2 时最后一行和一列没有输出看见；空洞和步幅都是 2 时只看见四分之一"
    " | How many outputs see each pixel of an 8×8 picture: without padding 1"
    " in the corners and 9 in the middle; with stride 2 the last row and column"
    " are unseen; with dilation and stride 2 only a quarter is seen"
)
plt.show()

# %%
# 所有的组合 | Every combination
# ------------------------------
# 边长 1 到 20、核 1 到 7、填充 0 到 3、步幅 1 到 4、空洞 1 到 3，只要核放得下。
# 作为对照，再看一个常见的想法：输出的边长是 :math:`n/s`，向上取整。
#
# Sides of 1 to 20, kernels of 1 to 7, padding 0 to 3, strides 1 to 4, dilation
# 1 to 3, wherever the kernel fits. As a control, take a common belief: the
# side of the output is :math:`n/s`, rounded up.

num_settings, num_agreeing, num_believed, num_torch = 0, 0, 0, 0
unseen = {"no padding": [], "enough padding": []}  # shares of the pixels
for n, k, p, s, d in product(
    range(1, 21), range(1, 8), range(4), range(1, 5), range(1, 4)
):
    if d * (k - 1) + 1 > n + 2 * p:
        continue
    counted = len(places(n, k, p, s, d))
    output = conv1d(torch.zeros(1, 1, n), torch.zeros(1, 1, k), None, s, p, d)
    num_settings += 1
    num_agreeing += counted == side(n, k, p, s, d)
    num_torch += counted == output.shape[-1]
    num_believed += counted == -(-n // s)
    if d == 1 and k >= s > 1:  # the kernel leaves no gaps
        share = (seen(n, k, p, s, d) == 0).double().mean().item()
        if p == 0:
            unseen["no padding"].append(share)
        elif p >= s - 1:
            unseen["enough padding"].append(share)
print(num_settings, num_agreeing, num_torch, num_believed)

# %%
# 公式的样子 | What the formula looks like
# ----------------------------------------
# 核是 3，没有填充。圆点是数出来的，台阶是公式。步幅大于 1 时，几个不同的输入
# 边长给出同样的输出边长。
#
# The kernel is 3 and there is no padding. Dots are counted, steps are the
# formula. With a stride above 1 several sides of the input give the same side
# of the output.

fig, ax = plt.subplots(figsize=(8, 4), layout="constrained")
sizes = list(range(3, 21))
for s, style in zip((1, 2, 3), ("-", "--", ":"), strict=True):
    ax.step(
        sizes,
        [side(n, 3, s=s) for n in sizes],
        f"C{s}{style}",
        where="post",
        label=f"步幅 {s} | stride {s}",
    )
    ax.plot(sizes, [len(places(n, 3, s=s)) for n in sizes], f"C{s}o")
ax.set_xlabel("输入的边长（像素） | side of the input (pixels)")
ax.set_ylabel("输出的边长 | side of the output")
ax.set_xticks(range(3, 21))
ax.set_yticks(range(0, 19, 3))
ax.legend()
fig.set_label(
    "输出的边长随输入的边长变化：步幅 1 是一条直线，步幅 2 和 3 是台阶"
    " | Side of the output against that of the input: a line with stride 1,"
    " steps with strides 2 and 3"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 公式与每一次数数、与 PyTorch 都相符。填充至少是 :math:`s - 1` 时，每个像素都
# 有输出看见；没有填充时不是这样。
#
# The formula agrees with each count and with PyTorch. With a padding of at
# least :math:`s - 1` each pixel is seen. Without padding that is not so.

assert num_agreeing == num_torch == num_settings
assert num_believed < num_settings / 2
none, enough = (torch.tensor(shares) for shares in unseen.values())
assert enough.max() == 0 < none.max()
record_all(
    "stride_and_padding",
    {"settings": num_settings, "agreeing": num_agreeing},
    format=",.0f",
)
record_all(
    "stride_and_padding",
    {
        "believed": num_believed / num_settings,
        "lossy": (none > 0).double().mean(),
        "lossy_enough": (enough > 0).double().mean(),
    },
    unit="fraction",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 哪些输入边长，经过核 3、步幅 2、没有填充的卷积，得到 7？其中哪一个不丢像素？
# 先用公式算，再数一遍。
#
# Which sides of the input become 7 under a kernel of 3 with stride 2 and no
# padding? Which of them loses no pixel? First by the formula, then by counting.

assert [n for n in range(3, 30) if side(n, 3, s=2) == 7] == [15, 16]
assert seen(15, 3, s=2).min() > 0 == seen(16, 3, s=2).min()
