"""Where each term of the glossary is taught: said by the author, or found out.

An entry may say it, in a line before its text: ``:taught: preliminaries/autograd``, or
with ``#`` and the identifier of a section. Of one that does not, it is the first lesson,
in the order of the contents, with a section called like the term; else the first that
has the term alone in bold, which is how lessons introduce one; else the first that links
the term. A section called “Expectation, variance” is called like either.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.domains.std import Glossary
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from d2lnotes.site.page_notes import PageNotes
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.nodes import Half, Twin
from d2lnotes.site.twins.references import (
    Place,
    link_to_place,
    title_in_words,
    title_nodes,
)
from d2lnotes.site.twins.source_lines import source_location
from d2lnotes.site.twins.terms import called

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language

logger = logging.getLogger(__name__)

_FIELD = re.compile(r"\s+:taught:\s*(\S+)\s*")
_PARTS = re.compile(r"[：:，、；？]|[,;?] |还是|以及|[和与]| and | or ")
_ARTICLE = re.compile(r"^(?:the|an?) ")
_LONGEST = 40  # characters of a name
_WORDS = {"zh": "讲解：", "en": "Taught in: "}


class Mention(NamedTuple):
    """How well a page introduces a term, the best being 0, and in which section."""

    rank: int
    anchor: str


class Entry(NamedTuple):
    """The names of a term in both languages, and where its author says it is taught."""

    names: dict[Language, list[str]]
    taught: str


class GlossaryWithPlaces(Glossary):
    """Sphinx's directive, which also takes a line ``:taught:`` in each entry."""

    def run(self) -> list[nodes.Node]:
        """Return the glossary; its items know where they are taught."""
        term, taught = "", {}
        for number in range(len(self.content)):
            line = self.content[number]
            if line and not line[0].isspace():
                term = line
            elif found := _FIELD.fullmatch(line):
                taught[term] = found[1]
                self.content[number] = ""
        result = super().run()
        for node in result:
            for name in node.findall(nodes.term):
                if name.rawsource in taught:
                    name["taught"] = taught[name.rawsource]
        return result


class Mentions(PageNotes[dict[str, Mention]]):
    """Remember what each page mentions by which name, where it does so best."""

    NAME = "d2lnotes_mentions"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Collect the names that stand in titles and in bold, and the linked terms."""
        facts = app.env.metadata[app.env.current_document.docname]
        if {"minutes", "about"}.isdisjoint(facts):
            return  # neither a lesson nor a chapter
        found: dict[str, Mention] = {}
        for rank, names, anchor in sorted(_mentions(doctree), key=lambda one: one[0]):
            if rank and "minutes" not in facts:
                break  # of a chapter only its title counts: it tells what will come
            for name in names:
                found.setdefault(_plain(name), Mention(rank, anchor))
        self.of(app.env)[app.env.current_document.docname] = found


def _mentions(doctree: nodes.document) -> Iterator[tuple[int, list[str], str]]:
    """Yield the rank, the names and the section of everything that may be a term."""
    for title in doctree.findall(nodes.title):
        if isinstance(title.parent, nodes.section) and "halves" in title:
            halves = ("".join(n.astext() for n in h) for h in title["halves"].values())
            whole = [part for half in halves for part in (half, *_PARTS.split(half))]
            yield 0, whole, _anchor(title)
    for bold in doctree.findall(nodes.strong):
        if len(text := bold.astext()) <= _LONGEST and not _is_aside(bold):
            yield 1, [text], _anchor(bold)
    for link in doctree.findall(addnodes.pending_xref):
        if link.get("reftype") == "term" and not _is_aside(link):
            yield 2, [link["reftarget"]], _anchor(link)


def _is_aside(node: nodes.Node) -> bool:
    """Return whether ``node`` stands in a note or an exercise, which teach no term."""
    around = node.parent
    while around is not None and not isinstance(around, nodes.Admonition):
        around = around.parent
    return around is not None


def _anchor(node: nodes.Node) -> str:
    """Return the identifier of the section around ``node``, none for the page's own.

    It is the nearest with a title in both languages, which a link can show.
    """
    around = node.parent
    while around is not None:
        if isinstance(around, nodes.section) and "halves" in around[0]:
            is_page = isinstance(around.parent, nodes.document)
            return "" if is_page else str(around["ids"][0])
        around = around.parent
    return ""


def _plain(name: str) -> str:
    """Return ``name`` without capitals, article and the plural of its last word."""
    short = _ARTICLE.sub("", " ".join(name.split()).lower())
    if short.endswith("ices"):
        return f"{short[:-4]}ix"
    return short[:-1] if short.endswith("s") and not short.endswith("ss") else short


class Entries(PageNotes[dict[str, Entry]]):
    """Remember the terms of each glossary by their identifiers."""

    NAME = "d2lnotes_entries"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Collect the terms of a page."""
        found = {
            term["ids"][0]: Entry(called(term), term.get("taught", ""))
            for glossary in doctree.findall(addnodes.glossary)
            for term in glossary.findall(nodes.term)
        }
        if found:
            self.of(app.env)[app.env.current_document.docname] = found


def places(env: BuildEnvironment, entries: Mapping[str, Entry]) -> dict[str, Place]:
    """Return where the terms of a glossary are taught, by their identifiers."""
    best: dict[str, tuple[int, Place]] = {}
    for page in env.collect_relations():
        for name, (rank, anchor) in Mentions.of(env).get(page, {}).items():
            if name not in best or rank < best[name][0]:
                best[name] = rank, Place(page, anchor)
    found: dict[str, Place] = {}
    for term, entry in entries.items():
        names = {_plain(name) for own in entry.names.values() for name in own}
        known = [best[name] for name in sorted(names & best.keys())]
        if entry.taught:
            page, _, anchor = entry.taught.partition("#")
            found[term] = Place(page, anchor)
        elif known:
            found[term] = min(known, key=lambda one: one[0])[1]
    return found


def shown_places(env: BuildEnvironment) -> dict[str, object]:
    """Return what each glossary says of the places that teach its terms."""
    return {
        page: [
            (
                term,
                place,
                title_in_words(env, *place),
                title_in_words(env, place[0], ""),
            )
            for term, place in places(env, entries).items()
        ]
        for page, entries in Entries.of(env).items()
    }


class LinkPlaces(SphinxPostTransform):
    """Let each entry of a glossary end in a link to the place that teaches its term."""

    # Before one language is hidden (5).
    default_priority = Written.GENERATED_LISTS

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Add the links."""
        taught: dict[str, Place] = {}
        for entries in Entries.of(self.env).values():
            taught |= places(self.env, entries)
        for term in list(self.document.findall(nodes.term)):
            if place := taught.get(next(iter(term["ids"]), "")):
                self._link(term, place)

    def _link(self, term: nodes.term, place: Place) -> None:
        if "taught" in term and not title_in_words(self.env, *place):
            logger.warning(
                ":taught: names a page, or with # a section of one, and “%s” is none. "
                "Pages are named as in preliminaries/tensors.",
                term["taught"],
                location=source_location(self.env, term),
                type="glossary",
                subtype="taught",
            )
            return
        languages: tuple[Language, ...] = ("zh", "en")
        halves = (Half("", self._line(place, x), lang=x) for x in languages)
        term.parent[-1].append(Twin("", *halves))  # type: ignore[index]

    def _line(self, place: Place, language: Language) -> nodes.paragraph:
        title = title_nodes(self.env, place.page, "", language)
        if place.anchor:
            title += [
                nodes.Text(" › "),
                *title_nodes(self.env, place.page, place.anchor, language),
            ]
        line = nodes.paragraph("", _WORDS[language], classes=["taught", "no-search"])
        line += link_to_place(self.env, place, title)
        return line


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive, the collectors and the links."""
    app.add_directive_to_domain("std", "glossary", GlossaryWithPlaces, override=True)
    app.add_env_collector(Mentions)
    app.add_env_collector(Entries)
    app.add_post_transform(LinkPlaces)
    app.add_css_file("glossary.css")
    shown_elsewhere(app, "taught", shown_places)
    return METADATA
