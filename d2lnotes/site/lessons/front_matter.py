"""What the course is made of: chapters, their pages and what each page needs first.

All of it is read from the pages themselves, so that a new page or chapter appears
wherever these are listed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, TypeGuard

from myst_parser.config.main import TopmatterReadError, read_topmatter

from d2lnotes.site.source_text import read_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sphinx.environment import BuildEnvironment

    from d2lnotes.site.twins.languages import Language

# Pages that are looked up rather than studied.
_UNTIMED = {"index", "reference", "gallery"}
_EXERCISE = re.compile(r"(?m)^:{3,}\{exercise\} ")


@dataclass(frozen=True)
class Lesson:
    """A page to study: its name, its minutes and the pages to read before it."""

    page: str
    minutes: int
    needs: tuple[str, ...]
    exercises: int

    @property
    def chapter(self) -> str:
        """The folder that the page lies in."""
        return chapter_of(self.page)


def is_lesson(page: str) -> bool:
    """Return whether ``page`` is a page to study: ``<chapter>/<page>``."""
    return chapter_of(page) not in _UNTIMED and not page.endswith("/index")


def chapter_of(page: str) -> str:
    """Return the folder that ``page`` lies in."""
    return page.partition("/")[0]


def front_matter(source: Path) -> dict[str, Any]:
    """Return what the page at ``source`` says about itself before its title.

    Raises
    ------
    TopmatterReadError
        If that is no YAML mapping.
    """
    return _read(source, source.stat().st_mtime_ns)[0]


@lru_cache(maxsize=4096)
def _read(source: Path, changed: int) -> tuple[dict[str, Any], int]:
    """Return front matter and number of exercises, read once for each change."""
    text = read_source(source)
    return read_topmatter(text) or {}, len(_EXERCISE.findall(text))


def is_minutes(value: object) -> TypeGuard[int]:
    """Return whether ``value`` is a time that a page may take: 1 minute or more."""
    return type(value) is int and value > 0  # True is an int of another type


def pages_named(env: BuildEnvironment, name: str) -> list[str]:
    """Return the pages to study that ``needs`` may mean by ``name``.

    ``chapter/page`` is always one; ``page`` alone is, while no other chapter has it.
    """
    return _by_name(frozenset(env.found_docs)).get(name, [])


# Every page asks for these names.
@lru_cache(maxsize=4)
def _by_name(pages: frozenset[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for page in sorted(filter(is_lesson, pages)):
        for name in (page, PurePosixPath(page).name):
            found.setdefault(name, []).append(page)
    return found


def find_lessons(env: BuildEnvironment) -> dict[str, Lesson]:
    """Return all pages to study whose front matter is right; others are reported."""
    found, names = {}, _by_name(frozenset(env.found_docs))
    for page in sorted(filter(is_lesson, env.found_docs)):
        source = Path(env.doc2path(page))
        try:
            matter, exercises = _read(source, source.stat().st_mtime_ns)
        except TopmatterReadError:
            continue
        minutes, needs = matter.get("minutes"), matter.get("needs")
        if is_minutes(minutes) and isinstance(needs, list):
            wanted = (need for need in needs if isinstance(need, str))
            meant = (names.get(need, []) for need in wanted)
            known = tuple(pages[0] for pages in meant if len(pages) == 1)
            found[page] = Lesson(page, minutes, known, exercises)
    return found


def in_reading_order(env: BuildEnvironment) -> list[str]:
    """Return the pages to study in the order of the contents."""
    found: dict[str, None] = {}
    waiting = [env.config.root_doc]
    while waiting:
        page = waiting.pop()
        if page not in found:
            found[page] = None
            waiting.extend(reversed(env.toctree_includes.get(page, [])))
    return [page for page in found if is_lesson(page)]


def everything_before(page: str, lessons: Mapping[str, Lesson]) -> set[str]:
    """Return all that ``page`` needs, directly or through another page."""
    before: set[str] = set()
    waiting = list(lessons[page].needs) if page in lessons else []
    while waiting:
        need = waiting.pop()
        if need not in before:
            before.add(need)
            waiting.extend(lessons[need].needs if need in lessons else ())
    return before


def direct_needs(page: str, lessons: Mapping[str, Lesson]) -> list[str]:
    """Return what ``page`` needs, without what another of its needs implies."""
    needs = lessons[page].needs
    implied = {
        earlier
        for need in needs
        for earlier in everything_before(need, lessons)
        if earlier != need
    }
    return [need for need in needs if need not in implied]


def duration(minutes: int, language: Language) -> str:
    """Return a time to plan with: minutes, from an hour and a half on hours."""
    if minutes < 90:
        return f"{minutes} 分钟" if language == "zh" else f"{minutes} minutes"
    hours = f"{minutes / 60:.1f}".removesuffix(".0")
    return f"{hours} 小时" if language == "zh" else f"{hours} hours"


def total_minutes(pages: Iterable[str], lessons: Mapping[str, Lesson]) -> int:
    """Return the minutes that ``pages`` take together."""
    return sum(lessons[page].minutes for page in pages if page in lessons)
