"""A search language for a site that mixes Chinese and English.

Sphinx's Chinese search needs a dictionary when the site is built and none when
the reader searches, so the two disagree and nothing is found. Here both sides
use the same rule: a run of Han characters is indexed as its single characters
and its pairs, and looked up as its pairs; everything else is split into words
and stemmed as English. ``search_language.js`` holds the same rule for
the browser, and how results are ranked and shown.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import snowballstemmer
from docutils import nodes
from sphinx.search import SearchLanguage
from sphinx.search.en import SearchEnglish

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Resolved
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Latin, Greek and Cyrillic after accents are taken off; the same in the browser.
LETTERS = "0-9a-z_\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f"
# A word may hold an apostrophe, an identifier dots: torch.reshape.
_TOKEN = re.compile(rf"\\[a-z]+|[{LETTERS}]+(?:['.][{LETTERS}]+)*|[{HAN}]+")
# LaTeX commands, memory addresses, checksums and measured figures tell nothing.
_NOISE = re.compile(
    r"\\.*|0x[0-9a-f]+|(?=.*[0-9])[0-9a-f]{16,}"
    r"|[0-9][0-9._]*(?:e[0-9]*|[mun]?s|min|[kmg]i?b)?"
)
_ACCENT = re.compile("[\u0300-\u036f]")
_HAN = re.compile(f"[{HAN}]")
_PLAIN_WORD = re.compile("[a-z']+")
# British spelling is found by American spelling and the other way round.
_BRITISH_S = re.compile("([a-z]{3,}[iy])s(e[srd]?|ers|ing|ations?)")
_BRITISH_OUR = re.compile("([a-z]{3,})our(s|ed|ing|hoods?)?")

_SCRIPT = Path(__file__).with_name("search_language.js")
_SEARCH_BAR = {"zh": "搜索课程…", "en": "Search the course…"}

# The line of minutes, lists of other pages, and what sphinx-gallery adds around
# a script: buttons, running times, its name.
_NOT_SEARCHED = {
    "study-time",
    "toctree-wrapper",
    "course-cards",
    "script-cards",
    "learning-path",
    "sphx-glr-download-link-note",
    "sphx-glr-footer",
    "sphx-glr-signature",
    "sphx-glr-timing",
}


def split_query(text: str) -> list[str]:
    """Return what is looked up for ``text``, in order, not yet stemmed.

    Parameters
    ----------
    text : str
        What a reader types. Full-width letters and accents make no difference.

    Returns
    -------
    list of str
        Lower-case words, identifiers as a whole, and the pairs of neighboring
        characters of each Han run (the character itself if it stands alone).
    """
    terms: list[str] = []
    for token in _tokens(text):
        if not _HAN.match(token) or len(token) == 1:
            terms.append(token)
        else:
            terms.extend(_pairs(token))
    return terms


def split_text(text: str) -> list[str]:
    """Return what is indexed for ``text``: all that ``split_query`` gives and more.

    Parameters
    ----------
    text : str
        A piece of a page.

    Returns
    -------
    list of str
        The terms of ``split_query``, the single Han characters, and the parts
        of identifiers written with underscores.
    """
    terms = split_query(text)
    for token in _tokens(text):
        if _HAN.match(token):
            terms.extend(token)
        else:
            terms.extend(_parts(token))
    return terms


def _tokens(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    for match in _TOKEN.finditer(_ACCENT.sub("", plain).lower()):
        token = match[0].strip("_")
        if token and not _NOISE.fullmatch(token):
            yield token


def _parts(identifier: str) -> list[str]:
    """Return what stands between the dots and underscores of an identifier."""
    names = identifier.split(".")
    words = [word for name in names for word in name.split("_")]
    return [part for part in {*names, *words} - {identifier} if len(part) > 1]


def _pairs(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run) - 1)]


class BilingualSearch(SearchLanguage):
    """Pairs of Han characters and stemmed English words."""

    lang = "bilingual"
    # Sphinx names the stemmer's JavaScript class after this.
    language_name = "English"
    js_stemmer_rawcode = "english-stemmer.js"
    stopwords = SearchEnglish.stopwords
    js_splitter_code = _SCRIPT.read_text(encoding="utf-8")

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self.stemmer = snowballstemmer.stemmer("english")

    def split(self, input: str) -> list[str]:  # noqa: A002 - Sphinx's name
        """Return the terms to index for ``input``."""
        return split_text(input)

    def stem(self, word: str) -> str:
        """Return the stem of an English word; anything else stays as it is."""
        if not _PLAIN_WORD.fullmatch(word):
            return word
        american = _whole(_BRITISH_S, r"\1z\2", _whole(_BRITISH_OUR, r"\1or\2", word))
        # Snowball 3.0 in the browser and 3.1 here differ after inter-, not gener-.
        prefixed = re.sub("^inter", "gener", american)
        stem = self.stemmer.stemWord(prefixed)
        return stem if prefixed == american else re.sub("^gener", "inter", stem)


def _whole(pattern: re.Pattern[str], replacement: str, word: str) -> str:
    match = pattern.fullmatch(word)
    return match.expand(replacement) if match else word


def hide_extras(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Keep what is no part of the text out of the search index."""
    for node in doctree.findall(nodes.Element):
        if _NOT_SEARCHED.intersection(node.get("classes", ())):
            node["classes"].append("no-search")


def set_search_bar_text(app: Sphinx, config: Config) -> None:
    """Give the theme's search field its text in the language of the build."""
    if config.html_theme == "pydata_sphinx_theme":
        text = _SEARCH_BAR[own_language(config)]
        config.html_theme_options.setdefault("search_bar_text", text)


def _version() -> str:
    """Return a mark of this module and its script: a change writes all pages anew."""
    content = Path(__file__).read_bytes() + _SCRIPT.read_bytes()
    return hashlib.sha256(content).hexdigest()[:12]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the search language and what the search page shows."""
    app.add_search_language(BilingualSearch)
    app.add_config_value(
        "d2lnotes_search_version", _version(), "html", frozenset({str})
    )
    app.connect("config-inited", set_search_bar_text)
    app.connect("doctree-resolved", hide_extras, priority=Resolved.NOT_SEARCHED_MARKED)
    return METADATA
