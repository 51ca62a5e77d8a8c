"""What stands on the pages, for the search page to quote from.

A browser that shows files of the disk may not read a page from within another. So the
text of every page's sections is a script of its own, which the search page loads when
it shows that page among its answers: all of them together would be most of its weight.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Resolved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

# A section's identifier (none for the page itself), its title and its text.
Section = tuple[str, str, str]

_FOLDER = "_texts"
# What a formula loses to be readable as plain text: \\hat{y} becomes y, \\log log.
_LATEX_STYLE = re.compile(
    r"\\(?:math[a-z]+|operatorname|boldsymbol|text|bm|hat|bar|tilde|left|right)\b"
    r"|[{}\\]|\\[,;!]"
)
_NO_TEXT = (nodes.Invisible, nodes.topic, nodes.raw, nodes.math_block, nodes.image)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def write_texts(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Write the text of each section of a page."""
    if app.builder.name != "html":
        return
    texts = [
        _section(section, is_page=place == 0)
        for place, section in enumerate(doctree.findall(nodes.section))
    ]
    file = Path(app.outdir, _FOLDER, f"{docname}.js")
    file.parent.mkdir(parents=True, exist_ok=True)
    name, data = (
        json.dumps(part, ensure_ascii=False, separators=(",", ":"))
        for part in (docname, texts)
    )
    file.write_text(
        f"(window.searchTexts ??= {{}})[{name}]={data};\n", encoding="utf-8"
    )


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


def remove_texts(app: Sphinx, exception: Exception | None) -> None:
    """Remove the texts of pages that are gone."""
    if app.builder.name == "html":
        folder = Path(app.outdir, _FOLDER)
        for file in folder.rglob("*.js"):
            page = file.relative_to(folder).with_suffix("").as_posix()
            if page not in app.env.found_docs:
                file.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Write after what is not searched has been marked (800)."""
    app.connect("doctree-resolved", write_texts, priority=Resolved.TAKEN_OVER)
    app.connect("build-finished", remove_texts)
    return METADATA
