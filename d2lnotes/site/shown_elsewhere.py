"""Pages that show what stands on another: read or written again when that changes.

Sphinx does so for the pages whose own source changed. What a page shows of others, the
titles in its menus, a definition, the sum of all exercises, would stay as it was. So
whoever puts such a thing on a page says here what the pages show; a build compares that
with what they showed when they were made.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from d2lnotes.site.stages import Updated

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

    # What each page shows of others. It shows the same as before if its `repr` is so.
    Facts = Callable[[BuildEnvironment], Mapping[str, object]]


class Shown(NamedTuple):
    """What pages show, and whether they take it over as early as they are read."""

    facts: Facts
    reading: bool


def shown_elsewhere(
    app: Sphinx, name: str, facts: Facts, *, reading: bool = False
) -> None:
    """Keep the pages up to date that show something of others.

    Parameters
    ----------
    name
        What the pages show, such as ``exercises``; the same in every build.
    facts
        Returns what each page shows. Pages that show nothing may be left out.
    reading
        Whether pages take it over from files as they are read. They are then read
        again; others are only written again, once all pages have been read.
    """
    if not hasattr(app, "d2lnotes_shown"):
        app.d2lnotes_shown = {}  # type: ignore[attr-defined]
        app.connect("env-get-outdated", read_again)
        app.connect("env-get-updated", write_again, priority=Updated.SHOWN_ELSEWHERE)
    app.d2lnotes_shown[name] = Shown(facts, reading)  # type: ignore[attr-defined]


def read_again(
    app: Sphinx,
    env: BuildEnvironment,
    added: set[str],
    changed: set[str],
    removed: set[str],
) -> list[str]:
    """Name the pages that were read when files said something else."""
    return [
        page
        for name, facts in _facts(app, reading=True).items()
        for page in _differing(_before(env).get(name, {}), _marks(facts(env)))
        if page not in removed
    ]


def write_again(app: Sphinx, env: BuildEnvironment) -> list[str]:
    """Name the pages that were written when others said something else."""
    before = _before(env)
    for name, facts in _facts(app, reading=True).items():
        before[name] = _marks(facts(env))
    if app.builder.format != "html":
        return []  # other formats are written whole, and must not hide it from HTML
    found: set[str] = set()
    for name, facts in _facts(app, reading=False).items():
        marks = _marks(facts(env))
        found |= _differing(before.get(name, {}), marks)
        before[name] = marks
    return sorted(found & env.found_docs)


def _facts(app: Sphinx, *, reading: bool) -> dict[str, Facts]:
    shown: dict[str, Shown] = app.d2lnotes_shown  # type: ignore[attr-defined]
    return {name: x.facts for name, x in shown.items() if x.reading == reading}


def _before(env: BuildEnvironment) -> dict[str, dict[str, str]]:
    """Return what pages showed in the last build: name → page → a mark of it."""
    if not hasattr(env, "d2lnotes_shown"):
        env.d2lnotes_shown = {}  # type: ignore[attr-defined]
    return env.d2lnotes_shown  # type: ignore[attr-defined]


def _marks(facts: Mapping[str, object]) -> dict[str, str]:
    return {page: mark(facts[page]) for page in facts}


def mark(fact: object) -> str:
    """Return a short text that changes with the ``repr`` of ``fact``."""
    return hashlib.sha256(repr(fact).encode()).hexdigest()[:16]


def _differing(before: dict[str, str], now: dict[str, str]) -> set[str]:
    return {page for page, _ in before.items() ^ now.items()}
