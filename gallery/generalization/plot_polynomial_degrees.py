r"""
三种次数，两条曲线 | Three degrees, two curves
==============================================

数据来自一个三次多项式。一次的欠拟合，训练和验证误差都大。三次的正好。十九次
的可以过拟合。可是按《动手学深度学习》的做法训练，十九次的训练误差反而**高于**
三次的：梯度下降没有走完。把最小二乘解出来，训练误差就低了，验证误差却大得多。

The data come from a polynomial of degree three. Degree one underfits: training
and validation error are both large. Degree three is right. Degree 19 can
overfit. Trained as in *Dive into Deep Learning*, however, its training error
is **above** that of degree three: gradient descent has not finished. Solve the
least squares, and the training error falls while the validation error is far
larger.

**你需要** :doc:`/generalization/model-selection` 和梯度下降；**你得到** 怎样
从两条曲线看出欠拟合、过拟合，以及没有训练完。

**You need** :doc:`/generalization/model-selection` and gradient descent; **you
get** to tell underfitting, overfitting and unfinished training from two
curves.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.features import polynomial_features
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device
from d2lnotes.splits import k_fold_indices

device = select_device()
num_sets = on(device, cpu=20, cuda=100)
n, most = 100, 19

# %%
# 数据 | The data
# ---------------
# :math:`y = 5 + 1.2x - 3.4x^2/2! + 5.6x^3/3!`，加上标准差为 0.1 的噪声，
# :math:`x` 是标准正态的。特征是 :math:`x^i/i!`，共 20 个，从 0 次到 19 次。
#
# :math:`y = 5 + 1.2x - 3.4x^2/2! + 5.6x^3/3!` plus noise of standard deviation
# 0.1, with standard normal :math:`x`. The features are :math:`x^i/i!`, 20 of
# them from degree 0 to 19.


def draw(num_sets, n, generator, device):
    """Return features and targets: (num_sets, n, 20) and (num_sets, n)."""
    kind = {"generator": generator, "dtype": torch.float64}
    x = torch.randn(num_sets * n, **kind)
    features = polynomial_features(x, 19, factorial=True)
    cubic = torch.tensor([5, 1.2, -3.4, 5.6], dtype=torch.float64)
    y = features[:, :4] @ cubic + 0.1 * torch.randn(num_sets * n, **kind)
    shape = num_sets, n
    return features.view(*shape, 20).to(device), y.view(shape).to(device)


draws = torch.Generator().manual_seed(0)
train_features, train_y = draw(num_sets, n, draws, device)
valid_features, valid_y = draw(num_sets, n, draws, device)

# %%
# 照原样训练 | Training as published
# ----------------------------------
# 批量 10，学习率 0.01 的 SGD：一次和三次走 400 轮，十九次走 1,500 轮。各批数据
# 一起算。
#
# SGD with batches of 10 at a learning rate of 0.01: 400 epochs for degrees one
# and three, 1,500 for degree 19. All sets of data are computed together.


def mse(weights, X, y):
    """Return the mean squared error of each set: (num_sets,)."""
    return ((X @ weights[..., None])[..., 0] - y).square().mean(dim=1)


def sgd(X, y, valid, num_epochs, generator, lr=0.01):
    """Return both errors after each tenth epoch: (2, epochs, num_sets)."""
    weights = torch.zeros_like(X[:, 0])
    history = []
    for epoch in range(num_epochs):
        order = torch.rand(y.shape, generator=generator).argsort(dim=1)
        for batch in order.to(y.device).split(10, dim=1):
            rows = X.gather(1, batch[..., None].expand(-1, -1, X.shape[2]))
            wrong = (rows @ weights[..., None])[..., 0] - y.gather(1, batch)
            gradient = 2 * (rows.mT @ wrong[..., None])[..., 0] / 10
            weights = weights - lr * gradient
        if epoch % 10 == 9:
            history.append(
                torch.stack([mse(weights, X, y), mse(weights, *valid)])
            )
    return torch.stack(history, dim=1).cpu()


runs = {}
for degree, num_epochs in [(1, 400), (3, 400), (19, 1500)]:
    columns = degree + 1
    valid = valid_features[..., :columns], valid_y
    runs[degree] = sgd(
        train_features[..., :columns], train_y, valid, num_epochs, draws
    )

# %%
# 最小二乘一步到位 | Least squares at once
# ----------------------------------------
# 对每个次数，用 ``lstsq`` 求训练误差最小的权重，并用 5 折交叉验证估计误差。
#
# For each degree ``lstsq`` finds the weights of least training error, and
# 5-fold cross-validation estimates the error.


def solve(X, y):
    """Return least-squares weights: (num_sets, columns)."""
    return torch.linalg.lstsq(X, y[..., None]).solution[..., 0]


def five_folds(X, y):
    """Return the 5-fold estimate of each set: (num_sets,)."""
    errors = []
    for train, valid in k_fold_indices(X.shape[1], 5):
        weights = solve(X[:, train], y[:, train])
        errors.append(mse(weights, X[:, valid], y[:, valid]))
    return torch.stack(errors).mean(dim=0)


fitted, judged, folded = [], [], []
for columns in range(1, most + 2):
    X = train_features[..., :columns]
    weights = solve(X, train_y)
    fitted.append(mse(weights, X, train_y).cpu())
    judged.append(mse(weights, valid_features[..., :columns], valid_y).cpu())
    folded.append(five_folds(X, train_y).cpu())
fitted, judged, folded = map(torch.stack, (fitted, judged, folded))

# %%
# 中位数不受个别极大的验证误差影响：一个离得远的 :math:`x` 就够了。
#
# Medians are not moved by a few huge validation errors, for which one far-off
# :math:`x` is enough.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 4.2), layout="constrained"
)
for degree, color in [(1, "C2"), (3, "C0"), (19, "C3")]:
    train_error, valid_error = runs[degree].median(dim=2).values
    epochs = range(10, 10 * len(train_error) + 1, 10)
    label = f"{degree} 次 | degree {degree}"
    left.plot(epochs, train_error, color=color, label=label)
    left.plot(epochs, valid_error, color=color, ls="--")
left.set(xlabel="轮 | epoch", ylabel="均方误差 | mean squared error")
left.set_xscale("log")
right.plot(fitted.median(dim=1).values, "C0o-", label="训练 | training")
right.plot(judged.median(dim=1).values, "C1s--", label="验证 | validation")
right.plot(folded.median(dim=1).values, "C2^:", label="5 折 | 5 folds")
right.set(xlabel="次数 | degree", ylabel="均方误差 | mean squared error")
right.set_xticks(range(0, 20, 3))
for ax in (left, right):
    ax.set_yscale("log")
    ax.axhline(0.01, color="k", lw=0.8, ls=":")
    ax.legend()
fig.set_label(
    "左：三种次数的训练误差（实线）和验证误差（虚线）随轮数下降，一次的停在高处；"
    "右：最小二乘的训练误差随次数下降，验证误差和 5 折估计在三次最低，之后上升"
    " | Left: training (solid) and validation error (dashed) of three degrees"
    " against epochs, degree one stays high; right: with least squares the"
    " training error falls with the degree, while validation error and 5-fold"
    " estimate are lowest at degree three and rise"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 十九次用 SGD 训练完，训练误差比三次的大；解出来就比三次的小，而这时验证误差
# 大得多。5 折的估计在三次处最低。
#
# After SGD the training error of degree 19 is above that of degree three.
# Solved, it is below, and then the validation error is far larger. The 5-fold
# estimate is lowest at degree three.

final = {degree: run[:, -1] for degree, run in runs.items()}
medians = {degree: run.median(dim=1).values for degree, run in final.items()}
chosen = folded.argmin(dim=0)
print(medians, chosen.tolist())
assert medians[1].min() > 100 * medians[3].max()  # underfits
assert (final[19][0] > final[3][0]).double().mean() > 0.8  # not finished
assert fitted[19].median() < fitted[3].median()  # solved, it fits better
assert judged[19].median() > 10 * judged[3].median()  # overfits
assert folded.median(dim=1).values.argmin() == 3
over = f"{num_sets} 批数据的中位数 | median of {num_sets} sets of data"
record_all(
    "polynomial_degrees",
    {
        "train_1": (medians[1][0], ".1f"),
        "valid_1": (medians[1][1], ".1f"),
        "train_3": medians[3][0],
        "valid_3": medians[3][1],
        "train_19": medians[19][0],
        "valid_19": medians[19][1],
        "solved_train_3": fitted[3].median(),
        "solved_train_19": fitted[19].median(),
        "solved_valid_19": (judged[19].median(), ",.0f"),
    },
    over=over,
    format=".4f",
)
record(
    "polynomial_degrees.chose_three",
    (chosen == 3).sum(),
    over=f"{num_sets} 批数据 | {num_sets} sets of data",
    format=".0f",
)

# %%
# 练习 | Exercise
# ---------------
# 若特征用 :math:`x^i` 而不除以 :math:`i!`，上面的 SGD 会怎样？先估计
# :math:`x = 3` 时最大的特征。答案在 :doc:`/generalization/model-selection`
# 的练习里。
#
# Take :math:`x^i` as features, without dividing by :math:`i!`. What happens to
# SGD? First estimate the largest feature at :math:`x = 3`. The answer is among
# the exercises of :doc:`/generalization/model-selection`.
