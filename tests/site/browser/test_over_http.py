"""What works from file:// works from a server too: pages, search and both switches."""

import pytest

from .hosting import hosted
from .survey import BOTH_KEY, OTHER

pytestmark = pytest.mark.browser

LESSON = "introduction/setup"
SEARCHED = {"zh": "交叉熵", "en": "cross-entropy"}
LANGUAGE = ".bd-header .language-switch a >> visible=true"
DEAD_IMAGES = """async () => {
  const images = [...document.querySelectorAll("main img")];
  for (const image of images) image.loading = "eager";
  await Promise.all(images.map((image) => image.decode().catch(() => null)));
  return images.filter((image) => !image.naturalWidth).map((image) => image.src);
}"""


@pytest.fixture(scope="module")
def address(site):
    with hosted(site) as address:
        yield address


@pytest.fixture
def page(browser, address):
    """A window that may complain of nothing, and ask for nothing that is missing."""
    complaints = []
    context = browser.new_context()
    context.set_default_timeout(20_000)
    context.on("console", lambda said: complaints.append((said.type, said.text)))
    context.on("weberror", lambda error: complaints.append(("error", error.error)))
    context.on("response", lambda got: complaints.append((got.status, got.url)))
    context.on("requestfailed", lambda lost: complaints.append(("lost", lost.url)))
    yield context.new_page()
    context.close()
    harmless = {200, "log", "info", "debug"}
    assert [what for what in complaints if what[0] not in harmless] == []
    urls = {what[1] for what in complaints if what[0] == 200}
    assert {url for url in urls if not url.startswith((address, "data:"))} == set()


@pytest.mark.parametrize(
    "name",
    [
        "index",
        "linear-models/softmax-regression",
        "gallery/convolutional-networks/plot_lenet",
    ],
)
def test_a_page_is_shown_whole(page, address, language, name):
    page.goto(f"{address}/{language}/{name}.html", wait_until="networkidle")

    assert page.locator("h1").inner_text()
    assert page.evaluate(f"({DEAD_IMAGES})()") == []


def test_a_search_finds_pages(page, address, language):
    page.goto(f"{address}/{language}/{LESSON}.html")
    page.keyboard.press("Control+k")
    page.keyboard.type(SEARCHED[language])
    page.keyboard.press("Enter")

    page.wait_for_selector("ul.search li > a")
    page.click("ul.search li > a >> nth=0")
    page.wait_for_load_state("networkidle")

    assert SEARCHED[language] in page.inner_text("article").lower()


def test_a_missing_page_leads_back_from_any_depth(browser, address, language):
    context = browser.new_context()
    page = context.new_page()
    answer = page.goto(f"{address}/{language}/no/such/plot_lenet.html")
    field = page.locator("input").first  # that of the language of the address

    found = field.input_value()
    field.press("Enter")
    page.wait_for_selector("ul.search li > a")

    assert (answer.status, found) == (404, "lenet")
    assert page.url == f"{address}/{language}/search.html?q=lenet"
    context.close()


def test_the_language_switch_stays_on_the_section(page, address, language):
    page.goto(f"{address}/{language}/{LESSON}.html")
    section = page.locator("article section section[id] >> nth=2")
    name = section.get_attribute("id")
    section.evaluate("(node) => node.scrollIntoView({ behavior: 'instant' })")

    page.locator(LANGUAGE).press("Enter")

    page.wait_for_url(f"{address}/{OTHER[language]}/{LESSON}.html#{name}")
    page.wait_for_load_state("networkidle")


def test_both_languages_stay_side_by_side_on_the_next_page(page, address, language):
    page.goto(f"{address}/{language}/{LESSON}.html")
    page.keyboard.press(BOTH_KEY)
    page.click("a.right-next")
    page.wait_for_load_state("networkidle")

    lefts = page.eval_on_selector_all(
        "article div.twin > .half",
        "(halves) => halves.slice(0, 2).map((h) => h.offsetLeft)",
    )

    assert lefts[0] < lefts[1]
