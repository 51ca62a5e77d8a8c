r"""
留下最大的奇异值，丢得最少 | Keep the largest singular values, lose least
=========================================================================

一张表有 1797 行、64 列，可是各行并非随意的数：它们是手写数字。
奇异值分解找出几个方向，只用它们就能把每一行重建得差不多。
误差恰好由丢掉的奇异值给出，别的方向做不到这么小。

A table has 1797 rows and 64 columns, but its rows are not just any numbers:
they are handwritten digits. The singular value decomposition finds a few
directions from which each row can be rebuilt roughly. The error is given
exactly by the singular values that are dropped, and other directions do not
reach it.

**需要**：:doc:`/preliminaries/eigenvalues` 里的奇异值分解。
**得到**：由奇异值看出一张表能压缩到多小。

**You need** the singular value decomposition of
:doc:`/preliminaries/eigenvalues`.
**You get** an eye for how far a table can be compressed, from its singular
values.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_digits
from torch.testing import assert_close

from d2lnotes.plotting.curves import plot_spread
from d2lnotes.results import record

X = torch.from_numpy(load_digits().data)  # (1797, 64), gray values 0 to 16

# %%
# 从几个方向重建 | Rebuilt from a few directions
# ----------------------------------------------
# 每一行是一幅 :math:`8 \times 8` 的图。把它投影到
# :math:`\mathbf{v}_1, \dots, \mathbf{v}_k` 上，就只剩 :math:`k`
# 个数；再由这些数画回图来。
#
# Each row is an image of :math:`8 \times 8` pixels. Projected onto
# :math:`\mathbf{v}_1, \dots, \mathbf{v}_k` it becomes :math:`k` numbers, from
# which the image is drawn again.

U, sigma, Vh = torch.linalg.svd(X, full_matrices=False)


def rebuild(X, directions):
    """Project each row of ``X`` onto orthonormal rows ``directions``, (k, 64)."""
    return X @ directions.T @ directions


kept, shown = [2, 8, 20, 64], range(4)
fig, axes = plt.subplots(4, 4, figsize=(5.2, 5), layout="constrained")
for k, row in zip(kept, axes, strict=True):
    for index, ax in zip(shown, row, strict=True):
        image = rebuild(X[index], Vh[:k]).reshape(8, 8)
        ax.imshow(image, cmap="gray_r", vmin=0, vmax=16)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(f"$k = {k}$", fontsize=14)
fig.set_label(
    "四个手写数字，分别由 2、8、20、64 个方向重建：2 个方向只剩模糊的一团，"
    "8 个已能猜出，20 个很清楚，64 个就是原图 | Four handwritten digits rebuilt"
    " from 2, 8, 20 and 64 directions: a blur with 2, a good guess with 8, clear"
    " with 20, the originals with 64"
)
plt.show()

# %%
# 误差有公式 | The error has a formula
# ------------------------------------
# 理论说误差是 :math:`\sqrt{\sigma_{k+1}^2 + \sigma_{k+2}^2 + \dots}`。
# 对照有两种：随机选 :math:`k` 个互相垂直的方向，五次；以及挑出平方和最大的
# :math:`k` 个像素。
#
# Theory says that the error is
# :math:`\sqrt{\sigma_{k+1}^2 + \sigma_{k+2}^2 + \dots}`. There are two
# controls: :math:`k` perpendicular directions at random, five times; and the
# :math:`k` pixels with the largest sums of squares.


def relative_error(X, directions):
    """Return the Frobenius norm of what is lost, relative to that of ``X``."""
    return ((X - rebuild(X, directions)).norm() / X.norm()).item()


generator = torch.Generator().manual_seed(0)
noise = torch.randn(5, 64, 64, dtype=torch.double, generator=generator)
bases = torch.linalg.qr(noise).Q.mT  # five times 64 orthonormal rows
pixels = torch.eye(64).double()[X.norm(dim=0).argsort(descending=True)]
counts = range(65)
by_svd = torch.tensor([relative_error(X, Vh[:k]) for k in counts])
by_pixels = torch.tensor([relative_error(X, pixels[:k]) for k in counts])
by_chance = torch.tensor(
    [[relative_error(X, basis[:k]) for basis in bases] for k in counts]
)
dropped = [sigma[k:].square().sum().sqrt() for k in counts]
predicted = torch.stack(dropped) / sigma.norm()

# %%
# 线是公式，圆点是量得的，两者重合。别的方向要几乎全部留下，才追得上来。灰线是
# 20% 的误差。
#
# The line is the formula and the dots are measured. They agree. The other
# directions do much worse until nearly all are used. The gray line is an error
# of 20%.

fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
label = "随机方向，五次 | random directions, five times"
plot_spread(counts, by_chance, "C1--", label=label, ax=ax)
ax.plot(counts, by_pixels, "C2:", label="最亮的像素 | brightest pixels")
ax.plot(counts, predicted, "C0", label="公式 | formula")
ax.plot(counts[::4], by_svd[::4], "C0o", label="奇异向量 | singular vectors")
ax.axhline(0.2, color="0.7", linewidth=1)
ax.set(
    xlabel="留下的方向 $k$ | directions kept, $k$",
    ylabel="相对误差 | relative error",
    ylim=(0, 1.03),
)
ax.legend()
fig.set_label(
    "相对误差随留下的方向数下降：奇异向量的误差与公式一致，并远低于随机方向和"
    "最亮的像素 | Relative error against the directions kept: with singular"
    " vectors it agrees with the formula and is far below random directions and"
    " the brightest pixels"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 这张表的奇异值降得快，所以能压缩。换成一张随机数的表，各奇异值相差不大，
# 就没有什么可省的（见练习）。
#
# The singular values of this table fall fast, so it can be compressed. Those
# of a table of random numbers are nearly equal, and nothing can be saved: see
# the exercise.

assert_close(by_svd, predicted.float(), rtol=0, atol=1e-6)
rank = torch.linalg.matrix_rank(X)  # 61: three pixels are 0 in all images
assert (by_svd[1:rank] < by_chance[1:rank].amin(dim=1)).all()
assert (by_svd[1:rank] < by_pixels[1:rank]).all()
enough = (by_svd < 0.2).int().argmax()
enough_by_chance = (by_chance < 0.2).int().argmax(dim=0).float().mean()
record("low_rank.terms", enough, format=".0f")
over = "5 次 | 5 times"
record("low_rank.random_terms", enough_by_chance, over=over, format=".0f")
record("low_rank.error_20", by_svd[20], format=".0%")

# %%
# 练习 | Exercise
# ---------------
# 把表换成同样大小的标准正态随机数，留 20 个方向，误差是多少？
#
# Replace the table by standard normal numbers of the same size. What is the
# error with 20 directions?

random_table = torch.randn(X.shape, dtype=torch.double, generator=generator)
directions = torch.linalg.svd(random_table, full_matrices=False).Vh[:20]
error = relative_error(random_table, directions)
print(f"digits {by_svd[20]:.2f}, random numbers {error:.2f}")
assert error > 0.75

# %%
# 约 0.79。假如每个方向各占平方和的 1/64，留 20 个的误差是
# :math:`\sqrt{44/64} = 0.83`；最好的 20 个方向只稍好一点。
#
# About 0.79. If each direction held 1/64 of the sum of squares, 20 of them
# would leave an error of :math:`\sqrt{44/64} = 0.83`. The best 20 are only a
# little better.
