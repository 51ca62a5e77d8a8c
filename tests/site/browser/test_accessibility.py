"""What axe-core finds on every page: in both themes, on a phone, side by side."""

import pytest

from .survey import BOTH_KEY, NARROW, UNFOLD, Visitor, page_names

# A survey of a hundred pages takes longer than one ordinary test may.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]

TYPICAL = [
    "index",
    "linear-models/softmax-regression",
    "gallery/index",
    "gallery/convolutional-networks/plot_lenet",
    "reference/exercises",
]
PALE = "article p { color: #999 !important; background: #aaa !important }"
# Most of a page are formulas, the hidden language and code, and axe takes a second for
# a thousand elements. A letter stands for a formula, which has the color of its text;
# and of the tokens of a class, which look alike outside links, the first stays.
LIGHTEN = """() => {
  document.querySelector(".drawings")?.remove();
  for (const formula of document.querySelectorAll(".math")) formula.replaceChildren("x");
  for (const half of document.querySelectorAll(".half.other")) {
    if (!half.checkVisibility()) half.replaceChildren();
  }
  const seen = new Set();
  for (const token of document.querySelectorAll("pre span[class]:not(:has(*), a *)")) {
    if (seen.has(token.className)) token.replaceWith(token.textContent);
    seen.add(token.className);
  }
  document.body.normalize();
}"""
# Its preload asks for files, which file:// forbids; only its own rules need them.
RUN = """async (only) => {
  const options = { preload: false, resultTypes: ["violations"] };
  if (only) options.runOnly = only;
  const { violations } = await axe.run(document, options);
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .flatMap(({ id, nodes }) => nodes.map((node) =>
      `${id}: ${node.target.join(" ")}\\n    ${node.html.slice(0, 160)}\\n    ` +
      node.failureSummary.replace(/\\s+/g, " ").slice(0, 240)));
}"""
RULES_ON_COLORS = ["color-contrast", "link-in-text-block"]


@pytest.fixture
def barriers(axe):
    """Return what axe finds serious on a page, as far as ``only`` names rules."""

    def find(visitor, only=None):
        visitor.page.evaluate(UNFOLD)
        visitor.page.evaluate(LIGHTEN)
        visitor.page.evaluate(axe)
        return visitor.page.evaluate(RUN, only)

    return find


def refuse(findings):
    """Fail with each finding under the name of its page."""
    lines = [f"{page}: {text}" for page, found in findings.items() for text in found]
    if lines:
        pytest.fail("\n".join([f"{len(lines)} findings:", *lines]), pytrace=False)


# Only colors differ between the themes, so the rules on colors are tried in both.
@pytest.mark.parametrize(
    ("scheme", "only"), [("light", None), ("dark", RULES_ON_COLORS)], ids=lambda x: x
)
def test_no_page_holds_a_serious_barrier(
    browser, site, language, barriers, scheme, only
):
    visitor = Visitor(browser, site, color_scheme=scheme)

    findings = {}
    for name in page_names(site, language):
        visitor.open(name)
        findings[name] = barriers(visitor, only)

    assert len(findings) > 20
    assert visitor.page.get_attribute("html", "data-theme") == scheme
    assert visitor.close() == []
    refuse(findings)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", TYPICAL)
def test_side_by_side_holds_no_serious_barrier(visit, language, barriers, name, scheme):
    visitor = visit(color_scheme=scheme)
    visitor.open(f"{language}/{name}")
    visitor.page.keyboard.press(BOTH_KEY)

    refuse({name: barriers(visitor)})


@pytest.mark.parametrize("name", TYPICAL)
def test_a_phone_meets_no_serious_barrier(visit, language, barriers, name):
    visitor = visit(viewport=NARROW)
    visitor.open(f"{language}/{name}")

    refuse({name: barriers(visitor)})


def test_the_open_search_field_holds_no_serious_barrier(visit, language, barriers):
    visitor = visit()
    visitor.open(f"{language}/index")
    visitor.page.keyboard.press("Control+k")

    refuse({"index": barriers(visitor)})


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("menu", [".dropdown-toggle", ".theme-switch-button"])
def test_an_open_menu_holds_no_serious_barrier(visit, language, barriers, scheme, menu):
    visitor = visit(color_scheme=scheme)
    visitor.open(f"{language}/index")
    visitor.page.click(f".bd-header {menu} >> visible=true")
    visitor.page.wait_for_selector(".dropdown-menu.show")

    refuse({"index": barriers(visitor)})


def test_the_answers_of_a_search_hold_no_serious_barrier(visit, language, barriers):
    visitor = visit()
    visitor.open(f"{language}/search", "?q=softmax")
    visitor.page.wait_for_selector("ul.search li")

    refuse({"search": barriers(visitor)})


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pale_text_would_be_found(visit, language, barriers, scheme):
    visitor = visit(color_scheme=scheme)
    visitor.open(f"{language}/linear-models/index")
    visitor.page.add_style_tag(content=PALE)

    found = barriers(visitor, RULES_ON_COLORS)

    assert {text.partition(":")[0] for text in found} == {"color-contrast"}
