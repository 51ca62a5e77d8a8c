"""Masks compared with masks: accuracy, overlap, a threshold, and where borders are.

A mask gives each pixel a class. Two masks are compared pixel by pixel: by the share of
pixels that agree, or, for each class, by the overlap of the two regions, as intersection
over union (IoU) or as Dice score. :func:`otsu_threshold` makes a mask without training.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

__all__ = [
    "boundary_pixels",
    "dice_score",
    "intersection_over_union",
    "mean_iou",
    "otsu_threshold",
    "pixel_accuracy",
]


def pixel_accuracy(
    predicted: Tensor, target: Tensor, *, ignore_label: int | None = None
) -> Tensor:
    """Return the share of pixels whose class is right, over all pixels together.

    Parameters
    ----------
    predicted, target : (...) bool or integer
        A class for each pixel, of one picture or of many.
    ignore_label
        Pixels with this target do not count, such as the 255 of VOC.

    Returns
    -------
    Tensor : () float32
        From 0 to 1; nan if no pixel counts.

    Raises
    ------
    ValueError
        If the two differ in shape.
    """
    predicted, target = _counted(predicted, target, ignore_label)
    return (predicted == target).double().mean().float()


def intersection_over_union(
    predicted: Tensor,
    target: Tensor,
    num_classes: int = 2,
    *,
    ignore_label: int | None = None,
) -> Tensor:
    """Return the IoU of each class: pixels in both over pixels in one or the other.

    All pixels count together; for the IoU of each picture, pass one at a time.

    Parameters
    ----------
    predicted, target : (...) bool or integer
        A class for each pixel, from 0 to ``num_classes - 1``.
    num_classes
        With the background, if that is a class: 2 for a mask of bools.
    ignore_label
        Pixels with this target do not count, such as the 255 of VOC.

    Returns
    -------
    Tensor : (num_classes,) float32
        From 0 to 1; nan for a class that is in neither.

    Raises
    ------
    ValueError
        If the two differ in shape, or a class is not in range.
    """
    both, first, second = _counts(predicted, target, num_classes, ignore_label)
    return (both / (first + second - both)).float()


def mean_iou(
    predicted: Tensor,
    target: Tensor,
    num_classes: int = 2,
    *,
    ignore_label: int | None = None,
) -> Tensor:
    """Return the mean of :func:`intersection_over_union` over classes, without nan.

    Parameters
    ----------
    predicted, target, num_classes, ignore_label
        As in :func:`intersection_over_union`.

    Returns
    -------
    Tensor : () float32
        The mean over the classes that are in one of the two; nan if none is.

    Raises
    ------
    ValueError
        As :func:`intersection_over_union`.
    """
    return intersection_over_union(
        predicted, target, num_classes, ignore_label=ignore_label
    ).nanmean()


def dice_score(
    predicted: Tensor,
    target: Tensor,
    num_classes: int = 2,
    *,
    ignore_label: int | None = None,
) -> Tensor:
    """Return the Dice score of each class: twice the pixels in both over their sum.

    It is the F1 of the class, and ``2 * iou / (1 + iou)`` of its IoU.

    Parameters
    ----------
    predicted, target, num_classes, ignore_label
        As in :func:`intersection_over_union`.

    Returns
    -------
    Tensor : (num_classes,) float32
        From 0 to 1; nan for a class that is in neither.

    Raises
    ------
    ValueError
        As :func:`intersection_over_union`.
    """
    both, first, second = _counts(predicted, target, num_classes, ignore_label)
    return (2 * both / (first + second)).float()


def _counts(
    predicted: Tensor, target: Tensor, num_classes: int, ignore_label: int | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Return, for each class, how many pixels both have, the first and the second."""
    predicted, target = _counted(predicted, target, ignore_label)
    for name, labels in (("predicted", predicted), ("target", target)):
        if labels.numel() and not 0 <= labels.min() <= labels.max() < num_classes:
            raise ValueError(
                f"{name} must hold classes from 0 to {num_classes - 1}, got "
                f"{int(labels.min())} to {int(labels.max())}; raise num_classes, or "
                "pass ignore_label for pixels of the target without a class"
            )
    agree = target[predicted == target]
    both, first, second = (
        torch.bincount(labels, minlength=num_classes).double()
        for labels in (agree, predicted, target)
    )
    return both, first, second


def _counted(
    predicted: Tensor, target: Tensor, ignore_label: int | None
) -> tuple[Tensor, Tensor]:
    """Return the classes of the pixels that count, in a row each."""
    if predicted.shape != target.shape:
        raise ValueError(
            f"predicted and target must have a class for the same pixels, got shapes "
            f"{tuple(predicted.shape)} and {tuple(target.shape)}; scores of shape "
            "(classes, height, width) become classes by argmax(dim=0)"
        )
    for name, labels in (("predicted", predicted), ("target", target)):
        if labels.is_floating_point() or labels.is_complex():
            raise ValueError(
                f"{name} must hold classes as bools or integers, got {labels.dtype}; "
                "compare probabilities with a threshold first"
            )
    predicted, target = predicted.flatten().long(), target.flatten().long()
    if ignore_label is None:
        return predicted, target
    counts = target != ignore_label
    return predicted[counts], target[counts]


def otsu_threshold(values: Tensor) -> float:
    """Return the threshold that parts values into two groups with most between them.

    Otsu's method tries each value that occurs. ``values > threshold`` is the upper
    group. With shares :math:`w_0` and :math:`w_1` of the values in the two groups and
    their means :math:`m_0` and :math:`m_1`, it takes the threshold with the largest
    variance between the groups, :math:`w_0 w_1 (m_1 - m_0)^2`, and of equals the least.

    Parameters
    ----------
    values : (...) integer or float
        Gray levels, such as all pixels of a picture. Finite.

    Returns
    -------
    float
        One of the values, less than the largest of them.

    Raises
    ------
    ValueError
        If there are no two different values, or one is not finite.
    """
    levels, counts = values.flatten().double().unique(return_counts=True)
    if not levels.isfinite().all():
        raise ValueError("values must be finite; drop nan and infinity first")
    if len(levels) < 2:
        raise ValueError(
            f"a threshold needs two different values, got {len(levels)}; a picture of "
            "one gray level has no two groups"
        )
    below = counts.cumsum(0)[:-1].double()
    total = (levels * counts).cumsum(0)
    above = counts.sum() - below
    gap = (total[-1] - total[:-1]) / above - total[:-1] / below
    return levels[(below * above * gap.square()).argmax()].item()


def boundary_pixels(labels: Tensor, width: int = 1) -> Tensor:
    """Return which pixels lie within ``width`` pixels of a border between labels.

    A pixel does if the square of side ``2 * width + 1`` around it holds two different
    labels. So a straight border has a band of ``width`` pixels on either side. The
    edge of the picture is no border.

    Parameters
    ----------
    labels : (height, width) or (n, height, width) bool or integer
        A mask, classes, or numbers of instances: borders between touching instances
        count as well.
    width
        How far from the border, in pixels; at least 1.

    Returns
    -------
    Tensor : bool
        Of the shape of ``labels``.

    Raises
    ------
    ValueError
        If ``width`` is less than 1, or ``labels`` has no two or three axes.
    """
    if width < 1:
        raise ValueError(f"width must be at least 1 pixel, got {width}")
    if labels.ndim not in (2, 3):
        raise ValueError(
            "labels must have shape (height, width) or (n, height, width), got "
            f"{tuple(labels.shape)}"
        )
    numbers = labels.double().reshape(-1, 1, *labels.shape[-2:])
    side = 2 * width + 1
    most = max_pool2d(numbers, side, stride=1, padding=width)
    least = -max_pool2d(-numbers, side, stride=1, padding=width)
    return (most != least).view(labels.shape)
