"""One run of Sphinx for one language, and what is needed for the next to be right.

Sphinx reads again only what changed. Left alone, it would pass a page that warned the
last time, keep half-written pages of a build that was interrupted, and not notice
that an extension of ours was edited. So a run that ended leaves a record, and

* without that record, or with another one, every page is read again; if only our
  templates are others, written; if only styles and scripts, they are copied;
* a page that a warning named is read again, and the other one that it tells of.
"""

from __future__ import annotations

import hashlib
import json
import locale
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from d2lnotes.site.command.course import LANGUAGES, Course
from d2lnotes.site.command.processes import Children
from d2lnotes.site.command.terminal import CommandError, advice

_WARNING = re.compile(r"(?P<place>.*?)(?:: )?\b(?:WARNING|ERROR|CRITICAL|SEVERE): ")
_OTHER_PLACE = re.compile(r"other instance in (?P<place>[^,\s]+)")
_PLACE = re.compile(r"(?P<path>.+?\.(?:md|rst|py))(?::\d+)?")
_ERROR = re.compile(r"\s*[\w.]+(?:Error|Exception|Interrupt)\b")
_SYSTEM_ERROR = re.compile(r"\[Errno (\d+)\]")
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_OF_A_SCRIPT = re.compile(r"\[gallery(?:\.[\w-]+)?\]$")
_SHOWN_LINES = 12


@dataclass(frozen=True)
class Options:
    """What a person asked of a build.

    Parameters
    ----------
    jobs
        How many gallery scripts may run at once; ``None`` leaves it to the gallery.
    gallery
        Whether gallery scripts run at all.
    quiet
        Whether what Sphinx says goes to a file instead of the terminal.
    build_id
        The same for all languages of one build: what the first one ran, the others
        do not run again, not even to see it fail.
    shard
        Which share of the gallery scripts is run, such as ``2/8``.
    minutes
        After how many minutes no further gallery script is started; 0 for no limit.
    recheck
        How many gallery scripts run again although their runs hold.
    """

    jobs: int | None = None
    gallery: bool = True
    quiet: bool = False
    build_id: str = ""
    shard: str = ""
    minutes: float = 0
    recheck: int = 0


@dataclass(frozen=True)
class Outcome:
    """How one step of a build ended.

    Parameters
    ----------
    step
        Its name, such as ``zh`` or ``zh PDF``.
    seconds
        How long it took.
    problems
        What went wrong; empty if nothing did.
    """

    step: str
    seconds: float
    problems: tuple[str, ...] = ()


def check_requirements() -> None:
    """Raise :class:`CommandError` if a package that the site needs is missing."""
    missing = [name for name in site_requirements() if _version(name) is None]
    if missing:
        raise CommandError(
            f"the site needs {', '.join(missing)}, not installed here. "
            "Run: pip install 'd2lnotes[site]'  (in a clone: pip install -e '.[site]')"
        )


def site_requirements() -> list[str]:
    """Return the names of the packages in the extra ``site``."""
    try:
        lines = metadata.requires("d2lnotes") or []
    except metadata.PackageNotFoundError:
        return ["sphinx"]
    site = [line for line in lines if re.search(r"""extra == ["']site["']""", line)]
    return [re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in site]


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def start_sphinx(course: Course, children: Children) -> subprocess.Popen[bytes]:
    """Start a process that loads Sphinx and waits for :func:`run_sphinx`."""
    return children.start(
        [sys.executable, "-m", "d2lnotes.site.command.sphinx_child"],
        folder=course.root,
        env=_environment(),
    )


def run_sphinx(
    course: Course,
    language: str,
    *,
    options: Options,
    children: Children,
    builder: str = "html",
    waiting: subprocess.Popen[bytes] | None = None,
) -> Outcome:
    """Build ``language`` with Sphinx's builder ``html`` or ``latex``.

    ``waiting`` is what :func:`start_sphinx` returned, if it was called ahead of time.
    """
    started = time.perf_counter()
    step = language if builder == "html" else f"{language} {builder}"
    warnings, log = course.log(f"{step}-warnings"), course.log(step)
    log.parent.mkdir(parents=True, exist_ok=True)
    for file in (warnings, log):
        file.unlink(missing_ok=True)
    remake = _take_record(course, language)
    output = course.html(language) if builder == "html" else course.latex(language)
    arguments = [
        *("-b", builder),
        *_arguments(course, language, options),
        *remake,
        *("-w", str(warnings)),
        *(str(course.docs), str(output)),
    ]
    process = waiting or start_sphinx(course, children)
    _order(process, arguments, log if options.quiet else None)
    exit_code = children.wait(process)
    messages = _messages(course, warnings)
    if exit_code == 0 or _can_go_on(course, language, exit_code, messages):
        _leave_record(course, language)
    problems = () if exit_code == 0 else _problems(exit_code, messages, log)
    return Outcome(step, time.perf_counter() - started, problems)


def run_scripts(course: Course, *, options: Options, children: Children) -> Outcome:
    """Run gallery scripts, and read no page."""
    started = time.perf_counter()
    warnings, log = course.log("scripts-warnings"), course.log("scripts")
    warnings.parent.mkdir(parents=True, exist_ok=True)
    arguments = [
        *("-b", "dummy"),
        *_arguments(course, next(iter(LANGUAGES)), options),
        *("-D", "d2lnotes_only_scripts=1"),
        *("-d", str(course.doctrees("scripts"))),
        *("-w", str(warnings)),
        *(str(course.docs), str(course.build / "scripts")),
    ]
    process = start_sphinx(course, children)
    _order(process, arguments, None)
    exit_code = children.wait(process)
    messages = _messages(course, warnings)
    problems = () if exit_code == 0 else _problems(exit_code, messages, log)
    return Outcome("scripts", time.perf_counter() - started, problems)


def _order(
    process: subprocess.Popen[bytes], arguments: list[str], log: Path | None
) -> None:
    """Tell a process that waits what to build, and where to say how that goes."""
    order = {"arguments": arguments, "log": str(log) if log else None}
    with suppress(BrokenPipeError):  # it has ended, and said why
        process.stdin.write(json.dumps(order).encode() + b"\n")  # type: ignore[union-attr]
        process.stdin.flush()  # type: ignore[union-attr]


def _take_record(course: Course, language: str) -> list[str]:
    """Remove the record of the last run; return how Sphinx is to make up for what it says.

    Without an option, Sphinx reads and writes what has changed in the course.
    """
    record = course.doctrees(language).with_suffix(".record")
    try:
        before = json.loads(record.read_text())
    except (OSError, ValueError):
        before = {}
    record.unlink(missing_ok=True)
    state = _state()
    changed = [part for part in state if before.get(part) != state[part]]
    if "assets" in changed:  # all of them are copied in each build
        shutil.rmtree(course.html(language) / "_static", ignore_errors=True)
    if "code" in changed:
        return ["-E"]
    return ["-a"] if "templates" in changed else []


def _leave_record(course: Course, language: str) -> None:
    """Vouch for the pages of a run that came to its end."""
    record = course.doctrees(language).with_suffix(".record")
    record.parent.mkdir(parents=True, exist_ok=True)
    record.write_text(json.dumps(_state()))


def _can_go_on(
    course: Course, language: str, exit_code: int, messages: list[str]
) -> bool:
    """Return whether a failed run came to its end and all its pages are known."""
    only_warnings = exit_code == 1 and bool(messages)
    return only_warnings and _forget(course, language, messages)


def _arguments(course: Course, language: str, options: Options) -> list[str]:
    """Return the options that Sphinx is run with."""
    arguments = [
        *("-W", "--keep-going", "-n"),
        *("-c", str(course.root)),
        *("-d", str(course.doctrees(language))),
        *("-D", f"language={LANGUAGES[language]}"),
        *("-D", f"d2lnotes_build_id={options.build_id}"),
    ]
    if options.shard:
        arguments += ["-D", f"d2lnotes_shard={options.shard}"]
    if options.minutes:
        arguments += ["-D", f"d2lnotes_gallery_minutes={options.minutes:g}"]
    if options.recheck:
        arguments += ["-D", f"d2lnotes_recheck={options.recheck}"]
    if options.jobs is not None:
        arguments += ["-D", f"d2lnotes_jobs={options.jobs}"]
    if not options.gallery:
        arguments += ["-D", "d2lnotes_no_gallery=1", "-D", "plot_gallery=0"]
    return arguments


def _environment() -> dict[str, str]:
    """Return what Sphinx and the scripts must find in their environment."""
    environment = {
        "PYTHONUNBUFFERED": "1",
        "PYTHONOPTIMIZE": "",  # the assertions of scripts must count
        "MPLBACKEND": "agg",  # no script draws on a screen
    }
    if not _locale_exists():
        environment["LC_ALL"] = "C.UTF-8" if sys.platform == "linux" else "C"
    for name in ("D2LNOTES_DATA", "D2LNOTES_RUNS"):
        if folder := os.environ.get(name):
            # a relative folder is meant from here, and scripts run elsewhere
            environment[name] = str(Path(folder).expanduser().absolute())
    return environment


def _locale_exists() -> bool:
    """Return whether the system has the locale that ``LANG`` and the like ask for.

    Sphinx ends at once where it has not, as in most containers.
    """
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, "")
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return True


def _state() -> dict[str, str]:
    """Return marks of what pages are made with, beside the course itself.

    ``code``, with the versions of packages, decides what is read, ``templates`` what is
    written; ``assets`` are copied. What this room holds makes no page.
    """
    digests = {part: hashlib.sha256() for part in ("code", "templates", "assets")}
    site = Path(__file__).parents[1]
    for file in sorted(path for path in site.rglob("*") if path.is_file()):
        room, *folders = file.relative_to(site).parts
        part = {"templates": "templates", "static": "assets"}.get("".join(folders[:1]))
        if room != Path(__file__).parent.name and file.suffix not in {".pyc", ".sty"}:
            digests[part or "code"].update(f"{file.name}\n".encode())
            digests[part or "code"].update(file.read_bytes())
    for name in site_requirements():
        digests["code"].update(f"{name}={_version(name)};".encode())
    return {part: digest.hexdigest() for part, digest in digests.items()}


def _messages(course: Course, warnings: Path) -> list[str]:
    """Return the messages in Sphinx's file of warnings, each with its place."""
    if not warnings.exists():
        return []
    text = _COLOUR.sub("", warnings.read_text(encoding="utf-8", errors="replace"))
    text = text.replace(f"{course.root}{os.sep}", "")
    return [line for line in text.splitlines() if line.strip()]


def _forget(course: Course, language: str, messages: Iterable[str]) -> bool:
    """Make Sphinx read every page with a warning again; return whether all were found.

    A script that fails runs again in any case, until it passes.
    """
    found_all = True
    for message in messages:
        warning = _WARNING.match(message)
        if warning is None or _OF_A_SCRIPT.search(message):
            continue  # a further line of the message above, or a script's
        place = _PLACE.fullmatch(warning["place"])
        page = _page_of(course, course.root / place["path"]) if place else None
        if page is None:
            found_all = False
        else:
            _read_again(course, language, page.with_suffix(""))
        if other := _OTHER_PLACE.search(message):
            # Once one of two equal labels is gone, the other must be found.
            file = course.root / other["place"]
            page = _page_of(course, file) or Path(other["place"])
            _read_again(course, language, page.with_suffix(""))
    return found_all


def _read_again(course: Course, language: str, page: Path) -> None:
    doctree = course.doctrees(language) / page
    doctree.with_name(f"{page.name}.doctree").unlink(missing_ok=True)


def _page_of(course: Course, file: Path) -> Path | None:
    """Return the page, relative to docs/, that ``file`` is the source of."""
    if file.is_relative_to(course.docs):
        return file.relative_to(course.docs)
    if file.is_relative_to(course.root / "gallery"):
        return file.relative_to(course.root)
    return None


def _problems(exit_code: int, messages: list[str], log: Path) -> tuple[str, ...]:
    """Return what to tell about a run that failed."""
    if exit_code < 0:
        return (f"Sphinx was ended by signal {-exit_code}; was there enough memory?",)
    if exit_code > 1 and (errors := list(filter(_ERROR.match, messages))):
        error = errors[-1].strip()  # of the exception that ended Sphinx
        number = _SYSTEM_ERROR.search(error)
        return (error + advice(int(number[1]) if number else None),)
    if messages:
        hidden = len(messages) - _SHOWN_LINES
        more = [f"… and {hidden} more lines of messages"] if hidden > 0 else []
        return (*messages[:_SHOWN_LINES], *more)
    if log.exists():
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
        return tuple(lines[-_SHOWN_LINES:])
    return (f"Sphinx ended with exit code {exit_code}; its message is above",)
