"""Cells as files: a Jupyter notebook, or a Python script that editors show as cells."""

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

from d2lnotes.site.downloads.markdown import Cell
from d2lnotes.site.twins.languages import SEPARATOR, Language, is_chinese_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_FIGURES_SPEAK: dict[Language, str] = {
    "zh": '图里的文字：中文，"en" 则为英文',
    "en": 'the words in figures: English, or Chinese with "zh"',
}
_COLUMNS = 77  # beside "# "
_ATOM = re.compile(r"`+[^`]*`+|\$[^$\n]+\$|[!-~]+(?:[^\x00-\x7f](?=[!-~]))?|\s+|.")
# These may not begin a line.
_CLOSING = "，。；：！？、）》”’…—"


def language_cells(cells: Sequence[Cell], languages: Sequence[Language]) -> list[Cell]:
    """Return a cell that sets the language of figures, if ``cells`` draw such texts."""
    code = [cell.text for cell in cells if cell.code]
    if not any(SEPARATOR in text and is_chinese_text(text) for text in code):
        return []
    said = " | ".join(_FIGURES_SPEAK[language] for language in languages)
    return [
        Cell(
            "from d2lnotes.plotting import use_language\n\n"
            f'use_language("{languages[0]}")  # {said}',
            code=True,
        )
    ]


def notebook(cells: Sequence[Cell]) -> str:
    """Return ``cells`` as the text of a Jupyter notebook, always the same for the same."""
    content = {
        "cells": [_cell(cell, number) for number, cell in enumerate(cells, 1)],
        "metadata": {
            "kernelspec": {
                "display_name": "Python 3",
                "language": "python",
                "name": "python3",
            },
            "language_info": {"name": "python"},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _cell(cell: Cell, number: int) -> dict[str, object]:
    source = cell.text.splitlines(keepends=True)
    facts = {"tags": ["raises-exception"]} if cell.fails else {}
    common = {"id": f"cell-{number}", "metadata": facts, "source": source}
    if not cell.code:
        return {"cell_type": "markdown", **common}
    return {"cell_type": "code", "execution_count": None, "outputs": [], **common}


def script(cells: Sequence[Cell]) -> str:
    """Return ``cells`` as a Python file; text stands in comments, 79 columns wide."""
    parts = []
    for cell in cells:
        if cell.code:
            parts.append(f"# %%\n{cell.text}")
        else:
            comment = "\n".join(f"# {text}".rstrip() for text in _wrapped(cell.text))
            parts.append(f"# %% [markdown]\n{comment}")
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> list[str]:
    """Return the lines of Markdown, those of prose no wider than a screen."""
    found: list[str] = []
    keep = False
    for row in text.split("\n"):
        fence = row.lstrip().startswith(("```", "$$"))
        keep = keep != fence
        is_table = row.startswith("|")
        if keep or fence or is_table or row.startswith("#"):
            found.append(row)
        else:
            found += _wrap(row)
    return found


def _wrap(row: str) -> list[str]:
    margin = re.match(r"\s*(?:> ?)*(?:(?:[-*]|\d+[.)])\s+)?", row)
    indent = re.sub(r"[^>\s]", " ", margin[0]) if margin else ""
    lines, now = [], ""
    for atom in _ATOM.findall(row):
        fits = _width(now + atom.rstrip()) <= _COLUMNS
        if fits or atom[0] in _CLOSING or not now.strip():
            now += atom
        else:
            lines.append(now.rstrip())
            now = indent + atom.lstrip()
    return [*lines, now.rstrip()]


def _width(text: str) -> int:
    return sum(1 + (unicodedata.east_asian_width(c) in "WF") for c in text)
