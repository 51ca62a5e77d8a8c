"""Which language a piece of a document is written in, and how ``中文 | English`` splits.

Text inside code, mathematics and raw output says nothing about the language;
neither does a reference that will show its target's title.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from docutils import nodes
from sphinx import addnodes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.config import Config

Language = Literal["zh", "en"]
# What a block holds: one language, both of them, or nothing that needs a twin.
Content = Literal["zh", "en", "both", "neutral"]

# Han characters and the full-width punctuation that goes with them.
HAN = "\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60"
SEPARATOR = " | "
TOO_MANY_SEPARATORS = (
    "more than one “ | ” outside code and mathematics, of which only one can part the "
    "halves: set the others as mathematics, or write them without spaces"
)
HTML_TAGS: dict[Language, str] = {"zh": "zh-CN", "en": "en"}

# Chinese lines that a source breaks between two Han characters, or after full-width
# punctuation, join without a space.
# Quotes, dashes and dots stand in both languages: a Han character decides.
BROKEN_LINE = re.compile(
    f"(?<=[{HAN}])[ \\t]*\\n[ \\t]*(?=[{HAN}“‘—…])"
    "|(?<=[、。，；：！？）])[ \\t]*\\n[ \\t]*(?=\\S)"
    f"|(?<=[”’—…])[ \\t]*\\n[ \\t]*(?=[{HAN}])"
)

_HAN = re.compile(f"[{HAN}]")
_LETTER = re.compile(r"[^\W\d_]")
# One word with a capital or a digit: LeNet, PyTorch, float32. It needs no twin.
_NAME = re.compile(r"(?=\S*[A-Z0-9])\S*[\w+)]")

_NO_LANGUAGE = (
    nodes.Inline,
    nodes.FixedTextElement,
    nodes.Invisible,
    nodes.math_block,
    nodes.raw,
    nodes.image,
    nodes.docinfo,
    nodes.field_list,
    nodes.label,
    nodes.citation,
    nodes.transition,
    nodes.system_message,
    addnodes.desc,
    addnodes.index,
    addnodes.toctree,
    addnodes.highlightlang,
    addnodes.tabular_col_spec,
)
_SILENT_INLINE = (
    nodes.literal,
    nodes.math,
    nodes.raw,
    nodes.image,
    nodes.footnote_reference,
    nodes.comment,
    addnodes.index,
)
_TITLE_ROLES = {"ref", "doc", "numref", "eq", "myst"}


class LanguageBlock(nodes.General, nodes.Element):
    """Content that an author gave a language by hand; ``lang`` is zh or en."""


def own_language(config: Config) -> Language:
    """Return the language of this build: ``zh`` or ``en``."""
    return "zh" if str(config.language).startswith("zh") else "en"


def other_language(config: Config) -> Language:
    """Return the language that this build keeps hidden."""
    return "en" if own_language(config) == "zh" else "zh"


def is_neutral(node: nodes.Node) -> bool:
    """Return whether a generator marked ``node`` as serving both languages."""
    return isinstance(node, nodes.Element) and bool(node.get("neutral"))


def is_short_text(node: nodes.Node) -> bool:
    """Return whether ``node`` is a line such as a title, caption, term or label."""
    return (
        isinstance(node, nodes.TextElement)
        and not isinstance(node, (nodes.paragraph, nodes.line))
        and not isinstance(node, _NO_LANGUAGE)
    )


def is_silent(node: nodes.Node) -> bool:
    """Return whether the text of an inline ``node`` has no language of its own."""
    if isinstance(node, _SILENT_INLINE) or is_neutral(node):
        return True
    if isinstance(node, addnodes.pending_xref):
        shows_title = node.get("reftype") in _TITLE_ROLES and not node["refexplicit"]
        return shows_title or node.get("refdomain") == "cite"
    return isinstance(node, nodes.reference) and node.astext() == node.get("refuri")


def speaking_text(node: nodes.Element) -> Iterator[nodes.Text]:
    """Yield the text nodes below ``node`` that belong to a language."""
    for child in node.children:
        if isinstance(child, nodes.Text):
            yield child
        elif not is_silent(child):
            yield from speaking_text(child)


def half(text: str, language: Language) -> str:
    """Return the half of ``中文 | English`` in ``language``; other text as it is."""
    chinese, separator, english = text.partition(SEPARATOR)
    return (english if separator and language == "en" else chinese).strip()


def halves_problem(text: str) -> str | None:
    """Return what is wrong with the plain ``text`` as ``中文 | English``, if anything.

    It may hold both halves or serve both languages. Chinese alone does not, and where
    more than one separator stands, nobody knows which of them parts the halves.
    """
    parts = text.split(SEPARATOR)
    if len(parts) > 2:
        return TOO_MANY_SEPARATORS
    if len(parts) == 1:
        return "Chinese without its English half" if is_chinese_text(text) else None
    chinese, english = parts
    if is_chinese_text(english) or not chinese.strip() or not english.strip():
        return "the Chinese half comes first, then | and the English"
    return None


def is_chinese_text(text: str) -> bool:
    """Return whether ``text`` holds Han characters."""
    return bool(_HAN.search(text))


def separator_count(children: Iterable[nodes.Node]) -> int:
    """Return how many ``|`` stand between the children of a short text."""
    texts = (child for child in children if isinstance(child, nodes.Text))
    return sum(f" {text} ".count(SEPARATOR) for text in texts)


def separator_index(children: Iterable[nodes.Node]) -> int | None:
    """Return which child of a short text holds its ``|``; ``None`` without one."""
    for index, child in enumerate(children):
        if isinstance(child, nodes.Text) and SEPARATOR in f" {child} ":
            return index
    return None


def split_halves(
    children: list[nodes.Node], index: int
) -> tuple[list[nodes.Node], list[nodes.Node]]:
    """Split the children of a short text at the ``|`` in child number ``index``."""
    left, _, right = f" {children[index]} ".partition(SEPARATOR)
    before = [*children[:index], nodes.Text(left.removeprefix(" "))]
    after = [nodes.Text(right.removesuffix(" ")), *children[index + 1 :]]
    return _trimmed(before), _trimmed(after)


def _trimmed(half: list[nodes.Node]) -> list[nodes.Node]:
    """Drop the white space at both ends of a half, and pieces left empty by it."""
    if half and isinstance(half[0], nodes.Text):
        half[0] = nodes.Text(half[0].lstrip())
    if half and isinstance(half[-1], nodes.Text):
        half[-1] = nodes.Text(half[-1].rstrip())
    return [piece for piece in half if piece.astext() or not _is_text(piece)]


def _is_text(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Text)


def is_chinese(node: nodes.Node) -> bool:
    """Return whether the inline ``node`` holds Han characters outside code."""
    if isinstance(node, nodes.Text):
        return bool(_HAN.search(node))
    return not is_silent(node) and any(map(_HAN.search, speaking_text(node)))


def text_language(text: str) -> Content:
    """Return the language of plain ``text`` by its characters alone."""
    if _HAN.search(text):
        return "zh"
    if not _LETTER.search(text) or _NAME.fullmatch(text.strip()):
        return "neutral"
    return "en"


def content(node: nodes.Node) -> Content:
    """Return which languages the block ``node`` holds."""
    if isinstance(node, LanguageBlock):
        return node["lang"]
    if isinstance(node, _NO_LANGUAGE) or is_neutral(node):
        return "neutral"
    if isinstance(node, (nodes.paragraph, nodes.line)):
        return _leaf_content(node)
    if is_short_text(node):
        parted = separator_index(node.children) is not None
        return "both" if parted else _leaf_content(node)
    if not isinstance(node, nodes.Element):
        return "neutral"
    if isinstance(node, nodes.table):
        return _table_content(node)
    if is_cell_with_halves(node):
        return "both"
    found = {content(child) for child in node.children} - {"neutral"}
    if len(found) > 1:
        return "both"
    return found.pop() if found else "neutral"


def is_cell_with_halves(node: nodes.Node) -> bool:
    """Return whether ``node`` is a table cell that holds ``中文 | English``."""
    return (
        isinstance(node, nodes.entry)
        and len(node) == 1
        and isinstance(node[0], nodes.paragraph)
        and separator_index(node[0].children) is not None
    )


def _leaf_content(node: nodes.Element) -> Content:
    return text_language("".join(speaking_text(node)))


def _table_content(table: nodes.table) -> Content:
    """Judge a table by its cells: a Chinese one may well have a cell of Latin words."""
    cells = [content(entry) for entry in table.findall(nodes.entry)]
    if "both" in cells or any(is_short_text(child) for child in table.children):
        return "both"
    return "zh" if "zh" in cells else "en" if "en" in cells else "neutral"
