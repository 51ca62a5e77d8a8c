"""A picture of a page opens full screen, where it can be enlarged.

Each is a link to its file, the largest there is; ``picture_viewer.js`` opens it in a
dialog instead, which every page with a picture holds once. Of a figure that a script has
drawn, the dialog leads to the place where it did, and offers its SVG.
"""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from d2lnotes.site.html.pictures import IN_A_CARD, copy_newer
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Rendered
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

# A picture in a link keeps the author's link.
_PICTURE = re.compile(r"(?P<link><a\b[^>]*>\s*)?(?P<image><img\b[^>]*\bsrc=\"[^>]*>)")
_SOURCE = re.compile(r'\bsrc="([^"]*_images/([^"/]+))"')
_LARGER = re.compile(r'([^" ]+) 2(?:\.00)?x\b')
_DRAWN = re.compile(r"sphx_glr_(plot_\w+)_(\d{3})\b")
_WORDS = {
    "zh": {
        "name": "放大的图",
        "smaller": "缩小",
        "larger": "放大",
        "whole": "整幅",
        "close": "关闭",
        "keep": "保存 PNG",
        "keep_svg": "SVG",
        "code": "画它的代码",
        "licence": "图和文字以 CC BY 4.0 授权：可以转载和修改，请署名“d2lnotes 作者”。",
    },
    "en": {
        "name": "The picture, enlarged",
        "smaller": "Smaller",
        "larger": "Larger",
        "whole": "Whole",
        "close": "Close",
        "keep": "Keep PNG",
        "keep_svg": "SVG",
        "code": "The code that drew it",
        "licence": (
            "Figures and text are licensed under CC BY 4.0: share and adapt them, and "
            "credit “The d2lnotes authors”."
        ),
    },
}


def link_pictures(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Make links of the pictures of a page, and give it the dialog."""
    if app.builder.name != "html" or "<img" not in context.get("body", ""):
        return
    scripts = _scripts(app, pagename)

    def link(found: re.Match[str]) -> str:
        image = found["image"]
        source = _SOURCE.search(image)
        if found["link"] or IN_A_CARD in image or source is None:
            return found[0]
        address, name = source.groups()
        larger = _LARGER.search(image)
        attributes = f'class="picture" href="{larger[1] if larger else address}"'
        if drawn := _DRAWN.match(name):
            place = f"figure-{int(drawn[2])}"
            page = scripts.get(drawn[1], "")
            if page == pagename:
                attributes += f' id="{place}"'
            if page:
                code = app.builder.get_relative_uri(pagename, page)
                attributes += f' data-code="{code}#{place}"'
                drawing = PurePosixPath(page).parent / "images" / name
                if svg := _copied_svg(app, pagename, drawing, address):
                    attributes += f' data-svg="{svg}"'
        return f"<a {attributes}>{image}</a>"

    body = _PICTURE.sub(link, context["body"])
    if body != context["body"]:
        words = _WORDS[own_language(app.config)]
        dialog = app.builder.templates.render(  # type: ignore[attr-defined]
            "picture-viewer.html", {"words": words}
        )
        context["body"] = body + dialog
        app.add_js_file("picture_viewer.js")


def _copied_svg(
    app: Sphinx, pagename: str, drawing: PurePosixPath, address: str
) -> str:
    """Return the address of a picture's SVG, once it lies there; blank without one."""
    file = Path(app.srcdir, drawing).with_suffix(".svg")
    if not file.is_file():
        return ""
    svg = PurePosixPath(address).with_suffix(".svg").as_posix()
    copy_newer(file, Path(app.outdir, pagename).parent / svg)
    return svg


def _scripts(app: Sphinx, pagename: str) -> dict[str, str]:
    """Return the pages of the scripts whose figures a page may show, by script."""
    shown = [PurePosixPath(path) for path in app.builder.images]
    pages = [
        f"{path.parent.parent}/{drawn[1]}"
        for path in shown
        if (drawn := _DRAWN.match(path.name))
    ]
    known = [page for page in [*pages, pagename] if page in app.env.found_docs]
    return {page.rpartition("/")[2]: page for page in known}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after the pictures have their sizes."""
    app.add_css_file("picture_viewer.css", priority=700)
    app.connect("html-page-context", link_pictures, priority=Rendered.FINISHED_PAGE)
    return METADATA
