"""Old addresses lead to where a section is now."""

import pytest
from bs4 import BeautifulSoup
from tiny_site import try_tiny_site

INDEX = "# 首页 | Home\n\n```{toctree}\na/first\na/second\n```\n"
SECOND = "# 第二页 | Second page\n\n## 跳多远 | How far a jump\n\n字在这里。\n\nWords are here.\n"


def first(*moved):
    lines = "".join(f"  {line}\n" for line in moved)
    head = f"---\nminutes: 20\nneeds: []\nmoved:\n{lines}---\n"
    return f"{head}# 第一页 | First page\n\n## 起步 | First steps\n\n字在这里。\n\nWords are here.\n"


def build(tmp_path, text, language="en"):
    """Return the soup of the first page and what the build warned of."""
    out, warned = try_tiny_site(
        tmp_path,
        {"index.md": INDEX, "a/first.md": text, "a/second.md": SECOND},
        extensions=["d2lnotes.site.twins", "d2lnotes.site.lessons.moved"],
        language=language,
    )
    page = (out / "a" / "first.html").read_text(encoding="utf-8")
    return BeautifulSoup(page, "html.parser"), warned


@pytest.mark.parametrize(
    ("target", "address"),
    [
        ("second#how-far-a-jump", "second.html#how-far-a-jump"),
        ("a/second", "second.html"),
        ('"#first-steps"', "#first-steps"),
    ],
)
def test_an_old_anchor_leads_to_the_new_place(tmp_path, target, address):
    page, warned = build(tmp_path, first(f"strides: {target}"))

    links = page.select("#strides a")

    assert {link["href"] for link in links} == {address}
    assert warned == ""


@pytest.mark.parametrize(
    ("language", "title"), [("zh_CN", "跳多远"), ("en", "How far a jump")]
)
def test_the_link_shows_the_title_in_the_language_of_the_page(
    tmp_path, language, title
):
    page, _ = build(tmp_path, first("strides: second#how-far-a-jump"), language)

    assert page.select_one("#strides .half.own a").get_text() == title


@pytest.mark.parametrize(
    ("moved", "said"),
    [
        ("strides: second#no-such", "leads “strides” to a/second#no-such"),
        (
            "first-steps: second",
            "says that “first-steps” moved, and it still stands here",
        ),
        ("- strides", "is a list of  old-anchor: page#anchor, not ['strides']"),
    ],
)
def test_an_old_anchor_that_leads_nowhere_is_reported(tmp_path, moved, said):
    _, warned = build(tmp_path, first(moved))

    assert f"first.md:1: WARNING: moved: {said}" in warned
