"""Docstrings on the API page: shapes as code, no module introductions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Documented

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

# The type slot of a NumPy-style parameter that begins with a shape.
_SHAPE = re.compile(r"^(\s*[\w, *]+ : )(\(.*)$")


def prepare_docstring(
    app: Sphinx,
    what: str,
    name: str,
    obj: object,
    options: object,
    lines: list[str],
) -> None:
    """Rewrite one docstring in place, before napoleon reads it."""
    if what == "module":
        lines.clear()  # the page introduces the module, in both languages
    # ``(*, d_k) float`` is neither emphasis nor a list of classes.
    lines[:] = [_SHAPE.sub(r"\1``\2``", line) for line in lines]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the filter ahead of napoleon (500)."""
    app.connect(
        "autodoc-process-docstring",
        prepare_docstring,
        priority=Documented.SHAPES_AS_CODE,
    )
    return METADATA
