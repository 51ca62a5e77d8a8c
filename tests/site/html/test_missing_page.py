"""The page for addresses where there is none: where its links lead from any depth."""

from urllib.parse import urljoin

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.html.missing_page import missing_page

URL = "https://example.org/course"


def links(page, address):
    """Return what ``page`` leads to when a host shows it at ``address``."""
    soup = BeautifulSoup(page, "html.parser")
    base = urljoin(address, soup.base["href"]) if soup.base else address
    found = [tag["href"] for tag in soup.select("a")]
    return {urljoin(base, link) for link in [*found, *_actions(soup)]}


def _actions(soup):
    return [form["action"] for form in soup.select("form:has(input[name=q])")]


@pytest.mark.parametrize("missing", ["no", "en/no.html", "zh/a/b/no.html"])
def test_in_a_hosted_copy_links_lead_into_the_site_from_any_depth(missing):
    found = links(missing_page("course", URL), f"{URL}/{missing}")

    for language in ("zh", "en"):
        for page in ("index", "search", "gallery/index"):
            assert f"{URL}/{language}/{page}.html" in found


def test_on_disk_links_start_from_the_page(tmp_path):
    page = tmp_path / "404.html"

    found = links(missing_page("course", ""), page.as_uri())

    assert (tmp_path / "zh" / "index.html").as_uri() in found
    assert all(link.startswith(tmp_path.as_uri()) for link in found)


def test_either_language_writes_the_same_page_once(tmp_path):
    pages = {"index.md": "# 首页 | Home\n"}
    extensions = ["d2lnotes.site.twins", "d2lnotes.site.html.missing_page"]
    found = []
    for language in ("zh_CN", "en"):
        out = build_tiny_site(
            tmp_path, pages, extensions=extensions, language=language, d2lnotes_url=URL
        )
        file = out.parent / "404.html"
        found.append((file.read_bytes(), file.stat().st_mtime_ns))

    assert found[0] == found[1]
