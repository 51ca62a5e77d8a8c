"""What stands on the pages, for the search page to quote from.

A browser that shows files of the disk may not read a page from within another. So the
text of every section is kept in a script, which the search page alone loads.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

# A section's identifier (none for the page itself), its title and its text.
Section = tuple[str, str, str]

_FILE = "search_texts.js"
_PREFIX = "window.searchTexts = "
# What a formula loses to be readable as plain text: \\hat{y} becomes y, \\log log.
_LATEX_STYLE = re.compile(
    r"\\(?:math[a-z]+|operatorname|boldsymbol|text|bm|hat|bar|tilde|left|right)\b"
    r"|[{}\\]|\\[,;!]"
)
_NO_TEXT = (nodes.Invisible, nodes.topic, nodes.raw, nodes.math_block, nodes.image)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def collect_texts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep the text of each section of a page."""
    if app.builder.name == "html":
        sections = list(doctree.findall(nodes.section))
        _texts(app)[docname] = [
            _section(section, is_page=place == 0)
            for place, section in enumerate(sections)
        ]


def _section(section: nodes.section, *, is_page: bool) -> Section:
    title, *blocks = section.children
    pieces = (piece for block in blocks for piece in _readable(block))
    text = _ADDRESS.sub("", " ".join("".join(pieces).split()))
    name = " ".join("".join(_readable(title)).split())
    return ("" if is_page else section["ids"][0], name, text)


def _readable(node: nodes.Node) -> Iterator[str]:
    """Yield what a reader sees of ``node``, without the sections in it."""
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.math):
        yield _LATEX_STYLE.sub("", node.astext()).strip()
    elif isinstance(node, nodes.Element) and not _is_left_out(node):
        for child in node.children:
            yield from _readable(child)
        if not isinstance(node, nodes.Inline):
            yield " "


def _is_left_out(node: nodes.Element) -> bool:
    hidden = "no-search" in node.get("classes", ())
    return hidden or isinstance(node, (nodes.section, *_NO_TEXT))


def _texts(app: Sphinx) -> dict[str, list[Section]]:
    """Return the texts of this build, begun with those of the last one."""
    builder: Any = app.builder
    if not hasattr(builder, "d2lnotes_texts"):
        builder.d2lnotes_texts = _read(_file(app))
    return builder.d2lnotes_texts


def _read(file: Path) -> dict[str, list[Section]]:
    try:
        text = file.read_text(encoding="utf-8")
        return json.loads(text.removeprefix(_PREFIX).removesuffix(";\n"))
    except (OSError, ValueError):
        return {}


def write_texts(app: Sphinx, exception: Exception | None) -> None:
    """Write the texts of all pages that exist."""
    if app.builder.name != "html":
        return
    pages = {
        docname: sections
        for docname, sections in sorted(_texts(app).items())
        if docname in app.env.found_docs and sections
    }
    file = _file(app)
    file.parent.mkdir(parents=True, exist_ok=True)
    data = json.dumps(pages, ensure_ascii=False, separators=(",", ":"))
    file.write_text(f"{_PREFIX}{data};\n", encoding="utf-8")


def load_texts(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Make the search page load the texts, and no other page."""
    if pagename == "search" and app.builder.name == "html":
        app.add_js_file(_FILE, loading_method="defer")


def _file(app: Sphinx) -> Path:
    return Path(app.outdir) / "_static" / _FILE


def setup(app: Sphinx) -> ExtensionMetadata:
    """Collect after what is not searched has been marked (800)."""
    app.connect("doctree-resolved", collect_texts, priority=900)
    app.connect("html-page-context", load_texts)
    app.connect("build-finished", write_texts)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
