"""Sphinx's LaTeX builder, once for each volume of the PDF."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.builders.latex import LaTeXBuilder
from sphinx.util import texescape
from sphinx.util.docutils import new_document
from sphinx.util.nodes import inline_all_toctrees

from d2lnotes.site._sphinx import builder_of
from d2lnotes.site.gallery.figures import gallery_figure, in_english
from d2lnotes.site.latex.typography import sharper
from d2lnotes.site.latex.volumes import (
    CODE,
    FRONT,
    Volume,
    find_lookups,
    front,
    gallery,
    pages_below,
    plan_volumes,
    scripts_elsewhere,
    warn_of_homeless,
)
from d2lnotes.site.lessons.chapters import chapter_figure
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Set

    from sphinx.application import Sphinx
    from sphinx.builders.latex.theming import Theme
    from sphinx.util.typing import ExtensionMetadata

#: The file that tells the command what to typeset and to bind.
LIST = "volumes.json"

# Figures of title pages.
_LARGE = r"width=0.75\linewidth,height=0.3\textheight,keepaspectratio"
_SMALL = r"width=0.45\linewidth,height=0.18\textheight,keepaspectratio"


class VolumeBuilder(LaTeXBuilder):
    """Sphinx's LaTeX builder, once for each volume.

    Post-transforms find here which volume is being written and what stands in it.
    The methods are overridden as Sphinx 9.0 has them.

    Attributes
    ----------
    volume
        The volume at hand; ``None`` where the book is one.
    inside
        The pages that stand in it.
    lookups
        Those of them that were cut down to what the volume refers to.
    """

    volume: Volume | None = None
    volumes: tuple[Volume, ...] = ()
    inside: Set[str] = frozenset()
    lookups: Set[str] = frozenset()

    def write_documents(self, _docnames: Set[str]) -> None:
        """Write a ``.tex`` for each volume, and the list of them."""
        whole = list(self.document_data)
        if not self.config.d2lnotes_volumes:
            super().write_documents(_docnames)
            self._list([(entry[1], entry[2]) for entry in whole])
            return
        start, self._target, *others = whole[0]
        self.volumes = (front(self.env), *plan_volumes(self.env))
        warn_of_homeless(self.env, self.volumes)
        self._homes = self._find_homes()
        self._common = dict(self.context)
        for volume in self.volumes:
            self.volume = volume
            name = f"{self.name_of(volume)}.tex"
            self.document_data = [(start, name, *others)]  # type: ignore[list-item]
            super().write_documents(_docnames)
        self._list([(self.name_of(v), v.title) for v in self.volumes])

    def _list(self, volumes: list[tuple[str, str]]) -> None:
        entries = [
            {"name": name.removesuffix(".tex"), "title": title}
            for name, title in volumes
        ]
        text = json.dumps(entries, ensure_ascii=False, indent=1)
        (self.outdir / LIST).write_text(text, encoding="utf-8")

    def name_of(self, volume: Volume) -> str:
        """Return the name of the volume's file, without an ending."""
        stem = self._target.removesuffix(".tex")
        return f"{stem}-{own_language(self.config)}-{volume.key}"

    def home(self, page: str) -> Volume | None:
        """Return the volume that ``page`` belongs to."""
        return self._homes.get(page)

    def code_volume(self) -> Volume:
        """Return the volume with the code of the scripts."""
        return self.volumes[-1]

    def _find_homes(self) -> dict[str, Volume]:
        homes: dict[str, Volume] = {}
        for volume in self.volumes:
            if volume.key not in (CODE, FRONT):
                elsewhere = scripts_elsewhere(self.env, volume)
                for chapter in self._heads(volume):
                    for page in pages_below(self.env, chapter, without=elsewhere):
                        homes.setdefault(page, volume)
        return homes

    def _heads(self, volume: Volume) -> list[str]:
        """Return what the contents of a volume list: scripts follow what is numbered."""
        scripts = [f"{gallery(self.env)}/index"] if volume.scripts else []
        numbered = [page for page in volume.chapters if self.number(page)]
        rest = [page for page in volume.chapters if page not in numbered]
        return [*numbered, *scripts, *rest]

    def number(self, page: str) -> tuple[int, ...] | None:
        """Return the number of a page, if it has one."""
        return self.env.toc_secnumbers.get(page, {}).get("")

    def update_doc_context(self, title: str, author: str, theme: Theme) -> None:
        """Add what LaTeX has to know of the volume."""
        super().update_doc_context(title, author, theme)
        if self.volume is None:
            return
        self.context |= {
            name: self._common[name] for name in ("preamble", "tableofcontents")
        }
        about = texescape.escape(self.volume.title, self.config.latex_engine)
        first = next(filter(None, map(self.number, self.volume.chapters)), None)
        self.context["preamble"] += (
            "\n"
            rf"\coursevolume{{{self.volume.prefix}}}{{{about}}}{{{(first or (1,))[0]}}}"
        )
        figures = self._figures(self.volume)
        self.context["preamble"] += "\n" + rf"\coursecover{{{figures}}}"
        if self.volume.key == CODE:
            self.context["preamble"] += "\n" + r"\coursecodevolume"
        if self.volume.key == FRONT:
            self.context["tableofcontents"] = ""

    def _figures(self, volume: Volume) -> str:
        """Return LaTeX of a title page's figure; the front has that of each volume."""
        shown = self.volumes[1:] if volume.key == FRONT else (volume,)
        figures = dict.fromkeys(filter(None, map(self._figure, shown)))
        size = _SMALL if volume.key == FRONT else _LARGE
        return "".join(
            rf"\sphinxincludegraphics[{size}]{{{{{name}}}{ending}}}\quad "
            for name, ending in map(os.path.splitext, figures)
        )

    def _figure(self, volume: Volume) -> str:
        """Return the file of the first figure of a volume's chapters, if there is one."""
        scripts = (Path(page).parent.name for page in volume.scripts)
        found = [
            *(chapter_figure(self.env, page) for page in volume.chapters),
            *(gallery_figure(self.env, folder, "plot_*_001") for folder in scripts),
        ]
        figure = next((name for name, _ in found if name), "")
        if not figure:
            return ""
        english = in_english(figure)
        if own_language(self.config) == "en" and Path(self.srcdir, english).is_file():
            figure = english
        source = sharper(self.env, figure)
        self.images[source] = Path(source).name
        return self.images[source]

    def assemble_doctree(
        self, indexfile: str, toctree_only: bool, appendices: list[str]
    ) -> nodes.document:
        """Return the volume as one tree, its references resolved."""
        if self.volume is None:
            return super().assemble_doctree(indexfile, toctree_only, appendices)
        inside: set[str] = set()
        skipped = scripts_elsewhere(self.env, self.volume)
        lookups = self._lookups(self.volume)
        tree = self._contents([*self._heads(self.volume), *lookups])
        tree = inline_all_toctrees(
            self, inside, indexfile, tree, str, [indexfile, *skipped]
        )
        tree["docname"] = indexfile
        self.inside = inside
        self.lookups = {
            below for page in lookups for below in pages_below(self.env, page)
        }
        # Every reference leads somewhere; those that leave the volume say where to.
        self.docnames = set(self.env.all_docs)
        self.env.resolve_references(tree, indexfile, self)
        return tree

    def _lookups(self, volume: Volume) -> list[str]:
        """Return the pages to look things up in that a volume has to bring along."""
        if volume.key in (CODE, FRONT):
            return []
        return [p for p in find_lookups(self.env) if self.home(p) is not volume]

    def _contents(self, pages: list[str]) -> nodes.document:
        document = new_document("<volume>")
        section = nodes.section()
        section += nodes.title("", "the title is in conf.py")
        section += addnodes.toctree(includefiles=pages)
        document += section
        return document


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the builder and the option that states the parts."""
    app.add_builder(VolumeBuilder, override=True)
    app.add_config_value("d2lnotes_volumes", [], "", types=frozenset({list}))
    return METADATA


def volume_builder(transform: Any) -> VolumeBuilder | None:  # noqa: ANN401
    """Return the builder that a post-transform works for, if it writes volumes."""
    builder = builder_of(transform.env)
    return builder if isinstance(builder, VolumeBuilder) and builder.volume else None
