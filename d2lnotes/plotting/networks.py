"""Figures of networks, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

__all__ = ["plot_layer_shapes"]

_GAP = 26.0  # between two layers, in pixels of the first map
_SLANT = 2.2  # from a map to the one behind it
_THIN = 5.0  # the width of a layer without maps
_TALL = 9.0  # the height of a layer of n numbers is _TALL * n ** 0.5, at most
_TALLEST = 75.0


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
