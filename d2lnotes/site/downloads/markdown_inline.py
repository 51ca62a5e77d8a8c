"""The text of a line of a document as Markdown, in one of its languages."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from d2lnotes.site.lessons.exercises import Level
from d2lnotes.site.twins.languages import BROKEN_LINE, HAN, half
from d2lnotes.site.twins.nodes import HalfText

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from d2lnotes.site.math.mathjax import Macro
    from d2lnotes.site.twins.languages import Language

_SPECIAL = re.compile(r"([\\`*_\[\]<$])")
_WORDLIKE = re.compile(r"(?<=\w)\\_(?=\w)")  # in the middle of a word it does no harm
_QUOTES = {"zh": "《{}》", "en": "“{}”"}
# reST wants a space there, Chinese does not.
_SPACED_TITLE = re.compile(f"(?<=[{HAN}]) (?=《)|(?<=》) (?=[{HAN}])")
_BRACES = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"
_HIDDEN = (Level, nodes.raw, nodes.comment, nodes.image, nodes.target, addnodes.index)
# Bold and emphasized text, until what stands beside it is known: characters for private
# use, which no page holds.
_STARTS = {nodes.strong: "\ue000", nodes.emphasis: "\ue001"}
_END = "\ue002"
_MARKED = re.compile("([\ue000\ue001])([^\ue000-\ue002]*)\ue002")
_MARKS = {"\ue000": ("**", "strong"), "\ue001": ("*", "em")}


@dataclass(frozen=True)
class Place:
    """Where a document stands, and what its text may refer to.

    Parameters
    ----------
    page
        The document's name.
    url
        Where a hosted copy lies, without a slash at its end; empty if nowhere.
    macros
        The macros of the course's mathematics, which a notebook does not know.
    """

    page: str
    url: str = ""
    macros: Mapping[str, Macro] = field(default_factory=dict)

    def address(self, reference: nodes.reference, language: Language) -> str:
        """Return the full address that ``reference`` leads to; empty without one."""
        target = reference.get("refuri", "")
        if not reference.get("internal"):
            return target
        if not self.url or not target or target.startswith("#"):
            return ""
        folder = posixpath.dirname(f"{language}/{self.page}")
        return f"{self.url}/{posixpath.normpath(posixpath.join(folder, target))}"


def line(
    children: Iterable[nodes.Node],
    language: Language,
    place: Place,
    *,
    in_table: bool = False,
) -> str:
    """Return inline ``children`` on one line."""
    text = "".join(_inline(child, language, place, in_table) for child in children)
    while _MARKED.search(text):  # from the innermost outwards
        text = _MARKED.sub(_marked, text)
    return _SPACED_TITLE.sub("", " ".join(BROKEN_LINE.sub("", text).split()))


def halves(
    node: nodes.Element, own: Language
) -> dict[Language, list[nodes.Node]] | None:
    """Return the children of a short text in each language; ``None`` if it has one."""
    other = next((child for child in node if isinstance(child, HalfText)), None)
    if other is None:
        return None
    rest = [child for child in node if not isinstance(child, HalfText)]
    return {own: rest, other["lang"]: list(other.children)}


def _inline(node: nodes.Node, language: Language, place: Place, in_table: bool) -> str:
    if isinstance(node, nodes.Text):
        text = _WORDLIKE.sub("_", _SPECIAL.sub(r"\\\1", node.astext()))
        return text.replace("|", r"\|") if in_table else text
    if isinstance(node, nodes.math):
        tex = expanded(" ".join(node.astext().split()), place.macros)
        return f"${_without_bars(tex) if in_table else tex}$"
    if isinstance(node, nodes.literal):
        return _code(node.astext().replace("|", r"\|") if in_table else node.astext())
    if isinstance(node, _HIDDEN) or not isinstance(node, nodes.Element):
        return ""
    inside = "".join(_inline(child, language, place, in_table) for child in node)
    if start := _STARTS.get(type(node)):
        return f"{start}{inside}{_END}"
    if isinstance(node, nodes.footnote_reference):
        return rf"\[{inside}\]"
    if isinstance(node, (nodes.subscript, nodes.superscript)):
        tag = "sub" if isinstance(node, nodes.subscript) else "sup"
        return f"<{tag}>{inside}</{tag}>"
    if isinstance(node, nodes.reference):
        if address := place.address(node, language):
            return f"[{inside}]({address})"
        return _QUOTES[language].format(inside) if _names_page(node) else inside
    return inside


def _marked(found: re.Match[str]) -> str:
    """Return bold or emphasized text in Markdown, in HTML where that would not see it.

    Markdown opens ``**`` before punctuation, such as a quotation mark, only after a
    space or punctuation, and closes it after punctuation only before these.
    """
    mark, tag = _MARKS[found[1]]
    text, inside = found.string, found[2]
    before, after = text[: found.start()][-1:], text[found.end() :][:1]
    opens = _is_letter(inside[:1]) or not _is_letter(before)
    closes = _is_letter(inside[-1:]) or not _is_letter(after)
    if opens and closes:
        return f"{mark}{inside}{mark}"
    return f"<{tag}>{inside}</{tag}>"


def _is_letter(character: str) -> bool:
    """Return whether Markdown takes ``character`` for neither space nor punctuation."""
    if not character or character.isspace():
        return False
    return unicodedata.category(character)[0] not in "PS"


def alternative(image: nodes.image, languages: Sequence[Language]) -> str:
    """Return the alternative text of ``image`` in ``languages``."""
    both = image.get("alt_halves", image.get("alt", ""))
    texts = dict.fromkeys(half(both, language) for language in languages)
    return _SPECIAL.sub(r"\\\1", " | ".join(texts))


def _names_page(reference: nodes.reference) -> bool:
    return any("std-doc" in child["classes"] for child in reference.findall(_is_inline))


def _is_inline(node: nodes.Node) -> bool:
    return isinstance(node, nodes.inline)


def _code(text: str) -> str:
    fence = "``" if "`" in text else "`"
    space = " " if "`" in text else ""
    return f"{fence}{space}{text}{space}{fence}"


def _without_bars(tex: str) -> str:
    """Write ``|`` out, which would end a cell of a table."""
    return tex.replace(r"\|", r"\Vert ").replace("|", r"\vert ")


def expanded(tex: str, macros: Mapping[str, Macro]) -> str:
    """Return ``tex`` with the course's own macros written out."""
    for name, meaning in macros.items():
        pieces: Sequence[str | int] = [meaning] if isinstance(meaning, str) else meaning
        text, count = str(pieces[0]), int(pieces[1]) if len(pieces) > 1 else 0
        call = re.compile(rf"\\{name}(?![A-Za-z])" + rf"\s*{_BRACES}" * count)

        def write_out(found: re.Match[str], text: str = text) -> str:
            for number, argument in enumerate(found.groups(), 1):
                text = text.replace(f"#{number}", argument)
            return text

        tex = call.sub(write_out, tex)
    return tex
