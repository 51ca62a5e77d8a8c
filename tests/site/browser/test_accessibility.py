"""What axe-core finds on a sample of pages: in both themes, on a phone, side by side.

On every page in both languages with ``--all-pages``.
"""

from pathlib import Path

import pytest

from .barriers import find_barriers, find_in_both_themes
from .conftest import LANGUAGES, TOP
from .survey import BOTH_KEY, NARROW, TABS_CHECKED

# With all pages, those of one folder take longer than an ordinary test may.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

TYPICAL = [
    "index",
    "linear-models/softmax-regression",
    "gallery/index",
    "gallery/convolutional-networks/plot_lenet",
    "reference/exercises",
]
CHAPTERS = [page.parent.name for page in sorted((TOP / "docs").glob("*/index.md"))]
SCRIPTS = [
    f"gallery/{page.parent.name}"
    for page in sorted((TOP / "gallery").glob("*/GALLERY_HEADER.rst"))
]
FOLDERS = [".", *CHAPTERS, "gallery", *SCRIPTS]
PALE = "article p { color: #999 !important; background: #aaa !important }"


def refuse(findings):
    """Fail with each finding under where it was found."""
    lines = [f"{where}: {text}" for where, found in findings.items() for text in found]
    if lines:
        pytest.fail("\n".join([f"{len(lines)} findings:", *lines]), pytrace=False)


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_page_of_a_folder_holds_a_serious_barrier(survey, folder):
    found = {
        f"{page}, {scheme}": texts
        for language in LANGUAGES
        for page, fact in survey.of_folder(str(Path(language, folder))).items()
        for scheme, texts in fact["barriers"].items()
    }

    assert {where.partition(", ")[2] for where in found} == {"light", "dark"}
    refuse(found)


@pytest.mark.parametrize("name", TYPICAL)
def test_neither_side_by_side_nor_a_phone_meets_a_serious_barrier(
    visit, language, axe, name
):
    visitor = visit()
    visitor.open(f"{language}/{name}")

    visitor.page.keyboard.press(BOTH_KEY)
    found = find_in_both_themes(visitor, axe)
    visitor.page.keyboard.press(BOTH_KEY)
    visitor.page.set_viewport_size(NARROW)
    visitor.page.wait_for_timeout(TABS_CHECKED)
    found["phone"] = find_barriers(visitor, axe)

    refuse(found)


def test_the_open_search_field_holds_no_serious_barrier(visit, language, axe):
    visitor = visit()
    visitor.open(f"{language}/index")
    visitor.page.keyboard.press("Control+k")

    refuse({"index": find_barriers(visitor, axe)})


@pytest.mark.parametrize("menu", [".dropdown-toggle", ".theme-switch-button"])
def test_an_open_menu_holds_no_serious_barrier(visit, language, axe, menu):
    visitor = visit()
    visitor.open(f"{language}/index")
    visitor.page.click(f".bd-header {menu} >> visible=true")
    visitor.page.wait_for_selector(".dropdown-menu.show")

    refuse(find_in_both_themes(visitor, axe))


def test_the_answers_of_a_search_hold_no_serious_barrier(visit, language, axe):
    visitor = visit()
    visitor.open(f"{language}/search", "?q=softmax")
    visitor.page.wait_for_selector("ul.search li")

    refuse({"search": find_barriers(visitor, axe)})


def test_pale_text_would_be_found_in_both_themes(visit, language, axe):
    visitor = visit()
    visitor.open(f"{language}/linear-models/index")
    visitor.page.add_style_tag(content=PALE)

    found = find_in_both_themes(visitor, axe, within="article")

    rules = {
        scheme: {t.partition(":")[0] for t in texts} for scheme, texts in found.items()
    }
    assert rules == {"light": {"color-contrast"}, "dark": {"color-contrast"}}
