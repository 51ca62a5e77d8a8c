"""What a hosted copy tells search engines and social sites, and its way back to us.

Every page describes itself in its own language. Where ``d2lnotes_url`` says where the
copy lies, a page also names its own address, its address in the other language and a
picture, and ``sitemap.xml`` lists all pages. Where ``d2lnotes_repository`` names the
sources, a page has links to edit it and to report an error in it. What is not
configured leaves no trace: an offline copy makes no claim about an address.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode, urlsplit

from docutils import nodes
from markupsafe import Markup
from sphinx.errors import ConfigError

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.twins.languages import HTML_TAGS, half, own_language
from d2lnotes.site.twins.nodes import Half

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language

_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
_XHTML = "http://www.w3.org/1999/xhtml"
# Open Graph has its own form of language names.
_LOCALES = {"zh": "zh_CN", "en": "en_US"}
# Search engines show about this many characters, a Chinese one being twice as wide.
_DESCRIPTION = {"zh": 100, "en": 200}
_SENTENCE_END = re.compile(r"[。！？](?=.)|[.!?](?=\s)")
_CARD = "_static/card.png"
_LINKS = {
    "zh": {"edit": "编辑本页", "report": "报告错误", "about": "《{title}》有误"},
    "en": {
        "edit": "Edit this page",
        "report": "Report an error",
        "about": "Error on the page “{title}”",
    },
}


def check_addresses(app: Sphinx, config: Config) -> None:
    """Refuse an address that no link could be made from.

    Raises
    ------
    ConfigError
        If an address is neither empty nor a full one of the web.
    """
    for name in ("d2lnotes_url", "d2lnotes_repository"):
        address = getattr(config, name)
        parts = urlsplit(address)
        if address and not (parts.scheme in {"http", "https"} and parts.netloc):
            msg = (
                f"{name}: expected a full address such as https://example.org/course/, "
                f"or nothing; got {address!r}"
            )
            raise ConfigError(msg)
        setattr(config, name, address.rstrip("/"))
    if config.d2lnotes_url:
        # Sphinx writes the canonical link of a page from this.
        config.html_baseurl = f"{config.d2lnotes_url}/{own_language(config)}/"


def describe_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the templates what the head of the page says, and its links to the sources."""
    language = own_language(app.config)
    paragraph = doctree and first_paragraph(doctree, language)
    text = paragraph and _plain_text(app, paragraph)
    context["description"] = shortened(
        text or half(app.config.d2lnotes_description, language), _DESCRIPTION[language]
    )
    context["locale"] = _LOCALES[language]
    if doctree is not None:
        # Without the number, and without the markup, of context["title"].
        context["social_title"] = _plain_text(app, app.env.titles[pagename])
    if url := app.config.d2lnotes_url:
        context["alternates"] = alternates(url, pagename)
        picture = (doctree and _first_picture(app, doctree)) or _CARD
        context["social_image"] = f"{url}/{language}/{quote(picture)}"
    if app.config.d2lnotes_repository and doctree is not None:
        context["source_links"] = list(source_links(app, pagename))


def first_paragraph(
    doctree: nodes.document, language: Language
) -> nodes.paragraph | None:
    """Return the first prose of a page in ``language``, if it has any."""
    for found in doctree.findall(Half):
        if found["lang"] == language:
            for paragraph in found.findall(nodes.paragraph):
                if "study-time" not in paragraph["classes"]:
                    return paragraph
    return None


def _plain_text(app: Sphinx, node: nodes.Element) -> str:
    """Return the text of ``node`` on one line, of its formulas what a reader sees."""
    text = node.astext()
    if next(node.findall(nodes.math), None):
        shown = app.builder.render_partial(node.deepcopy())  # type: ignore[attr-defined]
        text = Markup(shown["title" if isinstance(node, nodes.title) else "fragment"])
        text = text.striptags()
    return " ".join(text.split())


def shortened(text: str, length: int) -> str:
    """Return as many whole sentences of ``text`` as fit, or its beginning.

    Parameters
    ----------
    text
        Prose on one line.
    length
        The most characters that are returned.
    """
    if len(text) <= length:
        return text
    ends = [end.end() for end in _SENTENCE_END.finditer(text[: length + 1])]
    if ends:
        return text[: ends[-1]]
    start = text[: length - 1]
    # Latin words stay whole; Chinese may be cut anywhere.
    return re.sub(r"\s*[!-~]*$", "", start) + "…"


def alternates(url: str, pagename: str) -> dict[str, str]:
    """Return the address of a page for each language tag, and for any other reader."""
    page = f"{quote(pagename)}.html"
    found = {tag: f"{url}/{name}/{page}" for name, tag in HTML_TAGS.items()}
    # The front page sends a reader to the language that the browser asks for.
    found["x-default"] = f"{url}/" if pagename == "index" else found["en"]
    return found


def _first_picture(app: Sphinx, doctree: nodes.document) -> str | None:
    """Return where the first picture lies that a social site can show (no SVG)."""
    published = set(app.builder.images.values())
    for image in doctree.findall(_is_picture):
        name = PurePosixPath(image["uri"])
        if name.name in published and name.suffix in {".png", ".jpg", ".webp"}:
            return f"{app.builder.imagedir}/{name.name}"
    return None


def _is_picture(node: nodes.Node) -> bool:
    # A figure of a gallery script has a node of its own with the same attribute.
    return isinstance(node, nodes.Element) and "uri" in node and "alt" in node


def source_links(app: Sphinx, pagename: str) -> Iterator[tuple[str, str]]:
    """Yield text and address of the links to a page's source and for a report."""
    config, language = app.config, own_language(app.config)
    words, repository = _LINKS[language], config.d2lnotes_repository
    if source := source_path(app, pagename):
        path = quote(f"{config.d2lnotes_branch}/{source}")
        yield words["edit"], f"{repository}/edit/{path}"
    title = _plain_text(app, app.env.titles[pagename])
    page = f"{config.html_baseurl}{pagename}.html" if config.d2lnotes_url else pagename
    query = urlencode({"title": words["about"].format(title=title), "body": page})
    yield words["report"], f"{repository}/issues/new?{query}"


def source_path(app: Sphinx, pagename: str) -> str | None:
    """Return the file that a page is written in; ``None`` for a generated page."""
    top = Path(app.confdir).resolve()
    gallery = getattr(app.config, "sphinx_gallery_conf", {}).get("gallery_dirs", "")
    page = Path(app.env.doc2path(pagename))
    if gallery and pagename.startswith(f"{gallery}/"):
        place = top / "gallery" / pagename.removeprefix(f"{gallery}/")
        header = place.with_name("GALLERY_HEADER.rst")
        page = header if place.name == "index" else place.with_suffix(".py")
    return page.relative_to(top).as_posix() if page.is_file() else None


def write_sitemap(app: Sphinx, exception: Exception | None) -> None:
    """List all pages in both languages in ``sitemap.xml``, beside the languages.

    Either language's build writes the same file: both have the same pages.
    """
    if exception is not None or app.builder.name != "html":
        return
    file = Path(app.outdir).parent / "sitemap.xml"
    if url := app.config.d2lnotes_url:
        file.write_bytes(sitemap(url, sorted(app.env.found_docs)))
    else:
        file.unlink(missing_ok=True)


def sitemap(url: str, pagenames: Iterable[str]) -> bytes:
    """Return the site map of ``pagenames``, each with its addresses in all languages."""
    ET.register_namespace("", _SITEMAP)
    ET.register_namespace("xhtml", _XHTML)
    root = ET.Element(f"{{{_SITEMAP}}}urlset")
    for pagename in pagenames:
        addresses = alternates(url, pagename)
        for own_tag in HTML_TAGS.values():
            entry = ET.SubElement(root, f"{{{_SITEMAP}}}url")
            location = ET.SubElement(entry, f"{{{_SITEMAP}}}loc")
            location.text = addresses[own_tag]
            for tag, address in addresses.items():
                ET.SubElement(
                    entry,
                    f"{{{_XHTML}}}link",
                    {"rel": "alternate", "hreflang": tag, "href": address},
                )
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the addresses and what is written from them."""
    app.add_config_value("d2lnotes_description", "", "html", str)
    app.add_config_value("d2lnotes_url", "", "html", str)
    app.add_config_value("d2lnotes_repository", "", "html", str)
    app.add_config_value("d2lnotes_branch", "main", "html", str)
    app.connect("config-inited", check_addresses)
    app.connect("html-page-context", describe_page)
    app.connect("build-finished", write_sitemap)
    return METADATA
