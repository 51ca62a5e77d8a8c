"""What the content of pages and scripts must not hold, since a reader would not see it.

Han characters in mathematics, pictures without a text or without a picture, and
anything that a page would fetch from another host: the course works offline.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

from d2lnotes.site.html.pictures import IN_A_CARD
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Read
from d2lnotes.site.twins.languages import HAN
from d2lnotes.site.twins.source_lines import source_location

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

_HAN = re.compile(f"[{HAN}]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# MathJax takes seconds for more, and no reader takes it in.
_LONGEST_FORMULA = 5000
# Attributes whose address a browser fetches by itself; a link it only follows.
_FETCHED = {"src", "srcset", "poster", "data", "background"}
_FETCHED_BY_STYLE = re.compile(r"""(?:url\(|@import)\s*["']?(?P<address>[^"')\s]+)""")
_SCRIPT = re.compile(r"\s*(?:java|vb)script:", re.IGNORECASE)
# MyST makes no link of such an address, but shows its source.
_SHOWN_SCRIPT = re.compile(r"\]\(\s*(?:java|vb)script:", re.IGNORECASE)
_SCRIPT_IN_TEX = re.compile(r"\\href\s*\{\s*(?:java|vb)script:", re.IGNORECASE)


class CheckContent(SphinxTransform):
    """Report what a page holds and a reader would not see."""

    default_priority = Read.CONTENT_CHECKED

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Look at formulas, pictures, links and raw HTML."""
        for node in self.document.findall(nodes.Element):
            for kind, problem in self._faults(node):
                logger.warning(
                    problem,
                    location=source_location(self.env, node),
                    type="content",
                    subtype=kind,
                )

    def _faults(self, node: nodes.Element) -> Iterator[tuple[str, str]]:
        match node:
            case nodes.math() | nodes.math_block():
                yield from formula_faults(node.astext())
            # A card takes its figure and the text of it from a run, if there was one.
            case nodes.image() if IN_A_CARD not in node["classes"]:
                yield from self._image_faults(node)
            case nodes.reference() if _SCRIPT.match(node.get("refuri", "")):
                yield "script-link", "a link leads to a page, not to a script"
            case nodes.raw() if "html" in node["format"]:
                yield from html_faults(node.astext())
            case nodes.TextElement() if _SHOWN_SCRIPT.search(_own_text(node)):
                yield "script-link", "a link leads to a page, not to a script"

    def _image_faults(self, image: nodes.image) -> Iterator[tuple[str, str]]:
        address = image["uri"]
        if not image.get("alt", "").strip():
            yield (
                "alternative-text",
                f"the picture {address} needs an alternative text, 中文 | English, for "
                "those who cannot see it",
            )
        if is_elsewhere(address):
            yield "other-host", _elsewhere(address)
            return
        _, path = self.env.relfn2path(address)
        file = Path(path)
        if file.is_file() and (why := damage(file, file.stat().st_mtime_ns)):
            yield "damaged-picture", f"the picture {address} cannot be shown: {why}"


def formula_faults(tex: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of what is wrong with a formula, apart from its TeX."""
    shown = tex if len(tex) < 60 else f"{tex[:59]}…"
    if _HAN.search(tex):
        yield (
            "han-in-mathematics",
            f"Han in mathematics: ${shown}$; put words beside the formula, and write a "
            r"dollar that means money as \$",
        )
    elif tex != tex.strip() and "\n" not in tex:
        yield (
            "space-in-mathematics",
            f"mathematics begins or ends with a space: ${shown}$; take it out, or write "
            r"a dollar that means money as \$",
        )
    if control := _CONTROL.search(tex):
        yield (
            "control-character",
            f"mathematics holds the control character {control[0]!r}; delete it",
        )
    if _SCRIPT_IN_TEX.search(tex):
        yield "script-link", "a link leads to a page, not to a script"
    for address in _FETCHED_BY_STYLE.finditer(tex):
        if is_elsewhere(address["address"]):
            yield "other-host", _elsewhere(address["address"])
    if len(tex) > _LONGEST_FORMULA:
        yield (
            "long-formula",
            f"a formula has at most {_LONGEST_FORMULA} characters, this one "
            f"{len(tex)}; split it",
        )


def html_faults(text: str) -> Iterator[tuple[str, str]]:
    """Yield kind and text of what raw HTML would fetch from elsewhere or would run."""
    addresses = _Addresses()
    addresses.feed(text)
    addresses.close()
    for address in addresses.fetched:
        if is_elsewhere(address):
            yield "other-host", _elsewhere(address)
    if addresses.runs_script:
        yield "script-link", "a link leads to a page, not to a script"


class _Addresses(HTMLParser):
    """Collects the addresses that a browser fetches when it shows a piece of HTML."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.runs_script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            value = value or ""
            if name == "srcset":
                self.fetched += [part.split()[0] for part in value.split(",") if part]
            elif name in _FETCHED or (tag == "link" and name == "href"):
                self.fetched.append(value)
            elif name == "style":
                self.handle_data(value)
            self.runs_script |= bool(_SCRIPT.match(value))

    def handle_data(self, data: str) -> None:
        found = _FETCHED_BY_STYLE.finditer(data)
        self.fetched += [address["address"] for address in found]


def is_elsewhere(address: str) -> bool:
    """Return whether ``address`` names a host: https://…, or //… as browsers read it."""
    try:
        return bool(urlsplit(address.strip()).netloc)
    except ValueError:
        return True  # no address of a file beside the page


def _elsewhere(address: str) -> str:
    return (
        f"{address} lies on another host, and the course works offline; put a copy into "
        "the course, with its licence, or link to it instead"
    )


@lru_cache(maxsize=4096)
def damage(file: Path, changed: int) -> str:
    """Return why no browser could show the picture in ``file``; nothing if one can."""
    try:
        if file.suffix == ".svg":
            ET.parse(file)
        else:
            from PIL import Image

            with Image.open(file) as picture:
                picture.load()
    except (OSError, SyntaxError, ValueError) as error:
        return f"{error}; make it anew"
    return ""


def _own_text(node: nodes.TextElement) -> str:
    """Return the text that stands in ``node`` itself, without that of elements in it."""
    if isinstance(node, (nodes.literal, nodes.FixedTextElement, nodes.comment)):
        return ""
    return "".join(child for child in node.children if isinstance(child, nodes.Text))


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the check."""
    app.add_transform(CheckContent)
    return METADATA
