"""Boxes that scroll sideways, such as wide formulas and tables, say that there is more.

``cut_edges.js`` notes at which of its edges a box is cut, and the style lets it fade there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_BOXES = ('class="formula"', "pst-scrollable-table-container")


def add_script(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Load the script on pages that have such a box."""
    body = context.get("body", "")
    if any(box in body for box in _BOXES):
        app.add_js_file("cut_edges.js", loading_method="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the style, and the script where it is needed."""
    app.add_css_file("cut_edges.css")
    app.connect("html-page-context", add_script)
    return METADATA
