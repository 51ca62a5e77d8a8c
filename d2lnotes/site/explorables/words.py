"""What the explorables say: ``words.toml`` in the folder of each, and one for all.

An entry is ``中文 | English``; names in braces are filled in by the widget, whose script
has no words of its own.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

from d2lnotes.site.twins.languages import Language, half

WIDGETS = Path(__file__).parent / "static" / "explorables"


def widget_names() -> list[str]:
    """Return the names of the explorables, which are those of their folders."""
    return sorted(path.parent.name for path in WIDGETS.glob("*/words.toml"))


def word_files(name: str) -> list[Path]:
    """Return the files that hold the words of the explorable ``name``."""
    return [WIDGETS / "words.toml", WIDGETS / name / "words.toml"]


def words_of(name: str, language: Language) -> dict[str, str]:
    """Return the words of the explorable ``name`` in ``language``."""
    tables = [tomllib.loads(file.read_text("utf-8")) for file in word_files(name)]
    return {key: half(text, language) for both in tables for key, text in both.items()}
