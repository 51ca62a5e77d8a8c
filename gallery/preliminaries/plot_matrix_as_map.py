r"""
反复相乘，只剩主特征方向 | Multiply again and again: one direction survives
=============================================================================

矩阵把平面上的每个向量送到另一处，多数向量因此转了方向。
只有特征向量留在自己的直线上。如果有一个特征值的绝对值比其余的都大，
把同一个矩阵一次次乘上去，几乎任何向量最后都指向它的特征向量，
误差每一步乘以 :math:`|\lambda_2/\lambda_1|`。我们先看，再量。

A matrix sends every vector of the plane somewhere else, and most of them
turn on the way. Only eigenvectors stay on their line. If one eigenvalue
exceeds all others in absolute value, multiply by the matrix again and again,
and almost any vector ends up pointing along its eigenvector; every step
multiplies the error by :math:`|\lambda_2/\lambda_1|`. First we look, then we
measure.

**需要**：:doc:`/preliminaries/eigenvalues` 里的特征值和正交矩阵。
**得到**：由特征值预言“乘一百次以后会怎样”的办法。

**You need** eigenvalues and orthogonal matrices, from
:doc:`/preliminaries/eigenvalues`.
**You get** a way to tell from the eigenvalues what a hundred multiplications
will do.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import normalize
from torch.testing import assert_close

from d2lnotes.plotting.plane import plot_linear_map
from d2lnotes.results import record

generator = torch.Generator().manual_seed(0)

# %%
# 三个矩阵，三种脾气 | Three matrices, three tempers
# --------------------------------------------------
# 矩阵 :math:`\mathbf{A}` 的两列，就是 :math:`(1, 0)` 和 :math:`(0, 1)`
# 的去处；知道了这两处，别处都由线性推出。下面前两个矩阵的特征值都是
# 2 和 0.5，但只有第一个对称；第三个把所有向量转 :math:`30^\circ`。
#
# The columns of :math:`\mathbf{A}` are where :math:`(1, 0)` and
# :math:`(0, 1)` go; everything else follows by linearity. The first two
# matrices below share the eigenvalues 2 and 0.5, but only the first
# is symmetric. The third turns every vector by :math:`30^\circ`.

c, s = math.cos(math.pi / 6), math.sin(math.pi / 6)
matrices = {
    "symmetric": torch.tensor([[1.25, 0.75], [0.75, 1.25]]).double(),
    "not symmetric": torch.tensor([[1.25, 1.5], [0.375, 1.25]]).double(),
    "rotation": torch.tensor([[c, -s], [s, c]]).double(),
}

# %%
# 给方向为 :math:`\varphi` 的单位向量 :math:`\mathbf{u}` 乘上
# :math:`\mathbf{A}`，它转了多少度？按叉积与点积的比来算，
# 一度一度地量完半圈。转角为零的方向，就是特征向量。
#
# By how many degrees does :math:`\mathbf{A}` turn the unit vector
# :math:`\mathbf{u}` at angle :math:`\varphi`? The cross and the dot product
# give the angle; we measure half a circle in small steps. Where the angle is
# zero there is an eigenvector.

degrees = torch.arange(0, 180, 0.05, dtype=torch.double)
u = torch.stack([degrees.deg2rad().cos(), degrees.deg2rad().sin()], dim=1)


def turning_angles(matrix, u):
    """Return by how many degrees ``matrix`` turns each row of ``u``."""
    moved = u @ matrix.T  # (directions, 2)
    cross = u[:, 0] * moved[:, 1] - u[:, 1] * moved[:, 0]
    return torch.atan2(cross, (u * moved).sum(dim=1)).rad2deg()


def is_unturned(angles):
    """Return where the turning angle passes 0, or reaches it."""
    return (angles * angles.roll(-1) <= 0) & (angles != 0)


def eigenvector_directions(matrix):
    """Return the directions that theory predicts, in increasing degrees."""
    values, vectors = torch.linalg.eig(matrix)
    real = vectors.real[:, values.imag.abs() < 1e-12]  # (2, number of them)
    directions = torch.atan2(real[1], real[0]).rad2deg() % 180
    return directions.sort().values


# %%
# 上排：单位圆（虚线）变成了椭圆（实线）；灰色箭头
# :math:`\mathbf{a}_1,\mathbf{a}_2` 是矩阵的两列；彩色箭头是单位特征向量
# （圆点）的像，还在原来的直线上。下排：测得的转角，竖虚线是
# ``torch.linalg.eig`` 预言的方向，曲线恰在那里过零。旋转没有实特征向量，
# 它的曲线从不过零。
#
# Above: the unit circle (dashed) becomes an ellipse (solid). The gray arrows
# :math:`\mathbf{a}_1,\mathbf{a}_2` are the columns of the matrix; a colored
# arrow is the image of a unit eigenvector (dot), still on the same line.
# Below: the measured angle, with vertical lines where ``torch.linalg.eig``
# predicts the eigenvectors, and just there the curve crosses zero. A rotation
# has no real eigenvector, and its curve never does.

fig, axes = plt.subplots(
    2, 3, figsize=(9, 5.6), layout="constrained", height_ratios=[1.4, 1]
)
chinese = dict(zip(matrices, ["对称", "不对称", "旋转"], strict=True))
for (name, matrix), above, below in zip(matrices.items(), *axes, strict=True):
    angles = eigenvector_directions(matrix)
    vectors = torch.stack([angles.deg2rad().cos(), angles.deg2rad().sin()], 1)
    plot_linear_map(matrix, marked=vectors, ax=above)
    above.set(
        title=f"{chinese[name]} | {name}", xlabel="$x_1$", ylabel="$x_2$"
    )
    above.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), aspect="equal")
    below.axhline(0, color="0.7", linewidth=1)
    below.plot(degrees, turning_angles(matrix, u), color="0.2")
    for index, (angle, vector) in enumerate(zip(angles, vectors, strict=True)):
        below.axvline(angle, color=f"C{index}", linestyle="--")
        side = 1 - 2 * index  # right of the first line, left of the second
        label = rf"$\lambda={vector @ matrix @ vector:g}$"
        spot = (angle + 4 * side, 52)
        below.text(*spot, label, ha="left" if side > 0 else "right")
    below.set(
        xlabel=r"方向 $\varphi$（度） | direction $\varphi$ (degrees)",
        ylim=(-70, 70),
    )
    below.set_xticks([0, 45, 90, 135, 180])
axes[1, 0].set_ylabel("转了（度） | turned by (degrees)")
fig.set_label(
    "三个矩阵怎样改变单位圆，以及各方向转了多少度：对称矩阵的两个特征向量"
    "互相垂直，不对称的不垂直，旋转没有实特征向量 | What three matrices make"
    " of the unit circle, and by how many degrees each direction turns: the"
    " eigenvectors of the symmetric one are perpendicular, those of the next"
    " are not, and the rotation has none"
)
plt.show()

# %%
# 测得的零点与预言相差不到一个步长。前两个矩阵特征值相同，两个特征方向的
# 夹角却不同。
#
# The measured zeros agree with the prediction to within one step of the
# grid. The first two matrices have equal eigenvalues, but different angles
# between their eigenvectors.

between = {}
for name, matrix in matrices.items():
    predicted = eigenvector_directions(matrix)
    measured = degrees[is_unturned(turning_angles(matrix, u))]
    assert_close(measured, predicted, rtol=0, atol=0.1)
    if name != "rotation":
        apart = (measured[1] - measured[0]).item()
        between[name] = min(apart, 180 - apart)  # lines have no sign
        print(f"{name}: {between[name]:.2f} degrees apart")
    else:
        assert len(measured) == 0
assert abs(between["symmetric"] - 90) < 0.1
assert between["not symmetric"] < 60

# %%
# 对称就垂直，总是如此吗 | Symmetric means perpendicular: always?
# ----------------------------------------------------------------
# 一个例子不算数。随机造 1000 个 :math:`6 \times 6` 的对称矩阵，
# 再用不知道“对称”这回事的通用算法 ``eig`` 求特征向量，
# 看两两夹角离直角最远的是多少；不对称的矩阵也一样做。
#
# One example proves little. We draw 1000 random symmetric matrices of size
# :math:`6 \times 6`, have their eigenvectors computed by ``eig``, which does
# not know about symmetry, and look for the pair farthest from a right angle.
# Then the same for matrices that are not symmetric.

square = torch.randn(1000, 6, 6, dtype=torch.double, generator=generator)


def largest_cosine(matrices):
    """Return, for each matrix, the largest |cosine| of two eigenvectors."""
    vectors = torch.linalg.eig(matrices).eigenvectors  # unit columns
    cosines = (vectors.mH @ vectors).abs()
    return (cosines - torch.eye(6)).amax(dim=(1, 2))


worst_symmetric = largest_cosine((square + square.mT) / 2).max()
typical_general = largest_cosine(square).median()
print(f"largest cosine, symmetric: {worst_symmetric:.1e}")
print(f"largest cosine, not symmetric (median): {typical_general:.2f}")
assert worst_symmetric < 1e-8
assert typical_general > 0.3

# %%
# 乘一百次 | A hundred multiplications
# ------------------------------------
# 把起点写成特征向量的组合 :math:`\mathbf{x}_0=\sum_i c_i\mathbf{v}_i`，
# 乘 :math:`k` 次以后是
#
# Write the start as a combination of eigenvectors,
# :math:`\mathbf{x}_0=\sum_i c_i\mathbf{v}_i`. After :math:`k`
# multiplications it is
#
# .. math::
#
#    \mathbf{A}^k\mathbf{x}_0 = \sum_i c_i \lambda_i^k \mathbf{v}_i
#    = \lambda_1^k \Bigl( c_1 \mathbf{v}_1 + \sum_{i \ge 2} c_i
#    \bigl(\tfrac{\lambda_i}{\lambda_1}\bigr)^k \mathbf{v}_i \Bigr)
#
# 只要 :math:`c_1 \ne 0` 且 :math:`|\lambda_1| > |\lambda_2| \ge \dots`，
# 括号里除第一项外都趋于零，最慢的一项每步乘以
# :math:`|\lambda_2/\lambda_1|`。拿 :math:`20 \times 20`、不对称、
# 第二大的特征值为负的矩阵来试，每步之后把长度缩回 1，量向量与
# :math:`\mathbf{v}_1` 夹角的正弦。
#
# As long as :math:`c_1 \ne 0` and :math:`|\lambda_1| > |\lambda_2| \ge
# \dots`, all but the first term in parentheses vanish, and the slowest of
# them shrinks by :math:`|\lambda_2/\lambda_1|` per step. We try matrices of
# size :math:`20 \times 20` that are not symmetric and whose second eigenvalue
# is negative, scale the vector back to length 1 after each step, and measure
# the sine of its angle to :math:`\mathbf{v}_1`.

n, num_starts, num_steps = 20, 50, 160


def matrix_with(eigenvalues, generator):
    """Return a random matrix with these eigenvalues, and its eigenvectors."""
    size = len(eigenvalues)
    noise = torch.randn(size, size, dtype=torch.double, generator=generator)
    vectors = normalize(torch.eye(size).double() + 0.1 * noise, dim=0)
    return vectors * eigenvalues @ torch.linalg.inv(vectors), vectors


def sines(matrix, leading, starts, num_steps):
    """Return the sine of the angle to ``leading``, (steps, starts)."""
    x, found = starts, []
    for _ in range(num_steps):
        x = normalize(matrix @ x, dim=0)
        across = x - leading[:, None] * (leading @ x)
        found.append(across.norm(dim=0))
    return torch.stack(found)


measured = {}
for ratio in (0.5, 0.8, 0.9):
    rest = torch.linspace(-0.5, 0.5, n - 2).double() * ratio
    eigenvalues = torch.cat([torch.tensor([1.0, -ratio]).double(), rest])
    matrix, vectors = matrix_with(eigenvalues, generator)
    starts = torch.randn(
        n, num_starts, generator=generator, dtype=torch.double
    )
    measured[ratio] = sines(matrix, vectors[:, 0], starts, num_steps)

# %%
# 记号是 50 个随机起点的中位数，阴影从最小到最大；虚线的斜率是预言。
# 走过开头几步，其余各项消失以后，记号都落在虚线上。到了 :math:`10^{-16}`
# 附近，float64 的舍入误差接管。
#
# Markers are medians over 50 random starts, the shade reaches from least to
# largest, and the dashed lines have the predicted slope. After a few steps,
# once the other terms are gone, the markers follow them. Near
# :math:`10^{-16}` the rounding of float64 takes over.

fig, ax = plt.subplots(figsize=(6.5, 4), layout="constrained")
steps, rates = torch.arange(1, num_steps + 1), {}
for (ratio, values), marker, spot in zip(
    measured.items(), "osD", [35, 95, 115], strict=True
):
    middle = values.median(dim=1).values
    # Between these steps the other terms have died out, rounding is far off.
    start, end = (round(math.log(e, ratio)) for e in (1e-4, 1e-7))
    rates[ratio] = (values[end] / values[start]) ** (1 / (end - start))
    line = middle[start] * ratio ** (steps - 1 - start)
    ax.semilogy(steps, middle, marker, markevery=4)
    ax.fill_between(steps, *values.aminmax(dim=1), alpha=0.2)
    shown = line.where(line > 1e-16, math.nan)
    ax.semilogy(steps, shown, "--", color="0.2", linewidth=1)
    label = rf"$|\lambda_2/\lambda_1|={ratio}$"
    ax.text(1.03 * steps[spot], 3 * line[spot], label)
ax.set(
    xlabel="乘的次数 | multiplications",
    ylabel=r"与 $v_1$ 夹角的正弦 | sine of the angle to $v_1$",
)
ax.set_ylim(bottom=1e-17)
fig.set_label(
    "三个矩阵下，向量与主特征向量夹角的正弦随乘的次数按预言的斜率下降 | The"
    " sine of the angle to the leading eigenvector falls with the number of"
    " multiplications, at the predicted slope for three matrices"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 50 个起点、三个矩阵，测得的速率都与 :math:`|\lambda_2/\lambda_1|` 相符。
# 长度则按 :math:`|\lambda_1|^k` 增长或消失。循环网络的梯度要连乘几十个
# 矩阵，它们不完全相同，但梯度同样容易爆炸或消失。
#
# For 50 starts and three matrices the measured rate agrees with
# :math:`|\lambda_2/\lambda_1|`. The length grows or decays like
# :math:`|\lambda_1|^k`. The gradient of a recurrent network is a product of
# dozens of matrices. They are not all the same, but the gradient is
# likewise prone to explode or vanish.

rate_error = torch.stack([rates[r] / r - 1 for r in rates]).abs().max()
assert rate_error < 0.01
group = "matrix_as_map"
record(f"{group}.worst_cosine", worst_symmetric, format=".0e")
record(f"{group}.general_cosine", typical_general, format=".2f")
angle = between["not symmetric"]
record(f"{group}.angle_general", angle, unit="度 | degrees", format=".1f")
over = f"3 × {num_starts} 个起点中最大的 | worst of 3 × {num_starts} starts"
record(f"{group}.rate_error", rate_error, over=over, format=".2%")

# %%
# 练习 | Exercise
# ---------------
# 特征值本身可以由 :math:`\mathbf{x}_k` 估计：
# :math:`\mathbf{x}_k^\top\mathbf{A}\mathbf{x}_k`（长度为 1 时）。
# 对称矩阵上，这个估计的误差每一步乘以多少？想好了再往下看。
#
# The eigenvalue itself can be estimated from :math:`\mathbf{x}_k`, as
# :math:`\mathbf{x}_k^\top\mathbf{A}\mathbf{x}_k` (for length 1). For a
# symmetric matrix, by what does each step multiply the error of this
# estimate? Think first, then read on.

noise = torch.randn(n, n, dtype=torch.double, generator=generator)
basis = torch.linalg.qr(noise).Q
spectrum = torch.cat([torch.tensor([1.0, 0.8]), torch.linspace(-0.5, 0.5, 18)])
matrix = basis * spectrum.double() @ basis.T
x = basis.sum(dim=1)
errors = []
for _ in range(31):
    x = normalize(matrix @ x, dim=0)
    errors.append(1 - x @ matrix @ x)
rate = (errors[30] / errors[15]) ** (1 / 15)
print(f"the estimate's error shrinks by {rate:.3f} per step")
assert_close(rate.item(), 0.8**2, rtol=0.01, atol=0.0)

# %%
# 乘以 :math:`|\lambda_2/\lambda_1|^2`：:math:`\mathbf{v}_1` 是这个量的
# 最大值点，那里一阶变化为零，方向上的误差要平方以后才进入估计。
#
# By :math:`|\lambda_2/\lambda_1|^2`. The estimate is largest at
# :math:`\mathbf{v}_1`, where its first-order change vanishes, so the error in
# direction enters the estimate squared.
