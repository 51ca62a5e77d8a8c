"""Figures of what several runs have measured: their mean and their spread."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike

__all__ = ["plot_spread"]


def plot_spread(
    x: Sequence[float],
    samples: ArrayLike,
    style: str = "o-",
    *,
    label: str | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw the mean of several runs, one standard deviation shaded; return the axes.

    Parameters
    ----------
    x
        Where the runs were measured.
    samples : (len(x), num_runs) float
        One row for each place; the standard deviation is over ``num_runs - 1``.
    style
        Marker and line of the mean, as ``Axes.plot`` takes them.
    label
        What the legend says.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If the shape of ``samples`` is another, or there is a single run.
    """
    values = np.asarray(samples, dtype=float)
    if values.ndim != 2 or len(values) != len(x) or values.shape[1] < 2:
        raise ValueError(
            f"samples must have one row for each of {len(x)} places and two runs at "
            f"least, got shape {values.shape}; transpose them if the runs come first"
        )
    mean, spread = values.mean(axis=1), values.std(axis=1, ddof=1)
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    (line,) = ax.plot(x, mean, style, label=label)
    ax.fill_between(x, mean - spread, mean + spread, color=line.get_color(), alpha=0.15)
    return ax
