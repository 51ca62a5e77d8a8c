"""Figures that a reader can operate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2lnotes.site.rooms import set_up

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set up what is in this room, in this order."""
    return set_up(app, __name__, ("directive", "data"))
