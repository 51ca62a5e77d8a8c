"""Figures of classifiers: curves over the threshold, and calibration."""

from __future__ import annotations

from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from torch import Tensor

from d2lnotes._figure_language import bilingual
from d2lnotes.metrics import calibration_curve, precision_recall_curve, roc_curve

__all__ = ["plot_precision_recall", "plot_reliability", "plot_roc"]

_CHANCE: dict[str, Any] = {
    "color": "0.5",
    "linestyle": ":",
    "linewidth": 1.2,
    "zorder": 0,
}


def plot_roc(
    scores: Tensor,
    targets: Tensor,
    style: str = "-",
    *,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the ROC curve, with the diagonal of scores without information dotted.

    Parameters
    ----------
    scores, targets
        As :func:`d2lnotes.metrics.roc_curve` takes them; its errors are raised.
    style
        Line and color, as ``Axes.plot`` takes them.
    label
        What the legend says.
    ax
        Where to draw; a new figure if ``None``. Returned.
    """
    false_rate, true_rate, _ = roc_curve(scores.detach().cpu(), targets.cpu())
    ax = _unit_square(ax)
    ax.plot([0, 1], [0, 1], **_CHANCE)
    ax.plot(false_rate, true_rate, style, label=label)
    ax.set(
        xlabel=bilingual("假阳性率 | false positive rate"),
        ylabel=bilingual("真阳性率（召回率） | true positive rate (recall)"),
    )
    return ax


def plot_precision_recall(
    scores: Tensor,
    targets: Tensor,
    style: str = "-",
    *,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the precision-recall curve, with the share of positives dotted.

    The dotted line is the precision that scores without information are expected to
    have. The curve is drawn in steps, for straight lines between its points would
    promise what no threshold gives.

    Parameters
    ----------
    scores, targets
        As :func:`d2lnotes.metrics.precision_recall_curve` takes them; its errors are
        raised.
    style
        Line and color, as ``Axes.plot`` takes them.
    label
        What the legend says.
    ax
        Where to draw; a new figure if ``None``. Returned.
    """
    targets = targets.cpu()
    precision, recall, _ = precision_recall_curve(scores.detach().cpu(), targets)
    ax = _unit_square(ax)
    ax.axhline(float(targets.float().mean()), **_CHANCE)
    # The area under these steps is the average precision.
    ax.plot(recall, precision, style, label=label, drawstyle="steps-post")
    ax.set(xlabel=bilingual("召回率 | recall"), ylabel=bilingual("精确率 | precision"))
    return ax


def plot_reliability(
    probabilities: Tensor,
    targets: Tensor,
    style: str = "o-",
    *,
    num_bins: int = 10,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw frequencies over probabilities, with the diagonal of calibration dotted.

    Below the diagonal the model claims too much, above it too little. Bins without
    examples are left out.

    Parameters
    ----------
    probabilities, targets, num_bins
        As :func:`d2lnotes.metrics.calibration_curve` takes them; its errors are raised.
    style
        Marker, line and color, as ``Axes.plot`` takes them.
    label
        What the legend says.
    ax
        Where to draw; a new figure if ``None``. Returned.
    """
    true, claimed, _ = calibration_curve(
        probabilities.detach().cpu(), targets.cpu(), num_bins=num_bins
    )
    ax = _unit_square(ax)
    ax.plot([0, 1], [0, 1], **_CHANCE)
    ax.plot(claimed, true, style, label=label)
    ax.set(
        xlabel=bilingual("模型给的概率 | probability that the model gives"),
        ylabel=bilingual("实际的频率 | observed frequency"),
    )
    return ax


def _unit_square(ax: Axes | None) -> Axes:
    """Return the axes, new ones if there are none, with both axes from 0 to 1."""
    if ax is None:
        ax = plt.subplots(figsize=(4.2, 4.2), layout="constrained")[1]
    ax.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal")
    return ax
