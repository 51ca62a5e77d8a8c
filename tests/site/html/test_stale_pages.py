"""Pages that show what another page is called."""

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.html.stale_pages import Names

EXTENSIONS = [
    "d2lnotes.site.twins",
    "d2lnotes.site.lessons.exercises",
    "d2lnotes.site.html.stale_pages",
]
FORMATS = {"en": {"exercise": "Exercise %s"}, "zh": {"exercise": "练习 %s"}}
REFERENCES = "{doc}`named` {ref}`label` {numref}`ex-last`"
EXERCISE = (
    ":::{exercise} 题 | Task\n:label: ex-%(name)s\n\n中文。\n\nEnglish.\n:::\n\n"
    ":::{solution} ex-%(name)s\n中文。\n\nEnglish.\n:::\n\n"
)
PAGES = {
    "index.md": "# 首页 | Home\n\n```{toctree}\nnamed\nreferring\n```\n",
    "referring.md": f"# 甲 | A\n\n见{REFERENCES}。\n\nSee {REFERENCES}.\n",
    "named.md": "# 乙 | Page\n\n(label)=\n## 丙 | Section\n\n"
    + EXERCISE % {"name": "last"},
}


def build(folder, named):
    """Build the pages with ``named`` as one of them; return the one that refers."""
    out = build_tiny_site(
        folder,
        {**PAGES, "named.md": named},
        extensions=EXTENSIONS,
        language="en",
        html_theme="basic",
        numfig=True,
        d2lnotes_numfig_format=FORMATS,
    )
    html = (out / "referring.html").read_text(encoding="utf-8")
    text = BeautifulSoup(html, "html.parser").select_one(".half.own").get_text()
    return text.strip()


@pytest.mark.parametrize(
    ("before", "after", "shown"),
    [
        ("Page", "Other", "See Other Section Exercise 1."),
        ("Section", "Other", "See Page Other Exercise 1."),
        (":::", EXERCISE % {"name": "first"} + ":::", "See Page Section Exercise 2."),
    ],
)
def test_a_page_that_refers_follows_the_page_that_changed(
    tmp_path, before, after, shown
):
    assert build(tmp_path, PAGES["named.md"]) == "See Page Section Exercise 1."

    assert build(tmp_path, PAGES["named.md"].replace(before, after, 1)) == shown


def test_a_label_that_is_gone_is_reported_where_it_is_used(tmp_path):
    build(tmp_path, PAGES["named.md"])

    with pytest.raises(AssertionError, match=r"referring.md:3: .*undefined label"):
        build(tmp_path, PAGES["named.md"].replace("(label)=\n", ""))


def test_new_text_leaves_the_other_pages_as_they_are(tmp_path):
    build(tmp_path, PAGES["named.md"])
    page = tmp_path / "out" / "html" / "en" / "referring.html"
    before = page.stat().st_mtime_ns

    build(tmp_path, PAGES["named.md"].replace("English.", "Other text."))

    assert page.stat().st_mtime_ns == before


def test_what_is_referred_to_is_looked_up_once(tmp_path, monkeypatch):
    shown, looked_up = Names._shown, []
    monkeypatch.setattr(
        Names,
        "_shown",
        lambda names, *place: looked_up.append(place) or shown(names, *place),
    )
    monkeypatch.setitem(
        PAGES,
        "index.md",
        PAGES["index.md"] + f"\n见{REFERENCES}。\n\nSee {REFERENCES}.\n",
    )

    build(tmp_path, PAGES["named.md"])

    assert ("label", "") in looked_up
    assert len(looked_up) == len(set(looked_up))
