"""A browser that refuses to store anything still searches and opens its menus."""

import json

import pytest

from .conftest import ARGUMENTS, chromium_path
from .hosting import hosted
from .survey import NARROW, WIDE

pytestmark = pytest.mark.browser

LESSON = "preliminaries/tensors"
FOUND = "convolutional-networks/lenet.html"
REFUSED = {"profile": {"default_content_setting_values": {"cookies": 2}}}
BUTTON = ".bd-header .search-button__button >> visible=true"


@pytest.fixture(scope="module")
def addresses(site):
    """The site as files of the disk, and as a host serves it."""
    with hosted(site) as address:
        yield {"zh": site.as_uri(), "en": address}


@pytest.fixture(scope="module")
def refusing(browser, tmp_path_factory):
    """A browser that refuses storage."""
    folder = tmp_path_factory.mktemp("refusing")
    preferences = folder / "Default" / "Preferences"
    preferences.parent.mkdir()
    preferences.write_text(json.dumps(REFUSED), encoding="utf-8")
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path=chromium_path(), args=ARGUMENTS, viewport=WIDE
    )
    context.set_default_timeout(20_000)
    yield context
    context.close()


@pytest.fixture
def page(refusing):
    """A window of that browser; no script may fail in it."""
    errors = []
    page = refusing.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert errors == []


@pytest.fixture
def lesson(page, addresses, language):
    page.goto(f"{addresses[language]}/{language}/{LESSON}.html")
    assert page.evaluate("() => localStorage instanceof Storage") is False
    return page


def test_the_search_field_opens_by_key_and_finds_a_page(lesson):
    lesson.keyboard.press("Control+k")
    lesson.locator("dialog[open] input[name=q]").type("LeNet")
    lesson.keyboard.press("Enter")
    lesson.wait_for_url("**/search.html?q=LeNet")

    lesson.wait_for_selector("ul.search li mark")

    links = lesson.locator("ul.search li > a")
    assert FOUND in [link.get_attribute("href") for link in links.all()]


def test_the_search_button_opens_the_field(lesson):
    lesson.click(BUTTON)

    assert lesson.locator("dialog[open] input[name=q]").is_visible()


def test_the_menu_of_a_phone_opens(lesson):
    lesson.set_viewport_size(NARROW)
    lesson.click(".primary-toggle >> visible=true")

    assert lesson.locator("#pst-primary-sidebar-modal[open] a").first.is_visible()


def test_nothing_can_be_marked_as_done(lesson):
    assert lesson.locator(".done-button").count() == 0
