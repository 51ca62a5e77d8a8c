r"""
梯度检验有最佳步长 | A gradient check has a best step size
==========================================================

怎样知道一个梯度写对了？可以拿有限差分去比。步长 :math:`h` 太大，差分离导数还远。
步长太小，舍入误差又把差分淹没。理论给出两种误差平衡的位置，这里量一量。
然后我们故意把一个梯度写错，看多小的错误还找得出来。

How do we know that a gradient is right? We can compare it with finite
differences. With a large step :math:`h` the difference is far from the
derivative. With a small step it drowns in rounding errors. Theory says where
the two errors balance, and we measure it. Then we make a gradient wrong on
purpose and see how small an error can be found.

**你需要** :doc:`/preliminaries/calculus` 里的导数和梯度，以及浮点数的有效位；
**你得到** 步长和容差的取法，以及检验梯度要用 float64 的理由。

**You need** derivative and gradient from :doc:`/preliminaries/calculus`, and
the significant bits of floating-point numbers; **you get** rules for the step
and for the tolerance, and the reason why gradients are checked in float64.
"""

from decimal import Decimal

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy, one_hot

from d2lnotes.gradients import difference_gradient
from d2lnotes.results import record, record_all

# %%
# 两种误差 | Two kinds of error
# -----------------------------
# 第一种误差来自差分本身。在中心差分里，泰勒展开的偶数项互相抵消，
# 留下的第一项与 :math:`h^2` 成正比。第二种误差来自舍入。
# 两个函数值各有舍入误差，最多是自身的 :math:`u` 倍，除以 :math:`2h` 就放大了。
# 这里 :math:`u` 是浮点类型的单位舍入，即机器精度的一半。合起来：
#
# The first error is that of the difference itself. In a central difference
# the even terms of the Taylor series cancel, and the first that stays is
# proportional to :math:`h^2`. The second error is rounding. Both values carry
# a rounding error of at most :math:`u` times themselves, and the division by
# :math:`2h` magnifies it. Here :math:`u` is the unit roundoff of the type,
# half its machine epsilon. Together:
#
# .. math::
#
#    \left| \frac{f(x+h) - f(x-h)}{2h} - f'(x) \right|
#    \lesssim \frac{h^2}{6} |f'''(x)| + \frac{u}{h} |f(x)|
#
# 令右边对 :math:`h` 的导数为 0，得 :math:`h^3 = 3u\,|f/f'''|`。
# 函数 :math:`f = e^x` 与自己的各阶导数相等，所以相对误差与 :math:`x` 无关，
# 最佳步长是 :math:`h^* = (3u)^{1/3}`。单侧差分的误差留着一阶项
# :math:`\tfrac h2 |f''|`，分母是 :math:`h`，所以最佳步长是 :math:`2\sqrt{u}`。
#
# Setting the derivative of the right-hand side to 0 gives
# :math:`h^3 = 3u\,|f/f'''|`. For :math:`f = e^x` all derivatives equal the
# function. So relative errors do not depend on :math:`x`, and the best step
# is :math:`h^* = (3u)^{1/3}`. A one-sided difference keeps the term
# :math:`\tfrac h2 |f''|` and divides by :math:`h`, so its best step is
# :math:`2\sqrt{u}`.

dtypes = {"float32": torch.float32, "float64": torch.float64}
roundoff = {name: torch.finfo(dtype).eps / 2 for name, dtype in dtypes.items()}
best_step = {name: (3 * u) ** (1 / 3) for name, u in roundoff.items()}

# %%
# 量一量 | Measured
# -----------------
# 我们在 500 个点上求差分，与用 28 位十进制数算出的真值比较，
# 取相对误差的均方根。:math:`x + h` 本身也有舍入，所以除数用实际走过的距离。
#
# We take differences at 500 points and compare with the truth, computed to 28
# decimal digits. We keep the root mean square of the relative errors. As
# :math:`x + h` is rounded, too, we divide by the distance really covered.


def central_difference(function, x, h):
    """Return the slope of ``function`` between ``x - h`` and ``x + h``."""
    right, left = x + h, x - h
    return (function(right) - function(left)) / (right - left)


def one_sided_difference(function, x, h):
    """Return the slope of ``function`` between ``x`` and ``x + h``."""
    right = x + h
    return (function(right) - function(x)) / (right - x)


def root_mean_square(derivative, exact):
    """Return the typical relative error over all points."""
    pairs = zip(derivative.tolist(), exact, strict=True)
    errors = [float(Decimal(slope) / truth - 1) for slope, truth in pairs]
    return torch.tensor(errors).square().mean().sqrt().item()


# %%
# 两种差分各用许多步长，自动求导没有步长，只求一次。结果都与真值比较。
#
# Both differences are taken with many steps. Autograd has no step and is run
# once. All results are compared with the truth.

points = torch.linspace(1, 2, 500, dtype=torch.float64)
steps = {
    "float32": torch.logspace(-6.5, 0, 80, dtype=torch.float64),
    "float64": torch.logspace(-12, 0, 120, dtype=torch.float64),
}
errors = {}
for name, dtype in dtypes.items():
    x = points.to(dtype)
    exact = [Decimal(point).exp() for point in x.tolist()]
    for method in (central_difference, one_sided_difference):
        errors[method, name] = [
            root_mean_square(method(torch.exp, x, h.item()), exact)
            for h in steps[name]
        ]
    x.requires_grad_()
    (derivative,) = torch.autograd.grad(x.exp().sum(), x)
    errors["autograd", name] = root_mean_square(derivative, exact)

# %%
# 虚线是上面的界，叉是预言的最佳步长。实测的误差沿着界变化：
# 右边是光滑的 :math:`h^2`，左边是凌乱的 :math:`1/h`。左边的点在界的下面，
# 因为舍入误差很少达到最坏的情形。最下面的点线是自动求导的误差。
#
# The dashed lines are the bound, and the crosses are the predicted best
# steps. The measured errors follow the bound: a smooth :math:`h^2` on the
# right, a ragged :math:`1/h` on the left. On the left they lie below the
# bound, because rounding is seldom at its worst. The dotted line at the
# bottom is the error of autograd.

fig, axes = plt.subplots(
    ncols=2, figsize=(9, 4), sharey=True, layout="constrained"
)
for ax, (name, u) in zip(axes, roundoff.items(), strict=True):
    h, best = steps[name], best_step[name]
    ax.loglog(h, errors[one_sided_difference, name], "s", ms=3, color="C1")
    ax.loglog(h, h / 2 + 2 * u / h, "--", color="C1", label="单侧 | one-sided")
    ax.loglog(h, errors[central_difference, name], "o", ms=3, color="C0")
    ax.loglog(h, h**2 / 6 + u / h, "--", color="C0", label="中心 | central")
    ax.plot(best, best**2 / 6 + u / best, "kx", ms=10, label=r"$(3u)^{1/3}$")
    ax.axhline(
        errors["autograd", name], c="C2", ls=":", label="自动求导 | autograd"
    )
    ax.set(title=name, xlabel="步长 $h$（无量纲） | step $h$ (dimensionless)")
axes[0].set_ylabel(
    "导数的相对误差（均方根） | relative error of the derivative (RMS)"
)
axes[0].legend()
fig.set_label(
    "两种差分的误差随步长先降后升，最低点在理论预言的位置；"
    "自动求导的误差小得多"
    " | The errors of both differences fall, then rise with the step, lowest"
    " where theory predicts; autograd's error is far smaller"
)
plt.show()

# %%
# 我们断言三件事。谷底很平，所以实测的最低点与预言的步长相差不超过 4 倍就算相符。
# 最小误差不超过预言的 2 倍。自动求导的误差不超过 :math:`2u`。
#
# We assert three things. The valley is flat, so the lowest measurement has to
# lie within a factor of 4 of the predicted step. Its error is at most twice
# the predicted one. The error of autograd is at most :math:`2u`.

for name, u in roundoff.items():
    measured = torch.tensor(errors[central_difference, name])
    lowest = measured.argmin()
    best = best_step[name]
    assert best / 4 < steps[name][lowest] < 4 * best
    assert measured[lowest] < 2 * (best**2 / 6 + u / best)
    assert errors["autograd", name] < 2 * u
    # at a hundredth of the best step rounding dominates, and costs dearly
    nearest = (steps[name].log() - torch.tensor(best / 100).log()).abs()
    assert measured[nearest.argmin()] > 5 * measured[lowest]
    record(f"gradient_check.best_step_{name}", best, format=".1e")
    record_all(
        "gradient_check",
        {
            f"central_error_{name}": measured[lowest],
            f"autograd_error_{name}": errors["autograd", name],
        },
        over="500 个点的均方根 | root mean square of 500 points",
        format=".0e",
    )

# %%
# 种下一个错误 | A planted mistake
# --------------------------------
# 现在检验一个手写的梯度，它来自一个真正用于分类的模型：
# :math:`\mathbf{X}^\top(\hat{\mathbf{Y}} - \mathbf{Y})/n`。
# 这里 :math:`\mathbf{X}` 是 :math:`n` 行输入，:math:`\hat{\mathbf{Y}}`
# 是预测的概率，:math:`\mathbf{Y}` 在真正的类别处是 1，别处是 0。
# 这个式子的推导见 :doc:`/linear-models/softmax-regression`，这里用不着。
# 我们只要一个写错了也不显眼的梯度。
#
# Now we check a gradient written by hand, that of a model really used for
# classification:
# :math:`\mathbf{X}^\top(\hat{\mathbf{Y}} - \mathbf{Y})/n`. Here
# :math:`\mathbf{X}` has :math:`n` rows of inputs, :math:`\hat{\mathbf{Y}}`
# holds the predicted probabilities, and :math:`\mathbf{Y}` is 1 for the true
# class and 0 elsewhere. :doc:`/linear-models/softmax-regression` derives the
# formula, which is not needed here. We only want a gradient in which a mistake
# is hard to see.
#
# 我们把**一个**分量乘以 :math:`1 + \delta`，再检验整个梯度。
# 检验看的是差的范数与梯度的范数之比。参数有 :math:`20 \times 5` 个，
# 每个挪动两次，一共算 200 次损失，由 ``difference_gradient`` 来做。
# 步长取 :math:`u^{1/3}`，因为对一般的函数，我们不知道 :math:`f/f'''`。
#
# We multiply **one** component by :math:`1 + \delta` and check the whole
# gradient. The check looks at the norm of the difference relative to that of
# the gradient. Each of the :math:`20 \times 5` parameters is moved twice,
# which takes 200 losses and is left to ``difference_gradient``. The step is
# :math:`u^{1/3}`, because for a general function we do not know
# :math:`f/f'''`.

generator = torch.Generator().manual_seed(0)
inputs = torch.randn(40, 20, generator=generator, dtype=torch.float64)
labels = torch.randint(5, (40,), generator=generator)
weights = torch.randn(20, 5, generator=generator, dtype=torch.float64)
MISTAKEN_PLACE = (3, 1)


def gradient_by_hand(weights, inputs, labels, delta):
    """Return the gradient of the loss, one component off by ``delta``."""
    probabilities = (inputs @ weights).softmax(dim=1)
    truth = one_hot(labels, 5).to(inputs.dtype)
    gradient = inputs.T @ (probabilities - truth) / len(inputs)
    gradient[MISTAKEN_PLACE] *= 1 + delta
    return gradient


deltas = torch.logspace(-9, 0, 19, dtype=torch.float64).tolist()
numeric, discrepancy = {}, {}
for name, dtype in dtypes.items():
    at, data = weights.to(dtype), inputs.to(dtype)
    numeric[name] = difference_gradient(
        lambda moved, data=data: cross_entropy(data @ moved, labels),
        at,
        step=roundoff[name] ** (1 / 3),
    )
    by_hand = torch.stack(
        [gradient_by_hand(at, data, labels, delta) for delta in [0.0, *deltas]]
    )
    apart = (by_hand - numeric[name]).norm(dim=(1, 2))
    discrepancy[name] = apart / numeric[name].norm()

# %%
# 梯度正确时也测得出差异，那是检验自己的误差，即图中的横线。
# 比横线大的错误看得见，比横线小的错误看不见。
# float32 的横线高出几个数量级。
#
# A right gradient shows a discrepancy as well. It is the error of the check
# itself, drawn as a horizontal line. A mistake above the line is seen, a
# mistake below is hidden. The line of float32 is higher by orders of
# magnitude.

fig, ax = plt.subplots(layout="constrained")
for (name, found), marker in zip(discrepancy.items(), "so", strict=True):
    (line,) = ax.loglog(deltas, found[1:], marker + "-", label=name)
    ax.axhline(found[0], color=line.get_color(), linestyle=":")
for name, side in [("float32", "bottom"), ("float64", "top")]:
    label = f"正确的梯度，{name} | right gradient, {name}"
    ax.text(1e-9, discrepancy[name][0], label, verticalalignment=side)
ax.set(
    xlabel=r"在 100 个分量之一种下的相对误差 $\delta$"
    r" | planted relative error $\delta$ of one component of 100",
    ylabel="检验得到的差异（相对范数） | discrepancy found (relative norm)",
)
ax.legend()
fig.set_label(
    "检验得到的差异随种下的错误增长，小到检验自身误差以下就看不见；"
    "float64 看得见小得多的错误 | The discrepancy grows with the planted"
    " error and bottoms out at the check's own error; float64 sees far"
    " smaller errors"
)
plt.show()

# %%
# 差异超过横线的 3 倍，就算找到了错误。再看各个分量的差，
# 就知道是哪一个分量写错了。
#
# We call a mistake found when the discrepancy exceeds three times the
# horizontal line. The differences of the single components then tell which of
# them is wrong.

smallest = {}
for name, found in discrepancy.items():
    seen = found[1:] > 3 * found[0]
    smallest[name] = least = deltas[-seen.sum()]
    assert seen[-seen.sum() :].all()  # nothing larger is missed
    record(f"gradient_check.smallest_found_{name}", least, format=".0e")

assert discrepancy["float64"][0] < 1e-7
assert smallest["float64"] < 1e-3 * smallest["float32"]

wrong = gradient_by_hand(weights, inputs, labels, delta=1e-4)
blamed = (wrong - numeric["float64"]).abs().argmax()
assert divmod(blamed.item(), 5) == MISTAKEN_PLACE

# %%
# 现成的工具 | The tool that exists
# ---------------------------------
# torch 自带 ``torch.autograd.gradcheck``，用来检验自己写的 ``backward``。
# 输入要用 float64，步长默认是 :math:`10^{-6}`。下面的平方函数，
# ``backward`` 里漏了系数 2，检验没有通过。
#
# torch comes with ``torch.autograd.gradcheck``, which checks a ``backward`` of
# one's own. Inputs should be in float64, and the step is :math:`10^{-6}` by
# default. The square below lacks the factor 2 in its ``backward`` and fails
# the check.


class Square(torch.autograd.Function):
    """The square, with a mistake in its derivative."""

    @staticmethod
    def forward(ctx, x):
        """Return the square and keep what its derivative needs."""
        ctx.save_for_backward(x)
        return x**2

    @staticmethod
    def backward(ctx, upstream):
        """Return the derivative of the output with respect to ``x``."""
        (x,) = ctx.saved_tensors
        return upstream * x  # should be 2 x


x = torch.tensor([0.5, 3.0], dtype=torch.float64, requires_grad=True)
assert torch.autograd.gradcheck(torch.square, x)
assert not torch.autograd.gradcheck(Square.apply, x, raise_exception=False)

# %%
# 练习 | Exercise
# ---------------
# 设 :math:`D(h)` 是中心差分。用 :math:`D(h)` 和 :math:`D(2h)` 作一个组合，
# 使误差里的 :math:`h^2` 项消去。它的最佳步长是多少？
# 在 float64 里，最小的误差降低到几分之一？先推导，再量。
#
# Let :math:`D(h)` be the central difference. Combine :math:`D(h)` and
# :math:`D(2h)` so that the term in :math:`h^2` of the error cancels. Which step
# is best for it? By which factor does the smallest error fall in float64? Work
# it out first, then measure.

h = (45 / 4 * roundoff["float64"]) ** (1 / 5)
near, far = (central_difference(torch.exp, points, s) for s in (h, 2 * h))
error = root_mean_square((4 * near - far) / 3, exact)
print(f"step {h:.0e}, error {error:.0e}")
assert error < min(errors[central_difference, "float64"]) / 10

# %%
# 由泰勒展开，
# :math:`D(h) = f' + \tfrac{h^2}{6} f''' + \tfrac{h^4}{120} f^{(5)} + \dots`，
# 所以 :math:`\tfrac13 \bigl(4 D(h) - D(2h)\bigr)` 没有 :math:`h^2` 项，
# 留下的误差是 :math:`\tfrac{h^4}{30} |f^{(5)}|`。
# 舍入误差至多是 :math:`\tfrac13 (4 + \tfrac12) \tfrac{u}{h} |f|`。
# 对 :math:`e^x`，令两项之和的导数为 0，得 :math:`h^5 = \tfrac{45}{4} u`。
# 最小的误差不到原来的十分之一。
#
# By Taylor's series,
# :math:`D(h) = f' + \tfrac{h^2}{6} f''' + \tfrac{h^4}{120} f^{(5)} + \dots`,
# so :math:`\tfrac13 \bigl(4 D(h) - D(2h)\bigr)` has no term in :math:`h^2`. It
# leaves an error of :math:`\tfrac{h^4}{30} |f^{(5)}|`. Rounding adds at most
# :math:`\tfrac13 (4 + \tfrac12) \tfrac{u}{h} |f|`. For :math:`e^x` the
# derivative of the sum of both is 0 at :math:`h^5 = \tfrac{45}{4} u`. The
# smallest error is less than a tenth of what it was.
