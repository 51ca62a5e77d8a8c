"""Figures of tables of numbers, each number in a cell."""

from __future__ import annotations

import torch
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

__all__ = ["plot_cells"]


def plot_cells(
    table: torch.Tensor,
    *,
    ax: Axes,
    corner: tuple[float, float] = (0.0, 0.0),
    colors: str | list[list[str]] = "white",
    pale: torch.Tensor | None = None,
) -> Axes:
    """Draw a table of numbers, row 0 on top, each in a cell of size 1 × 1.

    Several tables may be drawn into the same axes. These get equal scales and no
    frame.

    Parameters
    ----------
    table
        Numbers of shape ``(rows, columns)``.
    ax
        Where to draw.
    corner
        Where the upper left corner of the table lies: x to the right, y upward.
    colors
        The color of all cells, or one for each, in rows.
    pale
        Which numbers to write in gray, of the shape of ``table``; none if ``None``.

    Returns
    -------
    Axes
        The given axes.

    Raises
    ------
    ValueError
        If the table does not have two dimensions.
    """
    if table.ndim != 2:
        raise ValueError(
            f"a table has 2 dimensions, this one has {table.ndim}; "
            "use table[None] to draw a vector as a row"
        )
    left, top = corner
    for row, numbers in enumerate(table.tolist()):
        for column, number in enumerate(numbers):
            color = colors if isinstance(colors, str) else colors[row][column]
            place = (left + column, top - row - 1)
            ax.add_patch(Rectangle(place, 1, 1, fc=color, ec="0.4"))
            is_pale = pale is not None and bool(pale[row, column])
            ax.text(
                place[0] + 0.5,
                place[1] + 0.5,
                f"{number:g}",
                ha="center",
                va="center",
                fontsize="large",
                color="0.6" if is_pale else "black",
            )
    ax.set_aspect("equal")
    ax.axis("off")
    rows, columns = table.shape
    ax.update_datalim([(left, top), (left + columns, top - rows)])
    ax.autoscale_view()
    return ax
