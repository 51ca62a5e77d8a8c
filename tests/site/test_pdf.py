"""PDF: what is checked before and after typesetting, and the PDFs of the course."""

import re
import shutil
import subprocess
import unicodedata
from pathlib import Path

import pytest
from tiny_course import make_course, write

from d2lnotes.site import pdf
from d2lnotes.site.build import main

TOP = Path(__file__).parents[2]
LANGUAGES = ("zh", "en")
OTHER = {"zh": "en", "en": "zh"}
PAGES = ("introduction/course", "convolutional-networks/lenet")
HAN = "\u4e00-\u9fff"

# What the course's conf.py says of LaTeX.
LATEX = """
import pathlib
extensions += ["d2lnotes.site.pdf"]
_course = {}
exec(compile(open(COURSE_CONF, encoding="utf-8").read(), COURSE_CONF, "exec"), _course)
globals().update({k: v for k, v in _course.items() if k.startswith("latex_")})
_top = pathlib.Path(COURSE_CONF).parent
latex_additional_files = [str(_top / name) for name in latex_additional_files]
"""


def tiny_course(folder, page):
    conf = f"COURSE_CONF = {str(TOP / 'conf.py')!r}\n{LATEX}"
    course = make_course(folder / "course", conf=conf)
    write(course / "docs" / "page.md", page)
    return course


def output(*command):
    return subprocess.run(
        command, check=True, capture_output=True, encoding="utf-8"
    ).stdout


def characters(text):
    """Return ``text`` without what line breaks and typography change."""
    return re.sub(rf"[^a-z{HAN}]", "", unicodedata.normalize("NFKC", text).lower())


def test_missing_programs_are_named_with_their_packages(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(make_course(tmp_path / "course"))
    monkeypatch.setenv("PATH", "")

    exit_code = main(["build", "--pdf"])

    assert exit_code == 2
    said = capsys.readouterr().err
    assert "a PDF needs xelatex, latexmk" in said
    assert "apt-get install texlive-xetex" in said
    assert not (tmp_path / "course" / "build").exists()


def test_missing_font_is_named_with_its_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(make_course(tmp_path / "course"))
    monkeypatch.setattr(pdf.shutil, "which", lambda name: f"/bin/{name}")
    answers = {"kpsewhich": "/tex/ctex.sty\n", "fc-list": "Noto Sans CJK SC\n"}
    monkeypatch.setattr(pdf, "_output", lambda *command: answers[command[0]])

    assert main(["build", "--pdf"]) == 2
    said = capsys.readouterr().err
    assert "needs the font Noto Serif CJK SC, the font Noto Sans Mono CJK SC" in said
    assert "fonts-noto-cjk" in said


def test_missing_latex_package_is_named(monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: f"/bin/{name}")
    answers = {"kpsewhich": "", "fc-list": "\n".join(pdf._FONTS)}
    monkeypatch.setattr(pdf, "_output", lambda *command: answers[command[0]])

    with pytest.raises(pdf.CommandError, match="the LaTeX package ctex, not found"):
        pdf.check_tools()


@pytest.mark.parametrize(
    "line",
    [
        "! Undefined control sequence.",
        "Missing character: There is no ✗ (U+2717) in font [lmroman10-regular]!",
        "LaTeX Warning: Reference `eq' on page 3 undefined on input line 20.",
    ],
)
def test_log_line_that_means_a_wrong_page_is_a_problem(line):
    log = f"This is XeTeX\n{line}\nOutput written on d2lnotes.pdf (2 pages).\n"

    assert pdf.find_problems(log) == [line]


def test_line_off_the_paper_is_a_problem():
    log = (
        "Overfull \\hbox (12.5pt too wide) in paragraph at lines 5--6\n"
        "Overfull \\hbox (81.7pt too wide) in paragraph at lines 9--10\n"
    )

    (problem,) = pdf.find_problems(log)

    assert problem.startswith("1 lines run off the paper, by up to 82 points")


def test_harmless_warnings_are_no_problem():
    log = "LaTeX Font Warning: Font shape `TU/x/m/it' undefined\nUnderfull \\hbox\n"

    assert pdf.find_problems(log) == []


@pytest.mark.pdf
def test_character_without_a_glyph_fails_the_build(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tiny_course(tmp_path, "# Title\n\nA dragon: 🐉.\n"))

    exit_code = main(["build", "--language", "en", "--pdf"])

    assert exit_code == 1
    summary = capfd.readouterr().out.rpartition("en PDF")[2]
    assert "Missing character: There is no 🐉" in summary


@pytest.mark.pdf
def test_latex_error_fails_the_build_and_the_other_pdf_is_made(
    tmp_path, monkeypatch, capfd
):
    page = "# Title\n\n```{math}\n\\undefinedmacro\n```\n"
    course = tiny_course(tmp_path, page)
    monkeypatch.chdir(course)
    with (course / "conf.py").open("a") as conf:
        conf.write(
            "import sys\n"
            "if 'language=en' in sys.argv:\n"
            "    latex_elements['preamble'] += r'\\def\\undefinedmacro{x}'\n"
        )

    exit_code = main(["build", "--pdf"])

    assert exit_code == 1
    assert "! Undefined control sequence" in capfd.readouterr().out
    assert not (course / "build" / "pdf" / "d2lnotes-zh.pdf").exists()
    assert (course / "build" / "pdf" / "d2lnotes-en.pdf").exists()


@pytest.mark.pdf
@pytest.mark.parametrize(
    ("language", "heading", "chapter"),
    [("zh", "目录", "第一章"), ("en", "Contents", "Chapter 1")],
)
def test_headings_are_in_the_language_of_the_book(
    tmp_path, monkeypatch, language, heading, chapter
):
    course = tiny_course(tmp_path, "# Title\n\nThe tensor 张量, “quoted” — so…\n")
    monkeypatch.chdir(course)

    main(["build", "--language", language, "--pdf"])

    text = output("pdftotext", course / "build/pdf" / f"d2lnotes-{language}.pdf", "-")
    assert heading in text
    assert chapter in text
    assert "张量" in text


@pytest.fixture(scope="module", params=LANGUAGES)
def book(request):
    """Language and path of one PDF of the course."""
    path = TOP / "build" / "pdf" / f"d2lnotes-{request.param}.pdf"
    if not path.exists():
        pytest.fail(f"{path} is missing: run  d2lnotes build --pdf", pytrace=False)
    if shutil.which("pdftotext") is None:
        pytest.fail("pdftotext is missing: install poppler-utils", pytrace=False)
    return request.param, path


def paragraphs(page):
    """Return the longest run of plain prose of each paragraph, by language."""
    text = (TOP / "docs" / f"{page}.md").read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^(`{3,}|:{3,}).*?^\1\s*$|\A---.*?^---$|^\$\$.*?\$\$", "", text)
    found = {"zh": [], "en": []}
    for block in re.split(r"\n\s*\n", text):
        if re.match(r"\s*[#|$:`<%(]", block):
            continue
        prose = re.sub(r"(\{[\w:]+\})?`[^`]*`|\$[^$]*\$", "|", block)
        plain = max(map(characters, re.split(r"[*{}\[\]<>|]", prose)), key=len)
        language = "zh" if re.search(f"[{HAN}]", prose) else "en"
        if len(plain) >= {"zh": 12, "en": 40}[language]:
            found[language].append(plain)
    return found


@pytest.mark.pdf
@pytest.mark.parametrize("page", PAGES)
def test_book_holds_the_paragraphs_of_its_language(book, page):
    language, path = book
    text = characters(output("pdftotext", path, "-"))

    own = paragraphs(page)[language]

    assert len(own) >= 5
    found = [paragraph for paragraph in own if paragraph in text]
    # a page break with its header and footer may cut a few in two
    assert len(found) >= 0.8 * len(own)


@pytest.mark.pdf
@pytest.mark.parametrize("page", PAGES)
def test_book_holds_no_paragraph_of_the_other_language(book, page):
    language, path = book
    text = characters(output("pdftotext", path, "-"))

    other = paragraphs(page)[OTHER[language]]

    assert len(other) >= 5
    assert [paragraph for paragraph in other if paragraph in text] == []


@pytest.mark.pdf
def test_contents_and_chapters_are_named_in_the_language_of_the_book(book):
    language, path = book
    text = characters(output("pdftotext", "-l", "4", path, "-"))

    names = {
        "zh": ("目录", "第一章 引言"),
        "en": ("Contents", "Chapter 1 Introduction"),
    }
    assert [name for name in names[language] if characters(name) not in text] == []


@pytest.mark.pdf
def test_every_font_is_embedded(book):
    fonts = output("pdffonts", book[1]).splitlines()[2:]

    # columns from the end: emb sub uni object ID
    assert fonts
    assert [line for line in fonts if line.split()[-5] != "yes"] == []


@pytest.mark.pdf
def test_book_has_a_page_for_each_page_of_the_course(book):
    pages = re.search(r"Pages:\s+(\d+)", output("pdfinfo", book[1]))[1]

    lessons = [path for path in (TOP / "docs").glob("*/*.md") if path.stem != "index"]
    assert int(pages) > len(lessons)


@pytest.mark.pdf
def test_latex_had_nothing_to_complain_of(book):
    log = TOP / "build" / "latex" / book[0] / "d2lnotes.log"

    assert pdf.find_problems(log.read_text(encoding="utf-8", errors="replace")) == []
