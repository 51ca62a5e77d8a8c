r"""
峰越尖，估计越准 | The sharper the peak, the better the estimate
================================================================

图钉抛十次，七次尖朝上。朝上的概率 :math:`\theta` 是多少？把数据定住，
让 :math:`\theta` 变，每个 :math:`\theta` 都给这批数据一个概率，这就是似然。
它在 0.7 处最大。抛一百次、七十次朝上，最大的地方不变，峰却尖得多。
我们量一量：峰的弯曲程度给出的标准误，正是反复做实验时估计值的散布。

A thumbtack is tossed ten times and points up seven times. What is its
probability :math:`\theta` of pointing up? Hold the data and vary
:math:`\theta`: each value gives these data some probability, which is the
likelihood. It is largest at 0.7. With seventy of a hundred the largest value
is at the same place, and the peak is much sharper. We measure that the
standard error read off the bend of the peak is the scatter of the estimate
when the experiment is repeated.

**你需要** :doc:`/preliminaries/estimation` 里的最大似然和标准误；
**你得到** 从似然的形状读出把握的大小。

**You need** maximum likelihood and standard error, from
:doc:`/preliminaries/estimation`; **you get** a way to read confidence off the
shape of a likelihood.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record_all

SHARE = 0.7
SIZES = [10, 100, 1000]

# %%
# 对数似然 | The log-likelihood
# -----------------------------
# :math:`n` 次里 :math:`k` 次朝上，对数似然是
# :math:`k\ln\theta + (n - k)\ln(1 - \theta)`。从每个值里减去最大值，
# 三种 :math:`n` 就能画在一起。
#
# With :math:`k` of :math:`n` pointing up, the log-likelihood is
# :math:`k\ln\theta + (n - k)\ln(1 - \theta)`. Less its largest value, the
# curves for three :math:`n` fit into one drawing.


def log_likelihood(theta, up, n):
    """Return the log-probability of a series with ``up`` of ``n`` up."""
    return up * theta.log() + (n - up) * (1 - theta).log()


theta = torch.linspace(0.3, 0.95, 1301, dtype=torch.float64)
curves = {n: log_likelihood(theta, SHARE * n, n) for n in SIZES}
peaks = {n: theta[curve.argmax()].item() for n, curve in curves.items()}
print(peaks)

# %%
# 峰有多弯 | How the peak bends
# -----------------------------
# 在最高处，对数似然的二阶导数是负数。它的绝对值越大，峰越尖。
# 把 1 除以这个数再开方，是由曲线读出的标准误。自动求导给出二阶导数。
#
# At its top the second derivative of the log-likelihood is negative. The
# larger it is in magnitude, the sharper the peak. One over it, and the root
# of that, is the standard error read off the curve. Autograd gives the second
# derivative.


def error_from_bend(up, n):
    """Return 1/√(−second derivative) at the top of the log-likelihood."""
    top = torch.tensor(up / n, dtype=torch.float64, requires_grad=True)
    value = log_likelihood(top, up, n)
    (slope,) = torch.autograd.grad(value, top, create_graph=True)
    (bend,) = torch.autograd.grad(slope, top)
    return (-1 / bend).sqrt().item()


def scatter_of_estimates(n, generator, num_runs=100_000):
    """Return the standard deviation of the estimates of many experiments."""
    counts = torch.full((num_runs,), float(n), dtype=torch.float64)
    chances = torch.full_like(counts, SHARE)
    up = torch.binomial(counts, chances, generator=generator)
    return (up / n).std().item()


generator = torch.Generator().manual_seed(0)
bends = {n: error_from_bend(SHARE * n, n) for n in SIZES}
scatters = {n: scatter_of_estimates(n, generator) for n in SIZES}
for n in SIZES:
    print(f"n = {n:>4}: bend {bends[n]:.4f}, scatter {scatters[n]:.4f}")

# %%
# 左图：三条对数似然，最高处都在 0.7。右图：由弯曲读出的标准误（线）和十万遍实验里
# 估计值的散布（点）。
#
# Left: three log-likelihoods, all highest at 0.7. Right: the standard error
# from the bend (line), and the scatter of the estimates in a hundred thousand
# experiments (dots).

fig, axes = plt.subplots(ncols=2, figsize=(9, 4), layout="constrained")
for (n, curve), style in zip(curves.items(), ["-", "--", ":"], strict=True):
    axes[0].plot(theta, curve - curve.max(), style, lw=2, label=f"$n = {n}$")
axes[0].axvline(SHARE, color="0.5", lw=1)
axes[0].set(
    xlabel=r"$\theta$",
    ylabel="对数似然，减去最大值 | log-likelihood less its largest",
    ylim=(-5, 0.3),
)
axes[0].legend(loc="lower left")
axes[1].loglog(SIZES, list(bends.values()), "C0-", label="峰的弯曲 | bend")
axes[1].loglog(
    SIZES, list(scatters.values()), "C1o", label="估计值的散布 | scatter"
)
axes[1].set(
    xlabel="抛的次数 $n$ | tosses $n$", ylabel="标准误 | standard error"
)
axes[1].legend()
fig.set_label(
    "左：三条对数似然都在 0.7 处最高，n 越大峰越尖。右：由峰的弯曲读出的标准误"
    "与估计值的散布一致 | Left: three log-likelihoods, all highest at 0.7, "
    "sharper for larger n. Right: the standard error read off the bend agrees "
    "with the scatter of the estimates"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 最高处都在 0.7；散布与由弯曲读出的标准误相差不到 2%。
#
# All are highest at 0.7, and the scatter is within 2% of the standard error
# that was read off the bend.

for n in SIZES:
    assert abs(peaks[n] - SHARE) < 1e-3
    assert abs(scatters[n] / bends[n] - 1) < 0.02

record_all(
    "likelihood_peak",
    {
        "bend_10": bends[10],
        "bend_100": bends[100],
        "scatter_100": scatters[100],
    },
    format=".3f",
)

# %%
# 练习 | Exercise
# ---------------
# 由弯曲读出的标准误，写成公式是什么？先求二阶导数，再核对。
#
# What is the standard error from the bend, as a formula? Find the second
# derivative first, then check.

for n in SIZES:
    assert abs(bends[n] - (SHARE * (1 - SHARE) / n) ** 0.5) < 1e-9

# %%
# 二阶导数是 :math:`-k/\theta^2 - (n-k)/(1-\theta)^2`，在 :math:`\theta = k/n`
# 处等于 :math:`-n/(\theta(1-\theta))`，所以标准误是
# :math:`\sqrt{\theta(1-\theta)/n}`，与频率的标准误相同。
#
# The second derivative is :math:`-k/\theta^2 - (n-k)/(1-\theta)^2`, at
# :math:`\theta = k/n` equal to :math:`-n/(\theta(1-\theta))`. So the standard
# error is :math:`\sqrt{\theta(1-\theta)/n}`, that of the frequency.
