"""Every page in every theme, checked by axe-core, and the site worked by keys alone."""

import pytest

from .survey import NARROW, WIDE, Visitor, page_names

# All pages, twice: longer than one ordinary test may take.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

LESSON = "preliminaries/probability"
# Each way to read the site: theme, window, whether both languages stand side by side,
# and the rules of axe-core that it could break, all of them for the first.
VIEWS = {
    "light": ("light", WIDE, False, None),
    "dark": ("dark", WIDE, False, ["color-contrast"]),
    "phone": ("dark", NARROW, False, ["color-contrast", "scrollable-region-focusable"]),
    "side by side": ("light", WIDE, True, ["color-contrast", "list", "listitem"]),
}
# Folded answers are opened, and nothing is halfway through a change of color.
PREPARE = """([bothLanguages]) => {
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  document.documentElement.toggleAttribute("data-side-by-side", bothLanguages);
  document.head.append(Object.assign(document.createElement("style"),
    { textContent: "* { transition: none !important; animation: none !important }" }));
}"""
FIND = """async ([rules]) => {
  const options = rules ? { runOnly: rules } : {};
  const { violations } = await axe.run(document, { ...options, resultTypes: ["violations"] });
  return violations
    .filter((found) => ["serious", "critical"].includes(found.impact))
    .flatMap((found) => found.nodes.map((node) =>
      `${found.id}: ${node.html.slice(0, 120)} — ${node.any.map((x) => x.message)}`));
}"""


def violations(visitor, page, *, both_languages, rules):
    visitor.open(page)
    visitor.page.evaluate(PREPARE, [both_languages])
    return visitor.page.evaluate(FIND, [rules])


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_serious_violation(browser, site, axe, language, view):
    scheme, window, both_languages, rules = VIEWS[view]
    visitor = Visitor(browser, site, color_scheme=scheme, viewport=window)
    visitor.page.add_init_script(axe)

    found = {}
    for page in page_names(site, language):
        for problem in violations(
            visitor, page, both_languages=both_languages, rules=rules
        ):
            found.setdefault(problem, []).append(page)
    visitor.close()

    lines = [f"{problem}\n    on {pages[:3]}" for problem, pages in found.items()]
    assert not found, "\n".join([f"{len(lines)} findings:", *lines])


@pytest.fixture
def lesson(visit, language):
    """A window that shows a lesson, worked by keys from now on."""
    visitor = visit()
    visitor.open(f"{language}/{LESSON}")
    return visitor


def focused(visitor, what="outerHTML"):
    return visitor.page.evaluate(f"() => document.activeElement.{what}")


def tab_to(visitor, selector, *, most=80):
    """Press Tab until what has the focus matches ``selector``; return how often."""
    for times in range(1, most + 1):
        visitor.page.keyboard.press("Tab")
        if focused(visitor, f"matches({selector!r})"):
            return times
    return None


def test_the_first_key_offers_to_skip_to_the_text(lesson):
    lesson.page.keyboard.press("Tab")
    offered = focused(lesson, "hash")
    shown = lesson.page.locator(".skip-link a").bounding_box()["y"] >= 0
    lesson.page.keyboard.press("Enter")
    lesson.page.keyboard.press("Tab")

    assert (offered, shown) == ("#main-content", True)
    assert focused(lesson, "closest('main') !== null")


def test_whatever_has_the_focus_shows_it(lesson):
    unmarked = []
    for _ in range(60):
        lesson.page.keyboard.press("Tab")
        # The mark may be an outline, a shadow, or lie on the box around.
        style = lesson.page.evaluate("""() => {
          let node = document.activeElement, found = false;
          for (let up = 0; node && up < 3 && !found; up += 1, node = node.parentElement) {
            const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(node);
            found = boxShadow !== "none"
              || (outlineStyle !== "none" && parseFloat(outlineWidth) > 0);
          }
          return found;
        }""")
        if not style:
            unmarked.append(focused(lesson)[:120])

    assert unmarked == []


def test_menus_open_by_key_and_close_by_escape(lesson):
    assert tab_to(lesson, ".bd-header [data-bs-toggle='dropdown']")
    keys = lesson.page.keyboard

    states = []
    for key in ("Enter", "Escape"):
        keys.press(key)
        states.append(focused(lesson, "getAttribute('aria-expanded')"))

    assert states == ["true", "false"]


def test_the_switches_are_reached_and_worked_by_key(lesson, language):
    assert tab_to(lesson, ".side-by-side-switch")
    lesson.page.keyboard.press("Space")
    pressed = focused(lesson, "getAttribute('aria-pressed')")
    assert tab_to(lesson, ".language-switch a")
    with lesson.page.expect_navigation():
        lesson.page.keyboard.press("Enter")

    other = {"zh": "en", "en": "zh"}[language]
    assert pressed == "true"
    assert lesson.where()[0] == f"{other}/{LESSON}"


def test_the_search_dialog_opens_and_closes_by_key_and_gives_the_focus_back(lesson):
    keys = lesson.page.keyboard
    assert tab_to(lesson, ".search-button__button")

    keys.press("Enter")
    inside = focused(lesson, "closest('dialog') !== null")
    keys.press("Escape")

    assert inside
    assert focused(lesson, "matches('.search-button__button')")


def test_a_folded_answer_opens_by_key(lesson):
    fold = lesson.page.locator("details.solution > summary").first
    fold.focus()

    lesson.page.keyboard.press("Enter")

    assert lesson.page.locator("details.solution").first.get_attribute("open") == ""
