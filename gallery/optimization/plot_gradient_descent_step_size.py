r"""
学习率过了 2/L，梯度下降就发散 | Gradient descent diverges beyond 2/L
=====================================================================

在二次函数上，每走一步，离最小点的距离沿曲率为 :math:`\lambda`
的方向乘以 :math:`1 - \eta\lambda`，:math:`\eta` 是学习率。
它的绝对值要小于 1，所以最大的曲率 :math:`L` 定下了界限：
:math:`\eta < 2/L`；而走得多快，由最小的曲率说了算。
我们在随机的二次函数上找出真正的界限，与特征值比较。

On a quadratic function each step multiplies the distance from the minimum,
along a direction of curvature :math:`\lambda`, by :math:`1 - \eta\lambda`,
where :math:`\eta` is the learning rate. This has to be smaller than 1 in
size, so the largest curvature :math:`L` sets the limit,
:math:`\eta < 2/L`, while the smallest decides about the speed. We find the
true limit on random quadratics and compare it with their eigenvalues.

**你需要** 梯度和特征值；**你得到** 学习率的硬界限，
和“病态”为什么慢。自己走几步：:doc:`/reference/explorables`。

**You need** gradients and eigenvalues; **you get** the hard limit of the
learning rate, and why ill-conditioned problems are slow. To take the steps
yourself: :doc:`/reference/explorables`.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record

generator = torch.Generator().manual_seed(0)

# %%
# 狭谷里的三种步子 | Three strides in a narrow valley
# ---------------------------------------------------
# :math:`f(x, y) = \tfrac12(x^2 + 10y^2)` 的曲率是 1 和 :math:`L = 10`，
# 界限是 :math:`2/L = 0.2`。对每个学习率走 40 步，量每步平均乘了多少，
# 与理论 :math:`\max(|1 - \eta|, |1 - 10\eta|)` 比较。
#
# The curvatures of :math:`f(x, y) = \tfrac12(x^2 + 10y^2)` are 1 and
# :math:`L = 10`, the limit is :math:`2/L = 0.2`. For each learning rate we
# take 40 steps, measure by how much each step multiplies the distance, and
# compare with theory, :math:`\max(|1 - \eta|, |1 - 10\eta|)`.

curvatures = torch.tensor([1.0, 10.0], dtype=torch.float64)


def descend(curvatures, rate, num_steps=40, momentum=0.0):
    """Return the points visited by torch's SGD, the start first."""
    point = torch.tensor([1.8, 0.8], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([point], lr=rate, momentum=momentum)
    path = [point.detach().clone()]
    for _ in range(num_steps):
        loss = (curvatures * point.square()).sum() / 2
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        path.append(point.detach().clone())
    return torch.stack(path)  # (steps + 1, 2)


rates = torch.linspace(0.01, 0.215, 42, dtype=torch.float64)
distances = torch.stack(
    [descend(curvatures, r).norm(dim=1) for r in rates.tolist()]
)
# The second half, when the slower direction has taken over.
measured = (distances[:, 40] / distances[:, 20]) ** (1 / 20)
predicted = (1 - rates[:, None] * curvatures).abs().max(dim=1).values

# %%
# 左图是三种学习率走的 12 步；右图是量出来的因子，和理论的折线。
#
# On the left the 12 steps of three learning rates; on the right the factors
# measured, and theory as a bent line.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
x, y = torch.meshgrid(
    torch.linspace(-2, 2, 81), torch.linspace(-1, 1, 81), indexing="xy"
)
left.contour(x, y, (x**2 + 10 * y**2) / 2, levels=8, colors="0.75")
for rate, style in [(0.03, "C0o-"), (0.17, "C1s--"), (0.205, "C2^:")]:
    path = descend(curvatures, rate, 12)
    left.plot(*path.T, style, ms=4, lw=1, label=rf"$\eta = {rate}$")
left.set(xlabel="$x$", ylabel="$y$", xlim=(-2, 2), ylim=(-1.2, 1.2))
left.legend()
right.axvline(0.2, color="0.4", ls=":", label="$2/L$")
right.axhline(1, color="0.8", lw=0.8)
right.plot(rates, predicted, "k-", label="理论 | theory")
right.plot(rates, measured, "o", mfc="none", label="实测 | measured")
right.set(
    xlabel=r"学习率 $\eta$（无量纲） | learning rate $\eta$ (dimensionless)",
    ylabel="每步的因子（无量纲） | factor per step (dimensionless)",
)
right.legend()
fig.set_label(
    "左：狭谷里三种学习率的路线，小的慢慢爬，大的来回跳，"
    "过界的越跳越远；右：每步的因子，过了 2/L 就大于 1"
    " | Left: three learning rates in a narrow valley, the small one creeps,"
    " the large one zigzags, the one beyond the limit leaves; right: the"
    " factor per step, above 1 beyond 2/L"
)
plt.show()

# %%
# 最快的学习率让两个方向一样慢：:math:`\eta = 2/(L + 1)`，因子是
# :math:`(L-1)/(L+1)`。曲率相差十倍，每步至多缩到 0.818；
# 相差一万倍，就只有 0.9998 了。这就是“病态”。
#
# The fastest rate makes both directions equally slow:
# :math:`\eta = 2/(L + 1)`, with the factor :math:`(L-1)/(L+1)`. For
# curvatures ten times apart no step gets below 0.818; for ten thousand times
# it is 0.9998. This is what ill-conditioned means.

fastest = rates[measured.argmin()].item()
print(f"fastest measured {fastest:.3f}, predicted {2 / 11:.3f}")

# %%
# 随机的二次函数 | Random quadratics
# ----------------------------------
# 五维空间里 200 个随机的正定矩阵 :math:`A`，
# :math:`f(\mathbf{x}) = \tfrac12\mathbf{x}^\top A\mathbf{x}`。
# 不看特征值，只看走 400 步之后距离还长不长，用二分法找界限。
#
# Take 200 random positive definite matrices :math:`A` in five dimensions and
# :math:`f(\mathbf{x}) = \tfrac12\mathbf{x}^\top A\mathbf{x}`. Without a look
# at eigenvalues we bisect for the limit, asking only whether after 400 steps
# the distance still grows.

factors = torch.randn(200, 5, 7, generator=generator, dtype=torch.float64)
hessians = factors @ factors.mT / 7  # (200, 5, 5)
start = torch.randn(200, 5, 1, generator=generator, dtype=torch.float64)


def grows(hessians, start, rate):
    """Return for each matrix whether the last of 400 steps led away."""
    point = start
    for _ in range(400):
        before = point
        point = point - rate[:, None, None] * (hessians @ point)
        point = point / before.norm(dim=1, keepdim=True)  # no overflow
        before = before / before.norm(dim=1, keepdim=True)
    return point.norm(dim=1)[:, 0] > before.norm(dim=1)[:, 0]


low = torch.zeros(200, dtype=torch.float64)
high = torch.full((200,), 10.0, dtype=torch.float64)
for _ in range(20):
    middle = (low + high) / 2
    too_large = grows(hessians, start, middle)
    low = torch.where(too_large, low, middle)
    high = torch.where(too_large, middle, high)
limits = (low + high) / 2
theory = 2 / torch.linalg.eigvalsh(hessians)[:, -1]

# %%
# 找完了才去求特征值，画在横轴上。
#
# Only now that the limits are found do we compute the eigenvalues, for the
# horizontal axis.

fig, ax = plt.subplots(layout="constrained")
ax.plot(theory, limits, ".", label="一个随机二次函数 | one random quadratic")
ends = [theory.min(), theory.max()]
ax.plot(ends, ends, "k--", label="理论 | theory")
ax.set(
    xscale="log",
    yscale="log",
    xlabel="由特征值得到的 $2/L$（无量纲）"
    " | $2/L$ from the eigenvalues (dimensionless)",
    ylabel="还能收敛的最大学习率（无量纲）"
    " | largest learning rate that works (dimensionless)",
)
ax.legend()
fig.set_label(
    "200 个随机二次函数：找到的界限落在 2/L 这条线上"
    " | 200 random quadratics: the limits found lie on the line 2/L"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 每步的因子相差不到 2%，随机二次函数的界限相差不到 1%。
#
# The factors per step agree within 2%, the limits of random quadratics
# within 1%.

torch.testing.assert_close(measured, predicted, rtol=0.02, atol=0)
assert abs(fastest - 2 / 11) < 0.006  # the spacing of the rates
torch.testing.assert_close(limits, theory, rtol=0.01, atol=0)

record(
    "gradient_descent_step_size.limit_error",
    (limits / theory - 1).abs().max(),
    over="200 个随机二次函数里最差的 | the worst of 200 random quadratics",
    format=".1e",
)
record(
    "gradient_descent_step_size.fastest_factor",
    measured.min(),
    over="42 个学习率里最好的 | the best of 42 learning rates",
)

# %%
# 练习 | Exercise
# ---------------
# 给 SGD 加上 ``momentum=0.5``，狭谷的界限会变大还是变小？先猜，再往下看。
# 动量的规则是 :math:`\mathbf{v} \leftarrow \beta\mathbf{v} + \nabla f`，
# :math:`\mathbf{x} \leftarrow \mathbf{x} - \eta\mathbf{v}`，
# :math:`\beta` 是动量系数。
#
# Give SGD ``momentum=0.5``. Does the limit of the valley become larger or
# smaller? Guess, then read on. The rule with momentum is
# :math:`\mathbf{v} \leftarrow \beta\mathbf{v} + \nabla f`,
# :math:`\mathbf{x} \leftarrow \mathbf{x} - \eta\mathbf{v}`, where
# :math:`\beta` is the momentum coefficient.

low, high = 0.1, 0.5
for _ in range(12):
    middle = (low + high) / 2
    distance = descend(curvatures, middle, 200, momentum=0.5).norm(dim=1)
    if distance[-1] > distance[0]:
        high = middle
    else:
        low = middle
print(f"with momentum the limit is {middle:.3f}, without it 0.2")
torch.testing.assert_close(middle, 2 * (1 + 0.5) / 10, rtol=0.01, atol=0)

# %%
# 变大，成了 1.5 倍。越界是因为在最陡的方向来回跳，每次跳过头；那里前后两步的梯度
# 一正一负，动量把它们加在一起，抵消一部分，步子就短了。算出来也是这样：
# 沿曲率为 :math:`\lambda` 的方向消去 :math:`v`，得到
# :math:`x_{t+1} = (1 + \beta - \eta\lambda)\,x_t - \beta x_{t-1}`。
# 来回跳而不缩小，就是 :math:`x_t` 每步变号：代入
# :math:`x_t = (-1)^t`，得 :math:`\eta\lambda = 2(1 + \beta)`。
# 所以界限是 :math:`2(1+\beta)/L`，这里是 :math:`0.3`。
#
# Larger, by half. Beyond the limit the point leaps back and forth along the
# steepest direction, too far each time; successive gradients there have
# opposite signs, momentum adds them up, and as they partly cancel, the steps
# get shorter. The calculation agrees: along a direction of curvature
# :math:`\lambda`, with :math:`v` eliminated,
# :math:`x_{t+1} = (1 + \beta - \eta\lambda)\,x_t - \beta x_{t-1}`. To leap
# back and forth without shrinking is to change sign at every step: put in
# :math:`x_t = (-1)^t` and find :math:`\eta\lambda = 2(1 + \beta)`. So the
# limit is :math:`2(1+\beta)/L`, here :math:`0.3`.
