"""The page around the text: switches, tips, styles, pictures, addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2lnotes.site.rooms import set_up

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set up what is in this room, in this order."""
    return set_up(
        app,
        __name__,
        (
            "stale_pages",
            "formatted_works",
            "tips",
            "docstrings",
            "switches",
            "course_nav",
            "theme_strings",
            "publishing",
            "missing_page",
            "pictures",
            "line_ends",
            "code_lines",
            "cut_edges",
            "picture_viewer",
            "deferred_js",
            "plain_addresses",
            "outputs",
            "stylesheet",
        ),
    )
