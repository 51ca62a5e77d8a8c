"""The chapters of the gallery: their order, that of the contents, and their titles."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from d2lnotes.site.contents import in_order
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.source_text import read_source
from d2lnotes.site.stages import Configured

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

_TITLE = re.compile(r"(?m)^(\S.*)\n[=\-~]{3,}$")


def chapter_title(env: BuildEnvironment, chapter: str) -> str:
    """Return the title of a chapter of the gallery, ``中文 | English``, or its folder."""
    examples = Path(env.srcdir, env.config.sphinx_gallery_conf["examples_dirs"])
    header = examples / chapter / "GALLERY_HEADER.rst"
    if not header.is_file():
        return chapter
    env.note_dependency(header)
    found = _TITLE.search(read_source(header))
    return found[1] if found else chapter


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
