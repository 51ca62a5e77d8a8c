"""Figures of networks, layer by layer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle
from torch import Tensor

__all__ = ["plot_layer_shapes", "plot_network"]

_GAP = 26.0  # between two layers, in pixels of the first map
_SLANT = 2.2  # from a map to the one behind it
_THIN = 5.0  # the width of a layer without maps
_TALL = 9.0  # the height of a layer of n numbers is _TALL * n ** 0.5, at most
_TALLEST = 75.0

_RADIUS = 0.3  # of a unit; the next one in its column is at distance 1
_BETWEEN = 2.6  # from a column of units to the next
_ON_EDGE = 0.36  # where a weight stands: before the middle, where edges cross


def plot_layer_shapes(
    shapes: Sequence[tuple[int, ...]],
    *,
    titles: Sequence[str],
    ax: Axes | None = None,
) -> Axes:
    """Draw what flows through a network, from left to right, and return the axes.

    A stack of squares is a layer of maps, one square for each channel and as wide as
    the map; a bar is a layer of numbers. The shape stands below, the title above.

    Parameters
    ----------
    shapes
        Of one example after each layer: (channels, height, width) or (features,).
    titles
        What to write above each, such as the layer that made it.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If a shape has two numbers or more than three, or titles are not as many.
    """
    if len(titles) != len(shapes):
        raise ValueError(
            f"titles must be as many as shapes, got {len(titles)} for {len(shapes)}"
        )
    if ax is None:
        ax = plt.subplots(figsize=(10, 3.2), layout="constrained")[1]
    left, highest, lowest = 0.0, 0.0, 0.0
    middles = []
    for number, shape in enumerate(shapes):
        squares = _squares(shape)
        width = max(x + w for x, _, w, _ in squares)
        for x, y, w, h in reversed(squares):
            box = Rectangle((left + x, y), w, h, fc="white", ec=f"C{number}")
            ax.add_patch(box)
        highest = max(highest, *(y + h for _, y, _, h in squares))
        lowest = min(lowest, *(y for _, y, _, _ in squares))
        middles.append(left + width / 2)
        left += width + _GAP
    for middle, shape, title in zip(middles, shapes, titles, strict=True):
        ax.text(middle, highest + 4, title, ha="center", va="bottom", fontsize="small")
        text = "×".join(map(str, shape))
        ax.text(middle, lowest - 4, text, ha="center", va="top", fontsize="small")
    ax.set(
        xlim=(-12, left - _GAP + 12), ylim=(lowest - 16, highest + 24), aspect="equal"
    )
    ax.axis("off")
    return ax


def _squares(shape: tuple[int, ...]) -> list[tuple[float, float, float, float]]:
    """Return left, bottom, width and height of what stands for one layer."""
    if len(shape) == 1:
        height = min(_TALL * shape[0] ** 0.5, _TALLEST)
        return [(0.0, -height / 2, _THIN, height)]
    if len(shape) == 3:
        channels, height, width = shape
        start = -height / 2 - _SLANT * (channels - 1) / 2
        return [
            (_SLANT * i, start + _SLANT * i, float(width), float(height))
            for i in range(channels)
        ]
    raise ValueError(
        "a shape is (channels, height, width) or (features,) of one example, got "
        f"{shape}; leave the batch out"
    )


def plot_network(
    sizes: Sequence[int],
    *,
    units: Sequence[Sequence[str]] | None = None,
    weights: Sequence[Tensor] | None = None,
    biases: Sequence[Tensor] | None = None,
    titles: Sequence[str] | None = None,
    dropped: Collection[tuple[int, int]] = (),
    ax: Axes | None = None,
) -> Axes:
    """Draw units in columns, one for each layer, joined by edges; return the axes.

    Without ``weights`` each unit is joined to all of the next column. With them,
    there is no edge where a weight is 0, and a negative weight is a dashed edge.

    Parameters
    ----------
    sizes
        How many units each column has, the inputs first.
    units
        What to write into each unit, column by column.
    weights : (sizes[k], sizes[k + 1]) float each
        Written on the edges from column ``k`` to the next, as in ``x @ weight``.
    biases : (sizes[k + 1],) float each
        Written below the units of all columns but the first.
    titles
        What to write above each column.
    dropped
        Units, as (column, place from the top), that are drawn dotted, gray and
        without edges.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If a column has no unit, or another argument does not fit ``sizes``.
    """
    _check_network(sizes, units, weights, biases, titles)
    if ax is None:
        size = 2.2 * len(sizes) + 0.6, 0.9 * max(sizes) + 1.0
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    places = [
        [(_BETWEEN * k, (size - 1) / 2 - i) for i in range(size)]
        for k, size in enumerate(sizes)
    ]
    for k, (starts, ends) in enumerate(pairwise(places)):
        for i, start in enumerate(starts):
            for j, end in enumerate(ends):
                if {(k, i), (k + 1, j)} & set(dropped):
                    continue
                weight = None if weights is None else float(weights[k][i, j])
                _draw_edge(ax, start, end, weight)
    for k, column in enumerate(places):
        for i, (x, y) in enumerate(column):
            gone = (k, i) in dropped
            color, line = ("0.6", ":") if gone else (f"C{k}", "-")
            circle = Circle((x, y), _RADIUS, fc="white", ec=color, lw=2, ls=line)
            circle.set_zorder(3)
            ax.add_patch(circle)
            if units is not None:
                shown = ax.text(x, y, units[k][i], ha="center", va="center", zorder=4)
                shown.set_alpha(0.4 if gone else 1.0)
            if biases is not None and k > 0:
                text = f"$b = {_number(float(biases[k - 1][i]))}$"
                below = y - _RADIUS - 0.03
                ax.text(x, below, text, ha="center", va="top", fontsize="small")
    top = max(sizes) / 2
    for k, title in enumerate(titles or ()):
        ax.text(_BETWEEN * k, top + 0.1, title, ha="center", va="bottom")
    right = _BETWEEN * (len(sizes) - 1)
    ax.set(xlim=(-0.7, right + 0.7), ylim=(-top - 0.2, top + 0.5), aspect="equal")
    ax.axis("off")
    return ax


def _draw_edge(
    ax: Axes,
    start: tuple[float, float],
    end: tuple[float, float],
    weight: float | None,
) -> None:
    """Draw an edge, and on it the weight unless that is ``None``."""
    if weight == 0:
        return
    style = "--" if weight is not None and weight < 0 else "-"
    ax.plot(*zip(start, end, strict=True), style, color="0.45", lw=1.2, zorder=1)
    if weight is None:
        return
    x, y = ((1 - _ON_EDGE) * a + _ON_EDGE * b for a, b in zip(start, end, strict=True))
    box = {"fc": "white", "ec": "none", "pad": 1.0}
    text = f"${_number(weight)}$"
    ax.text(x, y, text, ha="center", va="center", bbox=box, zorder=2)


def _number(value: float) -> str:
    """Return ``value`` with at most three digits."""
    return f"{value:.3g}"


def _check_network(
    sizes: Sequence[int],
    units: Sequence[Sequence[str]] | None,
    weights: Sequence[Tensor] | None,
    biases: Sequence[Tensor] | None,
    titles: Sequence[str] | None,
) -> None:
    """Raise ``ValueError`` unless all that is given fits ``sizes``."""
    sizes = list(sizes)
    if not sizes or min(sizes) < 1:
        raise ValueError(f"each column needs a unit, got sizes {sizes}")
    pairs = list(pairwise(sizes))
    expected: dict[str, tuple[object, object]] = {}
    if units is not None:
        expected["units"] = [len(column) for column in units], sizes
    if weights is not None:
        expected["weights"] = [tuple(weight.shape) for weight in weights], pairs
    if biases is not None:
        shapes = [(size,) for size in sizes[1:]]
        expected["biases"] = [tuple(bias.shape) for bias in biases], shapes
    if titles is not None:
        expected["titles"] = len(titles), len(sizes)
    for name, (found, wanted) in expected.items():
        if found != wanted:
            raise ValueError(f"{name} do not fit {sizes}: {found}, not {wanted}")
