"""How text is split into words, and what of a page is found by them."""

import json
import re
from pathlib import Path

import pytest
import search_cases
from tiny_site import build_tiny_site

from d2lnotes.site.search.language import SIMPLIFIED, split_query, split_text, stem

NOTE = "doctrees/zh_CN/search/lenet.json"
EXTENSIONS = ["d2lnotes.site.twins", "d2lnotes.site.search"]
CONFIG = {
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

**鲸**落，學習。

Kernels, kernels, kernels.

## 批量归一化 | Batch normalisation

滑动窗口。

Sliding windows.

```
<AxesImage object at 0x7f3a2b1c9d00> after 12ms and 3.25 seconds
```
"""


TERMS = """\
---
orphan: true
---

# 术语 | Terms

```{glossary}
池化层 | pooling layer
  缩小图的层。

  A layer that shrinks a picture.
```
"""


def read_index(out: Path) -> dict:
    """Return the whole index: its pages, and what is found by term and by name."""
    table = read_script(out / "_search" / "pages.js")
    parts = [read_script(file) for file in (out / "_search").glob("[0-9]*.js")]
    whole = {
        kind: {key: value for part in parts for key, value in part[kind].items()}
        for kind in ("terms", "names", "objects")
    }
    return {**whole, "pages": [page for page, _ in table["pages"]]}


def read_script(file: Path):
    return json.loads(file.read_text(encoding="utf-8").partition("]=")[2][:-2])


def pages_with(index: dict, term: str) -> list[str]:
    """Return the pages whose text holds a term."""
    return [index["pages"][posting // 2] for posting in index["terms"].get(term, [])]


def read_files(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (out / "_search").iterdir()}


def read_texts(out: Path) -> dict[str, list[list[str]]]:
    files = (out / "_texts").rglob("*.js")
    return {
        file.relative_to(out / "_texts").with_suffix("").as_posix(): read_script(file)
        for file in files
    }


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
    assert len({stem(word) for word in words}) == 1


@pytest.mark.parametrize(("word", "own"), search_cases.OWN_STEM.items())
def test_other_words_keep_their_own_stem(word, own):
    assert stem(word) == own


def test_chinese_words_are_indexed_in_the_chinese_build(site):
    index = read_index(site["zh_CN"])

    assert {"权重", "滑动", "窗口", "log_sum_exp", "torch.reshape"} <= set(
        index["terms"]
    )
    assert index["names"]["批量归一化"] == [[1, "batch-normalisation", "title"]]


def test_english_words_are_indexed_by_stem_in_the_english_build(site):
    index = read_index(site["en"])

    assert {"weight", "slide", "window"} <= set(index["terms"])
    assert "Batch normalisation" in index["names"]


def test_the_hidden_language_is_not_indexed(site):
    chinese, english = read_index(site["zh_CN"]), read_index(site["en"])

    assert {"weight", "slide", "convolut"}.isdisjoint(chinese["terms"])
    assert {"权重", "滑动", "卷积"}.isdisjoint(english["terms"])
    assert "Batch normalisation" not in chinese["names"]


@pytest.mark.parametrize("language", ["zh_CN", "en"])
def test_addresses_times_and_latex_commands_are_not_indexed(site, language):
    terms = read_index(site[language])["terms"]

    noise = [t for t in terms if t[0].isdigit() or t in {"hat", "mathbf"}]

    assert noise == ["3.25"]  # a figure, which may be looked for


def test_running_times_of_scripts_are_not_indexed(site):
    assert "stopwatch" not in read_index(site["en"])["terms"]


def test_lists_of_other_pages_do_not_make_a_page_match(site):
    index = read_index(site["zh_CN"])

    assert [page for page, _, _ in index["names"]["卷积神经网络 LeNet-5"]] == [1]
    assert pages_with(index, "卷积") == []


def test_a_word_is_found_across_emphasis_within_it(site):
    assert pages_with(read_index(site["zh_CN"]), "鲸落") == ["lenet"]


def test_traditional_text_is_indexed_as_simplified(site):
    assert pages_with(read_index(site["zh_CN"]), "学习") == ["lenet"]


def test_the_table_of_characters_holds_only_those_of_the_course(site):
    table = read_script(site["zh_CN"] / "_search" / "pages.js")["simplified"]
    pairs = dict(zip(table[::2], table[1::2], strict=True))

    assert pairs["學"] == "学"
    assert "龍" in SIMPLIFIED
    assert "龍" not in pairs


def test_a_word_that_comes_up_often_is_told_from_one_that_is_mentioned(site):
    terms = read_index(site["en"])["terms"]

    assert (terms["kernel"], terms["weight"]) == ([3], [2])


def test_the_text_of_each_section_is_kept_in_the_language_of_the_build(site):
    page, section = read_texts(site["zh_CN"])["lenet"]

    assert page == [
        "",
        "卷积神经网络 LeNet-5",
        "先说一句。 共享的权重 ŷ 少了许多，见 log_sum_exp 与 torch.reshape。 鲸落，學習。",
    ]
    assert section[:2] == ["batch-normalisation", "批量归一化"]
    assert read_texts(site["en"])["lenet"][0][2] == (
        "A word first. Shared weights are far fewer. Kernels, kernels, kernels."
    )


def test_no_memory_address_is_quoted(site):
    assert "0x" not in read_texts(site["en"])["lenet"][1][2]


def test_no_page_loads_a_text_or_a_part_of_the_index_by_itself(site):
    pages = {page.name: page.read_text("utf-8") for page in site["en"].glob("*.html")}

    assert "search.html" in pages
    assert [name for name, html in pages.items() if "_texts" in html] == []
    assert [name for name, html in pages.items() if "_search/" in html] == [
        "search.html"
    ]


@pytest.mark.parametrize(
    "change",
    [
        lambda lenet: lenet,
        lambda lenet: lenet.replace("共享的权重", "更少的权重"),
        lambda lenet: lenet.replace("批量归一化 | Batch", "层归一化 | Layer"),
    ],
    ids=["nothing", "a word", "a title"],
)
def test_the_index_is_the_same_after_a_second_build_as_after_a_first(tmp_path, change):
    pages = {"index.md": INDEX, "lenet.md": LENET, "terms.md": TERMS}
    changed = {**pages, "lenet.md": change(LENET)}
    build_tiny_site(tmp_path / "two", pages, extensions=EXTENSIONS, **CONFIG)
    second = build_tiny_site(tmp_path / "two", changed, extensions=EXTENSIONS, **CONFIG)

    first = build_tiny_site(tmp_path / "one", changed, extensions=EXTENSIONS, **CONFIG)

    assert read_files(second) == read_files(first)
    assert "池化层" in read_index(second)["names"]
    assert read_texts(second) == read_texts(first)


@pytest.mark.parametrize("lost", ["out/html/zh_CN/_texts/lenet.js", NOTE])
def test_what_was_lost_of_a_page_is_made_again(tmp_path, lost):
    pages = {"index.md": INDEX, "lenet.md": LENET}
    out = build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)
    before = read_files(out)
    (tmp_path / lost).unlink()

    build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)

    assert read_files(out) == before
    assert (tmp_path / lost).exists()


def test_a_damaged_note_is_made_again(tmp_path):
    pages = {"index.md": INDEX, "lenet.md": LENET}
    out = build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)
    before = read_files(out)
    (tmp_path / NOTE).write_text("[]", encoding="utf-8")

    build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)

    assert read_files(out) == before


def test_a_page_that_is_gone_leaves_no_text(tmp_path):
    index, second = "# 甲 | A\n\n一。\n\nOne.\n", "---\norphan: true\n---\n" + LENET
    pages = {"index.md": index, "lenet.md": second}
    build_tiny_site(tmp_path, pages, extensions=EXTENSIONS, **CONFIG)
    (tmp_path / "docs" / "lenet.md").unlink()

    out = build_tiny_site(
        tmp_path, {"index.md": index}, extensions=EXTENSIONS, **CONFIG
    )

    assert list(read_texts(out)) == ["index"]
    assert read_index(out)["pages"] == ["index"]
    assert not (tmp_path / NOTE).exists()


@pytest.fixture(scope="module")
def themed(tmp_path_factory):
    """A site in the theme of the course."""
    return build_tiny_site(
        tmp_path_factory.mktemp("themed"),
        {"index.md": "# 甲 | A\n\n一。\n\nOne.\n"},
        extensions=EXTENSIONS,
        html_theme="pydata_sphinx_theme",
    )


def test_the_search_field_of_the_theme_speaks_the_language_of_the_build(themed):
    assert "搜索课程" in (themed / "index.html").read_text(encoding="utf-8")


def test_every_page_names_the_search_page(themed):
    assert 'rel="search"' in (themed / "index.html").read_text(encoding="utf-8")


def test_the_search_page_loads_our_search_and_not_that_of_sphinx(themed):
    html = (themed / "search.html").read_text(encoding="utf-8")

    loaded = re.findall(r'<script defer src="([^"?]+)', html)

    assert {"_search/pages.js", "_static/find.js", "_static/search.js"} <= set(loaded)
    assert [name for name in loaded if not (themed / name).is_file()] == []
    assert "searchindex.js" not in html
    assert not (themed / "searchindex.js").exists()
