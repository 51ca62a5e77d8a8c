"""Hints, and the page that lists all exercises of the course."""

import pytest
from bs4 import BeautifulSoup
from tiny_exercises import CODE, FORMATS, HINT, PAGES, exercises
from tiny_site import build_tiny_site

EXTENSIONS = [
    "d2lnotes.site.twins",
    "d2lnotes.site.lessons.exercise_list",
    "d2lnotes.site.html.stale_pages",
]


def build(folder, language="en", **changed):
    """Build the pages, ``late_a`` and others as given, and return the list's page."""
    given = {name.replace("_", "/") + ".md": text for name, text in changed.items()}
    out = build_tiny_site(
        folder,
        PAGES | given,
        extensions=EXTENSIONS,
        language={"zh": "zh_CN", "en": "en"}[language],
        html_theme="basic",
        numfig=True,
        d2lnotes_numfig_format=FORMATS,
    )
    html = (out / "list.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser")


def items(page):
    return [item.get_text().strip() for item in page.select("ul.exercise-list li")]


def test_exercises_stand_in_the_order_of_the_contents(tmp_path):
    found = build(tmp_path)

    links = [link["href"] for link in found.select("ul.exercise-list a")]

    assert links == [
        "late/b.html#ex-two",
        "late/b.html#ex-three",
        "late/a.html#ex-one",
        "early/c.html#ex-four",
    ]


@pytest.mark.parametrize(
    ("language", "first", "last"),
    [
        ("zh", "练习 1.1 题 two 代码作答", "练习 2.1 题 four"),
        ("en", "Exercise 1.1 Task two answered by code", "Exercise 2.1 Task four"),
    ],
)
def test_each_has_its_number_its_title_and_whether_code_answers_it(
    tmp_path, language, first, last
):
    found = items(build(tmp_path, language))

    assert (found[0], found[-1]) == (first, last)


@pytest.mark.parametrize(("language", "word"), [("zh", "挑战"), ("en", "challenge")])
def test_each_says_its_level(tmp_path, language, word):
    text = exercises("one").replace(":label:", ":level: challenge\n:label:")

    found = build(tmp_path, language, late_a=text).select("ul.exercise-list .level")

    assert [mark.get_text() for mark in found] == [word]
    assert found[0]["class"] == ["level", "level-challenge"]


def test_a_changed_level_changes_the_list(tmp_path):
    text = exercises("one").replace(":label:", ":level: core\n:label:")
    build(tmp_path, late_a=text)

    found = build(tmp_path, late_a=text.replace(": core", ": warm-up"))

    assert found.select_one("ul.exercise-list .level").get_text() == "warm-up"


def test_the_filter_is_loaded_where_the_list_is(tmp_path):
    page = build(tmp_path)
    other = next(tmp_path.glob("out/html/*/late/a.html")).read_text(encoding="utf-8")

    scripts = [script.get("src", "") for script in page.select("script")]

    assert any("exercise_filter.js" in source for source in scripts)
    assert "exercise_filter.js" not in other


def test_the_list_counts_them(tmp_path):
    text = build(tmp_path).get_text()

    assert "4 exercises, all answered, 2 of them by code that runs." in text


def test_an_answer_that_gets_code_changes_the_list(tmp_path):
    build(tmp_path)

    found = items(build(tmp_path, late_a=exercises("one", code=CODE)))

    assert found[2] == "Exercise 1.3 Task one answered by code"


def test_a_new_exercise_is_listed(tmp_path):
    build(tmp_path)

    found = items(build(tmp_path, late_a=exercises("one", "five")))

    assert "Exercise 1.4 Task five" in found


@pytest.mark.parametrize(("language", "word"), [("zh", "提示"), ("en", "Hint")])
def test_a_hint_is_folded_under_its_own_word(tmp_path, language, word):
    hinted = exercises("one").replace(":::{solution}", f"{HINT % 'one'}:::{{solution}}")
    build(tmp_path, language, late_a=hinted)
    page = next(tmp_path.glob("out/html/*/late/a.html")).read_text(encoding="utf-8")

    hint = BeautifulSoup(page, "html.parser").select_one("details.hint")

    assert not hint.has_attr("open")
    assert hint.select_one("summary").find(string=True).strip() == word
    assert "solution" in hint.find_next_sibling("details")["class"]


@pytest.mark.parametrize(
    ("hints", "problem"),
    [
        (HINT % "none", "hint for an unknown exercise “ex-none”"),
        (HINT % "one" * 2, "second hint for the exercise “ex-one”"),
        (":::{hint}\n想。\n:::\n", r"1 argument\(s\) required"),
    ],
    ids=["unknown", "second", "no label"],
)
def test_a_hint_belongs_to_one_exercise(tmp_path, hints, problem):
    with pytest.raises(AssertionError, match=problem):
        build(tmp_path, late_a=exercises("one") + hints)
