"""The search language and the index that Sphinx writes with it."""

import json
from pathlib import Path

import pytest
import search_cases
from sphinx.search import js_index
from tiny_site import build_tiny_site

from d2lnotes.site.search.language import BilingualSearch, split_query, split_text

EXTENSIONS = ["d2lnotes.site.twins", "d2lnotes.site.search"]
CONFIG = {
    "html_search_language": "bilingual",
    "html_show_search_summary": False,
    "html_theme": "basic",
}
INDEX = """\
# 课程 | Course

```{toctree}
lenet
```
"""
LENET = """\
# 卷积神经网络 LeNet-5 | The convolutional network LeNet-5

```{note}
先说一句。

A word first.
```

```{eval-rst}
.. rst-class:: sphx-glr-timing

   Stopwatch
```

共享的权重 $\\hat{\\mathbf{y}}$ 少了许多，见 `log_sum_exp` 与 `torch.reshape`。

Shared weights are far fewer.

## 批量归一化 | Batch normalisation

滑动窗口。

Sliding windows.

```
<AxesImage object at 0x7f3a2b1c9d00> after 12ms and 3.25 seconds
```
"""


def read_index(out: Path) -> dict:
    return js_index.loads((out / "searchindex.js").read_text(encoding="utf-8"))


def read_texts(out: Path) -> dict[str, list[list[str]]]:
    texts = {}
    for file in (out / "_texts").rglob("*.js"):
        page, _, text = file.read_text(encoding="utf-8").partition("]=")
        name = file.relative_to(out / "_texts").with_suffix("").as_posix()
        assert page == f'(window.searchTexts ??= {{}})["{name}"'
        texts[name] = json.loads(text.removesuffix(";\n"))
    return texts


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("search")
    pages = {"index.md": INDEX, "lenet.md": LENET}
    return {
        language: build_tiny_site(
            folder, pages, extensions=EXTENSIONS, language=language, **CONFIG
        )
        for language in ("zh_CN", "en")
    }


@pytest.mark.parametrize(("query", "terms"), search_cases.QUERIES.items())
def test_a_query_is_split_into_words_and_pairs_of_han_characters(query, terms):
    assert split_query(query) == terms


@pytest.mark.parametrize("text", search_cases.QUERIES)
def test_every_term_of_a_query_is_indexed_for_the_same_text(text):
    assert set(split_query(text)) <= set(split_text(text))


def test_single_han_characters_are_indexed_too():
    assert set(split_text("池化层")) == {"池", "化", "层", "池化", "化层"}


def test_parts_of_an_identifier_are_indexed_too():
    parts = {"nn", "functional", "log_softmax", "log", "softmax"}

    assert set(split_text("nn.functional.log_softmax")) == parts | {
        "nn.functional.log_softmax"
    }


@pytest.mark.parametrize("words", search_cases.SAME_STEM)
def test_british_and_american_forms_share_a_stem(words):
    search = BilingualSearch({})

    assert len({search.stem(word) for word in words}) == 1


@pytest.mark.parametrize(("word", "stem"), search_cases.OWN_STEM.items())
def test_other_words_keep_their_own_stem(word, stem):
    assert BilingualSearch({}).stem(word) == stem


def test_chinese_words_are_indexed_in_the_chinese_build(site):
    index = read_index(site["zh_CN"])

    assert {"卷积", "积神", "经网", "lenet", "批量"} <= set(index["titleterms"])
    assert {"权重", "滑动", "窗口", "log_sum_exp", "torch.reshape"} <= set(
        index["terms"]
    )


def test_english_words_are_indexed_by_stem_in_the_english_build(site):
    index = read_index(site["en"])

    assert {"convolut", "network", "normal"} <= set(index["titleterms"])
    assert {"weight", "slide", "window"} <= set(index["terms"])


def test_the_hidden_language_is_not_indexed(site):
    chinese, english = read_index(site["zh_CN"]), read_index(site["en"])

    assert {"weight", "slide", "convolut"}.isdisjoint(
        {*chinese["terms"], *chinese["titleterms"]}
    )
    assert {"权重", "滑动", "卷积"}.isdisjoint(
        {*english["terms"], *english["titleterms"]}
    )
    assert "批量归一化" in chinese["alltitles"]
    assert "Batch normalisation" in english["alltitles"]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_addresses_numbers_and_latex_commands_are_not_indexed(site, language):
    terms = read_index(site[language])["terms"]

    noise = [t for t in terms if t[0].isdigit() or t in {"hat", "mathbf"}]

    assert noise == []


def test_running_times_of_scripts_are_not_indexed(site):
    assert "stopwatch" not in read_index(site["en"])["terms"]


def test_lists_of_other_pages_do_not_make_a_page_match(site):
    index = read_index(site["zh_CN"])

    assert index["titleterms"]["卷积"] == index["docnames"].index("lenet")
    assert "卷积" not in index["terms"]


def test_the_text_of_each_section_is_kept_in_the_language_of_the_build(site):
    page, section = read_texts(site["zh_CN"])["lenet"]

    assert page == [
        "",
        "卷积神经网络 LeNet-5",
        "先说一句。 共享的权重 y 少了许多，见 log_sum_exp 与 torch.reshape。",
    ]
    assert section[:2] == ["batch-normalisation", "批量归一化"]
    assert read_texts(site["en"])["lenet"][0][2] == (
        "A word first. Shared weights are far fewer."
    )


def test_no_memory_address_is_quoted(site):
    assert "0x" not in read_texts(site["en"])["lenet"][1][2]


def test_no_page_loads_a_text_by_itself(site):
    pages = {page.name: page.read_text("utf-8") for page in site["en"].glob("*.html")}

    assert "search.html" in pages
    assert [name for name, html in pages.items() if "_texts" in html] == []


def test_the_language_data_hold_our_splitter_and_the_english_stemmer(site):
    script = (site["zh_CN"] / "_static" / "language_data.js").read_text("utf-8")

    assert "var splitQuery" in script
    assert "EnglishStemmer" in script
    assert "&amp;" not in script


def test_a_second_build_keeps_the_texts_of_unchanged_pages(tmp_path):
    pages = {"index.md": INDEX, "lenet.md": LENET}
    build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)
    pages["lenet.md"] = LENET.replace("共享的权重", "更少的权重")

    out = build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)

    assert "更少的权重" in read_texts(out)["lenet"][0][2]
    assert "更少" in read_index(out)["terms"]
    assert read_index(out)["terms"]["共享"] == []


def test_a_page_that_is_gone_leaves_no_text(tmp_path):
    index, second = "# 甲 | A\n\n一。\n\nOne.\n", "---\norphan: true\n---\n" + LENET
    pages = {"index.md": index, "lenet.md": second}
    build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)
    (tmp_path / "docs" / "lenet.md").unlink()

    out = build_tiny_site(
        tmp_path, {"index.md": index}, extensions=EXTENSIONS, **CONFIG
    )

    assert list(read_texts(out)) == ["index"]


def test_the_search_field_of_the_theme_speaks_the_language_of_the_build(tmp_path):
    config = {**CONFIG, "html_theme": "pydata_sphinx_theme"}
    page = {"index.md": "# 甲 | A\n\n一。\n\nOne.\n"}

    chinese = build_tiny_site(tmp_path, page, extensions=EXTENSIONS, **config)

    assert "搜索课程" in (chinese / "index.html").read_text(encoding="utf-8")
