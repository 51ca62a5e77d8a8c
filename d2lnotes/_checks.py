"""Argument checks that several modules share; their errors say what to try next."""

from __future__ import annotations

from torch import Tensor


def check_labels(name: str, labels: Tensor) -> None:
    """Raise ``ValueError`` unless ``labels`` holds integers."""
    if labels.is_floating_point() or labels.is_complex():
        raise ValueError(
            f"{name} must hold class numbers as integers, got {labels.dtype}; "
            f"use {name}.long() for numbers, .argmax(dim=1) for scores or one-hot rows"
        )


def check_scores_and_labels(outputs: Tensor, targets: Tensor) -> None:
    """Raise ``ValueError`` unless the two fit as class scores and class labels.

    Parameters
    ----------
    outputs : (batch, num_classes, *) float
        One score per class.
    targets : (batch, *) integer
        Class labels. Only shape and dtype are looked at: looking at the values
        would make the CPU wait for a GPU.
    """
    scores_shape, labels_shape = tuple(outputs.shape), tuple(targets.shape)
    if scores_shape == labels_shape and len(scores_shape) > 1:
        raise ValueError(
            "targets must hold one class label per example, shape (batch,), but have "
            f"the shape of the scores, {labels_shape}; if they are one-hot rows, "
            "pass targets.argmax(dim=1)"
        )
    if len(scores_shape) < 2 or scores_shape[:1] + scores_shape[2:] != labels_shape:
        raise ValueError(
            "outputs must have shape (batch, num_classes) and targets (batch,), got "
            f"{scores_shape} and {labels_shape}; outputs are scores, one per class, "
            "not predicted labels"
        )
    if scores_shape[1] < 2:
        raise ValueError(
            "outputs must score at least two classes, got shape "
            f"{scores_shape}; one logit per example is a binary classifier, whose "
            "prediction is outputs > 0"
        )
    if targets.numel() == 0:
        raise ValueError(
            f"the mean of an empty batch is undefined, got targets of {labels_shape}; "
            "is the dataset empty?"
        )
    check_labels("targets", targets)


def check_label_smoothing(label_smoothing: float) -> None:
    """Raise ``ValueError`` unless ``label_smoothing`` is a fraction."""
    if not 0.0 <= label_smoothing <= 1.0:
        raise ValueError(
            "label_smoothing is a fraction and must lie in [0, 1], got "
            f"{label_smoothing}; 0.1 is a usual value"
        )
