r"""
数预测不如解方程 | Solve for the shares, do not count predictions
=================================================================

各类的比例变了，而每一类的图片还是那样的图片，这是标签偏移。新图片没有标签。
数一数模型的预测，能知道新的比例吗？解一个线性方程组呢？
我们在衣服的照片上比较两种办法，再用估计出的比例修正预测。

The shares of the classes have changed, while pictures of each class look as
before: label shift. The new pictures have no labels. Do the model's predictions,
counted, tell the new shares? Does a system of linear equations? We compare the
two on pictures of clothes, and correct predictions by the estimated shares.

**你需要** :doc:`/generalization/distribution-shift` 里的方程
:math:`\mathbf{C}^\top \mathbf{q} = \boldsymbol{\mu}`；**你得到** 两种办法的
误差、修正以后的准确率，以及假设不成立时会怎样。

**You need** the equation :math:`\mathbf{C}^\top \mathbf{q} = \boldsymbol{\mu}`
of :doc:`/generalization/distribution-shift`; **you get** the errors of both
ways, the accuracy after the correction, and what happens where the assumption
fails.
"""

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import avg_pool2d, cross_entropy

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_draws = on(device, cpu=30, cuda=100)
print(data)

# %%
# 分类器和混淆矩阵 | A classifier and its confusion matrix
# --------------------------------------------------------
# softmax 回归在各类一样多的图片上训练。验证图片上的混淆矩阵，每一行除以它的和，
# 就是 :math:`C_{jk}`：真实类别是 :math:`j` 时，预测为 :math:`k` 的比例。
#
# Softmax regression is trained on pictures with as many of each class. The
# confusion matrix on validation pictures, each row divided by its sum, is
# :math:`C_{jk}`: of the pictures of class :math:`j`, the share predicted as
# :math:`k`.


def rows(images):
    """Return the pictures at a quarter of their height and width: (n, 49)."""
    return avg_pool2d(images, 4).flatten(1)


inputs, labels = (
    rows(data.train_images).to(device),
    data.train_labels.to(device),
)
num_train = min(20_000, len(inputs) // 2)
num_valid = min(10_000, len(inputs) - num_train)
torch.manual_seed(0)
model = torch.nn.Linear(49, 10).to(device)
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
for _ in range(10):
    for batch in torch.randperm(num_train).to(device).split(200):
        loss = cross_entropy(model(inputs[batch]), labels[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

# %%
# 混淆矩阵在另外的图片上算，测试图片留到后面。
#
# The confusion matrix is computed on other pictures, and the test pictures wait.


def probabilities(model, inputs):
    """Return the model's probabilities: (n, 10) float64."""
    with torch.no_grad():
        return model(inputs).softmax(dim=1).double().cpu()


def confusion(answers, labels):
    """Return the share of each answer in each class, rows being the truth."""
    pairs = torch.bincount(10 * labels + answers, minlength=100).view(10, 10)
    return pairs.double() / pairs.sum(dim=1, keepdim=True)


valid = slice(num_train, num_train + num_valid)
valid_labels = labels[valid].cpu()
C = confusion(probabilities(model, inputs[valid]).argmax(1), valid_labels)
test_p = probabilities(model, rows(data.test_images).to(device))
dark_p = probabilities(model, rows(0.5 * data.test_images).to(device))
test_labels = data.test_labels
print(f"accuracy {(test_p.argmax(1) == test_labels).double().mean():.3f}")

# %%
# 抽一批新图片 | Drawing new pictures
# -----------------------------------
# 新的比例随机地取。从测试图片里按这个比例抽，可以重复抽到。
#
# New shares are drawn at random. Pictures are drawn from the test set by these
# shares, with repetition.


def draw(labels, shares, num_pictures):
    """Return the numbers of pictures drawn by the shares of their classes."""
    weights = (shares / torch.bincount(labels, minlength=10))[labels]
    return weights.multinomial(num_pictures, replacement=True)


def solve(C, answers):
    """Return the shares q with C^T q = mu, clipped to be a distribution."""
    counted = torch.bincount(answers, minlength=10).double() / len(answers)
    solved = torch.linalg.solve(C.T, counted).clamp(min=0)
    return counted, solved / solved.sum()


def corrected(p, shares):
    """Return the answers after the shares have gone from 1/10 to these."""
    return (p * shares).argmax(dim=1)


def distance(shares, truth):
    """Return half of the summed absolute differences, in [0, 1]."""
    return 0.5 * (shares - truth).abs().sum()


# %%
# 一个例子：凉鞋、运动鞋、短靴都少了，衬衫多了。
#
# An example with few shoes and many shirts.

truth = torch.tensor([8, 4, 16, 4, 16, 2, 40, 2, 6, 2]).double() / 100
torch.manual_seed(1)
chosen = draw(test_labels, truth, 5000)
counted, solved = solve(C, test_p[chosen].argmax(1))
fig, ax = plt.subplots(figsize=(9, 4.2), layout="constrained")
places = torch.arange(10)
for k, (shares, label) in enumerate(
    [
        (truth, "真实的比例 | true shares"),
        (counted, "数预测 | predictions counted"),
        (solved, "解方程 | equations solved"),
    ]
):
    ax.bar(
        places + 0.27 * (k - 1), shares, 0.27, color=f"C{2 - k}", label=label
    )
ax.set_xticks(places, data.class_labels, rotation=30, ha="right")
ax.set(ylabel="比例 | share")
ax.legend()
fig.set_label(
    "十类的真实比例、数预测得到的和解方程得到的：衬衫真实的比例高，数预测得到的低得多，"
    "解方程得到的与真实的近得多"
    " | True, counted and solved shares of ten classes: shirts are frequent, far"
    " less so when counted, and much nearer when solved"
)
plt.show()

# %%
# 许多种比例 | Many shares
# ------------------------
# 每次抽一组新的比例，用不同多少的图片去估计。最后再做两个对照：比例没有变，
# 以及新图片还变暗了，这时标签偏移的假设不成立。
#
# Each time new shares are drawn, and estimated from more or fewer pictures.
# Two controls follow: shares that did not change, and pictures that are darker
# as well, so that the assumption of label shift fails.


def trial(p, labels, C, shares, num_pictures):
    """Return two distances and three accuracies of one draw."""
    chosen = draw(labels, shares, num_pictures)
    counted, solved = solve(C, p[chosen].argmax(1))
    answers = [
        p[chosen].argmax(1),
        corrected(p[chosen], solved),
        corrected(p[chosen], shares),
    ]
    right = [(a == labels[chosen]).double().mean() for a in answers]
    return [distance(counted, shares), distance(solved, shares), *right]


def trials(p, labels, C, all_shares, num_pictures):
    """Return what ``trial`` returns for all shares: (num_draws, 5)."""
    torch.manual_seed(2)
    rows = [trial(p, labels, C, shares, num_pictures) for shares in all_shares]
    return torch.tensor(rows)


torch.manual_seed(3)
flat = torch.full((10,), 0.5, dtype=torch.double)
all_shares = torch.distributions.Dirichlet(flat).sample((num_draws,))
even = torch.full((num_draws, 10), 0.1, dtype=torch.double)
sizes = [100, 300, 1000, 3000, 10_000]
runs = {n: trials(test_p, test_labels, C, all_shares, n) for n in sizes}
found = runs[3000]
unchanged = trials(test_p, test_labels, C, even, 3000)
darker = trials(dark_p, test_labels, C, all_shares, 3000)

# %%
# 距离是各类的差的绝对值之和的一半。
#
# The distance is half of the sum of the absolute differences over the classes.

fig, (left, right) = plt.subplots(1, 2, figsize=(9.5, 4), layout="constrained")
for column, color, label in (
    (0, "C1", "数预测 | predictions counted"),
    (1, "C0", "解方程 | equations solved"),
):
    means = torch.stack([runs[n][:, column].mean() for n in sizes])
    left.loglog(sizes, means, color + "o-", label=label)
left.set(
    xlabel="没有标签的新图片 | new pictures without labels",
    ylabel="与真实比例的距离 | distance from true shares",
)
left.legend()
right.plot([0.6, 1], [0.6, 1], "k:", lw=1)
right.plot(found[:, 2], found[:, 3], "C0o", mfc="none")
right.set(
    xlabel="修正前的准确率 | accuracy before",
    ylabel="修正后的准确率 | accuracy after",
)
fig.set_label(
    "左：数预测的误差不随图片增多而减小，解方程的减小；右：修正后的准确率大多更高"
    " | Left: the error of counting does not fall with more pictures, that of"
    " solving does; right: accuracy is mostly higher after the correction"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 图片多时，解方程比数预测准。修正使准确率升高。变暗以后，解方程不再可靠。
#
# With many pictures, solving is more exact than counting. The correction raises
# the accuracy. On darker pictures, solving can no longer be relied on.

gain = found[:, 3] - found[:, 2]
if not data.stand_in:
    assert (runs[10_000][:, 1] < runs[10_000][:, 0]).double().mean() > 0.8
    assert gain.mean() > 0
    assert darker[:, 1].mean() > 2 * found[:, 1].mean()
over = f"{num_draws} 组比例 | {num_draws} sets of shares"
record_all(
    "label_shift",
    {
        "counted": found[:, 0],
        "solved": found[:, 1],
        "solved_100": runs[100][:, 1],
        "before": found[:, 2],
        "after": found[:, 3],
        "gain": gain,
        "gain_at_best": found[:, 4] - found[:, 2],
        "gain_unchanged": unchanged[:, 3] - unchanged[:, 2],
        "solved_darker": darker[:, 1],
    },
    unit="fraction",
    over=over,
)

# %%
# 练习 | Exercise
# ---------------
# 解方程要除以 :math:`\mathbf{C}`，分类器越差，方程组的条件数越大。把分类器变差：
# 一半的预测换成随机的类别。距离变成多少？
#
# Solving divides by :math:`\mathbf{C}`, and the worse the classifier, the larger
# the condition number of the system. Spoil the classifier: replace half of its
# predictions by random classes. What does the distance become?

torch.manual_seed(4)
spoiled = test_p.clone()
hit = torch.rand(len(spoiled)) < 0.5
spoiled[hit] = torch.rand(int(hit.sum()), 10, dtype=torch.double)
bad_confusion = 0.5 * C + 0.05
bad = trials(spoiled, test_labels, bad_confusion, all_shares, 1000)
good = runs[1000]
print(f"{good[:, 1].mean():.3f} {bad[:, 1].mean():.3f}")
assert bad[:, 1].mean() > good[:, 1].mean()
