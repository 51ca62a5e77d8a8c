"""The Sphinx extension of the course: one room for each of its features.

Importing this package loads no Sphinx: ``d2lnotes.site.command`` runs without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

#: Extensions of others that the course is written with, then our rooms, in the order
#: in which they are set up.
EXTENSIONS = (
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "sphinxcontrib.bibtex",
    "d2lnotes.site.sources",
    "d2lnotes.site.twins",
    "d2lnotes.site.glossary",
    "d2lnotes.site.lessons",
    "d2lnotes.site.explorables",
    "d2lnotes.site.gallery",
    "d2lnotes.site.results",
    "d2lnotes.site.search",
    "d2lnotes.site.math",
    "d2lnotes.site.html",
    "d2lnotes.site.downloads",
    "d2lnotes.site.latex",
)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Set up everything that the course needs."""
    for name in EXTENSIONS:
        app.setup_extension(name)
    return METADATA
