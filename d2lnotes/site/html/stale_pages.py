"""Titles, labels and numbers that a page shows of others, in its text and around it.

A page is written again when something that it refers to is called, numbered or placed
otherwise, so that a reference to a label that is gone is reported, too; and when a
title changes in the menus around it: the chapters above, the pages of its chapter
beside it, the way to it, the pages before and after it.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes
from sphinx.util import docname_join

from d2lnotes.site.page_notes import PageNotes
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import mark, shown_elsewhere
from d2lnotes.site.twins.references import title_in_words

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

# A name, and the part of the page of that name; mostly empty.
Reference = tuple[str, str]


class References(PageNotes[set[Reference]]):
    """Keep what each page refers to."""

    NAME = "d2lnotes_references"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Collect the names in the references of a page."""
        page = app.env.current_document.docname
        found = self.of(app.env)[page] = set()
        for node in doctree.findall(nodes.Element):
            if isinstance(node, addnodes.pending_xref):
                found.add(_reference(node, page))
            elif "refers_to" in node:
                found.add((node["refers_to"], ""))


def _reference(node: addnodes.pending_xref, page: str) -> Reference:
    name = node["reftarget"]
    if node["reftype"] == "doc":
        name = docname_join(node.get("refdoc", page), name)
    return name, node.get("reftargetid") or ""


class Names:
    """What is known of the course under a name, once all pages are read."""

    def __init__(self, env: BuildEnvironment) -> None:
        self._env = env
        self._std = env.domains.standard_domain
        # Many pages refer to the same places.
        self._meanings: dict[Reference, str] = {}
        self._objects: dict[str, list[object]] = defaultdict(list)
        for (kind, name), place in self._std.objects.items():
            self._objects[_last(name)].append((kind, name, place))
        for name, entry in env.domains.python_domain.objects.items():
            self._objects[_last(name)].append((name, entry.docname, entry.node_id))

    def meaning(self, reference: Reference) -> str:
        """Return a mark of all that a page can show of what ``reference`` leads to."""
        if reference not in self._meanings:
            self._meanings[reference] = mark(self._shown(*reference))
        return self._meanings[reference]

    def _shown(self, name: str, part: str) -> object:
        return (
            self.title(name, part) if name in self._env.found_docs else None,
            [self._label(text) for text in (name, name.lower())],
            self._equation(name),
            sorted(map(repr, self._objects.get(_last(name), ()))),
        )

    def title(self, page: str, part: str = "") -> object:
        """Return the title and the number of a page, or of the part with this id."""
        env = self._env
        # MyST keeps line, id and title of each section.
        slug = env.metadata.get(page, {}).get("myst_slugs", {}).get(part, ())
        return (
            title_in_words(env, page, part),
            "" if part else str(env.titles.get(page, "")),
            slug[1:],
            env.toc_secnumbers.get(page, {}).get(f"#{part}" if part else ""),
        )

    def _label(self, name: str) -> object:
        if name not in self._std.anonlabels:
            return None
        page, part = self._std.anonlabels[name]
        explicit = self._std.labels.get(name, ("", "", ""))[2]
        # Downloads name the page of what they refer to.
        titles = self.title(page), self.title(page, part)
        return page, part, explicit, titles, self._numbers(page, part)

    def _equation(self, name: str) -> object:
        found = self._env.domains.math_domain.equations.get(name)
        return found and (
            found,
            self._numbers(found[0], nodes.make_id(f"equation-{name}")),
        )

    def _numbers(self, page: str, part: str) -> list[object]:
        numbers = self._env.toc_fignumbers.get(page, {})
        return [(kind, numbers[kind].get(part)) for kind in sorted(numbers)]


def _last(name: str) -> str:
    """Return ``name`` as it is looked up: a reference may leave out its modules."""
    return name.lower().rpartition(".")[2]


def what_pages_refer_to(env: BuildEnvironment) -> dict[str, object]:
    """Return what each page shows in its references."""
    names = Names(env)
    notes = References.of(env)
    return {
        page: [(ref, names.meaning(ref)) for ref in sorted(notes[page])]
        for page in notes
    }


def what_stands_around_pages(env: BuildEnvironment) -> dict[str, object]:
    """Return the titles in the menus of each page and in its own lists of contents."""
    menus = _Menus(env)
    relations = env.collect_relations()
    return {
        page: (
            menus.chapters,
            menus.beside(page),
            [menus.names.title(x) for x in relations.get(page, ()) if x],
            relations.get(page),
            menus.listed(page),
        )
        for page in env.found_docs
    }


class _Menus:
    """Contents of the course, as the theme shows them around its pages."""

    def __init__(self, env: BuildEnvironment) -> None:
        self._env = env
        self.names = Names(env)
        self._parents = {
            child: parent
            for parent, children in sorted(env.toctree_includes.items())
            for child in children
        }
        self.chapters = mark(self._level(env.config.root_doc)[1:])
        self._beside: dict[str, str] = {}

    def beside(self, page: str) -> tuple[list[object], str]:
        """Return the way to ``page``, and the contents of the chapter that it is in."""
        if page == self._env.config.root_doc:
            return [], ""  # which has no menu but that of the chapters
        way = [page]
        while (above := self._parents.get(way[-1])) and above not in way:
            way.append(above)
        chapter = way[max(len(way) - 2, 0)]
        if chapter not in self._beside:
            self._beside[chapter] = mark([self._level(x) for x in self._below(chapter)])
        return [self.names.title(x) for x in way[:-1]], self._beside[chapter]

    def listed(self, page: str) -> object:
        """Return the sections and pages in the contents that ``page`` itself shows."""
        if all(toctree.get("hidden") for toctree in self._toctrees(page)):
            return None
        return [
            (str(self._env.tocs.get(x, "")), self._env.toc_secnumbers.get(x))
            for x in self._below(page)
        ]

    def _level(self, page: str) -> tuple[object, ...]:
        """Return the title of ``page`` and those of the pages that it lists."""
        lists = [repr(toctree.attributes) for toctree in self._toctrees(page)]
        pages = self._env.toctree_includes.get(page, ())
        return self.names.title(page), lists, [self.names.title(x) for x in pages]

    def _toctrees(self, page: str) -> list[addnodes.toctree]:
        toc = self._env.tocs.get(page)
        return [] if toc is None else list(toc.findall(addnodes.toctree))

    def _below(self, page: str) -> list[str]:
        """Return ``page`` and all pages that it lists, and those that they list."""
        found = {page: None}
        waiting = [page]
        while waiting:
            new = self._env.toctree_includes.get(waiting.pop(), ())
            waiting += [x for x in new if x not in found]
            found |= dict.fromkeys(new)
        return list(found)


def leave_lists_alone(app: Sphinx, builder: Builder) -> None:
    """Keep Sphinx from writing again each page that lists one that is written.

    It does so whatever has changed there; titles and sections in lists are known here.
    """
    builder.env.files_to_rebuild.clear()  # in memory: what was read is stored by now


def setup(app: Sphinx) -> ExtensionMetadata:
    """Note what pages refer to; write those again for which it has changed."""
    app.add_env_collector(References)
    shown_elsewhere(app, "references", what_pages_refer_to)
    shown_elsewhere(app, "menus", what_stands_around_pages)
    app.connect("write-started", leave_lists_alone)
    # What another builder has read since: a page is written from what is read.
    shown_elsewhere(app, "times of reading", lambda env: env.all_docs)
    return METADATA
