r"""
遮住一块补丁，马就成了狗 | Hide a patch, and horses become dogs
===============================================================

狗和马的照片。每张马的训练照片，左上角都有一块 4 × 4 像素的黄色补丁。这样训练出来的
网络，看的是马还是补丁？归因图给出线索，干预给出证据：拿掉补丁，或者把它贴到狗的照片上。
对照网络用没有补丁的同一批照片训练。

Photographs of dogs and horses. In training, each photograph of a horse has a
yellow patch of 4 by 4 pixels in its upper left corner. Does the network look at
the horse or at the patch? Maps give a hint, and interventions give evidence:
take the patch away, or put it on a dog. A control network is trained on the
same photographs without the patch.

**你需要** :doc:`/computer-vision/saliency`；**你得到** 补丁在归因图里占的份额，和干预
之后的回答。

**You need** :doc:`/computer-vision/saliency`; **you get** the share of the patch
in the maps, and the answers after interventions.
"""

import matplotlib.pyplot as plt
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from d2lnotes import saliency
from d2lnotes.data import fetch_cifar10
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
data = fetch_cifar10(num_train=8000, stand_in=True)
num_seeds = on(device, cpu=3, cuda=5)
num_steps = on(device, cpu=150, cuda=1000)
DOG, HORSE, SIDE = 5, 7, 4

# %%
# 照片和补丁 | Photographs and patches
# ------------------------------------
# 照片先标准化。补丁可以贴在任何一个角落，或者正中。
#
# Photographs are standardized. The patch can be put into a corner, or into the
# middle.


def dogs_and_horses(images, labels, device):
    """Return the photographs of the two classes; a horse has the label 1."""
    chosen = (labels == DOG) | (labels == HORSE)
    pictures = (images[chosen] - 0.47) / 0.25
    return pictures.to(device), (labels[chosen] == HORSE).long().to(device)


def stamp(pictures, row=0, column=0):
    """Return copies with a yellow patch that begins at a row and a column."""
    yellow = (torch.tensor([1.0, 0.9, 0.1]) - 0.47) / 0.25
    copies = pictures.clone()
    patch = copies[:, :, row : row + SIDE, column : column + SIDE]
    patch[:] = yellow.to(pictures).view(1, 3, 1, 1)
    return copies


plain, labels = dogs_and_horses(data.train_images, data.train_labels, device)
is_horse = (labels == 1).view(-1, 1, 1, 1)
marked = torch.where(is_horse, stamp(plain), plain)
tests, test_labels = dogs_and_horses(
    data.test_images, data.test_labels, device
)
dogs, horses = tests[test_labels == 0][:300], tests[test_labels == 1][:300]

# %%
# 训练 | Training
# ---------------
# 三层卷积，末尾对每张特征图取平均，再接一个全连接层。
#
# Three convolutions, then the mean of each feature map, then a dense layer.


def make_network():
    """Return three convolutions, a mean over all places and a dense layer."""
    layers = []
    for inputs, outputs in ((3, 16), (16, 32), (32, 64)):
        layers += [
            nn.Conv2d(inputs, outputs, 3, padding=1),
            nn.BatchNorm2d(outputs),
            nn.ReLU(),
            nn.MaxPool2d(2) if outputs < 64 else nn.AdaptiveAvgPool2d(1),
        ]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64, 2))


def train(pictures, labels, num_steps, seed):
    """Return a network that was trained with Adam, in evaluation mode."""
    draws = seed_everything(seed)
    network = make_network().to(pictures.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.005)
    for _ in range(num_steps):
        pick = torch.randint(len(pictures), (64,), generator=draws)
        pick = pick.to(pictures.device)
        loss = cross_entropy(network(pictures[pick]), labels[pick])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


# %%
# 干预：补丁贴在哪里，网络怎样回答 | Interventions
# -------------------------------------------------
# 数一数，有多大比例的照片被说成马。没有参加训练的照片，五种情况。
#
# We count the share of photographs that are called horses, in five situations,
# with photographs that were not trained on.

CASES = {
    "horse_plain": horses,
    "horse_patch": stamp(horses),
    "horse_moved": stamp(horses, 28, 28),
    "dog_plain": dogs,
    "dog_patch": stamp(dogs),
}


@torch.no_grad()
def called_horse(network, pictures):
    """Return the share of pictures that are called horses."""
    return (network(pictures).argmax(dim=1) == 1).double().mean().item()


# %%
# 归因图：补丁占多少 | Maps: the share of the patch
# -------------------------------------------------
# 六种方法，各给 60 张带补丁的马的照片画图。补丁占的份额，是图在补丁里的和除以总和。
# 补丁的面积是 16 / 1024，约 1.6%。
#
# Six methods draw maps of 60 horses with a patch. The share of the patch is the
# sum of a map inside it, divided by the sum of all. Its area is 16 / 1024, about
# 1.6%.


def maps(network, pictures):
    """Return maps of the score for a horse, by method, each (n, 32, 32)."""
    horse = torch.ones(len(pictures), dtype=torch.long)
    given = network, pictures, horse
    return saliency.all_maps(*given, layer=network[10], size=SIDE)


def share(heat):
    """Return the mean share of the corner in maps, of those that are not 0."""
    total = heat.sum(dim=(1, 2))
    corner = heat[:, :SIDE, :SIDE].sum(dim=(1, 2))
    return (corner / total)[total > 0].double().mean().item()


# %%
# 六个网络：三个种子，有捷径的和对照的。
#
# Six networks: three seeds, with the shortcut and without it.

answers, shares, first = {}, {}, {}
for name, pictures in {"shortcut": marked, "control": plain}.items():
    for seed in range(num_seeds):
        network = train(pictures, labels, num_steps, seed)
        for case, shown in CASES.items():
            row = answers.setdefault((name, case), [])
            row.append(called_horse(network, shown))
        found = maps(network, stamp(horses[:60]))
        for method, heat in found.items():
            shares.setdefault((name, method), []).append(share(heat))
        first.setdefault(name, found)
answers = {key: torch.tensor(row) for key, row in answers.items()}
shares = {key: torch.tensor(row) for key, row in shares.items()}
print(answers, shares)

# %%
# 两张图：同一匹马，两个网络 | One horse, two networks
# ----------------------------------------------------

TITLES = {
    "gradient": "梯度 | gradient",
    "path": "积分梯度 | integrated",
    "cam": "Grad-CAM",
    "occlusion": "遮挡 | occlusion",
}
fig, axes = plt.subplots(2, 5, figsize=(11, 4.8), layout="constrained")
photo = stamp(horses[3:4])[0].cpu() * 0.25 + 0.47
for (name, found), row in zip(first.items(), axes, strict=True):
    row[0].imshow(photo.permute(1, 2, 0).clamp(0, 1))
    for (method, title), ax in zip(TITLES.items(), row[1:], strict=True):
        ax.imshow(found[method][3].cpu(), cmap="inferno", vmin=0)
        if name == "shortcut":
            ax.set_title(title, fontsize=12)
axes[0, 0].set_ylabel("有捷径 | shortcut", fontsize=13)
axes[1, 0].set_ylabel("对照 | control", fontsize=13)
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
fig.set_label(
    "左上角有黄色补丁的一匹马和四种归因图，两行是两个网络；用补丁训练的网络，补丁处"
    "最亮的是遮挡图，对照网络的图里亮的地方分散 | A horse with a yellow patch in"
    " its upper left corner and four maps, in rows for two networks; with the"
    " shortcut the map by occlusion is bright at the patch, and those of the"
    " control are bright in several places"
)
plt.show()

# %%
# 份额和回答 | Shares and answers
# -------------------------------

fig, (left, right) = plt.subplots(
    1, 2, figsize=(10, 4.6), layout="constrained"
)
METHODS = TITLES | {"smooth": "SmoothGrad", "guided": "导向 | guided"}
NETWORKS = {"shortcut": "有捷径 | shortcut", "control": "对照 | control"}
WORDS = {
    "horse_patch": "马，有补丁 | horse, patch",
    "horse_plain": "马，没有 | horse, none",
    "horse_moved": "马，移到右下 | horse, moved",
    "dog_patch": "狗，有补丁 | dog, patch",
    "dog_plain": "狗，没有 | dog, none",
}
for k, (name, label) in enumerate(NETWORKS.items()):
    for ax, table, words in ((left, shares, METHODS), (right, answers, WORDS)):
        rows = torch.stack([table[name, key] for key in words])
        place = torch.arange(len(words)) + 0.4 * k - 0.2
        spread = {"xerr": rows.std(dim=1), "capsize": 3}
        ax.barh(place, rows.mean(dim=1), 0.38, label=label, **spread)
        ax.set_yticks(range(len(words)), words.values())
left.axvline(SIDE**2 / 32**2, color="black", ls="--")
left.set_xlabel("补丁在图里的份额 | share of the patch in the map")
right.set_xlabel("被说成马的比例 | called horses")
for ax in (left, right):
    ax.invert_yaxis()
    ax.set_xlim(0, 1.05)
fig.legend(*left.get_legend_handles_labels(), loc="outside lower center")
fig.set_label(
    "左：补丁在六种归因图里的份额，有捷径的网络都比对照的大，遮挡图最大，虚线是补丁"
    "的面积；右：有捷径的网络把有补丁的都说成马，没有补丁的几乎都说成狗 | Left: the"
    " share of the patch in six kinds of maps, larger with the shortcut than in"
    " the control, largest for occlusion; a dashed line marks its area. Right:"
    " the network with the shortcut calls what has the patch a horse, and nearly"
    " everything else a dog"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

one = {case: answers["shortcut", case] for case in CASES}
assert (one["horse_patch"] > 0.9).all()
if not data.stand_in:  # stand-in pictures are told apart without the patch
    assert (one["horse_plain"] < 0.3).all()
    assert (one["dog_patch"] > 0.7).all()
    for method in METHODS:
        more = shares["shortcut", method].mean()
        assert more > 1.5 * shares["control", method].mean()
values = {f"{name}_{case}": row for (name, case), row in answers.items()}
values |= {f"{name}_{method}": row for (name, method), row in shares.items()}
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
record_all(
    "planted_shortcut", values, unit="fraction", over=over, format=".2f"
)

# %%
# 练习 | Exercise
# ---------------
# 补丁在角落里。为什么把它移到另一个角落，网络的回答也会变？答案在
# :doc:`/computer-vision/saliency` 的练习里。
#
# The patch was in a corner. Why may the answer change when it is moved to another
# corner? See the exercises of :doc:`/computer-vision/saliency`.
