"""What the runs of the gallery scripts left behind: one JSON file per script.

A file is written when its script starts and completed when the script has ended
well; only then does its ``run`` hold the key that lets the next build reuse it.
"""

from __future__ import annotations

import builtins
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.twins.languages import half

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.config import Config

    from d2lnotes.site.twins.languages import Language


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True)
class Result:
    """One recorded number; see :func:`d2lnotes.results.record`."""

    name: str
    value: float
    unit: str
    over: str
    spread: float | None
    format: str

    def number(self) -> str:
        """Return the number as its script asked for it, without spread or unit."""
        return self._printed(self.value)

    def measured(self) -> str:
        """Return the number with its spread, if it has one."""
        if self.spread is None:
            return self.number()
        return f"{self.number()} ± {self._printed(self.spread)}"

    def _printed(self, value: float) -> str:
        """Return ``value`` as people write it: 1e-05 is printed as 1 × 10⁻⁵."""
        mantissa, power, exponent = builtins.format(value, self.format).partition("e")
        if not power:
            return mantissa
        return f"{mantissa} × 10{str(int(exponent)).translate(_RAISED)}"

    def quoted(self, language: Language) -> str:
        """Return what prose shows: a fraction is a bare number, 8.2 s has its unit."""
        return f"{self.measured()} {self.unit_in_words(language)}".strip()

    def unit_in_words(self, language: Language) -> str:
        """Return the unit that follows the number, which is nothing for a fraction."""
        return "" if self.unit == "fraction" else half(self.unit, language)


@dataclass(frozen=True)
class Record:
    """Everything known about the last run of one script."""

    path: Path
    script: str
    data: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    run: dict[str, Any] = field(default_factory=dict)
    error: str = ""

    @property
    def stand_ins(self) -> list[str]:
        """The data that stood in for others."""
        return [data["name"] for data in self.data if data["stand_in"]]

    def named_results(self) -> list[Result]:
        """Return the results in the order in which they were recorded."""
        return [Result(name=name, **entry) for name, entry in self.results.items()]


def read_record(path: Path) -> Record | None:
    """Return the record at ``path``; ``None`` if it is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Record(path=path, **content)
    except (OSError, ValueError, TypeError):
        return None


def read_records(folder: Path) -> list[Record]:
    """Return all records below ``folder``, in the order of their scripts' names."""
    found = (read_record(path) for path in sorted(folder.rglob("*.json")))
    return [record for record in found if record is not None]


def results_folder(config: Config) -> Path:
    """Return the folder of the records, one subfolder per chapter."""
    return Path(config.d2lnotes_results_dir)


def results_by_name(records: Iterable[Record]) -> dict[str, tuple[Result, Record]]:
    """Return every result with the record it comes from; the first of a name wins."""
    found: dict[str, tuple[Result, Record]] = {}
    for record in records:
        for result in record.named_results():
            found.setdefault(result.name, (result, record))
    return found


def duplicated_names(records: Iterable[Record]) -> dict[str, list[str]]:
    """Return the names that several scripts recorded, each with those scripts."""
    scripts: dict[str, list[str]] = {}
    for record in records:
        for name in record.results:
            scripts.setdefault(name, []).append(record.script)
    return {name: where for name, where in scripts.items() if len(where) > 1}
