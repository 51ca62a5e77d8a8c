r"""
网络越深，快捷连接越要紧 | The deeper the network, the more the shortcut matters
================================================================================

8 层和 32 层，有快捷连接和没有：四种网络，都有批量归一化，同样的图片、轮数和次序。
快捷连接没有参数，所以一样深的两种网络参数一样多。32 层时，快捷连接带来的差别大。
对照是 8 层：这么浅的时候，差别小得多。

Eight and 32 layers, with shortcuts and without: four networks, all with batch
normalization, with the same pictures, epochs and order. Shortcuts have no
parameters, so two networks of one depth have equally many. With 32 layers the
shortcut makes a large difference. The control are the networks of 8 layers:
so shallow, the difference is far smaller.

**你需要** :doc:`/modern-cnns/resnet`；**你得到** 四种网络的测试准确率，和逐个种子的
差。

**You need** :doc:`/modern-cnns/resnet`; **you get** the test accuracy of four
networks, and their differences seed by seed.
"""

from dataclasses import replace

import matplotlib.pyplot as plt
from torch.nn.functional import avg_pool2d

from d2lnotes.comparison import held_out_accuracies
from d2lnotes.data import fetch_cifar10
from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import CifarResNet
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_cifar10(num_train=10_000, stand_in=True)
NUM_IMAGES = 10_000
DEPTHS = [8, 32]

# %%
# 同样的预算 | The same budget
# ----------------------------
# 在 CPU 上，图片缩小到 16 × 16，第一阶段 8 个通道，训练 10,000 张图片、3 轮。GPU 上
# 是原来的大小和通道数。学习率都是 0.1。在 20 层的网络上试过 0.01 到 0.3：没有快捷
# 连接时，0.1 的训练损失最小；有快捷连接时，它与最小的相差不到 0.01。
#
# On a CPU pictures are shrunk to 16 by 16, the first stage has 8 channels, and
# there are 10,000 pictures and 3 epochs. On a GPU sizes and channels are the
# original ones. The learning rate is 0.1. With 20 layers, rates from 0.01 to
# 0.3 were tried. Without shortcuts 0.1 had the least training loss. With them
# it was within 0.01 of the least.

if device.type == "cpu":
    data = replace(
        data,
        train_images=avg_pool2d(data.train_images[:NUM_IMAGES], 2),
        train_labels=data.train_labels[:NUM_IMAGES],
        test_images=avg_pool2d(data.test_images, 2),
    )
width, num_epochs = on(device, cpu=(8, 3), cuda=(16, 20))
num_seeds = on(device, cpu=3, cuda=10)


def accuracies(depth, shortcut, data, width, num_epochs, num_seeds, device):
    """Return the test accuracy of each seed."""
    return held_out_accuracies(
        lambda: CifarResNet(depth, width=width, shortcut=shortcut),
        data,
        learning_rate=0.1,
        seeds=num_seeds,
        num_images=NUM_IMAGES,
        num_epochs=num_epochs,
        device=device,
    )


# %%
# 四种网络。
#
# The four networks.

tested = {}
for depth in DEPTHS:
    for shortcut in (False, True):
        tested[depth, shortcut] = accuracies(
            depth, shortcut, data, width, num_epochs, num_seeds, device
        )
        print(depth, shortcut, tested[depth, shortcut].tolist())

# %%
# 代价 | What they cost
# ---------------------
# 参数和乘加运算与快捷连接无关。
#
# Parameters and multiply-adds do not depend on the shortcut.

shape = tuple(data.train_images.shape[1:])
for depth in DEPTHS:
    table = layer_table(CifarResNet(depth, width=width), shape)
    print(depth, f"{table.parameters:,} {table.operations:,}")

# %%
# 结果 | The result
# -----------------
# 每个点是一个种子，同一个种子的两个深度用线连起来。
#
# A dot is a seed. A line joins the two depths of one seed.

fig, ax = plt.subplots(figsize=(7, 4.6), layout="constrained")
names = {
    False: "没有快捷连接 | plain",
    True: "有快捷连接 | residual",
}
for shortcut, style in {False: "C1o--", True: "C0s-"}.items():
    for seed in range(num_seeds):
        heights = [tested[depth, shortcut][seed] for depth in DEPTHS]
        label = names[shortcut] if seed == 0 else None
        ax.plot(range(2), heights, style, lw=2, ms=9, alpha=0.8, label=label)
ax.set_xlim(-0.3, 1.3)
ax.set_xticks(range(2), [f"{n} 层 | {n} layers" for n in DEPTHS], size=13)
ax.set_ylabel("测试准确率（比例） | test accuracy (fraction)", size=13)
ax.legend(fontsize=12)
fig.set_label(
    "8 层和 32 层的测试准确率：32 层时，没有快捷连接的远低于有的，8 层时差别小"
    " | Test accuracy with 8 and with 32 layers: with 32, the plain networks"
    " are far below the residual ones; with 8 the difference is small"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 加深使普通网络的每个种子变差。32 层时，每个种子的残差网络都更好，差别比 8 层时大。
#
# More layers make the plain network worse for each seed. With 32 layers the
# residual network is better for each seed, by more than with 8.

deeper = {s: tested[32, s] - tested[8, s] for s in (False, True)}
gain = {depth: tested[depth, True] - tested[depth, False] for depth in DEPTHS}
if not data.stand_in:
    assert (deeper[False] < 0).all()
    assert (gain[32] > gain[8]).all()
    assert (gain[32] > 0).all()
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "resnet",
    {
        "plain_8": tested[8, False],
        "residual_8": tested[8, True],
        "plain_32": tested[32, False],
        "residual_32": tested[32, True],
        "deeper_plain": (deeper[False], "+.3f"),
        "deeper_residual": (deeper[True], "+.3f"),
        "gain_8": (gain[8], "+.3f"),
        "gain_32": (gain[32], "+.3f"),
    },
    unit="fraction",
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 普通的 32 层网络变差，是过拟合吗？量什么能回答这个问题？答案：量训练图片上的
# 准确率。过拟合的网络在训练图片上更好，这里的在训练图片上也更差，见
# :doc:`/modern-cnns/resnet` 里的训练损失。
#
# Is it overfitting that makes the plain network of 32 layers worse? What would
# you measure? The answer: the accuracy on training pictures. A network that
# overfits is better on them. This one is worse on them, too, as the training
# losses on :doc:`/modern-cnns/resnet` show.
