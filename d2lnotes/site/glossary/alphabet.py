"""One glossary in alphabetical order: of the English names, or of the pinyin.

Authors write terms by subject, since that is how they think of them. A reader who looks
a word up does not know its subject. So a page that holds glossaries shows all of their
entries under letters, and the subjects, each with its terms in the author's order, at
its end: on paper, where an entry may be left out of a volume, without them.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Read
from d2lnotes.site.twins.languages import own_language
from d2lnotes.site.twins.nodes import Half, Twin
from d2lnotes.site.twins.terms import called

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language

    Reading = tuple[str, ...]

# What pypinyin takes for the more frequent reading: shì (似的), zhòng (重量), diào (调查).
_READINGS = {
    "似然": ["si", "ran"],
    "调参": ["tiao", "can"],
    "重参数": ["chong", "can", "shu"],
    "重采样": ["chong", "cai", "yang"],
    "重构": ["chong", "gou"],
    "重启": ["chong", "qi"],
}
_OTHER = "#"
_BY_SUBJECT = {"zh": "按主题", "en": "By subject"}
_COLON = {"zh": "：", "en": ": "}


@cache
def _pinyin() -> Callable[[str], list[str]]:
    """Return what reads Chinese; a build of the English edition never loads it."""
    from pypinyin import lazy_pinyin, load_phrases_dict

    load_phrases_dict({w: [[one] for one in _READINGS[w]] for w in _READINGS})
    return cast("Callable[[str], list[str]]", lazy_pinyin)


def reading(name: str, language: Language) -> Reading:
    """Return what ``name`` is sorted by: its syllables in Chinese, else its letters."""
    if language == "en":
        return (name.lower(),)
    syllables = _pinyin()(name)
    return (*(syllable.strip().lower() for syllable in syllables), name)


def letter_of(reading: Reading) -> str:
    """Return the letter that a reading stands under; ``#`` if it begins with none."""
    first = re.search(r"\w", reading[0])
    return first[0].upper() if first and first[0].isascii() else _OTHER


class SortGlossary(SphinxTransform):
    """Put the entries of a page's glossaries under letters."""

    # Terms have their names (200), and sections their labels yet to come (210).
    default_priority = Read.GLOSSARY_SORTED

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Rewrite the document in place."""
        found = list(self.document.findall(addnodes.glossary))
        if not found:
            return
        self.own = own_language(self.config)
        home = next(self.document.findall(nodes.section))
        subjects = [_Subject(glossary) for glossary in found]
        for glossary in found:
            _take_out(glossary, home)
        items = [item for subject in subjects for item in subject.items]
        home += self._letters(items)
        if any(subject.title for subject in subjects):
            home += addnodes.only("", self._by_subject(subjects), expr="html")

    def _letters(self, items: Iterable[nodes.Element]) -> Iterator[nodes.section]:
        readings = {id(item): self._reading(item) for item in items}
        ordered = sorted(items, key=lambda item: readings[id(item)])
        for letter, own in groupby(
            ordered, key=lambda item: letter_of(readings[id(item)])
        ):
            entries = nodes.definition_list("", *own, classes=["glossary"])
            glossary = addnodes.glossary("", entries, sorted=False)
            yield self._section(letter, [glossary])

    def _reading(self, item: nodes.Element) -> Reading:
        names = called(next(item.findall(nodes.term)))
        return reading(names[self.own][0], self.own)

    def _section(self, title: str, content: Iterable[nodes.Node]) -> nodes.section:
        section = nodes.section("", nodes.title(title, title), *content)
        section["ids"] = [f"letter-{'other' if title == _OTHER else title.lower()}"]
        self.document.ids[section["ids"][0]] = section
        return section

    def _by_subject(self, subjects: Iterable[_Subject]) -> nodes.section:
        lists = nodes.bullet_list("", *(s.line() for s in subjects if s.title))
        section = self._section(_BY_SUBJECT[self.own], [lists])
        section["ids"] = ["by-subject"]
        title = cast("nodes.title", section[0])
        title["halves"] = {x: [nodes.Text(_BY_SUBJECT[x])] for x in _BY_SUBJECT}
        return section


class _Subject:
    """What an author wrote under one title: its halves, and the entries in order."""

    def __init__(self, glossary: addnodes.glossary) -> None:
        title = glossary.parent[0]
        is_own = glossary.parent.parent is not glossary.document
        halves: dict[Language, list[nodes.Node]] = title.get("halves", {})
        self.title = halves if is_own else {}
        self.items = list(glossary.findall(nodes.definition_list_item))

    def line(self) -> nodes.list_item:
        """Return a line with the title and links to the terms, in both languages."""
        languages: tuple[Language, ...] = ("zh", "en")
        halves = (Half("", self._links(lang), lang=lang) for lang in languages)
        return nodes.list_item("", Twin("", *halves))

    def _links(self, language: Language) -> nodes.paragraph:
        title = (node.deepcopy() for node in self.title[language])
        line = nodes.paragraph("", "", nodes.strong("", "", *title))
        mark = _COLON[language]
        for item in self.items:
            term = next(item.findall(nodes.term))
            name, target = called(term)[language][0], term["ids"][0]
            link = nodes.reference("", name, internal=True, refid=target)
            line += [nodes.Text(mark), link]
            mark = " · "
        return line


def _take_out(glossary: nodes.Element, home: nodes.section) -> None:
    """Remove a glossary, and the section around it if nothing else stands in it."""
    section = glossary.parent
    section.remove(glossary)
    while section is not home and len(section) == 1:
        section.parent.remove(section)
        section = section.parent


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_transform(SortGlossary)
    return METADATA
