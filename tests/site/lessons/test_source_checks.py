"""What Markdown lets pass in a page's source is an error with its line."""

import pytest
from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from tiny_site import build_tiny_site

from d2lnotes.site.lessons.source_checks import source_faults


def faults(page):
    """Return what is wrong with a page, as ``line: problem``."""
    config = MdParserConfig(enable_extensions={"colon_fence", "dollarmath"})
    found = source_faults(create_md_parser(config, RendererHTML), page, first=1)
    return [f"{fault.line}: {fault.problem}" for fault in found]


@pytest.mark.parametrize(
    ("page", "line", "problem"),
    [
        ("# A\n\n:::{note}\nx\n:::\n:::\n\n## B\n", 6, "::: closes nothing here"),
        ("# A\n\n:::{note}\nx\n", 3, ":::{note} is never closed"),
        ("# A\n\n```\nx = 1", 3, "``` is never closed"),
        ("# A\n\n```\nx = 1\n\n\n", 3, "``` is never closed"),
        ("# A\n\n> ~~~\n> x = 1\n\nB\n", 3, "~~~ is never closed"),
        ("# A\n\n- ```\n  x = 1\n\nB\n", 3, "``` is never closed"),
        ("# A\n\n```{note}\nx\n", 3, "```{note} is never closed"),
        (
            "# A\n\n::::{note}\n\n:::{tip}\nx\n::::\n",
            5,
            ":::{tip} is never closed and swallows what follows; add a line :::, or to "
            "the block around it, of line 3",
        ),
        (
            "# A\n\n```\nx = 1\n\n```python\ny = 1\n```\n",
            3,
            "``` is not closed before ```python opens in line 6",
        ),
    ],
)
def test_a_block_without_an_end_or_an_end_without_a_block(page, line, problem):
    (fault,) = faults(page)

    assert fault.startswith(f"{line}: {problem}")


TABLE = "| a | b |\n|---|---|\n| 1 | 2 |\n| $\\sum_i |x_i|$ | 2 |\n"


@pytest.mark.parametrize(
    ("page", "line"),
    [
        (f"# A\n\n{TABLE}", 6),
        (f"# A\n\n:::{{note}}\n{TABLE}:::\n", 7),
        ("# A\n\n" + "".join(f"> {row}\n" for row in TABLE.splitlines()), 6),
    ],
)
def test_a_row_with_too_many_cells_is_an_error(page, line):
    (fault,) = faults(page)

    assert fault.startswith(f"{line}: the row has 4 cells and its table 2 columns")


def test_what_is_closed_and_counted_right_passes():
    page = (
        "# A\n\n````md\n```python\nx\n```\n````\n\n- :::{note}\n  x\n  :::\n\n"
        "::::{note}\n:::{tip}\ny\n:::\n::::\n\n"
        "| a | b |\n|---|---|\n| $\\{x \\mid y\\}$ | `a\\|b` |\n| only one |\n"
    )

    assert faults(page) == []


def test_a_fault_is_reported_with_its_file_and_line(tmp_path):
    page = {"index.md": "# A\n\n```\nx = 1\n"}

    with pytest.raises(AssertionError) as found:
        build_tiny_site(
            tmp_path, page, extensions=["d2lnotes.site.lessons.source_checks"]
        )

    assert "index.md:3: WARNING: ``` is never closed" in str(found.value)
    assert "[source.unclosed]" in str(found.value)
