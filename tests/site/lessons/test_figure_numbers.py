"""Numbers of figures and exercises: as Sphinx gives them, and kept up to date."""

import json

import pytest
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors.toctree import TocTreeCollector
from tiny_site import build_tiny_site

from d2lnotes.site.lessons.figure_numbers import NumbersFromOutlines

FIGURE = ":::{figure} x.png\n:name: %s\n\nCaption.\n:::\n\n"
CODE = "```{code-block} python\n:caption: Listing\n:name: %s\n\nx = 1\n```\n\n"
TABLE = "```{table} Caption\n:name: %s\n\n| a |\n|---|\n| 1 |\n```\n\n"
EXERCISE = (
    ":::{exercise} Task\n:label: %(label)s\n\nCount.\n:::\n\n"
    ":::{solution} %(label)s\nThree.\n:::\n\n"
)
CONTENTS = (
    "```{toctree}\n:numbered:\n\none\ntwo\nself\n```\n\n```{toctree}\nthree\n```\n\n"
)
UNNUMBERED = "(no-caption)=\n\n| a |\n|---|\n| 1 |\n"
PAGES = {
    "index.md": "# Home\n\n" + FIGURE % "before" + CONTENTS + FIGURE % "after",
    "one.md": "# One\n\n"
    + FIGURE % "a"
    + "## Part\n\n"
    + CODE % "b"
    + EXERCISE % {"label": "ex-c"}
    + "### Deep\n\n"
    + FIGURE % "d"
    + FIGURE % "e",
    "two.md": "# Two\n\n```{toctree}\ninner\n```\n\n" + TABLE % "f" + UNNUMBERED,
    "three.md": "# Three\n\n```{toctree}\ninner\n```\n\n" + TABLE % "i",
    "inner.md": "# Inner\n\n" + TABLE % "g" + EXERCISE % {"label": "ex-h"},
    "orphan.md": "---\norphan: true\n---\n# Orphan\n\n" + FIGURE % "nowhere",
}


def build(folder, pages, **config):
    """Build ``pages``, which show the image x.png."""
    (folder / "docs").mkdir(exist_ok=True)
    if not (image := folder / "docs" / "x.png").exists():
        image.touch()
    build_tiny_site(
        folder,
        pages,
        extensions=[
            "d2lnotes.site.lessons.figure_numbers",
            "d2lnotes.site.lessons.exercises",
        ],
        language="en",
        numfig=True,
        numfig_format={"exercise": "Exercise %s"},
        **config,
    )


@pytest.fixture
def numbers(tmp_path, monkeypatch):
    """Build pages and return the numbers, ours and Sphinx's."""
    given = {}

    def number(collector, env):
        changed = ours(collector, env)
        given["ours"] = json.loads(json.dumps(env.toc_fignumbers))
        TocTreeCollector.assign_figure_numbers(collector, env)
        given["theirs"] = json.loads(json.dumps(env.toc_fignumbers))
        return changed

    def build_and_number(pages, **config):
        build(tmp_path, pages, **config)
        return given["ours"], given["theirs"]

    ours = NumbersFromOutlines.assign_figure_numbers
    monkeypatch.setattr(NumbersFromOutlines, "assign_figure_numbers", number)
    return build_and_number


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_numbers_are_those_that_sphinx_gives(numbers, depth):
    ours, theirs = numbers(PAGES, numfig_secnum_depth=depth)

    assert ours == theirs
    assert set(ours) == {"index", "one", "two", "three", "inner"}
    assert set(ours["one"]) == {"figure", "code-block", "exercise"}


def test_numbers_follow_the_page_that_changed(numbers):
    numbers(PAGES)

    ours, theirs = numbers({**PAGES, "one.md": "# One\n\n" + FIGURE % "new"})

    assert ours == theirs
    assert ours["one"] == {"figure": {"new": [1, 1]}}


def test_unchanged_pages_are_not_read_back(tmp_path, monkeypatch):
    read_back, get_doctree = set(), BuildEnvironment.get_doctree

    def read(env, page):
        read_back.add(page)
        return get_doctree(env, page)

    build(tmp_path, PAGES)
    monkeypatch.setattr(BuildEnvironment, "get_doctree", read)

    build(tmp_path, {**PAGES, "one.md": "# One\n"})

    assert "index" in read_back  # its contents name the page
    assert "inner" not in read_back
