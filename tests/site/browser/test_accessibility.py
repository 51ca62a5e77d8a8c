"""Every page in every theme, checked by axe-core, and the site worked by keys alone."""

import pytest

from .survey import NARROW, WIDE, Visitor, page_names

# All pages, twice: longer than one ordinary test may take.
pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

LESSON = "preliminaries/probability"
# Each way to read the site: the theme, the window, both languages side by side.
VIEWS = {
    "light": ("light", WIDE, False),
    "dark": ("dark", WIDE, False),
    "phone": ("light", NARROW, False),
    "dark phone, side by side": ("dark", NARROW, True),
    "side by side": ("light", WIDE, True),
}
# Folded answers are opened, and nothing is halfway through a change of color.
PREPARE = """([bothLanguages]) => {
  document.querySelectorAll("details").forEach((fold) => { fold.open = true; });
  document.documentElement.toggleAttribute("data-side-by-side", bothLanguages);
  document.head.append(Object.assign(document.createElement("style"),
    { textContent: "* { transition: none !important; animation: none !important }" }));
}"""
FIND = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations
    .filter((found) => ["serious", "critical"].includes(found.impact))
    .flatMap((found) => found.nodes.map((node) =>
      `${found.id}: ${node.html.slice(0, 120)} — ${node.any.map((x) => x.message)}`));
}"""


def violations(visitor, page, *, both_languages=False):
    visitor.open(page)
    visitor.page.evaluate(PREPARE, [both_languages])
    return visitor.page.evaluate(FIND)


@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_no_serious_violation(browser, site, axe, language, view):
    scheme, window, both_languages = VIEWS[view]
    visitor = Visitor(browser, site, color_scheme=scheme, viewport=window)
    visitor.page.add_init_script(axe)

    found = {}
    for page in page_names(site, language):
        for problem in violations(visitor, page, both_languages=both_languages):
            found.setdefault(problem, []).append(page)
    visitor.close()

    lines = [f"{problem}\n    on {pages[:3]}" for problem, pages in found.items()]
    assert not found, "\n".join([f"{len(lines)} findings:", *lines])
