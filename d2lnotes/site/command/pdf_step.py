"""The PDFs of each language: Sphinx writes the LaTeX of its volumes, XeLaTeX typesets them.

Volumes of both languages are typeset side by side, and only those whose LaTeX, styles
or figures changed. A volume leaves a record when all of it went well; what a run without
one left behind, because it failed or was stopped, is thrown away.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from d2lnotes.site.command.course import Course
from d2lnotes.site.command.pdf_log import find_problems
from d2lnotes.site.command.processes import Children
from d2lnotes.site.command.sphinx_run import Options, Outcome, run_sphinx
from d2lnotes.site.command.terminal import CommandError, say

_FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Noto Sans Mono CJK SC")
# What small installations of LaTeX leave out.
_PACKAGES = ("ctex", "xeCJK", "newunicodechar", "tabulary", "titlesec", "varwidth")
_ADVICE = """\
Install them, then run this again:
  Debian, Ubuntu   apt-get install texlive-xetex texlive-latex-extra \
texlive-lang-chinese texlive-fonts-recommended fonts-noto-cjk
  macOS            MacTeX, and the fonts Noto Sans CJK SC, Noto Sans Mono CJK SC \
and Noto Serif CJK SC
  Windows          TeX Live, and the same fonts"""

# One message per line, however long, so that it can be recognized.
_UNWRAPPED = {"max_print_line": "10000", "error_line": "254", "half_error_line": "238"}
_SHOWN_LINES = 12

# What one pass leaves for the next, whose pages are right when it leaves the same.
_NOTES = ("aux", "toc", "out")
_PASSES = 4
# They say how many pages were made: nothing that a page shows.
_COUNTS = re.compile(r"(?m)^\\(?:HyPL@Entry|gdef \\@abspage@last).*$")
# The day stands on the title page: that of the last change.
_DAY = re.compile(rb"(?m)^\\date\{.*\}$")
_FIGURE = re.compile(r"\\sphinxincludegraphics(?:\[.*?\])?\{\{(.+?)\}(\.\w+)\}")


def check_tools() -> None:
    """Raise :class:`CommandError` if a program or font for the PDF is missing."""
    missing = [name for name in ("xelatex", "xdvipdfmx") if shutil.which(name) is None]
    if shutil.which("kpsewhich"):
        found = _output("kpsewhich", *(f"{name}.sty" for name in _PACKAGES))
        missing += [
            f"the LaTeX package {name}"
            for name in _PACKAGES
            if f"/{name}.sty" not in found
        ]
    if shutil.which("fc-list"):
        fonts = _output("fc-list", ":lang=zh-cn", "family")
        missing += [f"the font {name}" for name in _FONTS if name not in fonts]
    if missing:
        raise CommandError(f"a PDF needs {', '.join(missing)}, not found.\n{_ADVICE}")


def _output(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, check=False, text=True, encoding="utf-8"
    ).stdout


@dataclass(frozen=True)
class Volume:
    """What LaTeX makes one PDF of: ``folder`` and ``name`` of its files, its title."""

    folder: Path
    name: str
    title: str

    def file(self, ending: str) -> Path:
        """Return one of its files."""
        return self.folder / f"{self.name}.{ending}"


@dataclass(frozen=True)
class _Typeset:
    """How typesetting a volume ended; ``state`` is the digest of what it was made of."""

    volume: Volume
    state: str
    problems: tuple[str, ...]


def build_pdfs(
    course: Course, languages: Sequence[str], *, options: Options, children: Children
) -> list[Outcome]:
    """Write the PDFs of ``languages`` into ``build/pdf``: volumes and book whole."""
    outcomes = []
    written = {}
    for language in languages:
        sphinx = run_sphinx(
            course, language, options=options, children=children, builder="latex"
        )
        if sphinx.problems:
            outcomes.append(Outcome(f"{language} PDF", sphinx.seconds, sphinx.problems))
        else:
            written[language] = _volumes(course, language)
    started = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            language: [
                pool.submit(_typeset, course, volume, children) for volume in volumes
            ]
            for language, volumes in written.items()
        }
        try:
            for language, typeset in jobs.items():
                problems = _deliver(course, language, [job.result() for job in typeset])
                seconds = time.perf_counter() - started
                outcomes.append(Outcome(f"{language} PDF", seconds, problems))
        except BaseException:
            children.stop()
            raise
    return outcomes


def _volumes(course: Course, language: str) -> list[Volume]:
    """Return what Sphinx has written, the front of the book first."""
    folder = course.latex(language)
    return [Volume(folder, *volume) for volume in course.volumes(language).items()]


def _typeset(course: Course, volume: Volume, children: Children) -> _Typeset:
    """Typeset a volume, unless its PDF is of the same LaTeX, styles and figures."""
    record, state = volume.file("record"), _state(volume)
    known = record.read_text() if record.exists() else ""
    if known == state and volume.file("pdf").exists():
        return _Typeset(volume, state, ())
    say(f"typesetting {volume.name} …")
    record.unlink(missing_ok=True)
    stale = ("pdf", "xdv", "log") if known else ("pdf", "xdv", "log", *_NOTES)
    for ending in stale:
        volume.file(ending).unlink(missing_ok=True)
    log = course.log(f"{volume.name} xelatex")
    exit_code = _run_passes(volume, children, log)
    problems = _log_problems(volume, exit_code, log)
    if not problems:
        record.write_text(state)
    return _Typeset(volume, state, problems)


def _run_passes(volume: Volume, children: Children, log: Path) -> int:
    """Run XeLaTeX until nothing moves any more; the PDF is made once, at the end."""
    tex = ("xelatex", "-no-pdf", "-interaction=nonstopmode", volume.file("tex").name)
    for _ in range(_PASSES):
        before = _notes(volume)
        exit_code = children.run(tex, folder=volume.folder, env=_UNWRAPPED, log=log)
        if exit_code:
            return exit_code
        if _notes(volume) == before:
            break
    return children.run(
        ("xdvipdfmx", "-q", "-z", "6", volume.file("xdv").name),
        folder=volume.folder,
        log=log,
    )


def _notes(volume: Volume) -> list[str]:
    files = [volume.file(ending) for ending in _NOTES]
    return [
        _COUNTS.sub("", file.read_text("utf-8", "replace")) if file.exists() else ""
        for file in files
    ]


def _state(volume: Volume) -> str:
    """Return a digest of all that the PDF of a volume is made of."""
    tex = volume.file("tex").read_bytes()
    figures = {a + b for a, b in _FIGURE.findall(tex.decode("utf-8"))}
    styles = {
        path.name for end in ("sty", "cls") for path in volume.folder.glob(f"*.{end}")
    }
    digest = hashlib.sha256(_DAY.sub(b"", tex))
    for name in sorted(figures | styles):
        file = volume.folder / name
        digest.update(name.encode() + (file.read_bytes() if file.exists() else b""))
    return digest.hexdigest()


def _deliver(course: Course, language: str, done: list[_Typeset]) -> tuple[str, ...]:
    """Put the PDFs that were made where readers find them; return all problems."""
    target = course.pdf(language).parent
    target.mkdir(exist_ok=True)
    whole = course.pdf(language)
    made = [one.volume for one in done if one.volume.file("pdf").exists()]
    kept = {whole.name} if len(made) == len(done) else set()
    problems = [problem for one in done for problem in one.problems]
    if len(done) == 1 and made:
        _copy(made[0].file("pdf"), whole)
    elif kept:
        problems += _bind(done, whole)
        for volume in made[1:]:  # the front is for the book whole
            kept.add(f"{volume.name}.pdf")
            _copy(volume.file("pdf"), target / f"{volume.name}.pdf")
    for path in course.pdfs(language):
        if path.name not in kept:
            path.unlink()
    return tuple(problems)


def _bind(done: Iterable[_Typeset], whole: Path) -> list[str]:
    """Bind the book whole, unless it is of the same volumes."""
    from d2lnotes.site.command.pdf_binding import bind

    done = list(done)
    record = done[0].volume.folder / "book.record"
    state = "\n".join(one.state for one in done)
    if whole.exists() and record.exists() and record.read_text() == state:
        return []
    say(f"binding {whole.name} …")
    record.unlink(missing_ok=True)
    problems = bind([(one.volume.title, one.volume.file("pdf")) for one in done], whole)
    if not problems and not any(one.problems for one in done):
        record.write_text(state)
    return problems


def _copy(source: Path, target: Path) -> None:
    if not target.exists() or target.read_bytes() != source.read_bytes():
        shutil.copyfile(source, target)


def _log_problems(volume: Volume, exit_code: int, full: Path) -> tuple[str, ...]:
    """Return what LaTeX's log complains of, if a reader would see it."""
    log = volume.file("log")
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    tex = volume.file("tex")
    found = find_problems(text, tex.read_text(encoding="utf-8"), name=volume.name)
    if len(found) > _SHOWN_LINES:
        more = f"… and {len(found) - _SHOWN_LINES} more"
        found = [*found[:_SHOWN_LINES], more]
    if not found and exit_code:
        found = [f"XeLaTeX ended with exit code {exit_code} on {tex.name}; see {full}"]
    return (*found, f"the whole log is {log}") if found else ()
