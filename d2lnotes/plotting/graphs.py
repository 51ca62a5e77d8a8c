"""Figures of computational graphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import partial

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from d2lnotes._figure_language import bilingual
from d2lnotes.autodiff import Node, trace

__all__ = ["plot_graph", "plot_pass"]


def plot_graph(
    output: Node, *, names: Mapping[str, Node] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw the graph that led to ``output``, from left to right, and return the axes.

    Each circle shows an operation, or the name of an input; below it stand the value
    and, after ∂, the derivative of the output with respect to this value. An arrow
    carries the derivative of the step it belongs to.

    Parameters
    ----------
    output
        The last node of the graph.
    names
        What to call inputs and other nodes.
    ax
        Where to draw; a new figure if ``None``.
    """
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    places = _places(output)
    titles = {node: name for name, node in (names or {}).items()}
    for node, adjoint in output.adjoints().items():
        place = places[node]
        for operand, steps in _steps(node).items():
            words = _sum_in_words(steps)
            _draw_edge(
                places[operand],
                place,
                words,
                ax,
                color="0.6",
                gap=14,
                fontsize="x-small",
            )
        _draw_node(node, place, titles, "C0", ax)
        numbers = f"{float(node):.4g}\n∂ {float(adjoint):.4g}"
        ax.annotate(
            numbers,
            place,
            (0, -16),
            textcoords="offset points",
            ha="center",
            va="top",
            fontsize="small",
        )
    _fit(ax, places, left=0.5, right=0.5, below=0.8)
    return ax


def plot_pass(
    output: Node,
    *,
    names: Mapping[str, Node] | None = None,
    backward: bool = False,
    ax: Axes | None = None,
) -> Axes:
    """Draw the graph of ``output`` with what one pass sends along its edges.

    Going forward, an edge carries the value of the number where it begins. Going
    backward, it carries the derivative that arrives times the derivative of the step;
    left of each input stands the sum of what its edges bring. Returns the axes.

    Parameters
    ----------
    output
        The last node of the graph.
    names
        What to call inputs and other nodes.
    backward
        Whether to draw the way back, with the arrows turned round.
    ax
        Where to draw; a new figure if ``None``.
    """
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
    places = _beside_first_use(_places(output))
    titles = {node: name for name, node in (names or {}).items()}
    color = "C3" if backward else "C0"
    draw_edge = partial(
        _draw_edge, ax=ax, color=color, gap=15, turned=backward, text_color=color
    )
    adjoints = output.adjoints()
    for node, place in places.items():
        arriving = float(adjoints[node])
        for operand, steps in _steps(node).items():
            words = _product(arriving, steps) if backward else f"{float(operand):.3g}"
            draw_edge(places[operand], place, words)
        if backward and node.operation is None:
            beside = (place[0] - 0.3, place[1])
            ax.text(
                *beside,
                f"{arriving:.3g}",
                ha="right",
                va="center",
                c=color,
                weight="bold",
            )
        _draw_node(node, place, titles, "0.4", ax)
    column, row = places[output]
    end = "1" if backward else f"{float(output):.3g}"
    draw_edge((column, row), (column + 0.8, row), end)
    _fit(ax, places, left=0.7, right=0.9, below=0.5)
    return ax


def _beside_first_use(
    places: Mapping[Node, tuple[float, float]],
) -> dict[Node, tuple[float, float]]:
    """Return the places with each input moved next to the first step that uses it."""
    moved = dict(places)
    for node, (_, row) in places.items():
        if node.operation is None:
            uses = [
                place[0]
                for user, place in places.items()
                if any(x is node for x in user.operands)
            ]
            place = (min(uses, default=1.0) - 1.0, row)
            if not any(_close(place, other) for other in moved.values()):
                moved[node] = place
    return moved


def _close(place: tuple[float, float], other: tuple[float, float]) -> bool:
    """Return whether two circles of one column would touch."""
    return place[0] == other[0] and abs(place[1] - other[1]) < 1.0


def _places(output: Node) -> dict[Node, tuple[float, float]]:
    """Return where to draw each node: right of its operands, level with them."""
    columns: dict[Node, int] = {}
    rows: dict[Node, float] = {}
    taken: dict[int, set[float]] = defaultdict(set)
    num_inputs = 0
    for node in trace(output):
        operands = [x for x in node.operands if isinstance(x, Node)]
        columns[node] = 1 + max((columns[x] for x in operands), default=-1)
        if operands:
            rows[node] = sum(rows[x] for x in operands) / len(operands)
        else:
            rows[node] = -float(num_inputs)
            num_inputs += 1
        while any(abs(rows[node] - row) < 1.0 for row in taken[columns[node]]):
            rows[node] -= 0.5
        taken[columns[node]].add(rows[node])
    return {node: (columns[node], rows[node]) for node in columns}


def _steps(node: Node) -> dict[Node, list[float]]:
    """Return the operands of a node, each with the derivatives of this step."""
    steps: dict[Node, list[float]] = defaultdict(list)
    for operand, derivative in zip(node.operands, node.partials, strict=True):
        if isinstance(operand, Node):
            steps[operand].append(float(derivative))
    return steps


def _sum_in_words(steps: list[float]) -> str:
    """Return ``2``, or ``3 + 3`` for an operand that the step uses twice."""
    return " + ".join(f"{step:.3g}" for step in steps)


def _product(arriving: float, steps: list[float]) -> str:
    """Return what a step makes of a derivative that arrives: ``2 × (-1) = -2``."""
    label = _sum_in_words(steps)
    if label[0] == "-" or " " in label:
        label = f"({label})"
    return f"{arriving:.3g} × {label} = {arriving * sum(steps):.3g}"


def _symbol(node: Node) -> str:
    """Return the operation with its constant, if it has one, on the right side."""
    if node.operation is None:
        return bilingual("输入 | input")
    symbol = node.operation.symbol
    if len(node.operands) == 1:
        return symbol
    parts = ["" if isinstance(x, Node) else f"{float(x):.3g}" for x in node.operands]
    return symbol.join(parts)


def _draw_node(
    node: Node,
    place: tuple[float, float],
    titles: Mapping[Node, str],
    color: str,
    ax: Axes,
) -> None:
    """Draw a circle for an operation and a box for an input, with the title in it."""
    shape = "circle" if node.operation else "round"
    box = {"boxstyle": f"{shape},pad=0.35", "fc": "white", "ec": color}
    title = titles.get(node, _symbol(node))
    ax.text(*place, title, ha="center", va="center", bbox=box, zorder=3)


def _fit(
    ax: Axes,
    places: Mapping[Node, tuple[float, float]],
    *,
    left: float,
    right: float,
    below: float,
) -> None:
    """Show all places with this much room around them, and no axes."""
    columns, rows = zip(*places.values(), strict=True)
    ax.set_xlim(min(columns) - left, max(columns) + right)
    ax.set_ylim(min(rows) - below, max(rows) + 0.5)
    ax.axis("off")


def _draw_edge(
    start: tuple[float, float],
    end: tuple[float, float],
    label: str,
    ax: Axes,
    *,
    color: str,
    gap: float,
    turned: bool = False,
    text_color: str = "black",
    fontsize: str = "medium",
) -> None:
    """Draw an edge, or the same edge walked back, with its label in the middle.

    It ends ``gap`` points before the middle of the circles that it joins.
    """
    style = {"arrowstyle": "-|>", "color": color, "shrinkA": gap, "shrinkB": gap}
    tip, tail = (start, end) if turned else (end, start)
    ax.annotate("", xy=tip, xytext=tail, arrowprops=style, zorder=1)
    ax.text(
        (start[0] + end[0]) / 2,
        (start[1] + end[1]) / 2,
        label,
        ha="center",
        va="center",
        color=text_color,
        fontsize=fontsize,
        bbox={"fc": "white", "ec": "none", "pad": 1.0},
        zorder=2,
    )
