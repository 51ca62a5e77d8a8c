"""Type, figures and marks of the site, as a browser draws them."""

import pytest

from .survey import BOTH_KEY, NARROW, STILL

pytestmark = pytest.mark.browser

LESSON = "introduction/setup"
SCRIPT = "gallery/convolutional-networks/plot_lenet"
TEXT = "article .half.own > p:not([class])"
LINE = {"zh": 1.8, "en": 1.65}


def style(visitor, selector, name):
    return visitor.page.eval_on_selector(
        selector, "(node, name) => getComputedStyle(node)[name]", name
    )


def pixels(visitor, selector, name):
    return float(style(visitor, selector, name).removesuffix("px"))


@pytest.mark.parametrize(("heading", "largest"), [("h1", 28), ("h2", 22)])
def test_headings_suit_a_phone(visit, language, heading, largest):
    visitor = visit(viewport=NARROW)
    visitor.open(f"{language}/{LESSON}")

    assert pixels(visitor, f"article {heading}", "fontSize") <= largest


def test_each_language_has_its_own_line_height_side_by_side(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSON}")
    visitor.page.keyboard.press(BOTH_KEY)

    heights = {
        half: pixels(visitor, f"article .half.{half} > p", "lineHeight") / 16
        for half in LINE
    }

    assert heights == pytest.approx(LINE)


def test_a_line_is_no_longer_than_can_be_read(visit, language):
    visitor = visit(viewport={"width": 2000, "height": 900})
    visitor.open(f"{language}/{LESSON}")

    assert pixels(visitor, TEXT, "width") <= 45 * 16


def test_chinese_lines_break_strictly(visit):
    visitor = visit()
    visitor.open(f"zh/{LESSON}")

    assert style(visitor, TEXT, "lineBreak") == "strict"


def test_a_wide_table_scrolls_by_itself(visit):
    visitor = visit(viewport=NARROW)
    visitor.open("en/preliminaries/tensors")

    boxes = visitor.page.eval_on_selector_all(
        "article .pst-scrollable-table-container",
        """(nodes) => nodes.filter((node) => node.scrollWidth > node.clientWidth)
            .map((node) => [getComputedStyle(node).overflowX, node.tabIndex])""",
    )

    assert boxes
    assert {tuple(box) for box in boxes} == {("auto", 0)}


def test_on_a_phone_each_line_of_code_that_goes_on_has_a_mark(visit):
    visitor = visit(viewport=NARROW)
    visitor.open(f"en/{LESSON}")

    marks = visitor.page.eval_on_selector_all(
        "article .code-line",
        """(lines) => lines.map((line) => [line.getBoundingClientRect().height,
            parseFloat(getComputedStyle(line, "::before").height)])""",
    )

    line = min(height for height, _ in marks if height)
    assert max(height for height, _ in marks) > 2 * line
    assert [room for _, room in marks] == pytest.approx(
        [max(height - line, 0) for height, _ in marks], abs=1
    )


def test_figures_keep_the_hue_of_their_colors_in_the_dark(visit, language):
    visitor = visit(color_scheme="dark")
    visitor.open(f"{language}/{SCRIPT}")

    image = "article img.sphx-glr-single-img"

    assert style(visitor, image, "filter") == "brightness(0.87)"
    assert style(visitor, image, "backgroundColor") == "rgb(255, 255, 255)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_logo_suits_the_colors_of_the_page(visit, language, scheme):
    visitor = visit(color_scheme=scheme)
    visitor.open(f"{language}/index")

    shown = visitor.page.eval_on_selector_all(
        ".navbar-brand img",
        """(images) => images.filter((image) => image.checkVisibility())
            .map((image) => image.src.split("/").at(-1))""",
    )

    assert shown == [f"logo-{scheme}.svg"]


def test_every_page_has_the_icon_of_the_course(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LESSON}")

    icon = visitor.page.get_attribute("link[rel=icon]", "href")

    assert (visitor.site / language / LESSON).parent.joinpath(icon).is_file()
    assert icon.endswith("favicon.svg")


def test_paper_gets_the_text_alone_with_its_answers(visit, language):
    visitor = visit(color_scheme="dark")
    visitor.open(f"{language}/{LESSON}")

    visitor.page.emulate_media(media="print")

    around = visitor.page.locator(
        ".bd-header, .bd-sidebar, .prev-next-footer, .copybtn, .headerlink"
    )
    answer = visitor.page.locator("details.solution p >> visible=true")
    assert [node for node in around.all() if node.is_visible()] == []
    assert answer.count() > 0
    assert style(visitor, TEXT, "color") == "rgb(0, 0, 0)"
    assert style(visitor, "body", "backgroundColor") == "rgb(255, 255, 255)"


def test_side_by_side_nothing_stands_between_a_title_and_its_other_half(
    visit, language
):
    visitor = visit()
    visitor.open(f"{language}/{LESSON}")
    visitor.page.keyboard.press(BOTH_KEY)

    gap = visitor.page.eval_on_selector(
        "article h2",
        """(title) => title.getBoundingClientRect().bottom
            - title.querySelector(".half.other").getBoundingClientRect().bottom""",
    )

    assert gap < 5


# Every property of one element of each kind, but for the strokes of drawings, and of
# what is drawn before and after it. Elements are of a kind that have the same classes,
# in parents of a kind, after such an element, or at the end: reading all of a page
# takes minutes. Until an icon's font is there, another one lends its width.
STYLES = """async () => {
  document.body.getBoundingClientRect();
  await document.fonts.ready;
  const own = (node) => node ? `${node.tagName}.${node.className}` : "";
  const kinds = new Map(), found = new Map();
  for (const node of document.querySelectorAll("body, body *:not(svg *, math *)")) {
    const kind = [kinds.get(node.parentElement) || "", own(node),
      own(node.previousElementSibling), !node.nextElementSibling].join(" ");
    kinds.set(node, kind);
    if (!found.has(kind)) found.set(kind, node);
  }
  const names = [...getComputedStyle(document.body)];
  const now = [...found.values()].flatMap((node) =>
    [null, "::before", "::after"].map((part) => {
      const style = getComputedStyle(node, part);
      return part && style.content === "none" ? [] : [own(node) + (part || ""),
        ...names.map((name) => `${name}:${style.getPropertyValue(name)}`)];
    }));
  const before = window.stylesBefore || now;
  window.stylesBefore = now;
  const changes = now.map((style, place) => [before[place][0] || style[0],
    ...style.filter((value, index) => value !== before[place][index])]);
  return { compared: now.length,
    changed: changes.filter((change) => change.length > 1).slice(0, 9) };
}"""
WITH_ALL_SHEETS = """async (sheets) => {
  const link = document.querySelector("link[href$='course.css']");
  await Promise.all(sheets.map((sheet) => new Promise((resolve, reject) => {
    const whole = document.createElement("link");
    Object.assign(whole, { rel: "stylesheet", onload: resolve, onerror: reject });
    whole.href = link.href.replace("_static/course.css", sheet);
    link.before(whole);
  })));
  link.remove();
}"""


@pytest.mark.parametrize(
    "page",
    ["index", "convolutional-networks/lenet", SCRIPT, "gallery/index", "search"],
)
def test_the_one_sheet_styles_a_page_as_all_sheets_together_do(visit, language, page):
    visitor = visit()
    visitor.open(f"{language}/{page}")
    visitor.page.add_style_tag(content=STILL)
    sheet = (visitor.site / language / "_static/course.css").read_text(encoding="utf-8")
    parts = [part for part in sheet.splitlines()[0].split() if part.endswith(".css")]

    visitor.page.evaluate(STYLES)
    visitor.page.evaluate(WITH_ALL_SHEETS, parts)
    found = visitor.page.evaluate(STYLES)

    assert len(parts) > 5
    assert found["compared"] > 300
    assert found["changed"] == []
