r"""
KL 的权重关掉编码的数 | The weight of KL switches codes off
============================================================

编码有 16 个数，可是变分自编码器不一定都用。:math:`\beta` 越大，用上的越少，剩下的等于
先验，与图片无关。这叫后验坍缩。线性的情形可以算出来：用上的个数，等于图片协方差矩阵大于
:math:`\beta` 的特征值的个数。非线性的网络也差不多吗？

A code has 16 numbers, and a variational autoencoder need not use them all. The
larger :math:`\beta`, the fewer it uses. The others equal the prior and tell
nothing of the picture, which is called posterior collapse. In the linear case
the number can be computed: it is that of the eigenvalues of the covariance of
pictures that exceed :math:`\beta`. Is it about the same for a network that is
not linear?

**你需要** :doc:`/computer-vision/generative-models`；**你得到** 用上的编码个数、KL 和
重构误差随 :math:`\beta` 的变化。

**You need** :doc:`/computer-vision/generative-models`; **you get** the number
of codes in use, the KL and the error against :math:`\beta`.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.data import fetch_fashion_mnist
from d2lnotes.models.generative import VAE, fit_vae, gaussian_kl
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_images = on(device, cpu=4000, cuda=60_000)
train = data.train_images[:num_images].flatten(1).to(device)
test = data.test_images[:2000].flatten(1).to(device)
num_epochs = 15 if data.stand_in else 8
num_seeds = on(device, cpu=3, cuda=5)
betas = [0.1, 1.0, 3.0, 10.0, 30.0]
LATENT = 16

# %%
# 线性的预言 | What the linear case predicts
# ------------------------------------------
# 先算预言，再训练。
#
# The prediction comes first, and training second.

variances = torch.linalg.eigvalsh(torch.cov(train.T)).flip(0)
predicted = [min(LATENT, int((variances > beta).sum())) for beta in betas]
print("predicted", predicted)

# %%
# 训练 | Training
# ---------------
# 一个数的 KL 在测试图片上平均超过 0.05 奈特，就算用上了。
#
# A number of the code is in use if its KL is above 0.05 nats on average over
# test pictures.


@torch.no_grad()
def judge(model, test):
    """Return numbers in use, KL in nats and error of a test picture."""
    mean, log_variance = model.encode(test)
    divergence = gaussian_kl(mean, log_variance).mean(dim=0)
    error = (model.decode(mean) - test).square().sum(dim=1).mean()
    used = (divergence > 0.05).sum()
    return [float(used), float(divergence.sum()), float(error)]


runs = []
for beta in betas:
    rows = []
    for seed in range(num_seeds):
        generator = seed_everything(seed)
        model = VAE(train.shape[1], LATENT).to(device)
        options = {"num_epochs": num_epochs, "generator": generator}
        fit_vae(model, train, beta=beta, batch_size=32, **options)
        rows.append(judge(model, test))
    runs.append(rows)
    print(beta, rows)
used, divergence, error = torch.tensor(runs).permute(2, 0, 1)
spread_of_pixels = float((test - train.mean(dim=0)).square().sum(dim=1).mean())

# %%
# 用上多少，剩下多少误差 | How many are in use, and what error remains
# --------------------------------------------------------------------
# 右图的横线是对照：不看图片，画出平均图片。
#
# The line on the right is a control: the mean picture, whatever the picture.

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
left.plot(betas, predicted, "k--o", label="线性的预言 | linear prediction")
plot_spread(betas, used, label="网络 | network", ax=left)
left.set(xscale="log", xlabel=r"$\beta$", ylim=(-0.5, 17))
left.set(ylabel="用上的编码个数 | numbers of the code in use")
left.legend(loc="lower left")
plot_spread(betas, error, label="网络 | network", ax=right)
right.axhline(
    spread_of_pixels, color="black", ls="--", label="平均图片 | mean picture"
)
right.set(xscale="log", xlabel=r"$\beta$", ylim=(0, 1.4 * spread_of_pixels))
right.set(ylabel="重构误差 | error of reconstruction")
right.legend(loc="lower right")
fig.set_label(
    "左：β 变大，用上的编码个数从 16 降到 0，与线性的预言相近；右：重构误差随之升到平均"
    "图片的误差附近 | Left: as β grows, numbers in use fall from 16 to 0, near the linear"
    " prediction; right: the error of reconstruction rises to about that of the mean"
    " picture"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

assert (used[-1] <= 1).all()
assert (used[0] >= (8 if data.stand_in else 14)).all()
assert (error[0] < 0.75 * error[-1]).all()
names = ["tenth", "one", "three", "ten", "thirty"]
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
for quantity, values, unit in [
    ("used", used, ""),
    ("kl", divergence, "nats"),
    ("error", error, ""),
]:
    numbers = {
        f"{quantity}_{n}": v for n, v in zip(names, values, strict=True)
    }
    record_all(
        "posterior_collapse", numbers, unit=unit, over=over, format=".1f"
    )
counts = {f"predicted_{n}": k for n, k in zip(names, predicted, strict=True)}
counts["error_mean"] = (spread_of_pixels, ".1f")
record_all("posterior_collapse", counts, format="d")

# %%
# 练习 | Exercise
# ---------------
# :math:`\beta = 30` 时，换一张测试图片，解码出来的图变多少？
#
# With :math:`\beta = 30`, how much does the decoded picture change with another
# test picture?

with torch.no_grad():
    first, second = model(test[:2]).reconstruction
    change = (first - second).norm() / (test[0] - test[1]).norm()
print(f"{change:.3f}")
# The code is the prior whatever the picture, so nothing reaches the decoder.
assert change < 0.3
