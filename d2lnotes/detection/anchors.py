"""Anchor boxes: fixed candidates, which object each is for, and the offsets between.

A detector has a fixed number of outputs, and pictures have any number of objects. So
candidates are laid over the picture once and for all. Each learns whether it holds an
object, of which class, and how it must be moved and stretched to fit.

Boxes are ``(x1, y1, x2, y2)`` in pixels, with continuous edges.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log

import torch
from torch import Tensor

from d2lnotes.detection.boxes import box_convert, box_iou

__all__ = ["decode_boxes", "encode_boxes", "make_anchors", "match_anchors"]

_SCALE = (0.1, 0.1, 0.2, 0.2)
_MOST_GROWTH = log(1000 / 16)


def make_anchors(
    map_size: tuple[int, int],
    image_size: tuple[int, int],
    sizes: Sequence[float],
    ratios: Sequence[float],
) -> Tensor:
    r"""Return anchors of all sizes and ratios at each place of a feature map.

    The anchor of size :math:`s` and ratio :math:`r` has width :math:`s\sqrt r` and
    height :math:`s/\sqrt r`, so its area is :math:`s^2` for each ratio. At a row and a
    column of the map, the center is :math:`(column + 1/2)\, W / columns` from the left
    and :math:`(row + 1/2)\, H / rows` from the top. Anchors at the border reach beyond
    the image; they are not cut.

    Parameters
    ----------
    map_size
        Rows and columns of the feature map.
    image_size
        Height :math:`H` and width :math:`W` of the image, in pixels.
    sizes
        Square roots of the areas, in pixels.
    ratios
        Width divided by height.

    Returns
    -------
    Tensor : (rows * columns * len(sizes) * len(ratios), 4) float
        In the order of rows, then columns, sizes and ratios.

    Raises
    ------
    ValueError
        If a number is not positive, or there is no size or no ratio.
    """
    numbers = [*map_size, *image_size, *sizes, *ratios]
    if not sizes or not ratios or min(numbers) <= 0:
        raise ValueError(
            "anchors need positive sides, at least one size and one ratio; got a map "
            f"of {tuple(map_size)}, an image of {tuple(image_size)}, sizes "
            f"{list(sizes)} and ratios {list(ratios)}"
        )
    (rows, columns), (height, width) = map_size, image_size
    y = (torch.arange(rows) + 0.5) * (height / rows)
    x = (torch.arange(columns) + 0.5) * (width / columns)
    size = torch.tensor(sizes, dtype=torch.float)[:, None]
    root = torch.tensor(ratios, dtype=torch.float).sqrt()
    half = torch.stack([size * root, size / root], dim=-1) / 2
    centers = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    centers = centers[:, :, None, None]  # (rows, columns, 1, 1, 2)
    return torch.cat([centers - half, centers + half], dim=-1).reshape(-1, 4)


def match_anchors(
    anchors: Tensor, boxes: Tensor, *, iou_threshold: float = 0.5
) -> Tensor:
    """Return for each anchor which true box it is for, or -1 for background.

    Two rules, by intersection over union. First each box gets its best free anchor,
    in the order of the largest value left, so that no box goes without; a box that
    meets none of the free anchors gets none. Then each anchor left gets the box that
    it fits best, if it reaches the threshold.

    Parameters
    ----------
    anchors : (num_anchors, 4) float
    boxes : (num_boxes, 4) float
        True boxes of one picture; there may be none.
    iou_threshold
        Least value for the second rule, in (0, 1].

    Returns
    -------
    Tensor : (num_anchors,) long

    Raises
    ------
    ValueError
        If the threshold lies outside (0, 1].
    """
    if not 0 < iou_threshold <= 1:
        raise ValueError(
            f"iou_threshold must lie in (0, 1], got {iou_threshold}; 0.5 is usual"
        )
    if not len(boxes):
        return torch.full((len(anchors),), -1, device=anchors.device)
    iou = box_iou(anchors, boxes)
    best, matches = iou.max(dim=1)
    matches = matches.masked_fill(best < iou_threshold, -1)
    free = iou.clone()
    for _ in range(min(free.shape)):
        place = free.argmax()
        row, column = place // len(boxes), place % len(boxes)
        # On a GPU a branch on a value would wait for the device; `where` does not.
        matches[row] = torch.where(free[row, column] > 0, column, matches[row])
        free[row] = free[:, column] = -1
    return matches


def encode_boxes(
    boxes: Tensor, anchors: Tensor, *, scale: Sequence[float] = _SCALE
) -> Tensor:
    r"""Return the offsets that lead from anchors to boxes.

    .. math::

       \left(\frac{g_x - a_x}{0.1\, a_w}, \frac{g_y - a_y}{0.1\, a_h},
       \frac{\log (g_w / a_w)}{0.2}, \frac{\log (g_h / a_h)}{0.2}\right)

    with centers :math:`g_x, g_y, a_x, a_y`, widths :math:`g_w, a_w` and heights
    :math:`g_h, a_h` of the box :math:`g` and the anchor :math:`a`.

    Parameters
    ----------
    boxes : (*, 4) float
    anchors : (*, 4) float
        A shape that broadcasts with that of ``boxes``.
    scale
        What the four numbers are divided by.

    Returns
    -------
    Tensor : (*, 4) float

    Raises
    ------
    ValueError
        If a box or an anchor has no width or no height.
    """
    for name, given in (("boxes", boxes), ("anchors", anchors)):
        if not (given[..., 2:] > given[..., :2]).all():
            raise ValueError(
                f"{name} must have a width and a height above 0, since offsets take "
                "their logarithms; drop boxes without area first"
            )
    g = box_convert(boxes, "xyxy", "cxcywh")
    a = box_convert(anchors, "xyxy", "cxcywh")
    moved = (g[..., :2] - a[..., :2]) / a[..., 2:]
    grown = (g[..., 2:] / a[..., 2:]).log()
    offsets = torch.cat([moved, grown], dim=-1)
    return offsets / offsets.new_tensor(scale)


def decode_boxes(
    offsets: Tensor, anchors: Tensor, *, scale: Sequence[float] = _SCALE
) -> Tensor:
    """Return the boxes to which offsets lead; the inverse of :func:`encode_boxes`.

    A side grows at most 62.5 times, so that the wild outputs of an untrained network
    do not overflow.

    Parameters
    ----------
    offsets : (*, 4) float
    anchors : (*, 4) float
        A shape that broadcasts with that of ``offsets``.
    scale
        As it was for encoding.

    Returns
    -------
    Tensor : (*, 4) float
    """
    offsets = offsets * offsets.new_tensor(scale)
    a = box_convert(anchors, "xyxy", "cxcywh")
    center = a[..., :2] + offsets[..., :2] * a[..., 2:]
    sides = a[..., 2:] * offsets[..., 2:].clamp(max=_MOST_GROWTH).exp()
    return box_convert(torch.cat([center, sides], dim=-1), "cxcywh", "xyxy")
