"""Images of a page: their size, and when they are fetched."""

import re
import struct

import pytest
from tiny_site import build_tiny_site

PAGE = """# 图 | Pictures

![一](first.png)

![二](first.png)

![三](drawing.svg)
"""
EXTENSIONS = ["d2lnotes.site.pictures"]


@pytest.fixture
def images(tmp_path):
    """The image elements of a page with three pictures."""
    docs = tmp_path / "docs"
    docs.mkdir()
    head = struct.pack(">8s4s4s2I", b"\x89PNG\r\n\x1a\n", bytes(4), b"IHDR", 640, 479)
    docs.joinpath("first.png").write_bytes(head)
    docs.joinpath("drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    out = build_tiny_site(tmp_path, {"index.md": PAGE}, extensions=EXTENSIONS)
    return re.findall("<img[^>]*>", out.joinpath("index.html").read_text())


def test_a_picture_is_written_with_its_size_in_pixels(images):
    assert all('width="640" height="479"' in image for image in images[:2])


def test_a_drawing_without_pixels_gets_no_size(images):
    assert "width=" not in images[2]


def test_only_the_first_picture_of_a_page_is_fetched_at_once(images):
    assert ['loading="lazy"' in image for image in images] == [False, True, True]
