"""Visit pages of the built site, and write down what a reader would find."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Request, Route

FACTS = Path(__file__).with_name("facts.js").read_text(encoding="utf-8")
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
OTHER = {"zh": "en", "en": "zh"}
BOTH_KEY = "Alt+KeyB"  # shows the languages side by side
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
        self._context.route("**/*", self._stay_inside)
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

    def _note(self, problem: str) -> None:
        self.complaints.append(problem)

    def _stay_inside(self, route: Route) -> None:
        if route.request.url.startswith(self._inside):
            route.continue_()
        else:
            self._note(f"request outside the site: {route.request.url}")
            route.abort()

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


def survey(browser: Browser, site: Path, language: str) -> dict[str, dict[str, Any]]:
    """Visit every page of one language, wide and narrow, and return its facts."""
    visitor = Visitor(browser, site)
    facts: dict[str, dict[str, Any]] = {}
    for name in page_names(site, language):
        visitor.complaints.clear()
        visitor.page.set_viewport_size(WIDE)
        visitor.open(name)
        facts[name] = visitor.page.evaluate(FACTS)
        visitor.page.set_viewport_size(NARROW)
        facts[name]["too_wide"] = visitor.page.evaluate("() => window.findTooWide()")
        facts[name]["complaints"] = list(visitor.complaints)
    visitor.close()
    return facts
