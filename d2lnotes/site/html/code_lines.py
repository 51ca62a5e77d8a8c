"""Each line of code in an element of its own, which can be told apart when it is wrapped.

On a phone a long line goes on in the next, with a mark there; see ``fit.css``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

# Pygments closes its spans at the end of each line; sphinx-gallery drops its first one.
_CODE = re.compile(
    r'(<div class="highlight"><pre>(?:<span></span>)?)(.*?)(?=</pre>)', re.DOTALL
)
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def wrap_lines(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Wrap each line of the code on a page, its end included."""
    if "body" in context:
        context["body"] = _CODE.sub(_with_lines, context["body"])


def _with_lines(code: re.Match[str]) -> str:
    return code[1] + _LINE.sub(r'<span class="code-line">\g<0></span>', code[2])


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the change of finished pages."""
    app.connect("html-page-context", wrap_lines)
    return METADATA
