r"""
两个卷积核合起来量出边的方向 | Two kernels measure an edge's direction
======================================================================

一个 :math:`3 \times 3` 的核左边是负数、右边是正数、总和为 0，
它在平坦的地方得 0，在左暗右亮的边上响；转过 90 度，就管上暗下亮的边。
一条斜边让两个核都响一点：理论说，响多少按
:math:`\cos\theta` 和 :math:`\sin\theta` 分配，所以从两个数的比就能读出角度
:math:`\theta`。我们转动一条边，逐度核对。

A :math:`3 \times 3` kernel, negative on its left, positive on its right, sum
0, gives 0 on flat ground and responds where dark turns to bright from left
to right; turned by 90 degrees it takes care of edges from top to bottom. A
slanted edge makes both respond: in theory they share it as
:math:`\cos\theta` and :math:`\sin\theta`, so their ratio tells the angle
:math:`\theta`. We turn an edge around and check, degree by degree.

**你需要** :doc:`/convolutional-networks/convolution` 里的卷积；**你得到**
边缘检测的原理，和它在很尖的边上差多少。

**You need** convolution, from :doc:`/convolutional-networks/convolution`;
**you get** how edge detection works, and how far it is off at a sharp edge.
"""

import math

import matplotlib.pyplot as plt
import torch
from torch.nn.functional import conv2d

from d2lnotes.results import record_all

# %%
# 一张图，两个核 | One image, two kernels
# ---------------------------------------
# 这两个核叫 Sobel 算子：一个方向求差，另一个方向按 1、2、1
# 取平均，好让噪声小一点。图是一个边缘略微模糊的圆盘。
#
# These two are called the Sobel operator: a difference in one direction, a
# mean with weights 1, 2, 1 in the other, to calm the noise. The image is a
# disk with a slightly blurred rim.

across = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).double()
kernels = torch.stack([across, across.T])[:, None]  # (2, 1, 3, 3)


def coordinates(size):
    """Return x (to the right) and y (down) of every pixel, 0 at the center."""
    ticks = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    return torch.meshgrid(ticks, ticks, indexing="xy")


x, y = coordinates(40)
disk = torch.sigmoid(12 - torch.hypot(x, y))  # 1 inside radius 12, 0 outside
responses = conv2d(disk[None, None], kernels)[0]  # (2, 38, 38)

# %%
# 第一幅是图，中间两幅是两个核的响应，蓝色为正，红色为负；
# 最后一幅是两个响应合起来的长度。
#
# First the image, then the responses of the two kernels, positive in blue and
# negative in red, and last the length of both responses together.

fig, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained")
strength = responses.norm(dim=0)
panels = [disk, *responses, strength]
names = [
    "图 | image",
    "左右方向 | left to right",
    "上下方向 | top to bottom",
    "强度 | strength",
]
for ax, panel, name in zip(axes, panels, names, strict=True):
    limit = panel.abs().max()
    signed = bool(panel.min() < -0.1)
    ax.imshow(
        panel,
        cmap="RdBu" if signed else "gray",
        vmin=-limit if signed else 0,
        vmax=limit,
    )
    ax.set(title=name, xticks=[], yticks=[])
fig.set_label(
    "圆盘、两个核的响应和合起来的强度：竖边只出现在第二幅，"
    "横边只出现在第三幅，第四幅是一整圈"
    " | A disk, the responses of two kernels and their joint strength:"
    " upright edges show in the second, level ones in the third, the whole"
    " rim in the fourth"
)
plt.show()

# %%
# 平坦的地方得 0，不论多亮，因为权重之和是 0；响应与亮度的差成正比，
# 亮暗颠倒就变号。把图转置，两个核的角色互换。
#
# Flat ground gives 0, however bright, for the weights sum to 0; the response
# is proportional to the difference in brightness and changes sign when dark
# and bright trade places. Transpose the image, and the kernels trade places.

flat = conv2d(torch.full((1, 1, 5, 5), 0.7).double(), kernels)
torch.testing.assert_close(flat, torch.zeros_like(flat), rtol=0, atol=1e-14)
negative = conv2d(1 - disk[None, None], kernels)[0]
torch.testing.assert_close(negative, -responses)
turned = conv2d(disk.T[None, None], kernels)[0]
torch.testing.assert_close(turned, responses.mT.flip(0))

# %%
# 转动一条边 | Turning an edge
# ----------------------------
# 边的法线与横轴成 :math:`\theta` 角，亮度沿法线由 0 升到 1，
# 过渡的宽度是 :math:`w` 个像素。在中心像素读出两个响应
# :math:`G_x, G_y`，角度就是 :math:`\operatorname{atan2}(G_y, G_x)`。
#
# The normal of the edge makes the angle :math:`\theta` with the horizontal;
# along it the brightness rises from 0 to 1 over about :math:`w` pixels. At
# the central pixel we read both responses :math:`G_x, G_y`; the angle is
# :math:`\operatorname{atan2}(G_y, G_x)`.

angles = torch.arange(-180, 180, dtype=torch.float64)  # degrees
normals = torch.stack([angles.deg2rad().cos(), angles.deg2rad().sin()])
grid = torch.stack(coordinates(3))  # (2, 3, 3): all that the kernels see


def angle_error(pair, angles):
    """Return the error of the angle in degrees, between −180 and 180."""
    read = torch.atan2(pair[1], pair[0]).rad2deg()
    return (read - angles + 180) % 360 - 180


depth = torch.einsum("ca,cij->aij", normals, grid)  # along the normal
pairs = {}  # by width, the two responses to an edge at every angle
for width in (0.25, 0.5, 1.0, 2.0):
    edges = torch.sigmoid(depth / width)[:, None]  # (angles, 1, 3, 3)
    pairs[width] = conv2d(edges, kernels)[:, :, 0, 0].T  # (2, angles)
errors = {width: angle_error(pair, angles) for width, pair in pairs.items()}
soft = pairs[2.0]
shares = soft / soft[0, angles == 0]  # the response at 0 degrees is the unit

# %%
# 左图是宽度为 2 的边：响应（记号）落在余弦和正弦上。右图是读出的角度差多少，
# 四种宽度各一条线。
#
# On the left the edge of width 2: the responses (markers) lie on cosine and
# sine. On the right by how much the angle is misread, one line for each of
# four widths.

fig, (left, right) = plt.subplots(
    1, 2, figsize=(9.5, 3.8), layout="constrained"
)
left.plot(angles, normals[0], "k-", label=r"$\cos\theta$")
left.plot(angles, normals[1], "k--", label=r"$\sin\theta$")
left.plot(angles[::15], shares[0, ::15], "o", mfc="none", label="$G_x$")
left.plot(angles[::15], shares[1, ::15], "s", mfc="none", label="$G_y$")
left.set(
    xlabel=r"$\theta$（度） | $\theta$ (degrees)",
    ylabel="响应（相对值） | response (relative)",
)
left.legend()
for (width, error), style in zip(
    errors.items(), ["-", "--", "-.", ":"], strict=True
):
    right.plot(
        angles,
        error,
        style,
        label=f"$w$ = {width} 像素 | $w$ = {width} pixels",
    )
right.set(
    xlabel=r"$\theta$（度） | $\theta$ (degrees)",
    ylabel="角度的误差（度） | error of the angle (degrees)",
)
right.legend()
fig.set_label(
    "左：两个响应随角度按余弦和正弦变化；右：角度的误差，边越尖误差越大"
    " | Left: the responses follow cosine and sine of the angle; right: the"
    " error of the angle, larger for sharper edges"
)
plt.show()

# %%
# 断言 | The claim, asserted
# --------------------------
# 边有两个像素宽时，角度的误差处处小于半度；边尖到四分之一个像素，
# 误差就有好几度：三个像素装不下那么陡的变化。
#
# For an edge two pixels wide the angle is right within half a degree
# everywhere. For one of a quarter of a pixel it is off by several degrees:
# three pixels cannot hold so steep a change.

worst = {width: error.abs().max().item() for width, error in errors.items()}
torch.testing.assert_close(shares, normals, rtol=0, atol=0.02)
assert worst[2.0] < 0.5
assert worst[2.0] < worst[1.0] < worst[0.5] < worst[0.25]
assert math.isclose(errors[0.25][angles == 45].item(), 0, abs_tol=1e-9)

record_all(
    "edge_detection",
    {"soft_error": worst[2.0], "sharp_error": worst[0.25]},
    unit="度 | degrees",
    over="360 个方向里最差的 | the worst of 360 directions",
    format=".2f",
)

# %%
# 练习 | Exercise
# ---------------
# 45 度时误差总是 0，不管边多尖。为什么？还有哪些角度也是这样？
# 用“转置互换两个核”来论证。想好了再往下看。
#
# At 45 degrees the error is always 0, however sharp the edge. Why, and at
# which other angles? Argue with “transposing trades the kernels”. Think
# first, then read on.

for error in errors.values():
    exact = error.abs() < 1e-9
    assert (exact == (angles % 45 == 0)).all()

# %%
# 恰好是 45 的倍数，共八个角度，别的一个也没有。45 度的边，亮度只随
# :math:`x + y` 变，转置后还是它自己；而转置互换两个核，所以
# :math:`G_x = G_y`，读出的正是 45 度，与边有多尖无关。−45 度的边随
# :math:`x - y` 变，转置等于亮暗颠倒，响应变号，于是 :math:`G_x = -G_y`。
# 0 度的边上下翻转不变，而翻转使 :math:`G_y` 变号，它只能是 0；90 度同理。
# 其余四个角度由亮暗颠倒得来。这些都只用到核与边的对称性，
# 所以换成别的有同样对称性的核，结论照旧；别的角度没有对称性可用，就有误差。
#
# At the multiples of 45, eight angles in all, and at no other. The brightness
# of the edge at 45 degrees depends on :math:`x + y` alone, so it is its own
# transpose; but transposing trades the kernels, hence :math:`G_x = G_y`, which
# reads as 45 degrees however sharp the edge. The one at −45 degrees depends
# on :math:`x - y`; transposing it trades dark and bright, the responses
# change sign, and :math:`G_x = -G_y`. The edge at 0 degrees stays as it is
# when turned upside down, which changes the sign of :math:`G_y`, so that can
# only be 0; likewise at 90 degrees. The other four follow by trading dark and
# bright. Nothing but the symmetry of kernels and edge has been used, so other
# kernels with that symmetry share the result; at other angles there is no
# symmetry to lean on, and an error remains.
