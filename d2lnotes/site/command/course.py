"""The course folder: where its parts lie, and the lock that one build at a time holds."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from d2lnotes.site.command.terminal import CommandError, naming, say

#: Language of a build → Sphinx's name for it; the first one runs the gallery.
LANGUAGES = {"zh": "zh_CN", "en": "en"}


@dataclass(frozen=True)
class Course:
    """Paths in a course folder.

    Parameters
    ----------
    root
        The folder that holds ``conf.py`` and ``docs/``.
    """

    root: Path

    @property
    def docs(self) -> Path:
        """The pages."""
        return self.root / "docs"

    @property
    def build(self) -> Path:
        """Everything generated."""
        return self.root / "build"

    @property
    def scripts_ran(self) -> Path:
        """The file that names the last build whose scripts have all run."""
        return self.build / "scripts-ran"

    def html(self, language: str) -> Path:
        """Return the site of one language."""
        return self.build / "html" / language

    def latex(self, language: str) -> Path:
        """Return the folder in which the PDF of one language is typeset."""
        return self.build / "latex" / language

    def pdf(self, language: str) -> Path:
        """Return the PDF of one language, the book whole."""
        return self.build / "pdf" / f"d2lnotes-{language}.pdf"

    def pdfs(self, language: str) -> list[Path]:
        """Return the PDFs of one language that there are: the book whole, then volumes."""
        whole = self.pdf(language)
        volumes = sorted(whole.parent.glob(f"{whole.stem}-*.pdf"))
        return [path for path in (whole, *volumes) if path.exists()]

    def volumes(self, language: str) -> dict[str, str]:
        """Return the titles of the volumes that Sphinx has written, by their names."""
        listed = self.latex(language) / "volumes.json"
        if not listed.exists():
            return {}
        entries = json.loads(listed.read_text(encoding="utf-8"))
        return {entry["name"]: entry["title"] for entry in entries}

    def doctrees(self, language: str) -> Path:
        """Return what Sphinx remembers of the pages it has read."""
        return self.build / "doctrees" / language

    def log(self, name: str) -> Path:
        """Return the file that keeps the messages of one step of a build."""
        return self.build / "log" / f"{name}.txt"


def find_course(folder: Path) -> Course:
    """Return the course that ``folder`` lies in.

    Raises
    ------
    CommandError
        If neither ``folder`` nor one above it holds ``conf.py`` and ``docs/``.
    """
    for candidate in (folder, *folder.parents):
        if (candidate / "conf.py").is_file() and (candidate / "docs").is_dir():
            return Course(candidate)
    raise CommandError(
        f"{folder} is not a course folder: neither it nor a folder above it has a "
        "conf.py beside a docs folder. Change into your clone of the course first."
    )


def working_folder() -> Path:
    """Return the folder that the command was started in.

    Raises
    ------
    CommandError
        If it has been deleted since.
    """
    try:
        return Path.cwd()
    except FileNotFoundError as error:
        raise CommandError(
            "the folder that you are in was deleted. Change into your clone of the "
            "course first."
        ) from error


def check_chosen_folders() -> None:
    """Raise :class:`CommandError` if a folder is chosen in the home of nobody."""
    for name in ("D2LNOTES_DATA", "D2LNOTES_RUNS"):
        chosen = os.environ.get(name, "")
        try:
            Path(chosen).expanduser()
        except RuntimeError as error:
            raise CommandError(
                f"{name} is {chosen!r}, and there is no user of that name here. Set it "
                "to a folder's full path, or leave it unset."
            ) from error


@contextmanager
def build_lock(course: Course, *, wait: bool = False) -> Iterator[None]:
    """Let one build at a time write to ``course``.

    The system frees the lock when its process ends, in whatever way that happens.

    Raises
    ------
    CommandError
        If another build is running and ``wait`` is false.
    """
    course.build.mkdir(exist_ok=True)
    lock = FileLock(course.build / ".lock")
    holder = course.build / ".lock-holder.json"
    try:
        with naming(lock.lock_file):
            lock.acquire(timeout=0)
    except Timeout:
        message = f"another build of this course is running ({_describe(holder)})"
        if not wait:
            raise CommandError(f"{message}. Wait until it ends, or stop it.") from None
        say(f"{message}; waiting for it")
        lock.acquire()
    try:
        with naming(holder):
            holder.write_text(json.dumps({"pid": os.getpid(), "since": time.time()}))
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _describe(holder: Path) -> str:
    """Return who holds the lock and since when, as far as it can be known."""
    try:
        facts = json.loads(holder.read_text())
        since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(facts["since"]))
        return f"process {facts['pid']}, since {since}"
    except (OSError, ValueError, KeyError, TypeError):
        return "process unknown: it has just begun or is just ending"
