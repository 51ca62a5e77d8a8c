r"""
生成器抢跑，众数就丢了 | A generator that runs ahead loses modes
================================================================

数据是平面上围成一圈的八团点。一个生成对抗网络画出几团？轮流各走一步，和生成器每轮连走
五步相比，别的都一样，判别器的更新次数也一样。我们还量饱和的损失和一种惩罚的作用。对照
是均值和协方差与数据相同的正态分布，和真的点。

The data are eight clusters in a circle. How many of them does a generative
adversarial network draw? We compare one step each by turns with a generator
that makes five steps in each turn, all else being equal, the number of updates
of the discriminator too. We also measure what the saturating loss and a penalty
do. The controls are a normal distribution with the mean and the covariance of
the data, and real points.

**你需要** :doc:`/computer-vision/gan`；**你得到** 五个种子里画到的团数，和落在团里的
点的份额。

**You need** :doc:`/computer-vision/gan`; **you get** the clusters drawn and
the share of points that fall into one, over five seeds.
"""

import math

import matplotlib.pyplot as plt
import torch

from d2lnotes.models.generative import Discriminator, Generator, fit_gan
from d2lnotes.results import record_all
from d2lnotes.runtime import seed_everything
from d2lnotes.sample_quality import frechet_between, mode_coverage

# %%
# 一圈八团 | Eight clusters in a circle
# -------------------------------------
# 圈的半径是 2，每团的标准差是 0.05。离团的中心不到 0.3，算落在团里；至少 2% 的点落在里
# 面，这一团才算画到。
#
# The circle has radius 2, and each cluster a standard deviation of 0.05. A
# point within 0.3 of a center falls into the cluster. A cluster counts as drawn
# if at least 2% of the points fall into it.

angles = torch.arange(8) * math.pi / 4
centers = 2 * torch.stack([angles.cos(), angles.sin()], dim=1)


def draw_real(num_points, centers, generator):
    """Return points of the eight clusters."""
    places = torch.randint(8, (num_points,), generator=generator)
    noise = torch.randn(num_points, 2, generator=generator)
    return centers[places] + 0.05 * noise


# %%
# 四种训练 | Four ways to train
# -----------------------------
# 判别器一共更新 600 次，所以生成器五步时，它受的训练并不少。两个网络的学习率都是 0.002。
#
# The discriminator is updated 600 times in all, so it is trained no less beside
# a generator of five steps. The learning rate of both networks is 0.002.

ways = {
    "轮流各一步 | by turns": {"num_steps": 600},
    "生成器五步 | generator 5 steps": {
        "num_steps": 600,
        "generator_steps": 5,
    },
    "饱和的损失 | saturating loss": {"num_steps": 600, "saturating": True},
    "惩罚 | penalty": {"num_steps": 600, "penalty": 0.3},
}


def train_gan(seed, centers, options):
    """Return 2000 points of a generator that was trained by itself."""
    generator = seed_everything(seed)
    points = draw_real(4000, centers, generator)
    networks = Generator(2, 2), Discriminator(2)
    fit_gan(*networks, points, rng=generator, learning_rate=0.002, **options)
    return networks[0].sample(2000, generator)


def draw_normal(seed, centers):
    """Return 2000 points of a normal distribution fitted to the clusters."""
    generator = seed_everything(seed)
    points = draw_real(4000, centers, generator)
    root = torch.linalg.cholesky(torch.cov(points.T))
    noise = torch.randn(2000, 2, generator=generator)
    return points.mean(dim=0) + noise @ root.T


# %%
# 每种训练五个种子。真的点也数一遍，它们应当是八团。
#
# Each is trained with five seeds. Real points are counted too, which should
# give eight.

num_seeds = 5
drawn = {
    name: [train_gan(seed, centers, options) for seed in range(num_seeds)]
    for name, options in ways.items()
}
drawn["正态分布 | normal"] = [
    draw_normal(seed, centers) for seed in range(num_seeds)
]
drawn["真的点 | real points"] = [
    draw_real(2000, centers, seed_everything(seed))
    for seed in range(num_seeds)
]
covers = {
    name: [mode_coverage(points, centers, 0.3) for points in samples]
    for name, samples in drawn.items()
}
covered = torch.tensor(
    [[float(c.covered) for c in cs] for cs in covers.values()]
)
near = torch.tensor([[c.near for c in cs] for cs in covers.values()])
fresh = draw_real(2000, centers, torch.Generator().manual_seed(99))
away = torch.tensor(
    [[frechet_between(x, fresh) for x in xs] for xs in drawn.values()]
)
for name, row, share, far in zip(covers, covered, near, away, strict=True):
    print(name, row.tolist(), share, far)

# %%
# 画出来的点 | The points drawn
# -----------------------------
# 都是第一个种子。圆圈是八团的位置。
#
# All are of the first seed. Circles mark the eight clusters.

fig, axes = plt.subplots(2, 2, figsize=(7, 7.2), layout="constrained")
chosen = [*list(drawn)[:2], "惩罚 | penalty", "正态分布 | normal"]
for ax, name in zip(axes.flat, chosen, strict=True):
    ax.plot(*drawn[name][0][:700].T, ".", ms=3, color="tab:blue")
    ax.plot(*centers.T, "o", ms=20, mfc="none", color="black")
    ax.set(title=name, xlim=(-3, 3), ylim=(-3, 3), xlabel="$x_1$")
    ax.set(ylabel="$x_2$", aspect="equal")
fig.set_label(
    "四种点与八个圆圈：轮流各一步和有惩罚时，点沿着整个圈；生成器五步时挤在一处；正态分布"
    "的点铺满圈的内部 | Points of four kinds and eight circles: by turns and with a"
    " penalty they lie along the whole ring, with five generator steps they crowd in"
    " one place, and those of the normal distribution fill the inside"
)
plt.show()

# %%
# 五个种子 | Five seeds
# ---------------------

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 4), layout="constrained", sharey=True
)
y = torch.arange(len(covers)).flip(0)
for ax, values in ((left, covered), (right, near)):
    ax.barh(y, values.mean(dim=1), 0.6, color="0.85")
    for place, row in zip(y.tolist(), values, strict=True):
        spread = torch.linspace(-0.2, 0.2, num_seeds)
        ax.plot(row, place + spread, "o", color="tab:blue")
left.set_yticks(y, covers)
left.set(xlabel="画到的团数 | clusters drawn", xlim=(0, 8.5))
right.set(xlabel="落在团里的份额 | share in a cluster", xlim=(0, 1.05))
fig.set_label(
    "六种情形画到的团数与落在团里的份额，每个点是一个种子：生成器五步时最少，真的点是八"
    "团 | Clusters drawn and share of points in a cluster for six cases, one dot for"
    " each seed: fewest with five generator steps, eight for real points"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

turns, ahead, saturating, penalty, normal, real = covered
assert (real == 8).all()
assert turns.mean() > ahead.mean() + 2
assert penalty.mean() > ahead.mean() + 2
names = ["turns", "ahead", "saturating", "penalty", "normal", "real"]
for quantity, values, unit in (
    ("covered", covered, ""),
    ("near", near, "fraction"),
):
    numbers = {
        f"{quantity}_{name}": row
        for name, row in zip(names, values, strict=True)
    }
    record_all(
        "gan_modes",
        numbers,
        unit=unit,
        over="5 个随机种子 | 5 random seeds",
        format=".2f" if unit else ".1f",
    )

distances = {"frechet_turns": away[0], "frechet_normal": away[4]}
record_all(
    "gan_modes",
    distances,
    over="5 个随机种子 | 5 random seeds",
    format=".3f",
)

# %%
# 练习 | Exercise
# ---------------
# 只数落在团里的点，各团的份额应当都是八分之一。轮流各一步时，最大的一团有多少？
#
# Of the points in clusters, an eighth should fall into each. By turns, how much
# has the largest?

counts = covers["轮流各一步 | by turns"][0].counts
print((counts / counts.sum()).tolist())
# Covering a cluster says nothing of its share.
assert counts.max() / counts.sum() > 1 / 8
