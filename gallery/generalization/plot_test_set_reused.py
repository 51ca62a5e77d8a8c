r"""
挑过的测试分数偏高 | A test score that did the choosing is too good
====================================================================

用同一个测试集给 :math:`m` 个模型打分，挑出分数最高的一个。它的分数里有一部分
是运气：若模型同样好，而且误差互相独立，平均偏高约
:math:`\sigma\sqrt{2\ln m}`，:math:`\sigma` 是一个分数的标准误。
真的模型在同样的图片上一起犯错，偏得少一些，但仍然随 :math:`m` 增长。

Score :math:`m` models on the same test set and choose the highest score. Part
of it is luck. If the models are equally good and their errors independent, it
is too high by about :math:`\sigma\sqrt{2\ln m}` on average, where
:math:`\sigma` is the standard error of one score. Real models fail together on
the same pictures. Their best score is less inflated, and still more so with
growing :math:`m`.

**你需要** :doc:`/preliminaries/estimation` 里的标准误；**你得到** 测试集用了
:math:`m` 次以后，分数虚高多少。

**You need** the standard error from :doc:`/preliminaries/estimation`; **you
get** by how much a score is inflated after a test set was used :math:`m`
times.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, one_hot

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record, record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_models = 256
num_trials = on(device, cpu=500, cuda=5000)
counts = [1, 2, 4, 8, 16, 32, 64, 128, 256]
print(data)

# %%
# 256 个模型 | 256 models
# -----------------------
# 每个模型把 :math:`7 \times 7` 个像素变成 64 个随机的特征，再用线性回归去
# 拟合十个 0 与 1。它们只有随机数不同，所以没有一个明显更好。
#
# Each model turns :math:`7 \times 7` pixels into 64 random features and fits
# ten zeros and ones by linear regression. They differ in their random numbers
# alone, so none is clearly better.


def small(images, device):
    """Return the pictures shrunk to 7 by 7 pixels, with a feature 1: (n, 50)."""
    pooled = avg_pool2d(images, 4).flatten(1).to(device)
    return torch.cat([pooled, torch.ones_like(pooled[:, :1])], dim=1)


def random_features(inputs, seed, num_features=64):
    """Return ReLU features with random weights: (n, num_features)."""
    draws = torch.Generator().manual_seed(seed)
    weights = torch.randn(inputs.shape[1], num_features, generator=draws)
    return (inputs @ weights.to(inputs.device)).relu()


def is_right(seed, train_inputs, train_labels, test_inputs, test_labels):
    """Return which test pictures one model gets right: (num_test,) bool."""
    features = random_features(train_inputs, seed)
    gram = features.mT @ features
    gram += 1e-3 * gram.diagonal().mean() * torch.eye(64, device=gram.device)
    wanted = features.mT @ one_hot(train_labels, 10).float()
    weights = torch.linalg.solve(gram, wanted)
    answers = random_features(test_inputs, seed) @ weights
    return answers.argmax(dim=1) == test_labels


# %%
# 用 3,000 张图片训练，记下每个模型在哪些测试图片上答对。
#
# Train on 3,000 pictures, and note which test pictures each model gets right.

train = small(data.train_images[:3000], device), data.train_labels[:3000]
test = small(data.test_images, device), data.test_labels.to(device)
rows = train[0], train[1].to(device), *test
right = torch.stack([is_right(seed, *rows) for seed in range(num_models)])
right = right.float()  # (models, pictures)
accuracies = right.mean(dim=1)
print(f"accuracy {accuracies.mean():.3f} ± {accuracies.std():.3f}")

# %%
# 小的测试集，反复用 | A small test set, used again and again
# -----------------------------------------------------------
# 从测试图片里抽出 500 张作测试集，挑出在它上面最好的模型，再看这个模型在其余
# 图片上的准确率。两者之差就是虚高。抽几百次。对照一：不挑，用事先定好的一个
# 模型。对照二：模拟 :math:`m` 个真正独立、同样好的模型。
#
# Draw 500 of the test pictures as a test set. Choose the model that is best on
# them, and look at its accuracy on the other pictures. The difference is the
# inflation. Do so some hundred times. First control: no choice, a model fixed
# beforehand. Second control: simulate :math:`m` models that are truly
# independent and equally good.


def inflation(right, totals, counts, generator, num_test):
    """Return chosen score less fresh score for each number of models."""
    num_pictures = right.shape[1]
    order = torch.randperm(num_pictures, generator=generator).to(right.device)
    models = torch.randperm(len(right), generator=generator).to(right.device)
    on_seen = right[:, order[:num_test]].mean(dim=1)
    num_unseen = num_pictures - num_test
    on_unseen = (totals - num_test * on_seen) / num_unseen
    on_seen, on_unseen = on_seen[models], on_unseen[models]
    best = [on_seen[:m].argmax() for m in counts]
    return torch.stack([on_seen[i] - on_unseen[i] for i in best])


draws = torch.Generator().manual_seed(0)
num_test = min(500, right.shape[1] // 4)
totals = right.sum(dim=1)
real = [
    inflation(right, totals, counts, draws, num_test)
    for _ in range(num_trials)
]
real = torch.stack(real).cpu()  # (trials, counts)

p = accuracies.mean().item()
one_score = torch.distributions.Binomial(num_test, torch.tensor(p))
torch.manual_seed(0)
scores = one_score.sample((num_trials, num_models)) / num_test
equal = torch.stack([scores[:, :m].amax(dim=1) - p for m in counts], dim=1)
sigma = math.sqrt(p * (1 - p) / num_test)
formula = [sigma * math.sqrt(2 * math.log(m)) for m in counts]

# %%
# 图的纵轴用百分点。
#
# The vertical axis is in percentage points.

fig, ax = plt.subplots(figsize=(7.5, 4.4), layout="constrained")
percent = [100 * height for height in formula]
ax.plot(counts, percent, "k:", label=r"$\sigma\sqrt{2\ln m}$")
label = "独立、同样好的模型 | independent, equally good models"
ax.plot(counts, 100 * equal.mean(dim=0), "C0s--", label=label)
label = "真的模型 | real models"
ax.plot(counts, 100 * real.mean(dim=0), "C3o-", label=label)
ax.axhline(0, color="k", lw=0.8)
ax.set_xscale("log", base=2)
ax.set_xticks(counts, [str(m) for m in counts])
ax.set(
    xlabel="比较的模型个数 $m$ | number of models compared, $m$",
    ylabel="虚高（百分点） | inflation (percentage points)",
)
ax.legend()
fig.set_label(
    "最好分数的虚高随模型个数增长：公式最高，独立的模型其次，真的模型低一些"
    " | The inflation of the best score grows with the number of models: the"
    " formula highest, independent models next, real models lower"
)
plt.show()
print(
    torch.stack([torch.tensor(formula), equal.mean(dim=0), real.mean(dim=0)])
)

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 不挑就不偏高。挑得越多，偏得越多，而且不超过公式。
#
# Without a choice there is no inflation. It grows with the number of models
# and stays below the formula.

error = real.std(dim=0) / num_trials**0.5
assert real[:, 0].mean().abs() < 4 * error[0]
assert (equal.mean(dim=0).diff() > 0).all()
assert (real.mean(dim=0)[::2].diff() > 0).all()
assert (equal.mean(dim=0)[1:] < torch.tensor(formula)[1:]).all()
assert (real.mean(dim=0) < equal.mean(dim=0) + 4 * error).all()
record_all(
    "test_set_reused",
    {
        "accuracy": accuracies.mean(),
        "sigma": (sigma, ".4f"),
        "formula_256": formula[-1],
        "equal_16": equal.mean(dim=0)[4],
        "equal_256": equal.mean(dim=0)[-1],
        "real_1": (real.mean(dim=0)[0], ".4f"),
        "real_16": real.mean(dim=0)[4],
        "real_256": real.mean(dim=0)[-1],
    },
    unit="fraction",
)
record("test_set_reused.num_test", num_test, format=",d")

# %%
# 练习 | Exercise
# ---------------
# 测试集从 500 张增加到 50,000 张，挑 256 个模型的虚高，公式给出多少？答案在
# :doc:`/generalization/model-selection` 的练习里。
#
# The test set grows from 500 to 50,000 pictures. What inflation does the
# formula give for a choice among 256 models? The answer is among the exercises
# of :doc:`/generalization/model-selection`.
