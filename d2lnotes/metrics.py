"""Measures of how good predictions are.

The suffix is a promise, as in scikit-learn: of a ``*_score`` more is better, of an
``*_error`` or ``*_loss`` less is. Arguments come in the order of torch's losses,
``(outputs, targets)``, so that :func:`d2lnotes.training.evaluate` can call both.
Precision, recall and F1 are quotients of counts and take the confusion matrix.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import torch
from torch import Tensor

from d2lnotes._checks import check_labels, check_scores_and_labels

__all__ = [
    "CalibrationCurve",
    "PrecisionRecallCurve",
    "RocCurve",
    "accuracy_score",
    "average_precision_score",
    "calibration_curve",
    "confusion_matrix",
    "expected_calibration_error",
    "f1_score",
    "precision_recall_curve",
    "precision_score",
    "recall_score",
    "roc_auc_score",
    "roc_curve",
]

Average = Literal["macro", "micro"]


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


# -- Precision, recall, F1 ---------------------------------------------------------------


def precision_score(
    matrix: Tensor, *, average: Average | None = None, zero_division: float = 0.0
) -> Tensor:
    """Return which fraction of the examples predicted as a class belong to it.

    Parameters
    ----------
    matrix : (num_classes, num_classes) integer
        Counts, rows = truth, from :func:`confusion_matrix`.
    average
        ``None`` gives one value per class; ``"macro"`` their mean, in which all
        classes weigh the same; ``"micro"`` the quotient of the summed counts, which
        is the accuracy.
    zero_division
        The value where the quotient is 0/0, as for a class that is never predicted.
        NaN leaves such a class out of the macro average.

    Returns
    -------
    Tensor : (num_classes,), or () with an average, float32
        Fractions in [0, 1].

    Raises
    ------
    ValueError
        If ``matrix`` is not a square matrix of counts or ``average`` has another name.
    """
    right, predicted, _ = _margins(matrix)
    return _quotient(right, predicted, average, zero_division)


def recall_score(
    matrix: Tensor, *, average: Average | None = None, zero_division: float = 0.0
) -> Tensor:
    """Return which fraction of the examples of a class were predicted as it.

    Parameters, result and errors are those of :func:`precision_score`; the quotient is
    0/0 for a class without examples. In two classes, the recall of class 1 is also
    called the sensitivity or the true positive rate.
    """
    right, _, actual = _margins(matrix)
    return _quotient(right, actual, average, zero_division)


def f1_score(
    matrix: Tensor, *, average: Average | None = None, zero_division: float = 0.0
) -> Tensor:
    """Return the harmonic mean of precision and recall.

    Parameters, result and errors are those of :func:`precision_score`; the quotient is
    0/0 for a class that neither occurs nor is predicted. ``"macro"`` is the mean of
    the F1 of the classes, not the F1 of mean precision and mean recall.
    """
    right, predicted, actual = _margins(matrix)
    return _quotient(2 * right, predicted + actual, average, zero_division)


def _margins(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the counts of each class: predicted rightly, predicted, present."""
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        raise ValueError(
            "matrix must be a square confusion matrix, rows = truth, got shape "
            f"{tuple(matrix.shape)}; make one with confusion_matrix(predictions, "
            "targets, num_classes=...)"
        )
    if matrix.is_floating_point():
        raise ValueError(
            f"matrix must hold counts as integers, got {matrix.dtype}; fractions of "
            "rows no longer say how large the classes are"
        )
    return matrix.diagonal(), matrix.sum(dim=0), matrix.sum(dim=1)


def _quotient(
    numerator: Tensor,
    denominator: Tensor,
    average: Average | None,
    zero_division: float,
) -> Tensor:
    """Return numerator over denominator, averaged as asked."""
    if average not in (None, "macro", "micro"):
        raise ValueError(f"average must be None, 'macro' or 'micro', got {average!r}")
    if average == "micro":
        numerator, denominator = numerator.sum(), denominator.sum()
    fraction = (numerator / denominator).masked_fill(denominator == 0, zero_division)
    return fraction.nanmean() if average == "macro" else fraction


# -- Curves over the threshold -----------------------------------------------------------


class RocCurve(NamedTuple):
    """Both rates at each threshold, from the strictest threshold to the mildest.

    Parameters
    ----------
    false_positive_rate, true_positive_rate : (num_thresholds,) float32
        Fractions of the negatives and of the positives with a score of at least the
        threshold; from (0, 0) to (1, 1).
    thresholds : (num_thresholds,) float
        Infinity, then the distinct scores from high to low.
    """

    false_positive_rate: Tensor
    true_positive_rate: Tensor
    thresholds: Tensor


class PrecisionRecallCurve(NamedTuple):
    """Precision and recall at each threshold, from the mildest to the strictest.

    Parameters
    ----------
    precision, recall : (num_thresholds + 1,) float32
        Fractions in [0, 1]. The last point, precision 1 at recall 0, is added by
        convention and has no threshold.
    thresholds : (num_thresholds,) float
        The distinct scores from low to high.
    """

    precision: Tensor
    recall: Tensor
    thresholds: Tensor


def roc_curve(scores: Tensor, targets: Tensor) -> RocCurve:
    """Return true and false positive rate at every threshold.

    Parameters
    ----------
    scores : (n,) float
        One score per example, logit or probability; higher means positive.
    targets : (n,) integer or bool
        1 for positive examples, 0 for negative ones.

    Returns
    -------
    RocCurve
        One point per distinct score: examples of equal score are called positive
        together.

    Raises
    ------
    ValueError
        If the shapes differ, a score is NaN, a target is neither 0 nor 1, or one of
        the classes is missing, so that its rate is 0/0.
    """
    thresholds, true, false = _cumulative_counts(scores, targets)
    _check_both_classes(true[-1], false[-1])
    start = thresholds.new_full((1,), torch.inf)
    zero = true.new_zeros(1)
    return RocCurve(
        torch.cat([zero, false]) / false[-1],
        torch.cat([zero, true]) / true[-1],
        torch.cat([start, thresholds]),
    )


def roc_auc_score(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the area under the ROC curve.

    It is the fraction of pairs, one positive and one negative example, in which the
    positive one has the higher score; ties count one half.

    Parameters and errors are those of :func:`roc_curve`.

    Returns
    -------
    Tensor : () float32
        Fraction in [0, 1]; 0.5 is expected of scores without information.
    """
    _, true, false = _cumulative_counts(scores, targets)
    _check_both_classes(true[-1], false[-1])
    zero = true.new_zeros(1)
    # Twice the area of each trapezoid in whole pairs: exact up to the division.
    heights = true + torch.cat([zero, true[:-1]])
    pairs = (heights * false.diff(prepend=zero)).sum()
    return pairs / (2 * true[-1] * false[-1])


def precision_recall_curve(scores: Tensor, targets: Tensor) -> PrecisionRecallCurve:
    """Return precision and recall at every threshold.

    Parameters
    ----------
    scores : (n,) float
        One score per example, logit or probability; higher means positive.
    targets : (n,) integer or bool
        1 for positive examples, 0 for negative ones.

    Returns
    -------
    PrecisionRecallCurve
        One point per distinct score, and the end at recall 0.

    Raises
    ------
    ValueError
        As :func:`roc_curve`; but negative examples may be missing.
    """
    thresholds, true, false = _cumulative_counts(scores, targets)
    if true[-1] == 0:
        raise ValueError(
            f"none of the {len(targets)} targets is positive, so recall is 0/0; is 1 "
            "the class that is looked for?"
        )
    precision = (true / (true + false)).flip(0)
    recall = (true / true[-1]).flip(0)
    return PrecisionRecallCurve(
        torch.cat([precision, precision.new_ones(1)]),
        torch.cat([recall, recall.new_zeros(1)]),
        thresholds.flip(0),
    )


def average_precision_score(scores: Tensor, targets: Tensor) -> Tensor:
    """Return the average precision, a summary of the precision-recall curve.

    It is the mean over the positive examples of the precision at the threshold that
    just lets the example in. Nothing is interpolated between thresholds.

    Parameters and errors are those of :func:`precision_recall_curve`.

    Returns
    -------
    Tensor : () float32
        Fraction in (0, 1]; about the share of positives for scores without
        information.
    """
    precision, recall, _ = precision_recall_curve(scores, targets)
    return (-recall.diff() * precision[:-1]).sum()


def _cumulative_counts(
    scores: Tensor, targets: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Return the distinct scores, from high to low, and what reaches each of them.

    The counts are of the positives and of the negatives with at least that score.
    """
    _check_binary("scores", scores, targets)
    order = scores.argsort(descending=True)
    scores, targets = scores[order], targets[order].long()
    is_last = torch.ones_like(targets, dtype=torch.bool)
    is_last[:-1] = scores[1:] != scores[:-1]  # tied examples share a threshold
    true = targets.cumsum(dim=0)[is_last]
    false = (1 - targets).cumsum(dim=0)[is_last]
    return scores[is_last], true, false


def _check_both_classes(positives: Tensor, negatives: Tensor) -> None:
    """Raise ``ValueError`` unless there are examples of both classes."""
    if positives == 0 or negatives == 0:
        raise ValueError(
            f"targets must hold both classes, got {int(positives)} positives and "
            f"{int(negatives)} negatives; a rate of none is 0/0"
        )


# -- Calibration -------------------------------------------------------------------------


class CalibrationCurve(NamedTuple):
    """What was claimed and what happened, in each bin that holds an example.

    Parameters
    ----------
    prob_true : (num_filled_bins,) float32
        Which fraction of the bin's examples are positive, or predicted rightly.
    prob_pred : (num_filled_bins,) float32
        The mean of the probabilities that the model gave them.
    counts : (num_filled_bins,) int64
        How many examples the bin holds.
    """

    prob_true: Tensor
    prob_pred: Tensor
    counts: Tensor


def calibration_curve(
    probabilities: Tensor, targets: Tensor, *, num_bins: int = 10
) -> CalibrationCurve:
    """Return how often things happened to which the model gave similar probabilities.

    Parameters
    ----------
    probabilities : (n,) or (n, num_classes) float
        Probabilities of the positive class, or of each class. Of several classes the
        largest one counts, the confidence, and the event is that its class is right.
    targets : (n,) integer or bool
        0 or 1; class labels where there are several classes.
    num_bins
        [0, 1] is cut into so many bins of equal width, each with its upper end.

    Raises
    ------
    ValueError
        If the shapes do not fit together, ``num_bins`` is less than 1, or a number is
        not a probability, as logits are not.
    """
    if num_bins < 1:
        raise ValueError(f"num_bins must be at least 1, got {num_bins}")
    if probabilities.ndim == 2:
        check_scores_and_labels(probabilities, targets)
        probabilities, answers = probabilities.max(dim=1)
        targets = answers == targets
    _check_binary("probabilities", probabilities, targets)
    lowest, highest = probabilities.aminmax()
    if lowest < 0 or highest > 1:
        raise ValueError(
            f"probabilities must lie in [0, 1], got numbers from {lowest:.4g} to "
            f"{highest:.4g}; of logits take .sigmoid() or .softmax(dim=1)"
        )
    edges = torch.linspace(0, 1, num_bins + 1, device=probabilities.device)
    bins = torch.bucketize(probabilities.float(), edges[1:-1])
    counts = torch.bincount(bins, minlength=num_bins)
    claimed = torch.bincount(bins, weights=probabilities, minlength=num_bins)
    happened = torch.bincount(bins, weights=targets.float(), minlength=num_bins)
    filled = counts > 0
    counts = counts[filled]
    return CalibrationCurve(
        (happened[filled] / counts).float(), (claimed[filled] / counts).float(), counts
    )


def expected_calibration_error(
    probabilities: Tensor, targets: Tensor, *, num_bins: int = 10
) -> Tensor:
    """Return how far probabilities are from frequencies, on average.

    The distance of the two in each bin of :func:`calibration_curve`, weighted by the
    number of examples in it. Parameters and errors are those of that function.

    Returns
    -------
    Tensor : () float32
        Fraction in [0, 1]. It depends on the bins, and for a perfectly calibrated
        model it is usually above 0 on a finite sample.
    """
    true, claimed, counts = calibration_curve(probabilities, targets, num_bins=num_bins)
    return ((true - claimed).abs() * counts).sum() / counts.sum()


def _check_binary(name: str, scores: Tensor, targets: Tensor) -> None:
    """Raise ``ValueError`` unless there are scores and as many targets, 0 or 1."""
    if scores.ndim != 1 or scores.shape != targets.shape or not scores.numel():
        raise ValueError(
            f"{name} and targets must both have shape (n,) with n > 0, got "
            f"{tuple(scores.shape)} and {tuple(targets.shape)}; of outputs (n, 1) pass "
            "outputs.squeeze(1)"
        )
    if not scores.is_floating_point():
        raise ValueError(
            f"{name} must be floating-point numbers, got {scores.dtype}; predicted "
            "labels leave no threshold to choose"
        )
    if scores.isnan().any():
        raise ValueError(f"{name} hold NaN, which has no place in any order")
    check_labels("targets", targets)
    _check_range("targets", targets, 2)
