"""The links of the header: the chapters under one, then what is beside them.

The first page lists the chapters in a numbered contents, the experiments and what to
look up in another. A header has no room for all chapters, and the experiments must not
hide behind the last of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx import addnodes

from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class Link(NamedTuple):
    """A link of the header; ``around`` if the page shown is in its folder."""

    title: str
    address: str
    around: bool
    here: bool


class Group(NamedTuple):
    """Links of one contents; a numbered one folds under its ``caption``."""

    caption: str
    links: list[Link]


def add_links(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the template the links."""
    env = app.env
    toctrees = env.tocs[app.config.root_doc].findall(addnodes.toctree)
    context["course_nav"] = [
        Group(
            toctree["caption"] if toctree.get("numbered") else "",
            [
                Link(
                    env.titles[page].astext(),
                    context["pathto"](page),
                    _folder(page) == _folder(pagename),
                    page == pagename,
                )
                for _, page in toctree["entries"]
                if page in env.titles
            ],
        )
        for toctree in toctrees
    ]


def _folder(page: str) -> str:
    return page.partition("/")[0]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register what the template needs."""
    app.connect("html-page-context", add_links)
    return METADATA
