r"""
同样的均值和协方差，扩散模型更像真的 | Same covariance, and yet more real
============================================================================

每张图片先压缩成 64 个数，扩散模型在这些数上训练，再解码成图片。判断好坏的是一个
没有见过这些图片的分类器：它的特征的弗雷歇距离，它有多肯定，它看到哪些类别。对照是
两种不用训练的抽样：每个像素各抽一次的正态分布，和均值、协方差与这些数相同的正态
分布。第二种已经知道全部的线性关系，所以扩散模型比它好的部分，是更多的结构。

Each picture is first compressed to 64 numbers. A diffusion model is trained on
these, and its samples are decoded to pictures. A classifier is the judge: by
the Fréchet distance of its features, by how sure it is, and by the classes it
sees. The controls are two ways of drawing without training: a normal
distribution for each pixel by itself, and one with the mean and the covariance
of the 64 numbers. The second knows all linear relations, so whatever the
diffusion model does better is structure beyond them.

**你需要** :doc:`/computer-vision/diffusion`；**你得到** 与真实图片之间的距离，
拆成压缩损失的和抽样损失的。

**You need** :doc:`/computer-vision/diffusion`; **you get** the distance from
real pictures, and what part of it is due to compression.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.models.convnets import ModernLeNet
from d2lnotes.models.diffusion import (
    LinearCode,
    NoiseSchedule,
    PointDenoiser,
    fit_denoiser,
    sample_ddim,
)
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.sample_quality import frechet_between

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_images = on(device, cpu=10_000, cuda=60_000)
num_updates = on(device, cpu=600, cuda=8000)
num_seeds = 3
num_samples = 150 if data.stand_in else 1000
images = data.train_images[:num_images].to(device)
labels = data.train_labels[:num_images].to(device)
judged = data.test_images[:num_samples].to(device)
reference = data.test_images[num_samples : 3 * num_samples].to(device)
print(data)

# %%
# 64 个数 | 64 numbers
# --------------------
# 压缩用主成分分析：沿着方差最大的 64 个方向的坐标，都除以同一个数，使方差平均是 1。
# 它是一个线性的自编码器。
#
# Compression is principal component analysis: the coordinates along the 64
# directions of largest variance, all divided by one number so that the mean
# variance is 1. It is a linear autoencoder.

code = LinearCode(images, 64)
codes = code.encode(images)
flat = images.flatten(1)
kept = codes.var(dim=0).sum() * code.scale**2 / flat.var(dim=0).sum()
print(f"share of variance that is kept: {kept:.2f}")

# %%
# 裁判 | The judge
# ----------------
# 一个 LeNet，一轮，学习率一步一步降到 0。
#
# A LeNet, trained for one epoch with a learning rate that falls to 0.

generator = seed_everything(0)
judge = ModernLeNet().to(device)
optimizer = torch.optim.SGD(judge.parameters(), lr=0.1, momentum=0.9)
num_epochs = 15 if data.stand_in else 1
order = [torch.randperm(len(images), generator=generator)[:8000]]
batches = torch.cat(order * num_epochs).split(128)
rates = torch.optim.lr_scheduler.PolynomialLR(optimizer, len(batches))
for batch in batches:
    loss = cross_entropy(judge(images[batch]), labels[batch])
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    rates.step()
judge.eval()


@torch.no_grad()
def look(judge, images):
    """Return the features and the probabilities of the judge."""
    features = judge.classifier[:-1](judge.features(images))
    return features, judge.classifier[-1](features).softmax(dim=1)


# %%
# 三个分数：弗雷歇距离；概率超过 0.9 的比例；类别的分布与真实的相差多少。
#
# Three scores: the Fréchet distance, the share with a probability above 0.9,
# and how far the distribution of classes is from the real one.


def score(judge, pictures, truth, shares):
    """Return the three scores of some pictures."""
    features, says = look(judge, pictures)
    sure = (says.amax(dim=1) > 0.9).float().mean().item()
    apart = (says.mean(dim=0) - shares).abs().sum().item() / 2
    return [frechet_between(features, truth), sure, apart]


# %%
# 抽样 | Sampling
# ---------------
# 每个种子训练一个网络。扩散模型走 20 步，不加新噪声；另有一份走 100 步，每步加新噪
# 声。
#
# Each seed trains a network. The diffusion model takes 20 steps without fresh
# noise. Another sample takes 100 steps with fresh noise in each.

schedule = NoiseSchedule.linear(100)
names = ["pixels", "gaussian", "fresh", "diffusion", "decoded", "real"]
truth, truth_says = look(judge, reference)
shares = truth_says.mean(dim=0)
rows = {name: [] for name in names}
for seed in range(num_seeds):
    generator = seed_everything(seed + 1)
    model = PointDenoiser(64, width=192, num_blocks=3, waves=())
    model = model.to(device)
    sizes = {"num_updates": num_updates, "batch_size": 128}
    fit_denoiser(model, codes, schedule, generator=generator, **sizes)
    start, other = torch.randn(2, num_samples, 64, generator=generator)
    start, other = start.to(device), other.to(device)
    noise = torch.randn(num_samples, 784, generator=generator).to(device)
    few = {"num_steps": 20}
    many = {"num_steps": 100, "eta": 1.0, "generator": generator}
    made = {
        "pixels": (flat.mean(dim=0) + flat.std(dim=0) * noise),
        "gaussian": code.decode(other * codes.std(dim=0)),
        "fresh": code.decode(sample_ddim(model, schedule, start, **many)),
        "diffusion": code.decode(sample_ddim(model, schedule, start, **few)),
        "decoded": code.decode(code.encode(judged)),
        "real": judged,
    }
    for name, pictures in made.items():
        pictures = pictures.view(judged.shape).clamp(0, 1)
        rows[name].append(score(judge, pictures, truth, shares))
table = {name: torch.tensor(values) for name, values in rows.items()}
print(table)

# %%
# 看一看 | A look at them
# -----------------------

fig, axes = plt.subplots(4, 8, figsize=(9, 5), layout="constrained")
shown = [
    ("real", "真实 | real"),
    ("decoded", "64 个数 | 64 numbers"),
    ("gaussian", "正态 | normal"),
    ("diffusion", "扩散 | diffusion"),
]
for row, (name, label) in zip(axes, shown, strict=True):
    for ax, picture in zip(row, made[name], strict=False):
        ax.imshow(picture.view(28, 28).cpu(), cmap="gray_r", vmin=0, vmax=1)
        ax.set(xticks=[], yticks=[])
    row[0].set_ylabel(label, fontsize=12)
fig.set_label(
    "四行图片：真实的；由 64 个数解码的，模糊一些；正态分布抽出的，多半是几种衣物的"
    "重影；扩散模型抽出的，多半看得出是哪种衣物 | Four rows of pictures: real;"
    " decoded from 64 numbers, a little blurred; drawn from a normal"
    " distribution, mostly ghosts of several clothes; from the diffusion model,"
    " mostly clothes that can be told"
)
plt.show()

# %%
# 裁判怎么说 | What the judge says
# --------------------------------

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9, 4), layout="constrained", sharey=True
)
words = [
    "逐像素正态 | normal, by pixel",
    "正态 | normal",
    "扩散，加噪声 | diffusion, fresh noise",
    "扩散 | diffusion",
    "真实，64 个数 | real, 64 numbers",
    "真实 | real",
]
places = range(len(names))
for ax, column in ((left, 0), (right, 1)):
    means = [table[name][:, column].mean() for name in names]
    spread = [table[name][:, column].std() for name in names]
    colors = ["0.7", "0.5", "tab:red", "tab:orange", "tab:cyan", "tab:blue"]
    ax.barh(places, means, xerr=spread, color=colors, capsize=3)
left.set_yticks(places, words, fontsize=12)
left.set(xscale="log")
left.set_xlabel("弗雷歇距离 | Fréchet distance", fontsize=12)
right.set(xlim=(0, 1))
right.set_xlabel("概率超过 0.9 的比例 | share above 0.9", fontsize=12)
fig.set_label(
    "左：与真实图片的弗雷歇距离，逐像素的正态分布最大，扩散模型比同协方差的正态分布小，"
    "真实图片最小；右：裁判十分肯定的图片的比例，次序相反 | Left: Fréchet distance"
    " from real pictures, largest for a normal distribution by pixel, smaller for"
    " diffusion than for a normal one of the same covariance, smallest for real"
    " ones; right: the share the judge is sure of, in the opposite order"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

distance = {name: table[name][:, 0] for name in names}
factor = 1.0 if data.stand_in else 0.7
assert (distance["diffusion"] < factor * distance["gaussian"]).all()
assert (distance["gaussian"] < distance["pixels"]).all()
assert (distance["real"] < distance["diffusion"]).all()
record_all(
    "diffusion_fashion",
    {
        f"{name}_{what}": table[name][:, k]
        for name in names
        for k, what in enumerate(["distance", "sure", "apart"])
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 模型会不会只是背下了训练图片？比较两个距离：样本到最近的训练图片，没有参加训练的
# 图片到最近的训练图片。
#
# Has the model merely learned its training pictures by heart? Compare two
# distances: of samples from the nearest training picture, and of pictures that
# were held out.

nearest = [
    torch.cdist(code.encode(made[name]), codes).amin(dim=1).median().item()
    for name in ("diffusion", "decoded")
]
print(nearest)
record_all(
    "diffusion_fashion_nearest",
    {"samples": nearest[0], "held_out": nearest[1]},
    format=".2f",
)
# Copies would have a distance near 0.
assert nearest[0] > 0.5 * nearest[1]
