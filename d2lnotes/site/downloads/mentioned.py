"""Where the pages lie that a download refers to, for a copy that is nowhere online.

A hosted copy's downloads link to its pages. Without an address a link would break as
soon as the file is moved; so the text names the page, and the end says where it is.
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from docutils import nodes

from d2lnotes.site.downloads.markdown import Cell
from d2lnotes.site.downloads.markdown_inline import Place, line
from d2lnotes.site.twins.references import title_nodes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sphinx.environment import BuildEnvironment

    from d2lnotes.site.twins.languages import Language

_SEPARATORS: dict[Language, str] = {"zh": "：", "en": ": "}
_WORDS: dict[Language, str] = {
    "zh": "**文中提到的页面**，在离线网站的文件夹里：",
    "en": "**Pages that this text refers to**, in the folder of the offline site:",
}


def mentioned(
    doctree: nodes.document,
    languages: Sequence[Language],
    *,
    env: BuildEnvironment,
    place: Place,
) -> list[Cell]:
    """Return a cell that lists the pages which ``doctree`` refers to, if there are any."""
    if place.url:
        return []
    references = doctree.findall(nodes.reference)
    pages = dict.fromkeys(_page(reference, place.page) for reference in references)
    lines = [_line(env, page, languages) for page in pages if page in env.titles]
    if not lines:
        return []
    words = "\n\n".join(_WORDS[language] for language in languages)
    return [Cell("\n".join(["---\n", words, "", *lines]))]


def _page(reference: nodes.reference, page: str) -> str:
    """Return the name of the page that ``reference`` leads to; empty if to none."""
    target = reference.get("refuri", "").partition("#")[0]
    if not reference.get("internal") or not target.endswith(".html"):
        return ""
    return posixpath.normpath(
        posixpath.join(posixpath.dirname(page), target.removesuffix(".html"))
    )


def _line(env: BuildEnvironment, page: str, languages: Sequence[Language]) -> str:
    found = []
    for language in languages:
        title = title_nodes(env, page, "", language) or env.titles[page].children
        words = line(title, language, Place(page)) + _SEPARATORS[language]
        found.append(f"{words}`{language}/{page}.html`")
    return f"- {' | '.join(found)}"
