r"""
一大步不行，二十小步就够 | One jump fails, twenty small steps do
==================================================================

扩散模型从噪声走回数据。一步走完，所有样本都落在同一个地方附近。走的步数多了，
样本与数据的能量距离就降下来。步子太大的误差和网络自己的误差要分开，所以我们选一种
能算出最好预测的数据：高斯分布的混合。对照有三个：不用训练的最好预测，起点的噪声，
和两份真实数据之间的距离。

A diffusion model walks from noise back to data. In one jump all samples land
near one place. With more steps the energy distance between samples and data
falls. To tell the error of large steps from that of the network, the data are
a mixture of Gaussians, for which the best prediction can be computed. There
are three controls: that best prediction, without training, the noise at the
start, and the distance between two samples of real data.

**你需要** :doc:`/computer-vision/diffusion`；**你得到** 步数与样本质量的
关系，和离散化误差与网络误差的大小。

**You need** :doc:`/computer-vision/diffusion`; **you get** how the quality of
samples depends on the number of steps, and the sizes of both errors.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.energy_distance import energy_distance
from d2lnotes.models.diffusion import (
    MixtureDenoiser,
    NoiseSchedule,
    PointDenoiser,
    add_noise,
    draw_mixture,
    fit_denoiser,
    noise_loss,
    sample_ddim,
    shape_centers,
    walk_back,
)
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
schedule = NoiseSchedule.linear(100)
centers = shape_centers("moons")
exact = MixtureDenoiser(centers, 0.1, schedule).to(device)
num_points = on(device, cpu=2000, cuda=4000)
num_updates = on(device, cpu=1200, cuda=6000)
num_seeds = 3

# %%
# 数据与网络 | Data and networks
# ------------------------------
# 两个半月，各由 32 个高斯分布连成。标准差 0.1，所有坐标合起来方差约为 1。每个种子
# 各抽训练数据、各训练一个网络。
#
# Two moons, each a chain of 32 Gaussians with a standard deviation of 0.1. Over
# all coordinates the variance is about 1. Each seed draws training data of its
# own and trains a network.

networks, generators = [], []
for seed in range(num_seeds):
    generator = seed_everything(seed)
    options = {"deviation": 0.1, "generator": generator}
    points = draw_mixture(centers, 10_000, **options).to(device)
    network = PointDenoiser(width=128).to(device)
    options = {"num_updates": num_updates, "batch_size": 128}
    options |= {"learning_rate": 5e-3, "generator": generator}
    fit_denoiser(network, points, schedule, **options)
    networks.append(network.eval())
    generators.append(generator)

# %%
# 去与回 | There and back
# -----------------------
# 上一行：数据一步一步变成噪声。下一行：从另一份噪声出发，由网络走回来，不加新的
# 噪声。回来的一步是两件事：估计没有噪声的数据，再把噪声加到前一步应有的那么多。
#
# Top: data turn into noise. Bottom: from other noise the network walks back,
# with no fresh noise. A step back does two things: it estimates the data without
# noise, then adds noise up to what the earlier step has.

generator = torch.Generator().manual_seed(0)
x0 = draw_mixture(centers, 1000, deviation=0.1, generator=generator)
shown = [0, 20, 40, 100]
forward = [
    add_noise(
        x0,
        torch.full((1000,), t),
        torch.randn(1000, 2, generator=generator),
        schedule,
    )
    for t in shown
]
start = torch.randn(1000, 2, generator=generator).to(device)
every = walk_back(networks[0], schedule, start, range(100, -1, -1))
backward = [every[100 - t].cpu() for t in reversed(shown)]

# %%

fig, axes = plt.subplots(2, 4, figsize=(9, 4.9), layout="constrained")
rows = [(forward, shown, "tab:blue"), (backward, shown[::-1], "tab:orange")]
for row, (clouds, steps, color) in zip(axes, rows, strict=True):
    for ax, cloud, t in zip(row, clouds, steps, strict=True):
        ax.plot(*cloud.T, ".", color=color, ms=2)
        ax.set(xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), xticks=[], yticks=[])
        ax.set_aspect("equal")
        ax.set_title(f"$t = {t}$", fontsize=14)
axes[0, 0].set_ylabel("加噪声 → | adding noise →", fontsize=12)
axes[1, 0].set_ylabel("去噪声 → | removing it →", fontsize=12)
fig.set_label(
    "上一行：两个半月在加噪声的过程中逐渐散成一团；下一行：另一团噪声被网络带回两个"
    "半月 | Top: two moons dissolve into a round cloud as noise is added; bottom:"
    " another cloud of noise is led back to two moons by the network"
)
plt.show()

# %%
# 要走多少步 | How many steps it takes
# ------------------------------------
# 每种步数抽一份样本，与另抽的真实数据比较。能量距离是 0，两个分布才相同。两份有限
# 的真实数据之间的距离也不是 0，它是能期望的最好结果。起点那份噪声与数据的均值和方差
# 都差不多，所以它的距离是一条要越过的线。另外数出离某个中心不到 0.3 的点。
#
# For each number of steps, a sample is compared with real data drawn anew. The
# energy distance of two distributions is 0 if and only if they are the same.
# Two finite samples of real data have a small distance, too, which is the best
# that can be hoped for. The noise at the start has about the mean and the
# variance of the data, so its distance is a line to beat. Besides, we count
# the points within 0.3 of a center.

counts = [1, 2, 5, 10, 20, 100]
names = ["network", "fresh", "exact"]
distances = {name: torch.zeros(num_seeds, len(counts)) for name in names}
near = {name: torch.zeros(num_seeds, len(counts)) for name in names}
real, plain, plain_near, real_near = torch.zeros(4, num_seeds)
losses = torch.zeros(2, num_seeds)


def share_near(points, centers):
    """Return the share of points within 0.3 of a center."""
    return (torch.cdist(points, centers).amin(dim=1) < 0.3).float().mean()


# %%

for seed, (network, generator) in enumerate(
    zip(networks, generators, strict=True)
):
    options = {"deviation": 0.1, "generator": generator}
    data = draw_mixture(centers, num_points, **options)
    more = draw_mixture(centers, num_points, **options)
    real[seed] = energy_distance(more, data)
    real_near[seed] = share_near(more, centers)
    noise = torch.randn(num_points, 2, generator=generator)
    plain[seed] = energy_distance(noise, data)
    plain_near[seed] = share_near(noise, centers)
    start = torch.randn(num_points, 2, generator=generator).to(device)
    for k, num_steps in enumerate(counts):
        for name, model, eta in [
            ("network", network, 0.0),
            ("fresh", network, 1.0),
            ("exact", exact, 0.0),
        ]:
            options = {"num_steps": num_steps, "eta": eta}
            options["generator"] = generator
            found = sample_ddim(model, schedule, start, **options).cpu()
            distances[name][seed, k] = energy_distance(found, data)
            near[name][seed, k] = share_near(found, centers)
    large = draw_mixture(centers, 20_000, deviation=0.1, generator=generator)
    large = large.to(device)
    for row, model in zip(losses, (network, exact), strict=True):
        same = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            row[seed] = noise_loss(model, large, schedule, generator=same)
print(distances, real, plain, near, losses)

# %%

fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
styles = [
    ("network", "o-", "tab:orange", "网络 | network"),
    ("fresh", "s--", "tab:red", "网络，加新噪声 | network, fresh noise"),
    ("exact", "^:", "tab:blue", "最佳预测 | best prediction"),
]
for name, style, color, label in styles:
    mean = distances[name].mean(dim=0)
    low, high = distances[name].aminmax(dim=0)
    ax.plot(counts, mean, style, color=color, label=label)
    ax.fill_between(counts, low, high, color=color, alpha=0.15)
label = "起点的噪声 | noise at the start"
ax.axhline(plain.mean(), color="0.5", ls="-", label=label)
label = "真实对真实 | real against real"
ax.axhline(real.mean(), color="black", ls="-.", label=label)
ax.set(xscale="log", yscale="log", ylim=(1e-3, 20))
ax.set_xticks(counts, [str(count) for count in counts], fontsize=11)
ax.set_xlabel("步数 | number of steps", fontsize=12)
ax.set_ylabel("能量距离 | energy distance", fontsize=12)
ax.legend(fontsize=11)
fig.set_label(
    "能量距离随步数下降，一步时最大，二十步以后变平；走到那里，网络和最好的预测都低于"
    "起点噪声的线，接近真实数据的线 | The energy distance falls with the number"
    " of steps: largest for one, flat from twenty on; there the network and the"
    " best prediction are both below the line of the noise at the start and"
    " close to that of real data"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

one, two, twenty = counts.index(1), counts.index(2), counts.index(20)
assert (distances["network"][:, one] > 0.5).all()
assert (distances["network"][:, twenty] < 0.6 * plain).all()
assert (near["network"][:, twenty] > plain_near + 0.2).all()
assert (distances["exact"][:, two] > 5 * distances["exact"][:, -1]).all()
assert (distances["exact"][:, -1] < 0.6 * plain).all()
assert (near["exact"][:, twenty] > near["network"][:, twenty]).all()
record_all(
    "diffusion_2d",
    {
        **{
            f"{name}_{count}": distances[name][:, k]
            for name in names
            for k, count in enumerate(counts)
        },
        "real": real,
        "noise": plain,
        "near_network": near["network"][:, twenty],
        "near_exact": near["exact"][:, twenty],
        "near_noise": plain_near,
        "near_real": real_near,
        "loss_network": losses[0],
        "loss_exact": losses[1],
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".3f",
)

# %%
# 练习 | Exercise
# ---------------
# 从同一份起点，用网络走 50 步和 100 步，样本相差多少？加新噪声时又如何？先猜。
#
# From the same start, how far apart are samples after 50 and after 100 steps of
# the network? And with fresh noise? Guess first.

apart = {}
for eta in (0.0, 1.0):
    options = {"eta": eta, "generator": torch.Generator().manual_seed(0)}
    pair = [
        sample_ddim(networks[0], schedule, start, num_steps=n, **options)
        for n in (50, 100)
    ]
    apart[eta] = (pair[0] - pair[1]).norm(dim=1).median().item()
print(apart)
# Without fresh noise the start decides where a sample ends.
assert apart[0.0] < 0.2 * apart[1.0]
