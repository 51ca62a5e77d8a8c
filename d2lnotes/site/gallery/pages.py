"""What the gallery's pages say beyond their scripts' text, in the build's language.

sphinx-gallery writes its own words in English. They are put into the build's language
here, and each page tells how long its script ran, on what, and whether its numbers
come from stand-in data.
"""

from __future__ import annotations

import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx_gallery.directives import imgsgnode

from d2lnotes.site.gallery.cards import replace_thumbnails
from d2lnotes.site.gallery.figures import in_english
from d2lnotes.site.gallery.records import Record, read_record, record_path
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Read
from d2lnotes.site.twins.languages import Language, half, own_language
from d2lnotes.site.twins.references import title_reference

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_RUN = {
    "zh": "构建本页时，脚本运行了 {seconds:.1f} 秒，内存峰值 {megabytes:,.0f} MB，设备：{device}。",
    "en": (
        "When this page was built, its script ran for {seconds:.1f} s and held at most "
        "{megabytes:,.0f} MB of memory, on this device: {device}."
    ),
}
_UNREACHED = {
    "earlier": (
        "本页的图和数出自较早的一次运行。此后脚本用到的代码或环境变了，而这次构建没有时间重跑它。",
        "The figures and numbers on this page come from an earlier run. What its script "
        "uses has changed since, and this build had no time left to run it again.",
    ),
    "none": (
        "这次构建没有时间运行本页的脚本，所以这里还没有图和数。",
        "This build had no time left to run the script of this page, so there are no "
        "figures or numbers yet.",
    ),
}
_THREADS = {"zh": "（{} 线程）", "en": ", {} threads"}


class GalleryPage(SphinxTransform):
    """Put a generated page into the build's language and add what its run says."""

    # Before twins are paired (200).
    default_priority = Read.GENERATED_LINES

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Rewrite the document in place."""
        self.own = own_language(self.config)
        replace_thumbnails(self.document, self.env)
        folder = self.config.sphinx_gallery_conf["gallery_dirs"]
        docname = self.env.current_document.docname
        if not docname.startswith(f"{folder}/"):
            return
        if docname == f"{folder}/index":
            self._list_chapters(docname)
        for memory in list(self.document.findall(_is_memory_line)):
            memory.parent.remove(memory)
        for image in self.document.findall(imgsgnode):
            # sphinx-gallery writes this attribute into the page as it stands.
            image["alt"] = html.escape(half(image["alt"], self.own))
            self._choose_file(image)
        path = record_path(self.config, docname)
        if record := read_record(path):
            self.env.note_dependency(path)
            self._add_run(record)
            add_stand_in_warning(self.document, record.stand_ins, this_script=True)
            if record.unreached:
                self._add_unreached(record)
        # The top of every page offers its downloads.
        for offer in [
            *self.document.findall(_is_footer),
            *self.document.findall(_is_link_to_end),
        ]:
            offer.parent.remove(offer)

    def _list_chapters(self, docname: str) -> None:
        """Make the chapters of the gallery's first page an overview, not sections.

        sphinx-gallery puts the list of their own pages into the last of them, so that
        contents and PDF would hold all chapters as parts of the last.
        """
        page = next(self.document.findall(nodes.section))
        lists = list(self.document.findall(addnodes.toctree))
        pages = [target for toctree in lists for _, target in toctree["entries"]]
        sections = [child for child in page if isinstance(child, nodes.section)]
        for section, target in zip(sections, pages, strict=False):
            link = title_reference(target, refdoc=docname)
            title = nodes.rubric("", "", link, **{"heading-level": 2})
            overview = addnodes.only(expr="html")
            overview += nodes.container(classes=["gallery-chapter"])
            overview[0] += [title, *section.children[1:]]
            section.replace_self(overview)
        for toctree in lists:
            toctree.parent.remove(toctree)
            page += toctree

    def _choose_file(self, image: imgsgnode) -> None:
        """Show a figure in the build's language; Sphinx chooses for other pages."""
        english = in_english(image["uri"])
        if self.own == "en" and Path(self.env.srcdir, english.lstrip("/")).is_file():
            image["uri"] = english
            image["srcset"] = in_english(image["srcset"])

    def _add_run(self, record: Record) -> None:
        if not record.run.finished:
            return
        text = _RUN[self.own].format(
            seconds=record.run.seconds,
            megabytes=record.run.peak_memory_bytes / 1e6,
            device=device_in_words(record, self.own),
        )
        line = nodes.paragraph("", text, classes=["sphx-glr-timing", "no-search"])
        line["neutral"] = True
        if (footer := next(self.document.findall(_is_footer), None)) is not None:
            footer.parent.insert(footer.parent.index(footer), line)

    def _add_unreached(self, record: Record) -> None:
        """Say under the title that the build had no time for the script."""
        if section := next(self.document.findall(nodes.section), None):
            kind = "earlier" if record.run.finished else "none"
            note = nodes.note(classes=["unreached"])
            note += [nodes.paragraph("", text) for text in _UNREACHED[kind]]
            section.insert(1, note)


def device_in_words(record: Record, language: Language) -> str:
    """Return what a script ran on, with its number of threads on a CPU."""
    device, threads = record.run.device, record.run.threads
    if device != "CPU":
        return device
    if threads == 1 and language == "en":
        return "CPU, 1 thread"
    return device + _THREADS[language].format(threads)


def add_stand_in_warning(
    document: nodes.document, stand_ins: list[str], *, this_script: bool
) -> None:
    """Say under the title which data stood in for those that the page speaks of."""
    section = next(document.findall(nodes.section), None)
    if not stand_ins or section is None:
        return
    names = ", ".join(sorted(set(stand_ins)))
    zh, en = (
        ("运行本页的脚本时", "When the script of this page ran,")
        if this_script
        else (
            "测量本页引用的数字时",
            "When the numbers quoted on this page were measured,",
        )
    )
    warning = nodes.warning(classes=["stand-in"])
    warning += nodes.paragraph(
        "",
        f"{zh}得不到原来的数据，改用了替代数据（{names}）。"
        "这些数字和图都来自替代数据，不能说明正文所说的数据集。",
    )
    warning += nodes.paragraph(
        "",
        f"{en} the real data could not be had, and stand-in data ({names}) took their "
        "place. These numbers and figures come from the stand-in; they say nothing "
        "about the data set that the text names.",
    )
    section.insert(1, warning)


def _is_memory_line(node: nodes.Node) -> bool:
    start = "Estimated memory usage:"
    return isinstance(node, nodes.paragraph) and node.astext().startswith(start)


def _is_footer(node: nodes.Node) -> bool:
    """Return whether ``node`` holds the links that sphinx-gallery ends a page with."""
    return isinstance(node, addnodes.only) and any(
        "sphx-glr-footer" in box["classes"] for box in node.findall(nodes.container)
    )


def _is_link_to_end(node: nodes.Node) -> bool:
    """Return whether ``node`` is sphinx-gallery's note of where the downloads are."""
    return isinstance(node, nodes.note) and (
        "sphx-glr-download-link-note" in node["classes"]
    )


def load_filter(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the filter of the scripts on the page that lists them all."""
    if pagename == f"{app.config.sphinx_gallery_conf['gallery_dirs']}/index":
        app.add_js_file("list_filter.js", loading_method="defer")
        app.add_js_file("gallery_filter.js", loading_method="defer")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the transform and the style sheet."""
    app.add_transform(GalleryPage)
    # After sphinx-gallery's own style sheets.
    app.add_css_file("gallery.css", priority=700)
    app.connect("html-page-context", load_filter)
    return METADATA
