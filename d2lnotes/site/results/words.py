"""What people wrote about the numbers: their names in words, and what others published.

Both lie in folders with a TOML file for each chapter. The names stand under those that
the scripts record; the published figures name the results that they compare with.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from d2lnotes.site.contents import in_order
from d2lnotes.site.source_text import read_source
from d2lnotes.site.twins.languages import half, halves_problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from d2lnotes.site.twins.languages import Language

SOURCES = "sources.toml"
_EXPERIMENT = re.compile(r"(?m)^[ \t]*\[\[ *experiments *\]\]")


class UnreadableWordsError(ValueError):
    """A file of names or published figures is damaged; the message says where."""


@dataclass(frozen=True)
class Published:
    """What others published for one experiment, in the language of the build.

    Parameters
    ----------
    name, setting
        The experiment, and how it was run; no setting is empty.
    results
        The names of our results for the same experiment.
    values
        Each source with its figures: ``("D2L, Chinese", "0.779")``.
    """

    name: str
    setting: str
    results: tuple[str, ...]
    values: tuple[tuple[str, str], ...]


def files_of(folder: Path, docs: Path) -> list[Path]:
    """Return the files of the chapters in ``folder`` in the order of the contents."""
    chapters = {file.stem for file in folder.glob("*.toml") if file.name != SOURCES}
    return [folder / f"{chapter}.toml" for chapter in in_order(chapters, docs)]


def read_names(file: Path, language: Language) -> dict[str, str]:
    """Return the names of results in words, by the names in their records.

    Raises
    ------
    UnreadableWordsError
        If the file is no TOML, or a name is not ``中文 | English``.
    """
    try:
        return {
            f"{group}.{number}": _half(words, language)
            for group, names in _table(file).items()
            for number, words in names.items()
        }
    except (TypeError, AttributeError, ValueError) as error:
        raise UnreadableWordsError(
            f"the names of results in {file} cannot be read: {error!r}; they are "
            'such as  [lenet]  and below it  test_accuracy = "测试准确率 | Test accuracy"'
        ) from error


def read_published(
    file: Path, sources: dict[str, str], language: Language
) -> list[Published]:
    """Return the published figures of a chapter.

    Parameters
    ----------
    sources
        The names of those who published them, ``中文 | English``, by their keys.

    Raises
    ------
    UnreadableWordsError
        If the file is no TOML, or an experiment in it lacks something.
    """
    try:
        entries = _table(file)["experiments"]
        places = range(len(entries))
    except (KeyError, TypeError) as error:
        raise _unreadable(file, error) from error
    return [_experiment(file, place, entries, sources, language) for place in places]


def read_sources(folder: Path) -> dict[str, str]:
    """Return the names of those who published figures.

    Raises
    ------
    UnreadableWordsError
        If there is no such file, or it is no TOML.
    """
    return _table(folder / SOURCES)


def _experiment(
    file: Path,
    place: int,
    entries: list[dict[str, Any]],
    sources: dict[str, str],
    language: Language,
) -> Published:
    try:
        entry = entries[place]
        return Published(
            name=_half(entry["name"], language),
            setting=_half(entry["setting"], language),
            results=tuple(entry.get("results", ())),
            values=tuple(_by_source(entry["values"], sources, language)),
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        begins = list(_EXPERIMENT.finditer(text := read_source(file)))
        line = text.count("\n", 0, begins[place].start()) + 1 if begins else 1
        raise UnreadableWordsError(
            f"{file}:{line}: this experiment cannot be read: {error!r}; it needs "
            'name, setting and values, such as  values = [["d2l", "0.779"]]'
        ) from error


def _by_source(
    values: list[list[str]], sources: dict[str, str], language: Language
) -> Iterator[tuple[str, str]]:
    """Yield each source with its figures: ``("D2L", "0.779, 0.728")``."""
    found: dict[str, list[str]] = {}
    for source, value in values:
        found.setdefault(_half(sources[source], language), []).append(value)
    for name, figures in found.items():
        yield name, ", ".join(figures)


def _half(text: str, language: Language) -> str:
    if problem := halves_problem(text):
        raise ValueError(f"{problem}: {text!r}")
    return half(text, language)


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(read_source(file))
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> UnreadableWordsError:
    return UnreadableWordsError(f"the file {file} cannot be read: {error!r}")
