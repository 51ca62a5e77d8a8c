"""Definitions that pages carry for the terms they link."""

import os
from importlib import metadata
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.html import tips

LATER = 4e9  # seconds: newer than anything that is built
PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\npage\nother\nterms\n```\n",
    "page.md": "# 页 | Page\n\n见{term}`张量`，{term}`张量`。\n\nSee a {term}`tensor`.\n",
    "other.md": "# 别的 | Other\n\n文字。\n\nText.\n",
    "terms.md": "# 术语 | Terms\n\n```{glossary}\n"
    "张量 | tensor\n  带形状的数组。\n\n  An array with a shape.\n```\n",
}


@pytest.fixture
def build(tmp_path):
    def run(language="en", **changes):
        pages = PAGES | {f"{name}.md": changes[name] for name in changes}
        tag = {"zh": "zh_CN", "en": "en"}[language]
        return build_tiny_site(
            tmp_path,
            pages,
            extensions=["d2lnotes.site.twins", "d2lnotes.site.html.tips"],
            language=tag,
        )

    return run


def soup(out, page):
    return BeautifulSoup((out / f"{page}.html").read_text("utf-8"), "html.parser")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_page_carries_each_definition_once_in_both_languages(build, language):
    tips = soup(build(language), "page").select("[role=tooltip]")

    assert {tip["lang"]: tip.get_text(strip=True) for tip in tips} == {
        "zh-CN": "张量tensor带形状的数组。",
        "en": "tensor张量An array with a shape.",
    }
    assert len(tips) == 2
    assert all(tip.has_attr("hidden") for tip in tips)


@pytest.mark.parametrize("half", ["zh", "en"])
def test_a_link_names_the_definition_in_the_language_of_its_half(build, half):
    page = soup(build(), "page")

    links = page.select(f".half.{half} a .std-term")

    assert links
    assert all(f"tip-term-tensor-{half}" in link["class"] for link in links)
    assert page.select_one(f"#tip-term-tensor-{half}")


def test_definitions_are_kept_out_of_the_search_index(build):
    out = build()

    index = (out / "searchindex.js").read_text("utf-8")

    assert '"array":2' not in index.replace(" ", "")  # page; 3 is terms
    assert soup(out, "other").select("[role=tooltip]") == []


def test_a_new_definition_is_shown_on_the_pages_that_link_the_term(build):
    out = build()
    other = out / "other.html"
    os.utime(other, (LATER, LATER))

    build(terms=PAGES["terms.md"].replace("array", "block of numbers"))

    text = soup(out, "page").select_one("#tip-term-tensor-en").get_text(strip=True)
    assert text == "tensor张量An block of numbers with a shape."
    assert other.stat().st_mtime == LATER


@pytest.fixture
def searched(monkeypatch):
    """The plugins that all installed packages were searched for."""
    names = []

    def entry_points(**wanted):
        names.append(wanted["name"])
        return metadata.entry_points(**wanted)

    monkeypatch.setattr("pybtex.plugin.entry_points", entry_points)
    return names


def test_a_citation_carries_its_work_without_a_search_of_all_packages(
    tmp_path, searched
):
    works = "@misc{one, author={Ada, A.}, title={The First}, year={1843}}"
    (tmp_path / "works.bib").write_text(works, encoding="utf-8")

    out = build_tiny_site(
        tmp_path,
        {
            "index.md": "# 页 | Page\n\n```{toctree}\nworks\n```\n\n"
            "见{cite:t}`one`。\n\nSee {cite:t}`one`.\n",
            "works.md": "# 文献 | Works\n\n```{bibliography}\n```\n",
        },
        extensions=[
            "sphinxcontrib.bibtex",
            "d2lnotes.site.twins",
            "d2lnotes.site.html.tips",
        ],
        bibtex_bibfiles=["works.bib"],
    )

    tips = soup(out, "index").select("[role=tooltip]")
    assert [tip["id"] for tip in tips] == ["tip-cite-one"]
    assert "The first" in tips[0].get_text()
    assert searched.count("plaintext") <= 1  # as it is registered


def test_what_is_kept_of_definitions_and_titles_keeps_no_page_with_it(build, tmp_path):
    code = PAGES["terms.md"].replace("array", "`array`").replace("Terms", "Terms `x`")
    build(terms=code.replace("术语", "术语 `x`") + "\n别的。\n\nThe rest of it.\n")

    kept = (tmp_path / "doctrees" / "en" / "environment.pickle").read_bytes()

    assert b" with a shape." in kept
    assert b"The rest of it." not in kept


def test_a_definition_is_looked_up_once_however_many_pages_link_it(monkeypatch):
    looked_up = []
    monkeypatch.setattr(tips, "find_term", lambda env, name: looked_up.append(name))
    pages = {f"page{number}": {"d2lnotes_terms": ["tensor"]} for number in range(7)}

    shown = tips.shown_definitions(SimpleNamespace(metadata=pages))

    assert looked_up == ["tensor"]
    assert shown.keys() == pages.keys()
