"""Figures of modules inside modules."""

from __future__ import annotations

from typing import NamedTuple

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from torch import nn
from torch.nn.parameter import is_lazy

__all__ = ["plot_module_tree"]

_WIDTH = 2.5  # of a box; boxes of one column are at distance 1
_HEIGHT = 0.76
_BETWEEN = 3.3  # from a column to the next


class _Box(NamedTuple):
    """A module in the figure.

    Parameters
    ----------
    name
        What the module that holds it calls it.
    module
        The module.
    place
        The middle of its box.
    inner
        The boxes of the modules that it holds.
    """

    name: str
    module: nn.Module
    place: tuple[float, float]
    inner: list[_Box]


def plot_module_tree(
    model: nn.Module, *, name: str = "model", ax: Axes | None = None
) -> Axes:
    """Draw a module, the modules it holds, those that they hold; return the axes.

    Each box has the name, the class and the number of parameters of a module, all
    that it holds included; ``?`` stands for a number that a lazy layer does not know
    yet. A module without parameters has a dashed box.

    Parameters
    ----------
    model
        The module on the left.
    name
        What to call it.
    ax
        Where to draw; a new figure if ``None``.
    """
    tree, num_rows = _arrange(name, model, column=0, row=0.0)
    boxes = _all(tree)
    right = max(box.place[0] for box in boxes) + _WIDTH / 2
    if ax is None:
        size = 0.95 * (right + _WIDTH / 2) + 0.2, 0.75 * num_rows + 0.2
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    for box in boxes:
        for inner in box.inner:
            _draw_edge(ax, box.place, inner.place)
        _draw_box(ax, box)
    ax.set(xlim=(-_WIDTH / 2 - 0.1, right + 0.1), ylim=(0.5 - num_rows, 0.5))
    ax.axis("off")
    return ax


def _arrange(
    name: str, module: nn.Module, *, column: int, row: float
) -> tuple[_Box, float]:
    """Return the box of a module with all inside it, and the next free row."""
    inner, free = [], row
    for child_name, child in module.named_children():
        box, free = _arrange(child_name, child, column=column + 1, row=free)
        inner.append(box)
    if inner:
        height = (inner[0].place[1] + inner[-1].place[1]) / 2
    else:
        height, free = -row, row + 1.0
    return _Box(name, module, (_BETWEEN * column, height), inner), free


def _all(box: _Box) -> list[_Box]:
    """Return a box and all that stem from it."""
    return [box, *(found for inner in box.inner for found in _all(inner))]


def _count(module: nn.Module) -> str:
    """Return the number of parameters, ``?`` as long as one is without a shape."""
    parameters = list(module.parameters())
    if any(is_lazy(parameter) for parameter in parameters):
        return "?"
    return f"{sum(parameter.numel() for parameter in parameters):,}"


def _draw_edge(ax: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Join the right side of a box to the left side of one that it holds."""
    (x, y), (to_x, to_y) = start, end
    bend = (x + to_x) / 2
    path = [x + _WIDTH / 2, bend, bend, to_x - _WIDTH / 2], [y, y, to_y, to_y]
    ax.plot(*path, color="0.5", lw=1.2, zorder=1)


def _draw_box(ax: Axes, box: _Box) -> None:
    """Draw a box: name and class above, the number of parameters below."""
    (x, y), count = box.place, _count(box.module)
    has_some = count != "0"
    corner = x - _WIDTH / 2, y - _HEIGHT / 2
    frame = FancyBboxPatch(
        corner,
        _WIDTH,
        _HEIGHT,
        boxstyle="round,pad=0,rounding_size=0.12",
        fc="white",
        ec="C0" if has_some else "0.5",
        lw=2 if has_some else 1.2,
        ls="-" if has_some else "--",
        zorder=2,
    )
    ax.add_patch(frame)
    # A name is code: set as such, and the same in both languages.
    name = box.name.replace("_", r"\_")
    title = rf"$\mathtt{{{name}}}$: {type(box.module).__name__}"
    ax.text(x, y + 0.17, title, ha="center", va="center", zorder=3)
    ax.text(
        x,
        y - 0.19,
        count,
        ha="center",
        va="center",
        color="C0" if has_some else "0.4",
        fontsize="large",
        weight="bold",
        zorder=3,
    )
