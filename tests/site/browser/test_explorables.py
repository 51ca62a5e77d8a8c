"""The explorables on the built site, from file://: operated, silent, in their place."""

import re

import pytest
import torch

from .survey import NARROW, WIDE

pytestmark = pytest.mark.browser

PAGE = "reference/explorables"
# Where a learner meets the idea.
LESSONS = {
    "linear-models/softmax-regression": "softmax-temperature",
    "convolutional-networks/lenet": "convolution",
}
NAMES = [
    "activations",
    "gradient-descent",
    "convolution",
    "softmax-temperature",
    "polynomial-overfitting",
]
HAN = re.compile("[\u4e00-\u9fff]")
# The smallest width at which a page must not scroll sideways (WCAG 1.4.10).
TINY = {"width": 320, "height": 700}

# Every text of a widget: what is shown, and what only a screen reader says.
TEXTS = """(body) => [body.innerText, ...[...body.querySelectorAll("[aria-label]")]
  .map((node) => node.getAttribute("aria-label"))].join("\\n")"""
# Controls without a name, an SVG without one, a reference to a name that is missing.
NAMELESS = """(body) => [...body.querySelectorAll("input, select, button, svg[role]")]
  .filter((node) => !(node.labels?.[0]?.textContent || node.ariaLabel ||
    node.textContent.trim() && node.tagName === "BUTTON"))
  .map((node) => node.outerHTML)"""
# Each control in turn at its ends, and each choice of each list, as if by hand.
EXERCISE = """(body) => {
  const heights = new Set([body.offsetHeight]);
  const say = (input, value) => {
    input.value = value;
    input.dispatchEvent(new Event("input", { bubbles: true }));
    heights.add(body.offsetHeight);
    if (/undefined|NaN,? undefined|\\{/.test(body.innerText)) {
      throw new Error(`${input.name} = ${value}: ${body.innerText}`);
    }
  };
  const sliders = [...body.querySelectorAll("input[type=range]")];
  const ends = () => sliders.forEach((input) => {
    const before = input.value;
    for (const value of [input.min, input.max, before]) say(input, value);
  });
  ends();
  for (const list of body.querySelectorAll("select")) {
    for (const { value } of list.options) { say(list, value); ends(); }
  }
  return [...heights];
}"""
RESERVED = "(body) => Math.round(parseFloat(getComputedStyle(body).minHeight))"
FILES = "performance.getEntriesByType('resource').map((entry) => entry.name)"
FIRST_WORDS_FAIL = """
  const parse = JSON.parse;
  JSON.parse = (text) => {
    JSON.parse = parse;
    throw new Error("the first widget finds no words");
  };"""
CONTRASTS = """(kinds) => {
  const luminance = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((part) => part / 255)
      .map((u) => u <= 0.04045 ? u / 12.92 : ((u + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return kinds.map((kind) => {
    const mark = document.querySelector(`.explorable-panels .${kind}`);
    const style = getComputedStyle(mark);
    const color = mark.tagName === "text" || kind.startsWith("dot")
      ? style.fill : style.stroke;
    const [dark, light] = [color, getComputedStyle(document.body).backgroundColor]
      .map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  });
}"""
MARKS = ["first", "second", "guide", "dot-first", "dot-second"]


@pytest.fixture
def open_page(visit, language):
    def open_in(name=PAGE, **options):
        visitor = visit(**options)
        visitor.open(f"{language}/{name}")
        return visitor.page

    return open_in


def body(page, name):
    return page.locator(f"[data-explorable={name}] > .explorable-body")


def control(page, widget, name):
    return body(page, widget).locator(f"[name={name}]")


def told(page, widget):
    return body(page, widget).locator(".explorable-readout").inner_text()


def test_the_page_holds_the_five(open_page):
    page = open_page()

    found = page.eval_on_selector_all(
        "[data-explorable]", "(all) => all.map((one) => one.dataset.explorable)"
    )
    assert found == NAMES


@pytest.mark.parametrize(("lesson", "name"), LESSONS.items())
def test_a_widget_stands_where_a_learner_meets_the_idea(open_page, lesson, name):
    page = open_page(lesson)

    assert body(page, name).locator("svg").first.is_visible()


@pytest.mark.both_languages
def test_every_widget_speaks_the_language_of_the_page(open_page, language):
    page = open_page()

    texts = {name: body(page, name).evaluate(TEXTS) for name in NAMES}

    with_han = [name for name, text in texts.items() if HAN.search(text)]
    assert with_han == (NAMES if language == "zh" else [])


def test_every_widget_control_and_drawing_has_a_name(open_page):
    page = open_page()
    widgets = page.locator(".explorable-body")

    title = (
        "(b) => document.getElementById(b.getAttribute('aria-labelledby')).innerText"
    )
    assert [widget.evaluate(NAMELESS) for widget in widgets.all()] == [[]] * len(NAMES)
    assert all(widget.evaluate(title) for widget in widgets.all())
    assert page.locator(".explorable-body[role=group]").count() == len(NAMES)
    live = page.locator(".explorable-body [aria-live=polite]")
    assert live.count() == len(NAMES)


@pytest.mark.parametrize("size", [WIDE, NARROW, TINY], ids=["wide", "phone", "tiny"])
def test_whatever_is_set_nothing_around_a_widget_moves(open_page, size):
    page = open_page(viewport=size)

    heights = {name: body(page, name).evaluate(EXERCISE) for name in NAMES}

    assert heights == {name: [body(page, name).evaluate(RESERVED)] for name in NAMES}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "phone"])
def test_the_place_is_as_large_before_the_script_has_run(browser, site, language, size):
    heights = []
    for with_script in (False, True):
        page = browser.new_page(viewport=size)
        if not with_script:
            page.route("**/explorables/**/*.js*", lambda route: route.abort())
        page.goto((site / language / f"{PAGE}.html").as_uri())
        places = "(all) => all.map((one) => one.offsetHeight)"
        heights.append(page.eval_on_selector_all(".explorable-body", places))
        page.close()

    assert heights[0] == heights[1]
    assert min(heights[0]) > 300


def test_without_javascript_the_figures_stand_there(visit, language):
    visitor = visit(java_script_enabled=False)
    page = visitor.page
    page.goto((visitor.site / language / f"{PAGE}.html").as_uri())

    pictures = page.locator("[data-explorable] figure img")
    assert pictures.count() == len(NAMES)
    for number in range(len(NAMES)):
        assert pictures.nth(number).is_visible()
        assert pictures.nth(number).bounding_box()["height"] > 100
    assert page.locator(".explorable-body >> visible=true").count() == 0


def test_with_javascript_the_widget_stands_in_for_the_figure(open_page):
    page = open_page()

    assert page.locator("[data-explorable] figure img >> visible=true").count() == 0
    assert page.locator("[data-explorable] figcaption >> visible=true").count() == len(
        NAMES
    )


def test_a_widget_that_fails_leaves_its_figure(browser, site, language):
    page = browser.new_page()
    page.add_init_script(FIRST_WORDS_FAIL)

    page.goto((site / language / f"{PAGE}.html").as_uri())

    page.locator("[data-explorable=activations] img").wait_for(state="visible")
    assert page.locator("[data-explorable].failed").count() == 1
    assert page.locator(".explorable-body svg[role]").first.is_visible()
    page.close()


def test_on_paper_the_figures_stand_there(open_page):
    page = open_page()

    page.emulate_media(media="print")

    assert page.locator("[data-explorable] figure img >> visible=true").count() == len(
        NAMES
    )
    assert page.locator(".explorable-body >> visible=true").count() == 0


def test_tab_goes_from_control_to_control_and_shows_where_it_is(open_page):
    page = open_page()
    control(page, "activations", "function").focus()

    visited = []
    for _ in range(3):
        page.keyboard.press("Tab")
        focus = "() => [document.activeElement.name,"
        focus += " getComputedStyle(document.activeElement).outlineStyle]"
        visited.append(page.evaluate(focus))

    assert visited == [["x", "solid"], ["layers", "solid"], ["reset", "solid"]]


def test_arrow_keys_move_a_slider_and_not_to_another_page(open_page):
    page = open_page()
    address = page.url
    slider = control(page, "activations", "x")
    slider.focus()

    for _ in range(3):
        page.keyboard.press("ArrowRight")

    assert slider.get_attribute("aria-valuetext") == "2.3"
    assert "x = 2.3" in told(page, "activations")
    assert page.url == address


def test_the_keyboard_chooses_another_function(open_page):
    page = open_page()
    control(page, "activations", "function").focus()

    page.keyboard.type("GELU")
    control(page, "activations", "x").focus()
    page.keyboard.press("Home")  # to −8

    slope = torch.tensor(-8.0, dtype=torch.float64, requires_grad=True)
    torch.nn.functional.gelu(slope).backward()
    mantissa = f"{slope.grad.item():.1e}".partition("e")[0].replace("-", "\u2212")
    assert mantissa in told(page, "activations")


def test_the_keyboard_takes_a_step_and_starts_over(open_page):
    page = open_page()
    steps = control(page, "gradient-descent", "steps")

    control(page, "gradient-descent", "step").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Space")
    after = steps.input_value()
    control(page, "gradient-descent", "reset").focus()
    page.keyboard.press("Enter")

    assert (after, steps.input_value()) == ("12", "10")


def test_run_goes_on_until_it_is_stopped(open_page):
    page = open_page(reduced_motion="no-preference")
    run = control(page, "gradient-descent", "run")
    label = run.inner_text()

    run.press("Enter")
    running = run.inner_text()
    page.wait_for_function("() => document.querySelector('[name=steps]').value > 11")
    run.press("Enter")
    value = control(page, "gradient-descent", "steps").input_value()
    page.wait_for_timeout(1200)

    assert control(page, "gradient-descent", "steps").input_value() == value
    assert running != label == run.inner_text()


def test_who_asked_for_less_motion_sees_the_end_at_once(open_page):
    page = open_page(reduced_motion="reduce")

    control(page, "gradient-descent", "run").press("Enter")
    control(page, "convolution", "run").press("Enter")

    assert control(page, "gradient-descent", "steps").input_value() == "50"
    assert control(page, "convolution", "row").input_value() == "3"
    assert control(page, "convolution", "column").input_value() == "3"


def test_the_threshold_is_shown_where_it_is_crossed(open_page):
    page = open_page()
    rate = control(page, "gradient-descent", "rate")
    rate.focus()

    sentences = []
    for value in ("0.99", "1", "1.01"):
        rate.fill(value)
        sentences.append(told(page, "gradient-descent").splitlines()[-1])

    factors = [re.search("\u2212[\\d.]+", sentence)[0] for sentence in sentences]
    assert factors == ["\u22120.98", "\u22121", "\u22121.02"]
    assert len(set(sentences)) == 3


def test_a_typed_weight_changes_the_sum(open_page):
    page = open_page()
    weights = body(page, "convolution").locator("input[type=number]")

    weights.nth(1).fill("2.5")

    assert control(page, "convolution", "kernel").input_value() == "own"
    assert "0·(\u22121) + 1·2.5 + 0·(\u22121) + 1·1 = 3.5" in told(page, "convolution")


def test_the_softmax_shown_is_that_of_torch(open_page):
    page = open_page()
    for name, value in [("scoreA", "2.5"), ("scoreC", "-4"), ("temperature", "0.5")]:
        control(page, "softmax-temperature", name).fill(value)

    scores = torch.tensor([2.5, 3.0, -4.0, 2.0], dtype=torch.float64)
    probs = (scores / 10**0.5).softmax(dim=0)
    shown = body(page, "softmax-temperature").locator("svg").first.text_content()
    for prob in probs.tolist():
        assert f"{prob:.3f}" in shown
    entropy = torch.special.entr(probs).sum().item()
    assert f"{entropy:.3f}" in told(page, "softmax-temperature")


def test_the_degree_never_exceeds_what_the_points_determine(open_page):
    page = open_page()
    degree = control(page, "polynomial-overfitting", "degree")
    degree.fill("15")

    control(page, "polynomial-overfitting", "points").fill("6")

    assert degree.input_value() == "5"
    train = re.search(r"[:：].*?([\d.]+( × 10⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)", told(page, NAMES[4]))[
        1
    ]
    assert "× 10⁻¹" in train or train == "0.000"  # through every point


def test_the_widgets_ask_for_nothing_once_they_are_there(open_page):
    page = open_page()
    before = page.evaluate(FILES)

    for name in NAMES:
        body(page, name).evaluate(EXERCISE)

    assert page.evaluate(FILES) == before


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_dots_stand_out_from_the_background(visit, scheme):
    visitor = visit(color_scheme=scheme)
    visitor.open(f"zh/{PAGE}")
    page = visitor.page

    contrasts = dict(zip(MARKS, page.evaluate(CONTRASTS, MARKS), strict=True))

    assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
    assert {mark: ratio for mark, ratio in contrasts.items() if ratio < 3} == {}
