"""A picture opens full screen, on a phone and by the keyboard."""

from pathlib import Path

import pytest

from .barriers import find_barriers

pytestmark = pytest.mark.browser

PAGE = "preliminaries/linear-algebra"
PINCH = """room => {
  const at = (type, id, x) => room.dispatchEvent(new PointerEvent(type, {
    pointerId: id, clientX: x, clientY: 300, bubbles: true, isPrimary: id === 1,
  }));
  room.setPointerCapture = () => {};
  at("pointerdown", 1, 150); at("pointerdown", 2, 250);
  at("pointermove", 1, 100); at("pointermove", 2, 300);
  at("pointerup", 1, 100); at("pointerup", 2, 300);
}"""


def test_a_picture_is_read_enlarged_moved_and_left_on_a_phone(visit, axe, language):
    visitor = visit(viewport={"width": 390, "height": 844}, has_touch=True)
    visitor.open(f"{language}/{PAGE}")
    page = visitor.page
    dialog, room = page.locator("dialog.picture-viewer"), page.locator(".picture-room")
    image = room.locator("img")

    page.locator("a.picture").first.tap()
    opened = image.bounding_box()
    problems = find_barriers(visitor, axe, within="dialog.picture-viewer")
    room.evaluate(PINCH)
    pinched = image.bounding_box()
    page.mouse.move(300, 400)
    page.mouse.down()
    page.mouse.move(200, 400)
    page.mouse.up()
    dragged = image.bounding_box()
    page.go_back()
    closed = not dialog.evaluate("dialog => dialog.open")
    page.keyboard.press("Enter")  # the picture has the focus again
    page.keyboard.press("+")
    enlarged = image.bounding_box()
    page.keyboard.press("0")
    whole = image.bounding_box()
    page.keyboard.press("Escape")

    # As many pixels as it was drawn with: its words are as large as those of the text.
    assert opened["width"] == page.locator("a.picture img").first.evaluate(
        "image => Number(image.getAttribute('width'))"
    )
    assert problems == []
    assert pinched["width"] == pytest.approx(2 * opened["width"], rel=0.01)
    assert dragged["x"] == pytest.approx(pinched["x"] - 100, abs=1)
    assert closed
    assert enlarged["width"] > opened["width"]
    assert whole["width"] <= 390
    assert not dialog.evaluate("dialog => dialog.open")
    assert visitor.where()[0].endswith(PAGE)


def test_the_svg_of_each_figure_is_offered_in_the_words_of_the_page(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{PAGE}")
    pictures = visitor.page.locator("a.picture")
    link = visitor.page.locator(".picture-svg")

    offered = []
    for picture in pictures.all():
        shown = picture.locator("img").get_attribute("src")
        picture.click()
        offered.append((shown.replace(".png", ".svg"), link.get_attribute("href")))
        svg = link.evaluate("link => decodeURI(new URL(link.href).pathname)")
        assert Path(svg).read_text("utf-8").startswith("<?xml")
        visitor.page.keyboard.press("Escape")

    assert [svg for _, svg in offered] == [svg for svg, _ in offered]
    in_english = [svg for _, svg in offered if svg.endswith(".en.svg")]
    assert bool(in_english) == (language == "en")


def test_the_dialog_leads_to_the_figure_below_the_code_that_drew_it(visit):
    visitor = visit()
    visitor.open(f"en/{PAGE}")

    picture = visitor.page.locator("a.picture").first
    script, _, figure = picture.get_attribute("data-code").partition("#")
    picture.click()
    visitor.page.locator(".picture-code").click()
    visitor.page.wait_for_url(f"**/{script.split('/')[-1]}#{figure}")

    top = visitor.page.locator(f"#{figure}").evaluate(
        "figure => figure.getBoundingClientRect().top / innerHeight"
    )
    assert 0.4 < top < 0.9
