"""The language switch, side-by-side reading, and the door to the site."""

import pytest

from .survey import BOTH_KEY, NARROW, OTHER, STILL, WIDE

pytestmark = pytest.mark.browser

HTML_LANGUAGE = {"zh": "zh-CN", "en": "en"}
LESSONS = ["introduction/setup", "convolutional-networks/lenet"]
SWITCH = ".language-switch a >> visible=true"
BUTTON = ".side-by-side-switch >> visible=true"
SIDE_BY_SIDE = "() => document.documentElement.hasAttribute('data-side-by-side')"
SECTIONS = "() => [...document.querySelectorAll('article section section[id]')]"
SHOWN_OTHERS = """() => [...document.querySelectorAll('.half.other')]
    .filter((half) => getComputedStyle(half).display !== 'none').length"""
# Where the two halves of the first visible twin of paragraphs stand.
COLUMNS = """() => {
    const twin = [...document.querySelectorAll('article div.twin')]
        .find((twin) => twin.checkVisibility());
    return [...twin.children].map((half) => {
        const { left, right, top } = half.getBoundingClientRect();
        return { left, right, top, lang: half.lang };
    });
}"""


def press(visitor, switch):
    """Click where ``switch`` is seen: Playwright's own click would scroll first."""
    box = visitor.page.locator(switch).bounding_box()
    visitor.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def change_language(visitor):
    with visitor.page.expect_navigation():
        press(visitor, SWITCH)
    visitor.wait()


def section_ids(visitor):
    return visitor.page.evaluate(f"() => ({SECTIONS})().map((section) => section.id)")


def scroll_to(visitor, section):
    visitor.page.evaluate(
        "(id) => document.getElementById(id).scrollIntoView({ behavior: 'instant' })",
        section,
    )


def top_of(visitor, section):
    return visitor.page.evaluate(
        "(id) => document.getElementById(id).getBoundingClientRect().top", section
    )


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_language_switch_stays_on_the_section(visit, language, lesson):
    visitor = visit()
    visitor.open(f"{language}/{lesson}")
    section = section_ids(visitor)[2]
    scroll_to(visitor, section)

    change_language(visitor)

    assert visitor.where() == (f"{OTHER[language]}/{lesson}", section)
    assert visitor.page.get_attribute("html", "lang") == HTML_LANGUAGE[OTHER[language]]
    assert -10 < top_of(visitor, section) < 300


def test_the_language_switch_from_the_top_goes_to_the_top(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSONS[0]}")

    change_language(visitor)

    assert visitor.where() == (f"{OTHER[language]}/{LESSONS[0]}", "")


def test_switching_there_and_back_ends_on_the_same_section(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSONS[0]}")
    section = section_ids(visitor)[1]
    scroll_to(visitor, section)

    change_language(visitor)
    change_language(visitor)

    assert visitor.where() == (f"{language}/{LESSONS[0]}", section)


def test_the_language_switch_works_on_a_generated_page(visit, language):
    visitor = visit()
    visitor.open(f"{language}/search")

    change_language(visitor)

    assert visitor.where()[0] == f"{OTHER[language]}/search"


def test_a_phone_shows_both_switches_without_a_menu(visit, language):
    visitor = visit(viewport={"width": 320, "height": 640})
    visitor.open(f"{language}/{LESSONS[0]}")
    before = visitor.page.evaluate("document.documentElement.scrollWidth")

    visitor.page.click(BUTTON)
    with visitor.page.expect_navigation():
        visitor.page.click(SWITCH)
    visitor.wait()

    assert before <= 320
    assert visitor.where()[0] == f"{OTHER[language]}/{LESSONS[0]}"
    assert visitor.page.evaluate(SIDE_BY_SIDE)


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["phone", "wide"])
def test_side_by_side_the_contents_are_in_a_drawer_that_lets_go(visit, language, size):
    visitor = visit(viewport=size)
    visitor.open(f"{language}/{LESSONS[1]}")
    visitor.page.add_style_tag(content=STILL)
    press(visitor, BUTTON)
    drawer = visitor.page.locator("#pst-secondary-sidebar-modal")
    section = drawer.locator("nav a").nth(2)
    closed = []

    press(visitor, ".secondary-toggle")
    drawer.locator(".close-drawer button").click()
    closed.append(drawer.is_hidden())
    press(visitor, ".secondary-toggle")
    visitor.page.mouse.click(20, size["height"] / 2)
    closed.append(drawer.is_hidden())
    press(visitor, ".secondary-toggle")
    chosen = section.get_attribute("href")
    section.click()
    closed.append(drawer.is_hidden())

    assert closed == [True, True, True]
    assert visitor.where()[1] == chosen.removeprefix("#")
    assert -10 < top_of(visitor, visitor.where()[1]) < 300


def test_the_header_of_a_phone_gives_way_to_the_text(visit, language):
    visitor = visit(viewport=NARROW)
    visitor.open(f"{language}/{LESSONS[0]}")
    visitor.page.add_style_tag(content=STILL)
    shown = []

    for distance in (300, 900, -200, 900):
        visitor.page.mouse.wheel(0, distance)
        visitor.page.wait_for_timeout(200)
        shown.append(header_is_shown(visitor))
    visitor.page.keyboard.press("Shift+Tab")
    visitor.page.focus(BUTTON)
    shown.append(header_is_shown(visitor))

    assert shown == [True, False, True, False, True]


def header_is_shown(visitor):
    return visitor.page.eval_on_selector(
        ".bd-header", "(header) => header.getBoundingClientRect().bottom > 0"
    )


def test_the_button_shows_both_languages_in_two_columns(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSONS[0]}")

    press(visitor, BUTTON)

    first, second = visitor.page.evaluate(COLUMNS)
    assert visitor.page.evaluate(SIDE_BY_SIDE)
    assert visitor.page.get_attribute(BUTTON, "aria-pressed") == "true"
    languages = [HTML_LANGUAGE[language], HTML_LANGUAGE[OTHER[language]]]
    assert [first["lang"], second["lang"]] == languages
    assert first["right"] <= second["left"]
    assert abs(first["top"] - second["top"]) < 2


def test_formulas_and_code_run_across_both_columns(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSONS[1]}")

    press(visitor, BUTTON)

    first, second = visitor.page.evaluate(COLUMNS)
    block = visitor.page.evaluate("""() => {
        const inTwin = (node) => node.closest('.twin, details, .admonition');
        const block = [...document.querySelectorAll('article div.highlight')]
            .find((node) => !inTwin(node));
        const { left, right } = block.getBoundingClientRect();
        return { left, right };
    }""")
    assert block["left"] <= first["left"] + 2
    assert block["right"] >= second["right"] - 2


def test_alt_and_b_turn_both_languages_on_and_off(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSONS[0]}")

    states = []
    for _ in range(2):
        visitor.page.keyboard.press(BOTH_KEY)
        states.append((visitor.page.evaluate(SIDE_BY_SIDE), shown(visitor) > 0))

    assert states == [(True, True), (False, False)]


def shown(visitor):
    return visitor.page.evaluate(SHOWN_OTHERS)


@pytest.mark.parametrize(
    ("page", "field", "key"),
    [("search", "main input[name=q]", BOTH_KEY), (LESSONS[0], "body", "b")],
    ids=["while-typing", "letter-alone"],
)
def test_nothing_is_turned_on_by(visit, language, page, field, key):
    visitor = visit()
    visitor.open(f"{language}/{page}")

    visitor.page.press(field, key)

    assert not visitor.page.evaluate(SIDE_BY_SIDE)


def test_the_key_b_in_the_search_field_is_a_letter(visit, language):
    visitor = visit()
    visitor.open(f"{language}/search")
    visitor.page.fill("main input[name=q]", "")

    visitor.page.type("main input[name=q]", "bb")

    assert visitor.page.input_value("main input[name=q]") == "bb"
    assert not visitor.page.evaluate(SIDE_BY_SIDE)


def test_both_languages_stay_on_after_a_reload_and_on_the_next_page(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSONS[0]}")
    visitor.page.keyboard.press(BOTH_KEY)

    visitor.page.reload()
    after_reload = shown(visitor)
    visitor.page.click("a.right-next")
    visitor.wait()
    after_next = shown(visitor)
    visitor.page.keyboard.press(BOTH_KEY)
    visitor.page.go_back()
    visitor.wait()
    visitor.page.reload()

    assert visitor.where()[0] == f"{language}/{LESSONS[0]}"
    assert (after_reload > 0, after_next > 0, shown(visitor) > 0) == (True, True, False)


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("zh-CN", "zh"), ("zh-TW", "zh"), ("en-US", "en"), ("fr-FR", "en")],
)
def test_the_door_leads_to_the_language_of_the_browser(visit, locale, expected):
    visitor = visit(locale=locale)
    visitor.page.goto((visitor.site / "index.html").as_uri())

    visitor.page.wait_for_url(f"**/{expected}/index.html")

    assert visitor.page.get_attribute("html", "lang") == HTML_LANGUAGE[expected]


def test_the_door_remembers_the_language_that_the_reader_chose(visit):
    visitor = visit(locale="en-US")
    visitor.open("en/index")
    change_language(visitor)

    visitor.page.goto((visitor.site / "index.html").as_uri())

    visitor.page.wait_for_url("**/zh/index.html")


def test_without_javascript_the_door_shows_a_link_to_each_language(visit):
    visitor = visit(java_script_enabled=False)
    visitor.page.goto((visitor.site / "index.html").as_uri())

    for language in OTHER:
        link = visitor.page.locator(f"a[href^='{language}/']")
        assert link.first.is_visible()

    visitor.page.click("a[href^='zh/']")
    assert visitor.where()[0] == "zh/index"


def test_without_javascript_a_page_can_be_read(visit, language):
    visitor = visit(java_script_enabled=False)
    visitor.page.goto((visitor.site / language / f"{LESSONS[0]}.html").as_uri())

    twin = visitor.page.locator("article div.twin > .half.own").first

    assert twin.is_visible()
    assert visitor.page.locator("article .half.other >> visible=true").count() == 0
