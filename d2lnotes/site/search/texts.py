"""What stands on the pages, for the search page to quote from.

A browser that shows files of the disk may not read a page from within another. So the
text of every page's sections is a script of its own, which the search page loads when
it shows that page among its answers: all of them together would be most of its weight.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from docutils import nodes

from d2lnotes.site.search.plain_math import plain_math

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NO_TEXT = (nodes.Invisible, nodes.topic, nodes.raw, nodes.math_block, nodes.image)
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


class Section(NamedTuple):
    """A section's identifier (none for the page itself), its title and its text."""

    anchor: str
    title: str
    text: str


class Title(NamedTuple):
    """What a section, a table or an exercise is called, and its identifier."""

    name: str
    anchor: str


def sections_of(
    doctree: nodes.document, macros: Mapping[str, object]
) -> Iterator[Section]:
    """Yield what a reader sees of each section of a page, the page itself first.

    Parameters
    ----------
    doctree
        The page as it will be shown.
    macros
        The course's own commands in formulas.
    """
    for place, section in enumerate(doctree.findall(nodes.section)):
        title, *blocks = section.children
        text = _ADDRESS.sub("", " ".join(_line(block, macros) for block in blocks))
        anchor = section["ids"][0] if place else ""
        yield Section(anchor, _line(title, macros), " ".join(text.split()))


def titles_of(doctree: nodes.document, macros: Mapping[str, object]) -> Iterator[Title]:
    """Yield every title that a reader sees on a page, the page's own first."""
    for place, title in enumerate(_shown_titles(doctree)):
        anchors = title.parent["ids"] if place else []
        yield Title(_line(title, macros), anchors[0] if anchors else "")


def _shown_titles(node: nodes.Element) -> Iterator[nodes.title]:
    for child in node.children:
        if isinstance(child, nodes.title):
            yield child
        elif isinstance(child, nodes.Element) and not _is_hidden(child):
            yield from _shown_titles(child)


def _line(node: nodes.Node, macros: Mapping[str, object]) -> str:
    return " ".join("".join(_readable(node, macros)).split())


def _readable(node: nodes.Node, macros: Mapping[str, object]) -> Iterator[str]:
    """Yield what a reader sees of ``node``, without the sections in it.

    What stands within a line is not parted: of ``**鲸**落``, 鲸落 is found.
    """
    if isinstance(node, nodes.Text):
        yield node.astext()
    elif isinstance(node, nodes.math):
        yield plain_math(node.astext(), macros)
    elif isinstance(node, nodes.Element) and not _is_left_out(node):
        for child in node.children:
            yield from _readable(child, macros)
        if not isinstance(node, nodes.Inline):
            yield " "


def _is_left_out(node: nodes.Element) -> bool:
    return _is_hidden(node) or isinstance(node, (nodes.section, *_NO_TEXT))


def _is_hidden(node: nodes.Element) -> bool:
    return "no-search" in node.get("classes", ())
