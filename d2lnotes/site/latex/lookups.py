"""Glossary, results and bibliography of a volume: what the volume itself refers to.

They are the pages of the course with what nothing in the volume needs left out. An
entry that is kept keeps those it refers to in turn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.bibtex.nodes import raw_latex

from d2lnotes.site.latex.builder import volume_builder
from d2lnotes.site.results.role import ResultNumber
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_CITED = re.compile(r"\\hyperlink\{cite\.([^{}]+)\}")
_NOTE = {
    "zh": "这里只收本卷用到的条目，完整的在{}。",
    "en": "These are the entries that this volume uses; all of them are in {}.",
}


@dataclass
class Entry:
    """A term, a work, or the results of a script: it is kept or removed as a whole."""

    page: str
    nodes: list[nodes.Element]
    names: set[str] = field(default_factory=set)


class LookUp(SphinxPostTransform):
    """Leave in a volume's own look-up pages what the volume refers to."""

    builders = ("latex",)
    default_priority = Written.LATEX_LOOKED_UP

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Remove the entries that nothing leads to, and what is empty without them."""
        self.builder = volume_builder(self)
        if self.builder is None:
            return
        pages = self.builder.lookups
        entries = list(_entries(self.document, pages))
        kept = self._kept(entries, pages)
        sections = {id(s) for entry in entries for s in _sections_around(entry)}
        for entry in entries:
            if entry not in kept:
                for node in entry.nodes:
                    node.parent.remove(node)
        for file in list(self.document.findall(addnodes.start_of_file)):
            if file["docname"] in pages:
                used = [entry for entry in kept if entry.page == file["docname"]]
                self._finish(file, used, sections)

    def _kept(self, entries: list[Entry], pages: Iterable[str]) -> list[Entry]:
        """Return the entries that the volume refers to, directly or through others."""
        wanted = {
            target
            for page, node in walk(self.document, "")
            if page not in pages
            for target in self._targets(page, node)
        }
        kept: list[Entry] = []
        rest = entries
        while found := [e for e in rest if e.names & wanted or self._is_of_script(e)]:
            kept += found
            rest = [entry for entry in rest if entry not in found]
            wanted = {
                target
                for entry in found
                for part in entry.nodes
                for page, node in walk(part, entry.page)
                for target in self._targets(page, node)
            }
        return kept

    def _targets(self, page: str, node: nodes.Node) -> Iterator[str]:
        """Yield what ``node`` leads to."""
        if isinstance(node, ResultNumber):
            label = self.env.domains.standard_domain.anonlabels.get(node["refers_to"])
            if label:
                yield "{}#{}".format(*label)
        elif isinstance(node, raw_latex):
            yield from _CITED.findall(node.rawsource)
        elif isinstance(node, nodes.reference):
            uri = node.get("refuri", "")
            if uri.startswith("%"):
                yield uri[1:]
            elif node.get("refid"):
                yield f"{page}#{node['refid']}"

    def _is_of_script(self, entry: Entry) -> bool:
        """Return whether an entry holds the results of a script of this volume."""
        links = (
            node.get("refuri", "")
            for part in entry.nodes
            for node in part.findall(nodes.reference)
        )
        inside = self.builder.inside if self.builder else ()
        return isinstance(entry.nodes[-1], nodes.table) and any(
            uri.startswith("%") and uri[1:] in inside for uri in links
        )

    def _finish(
        self, file: addnodes.start_of_file, kept: list[Entry], sections: set[int]
    ) -> None:
        """Remove what a page holds beside its entries where none of them is left."""
        works = [n for e in kept for n in e.nodes if isinstance(n, nodes.citation)]
        if works or not kept:
            file.children = []
            file += works  # LaTeX has a chapter of its own for them
            return
        shown = {id(s) for entry in kept for s in _sections_around(entry)}
        for section in list(file.findall(nodes.section)):
            if id(section) in sections - shown:
                section.parent.remove(section)
        if self.builder and (home := self.builder.home(file["docname"])):
            note = _NOTE[own_language(self.config)].format(home.short)
            next(file.findall(nodes.section)).insert(1, nodes.paragraph("", note))


def walk(node: nodes.Element, page: str) -> Iterator[tuple[str, nodes.Node]]:
    """Yield all nodes below ``node``, each with the page that it is from."""
    for child in node.children:
        own = child["docname"] if isinstance(child, addnodes.start_of_file) else page
        yield own, child
        if isinstance(child, nodes.Element):
            yield from walk(child, own)


def _entries(document: nodes.document, pages: Iterable[str]) -> Iterator[Entry]:
    for page, node in walk(document, ""):
        if page not in pages:
            continue
        if isinstance(node, addnodes.glossary):
            for item in node.findall(nodes.definition_list_item):
                yield Entry(page, [item], _names(page, item))
        elif isinstance(node, nodes.citation):
            yield Entry(page, [node], {f"{page}:{name}" for name in node["ids"]})
        elif isinstance(node, nodes.table):
            before = node.parent[node.parent.index(node) - 1]
            yield Entry(page, [before, node], _names(page, node))


def _names(page: str, node: nodes.Element) -> set[str]:
    return {
        f"{page}#{name}" for part in node.findall(nodes.Element) for name in part["ids"]
    }


def _sections_around(entry: Entry) -> Iterator[nodes.Element]:
    node = entry.nodes[0].parent
    while node is not None:
        if isinstance(node, nodes.section):
            yield node
        node = node.parent


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the pruning."""
    app.add_post_transform(LookUp)
    return METADATA
