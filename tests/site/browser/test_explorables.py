"""The explorables on the built site, from file://: operated, silent, in their place."""

import base64
import json
import math
import re
from urllib.parse import parse_qsl, urlsplit

import pytest
import torch
from torch.nn import functional

from .survey import NARROW, WIDE

pytestmark = pytest.mark.browser

PAGE = "reference/explorables"
# Where a learner meets the idea.
LESSONS = {
    "preliminaries/probability": ["base-rate"],
    "preliminaries/calculus": ["gradient-surface", "gradient-descent"],
    "preliminaries/eigenvalues": ["matrix-map"],
    "introduction/machine-learning": ["polynomial-overfitting"],
    "linear-models/softmax-regression": ["softmax-temperature"],
    "linear-models/losses": ["regression-line"],
    "linear-models/classification-metrics": ["threshold"],
    "multilayer-perceptrons/activations": ["activations"],
    "multilayer-perceptrons/backpropagation": ["backprop-steps"],
    "multilayer-perceptrons/mlp": ["playground"],
    "computation/modules": ["network-builder"],
    "generalization/initialization": ["signal-depth"],
    "generalization/weight-decay": ["penalty-path"],
    "convolutional-networks/convolution": ["convolution"],
    "convolutional-networks/padding-and-stride": ["convolution"],
    "convolutional-networks/lenet": ["activations", "lenet"],
    "modern-cnns/vgg": ["architecture"],
    "computer-vision/bounding-boxes": ["boxes"],
    "computer-vision/transposed-convolution": ["transposed-convolution"],
    "computer-vision/diffusion": ["diffusion"],
}
NAMES = [
    "base-rate",
    "activations",
    "gradient-surface",
    "gradient-descent",
    "convolution",
    "softmax-temperature",
    "regression-line",
    "threshold",
    "backprop-steps",
    "polynomial-overfitting",
    "penalty-path",
    "matrix-map",
    "playground",
    "network-builder",
    "signal-depth",
    "lenet",
    "architecture",
    "boxes",
    "transposed-convolution",
    "diffusion",
]
HAN = re.compile("[\u4e00-\u9fff]")
# The smallest width at which a page must not scroll sideways (WCAG 1.4.10).
TINY = {"width": 320, "height": 700}

# Every text of a widget: what is shown, and what only a screen reader says.
TEXTS = """(body) => [body.innerText, ...[...body.querySelectorAll("[aria-label]")]
  .map((node) => node.getAttribute("aria-label"))].join("\\n")"""
# Controls without a name, an SVG without one, a reference to a name that is missing.
NAMELESS = """(body) => [...body.querySelectorAll("input, select, button, [role]")]
  .filter((node) => !(node.labels?.[0]?.textContent || node.ariaLabel ||
    node.textContent.trim() && node.tagName === "BUTTON" || node.role === "status"))
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
# Each slider at the lower edge of the screen: are all drawings in view above it?
HIDDEN = """(body) => {
  const header = document.querySelector(".bd-header").getBoundingClientRect().bottom;
  const panels = body.querySelector(".explorable-panels");
  return [...body.querySelectorAll("input[type=range]")].filter((slider) => {
    slider.scrollIntoView({ block: "end", behavior: "instant" });
    const drawing = panels.getBoundingClientRect();
    const { top, bottom } = slider.getBoundingClientRect();
    return drawing.top < header - 1 || drawing.bottom > top || bottom > innerHeight + 1;
  }).map(({ name }) => name);
}"""
# What the Tab key reaches outside the explorable of a frame.
OUTSIDE = """() => [...document.querySelectorAll("a, button, input, select, [tabindex]")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }))
  .filter((node) => !node.closest(".embedded")).map((node) => node.outerHTML)"""
KEPT = "() => location.hash.startsWith('#explorable=')"
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


def handles(page, widget, kind):
    return body(page, widget).locator(f".explorable-handle.{kind}")


def drag(page, handle, right, down):
    handle.scroll_into_view_if_needed()
    box = handle.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right, y + down, steps=4)
    page.mouse.up()


def test_the_page_holds_them_all(open_page):
    page = open_page()

    found = page.eval_on_selector_all(
        "[data-explorable]", "(all) => all.map((one) => one.dataset.explorable)"
    )
    assert found == NAMES


@pytest.mark.parametrize(("lesson", "names"), LESSONS.items())
def test_widgets_stand_where_a_learner_meets_the_idea(visit, lesson, names):
    visitor = visit()
    visitor.open(f"en/{lesson}")
    drawings = visitor.page.locator(".explorable-body").filter(has_text="Drag")

    shown = [one.locator("svg").first.is_visible() for one in drawings.all()]
    assert shown == [True] * len(names)


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
    files = page.evaluate(FILES)

    heights = {name: body(page, name).evaluate(EXERCISE) for name in NAMES}

    assert page.evaluate(FILES) == files  # nothing is asked for
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
    assert page.url.partition("#")[0] == address


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
    place = handles(page, "convolution", "window").first.get_attribute("aria-valuetext")
    assert re.findall(r"\d", place) == ["3", "3"]


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
    shown = told(page, "polynomial-overfitting")
    train = re.search(r"[:：].*?([\d.]+( × 10⁻[⁰¹²³⁴⁵⁶⁷⁸⁹]+)?)", shown)[1]
    assert "× 10⁻¹" in train or train == "0.000"  # through every point


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_lines_and_dots_stand_out_from_the_background(visit, scheme):
    visitor = visit(color_scheme=scheme)
    visitor.open(f"zh/{PAGE}")
    page = visitor.page

    contrasts = dict(zip(MARKS, page.evaluate(CONTRASTS, MARKS), strict=True))

    assert page.evaluate("() => document.documentElement.dataset.theme") == scheme
    assert {mark: ratio for mark, ratio in contrasts.items() if ratio < 3} == {}


@pytest.fixture
def lesson(visit):
    def open_lesson(name, query="", **options):
        visitor = visit(**options)
        visitor.open(name, query)
        return visitor.page

    return open_lesson


def test_the_start_is_dragged_clicked_and_moved_with_arrow_keys(lesson):
    page = lesson("zh/preliminaries/calculus")
    start = handles(page, "gradient-descent", "knob")
    frame = body(page, "gradient-descent").locator(".frame").first
    places = []

    drag(page, start, -frame.bounding_box()["width"] / 4.4, 0)  # of 4.4 units
    places.append(start.get_attribute("aria-valuetext"))
    start.press("ArrowLeft")
    places.append(start.get_attribute("aria-valuetext"))
    box = frame.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)
    places.append(start.get_attribute("aria-valuetext"))

    assert places == ["0.8", "0.75", "0"]
    assert control(page, "gradient-descent", "start").input_value() == "0"
    assert start.evaluate("(node) => node === document.activeElement")


def test_the_point_and_the_direction_are_dragged_on_the_map(lesson):
    page = lesson("en/preliminaries/calculus")
    knobs = handles(page, "gradient-surface", "knob")

    drag(page, knobs.first, -60, 0)
    moved = float(control(page, "gradient-surface", "x").input_value())
    start, tip = knobs.first.bounding_box(), knobs.nth(1).bounding_box()
    drag(page, knobs.nth(1), start["x"] - tip["x"], -80)
    knobs.nth(1).press("ArrowLeft")

    assert moved < 2
    assert control(page, "gradient-surface", "angle").input_value() == "85"
    gradient = torch.tensor([moved / 2, 2 * 0.75], dtype=torch.float64)
    turn = torch.tensor(85.0, dtype=torch.float64).deg2rad()
    slope = gradient @ torch.stack([turn.cos(), turn.sin()])
    assert f" = {slope:.2f}." in told(page, "gradient-surface")


def test_an_input_is_clicked_and_the_kernel_dragged_from_input_to_input(lesson):
    page = lesson("en/computer-vision/transposed-convolution")
    widget = "transposed-convolution"
    inputs = handles(page, widget, "pixel")
    step = control(page, widget, "step")

    inputs.first.click()
    clicked = inputs.first.get_attribute("aria-valuetext")
    inputs.first.press("ArrowUp")
    raised = inputs.first.get_attribute("aria-valuetext")
    window = handles(page, widget, "window").first
    drag(page, window, 0, window.bounding_box()["height"])

    assert (clicked, raised, step.input_value()) == ("2", "3", "5")
    assert "Input row 1, column 1 is 1" in told(page, widget)


def test_a_dragged_point_pulls_the_line_of_least_squares(lesson):
    page = lesson("en/linear-models/losses")
    points = handles(page, "regression-line", "point")

    drag(page, points.last, 0, 60)
    places = [one.get_attribute("aria-valuetext") for one in points.all()]

    numbers = [[float(n) for n in re.findall(r"[\d.]+", place)] for place in places]
    x, y = torch.tensor(numbers, dtype=torch.float64).T
    basis = torch.stack([x, torch.ones_like(x)], dim=1)
    slope = torch.linalg.lstsq(basis, y[:, None]).solution[0].item()
    assert y[-1] < 7
    assert f"squared {slope:.2f}," in told(page, "regression-line")


def test_a_finger_drags_the_start_and_does_not_scroll(lesson):
    page = lesson("zh/preliminaries/calculus", viewport=NARROW, has_touch=True)
    start = handles(page, "gradient-descent", "knob")
    body(page, "gradient-descent").evaluate("(body) => body.scrollIntoView()")
    box, scrolled = start.bounding_box(), page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2

    session = page.context.new_cdp_session(page)
    for kind, far in [("Start", 0), ("Move", 30), ("Move", 60), ("End", None)]:
        points = [] if far is None else [{"x": x - far, "y": y + far}]
        touch = {"type": f"touch{kind}", "touchPoints": points}
        session.send("Input.dispatchTouchEvent", touch)

    assert float(start.get_attribute("aria-valuetext")) < 1.3
    assert page.evaluate("scrollY") == scrolled


def test_a_training_point_is_dragged_and_arrow_keys_go_from_point_to_point(lesson):
    page = lesson("en/introduction/machine-learning")
    points = handles(page, "polynomial-overfitting", "point")
    before = told(page, "polynomial-overfitting")

    drag(page, points.nth(4), 0, -40)
    dragged = told(page, "polynomial-overfitting")
    points.nth(4).press("ArrowRight")
    page.keyboard.press("ArrowUp")

    assert len({before, dragged, told(page, "polynomial-overfitting")}) == 3
    link = body(page, "polynomial-overfitting").locator(".explorable-foot a")
    moved = dict(parse_qsl(urlsplit(link.get_attribute("href")).fragment))["moved"]
    assert [one.partition(":")[0] for one in moved.split()] == ["4", "5"]


def test_a_pixel_is_switched_and_the_kernel_dragged(lesson):
    page = lesson("zh/convolutional-networks/padding-and-stride")
    pixels = handles(page, "convolution", "pixel")
    kernel = handles(page, "convolution", "window").first

    pixels.nth(11).click()
    pixels.nth(10).press("Enter")
    drag(page, kernel, 0, 2 * pixels.first.bounding_box()["height"])

    pressed = [pixels.nth(i).get_attribute("aria-pressed") for i in (10, 11, 12)]
    assert pressed == ["true", "true", "false"]
    image = torch.tensor([[0.0, 0, 0, 1, 1]] * 5)
    image[2, :2] = 1
    weights = torch.tensor([[-1.0, 1], [-1, 1]])
    output = torch.conv2d(image[None, None], weights[None, None])[0, 0]
    assert f" = {output[2, 2]:.0f}\n" in told(page, "convolution")
    control(page, "convolution", "image").select_option("square")  # of more pixels
    drag(page, kernel, 0, 2 * pixels.first.bounding_box()["height"])
    assert re.findall(r"\d", kernel.get_attribute("aria-valuetext")) == ["4", "2"]


def test_a_bar_is_dragged_to_a_probability(lesson):
    page = lesson("en/linear-models/softmax-regression")
    bars = handles(page, "softmax-temperature", "knob")
    frame = body(page, "softmax-temperature").locator(".frame").first.bounding_box()

    right = frame["x"] + frame["width"] / 2
    middle = bars.first.bounding_box()
    drag(page, bars.first, right - middle["x"] - middle["width"] / 2, 0)

    scores = torch.tensor([3.3, 3.0, -1.0, 2.0], dtype=torch.float64)
    prob = scores.softmax(dim=0)[0].item()
    assert prob == pytest.approx(0.5, abs=0.02)  # scores have one decimal
    assert bars.first.get_attribute("aria-valuetext") == (
        f"score 3.3, probability {prob:.3f}"
    )


def test_the_wall_of_the_square_is_dragged_to_another_prevalence(lesson):
    page = lesson("en/preliminaries/probability")
    edges = handles(page, "base-rate", "knob")
    frame = body(page, "base-rate").locator(".frame").first.bounding_box()

    drag(page, edges.first, 0.4 * frame["width"], 0)

    prevalence = float(edges.first.get_attribute("aria-valuetext"))
    assert prevalence == pytest.approx(0.5, abs=0.01)
    joint = torch.tensor([prevalence * 0.9, (1 - prevalence) * 0.05])
    assert f"{joint[0] / joint.sum():.3f}" in told(page, "base-rate")


def test_a_vector_dragged_close_to_an_eigenvector_is_one(lesson):
    page = lesson("en/preliminaries/eigenvalues")
    vector = handles(page, "matrix-map", "point").first
    frame = body(page, "matrix-map").locator(".frame").first.bounding_box()
    unit = frame["height"] / 4.8  # the drawing goes from -2.4 to 2.4

    before = told(page, "matrix-map")
    box = vector.bounding_box()
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    right = x + 1.52 * unit - box["x"] - box["width"] / 2  # off 45 degrees by 0.4
    down = y - 1.5 * unit - box["y"] - box["height"] / 2
    drag(page, vector, right, down)

    assert "off its line" in before
    assert control(page, "matrix-map", "angle").input_value() == "45"
    assert "x is an eigenvector, and Ax = 2 x" in told(page, "matrix-map")


def test_a_dragged_column_changes_the_matrix(lesson):
    page = lesson("en/preliminaries/eigenvalues")
    column = handles(page, "matrix-map", "point").nth(1)

    column.focus()
    for _ in range(15):
        column.press("ArrowDown")  # from (1.25, 0.75) to (1.25, 0)

    assert control(page, "matrix-map", "matrix").input_value() == "own"
    assert "One eigenvalue, 1.25: a single line stays" in told(page, "matrix-map")


def test_multiplying_again_and_again_ends_at_the_leading_eigenvector(lesson):
    page = lesson("en/preliminaries/eigenvalues", reduced_motion="reduce")
    control(page, "matrix-map", "matrix").select_option("general")

    control(page, "matrix-map", "run").press("Enter")

    values, vectors = torch.linalg.eig(torch.tensor([[1.25, 1.5], [0.375, 1.25]]))
    first, second = vectors[:, values.real.argmax()].real.tolist()
    expected = math.degrees(math.atan2(second, first)) % 180
    angle = float(control(page, "matrix-map", "angle").input_value())
    assert angle == pytest.approx(expected, abs=0.2)


def test_a_click_adds_a_point_and_the_space_bar_changes_its_class(lesson):
    page = lesson(f"en/{PAGE}")
    points = handles(page, "playground", "point")
    frame = body(page, "playground").locator(".frame").first
    before = points.count()

    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    added = points.last
    said = [added.get_attribute("aria-valuetext")]
    page.keyboard.press("Space")
    said.append(added.get_attribute("aria-valuetext"))
    page.keyboard.press("ArrowRight")
    said.append(added.get_attribute("aria-valuetext"))

    assert points.count() == before + 1
    assert control(page, "playground", "data").input_value() == "own"
    classes = [text.partition("), ")[2] for text in said]
    assert classes[0] != classes[1] == classes[2]
    assert [text.partition(",")[0] for text in said] == ["(0", "(0", "(0.05"]


def test_a_dragged_point_of_the_playground_stays_in_the_square(lesson):
    page = lesson(f"en/{PAGE}")
    point = handles(page, "playground", "point").first

    drag(page, point, -500, 0)

    assert point.get_attribute("aria-valuetext").startswith("(\u22121.5, ")


def test_a_network_trains_to_the_end_at_once_for_who_asked_for_less_motion(lesson):
    page = lesson(f"en/{PAGE}", reduced_motion="reduce")

    control(page, "playground", "run").press("Enter")

    assert control(page, "playground", "steps").input_value() == "1000"
    assert "32 of 32 points" in told(page, "playground")


def test_going_back_and_forth_in_training_gives_the_same_network(lesson):
    page = lesson(f"en/{PAGE}")
    steps = control(page, "playground", "steps")

    sentences = []
    for value in ("370", "1000", "370", "0", "370"):
        steps.fill(value)
        sentences.append(told(page, "playground"))

    assert sentences[0] == sentences[2] == sentences[4] != sentences[1]


def test_a_network_in_training_can_be_stopped(lesson):
    page = lesson(f"en/{PAGE}", reduced_motion="no-preference")
    run, steps = (control(page, "playground", name) for name in ("run", "steps"))

    run.press("Enter")
    page.wait_for_function(
        "() => [...document.querySelectorAll('[name=steps]')].some("
        "({ max, value }) => max === '1000' && value > 20)"
    )
    run.press("Enter")
    value = steps.input_value()
    page.wait_for_timeout(500)

    assert steps.input_value() == value != "1000"


@pytest.fixture
def kept(site, language):
    """What the site loads for LeNet."""
    file = site / language / "_static/explorables/lenet/data.js"
    return json.loads(file.read_text("utf-8").partition(" = ")[2].rstrip(";\n"))


def from_base64(text, kind):
    return torch.frombuffer(bytearray(base64.b64decode(text)), dtype=kind).double()


def lenet_of_torch(kept, pixels):
    """Return the logits of the network that the site loads."""
    weights = []
    for layer in kept["layers"]:
        whole = from_base64(layer["integers"], torch.int8).view(layer["shape"])
        scales = torch.tensor(layer["scales"], dtype=torch.float64)
        scales = scales.view(-1, *(1,) * (whole.ndim - 1))
        biases = torch.tensor(layer["biases"], dtype=torch.float64)
        weights.append((whole * scales, biases))
    conv1, conv2, *dense = weights
    maps = functional.max_pool2d(functional.conv2d(pixels, *conv1, padding=2).relu(), 2)
    flow = functional.max_pool2d(functional.conv2d(maps, *conv2).relu(), 2).flatten(1)
    for layer in dense[:-1]:
        flow = functional.linear(flow, *layer).relu()
    return functional.linear(flow, *dense[-1])


def test_the_lenet_of_the_site_is_the_quantized_network_of_torch(
    lesson, language, kept
):
    page = lesson(f"{language}/{PAGE}")
    pictures = from_base64(kept["pictures"], torch.uint8).view(-1, 1, 28, 28) / 255
    pixels = torch.cat([pictures, pictures[:1] * 0, pictures[:1] * 0 + 1])

    found = page.evaluate(
        "(all) => { const E = window.d2lnotesExplorables;"
        "const layers = E.readLayers(window.d2lnotesData.lenet.layers);"
        "return all.map((one) => [...E.runLeNet(layers, one).logits]); }",
        pixels.flatten(1).tolist(),
    )

    expected = lenet_of_torch(kept, pixels)
    torch.testing.assert_close(
        torch.tensor(found, dtype=torch.float64), expected, rtol=0, atol=1e-4
    )
    control(page, "lenet", "picture").select_option("3")
    best = kept["names"][expected[3].argmax()]
    assert f"{expected[3].softmax(dim=0).max():.3f}" in told(page, "lenet")
    assert best in told(page, "lenet").splitlines()[0]


def test_what_is_drawn_by_mouse_or_keys_is_what_lenet_sees(lesson):
    page = lesson("en/reference/explorables")
    paper = handles(page, "lenet", "pixel")
    picture = control(page, "lenet", "picture")

    control(page, "lenet", "clear").click()
    empty = told(page, "lenet")
    paper.press("Space")
    said = [paper.get_attribute("aria-valuetext")]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    said.append(paper.get_attribute("aria-valuetext"))
    drawn = told(page, "lenet")
    drag(page, paper, 40, 40)

    assert picture.input_value() == "own"
    assert said[0] == "row 14, column 14: 1"
    assert said[1].startswith("row 13, column 15: 0")
    assert "Empty paper" in empty
    assert len({empty, drawn, told(page, "lenet")}) == 3


def test_the_eraser_takes_away_what_the_pen_drew(lesson):
    page = lesson(f"en/{PAGE}")
    paper = handles(page, "lenet", "pixel")
    control(page, "lenet", "clear").click()
    empty = told(page, "lenet")

    paper.press("Space")
    control(page, "lenet", "tool").select_option("eraser")
    paper.press("Space")

    assert told(page, "lenet") == empty


def test_a_finger_draws_on_the_paper_and_does_not_scroll(lesson):
    page = lesson(f"zh/{PAGE}", viewport=NARROW, has_touch=True)
    paper = handles(page, "lenet", "pixel")
    body(page, "lenet").evaluate("(body) => body.scrollIntoView()")
    box, scrolled = paper.bounding_box(), page.evaluate("scrollY")
    x, y = box["x"] + box["width"] / 2, box["y"] + 20

    session = page.context.new_cdp_session(page)
    for kind, far in [("Start", 0), ("Move", 30), ("Move", 60), ("End", None)]:
        points = [] if far is None else [{"x": x, "y": y + far}]
        touch = {"type": f"touch{kind}", "touchPoints": points}
        session.send("Input.dispatchTouchEvent", touch)

    assert control(page, "lenet", "picture").input_value() == "own"
    assert page.evaluate("scrollY") == scrolled


def test_the_frame_goes_from_map_to_map_and_says_what_it_sees(lesson):
    page = lesson(f"en/{PAGE}")
    frame = handles(page, "lenet", "window")
    where = [frame.get_attribute("aria-valuetext")]

    for key in ["ArrowLeft"] * 8 + ["ArrowDown"] * 14:
        frame.press(key)
        where.append(frame.get_attribute("aria-valuetext"))

    maps = [re.search(r"convolution (\d), map (\d+)", text).groups() for text in where]
    assert [maps[0], maps[8], maps[-1]] == [("1", "3"), ("1", "2"), ("2", "2")]
    assert "depends on 5 × 5 pixels" not in told(page, "lenet")
    control(page, "lenet", "maps").select_option("pooled")
    assert "depends on 14 × " in told(page, "lenet")


def test_a_dragged_frame_tells_of_the_layer_under_it(lesson):
    page = lesson(f"en/{PAGE}")
    control(page, "architecture", "network").select_option("AlexNet")
    frames = handles(page, "architecture", "window")
    widths = frames.first.bounding_box()["width"]

    drag(page, frames.first, 2 * widths, 0)
    dragged = frames.first.get_attribute("aria-valuetext")
    frames.nth(1).press("ArrowRight")
    stepped = frames.nth(1).get_attribute("aria-valuetext")

    assert dragged.startswith("conv2: 192")
    assert stepped.startswith("pool2: 192")
    assert "61,100,840 parameters" in told(page, "architecture")


def test_a_network_comes_with_the_pictures_of_its_paper(lesson):
    page = lesson(f"en/{PAGE}")
    side = control(page, "architecture", "side")

    sides = [side.input_value()]
    for network in ("VGG-16", "LeNet"):
        control(page, "architecture", "network").select_option(network)
        sides.append(side.input_value())

    assert sides == ["28", "224", "28"]


def test_on_a_phone_each_slider_is_on_screen_with_the_drawings(lesson):
    page = lesson(f"en/{PAGE}", viewport=NARROW)

    hidden = {name: body(page, name).evaluate(HIDDEN) for name in NAMES}

    assert hidden == {name: [] for name in NAMES}


SET = {
    "base-rate": {"prevalence": "0.02", "falseAlarms": "0.1"},
    "activations": {"function": "leaky ReLU", "x": "-1.5"},
    "gradient-surface": {"surface": "saddle", "x": "-1", "y": "0.5", "angle": "30"},
    "gradient-descent": {"curve": "valley", "rate": "0.21", "y": "-0.5"},
    "convolution": {
        "kernel": "own",
        "padding": "1",
        "weights": "1 2 3 4 5 6 7 8 9",
        "switched": "6 7",
        "place": "2 1",
    },
    "softmax-temperature": {"scoreA": "-2.5", "shift": "40"},
    "threshold": {"threshold": "3.5", "share": "0.02"},
    "polynomial-overfitting": {"points": "20", "degree": "9", "moved": "3:1.5 5:-1"},
    "matrix-map": {"matrix": "own", "angle": "30", "entries": "1 -0.5 0.25 2"},
    "playground": {"data": "own", "steps": "20", "points": "0.5 0.5 1 -0.5 -0.5 0"},
    "lenet": {"picture": "own", "drawing": "z300zffffz480z", "unit": "1 3 2 4"},
    "architecture": {
        "network": "VGG-11",
        "side": "96",
        "quantity": "parameters",
        "row": "3",
    },
    "diffusion": {"target": "spiral", "jumps": "30", "done": "12", "start": "-1 0.5"},
}


def test_a_link_holds_what_was_changed_and_shows_it_again(lesson):
    page = lesson(f"en/{PAGE}")
    place = "(settings) => { location.hash = new URLSearchParams(settings); }"

    for name, settings in SET.items():
        before = told(page, name)
        page.evaluate(place, {"explorable": name, **settings})
        body(page, name).locator("[name=copy]").click()  # after the page has followed
        link = body(page, name).locator(".explorable-foot a").get_attribute("href")
        shown = told(page, name)
        control(page, name, "reset").click()

        found = dict(parse_qsl(urlsplit(link).fragment))
        assert found == {"explorable": name, **settings}
        assert told(page, name) == before != shown
    page.goto("about:blank")
    page.goto(link)
    assert told(page, name) == shown


def test_the_anchor_of_a_section_stays_until_something_is_changed(lesson):
    page = lesson(f"en/{PAGE}", "#convolution")
    page.wait_for_timeout(500)  # longer than a change waits
    fragments = [urlsplit(page.url).fragment]

    control(page, "activations", "x").fill("3")
    page.wait_for_function(KEPT)
    fragments.append(urlsplit(page.url).fragment)
    control(page, "activations", "reset").click()
    page.wait_for_function("() => location.hash === ''")

    assert fragments == ["convolution", "explorable=activations&x=3"]


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "phone"])
def test_in_a_frame_the_explorable_is_alone_and_fills_it(lesson, size):
    query = "?embed=convolution#explorable=convolution&padding=2"
    page = lesson(f"zh/{PAGE}", query, viewport=size)

    box = page.locator("[data-explorable=convolution]").bounding_box()
    assert box == {"x": 0, "y": 0, **size}
    assert control(page, "convolution", "padding").input_value() == "2"
    assert page.evaluate(OUTSIDE) == []
    link = body(page, "convolution").locator(".explorable-foot a")
    lesson_state = f"{PAGE}.html#explorable=convolution&padding=2"
    assert link.get_attribute("href").endswith(lesson_state)


def test_what_leaves_the_drawing_is_marked_with_its_value(lesson):
    page = lesson("en/preliminaries/calculus")
    control(page, "gradient-descent", "rate").fill("1.1")
    control(page, "gradient-descent", "steps").fill("20")

    widget = body(page, "gradient-descent")
    mark = widget.locator(".beyond-value").first
    x = torch.tensor(1.8, dtype=torch.float64) * (1 - 2 * 1.1) ** 20
    assert mark.text_content() == f"x = {x.item():.1f}".removesuffix(".0")
    frame, box = widget.locator(".frame").first.bounding_box(), mark.bounding_box()
    assert frame["x"] <= box["x"]
    assert box["x"] + box["width"] <= frame["x"] + frame["width"]


def test_a_larger_penalty_takes_the_weight_to_zero_with_l1(lesson):
    page = lesson("en/generalization/weight-decay")
    before = told(page, "penalty-path")

    control(page, "penalty-path", "norm").select_option("l1")

    assert "w = (1.6, 0.5)" in before
    assert "Neither of the two weights" not in told(page, "penalty-path")
    assert "w = (1.75, 0)" in told(page, "penalty-path")
    assert "One of the two weights is exactly 0." in told(page, "penalty-path")


def test_the_strength_of_a_penalty_can_be_moved_in_the_drawing(lesson):
    page = lesson("en/generalization/weight-decay")
    knob = handles(page, "penalty-path", "knob").first

    knob.focus()
    for _ in range(20):
        knob.press("ArrowRight")  # from 1 to 2

    assert "\u03bb = 2 gives w = (1.33, 0.33)" in told(page, "penalty-path")


@pytest.mark.both_languages
def test_a_box_dragged_away_from_its_duplicate_is_kept(lesson):
    page = lesson("en/computer-vision/bounding-boxes")
    assert "B: removed by A" in told(page, "boxes")

    drag(page, handles(page, "boxes", "point").nth(1), 75, 40)

    assert "B: kept" in told(page, "boxes")


def test_samples_walk_from_noise_to_the_data_at_once_for_who_wants_less_motion(lesson):
    page = lesson("en/computer-vision/diffusion", reduced_motion="reduce")
    before = told(page, "diffusion")

    control(page, "diffusion", "run").click()

    assert "0 of 20 steps taken" in before
    assert "20 of 20 steps taken" in told(page, "diffusion")
    assert "At noise step t = 0" in told(page, "diffusion")


def test_fewer_steps_than_were_taken_end_the_walk_there(lesson):
    page = lesson("en/computer-vision/diffusion")
    control(page, "diffusion", "done").fill("20")

    control(page, "diffusion", "jumps").fill("3")

    assert "3 of 3 steps taken" in told(page, "diffusion")


def test_arrow_keys_move_the_start_of_a_walk(lesson):
    page = lesson("en/computer-vision/diffusion")
    knob = handles(page, "diffusion", "knob").first

    knob.press("ArrowLeft")
    knob.press("ArrowUp")

    assert "has gone from (0.35, \u22121.85)" in told(page, "diffusion")
