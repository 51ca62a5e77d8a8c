"""How good a detector is: detections matched with true boxes, average precision.

A detection finds a true box if the two overlap enough and no detection with a better
score has found that box before. Precision and recall follow from this, one point for
each detection, and their curve is summed up in one number, the average precision.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from d2lnotes.detection.boxes import box_iou

__all__ = [
    "DetectionCurve",
    "average_precision",
    "detection_curve",
    "match_detections",
    "mean_average_precision",
    "per_class_average_precision",
]

Points = Literal["all", 11, 101]


def match_detections(
    boxes: Tensor, scores: Tensor, true_boxes: Tensor, *, iou_threshold: float = 0.5
) -> Tensor:
    """Return which true box each detection finds, in one picture and of one class.

    From the best score down, a detection takes the true box that it overlaps most
    among those still free, if their IoU reaches the threshold.

    Parameters
    ----------
    boxes : (n, 4) float
        Corners ``(x1, y1, x2, y2)`` of the detections, in any order.
    scores : (n,) float
    true_boxes : (m, 4) float
    iou_threshold
        The least IoU of a detection and the box that it finds.

    Returns
    -------
    Tensor : (n,) int64
        The place of the true box, -1 for a false positive.

    Raises
    ------
    ValueError
        If there is not one score per box, or the threshold is not in (0, 1].
    """
    if scores.shape != boxes.shape[:1]:
        raise ValueError(
            f"there must be one score per box, got scores of shape "
            f"{tuple(scores.shape)} for {len(boxes)} boxes"
        )
    _check_thresholds([iou_threshold])
    order = scores.argsort(descending=True, stable=True)
    overlaps = box_iou(boxes[order], true_boxes).tolist()
    found = boxes.new_full(scores.shape, -1, dtype=torch.int64)
    found[order] = found.new_tensor(_match(overlaps, iou_threshold))
    return found


def _match(overlaps: list[list[float]], iou_threshold: float) -> list[int]:
    """Match detections, best score first, by their rows of IoUs with true boxes."""
    free = set(range(len(overlaps[0]) if overlaps else 0))
    matches = []
    for row in overlaps:
        best = max(free, key=row.__getitem__, default=-1)
        if best >= 0 and row[best] >= iou_threshold:
            free.remove(best)
        else:
            best = -1
        matches.append(best)
    return matches


class DetectionCurve(NamedTuple):
    """Precision and recall down to each detection, best score first.

    Parameters
    ----------
    precision : (n,) float64
        True positives over detections so far.
    recall : (n,) float64
        True positives so far over true boxes.
    """

    precision: Tensor
    recall: Tensor


def detection_curve(
    scores: Tensor, is_true: Tensor, num_true_boxes: int
) -> DetectionCurve:
    """Return precision and recall for the detections of one class, all pictures.

    Parameters
    ----------
    scores : (n,) float
        In any order; of equal scores the first counts as better.
    is_true : (n,) bool
        Whether the detection found a true box.
    num_true_boxes
        How many there are to be found, at least 1.

    Returns
    -------
    DetectionCurve
        In the order of falling scores.

    Raises
    ------
    ValueError
        If there is no true box, so that recall is 0/0, or fewer than were found.
    """
    if num_true_boxes < 1 or num_true_boxes < int(is_true.sum()):
        raise ValueError(
            f"num_true_boxes counts all boxes to be found, at least 1 and the "
            f"{int(is_true.sum())} that were found; got {num_true_boxes}"
        )
    order = scores.argsort(descending=True, stable=True)
    true = is_true[order].cumsum(dim=0).double()
    so_far = torch.arange(1, len(true) + 1, dtype=torch.float64, device=true.device)
    return DetectionCurve(true / so_far, true / num_true_boxes)


def average_precision(curve: DetectionCurve, *, points: Points = "all") -> float:
    r"""Return the average precision, the area below the curve made monotone.

    At recall :math:`r` counts the best precision that is reached at a recall of at
    least :math:`r`, and 0 beyond the largest recall.

    Parameters
    ----------
    curve
        As of :func:`detection_curve`.
    points
        ``"all"``: the area itself, as PASCAL VOC computes it since 2010. ``11``: the
        mean at the recalls 0, 0.1, …, 1, as VOC did until 2009. ``101``: the mean at
        0, 0.01, …, 1, as COCO does.

    Returns
    -------
    float
        Between 0 and 1; 0 without detections.

    Raises
    ------
    ValueError
        If ``points`` is none of the three.
    """
    if points not in ("all", 11, 101):
        raise ValueError(f"points is 'all', 11 or 101, got {points!r}")
    recall = curve.recall.tolist()
    best_from_here = [*accumulate(reversed(curve.precision.tolist()), max)][::-1]
    if points == "all":
        steps = zip([0.0, *recall], recall, best_from_here, strict=False)
        return sum((right - left) * best for left, right, best in steps)
    at = torch.linspace(0, 1, points, dtype=torch.float64)
    # the first place whose recall is at least that; beyond the end the precision is 0
    places = torch.searchsorted(curve.recall.cpu().contiguous(), at)
    heights = torch.tensor([*best_from_here, 0.0], dtype=torch.float64)
    return heights[places].mean().item()


def per_class_average_precision(
    detections: Sequence[tuple[Tensor, Tensor, Tensor]],
    truths: Sequence[tuple[Tensor, Tensor]],
    *,
    num_classes: int,
    iou_thresholds: Sequence[float] = (0.5,),
    points: Points = "all",
    max_detections: int = 100,
) -> Tensor:
    """Return the average precision for each threshold and each class.

    Parameters
    ----------
    detections
        For each picture boxes (n, 4), scores (n,) and labels (n,).
    truths
        For each picture true boxes (m, 4) and labels (m,).
    num_classes
        Labels are 0, …, ``num_classes`` - 1.
    iou_thresholds
        How much a detection must overlap a true box to find it.
    points
        As of :func:`average_precision`.
    max_detections
        How many detections of a class count in a picture, best scores first.

    Returns
    -------
    Tensor : (num_thresholds, num_classes) float64
        NaN for a class without true boxes.

    Raises
    ------
    ValueError
        If there are not as many truths as detections, a threshold is not in (0, 1], or
        ``max_detections`` is below 1.
    """
    if len(detections) != len(truths):
        raise ValueError(
            f"there must be one entry per picture, got {len(detections)} detections "
            f"and {len(truths)} truths"
        )
    if max_detections < 1:
        raise ValueError(f"max_detections must be at least 1, got {max_detections}")
    _check_thresholds(iou_thresholds)
    result = torch.full((len(iou_thresholds), num_classes), torch.nan).double()
    for label in range(num_classes):
        scores, overlaps, num_true = [], [], 0
        for (boxes, its_scores, labels), (true_boxes, true_labels) in zip(
            detections, truths, strict=True
        ):
            own = its_scores[labels == label]
            order = own.argsort(descending=True, stable=True)[:max_detections]
            wanted = true_boxes[true_labels == label]
            num_true += len(wanted)
            scores.append(own[order].cpu())
            overlaps.append(box_iou(boxes[labels == label][order], wanted).tolist())
        if num_true == 0:
            continue
        for place, threshold in enumerate(iou_thresholds):
            found = [i for rows in overlaps for i in _match(rows, threshold)]
            is_true = torch.tensor(found, dtype=torch.int64) >= 0
            curve = detection_curve(torch.cat(scores), is_true, num_true)
            result[place, label] = average_precision(curve, points=points)
    return result


def mean_average_precision(
    detections: Sequence[tuple[Tensor, Tensor, Tensor]],
    truths: Sequence[tuple[Tensor, Tensor]],
    *,
    num_classes: int,
    iou_thresholds: Sequence[float] = (0.5,),
    points: Points = "all",
    max_detections: int = 100,
) -> float:
    """Return the mean of :func:`per_class_average_precision`, which see.

    It is a mean over thresholds and over the classes that have true boxes. COCO's main
    number is that of ``iou_thresholds=(0.50, 0.55, …, 0.95)`` and ``points=101``.

    Returns
    -------
    float
        Between 0 and 1, NaN without any true box.

    Raises
    ------
    ValueError
        As :func:`per_class_average_precision`.
    """
    values = per_class_average_precision(
        detections,
        truths,
        num_classes=num_classes,
        iou_thresholds=iou_thresholds,
        points=points,
        max_detections=max_detections,
    )
    return values.nanmean().item()


def _check_thresholds(iou_thresholds: Sequence[float]) -> None:
    """Raise ``ValueError`` unless there are thresholds, all of them in (0, 1]."""
    if not iou_thresholds or not all(0 < value <= 1 for value in iou_thresholds):
        raise ValueError(
            f"an IoU threshold lies above 0 and is at most 1, got {iou_thresholds}; "
            "0.5 is usual"
        )
