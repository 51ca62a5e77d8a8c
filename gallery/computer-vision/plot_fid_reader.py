r"""
怎样读 FID | How to read an FID
===============================

FID 是真图片与生成图片在某个网络特征里的弗雷歇距离。两组真图片之间，它应当是 0。我们用
数目不同的真图片，和改坏的真图片，看它随什么变：图片的张数，用来看图的网络，还有图片的
毛病。每个数在三个网络里各量一次。

An FID is the Fréchet distance of real and generated pictures in the features
of some network. Between two sets of real pictures it ought to be 0. With sets
of real pictures of several sizes, and with real pictures that were damaged, we
see what it depends on: the number of pictures, the network that looks at them,
and what is wrong with them. Each is measured in three networks.

**你需要** :doc:`/computer-vision/generative-models`；**你得到** 距离随张数的变化，以及
四种毛病在三个网络里的距离。

**You need** :doc:`/computer-vision/generative-models`; **you get** the
distance against the number of pictures, and of four kinds of damage in three
networks.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import avg_pool2d

from d2lnotes.data import TensorLoader, fetch_fashion_mnist
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.sample_quality import frechet_between
from d2lnotes.training import fit

device = select_device()
data = fetch_fashion_mnist(stand_in=True)
num_train = on(device, cpu=4000, cuda=10_000)
num_epochs = 10 if data.stand_in else 3
reference = data.train_images[num_train:][:10_000].to(device)
if data.stand_in:  # too few to spare any
    reference = data.train_images.to(device)
test = data.test_images.to(device)
print(data)

# %%
# 看图的网络 | The networks that look
# -----------------------------------
# 三个分类网络，特征是最后一个隐藏层的数：前两个只有种子不同，各 32 个；第三个有 64 个。
#
# Three classifiers, with the numbers of their last hidden layer as features.
# The first two differ in the seed only and have 32, the third has 64.


def train_features(images, labels, num_epochs, *, seed, width):
    """Return the layers of a trained classifier up to its features."""
    generator = seed_everything(seed)
    first = nn.Linear(images[0].numel(), 128)
    features = nn.Sequential(
        *[nn.Flatten(), first, nn.ReLU(), nn.Linear(128, width), nn.ReLU()]
    )
    model = nn.Sequential(features, nn.Linear(width, 10)).to(images.device)
    order = {"batch_size": 64, "shuffle": True, "generator": generator}
    loader = TensorLoader(images, labels, **order)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.002)
    options = {"optimizer": optimizer, "num_epochs": num_epochs}
    fit(model, loader, loss_fn=nn.functional.cross_entropy, **options)
    return features


few = data.train_images[:num_train].to(device)
few_labels = data.train_labels[:num_train].to(device)
networks = [
    train_features(few, few_labels, num_epochs, seed=seed, width=width)
    for seed, width in [(0, 32), (1, 32), (2, 64)]
]

# %%
# 真图片之间的距离 | The distance of real pictures
# ------------------------------------------------
# 从测试图片里随机抽 :math:`n` 张，与一万张训练图片比，抽五次。
#
# Draw :math:`n` test pictures at random, five times, and compare them with ten
# thousand training pictures.


@torch.no_grad()
def apply(features, images):
    """Return the features of pictures, on the CPU."""
    return features(images).cpu()


generator = torch.Generator().manual_seed(0)
known = [apply(network, reference) for network in networks]
seen = [apply(network, test) for network in networks]
sizes = [n for n in (100, 300, 1000, 3000, 10_000) if n <= len(test)]
small = torch.zeros(len(networks), len(sizes), 5)
for j, size in enumerate(sizes):
    for draw in range(5):
        places = torch.randperm(len(test), generator=generator)[:size]
        for i in range(len(networks)):
            small[i, j, draw] = frechet_between(known[i], seen[i][places])
print(sizes, small.mean(dim=2))

# %%
# 改坏的图片 | Damaged pictures
# -----------------------------
# 全部测试图片：模糊，加噪声，向右移一个像素，或者去掉两个类别。最后一种里每张图片都是
# 真的。
#
# All test pictures are blurred, given noise, moved to the right by a pixel, or
# lose two classes. In the last case each single picture is real.

noise = 0.1 * torch.randn(test.shape, generator=generator).to(device)
damaged = {
    "模糊 | blurred": avg_pool2d(test, 3, 1, 1),
    "噪声 | noisy": (test + noise).clamp(0, 1),
    "移动 | moved": test.roll(1, -1),
    "少两类 | 2 classes missing": test[data.test_labels.to(device) < 8],
}
harm = torch.tensor(
    [
        [frechet_between(r, apply(network, x)) for x in damaged.values()]
        for network, r in zip(networks, known, strict=True)
    ]
)
print(harm)

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 4), layout="constrained")
names = ["网络 1 | network 1", "网络 2 | network 2", "网络 3 | network 3"]
for values, name, style in zip(small, names, ("o-", "s--", "^:"), strict=True):
    (line,) = left.plot(sizes, values.mean(dim=1), style, label=name)
    left.plot(sizes, values, ".", color=line.get_color(), alpha=0.4)
left.set(xscale="log", yscale="log", xlabel="真图片的张数 | real pictures")
left.set(ylabel="弗雷歇距离 | Fréchet distance")
left.legend(loc="lower left")
y = torch.arange(len(damaged)).flip(0)
for i, (values, hatch) in enumerate(zip(harm, ("", "//", ".."), strict=True)):
    right.barh(y - 0.27 * (i - 1), values, 0.25, hatch=hatch, ec="white")
right.set_yticks(y, damaged)
right.set(xlabel="弗雷歇距离 | Fréchet distance")
fig.set_label(
    "左：三个网络里，两组真图片的距离都随张数变小，小点是各次抽取；右：四种改坏的图片在"
    "三个网络里的距离，少两类时最大 | Left: in three networks the distance of two sets"
    " of real pictures falls with their number, with a dot for each draw; right:"
    " distances of four kinds of damage in three networks, largest with two classes"
    " missing"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

means = small.mean(dim=2)
assert (means[:, 0] > 3 * means[:, -1]).all()
assert (harm[:, 3] > harm[:, :3].amax(dim=1)).all() or data.stand_in
record_all(
    "fid_reader",
    {
        "real_hundred": small[0, 0],
        "real_hundred_third": small[2, 0],
        "real_thousand": small[0, min(2, len(sizes) - 1)],
    },
    over="5 次抽取 | 5 draws",
    format=".2f",
)
record_all(
    "fid_reader",
    {
        "real_most": means[0, -1],
        "blurred": harm[0, 0],
        "noisy": harm[0, 1],
        "moved": harm[0, 2],
        "missing": harm[0, 3],
        "moved_second": harm[1, 2],
        "missing_second": harm[1, 3],
        "missing_third": harm[2, 3],
    },
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 把两千张测试图片分成两半，同一半之内再换换次序。次序改变距离吗？
#
# Split two thousand test pictures into halves and shuffle one of them. Does the
# order change the distance?

half = min(1000, len(test) // 2)
first, second = seen[0][:half], seen[0][half : 2 * half]
shuffled = second[torch.randperm(half, generator=generator)]
values = frechet_between(first, second), frechet_between(first, shuffled)
print(values)
# Mean and covariance do not know the order.
assert abs(values[0] - values[1]) < 1e-4 * max(values[0], 1)
