r"""
范数决定谁算近，也决定谁是零 | The norm decides what is near, and what is zero
==============================================================================

“离原点一步之内”是圆、是菱形还是正方形，由范数决定。把这样一个球慢慢吹大，
它最先碰到一条直线的哪一点，取决于球的形状：菱形用尖角碰，所以碰到的点多半有
坐标恰好是 0。我们先算出切点再量，然后看这对 40 维的方程意味着什么。

Whether “within one step of the origin” is a disk, a diamond or a square is
for the norm to say. Blow such a ball up slowly, and its shape decides at which
point it first touches a line: the diamond touches with a corner, so the point
usually has a coordinate of exactly 0. We predict the points and measure them,
then see what this means for equations in 40 unknowns.

**需要**：:doc:`/preliminaries/linear-algebra` 里的三种范数。
**得到**：由“球长什么样”推出“解长什么样”的眼光，和几个可以随手用的不等式。

**You need** the three norms of :doc:`/preliminaries/linear-algebra`.
**You get** an eye for what solutions look like, given what the ball looks
like, and a few inequalities to keep at hand.
"""

import matplotlib.pyplot as plt
import torch
from scipy.optimize import linprog
from torch.testing import assert_close

from d2lnotes.plotting.plane import plot_contours
from d2lnotes.results import record, record_all

generator = torch.Generator().manual_seed(0)
orders = {"$L_1$": 1.0, "$L_2$": 2.0, r"$L_\infty$": float("inf")}


def norm(x, order):
    """Return the norm of the last dimension."""
    return torch.linalg.vector_norm(x, ord=order, dim=-1)


# %%
# 球在哪里碰到直线 | Where the ball meets the line
# -------------------------------------------------
# 直线是 :math:`x_1 + 2x_2 = 2`，一般地写成
# :math:`\mathbf{a}^\top\mathbf{x}=b`，这里 :math:`\mathbf{a}=(1,2)`、
# :math:`b=2`。直线上范数最小的点有公式：
# :math:`L_2` 沿 :math:`\mathbf{a}` 的方向走，得
# :math:`b\,\mathbf{a}/\lVert\mathbf{a}\rVert_2^2`；:math:`L_1`
# 只用 :math:`|a_j|` 最大的那个坐标，:math:`x_j=b/a_j`；
# :math:`L_\infty` 让各坐标一样大，:math:`x_j=\pm b/\lVert\mathbf{a}\rVert_1`，
# 符号随 :math:`a_j`。
#
# The line is :math:`x_1 + 2x_2 = 2`, in general
# :math:`\mathbf{a}^\top\mathbf{x}=b`, with :math:`\mathbf{a}=(1,2)` and
# :math:`b=2`. There are formulas for its point of least norm. For
# :math:`L_2`, walk along :math:`\mathbf{a}`:
# :math:`b\,\mathbf{a}/\lVert\mathbf{a}\rVert_2^2`. For :math:`L_1`, use only
# the coordinate with the largest :math:`|a_j|`: :math:`x_j=b/a_j`. For
# :math:`L_\infty`, make all equally large:
# :math:`x_j=\pm b/\lVert\mathbf{a}\rVert_1`, with the sign of :math:`a_j`.

a, b = torch.tensor([1.0, 2.0]).double(), 2.0
predicted = {
    1.0: torch.tensor([0.0, b / a[1]]).double(),
    2.0: b * a / a.square().sum(),
    float("inf"): b * a.sign() / a.abs().sum(),
}
x1 = torch.linspace(-2, 2, 400_001, dtype=torch.double)
line = torch.stack([x1, (b - a[0] * x1) / a[1]], dim=1)  # (points, 2)
touching = {}
for order, point in predicted.items():
    touching[order] = line[norm(line, order).argmin()]
    assert_close(touching[order], point, rtol=0, atol=1e-4)

# %%
# 圈是各范数的等值线，中间那一圈的半径恰好是最小范数；圆点是在直线上 40
# 万个点里找到的最小者。
#
# The rings are level curves of each norm; the middle one has the least norm
# as its radius. The dot is the smallest among 400,000 points of the line.

fig, axes = plt.subplots(1, 3, figsize=(9, 3.3), layout="constrained")
for (name, order), ax in zip(orders.items(), axes, strict=True):
    radius = norm(touching[order], order).item()
    levels = {"levels": [radius / 2, radius, 1.5 * radius], "ax": ax}
    square = {"x_range": (-2.0, 2.0), "y_range": (-2.0, 2.0)}
    plot_contours(lambda x, p=order: norm(x, p), **square, **levels)
    ax.plot(*line.T, color="C3")
    ax.plot(*touching[order], "o", color="C1", markersize=8)
    x, y = (round(part, 2) + 0.0 for part in touching[order].tolist())
    place = f"({x:.2f}, {y:.2f})"
    title = f"{name}：碰在 {place} | {name}: touches at {place}"
    ax.set_title(title, fontsize="medium")
    ax.set(xlim=(-2, 2), ylim=(-2, 2), aspect="equal", xlabel="$x_1$")
axes[0].set_ylabel("$x_2$")
fig.set_label(
    "三种范数的球逐渐变大，第一次碰到同一条直线的位置：菱形用尖角碰在坐标轴上，"
    "圆碰在垂足，正方形碰在角上，两坐标相等 | Growing balls of three norms and"
    " where they first touch the same line: the diamond at its corner on an"
    " axis, the disk at the foot of the perpendicular, the square at a corner"
    " with equal coordinates"
)
plt.show()

# %%
# 从一条直线到 20 个方程 | From one line to 20 equations
# ------------------------------------------------------
# 40 个未知数，20 个方程，解有无穷多。:math:`L_2`
# 最小的那一个有公式（伪逆）；:math:`L_1` 最小的是一个线性规划：
# 把 :math:`\mathbf{x}` 写成两个非负向量之差，就能交给 ``linprog``。
#
# With 40 unknowns and 20 equations there are infinitely many solutions. For
# the one of least :math:`L_2` norm there is a formula, the pseudoinverse;
# that of least :math:`L_1` norm is a linear program: write
# :math:`\mathbf{x}` as a difference of two nonnegative vectors and hand it to
# ``linprog``.

NUM_EQUATIONS, NUM_UNKNOWNS = 20, 40


def normal_numbers(*shape, generator):
    """Return random numbers, with enough digits to tell 0 from small ones."""
    return torch.randn(shape, dtype=torch.double, generator=generator)


def least_l1(A, rhs):
    """Return the solution of ``A @ x = rhs`` with the least L1 norm."""
    cost = torch.ones(2 * A.shape[1])  # the sum of both parts
    both = torch.cat([A, -A], dim=1)
    found = linprog(cost.numpy(), A_eq=both.numpy(), b_eq=rhs.numpy())
    positive, negative = torch.from_numpy(found.x).chunk(2)
    return positive - negative


def least_l2(A, rhs):
    """Return the solution of ``A @ x = rhs`` with the least L2 norm."""
    return torch.linalg.pinv(A) @ rhs


# %%
# 二十组随机的方程，两种解都求，数一数各有几个零。
#
# We solve twenty random systems both ways and count the zeros.

zeros = torch.zeros(2, 20)
for trial in range(20):
    A = normal_numbers(NUM_EQUATIONS, NUM_UNKNOWNS, generator=generator)
    rhs = normal_numbers(NUM_EQUATIONS, generator=generator)
    solutions = torch.stack([least_l1(A, rhs), least_l2(A, rhs)])
    assert_close(solutions @ A.T, rhs.expand(2, -1))
    sparse, dense = solutions
    assert norm(sparse, 1) < norm(dense, 1)
    assert norm(sparse, 2) > norm(dense, 2)
    zeros[:, trial] = (solutions.abs() < 1e-9).sum(dim=1)

# %%
# 与平面上一样：:math:`L_1` 的解有 20 个坐标恰好为 0（方程有几个，
# 非零的就有几个）；:math:`L_2` 的解一个零也没有。
#
# As in the plane: the :math:`L_1` solution has 20 coordinates that are
# exactly 0, with as many nonzeros as equations; the :math:`L_2` solution has
# none.

for name, count in zip(["L1", "L2"], zeros, strict=True):
    print(f"{name}: from {count.min():.0f} to {count.max():.0f} zeros")
assert_close(zeros[0], torch.full((20,), 20.0))
assert zeros[1].max() == 0

# %%
# 零有什么用 | What zeros are good for
# ------------------------------------
# 若真正的解本来就稀疏，只有 :math:`s` 个非零，那么 20 个方程往往足以把它
# 一个不差地找回来，尽管未知数有 40 个。每个 :math:`s` 试 40 次。
#
# If the true solution is sparse, with only :math:`s` nonzeros, then 20
# equations often suffice to find it exactly, in spite of 40 unknowns. We try
# 40 times for each :math:`s`.

counts, trials = range(1, 16), 40
recovered = torch.zeros(2, len(counts), trials)
for column, s in enumerate(counts):
    for trial in range(trials):
        A = normal_numbers(NUM_EQUATIONS, NUM_UNKNOWNS, generator=generator)
        truth = torch.zeros(NUM_UNKNOWNS).double()
        places = torch.randperm(NUM_UNKNOWNS, generator=generator)[:s]
        truth[places] = torch.randn(s, generator=generator).double()
        for row, solver in enumerate([least_l1, least_l2]):
            error = norm(solver(A, A @ truth) - truth, 2) / norm(truth, 2)
            recovered[row, column, trial] = error < 1e-6
fraction = recovered.mean(dim=2)

fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
ax.plot(counts, fraction[0], "o-", label="$L_1$ 范数最小 | least $L_1$ norm")
ax.plot(counts, fraction[1], "s--", label="$L_2$ 范数最小 | least $L_2$ norm")
ax.set_xlabel("真解里非零的个数 | nonzeros in the true solution")
ax.set_ylabel("找回的比例 | fraction recovered")
ax.legend()
fig.set_label(
    "L1 最小的解在真解足够稀疏时总能找回它，非零增多后逐渐失败；L2 最小的解"
    "从来找不回 | The solution of least L1 norm recovers a sufficiently sparse"
    " truth and fails as nonzeros increase; that of least L2 norm never does"
)
plt.show()

assert fraction[0, :3].min() > 0.9
assert fraction[0, -1] < 0.2
assert fraction[1].max() == 0

# %%
# 不等式，和高维的距离 | Inequalities, and distances in many dimensions
# ---------------------------------------------------------------------
# 对任何 :math:`n` 维向量：
#
# For every vector of :math:`n` numbers:
#
# .. math::
#
#    \lVert\mathbf{x}\rVert_\infty \le \lVert\mathbf{x}\rVert_2 \le
#    \lVert\mathbf{x}\rVert_1 \le \sqrt{n}\,\lVert\mathbf{x}\rVert_2 \le
#    n\,\lVert\mathbf{x}\rVert_\infty
#
# 用三种分布各一万个向量去试：正态、重尾（正态的五次方）、
# 多数为零。再加上三角不等式和柯西–施瓦茨不等式。
#
# We try them on ten thousand vectors of each of three kinds: normal,
# heavy-tailed (fifth powers of normals), and mostly zeros. The triangle and
# the Cauchy-Schwarz inequality come along.

sizes = [1, 2, 5, 10, 30, 100, 300, 1000]
slack = 1 + 1e-12  # the inequalities hold up to rounding
mean_ratio = []
for n in sizes:
    normal = normal_numbers(10_000, n, generator=generator)
    keep = torch.rand(10_000, n, generator=generator) < 0.1
    for x in (normal, normal**5, normal * keep):
        l1, l2, linf = (norm(x, order) for order in orders.values())
        chain = torch.stack([linf, l2, l1, n**0.5 * l2, n * linf])
        assert (chain[:-1] <= chain[1:] * slack).all()
        y = x.roll(1, dims=0)
        assert ((x * y).sum(dim=1).abs() <= l2 * l2.roll(1) * slack).all()
        for order in orders.values():
            both = norm(x, order) + norm(y, order)
            assert (norm(x + y, order) <= both * slack).all()
    mean_ratio.append((norm(normal, 1) / norm(normal, 2)).mean())

# %%
# 界是最坏情形；典型的正态向量处在哪里，也能预言：
# :math:`\lVert\mathbf{x}\rVert_1/\lVert\mathbf{x}\rVert_2` 约为
# :math:`\sqrt{2n/\pi}`。再看均匀分布在 :math:`[0,1]^n` 里的点：
# 两点距离的平方，均值是 :math:`n/6`，标准差是 :math:`\sqrt{7n/180}`，
# 所以距离的相对散布约为
#
# The bounds are for the worst case; where typical normal vectors lie can be
# predicted too: :math:`\lVert\mathbf{x}\rVert_1/\lVert\mathbf{x}\rVert_2` is
# about :math:`\sqrt{2n/\pi}`. And for points spread evenly over
# :math:`[0,1]^n`: the squared distance of two has the mean :math:`n/6` and
# the standard deviation :math:`\sqrt{7n/180}`, so that distances scatter,
# relative to their mean, by about
#
# .. math::
#
#    \frac{1}{2}\,\frac{\sqrt{7n/180}}{n/6} \approx \frac{0.592}{\sqrt{n}}

spread = []
for n in sizes:
    points = torch.rand(2, 20_000, n, dtype=torch.double, generator=generator)
    distance = norm(points[0] - points[1], 2)
    spread.append(distance.std() / distance.mean())
mean_ratio, spread = torch.stack(mean_ratio), torch.stack(spread)
n = torch.tensor(sizes, dtype=torch.double)
typical_ratio, typical_spread = (2 * n / torch.pi).sqrt(), 0.592 / n.sqrt()

fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
label = "可能的范围 | possible"
axes[0].fill_between(n, 1, n.sqrt(), color="0.9", label=label)
axes[0].plot(n, typical_ratio, label=r"$\sqrt{2n/\pi}$")
label = "实测，正态向量 | measured, normal vectors"
axes[0].plot(n, mean_ratio, "C1o", label=label)
axes[0].set_ylabel(r"$\Vert x\Vert_1 \, / \, \Vert x\Vert_2$")
axes[1].plot(n, typical_spread, label=r"$0.592/\sqrt{n}$")
label = "实测，随机点对 | measured, random pairs"
axes[1].plot(n, spread, "C1o", label=label)
axes[1].set_ylabel("距离的标准差 / 均值 | std. dev. / mean of the distance")
for ax in axes:
    ax.set(xscale="log", yscale="log", xlabel="维数 $n$ | dimensions $n$")
    ax.legend()
fig.set_label(
    "左：正态向量的 L1 与 L2 之比落在不等式允许的范围内，贴近预言。右：维数越高，"
    "随机两点的距离越接近同一个值 | Left: the ratio of L1 to L2 norm of normal"
    " vectors lies in the allowed range, close to the prediction. Right: the"
    " more dimensions, the more alike the distances of random pairs"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 最小化 :math:`L_1` 就是要零，最小化 :math:`L_2` 就是让大家都小一点，
# 最小化 :math:`L_\infty` 就是削掉最高的。维数一高，随机两点的距离几乎
# 都一样，“最近邻”也就不再近得特别；近邻在实际中还有用，
# 是因为真实的数据远不是均匀撒开的。
#
# Minimizing :math:`L_1` asks for zeros, :math:`L_2` makes everything a
# little smaller, :math:`L_\infty` cuts off the peaks. In many dimensions all
# distances between random points are nearly equal, and the nearest neighbor
# is hardly nearer than others; neighbors are still useful in practice because
# real data are far from evenly spread.

assert_close(mean_ratio[3:], typical_ratio[3:], rtol=0.03, atol=0.0)
assert_close(spread[3:], typical_spread[3:], rtol=0.05, atol=0.0)

# %%
# 课文引用下面这些数。
#
# The page quotes the following numbers.

group = "norm_balls"
mean_zeros = {"zeros_l1": zeros[0].mean(), "zeros_l2": zeros[1].mean()}
twenty = "20 组方程 | 20 systems of equations"
record_all(group, mean_zeros, over=twenty, format=".0f")
found = {f"recovered_{s}": fraction[0, s - 1] for s in (3, 8)}
record_all(group, found, over=f"{trials} 次 | {trials} trials", format=".0%")
record(f"{group}.l1_over_l2", mean_ratio[-1], format=".1f")
record(f"{group}.distance_spread_2", spread[1], format=".0%")
record(f"{group}.distance_spread_1000", spread[-1], format=".1%")

# %%
# 练习 | Exercise
# ---------------
# 直线换成 :math:`x_1 + x_2 = 2`，菱形的球最先碰到哪一点？这对“:math:`L_1`
# 总给出稀疏解”的说法意味着什么？
#
# Let the line be :math:`x_1 + x_2 = 2`. At which point does the diamond touch
# it first? What does this say about “:math:`L_1` always gives sparse
# solutions”?

x1 = torch.linspace(-1, 3, 401, dtype=torch.double)
line = torch.stack([x1, 2 - x1], dim=1)
smallest = norm(line, 1).min()
ties = x1[norm(line, 1) < smallest + 1e-9]
print(f"least norm {smallest:.2f} for x1 from {ties[0]:.2f} to {ties[-1]:.2f}")
assert_close(ties[[0, -1]].tolist(), [0.0, 2.0], rtol=0, atol=1e-9)

# %%
# 整条边同时碰到：从 :math:`(2,0)` 到 :math:`(0,2)` 的每一点范数都是 2。
# 稀疏的解仍在其中，但不再是唯一的；而随机的直线恰好与边平行，概率为零。
# 所以更准确的说法是：总有一个稀疏的最小解，一般情形下它是唯一的。
#
# A whole edge at once: every point from :math:`(2,0)` to :math:`(0,2)` has
# norm 2. Sparse solutions are still among them, but no longer alone; for a
# random line, being parallel to an edge has probability zero. More precisely
# then: there always is a sparse minimizer, and in general it is the only one.
