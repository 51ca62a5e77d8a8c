"""The PDF of each language: Sphinx writes LaTeX, latexmk and XeLaTeX typeset it."""

from __future__ import annotations

import shutil
import subprocess
import time

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
texlive-lang-chinese texlive-fonts-recommended latexmk fonts-noto-cjk
  macOS            MacTeX, and the fonts Noto Sans CJK SC, Noto Sans Mono CJK SC \
and Noto Serif CJK SC
  Windows          TeX Live, and the same fonts"""

# One message per line, however long, so that it can be recognized.
_UNWRAPPED = {"max_print_line": "10000", "error_line": "254", "half_error_line": "238"}
_SHOWN_LINES = 12


def check_tools() -> None:
    """Raise :class:`CommandError` if a program or font for the PDF is missing."""
    missing = [name for name in ("xelatex", "latexmk") if shutil.which(name) is None]
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


def build_pdf(
    course: Course, language: str, *, options: Options, children: Children
) -> Outcome:
    """Write ``build/pdf/d2lnotes-<language>.pdf``."""
    folder = course.latex(language)
    # Auxiliary files of a run that was interrupted would mislead this one.
    shutil.rmtree(folder, ignore_errors=True)
    course.pdf(language).unlink(missing_ok=True)
    sphinx = run_sphinx(
        course, language, options=options, children=children, builder="latex"
    )
    if sphinx.problems:
        return Outcome(f"{language} PDF", sphinx.seconds, sphinx.problems)
    started = time.perf_counter()
    say(f"typesetting {course.pdf(language).name} …")
    exit_code = children.run(
        ["latexmk", "-xelatex", "-interaction=nonstopmode", "d2lnotes.tex"],
        folder=folder,
        env=_UNWRAPPED,
        log=course.log(f"{language} latexmk"),
    )
    problems = _log_problems(course, language, exit_code)
    if exit_code == 0:
        course.pdf(language).parent.mkdir(exist_ok=True)
        shutil.copyfile(folder / "d2lnotes.pdf", course.pdf(language))
    seconds = sphinx.seconds + time.perf_counter() - started
    return Outcome(f"{language} PDF", seconds, problems)


def _log_problems(course: Course, language: str, exit_code: int) -> tuple[str, ...]:
    """Return what LaTeX's log complains of, if a reader would see it."""
    log = course.latex(language) / "d2lnotes.log"
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    tex = log.with_suffix(".tex").read_text(encoding="utf-8")
    found = find_problems(text, tex)
    if len(found) > _SHOWN_LINES:
        more = f"… and {len(found) - _SHOWN_LINES} more"
        found = [*found[:_SHOWN_LINES], more]
    if not found and exit_code:
        full = course.log(f"{language} latexmk")
        found = [f"latexmk ended with exit code {exit_code}; see {full}"]
    return (*found, f"the whole log is {log}") if found else ()
