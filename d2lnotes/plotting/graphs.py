"""Figures of computational graphs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import matplotlib.pyplot as plt
from matplotlib.axes import Axes

from d2lnotes._figure_language import bilingual
from d2lnotes.autodiff import Node, trace

__all__ = ["plot_graph"]


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
        for operand, label in _arrows(node).items():
            _draw_arrow(places[operand], place, label, ax)
        shape = "circle" if node.operation else "round"
        title = titles.get(node, _symbol(node))
        box = {"boxstyle": f"{shape},pad=0.35", "fc": "white", "ec": "C0"}
        ax.text(*place, title, ha="center", va="center", bbox=box, zorder=3)
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
    columns, rows = zip(*places.values(), strict=True)
    ax.set_xlim(min(columns) - 0.5, max(columns) + 0.5)
    ax.set_ylim(min(rows) - 0.8, max(rows) + 0.5)
    ax.axis("off")
    return ax


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


def _arrows(node: Node) -> dict[Node, str]:
    """Return the operands of a node with their derivatives; two of one are summed."""
    labels: dict[Node, str] = {}
    for operand, partial in zip(node.operands, node.partials, strict=True):
        if isinstance(operand, Node):
            label = f"{float(partial):.3g}"
            before = labels.get(operand)
            labels[operand] = f"{before} + {label}" if before else label
    return labels


def _symbol(node: Node) -> str:
    """Return the operation with its constant, if it has one, on the right side."""
    if node.operation is None:
        return bilingual("输入 | input")
    symbol = node.operation.symbol
    if len(node.operands) == 1:
        return symbol
    parts = ["" if isinstance(x, Node) else f"{float(x):.3g}" for x in node.operands]
    return symbol.join(parts)


def _draw_arrow(
    start: tuple[float, float], end: tuple[float, float], label: str, ax: Axes
) -> None:
    """Draw an arrow between two places with a label in its middle."""
    style = {"arrowstyle": "-|>", "color": "0.6", "shrinkA": 14, "shrinkB": 14}
    ax.annotate("", xy=end, xytext=start, arrowprops=style, zorder=1)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    ax.text(
        *middle,
        label,
        ha="center",
        va="center",
        fontsize="x-small",
        bbox={"fc": "white", "ec": "none", "pad": 1.0},
        zorder=2,
    )
