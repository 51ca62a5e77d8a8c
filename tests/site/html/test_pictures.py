"""Images of a page: their size, and when they are fetched."""

import re
import struct

import pytest
from tiny_site import build_tiny_site

PAGE = """# 图 | Pictures

![一](first.png)

![二](first.png)

![三](drawing.svg)

```{image} figures/plot_001.png
```

```{image} figures/plot_001.png
:class: card-figure
```
"""
SHARP = "_images/plot_001_2_00x.png"
EXTENSIONS = ["d2lnotes.site.html.pictures"]


@pytest.fixture
def site(tmp_path):
    """A page with five pictures; of one there is a copy with twice the pixels."""
    docs = tmp_path / "docs"
    docs.mkdir()
    head = struct.pack(">8s4s4s2I", b"\x89PNG\r\n\x1a\n", bytes(4), b"IHDR", 640, 479)
    docs.joinpath("first.png").write_bytes(head)
    docs.joinpath("drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    docs.joinpath("figures").mkdir()
    docs.joinpath("figures/plot_001.png").write_bytes(head)
    docs.joinpath("figures/plot_001_2_00x.png").write_bytes(head + b"2x")
    return build_tiny_site(tmp_path, {"index.md": PAGE}, extensions=EXTENSIONS)


@pytest.fixture
def images(site):
    """The image elements of the page."""
    return re.findall("<img[^>]*>", site.joinpath("index.html").read_text())


def test_a_picture_is_written_with_its_size_in_pixels(images):
    assert all('width="640" height="479"' in image for image in images[:2])


def test_a_drawing_without_pixels_gets_no_size(images):
    assert "width=" not in images[2]


def test_only_the_first_picture_of_a_page_is_fetched_at_once(images):
    assert ['loading="lazy"' in image for image in images] == [False] + 4 * [True]


def test_a_screen_with_small_pixels_gets_the_sharper_copy_of_a_figure(site, images):
    assert f'srcset="_images/plot_001.png, {SHARP} 2x"' in images[3]
    assert site.joinpath(SHARP).read_bytes().endswith(b"2x")


@pytest.mark.parametrize("place", [0, 4], ids=["without a copy", "in a card"])
def test_other_pictures_have_one_size(images, place):
    assert "srcset=" not in images[place]
