r"""
两个等宽的正态分布给出 sigmoid | Two equal Gaussians make a sigmoid
===================================================================

两类数据各服从一个正态分布，标准差相同。由贝叶斯公式算出的后验概率，
恰好是逻辑回归的 sigmoid 曲线。对照：标准差不同，后验概率就不再是 sigmoid，
边界变成两个。两种情形都用抽样核对。最后在鸢尾花的两个特征上画出同一件事。

Each of two classes follows a normal distribution, with the same standard
deviation. The posterior probability from Bayes' rule is then exactly the
sigmoid curve of logistic regression. In the control the standard deviations
differ. The posterior is no sigmoid any more, and there are two borders. Samples
check both cases. At the end the same is drawn for two features of the irises.

**你需要** :doc:`/linear-models/generative-classifiers`；**你得到** 生成式与判别式
是同一条曲线的一幅图，以及等方差这个条件的作用。

**You need** :doc:`/linear-models/generative-classifiers`. **You get** a picture
of generative and discriminative as one curve, and of what equal variances do.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.datasets import load_iris
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
    """Return the probability of class 1 at each ``x``."""
    densities = torch.stack([d.log_prob(x) for d in (first, second)])
    return densities.softmax(dim=0)[1]


def from_samples(first, second, edges, num_draws, seed):
    """Return the share of class 1 between neighboring edges."""
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
# 上：两类的密度。下：类 1 的后验概率。点是由抽样数出来的份额。
# 左下的曲线是 sigmoid :math:`1/(1 + e^{-(x - 4)})`。
#
# Above are the densities of the two classes, below the posterior of class 1.
# Dots are shares counted among samples. The curve on the lower left is the
# sigmoid :math:`1/(1 + e^{-(x - 4)})`.

titles = {
    "equal": "标准差相同 | equal standard deviations",
    "unequal": "标准差不同 | different standard deviations",
}
names = ["类 0 | class 0", "类 1 | class 1"]
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
axes[1, 0].set_ylabel("类 1 的概率 | probability of class 1")
axes[0, 0].legend()
fig.set_label(
    "左：标准差相同的两个密度，后验概率是一条 S 形曲线，边界一个；右：标准差不同，"
    "后验概率先降后升，边界两个 | Left: two densities of equal width, whose"
    " posterior is an S-shaped curve with one border; right: of different width,"
    " whose posterior falls and rises again, with two borders"
)
plt.show()

# %%
# 两个特征 | Two features
# -----------------------
# 两种鸢尾花的花瓣，长和宽。协方差矩阵相同的两个正态分布，密度相同的点组成
# 形状相同的椭圆。LDA 的椭圆顺着花瓣的相关性倾斜，朴素贝叶斯的椭圆平放着。
# 两类密度相等的地方是一条直线。
#
# The petals of two kinds of iris, by length and width. For two normal
# distributions with one covariance matrix, points of equal density form
# ellipses of one shape. Those of LDA lean with the correlation of the petals,
# and those of naive Bayes do not lean. Where both densities are equal there is
# a straight line.

iris = load_iris()
flowers = [torch.tensor(iris.data[iris.target == k, 2:]) for k in (1, 2)]
centers_of = [kind.mean(dim=0) for kind in flowers]
rest = torch.cat([kind - kind.mean(dim=0) for kind in flowers])
covariance = rest.T @ rest / len(rest)
covariances = {
    "LDA": covariance,
    "朴素贝叶斯 | naive Bayes": covariance.diag().diag(),
}


def ellipse(center, covariance, radius):
    """Return the points ``radius`` standard deviations from the center."""
    angle = torch.linspace(0, 2 * torch.pi, 200, dtype=torch.double)
    circle = torch.stack([angle.cos(), angle.sin()])
    return (
        center[:, None] + radius * torch.linalg.cholesky(covariance) @ circle
    )


def border(centers, covariance, length):
    """Return the width on the border at each length, for equal shares."""
    weight = torch.linalg.solve(covariance, centers[1] - centers[0])
    middle = (centers[0] + centers[1]) / 2
    return middle[1] - (length - middle[0]) * weight[0] / weight[1]


# %%
# 内外两个椭圆上的点，离中心 1 个和 2 个标准差。
#
# Points on the two ellipses of a class are 1 and 2 standard deviations from its
# center.

length = torch.linspace(2.9, 7.1, 2, dtype=torch.double)
fig, axes = plt.subplots(
    ncols=2, figsize=(9, 4), sharex=True, sharey=True, layout="constrained"
)
for ax, (name, matrix) in zip(axes, covariances.items(), strict=True):
    for k, marker in enumerate("os"):
        ax.plot(*flowers[k].T, f"C{k}{marker}", ms=4, label=names[k])
        for radius in (1, 2):
            ax.plot(*ellipse(centers_of[k], matrix, radius), f"C{k}", lw=1.5)
    ax.plot(length, border(centers_of, matrix, length), "k--", lw=2)
    ax.set(title=name, xlabel="长（厘米） | length (cm)", ylim=(0.7, 2.8))
axes[0].set_ylabel("宽（厘米） | width (cm)")
axes[0].legend(loc="upper left")
fig.set_label(
    "两种鸢尾花的花瓣。左：LDA 的椭圆向右上方倾斜；右：朴素贝叶斯的椭圆平放；"
    "虚线是各自的边界 | Petals of two kinds of iris. Left: the ellipses of LDA"
    " lean to the upper right; right: those of naive Bayes do not lean; the"
    " dashed lines are the borders"
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
assert covariance[0, 1] > 0  # long petals tend to be wide
low, high = x[curves["unequal"] < 0.5][[0, -1]].tolist()

record_all(
    "gaussian_to_sigmoid",
    {"low_border": low, "high_border": high},
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 类 1 只占十分之一，标准差相同。曲线怎样变？
#
# Class 1 is only a tenth of the examples, with equal standard deviations. How
# does the curve change?

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
