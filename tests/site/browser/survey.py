"""Visit pages of the built site, and write down what a reader would find."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from playwright.sync_api import Browser, ConsoleMessage, Request

Facts = dict[str, dict[str, Any]]  # of pages, by their names

FACTS = Path(__file__).with_name("facts.js").read_text(encoding="utf-8")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
OTHER = {"zh": "en", "en": "zh"}
BOTH_KEY = "Alt+KeyB"  # shows the languages side by side
TABS_CHECKED = 600  # milliseconds until what scrolls is among the stops of Tab
STILL = (
    "*, ::before, ::after { transition: none !important; animation: none !important }"
)
UNFOLD = """() => {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
}"""
# Adds up how far what a reader sees is moved by what comes later; 0.1 is good.
MOST_JUMPS = 0.1
WATCH_JUMPS = """() => {
  window.jumps = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.jumps += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""


class Visitor:
    """A browser window with its own storage, which notes every complaint.

    Attributes
    ----------
    page : playwright.sync_api.Page
        The window itself.
    complaints : list of str
        Errors and warnings in the console, uncaught errors, files that are
        missing and requests that leave the site.
    """

    def __init__(self, browser: Browser, site: Path, **options: Any) -> None:
        self.site = site
        self.complaints: list[str] = []
        self._inside = site.as_uri() + "/"
        self._context = browser.new_context(**{"viewport": WIDE, **options})
        self._context.set_default_timeout(20_000)
        self._context.on("request", self._note_request)
        self._context.on("console", self._note_console)
        self._context.on("weberror", lambda error: self._note(f"error: {error.error}"))
        self._context.on("requestfailed", self._note_failure)
        self.page = self._context.new_page()

    def open(self, name: str, query: str = "") -> None:
        """Open the page ``name``, such as ``zh/index``."""
        self.page.goto((self.site / f"{name}.html").as_uri() + query)
        self.wait()

    def wait(self) -> None:
        """Wait until the page is loaded."""
        self.page.wait_for_load_state()

    def where(self) -> tuple[str, str]:
        """Return the page on show, such as ``zh/index``, and the section's id."""
        address = urlsplit(self.page.url)
        path = Path(unquote(address.path)).relative_to(self.site)
        return path.with_suffix("").as_posix(), unquote(address.fragment)

    def close(self) -> list[str]:
        """Close the window and return the complaints."""
        self._context.close()
        return self.complaints

    def forget(self) -> list[str]:
        """Return the complaints, and be a reader who comes for the first time again.

        A new window instead would start processes, which takes longer than a page.
        """
        complaints, last = self.complaints, self.page
        self.page = self._context.new_page()
        everything = {"origin": "file://", "storageTypes": "all"}
        session = self._context.new_cdp_session(self.page)
        session.send("Storage.clearDataForOrigin", everything)
        session.detach()
        last.close()
        self.complaints = []
        return complaints

    def _note(self, problem: str) -> None:
        self.complaints.append(problem)

    def _note_request(self, request: Request) -> None:
        # That none comes through is up to the browser's ``ARGUMENTS``.
        if not request.url.startswith((self._inside, "data:", "blob:")):
            self._note(f"request outside the site: {request.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self._note(f"console {message.type}: {message.text}")

    def _note_failure(self, request: Request) -> None:
        # A page left early stops loading; without JavaScript no script is loaded.
        harmless = request.failure in {"net::ERR_ABORTED", "csp"}
        if request.url.startswith(self._inside) and not harmless:
            self._note(f"{request.failure}: {request.url.removeprefix(self._inside)}")


def page_names(site: Path, language: str) -> list[str]:
    """Return the names of all built pages of one language, such as ``zh/index``."""
    pages = (path.relative_to(site) for path in (site / language).rglob("*.html"))
    generated = {"_static", "_downloads", "_images", "_sources"}
    return sorted(
        page.with_suffix("").as_posix()
        for page in pages
        if not generated.intersection(page.parts)
    )


class Survey:
    """What pages show: each is visited once, by one of the processes that ask.

    Parameters
    ----------
    names : iterable of str
        The pages to look at, such as ``zh/index``.
    folder : Path
        Where the processes leave for each other what they found.
    visit : callable
        Takes the names of some pages and returns the facts of each.
    """

    def __init__(
        self, names: Iterable[str], folder: Path, visit: Callable[[list[str]], Facts]
    ) -> None:
        self._folder, self._visit = folder, visit
        self._names: dict[str, list[str]] = {}
        for name in names:
            self._names.setdefault(str(Path(name).parent), []).append(name)

    def of_language(self, language: str) -> Facts:
        """Return the facts of all pages of one language that are looked at."""
        places = (place for place in self._names if Path(place).parts[0] == language)
        left: dict[str, Facts] = {place: {} for place in places}
        while not all(left.values()):
            for place in (place for place, facts in left.items() if not facts):
                # What another process is looking at comes in a later round.
                with suppress(Timeout):
                    left[place] = self.of_folder(place, wait=0.1)
        return {name: fact for facts in left.values() for name, fact in facts.items()}

    def of_folder(self, place: str, *, wait: float = -1) -> Facts:
        """Return the facts of the pages in a folder, such as ``zh/linear-models``.

        Raises
        ------
        filelock.Timeout
            If another process still is visiting them after ``wait`` seconds.
        """
        kept = self._folder / f"{place.replace('/', '+')}.json"
        with FileLock(kept.with_suffix(".lock"), timeout=wait):
            if not kept.exists():
                found = self._visit(self._names.get(place, []))
                kept.write_text(json.dumps(found), encoding="utf-8")
            return json.loads(kept.read_text(encoding="utf-8"))


def visit_pages(
    browser: Browser, site: Path, names: list[str], *, audit: Callable[..., object]
) -> Facts:
    """Visit pages, each of them wide and narrow, and return the facts of each.

    ``audit(visitor, name)`` comes last: it may change the page to look at it.
    """
    visitor = Visitor(browser, site)
    facts: Facts = {}
    for name in names:
        visitor.complaints.clear()
        visitor.page.set_viewport_size(WIDE)
        visitor.open(name)
        facts[name] = visitor.page.evaluate(FACTS)
        cut = visitor.page.evaluate("() => window.findCut()")
        facts[name]["scrolling_code"] = cut["scrolling_code"]
        visitor.page.set_viewport_size(NARROW)
        facts[name]["too_wide"] = visitor.page.evaluate("() => window.findTooWide()")
        facts[name]["narrow"] = visitor.page.evaluate("() => window.findCut()")
        visitor.page.set_viewport_size(WIDE)
        facts[name]["barriers"] = audit(visitor, name)
        facts[name]["complaints"] = list(visitor.complaints)
    visitor.close()
    return facts
