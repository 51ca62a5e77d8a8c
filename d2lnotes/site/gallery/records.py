"""What the runs of the gallery scripts left behind: one JSON file per script.

The file is written when its script starts, :mod:`d2lnotes.results` adds what the script
measures, and it is completed when the script has ended: only if that went well does its
run say what went into it, which lets the next build reuse it. Its shape is declared
here, and checked whenever one is read.
"""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from d2lnotes.results import write_json
from d2lnotes.site.twins.languages import half

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.config import Config

    from d2lnotes.site.twins.languages import Language


_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class DamagedRecordError(ValueError):
    """A file is not a record, or cannot be read."""


class Data(Struct, frozen=True):
    """A data set that a script used; see :func:`d2lnotes.results.note_data`."""

    name: str
    stand_in: bool


class Result(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One recorded number; see :func:`d2lnotes.results.record`."""

    value: int | float
    unit: str
    over: str
    spread: int | float | None
    format: str
    name: str = ""  # in the file it stands before the number

    def __post_init__(self) -> None:
        """Refuse a number that no page could print."""
        self.measured()

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


class Run(Struct, frozen=True, kw_only=True):
    """How a run went; ``inputs`` and ``outputs`` only if it went well.

    Parameters
    ----------
    seconds, peak_memory_bytes
        What it took.
    finished
        Date and time of its end, in UTC; empty while it goes on.
    build_id
        The build that it belongs to.
    messages
        Warnings for the author.
    inputs
        What it depends on, by name; see :func:`d2lnotes.site.gallery.inputs.inputs_of`.
    outputs
        The sha256 of the files that it left behind, by their names.
    """

    device: str = ""
    threads: int = 1
    versions: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    peak_memory_bytes: int = 0
    finished: str = ""
    build_id: str = ""
    messages: list[str] = field(default_factory=list)
    inputs: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)


class Record(Struct, frozen=True, kw_only=True):
    """Everything known about the last run of one script.

    Parameters
    ----------
    files
        What the data cache held when the script asked for a file: its size in bytes,
        ``None`` if it was not there.
    unreached
        The build that should have run the script again but had no time left.
    """

    script: str
    data: list[Data] = field(default_factory=list)
    files: dict[str, int | None] = field(default_factory=dict)
    results: dict[str, Result] = field(default_factory=dict)
    run: Run = field(default_factory=Run)
    error: str = ""
    unreached: str = ""

    @property
    def stand_ins(self) -> list[str]:
        """The data that stood in for others."""
        return [data.name for data in self.data if data.stand_in]

    def named_results(self) -> list[Result]:
        """Return the results in the order in which they were recorded."""
        return [
            msgspec.structs.replace(result, name=name)
            for name, result in self.results.items()
        ]


def decode_record(content: bytes) -> Record:
    """Return the record that ``content`` holds.

    Raises
    ------
    DamagedRecordError
        If it is not JSON, or of another shape.
    """
    try:
        return msgspec.json.decode(content, type=Record)
    except msgspec.MsgspecError as error:
        raise DamagedRecordError(str(error)) from error


def load_record(path: Path) -> Record | None:
    """Return the record at ``path``, ``None`` if there is none.

    Raises
    ------
    DamagedRecordError
        If the file is no record, or cannot be read.
    """
    try:
        return decode_record(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DamagedRecordError(str(error)) from error


def read_record(path: Path) -> Record | None:
    """Return the record at ``path``; ``None`` if it is missing or damaged."""
    try:
        return load_record(path)
    except DamagedRecordError:
        return None


def write_record(path: Path, record: Record) -> None:
    """Write ``record`` to ``path``, in one step."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_json(path, msgspec.to_builtins(record))


def read_records(folder: Path) -> list[Record]:
    """Return all records below ``folder``, in the order of their scripts' names."""
    found = (read_record(path) for path in sorted(folder.rglob("*.json")))
    return [record for record in found if record is not None]


def results_folder(config: Config) -> Path:
    """Return the folder of the records, one subfolder per chapter."""
    return Path(config.d2lnotes_results_dir)


def record_path(config: Config, script: str) -> Path:
    """Return where the record of a script lies, which may also be named by its page."""
    name = script.removeprefix(f"{config.sphinx_gallery_conf['gallery_dirs']}/")
    return results_folder(config) / f"{name}.json"


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
