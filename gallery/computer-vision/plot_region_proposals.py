r"""
学来的提议只要少得多的框 | Learned proposals need far fewer boxes
==================================================================

两阶段的检测器先问“哪里有东西”，再问“是什么”。我们比较三种提出候选区域的办法：随机
的框、把颜色相近的相邻区域一步步合并（选择性搜索的想法），和一个不管类别、只判断“有没
有东西”的小网络。前 100 个框能找到多少真实边界框？对照是同一个网络，没有训练。

A detector of two stages asks first where something is, then what it is. We
compare three ways to propose regions: random boxes, neighboring regions of
similar color that are merged step by step (the idea of selective search), and
a small network that ignores classes and tells objects from background. How
many true boxes do the first 100 find? The control is the same network without
training.

**你需要** :doc:`/computer-vision/rcnn-family`；**你得到** 召回率与提议个数的关系，
和每张图的时间。

**You need** :doc:`/computer-vision/rcnn-family`; **you get** the recall against
the number of proposals, and the time for a picture.
"""

from time import process_time

import matplotlib.pyplot as plt
import torch
from sklearn.cluster import ward_tree
from sklearn.feature_extraction.image import grid_to_graph
from torch.nn.functional import avg_pool2d
from torchvision.transforms import v2

from d2lnotes.data.bccd import fetch_bccd
from d2lnotes.detection import box_iou, nms
from d2lnotes.detection.anchors import decode_boxes
from d2lnotes.models.detection import TinySSD, fit_detector
from d2lnotes.plotting import plot_spread
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device

device = select_device()
HEIGHT, WIDTH = 144, 192
data = fetch_bccd(size=(HEIGHT, WIDTH), stand_in=True)
num_epochs = 8 if data.stand_in else on(device, cpu=2, cuda=6)
num_seeds = on(device, cpu=3, cuda=5)
num_test = min(36, len(data.test))
print(data)

# %%
# 随机的框 | Random boxes
# -----------------------
# 位置均匀，边长从训练照片的真实边界框里抽。
#
# Places are uniform, and sides are drawn from true boxes of the training
# photographs.


def propose_random(part, generator, count=300):
    """Return random boxes with the sides of true boxes."""
    true = torch.cat(part.boxes)
    picked = torch.randint(len(true), (count,), generator=generator)
    sides = true[picked, 2:] - true[picked, :2]
    room = torch.tensor([WIDTH, HEIGHT]) - sides
    corner = torch.rand(count, 2, generator=generator) * room
    return torch.cat([corner, corner + sides], dim=1)


# %%
# 合并相近的区域 | Merging similar regions
# ----------------------------------------
# 照片缩小到三分之一，每个像素开始时是一个区域。每一步合并两个相邻的区域，使颜色的
# 离差平方和增加得最少（Ward 的办法）。每次合并得到的区域都有一个外接框。合并得晚的
# 区域大，排在前面。
#
# The photograph is reduced to a third, and each pixel begins as a region. A
# step merges the two neighbors whose union adds least to the sum of squared
# deviations of colors (Ward's way). Each region that arises has a box. Regions
# that were merged late are large and come first.


def propose_merged(image, count=300):
    """Return the boxes of the last regions that were merged."""
    small = avg_pool2d(image.float() / 255, 3)
    rows, columns = small.shape[1:]
    graph = grid_to_graph(rows, columns)
    colors = small.flatten(1).T.numpy()
    pairs = ward_tree(colors, connectivity=graph)[0]
    y, x = torch.meshgrid(
        torch.arange(rows), torch.arange(columns), indexing="ij"
    )
    pixels = torch.stack([x, y, x + 1, y + 1], dim=-1).reshape(-1, 4)
    boxes = pixels.tolist()
    for i, j in pairs.tolist():
        low = map(min, boxes[i][:2], boxes[j][:2])
        high = map(max, boxes[i][2:], boxes[j][2:])
        boxes.append([*low, *high])
    return 3.0 * torch.tensor(boxes).flip(0)[:count]


# %%
# 学来的提议 | Learned proposals
# ------------------------------
# 一个类别的单发检测器：每个锚框有一个“有东西”的分数，和四个偏移量。区域提议网络也这
# 样做。按分数排列，去掉交并比超过 0.7 的重复，留下前 300 个。
#
# A single-shot detector of one class gives each anchor a score for “something is
# here”, and four offsets. A region proposal network does the same. Boxes are
# sorted by score, duplicates with an IoU above 0.7 are dropped, and 300 kept.


def train(images, part, seed, num_epochs):
    """Return a detector of objects of any class; untrained for 0 epochs."""
    generator = seed_everything(seed)
    net = TinySSD(1).to(images.device)
    any_class = [torch.zeros_like(labels) for labels in part.labels]
    if num_epochs:
        options = {"num_epochs": num_epochs, "generator": generator}
        fit_detector(net, images, part.boxes, any_class, **options)
    return net.eval()


@torch.no_grad()
def propose_learned(net, image, count=300):
    """Return the boxes with the best scores, without duplicates."""
    logits, offsets = net(image[None])
    scores = logits[0].softmax(dim=1)[:, 1]
    best = scores.topk(500).indices
    boxes = decode_boxes(offsets[0, best], net.anchors[best])
    return boxes[nms(boxes, scores[best], 0.7)[:count]].cpu()


# %%
# 召回率 | Recall
# ---------------
# 一个真实边界框，如果前 :math:`n` 个提议里有一个与它的交并比至少是 0.5，就算找到了。
#
# A true box counts as found if one of the first :math:`n` proposals has an IoU of
# 0.5 or more with it.

COUNTS = [1, 3, 10, 20, 30, 50, 100, 200, 300]


def recalls(propose, places, part):
    """Return the recall for each number of proposals, and seconds each."""
    found, begin = [], process_time()
    proposals = [propose(i) for i in places]
    seconds = (process_time() - begin) / len(places)
    for i, boxes in zip(places, proposals, strict=True):
        iou = box_iou(boxes, part.boxes[i])
        found.append(torch.stack([iou[:n].amax(dim=0) >= 0.5 for n in COUNTS]))
    return torch.cat(found, dim=1).float().mean(dim=1), seconds


# %%
# 每个种子训练一个网络，然后在测试照片上比较四种提议。
#
# One network is trained with each seed. Then four kinds of proposals are
# compared on test photographs.

pixels = data.train.images.float()
mean, deviation = pixels.mean(dim=(0, 2, 3)), pixels.std(dim=(0, 2, 3))
normalize = v2.Normalize(mean.tolist(), deviation.tolist())
train_images = normalize(pixels).to(device)
test_images = normalize(data.test.images.float()).to(device)
places = range(num_test)
runs = {name: [] for name in ("random", "merged", "untrained", "learned")}
seconds = {}
for seed in range(num_seeds):
    generator = torch.Generator().manual_seed(seed)
    nets = {
        "untrained": train(train_images, data.train, seed, 0),
        "learned": train(train_images, data.train, seed, num_epochs),
    }
    ways = {"random": lambda _, g=generator: propose_random(data.train, g)}
    if not seed:  # merging has nothing random in it
        ways["merged"] = lambda i: propose_merged(data.test.images[i])
    for name, net in nets.items():
        ways[name] = lambda i, n=net: propose_learned(n, test_images[i])
    for name, propose in ways.items():
        recall, seconds[name] = recalls(propose, places, data.test)
        runs[name].append(recall)
        print(seed, name, recall, f"{seconds[name]:.3f} s")
runs["merged"] *= num_seeds  # the same with each seed
runs = {name: torch.stack(rows, dim=1) for name, rows in runs.items()}

# %%
# 前二十个提议 | The first twenty proposals
# -----------------------------------------

fig, axes = plt.subplots(1, 3, figsize=(9, 2.9), layout="constrained")
generator = torch.Generator().manual_seed(0)
firsts = [
    ("随机的框 | random boxes", propose_random(data.train, generator)),
    ("合并区域 | merged regions", propose_merged(data.test.images[0])),
    (
        "学来的 | learned",
        propose_learned(nets["learned"], test_images[0]),
    ),
]
for ax, (title, boxes) in zip(axes, firsts, strict=True):
    ax.imshow(data.test.images[0].permute(1, 2, 0))
    ax.axis("off")
    ax.set_title(title)
    for x1, y1, x2, y2 in boxes[:20].tolist():
        box = (x1, y1), x2 - x1, y2 - y1
        ax.add_patch(plt.Rectangle(*box, fill=False, color="C0", lw=1.5))
fig.set_label(
    "一张测试照片上每种办法的前二十个提议：随机的框散在各处，合并区域的框大小不一，学来"
    "的套住细胞 | The first twenty proposals of each way on a test photograph: random"
    " boxes lie anywhere, those of merged regions have all sizes, learned ones hold"
    " cells"
)
plt.show()

# %%
# 召回率与提议的个数 | Recall against the number of proposals
# -----------------------------------------------------------

fig, ax = plt.subplots(figsize=(7.5, 4.2), layout="constrained")
names = {
    "learned": ("学来的 | learned", "C0o-"),
    "merged": ("合并区域 | merged regions", "C1s-"),
    "random": ("随机的框 | random boxes", "C7^--"),
    "untrained": ("未训练的网络 | network, untrained", "kv:"),
}
for name, (label, style) in names.items():
    plot_spread(COUNTS, runs[name], style, label=label, ax=ax)
ax.set(xscale="log", ylim=(0, 1.02))
ax.set_xlabel(
    "每张图的提议（个，对数轴） | proposals for a picture (log scale)"
)
ax.set_ylabel("召回率 | recall")
ax.legend(loc="upper left")
fig.set_label(
    "召回率随提议的个数上升：学来的在三十个时已经很高，另外三种低得多"
    " | Recall rises with the number of proposals: learned ones have much at"
    " thirty, and the other three far less"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

at = {n: k for k, n in enumerate(COUNTS)}
assert (runs["learned"][at[30]] > runs["merged"][at[300]].mean()).all()
for other in ("random", "untrained"):
    assert (runs["learned"][at[100]] > runs[other][at[100]]).all()
record_all(
    "region_proposals",
    {
        "learned_30": runs["learned"][at[30]],
        "learned_100": runs["learned"][at[100]],
        "merged_30": runs["merged"][at[30], 0],
        "merged_300": runs["merged"][at[300], 0],
        "random_100": runs["random"][at[100]],
        "random_300": runs["random"][at[300]],
        "untrained_100": runs["untrained"][at[100]],
    },
    unit="fraction",
    over=f"{num_seeds} 个随机种子 | {num_seeds} random seeds",
    format=".2f",
)
record_all(
    "region_proposals",
    {
        "seconds_merged": seconds["merged"],
        "seconds_learned": seconds["learned"],
    },
    unit="s",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 只问召回率，不问提议的个数，有一个很坏的办法也能得满分。是什么办法？
#
# A very bad way gets full recall if nobody asks for the number of proposals.
# Which one?

net = nets["learned"]
reached = box_iou(net.anchors.cpu(), torch.cat(data.test.boxes))
share = (reached.amax(dim=0) >= 0.3).float().mean()
print(f"{len(net.anchors):,} anchors meet {share:.2f} of the true boxes")
# All anchors, or all boxes there are: nearly everything is met somewhere.
assert share > 0.9
