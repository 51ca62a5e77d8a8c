"""What a page says to search engines and social sites, and its links to the sources."""

import struct
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ConfigError
from tiny_site import build_tiny_site

from d2lnotes import site
from d2lnotes.site.html.publishing import shortened, sitemap

TEMPLATES = Path(site.__file__).parent / "html" / "templates"
EXTENSIONS = ["d2lnotes.site.twins", "d2lnotes.site.html.publishing"]
URL = "https://example.org/course"
REPOSITORY = "https://github.com/owner/course"
PAGES = {
    "index": "# 首页 | Home\n\n```{toctree}\nchapter/page\n```\n",
    "chapter/page": (
        "# 第一页 | First page\n\n从一个数讲起。\n\nIt begins with a number.\n\n"
        "```{image} picture.png\n:alt: 图 | Picture\n```\n"
    ),
}
# The smallest PNG there is.
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6360000002000001e221bc330000000049454e44ae426082"
)


@pytest.fixture
def build(tmp_path):
    """Build the two pages and return the soup of one of them."""

    def build_page(page="chapter/page", **config):
        picture = tmp_path / "docs" / "chapter" / "picture.png"
        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_bytes(PICTURE)
        out = build_tiny_site(
            tmp_path,
            {f"{name}.md": text for name, text in PAGES.items()},
            extensions=EXTENSIONS,
            templates_path=[str(TEMPLATES)],
            html_sidebars={"**": ["source-links.html"]},
            html_theme="basic",
            d2lnotes_description="课程 | A course",
            **config,
        )
        return BeautifulSoup((out / f"{page}.html").read_text("utf-8"), "html.parser")

    return build_page


def meta(page, name):
    """Return the content of the ``<meta>`` of ``page`` with that name or property."""
    (found,) = page.select(f'meta[name="{name}"], meta[property="{name}"]')
    return found["content"]


@pytest.mark.parametrize(
    ("language", "title", "text", "locale"),
    [
        ("zh_CN", "第一页", "从一个数讲起。", "zh_CN"),
        ("en", "First page", "It begins with a number.", "en_US"),
    ],
)
def test_a_page_describes_itself_in_its_language(build, language, title, text, locale):
    page = build(language=language)

    assert meta(page, "og:title") == title
    assert meta(page, "description") == meta(page, "og:description") == text
    assert meta(page, "og:locale") == locale


def test_a_page_without_prose_is_described_as_the_course(build):
    assert meta(build("index"), "description") == "课程"


def test_a_hosted_page_names_its_address_in_both_languages(build):
    page = build(d2lnotes_url=f"{URL}/")

    (canonical,) = page.select('link[rel="canonical"]')
    assert canonical["href"] == f"{URL}/zh/chapter/page.html"
    assert meta(page, "og:url") == canonical["href"]
    found = {link["hreflang"]: link["href"] for link in page.select("link[hreflang]")}
    assert found == {
        "zh-CN": f"{URL}/zh/chapter/page.html",
        "en": f"{URL}/en/chapter/page.html",
        "x-default": f"{URL}/en/chapter/page.html",
    }


def test_a_hosted_page_is_shown_with_its_own_picture_or_the_card(build):
    picture = meta(build(d2lnotes_url=URL), "og:image")
    assert picture == f"{URL}/zh/_images/picture.png"
    card = meta(build("index", d2lnotes_url=URL), "og:image")
    assert card == f"{URL}/zh/_static/card.png"


def test_the_card_has_the_size_that_social_sites_show():
    header = (Path(site.__file__).parent / "html" / "static" / "card.png").read_bytes()[
        :24
    ]
    assert struct.unpack(">II", header[16:]) == (1200, 630)


def test_every_page_and_language_is_in_the_site_map(build, tmp_path):
    build(d2lnotes_url=URL)
    tree = ET.parse(tmp_path / "out" / "html" / "sitemap.xml")
    found = {place.text for place in tree.iterfind("{*}url/{*}loc")}
    assert found == {
        f"{URL}/{language}/{page}.html" for language in ("zh", "en") for page in PAGES
    }


def test_a_site_map_goes_with_the_address(build, tmp_path):
    build(d2lnotes_url=URL)

    build()

    assert not (tmp_path / "out" / "html" / "sitemap.xml").exists()


def test_the_front_page_is_for_readers_of_any_language():
    entry = ET.fromstring(sitemap(URL, ["index"])).find("{*}url")
    links = {
        link.get("hreflang"): link.get("href") for link in entry.iterfind("{*}link")
    }
    assert links["x-default"] == f"{URL}/"


def test_a_copy_without_address_names_none(build, tmp_path):
    page = build()
    assert (
        page.select('link[rel="canonical"], link[hreflang], [property="og:url"]') == []
    )
    assert not (tmp_path / "out" / "html" / "sitemap.xml").exists()


@pytest.mark.parametrize("name", ["d2lnotes_url", "d2lnotes_repository"])
def test_half_an_address_is_refused(build, name):
    with pytest.raises(ConfigError, match=f"{name}.*got 'example.org/course'"):
        build(**{name: "example.org/course"})


def test_sources_are_linked_for_editing_and_reports(build):
    page = build(d2lnotes_repository=REPOSITORY, d2lnotes_url=URL, language="en")
    edit, report = page.select(".source-links a")
    assert edit["href"] == f"{REPOSITORY}/edit/main/docs/chapter/page.md"
    assert report["href"].startswith(f"{REPOSITORY}/issues/new?title=Error+on+the+page")
    assert "First+page" in report["href"]
    assert "chapter%2Fpage.html" in report["href"]


def test_without_repository_there_are_no_links_to_it(build):
    assert build().select(".source-links") == []


@pytest.mark.parametrize(
    ("text", "length", "expected"),
    [
        ("Short.", 20, "Short."),
        ("One sentence. Another one.", 20, "One sentence."),
        ("A sentence that never ends", 20, "A sentence that…"),
        ("第一句。第二句很长很长。", 8, "第一句。"),
        ("用 LeNet 认衣服，认不清衬衫", 6, "用…"),
    ],
)
def test_a_description_ends_with_a_sentence_or_a_word(text, length, expected):
    assert shortened(text, length) == expected


def test_a_title_and_a_description_with_formulas_are_plain_text(build, monkeypatch):
    page = "# $\\ell_1$ 范数 | The $\\ell_1$ norm\n\n中 $\\alpha$。\n\nAn $\\alpha$.\n"
    monkeypatch.setitem(PAGES, "chapter/page", page)
    monkeypatch.setattr(f"{__name__}.EXTENSIONS", [*EXTENSIONS, "d2lnotes.site.math"])

    head = build(language="en")

    assert meta(head, "og:title") == "The ℓ1 norm"
    assert meta(head, "og:description") == "An α."
    assert head.title.get_text().startswith("The ℓ1 norm")
