"""Where an author finds a node: the page's line, or the script's for gallery pages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from docutils.utils import get_source_line

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.environment import BuildEnvironment


def source_location(env: BuildEnvironment, node: nodes.Node) -> str:
    """Return ``file:line`` of ``node`` in the file that its author edits."""
    source, line = _nearest_line(node)
    script = gallery_script(env, env.current_document.docname)
    if script is not None:
        return f"{script}:{_line_in_script(script, node.astext())}"
    return f"{source or env.doc2path(env.current_document.docname)}:{line or ''}"


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


def _line_in_script(script: Path, text: str) -> int:
    """Return the line of ``script`` that begins as ``text`` does; 1 if none does."""
    beginning = text.strip().split("\n")[0][:20]
    lines = script.read_text(encoding="utf-8").splitlines()
    return next((n for n, line in enumerate(lines, 1) if beginning in line), 1)
