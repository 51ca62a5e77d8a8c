"""Lines that end between words, formulas with their punctuation, and stressed text."""

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.html.line_ends import words

PAGE = """# 看不见的衣服 | Clothes

设 $x$，则（$y$）成立，$z$-轴；测得 0.834 ± 0.004。*互相关*由 *et al.* 提出，见 `a ± b`。

| 名字   | 值    |
|--------|-------|
| 多半是 | `很长` |
"""


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    out = build_tiny_site(
        tmp_path_factory.mktemp("lines"),
        {"index.md": PAGE},
        extensions=["d2lnotes.site.math.formulas", "d2lnotes.site.html.line_ends"],
        language="zh_CN",
    )
    return BeautifulSoup((out / "index.html").read_text("utf-8"), "html.parser")


def plain(element):
    return "".join(element.find_all(string=True, recursive=False))


def test_a_formula_holds_on_to_the_punctuation_beside_it(page):
    assert [plain(held) for held in page.select(".unbroken")] == ["，", "（）", "-"]
    assert len(page.select(".unbroken > .math")) == 3


def test_a_number_holds_on_to_its_spread(page):
    assert "0.834\u00a0±\u00a00.004" in page.p.text
    assert "a ± b" in page.code.text


def test_only_han_characters_are_stressed_with_dots(page):
    chinese, english = page.select("em")

    assert chinese.select_one(".han").text == "互相关"
    assert english.select(".han") == []


def test_titles_and_cells_break_between_words(page):
    title, cell = page.h1, page.select_one("td")

    assert [part for part in title.strings][:3] == ["看不见的", "衣服 | ", "Clothes"]
    assert len(title.select("wbr")) == 2
    assert [*cell.strings] == ["多半是"]
    assert page.select("code wbr") == []


@pytest.mark.parametrize(
    "text",
    [
        "卷积/神经网络",
        "多半/双语",
        "一件/衣服",
        "先手算/一遍",  # not 先/手算
        "多项式与过/拟合：/结果",  # punctuation stays
        "三个“CUDA /版本”",
        "1970–1995：/反向/传播",
    ],
)
def test_words_are_told_apart_by_a_dictionary(text):
    assert words(text.replace("/", "")) == text.split("/")


def test_no_text_is_lost_between_words():
    text = "为什么是 2012 年？LeNet（1998）与 AlexNet"

    assert "".join(words(text)) == text
