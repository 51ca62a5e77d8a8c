"""What the pages tell the script that keeps a reader's progress."""

import json
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from tiny_exercises import FORMATS, PAGES
from tiny_site import build_tiny_site

import d2lnotes.site

STATIC = Path(d2lnotes.site.__file__).parent / "lessons" / "static"
EXTENSIONS = ["d2lnotes.site.twins", "d2lnotes.site.lessons.progress"]
LAYOUT = """{% extends "!layout.html" %}{% block footer %}
<div class="page-done" data-page="{{ lesson }}"></div>
<script id="things-to-do">{{ things_to_do }}</script>{% endblock %}"""


@pytest.fixture(scope="module", params=["zh_CN", "en"])
def pages(request, tmp_path_factory):
    """Return a function that gives a built page of the language."""
    folder = tmp_path_factory.mktemp("progress")
    (folder / "templates").mkdir()
    (folder / "templates" / "layout.html").write_text(LAYOUT)
    out = build_tiny_site(
        folder,
        {name: text for name, text in PAGES.items() if name != "list.md"}
        | {
            "index.md": PAGES["index.md"].replace("list", "reference/list"),
            "reference/list.md": "# 一览 | All\n\n```{progress}\n```\n",
        },
        extensions=EXTENSIONS,
        language=request.param,
        html_theme="basic",
        html_static_path=[str(STATIC)],
        templates_path=["templates"],
        numfig=True,
        d2lnotes_numfig_format=FORMATS,
    )

    def page(name):
        html = (out / f"{name}.html").read_text(encoding="utf-8")
        return BeautifulSoup(html, "html.parser")

    return page


@pytest.mark.parametrize("name", ["index", "reference/list"])
def test_home_and_panel_know_all_pages_and_exercises(pages, name):
    found = json.loads(pages(name).select_one("#things-to-do").string)

    assert {page: facts["exercises"] for page, facts in found.items()} == {
        "late/b": ["ex-two", "ex-three"],
        "late/a": ["ex-one"],
        "early/c": ["ex-four"],
    }
    assert list(found) == ["late/b", "late/a", "early/c"]  # the reading order


def test_home_knows_the_titles_of_the_pages_in_its_language(pages):
    found = json.loads(pages("index").select_one("#things-to-do").string)

    word = {"zh-CN": "页", "en": "Page"}[pages("index").html["lang"]]
    assert {facts["title"] for facts in found.values()} == {word}


def test_a_lesson_knows_its_own_name_only(pages):
    page = pages("late/a")

    assert page.select_one(".page-done")["data-page"] == "late/a"
    assert page.select_one("#things-to-do").string is None


def test_a_page_to_look_things_up_in_cannot_be_done(pages):
    assert pages("late/index").select_one(".page-done")["data-page"] == ""


def test_the_panel_is_left_to_the_script(pages):
    assert pages("reference/list").select_one("div.progress-panel").contents == []


def test_the_script_waits_until_the_page_is_there(pages):
    script = pages("late/a").select_one("script[src*='progress.js']")

    assert script.has_attr("defer")
