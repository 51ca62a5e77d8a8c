r"""
每个参数把误差的差距拉大 2σ²/n | Each parameter widens the gap by 2σ²/n
=======================================================================

用 :math:`n` 个带噪声的点拟合一个有 :math:`p` 个参数的多项式。
训练误差随 :math:`p` 一路下降，最后降到 0；在同样的位置上另测一批数，
误差先降后升。理论把两者的差距说得一清二楚：平均起来正好是
:math:`2\sigma^2 p/n`，:math:`\sigma` 是噪声的标准差，与函数无关。

Fit a polynomial of :math:`p` parameters to :math:`n` noisy points. The
training error falls with :math:`p`, down to 0; the error on fresh
measurements at the same places falls, then rises. Theory is exact about the
gap between them: on average it is :math:`2\sigma^2 p/n`, with
:math:`\sigma` the standard deviation of the noise, whatever the function.

**你需要** 最小二乘和方差；**你得到** 过拟合的一条定量的规律，
以及它为什么只是下限。自己换次数试试：:doc:`/reference/explorables`。

**You need** least squares and variances; **you get** a quantitative law of
overfitting, and why it is only a lower limit. To turn the degree yourself:
:doc:`/reference/explorables`.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch.special import chebyshev_polynomial_t

from d2lnotes.results import record

generator = torch.Generator().manual_seed(0)

# %%
# 理论 | Theory
# -------------
# :math:`n` 个点固定不动，:math:`\mathbf{f}` 是真正的函数在这些点上的值，
# 观测是 :math:`\mathbf{y} = \mathbf{f} + \boldsymbol{\epsilon}`。
# 最小二乘把 :math:`\mathbf{y}` 投影到 :math:`p` 维的子空间上，投影记作
# :math:`H`。噪声有 :math:`p` 个分量留在子空间里，
# 拟合把它们当成信号学了去：训练时省下这一份，换一批噪声就要赔一份。
#
# The :math:`n` places stay fixed, :math:`\mathbf{f}` is the true function at
# them, and we observe :math:`\mathbf{y} = \mathbf{f} + \boldsymbol{\epsilon}`.
# Least squares projects :math:`\mathbf{y}` onto a space of dimension
# :math:`p`; call the projection :math:`H`. Of the noise :math:`p` components
# lie in that space, and the fit learns them as if they were signal: training
# saves this share, fresh noise has to pay for it.
#
# .. math::
#
#    E_\mathrm{train} = \tfrac1n \lVert (I - H)\mathbf{f} \rVert^2
#    + \sigma^2 \Bigl(1 - \frac pn\Bigr), \qquad
#    E_\mathrm{fresh} = \tfrac1n \lVert (I - H)\mathbf{f} \rVert^2
#    + \sigma^2 \Bigl(1 + \frac pn\Bigr)

n, sigma = 16, 0.3
x = 2 * (torch.arange(n, dtype=torch.float64) + 0.5) / n - 1  # in [-1, 1]
truth = torch.sin(math.pi * x)
degrees = range(n)


def basis(places, degree):
    """Return Chebyshev polynomials 0 to ``degree``: well conditioned."""
    orders = torch.arange(degree + 1)
    return chebyshev_polynomial_t(places[:, None], orders)  # (places, p)


def projection(places, degree):
    """Return H for polynomials up to ``degree``."""
    q = torch.linalg.qr(basis(places, degree)).Q
    return q @ q.T  # (n, n)


parameters = torch.arange(1, n + 1, dtype=torch.float64)
projections = torch.stack([projection(x, degree) for degree in degrees])
missed = (truth - projections @ truth).square().mean(dim=-1)
train_theory = missed + sigma**2 * (1 - parameters / n)
fresh_theory = missed + sigma**2 * (1 + parameters / n)

# %%
# 测量 | Measured
# ---------------
# 造两万批观测，每批都拟合 16 个次数。新的观测有两种：在同样的 16
# 个位置上，和在 :math:`[-1, 1]` 里随便挑的位置上。理论管的是前一种。
#
# We make twenty thousand sets of observations and fit all 16 degrees to each.
# Fresh observations are of two kinds: at the same 16 places, and at places
# picked at random in :math:`[-1, 1]`. Theory covers the first kind.

num_sets = 20_000
noise = torch.randn(
    2, n, num_sets, generator=generator, dtype=torch.float64
).mul(sigma)
observed, fresh = truth[:, None] + noise  # (n, num_sets) each
fits = projections @ observed  # (degrees, n, num_sets)
train_error = (observed - fits).square().mean(dim=(1, 2))
fresh_error = (fresh - fits).square().mean(dim=(1, 2))

anywhere = torch.rand(2000, generator=generator, dtype=torch.float64) * 2 - 1
anywhere_error = []
for degree in degrees:
    weights = torch.linalg.lstsq(basis(x, degree), observed[:, :500]).solution
    wrong = basis(anywhere, degree) @ weights
    wrong -= torch.sin(math.pi * anywhere)[:, None]
    anywhere_error.append(wrong.square().mean() + sigma**2)

# %%
# 左图是一批观测和三个次数：1 次太硬，15 次穿过每个点。右图的点落在线上。
# 三角形跑得更高：在两个点之间、尤其靠近两端，高次多项式想怎么摆就怎么摆。
# 所以 :math:`2\sigma^2 p/n` 只是过拟合的下限。
#
# On the left one set and three degrees: 1 is too stiff, 15 goes through every
# point. On the right the dots lie on the lines. The triangles run higher:
# between the points, and most of all near the ends, a polynomial of high
# degree swings as it likes. So :math:`2\sigma^2 p/n` is a lower limit.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
places = torch.linspace(-1, 1, 400, dtype=torch.float64)
left.plot(places, torch.sin(math.pi * places), "k:", label="真函数 | truth")
left.plot(x, observed[:, 0], "ko", mfc="none", label="观测 | observed")
for degree, style in [(1, "--"), (3, "-"), (15, "-.")]:
    weights = torch.linalg.lstsq(basis(x, degree), observed[:, :1]).solution
    left.plot(
        places, basis(places, degree) @ weights, style, label=f"{degree}"
    )
left.set(xlabel="$x$", ylabel="$y$", ylim=(-2, 2))
left.legend(ncols=2, title="次数 | degree")

right.plot(degrees, train_theory, "C0-", label="训练，理论 | training, theory")
right.plot(degrees, train_error, "C0o", mfc="none", label="训练 | training")
label = "原来的位置，理论 | same places, theory"
right.plot(degrees, fresh_theory, "C1--", label=label)
label = "原来的位置 | same places"
right.plot(degrees, fresh_error, "C1s", mfc="none", label=label)
label = "任意位置 | any place"
right.plot(degrees, anywhere_error, "C2^", mfc="none", label=label)
right.set(xlabel="次数 | degree", ylabel="均方误差 | mean squared error")
right.set_yscale("log")
right.set_ylim(0.004, 3)
right.legend()
fig.set_label(
    "左：1 次、3 次和 15 次多项式拟合 16 个点；右：训练误差随次数下降，"
    "新观测的误差先降后升"
    " | Left: polynomials of degree 1, 3 and 15 fitted to 16 points; right:"
    " training error falls with the degree, that on fresh data falls and"
    " rises"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 两条线都对得上，差距也就对得上；训练误差从不上升，15 次时降到 0；
# 留出误差最小的次数在中间。
#
# Both lines fit, hence so does the gap; the training error never rises and
# ends at 0; the error on fresh data is least in between.

torch.testing.assert_close(train_error, train_theory, rtol=0.05, atol=1e-12)
torch.testing.assert_close(fresh_error, fresh_theory, rtol=0.05, atol=0)
gap = (fresh_error - train_error) / parameters
expected = torch.full_like(gap, 2 * sigma**2 / n)
torch.testing.assert_close(gap, expected, rtol=0.05, atol=0)
assert (train_error.diff() < 0).all()
assert train_error[-1] < 1e-12
best = int(fresh_error.argmin())
assert 0 < best < n - 1
assert torch.stack(anywhere_error)[-1] > 2 * fresh_error[-1]

record("polynomial_overfitting.best_degree", best, format=".0f")
record(
    "polynomial_overfitting.gap_per_parameter",
    gap.mean(),
    over="16 个次数、20000 批观测 | 16 degrees, 20,000 sets of observations",
    format=".4f",
)

# %%
# 练习 | Exercise
# ---------------
# 把点从 16 个加到 160 个，最合适的次数会怎样变，15 次的差距又剩多少？
# 先用公式想一想，再往下看。
#
# Use 160 points instead of 16. How does the best degree change, and what is
# left of the gap at degree 15? Think with the formula first, then read on.

more = 160
places = 2 * (torch.arange(more, dtype=torch.float64) + 0.5) / more - 1
wave = torch.sin(math.pi * places)
# The first p columns of q span the polynomials up to degree p - 1.
q = torch.linalg.qr(basis(places, n - 1)).Q  # (160, 16)
reached = (q.T @ wave).square().cumsum(dim=0)
missed = (wave.square().sum() - reached) / more
theory = missed + sigma**2 * (1 + parameters / more)

observed, fresh = wave[:, None] + sigma * torch.randn(
    2, more, 2000, generator=generator, dtype=torch.float64
)  # (160, 2000) each
trained, renewed = [], []
for columns in range(1, n + 1):
    fit = q[:, :columns] @ (q[:, :columns].T @ observed)
    trained.append((observed - fit).square().mean())
    renewed.append((fresh - fit).square().mean())
gap_at_15 = (renewed[-1] - trained[-1]).item()
best_of_more = int(torch.stack(renewed).argmin())
print(f"best degree {best_of_more}, gap at degree 15: {gap_at_15:.4f}")

assert best_of_more == int(theory.argmin()) > best
torch.testing.assert_close(
    gap_at_15, 2 * sigma**2 * 16 / more, rtol=0.1, atol=0
)

# %%
# 差距 :math:`2\sigma^2 p/n` 里 :math:`n` 变成十倍，差距就只剩十分之一。
# 每个参数要付的噪声便宜了，多要几个参数才划算：从 3 次到 5 次，系统误差
# （公式里的第一项）少了 0.0037；两个参数在 16 个点上要多付
# :math:`2\times 0.09/16=0.011`，不值；在 160 个点上只多付 0.0011，值了。
# 再往上已没有系统误差可减。所以“最合适的复杂度”不是问题自己的性质，
# 它随数据量上升。
#
# In the gap :math:`2\sigma^2 p/n` the number of points is tenfold, so a tenth
# of it is left. Noise per parameter has become cheap and it pays to have more
# of them: from degree 3 to degree 5 the systematic error (the first term of
# the formula) falls by 0.0037; two more parameters cost
# :math:`2\times 0.09/16=0.011` on 16 points, which is too much, but only 0.0011
# on 160. Further up there is no systematic error left to save. The right
# complexity is therefore no property of the problem alone: it rises with the
# amount of data.
