r"""
切线的误差按平方缩小，梯度最陡 | Tangents err by squares, gradients are steepest
================================================================================

在一点附近，用切线代替曲线要付出多大的误差？步子缩小 10 倍，误差缩小大约
100 倍。一条斜率错了百分之一的直线做不到：它的误差最后只缩小 10 倍。
曲面上也可以问斜率，只是先要说往哪个方向走。我们朝 720
个方向各量一次，最陡的那个方向就是梯度的方向。

What does it cost to replace a curve by its tangent near a point? Make the step
ten times smaller, and the error is about a hundred times smaller. A line whose
slope is wrong by one percent cannot do that: in the end its error shrinks by
ten only. A surface has slopes, too, once we say in which direction to go. We
measure 720 directions, and the steepest is the direction of the gradient.

**你需要** :doc:`/preliminaries/calculus` 里的导数、偏导数和梯度；
**你得到** 切线与梯度的图，和两件亲手量过的事。

**You need** derivative, partial derivative and gradient from
:doc:`/preliminaries/calculus`; **you get** pictures of the tangent and of the
gradient, and two facts that were measured.
"""

import math

import matplotlib.pyplot as plt
import torch

from d2lnotes.plotting.plane import plot_contours, plot_vectors
from d2lnotes.results import record, record_all

# %%
# 切线 | The tangent
# ------------------
# 曲线是 :math:`f(x) = x^2`。过 :math:`(1, 1)` 和曲线上另一点的直线叫割线，
# 它的斜率是 :math:`(f(1 + h) - f(1))/h = 2 + h`。:math:`h` 缩小，
# 割线就转向斜率为 2 的切线。
#
# The curve is :math:`f(x) = x^2`. A line through :math:`(1, 1)` and another
# point of the curve is a secant; its slope is
# :math:`(f(1 + h) - f(1))/h = 2 + h`. As :math:`h` shrinks, the secants turn
# into the tangent, whose slope is 2.

functions = {  # name: (function, its derivative), at x = 1
    "$x^2$": (torch.square, 2.0),
    "$e^x$": (torch.exp, math.e),
    r"$x^3 - 1/x$": (lambda x: x**3 - 1 / x, 4.0),
}
steps = torch.logspace(-4, 0, 41, dtype=torch.double)


def line_error(function, slope, steps):
    """Return how far a line through the point at 1 misses the function."""
    one = steps.new_ones(())
    return (function(one + steps) - function(one) - slope * steps).abs()


def order(errors, steps):
    """Return the slope of the errors on log-log axes, for steps below 0.1."""
    small = steps < 0.1
    x, y = steps[small].log(), errors[small].log()
    return (
        ((x - x.mean()) * (y - y.mean())).sum() / (x - x.mean()).square().sum()
    ).item()


# %%
# ``draw_secants`` 画出抛物线、三条割线和切线。
#
# ``draw_secants`` draws the parabola, three secants and the tangent.


def draw_secants(ax):
    """Draw x², three secants through (1, 1), and the tangent there."""
    x = torch.linspace(0, 2.2, 200)
    ax.plot(x, x**2, color="0.2", lw=2.5, label="$x^2$")
    for h, style in [(1.0, ":"), (0.5, "-."), (0.2, "--")]:
        ax.axline((1, 1), slope=2 + h, color="C0", ls=style, lw=1.3)
        end = (1 + h, (1 + h) ** 2)
        ax.plot(*end, "o", color="C0")
        ax.annotate(f"$h = {h:g}$", end, (-48, 0), textcoords="offset points")
    ax.axline((1, 1), slope=2, color="C3", lw=2, label="切线 | tangent")
    ax.plot(1, 1, "o", color="C3", ms=8)
    ax.set(xlim=(0, 2.2), ylim=(-0.6, 4.6), xlabel="$x$", ylabel="$f(x)$")
    ax.legend(loc="upper left")


# %%
# 左图：三条割线和切线。右图：三个函数的切线误差，步长从 1 缩小到一万分之一；
# 灰线是对照，它也过同一点，斜率却错了百分之一。
#
# Left: three secants and the tangent. Right: the error of the tangent for
# three functions, with steps from 1 down to a ten-thousandth. The gray line is
# the control: it goes through the same point with a slope wrong by 1%.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
draw_secants(left)
orders = {}
for (name, (function, slope)), marker in zip(
    functions.items(), "os^", strict=True
):
    errors = line_error(function, slope, steps)
    orders[name] = order(errors, steps)
    right.loglog(steps, errors, marker, ms=4, label=name)
control = line_error(torch.square, 1.01 * 2.0, steps)
wrong = "$x^2$，斜率错 1% | $x^2$, slope off by 1%"
right.loglog(steps, control, "--", color="0.5", label=wrong)
right.set(
    xlabel="步长 $h$（无量纲） | step $h$ (dimensionless)",
    ylabel="直线的误差 | error of the line",
)
right.legend()
fig.set_label(
    "左：过同一点的三条割线逐渐转向切线；右：切线的误差在双对数坐标上"
    "沿斜率为 2 的直线下降，斜率错了百分之一的直线最后只按斜率 1 下降"
    " | Left: three secants through one point turn into the tangent. Right: on"
    " log-log axes the errors of tangents fall with slope 2, that of a line"
    " whose slope is off by 1% in the end only with slope 1"
)
plt.show()

# %%
# 曲面和它的梯度 | A surface and its gradient
# -------------------------------------------
# 曲面是 :math:`f(x_1, x_2) = x_1^2/4 + x_2^2`，点是 :math:`(2, 1)`，
# 那里的梯度是 :math:`(x_1/2,\ 2x_2) = (1, 2)`。
#
# The surface is :math:`f(x_1, x_2) = x_1^2/4 + x_2^2`, the point is
# :math:`(2, 1)`, and there the gradient is
# :math:`(x_1/2,\ 2x_2) = (1, 2)`.


def bowl(x):
    """Return the height of the surface over the points ``x``."""
    return x[..., 0] ** 2 / 4 + x[..., 1] ** 2


def bowl_gradient(x):
    """Return the gradient at the points ``x``, of their shape."""
    return torch.stack([x[..., 0] / 2, 2 * x[..., 1]], dim=-1)


point = torch.tensor([2.0, 1.0], dtype=torch.double)
gradient = bowl_gradient(point)

# %%
# ``draw_side`` 画出曲面，和从一点出发、顺着梯度的上坡路。
#
# ``draw_side`` draws the surface, and the way up from a point along the
# gradient.


def draw_side(point, gradient, ax):
    """Draw the bowl in 3D, a point, and the way up from it."""
    grid = torch.linspace(-3, 3, 41, dtype=torch.double)
    x_1, x_2 = torch.meshgrid(grid, grid / 1.5, indexing="xy")
    height = bowl(torch.stack([x_1, x_2], dim=-1)).numpy()
    ax.plot_surface(
        x_1.numpy(), x_2.numpy(), height, cmap="viridis", alpha=0.6
    )
    shares = torch.linspace(0, 1, 20).double()
    climb = point + 0.45 * torch.outer(shares, gradient)
    ax.plot(*climb.T, bowl(climb) + 0.05, color="C3", lw=3, zorder=5)
    ax.plot(*point, bowl(point) + 0.05, "o", color="C3", ms=8, zorder=5)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", zlabel="$f$")
    ax.view_init(elev=32, azim=-125)


# %%
# 左图从侧面看，右图从正上方看：每圈等高线上 :math:`f` 不变。
# 箭头是梯度，它与等高线垂直。
#
# On the left the surface from the side, on the right from above: along a
# contour line :math:`f` stays the same. The arrow is the gradient; it is at
# right angles to the contour line.

fig = plt.figure(figsize=(9.5, 4.2), layout="constrained")
draw_side(point, gradient, fig.add_subplot(1, 2, 1, projection="3d"))
above = fig.add_subplot(1, 2, 2)
plot_contours(
    bowl,
    x_range=(-3, 3.6),
    y_range=(-2, 3.2),
    levels=[0.25, 1, 2, 3, 4, 6, 8],
    ax=above,
)
arrows = torch.stack([gradient, -gradient])
plot_vectors(
    arrows,
    origins=point.expand_as(arrows),
    color=["C3", "C0"],
    ax=above,
    labels=[r"$\nabla f$", r"$-\nabla f$"],
)
above.plot(*point, "o", color="C3", ms=8)
above.plot(0, 0, "k*", ms=12)
above.set(xlabel="$x_1$", ylabel="$x_2$", xlim=(-3, 3.6), ylim=(-2, 3.4))
fig.set_label(
    "左：碗形曲面，一点和从它出发最陡的上坡路；右：同一曲面的等高线图，"
    "梯度与等高线垂直，负梯度并不指向星号标出的最低点"
    " | Left: a bowl with a point and the steepest way up from it. Right: the"
    " same surface as a contour map; the gradient is at right angles to the"
    " contour line, and its negative does not point at the minimum, the star"
)
plt.show()

# %%
# 720 个方向 | 720 directions
# ---------------------------
# 从同一点朝 720 个方向各走一小步，量出斜率。公式说斜率是
# :math:`\lVert\nabla f\rVert\cos\theta`，:math:`\theta`
# 是这个方向与梯度的夹角。再换 200 个随机的点，看最陡的方向离梯度多远。
#
# From the same point we take a small step in each of 720 directions and
# measure the slope. The formula says
# :math:`\lVert\nabla f\rVert\cos\theta`, where :math:`\theta` is the angle
# between this direction and the gradient. Then we try 200 random points and
# ask how far the steepest direction is from the gradient.

turns = torch.arange(720, dtype=torch.double) * torch.pi / 360
directions = torch.stack([turns.cos(), turns.sin()], dim=-1)  # (720, 2)


def slopes_around(point, directions, h=1e-5):
    """Return the slope of the bowl in each of the directions."""
    ahead, behind = point + h * directions, point - h * directions
    return (bowl(ahead) - bowl(behind)) / (2 * h)


slopes = slopes_around(point, directions)
generator = torch.Generator().manual_seed(0)
others = torch.randn(200, 2, generator=generator, dtype=torch.double)
misses = []
for other in others:
    steepest = directions[slopes_around(other, directions).argmax()]
    uphill = bowl_gradient(other)
    cosine = (steepest @ uphill / uphill.norm()).clamp(-1, 1)
    misses.append(cosine.acos().rad2deg().item())

# %%
# 点是测得的斜率，线是公式。虚线标出梯度的方向：那里最陡；
# 转 90 度，斜率是 0；转 180 度，下降最快。
#
# Dots are measured slopes, the line is the formula. The dashed line marks the
# direction of the gradient, which is the steepest. A quarter turn away the
# slope is 0, half a turn away the descent is fastest.

aim = math.degrees(math.atan2(gradient[1], gradient[0]))
formula = gradient.norm() * torch.cos(turns - math.radians(aim))
fig, ax = plt.subplots(figsize=(7, 3.8), layout="constrained")
degrees = turns.rad2deg()
label = r"$\Vert\nabla f\Vert\cos\theta$"
ax.plot(degrees, formula, color="0.3", label=label)
ax.plot(degrees[::24], slopes[::24], "o", label="测得 | measured")
ax.axvline(
    aim, color="C3", ls="--", label="梯度的方向 | direction of the gradient"
)
ax.axhline(0, color="0.7", lw=0.8)
ax.set(
    xlabel="方向（度，从 $x_1$ 轴量起） | direction (degrees from the $x_1$ axis)",
    ylabel="这个方向上的斜率 | slope in this direction",
    xticks=range(0, 361, 60),
)
ax.legend()
fig.set_label(
    "各个方向上的斜率随角度画出一条余弦曲线，最高处在梯度的方向上"
    " | The slopes in all directions draw a cosine over the angle, highest in"
    " the direction of the gradient"
)
plt.show()

# %%
# 断言 | The claims, asserted
# ---------------------------
# 三个函数的误差都按步长的平方缩小，对照不然；200
# 个点上，最陡的方向离梯度不超过半格（0.25 度）。
#
# For all three functions the error shrinks with the square of the step, for
# the control it does not. At all 200 points the steepest direction is the
# gradient to within half of our grid, 0.25 degrees.

small = steps < 1e-3
wrong_order = order(control[small], steps[small])
for name in functions:
    assert abs(orders[name] - 2) < 0.05
assert wrong_order < 1.1
torch.testing.assert_close(slopes, formula, rtol=0, atol=1e-8)
assert max(misses) < 0.26

record_all(
    "tangent_and_gradient",
    {
        "order": torch.tensor(list(orders.values())),
        "order_wrong_slope": wrong_order,
    },
    format=".2f",
)
record(
    "tangent_and_gradient.largest_miss",
    max(misses),
    unit="度 | degrees",
    over="200 个点，各 720 个方向 | 200 points, 720 directions each",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 换成对照里那条斜率错了百分之一的直线：步子多大时，它的误差从平方变成正比？
# 先算：误差是 :math:`|h^2 - 0.02h|`，两项相等时 :math:`h = 0.02`。
#
# Where does the error of the control change from a square to a proportion?
# Its error is :math:`|h^2 - 0.02h|`, and both terms are equal at
# :math:`h = 0.02`.

crossing = steps[control.argmin()].item()
print(f"smallest error near h = {crossing:.3f}")
assert 0.016 < crossing < 0.025
