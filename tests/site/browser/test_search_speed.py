"""Search in a course of a hundred pages: how large its index is, how soon it answers."""

import gzip
import random
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tiny_site import build_tiny_site

from .survey import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.alone]

DOCS = Path(__file__).parents[3] / "docs"
PAGES, CHARACTERS, SECTIONS = 100, 3000, 6
MOST_MILLISECONDS = 100
MOST_BYTES = 1_000_000  # of the index, as hosts send it
QUERIES = [
    "卷积神经网络",
    "交叉熵损失的梯度",
    "softmax 回归",
    "的",
    "log_sum_exp",
    "学习率",
]
CONFIG = {
    "html_search_language": "bilingual",
    "html_show_search_summary": False,
    "html_theme": "pydata_sphinx_theme",
    "html_context": {"default_mode": "auto"},
}
# What stands on every page, so that every query has as many answers as there can be.
KNOWN = "卷积神经网络按交叉熵损失的梯度更新，学习率不变；softmax 回归见 `log_sum_exp`。"
# From the moment a query is there to the moment its answers are on the page.
MILLISECONDS = """async (query) => {
  Search.output?.replaceChildren();
  const started = performance.now();
  Search.performSearch(query);
  return [performance.now() - started, document.querySelectorAll("ul.search li").length];
}"""


def pages():
    """Pages of the course's characters, each as often as there, in no order.

    That gives more different pairs than real prose, and so a larger index.
    """
    text = "".join(path.read_text(encoding="utf-8") for path in DOCS.rglob("*.md"))
    characters = Counter(letter for letter in text if "\u4e00" <= letter <= "\u9fff")
    chance = random.Random(0)
    letters = chance.choices(
        *zip(*characters.items(), strict=True), k=PAGES * CHARACTERS
    )
    length = CHARACTERS // SECTIONS
    for page in range(PAGES):
        lines = [f"# 第 {page} 页 | Page {page}\n"]
        for section in range(SECTIONS):
            start = page * CHARACTERS + section * length
            prose = "".join(letters[start : start + length])
            lines.append(f"## 节 {section} | Part {section}\n\n{prose}{KNOWN}\n")
            lines.append("Words about `log_sum_exp` and softmax regression.\n")
        yield f"page{page}.md", "\n".join(lines)


@pytest.fixture(scope="module")
def hundred_pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hundred")
    names = "\n".join(f"page{page}" for page in range(PAGES))
    index = f"# 课程 | Course\n\n```{{toctree}}\n{names}\n```\n"
    extensions = ["d2lnotes.site.twins", "d2lnotes.site.search"]
    with ThreadPoolExecutor(1) as pool:  # here Playwright runs an event loop
        return pool.submit(
            build_tiny_site,
            folder,
            {"index.md": index, **dict(pages())},
            extensions=extensions,
            **CONFIG,
        ).result()


def test_the_index_of_a_hundred_pages_is_small(hundred_pages):
    index = (hundred_pages / "searchindex.js").read_bytes()
    text = (hundred_pages / "_texts" / "page0.js").read_bytes()
    sent = {"index": gzip.compress(index), "text of a page": gzip.compress(text)}

    for name, whole in (("index", index), ("text of a page", text)):
        sys.stdout.write(f"{name}: {len(whole):,} B, sent {len(sent[name]):,} B\n")
    assert len(sent["index"]) <= MOST_BYTES


def test_search_answers_within_100_ms_on_a_hundred_pages(browser, hundred_pages):
    visitor = Visitor(browser, hundred_pages)
    visitor.open("search")
    visitor.page.wait_for_function("() => Search._index")

    for query in QUERIES:
        times = [visitor.page.evaluate(MILLISECONDS, query) for _ in range(3)]
        milliseconds, answers = min(times)
        sys.stdout.write(f"{query}: {answers} answers in {milliseconds:.0f} ms\n")
        assert answers > 0
        assert milliseconds <= MOST_MILLISECONDS
    assert visitor.close() == []
