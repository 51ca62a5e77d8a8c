"""The line at the foot of every page: the version of the course, of when, run on what.

The day is that of the sources, ``$SOURCE_DATE_EPOCH`` or the commit they are at: the
same sources give the same pages, on whatever day they are built.
"""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.stages import Started
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.gallery.records import Record
    from d2lnotes.site.twins.languages import Language

_WORDS = {
    "zh": {"of": "，{day} 的版本", "run": "实验由 {versions} 在 {devices} 上运行"},
    "en": {"of": " of {day}", "run": "experiments run with {versions} on {devices}"},
}


def source_day(folder: Path) -> str:
    """Return the day of the sources in ``folder``, in UTC; empty if nothing tells it."""
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or _commit_time(folder)
    with suppress(ValueError, OverflowError):
        return datetime.fromtimestamp(int(seconds), UTC).date().isoformat()
    return ""


def _commit_time(folder: Path) -> str:
    """Return when the commit was made that ``folder`` is at, if it is a clone itself."""
    git = folder / ".git"
    command = ["git", f"--git-dir={git}", "log", "-1", "--format=%ct"]
    with suppress(OSError):
        if git.exists():
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            return done.stdout.strip()
    return ""


def colophon(
    project: str, version: str, day: str, records: Iterable[Record], language: Language
) -> list[str]:
    """Return the version of the course, and what its scripts ran on."""
    words = _WORDS[language]
    runs = [record.run for record in records]
    torch = {run.versions["torch"] for run in runs if "torch" in run.versions}
    facts = [f"{project} {version}{words['of'].format(day=day) if day else ''}"]
    if torch:
        versions = ", ".join(f"torch {number}" for number in sorted(torch))
        devices = ", ".join(sorted({run.device for run in runs}))
        facts.append(words["run"].format(versions=versions, devices=devices))
    return facts


def make_colophon(app: Sphinx) -> None:
    """Put the line together, once the scripts have run."""
    app.env.d2lnotes_colophon = colophon(  # type: ignore[attr-defined]
        app.config.project,
        app.config.version,
        source_day(Path(app.confdir)),
        app.env.d2lnotes_records,  # type: ignore[attr-defined]
        own_language(app.config),
    )


def tell_template(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the template the line."""
    context["colophon"] = app.env.d2lnotes_colophon  # type: ignore[attr-defined]


def shown_colophon(env: BuildEnvironment) -> dict[str, object]:
    """Return what every page says at its foot."""
    return dict.fromkeys(env.found_docs, env.d2lnotes_colophon)  # type: ignore[attr-defined]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after the records have been read."""
    app.setup_extension("d2lnotes.site.results.role")
    app.connect("builder-inited", make_colophon, priority=Started.RECORDS_SUMMED_UP)
    app.connect("html-page-context", tell_template)
    shown_elsewhere(app, "colophon", shown_colophon)
    return METADATA
