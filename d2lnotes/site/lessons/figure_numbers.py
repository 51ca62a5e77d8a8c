"""Numbers of figures, tables and exercises, without reading every page back.

Sphinx numbers them anew in each build, and for that reads back all pages, the
unchanged ones too: a quarter of what a writer waited for after saving one page. Here
each page leaves the order of its numbered parts when it is read, and the numbers,
which come out as Sphinx's own, are given from that.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.domains.std import StandardDomain
from sphinx.environment.collectors.toctree import TocTreeCollector

from d2lnotes.site._sphinx import disable_collector
from d2lnotes.site.page_notes import PageNotes
from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

Number = tuple[int, ...]


@dataclass(frozen=True)
class Section:
    """A section by its id, and what is in it."""

    id: str
    parts: list[Part]


@dataclass(frozen=True)
class Contents:
    """The pages that a ``toctree`` lists."""

    pages: list[str]


@dataclass(frozen=True)
class Numbered:
    """Something that gets a number among its kind: ``figure``, ``exercise``."""

    kind: str
    id: str


Part = Section | Contents | Numbered


def outline(env: BuildEnvironment, node: nodes.Element) -> list[Part]:
    """Return what matters for numbers inside ``node``, in its order."""
    parts: list[Part] = []
    for child in node.children:
        if isinstance(child, nodes.section):
            parts.append(Section(child["ids"][0], outline(env, child)))
        elif isinstance(child, addnodes.toctree):
            parts.append(Contents([page for _, page in child["entries"]]))
        elif isinstance(child, nodes.Element):
            kind = _kind(env, child)
            if kind and child["ids"]:
                parts.append(Numbered(kind, child["ids"][0]))
            parts += outline(env, child)
    return parts


def _kind(env: BuildEnvironment, node: nodes.Element) -> str | None:
    """Return what ``node`` is counted as; things without a caption are not counted."""
    for domain in env.domains.sorted():
        kind = domain.get_enumerable_node_type(node)
        if isinstance(domain, StandardDomain) and not domain.get_numfig_title(node):
            continue
        if kind:
            return kind
    return None


class Outlines(PageNotes[list[Part]]):
    """Keep the outline of every page."""

    NAME = "d2lnotes_outlines"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Keep the outline of the document that was read."""
        self.of(app.env)[app.env.current_document.docname] = outline(app.env, doctree)


class NumbersFromOutlines(TocTreeCollector):
    """Sphinx's collector of contents, which takes figures' numbers from outlines."""

    def assign_figure_numbers(self, env: BuildEnvironment) -> list[str]:
        """Give all numbers anew and return the pages on which one has changed.

        A number is that of the section around, to the depth ``numfig_secnum_depth``,
        and a count of its kind there.
        """
        outlines = Outlines.of(env)
        before, env.toc_fignumbers = env.toc_fignumbers, {}
        counts: Counter[tuple[str, Number]] = Counter()
        seen: set[str] = set()

        def number_page(page: str, section: Number) -> None:
            if page in outlines and page not in seen:
                seen.add(page)
                number(page, outlines[page], section)

        def number(page: str, parts: list[Part], section: Number) -> None:
            sections = env.toc_secnumbers.get(page, {})
            for part in parts:
                if isinstance(part, Section):
                    own = sections.get(f"#{part.id}", sections.get(""))
                    number(page, part.parts, own or section)
                elif isinstance(part, Contents):
                    for listed in part.pages:
                        number_page(listed, section)
                else:
                    place = section[: env.config.numfig_secnum_depth]
                    counts[part.kind, place] += 1
                    numbers = env.toc_fignumbers.setdefault(page, {})
                    of_kind = numbers.setdefault(part.kind, {})
                    of_kind[part.id] = (*place, counts[part.kind, place])

        if env.config.numfig:
            number_page(env.config.root_doc, ())
        return [
            page
            for page, numbers in env.toc_fignumbers.items()
            if numbers != before.get(page)
        ]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Put the collector in the place of Sphinx's own."""
    disable_collector(app, TocTreeCollector)
    app.add_env_collector(NumbersFromOutlines)
    app.add_env_collector(Outlines)
    return METADATA
