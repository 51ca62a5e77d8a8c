"""What the build has written: nothing of pages that are gone, nothing that is missing.

A page is read back once after it was written; what was found there is kept with the
time and the size of its file. Pictures that no page shows are removed, and a page
whose picture is missing is written again.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Finished

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

_NAMES = re.compile(
    r"""\s(?:class|id)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE
)
_INLINE_SCRIPT = re.compile(r"<script[^>]*>(.+?)</script>", re.DOTALL)
_WORD = re.compile(r"[\w-]+")
_PICTURE = re.compile(r"""\b_images/([^"'\s,>?#]+)""")
_STATIC = "_static"
# It draws icons of other makers; its words would keep the rules for all icons.
_NOT_SEARCHED = "fontawesome.js"


class Found(NamedTuple):
    """What a file of the site holds.

    Parameters
    ----------
    names
        The classes and identifiers of a page, and the words of its scripts.
    pictures
        The names of its pictures.
    """

    names: frozenset[str]
    pictures: frozenset[str]


def in_page(html: str) -> Found:
    """Return what a page holds."""
    names = {
        name for places in _NAMES.findall(html) for name in "".join(places).split()
    }
    names.update(*(_WORD.findall(code) for code in _INLINE_SCRIPT.findall(html)))
    pictures = map(unquote, _PICTURE.findall(html))
    return Found(frozenset(names), frozenset(pictures))


def in_script(code: str) -> Found:
    """Return what a file of JavaScript holds: any of its words may be a name."""
    return Found(frozenset(_WORD.findall(code)), frozenset())


_READERS: dict[str, Callable[[str], Found]] = {".html": in_page, ".js": in_script}


class Outputs:
    """What the files in ``out`` hold, kept in ``file`` from one build to the next."""

    def __init__(self, out: Path, file: Path) -> None:
        self._out, self._file = out, file
        self._known: dict[str, tuple[list[int], Found]] = {}
        # A damaged file is as good as none: everything is read once more.
        with suppress(OSError, ValueError, TypeError, AttributeError):
            self._known = {
                name: ([int(x) for x in stamp], Found(*map(frozenset, found)))
                for name, (stamp, *found) in json.loads(file.read_text("utf-8")).items()
            }

    def of(self, name: str) -> Found:
        """Return what the file ``name`` held when it was last read."""
        return (
            self._known[name][1] if name in self._known else Found(*(frozenset(),) * 2)
        )

    def read(self, files: Iterable[Path]) -> list[Found]:
        """Return what ``files`` hold, and remember it; those that changed are read."""
        known = {}
        for path in files:
            name, stat = path.relative_to(self._out).as_posix(), path.stat()
            stamp = [stat.st_mtime_ns, stat.st_size]
            known[name] = self._known.get(name, ([], self.of(name)))
            if known[name][0] != stamp:
                text = path.read_text(encoding="utf-8")
                known[name] = stamp, _READERS[path.suffix](text)
        if known != self._known:
            self._known = known
            kept = {
                name: [stamp, *map(sorted, found)]
                for name, (stamp, found) in known.items()
            }
            self._file.write_text(json.dumps(kept), encoding="utf-8")
        return [found for _, found in known.values()]


def outputs(app: Sphinx) -> Outputs:
    """Return what is known of the files of this build."""
    if not hasattr(app.builder, "d2lnotes_outputs"):
        file = Path(app.doctreedir) / "outputs.json"
        app.builder.d2lnotes_outputs = Outputs(Path(app.outdir), file)  # type: ignore[attr-defined]
    return app.builder.d2lnotes_outputs  # type: ignore[attr-defined]


def read_outputs(app: Sphinx) -> list[Found]:
    """Return what the pages and scripts of the site hold, as they now are."""
    out = Path(app.outdir)
    scripts = out.glob(f"{_STATIC}/**/*.js")
    searched = [path for path in scripts if path.name != _NOT_SEARCHED]
    return outputs(app).read([*sorted(out.rglob("*.html")), *sorted(searched)])


def note_page(
    app: Sphinx, pagename: str, template: str, context: object, doctree: object
) -> None:
    """Remember the pages that have no source: the search, the index."""
    if doctree is None:
        _without_source(app).add(f"{pagename}.html")


def _without_source(app: Sphinx) -> set[str]:
    if not hasattr(app.builder, "d2lnotes_without_source"):
        app.builder.d2lnotes_without_source = set()  # type: ignore[attr-defined]
    return app.builder.d2lnotes_without_source  # type: ignore[attr-defined]


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages of which a picture is missing."""
    if app.builder.name != "html":
        return []
    folder = Path(app.outdir, "_images")
    there = {path.name for path in folder.glob("*")}
    return [
        page
        for page in sorted(env.found_docs)
        if not outputs(app).of(f"{page}.html").pictures <= there
    ]


def remove_leftovers(app: Sphinx, exception: Exception | None) -> None:
    """Remove pages without a source, and pictures that no page shows."""
    if exception is not None or app.builder.name != "html":
        return
    kept = {f"{page}.html" for page in app.env.found_docs} | _without_source(app)
    for path, name in _files(app.outdir, "*.html"):
        if name not in kept and not name.startswith(f"{_STATIC}/"):
            path.unlink()
            _remove_empty_folder(path.parent)
    for path, name in _files(app.doctreedir, "*.doctree"):
        if name.removesuffix(".doctree") not in app.env.found_docs:
            path.unlink()
    shown = {name for file in read_outputs(app) for name in file.pictures}
    for path in Path(app.outdir, "_images").glob("*"):
        if path.name not in shown:
            path.unlink()


def _files(folder: Path, pattern: str) -> list[tuple[Path, str]]:
    found = sorted(Path(folder).rglob(pattern))
    return [(path, path.relative_to(folder).as_posix()) for path in found]


def _remove_empty_folder(folder: Path) -> None:
    with suppress(OSError):  # it holds other files
        folder.rmdir()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Look before pages are written, and once all are."""
    app.connect("env-get-updated", write_again)
    app.connect("html-page-context", note_page)
    app.connect("build-finished", remove_leftovers, priority=Finished.LEFTOVERS_REMOVED)
    return METADATA
