"""Where an author finds a node: the page's line, or the script's for gallery pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from docutils.utils import get_source_line

from d2lnotes.site.source_text import read_source

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


def source_location(env: BuildEnvironment, node: nodes.Node) -> str:
    """Return ``file:line`` of ``node`` in the file that its author edits."""
    text = node.get("uri") if isinstance(node, nodes.image) else node.astext()
    script = gallery_script(env, env.current_document.docname)
    if script is not None:
        return f"{script}:{line_with(text, script, 1) or 1}"
    source, line = _nearest_line(node)
    source = source or str(env.doc2path(env.current_document.docname))
    if line and isinstance(node, nodes.Inline):
        line = line_with(text, Path(source), line) or line
    return f"{source}:{line or ''}"


def gallery_script(env: BuildEnvironment, docname: str) -> Path | None:
    """Return the script that the page ``docname`` was made from, if it was."""
    folder, _, name = docname.partition("/")
    path = Path(env.srcdir).parent / "gallery" / f"{name}.py"
    return path if folder == "gallery" and path.is_file() else None


def _nearest_line(node: nodes.Node) -> tuple[str | None, int | None]:
    """Return source and line of ``node`` or of the first thing around it with one."""
    found: nodes.Node | None = node
    while found is not None:
        source, line = get_source_line(found)
        if line:
            return source, line
        found = found.parent
    return None, None


def line_with(text: str, file: Path, first: int) -> int | None:
    """Return the line from ``first`` on that has what ``text`` begins with, if any.

    docutils knows the line of a paragraph, but not of a piece of it.
    """
    beginning = text.strip().split("\n")[0][:20]
    lines = read_source(file).splitlines() if file.is_file() else []
    places = enumerate(lines[first - 1 :], first)
    return next((place for place, line in places if beginning in line), None)
