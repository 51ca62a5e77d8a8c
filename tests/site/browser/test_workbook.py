"""Progress, hints, the list of exercises and downloads, as a reader uses them."""

import functools
import json
import re
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from .survey import BOTH_KEY, OTHER

pytestmark = pytest.mark.browser

LESSON = "introduction/setup"
WITH_HINTS = "convolutional-networks/lenet"
SCRIPT = "gallery/linear-models/plot_logsumexp_overflow"
LIST = "reference/exercises"
EXERCISE = "ex-setup-false"
BUTTON = f"#{EXERCISE} .done-button"
PAGE_BUTTON = ".page-done .done-button"
FORBIDDEN = """Object.defineProperty(window, "localStorage", {
    get() { throw new DOMException("denied", "SecurityError"); } })"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *_):
        """Drop what the server would log."""


@contextmanager
def served(folder):
    """Serve ``folder`` on this machine; yield its address."""
    handler = functools.partial(Quiet, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def reader(browser, site, language):
    """A window of a new reader: ``reader(page)`` opens one.

    Pages come from a server. To pages from disk Chromium sometimes gives a storage that
    another window, or the same after it is loaded again, does not see.
    """
    context = browser.new_context(accept_downloads=True)
    context.set_default_timeout(20_000)
    with served(site) as address:

        def open_page(name, context=context):
            page = context.new_page()
            page.goto(f"{address}/{name}.html")
            return page

        open_page.context = context
        yield open_page
        context.close()


def pressed(page, button=BUTTON):
    return page.get_attribute(button, "aria-pressed")


def test_an_exercise_is_marked_with_the_keyboard_and_stays_marked(reader, language):
    page = reader(f"{language}/{LESSON}")
    before = pressed(page)

    page.focus(BUTTON)
    page.keyboard.press("Space")
    after = pressed(page)
    page.reload()

    assert (before, after, pressed(page)) == ("false", "true", "true")


def test_side_by_side_the_mark_of_an_exercise_stands_beside_its_title(reader, language):
    page = reader(f"{language}/{LESSON}")
    page.keyboard.press(BOTH_KEY)

    button = page.locator(BUTTON).bounding_box()
    text = page.locator(f"#{EXERCISE} > .twin, #{EXERCISE} > div .twin").first

    assert button["y"] + button["height"] <= text.bounding_box()["y"]


def test_what_is_done_in_one_language_is_done_in_the_other(reader, language):
    page = reader(f"{language}/{LESSON}")
    page.click(BUTTON)
    page.click(PAGE_BUTTON)

    other = reader(f"{OTHER[language]}/{LESSON}")

    assert (pressed(other), pressed(other, PAGE_BUTTON)) == ("true", "true")


def test_a_second_press_takes_the_mark_back(reader, language):
    page = reader(f"{language}/{LESSON}")

    page.click(BUTTON)
    page.click(BUTTON)
    page.reload()

    assert pressed(page) == "false"


def test_two_windows_do_not_overwrite_each_other(reader, language):
    first, second = reader(f"{language}/{LESSON}"), reader(f"{language}/{LESSON}")

    first.click(BUTTON)
    second.click(PAGE_BUTTON)
    second.wait_for_selector(f"{BUTTON}[aria-pressed=true]")
    first.wait_for_selector(f"{PAGE_BUTTON}[aria-pressed=true]")
    first.reload()

    assert (pressed(first), pressed(first, PAGE_BUTTON)) == ("true", "true")


def test_the_home_page_tells_progress_by_chapter(reader, language):
    page = reader(f"{language}/index")
    before = page.locator(".card-progress").count()
    reader(f"{language}/{LESSON}").click(PAGE_BUTTON)

    page.wait_for_selector(".card-progress")
    card = page.locator(".course-card:has(.card-progress)")

    assert before == 0
    assert (
        card.locator(".card-title a").get_attribute("href").startswith("introduction")
    )
    assert "1" in card.locator(".card-progress").inner_text()


def test_contents_and_list_of_exercises_show_what_is_done(reader, language):
    page = reader(f"{language}/{LESSON}")
    page.click(BUTTON)
    page.click(PAGE_BUTTON)

    overview = reader(f"{language}/{LIST}")

    link = overview.locator(f".exercise-list a[href$='#{EXERCISE}'] .done-mark")
    assert link.count() == 1
    assert overview.locator(".exercise-page .done-mark").count() == 1
    assert page.locator("nav.bd-links .done-mark").count() >= 1


def test_progress_is_saved_and_loaded_into_what_is_there(reader, browser, language):
    page = reader(f"{language}/{LESSON}")
    page.click(BUTTON)
    overview = reader(f"{language}/{LIST}")
    with overview.expect_download() as download:
        overview.click(".progress-panel button >> nth=0")
    saved = download.value.path().read_text(encoding="utf-8")
    page.click(BUTTON)
    page.click(PAGE_BUTTON)

    load(overview, saved)
    page.wait_for_selector(f"{BUTTON}[aria-pressed=true]")

    assert list(json.loads(saved)["done"]) == [EXERCISE]
    assert pressed(page, PAGE_BUTTON) == "true"


def load(page, text):
    """Choose a file with ``text`` and return what the page says."""
    file = {"name": "x.json", "mimeType": "application/json", "buffer": text.encode()}
    page.set_input_files(".progress-panel input[type=file]", file)
    page.wait_for_function(
        "() => document.querySelector('.progress-message').textContent"
    )
    return page.inner_text(".progress-message")


def progress(**changes):
    done = {"ex-new": "2026-01-01T00:00:00Z"}
    content = {"format": "d2lnotes-progress", "version": 1, "done": done}
    return json.dumps(content | changes)


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("no JSON at all", "no JSON at all"),
        ("[1]", "[1]"),
        (progress(format="other"), '"other"'),
        (progress(version=2), "“2”"),
        (progress(done=["ex-new"]), '["ex-new"]'),
        (progress(done={"ex-new": "yesterday"}), "“yesterday”"),
        (progress(done={"ex-new": "2026-01-01T00:00:00Z", "<b>": 1}), "“<b>”"),
    ],
)
def test_a_wrong_file_is_refused_whole(visit, language, text, received):
    visitor = visit()
    visitor.open(f"{language}/{LIST}")

    said = load(visitor.page, text)

    assert received in said
    assert {"zh": "应当是", "en": "Expected"}[language] in said
    keys = visitor.page.evaluate("() => Object.keys(localStorage)")
    assert [key for key in keys if key.startswith("d2lnotes-done")] == []


def test_without_storage_nothing_can_be_marked_and_the_list_says_so(reader, language):
    reader.context.add_init_script(FORBIDDEN)
    page = reader(f"{language}/{LESSON}")
    overview = reader(f"{language}/{LIST}")

    assert page.locator(".done-button").count() == 0
    assert overview.locator(".progress-panel button").count() == 0
    assert "http.server" in overview.inner_text(".progress-panel")


def test_a_hint_opens_before_the_answer(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{WITH_HINTS}")
    hint = visitor.page.locator("details.hint").first
    shut = hint.locator("p >> visible=true").count()

    hint.locator("summary").focus()
    visitor.page.keyboard.press("Enter")

    assert shut == 0
    assert hint.locator("p >> visible=true").count() > 0
    after = hint.evaluate("(node) => node.nextElementSibling.className")
    assert after == "solution"


def test_the_list_leads_to_an_exercise(visit, language):
    visitor = visit()
    visitor.open(f"{language}/{LIST}")
    visitor.page.click(f".exercise-list a[href$='#{EXERCISE}']")

    assert visitor.where() == (f"{language}/{LESSON}", EXERCISE)


@pytest.mark.parametrize(
    ("page", "kinds"),
    [(LESSON, [".ipynb", "-answers.ipynb"]), (SCRIPT, [".ipynb", ".py"])],
)
def test_a_page_offers_its_own_language_first(visit, site, language, page, kinds):
    visitor = visit()
    visitor.open(f"{language}/{page}")
    name = page.removeprefix("gallery/")

    links = visitor.page.eval_on_selector_all(
        "dl.downloads a", "(links) => links.map((link) => link.href)"
    )

    assert links == [
        (site / "downloads" / folder / f"{name}{kind}").as_uri()
        for folder in (language, "bilingual")
        for kind in kinds
    ]


def test_the_page_of_downloads_offers_what_was_built(visit, site, language):
    visitor = visit()
    visitor.open(f"{language}/reference/downloads")

    links = visitor.page.locator("article a[download]")
    names = [link.get_attribute("href").split("/")[-1] for link in links.all()]

    built = {path.name for path in (site / "downloads").glob("*.*")}
    # Archives and volumes of the other language; its book whole is offered in both.
    its_own = re.compile(rf".*-{OTHER[language]}(\.zip|-\w+\.pdf)")
    other = {name for name in built if its_own.fullmatch(name)}
    assert names[0] == "d2lnotes-site.zip"
    assert set(names) == built - other


def test_a_download_comes_whole(reader, site, language):
    page = reader(f"{language}/{SCRIPT}")

    page.click("details.page-downloads > summary")
    link = page.locator("dl.downloads a").first
    with page.expect_download() as download:
        link.click()

    name = SCRIPT.removeprefix("gallery/")
    original = site / "downloads" / language / f"{name}.ipynb"
    assert download.value.path().read_bytes() == original.read_bytes()
