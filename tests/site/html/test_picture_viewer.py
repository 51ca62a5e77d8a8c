"""A picture is a link to its largest file, and leads to the code that drew it."""

import re
import struct
from pathlib import Path

import pytest
from tiny_site import build_tiny_site

import d2lnotes.site.html

INDEX = """# 图 | Pictures

![一](first.png)

[![二](first.png)](https://example.org)

```{image} first.png
:class: card-figure
```

```{image} gallery/shapes/images/sphx_glr_plot_dot_002.png
```
"""
SCRIPT = """# 点 | A dot

![点](images/sphx_glr_plot_dot_002.png)
"""
TEMPLATES = Path(d2lnotes.site.html.__file__).parent / "templates"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A page with four pictures, one of which the script on the other page drew."""
    folder = tmp_path_factory.mktemp("site")
    images = folder / "docs/gallery/shapes/images"
    images.mkdir(parents=True)
    head = struct.pack(">8s4s4s2I", b"\x89PNG\r\n\x1a\n", bytes(4), b"IHDR", 640, 479)
    for file in ("", "_2_00x"):
        images.joinpath(f"sphx_glr_plot_dot_002{file}.png").write_bytes(head)
    images.joinpath("sphx_glr_plot_dot_002.svg").write_text("<svg/>", "utf-8")
    folder.joinpath("docs/first.png").write_bytes(head)
    pages = {
        "index.md": INDEX,
        "gallery/shapes/plot_dot.md": f"---\norphan: true\n---\n\n{SCRIPT}",
        "words.md": "---\norphan: true\n---\n\n# 词 | Words\n",
    }
    return build_tiny_site(
        folder,
        pages,
        extensions=["d2lnotes.site.html.pictures", "d2lnotes.site.html.picture_viewer"],
        templates_path=[str(TEMPLATES)],
    )


@pytest.fixture(scope="module")
def page(site):
    return site.joinpath("index.html").read_text("utf-8")


def links(page):
    return re.findall('<a class="picture"[^>]*>(?=<img)', page)


def test_a_picture_is_a_link_to_its_file_unless_the_author_made_another(page):
    assert links(page)[0] == '<a class="picture" href="_images/first.png">'
    assert len(links(page)) == 2
    assert 'href="https://example.org"><img' in page


def test_a_figure_leads_to_its_largest_file_and_to_the_code_that_drew_it(page):
    figure = links(page)[1]

    assert 'href="_images/sphx_glr_plot_dot_002_2_00x.png"' in figure
    assert 'data-code="gallery/shapes/plot_dot.html#figure-2"' in figure


def test_a_figure_that_was_saved_as_svg_offers_it(site, page):
    svg = "_images/sphx_glr_plot_dot_002.svg"

    assert f'data-svg="{svg}"' in links(page)[1]
    assert site.joinpath(svg).read_text("utf-8") == "<svg/>"
    assert "data-svg" not in links(page)[0]


def test_the_page_of_the_script_has_the_place_that_other_pages_lead_to(site):
    script = site.joinpath("gallery/shapes/plot_dot.html").read_text("utf-8")

    assert 'id="figure-2"' in links(script)[0]


def test_only_a_page_with_a_picture_has_the_dialog_and_its_script(site, page):
    words = site.joinpath("words.html").read_text("utf-8")

    assert page.count('<dialog class="picture-viewer"') == 1
    assert page.count("picture_viewer.js") == 1
    assert "dialog" not in words
    assert "picture_viewer.js" not in words
