r"""
SGD 的误差降到一个底线为止 | The error of SGD falls to a floor
==============================================================

小批量梯度下降每一步只看几个样本。学习率不变时，参数走到真值附近就不再靠近，
而是一直在它周围抖动：误差有一个底线。我们先用公式算出底线，再去测量。对照有两个：
没有噪声，就没有底线；解析解用同样的样本，误差比底线低得多。

Each step of minibatch gradient descent sees a few examples. With a constant
learning rate the parameters come near the truth and then get no nearer: they
keep jittering around it, and the error has a floor. We first compute the
floor with a formula, then measure it. There are two controls: without noise
there is no floor, and the closed form has a far smaller error on the same
examples.

**你需要** :doc:`/linear-models/linear-regression` 里的训练循环；
**你得到** 学习率、批量、噪声怎样决定 SGD 停在哪里。

**You need** the training loop of :doc:`/linear-models/linear-regression`;
**you get** how learning rate, batch size and noise decide where SGD stops.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

NUM_FEATURES, BATCH = 5, 10
RATES = [0.2, 0.05, 0.0125]
device = select_device()
num_seeds = on(device, cpu=40, cuda=400)

# %%
# 数据：真正的权重由我们定 | Data whose true weights we choose
# ------------------------------------------------------------
# :math:`y = \mathbf{w}^\top \mathbf{x} + \epsilon`，5 个特征服从标准正态分布，
# :math:`\epsilon` 的标准差是 :math:`\sigma`。许多个种子一起算：``w`` 的形状是
# (种子, 特征)，每个种子有自己的权重和数据。每一步都抽新的样本，没有样本用第二次。
#
# In :math:`y = \mathbf{w}^\top \mathbf{x} + \epsilon` the 5 features are
# standard normal, and :math:`\epsilon` has the standard deviation
# :math:`\sigma`. Many seeds are computed together: ``w`` has the shape
# (seeds, features), and each seed has weights and data of its own. Each step
# draws new examples, and none is used twice.


def draw(truth, size, sigma, generator):
    """Return ``size`` examples for each seed, inputs and labels."""
    inputs = torch.randn(len(truth), size, NUM_FEATURES, generator=generator)
    noise = torch.randn(len(truth), size, generator=generator)
    inputs, noise = inputs.to(truth.device), noise.to(truth.device)
    labels = (inputs @ truth.unsqueeze(2)).squeeze(2) + sigma * noise
    return inputs, labels


def descend(truth, rates, sigma, generator):
    """Run SGD, one rate per step; return squared errors (steps, seeds)."""
    w, errors = torch.zeros_like(truth), []
    for rate in rates:
        inputs, labels = draw(truth, BATCH, sigma, generator)
        residual = (inputs @ w.unsqueeze(2)).squeeze(2) - labels
        gradient = (residual.unsqueeze(1) @ inputs).squeeze(1) / BATCH
        w = w - rate * gradient
        errors.append(((w - truth) ** 2).sum(dim=1))
    return torch.stack(errors).cpu()


# %%
# 公式先说 | The formula speaks first
# -----------------------------------
# 记 :math:`V = \mathrm{E}\lVert\mathbf{w} - \mathbf{w}^*\rVert^2`，其中
# :math:`\mathbf{w}^*` 是真正的权重。一步之后
#
# Let :math:`V = \mathrm{E}\lVert\mathbf{w} - \mathbf{w}^*\rVert^2`, where
# :math:`\mathbf{w}^*` are the true weights. After one step
#
# .. math::
#
#    V' = \Bigl(1 - 2\eta + \eta^2 \bigl(1 + \tfrac{d + 1}{B}\bigr)\Bigr) V
#    + \frac{\eta^2 \sigma^2 d}{B} .
#
# 第一项是误差的收缩，第二项是噪声每一步加进来的。底线是 :math:`V' = V`
# 的地方。学习率小时，它约为 :math:`\eta\sigma^2 d / (2B)`。
#
# The first term is how the error shrinks, the second what noise adds at each
# step. The floor is where :math:`V' = V`. For a small learning rate it is
# about :math:`\eta\sigma^2 d / (2B)`.


def floor(rate, sigma=1.0, batch=BATCH, d=NUM_FEATURES):
    """Return the expected squared error at which SGD stays."""
    return rate * sigma**2 * d / (batch * (2 - rate * (1 + (d + 1) / batch)))


# %%
# 测量 | The measurement
# ----------------------
# 三种学习率；一次没有噪声；一次中途把学习率降到十六分之一。最后是解析解，
# 它用的样本数与前面走 2000 步用的一样多。
#
# Three learning rates, one run without noise, and one in which the learning
# rate falls to a sixteenth half-way. Last comes the closed form, on as many
# examples as the others use in their 2000 steps.

generator = torch.Generator().manual_seed(0)
truth = torch.randn(num_seeds, NUM_FEATURES, generator=generator).to(device)
steps = 2000
curves = {
    rate: descend(truth, [rate] * steps, 1.0, generator) for rate in RATES
}
clean = descend(truth, [RATES[0]] * steps, 0.0, generator)
schedule = [RATES[0]] * (steps // 2) + [RATES[2]] * (steps // 2)
lowered = descend(truth, schedule, 1.0, generator)

inputs, labels = draw(truth, steps * BATCH, 1.0, generator)
gram = inputs.mT @ inputs
solution = torch.linalg.solve(gram, inputs.mT @ labels.unsqueeze(2))
closed = ((solution.squeeze(2) - truth) ** 2).sum(dim=1).cpu()

# %%
# 误差随步数的变化，对种子求平均。虚线是公式给出的底线。
#
# The error by step, averaged over the seeds. Dashed lines are the floors
# that the formula gives.

fig, ax = plt.subplots(figsize=(7.5, 4.8), layout="constrained")
for rate, color in zip(RATES, ["C0", "C1", "C2"], strict=True):
    ax.semilogy(curves[rate].mean(1), color, label=rf"$\eta = {rate}$")
    ax.axhline(floor(rate), color=color, ls="--")
label = rf"没有噪声，$\eta = {RATES[0]}$ | no noise, $\eta = {RATES[0]}$"
ax.semilogy(clean.mean(1), "k:", label=label)
label = "解析解，同样多的样本 | closed form, as many examples"
ax.axhline(closed.mean(), color="C3", lw=3, label=label)
ax.set(
    xlabel="步 | step",
    ylabel="权重的平方误差 | squared error of the weights",
    ylim=(5e-5, 20),
)
ax.legend(loc="upper right", fontsize="small")
fig.set_label(
    "三种学习率的误差各自降到一个底线，与公式的虚线一致；没有噪声时一直下降；"
    "解析解低得多 | The error falls to a floor for each of three learning "
    "rates, at the dashed lines of the formula; without noise it keeps "
    "falling; the closed form is far lower"
)
plt.show()

# %%
# 另一幅图：中途把学习率降下来。误差从高的底线降到低的底线，抖动也小了。
#
# The other figure lowers the learning rate half-way. The error falls from the
# high floor to the low one, and the jitter becomes smaller.

fig, ax = plt.subplots(figsize=(7.5, 4), layout="constrained")
ax.semilogy(lowered[:, 0], "0.7", lw=0.7, label="一个种子 | one seed")
ax.semilogy(lowered.mean(1), "C0", lw=2, label="平均 | mean")
for rate, style in ((RATES[0], "--"), (RATES[2], ":")):
    label = rf"公式，$\eta = {rate}$ | formula, $\eta = {rate}$"
    ax.axhline(floor(rate), color="k", ls=style, label=label)
ax.set(
    xlabel="步 | step", ylabel="权重的平方误差 | squared error of the weights"
)
ax.legend(fontsize="small")
fig.set_label(
    "第 1000 步把学习率从 0.2 降到 0.0125，误差从一条虚线降到另一条 | "
    "At step 1000 the learning rate falls from 0.2 to 0.0125, and the error "
    "from one dashed line to the other"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 最后 500 步的平均与公式相差不到 15%；没有噪声时误差降到舍入误差的大小；
# 解析解比最低的底线还低。
#
# The mean of the last 500 steps is within 15% of the formula, the error
# without noise falls to the size of rounding, and the closed form lies below
# the lowest floor.

floors = {rate: curves[rate][-500:].mean(dim=0) for rate in RATES}
settled = lowered[-500:].mean(dim=0)
for rate in RATES:
    assert abs(floors[rate].mean() / floor(rate) - 1) < 0.15
assert abs(settled.mean() / floor(RATES[2]) - 1) < 0.15
assert clean[-1].max() < 1e-9
assert closed.mean() < floor(RATES[2]) / 5

names = ["high", "middle", "low"]
values = {"floor_lowered": settled, "closed_form": closed}
formulas = {
    "closed_form_ratio": (floors[RATES[0]].mean() / closed.mean(), ".0f")
}
for name, rate in zip(names, RATES, strict=True):
    values[f"floor_{name}"] = floors[rate]
    formulas[f"formula_{name}"] = floor(rate)
record_all(
    "linear_regression_scratch",
    values,
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".4f",
)
record_all("linear_regression_scratch", formulas, format=".4f")

# %%
# 练习 | Exercise
# ---------------
# 批量从 10 加大到 40，学习率也乘以 4，底线会变吗？先用公式回答。
#
# Let the batch grow from 10 to 40 and multiply the learning rate by 4. Does
# the floor change? Answer with the formula first.

small = floor(0.0125)
large = floor(0.05, batch=40)
assert abs(large / small - 1) < 0.03

# %%
# 几乎不变：学习率小时，底线只取决于 :math:`\eta / B`。
#
# Hardly: for small learning rates the floor depends on :math:`\eta / B`.
