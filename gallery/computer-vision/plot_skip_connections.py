r"""
跳跃连接找回了边界 | Skip connections bring back the border
============================================================

U-Net 把较细的特征图从左边递到右边。没有这些连接，它还剩下什么？我们训练两个 U-Net，
一个有，一个没有。没有的那个在放大时多造一倍的通道，所以它的参数反而多一些。然后按到真
实边界的距离数错了的像素。两个网络在离边界远的地方差不多好，差别集中在边界附近。

A U-Net hands finer features across from its way down to its way up. What is
left without them? We train two U-Nets, one with and one without. The one
without makes twice the channels when it enlarges, so it has a few more
parameters, not fewer. Then wrong pixels are counted by their distance from the
true border. Far from it both networks do about as well, and the difference
gathers near the border.

**你需要** :doc:`/computer-vision/fcn`；**你得到** 错误对到边界的距离的曲线。

**You need** :doc:`/computer-vision/fcn`; **you get** curves of the error
against the distance from the border.
"""

import matplotlib.pyplot as plt
import torch
from scipy.ndimage import distance_transform_edt

from d2lnotes.data.nuclei import fetch_nuclei
from d2lnotes.models.segmentation import UNet, fit_segmenter, predict_mask
from d2lnotes.results import record_all
from d2lnotes.runtime import on, seed_everything, select_device
from d2lnotes.segmentation import boundary_pixels, intersection_over_union

device = select_device()
data = fetch_nuclei(stand_in=True)
num_seeds = on(device, cpu=3, cuda=5)
print(data)

# %%
# 每张照片取平方根，减去自己的均值，除以自己的标准差。
#
# Of each photograph the square root is taken. Then its mean is subtracted, and
# it is divided by its standard deviation.


def prepare(images):
    """Return standardized roots of gray levels, with one channel."""
    roots = images[:, :1].float().sqrt()
    mean = roots.mean(dim=(2, 3), keepdim=True)
    return (roots - mean) / roots.std(dim=(2, 3), keepdim=True)


X, masks = prepare(data.train.images).to(device), data.train.masks.to(device)
X_test, truth = prepare(data.test.images).to(device), data.test.masks

# %%
# 有连接的和没有连接的 | With connections and without
# ----------------------------------------------------


def count(net):
    """Return the number of parameters."""
    return sum(p.numel() for p in net.parameters())


OPTIONS = {"num_epochs": 24, "crop": 64, "learning_rate": 0.01}
SIZE = {"in_channels": 1, "widths": (8, 16, 32, 64), "num_convolutions": 1}
NETWORKS = {
    "with": lambda: UNet(**SIZE),
    "without": lambda: UNet(**SIZE, skips=False),
}
sizes = {name: count(make()) for name, make in NETWORKS.items()}
print(sizes)

# %%
# 训练几个种子 | Several seeds
# ----------------------------

found = {}
for name, make in NETWORKS.items():
    found[name] = []
    for seed in range(num_seeds):
        generator = seed_everything(seed)
        net = make().to(device)
        losses = fit_segmenter(net, X, masks, generator=generator, **OPTIONS)
        found[name].append(predict_mask(net, X_test).cpu())
        print(name, seed, f"{losses[0]:.3f} {losses[-1]:.3f}")

# %%
# 错误在哪里 | Where the errors are
# ---------------------------------
# 对每个像素算出到另一种像素的距离，里面记成负数。然后按距离分组，数错了的比例。另外，
# 把两边各 2 个像素算作边界，分开算交并比。
#
# For each pixel the distance to the nearest one of the other kind is found,
# with a minus sign inside. Then pixels are grouped by it, and the share of
# wrong ones is counted. Besides, 2 pixels on either side are taken as the
# border, and the IoU is found for it and for the rest.


def signed_distance(mask):
    """Return pixels to the border: negative inside a nucleus."""
    inside = distance_transform_edt(mask.numpy())
    outside = distance_transform_edt(~mask.numpy())
    return torch.from_numpy(outside - inside)


distance = torch.stack([signed_distance(mask) for mask in truth])
near = boundary_pixels(truth, width=2)
edges = torch.tensor(
    [-8.5, -6.5, *torch.arange(-4.5, 5, 1).tolist(), 6.5, 8.5]
)
group = torch.bucketize(distance, edges.double())
errors, at_border, in_rest = {}, {}, {}
for name, runs in found.items():
    wrong = torch.stack(runs) != truth
    errors[name] = torch.stack(
        [
            wrong[:, group == k].double().mean(dim=1)
            for k in range(1, len(edges))
        ]
    )
    scores = [
        [intersection_over_union(run[part], truth[part])[1] for run in runs]
        for part in (near, ~near)
    ]
    at_border[name], in_rest[name] = map(torch.stack, scores)
    print(name, at_border[name], in_rest[name])

# %%
# 相差最大的一张 | Where they differ most
# ---------------------------------------
# 两个网络的掩码在第一个种子下相差最大的照片，取中间的一块。
#
# The photograph on which the masks of the first seed differ most, and the
# middle of it.

differ = found["with"][0] ^ found["without"][0]
place = int(differ.flatten(1).sum(dim=1).argmax())
window = slice(80, 176)
views = [
    ("照片 | photograph", data.test.images[place, 0].float().sqrt()),
    ("有连接 | with skips", found["with"][0][place]),
    ("没有连接 | without", found["without"][0][place]),
]
fig, axes = plt.subplots(1, 3, figsize=(9, 3.4), layout="constrained")
for ax, (title, picture) in zip(axes, views, strict=True):
    ax.imshow(picture[window, window], cmap="gray")
    line = truth[place][window, window].float()
    ax.contour(line, levels=[0.5], colors="tab:orange", linewidths=2)
    ax.set_title(title, fontsize=14)
    ax.axis("off")
fig.set_label(
    "一张测试照片的一小块，两个网络的掩码，真实的轮廓用橙色画出；有连接的掩码更贴近轮廓"
    " | Part of a test photograph and the masks of both networks, with true"
    " outlines in orange; the mask with skips follows them more closely"
)
plt.show()

# %%
# 错误对距离 | Error against distance
# -----------------------------------

fig, ax = plt.subplots(figsize=(8, 4.2), layout="constrained")
middle = (edges[1:] + edges[:-1]) / 2
styles = [
    ("with", "o-", "tab:blue", "有跳跃连接 | with skip connections"),
    ("without", "s--", "tab:orange", "没有 | without"),
]
for name, marks, color, label in styles:
    share = 100 * errors[name]
    spread = share.std(dim=1)
    ax.errorbar(
        middle, share.mean(dim=1), spread, fmt=marks, color=color, label=label
    )
ax.axvline(0, color="0.7", lw=1)
ax.set(
    xlabel="到边界的距离，里面为负（像素）"
    " | distance from the border, negative inside (px)",
    ylabel="错的像素（%） | wrong pixels (%)",
)
ax.legend(loc="upper left")
fig.set_label(
    "错的像素的比例对到真实边界的距离：两条曲线都在边界处最高，没有跳跃连接的那条高得多 |"
    " Share of wrong pixels against distance from the true border: both curves"
    " peak at the border, and the one without skip connections is much higher"
)
plt.show()

# %%
# 断言与记录 | Claims and records
# -------------------------------

assert sizes["without"] > sizes["with"]
assert at_border["with"].min() > at_border["without"].max()
lost = at_border["with"] - at_border["without"]
print(lost, in_rest["with"] - in_rest["without"])
over = f"{num_seeds} 个随机种子 | {num_seeds} random seeds"
values = {f"border_{name}": iou for name, iou in at_border.items()}
values |= {f"rest_{name}": iou for name, iou in in_rest.items()}
record_all(
    "skip_connections", values, unit="fraction", over=over, format=".2f"
)
counts = {f"parameters_{name}": size for name, size in sizes.items()}
record_all("skip_connections", counts, format=",.0f")

# %%
# 练习 | Exercise
# ---------------
# 边界的带子占全部像素的百分之几？错的像素里，又有百分之几在带子里？
#
# Which share of all pixels is in the band of the border? Which share of the
# wrong pixels is in it?

wrong = found["with"][0] != truth
print(f"{near.float().mean():.2f} {near[wrong].float().mean():.2f}")
assert near[wrong].float().mean() > 3 * near.float().mean()
