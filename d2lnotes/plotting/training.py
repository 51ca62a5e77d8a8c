"""Figures of training runs: learning curves and confusion matrices."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from torch import Tensor

from d2lnotes._figure_language import bilingual
from d2lnotes.training import EpochRecord

__all__ = ["plot_confusion_matrix", "plot_history"]


def plot_history(
    history: Sequence[EpochRecord], *, metric: str | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the losses of every epoch and return the axes.

    Parameters
    ----------
    history
        What :func:`d2lnotes.training.fit` returned.
    metric
        The name of a validation metric to draw as well, on an axis of its own at
        the right.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If ``history`` is empty.
    LookupError
        If ``metric`` was not measured in an epoch; the message lists what was.
    """
    if not history:
        raise ValueError("history holds no epoch to draw; pass what fit returned")
    for record in history if metric is not None else ():
        if metric not in record.valid_metrics:
            raise LookupError(
                f"no metric named {metric!r} was measured in epoch {record.epoch}; fit "
                f"measured {sorted(record.valid_metrics)}, pass it "
                f"metrics={{{metric!r}: ...}} and a valid_loader, in every call"
            )
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    epochs = [record.epoch for record in history]
    train_losses = [record.train_loss for record in history]
    ax.plot(epochs, train_losses, "o-", label=bilingual("训练损失 | training loss"))
    valid = {r.epoch: r.valid_loss for r in history if r.valid_loss is not None}
    if valid:
        ax.plot(
            list(valid),
            list(valid.values()),
            "s--",
            label=bilingual("验证损失 | validation loss"),
        )
    ax.set(
        xlabel=bilingual("轮 | epoch"),
        ylabel=bilingual("每个样本的平均损失 | loss, mean per example"),
    )
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    if metric is None:
        ax.legend()
    else:
        _plot_metric(history, metric, ax)
    return ax


def _plot_metric(history: Sequence[EpochRecord], metric: str, ax: Axes) -> None:
    """Draw a metric on a second axis that shares the epochs; name every line."""
    right = ax.twinx()
    epochs = [record.epoch for record in history]
    values = [record.valid_metrics[metric] for record in history]
    label = bilingual(f"验证集上的 {metric} | validation {metric}")
    (line,) = right.plot(epochs, values, "^:", color="C2", label=label)
    right.set_ylabel(label)
    # Losses fall and metrics rise: between their right ends there is room.
    right.legend(handles=[*ax.get_lines(), line], loc="center right")


def plot_confusion_matrix(
    matrix: Tensor, *, class_names: Sequence[str], ax: Axes | None = None
) -> Axes:
    """Draw which classes are taken for which, and return the axes.

    Each cell shows a fraction of its row: of the examples of that true class, how
    many were predicted as the column's class. A class without examples shows dashes.

    Parameters
    ----------
    matrix : (num_classes, num_classes) integer
        Counts, rows = truth, from :func:`d2lnotes.metrics.confusion_matrix`.
    class_names
        One per class, in the order of the labels; ``中文 | English`` shows one half.
    ax
        Where to draw; a new figure if ``None``, sized for up to 20 classes.

    Raises
    ------
    ValueError
        If ``matrix`` is not square or ``class_names`` are not as many.
    """
    num_classes = len(class_names)
    if tuple(matrix.shape) != (num_classes, num_classes):
        raise ValueError(
            "matrix must have one row and one column per class name, got shape "
            f"{tuple(matrix.shape)} and {num_classes} names"
        )
    if ax is None:
        width = 3.0 + 0.45 * num_classes  # inches: a cell holds four digits
        ax = plt.subplots(figsize=(width, 0.85 * width), layout="constrained")[1]
    counts = matrix.detach().cpu().double().numpy()
    totals = counts.sum(axis=1, keepdims=True)
    fractions = np.divide(
        counts, totals, out=np.full_like(counts, np.nan), where=totals > 0
    )
    image = ax.imshow(fractions, cmap="Blues", vmin=0.0, vmax=1.0)
    share = bilingual("占真实类别的比例 | fraction of the true class")
    ax.figure.colorbar(image, ax=ax, label=share)
    for (row, column), fraction in np.ndenumerate(fractions):
        ink = _ink_on(image.cmap(np.nan_to_num(fraction))[:3])
        text = _cell_text(fraction)
        ax.text(column, row, text, color=ink, ha="center", va="center", fontsize=8)
    ax.set(
        xlabel=bilingual("预测的类别 | predicted class"),
        ylabel=bilingual("真实的类别 | true class"),
    )
    ax.set_xticks(range(num_classes), class_names, rotation=90)
    ax.set_yticks(range(num_classes), class_names)
    return ax


def _cell_text(fraction: float) -> str:
    """Return what a cell says: a plain 0 makes the mistakes stand out."""
    if np.isnan(fraction):
        return "-"
    return "0" if fraction == 0.0 else f"{fraction:.2f}"


def _ink_on(background: Sequence[float]) -> str:
    """Return the color of text, black or white, that contrasts more."""
    channels = np.asarray(background)  # sRGB, in [0, 1]
    linear = np.where(
        channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    )
    luminance = linear @ (0.2126, 0.7152, 0.0722)
    # Where black and white have the same contrast, (l + .05)/.05 = 1.05/(l + .05).
    return "black" if luminance > 0.179 else "white"
