"""Boxes in an image: their formats, areas, overlaps, and non-maximum suppression.

A box is a row of four numbers in pixels. Unless a format says otherwise they are its
corners (x1, y1, x2, y2): x to the right and y down, from the upper left corner of the
image. Edges lie between pixels, so a box is x2 - x1 wide, without adding 1, and the
whole image is (0, 0, width, height).
"""

from __future__ import annotations

import torch
from torch import Tensor

from d2lnotes._checks import check_labels

__all__ = [
    "batched_nms",
    "box_area",
    "box_convert",
    "box_iou",
    "clip_boxes",
    "nms",
]

_FORMATS = ("xyxy", "cxcywh", "xywh")


def box_convert(boxes: Tensor, in_format: str, out_format: str) -> Tensor:
    """Return the same boxes in another format.

    Parameters
    ----------
    boxes : (*, 4) float
    in_format, out_format
        ``"xyxy"`` for two corners, ``"xywh"`` for the upper left corner, width and
        height, ``"cxcywh"`` for the center, width and height.

    Returns
    -------
    Tensor : (*, 4) float

    Raises
    ------
    ValueError
        If a format is none of the three, or the boxes are no floats of four.
    """
    _check_boxes(boxes)
    for name in (in_format, out_format):
        if name not in _FORMATS:
            raise ValueError(f"a format is one of {', '.join(_FORMATS)}, got {name!r}")
    x1, y1, x2, y2 = boxes.unbind(dim=-1)
    if in_format == "xywh":
        x2, y2 = x1 + x2, y1 + y2
    elif in_format == "cxcywh":
        x1, y1, x2, y2 = x1 - x2 / 2, y1 - y2 / 2, x1 + x2 / 2, y1 + y2 / 2
    if out_format == "xywh":
        x2, y2 = x2 - x1, y2 - y1
    elif out_format == "cxcywh":
        x1, y1, x2, y2 = (x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1
    return torch.stack([x1, y1, x2, y2], dim=-1)


def box_area(boxes: Tensor) -> Tensor:
    """Return the area of each box; 0 if its corners are in the wrong order.

    Parameters
    ----------
    boxes : (*, 4) float
        Corners.

    Returns
    -------
    Tensor : (*,) float
        Square pixels.

    Raises
    ------
    ValueError
        If the boxes are no floats of four.
    """
    _check_boxes(boxes)
    width, height = (boxes[..., 2:] - boxes[..., :2]).clamp(min=0).unbind(dim=-1)
    return width * height


def box_iou(boxes1: Tensor, boxes2: Tensor) -> Tensor:
    r"""Return the intersection over union of each pair of boxes.

    .. math::

       \mathrm{IoU}(a, b) = \frac{|a \cap b|}{|a| + |b| - |a \cap b|}

    Where neither box has an area the quotient is 0/0, and 0 is returned.

    Parameters
    ----------
    boxes1 : (n, 4) float
    boxes2 : (m, 4) float
        Corners.

    Returns
    -------
    Tensor : (n, m) float
        Between 0 and 1.

    Raises
    ------
    ValueError
        If the boxes are no floats of shape ``(n, 4)`` and ``(m, 4)``.
    """
    _check_rows(boxes1)
    _check_rows(boxes2)
    left_top = torch.maximum(boxes1[:, None, :2], boxes2[:, :2])
    right_bottom = torch.minimum(boxes1[:, None, 2:], boxes2[:, 2:])
    shared = box_area(torch.cat([left_top, right_bottom], dim=-1))
    union = box_area(boxes1)[:, None] + box_area(boxes2) - shared
    return torch.where(union > 0, shared / union.where(union > 0, 1.0), 0.0)


def clip_boxes(boxes: Tensor, image_size: tuple[int, int]) -> Tensor:
    """Return the part of each box that lies in the image.

    A box that lies outside is left without area, on the border.

    Parameters
    ----------
    boxes : (*, 4) float
        Corners.
    image_size
        Height and width.

    Returns
    -------
    Tensor : (*, 4) float

    Raises
    ------
    ValueError
        If the boxes are no floats of four.
    """
    _check_boxes(boxes)
    height, width = image_size
    largest = boxes.new_tensor([width, height, width, height])
    return boxes.clamp(min=0).minimum(largest)


def nms(boxes: Tensor, scores: Tensor, iou_threshold: float) -> Tensor:
    """Return the boxes that non-maximum suppression keeps.

    The best box is kept and removes all that share more than ``iou_threshold`` with
    it; then the best of the others, until none is left. Of equal scores, the earlier
    comes first.

    Parameters
    ----------
    boxes : (n, 4) float
        Corners.
    scores : (n,) float
    iou_threshold
        Largest intersection over union that two kept boxes may have.

    Returns
    -------
    Tensor : (kept,) long
        Indices of the kept boxes, best first.

    Raises
    ------
    ValueError
        If boxes and scores do not fit together, or the threshold is not in [0, 1].
    """
    _check_scores(boxes, scores, iou_threshold)
    waiting = scores.argsort(descending=True, stable=True)
    kept = []
    while len(waiting):
        best, waiting = waiting[:1], waiting[1:]
        kept.append(best)
        shared = box_iou(boxes[best], boxes[waiting])[0]
        waiting = waiting[shared <= iou_threshold]
    return torch.cat(kept) if kept else waiting


def batched_nms(
    boxes: Tensor, scores: Tensor, labels: Tensor, iou_threshold: float
) -> Tensor:
    """Return the boxes that are kept where only boxes of one class suppress each other.

    Parameters
    ----------
    boxes : (n, 4) float
        Corners.
    scores : (n,) float
    labels : (n,) integer
        Class of each box.
    iou_threshold
        As of :func:`nms`.

    Returns
    -------
    Tensor : (kept,) long
        Indices of the kept boxes, best first.

    Raises
    ------
    ValueError
        As :func:`nms`, or if the labels are no integers or do not fit.
    """
    _check_scores(boxes, scores, iou_threshold)
    check_labels("labels", labels)
    if labels.shape != scores.shape:
        raise ValueError(
            f"each box has one label, got {tuple(labels.shape)} labels for "
            f"{tuple(scores.shape)} scores"
        )
    is_kept = torch.zeros_like(labels, dtype=torch.bool)
    for label in labels.unique():
        of_class = (labels == label).nonzero()[:, 0]
        best = nms(boxes[of_class], scores[of_class], iou_threshold)
        is_kept[of_class[best]] = True
    kept = is_kept.nonzero()[:, 0]
    return kept[scores[kept].argsort(descending=True, stable=True)]


def _check_boxes(boxes: Tensor) -> None:
    """Raise ``ValueError`` unless the last dimension holds boxes."""
    if boxes.ndim == 0 or boxes.shape[-1] != 4:
        raise ValueError(f"boxes must have shape (*, 4), got {tuple(boxes.shape)}")
    if not boxes.is_floating_point():
        raise ValueError(
            f"boxes take numbers with a decimal point, got {boxes.dtype}; use "
            "boxes.float()"
        )


def _check_rows(boxes: Tensor) -> None:
    """Raise ``ValueError`` unless the boxes stand in rows."""
    _check_boxes(boxes)
    if boxes.ndim != 2:
        raise ValueError(
            f"boxes must have shape (n, 4), got {tuple(boxes.shape)}; use boxes[None] "
            "for a single one"
        )


def _check_scores(boxes: Tensor, scores: Tensor, iou_threshold: float) -> None:
    """Raise ``ValueError`` unless each box has a score and the threshold is one."""
    _check_rows(boxes)
    if scores.shape != boxes.shape[:1]:
        raise ValueError(
            f"each box has one score, got {tuple(scores.shape)} scores for "
            f"{tuple(boxes.shape)} boxes"
        )
    if not 0.0 <= iou_threshold <= 1.0:
        raise ValueError(
            f"iou_threshold must lie in [0, 1], got {iou_threshold}; 0.5 is usual"
        )
