"""What every page says about itself: the minutes it takes and what it needs first."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from docutils import nodes
from myst_parser.config.main import TopmatterReadError, read_topmatter
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from d2lnotes.site.twin_references import title_reference

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

# Pages that are looked up rather than studied.
_UNTIMED = {"index", "reference", "gallery"}


def is_lesson(docname: str) -> bool:
    """Return whether ``docname`` is a page to study: ``<chapter>/<page>``."""
    path = PurePosixPath(docname)
    return path.parts[0] not in _UNTIMED and path.name != "index"


class StudyTime(SphinxTransform):
    """Write the minutes and the needed pages under the title of a lesson."""

    # Before twins are paired (200).
    default_priority = 150

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Insert one bilingual line, or report front matter that is missing."""
        docname = self.env.current_document.docname
        section = next(self.document.findall(nodes.section), None)
        if not is_lesson(docname) or section is None:
            return
        matter = self._front_matter(docname)
        minutes, needs = matter.get("minutes"), matter.get("needs")
        if not isinstance(minutes, int) or not isinstance(needs, list):
            self._report(
                "a page begins with front matter such as  minutes: 35  and  "
                f"needs: [tensors]; got minutes: {minutes!r}, needs: {needs!r}"
            )
            return
        pages = [found for need in needs if (found := self._find(need))]
        zh = nodes.paragraph("", f"约 {minutes} 分钟 · 先修：")
        en = nodes.paragraph("", f"About {minutes} minutes · First: ")
        for line, comma, nothing in ((zh, "、", "无"), (en, ", ", "nothing")):
            line["classes"] = ["study-time"]
            line += _links(docname, pages, comma) or [nodes.Text(nothing)]
        section.insert(1, [zh, en])

    def _front_matter(self, docname: str) -> dict[str, Any]:
        text = self.env.doc2path(docname).read_text(encoding="utf-8")
        try:
            return read_topmatter(text) or {}
        except TopmatterReadError as problem:
            self._report(f"the front matter cannot be read: {problem}")
            return {}

    def _find(self, need: str) -> str | None:
        pages = {PurePosixPath(name).name: name for name in _lessons(self.env)}
        if need not in pages:
            known = ", ".join(sorted(pages))
            self._report(f"needs the unknown page {need!r}; the pages are {known}")
        return pages.get(need)

    def _report(self, problem: str) -> None:
        source = self.env.doc2path(self.env.current_document.docname)
        logger.warning(problem, location=f"{source}:1", type="pages")


def _lessons(env: BuildEnvironment) -> list[str]:
    return sorted(filter(is_lesson, env.found_docs))


def _links(docname: str, pages: list[str], comma: str) -> list[nodes.Node]:
    """Return references from ``docname`` to ``pages`` that will show their titles."""
    links: list[nodes.Node] = []
    for page in pages:
        if links:
            links.append(nodes.Text(comma))
        links.append(title_reference(page, refdoc=docname))
    return links


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform."""
    app.add_transform(StudyTime)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
