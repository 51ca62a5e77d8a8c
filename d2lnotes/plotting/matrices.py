"""Figures of matrices: numbers in cells, between brackets."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

__all__ = ["plot_matrix"]

_LIP = 0.15  # how far a bracket reaches around its corner, in cells


def plot_matrix(
    matrix: Tensor,
    *,
    corner: tuple[float, float] = (0.0, 0.0),
    fills: Sequence[Sequence[str]] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Draw a matrix as numbers between brackets, and return the axes.

    A cell is one unit wide and high, so several matrices can be put beside each other
    in the same axes, and words at places counted in cells.

    Parameters
    ----------
    matrix : (m, n)
        What the cells say; a vector needs two axes as well, ``x[:, None]`` for a column.
    corner
        Where its upper left corner lies. Rows go down from there.
    fills
        The color of each cell, in m rows of n; white throughout if ``None``. Choose
        light ones, for the numbers are black.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If ``matrix`` has no two axes, or ``fills`` another shape.
    """
    if matrix.ndim != 2 or matrix.numel() == 0:
        raise ValueError(
            f"matrix must have two axes and an entry, got shape {tuple(matrix.shape)}; "
            "of a vector x draw x[:, None], a column, or x[None], a row"
        )
    num_rows, num_columns = matrix.shape
    if fills is None:
        fills = [["white"] * num_columns] * num_rows
    if [len(row) for row in fills] != [num_columns] * num_rows:
        raise ValueError(
            f"fills must hold {num_rows} rows of {num_columns} colors, got rows of "
            f"{[len(row) for row in fills]}"
        )
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    left, top = corner
    for i, (row, colors) in enumerate(zip(matrix.tolist(), fills, strict=True)):
        for j, (number, color) in enumerate(zip(row, colors, strict=True)):
            place = (left + j + 0.04, top - i - 0.96)
            ax.add_patch(Rectangle(place, 0.92, 0.92, facecolor=color, zorder=1))
            middle = (left + j + 0.5, top - i - 0.5)
            ax.text(*middle, f"{number:g}", ha="center", va="center", color="black")
    _draw_brackets(left, top, num_rows, num_columns, ax)
    ax.set_aspect("equal")
    ax.axis("off")
    return ax


def _draw_brackets(
    left: float, top: float, num_rows: int, num_columns: int, ax: Axes
) -> None:
    """Draw a bracket on either side of the cells, just outside them."""
    high, low = top + 0.06, top - num_rows - 0.06
    for edge, inward in ((left - 0.06, _LIP), (left + num_columns + 0.06, -_LIP)):
        x = [edge + inward, edge, edge, edge + inward]
        ax.plot(x, [high, high, low, low], color="0.2", linewidth=1.5)
