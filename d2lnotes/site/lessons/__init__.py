"""What the course is made of: chapters, lessons, exercises, what a reader has done."""

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
            "unreadable_pages",
            "source_checks",
            "content_checks",
            "figure_numbers",
            "exercises",
            "deeper",
            "excerpts",
            "predict",
            "exercise_list",
            "progress",
            "study_time",
            "moved",
            "chapters",
        ),
    )
