"""One style sheet for the whole site, without what no page of it uses.

The theme's rules are for every site: most of them are for parts that the course has
not, and its icons come as fonts of thousands. What the pages and scripts of a build
name is looked up in them; the rules for anything else are left out, the icons that
remain are put into the sheet, and the sheets of all extensions become one file, which
a reader waits for once.
"""

from __future__ import annotations

import base64
import io
import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from fontTools import subset
from fontTools.ttLib import TTFont

from d2lnotes.site._sphinx import style_sheets
from d2lnotes.site.html.outputs import read_outputs
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Finished, Rendered, Started

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_SHEET = "_static/course.css"
_STYLES = "_static/styles"
# What the theme's layout loads before all others.
_FROM_THEME = ("_static/basic.css", f"{_STYLES}/pydata-sphinx-theme.css")

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Strings come first: a brace in one opens nothing.
_TOKEN = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[{};]""", re.DOTALL)
_IN_BRACKETS = re.compile(r"\([^()]*\)|\[[^\]]*\]")
_CLASS_OR_ID = re.compile(r"[.#]((?:\\.|[\w-])+)")
_ICON = re.compile(r"\\(e[0-9a-f]{3}|f[0-8][0-9a-f]{2})\b", re.IGNORECASE)
_FONT_FILE = re.compile(r"""url\(["']?([^"')?#]+\.woff2)["']?\)""")
_FAMILY = re.compile(r"""font-family:\s*["']?([^"';}]+)""")


class Rule(NamedTuple):
    """A piece of a style sheet; ``body`` is ``None`` for a statement such as @import."""

    head: str
    body: str | None


def rules(css: str) -> Iterator[Rule]:
    """Yield the pieces of ``css``, which holds no comments, at its outer level."""
    depth, start, inner = 0, 0, 0
    for token in _TOKEN.finditer(css):
        if token[0] == "{":
            if depth == 0:
                inner = token.end()
            depth += 1
        elif token[0] == "}":
            depth -= 1
            if depth == 0:
                yield Rule(css[start : inner - 1].strip(), css[inner : token.start()])
                start = token.end()
        elif token[0] == ";" and depth == 0:
            yield Rule(css[start : token.start()].strip(), None)
            start = token.end()


def used_rules(css: str, names: set[str]) -> str:
    """Return the rules of ``css`` that an element with some of ``names`` could match.

    Parameters
    ----------
    css
        A style sheet without comments.
    names
        Every class and identifier that stands on a page or may be set by a script.
    """
    kept = []
    for head, body in rules(css):
        if body is None:
            kept.append(f"{head};")
        elif head.startswith(("@media", "@supports", "@layer", "@container")):
            if inside := used_rules(body, names):
                kept.append(f"{head}{{{inside}}}")
        elif head.startswith("@"):
            kept.append(f"{head}{{{body}}}")
        else:
            selectors = [one for one in _selectors(head) if _names_in(one) <= names]
            if selectors and body.strip():
                kept.append(f"{','.join(selectors)}{{{body}}}")
    return "".join(kept)


def _selectors(head: str) -> list[str]:
    """Return the selectors of a rule: what stands between commas outside brackets."""
    found, depth, start = [], 0, 0
    for place, letter in enumerate(head):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and depth == 0:
            found.append(head[start:place].strip())
            start = place + 1
    return [*found, head[start:].strip()]


def _names_in(selector: str) -> set[str]:
    """Return the classes and identifiers that an element must have, not those it may."""
    while selector != (outer := _IN_BRACKETS.sub("", selector)):
        selector = outer
    return {name.replace("\\", "") for name in _CLASS_OR_ID.findall(selector)}


def with_icons(css: str, folder: Path) -> str:
    r"""Return ``css`` with the fonts that it loads put into it, and in them its icons.

    Parameters
    ----------
    css
        A style sheet whose fonts hold icons, named by their code as in ``"\f015"``.
    folder
        The fonts' addresses count from here.
    """
    icons = {int(code, 16) for code in _ICON.findall(css)}
    kept = []
    for head, body in rules(css):
        if head == "@font-face" and body and (source := _FONT_FILE.search(body)):
            name = _FAMILY.search(body)
            elsewhere = css.replace(f"{head}{{{body}}}", "")
            if name is None or name[1] not in elsewhere:
                continue
            font = _subset((folder / source[1]).resolve(), icons)
            if not font:
                continue
            source_with_icons = f"src:url(data:font/woff2;base64,{font})"
            body = re.sub(r"src:[^;}]+", source_with_icons, body)
        kept.append(f"{head};" if body is None else f"{head}{{{body}}}")
    return "".join(kept)


def _subset(file: Path, icons: set[int]) -> str:
    """Return a font with ``icons`` alone in base 64; nothing if it has none of them."""
    font = TTFont(file, recalcTimestamp=False)  # two builds give the same bytes
    if not icons.intersection(font.getBestCmap()):
        return ""
    options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=False)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=icons)
    subsetter.subset(font)
    font.flavor = "woff2"
    data = io.BytesIO()
    font.save(data)
    return base64.b64encode(data.getvalue()).decode()


def collect(app: Sphinx) -> None:
    """Note the style sheets that every page would load, in their order."""
    builder: Any = app.builder
    if builder.name == "html":
        sheets = sorted(style_sheets(builder), key=lambda sheet: sheet.priority)
        names = [str(sheet.filename) for sheet in sheets]
        builder.d2lnotes_sheets = list(dict.fromkeys([*_FROM_THEME, *names]))


def link(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Make a page load the one sheet, and those that only this page asks for."""
    joined = getattr(app.builder, "d2lnotes_sheets", None)
    if joined is not None:
        own = [
            sheet for sheet in context["css_files"] if str(sheet.filename) not in joined
        ]
        context["css_files"] = [_SHEET, *own]


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the sheet, once all pages and the sheets it is made of are there."""
    joined = getattr(app.builder, "d2lnotes_sheets", None)
    if exception is None and joined is not None:
        out = Path(app.outdir)
        parts = [name for name in joined if (out / name).is_file()]
        css = "\n".join(_read(out / name) for name in parts)
        names = {name for found in read_outputs(app) for name in found.names}
        kept = with_icons(used_rules(css, names), out / _STYLES)
        made_of = f"/* What these pages use of {' '.join(parts)} */"
        (out / _SHEET).write_text(f"{made_of}\n{kept}", encoding="utf-8")


def _read(sheet: Path) -> str:
    text = _COMMENT.sub("", sheet.read_text(encoding="utf-8"))
    return text.removeprefix('@charset "UTF-8";')


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come last everywhere: after the theme has written its sheet of code colors."""
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # it tells of every table
    app.connect("builder-inited", collect, priority=Started.STYLE_SHEETS_NOTED)
    app.connect("html-page-context", link, priority=Rendered.FINISHED_PAGE)
    app.connect("build-finished", write, priority=Finished.SUMMED_UP)
    return METADATA
