r"""
搬错一处，不报错，准确率却掉了 | A port that fails without an error
===================================================================

把训练好的参数从一个框架搬到另一个，形状都对得上，程序不报错，
模型却可以变成另一个。我们用 PyTorch 模仿 Keras 的约定训练一个小网络，
再按 PyTorch 的默认值去用它的参数，每次只错一处，量一量准确率掉了多少。

Move trained parameters from one framework to another, and all shapes may agree
and no error appear while the model has become a different one. We train a small
network in PyTorch with the conventions of Keras. Then we use its parameters with
the conventions of PyTorch, one mistake at a time, and measure the accuracy.

**你需要** :doc:`/introduction/frameworks` 里“怎样搬”一节；
**你得到** 为什么要逐层核对的证据。

**You need** the section on porting in :doc:`/introduction/frameworks`.
**You get** evidence that outputs must be compared layer by layer.
"""

import matplotlib.pyplot as plt
import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

from d2lnotes.results import note_data, record_all

digits = load_digits()
note_data("digits", stand_in=False)
pictures = torch.tensor(digits.images / 16).float()[:, None]  # (1797, 1, 8, 8)
answers = torch.tensor(digits.target)

# %%
# 一个模型，几处约定 | One model, several conventions
# ---------------------------------------------------
# 网络有一个步幅为 2 的卷积层、批量归一化、两个全连接层。它的前向计算里
# 有五处约定，Keras 与 PyTorch 的默认值不同，每处写成一个开关：
#
# The network has a convolution of stride 2, batch normalization and two fully
# connected layers. Its forward pass has five places where Keras and PyTorch
# have different conventions. Each is a switch:
#
# - ``shift``：填充补在右边和下边，还是四周；
# - ``epsilon``：批量归一化里的 :math:`\epsilon`；
# - ``slope``：LeakyReLU 在负数一侧的斜率；
# - ``channels_last``：展平时通道排在最后，还是最前；
# - ``transposed``：方形的全连接权重是否转置过。
#
# * ``shift``: padding on the right and at the bottom, or on all sides;
# * ``epsilon``: the :math:`\epsilon` of batch normalization;
# * ``slope``: the slope of LeakyReLU for negative numbers;
# * ``channels_last``: flattened with the channels last or first;
# * ``transposed``: whether the square dense weight was transposed.

KERAS = {
    "shift": True,
    "epsilon": 1e-3,
    "slope": 0.3,
    "channels_last": True,
    "transposed": True,
}


def scores(model, x, shift, epsilon, slope, channels_last, transposed):
    """Return the class scores of pictures ``x`` under some conventions."""
    padding = (0, 1, 0, 1) if shift else (1, 1, 1, 1)
    x = functional.conv2d(
        functional.pad(x, padding), model["conv"].weight, stride=2
    )
    norm = model["norm"]
    norm.eps = epsilon
    x = functional.leaky_relu(norm(x), slope)  # (n, 8, 4, 4)
    x = (x.permute(0, 2, 3, 1) if channels_last else x).flatten(1)
    square = model["square"].weight
    x = functional.leaky_relu(x @ (square.T if transposed else square), slope)
    return model["last"](x)


# %%
# 训练和考试 | Training and the test
# ----------------------------------
# 1,000 张图训练，其余 797 张考试，五个随机种子。训练用的是 Keras 的约定。
#
# Training on 1,000 pictures, the test on the other 797, with five random
# seeds. The training uses the conventions of Keras.


def train(pictures, answers, seed):
    """Return a model trained with the conventions of Keras, and the test."""
    torch.manual_seed(seed)
    order = torch.randperm(len(pictures))
    model = nn.ModuleDict(
        {
            "conv": nn.Conv2d(1, 8, 3, bias=False),
            "norm": nn.BatchNorm2d(8),
            "square": nn.Linear(128, 128, bias=False),
            "last": nn.Linear(128, 10),
        }
    )
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(6):
        for batch in order[:1000].split(100):
            loss = functional.cross_entropy(
                scores(model, pictures[batch], **KERAS), answers[batch]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return model, order[1000:]


@torch.no_grad()
def accuracy(model, pictures, answers, **changes):
    """Return the accuracy on the pictures with some conventions changed."""
    predicted = scores(model, pictures, **(KERAS | changes)).argmax(1)
    return (predicted == answers).double().mean().item()


# %%
# 每次错一处 | One mistake at a time
# ----------------------------------
# 对照是全部照搬。最后一种错误不在约定里，而是忘了 ``eval()``：
# 模型停在训练模式，批量归一化用的是这一批自己的均值和方差。每次只送一张图，
# 这就很要紧。
#
# The control copies everything. The last mistake is no convention but a
# forgotten ``eval()``. The model stays in training mode, and batch
# normalization uses the mean and variance of the batch at hand. With one
# picture at a time this matters.

mistakes = {
    "全部照搬（对照） | all copied (control)": {},
    "批量归一化的 ε | ε of batch norm.": {"epsilon": 1e-5},
    "LeakyReLU 的斜率 | slope of LeakyReLU": {"slope": 0.01},
    "填充错开一个像素 | padding one pixel off": {"shift": False},
    "展平的次序 | order of flattening": {"channels_last": False},
    "方阵没有转置 | square not transposed": {"transposed": False},
}
forgotten = "忘了 eval() | eval() forgotten"
outcomes = {name: [] for name in [*mistakes, forgotten]}
for seed in range(5):
    model, test = train(pictures, answers, seed)
    held_out = pictures[test], answers[test]
    model.eval()
    for name, changes in mistakes.items():
        outcomes[name].append(accuracy(model, *held_out, **changes))
    model["norm"].momentum = 0.0  # look at running averages, do not move them
    model.train()
    one_by_one = [
        accuracy(model, pictures[i], answers[i]) for i in test[:100].split(1)
    ]
    outcomes[forgotten].append(np.mean(one_by_one))

# %%
# 条是五个种子的平均，黑线是一个标准差，虚线是瞎猜的 0.1。
#
# Bars are means over five seeds, black lines one standard deviation, and the
# dashed line is guessing, 0.1.

table = np.array(list(outcomes.values()))  # (ways, seeds)
mean, spread = table.mean(axis=1), table.std(axis=1, ddof=1)
rows = np.arange(len(table))
fig, ax = plt.subplots(figsize=(7, 4.2), layout="constrained")
colors = ["C2"] + ["C1"] * (len(table) - 1)
ax.barh(rows, mean, xerr=spread, color=colors)
for row, value in enumerate(mean):
    ax.text(value + spread[row] + 0.02, row, f"{value:.2f}", va="center")
ax.axvline(0.1, color="0.3", ls="--")
ax.set_yticks(rows, list(outcomes))
ax.invert_yaxis()
ax.set(xlim=(0, 1.12), xlabel="留出准确率 | held-out accuracy")
fig.set_label(
    "七种搬法的准确率：全部照搬最高；有的错误几乎没有影响，有的只剩瞎猜的水平"
    " | Accuracy of seven ports: the exact one is best; some mistakes cost"
    " almost nothing and some leave little more than guessing"
)
plt.show()

# %%
# 结论 | What follows
# -------------------
# 七种搬法都没有报错。填充、展平的次序、转置错了一处，就只剩瞎猜的水平。
# 斜率错了，只掉几个百分点，反而更难发现。:math:`\epsilon` 在这里看不出影响：
# 各通道的方差都是它的十倍以上；换一个模型就不一定。
# 光看形状和“能跑”，分不出这七种。
#
# None of the seven raised an error. With the wrong padding, order of flattening
# or transpose no more than guessing is left. The wrong slope costs a few points,
# which is harder to notice. The effect of :math:`\epsilon` does not show here,
# where the variances of all channels are more than ten times as large; another
# model may differ. Shapes, and the fact that it runs, do not tell the seven
# apart.

for name, value, deviation in zip(outcomes, mean, spread, strict=True):
    print(f"{value:.3f} ± {deviation:.3f}  {name}")
variances = model["norm"].running_var
print("variances of the channels:", variances)
assert variances.min() > 10 * 1e-3
assert mean[0] > 0.95
assert mean[[3, 4, 5]].max() < 0.5

record_all(
    "porting_mistakes",
    {
        "exact": table[0],
        "epsilon": table[1],
        "slope": table[2],
        "padding": table[3],
        "flatten": table[4],
        "transpose": table[5],
        "training_mode": table[6],
    },
    unit="fraction",
    over="5 个随机种子 | 5 random seeds",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# :math:`\epsilon` 错了，准确率看不出来。不看准确率，只送一张图，
# 拿十个得分与原来的模型对照，看得出来吗？
#
# The wrong :math:`\epsilon` does not show in the accuracy. Does it show if you
# send a single picture and compare the ten scores with those of the original
# model?

model.eval()
one = pictures[test[:1]]
differences = {}
with torch.no_grad():
    right = scores(model, one, **KERAS)
    for name, changes in mistakes.items():
        wrong = scores(model, one, **(KERAS | changes))
        differences[name] = (wrong - right).abs().max().item()
        print(f"{differences[name]:.5f}  {name}")
control, *others = differences.values()
assert control == 0
assert min(others) > 1e-4  # rounding makes about 1e-6

# %%
# 看得出来。每一种错误都让得分变了，变化远大于舍入误差，一张图就够了。
# 所以搬完以后要比的是输出，不是准确率。
#
# It does. Each mistake changes the scores by far more than rounding, and one
# picture is enough. After a port, compare outputs and not accuracies.
