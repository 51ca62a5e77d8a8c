"""Blocks that unfold, and the filter of all exercises, on a site of three exercises."""

from pathlib import Path

import pytest
from tiny_exercises import FORMATS, PAGES, exercises
from tiny_site import build_tiny_site

from d2lnotes.site import html, lessons

pytestmark = pytest.mark.browser

LEVELS = ("warm-up", "core", "core")
DEEPER = """
(sec-why)=
::::{deeper} 为什么 | Why
:minutes: 5

(eq-inside)=
深。

Deep.
::::
"""
LATE = "".join(
    exercises(name)
    .replace("# 页 | Page\n\n", "")
    .replace(":label:", f":level: {level}\n:label:")
    for name, level in zip(("two", "three", "five"), LEVELS, strict=True)
)
EXERCISE = "ul.exercise-list li >> visible=true"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """The folder of a small site in English."""
    folder = tmp_path_factory.mktemp("blocks")
    pages = PAGES | {"late/b.md": f"# 页 | Page\n\n{DEEPER}\n{LATE}"}
    return build_tiny_site(
        folder,
        pages,
        extensions=[
            "d2lnotes.site.twins",
            "d2lnotes.site.lessons.deeper",
            "d2lnotes.site.lessons.exercise_list",
        ],
        html_static_path=[
            str(Path(room.__file__).with_name("static")) for room in (html, lessons)
        ],
        language="en",
        html_theme="basic",
        numfig=True,
        d2lnotes_numfig_format=FORMATS,
    )


@pytest.fixture
def page(browser):
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("place", ["why", "sec-why", "eq-inside"])
def test_a_link_into_a_deeper_block_unfolds_it(tiny, page, place):
    page.goto(f"{(tiny / 'late/b.html').as_uri()}#{place}")

    page.wait_for_selector("details.deeper[open]", timeout=5000)


def test_the_script_unfolds_where_a_browser_does_not(tiny, page):
    page.goto((tiny / "late/b.html").as_uri())
    # An address that is set like this makes no browser unfold anything.
    page.evaluate("history.replaceState(null, '', '#why')")
    assert page.locator("details.deeper[open]").count() == 0

    page.evaluate("dispatchEvent(new HashChangeEvent('hashchange'))")

    assert page.locator("details.deeper[open]").count() == 1


def test_at_first_every_exercise_is_shown_and_a_level_narrows_them(tiny, page):
    page.goto((tiny / "list.html").as_uri())
    counts = [page.locator(EXERCISE).count()]

    page.focus(".exercise-filter input[value=core]")
    page.keyboard.press("Space")
    counts.append(page.locator(EXERCISE).count())
    page.check(".exercise-filter input[value=warm-up]")
    counts.append(page.locator(EXERCISE).count())

    assert counts == [5, 2, 3]
    assert page.inner_text(".exercise-filter output") == "3 of 5 exercises shown"


def test_a_page_and_a_chapter_without_a_shown_exercise_lose_their_names(tiny, page):
    page.goto((tiny / "list.html").as_uri())
    page.check(".exercise-filter input[value=core]")

    assert page.locator("p.exercise-page >> visible=true").count() == 1
    assert page.locator(".rubric >> visible=true").count() == 1

    page.click(".exercise-filter button")

    page.wait_for_function(
        "document.querySelectorAll('[hidden]:not(.filter-empty)').length === 0"
    )


def test_without_javascript_every_exercise_is_listed(tiny, browser):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((tiny / "list.html").as_uri())

    assert page.locator(EXERCISE).count() == 5
    assert page.locator(".exercise-filter").count() == 0
    context.close()
