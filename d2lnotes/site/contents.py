"""The order of the chapters: that of the contents on the first page, and no other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from d2lnotes.site.source_text import read_source

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_CHAPTER = re.compile(r"(?m)^([\w-]+)/index$")


def listed_chapters(docs: Path) -> list[str]:
    """Return the folders of ``docs`` that the contents of ``index.md`` list."""
    return _CHAPTER.findall(read_source(docs / "index.md"))


def in_order(chapters: Iterable[str], docs: Path) -> list[str]:
    """Return ``chapters`` as the contents list them; others follow by their names."""
    places = {chapter: place for place, chapter in enumerate(listed_chapters(docs))}
    return sorted(chapters, key=lambda name: (places.get(name, len(places)), name))
