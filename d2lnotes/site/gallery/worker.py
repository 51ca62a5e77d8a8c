"""Run one gallery script: the part of the build that happens in a process of its own.

The script runs in an empty folder, with a limit on its time, and may write nowhere
else in the course. Its figures need an alternative text and all their glyphs, its
output must not hold memory addresses.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import re
import shutil
import signal
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from multiprocessing import connection, parent_process
from pathlib import Path
from typing import IO, Any

import msgspec

from d2lnotes.site._sphinx import run_gallery_script
from d2lnotes.site.gallery.figures import shrink, without_language
from d2lnotes.site.gallery.inputs import THE_SCRIPT
from d2lnotes.site.gallery.records import (
    DamagedRecordError,
    Record,
    Run,
    load_record,
    write_record,
)
from d2lnotes.site.gallery.scripts import Script

# Code that no signal can interrupt is stopped after this many times the limit.
HARD_STOP = 2

_ADDRESS = re.compile(r"<[^<>\n]* at 0x[0-9a-f]{6,}>")
_GLYPH = re.compile(r"does not have a glyph")
_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
# Which arguments of an audit event are paths that it writes to, each with the argument
# that holds the folder it is relative to, as a descriptor: 0 where there is none.
_WRITTEN = {
    "open": ((0, 0),),
    "os.chmod": ((0, 2),),
    "os.chown": ((0, 3),),
    "os.link": ((1, 3),),
    "os.mkdir": ((0, 2),),
    "os.remove": ((0, 1),),
    "os.removexattr": ((0, 0),),
    "os.rename": ((0, 2), (1, 3)),
    "os.rmdir": ((0, 1),),
    "os.setxattr": ((0, 0),),
    "os.symlink": ((1, 2),),
    "os.truncate": ((0, 0),),
    "os.utime": ((0, 3),),
    "shutil.rmtree": ((0, 1),),
    "sqlite3.connect": ((0, 0),),
}


@dataclass(frozen=True, kw_only=True)
class Job:
    """Everything that the process of one script is told.

    ``reason`` says why it must run; ``recheck``, that its last run holds all the same.
    """

    script: Script
    reason: str
    recheck: bool = False
    gallery_conf: dict[str, Any]
    inputs: dict[str, str]
    versions: dict[str, str]
    limit: float
    threads: int
    environment: dict[str, str]
    scratch: Path
    course: tuple[Path, ...]
    writable: tuple[Path, ...]
    loads_torch: bool
    build_id: str

    @property
    def log(self) -> Path:
        """Where a crash leaves its traceback."""
        return self.scratch.with_suffix(".log")

    def has_text_of(self, record: Record) -> bool:
        """Return whether the script is what it was in the run of ``record``."""
        return record.run.inputs.get(THE_SCRIPT) == self.inputs[THE_SCRIPT]


class ScriptFolder:
    """Runs the blocks of a script in its own folder and refuses writes elsewhere."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._here = job.scratch
        self._course = tuple(path.resolve() for path in job.course)
        # What lies outside the course needs no permission, and must give none.
        allowed = (path.resolve() for path in (job.scratch, *job.writable))
        self._writable = tuple(path for path in allowed if self._in_course(path))
        self.active = False

    def run_block(self, block: Callable[[], Any]) -> tuple[float, Any]:
        """Run one block; sphinx-gallery takes this for a memory meter."""
        outside, source_folder = Path.cwd(), str(self._job.script.source.parent)
        # A downloaded script finds no modules beside it.
        sys.path = [entry for entry in sys.path if entry != source_folder]
        os.chdir(self._here)
        self.active = True
        try:
            return 0.0, block()
        except SystemExit as error:
            raise RuntimeError(
                f"the script ends itself with exit code {error.code or 0}, and what "
                "follows would not run; take the exit out, it ends after its last line"
            ).with_traceback(error.__traceback__) from None
        finally:
            self.active = False
            self._here = Path.cwd()
            os.chdir(outside)

    def audit(self, event: str, args: tuple[Any, ...]) -> None:
        """Refuse an attempt to write; Python calls this at each such attempt."""
        if not self.active or event not in _WRITTEN:
            return
        if event == "open" and not (args[2] or 0) & _WRITE:
            return
        self.active = False
        try:
            for index, folder in _WRITTEN[event]:
                path = _path(args[index], args[folder] if folder else -1)
                if path and not (event == "os.mkdir" and path.exists()):
                    self._check(path)
        finally:
            self.active = True

    def _in_course(self, path: Path) -> bool:
        return any(path.is_relative_to(folder) for folder in self._course)

    def _check(self, path: Path) -> None:
        allowed = any(_is_below(path, folder) for folder in self._writable)
        cached = "__pycache__" in path.parts
        if self._in_course(path) and not (allowed or cached):
            raise PermissionError(
                f"{self._job.script.name} writes outside its folder: {path}. A script "
                "may write to relative paths, which lie in an empty folder of its own, "
                "or to the tempfile module's"
            )


def _path(value: Any, folder: Any) -> Path | None:  # noqa: ANN401 - whatever was given
    """Return the path that an audit event names, if that can be known.

    Parameters
    ----------
    value
        A path, or the descriptor of an open file.
    folder
        The descriptor of the folder that the path is relative to; -1 for the current.
    """
    if isinstance(value, int):
        return _path_of_descriptor(value)
    if not isinstance(value, (str, bytes, os.PathLike)):
        return None
    path = Path(os.fsdecode(value))
    if isinstance(folder, int) and folder >= 0 and not path.is_absolute():
        place = _path_of_descriptor(folder)
        return place and (place / path).resolve()
    return path.resolve()


def _path_of_descriptor(descriptor: int) -> Path | None:
    """Return what is open as ``descriptor``, where the system tells (Linux)."""
    try:
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
    except OSError:
        return None
    return path if path.is_absolute() else None


def course_files(job: Job) -> dict[Path, tuple[int, int, int]]:
    """Return the files that people wrote: time of change, size and rights of each.

    What a build makes, hidden folders and those that scripts may write to are left out.
    """
    made = Path(job.course[1], job.gallery_conf["gallery_dirs"]).resolve()
    left_out = {made, *(path.resolve() for path in job.writable)}
    scratch = job.scratch.resolve()
    found = {}
    for here, folders, names in chain(*(os.walk(top.resolve()) for top in job.course)):
        folders[:] = [
            name
            for name in folders
            if not name.startswith((".", "__", "node_modules"))
            and (path := Path(here, name)) not in left_out
            and not scratch.is_relative_to(path)
        ]
        for name in names:
            # An editor's notes about an open file are nobody's loss.
            if not name.startswith((".", "#")) and not name.endswith("~"):
                with suppress(OSError):  # somebody was faster
                    facts = Path(here, name).lstat()
                    state = facts.st_mtime_ns, facts.st_size, facts.st_mode
                    found[Path(here, name)] = state
    return found


def _changed_files(job: Job, before: dict[Path, tuple[int, int, int]]) -> str:
    """Return what to say of files that are no longer as they were, if there are any."""
    after = course_files(job)
    changed = sorted({path for path, _ in before.items() ^ after.items()})
    if not changed:
        return ""
    names = ", ".join(map(str, changed[:5])) + (", …" if len(changed) > 5 else "")
    return (
        f"while {job.script.name} ran, files of the course were changed: {names}. If "
        "nobody edited them, the script did, or a program that it started: restore them "
        "and let it write to relative paths. It will run again"
    )


def _is_below(path: Path, place: Path) -> bool:
    """Return whether ``path`` is ``place``, lies in it, or differs in suffix only."""
    return path.is_relative_to(place) or path.with_suffix(".json") == place


def run_script(job: Job) -> None:
    """Run a script, then complete its record; an error becomes part of the record."""
    _end_with_parent()
    with job.log.open("w", encoding="utf-8") as log:
        faulthandler.enable(log)
        messages = _prepare(job)
        folder = ScriptFolder(job)
        sys.addaudithook(folder.audit)
        before = course_files(job)
        seconds, error = 0.0, ""
        try:
            _check_assertions_count(job)
            with _time_limit(job, folder, log):
                seconds, error = _generate(job, folder)
            if not error:
                _check_page(job.script)
        except UnicodeEncodeError as problem:
            error = (
                f"{job.script.name} prints {problem.object[problem.start]!r}, which is "
                "half a character and no text; print its repr or leave it out"
            )
        except Exception:  # a report must come from whatever went wrong
            error = traceback.format_exc()
        error = "\n".join(filter(None, [_changed_files(job, before), error]))
        _complete_record(job, seconds, error, messages)
        faulthandler.disable()
    job.log.unlink()


def _generate(job: Job, folder: ScriptFolder) -> tuple[float, str]:
    """Let sphinx-gallery run the script; return its seconds and its error, if any."""
    conf = {**job.gallery_conf, "show_memory": folder.run_block, "parallel": False}
    return run_gallery_script(job.script.source, job.script.target, conf)


def _prepare(job: Job) -> list[str]:
    """Set up this process; return the list that will hold warnings for the author."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the build stops its processes
    os.environ.update(job.environment)
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(job.threads)
    shutil.rmtree(job.scratch, ignore_errors=True)
    job.scratch.mkdir(parents=True)
    write_record(job.script.record, Record(script=job.script.name))
    job.script.kept.unlink(missing_ok=True)
    warnings.filterwarnings("error", message=r"Glyph \d+ .*missing from")
    logging.getLogger("matplotlib.mathtext").addFilter(_refuse_missing_glyph)
    messages: list[str] = []
    logger = logging.getLogger("sphinx")
    logger.addHandler(_ListHandler(messages))
    logger.propagate = False
    warnings.formatwarning = _warning_formatter(messages)  # type: ignore[assignment]
    return messages


def _refuse_missing_glyph(entry: logging.LogRecord) -> bool:
    """Turn what mathtext only logs into an error; Han never goes into mathtext."""
    if _GLYPH.search(message := entry.getMessage()):
        raise RuntimeError(message)
    return True


class _ListHandler(logging.Handler):
    """Keeps what sphinx-gallery warns of, for the build to repeat."""

    def __init__(self, messages: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._messages = messages

    def emit(self, record: logging.LogRecord) -> None:
        if "unexpectedly failed" not in str(record.msg):  # it will be reported
            self._messages.append(record.getMessage())


def _warning_formatter(messages: list[str]) -> Callable[..., str]:
    """Return a formatter without paths, which differ from one machine to the next."""

    def format_warning(message: Warning | str, category: type, *_: object) -> str:
        if category.__name__ != "StandInWarning":
            return f"{category.__name__}: {message}\n"
        messages.append(str(message))  # the page says so in words of its own
        return ""

    return format_warning


@contextmanager
def _time_limit(job: Job, folder: ScriptFolder, log: IO[str]) -> Iterator[None]:
    """Raise in a script that outlives its limit; stop code that cannot be raised in."""
    started = time.monotonic() - _seconds_without_core()

    def set_hard_stop() -> None:
        faulthandler.dump_traceback_later(HARD_STOP * job.limit, exit=True, file=log)

    def look(*_: object) -> None:
        left = job.limit - (time.monotonic() - _seconds_without_core() - started)
        if left > 0:
            set_hard_stop()
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.1), 1.0)
        elif folder.active:
            raise TimeoutError(
                f"{job.script.name} did not end within its limit of {job.limit:g} s; "
                "give it less to do, or raise d2lnotes_time_limit"
            )

    set_hard_stop()
    has_alarm = hasattr(signal, "SIGALRM")
    if has_alarm:
        signal.signal(signal.SIGALRM, look)
        # Again every second, for scripts that swallow the first.
        signal.setitimer(signal.ITIMER_REAL, job.limit, 1.0)
    try:
        yield
    finally:
        if has_alarm:
            signal.setitimer(signal.ITIMER_REAL, 0)
        faulthandler.cancel_dump_traceback_later()


def _seconds_without_core() -> float:
    """Return how long this thread could have run but others had all cores.

    Where that is known, it does not count against a script: the same script must not
    fail because the machine was busy.
    """
    try:
        times = Path("/proc/thread-self/schedstat").read_text(encoding="ascii")
        return int(times.split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def _end_with_parent() -> None:
    """End this process when the build is killed, so that it writes nothing later."""
    parent = parent_process()
    if parent is None:
        return

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _check_assertions_count(job: Job) -> None:
    if sys.flags.optimize:
        raise RuntimeError(
            f"{job.script.name} would run without its assertions: Python was started "
            "with -O or with PYTHONOPTIMIZE; start it without"
        )


def _check_page(script: Script) -> None:
    text = script.page.read_text(encoding="utf-8")
    if address := _ADDRESS.search(text):
        raise ValueError(
            f"{script.name} prints the memory address {address[0]}, which differs in "
            "every run; assign the last value of the block to a name, or print what "
            "matters of it"
        )
    shown = set(re.findall(r"sphx_glr_[\w.-]+", text))
    for path in script.images():
        picture = without_language(path.with_suffix(".png").name)
        if path.parent.name != "thumb" and picture not in shown:
            path.unlink()
        elif path.suffix == ".png":
            shrink(path)


def _complete_record(job: Job, seconds: float, error: str, messages: list[str]) -> None:
    record = Record(script=job.script.name)
    try:
        record = load_record(job.script.record) or record
    except DamagedRecordError as damage:
        error = error or f"what it recorded is not as it must be: {damage}"
    run = Run(
        device=_device(),
        threads=job.threads,
        versions=job.versions,
        seconds=round(seconds, 3),
        peak_memory_bytes=peak_memory(),
        finished=datetime.now(UTC).isoformat(timespec="seconds"),
        build_id=job.build_id,
        messages=messages,
        inputs={} if error else job.inputs,
        outputs={} if error else job.script.outputs(),
    )
    record = msgspec.structs.replace(record, run=run, error=error)
    write_record(job.script.record, record)


def _device() -> str:
    """Return the device that the script used: a GPU's name, or CPU."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return str(torch.cuda.get_device_name())
    return "CPU"


def peak_memory() -> int:
    """Return the most memory that this process has held so far, in bytes."""
    with suppress(OSError):
        status = Path("/proc/self/status").read_text(encoding="ascii")
        if found := re.search(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE):
            return int(found[1]) * 1024
    if sys.platform == "win32":
        return 0
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
