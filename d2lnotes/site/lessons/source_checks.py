"""What Markdown lets pass in a page's source: blocks without an end, cells too many.

Markdown has no errors. A fence that is never closed swallows the rest of its page, one
``:::`` too many opens a block, and a table drops the cells for which it has no column.
All of these are found in the blocks that MyST sees, and reported with their line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markdown_it.renderer import RendererHTML
from markdown_it.rules_block.table import escapedSplit
from myst_parser.parsers.mdit import create_md_parser
from sphinx.util import logging

from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt
    from markdown_it.token import Token
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

_FENCE = re.compile(r" {0,3}(?P<marks>`{3,}|~{3,}|:{3,})(?P<info>.*)")
_DIRECTIVE = re.compile(r"\{([\w:.-]+)\}")
# Directives whose content is no Markdown.
_VERBATIM = {"code", "code-block", "eval-rst", "literalinclude", "math", "raw"}
# What a quotation or a list puts before the text of a line.
_MARGIN = re.compile(r"^[\s>]*")


class Fault(NamedTuple):
    """Something wrong with a source: its kind, as warnings name it, and its line."""

    kind: str
    line: int
    problem: str


def check_source(app: Sphinx, docname: str, source: list[str]) -> None:
    """Report what is wrong with the blocks of a Markdown page."""
    path = app.env.doc2path(docname)
    if path.suffix == ".md":
        parser = create_md_parser(app.env.myst_config, RendererHTML)  # type: ignore[attr-defined]
        # The blocks are all that is looked at.
        parser.core.ruler.enableOnly(["normalize", "block"])
        for fault in source_faults(parser, source[0], first=1):
            logger.warning(
                fault.problem,
                location=f"{path}:{fault.line}",
                type="source",
                subtype=fault.kind,
            )


def source_faults(parser: MarkdownIt, text: str, *, first: int) -> Iterator[Fault]:
    """Yield the faults of ``text``, whose first line is line ``first`` of its page."""
    lines = text.splitlines()
    tokens = parser.parse(text.rstrip("\n") + "\n")
    for place, token in enumerate(tokens):
        if token.type in {"fence", "colon_fence"}:
            yield from _fence_faults(parser, token, lines, first)
        elif token.type == "table_open":
            yield from _table_faults(tokens[place:], lines, first)


def _fence_faults(
    parser: MarkdownIt, fence: Token, lines: list[str], first: int
) -> Iterator[Fault]:
    start, end = fence.map or [0, 0]
    line = first + start
    info, content = fence.info.strip(), fence.content
    directive = _DIRECTIVE.match(info)
    opening = f"{fence.markup}{info}"
    if fence.markup.startswith(":") and not directive:
        yield Fault(
            "stray-fence",
            line,
            f"{opening} closes nothing here, so it opens a block that swallows what "
            "follows; take it out, or write {name} after the colons",
        )
    elif content.count("\n") > end - start - 2:  # all lines but the first are content
        yield Fault(
            "unclosed",
            line,
            f"{opening} is never closed and swallows what follows; add a line "
            f"{fence.markup}{_or_around(first)}",
        )
    elif not directive or directive[1] in _VERBATIM:
        yield from _fences_in_code(fence, line)
    if directive and directive[1] not in _VERBATIM:
        yield from source_faults(parser, content, first=line + 1)


def _or_around(first: int) -> str:
    """Return what else may lack its end: a block that begins before line ``first``."""
    return f", or to the block around it, of line {first - 1}" if first > 1 else ""


def _fences_in_code(fence: Token, line: int) -> Iterator[Fault]:
    """Yield the fence that opens inside code, if one does: the code lacks its end."""
    for offset, text in enumerate(fence.content.splitlines(), 1):
        inner = _FENCE.fullmatch(text)
        if inner and inner["info"].strip() and inner["marks"].startswith(fence.markup):
            yield Fault(
                "unclosed",
                line,
                f"{fence.markup}{fence.info} is not closed before {text.strip()} opens "
                f"in line {line + offset}; add a line {fence.markup}, or show fences in "
                "a longer fence",
            )
            return


def _table_faults(tokens: list[Token], lines: list[str], first: int) -> Iterator[Fault]:
    """Yield the rows with more cells than the table, which begins ``tokens``, has."""
    columns = 0
    for token in tokens:
        if token.type == "table_close":
            return
        columns += token.type == "th_open"
        if token.type == "tr_open" and token.map and columns:
            cells = _cells(lines[token.map[0]])
            if len(cells) > columns:
                yield Fault(
                    "table-cells",
                    first + token.map[0],
                    f"the row has {len(cells)} cells and its table {columns} columns; "
                    r"a bar inside a cell is written \|, in mathematics \vert or \mid",
                )


def _cells(row: str) -> list[str]:
    """Return the cells of a row as markdown-it sees them."""
    cells = escapedSplit(_MARGIN.sub("", row).rstrip())
    return cells[cells[0] == "" : len(cells) - (cells[-1] == "")]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Look at each source as it is read."""
    app.connect("source-read", check_source)
    return METADATA
