"""Twin paragraphs: what each language shows, and what an author is told."""

from copy import copy
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.environment import BuildEnvironment
from sphinx.testing.util import SphinxTestApp

SPECIMEN = Path(__file__).parents[1] / "twin_page"
OTHER = {"zh": "en", "en": "zh"}
CONF = """
extensions = ["myst_parser", "d2lnotes.site.twins", "d2lnotes.site.lessons.exercises"]
myst_enable_extensions = ["colon_fence", "dollarmath", "deflist"]
"""


def build(source, out, *, language="en", builder="html"):
    """Build ``source`` and return the application, its warnings as text in it."""
    tag = {"zh": "zh_CN", "en": "en"}[language]
    app = SphinxTestApp(
        builder, srcdir=source, builddir=out, confoverrides={"language": tag}
    )
    app.build(force_all=True)
    app.cleanup()
    return app


@pytest.fixture(scope="module")
def specimen(tmp_path_factory):
    """Pages of the specimen, as ``specimen[language][page]``; no warning allowed."""
    pages = {}
    for language in OTHER:
        out = tmp_path_factory.mktemp(language)
        app = build(SPECIMEN, out, language=language)
        assert app.warning.getvalue() == ""
        pages[language] = {
            path.stem: BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")
            for path in Path(app.outdir).glob("*.html")
        }
    return pages


def visible(node):
    """Return the text of ``node`` that the build's own language shows."""
    copy = BeautifulSoup(str(node), "html.parser")
    for hidden in copy.select(".half.other"):
        hidden.decompose()
    return " ".join(copy.get_text().split())


def warnings_of(tmp_path, page, *, suffix="md"):
    """Return what the build of one page of text ``page`` warns of."""
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF, encoding="utf-8")
    (source / f"index.{suffix}").write_text(page, encoding="utf-8")
    return build(source, tmp_path / "out").warning.getvalue()


def page_of(tmp_path, page, *, suffix="md", language="en"):
    """Return the HTML of one page of text ``page``; no warning allowed."""
    (tmp_path / "conf.py").write_text(CONF, encoding="utf-8")
    (tmp_path / f"index.{suffix}").write_text(page, encoding="utf-8")
    app = build(tmp_path, tmp_path / "out", language=language)
    assert app.warning.getvalue() == ""
    html = (Path(app.outdir) / "index.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser").find("div", class_="body")


@pytest.mark.parametrize("language", OTHER)
@pytest.mark.parametrize("page", ["index", "first", "second", "third"])
def test_every_half_is_in_its_language(specimen, language, page):
    halves = specimen[language][page].find("article").select(".half")
    assert halves
    for half in halves:
        shown = "own" in half["class"]
        assert half["lang"].startswith(language if shown else OTHER[language])


@pytest.mark.parametrize("language", OTHER)
def test_the_pages_own_language_is_read_first(specimen, language):
    twins = specimen[language]["first"].select("div.twin")

    first = {twin.find(class_="half", recursive=False)["lang"][:2] for twin in twins}

    assert first == {language}


@pytest.mark.parametrize("page", ["index", "first", "second", "third"])
def test_the_english_page_shows_no_han_but_a_quoted_word(specimen, page):
    article = copy(specimen["en"][page].find("article"))
    for name in article.select(".other-name"):  # a term has both names everywhere
        name.decompose()
    text = visible(article).replace("quotes 张量", "")
    assert not [character for character in text if "\u4e00" <= character <= "\u9fff"]


def test_the_hidden_language_is_kept_out_of_search(specimen):
    hidden = specimen["zh"]["first"].select("article .half.other")
    assert hidden
    assert all("no-search" in half["class"] for half in hidden)


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("zh", "形状 n×m 与 shape"),
        ("en", "Shapes n×m and shape"),
    ],
)
def test_a_title_keeps_mathematics_and_code_in_both_halves(specimen, language, title):
    heading = specimen[language]["first"].find("h1")
    assert title in visible(heading)
    assert heading.select(".math")
    assert heading.select("code")


def test_section_ids_come_from_the_english_half_in_both_languages(specimen):
    ids = {
        language: [s["id"] for s in specimen[language]["first"].select("section")]
        for language in OTHER
    }
    assert ids["zh"] == ids["en"]
    assert {"softmax-regression", "lists", "tables"} <= set(ids["en"])


@pytest.mark.parametrize("language", OTHER)
def test_a_reference_shows_the_title_in_the_language_of_its_half(specimen, language):
    expected = {
        "zh": ["形状", "第二页", "表 1.4.1", "练习 1.5.1", "谁更大", "后面"],
        "en": ["Shapes", "The second page", "Table 1.4.1", "Exercise 1.5.1", "Later"],
    }
    twin = specimen[language]["first"].select_one("#softmax-regression .twin")
    for half in twin.select(".half"):
        for text in expected[half["lang"][:2]]:
            assert text in half.get_text()


@pytest.mark.parametrize("language", OTHER)
def test_glossary_terms_are_found_from_both_languages(specimen, language):
    twin = specimen[language]["first"].select_one("#softmax-regression .twin")
    links = {a.get_text(): a["href"] for a in twin.select("a") if a.select(".std-term")}
    assert set(links) == {"池化层", "pooling layer"}
    assert len(set(links.values())) == 1


def test_a_line_break_between_han_characters_leaves_no_space(specimen):
    assert "在这里断开，“引号”也在。" in visible(
        specimen["zh"]["index"].find("article")
    )


def test_a_line_break_after_a_reference_in_chinese_leaves_no_space(specimen):
    assert "第二页和它。" in visible(specimen["zh"]["third"].find("article"))


@pytest.mark.parametrize("page", ["index", "third"])
def test_bold_between_han_characters_is_bold(specimen, page):
    assert specimen["zh"][page].find("strong").get_text() == "粗体"


@pytest.mark.parametrize(("language", "caption"), [("zh", "章节"), ("en", "Chapters")])
def test_the_toctree_caption_is_split(specimen, language, caption):
    captions = specimen[language]["index"].select("p.caption")
    assert caption in {visible(node) for node in captions}


def test_cells_and_caption_of_a_list_table_are_split(specimen):
    table = specimen["en"]["first"].select_one("#tab-sizes")
    assert "Sizes" in visible(table.caption)
    assert [visible(cell) for cell in table.select("th")] == ["name", "value v"]
    assert visible(table.select("td")[1]) == "First paragraph."


def test_code_between_the_items_of_an_ordered_list_does_not_restart_it(specimen):
    items = specimen["en"]["first"].select("ol.arabic > li")
    assert [bool(item.select("pre")) for item in items] == [True, False]


def test_a_footnote_leads_back_only_to_what_is_shown(specimen):
    note = specimen["en"]["first"].select_one("aside.footnote")
    back = note.select_one("a[role=doc-backlink]")["href"].removeprefix("#")
    place = specimen["en"]["first"].find(id=back)
    assert place.find_parent(class_="other") is None


def test_an_answer_is_folded_under_a_title_in_the_language(specimen):
    answer = specimen["zh"]["first"].select_one("details.solution")
    assert visible(answer.summary) == "答案"
    assert not answer.has_attr("open")


@pytest.mark.parametrize(
    ("language", "own", "other"),
    [
        ("zh", "取一块里最大的", "Takes the largest"),
        ("en", "Takes the largest", "取一块"),
    ],
)
def test_latex_holds_only_its_language(tmp_path, language, own, other):
    app = build(SPECIMEN, tmp_path, language=language, builder="latex")
    text = next(Path(app.outdir).glob("*.tex")).read_text(encoding="utf-8")
    assert own in text
    assert other not in text


@pytest.mark.parametrize(
    ("page", "line", "problem"),
    [
        ("# 甲 | A\n\n只有中文。\n", 3, "Chinese without its English twin"),
        ("# 甲 | A\n\nOnly in English.\n", 3, "English without its Chinese twin"),
        ("# 甲 | A\n\nEnglish first.\n\n中文在后。\n", 3, "English before Chinese"),
        ("# 甲 | A\n\n中。\n\nEn.\n\n后。\n", 7, "Chinese without its English twin"),
        ("# 甲 | A\n\n中文。\n\n- a list in English\n", 3, "Chinese without"),
        ("# 只有中文\n\n中。\n\nEnglish here.\n", 1, "needs both halves"),
        ("# English only\n\n中。\n\nEnglish here.\n", 1, "needs both halves"),
        ("# English | 中文\n\n中。\n\nEnglish here.\n", 1, "Chinese half comes first"),
        ("# 甲 | A\n\n![In English only](x.png)\n", 3, "alternative text needs both"),
        ("# 甲 | A\n\n**注意：**这里。\n\n**Mind** it.\n", 3, "literal **"),
        ("# 甲 | A\n\n前后 $$x 中。\n\nBefore it $$x.\n", 3, "literal $$"),
        ("# 病 | 阳 | ill | pos\n", 1, "more than one “ | ”"),
        ("# 甲 | A\n\n![病 | 阳 | ill | pos](x.png)\n", 3, "more than one “ | ”"),
        ("# 甲 | A\n\n![甲乙 | 丙](x.png)\n", 3, "the Chinese half comes first"),
        (
            "# 甲 | A\n\n```{toctree}\n:caption: 病 | 阳 | ill | pos\nself\n```\n",
            3,
            "more than one “ | ”",
        ),
        (
            "# 甲 | A\n\n```{toctree}\n病 | 阳 | ill | pos <self>\n```\n",
            3,
            "more than one “ | ”",
        ),
        ("# 甲 | A\n\n*“数”*就是，*（注）*如\n\nIt *is*.\n", 3, "literal * in"),
        ("# 甲 | A\n\n- 中文。\n\n  English.\n- 只有中文。\n", 6, "Chinese without"),
        (
            "# 甲 | A\n\n:::{note}\n中文。\n\nEnglish.\n\n又是中文。\n:::\n",
            8,
            "Chinese without",
        ),
    ],
)
def test_prose_without_its_twin_is_reported_with_file_and_line(
    tmp_path, page, line, problem
):
    report = warnings_of(tmp_path, page)
    assert f"index.md:{line}: WARNING: " in report
    assert problem in report


def test_a_bar_in_code_or_mathematics_parts_no_halves(tmp_path):
    title = "# $P(a | b)$ 与 `x | y` | $P(a | b)$ and `x | y`\n\n中文。\n\nEnglish.\n"

    heading = page_of(tmp_path, title).h1

    assert heading.parent["id"] == "p-a-b-and-x-y"


def test_a_warning_names_its_kind(tmp_path):
    assert "[twins.missing-english]" in warnings_of(tmp_path, "# 甲 | A\n\n只有。\n")


def test_items_of_one_list_are_no_twins(tmp_path):
    report = warnings_of(tmp_path, "# 甲 | A\n\n- 中文。\n- English here.\n")
    assert "index.md:3: WARNING: Chinese without its English twin" in report


def test_reports_reach_rest_pages_too(tmp_path):
    report = warnings_of(tmp_path, "甲 | A\n======\n\n只有中文。\n", suffix="rst")
    assert "index.rst:4: WARNING: Chinese without its English twin" in report


@pytest.mark.parametrize(
    "page",
    [
        "# LeNet\n\n中文。\n\nEnglish.\n",
        "# 甲 | A\n\n```python\nx = 1\n```\n\n$$x$$\n\n`code` $y$ 3\n",
        "# 甲 | A\n\n| $x$ | 1 |\n|---|---|\n| LeNet | 2 |\n",
        "# 甲 | A\n\n中文。\n\n% a comment\n\nEnglish.\n",
        "# 甲 | A\n\n| 名 |\n|---|\n| pip it |\n\n| name |\n|---|\n| pip it |\n",
    ],
)
def test_what_serves_both_languages_needs_no_twin(tmp_path, page):
    assert warnings_of(tmp_path, page) == ""


def test_an_answer_to_an_unknown_exercise_is_reported(tmp_path):
    page = "# 甲 | A\n\n:::{solution} ex-none\n中文。\n\nEnglish.\n:::\n"
    report = warnings_of(tmp_path, page)
    assert "index.md:3: WARNING: answer to an unknown exercise “ex-none”" in report


def test_a_second_answer_to_an_exercise_is_reported(tmp_path):
    answer = ":::{solution} ex-a\n中文。\n\nEnglish.\n:::\n\n"
    exercise = ":::{exercise} 甲 | A\n:label: ex-a\n\n中文。\n\nEnglish.\n:::\n\n"
    report = warnings_of(tmp_path, f"# 甲 | A\n\n{exercise}{answer}{answer}")
    assert "second answer to the exercise “ex-a”" in report


def test_an_exercise_without_a_label_is_an_error(tmp_path):
    page = "# 甲 | A\n\n:::{exercise} 乙 | B\n中文。\n\nEnglish.\n:::\n"
    assert "an exercise needs a label" in warnings_of(tmp_path, page)


@pytest.mark.parametrize("language", OTHER)
def test_a_title_may_hold_index_entries(tmp_path, language):
    title = "# {index}`广播` | {index}`Broadcasting`\n\n中文。\n\nEnglish.\n"

    heading = page_of(tmp_path, title, language=language).h1

    assert visible(heading) == {"zh": "广播¶", "en": "Broadcasting¶"}[language]
    assert heading.parent["id"] == "broadcasting"


def test_a_line_broken_beside_a_quote_or_a_dash_leaves_no_space(tmp_path):
    text = "# 甲 | A\n\n他说“好”\n就走——\n是的\n“好”。\n\nEnglish.\n"

    page = page_of(tmp_path, text, language="zh")

    assert visible(page.select_one(".half.own")) == "他说“好”就走——是的“好”。"


def test_a_line_broken_after_full_width_punctuation_leaves_no_space(tmp_path):
    text = "# 甲 | A\n\n先看图，\nLeNet 再说。\n\nLook first,\nLeNet next.\n"

    page = page_of(tmp_path, text, language="zh")

    assert visible(page.select_one(".half.own")) == "先看图，LeNet 再说。"
    assert page.select_one("div.half.other").get_text().split() == [
        *("Look", "first,", "LeNet", "next.")
    ]


def test_code_in_rest_is_shown_as_it_is_written(tmp_path):
    code = "label = '宽*高*深'  # 中``x``中"
    text = f"甲 | A\n=======\n\n.. code-block:: python\n\n   {code}\n"
    text += "\n中**粗**中。\n\nEnglish.\n"

    page = page_of(tmp_path, text, suffix="rst", language="zh")

    assert page.pre.get_text().strip() == code
    assert page.strong.get_text() == "粗"


def test_a_reference_by_number_does_not_read_its_page_back(tmp_path, monkeypatch):
    read_back = []
    read = BuildEnvironment.get_doctree

    def get_doctree(env, docname):
        read_back.append(docname)
        return read(env, docname)

    monkeypatch.setattr(BuildEnvironment, "get_doctree", get_doctree)
    pages = {
        "conf.py": f"{CONF}\nnumfig = True\nd2lnotes_numfig_format = {{\n"
        '    "zh": {"exercise": "练习 %s"}, "en": {"exercise": "Exercise %s"}\n}\n',
        "index.md": "# 页 | Page\n\n```{toctree}\nother\n```\n\n"
        "见{numref}`ex-one`。\n\nSee {numref}`ex-one`.\n",
        "other.md": "# 别的 | Other\n\n:::{exercise} 题 | Task\n:label: ex-one\n\n"
        "中文。\n\nEnglish.\n:::\n\n:::{solution} ex-one\n中文。\n\nEnglish.\n:::\n",
    }
    (tmp_path / "source").mkdir()
    for name, text in pages.items():
        (tmp_path / "source" / name).write_text(text, encoding="utf-8")

    app = build(tmp_path / "source", tmp_path / "out")

    page = BeautifulSoup((app.outdir / "index.html").read_bytes(), "html.parser")
    links = page.select("a.reference[href='other.html#ex-one']")
    assert {link.get_text() for link in links} == {"练习 1", "Exercise 1"}
    assert read_back.count("other") <= 1  # to be written itself
