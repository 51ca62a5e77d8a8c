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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import texescape

from d2lnotes.site.children import Children
from d2lnotes.site.course import Course
from d2lnotes.site.languages import half, own_language
from d2lnotes.site.pdf_log import find_problems
from d2lnotes.site.pdf_tables import FitTables
from d2lnotes.site.sphinx_run import Options, Outcome, run_sphinx
from d2lnotes.site.terminal import CommandError, say

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

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
_LARGER = re.compile(r"(sphx_glr_[\w-]+_\d{3})\.png$")

_SCHEMES = {"zh": "chinese", "en": "plain"}
# Quotes, dashes and dots are as wide as a Han character in Chinese type only.
_ENGLISH_PUNCTUATION = (
    r'\xeCJKDeclareCharClass{Default}{"2018,"2019,"201C,"201D,"2014,"2026,"B7}'
)
# The last chapter is called 附录 already.
_CHINESE_APPENDICES = r"\ctexset{appendix/name={}}"


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


class SharpFigures(SphinxPostTransform):
    """Show each figure of a script in the double size that was drawn for fine screens."""

    builders = ("latex",)
    default_priority = 800

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Put the larger file in the place of the smaller one, where there is one."""
        for image in self.document.findall(nodes.image):
            for kind, uri in image.get("candidates", {}).items():
                larger = _LARGER.sub(r"\1_2_00x.png", uri)
                if larger != uri and Path(self.env.srcdir, larger).is_file():
                    page = self.env.config.root_doc
                    self.env.images.add_file(page, larger)
                    image["candidates"][kind] = larger
                    if image.get("uri") == uri:
                        image["uri"] = larger


def set_language(app: Sphinx, config: Config) -> None:
    """Give LaTeX the typography and the title of the language that is built."""
    language = own_language(config)
    config.latex_documents = [
        (start, name, half(title, language), half(author, language), *others)
        for start, name, title, author, *others in config.latex_documents
    ]
    scheme = rf"\PassOptionsToPackage{{scheme={_SCHEMES[language]}}}{{ctex}}"
    _add(config, "passoptionstopackages", scheme)
    if language == "en":
        _add(config, "extrapackages", _ENGLISH_PUNCTUATION)
    else:
        _add(config, "preamble", _CHINESE_APPENDICES)
    texescape.init()
    about = half(getattr(config, "d2lnotes_description", ""), language)
    title_page = rf"\coursetitlepage{{{texescape.escape(about, 'xelatex')}}}"
    config.latex_elements["maketitle"] = title_page


def _add(config: Config, element: str, text: str) -> None:
    given = config.latex_elements.get(element, "")
    config.latex_elements[element] = f"{given}\n{text}" if given else text


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the choice of typography and what makes pages out of a site."""
    app.setup_extension("d2lnotes.site.exercises_latex")
    app.add_post_transform(SharpFigures)
    app.add_post_transform(FitTables)
    app.connect("config-inited", set_language)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
