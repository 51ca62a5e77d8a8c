"""The chapters of the gallery stand in the order of the course's contents."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from d2lnotes.site.contents import in_order
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Configured

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata


def order_chapters(app: Sphinx, config: Config) -> None:
    """Tell sphinx-gallery, which lists folders only, in which order they come."""
    conf = config.sphinx_gallery_conf
    examples = Path(app.srcdir, conf["examples_dirs"])
    folders = (header.parent.name for header in examples.glob("*/GALLERY_HEADER.*"))
    chapters = in_order(folders, Path(app.srcdir))
    conf["subsection_order"] = [f"{conf['examples_dirs']}/{name}" for name in chapters]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come before sphinx-gallery looks at its settings."""
    app.connect("config-inited", order_chapters, priority=Configured.CHAPTER_ORDER)
    return METADATA
