"""Measures of how good predictions are.

The suffix is a promise, as in scikit-learn: of a ``*_score`` more is better, of an
``*_error`` or ``*_loss`` less is. Arguments come in the order of torch's losses,
``(outputs, targets)``, so that :func:`d2lnotes.training.evaluate` can call both.
"""

from __future__ import annotations

import torch
from torch import Tensor

from d2lnotes._checks import check_labels, check_scores_and_labels

__all__ = ["accuracy_score", "confusion_matrix"]


def accuracy_score(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the fraction of examples whose largest score is the target's.

    Parameters
    ----------
    outputs : (batch, num_classes, *) float
        Scores, logits or probabilities, one per class. Predicted labels are
        refused; their accuracy is ``(predictions == targets).float().mean()``.
    targets : (batch, *) integer
        Class labels in ``[0, num_classes)``.

    Returns
    -------
    Tensor : () float32
        Fraction in [0, 1], a mean over the batch (and over the positions ``*``). NaN
        if a score is NaN, for then no label is predicted, right or wrong.

    Raises
    ------
    ValueError
        If the shapes do not fit together, the targets are one-hot or floating
        point, or the batch is empty.
    """
    check_scores_and_labels(outputs, targets)
    is_right = (outputs.argmax(dim=1) == targets).float()
    # Not an error: to look for one would make the CPU wait for a GPU.
    return is_right.masked_fill(outputs.isnan().any(dim=1), torch.nan).mean()


def confusion_matrix(
    predictions: Tensor, targets: Tensor, *, num_classes: int
) -> Tensor:
    """Return how many examples of each true class were predicted as each class.

    Parameters
    ----------
    predictions : (*) integer
        Predicted labels in ``[0, num_classes)``.
    targets : (*) integer
        True labels in ``[0, num_classes)``.
    num_classes
        The number of classes, so that one which never occurs keeps its row.

    Returns
    -------
    Tensor : (num_classes, num_classes) int64
        Row ``i``, column ``j`` counts the examples of class ``i`` predicted as
        ``j``. The diagonal is right; a row sums to the examples of its class.

    Raises
    ------
    ValueError
        If the shapes differ, a label is not an integer, or a label is out of range.
    """
    for name, labels in (("predictions", predictions), ("targets", targets)):
        check_labels(name, labels)
        _check_range(name, labels, num_classes)
    if predictions.shape != targets.shape:
        raise ValueError(
            "predictions and targets must have the same shape, got "
            f"{tuple(predictions.shape)} and {tuple(targets.shape)}; of scores "
            "(batch, num_classes) pass outputs.argmax(dim=1)"
        )
    cells = targets.long() * num_classes + predictions.long()
    counts = torch.bincount(cells.flatten(), minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def _check_range(name: str, labels: Tensor, num_classes: int) -> None:
    """Raise ``ValueError`` unless every label is below ``num_classes``."""
    if num_classes < 1:
        raise ValueError(f"num_classes must be at least 1, got {num_classes}")
    if labels.numel() == 0:
        return
    smallest, largest = labels.long().aminmax()
    if smallest < 0 or largest >= num_classes:
        raise ValueError(
            f"{name} must lie in [0, {num_classes}), got labels from {smallest} to "
            f"{largest}; is num_classes right, and do the labels start at 0?"
        )
