"""What was published of scripts that are gone: removed with their pages and pictures.

The gallery's own folder is cleared before scripts run. The pages and pictures that
Sphinx made from it stay until somebody removes them, and would be packed with the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Finished

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_PICTURES = "sphx_glr_*"  # as sphinx-gallery calls figures and thumbnails


def remove_published(app: Sphinx, exception: Exception | None) -> None:
    """Remove pages and pictures of scripts that this build no longer knows."""
    if exception is not None or app.builder.format != "html":
        return
    folder = app.config.sphinx_gallery_conf["gallery_dirs"]
    out = Path(app.outdir)
    for page in (out / folder).rglob("*.html"):
        if page.relative_to(out).with_suffix("").as_posix() not in app.env.found_docs:
            page.unlink()
    sources = Path(app.srcdir, folder).rglob(f"images/**/{_PICTURES}")
    # Sphinx gives pictures of the same name in two chapters names of their own.
    kept = {path.name for path in sources} | {
        name for _, name in app.env.images.values()
    }
    for picture in (out / app.builder.imagedir).glob(_PICTURES):
        if picture.name not in kept:
            picture.unlink()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after the pages were written."""
    app.connect("build-finished", remove_published, priority=Finished.LEFTOVERS_REMOVED)
    return METADATA
