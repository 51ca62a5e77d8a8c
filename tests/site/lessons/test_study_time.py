"""The line under a lesson's title: its minutes, and what to read first."""

import pytest
from bs4 import BeautifulSoup
from tiny_site import try_tiny_site

EXTENSIONS = ("twins", "lessons.study_time", "lessons.deeper")
INDEX = "# 首页 | Home\n\n```{toctree}\nchapter/first\nchapter/second\n```\n"
FIRST = "---\nminutes: 20\nneeds: []\n---\n# 第一页 | First page\n"
SECOND = "---\nminutes: 35\nneeds: [first]\n---\n# 第二页 | Second page\n"


def build(tmp_path, *, second=SECOND, language="en"):
    """Return the soup of the second page and what the build warned of."""
    out, warned = try_tiny_site(
        tmp_path,
        {"index.md": INDEX, "chapter/first.md": FIRST, "chapter/second.md": second},
        extensions=[f"d2lnotes.site.{name}" for name in EXTENSIONS],
        language=language,
    )
    page = (out / "chapter" / "second.html").read_text(encoding="utf-8")
    return BeautifulSoup(page, "html.parser"), warned


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh_CN", "约 35 分钟 · 先修：第一页"),
        ("en", "About 35 minutes · First: First page"),
    ],
)
def test_a_lesson_names_its_minutes_and_needs_in_the_language(tmp_path, language, line):
    page, _ = build(tmp_path, language=language)
    assert page.select_one(".half.own .study-time").get_text() == line


def test_a_needed_page_is_linked(tmp_path):
    page, _ = build(tmp_path)
    links = {link["href"] for link in page.select(".study-time a")}
    assert links == {"first.html"}


def test_needing_an_unknown_page_is_reported_with_the_known_ones(tmp_path):
    _, warned = build(tmp_path, second=SECOND.replace("[first]", "[frist]"))
    assert "second.md:1: WARNING: needs the unknown page 'frist'" in warned
    assert "the pages are chapter/first, chapter/second" in warned


def test_pages_of_the_same_name_are_told_apart_by_their_chapters(tmp_path):
    other = tmp_path / "docs" / "other"
    other.mkdir(parents=True)
    (other / "first.md").write_text(FIRST, encoding="utf-8")

    page, warned = build(tmp_path, second=SECOND.replace("[first]", "[other/first]"))

    assert "needs" not in warned
    links = {link["href"] for link in page.select(".study-time a")}
    assert links == {"../other/first.html"}


def test_a_name_that_two_pages_have_is_refused(tmp_path):
    other = tmp_path / "docs" / "other"
    other.mkdir(parents=True)
    (other / "first.md").write_text(FIRST, encoding="utf-8")

    _, warned = build(tmp_path)

    assert "needs 'first', which may be chapter/first or other/first" in warned


def test_needs_that_are_no_names_are_reported_and_the_page_is_built(tmp_path):
    page, warned = build(tmp_path, second=SECOND.replace("[first]", "[1, {a: b}]"))

    assert "second.md:1: WARNING: needs the unknown page {'a': 'b'}" in warned
    assert page.h1


def test_a_page_saved_with_a_byte_order_mark_is_read_like_any_other(tmp_path):
    _, warned = build(tmp_path, second=f"\ufeff{SECOND}")

    assert warned == ""


@pytest.mark.parametrize(
    ("language", "line"),
    [
        ("zh_CN", "约 35 分钟 · 深入 12 分钟 · 先修：第一页"),
        ("en", "About 35 minutes · 12 more to go deeper · First: First page"),
    ],
)
def test_the_minutes_of_deeper_blocks_are_counted_apart(tmp_path, language, line):
    block = "```{deeper} 深 | Deep\n:minutes: %d\n\n深。\n\nDeep.\n```\n\n"

    page, _ = build(
        tmp_path, second=f"{SECOND}\n{block % 5}{block % 7}", language=language
    )

    assert page.select_one(".half.own .study-time").get_text() == line


@pytest.mark.parametrize("minutes", ["0", "-5", "true", "2.5", "'30'"])
def test_minutes_are_a_whole_number_from_one_on(tmp_path, minutes):
    second = SECOND.replace("35", minutes)

    _, warned = build(tmp_path, second=second)

    assert "second.md:1: WARNING: a page begins with front matter" in warned


@pytest.mark.parametrize(
    "matter", ["", "---\nminutes: soon\nneeds: []\n---\n", "---\nminutes: 5\n---\n"]
)
def test_front_matter_that_is_missing_or_wrong_is_reported(tmp_path, matter):
    _, warned = build(tmp_path, second=f"{matter}# 第二页 | Second page\n")
    assert "second.md:1: WARNING: a page begins with front matter" in warned


def test_a_need_that_a_new_page_makes_ambiguous_is_reported(tmp_path):
    build(tmp_path)
    other = tmp_path / "docs" / "other"
    other.mkdir()
    (other / "first.md").write_text(f":orphan:\n{FIRST}", encoding="utf-8")

    _, warned = build(tmp_path)

    assert "second.md:1: WARNING: needs 'first', which may be" in warned
