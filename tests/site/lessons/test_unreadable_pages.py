"""Pages that cannot be read are named, and the others are built."""

import os

import pytest
from tiny_site import build_tiny_site

EXTENSIONS = ["d2lnotes.site.lessons.unreadable_pages"]
INDEX = "# A\n\n```{toctree}\n:glob:\n\n*\n```\n"


def warnings_of(tmp_path):
    """Return what the build of two pages, and what lies beside them, warns of."""
    pages = {"index.md": INDEX, "good.md": "# B\n"}
    try:
        build_tiny_site(tmp_path, pages, extensions=EXTENSIONS)
    except AssertionError as found:
        return str(found)
    return ""


@pytest.fixture
def docs(tmp_path):
    folder = tmp_path / "docs"
    folder.mkdir()
    return folder


def test_a_page_that_is_not_utf_8_is_named_with_its_line(tmp_path, docs):
    (docs / "bad.md").write_bytes("# One\n\n中文\n".encode("gbk"))

    told = warnings_of(tmp_path)

    assert "bad.md:3: WARNING: this page is not UTF-8" in told
    assert "good" in (tmp_path / "out/html/zh_CN/index.html").read_text("utf-8")


@pytest.mark.timeout(60)
@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_among_the_pages_is_named(tmp_path, docs):
    os.mkfifo(docs / "pipe[1].md")

    assert "pipe[1].md:1: WARNING: no page but a pipe" in warnings_of(tmp_path)


def test_a_page_that_is_mended_appears_and_no_other_is_read_again(tmp_path, docs):
    (docs / "bad.md").write_bytes("# 中文\n".encode("gbk"))
    assert "bad.md:1" in warnings_of(tmp_path)
    good = tmp_path / "doctrees" / "zh_CN" / "good.doctree"
    before = good.stat().st_mtime_ns
    (docs / "bad.md").write_bytes("# 中文\n".encode("utf-8-sig"))

    assert warnings_of(tmp_path) == ""

    assert "中文" in (tmp_path / "out/html/zh_CN/index.html").read_text("utf-8")
    assert good.stat().st_mtime_ns == before
