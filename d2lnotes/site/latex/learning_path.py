"""The learning path of a chapter in print: its rows, and the arcs between them.

The list stays as it is; d2lnotes.sty stacks its items and joins them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site.lessons.learning_path import Arc, bend
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class DrawPaths(SphinxPostTransform):
    """Put LaTeX around the items of each path, and its arcs after them."""

    builders = ("latex",)
    default_priority = Written.LATEX_SHAPES

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Replace the lists."""
        for path in self.document.findall(nodes.container):
            if "arcs" in path:
                rows = next(path.findall(nodes.enumerated_list))
                rows.replace_self(_drawing(rows, path["arcs"]))


def _drawing(rows: nodes.enumerated_list, arcs: list[Arc]) -> list[nodes.Node]:
    drawing = [_latex(r"\begin{coursepath}")]
    for row in rows:
        title, *facts = row.children
        title.children = [nodes.strong("", "", *title.children)]
        small = _latex(r"\small")
        drawing += [_latex(r"\begin{courserow}"), title, small, *facts]
        drawing.append(_latex(r"\end{courserow}"))
    lines = [
        rf"\coursearc{{{arc.start}}}{{{arc.end}}}{{{bend(arc, arcs)}}}{{{_style(arc.outside)}}}"
        for arc in arcs
    ]
    dots = [
        rf"\coursedot{{{number}}}{{{_style('outside' in row['classes'])}}}"
        for number, row in enumerate(rows)
    ]
    ends = (
        r"\begin{coursearcs}",
        *lines,
        *dots,
        r"\end{coursearcs}",
        r"\end{coursepath}",
    )
    return [*drawing, _latex("\n".join(ends))]


def _style(outside: bool) -> str:
    return "dashed" if outside else "solid"


def _latex(text: str) -> nodes.raw:
    return nodes.raw("", f"{text}\n", format="latex")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the drawing."""
    app.add_post_transform(DrawPaths)
    return METADATA
