"""Scripts that sphinx-gallery could not read: each is named, and kept from it.

Left to it, one of them ends the build of all pages.
"""

from __future__ import annotations

import codecs
import re
from typing import TYPE_CHECKING, Any

from d2lnotes.site.source_text import undecodable_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def why_unreadable(source: Path) -> str:
    """Return why sphinx-gallery cannot read ``source``; nothing if it can."""
    if re.search(r"\s", source.name):
        return "its name holds a space, which would break links; rename it"
    if not source.is_file():
        return "it is no file but a folder, a pipe or a device; move it elsewhere"
    if line := undecodable_line(source):
        return f'it is not UTF-8 (File "{source}", line {line}); save it as UTF-8'
    content = source.read_bytes()
    if content.startswith(codecs.BOM_UTF8):
        return "it begins with a byte order mark; save it as UTF-8 without one"
    if not content.endswith(b"\n"):
        return "its last line does not end; add a line break, or its page is garbled"
    return ""


def keep_from_sphinx_gallery(conf: dict[str, Any], sources: Iterable[Path]) -> None:
    """Let sphinx-gallery pass over ``sources``, whose names it compares only."""
    names = [f"^{re.escape(source.name)}$" for source in sources]
    conf["ignore_pattern"] = "|".join([conf["ignore_pattern"], *names])
