"""Pictures that take their place at once and are fetched when they come near.

Each is written with its size, so that the text below does not jump when it arrives, and
all but the first of a page are left until the reader is about to see them. Screens with
small pixels get the copy of a gallery's figure that has twice as many.
"""

from __future__ import annotations

import re
import shutil
import struct
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Rendered

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_IMAGE = re.compile(r"<img\b[^>]*>")
_SOURCE = re.compile(r"""\bsrc=["']([^"']+)["']""")
# A width in a style is no size: the height is not known from it.
_SIZED = re.compile(r"\bwidth\s*=")
# Cards show a figure at half its size or less, where it is sharp enough.
IN_A_CARD = "card-figure"
_DOUBLE = "_2_00x"  # as sphinx-gallery calls the copies
_PNG_HEAD = struct.Struct(">8s4s4s2I")  # signature, length, "IHDR", width, height


def complete_images(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add to each image of a page its size, and when it is to be fetched."""
    if app.builder.name != "html" or "<img" not in context.get("body", ""):
        return
    folder = Path(app.outdir, pagename).parent
    files = {name: Path(app.srcdir, path) for path, name in app.builder.images.items()}
    first = True

    def complete(image: re.Match[str]) -> str:
        nonlocal first
        attributes = _attributes(image[0], files, folder)
        attributes += "" if first else ' loading="lazy"'
        first = False
        return f'{image[0].rstrip("/> ")} {attributes} decoding="async"/>'

    context["body"] = _IMAGE.sub(complete, context["body"])


def _attributes(image: str, files: dict[str, Path], folder: Path) -> str:
    source = _SOURCE.search(image)
    if source is None or _SIZED.search(image):
        return ""
    address = unquote(source[1])
    # A picture's copy beside the pages may not have been written yet.
    file = files.get(address.rpartition("/")[2], folder / address)
    size = png_size(file, file.stat().st_mtime_ns) if file.is_file() else None
    if size is None:
        return ""
    attributes = 'width="{}" height="{}"'.format(*size)
    double = file.with_stem(file.stem + _DOUBLE)
    if "srcset=" in image or IN_A_CARD in image or not double.is_file():
        return attributes
    target = (folder / address).with_stem(Path(address).stem + _DOUBLE)
    copy_newer(double, target)
    name = source[1].rpartition("/")[0] + "/" + quote(target.name)
    return f'{attributes} srcset="{source[1]}, {name} 2x"'


def copy_newer(file: Path, target: Path) -> None:
    """Copy a file unless its copy is as new."""
    if not target.is_file() or target.stat().st_mtime_ns < file.stat().st_mtime_ns:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)


@lru_cache(maxsize=4096)
def png_size(file: Path, changed: int) -> tuple[int, int] | None:
    """Return width and height of a PNG in pixels; ``None`` for another kind of file."""
    with file.open("rb") as data:
        head = data.read(_PNG_HEAD.size)
    if len(head) < _PNG_HEAD.size or not head.startswith(b"\x89PNG"):
        return None
    return _PNG_HEAD.unpack(head)[3:]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after all that writes images into a page."""
    app.connect("html-page-context", complete_images, priority=Rendered.FINISHED_PAGE)
    return METADATA
