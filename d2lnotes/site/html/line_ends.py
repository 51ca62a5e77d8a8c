"""Where lines may not end, and how Han characters are stressed.

A browser breaks a line before a formula and after it, whatever stands there, and within
any Chinese word. Here a formula holds on to the punctuation beside it, and the words of a
Chinese title, or of a cell in a table, are told apart. Of stressed text, the Han characters are marked, which are
not slanted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import rjieba
from docutils import nodes

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Resolved
from d2lnotes.site.twins.languages import HAN

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_CLOSING = re.compile(r"\A[,.;:!?)\]}’”，。；：！？、）】」』》〉…-]+")
_OPENING = re.compile(r"[(\[{‘“（【「『《〈]+\Z")
_HAN_RUN = re.compile(f"([{HAN}]+)")
# Between two words on lines of their own: what follows is none, or what stands before
# it opens something.
_JOINS = re.compile(r"[(‘“（《–]\n|\n\W+\Z")
# Code, formulas and HTML, whose text is not ours to change.
_AS_TYPED = (nodes.literal, nodes.FixedTextElement, nodes.math)


def set_lines(app: Sphinx, doctree: nodes.document, page: str) -> None:
    """Prepare a page of the site that has been taken over by search and downloads."""
    if app.builder.name != "html":
        return
    for text in list(doctree.findall(nodes.Text)):
        hold_spread(text)
    for formula in list(doctree.findall(nodes.math)):
        hold_punctuation(formula)
    for stressed in list(doctree.findall(nodes.emphasis)):
        mark_han(stressed)
    for parted in [*doctree.findall(nodes.title), *doctree.findall(nodes.entry)]:
        part_words(parted)


def hold_punctuation(formula: nodes.math) -> None:
    """Put ``formula`` and the punctuation beside it into a node that is not broken."""
    parent = formula.parent
    place = parent.index(formula)
    before, after = parent[:place], parent[place + 1 :]
    held = [
        *_taken(_OPENING, before, -1),
        formula,
        *_taken(_CLOSING, after, 0),
    ]
    if len(held) > 1:
        parent[:] = [*before, nodes.inline("", "", *held, classes=["unbroken"]), *after]


def _taken(
    punctuation: re.Pattern[str], pieces: list[nodes.Node], place: int
) -> list[nodes.Node]:
    """Take ``punctuation`` out of the text at ``place``, if it stands there."""
    text = pieces[place] if pieces else None
    if not isinstance(text, nodes.Text) or not (found := punctuation.search(text)):
        return []
    pieces[place] = nodes.Text(text[: found.start()] + text[found.end() :])
    return [nodes.Text(found[0])]


def hold_spread(text: nodes.Text) -> None:
    """Let no line end in a number with its spread, such as 0.834 ± 0.004."""
    if " ± " in text and not isinstance(text.parent, _AS_TYPED):
        held = nodes.Text(text.replace(" ± ", "\u00a0±\u00a0"))
        text.parent.replace(text, held)


def mark_han(stressed: nodes.Element) -> None:
    """Put each run of Han characters in ``stressed`` into a node with the class han."""
    for text in list(stressed.findall(nodes.Text)):
        runs = [run for run in _HAN_RUN.split(text) if run]
        marked = [
            nodes.inline("", run, classes=["han"])
            if _HAN_RUN.match(run)
            else nodes.Text(run)
            for run in runs
        ]
        text.parent.replace(text, marked)


def part_words(block: nodes.Element) -> None:
    """Put a place for a line to end between the words of the Han text of ``block``."""
    for text in list(block.findall(nodes.Text)):
        if _HAN_RUN.search(text) and not isinstance(text.parent, _AS_TYPED):
            pieces: list[nodes.Node] = []
            for word in words(text):
                pieces += [nodes.raw("", "<wbr>", format="html"), nodes.Text(word)]
            text.parent.replace(text, pieces[1:])


def words(text: str) -> list[str]:
    """Return the pieces of a Chinese ``text`` between which a line may end.

    A dictionary knows the words; punctuation stays with the word before it, and so do
    single characters, which are often the rest of a word that it does not know.
    """
    found = [""]
    for word in rjieba.cut(text):
        if (
            len(word) == 1
            or len(found[-1]) < 2
            or _JOINS.search(f"{found[-1]}\n{word}")
        ):
            found[-1] += word
        else:
            found.append(word)
    return found


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after search and downloads, which take the text as it was written."""
    app.connect("doctree-resolved", set_lines, priority=Resolved.LINES_SET)
    return METADATA
