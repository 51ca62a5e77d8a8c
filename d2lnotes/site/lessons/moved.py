"""Old addresses: sections that moved, or were renamed, are still found where they were.

A lesson lists them in its front matter, the old anchor first::

    moved:
      strides: memory#strides        # or chapter/page#anchor
      first-steps: "#try-it-first"   # a section of this page

At the end of the page each old anchor becomes a link, which is seen only by who comes
to it, and which folds.js follows at once.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from myst_parser.config.main import TopmatterReadError
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging

from d2lnotes.site.lessons.front_matter import front_matter
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

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language

logger = logging.getLogger(__name__)

_WORDS = {"zh": "这一节现在在这里：", "en": "This section is now here: "}


class Moves(PageNotes[dict[str, Place]]):
    """Remember where the old anchors of each page lead."""

    NAME = "d2lnotes_moved"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Collect them from the front matter, and report what cannot be one."""
        page = app.env.current_document.docname
        try:
            given = front_matter(Path(app.env.doc2path(page))).get("moved") or {}
        except TopmatterReadError:
            return  # which is reported with the minutes
        if not isinstance(given, dict):
            _report(
                app.env, page, f"is a list of  old-anchor: page#anchor, not {given!r}"
            )
            return
        here = {one for node in doctree.findall(nodes.Element) for one in node["ids"]}
        found = {str(old): _place(page, str(new)) for old, new in given.items()}
        for old in found.keys() & here:
            _report(app.env, page, f"says that “{old}” moved, and it still stands here")
        if moves := {old: found[old] for old in found if old not in here}:
            self.of(app.env)[page] = moves


def _place(page: str, target: str) -> Place:
    """Return the place that ``target`` means on ``page``."""
    name, _, anchor = target.partition("#")
    chapter = page.rpartition("/")[0]
    if not name:
        name = page
    elif "/" not in name:
        name = f"{chapter}/{name}"
    return Place(name, anchor)


def _report(env: BuildEnvironment, page: str, problem: str) -> None:
    logger.warning(
        "moved: %s",
        problem,
        location=f"{env.doc2path(page)}:1",
        type="lessons",
        subtype="moved",
    )


class LinkOldAddresses(SphinxPostTransform):
    """End a page in the links of its old anchors."""

    # Before one language is hidden (5).
    default_priority = Written.GENERATED_LISTS
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Add the links, and report those that lead nowhere."""
        page = self.env.current_document.docname
        moves = Moves.of(self.env).get(page, {})
        for old, place in moves.items():
            if not title_in_words(self.env, *place):
                where = "#".join(place)
                _report(
                    self.env, page, f"leads “{old}” to {where}, which is no section"
                )
                continue
            languages: tuple[Language, ...] = ("zh", "en")
            halves = (Half("", self._line(place, x), lang=x) for x in languages)
            self.document[-1].append(  # type: ignore[index]
                nodes.container(
                    "", Twin("", *halves), ids=[old], classes=["moved", "no-search"]
                )
            )

    def _line(self, place: Place, language: Language) -> nodes.paragraph:
        title = title_nodes(self.env, *place, language)
        link = link_to_place(self.env, place, title)
        return nodes.paragraph("", _WORDS[language], link)


def shown_titles(env: BuildEnvironment) -> dict[str, object]:
    """Return what each page shows of the sections that its old anchors lead to."""
    return {
        page: [
            (old, place, title_in_words(env, *place)) for old, place in moves.items()
        ]
        for page, moves in Moves.of(env).items()
    }


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the collector and the links."""
    app.add_env_collector(Moves)
    app.add_post_transform(LinkOldAddresses)
    app.add_css_file("moved.css")
    shown_elsewhere(app, "moved", shown_titles)
    return METADATA
