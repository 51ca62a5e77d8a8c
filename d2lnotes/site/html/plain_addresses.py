"""Addresses of scripts and styles without a mark of what they hold.

Sphinx adds one, ``?v=…``, so that browsers fetch a file anew once it changed; but a line
of a script would then change every page. A server tells browsers as well what is new.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Rendered

if TYPE_CHECKING:
    from collections.abc import Callable

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_MARK = re.compile(r'\?v=[0-9a-f]+(?=")')


def leave_marks_out(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Give the templates functions that write addresses as they are."""
    for name in ("css_tag", "js_tag"):
        context[name] = _without_mark(context[name])


def _without_mark(tag: Callable[[Any], str]) -> Callable[[Any], str]:
    return lambda file: _MARK.sub("", tag(file))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after all that adds files."""
    app.connect("html-page-context", leave_marks_out, priority=Rendered.FINISHED_PAGE)
    return METADATA
