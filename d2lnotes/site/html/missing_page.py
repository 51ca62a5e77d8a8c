"""The page that a host shows at an address where there is none: ``404.html``.

It stands once, beside the languages, and speaks both. A host shows it at any depth of
the site, so its links start from where the copy lies; where that is not configured, a
script finds the languages in the address. On disk they start from the page itself.
"""

from __future__ import annotations

import string
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_TEMPLATE = Path(__file__).with_name("missing_page.html")


def missing_page(project: str, url: str) -> str:
    """Return the page of a copy that lies at ``url``, or wherever if that is empty."""
    template = string.Template(_TEMPLATE.read_text(encoding="utf-8"))
    base = f'<base href="{escape(url)}/">' if url else ""
    return template.substitute(project=escape(project), base=base)


def write_missing_page(app: Sphinx, exception: Exception | None) -> None:
    """Write the page; either language's build writes the same."""
    if exception is not None or app.builder.name != "html":
        return
    file = Path(app.outdir).parent / "404.html"
    text = missing_page(app.config.project, app.config.d2lnotes_url)
    if not file.exists() or file.read_text(encoding="utf-8") != text:
        file.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Write the page when all others are written."""
    app.setup_extension("d2lnotes.site.html.publishing")
    app.connect("build-finished", write_missing_page)
    return METADATA
