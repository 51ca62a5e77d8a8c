"""The order of the glossary, the names of its terms, and where each is taught."""

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.glossary.alphabet import letter_of, reading

LESSON = "---\nminutes: 20\n---\n"
PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\nfirst\nsecond\nterms\n```\n",
    "first.md": f"{LESSON}# 一 | One\n\n见{{term}}`重采样`和{{term}}`广播`。\n\n"
    "See {term}`resampling` and {term}`broadcasting`.\n\n"
    "```{note}\n**权重**。\n\n**weight**.\n```\n",
    "second.md": f"{LESSON}# 二 | Two\n\n文。\n\nText.\n\n"
    "## 方差、广播 | Variance and broadcasting\n\n文。\n\nText.\n\n"
    "## 其余 | The rest\n\n这是**似然**。\n\nThis is the **likelihood**.\n",
    "terms.md": "# 术语 | Terms\n\n## 甲 | First subject\n\n```{glossary}\n"
    "重采样 | resampling\n  一。\n\n  One.\n\n"
    "权重 | weight\n  二。\n\n  Two.\n\n"
    "广播机制，广播 | broadcasting\n  三。\n\n  Three.\n```\n\n"
    "## 乙 | Second subject\n\n```{glossary}\n"
    "似然 | likelihood\n  四。\n\n  Four.\n\n"
    "GPU\n  五。\n\n  Five.\n\n"
    "长短期记忆 | long short-term memory, LSTM\n"
    "  :taught: second#the-rest\n  六。\n\n  Six.\n```\n",
}
EXTENSIONS = ["d2lnotes.site.twins", "d2lnotes.site.glossary"]


def build(folder, language, pages=PAGES):
    tag = {"zh": "zh_CN", "en": "en"}[language]
    out = build_tiny_site(
        folder, pages, extensions=EXTENSIONS, language=tag, html_theme="basic"
    )
    html = (out / "terms.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser")


@pytest.fixture(scope="module")
def glossary(tmp_path_factory):
    folder = tmp_path_factory.mktemp("glossary")
    return {language: build(folder, language) for language in ("zh", "en")}


def names(soup):
    for mark in soup.select("dt .headerlink"):
        mark.decompose()
    return [dt.get_text(" ", strip=True) for dt in soup.select("dl.glossary dt")]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("似然", "S"),
        ("重采样", "C"),
        ("重参数化", "C"),
        ("权重", "Q"),
        ("行列式", "H"),
        ("长短期记忆", "C"),
        ("调参", "T"),
        ("率失真", "L"),
        ("校准", "J"),
        ("降维", "J"),
        ("传播", "C"),
        ("参数", "C"),
        ("差分", "C"),
        ("角色", "J"),
        ("KL 散度", "K"),
        ("softmax 函数", "S"),
        ("ε-贪心", "#"),
    ],
)
def test_a_chinese_name_stands_under_the_first_letter_of_its_pinyin(name, first):
    assert letter_of(reading(name, "zh")) == first


def test_entries_are_sorted_by_pinyin_in_chinese(glossary):
    assert names(glossary["zh"]) == [
        "长短期记忆 long short-term memory, LSTM",
        "重采样 resampling",
        "GPU",
        "广播机制，广播 broadcasting",
        "权重 weight",
        "似然 likelihood",
    ]


def test_entries_are_sorted_by_the_alphabet_in_english(glossary):
    assert names(glossary["en"]) == [
        "broadcasting 广播机制，广播",
        "GPU",
        "likelihood 似然",
        "long short-term memory, LSTM 长短期记忆",
        "resampling 重采样",
        "weight 权重",
    ]


def test_the_other_name_is_marked_with_its_language(glossary):
    term = glossary["zh"].select_one("#term-likelihood .other-name")

    assert term["lang"] == "en"


@pytest.mark.parametrize(
    ("term", "place"),
    [
        ("broadcasting", "second.html#variance-and-broadcasting"),
        ("likelihood", "second.html#the-rest"),
        ("resampling", "first.html"),
        ("long-short-term-memory", "second.html#the-rest"),
    ],
)
def test_an_entry_links_the_place_that_teaches_its_term(glossary, term, place):
    entry = glossary["en"].select_one(f"#term-{term}").find_next("dd")

    assert entry.select_one(".own .taught a")["href"] == place


def test_a_note_teaches_no_term(glossary):
    entry = glossary["en"].select_one("#term-weight").find_next("dd")

    assert entry.select(".taught") == []


def test_the_subjects_keep_the_order_of_the_author(glossary):
    lines = glossary["en"].select("#by-subject .own p")

    assert [line.get_text() for line in lines] == [
        "First subject: resampling · weight · broadcasting",
        "Second subject: likelihood · GPU · long short-term memory",
    ]


def test_a_place_that_is_none_is_an_error(tmp_path):
    wrong = PAGES["terms.md"].replace("second#the-rest", "second#nowhere")

    with pytest.raises(AssertionError, match=r"second#nowhere.*is none") as error:
        build(tmp_path, "en", {**PAGES, "terms.md": wrong})

    assert "terms.md" in str(error.value)
