"""The drawing of a learning path: arcs beside a list, from what is needed to the page.

The list holds every word; the drawing is a picture of it. Its rows are as high as
the browser makes them, so it is stretched in height only and has no text of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH = 64  # pixels; the height of a row is 100 units, whatever that comes to
_LINE = 56  # where the dots of the rows stand
_NARROWEST = 16  # how far the arc to the row after next reaches to the left


@dataclass(frozen=True)
class Arc:
    """From row ``start`` to row ``end``; ``outside`` if another chapter is needed."""

    start: int
    end: int
    outside: bool


def draw_arcs(rows: int, arcs: Sequence[Arc]) -> str:
    """Return ``arcs`` over that many rows as SVG, for a box as high as the rows."""
    paths = "".join(_path(arc, bend(arc, arcs)) for arc in arcs)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {100 * rows}" preserveAspectRatio="none" '
        f'aria-hidden="true" focusable="false">{paths}</svg>'
    )


def bend(arc: Arc, arcs: Sequence[Arc]) -> int:
    """Return how far left of the dots the control points of ``arc`` stand, in pixels.

    An arc over many rows reaches further than one over few, the longest as far as
    there is room. A cubic goes three quarters of the way to its control points.
    """
    longest = max(abs(arc.end - arc.start) for arc in arcs)
    return round(_reach(abs(arc.end - arc.start), longest) * 4 / 3)


def _path(arc: Arc, bend: int) -> str:
    top, bottom = 100 * arc.start + 50, 100 * arc.end + 50
    name = ' class="outside"' if arc.outside else ""
    left = _LINE - bend
    return f'<path{name} d="M{_LINE} {top}C{left} {top} {left} {bottom} {_LINE} {bottom}"/>'


def _reach(rows: int, longest: int) -> float:
    """Return how far left an arc over ``rows`` rows goes; neighbors are joined straight."""
    if rows <= 1:
        return 0
    room = _LINE - 6 - _NARROWEST
    return _NARROWEST + room * (rows - 2) / max(longest - 2, 1)
