"""What a term, a citation and a footnote show on hover and on focus."""

import pytest

from .survey import BOTH_KEY, NARROW

pytestmark = pytest.mark.browser

LESSON = "linear-models/softmax-regression"
TERM = "article .half.own a:has(.std-term)"
CITATION = "article .half.own a[class*=tip-cite]"
TIP = ".tip-shown"
HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}


@pytest.fixture
def lesson(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSON}")
    return visitor


def term(visitor):
    return visitor.page.locator(f"{TERM} >> visible=true").first


@pytest.mark.both_languages
def test_a_term_shows_its_definition_in_the_language_of_the_page(lesson, language):
    term(lesson).hover()

    tip = lesson.page.locator(TIP)
    assert tip.get_attribute("lang") == HTML_LANGUAGE[language]
    assert len(tip.inner_text()) > 15


def test_the_definition_stays_while_the_pointer_moves_onto_it(lesson):
    term(lesson).hover()

    lesson.page.locator(TIP).hover()
    lesson.page.wait_for_timeout(400)
    stayed = lesson.page.locator(TIP).count()
    lesson.page.mouse.move(2, 500)
    lesson.page.wait_for_selector(TIP, state="detached")

    assert stayed == 1


def test_the_keyboard_opens_the_definition_and_escape_closes_it(lesson):
    term(lesson).focus()
    opened = lesson.page.locator(TIP).count()

    lesson.page.keyboard.press("Escape")

    focused = lesson.page.evaluate("document.activeElement.matches('a')")
    assert (opened, lesson.page.locator(TIP).count(), focused) == (1, 0, True)


def test_the_definition_describes_its_link_to_assistive_programs(lesson):
    name = term(lesson).get_attribute("aria-describedby")

    assert lesson.page.locator(f"[id='{name}'][role=tooltip]").count() == 1


def test_a_citation_shows_the_work(lesson):
    lesson.page.locator(f"{CITATION} >> visible=true").first.hover()

    assert "2017" in lesson.page.locator(TIP).inner_text()


def test_side_by_side_each_half_has_its_own_definition(lesson):
    lesson.page.keyboard.press(BOTH_KEY)

    shown = []
    for half in ("zh", "en"):
        lesson.page.locator(f"article .half.{half} a:has(.std-term)").first.focus()
        shown.append(lesson.page.locator(TIP).get_attribute("lang"))

    assert shown == ["zh-CN", "en"]


@pytest.mark.parametrize(
    "link", [TERM, CITATION, "article .half.own a.d2l-result"], ids=str
)
def test_a_finger_opens_the_tip_and_in_it_the_page(visit, link):
    visitor = visit(viewport=NARROW, has_touch=True)
    visitor.open(f"zh/{LESSON}")
    anchor = visitor.page.locator(f"{link} >> visible=true").first
    address = anchor.evaluate("(link) => link.href")

    anchor.tap()
    tips = [visitor.page.locator(TIP).count()]
    visitor.page.touchscreen.tap(380, 840)
    tips.append(visitor.page.locator(TIP).count())
    anchor.tap()
    stayed = visitor.where()[0]
    visitor.page.locator(f"{TIP} .tip-open").tap()

    assert (tips, stayed) == ([1, 0], f"zh/{LESSON}")
    visitor.page.wait_for_url(address)


def test_a_number_tells_its_origin_to_the_keyboard(lesson):
    lesson.page.locator("article .half.own a.d2l-result >> visible=true").first.focus()

    assert "plot_" in lesson.page.locator(TIP).inner_text()


def test_a_definition_stays_inside_a_phone(visit, language):
    visitor = visit(viewport={"width": 390, "height": 844})
    visitor.open(f"{language}/{LESSON}")
    term(visitor).focus()

    box = visitor.page.locator(TIP).bounding_box()

    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    assert box["y"] >= 0
