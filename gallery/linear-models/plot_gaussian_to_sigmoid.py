r"""
两个等宽的正态分布给出 sigmoid | Two equal Gaussians make a sigmoid
===================================================================

两类数据各服从一个正态分布，标准差相同。由贝叶斯公式算出的后验概率，
恰好是逻辑回归的 sigmoid 曲线。对照：标准差不同，后验概率就不再是 sigmoid，
边界变成两个。两种情形都用抽样核对。

Each of two classes follows a normal distribution, with the same standard
deviation. The posterior probability from Bayes' rule is then exactly the
sigmoid curve of logistic regression. In the control the standard deviations
differ. The posterior is no sigmoid any more, and there are two borders. Samples
check both cases.

**你需要** :doc:`/linear-models/generative-classifiers`；**你得到** 生成式与判别式
是同一条曲线的一幅图，以及等方差这个条件的作用。

**You need** :doc:`/linear-models/generative-classifiers`. **You get** a picture
of generative and discriminative as one curve, and of what equal variances do.
"""

import matplotlib.pyplot as plt
import torch
from torch.distributions import Normal

from d2lnotes.results import record_all

# %%
# 由分布到后验概率 | From distributions to the posterior
# ------------------------------------------------------
# 两类一样常见。后验概率是一类的密度在总密度里的份额。
#
# Both classes are equally common. The posterior is the share that a class has
# of the total density.

x = torch.linspace(-5, 13, 1801, dtype=torch.double)
pairs = {
    "equal": (Normal(2.0, 2.0), Normal(6.0, 2.0)),
    "unequal": (Normal(2.0, 1.0), Normal(6.0, 3.0)),
}


def posterior(x, first, second):
    """Return the probability of the second class at each ``x``."""
    densities = torch.stack([d.log_prob(x) for d in (first, second)])
    return densities.softmax(dim=0)[1]


def from_samples(first, second, edges, num_draws, seed):
    """Return the share of the second class between neighboring edges."""
    torch.manual_seed(seed)
    counts = [
        torch.histogram(d.sample((num_draws,)), bins=edges.float()).hist
        for d in (first, second)
    ]
    return counts[1] / (counts[0] + counts[1])


edges = torch.linspace(-0.5, 9, 20)  # half a unit apart
centers = (edges[1:] + edges[:-1]) / 2
curves = {name: posterior(x, *pair) for name, pair in pairs.items()}
shares = {
    name: from_samples(*pair, edges, 400_000, 0)
    for name, pair in pairs.items()
}

# %%
# 上：两类的密度。下：第二类的后验概率。点是由抽样数出来的份额。
# 左下的曲线是 sigmoid :math:`1/(1 + e^{-(x - 4)})`。
#
# Above are the densities of the two classes, below the posterior of the second.
# Dots are shares counted among samples. The curve on the lower left is the
# sigmoid :math:`1/(1 + e^{-(x - 4)})`.

titles = {
    "equal": "标准差相同 | equal standard deviations",
    "unequal": "标准差不同 | different standard deviations",
}
names = ["第一类 | first class", "第二类 | second class"]
fig, axes = plt.subplots(2, 2, figsize=(9, 5.6), sharex=True, sharey="row")
fig.set_layout_engine("constrained")
for (above, below), (name, pair) in zip(axes.T, pairs.items(), strict=True):
    for density, style, label in zip(pair, ("-", "--"), names, strict=True):
        above.plot(x, density.log_prob(x).exp(), style, lw=2, label=label)
    above.set_title(titles[name])
    below.plot(x, curves[name], "C2", lw=2.5)
    below.plot(centers, shares[name], "ko", ms=5)
    below.axhline(0.5, color="0.6", lw=0.8)
    crossings = (curves[name][1:] > 0.5) != (curves[name][:-1] > 0.5)
    for border in x[1:][crossings].tolist():
        below.axvline(border, color="0.3", ls=":")
    below.set_xlabel("特征 $x$ | feature $x$")
axes[0, 0].set_ylabel("密度 | density")
axes[1, 0].set_ylabel("第二类的概率 | probability of the second")
axes[0, 0].legend()
fig.set_label(
    "左：标准差相同的两个密度，后验概率是一条 S 形曲线，边界一个；右：标准差不同，"
    "后验概率先降后升，边界两个 | Left: two densities of equal width, whose"
    " posterior is an S-shaped curve with one border; right: of different width,"
    " whose posterior falls and rises again, with two borders"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 等宽时与 sigmoid 的差只有舍入误差。抽样的份额在区间里求平均，
# 曲线在区间的中点，所以允许差 0.02。
#
# With equal widths the difference from the sigmoid is rounding. The shares of
# samples are means over an interval and the curve is taken at its center, so
# they may differ by 0.02.

sigmoid_gap = (curves["equal"] - (x - 4).sigmoid()).abs().max()
assert sigmoid_gap < 1e-9
for name, pair in pairs.items():
    at_centers = posterior(centers.double(), *pair)
    assert (shares[name] - at_centers).abs().max() < 0.02
borders = {
    name: int(((c[1:] > 0.5) != (c[:-1] > 0.5)).sum())
    for name, c in curves.items()
}
assert borders == {"equal": 1, "unequal": 2}
low, high = x[curves["unequal"] < 0.5][[0, -1]].tolist()

record_all(
    "gaussian_to_sigmoid",
    {"low_border": low, "high_border": high},
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 第二类只占十分之一，标准差相同。曲线怎样变？
#
# The second class is only a tenth of the examples, with equal standard
# deviations. How does the curve change?

shift = torch.log(torch.tensor(0.1 / 0.9))
first, second = pairs["equal"]
joint = torch.stack([first.log_prob(x), second.log_prob(x) + shift])
rare = joint.softmax(dim=0)[1]
assert (rare - (x - 4 + shift).sigmoid()).abs().max() < 1e-6
print(f"the border moves from 4 to {4 - shift:.2f}")

# %%
# 仍是 sigmoid，只是向右平移 :math:`\ln 9 = 2.20`：权重不变，偏置变了。
#
# It is still a sigmoid, moved to the right by :math:`\ln 9 = 2.20`. The weight
# stays and the bias changes.
