r"""
权重只帮助错的模型 | Importance weights help a wrong model
==========================================================

训练用的点和使用时的点不在同一处。给每个训练点乘上 :math:`q(x)/p(x)`，
训练时的平均就变成使用时的平均。这样做有用吗？我们用一条直线和一条三次曲线
去学一个三次函数。直线学不了它，三次曲线学得了。

The points for training lie elsewhere than the points in use. Multiply each
training point by :math:`q(x)/p(x)`, and means over training become means over
use. Does that help? We fit a line and a cubic to a cubic function. The line
cannot represent it, the cubic can.

**你需要** :doc:`/generalization/distribution-shift` 里的重要性权重和
有效样本量；**你得到** 权重什么时候减小误差，什么时候增大误差。

**You need** importance weights and effective sample size from
:doc:`/generalization/distribution-shift`; **you get** when weights reduce the
error and when they raise it.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_sets = on(device, cpu=1000, cuda=5000)
num_points = 100
SOURCE = 0.5, 0.5  # mean and standard deviation of x in training

# %%
# 一个函数，两种分布 | One function, two distributions
# ----------------------------------------------------
# 真正的函数是 :math:`f(x) = x^3 - x`，观察值带有标准差为 0.3 的噪声。这是
# Shimodaira 2000 年的例子。训练时 :math:`x` 的均值是 0.5，标准差也是 0.5。
# 使用时均值是 0，标准差是 0.3。两处的函数相同，所以这是协变量偏移。
#
# The true function is :math:`f(x) = x^3 - x`, observed with noise of standard
# deviation 0.3. The example is Shimodaira's of 2000. In training :math:`x` has
# mean 0.5 and standard deviation 0.5. In use the mean is 0 and the standard
# deviation 0.3. The function is the same in both, so this is covariate shift.


def truth(x):
    """Return the function that is to be learned."""
    return x**3 - x


def log_density(x, mean, deviation):
    """Return the log density of a normal distribution, without its constant."""
    return (
        -0.5 * ((x - mean) / deviation) ** 2 - torch.as_tensor(deviation).log()
    )


def weights_of(x, target):
    """Return q(x) / p(x) for each point, the same shape as x."""
    return (log_density(x, *target) - log_density(x, *SOURCE)).exp()


def draw(num_sets, num_points, device):
    """Return many training sets: x and y of shape (num_sets, num_points)."""
    generator = torch.Generator().manual_seed(0)
    shape = num_sets, num_points
    x, noise = torch.randn(2, *shape, generator=generator, dtype=torch.double)
    x = SOURCE[0] + SOURCE[1] * x
    return x.to(device), (truth(x) + 0.3 * noise).to(device)


# %%
# 加权最小二乘 | Weighted least squares
# -------------------------------------
# 给每一行乘上权重的平方根，再做普通的最小二乘，就是加权的最小二乘。
# 误差是使用时的 :math:`(\hat{f}(x) - f(x))^2` 的平均，在网格上积分。
#
# Multiply each row by the root of its weight and solve ordinary least squares:
# that is weighted least squares. The error is the mean of
# :math:`(\hat{f}(x) - f(x))^2` in use, integrated on a grid.


def powers(x, degree):
    """Return the columns 1, x, ..., x to the degree: (*, degree + 1)."""
    return torch.stack([x**k for k in range(degree + 1)], dim=-1)


def fit(x, y, weights, degree):
    """Return the coefficients for each set: (num_sets, degree + 1)."""
    root = weights.sqrt()[..., None]
    columns = root * powers(x, degree)
    normal = columns.mT @ columns
    return torch.linalg.solve(normal, columns.mT @ (root * y[..., None]))[
        ..., 0
    ]


# %%
# 误差的积分，以及一次比较四种拟合：
#
# The integral of the error, and a comparison of four fits at once:


def error_in_use(coefficients, target):
    """Return the mean squared distance from the truth in use: (num_sets,)."""
    steps = torch.linspace(-5, 5, 1001).to(coefficients)
    share = log_density(steps, 0, 1).exp()
    grid = target[0] + target[1] * steps
    degree = coefficients.shape[-1] - 1
    gap = coefficients @ powers(grid, degree).mT - truth(grid)
    return (gap.square() * share).sum(dim=-1) / share.sum()


def compare(x, y, target):
    """Return the errors of four fits, by name, each (num_sets,)."""
    weights = weights_of(x, target)
    even = torch.ones_like(weights)
    return {
        (degree, name): error_in_use(fit(x, y, w, degree), target)
        for degree in (1, 3)
        for name, w in (("plain", even), ("weighted", weights))
    }


x, y = draw(num_sets, num_points, device)
near = 0.0, 0.3
errors = compare(x, y, near)
for (degree, name), error in errors.items():
    print(f"degree {degree}, {name:8}: {error.mean():.4f}")

# %%
# 一批数据 | One set of data
# --------------------------
# 点越大，权重越大。左边的直线被权重转了方向。右边的两条三次曲线几乎一样。
#
# The larger a dot, the larger its weight. On the left the weights turn the
# line around. On the right the two cubics are nearly the same.

grid = torch.linspace(-0.9, 1.7, 200, dtype=torch.double, device=device)
area = 4 + 25 * weights_of(x[0], near).cpu()
fig, axes = plt.subplots(
    1, 2, figsize=(9.5, 4.2), sharey=True, layout="constrained"
)
for ax, degree in zip(axes, (1, 3), strict=True):
    ax.axvspan(-0.6, 0.6, color="C2", alpha=0.15, lw=0)
    ax.scatter(x[0].cpu(), y[0].cpu(), s=area, c="0.55", lw=0)
    ax.plot(grid.cpu(), truth(grid).cpu(), "k:", lw=2)
    for color, w in (
        ("C0", torch.ones_like(x[:1])),
        ("C1", weights_of(x[:1], near)),
    ):
        line = powers(grid, degree) @ fit(x[:1], y[:1], w, degree)[0]
        ax.plot(grid.cpu(), line.cpu(), color, lw=3)
    ax.set(ylim=(-1.5, 2.8), xlabel="x")
axes[0].set(ylabel="y", title="直线 | a line")
axes[1].set(title="三次曲线 | a cubic")
axes[0].legend(
    [
        "使用时 x 的范围 | x in use",
        "训练点，面积是权重 | training points, area is weight",
        "真正的函数 | the truth",
        "不加权 | unweighted",
        "加权 | weighted",
    ],
    fontsize=8,
)
fig.set_label(
    "左：不加权的直线在使用的范围里向上，加权的向下，与真正的函数一致；"
    "右：两条三次曲线几乎重合"
    " | Left: in the range of use the unweighted line rises and the weighted one"
    " falls as the truth does; right: the two cubics nearly coincide"
)
plt.show()

# %%
# 偏移越远 | Farther and farther
# ------------------------------
# 把使用时的均值从 0.5 向左移。有效样本量是
# :math:`(\sum w)^2 / \sum w^2`，它在远处只剩下几个点。
#
# Move the mean in use to the left, from 0.5 on. The effective sample size is
# :math:`(\sum w)^2 / \sum w^2`, and far away only a few points are left.

means = torch.linspace(0.5, -1.0, 11).tolist()
runs = [compare(x, y, (mean, 0.3)) for mean in means]
sizes = []
for mean in means:
    w = weights_of(x, (mean, 0.3))
    sizes.append(w.sum(dim=1).square() / w.square().sum(dim=1))
sizes = torch.stack(sizes).cpu()

# %%
# 左图的纵轴是对数刻度，每个点是各批数据的中位数。
#
# On the left the vertical axis is logarithmic, and each point is the median
# over the data sets.

labels = {
    (1, "plain"): "直线 | line",
    (1, "weighted"): "直线，加权 | line, weighted",
    (3, "plain"): "三次曲线 | cubic",
    (3, "weighted"): "三次曲线，加权 | cubic, weighted",
}
fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), layout="constrained"
)
for (key, label), style in zip(
    labels.items(), ["C0o-", "C1o-", "C0s--", "C1s--"], strict=True
):
    medians = [run[key].median().item() for run in runs]
    left.semilogy(means, medians, style, label=label)
left.set(
    xlabel="使用时 x 的均值 | mean of x in use",
    ylabel="使用时的平方误差 | squared error in use",
)
left.legend(fontsize=8)
left.invert_xaxis()
right.semilogy(means, sizes.mean(dim=1), "C2o-")
right.axhline(num_points, color="0.6", lw=1)
right.set(
    xlabel="使用时 x 的均值 | mean of x in use",
    ylabel="有效样本量 | effective sample size",
)
right.invert_xaxis()
fig.set_label(
    "左：近处加权的直线好得多，三次曲线加权后更差；右：有效样本量随偏移迅速减小"
    " | Left: nearby the weighted line is far better and the weighted cubic"
    " worse; right: the effective sample size falls fast with the shift"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 近处：权重帮助直线，不帮助三次曲线。最远处的有效样本量不到四，
# 权重也不再帮助直线。
#
# Nearby the weights help the line and do not help the cubic. Farthest away the
# effective sample size is below four, and weights no longer help the line.

line, weighted_line = errors[1, "plain"], errors[1, "weighted"]
cubic, weighted_cubic = errors[3, "plain"], errors[3, "weighted"]
worse = (weighted_cubic > cubic).double().mean()
assert weighted_line.mean() < line.mean() / 10
assert weighted_cubic.mean() > 1.5 * cubic.mean()
assert worse > 0.5
assert cubic.mean() < weighted_line.mean()
assert sizes[-1].mean() < 4
assert runs[-1][1, "weighted"].median() > runs[-1][1, "plain"].median()
over = f"{num_sets} 批数据 | {num_sets} data sets"
record_all(
    "covariate_shift",
    {
        "line": line.cpu(),
        "line_weighted": weighted_line.cpu(),
        "cubic": (cubic.cpu(), ".4f"),
        "cubic_weighted": (weighted_cubic.cpu(), ".4f"),
        "size_farthest": (sizes[-1], ".1f"),
    },
    over=over,
)
near_size = weights_of(x, near)
near_size = near_size.sum(dim=1).square() / near_size.square().sum(dim=1)
record("covariate_shift.size", near_size.mean(), over=over, format=".0f")
record(
    "covariate_shift.cubic_worse",
    worse,
    unit="fraction",
    over=over,
    format=".2f",
)
for key, name in (((1, "weighted"), "line"), ((3, "weighted"), "cubic")):
    value = runs[-1][key].median()
    record(f"covariate_shift.{name}_farthest", value, over=over, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 使用时的均值是 −0.7 时，把大于 :math:`c` 的权重截断成 :math:`c`，
# :math:`c = 30, 3, 0.3, 0.03`。加权的三次曲线的误差怎样变？直线呢？先猜。
#
# With a mean of −0.7 in use, clip weights above :math:`c` to :math:`c`, for
# :math:`c = 30, 3, 0.3, 0.03`. What happens to the error of the weighted cubic,
# and to that of the line? Guess first.

far = -0.7, 0.3
middle = {1: [], 3: []}
for degree, errors_found in middle.items():
    for c in (30.0, 3.0, 0.3, 0.03):
        w = weights_of(x, far).clamp(max=c)
        found = error_in_use(fit(x, y, w, degree), far)
        errors_found.append(found.median().item())
    print(degree, [f"{error:.2f}" for error in errors_found])
assert middle[3] == sorted(middle[3], reverse=True)
assert middle[1] == sorted(middle[1])

# %%
# 三次曲线能表示真正的函数，没有偏差可以补救，所以截断只减小方差，误差变小。
# 直线需要大的权重来指向使用的地方，截断使偏差变大，误差也变大。
# 截断值不是越大越好，也不是越小越好，要看模型错得多厉害。
#
# The cubic can represent the truth and has no bias to mend. Clipping lowers its
# variance, and the error falls. The line needs the large weights, which point
# to where it is used. Clipping adds bias, and the error grows. So neither a
# large nor a small bound is best in general. It depends on how wrong the model
# is.
