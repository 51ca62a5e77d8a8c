r"""
两个数画出一件衣服 | Two numbers draw a garment
===============================================

变分自编码器把 784 个像素压成两个数。没有人告诉它类别，同类的衣服还是聚到了一起；在平
面上任取一点，解码器都画出一张图。与它比较的是主成分分析，以及没有 KL 一项的普通自编码
器。我们还问：从标准正态分布抽出的编码，画出来像不像真图片？

A variational autoencoder squeezes 784 pixels into two numbers. Nobody tells
it the classes, and yet garments of one kind gather, and the decoder turns any
point of the plane into a picture. It is compared with principal components,
and with a plain autoencoder, which lacks the KL term. We also ask whether
codes drawn from the standard normal distribution look like real pictures.

**你需要** :doc:`/computer-vision/generative-models`；**你得到** 编码的平面，重构误差，
以及抽样的弗雷歇距离。

**You need** :doc:`/computer-vision/generative-models`; **you get** the plane
of codes, the errors of reconstruction, and Fréchet distances of samples.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn

from d2lnotes.data import TensorLoader, fetch_fashion_mnist
from d2lnotes.models.generative import VAE, fit_vae
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.sample_quality import frechet_between
from d2lnotes.training import fit

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_images = on(device, cpu=4000, cuda=60_000)
train = data.train_images[:num_images].flatten(1).to(device)
train_labels = data.train_labels[:num_images].to(device)
half = min(2000, len(data.test_images) // 2)
test, other = data.test_images[: 2 * half].flatten(1).to(device).split(half)
test_labels = data.test_labels[:half].to(device)
num_epochs = 40 if data.stand_in else 8
num_seeds = on(device, cpu=3, cuda=5)
side = data.train_images.shape[-1]
print(data)

# %%
# 一个替我们看图的网络 | A network that looks for us
# ---------------------------------------------------
# 分类网络只训练一次，最后一个隐藏层的 32 个数是特征。抽样与真图片的距离，就在特征里量。
#
# A classifier is trained once, and the 32 numbers of its last hidden layer are
# features. The distance of samples from real pictures is measured in them.

generator = seed_everything(0)
layers = nn.Linear(train.shape[1], 64), nn.ReLU(), nn.Linear(64, 32), nn.ReLU()
features = nn.Sequential(*layers)
classifier = nn.Sequential(features, nn.Linear(32, 10)).to(device)
optimizer = torch.optim.Adam(classifier.parameters(), lr=0.002)
loader = TensorLoader(
    train, train_labels, batch_size=64, shuffle=True, generator=generator
)
fit(
    classifier,
    loader,
    loss_fn=nn.functional.cross_entropy,
    optimizer=optimizer,
    num_epochs=3,
)


@torch.no_grad()
def distance(features, first, second):
    """Return the Fréchet distance of two sets of pictures."""
    return frechet_between(features(first).cpu(), features(second).cpu())


# %%
# 每个种子两个网络 | Two networks for each seed
# ---------------------------------------------
# :math:`\beta = 2` 的变分自编码器，和 :math:`\beta = 0` 的自编码器。编码有两种抽法：从
# 标准正态分布抽，或者从按训练编码的均值和协方差拟合的正态分布抽。
#
# A variational autoencoder with :math:`\beta = 2`, and an autoencoder, with
# :math:`\beta = 0`. Codes are drawn in two ways: from the standard normal
# distribution, or from a normal distribution with the mean and the covariance
# of the codes of training pictures.


@torch.no_grad()
def judge(model, seen, unseen):
    """Return the error, and how often the nearest code is of the same class."""
    codes, known = model.encode(unseen[0])[0], model.encode(seen[0])[0]
    error = (model.decode(codes) - unseen[0]).square().sum(dim=1).mean()
    nearest = torch.cdist(codes, known).argmin(dim=1)
    agree = (seen[1][nearest] == unseen[1]).float().mean()
    return [float(error), float(agree)]


@torch.no_grad()
def draw(model, seen, num_samples, generator):
    """Return pictures of standard normal codes and of codes like those seen."""
    known = model.encode(seen)[0]
    root = torch.linalg.cholesky(torch.cov(known.T))
    noise = torch.randn(num_samples, 2, generator=generator).to(seen.device)
    fitted = model.decode(known.mean(dim=0) + noise @ root.T)
    return model.sample(num_samples, generator), fitted


# %%
# 每个种子两种都训练，两种都评判。
#
# Both are trained and judged with each seed.

rows = {0.0: [], 2.0: []}
seen, unseen = (train, train_labels), (test, test_labels)
for seed in range(num_seeds):
    for beta, results in rows.items():
        generator = seed_everything(seed)
        model = VAE(train.shape[1], 2).to(device)
        options = {"num_epochs": num_epochs, "generator": generator}
        fit_vae(model, train, beta=beta, **options)
        pictures = draw(model, train, half, generator)
        away = [distance(features, x, other) for x in pictures]
        results.append(judge(model, seen, unseen) + away)
        print(beta, seed, results[-1])
plain, vae = (torch.tensor(results).T for results in rows.values())

# %%
# 主成分分析没有随机性。两个方向是训练图片协方差矩阵最大的两个特征值的特征向量。
#
# Principal components involve no chance. The two directions belong to the two
# largest eigenvalues of the covariance of training pictures.

center = train.mean(dim=0)
directions = torch.linalg.eigh(torch.cov(train.T)).eigenvectors[:, -2:]
linear = (test - center) @ directions
pca_error = float(
    (center + linear @ directions.T - test).square().sum(dim=1).mean()
)
floor = distance(features, test, other)
print("principal components", pca_error, "real against real", floor)

# %%
# 编码的平面 | The plane of codes
# -------------------------------
# 左图是最后一个变分自编码器给测试图片的编码（均值），右图把平面上的格点解码成图。
#
# On the left are the codes, that is the means, which the last variational
# autoencoder gives to test pictures. On the right a grid of points is decoded.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4.8), layout="constrained")
with torch.no_grad():
    codes = model.encode(test)[0].cpu()
    line = torch.linspace(-2, 2, 9)
    grid = torch.cartesian_prod(-line, line).flip(1).to(device)
    tiles = model.decode(grid).cpu().reshape(9, 9, side, side)
shown = [0, 1, 5, 8, 9] if not data.stand_in else [0, 1, 2, 3, 4]
for label, mark in zip(shown, "o^svD", strict=True):
    chosen = codes[test_labels.cpu() == label]
    name = data.class_labels[label]
    left.scatter(*chosen.T, s=14, marker=mark, label=name, alpha=0.6)
left.set(xlabel="$z_1$", ylabel="$z_2$", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
left.set_aspect("equal")
fig.legend(loc="outside lower center", ncols=5, markerscale=2)
right.imshow(tiles.permute(0, 2, 1, 3).reshape(9 * side, -1), cmap="gray")
right.set_xticks([side / 2, 8.5 * side], ["−2", "2"])
right.set_yticks([side / 2, 8.5 * side], ["2", "−2"])
right.set(xlabel="$z_1$", ylabel="$z_2$")
fig.set_label(
    "左：五类测试图片的编码散布在平面上，同类的聚在一起；右：81 个格点解码成的图，形状"
    "逐渐变化 | Left: codes of five classes of test pictures in the plane, those of"
    " a class together; right: 81 points of a grid decoded, with shapes that change"
    " gradually"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

assert (vae[0] < (1 if data.stand_in else 0.95) * pca_error).all()
assert (vae[2] < plain[2]).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "vae_latent",
    {
        "error_vae": vae[0],
        "error_plain": plain[0],
        "standard_vae": vae[2],
        "standard_plain": plain[2],
        "fitted_vae": vae[3],
        "fitted_plain": plain[3],
    },
    over=over,
    format=".1f",
)
record_all(
    "vae_latent", {"floor": floor, "error_pca": pca_error}, format=".1f"
)
shares = {"same_class_vae": vae[1], "same_class_plain": plain[1]}
record_all("vae_latent", shares, unit="fraction", over=over, format=".2f")

# %%
# 练习 | Exercise
# ---------------
# 两张测试图片的编码之间连一条直线，把线上的五个点解码。相邻两张的差，比两端的差小吗？
#
# Join the codes of two test pictures by a line and decode five points of it. Are
# neighbors closer to each other than the two ends?

with torch.no_grad():
    first, last = model.encode(test[:2])[0]
    steps = torch.linspace(0, 1, 5, device=device)[:, None]
    pictures = model.decode(torch.lerp(first, last, steps))
between = (pictures[1:] - pictures[:-1]).norm(dim=1)
print(between, (pictures[-1] - pictures[0]).norm())
# No step is longer than the whole way unless the path bends back sharply.
assert between.max() < 1.5 * (pictures[-1] - pictures[0]).norm() + 1
