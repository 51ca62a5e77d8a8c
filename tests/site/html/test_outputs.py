"""What is left of pages that are gone, and what comes back when it is missing."""

import json
import shutil

import counting
import pytest
from tiny_site import build_tiny_site

from d2lnotes.site.html import outputs

PAGES = {
    "index.md": "# Home\n\n```{toctree}\n:glob:\n*\n```\n",
    "page.md": "# Page\n\n![A dot](dot.png)\n",
    "other.md": "# Other\n\nText.\n",
}
# A picture of one point.
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c63f8cfc0f01f0005050102a2d1a5f50000000049454e44ae426082"
)


@pytest.fixture
def build(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "dot.png").write_bytes(DOT)

    def run(pages=PAGES):
        counting.forget()
        return build_tiny_site(
            tmp_path,
            pages,
            extensions=[
                "d2lnotes.site.html.stale_pages",
                "d2lnotes.site.html.outputs",
                "counting",
            ],
            language="en",
            html_theme="basic",
        )

    return run


def test_a_page_that_is_gone_leaves_neither_page_nor_picture(build, tmp_path):
    out = build()
    (tmp_path / "docs" / "page.md").unlink()

    build({})

    assert not (out / "page.html").exists()
    assert list((out / "_images").glob("*")) == []
    assert not list(tmp_path.rglob("page.doctree"))


def test_a_page_that_sphinx_no_longer_knows_leaves_the_site(build, tmp_path):
    out = build()
    folder = out / "chapter"
    folder.mkdir()
    shutil.copy(out / "page.html", folder / "gone.html")

    build({})

    assert not folder.exists()
    assert {path.stem for path in out.glob("*.html")} == {
        *("index", "page", "other"),
        *("search", "genindex"),
    }


def test_a_picture_that_a_page_no_longer_shows_leaves_the_site(build):
    out = build()

    build({"page.md": "# Page\n"})

    assert list((out / "_images").glob("*")) == []


def test_a_picture_that_is_missing_comes_back_with_its_page_alone(build):
    out = build()
    (out / "_images" / "dot.png").unlink()

    build({})

    assert (out / "_images" / "dot.png").read_bytes() == DOT
    assert (counting.READ, counting.WRITTEN) == ([], ["page"])


def test_a_build_with_nothing_to_do_reads_back_no_page_with_a_source(
    build, monkeypatch
):
    build()
    read = []
    reader = outputs.in_page
    monkeypatch.setitem(
        outputs._READERS, ".html", lambda html: read.append(html) or reader(html)
    )

    build({})

    assert not [html for html in read if "A dot" in html or "Text." in html]


@pytest.mark.parametrize(
    "content", ["", "[]", '{"page.html": 1}', '{"page.html": [[]]}']
)
def test_damaged_notes_are_as_good_as_none(build, tmp_path, content):
    out = build()
    (notes,) = tmp_path.rglob("outputs.json")
    before = json.loads(notes.read_text())
    notes.write_text(content)

    build({})

    assert (out / "_images" / "dot.png").exists()
    assert json.loads(notes.read_text()).keys() == before.keys()
