"""The specimen of twin constructs, as a reader sees it."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp

from .survey import BOTH_KEY, Visitor

SPECIMEN = Path(__file__).parents[1] / "twin_page"
TAGS = {"zh": "zh_CN", "en": "en"}
pytestmark = pytest.mark.browser

COLUMNS = """() => [...document.querySelectorAll("article div.twin")].map(twin =>
  [...twin.children].map(half => {
    const box = half.getBoundingClientRect();
    return {lang: half.lang, left: box.left, top: box.top, width: box.width};
  }))"""
SHORT_TEXTS = """() => [...document.querySelectorAll("article span.half.other")].map(
  half => getComputedStyle(half).display)"""


@pytest.fixture(scope="module")
def specimen(tmp_path_factory):
    """The folder that holds the specimen in both languages."""
    root = tmp_path_factory.mktemp("specimen")
    # In a thread of its own: in this one Playwright runs an event loop, and so does
    # the engine that sets formulas.
    with ThreadPoolExecutor(1) as pool:
        for language in TAGS:
            pool.submit(build_specimen, root, language).result()
    return root


def build_specimen(root, language):
    app = SphinxTestApp(
        "html",
        srcdir=SPECIMEN,
        builddir=root / f"build-{language}",
        confoverrides={"language": TAGS[language]},
    )
    app.build(force_all=True)
    app.cleanup()
    Path(app.outdir).rename(root / language)


@pytest.fixture
def reader(browser, specimen):
    visitor = Visitor(browser, specimen)
    yield visitor
    assert visitor.close() == []


@pytest.mark.parametrize("page", ["first", "second", "third"])
def test_side_by_side_every_construct_stands_in_two_columns(reader, language, page):
    reader.open(f"{language}/{page}")

    reader.page.keyboard.press(BOTH_KEY)
    twins = [
        halves for halves in reader.page.evaluate(COLUMNS) if halves[0]["width"] > 0
    ]

    assert twins
    own_first = ("zh-CN", "en") if language == "zh" else ("en", "zh-CN")
    for own, other in twins:
        assert (own["lang"], other["lang"]) == own_first
        assert own["left"] + own["width"] <= other["left"]
        assert abs(own["top"] - other["top"]) < 30


def test_side_by_side_titles_and_cells_show_their_other_half(reader, language):
    reader.open(f"{language}/first")
    before = set(reader.page.evaluate(SHORT_TEXTS))

    reader.page.keyboard.press(BOTH_KEY)

    assert before == {"none"}
    # Words such as the level of an exercise go on, on the same line.
    assert set(reader.page.evaluate(SHORT_TEXTS)) == {"block", "inline"}
