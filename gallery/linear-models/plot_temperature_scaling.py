r"""
过于自信，和一个数的补救 | Overconfidence, and a cure of one number
===================================================================

softmax 回归只用五百张图片，训练到全部答对，概率就偏大：
说有九成把握的，留出的图片里没有九成答对。把所有 logit 除以同一个温度，
概率就与频率接近了，而答案一个也不变。对照：用六万张图片训练的同一个模型，
最好的温度接近 1。

Softmax regression is trained on five hundred pictures until it gets all of
them right, and its probabilities become too large: where it claims 90%,
fewer than 90% of held-out pictures are right. Dividing all logits by one
temperature brings probabilities close to frequencies and changes no answer.
The control is the same model trained on sixty thousand pictures, for which
the best temperature is near 1.

**你需要** :doc:`/linear-models/classification-metrics` 里的可靠性图；
**你得到** 校准前后的可靠性图，和温度怎样在留出的数据上选出来。

**You need** the reliability diagram of
:doc:`/linear-models/classification-metrics`; **you get** that diagram before
and after, and how the temperature is chosen on held-out data.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.data.loader import TensorLoader
from d2lnotes.metrics import expected_calibration_error
from d2lnotes.models.linear import SoftmaxRegression
from d2lnotes.plotting import plot_reliability
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.training import fit

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
images, labels = data.train_images.to(device), data.train_labels.to(device)
test_images, test_labels = (
    data.test_images.to(device),
    data.test_labels.to(device),
)
num_valid = len(images) // 10  # the last tenth chooses the temperature
num_few = min(500, len(images) // 5)
sizes = images[0].numel(), len(data.class_names)
valid_images, valid_labels = images[-num_valid:], labels[-num_valid:]
NUM_SEEDS = on(device, cpu=5, cuda=10)
TEMPERATURES = torch.linspace(0.4, 8, 153).tolist()

# %%
# 五百张图片，训练到全部答对 | Five hundred pictures, all of them right
# ---------------------------------------------------------------------
# 每个种子抽另外五百张。用全部五百张求梯度，走 400 步，训练图片就都答对了。
# 再训练下去，得分之间的差还会增大，概率更接近 0 和 1。
#
# Each seed draws another five hundred. After 400 steps with the gradient of all
# of them the training pictures are right. With more training the gaps between
# scores keep growing, and probabilities move closer to 0 and 1.


def train_on_few(images, labels, sizes):
    """Train softmax regression with full gradients and return it."""
    model = SoftmaxRegression(*sizes).to(images.device)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(400):
        loss = cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


@torch.no_grad()
def outputs(model, *parts):
    """Return the logits of each set of images."""
    return [model(part) for part in parts]


# %%
# 温度在验证图片上选 | The temperature is chosen on validation pictures
# ---------------------------------------------------------------------
# 试许多个温度，取验证图片上交叉熵最小的一个。只有一个数要定，
# 几千张图片绰绰有余。
#
# Many temperatures are tried, and the one with the least cross-entropy on the
# validation pictures is kept. A single number has to be found, for which a
# few thousand pictures are plenty.


def losses_by_temperature(logits, labels, temperatures):
    """Return the cross-entropy of the logits divided by each temperature."""
    losses = [cross_entropy(logits / t, labels) for t in temperatures]
    return torch.stack(losses).cpu()


found = {
    name: []
    for name in ("seen", "accuracy", "claimed", "before", "after", "best")
}
for seed in range(NUM_SEEDS):
    generator = seed_everything(seed)
    pool = torch.randperm(len(images) - num_valid, generator=generator)
    few = pool[:num_few].to(device)
    model = train_on_few(images[few], labels[few], sizes)
    own, valid, test = outputs(model, images[few], valid_images, test_images)
    losses = losses_by_temperature(valid, valid_labels, TEMPERATURES)
    best = TEMPERATURES[losses.argmin()]
    before, after = test.softmax(dim=1), (test / best).softmax(dim=1)
    assert (before.argmax(dim=1) == after.argmax(dim=1)).all()
    right = (before.argmax(dim=1) == test_labels).float()
    seen = (own.argmax(dim=1) == labels[few]).float().mean()
    found["seen"].append(seen.item())
    found["accuracy"].append(right.mean().item())
    found["claimed"].append(before.max(dim=1).values.mean().item())
    for name, part in [("before", before), ("after", after)]:
        error = expected_calibration_error(part, test_labels)
        found[name].append(error.item())
    found["best"].append(best)

# %%
# 准确率、平均的把握、校准前后的 ECE、选中的温度：
#
# Accuracy, mean confidence, ECE before and after, and the temperature chosen:

found = {name: torch.tensor(numbers) for name, numbers in found.items()}
for name, numbers in found.items():
    print(f"{name:8} {numbers.mean():.3f} ± {numbers.std():.3f}")

# %%
# 对照：用全部图片 | The control: all pictures
# --------------------------------------------
# 同一个模型，除验证图片以外的训练图片全用上，十轮小批量 SGD。
#
# The same model with all training pictures but the validation pictures, ten
# epochs of minibatch SGD.

generator = seed_everything(0)
control = SoftmaxRegression(*sizes).to(device)
loader = TensorLoader(
    images[:-num_valid],
    labels[:-num_valid],
    batch_size=min(256, num_few // 4),
    shuffle=True,
    generator=generator,
)
optimizer = torch.optim.SGD(control.parameters(), lr=0.1)
fit(control, loader, loss_fn=cross_entropy, optimizer=optimizer, num_epochs=10)
valid, many = outputs(control, valid_images, test_images)
control_losses = losses_by_temperature(valid, valid_labels, TEMPERATURES)
control_best = TEMPERATURES[control_losses.argmin()]
control_error = expected_calibration_error(
    many.softmax(dim=1), test_labels
).item()
print(f"control: best temperature {control_best:.2f}, ECE {control_error:.3f}")

# %%
# 左：最后一个种子的可靠性图。在对角线下面，就是概率偏大。
# 最左边的几个点只有很少的图片。右：验证损失随温度的变化，圆点是选中的温度。
#
# Left: the reliability diagram of the last seed. Below the diagonal the
# probabilities are too large. The leftmost points hold few pictures. Right:
# the validation loss against the temperature. Dots are the temperatures
# chosen.

fig, axes = plt.subplots(ncols=2, figsize=(9, 4.2), layout="constrained")
for part, style, name in [
    (before, "C3s--", "少量图片，之前 | few pictures, before"),
    (after, "C0o-", "少量图片，之后 | few pictures, after"),
    (many.softmax(dim=1), "C2^:", "全部图片 | all pictures"),
]:
    plot_reliability(part, test_labels, style, label=name, ax=axes[0])
axes[0].legend(loc="upper left", fontsize=9)
for curve, style, name in [
    (losses, "C3--", "少量图片 | few pictures"),
    (control_losses, "C2:", "全部图片 | all pictures"),
]:
    low = curve.argmin()
    axes[1].plot(TEMPERATURES, curve, style, lw=2, label=name)
    axes[1].plot(TEMPERATURES[low], curve[low], "ko")
axes[1].set(
    xlabel="温度 $T$ | temperature $T$",
    ylabel="验证损失（奈特） | validation loss (nats)",
)
axes[1].legend()
fig.set_label(
    "左：可靠性图，校准之前在对角线下方，之后靠近对角线；右：验证损失随温度先降后升"
    " | Left: reliability, below the diagonal before and near it after. Right: "
    "validation loss falls and rises again with the temperature"
)
plt.show()

# %%
# 课文引用下面这些数。断网时的替身只有 355 张测试图片，校准误差的估计里大半是
# 偶然，所以只断言那里的模型也过度自信：挑出来的温度大于 1。
#
# The page quotes the following numbers. The stand-in used without a network
# has 355 test pictures, too few to estimate the error. There the claim is that
# the model is too sure as well: the chosen temperature is above 1.

if data.stand_in:
    assert found["best"].mean() > 1
else:
    assert (found["after"] < found["before"] / 2).all()
    assert abs(control_best - 1) < 0.2
record_all(
    "temperature_scaling",
    {**found, "best": (found["best"], ".1f")},
    over=f"{NUM_SEEDS} 个随机种子 | {NUM_SEEDS} random seeds",
)
record_all(
    "temperature_scaling",
    {"control_error": control_error, "control_best": (control_best, ".2f")},
)

# %%
# 练习 | Exercise
# ---------------
# 温度能改变哪张图片的答案吗？AUC 呢？先想，再看循环里的断言。
#
# Can a temperature change the answer to a picture? Can it change an AUC?
# Think first, then look at the assertion in the loop.

assert torch.equal(test.argmax(dim=1), (test / best).argmax(dim=1))
print("answers unchanged for all", len(test), "pictures")

# %%
# 除以同一个正数，各类得分的次序不变，所以答案不变。两类时 logit 只有一个，
# 样本的次序也不变，AUC 就不变。多类时，某一类的概率在样本之间的次序却可以改变，
# 因为它还取决于其余各类的得分。
#
# Dividing by one positive number keeps the order of the classes, and hence
# the answer. With two classes there is one logit, the order of the examples
# stays as well, and so does AUC. With several classes the order of examples
# by the probability of one class may change, for it depends on the scores of
# the other classes, too.
