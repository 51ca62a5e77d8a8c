r"""
感知机的错误有上限 | The mistakes of a perceptron have a bound
==============================================================

感知机预测错了才更新。如果有一个过原点的超平面能把两类分开，那么不管有多少样本、
按什么次序看，更新的次数都不超过 :math:`(R/\gamma)^2`。:math:`R` 是最长的样本的
长度，:math:`\gamma` 是最大的间隔：最好的超平面到离它最近的样本的距离。
我们先看错误怎样移动直线，再在宽窄不同的间隔上数错误，最后做一个对照：
只添一个标签相反的重复样本，分得开的前提就没有了。

A perceptron changes after mistakes only. Suppose that a hyperplane through
the origin separates the classes. Then the number of updates is at most
:math:`(R/\gamma)^2`, however many examples there are and in whatever order
they come. :math:`R` is the length of the longest example. :math:`\gamma` is the
largest margin, the distance from the best hyperplane to the example nearest
to it. We first watch mistakes move the line. Then we count mistakes for wide
and narrow margins. The control adds one copy of an example with the other
label, and the premise is gone.

**你需要** :doc:`/linear-models/perceptron` 里的更新规则；**你得到** 错误次数与
间隔的关系，以及定理的前提有多要紧。

**You need** the update rule of :doc:`/linear-models/perceptron`. **You get**
how mistakes depend on the margin, and what the premise of the theorem is
worth.
"""

import matplotlib.pyplot as plt
import torch
from sklearn.svm import SVC
from torch.nn.functional import normalize

from d2lnotes.models.perceptron import Perceptron
from d2lnotes.plotting.decisions import plot_decision_regions
from d2lnotes.results import record_all

# %%
# 错误怎样移动直线 | How mistakes move the line
# ----------------------------------------------
# 四封邮件，两个特征：“免费”和“会议”各出现几次。感知机一共犯四个错误。
# 参数从 0 出发，每个错误加上一个向量，所以 ``k`` 个错误之后的参数，
# 就是前 ``k`` 个向量之和。
#
# Four mails with two features: how often “free” occurs, and how often
# “meeting”. The perceptron makes four mistakes. Its parameters start at 0, and
# each mistake adds a vector to them. So the parameters after ``k`` mistakes are
# the sum of the first ``k`` vectors.

mails = torch.tensor([[2.0, 0.0], [3.0, 2.0], [1.0, 3.0], [0.0, 4.0]])
spam = torch.tensor([1, 1, -1, -1])
by_hand = Perceptron(2).fit(mails, spam)
mistaken = [0, 2, 1, 2]  # which mail, in the order of the mistakes
added = spam[:, None] * torch.hstack([mails, torch.ones(4, 1)])
steps = added[mistaken].cumsum(dim=0)  # w1, w2 and b after each mistake
assert steps[-1].tolist() == [*by_hand.weight, by_hand.bias]

# %%
# 圆圈标出刚才预测错的邮件，虚线是更新之前的直线。
#
# The ring marks the mail that was just mistaken, and the dashed line is the
# line before the update.

fig, axes = plt.subplots(
    ncols=2, nrows=2, figsize=(7.6, 7), sharex=True, sharey=True
)
fig.set_layout_engine("constrained")
for k, ax in enumerate(axes.flat):
    plot_decision_regions(
        lambda x, t=steps[k]: torch.where(x @ t[:2] + t[2] > 0, 1, -1),
        mails,
        spam,
        names=["正常 | wanted", "垃圾邮件 | spam"] if k == 3 else None,
        limits=(-1, 4.5, -1, 4.5),
        ax=ax,
    )
    for marks in ax.get_lines():
        marks.set_markersize(12)
    if k > 0:
        old, w2, b = steps[k - 1].tolist()
        through = {"slope": -old / w2} if w2 else {"xy2": (-b / old, 1)}
        start = (0, -b / w2) if w2 else (-b / old, 0)
        ax.axline(start, color="0.3", ls="--", **through)
    ax.plot(*mails[mistaken[k]], "o", ms=24, mfc="none", mec="0.1", mew=2)
    ax.set_title(f"第 {k + 1} 个错误之后 | after mistake {k + 1}")
axes[1, 1].get_legend().set_loc("lower left")
fig.supxlabel("“免费”出现的次数 $x_1$ | times that “free” occurs, $x_1$")
fig.supylabel("“会议”出现的次数 $x_2$ | times that “meeting” occurs, $x_2$")
fig.set_label(
    "四幅小图：每犯一个错误，分界线就移动一次，第四个错误之后四封邮件都分对了"
    " | Four panels: each mistake moves the border, and after the fourth all"
    " four mails are on the right side"
)
plt.show()

# %%
# 间隔不同的数据 | Data with different margins
# --------------------------------------------
# 样本都在单位球面上，所以 :math:`R = 1`。抽一个方向作法向量，
# 去掉离它的超平面太近的样本，留下 100 个。余下样本的最大间隔至少有所求的那么宽，
# 确切的值由支持向量机算出：对 :math:`\pm y\mathbf{x}` 这 200 个点，
# 它的超平面过原点。
#
# All examples lie on the unit sphere, so :math:`R = 1`. We draw a direction for
# the normal vector and drop examples that are too close to its hyperplane until
# 100 are left. Their largest margin is at least as wide as we asked for. A
# support vector machine tells its exact value: on the 200 points
# :math:`\pm y\mathbf{x}` its hyperplane passes through the origin.


def draw(num_inputs, gap, generator, num_examples=100):
    """Return examples and labels, none closer to the border than ``gap``."""
    x = torch.randn(4000, num_inputs, generator=generator, dtype=torch.double)
    x = normalize(x, dim=1)
    distance = x @ normalize(x[0], dim=0)
    kept = (distance.abs() > gap).nonzero()[1 : num_examples + 1, 0]
    return x[kept], distance[kept].sign()


def largest_margin(x, y):
    """Return the largest margin of a hyperplane through the origin."""
    z = y[:, None] * x
    sides = [1] * len(z) + [-1] * len(z)
    machine = SVC(kernel="linear", C=1e8, tol=1e-6)
    machine.fit(torch.cat([z, -z]).numpy(), sides)
    return 1 / torch.tensor(machine.coef_).norm()


# %%
# 两种维数，五种间隔，各 20 个种子。
#
# Two dimensions, five gaps, 20 seeds each.

gaps, num_seeds, sizes = [0.3, 0.1, 0.03, 0.01, 0.003], 20, [2, 10]
bounds, counts = (torch.zeros(2, len(gaps), num_seeds) for _ in range(2))
for i, num_inputs in enumerate(sizes):
    for j, gap in enumerate(gaps):
        for seed in range(num_seeds):
            generator = torch.Generator().manual_seed(seed)
            x, y = draw(num_inputs, gap, generator)
            model = Perceptron(num_inputs, bias=False).fit(x, y)
            assert model.converged
            bounds[i, j, seed] = 1 / largest_margin(x, y) ** 2
            counts[i, j, seed] = model.num_mistakes

# %%
# 上限是真的，但常常很松 | The bound holds, and is often loose
# ------------------------------------------------------------
# 每个点是一次运行，斜线是上限。点都在线下，多半远在线下。
# 十字是特意造的数据：:math:`n` 个两两垂直的样本，
# 最大间隔 :math:`1/\sqrt{n}`，恰好犯 :math:`n` 个错误。
# 所以不另加条件，这个上限不能再降低。
#
# Each dot is a run and the slanted line is the bound. All dots are below it,
# most of them far below. The crosses are data made on purpose: :math:`n`
# examples at right angles with the largest margin :math:`1/\sqrt{n}`, on which
# the perceptron makes :math:`n` mistakes. So without further conditions the
# bound cannot be lowered.

corners = [3, 10, 30, 100, 300]
tight = [
    Perceptron(n, bias=False).fit(torch.eye(n), torch.ones(n)).num_mistakes
    for n in corners
]

fig, ax = plt.subplots(figsize=(7, 4.8), layout="constrained")
for marker, size, bound, count in zip(
    "o^", sizes, bounds, counts, strict=True
):
    label = f"{size} 维，随机样本 | {size} dimensions, at random"
    ax.plot(bound.flatten(), count.flatten(), marker, alpha=0.5, label=label)
ax.plot(corners, tight, "kx", ms=9, mew=2, label="两两垂直 | perpendicular")
ends = torch.tensor([2.0, 1.5e5])
ax.plot(ends, ends, "k-", label="上限 $(R/\\gamma)^2$ | bound $(R/\\gamma)^2$")
ax.set(
    xscale="log",
    yscale="log",
    xlabel="$(R/\\gamma)^2$",
    ylabel="错误的次数 | mistakes",
)
ax.legend()
fig.set_label(
    "错误次数对上限的双对数图：随机数据的点都在斜线下面，两两垂直的样本恰好在线上"
    " | Mistakes against the bound on logarithmic axes: runs on random data lie"
    " below the slanted line, perpendicular examples lie exactly on it"
)
plt.show()

# %%
# 对照：前提没有了 | The control: without the premise
# ---------------------------------------------------
# 取同样的数据，添上第一个样本的一份副本，标签相反。
# 没有超平面能把同一个点放在两边。每次运行 50 遍，一次也没有停下来。
#
# Take the same data and add a copy of the first example with the other label.
# No hyperplane can have one point on both sides. In 50 passes each, not one
# run comes to an end.

ended = torch.zeros(num_seeds)
for seed in range(num_seeds):
    x, y = draw(2, 0.3, torch.Generator().manual_seed(seed))
    x, y = torch.cat([x, x[:1]]), torch.cat([y, -y[:1]])
    ended[seed] = Perceptron(2).fit(x, y, max_epochs=50).converged
print(f"runs that ended: {ended.sum():.0f} of {num_seeds}")

assert (counts <= bounds).all()
assert tight == corners
assert not ended.any()
wide, narrow = counts[0, 0], counts[0, -1]
assert narrow.mean() > 3 * wide.mean()

record_all(
    "perceptron_convergence",
    {"mistakes_wide": wide, "mistakes_narrow": narrow},
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".1f",
)
share = counts / bounds
record_all(
    "perceptron_convergence",
    {
        "largest_share": share.max(),
        "median_share": share.median(),
        "ended_without_premise": (ended.mean(), ".0%"),
    },
    unit="fraction",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 把所有样本乘以 1000，错误的次数会变吗？先预测，再运行。
#
# Multiply all examples by 1000. Does the number of mistakes change? Predict,
# then run.

x, y = draw(2, 0.03, torch.Generator().manual_seed(0))
plain, scaled = (
    Perceptron(2, bias=False).fit(factor * x, y) for factor in (1, 1000)
)
print(plain.num_mistakes, scaled.num_mistakes)
assert plain.num_mistakes == scaled.num_mistakes

# %%
# 不变。:math:`R` 和 :math:`\gamma` 都乘以 1000，比值不变；权重也都乘以 1000，
# 得分的正负号不变，所以连每一次错误都相同。
# 有偏置时不是这样：偏置仍然每次加减 1。
#
# It does not. :math:`R` and :math:`\gamma` both grow by the factor 1000, and so
# do the weights. The signs of the scores stay, so even each mistake is the
# same. With a bias this is different, because the bias still moves by 1.
