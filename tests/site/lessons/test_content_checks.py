"""What a reader would not see, or only with a network, is an error with its line."""

import struct
import zlib

import pytest
from tiny_site import build_tiny_site

from d2lnotes.site.lessons.content_checks import formula_faults, html_faults

EXTENSIONS = ["d2lnotes.site.lessons.content_checks"]


def png(*, whole=True):
    """Return a gray picture of one pixel, or one that lacks its end."""

    def chunk(kind, data):
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    head = chunk(b"IHDR", struct.pack(">2I5B", 1, 1, 8, 0, 0, 0, 0))
    data = chunk(b"IDAT", zlib.compress(b"\0\0"))
    start = b"\x89PNG\r\n\x1a\n" + head
    return start + data + chunk(b"IEND", b"") if whole else start + data[:9]


def warnings_of(tmp_path, page, *, name="index.md"):
    """Return what the build of one page warns of."""
    pictures = {"whole.png": png(), "cut.png": png(whole=False), "cut.svg": b"<svg"}
    (tmp_path / "docs").mkdir()
    for file, content in pictures.items():
        (tmp_path / "docs" / file).write_bytes(content)
    try:
        build_tiny_site(tmp_path, {name: page}, extensions=EXTENSIONS)
    except AssertionError as found:
        return str(found)
    return ""


@pytest.mark.parametrize(
    ("page", "line", "problem"),
    [
        ("# A\n\n每斤 $5 而梨每斤 $8\n", 3, "Han in mathematics: $5 而梨每斤 $"),
        ("# A\n\nx\n\n$$\n价格\n$$\n", 5, "Han in mathematics"),
        ("# A\n\nAll of it\ncosts $5 and $8.\n", 4, "mathematics begins or ends with"),
        ("# A\n\nLong\nand $x\x01y$.\n", 4, "the control character '\\x01'"),
        ("# A\n\n![](whole.png)\n", 3, "whole.png needs an alternative text"),
        ("# A\n\nx\n\n```{figure} whole.png\nB\n```\n", 5, "needs an alternative text"),
        ("# A\n\n![A](cut.png)\n", 3, "the picture cut.png cannot be shown"),
        ("# A\n\n![A](cut.svg)\n", 3, "the picture cut.svg cannot be shown"),
        ("# A\n\n![A](https://x.org/a.png)\n", 3, "a.png lies on another host"),
        ("# A\n\n![A](//x.org/a.png)\n", 3, "a.png lies on another host"),
        ('# A\n\n<iframe src="https://x.org"></iframe>\n', 3, "lies on another host"),
        ("# A\n\nx\ny [z](javascript:a())\n", 3, "a link leads to a page, not to"),
        ('# A\n\n<a href="JavaScript:a()">z</a>\n', 3, "a link leads to a page, not"),
    ],
)
def test_what_a_reader_would_miss_is_an_error(tmp_path, page, line, problem):
    told = warnings_of(tmp_path, page)

    assert f"index.md:{line}: WARNING: " in told
    assert problem in told
    assert "[content." in told


def test_pages_in_rest_are_looked_at_too(tmp_path):
    told = warnings_of(tmp_path, "A\n=\n\nx :math:`汉` y\n", name="index.rst")

    assert "index.rst:4: WARNING: Han in mathematics" in told


def test_what_is_right_passes(tmp_path):
    page = (
        "# A\n\n$x$, \\$5 and \\$8, `$5 而 $8`, `](javascript:x)`\n\n"
        "$$\nx \\\\\ny\n$$\n\n![A](whole.png) [link](https://x.org)\n\n"
        '<img src="whole.png" alt="A">\n'
    )

    assert warnings_of(tmp_path, page) == ""


def test_the_figure_of_a_card_may_wait_for_the_run_that_gives_its_text(tmp_path):
    page = "# A\n\n```{image} whole.png\n:class: card-figure\n```\n"

    assert warnings_of(tmp_path, page) == ""


@pytest.mark.parametrize(
    "text",
    [
        '<link rel="stylesheet" href="https://x.org/a.css">',
        '<p style="background: url(//x.org/a.png)">',
        "<style>@import 'https://x.org/a.css';</style>",
        '<img srcset="a.png, https://x.org/a.png 2x">',
        '<object data="https://x.org/a.swf"></object>',
        '<script src="https://x.org/a.js"></script>',
    ],
)
def test_html_that_fetches_from_another_host_is_an_error(text):
    assert [kind for kind, _ in html_faults(text)] == ["other-host"]


def test_a_link_to_another_host_is_none():
    assert list(html_faults('<a href="https://x.org">x</a>')) == []


@pytest.mark.parametrize(
    ("tex", "kind"),
    [
        ("x+" * 20_000, "long-formula"),
        (r"\href{javascript:a()}{x}", "script-link"),
        (r"\style{background: url(//x.org/a.png)}{x}", "other-host"),
    ],
)
def test_a_formula_is_short_and_neither_runs_nor_fetches_anything(tex, kind):
    assert [found for found, _ in formula_faults(tex)] == [kind]
