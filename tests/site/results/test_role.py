"""Tests for numbers read from the run: the role, its hover text, and the table."""

import html
import re

import pytest
from gallery_project import REPOSITORY, Project

from d2lnotes.site.gallery.records import Result

BODY = """
from d2lnotes.results import note_data, record

note_data({data!r}, stand_in={stand_in})
record("{group}.accuracy", {value}, unit="fraction", over="3 个种子 | 3 seeds", spread=0.004)
record("{group}.seconds", 8.2, unit="秒 | s", format=".1f")
"""
PAGE = """# 页 | Page

准确率是 {result}`lenet.accuracy`，用了 {result}`lenet.seconds`。

The accuracy is {result}`lenet.accuracy`, it took {result}`lenet.seconds`.
"""
RST_PAGE = """页二 | Page two
===============

准确率是 :result:`digits.accuracy` 左右。

The accuracy is about :result:`digits.accuracy`.
"""
TABLE = """# 结果 | Results

```{results-table} measured published
```
"""
NAMES = """
[lenet]
accuracy = "测试准确率 | Test accuracy"
seconds = "一轮的时间 | Time of an epoch"
[digits]
accuracy = "手写数字的准确率 | Accuracy on digits"
seconds = "时间 | Time"
"""
SOURCES = 'book = "书 | The book"'
PUBLISHED = """
[[experiments]]
name = "LeNet 的准确率 | Accuracy of LeNet"
setting = "lr 0.9"
results = ["lenet.accuracy"]
values = [["book", "0.779"], ["book", "0.728"]]
[[experiments]]
name = "某个实验 | Some experiment"
setting = ""
values = [["book", "0.5"]]
"""
INDEX = """# 首页 | Home

```{toctree}
page
second
results
gallery/index
```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Pages that quote the results of two scripts, one of them on stand-in data."""
    project = Project(tmp_path_factory.mktemp("results")).create()
    lenet = BODY.format(
        group="lenet", value=0.8834, data="fashion-mnist", stand_in=False
    )
    digits = BODY.format(group="digits", value=0.5, data="digits", stand_in=True)
    project.script("lenet", lenet, title="卷积 | Convolution")
    project.script("digits", digits)
    project.write("docs/index.md", INDEX)
    project.write("docs/page.md", PAGE)
    project.write("docs/second.rst", RST_PAGE)
    project.write("docs/results.md", TABLE)
    project.write("docs/measured/numbers.toml", NAMES)
    project.write("docs/published/sources.toml", SOURCES)
    project.write("docs/published/numbers.toml", PUBLISHED)
    outcomes = [project.build("zh"), project.build("en")]
    assert [(code, warned) for code, _, warned in outcomes] == [(0, ""), (0, "")]
    return project


@pytest.fixture
def project(built, tmp_path):
    return built.copy_to(tmp_path)


def text_of(project, language, name):
    """Return the visible text of a page's body, its white space collapsed."""
    page = project.read(f"build/html/{language}/{name}.html")
    body = page[page.index('role="main"') : page.index('<div class="footer"')]
    return " ".join(html.unescape(re.sub(r"<[^>]*>", "", body)).split())


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_number_shows_spread_and_unit_in_the_language_of_its_half(built, language):
    text = text_of(built, language, "page")

    assert "The accuracy is 0.883 ± 0.004, it took 8.2 s." in text
    assert "准确率是 0.883 ± 0.004，用了 8.2 秒。" in text


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_in_rest_may_quote_too(built, language):
    assert "about 0.500 ± 0.004." in text_of(built, language, "second")


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    ("half", "pattern"),
    [
        (
            "zh-CN",
            r"numbers/plot_lenet；fashion-mnist；3 个种子；CPU（\d+ 线程）；"
            r"Python 3\.[\d.]+, .+；20\d\d-\d\d-\d\d",
        ),
        (
            "en",
            r"numbers/plot_lenet; fashion-mnist; 3 seeds; CPU, \d+ threads?; "
            r"Python 3\.[\d.]+, .+; 20\d\d-\d\d-\d\d",
        ),
    ],
)
def test_a_number_tells_on_hover_where_it_comes_from(built, language, half, pattern):
    page = built.read(f"build/html/{language}/page.html")
    inside = page[page.index('<div class="twin"') :].partition(f'lang="{half}"')[2]
    hover = re.search(r'<a class="d2l-result"[^>]*title="([^"]*)"', inside)

    assert hover
    assert re.fullmatch(pattern, hover[1])


def test_a_number_leads_to_its_entry_in_the_table(built):
    page = built.read("build/html/en/page.html")

    assert 'href="results.html#result-lenet-accuracy"' in page
    assert 'id="result-lenet-accuracy"' in built.read("build/html/en/results.html")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_that_quotes_numbers_from_stand_in_data_says_so(built, language):
    assert "改用了替代数据（digits）" in text_of(built, language, "second")
    assert "stand-in data (digits) took their place" in text_of(
        built, language, "second"
    )
    assert "stand-in" not in text_of(built, language, "page")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        (
            "zh",
            [
                "与公布的数相比",
                "LeNet 的准确率 他们的设置：lr 0.9 0.883 ± 0.004 卷积，3 个种子 "
                "0.779, 0.728 书",
                "卷积 · fashion-mnist，CPU",
                "测试准确率 3 个种子 0.883 ± 0.004 一轮的时间 8.2 秒",
                "digits（替代数据）",
                "某个实验 0.5 书",
            ],
        ),
        (
            "en",
            [
                "Ours against published",
                "Accuracy of LeNet Their settings: lr 0.9 0.883 ± 0.004 Convolution, "
                "3 seeds 0.779, 0.728 The book",
                "Numbers",
                "Convolution · fashion-mnist, CPU",
                "Test accuracy 3 seeds 0.883 ± 0.004 Time of an epoch 8.2 s",
                "digits (stand-in data)",
                "Some experiment 0.5 The book",
            ],
        ),
    ],
)
def test_the_table_holds_every_result_beside_what_was_published(
    built, language, expected
):
    text = text_of(built, language, "results")

    assert [part for part in expected if part not in text] == []
    places = [text.index(part) for part in expected]
    assert places[0] == min(places)
    assert places[-1] == max(places)
    assert "lenet." not in text


def test_the_contents_of_the_page_list_the_parts_of_the_table(built):
    page = built.read("build/html/en/results.html")

    sections = re.findall(r'<section id="([\w-]+)">', page)

    assert sections == [
        "results",
        "ours-against-published",
        "numbers",
        "published-not-measured-here-yet",
    ]


def test_a_result_without_a_name_in_words_is_reported_with_what_to_write(project):
    project.write("docs/measured/numbers.toml", NAMES.replace("seconds = ", "time = "))

    code, _, warned = project.build("zh", "-b", "dummy")

    assert code == 1
    assert (
        "measured/numbers.toml:1: WARNING: the result 'lenet.seconds' of "
        'numbers/plot_lenet has no name in words: write below [lenet]  seconds = "'
    ) in warned


@pytest.mark.parametrize("name", ['"只有中文"', "3", '"甲 | 乙 | A"'])
def test_a_damaged_name_of_a_result_is_named_with_its_file(project, name):
    wrong = NAMES.replace('"测试准确率 | Test accuracy"', name)
    project.write("docs/measured/numbers.toml", wrong)

    code, _, warned = project.build("zh", "-b", "dummy")

    assert code == 1
    assert "measured/numbers.toml cannot be read" in warned


def test_pages_follow_the_results_of_a_new_run(project):
    body = BODY.format(group="lenet", value=0.9, data="fashion-mnist", stand_in=False)
    project.script(
        "lenet", body + 'record("lenet.new", 1)\n', title="卷积 | Convolution"
    )
    new = NAMES.replace("[lenet]", '[lenet]\nnew = "新的数 | New number"')
    project.write("docs/measured/numbers.toml", new)

    assert project.build("zh")[0] == 0

    assert "0.900 ± 0.004" in text_of(project, "zh", "page")
    assert "新的数 1.000" in text_of(project, "zh", "results")


def test_an_unknown_result_is_named_with_its_place_in_every_build_until_it_exists(
    project,
):
    page = project.read("docs/page.md")
    project.write("docs/page.md", page.replace("lenet.accuracy", "lenet.acuracy"))

    builds = [project.build("zh", "-b", "dummy") for _ in range(2)]

    assert [code for code, _, _ in builds] == [1, 1]
    for _, _, warned in builds:
        assert "docs/page.md:3: WARNING: no script recorded the result" in warned
        assert "'lenet.acuracy'; close to it: lenet.accuracy" in warned


def test_in_prose_mode_an_unknown_result_is_a_question_mark(project):
    page = project.read("docs/page.md")
    project.write("docs/page.md", page.replace("lenet.accuracy", "lenet.future"))

    code, _, warned = project.build("zh", "-D", "d2lnotes_no_gallery=1")

    assert (code, warned) == (0, "")
    assert "准确率是 ?，" in text_of(project, "zh", "page")


def test_a_name_that_two_scripts_recorded_is_an_error(project):
    body = BODY.format(group="lenet", value=0.5, data="digits", stand_in=True)
    project.script("digits", body)
    project.write("docs/second.rst", RST_PAGE.replace("digits.", "lenet."))

    code, _, warned = project.build("zh", "-b", "dummy")

    assert code == 1
    assert (
        "the result 'lenet.accuracy' was recorded by numbers/plot_digits and by "
        "numbers/plot_lenet"
    ) in warned


@pytest.mark.parametrize(
    ("text", "problem"),
    [("[[exper", "TOMLDecodeError"), ("[[experiments]]\nname = 'x'", "KeyError")],
)
def test_a_damaged_file_of_published_figures_is_named(project, text, problem):
    project.write("docs/published/numbers.toml", text)

    code, _, warned = project.build("zh", "-b", "dummy")

    assert code == 1
    assert "docs/results.md:3" in warned
    assert "numbers.toml" in warned
    assert "cannot be read" in warned
    assert problem in warned


@pytest.mark.parametrize(
    "change",
    [
        ('values = [["book", "0.5"]]', "values = 3"),
        ('"某个实验 | Some experiment"', '"甲 | 乙 | A | B"'),
    ],
)
def test_a_wrong_experiment_is_named_with_file_and_line(project, change):
    project.write("docs/published/numbers.toml", PUBLISHED.replace(*change))

    code, _, warned = project.build("zh", "-b", "dummy")

    line = PUBLISHED.splitlines().index("[[experiments]]", 5) + 1
    assert code == 1
    assert f"numbers.toml:{line}: this experiment cannot be read" in warned


def test_published_figures_may_begin_with_a_byte_order_mark(project):
    project.write("docs/published/numbers.toml", f"\ufeff{PUBLISHED}")

    assert project.build("zh", "-b", "dummy")[0] == 0


def test_a_unit_in_chinese_alone_is_an_error_of_its_script(project):
    body = BODY.format(group="digits", value=0.5, data="digits", stand_in=True)
    project.script("digits", body.replace("秒 | s", "秒"))

    code, _, warned = project.build("zh", "-b", "dummy")

    script = project.read("gallery/numbers/plot_digits.py").splitlines()
    line = next(n for n, text in enumerate(script, 1) if '"秒"' in text)
    assert code == 1
    assert f"plot_digits.py:{line}: WARNING: Chinese without its English" in warned


def test_the_figures_published_for_the_course_can_be_read(project):
    (project.root / "docs/published/numbers.toml").unlink()
    published = REPOSITORY / "docs" / "reference" / "published"
    for file in published.glob("*.toml"):
        text = file.read_text(encoding="utf-8")
        project.write(f"docs/published/{file.name}", text)

    code, _, warned = project.build("en", "-b", "html")

    assert (code, warned) == (0, "")
    text = text_of(project, "en", "results")
    assert "lr 0.1 0.779 D2L, Chinese 0.728 D2L, English" in text


@pytest.mark.parametrize(
    ("changes", "quoted"),
    [
        ({}, "0.883"),
        ({"spread": 0.004}, "0.883 ± 0.004"),
        ({"unit": "fraction"}, "0.883"),
        ({"unit": "s", "format": ".1f"}, "0.9 s"),
        ({"format": ".1%", "spread": 0.01}, "88.3% ± 1.0%"),
        ({"value": 42, "format": "d"}, "42"),
        ({"value": 12345, "format": ",d", "unit": "个 | items"}, "12,345 items"),
        ({"value": 5.6e-13, "format": ".1e"}, "5.6 × 10⁻¹³"),
        ({"value": -4e20, "spread": 7e8, "format": ".0e"}, "-4 × 10²⁰ ± 7 × 10⁸"),
    ],
)
def test_a_number_is_quoted_as_its_script_asked(changes, quoted):
    fields = {"value": 0.8834, "unit": "", "over": "", "spread": None, "format": ".3f"}

    assert Result(name="group.number", **fields | changes).quoted("en") == quoted
