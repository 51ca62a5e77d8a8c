"""The home page and the learning paths, as a reader finds them."""

import pytest

from .survey import BOTH_KEY, NARROW

pytestmark = pytest.mark.browser

CHAPTER = "preliminaries/index"


def box(visitor, selector):
    return visitor.page.locator(selector).first.bounding_box()


def test_two_buttons_lead_into_the_course_and_to_the_experiments(visit, language):
    visitor = visit()
    visitor.open(f"{language}/index")
    buttons = visitor.page.locator(".hero .own a.reference")

    pages = [button.get_attribute("href") for button in buttons.all()]

    assert pages == ["introduction/index.html", "gallery/index.html"]
    bottom = buttons.first.bounding_box()
    assert bottom["y"] + bottom["height"] < 900  # seen without scrolling


def test_a_reader_goes_on_after_the_page_that_was_done_last(visit, language):
    visitor = visit()
    visitor.open(f"{language}/index")
    new = visitor.page.locator(".hero .resume").count()
    visitor.open(f"{language}/introduction/course")
    visitor.page.click(".page-done .done-button")

    visitor.open(f"{language}/index")
    button = visitor.page.locator(".hero .own a").first

    assert new == 0
    assert button.get_attribute("class") == "reference resume"
    assert (
        button.evaluate("(link) => link.href")
        == (visitor.site / language / "introduction/setup.html").as_uri()
    )


def test_the_experiments_on_the_home_page_are_those_of_the_gallery(visit, language):
    visitor = visit()
    visitor.open(f"{language}/index")
    numbers = visitor.page.locator(".course-facts .own strong").all_inner_texts()
    visitor.open(f"{language}/gallery/index")

    assert visitor.page.locator(".script-cards > li").count() == int(numbers[-1])


def test_every_chapter_in_the_contents_has_a_card_with_its_link(visit, language):
    visitor = visit()
    visitor.open(f"{language}/index")
    chapters = visitor.page.eval_on_selector_all(
        ".bd-header .nav-link.nav-internal, .bd-header .dropdown-menu a.nav-link",
        "(links) => links.map((link) => link.getAttribute('href'))",
    )

    cards = visitor.page.eval_on_selector_all(
        ".course-cards a", "(links) => links.map((link) => link.getAttribute('href'))"
    )

    looked_up = {"gallery/index.html", "reference/index.html"}
    assert cards == [page for page in dict.fromkeys(chapters) if page not in looked_up]


def test_a_card_can_be_clicked_anywhere_and_reached_by_key(visit, language):
    visitor = visit()
    visitor.open(f"{language}/index")

    visitor.page.locator(".course-card a").nth(1).focus()
    focused = visitor.page.evaluate("document.activeElement.getAttribute('href')")
    image = box(visitor, ".course-card:nth-of-type(2) img")
    with visitor.page.expect_navigation():
        visitor.page.mouse.click(image["x"] + 20, image["y"] + 20)

    assert focused == "preliminaries/index.html"
    assert visitor.where()[0] == f"{language}/preliminaries/index"


def test_cards_stand_in_one_column_on_a_phone(visit, language):
    visitor = visit(viewport=NARROW)
    visitor.open(f"{language}/index")

    lefts = visitor.page.eval_on_selector_all(
        ".course-card", "(cards) => [...new Set(cards.map((card) => card.offsetLeft))]"
    )

    assert len(lefts) == 1


def test_the_dots_of_a_path_stand_where_its_arcs_end(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{CHAPTER}")

    rows = visitor.page.eval_on_selector_all(
        ".learning-path li", "(rows) => rows.map((row) => row.getBoundingClientRect())"
    )
    drawing = box(visitor, ".learning-path > svg")

    heights = {round(row["height"]) for row in rows}
    assert len(heights) == 1
    assert drawing["height"] == pytest.approx(sum(row["height"] for row in rows), abs=1)
    assert drawing["x"] + 56 == pytest.approx(rows[0]["x"] - 24, abs=1)


def test_side_by_side_a_path_shows_both_languages_beside_its_arcs(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{CHAPTER}")
    visitor.page.keyboard.press(BOTH_KEY)

    drawing = box(visitor, ".learning-path > svg")
    first, second = (
        box(visitor, f".learning-path .half.{half}") for half in ("own", "other")
    )

    assert drawing["x"] + drawing["width"] < first["x"]
    assert first["x"] + first["width"] <= second["x"]


def test_side_by_side_numbers_and_buttons_stand_once(visit, language):
    visitor = visit()
    visitor.open(f"{language}/index")
    visitor.page.keyboard.press(BOTH_KEY)

    shown = [
        visitor.page.locator(f"{part} >> visible=true").count()
        - visitor.page.locator(whole).count()
        for part, whole in [
            (".course-facts strong", ".course-facts li"),
            (".hero a.reference", ".hero .own a.reference"),
            (".course-card .card-facts", ".course-card"),
            (".course-card .card-title .half", ".course-card"),
        ]
    ]

    assert shown == [0, 0, 0, 0]
