"""The whole site by keyboard alone: nothing out of reach, and always a ring to see."""

import pytest

from .survey import BOTH_KEY, NARROW, OTHER, STILL, TABS_CHECKED, UNFOLD, WIDE

pytestmark = pytest.mark.browser

LESSON = "introduction/setup"  # it has no formulas, and so is soon there
WITH_HINTS = "convolutional-networks/lenet"
WALKED = [
    "index",
    "linear-models/softmax-regression",
    "gallery/index",
    "gallery/convolutional-networks/plot_lenet",
    "reference/exercises",
]
# Wide code, tables and formulas, in the text and in folded answers.
WITH_WIDE_BLOCKS = [LESSON, WITH_HINTS, "preliminaries/linear-algebra"]
SEARCHED = {"zh": "交叉熵", "en": "cross-entropy"}
SEARCH = ".bd-header .search-button__button >> visible=true"
BOTH = ".bd-header .side-by-side-switch >> visible=true"
LANGUAGE = ".bd-header .language-switch a >> visible=true"
THEME = ".bd-header .theme-switch-button >> visible=true"
MORE = ".bd-header .dropdown-toggle >> visible=true"
# Notes each element that gets the focus, and whether it looks the same without.
WATCH = """() => {
  const ring = (node) => [node, node.closest(".course-card"), ...node.querySelectorAll("*")]
    .filter((part) => part?.checkVisibility({ opacityProperty: true }))
    .map((part) => getComputedStyle(part))
    .map((style) => (parseFloat(style.outlineWidth) && style.outlineStyle !== "none"
      ? style.outline : "") + style.boxShadow).join();
  const name = (node) => node.outerHTML.replace(/\\s+/g, " ").slice(0, 120);
  let before = null;
  window.walk = { stops: [], ringless: [], again: [] };
  window.note = () => {
    const node = document.activeElement;
    if (before && ring(before.node) === before.ring) {
      window.walk.ringless.push(name(before.node));
    }
    before = null;
    if (node === document.body) return false;
    before = { node, ring: ring(node) };
    (node.noted ? window.walk.again : window.walk.stops).push(name(node));
    node.noted = true;
    return window.walk.again.length < 3; // else this would never end
  };
  window.missed = () => [...document.querySelectorAll(
    "a[href], button, input, select, textarea, summary, [tabindex='0'], [onclick]")]
    .filter((node) => node.checkVisibility({ visibilityProperty: true })
      && !node.disabled && !node.noted && node.type !== "hidden"
      && !(node.type === "radio" && !node.checked))
    .map(name);
}"""
# What scrolls sideways and cannot have the focus, nor holds anything that can.
OUT_OF_REACH = """() => [...document.querySelectorAll("article *")]
  .filter((box) => box.checkVisibility() && box.scrollWidth > box.clientWidth + 1
    && ["auto", "scroll"].includes(getComputedStyle(box).overflowX)
    && box.tabIndex < 0 && !box.querySelector("a[href]"))
  .map((box) => box.outerHTML.slice(0, 120))"""
SCROLLABLE = """(box) => box.tabIndex === 0 && box.checkVisibility()
  && box.scrollWidth > box.clientWidth + 40"""


@pytest.fixture
def open_page(visit, language):
    def open_in(name=LESSON, **options):
        visitor = visit(**options)
        visitor.open(f"{language}/{name}")
        visitor.page.add_style_tag(content=STILL)
        return visitor.page

    return open_in


def has_focus(page, selector):
    return page.locator(selector).first.evaluate(
        "(node) => node === document.activeElement"
    )


def tab_to(page, selector, most=40):
    """Press Tab until ``selector`` has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if has_focus(page, selector):
            return
    pytest.fail(f"{most} times Tab do not lead to {selector}", pytrace=False)


def walk(page):
    """Press Tab until the focus leaves the page, and return what was noted."""
    page.evaluate(WATCH)
    page.keyboard.press("Tab")
    while page.evaluate("note()"):
        page.keyboard.press("Tab")
    return page.evaluate("({ ...walk, missed: missed(), left: !note() })")


def test_the_first_stop_leads_past_the_menus_into_the_text(open_page):
    page = open_page()

    page.keyboard.press("Tab")
    link = "document.activeElement.getBoundingClientRect().top"
    first = page.evaluate(f"[document.activeElement.hash, {link} >= 0]")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")

    assert first == ["#main-content", True]
    assert page.evaluate("!!document.activeElement.closest('main')")


def test_the_header_is_passed_from_left_to_right(open_page):
    page = open_page()

    lefts = []
    links = ".bd-header .nav-link >> visible=true"
    for selector in (".navbar-brand", MORE, links, SEARCH, BOTH, LANGUAGE, THEME):
        tab_to(page, selector)
        lefts.append(page.evaluate("document.activeElement.getBoundingClientRect().x"))

    assert lefts == sorted(lefts)


def test_on_the_way_through_the_header_the_text_stays_where_it_is(open_page):
    page = open_page()
    page.locator("article h2").nth(2).evaluate(
        "(title) => title.scrollIntoView({ behavior: 'instant' })"
    )
    before = page.evaluate("scrollY")

    tab_to(page, THEME)

    assert page.evaluate("scrollY") == before > 0


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_side_by_side_switch_is_pressed(open_page, key):
    page = open_page()
    tab_to(page, BOTH)

    page.keyboard.press(key)

    assert page.get_attribute(BOTH, "aria-pressed") == "true"
    assert has_focus(page, BOTH)


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_each_theme_is_chosen(open_page, key):
    page = open_page()
    tab_to(page, THEME)

    modes = []
    for number in (2, 3, 1):
        page.keyboard.press(key)
        for _ in range(number):
            page.keyboard.press("Tab")
        page.keyboard.press(key)
        modes.append(page.get_attribute("html", "data-mode"))
        page.focus(THEME)

    assert modes == ["light", "dark", "auto"]


def test_the_language_switch_is_followed(open_page, language):
    page = open_page()
    tab_to(page, LANGUAGE)

    page.keyboard.press("Enter")

    page.wait_for_url(f"**/{OTHER[language]}/{LESSON}.html*")


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_further_chapters_open_and_are_reached(open_page, key):
    page = open_page()
    tab_to(page, MORE)

    page.keyboard.press(key)
    page.keyboard.press("Tab")
    inside = has_focus(page, ".bd-header .dropdown-menu a")
    page.keyboard.press("Escape")

    assert inside
    assert page.locator(".bd-header .dropdown-menu >> visible=true").count() == 0
    assert has_focus(page, MORE)


@pytest.mark.parametrize("key", ["Enter", "Space", "Control+k"])
def test_the_search_field_opens_and_escape_closes_it(open_page, key):
    page = open_page()
    tab_to(page, SEARCH)

    page.keyboard.press(key)
    opened = has_focus(page, "#pst-search-dialog input[name=q]")
    page.keyboard.press("Escape")

    assert opened
    assert page.locator("dialog[open]").count() == 0
    assert has_focus(page, SEARCH)


def test_the_answers_of_a_search_are_reached(open_page, language):
    page = open_page()
    page.keyboard.press("Control+k")
    page.keyboard.type(SEARCHED[language])
    page.keyboard.press("Enter")
    page.wait_for_selector("ul.search li > a")

    tab_to(page, "ul.search li > a")
    page.keyboard.press("Enter")

    page.wait_for_url(lambda address: "/search.html" not in address)


@pytest.mark.parametrize("kind", ["hint", "solution"])
@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_hints_and_answers_open_and_close(open_page, kind, key):
    page = open_page(WITH_HINTS)
    page.focus(f"details.{kind} > summary")

    states = []
    for _ in range(2):
        page.keyboard.press(key)
        states.append(page.locator(f"details.{kind}").first.get_attribute("open"))

    assert states == ["", None]


def test_code_is_copied(open_page):
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    tab_to(page, "button.copybtn", most=80)

    page.keyboard.press("Enter")
    page.wait_for_selector("button.copybtn.success")

    assert "import" in page.evaluate("navigator.clipboard.readText()")


@pytest.mark.parametrize("name", WALKED)
def test_tab_passes_everything_once_with_a_ring_and_leaves(open_page, name):
    page = open_page(name)
    page.evaluate(UNFOLD)
    page.wait_for_timeout(TABS_CHECKED)

    noted = walk(page)

    assert len(noted["stops"]) > 20
    assert noted["missed"] == []
    assert noted["ringless"] == []
    assert noted["again"] == []
    assert noted["left"]


def test_a_phone_opens_the_menu_and_escape_closes_it(open_page):
    page = open_page(viewport=NARROW)
    tab_to(page, ".primary-toggle")

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("!!document.activeElement.closest('dialog[open]')")
    page.keyboard.press("Escape")

    assert inside
    assert page.locator("dialog[open]").count() == 0
    assert has_focus(page, ".primary-toggle")


@pytest.mark.parametrize("name", WITH_WIDE_BLOCKS)
def test_whatever_scrolls_sideways_can_have_the_focus(open_page, name):
    page = open_page(name, viewport=NARROW)
    page.evaluate(UNFOLD)
    page.wait_for_timeout(TABS_CHECKED)
    on_a_phone = page.evaluate(OUT_OF_REACH)

    page.set_viewport_size(WIDE)
    page.keyboard.press(BOTH_KEY)
    page.wait_for_timeout(TABS_CHECKED)
    side_by_side = page.evaluate(OUT_OF_REACH)

    assert (on_a_phone, side_by_side) == ([], [])


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("introduction/frameworks", ".pst-scrollable-table-container"),
        ("introduction/frameworks", ".formula"),
    ],
)
def test_arrow_keys_scroll_a_wide_block_and_do_not_turn_the_page(open_page, name, kind):
    page = open_page(name, viewport=NARROW)
    address = page.url
    page.wait_for_timeout(TABS_CHECKED)
    blocks = page.locator(f"article {kind}").all()
    block = next(block for block in blocks if block.evaluate(SCROLLABLE))
    block.focus()

    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(400)

    assert page.url == address
    assert block.evaluate("(box) => box.scrollLeft") > 0


def test_arrow_keys_turn_the_page_elsewhere(open_page):
    page = open_page()

    with page.expect_navigation():
        page.keyboard.press("ArrowRight")

    assert LESSON not in page.url
