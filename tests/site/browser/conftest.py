"""A headless Chromium that can reach the built site and nothing else."""

from __future__ import annotations

import os
import shutil
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from .barriers import audit, drawn, random_by_commit
from .survey import Survey, Visitor, page_names, visit_pages

LANGUAGES = ("zh", "en")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # Nothing but this machine can be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]
TOP = Path(__file__).parents[3]
TOOLS = Path(__file__).parent / "node_modules"


@pytest.fixture(scope="session")
def site():
    """The folder of the built site: ``$D2LNOTES_SITE``, else ``build/html``."""
    root = Path(os.environ.get("D2LNOTES_SITE", TOP / "build" / "html")).resolve()
    pages = ["index.html", *(f"{language}/index.html" for language in LANGUAGES)]
    missing = [page for page in pages if not (root / page).is_file()]
    if missing:
        pytest.fail(
            f"{root} has no {', '.join(missing)}: build the site of both languages "
            "first with  d2lnotes build",
            pytrace=False,
        )
    return root


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path(), args=ARGUMENTS
        )
        yield chromium
        chromium.close()


def chromium_path():
    """Return where Chromium is: ``$D2LNOTES_CHROMIUM``, else on the path."""
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("D2LNOTES_CHROMIUM") or next(
        filter(None, map(shutil.which, names)), None
    )
    if found is None:
        pytest.fail(
            "Chromium was not found: install it (Debian: apt-get install chromium) "
            "or name it in D2LNOTES_CHROMIUM",
            pytrace=False,
        )
    return found


def tool(name):
    """Return a file of the packages that ``npm ci`` installs beside this one."""
    file = TOOLS / name
    if not file.is_file():
        pytest.fail(
            f"{file.relative_to(TOP)} was not found: install it with  "
            "npm ci --prefix tests/site/browser  "
            "(Debian: apt-get install nodejs npm)",
            pytrace=False,
        )
    return file


@pytest.fixture(scope="session")
def axe():
    """The script of axe-core, which looks for barriers on a page."""
    return tool("axe-core/axe.min.js").read_text(encoding="utf-8")


@pytest.fixture(params=LANGUAGES)
def language(request):
    """A language of the site: one of them, unless a test wants ``both_languages``."""
    return request.param


def pytest_collection_modifyitems(config, items):
    """Leave out one language of each test that needs no more than one of them.

    Which one it is differs from test to test, and is drawn by the commit, so that both
    come in time. With ``--all-pages`` nothing is left out.
    """
    if config.getoption("all_pages"):
        return
    pairs = {}
    for item in items:
        params = getattr(item, "callspec", None) and dict(item.callspec.params)
        if params and params.pop("language", None) and not is_tried_in_both(item):
            pairs.setdefault(f"{item.nodeid.partition('[')[0]} {params}", []).append(
                item
            )
    turn = random_by_commit(TOP).randrange(2)
    left_out = {
        item
        for number, pair in enumerate(pairs.values(), start=turn)
        for item in pair
        if item is not pair[number % len(pair)]
    }
    config.hook.pytest_deselected(items=[item for item in items if item in left_out])
    items[:] = [item for item in items if item not in left_out]


def is_tried_in_both(item):
    here = item.path.is_relative_to(Path(__file__).parent)
    return not here or item.get_closest_marker("both_languages")


@pytest.fixture(scope="session")
def windows():
    """Windows that no test uses at the moment, by their options."""
    windows = {}
    yield windows
    for visitor in windows.values():
        visitor.close()


@pytest.fixture
def visit(browser, site, windows):
    """Open pages of the site as a reader who comes for the first time.

    A test that uses it fails when a page complains or asks for anything outside
    the site.
    """
    visitors = []

    def new_visitor(**options):
        key = repr(sorted(options.items()))
        visitor = windows.pop(key, None) or Visitor(browser, site, **options)
        visitors.append((key, visitor))
        return visitor

    yield new_visitor
    complaints = [problem for _, visitor in visitors for problem in visitor.forget()]
    windows.update(visitors)
    assert complaints == []


@pytest.fixture(scope="session")
def survey(request, browser, site, axe, tmp_path_factory):
    """What a sample of pages shows, looked at once for all tests of all processes."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent  # which the processes have in common
    names = [name for language in LANGUAGES for name in page_names(site, language)]
    everything = request.config.getoption("all_pages")
    parts = dict.fromkeys(names, "document") if everything else drawn(names, TOP)

    def visit(names):
        return visit_pages(browser, site, names, audit=partial(audit, axe, parts))

    (folder / "survey").mkdir(exist_ok=True)
    return Survey(parts, folder / "survey", visit)
