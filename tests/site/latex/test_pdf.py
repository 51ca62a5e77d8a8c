"""PDF: what is checked before and after typesetting, and the PDFs of the course."""

import re
import shutil
import subprocess
import unicodedata
from functools import cache
from pathlib import Path

import pikepdf
import pytest
from tiny_course import make_course, write

from d2lnotes.site.command import pdf_step
from d2lnotes.site.command.cli import main
from d2lnotes.site.command.pdf_log import find_problems
from d2lnotes.site.latex.tables import Need, fit_columns

TOP = Path(__file__).parents[3]
LANGUAGES = ("zh", "en")
OTHER = {"zh": "en", "en": "zh"}
PAGES = ("introduction/course", "convolutional-networks/lenet")
HAN = "\u4e00-\u9fff"

# What the course's conf.py says of LaTeX.
LATEX = """
extensions += ["d2lnotes.site.latex"]
_course = {}
exec(compile(open(COURSE_CONF, encoding="utf-8").read(), COURSE_CONF, "exec"), _course)
globals().update({k: v for k, v in _course.items() if k.startswith("latex_")})
"""


def tiny_course(folder, page, *, conf=""):
    conf = f"COURSE_CONF = {str(TOP / 'conf.py')!r}\n{LATEX}{conf}"
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
    assert "a PDF needs xelatex, xdvipdfmx" in said
    assert "apt-get install texlive-xetex" in said
    assert not (tmp_path / "course" / "build").exists()


def test_missing_font_is_named_with_its_package(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(make_course(tmp_path / "course"))
    monkeypatch.setattr(pdf_step.shutil, "which", lambda name: f"/bin/{name}")
    packages = "".join(f"/tex/{name}.sty\n" for name in pdf_step._PACKAGES)
    answers = {"kpsewhich": packages, "fc-list": "Noto Sans CJK SC\n"}
    monkeypatch.setattr(pdf_step, "_output", lambda *command: answers[command[0]])

    assert main(["build", "--pdf"]) == 2
    said = capsys.readouterr().err
    assert "needs the font Noto Serif CJK SC, the font Noto Sans Mono CJK SC" in said
    assert "fonts-noto-cjk" in said


def test_missing_latex_package_is_named(monkeypatch):
    monkeypatch.setattr(pdf_step.shutil, "which", lambda name: f"/bin/{name}")
    packages = "".join(f"/tex/{name}.sty\n" for name in pdf_step._PACKAGES[1:])
    answers = {"kpsewhich": packages, "fc-list": "\n".join(pdf_step._FONTS)}
    monkeypatch.setattr(pdf_step, "_output", lambda *command: answers[command[0]])

    with pytest.raises(
        pdf_step.CommandError, match="the LaTeX package ctex, not found"
    ):
        pdf_step.check_tools()


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

    assert find_problems(log) == [line]


def test_wide_line_is_named_with_its_text_its_course_page_and_its_pdf_page():
    tex = "\\label{\\detokenize{one/page::doc}}\n\n\n%% from two/page\n\nwide\n"
    log = (
        "[11] [12]\n"
        "Overfull \\hbox (9.5pt too wide) in paragraph at lines 2--3\n"
        "[]\\TU/lmr(0)/m/n/10.95 Close enough\n\n"
        "Overfull \\hbox (12.5pt too wide) in paragraph at lines 3--3\n"
        "[]\\TU/lmr(0)/m/n/10.95 First wide line\n\n[13]\n"
        "Overfull \\hbox (81.7pt too wide) detected at line 6\n[][]\n\n[14]\n"
    )

    first, second = find_problems(log, tex)

    assert first == (
        "12 points too wide: First wide line "
        "(docs/one/page, line 3 of its LaTeX; page 13 of the PDF)"
    )
    assert second.startswith("82 points too wide")
    assert "(docs/two/page, line 6 of its LaTeX; page 14 of the PDF)" in second


def test_missing_character_is_named_with_its_pdf_page():
    log = "[1]\nMissing character: There is no ✗ in font [x]!\n[2]\n"

    (problem,) = find_problems(log)

    assert problem.endswith("in font [x]! (page 2 of the PDF)")


def test_harmless_warnings_are_no_problem():
    log = "LaTeX Font Warning: Font shape `TU/x/m/it' undefined\nUnderfull \\hbox\n"

    assert find_problems(log) == []


def test_each_character_of_lessons_and_scripts_has_a_glyph():
    """Otherwise a PDF fails, after everything else has been built."""
    if not shutil.which("fc-match"):
        pytest.skip("fontconfig is not installed")
    font = "Noto Sans Mono CJK SC"
    family, charset = output("fc-match", "--format=%{family}\n%{charset}", font).split(
        "\n"
    )
    if font not in family:
        pytest.skip(f"{font} is not installed")
    ends = (interval.partition("-") for interval in charset.split())
    known = {
        chr(code)
        for first, _, last in ends
        for code in range(int(first, 16), int(last or first, 16) + 1)
    }
    fonts = TOP / "d2lnotes/site/latex/sty/coursefonts.sty"
    known |= set(re.findall(r"newunicodechar\{(.)\}", fonts.read_text("utf-8")))

    files = [*TOP.glob("docs/**/*.md"), *TOP.glob("gallery/*/*.py")]
    unknown = {
        f"{character} (U+{ord(character):04X}) in {file.relative_to(TOP)}"
        for file in files
        for character in set(file.read_text("utf-8")) - known - {"\n"}
    }

    assert not unknown


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


ANSWERED = """# Page

## Exercises

:::{exercise} Two plus two
:label: ex-two

How much is it?
:::

:::{hint} ex-two
Count your fingers.
:::

:::{solution} ex-two
Four, by counting.
:::

Text after the exercise.
"""


@pytest.mark.pdf
def test_answer_stands_in_the_appendix_and_is_linked_both_ways(tmp_path, monkeypatch):
    conf = (
        'myst_enable_extensions = ["colon_fence"]\n'
        'numfig = True\nnumfig_format = {"exercise": "Exercise %s"}\n'
    )
    course = tiny_course(tmp_path, ANSWERED, conf=conf)
    monkeypatch.chdir(course)

    main(["build", "--language", "en", "--pdf"])

    path = course / "build" / "pdf" / "d2lnotes-en.pdf"
    text = output("pdftotext", "-layout", path, "-")
    order = ["How much is it", "answer: page 2", "Count your fingers"]
    order += ["Text after", "Answers to the exercises", "Four, by counting"]
    assert sorted(order, key=text.rindex) == order
    assert [text.count(words) for words in ("Four,", "Count your")] == [1, 1]
    links = output("pdftohtml", "-xml", "-i", "-stdout", path)
    sheet = {words: text[: text.index(words)].count("\f") + 1 for words in order}
    answer, exercise = sheet["Four, by counting"], sheet["How much is it"]
    assert re.search(rf'<a href="[^"]*#{answer}">answer: page 2</a>', links)
    assert re.search(rf'<a href="[^"]*#{exercise}"><b>Exercise 1.1.1</b></a>', links)


def test_columns_that_fit_are_as_wide_as_their_longest_lines():
    size, widths = fit_columns([Need(3, 5), Need(2, 10)])

    assert size == "normalsize"
    assert sum(widths) < 0.5
    assert widths[1] - widths[0] == pytest.approx(1.08 * 5 / 45)


def test_columns_that_do_not_fit_share_the_line_and_keep_their_longest_pieces_whole():
    size, widths = fit_columns([Need(15, 15), Need(5, 200)])

    assert size == "normalsize"
    assert sum(widths) == pytest.approx(1)
    assert widths[0] >= 15 / 45


def test_table_whose_pieces_do_not_fit_is_set_smaller():
    size, widths = fit_columns([Need(21, 21), Need(21, 50)])

    assert size == "small"
    assert sum(widths) == pytest.approx(1)


WIDE_TABLE = """# Page

| call | what it does |
|---|---|
| `torch.nn.functional.binary_cross_entropy_with_logits` | a loss for two classes |
| `short` | WORDS |
""".replace("WORDS", "many words of an explanation " * 6)


@pytest.mark.pdf
def test_wide_table_fits_the_page(tmp_path, monkeypatch, capfd):
    course = tiny_course(tmp_path, WIDE_TABLE)
    monkeypatch.chdir(course)

    exit_code = main(["build", "--language", "en", "--pdf"])

    assert exit_code == 0, capfd.readouterr().out
    log = (course / "build" / "latex" / "en" / "d2lnotes.log").read_text("utf-8")
    assert "Overfull \\hbox" not in log


@pytest.mark.pdf
def test_line_that_stands_out_fails_the_build(tmp_path, monkeypatch, capfd):
    page = "# Page\n\n$$" + " ".join(["x_{10}"] * 70) + "$$\n"
    conf = 'myst_enable_extensions = ["dollarmath"]\n'
    monkeypatch.chdir(tiny_course(tmp_path, page, conf=conf))

    exit_code = main(["build", "--language", "en", "--pdf"])

    assert exit_code == 1
    summary = capfd.readouterr().out.rpartition("en PDF")[2]
    assert re.search(r"\d+ points too wide: .*\(docs/page, line \d+ of", summary)


@pytest.mark.pdf
def test_figures_of_scripts_are_taken_in_double_size(tmp_path, monkeypatch):
    course = tiny_course(tmp_path, "# Page\n\n![A dot](sphx_glr_plot_dot_001.png)\n")
    dot = TOP / "docs" / "_static" / "screenshot.png"
    for end in ("", "_2_00x"):
        shutil.copyfile(dot, course / "docs" / f"sphx_glr_plot_dot_001{end}.png")
    monkeypatch.chdir(course)

    main(["build", "--language", "en", "--pdf"])

    folder = course / "build" / "latex" / "en"
    assert (
        "{{sphx_glr_plot_dot_001_2_00x}.png}" in (folder / "d2lnotes.tex").read_text()
    )
    assert (folder / "sphx_glr_plot_dot_001_2_00x.png").is_file()


def test_error_is_named_with_its_volume_and_its_source():
    tex = "\\label{\\detokenize{gallery/one/plot_a::doc}}\n\nwrong\n"
    log = "! Undefined control sequence.\n<argument> \\wrong\n\nl.3 wrong\n\n[7]\n"

    (problem,) = find_problems(log, tex, name="d2lnotes-en-2")

    assert problem == (
        "! Undefined control sequence. "
        "(gallery/one/plot_a.py, line 3 of its LaTeX; page 7 of d2lnotes-en-2)"
    )


@pytest.fixture(scope="module", params=LANGUAGES)
def book(request):
    """Language and path of one PDF of the course."""
    path = TOP / "build" / "pdf" / f"d2lnotes-{request.param}.pdf"
    if not path.exists():
        pytest.fail(f"{path} is missing: run  d2lnotes build --pdf", pytrace=False)
    if shutil.which("pdftotext") is None:
        pytest.fail("pdftotext is missing: install poppler-utils", pytrace=False)
    return request.param, path


@cache
def text_of(path):
    """Return the text of a book, laid out as on its pages; taking it is slow."""
    return output("pdftotext", "-layout", path, "-")


@cache
def characters_of(path):
    """Return the characters of a book, as ``characters`` does."""
    return characters(text_of(path))


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
    text = characters_of(path)

    own = paragraphs(page)[language]

    assert len(own) >= 5
    found = [paragraph for paragraph in own if paragraph in text]
    # a page break with its header and footer may cut a few in two
    assert len(found) >= 0.8 * len(own)


@pytest.mark.pdf
@pytest.mark.parametrize("page", PAGES)
def test_book_holds_no_paragraph_of_the_other_language(book, page):
    language, path = book
    text = characters_of(path)

    other = paragraphs(page)[OTHER[language]]

    assert len(other) >= 5
    assert [paragraph for paragraph in other if paragraph in text] == []


@pytest.mark.pdf
def test_contents_and_chapters_are_named_in_the_language_of_the_book(book):
    language, path = book
    text = characters(output("pdftotext", "-l", "12", path, "-"))

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
    logs = list((TOP / "build" / "latex" / book[0]).glob("d2lnotes-*.log"))

    assert logs
    texts = [log.read_text(encoding="utf-8", errors="replace") for log in logs]
    assert [problem for text in texts for problem in find_problems(text)] == []


@pytest.mark.pdf
def test_no_volume_is_too_thick_to_be_bound(book):
    volumes = list(book[1].parent.glob(f"{book[1].stem}-*.pdf"))

    assert volumes
    pages = [
        int(re.search(r"Pages:\s+(\d+)", output("pdfinfo", v))[1]) for v in volumes
    ]
    assert max(pages) <= 700


@pytest.mark.pdf
def test_no_link_of_the_book_leaves_it_for_the_file_of_a_volume(book):
    with pikepdf.open(book[1]) as pdf:
        links = [link for page in pdf.pages for link in page.obj.get("/Annots", [])]
        kinds = {str(link.A.S) for link in links if "/A" in link}

    assert "/GoTo" in kinds
    assert "/GoToR" not in kinds


def outline(path):
    """Return the titles of the bookmarks."""
    page = output("pdftohtml", "-xml", "-i", "-stdout", "-l", "1", path)
    return re.findall(r'<item page="\d+">(.*?)</item>', page)


@pytest.mark.pdf
def test_bookmarks_are_numbered_plain_and_in_the_language_of_the_book(book):
    language, path = book
    titles = outline(path)

    wanted = {
        "zh": ("第一章 引言", "2.1 张量", "A 练习的答案"),
        "en": ("Chapter 1 Introduction", "2.1 Tensors", "Answers to the exercises"),
    }
    shown = [" ".join(title.split()) for title in titles]
    assert [x for x in wanted[language] if not any(x in title for title in shown)] == []
    assert [title for title in titles if re.search(r"[\\{}$]| \| ", title)] == []


@pytest.mark.pdf
def test_each_answer_of_the_course_is_in_the_appendix(book):
    language, path = book
    text = text_of(path)
    marks = {"zh": "答案：第 \\d-\\d+ 页", "en": "answer: page \\d-\\d+"}
    answers = [
        answer
        for page in (TOP / "docs").rglob("*.md")
        for answer in re.findall(r"(?m)^:{3,}\{solution\}", page.read_text("utf-8"))
    ]

    assert len(re.findall(marks[language], text)) == len(answers)


@pytest.mark.pdf
def test_book_and_volumes_say_what_they_are(book):
    language, path = book

    for pdf_path in (path, *path.parent.glob(f"{path.stem}-*.pdf")):
        with pikepdf.open(pdf_path) as pdf:
            assert str(pdf.docinfo["/Title"]).startswith("d2lnotes")
            assert "d2lnotes" in str(pdf.docinfo["/Author"])
            assert str(pdf.Root.Lang) == {"zh": "zh-CN", "en": "en"}[language]


@pytest.mark.pdf
def test_title_page_has_a_figure_and_behind_it_is_the_licence(book):
    path = book[1]

    listed = output("pdfimages", "-list", "-l", "1", path).splitlines()

    assert len(listed) > 2  # below the head of the table
    assert "CC BY 4.0" in output("pdftotext", "-f", "2", "-l", "2", path, "-")


@pytest.mark.pdf
def test_figures_of_the_appendix_are_numbered_by_its_sections(book):
    language, path = book
    text = text_of(path)
    title, word = {"zh": ("动手探索", "图"), "en": ("Explorables", "Figure")}[language]

    section = re.search(rf"(?m)^([A-Z]\.\d+) +{title}$", text)[1]

    numbers = [int(n) for n in re.findall(rf"{word} {section}\.(\d+):", text)]
    assert len(numbers) >= 5
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.pdf
def test_the_mark_of_a_block_goes_with_the_code_below_it(tmp_path, monkeypatch):
    raw = "```{raw} latex\n"
    code = "".join(f">>> 1 + {n}\n{1 + n}\n" for n in range(9))
    # Lower and lower on a page, until the code is on the next
    pages = "".join(
        f"{raw}\\clearpage\\vspace*{{{points}pt}}\n"
        f"\\begin{{courseprediction}}{{Answer}}{{A question}}\n```\n\n"
        f"```python\n{code}```\n\n{raw}\\end{{courseprediction}}\n```\n\n"
        for points in range(610, 660, 2)
    )
    monkeypatch.chdir(tiny_course(tmp_path, f"# Title\n\n{pages}"))

    assert main(["build", "--language", "en", "--pdf"]) == 0

    text = output("pdftotext", "-layout", "build/pdf/d2lnotes-en.pdf", "-")
    answers = [page for page in text.split("\f") if "Answer" in page]
    assert len(answers) == 25
    assert all("1 + 0" in page for page in answers)


@pytest.mark.pdf
def test_no_page_ends_in_the_mark_of_a_block_that_follows_on_the_next(book):
    pages = text_of(book[1]).split("\f")
    rows = [[row.strip() for row in page.splitlines() if row.strip()] for page in pages]
    # The last row is the footer. An exercise's number begins a mark, a reference not.
    mark = r"(提示|答案|Hint|Answer|先猜一猜|Predict first)( .*)?|(练习|Exercise) [\dA-Z.]+\s{2,}.*"

    ends = [page[-2] for page in rows if len(page) > 2]

    assert [row for row in ends if re.fullmatch(mark, row)] == []
