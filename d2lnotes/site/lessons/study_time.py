"""What every page says about itself: the minutes it takes and what it needs first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from myst_parser.config.main import TopmatterReadError
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from d2lnotes.site.lessons.deeper import deeper_minutes
from d2lnotes.site.lessons.front_matter import (
    everything_before,
    find_lessons,
    front_matter,
    is_lesson,
    is_minutes,
    pages_named,
)
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.stages import Read
from d2lnotes.site.twins.references import title_reference

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


# Under this key a page keeps the names in its needs.
_NEEDS = "d2lnotes_needs"


class StudyTime(SphinxTransform):
    """Write the minutes and the needed pages under the title of a lesson."""

    # Before twins are paired (200).
    default_priority = Read.GENERATED_LINES

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Insert one bilingual line, or report front matter that is missing."""
        docname = self.env.current_document.docname
        section = next(self.document.findall(nodes.section), None)
        if not is_lesson(docname) or section is None:
            return
        matter = self._front_matter(docname)
        minutes, needs = matter.get("minutes"), matter.get("needs")
        if not is_minutes(minutes) or not isinstance(needs, list):
            self._report(
                "a page begins with front matter such as  minutes: 35  (a whole number "
                "from 1 on) and  needs: [tensors]; "
                f"got minutes: {minutes!r}, needs: {needs!r}"
            )
            return
        names = [need for need in needs if isinstance(need, str)]
        self.env.metadata[docname][_NEEDS] = names
        pages = [found for need in needs if (found := self._find(need))]
        deeper = deeper_minutes(self.document)
        zh_deeper = f" · 深入 {deeper} 分钟" if deeper else ""
        en_deeper = f" · {deeper} more to go deeper" if deeper else ""
        zh = nodes.paragraph("", f"约 {minutes} 分钟{zh_deeper} · 先修：")
        en = nodes.paragraph("", f"About {minutes} minutes{en_deeper} · First: ")
        for line, comma, nothing in ((zh, "、", "无"), (en, ", ", "nothing")):
            line["classes"] = ["study-time"]
            line += _links(docname, pages, comma) or [nodes.Text(nothing)]
        section.insert(1, [zh, en])

    def _front_matter(self, docname: str) -> dict[str, Any]:
        try:
            return front_matter(Path(self.env.doc2path(docname)))
        except TopmatterReadError as problem:
            self._report(f"the front matter cannot be read: {problem}")
            return {}

    def _find(self, need: object) -> str | None:
        pages = pages_named(self.env, need) if isinstance(need, str) else []
        if len(pages) > 1:
            self._report(
                f"needs {need!r}, which may be {' or '.join(pages)}; say which"
            )
        elif not pages:
            known = ", ".join(sorted(filter(is_lesson, self.env.found_docs)))
            self._report(f"needs the unknown page {need!r}; the pages are {known}")
        return pages[0] if len(pages) == 1 else None

    def _report(self, problem: str) -> None:
        logger.warning(
            problem,
            location=f"{self.env.doc2path(self.env.current_document.docname)}:1",
            type="pages",
            subtype="front-matter",
        )


def shown_needs(env: BuildEnvironment) -> dict[str, object]:
    """Return the pages that each page may mean by what it says it needs."""
    return {
        page: [pages_named(env, need) for need in facts[_NEEDS]]
        for page, facts in env.metadata.items()
        if _NEEDS in facts
    }


def check_order(app: Sphinx, env: BuildEnvironment) -> None:
    """Report pages that need themselves: nobody could begin to read them."""
    lessons = find_lessons(env)
    for page in lessons:
        if page in everything_before(page, lessons):
            logger.warning(
                f"{page} needs itself, through the pages that it needs: "
                f"{', '.join(lessons[page].needs)}; take one of them out of its needs",
                location=f"{env.doc2path(page)}:1",
                type="pages",
                subtype="needs-itself",
            )


def _links(docname: str, pages: list[str], comma: str) -> list[nodes.Node]:
    """Return references from ``docname`` to ``pages`` that will show their titles."""
    links: list[nodes.Node] = []
    for page in pages:
        if links:
            links.append(nodes.Text(comma))
        links.append(title_reference(page, refdoc=docname))
    return links


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform and the check."""
    app.add_transform(StudyTime)
    app.connect("env-check-consistency", check_order)
    shown_elsewhere(app, "needs", shown_needs, reading=True)
    return METADATA
