"""Which pages are read again, and that reading some is like reading all.

Sphinx looks for files that are newer than what was read. An older one that was put in
the place of another would be ignored, so here any other time counts.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2lnotes.site.page_notes import PageNotes
from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata


class SourceTimes(PageNotes[dict[Path, int]]):
    """Keep when the files that a page is made of were written, in nanoseconds."""

    NAME = "d2lnotes_sources"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Look at the page's own file and at those that it depends on."""
        page = app.env.current_document.docname
        source = Path(app.env.doc2path(page))
        files = [source, *map(Path, app.env.dependencies.get(page, ()))]
        self.of(app.env)[page] = {file: _time(file) for file in files}


def _time(file: Path) -> int:
    return file.stat().st_mtime_ns if file.is_file() else 0


def read_again(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """Name the pages of which a file is not the one that was read."""
    return [
        page
        for page, times in SourceTimes.of(env).items()
        if page not in removed
        and any(_time(file) != time for file, time in times.items())
    ]


def forget(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    """Forget what stood on all pages that will be read, before the first is.

    Sphinx does so when it reads side by side. One after the other, a page would find
    the label that has just been moved to it still on another, and be blamed for it.
    """
    for page in docnames:
        env.events.emit("env-purge-doc", env, page)
        env.clear_doc(page)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Note times once a page is read, and compare them before the next build reads."""
    app.add_env_collector(SourceTimes)
    app.connect("env-get-outdated", read_again)
    app.connect("env-before-read-docs", forget)
    return METADATA
