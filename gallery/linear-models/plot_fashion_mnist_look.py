r"""
单凭亮度就能认出四分之一 | Brightness alone recognizes a quarter
================================================================

训练之前先看数据。这里把每张照片缩成一个数：所有像素的平均亮度。单凭这个数，在
没见过的照片上就能答对四分之一以上，而乱猜只有十分之一。拿照片与十张“平均图”
比一比，能答对三分之二以上；与最像的一张训练照片比，能答对八成多。以后的模型都要
与这三个数相比。

Look at the data before training on them. Here each photograph shrinks to a
single number, the mean brightness of its pixels. That number alone gets more
than a quarter of unseen photographs right, where guessing gets a tenth. To
compare a photograph with ten mean pictures gets more than two thirds right,
and to compare it with the training photograph most like it more than eight in
ten. Every later model has these three figures to beat.

**你需要** :doc:`/linear-models/image-data` 里的形状和像素；**你得到** 三条基线、
数据的均值和标准差、重复照片的个数，以及几对难分的照片。

**You need** shapes and pixels, from :doc:`/linear-models/image-data`; **you
get** three baselines, the mean and the standard deviation of the data, a count
of duplicates, and some pairs that are hard to tell apart.
"""

import matplotlib.pyplot as plt
import torch

from d2lnotes.data.images import fetch_fashion_mnist
from d2lnotes.plotting.images import show_images
from d2lnotes.results import record_all
from d2lnotes.runtime import on, select_device

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_classes = len(data.class_names)
images, labels = data.train_images.to(device), data.train_labels.to(device)
tests, truth = data.test_images.to(device), data.test_labels.to(device)
print(data)

# %%
# 十张平均图 | Ten mean pictures
# ------------------------------
# 把同一类的训练照片逐个像素求平均。轮廓清楚的地方，这一类的照片大多有布料。
# 模糊的地方，照片之间各不相同。标题里的数是这一类的平均亮度，0 是黑，1 是白。
#
# The training photographs of a class, averaged pixel by pixel. Where the
# outline is sharp, most photographs of the class have cloth. Where it is
# blurred, they differ. The number above each is the mean brightness of the
# class, from 0 for black to 1 for white.


def class_means(images, labels, num_classes):
    """Return the mean picture of each class, (classes, c, h, w)."""
    means = [images[labels == c].mean(dim=0) for c in range(num_classes)]
    return torch.stack(means)


means = class_means(images, labels, num_classes)
brightness = means.mean(dim=(1, 2, 3)).cpu()  # one number per class
titles = [
    " | ".join(f"{name} {value:.2f}" for name in label.split(" | "))
    for label, value in zip(data.class_labels, brightness, strict=True)
]
axes = show_images(means, titles=titles, num_columns=5)
axes.flat[0].figure.set_label(
    "十个类别的平均图，标题是平均亮度"
    " | The mean pictures of the ten classes, titled with their brightness"
)
plt.show()

# %%
# 一个数能认出多少 | How much one number tells
# --------------------------------------------
# 把亮度分成 50 段。每一段里，训练照片最多的是哪一类，就猜哪一类；再到测试照片
# 上数答对的比例。对照：先把训练标签打乱，别的都不变，重复 20 次。这时平均答对的
# 应当只有十分之一。
#
# Cut brightness into 50 bins. In each, guess the class that most training
# photographs in it have, and count what is right among the test photographs.
# As a control, shuffle the training labels first and change nothing else, 20
# times over. Then about a tenth should be right on average.


def by_number(numbers, labels, test_numbers, num_classes, num_bins=50):
    """Return a guess for each test picture from one number in [0, 1]."""
    edges = torch.linspace(0, 1, num_bins + 1, device=numbers.device)[1:-1]
    cells = torch.bucketize(numbers, edges) * num_classes + labels
    counts = torch.bincount(cells, minlength=num_bins * num_classes)
    favorites = counts.reshape(num_bins, num_classes).argmax(dim=1)
    return favorites[torch.bucketize(test_numbers, edges)]


def share_right(guesses, truth):
    """Return the fraction of the guesses that are right."""
    return (guesses == truth).float().mean().item()


pixels = (1, 2, 3)  # the axes of a picture
light, test_light = images.mean(dim=pixels), tests.mean(dim=pixels)
generator = torch.Generator().manual_seed(0)
controls = []
for _ in range(20):  # one shuffling may be lucky
    order = torch.randperm(len(labels), generator=generator).to(device)
    guesses = by_number(light, labels[order], test_light, num_classes)
    controls.append(share_right(guesses, truth))
controls = torch.tensor(controls)
scores = {"shuffled_labels": controls.mean().item()}
guesses = by_number(light, labels, test_light, num_classes)
scores["brightness"] = share_right(guesses, truth)

# %%
# 最像的平均图，最像的照片 | The most similar mean, the most similar picture
# --------------------------------------------------------------------------
# 两张图的距离是各像素之差的平方和的平方根。先找最近的平均图；再在全部训练照片里
# 找最近的一张，用它的标签。后一种办法慢，因为要与每一张训练照片比，所以只取前
# 几百张测试照片。
#
# The distance of two pictures is the root of the sum of the squared
# differences of their pixels. First find the nearest mean picture. Then find
# the nearest of all training photographs and take its label. This is slow, as
# each training photograph has to be compared, so only the first few hundred
# test photographs are used.


def nearest(tests, images):
    """Return, for each test picture, the nearest image: distance and index."""
    flat = images.flatten(1)  # (n, d)
    parts = []
    for part in tests.flatten(1).split(250):  # a table of all would be large
        parts.append(torch.cdist(part, flat).min(dim=1))
    distances = torch.cat([part.values for part in parts])
    return distances, torch.cat([part.indices for part in parts])


few = on(device, cpu=500, cuda=10_000)
scores["nearest_mean"] = share_right(nearest(tests, means)[1], truth)
distances, twins = nearest(tests[:few], images)
same_label = labels[twins] == truth[:few]
scores["nearest_picture"] = same_label.float().mean().item()

names = {
    "shuffled_labels": "标签打乱 | shuffled labels",
    "brightness": "亮度 | brightness",
    "nearest_mean": "最近的平均图 | nearest mean picture",
    "nearest_picture": "最近的训练照片 | nearest training picture",
}
fig, ax = plt.subplots(figsize=(7, 2.8), layout="constrained")
bars = ax.barh([names[key] for key in scores], list(scores.values()))
ax.bar_label(bars, fmt="%.2f", padding=4)
ax.axvline(1 / num_classes, color="k", ls=":", lw=1)
ax.set(xlim=(0, 1), xlabel="答对的比例 | fraction that is right")
ax.invert_yaxis()
fig.set_label(
    "四种不训练的办法在测试照片上答对的比例，虚线是乱猜"
    " | Fraction right on test pictures of four methods without training; "
    "dotted: guessing"
)
plt.show()

# %%
# 最近却不同类 | Near, and yet of different classes
# -------------------------------------------------
# 上一行是测试照片，下一行是离它最近的训练照片，而两张的标签不同。这里挑出距离
# 最小的六对。看一看：人能分清吗？还是有一个标签可疑？
#
# Above are test photographs, and below each the training photograph nearest to
# it, where the two labels differ. These are the six pairs with the smallest
# distances. Could a person tell them apart, or is one of the labels doubtful?

doubtful = (~same_label).nonzero().squeeze(1)
doubtful = doubtful[distances[doubtful].argsort()][:6]
pairs = torch.cat([tests[doubtful], images[twins[doubtful]]])
kinds = torch.cat([truth[doubtful], labels[twins[doubtful]]])
axes = show_images(
    pairs,
    titles=[data.class_labels[kind] for kind in kinds],
    num_columns=len(doubtful),
)
axes.flat[0].figure.set_label(
    "六对最相近而标签不同的照片：上为测试，下为训练"
    " | Six near pairs with different labels: test above, training below"
)
plt.show()

# %%
# 重复的照片 | Duplicates
# -----------------------
# 测试照片如果在训练照片里有一模一样的副本，成绩就不可信。逐字节比较：
#
# A score means little if test photographs have exact copies among the training
# ones. A comparison byte by byte:


def as_bytes(images):
    """Return the bytes of each picture."""
    pixels = (images * 255).round().byte().cpu().flatten(1)
    return [row.tobytes() for row in pixels.numpy()]


seen, unseen = as_bytes(images), as_bytes(tests)
copies_in_training = len(seen) - len(set(seen))
copies_in_test = len(set(seen) & set(unseen))
print(f"copies within the training set: {copies_in_training}")
print(f"test pictures that are in the training set: {copies_in_test}")

# %%
# 断言与记录 | Claims and records
# -------------------------------
# 亮度的下界 0.25：测得 0.27，一万张测试照片的标准误是 0.004，0.25 低了四个标准误
# 以上。替身（手写数字）的各类亮度相近，所以只断言后两种办法的次序。
#
# The bound of 0.25 for brightness: we measured 0.27, and with 10,000 test
# photographs the standard error is 0.004, so 0.25 is more than four of them
# below. The classes of the stand-in, handwritten digits, hardly differ in
# brightness. There only the order of the other methods is asserted.

assert scores["nearest_picture"] > scores["nearest_mean"]
assert scores["nearest_mean"] > max(scores["brightness"], 0.5)
if not data.stand_in:
    assert scores["brightness"] > 0.25 > scores["shuffled_labels"] + 0.05
    assert abs(scores["shuffled_labels"] - 0.1) < 4 * controls.std() / 20**0.5
    assert copies_in_training == copies_in_test == 0

record_all(
    "fashion_mnist_look",
    scores | {"shuffled_labels": controls},
    unit="fraction",
)
record_all(
    "fashion_mnist_look",
    {
        "nearest_picture_standard_error": same_label.float().std().item()
        / few**0.5,
        "pixel_mean": (images.mean(), ".4f"),
        "pixel_std": (images.std(), ".4f"),
        "darkest_class": (brightness.min(), ".2f"),
        "brightest_class": (brightness.max(), ".2f"),
        "copies_in_training": (copies_in_training, ".0f"),
        "copies_in_test": (copies_in_test, ".0f"),
        "smallest_distance": (distances.min(), ".2f"),
        "median_distance": (distances.median(), ".2f"),
    },
)

# %%
# 练习 | Exercise
# ---------------
# 把亮度换成“亮的像素有多少”，也就是大于 0.5 的像素的比例，再数一遍。先猜：
# 更好还是更差？答案在下面，解释在 :doc:`/linear-models/image-data` 的练习里。
#
# Replace brightness by the number of bright pixels, the fraction above 0.5,
# and count again. Guess first: better or worse? The answer stands below, and
# its explanation is among the exercises of :doc:`/linear-models/image-data`.

bright, test_bright = [
    (pictures > 0.5).float().mean(dim=pixels) for pictures in (images, tests)
]
guesses = by_number(bright, labels, test_bright, num_classes)
bright_pixels = share_right(guesses, truth)
print(f"fraction of bright pixels: {bright_pixels:.3f}")
if not data.stand_in:
    assert bright_pixels > scores["brightness"]
record_all(
    "fashion_mnist_look", {"bright_pixels": bright_pixels}, unit="fraction"
)
