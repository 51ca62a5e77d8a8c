"""What a page costs its reader: bytes, waiting, and jumps of the text."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from .conftest import ARGUMENTS, chromium_path, tool
from .hosting import hosted
from .survey import page_names

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]

MOST_BYTES = 600_000  # of a page without its figures
MOST_JUMPS = 0.1  # cumulative layout shift
MOST_SECONDS = 1.0  # until the largest page can be read
MEASURED = [
    "index",
    "preliminaries/probability",
    "gallery/convolutional-networks/plot_lenet",
]
AT_LEAST = {"performance": 0.95, "accessibility": 1.0, "best-practices": 0.95}
WATCH = """() => {
  window.jumps = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) window.jumps += entry.value;
  }).observe({ type: "layout-shift", buffered: true });
}"""
PAINTED = (
    """() => performance.getEntriesByName("first-contentful-paint")[0].startTime"""
)


@pytest.fixture(scope="module")
def address(site):
    with hosted(site) as address:
        yield address


def weigh(browser, page):
    """Return the bytes that a first visit to ``page`` transfers, but for figures."""
    context = browser.new_context()
    window = context.new_page()
    window.route("**/_images/**", lambda route: route.abort())
    session = context.new_cdp_session(window)
    session.send("Network.enable")
    sizes = []
    session.on(
        "Network.loadingFinished", lambda e: sizes.append(e["encodedDataLength"])
    )
    window.goto(page, wait_until="networkidle")
    context.close()
    return sum(sizes)


def test_no_page_transfers_more_than_600_kb_besides_its_figures(
    browser, site, address, language
):
    pages = page_names(site, language)

    bytes_of = {page: weigh(browser, f"{address}/{page}.html") for page in pages}

    heaviest = max(bytes_of, key=bytes_of.get)
    sys.stdout.write(f"the heaviest page is {heaviest}: {bytes_of[heaviest]:,.0f} B\n")
    assert min(bytes_of.values()) > 10_000
    assert {p: size for p, size in bytes_of.items() if size > MOST_BYTES} == {}


@pytest.mark.parametrize("page", MEASURED)
@pytest.mark.parametrize("width", [390, 1280])
def test_the_text_does_not_jump(browser, address, language, page, width):
    context = browser.new_context(viewport={"width": width, "height": 844})
    window = context.new_page()
    window.add_init_script(f"({WATCH})()")

    window.goto(f"{address}/{language}/{page}.html", wait_until="networkidle")
    for _ in range(20):
        window.mouse.wheel(0, 1500)
        window.wait_for_timeout(30)
    jumps = window.evaluate("window.jumps")
    context.close()

    assert jumps <= MOST_JUMPS


def test_the_largest_page_can_be_read_within_a_second(browser, site, address, language):
    largest = max(
        page_names(site, language),
        key=lambda page: (site / f"{page}.html").stat().st_size,
    )
    seconds = []
    for _ in range(3):
        context = browser.new_context()
        window = context.new_page()
        window.goto(f"{address}/{largest}.html")
        seconds.append(window.evaluate(PAINTED) / 1000)
        context.close()

    sys.stdout.write(f"{largest} can be read after {min(seconds):.2f} s\n")
    assert min(seconds) <= MOST_SECONDS


@pytest.mark.parametrize("page", MEASURED)
def test_lighthouse_finds_the_page_fast_and_sound(address, language, page, tmp_path):
    node = shutil.which("node")
    report = tmp_path / "report.json"
    done = subprocess.run(
        [
            *(node, tool("lighthouse/cli/index.js")),
            f"{address}/{language}/{page}.html",
            *("--preset=desktop", "--quiet"),
            *("--output=json", f"--output-path={report}"),
            f"--chrome-flags=--headless=new {' '.join(ARGUMENTS)}",
            f"--only-categories={','.join(AT_LEAST)}",
        ],
        env={**os.environ, "CHROME_PATH": chromium_path()},
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(Path(report).read_text(encoding="utf-8"))

    scores = {name: found["categories"][name]["score"] for name in AT_LEAST}
    sys.stdout.write(f"{language}/{page}: {scores}\n")
    problems = [
        audit["title"]
        for audit in found["audits"].values()
        if audit["scoreDisplayMode"] == "binary" and audit["score"] == 0
    ]
    assert all(scores[name] >= AT_LEAST[name] for name in AT_LEAST), (scores, problems)
