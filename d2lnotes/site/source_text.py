"""How the files that authors write are read: UTF-8, with or without a byte order mark."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read_source(path: Path) -> str:
    """Return the text of a page, script or table.

    What is not UTF-8 becomes U+FFFD: whoever reports :func:`undecodable_line` names the
    file, and nobody else need fail because of it.
    """
    return path.read_text(encoding="utf-8-sig", errors="replace")


def undecodable_line(path: Path) -> int | None:
    """Return the first line of a file that is not UTF-8; ``None`` if all of it is."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return content.count(b"\n", 0, error.start) + 1
    return None
