"""The PDF of each language: Sphinx writes LaTeX, latexmk and XeLaTeX typeset it.

As a Sphinx extension, this module adds to conf.py's ``latex_elements`` what differs
between the languages, and takes the language's half of the title in
``latex_documents``.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

from d2lnotes.site.children import Children
from d2lnotes.site.course import Course
from d2lnotes.site.sphinx_run import Options, Outcome, run_sphinx
from d2lnotes.site.terminal import CommandError, say

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

_FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Noto Sans Mono CJK SC")
_ADVICE = """\
Install them, then run this again:
  Debian, Ubuntu   apt-get install texlive-xetex texlive-latex-extra \
texlive-lang-chinese texlive-fonts-recommended latexmk fonts-noto-cjk
  macOS            MacTeX, and the fonts Noto Sans CJK SC, Noto Sans Mono CJK SC \
and Noto Serif CJK SC
  Windows          TeX Live, and the same fonts"""

# One message per line, however long, so that it can be recognized.
_UNWRAPPED = {"max_print_line": "10000", "error_line": "254", "half_error_line": "238"}
_PROBLEMS = re.compile(
    r"^(?:! .*|Missing character: .*|LaTeX Warning: (?:Reference|Citation|Hyper "
    r"reference) .* undefined.*)$",
    re.MULTILINE,
)
_OVERFULL = re.compile(r"^Overfull \\hbox \(([\d.]+)pt too wide\)", re.MULTILINE)
_POINTS_OF_MARGIN = 60.0  # text that is wider leaves the paper
_SHOWN_LINES = 12

_SCHEMES = {"zh": "chinese", "en": "plain"}
# Quotes, dashes and dots are as wide as a Han character in Chinese type only.
_ENGLISH_PUNCTUATION = (
    r'\xeCJKDeclareCharClass{Default}{"2018,"2019,"201C,"201D,"2014,"2026,"B7}'
)


def check_tools() -> None:
    """Raise :class:`CommandError` if a program or font for the PDF is missing."""
    missing = [name for name in ("xelatex", "latexmk") if shutil.which(name) is None]
    if shutil.which("kpsewhich") and not _output("kpsewhich", "ctex.sty"):
        missing.append("the LaTeX package ctex")
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
    found = list(dict.fromkeys(find_problems(text)))[:_SHOWN_LINES]
    if not found and exit_code:
        full = course.log(f"{language} latexmk")
        found = [f"latexmk ended with exit code {exit_code}; see {full}"]
    return (*found, f"the whole log is {log}") if found else ()


def find_problems(log: str) -> list[str]:
    """Return the lines of a LaTeX log that mean a wrong page.

    These are errors, characters that no font has, references that lead nowhere and
    lines that run off the paper.
    """
    found = [match[0] for match in _PROBLEMS.finditer(log)]
    wide = [width for width in map(float, _OVERFULL.findall(log)) if width > 0]
    off_paper = [width for width in wide if width > _POINTS_OF_MARGIN]
    if off_paper:
        found.append(
            f"{len(off_paper)} lines run off the paper, by up to {max(off_paper):.0f} "
            "points: look for 'Overfull' in the log"
        )
    return found


def set_language(app: Sphinx, config: Config) -> None:
    """Give LaTeX the typography and the title of the language that is built."""
    language = "zh" if str(config.language).startswith("zh") else "en"
    config.latex_documents = [
        (start, name, title.split(" | ")[0 if language == "zh" else -1], *others)
        for start, name, title, *others in config.latex_documents
    ]
    scheme = rf"\PassOptionsToPackage{{scheme={_SCHEMES[language]}}}{{ctex}}"
    _add(config, "passoptionstopackages", scheme)
    if language == "en":
        _add(config, "extrapackages", _ENGLISH_PUNCTUATION)


def _add(config: Config, element: str, text: str) -> None:
    given = config.latex_elements.get(element, "")
    config.latex_elements[element] = f"{given}\n{text}" if given else text


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the choice of typography."""
    app.connect("config-inited", set_language)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
