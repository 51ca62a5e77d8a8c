"""Excerpts of the package on pages: complete, and without what a docstring says."""

import re
from pathlib import Path

import pytest
from tiny_site import build_tiny_site

from d2lnotes.site.lessons.excerpts import excerpt

TOP = Path(__file__).parents[3]
ON_PAGES = sorted(
    found
    for page in (TOP / "docs").rglob("*.md")
    for found in re.findall(
        r"(?m)^ *[`:]{3,}\{excerpt\} (.+)$", page.read_text("utf-8")
    )
)
MODULE = '''"""A module."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

ONE = 1.0
UNUSED = math.inf


def plain():
    """Return nothing."""


@staticmethod
def area(path: Path) -> float:
    """Return an area.

    In square meters.
    """
    return math.pi * _square(ONE)


class Shape:
    """A shape."""

    def join(self, other: Shape) -> Shape:
        """Return both."""
        return other


def _square(x):
    return x * x
'''


@pytest.mark.parametrize("shown", ON_PAGES)
def test_each_excerpt_of_the_course_can_be_pasted_and_run(shown):
    module, *names = shown.split()
    file = TOP.joinpath(*module.split(".")).with_suffix(".py")
    pasted = {}

    code = excerpt(file.read_text(encoding="utf-8"), module, names)
    exec(compile(code, "pasted", "exec", dont_inherit=True), pasted)

    assert {name.rpartition(".")[2] for name in names} <= pasted.keys()


def test_there_are_excerpts_to_be_checked():
    assert len(ON_PAGES) >= 7


def test_excerpt_has_the_imports_it_needs_and_no_docstring():
    assert excerpt(MODULE, "tiny", ["area"]) == (
        "import math\n"
        "from pathlib import Path\n"
        "from tiny import ONE, _square\n\n\n"
        "@staticmethod\n"
        "def area(path: Path) -> float:\n"
        "    return math.pi * _square(ONE)"
    )


def test_what_an_excerpt_shows_is_not_imported():
    code = excerpt(MODULE, "tiny", ["ONE", "area", "_square"])

    assert "from tiny" not in code
    assert "ONE = 1.0\n\n\n@staticmethod" in code


def test_method_is_shown_without_its_class():
    assert excerpt(MODULE, "tiny", ["Shape.join"]) == (
        "from tiny import Shape\n\n\n"
        "def join(self, other: Shape) -> Shape:\n"
        "    return other"
    )


def test_class_that_names_itself_can_be_run():
    code = excerpt(MODULE, "tiny", ["Shape"])

    assert code.startswith("from __future__ import annotations\n")
    exec(compile(code, "pasted", "exec", dont_inherit=True), {})


def test_definition_that_is_only_a_docstring_stays_whole():
    assert excerpt(MODULE, "tiny", ["plain"]) == "def plain():\n    ..."


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "d2lnotes.layers gone",
            "d2lnotes.layers defines, got gone; it defines .*softmax",
        ),
        ("d2lnotes.layers", "got nothing"),
        ("d2lnotes.gone x", "there is no module d2lnotes.gone"),
    ],
)
def test_name_that_is_not_there_is_reported_where_it_is_written(
    tmp_path, written, said
):
    pages = {"index.md": f"# 页 | Page\n\n```{{excerpt}} {written}\n```\n"}

    with pytest.raises(AssertionError, match=rf"index\.md:3: .*{said}"):
        build_tiny_site(
            tmp_path,
            pages,
            extensions=["d2lnotes.site.twins", "d2lnotes.site.lessons.excerpts"],
        )
