r"""
核学得出来，只要图片够多样 | A kernel can be learned if pictures vary
=====================================================================

给一个卷积层看成对的图片，输入和某个核的输出，不告诉它核是什么。梯度下降能把核找
回来吗？在随机的图片上能。在竖条纹的图片上，损失也降到 0，学到的却是另一个核：
这样的图片只说出核的每一列之和。

Show pairs of pictures to a convolutional layer, an input and what some kernel
makes of it, and do not tell the kernel. Does gradient descent find it? On
random pictures it does. On pictures of upright stripes the loss falls to 0 as
well, but another kernel is learned: such pictures tell no more than the sum
of each column.

**你需要** :doc:`/convolutional-networks/convolution` 里的互相关；
**你得到** 三种图片上学到的核，损失和核的误差随步数的变化，以及失败的预言。

**You need** cross-correlation, from :doc:`/convolutional-networks/convolution`;
**you get** the kernels learned from three kinds of pictures, loss and error
of the kernel over the steps, and a prediction of the failure.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import conv2d, mse_loss, unfold

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting import plot_cells
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
num_seeds = on(device, cpu=5, cuda=20)
draws = torch.Generator().manual_seed(0)
sobel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).double()
target = sobel.to(device)[None, None]

# %%
# 三种图片 | Three kinds of pictures
# ----------------------------------
# 各 16 张，28×28：独立的随机数；照片；竖条纹，每列是同一个随机数。三种都减去均值，
# 除以标准差，这样同一个学习率对它们意思相近。
#
# 16 of each kind, 28 by 28: independent random numbers; photographs; upright
# stripes, with one random number for each column. All have their mean
# subtracted and are divided by their standard deviation, so that a learning
# rate means about the same to each.

stripes = torch.randn(16, 1, 1, 28, generator=draws, dtype=torch.float64)
kinds = {
    "随机数 | random": torch.randn(
        16, 1, 28, 28, generator=draws, dtype=torch.float64
    ),
    "照片 | photographs": fetch_fashion_mnist(stand_in=True)
    .train_images[:16]
    .double(),
    "竖条纹 | stripes": stripes.expand(16, 1, 28, 28),
}
pictures = {
    name: ((x - x.mean()) / x.std()).to(device) for name, x in kinds.items()
}


# %%
# 学一个核 | Learning a kernel
# ----------------------------
# 核从随机数开始，损失是输出之差的平方的平均。
#
# The kernel starts from random numbers. The loss is the mean square of the
# difference between the outputs.


def learn(inputs, target, start, num_steps=400, rate=0.05):
    """Return the kernel, and losses and kernel errors at each step."""
    outputs = conv2d(inputs, target)
    kernel = start.clone().requires_grad_()
    losses, errors = [], []
    for _ in range(num_steps + 1):
        loss = mse_loss(conv2d(inputs, kernel), outputs)
        losses.append(loss.item())
        errors.append((kernel - target).detach().square().mean().sqrt().item())
        (gradient,) = torch.autograd.grad(loss, kernel)
        with torch.no_grad():
            kernel -= rate * gradient
    return kernel.detach(), torch.tensor(losses), torch.tensor(errors)


starts = 0.5 * torch.randn(
    num_seeds, 1, 1, 3, 3, generator=draws, dtype=torch.float64
)
learned, losses, errors = {}, {}, {}
for name, inputs in pictures.items():
    runs = [learn(inputs, target, start.to(device)) for start in starts]
    learned[name] = torch.stack([kernel for kernel, _, _ in runs]).cpu()
    losses[name] = torch.stack([loss for _, loss, _ in runs])
    errors[name] = torch.stack([error for _, _, error in runs])
    print(name, losses[name][:, -1], errors[name][:, -1])

# %%
# 学到的核 | The kernels learned
# ------------------------------
# 第一个种子。最左边是要找的核。
#
# The first seed. On the far left is the kernel to be found.

fig, axes = plt.subplots(1, 4, figsize=(10, 3), layout="constrained")
shown = {"要找的 | the one to find": sobel}
shown |= {name: kernels[0, 0, 0] for name, kernels in learned.items()}
for ax, (name, kernel) in zip(axes, shown.items(), strict=True):
    table = kernel.mul(10).round().div(10) + 0.0  # one decimal, and no −0
    strengths = 0.5 - kernel / 5  # red below 0, blue above
    colors = plt.colormaps["coolwarm"](strengths.clamp(0.15, 0.85))
    hues = [[tuple(0.6 * c + 0.4) for c in row] for row in colors]
    plot_cells(table, ax=ax, colors=hues)
    ax.set_title(name)
fig.set_label(
    "要找的核和从三种图片学到的核：随机数给出同一个核，照片接近，竖条纹给出另一个核"
    " | The kernel to find and those learned from three kinds of pictures:"
    " random numbers give the same kernel, photographs nearly so, stripes"
    " another one"
)
plt.show()

# %%
# 损失和核的误差 | The loss, and the error of the kernel
# ------------------------------------------------------
# 左边是损失，右边是核与要找的核之差的均方根，细线是种子。三种图片的损失都下降。
# 核的误差在条纹上停住了。
#
# Left: the loss. Right: root mean square of the difference between the kernel
# and the one to find. Thin lines are seeds. The loss falls on all three kinds
# of pictures. On stripes the error of the kernel stops falling.

fig, panels = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
for name, style in zip(pictures, ["-", "--", ":"], strict=True):
    color = f"C{list(pictures).index(name)}"
    for ax, values in zip(panels, (losses, errors), strict=True):
        ax.semilogy(values[name].T, color=color, lw=0.5)
        ax.semilogy(
            values[name].mean(dim=0), style, color=color, lw=2.5, label=name
        )
        ax.set(xlabel="步 | step", ylim=(1e-7, 20))
panels[0].set_ylabel("损失 | loss")
panels[1].set_ylabel("核的误差 | error of the kernel")
panels[1].legend()
fig.set_label(
    "左：三种图片上的损失都下降，随机数和条纹上降到看不见；右：核的误差在随机数上"
    "降到 0，在照片上慢慢下降，在条纹上停在一个固定的值"
    " | Left: the loss falls on all three kinds of pictures, out of sight on"
    " random numbers and stripes; right: the error of the kernel falls to 0 on"
    " random numbers and slowly on photographs, and stops on stripes"
)
plt.show()

# %%
# 预言条纹上的失败 | The failure on stripes, predicted
# ----------------------------------------------------
# 每张图片在每个位置给核一个方程，系数是盖住的九个数。条纹图片的九个数里，三行相同，
# 所以方程只管得到各列之和，秩是 3。梯度在列内的差上是 0，那里永远停在起点。
# 由此可以算出学到的核：起点，加上使各列之和正确的同一个数。
#
# At each place a picture gives the kernel one equation, with the nine numbers
# under it as coefficients. In pictures of stripes the three rows of these
# nine are equal. So the equations know the sums of columns alone, and their
# rank is 3. The gradient is 0 along differences within a column, which stay
# as they were at the start. This gives the kernel that will be learned: the
# start, plus in each column the number that makes its sum right.

ranks = {
    name: int(torch.linalg.matrix_rank(unfold(x, 3).mT.flatten(0, 1)))
    for name, x in pictures.items()
}
print(ranks)
predicted = starts + (sobel - starts).mean(dim=-2, keepdim=True)
random, photographs, striped = pictures
torch.testing.assert_close(learned[striped], predicted, rtol=0, atol=1e-4)

# %%
# 断言与记录 | Claims and records
# -------------------------------

assert list(ranks.values()) == [9, 9, 3]
assert losses[striped][:, -1].max() < 1e-6
assert errors[random][:, -1].max() < 1e-4
assert errors[striped][:, -1].min() > 0.1
record_all(
    "learn_a_kernel",
    {
        "random_error": (errors[random][:, -1], ".0e"),
        "photograph_error": (errors[photographs][:, -1], ".2f"),
        "stripe_error": (errors[striped][:, -1], ".2f"),
        "start_error": (errors[random][:, 0], ".2f"),
        "photograph_loss": (losses[photographs][:, -1], ".0e"),
        "stripe_loss": (losses[striped][:, -1], ".0e"),
    },
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
)

# %%
# 练习 | Exercise
# ---------------
# 照片上的秩也是 9，核的误差为什么下降得那么慢？看看九个数的协方差的特征值。
#
# On photographs the rank is 9, too. Why does the error of the kernel fall so
# slowly? Look at the eigenvalues of the covariance of the nine numbers.

conditions = {}
for name in (random, photographs):
    patches = unfold(pictures[name], 3).mT.flatten(0, 1)
    values = torch.linalg.eigvalsh(patches.T @ patches / len(patches))
    conditions[name] = (values[-1] / values[0]).item()
print(conditions)
assert conditions[random] < 2 < 50 < conditions[photographs]

# %%
# 照片里相邻的像素很相像，九个数几乎总是一起变。最大与最小的特征值相差上百倍，
# 学习率由最大的决定，最小的方向就走得很慢。
#
# Neighboring pixels of photographs are much alike, so the nine numbers mostly
# change together. The largest and smallest eigenvalues differ by a factor of
# over a hundred. The largest limits the learning rate, and along the smallest
# progress is slow.
