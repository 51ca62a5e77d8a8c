"""The search page: the theme's, with a script and an index of our own.

Sphinx would write an index of its own, in one piece that grows with the course, and
lose the entries of all pages that a build does not write. It is told not to search.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from d2lnotes.site._sphinx import browser_stemmers, switch_off_search
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.search.index import VERSION
from d2lnotes.site.stages import Rendered
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

_SEARCH_BAR = {"zh": "搜索课程…", "en": "Search the course…"}
_STEMMER = ("base-stemmer.js", "english-stemmer.js")


def prepare(app: Sphinx, config: Config) -> None:
    """Order the search page, its stemmer, and the words of the theme's search field."""
    config.html_additional_pages = {
        **config.html_additional_pages,
        "search": "search.html",
    }
    scripts = (str(browser_stemmers() / name) for name in _STEMMER)
    config.html_static_path = [*config.html_static_path, *scripts]
    if config.html_theme == "pydata_sphinx_theme":
        text = _SEARCH_BAR[own_language(config)]
        config.html_theme_options.setdefault("search_bar_text", text)


def without_own_index(app: Sphinx) -> None:
    """Keep Sphinx from making its index."""
    if app.builder.name == "html":
        switch_off_search(app.builder)


def link_search_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Tell the templates that there is a search page although Sphinx does not search."""
    if has_page := context.get("hasdoc"):
        context["hasdoc"] = lambda name: name == "search" or has_page(name)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register what makes the search page, and the suggestions of each search field."""
    app.add_config_value("d2lnotes_search_version", VERSION, "html", frozenset({str}))
    app.add_js_file("suggest.js", loading_method="defer")
    app.add_css_file("search.css")
    app.connect("config-inited", prepare)
    app.connect("builder-inited", without_own_index)
    app.connect(
        "html-page-context", link_search_page, priority=Rendered.WORDS_AND_LINKS
    )
    return METADATA
