r"""
一个隐藏层带来多少 | What one hidden layer buys
===============================================

在 softmax 回归前面加一个隐藏层，256 个单元，ReLU。其余条件不变：
批量 256，学习率 0.1，普通 SGD，10 轮。《动手学深度学习》在这些条件下公布的
测试准确率，中文版是 0.823，英文版是 0.833，各跑了一次，和它的 softmax
回归差不多。隐藏层真的没有用吗？我们把两个模型各跑几个随机种子。

Put one hidden layer in front of softmax regression: 256 units with ReLU. All
else stays: batches of 256, a learning rate of 0.1, plain SGD, 10 epochs. On
these terms *Dive into Deep Learning* publishes test accuracies of 0.823 in
its Chinese edition and 0.833 in the English one, from one run each. Its
softmax regression does about as well. Is the hidden layer of no use? We run
both models with several random seeds.

**你需要** :doc:`/linear-models/softmax-regression` 里的训练循环；**你得到**
带散布的比较，以及训练末尾的小步子有多大作用。

**You need** the training loop of :doc:`/linear-models/softmax-regression`;
**you get** a comparison with its spread, and what smaller steps do at the end
of training.
"""

import copy
from functools import partial

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.data.loader import TensorLoader
from d2lnotes.metrics import accuracy_score
from d2lnotes.models.mlp import MLP, MLPScratch
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.training import fit, over_epochs, predict

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
train_set = data.train_images.to(device), data.train_labels.to(device)
test_loader = TensorLoader(
    data.test_images, data.test_labels, batch_size=2000, device=device
)
num_seeds = on(device, cpu=3, cuda=10)
print(data)

# %%
# 从零实现与简洁实现是同一个模型 | From scratch and concise are one model
# -----------------------------------------------------------------------
# 从零实现的一份自己管理参数、自己写出乘法。让两份从相同的权重出发，
# 看同样的 20 个批次，参数应当一直相等，只差舍入。
#
# The version from scratch has parameters and products of its own. Started
# from the same weights and shown the same 20 batches, both should keep equal
# parameters, up to rounding.

scratch = MLPScratch([784, 256, 10], generator=seed_everything(0))
concise = MLP([784, 256, 10])
affine = concise.layers[1], concise.layers[3]
with torch.no_grad():
    for layer, weight, bias in zip(
        affine, scratch.weights, scratch.biases, strict=True
    ):
        layer.weight.copy_(weight.T)
        layer.bias.copy_(bias)

first_batches = [tensor[: 20 * 256] for tensor in train_set]
for model in (scratch.to(device), concise.to(device)):
    fit(
        model,
        TensorLoader(*first_batches, batch_size=256),
        loss_fn=cross_entropy,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.1),
        num_epochs=1,
    )
for layer, weight in zip(affine, scratch.weights, strict=True):
    torch.testing.assert_close(layer.weight, weight.T)

# %%
# 训练 | Training
# ---------------
# 两个模型用同样的函数训练。``sizes`` 里没有隐藏层的就是 softmax 回归，
# 它是对照。第 8 轮之后把模型复制一份：一份按原来的条件走完，
# 另一份末两轮的学习率降到 0.01，样本的次序相同。
#
# One function trains both models. The one without a hidden layer in ``sizes``
# is softmax regression, the control. After epoch 8 we copy the model: one
# copy finishes on the terms as given, the other takes a learning rate of 0.01
# in the last two epochs, with the examples in the same order.


def train(model, train_loader, test_loader, learning_rate, num_epochs):
    """Continue training ``model`` and return the records of the epochs."""
    return fit(
        model,
        train_loader,
        loss_fn=cross_entropy,
        optimizer=torch.optim.SGD(model.parameters(), lr=learning_rate),
        num_epochs=num_epochs,
        valid_loader=test_loader,
        metrics={"accuracy": accuracy_score},
    )


# %%
# ``shuffled`` 由随机数发生器造出训练用的批次。
#
# ``shuffled`` makes the batches for training from a generator.

shuffled = partial(TensorLoader, *train_set, batch_size=256, shuffle=True)
histories, endings, models = {}, {}, {}
for name, sizes in {"softmax": [784, 10], "mlp": [784, 256, 10]}.items():
    histories[name], endings[name], models[name] = [], [], []
    for seed in range(num_seeds):
        batches = shuffled(generator=seed_everything(seed))
        model = MLP(sizes).to(device)
        history = train(model, batches, test_loader, 0.1, 8)
        branch = copy.deepcopy(model)
        for copied, rate, records in [
            (model, 0.1, history),
            (branch, 0.01, []),
        ]:
            last = shuffled(generator=torch.Generator().manual_seed(seed))
            records += train(copied, last, test_loader, rate, 2)
        histories[name].append(history)
        endings[name].append(records)
        models[name].append(branch)

# %%
# 结果 | The result
# -----------------
# 细线是各个种子，圆点是平均。多层感知机的曲线跳得更厉害，
# 第 10 轮停在哪里有很大的偶然性。末两轮走小步（三角），
# 偶然性就小得多，两个模型的差别也看得清楚了。
#
# Thin lines are seeds, dots their mean. The curves of the multilayer
# perceptron jump more, and where one stands at epoch 10 is much a matter of
# chance. With small steps in the last two epochs (triangles) chance is far
# smaller, and the difference of the two models stands out.

final = {
    name: over_epochs(runs, "accuracy")[:, -1]
    for name, runs in histories.items()
}
settled = {
    name: over_epochs(runs, "accuracy")[:, -1]
    for name, runs in endings.items()
}
for name in final:
    print(f"{name:8} {final[name].mean():.4f} ± {final[name].std():.4f}")
    print(f"   small steps {settled[name].mean():.4f}")

# %%
# 画成图：
#
# As a figure:

epochs = range(1, 11)
fig, ax = plt.subplots(figsize=(7, 4.4), layout="constrained")
looks = {
    "softmax": ("C0", "s", "softmax 回归 | softmax regression"),
    "mlp": ("C1", "o", "多层感知机 | multilayer perceptron"),
}
for name, (color, marker, label) in looks.items():
    curves = over_epochs(histories[name], "accuracy")
    ax.plot(epochs, curves.T, color=color, lw=0.8, alpha=0.5)
    ax.plot(epochs, curves.mean(dim=0), color + marker + "-", label=label)
    ax.plot([10.3] * num_seeds, settled[name], color + "^", mfc="none")
label = "末两轮学习率 0.01 | learning rate 0.01 in the last two epochs"
ax.plot([], [], "k^", mfc="none", label=label)
if not data.stand_in:
    label = "公布的多层感知机，各一次 | published MLP, one run each"
    ax.plot([10.6] * 2, [0.823, 0.833], "kx", label=label)
ax.set(
    xlabel="轮 | epoch", ylabel="测试准确率（比例） | test accuracy (fraction)"
)
ax.legend(loc="lower right")
fig.set_label(
    "两个模型各个种子的测试准确率随轮数的变化，末两轮走小步时的值，"
    "以及公布的两个值"
    " | Test accuracy of every seed of both models by epoch, with small steps"
    " in the last two, and the two published values"
)
plt.show()

# %%
# 学习曲线 | Learning curves
# --------------------------
# 训练损失和测试损失一起看。两条线分得越开，过拟合越多。
# 十轮之后训练损失还在降，两条线还没有分开多少。
#
# Training loss and test loss side by side. The farther the two lines part,
# the more the model overfits. After ten epochs the training loss is still
# falling, and the lines have not parted much.

fig, ax = plt.subplots(figsize=(7, 4), layout="constrained")
for name, (color, marker, label) in looks.items():
    for quantity, line in [("train_loss", "-"), ("valid_loss", "--")]:
        means = over_epochs(histories[name], quantity).mean(dim=0)
        ax.plot(epochs, means, color + marker + line, mfc="none")
    ax.plot([], [], color + marker + "-", mfc="none", label=label)
ax.plot([], [], "k-", label="训练 | training")
ax.plot([], [], "k--", label="测试 | test")
ax.set(
    xlabel="轮 | epoch",
    ylabel="平均交叉熵（奈特） | mean cross-entropy (nats)",
    ylim=(0.3, 0.8) if not data.stand_in else None,
)
ax.legend()
fig.set_label(
    "两个模型的训练损失（实线）和测试损失（虚线）随轮数的变化"
    " | Training loss (solid) and test loss (dashed) of both models by epoch"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 每个种子都是多层感知机更好（末两轮走小步的一组）。衬衫在两个模型里都最难。
# 替身数据一轮只有 6 步，分不出高下，就只要求答对一半以上。
#
# With small steps at the end the multilayer perceptron is better for each
# seed. We also record how many of the shirts, the hardest class, each model
# recognizes. The stand-in has 6 steps an epoch, too few to compare the two, so
# there we ask for more than half right.

gain = settled["mlp"] - settled["softmax"]  # paired: one seed, one order
if data.stand_in:
    assert final["mlp"].mean() > 0.5
else:
    assert (gain > 0).all()
shirt_recall = {}
for name, trained in models.items():
    shirts = data.test_labels == 6
    answers = [predict(model, test_loader).argmax(dim=1) for model in trained]
    shirt_recall[name] = torch.stack(
        [(answer[shirts] == 6).double().mean() for answer in answers]
    )
last_losses = {
    kind: over_epochs(histories["mlp"], kind)[:, -1]
    for kind in ("train_loss", "valid_loss")
}
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "mlp_fashion_mnist",
    {
        "test_accuracy": final["mlp"],
        "test_accuracy_lowest": final["mlp"].min(),
        "test_accuracy_highest": final["mlp"].max(),
        "softmax_accuracy": final["softmax"],
        "small_steps": (settled["mlp"], ".4f"),
        "softmax_small_steps": (settled["softmax"], ".4f"),
        "gain": (gain, ".4f"),
        "shirts": shirt_recall["mlp"],
        "softmax_shirts": shirt_recall["softmax"],
    },
    unit="fraction",
    over=over,
)
record_all("mlp_fashion_mnist", last_losses, unit="nats", over=over)

# %%
# 练习 | Exercise
# ---------------
# 把 ReLU 换成恒等函数（``activation=torch.nn.Identity``），参数个数不变。
# 先猜：准确率更接近哪一条曲线？为什么？答案在
# :doc:`/multilayer-perceptrons/mlp-implementation` 的练习里。
#
# Put the identity in the place of ReLU (``activation=torch.nn.Identity``). The
# number of parameters stays. Guess first: which of the curves will the
# accuracy be near, and why? The answer is among the exercises of
# :doc:`/multilayer-perceptrons/mlp-implementation`.
