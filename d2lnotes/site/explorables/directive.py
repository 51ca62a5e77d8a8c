"""Explorables: figures that a reader can operate, computed in the browser.

The directive ``explorable`` takes the name of a widget, which is that of its folder in
``static/explorables``, and, as its content, the figure that stands in its place in PDF
and without JavaScript. The widget stands once and serves both twins; its words are those
of the build's language. PDF and notebooks lead to it, where there is a hosted copy.
A widget whose data are missing (see :mod:`.data`) is left out, and a sentence says why.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.explorables.data import kept_data, lacks_data
from d2lnotes.site.explorables.words import widget_names, word_files, words_of
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language


#: The scripts that every widget is built from, each on those before it.
KIT = ("drawing", "handles", "address", "kit")
# Before the first paint: a page in a frame shows nothing but its explorable.
_EMBED = """
  const embed = new URLSearchParams(location.search).has("embed");
  document.documentElement.toggleAttribute("data-embed", embed);
"""
#: What a link to a widget says.
LINK: dict[Language, str] = {
    "zh": "在网页上动手操作这幅图",
    "en": "Operate this figure on the web",
}


#: What stands in the place of a widget whose data are missing.
MISSING: dict[Language, str] = {
    "zh": "这幅图本来可以操作。它要用一个脚本训练出来的网络，而这个脚本还没有运行过。",
    "en": "This figure could be operated. It needs a network that a script trains, and "
    "that script has not run yet.",
}


class Explorable(nodes.General, nodes.Element):
    """A widget, by ``name``, on ``page``, and the static figure as its child."""

    def address(self, url: str, language: Language) -> str:
        """Return where the widget is in the hosted copy at ``url``, if there is one."""
        page = f"{url}/{language}/{self['page']}.html"
        return f"{page}#explorable={self['name']}" if url else ""


class ExplorableDirective(SphinxDirective):
    """``explorable``: the widget's name as argument, its figure as content."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the place of the widget, with the figure in it."""
        name = self.arguments[0]
        if name not in (known := widget_names()):
            listed = ", ".join(known)
            raise self.error(f"no explorable is called {name!r}; there are: {listed}")
        for file in word_files(name):
            self.env.note_dependency(file)
        if kept := kept_data(name, self.config):
            self.env.note_dependency(kept)
        explorable = Explorable(name=name, page=self.env.docname)
        self.set_source_info(explorable)
        explorable += self.parse_content_to_nodes()
        if next(explorable.findall(nodes.image), None) is None:
            raise self.error(
                f"the explorable {name!r} needs a figure as its content: PDF and "
                "browsers without JavaScript show that"
            )
        return [explorable]


def load_scripts(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the kit and the widgets of a page, and on other pages neither."""
    found = doctree.findall(Explorable) if doctree is not None else ()
    names = sorted(
        {
            widget["name"]
            for widget in found
            if not lacks_data(widget["name"], app.config)
        }
    )
    if names and app.builder.name != "epub":  # whose readers rarely run scripts
        app.add_js_file(None, body=_EMBED, type="text/javascript")
        widgets = [f"{name}/widget" for name in names]
        data = [f"{name}/data" for name in names if kept_data(name, app.config)]
        for file in (*KIT, *data, *widgets):
            app.add_js_file(f"explorables/{file}.js", loading_method="defer")
        for file in ("kit", *widgets):
            app.add_css_file(f"explorables/{file}.css")


def keep_words(app: Sphinx, config: Config) -> None:
    """Copy scripts and styles to the site; the words are in the pages already."""
    config.exclude_patterns = [
        *config.exclude_patterns,
        "**/words.toml",
        "**/data.toml",
    ]


def _visit_html(translator: Any, node: Explorable) -> None:  # noqa: ANN401
    if lacks_data(node["name"], translator.config):
        sentence = MISSING[own_language(translator.config)]
        opening = translator.starttag(node, "div", CLASS="explorable failed")
        translator.body.append(f"{opening}<p>{sentence}</p>\n")
        return
    words = words_of(node["name"], own_language(translator.config))
    data = {
        "data-explorable": node["name"],
        "data-words": json.dumps(words, ensure_ascii=False),
    }
    opening = translator.starttag(node, "div", CLASS="explorable", **data)
    translator.body.append(f'{opening}<div class="explorable-body"></div>\n')


def _depart_html(translator: Any, node: Explorable) -> None:  # noqa: ANN401
    translator.body.append("</div>\n")


def _skip(translator: Any, node: Explorable) -> None:  # noqa: ANN401
    """Write nothing around the figure."""


def _depart_latex(translator: Any, node: Explorable) -> None:  # noqa: ANN401
    language = own_language(translator.config)
    # The value is that of a room that a small site may lack.
    if address := node.address(
        getattr(translator.config, "d2lnotes_url", ""), language
    ):
        link = rf"\href{{{translator.encode_uri(address)}}}{{{LINK[language]}}}"
        translator.body.append(f"\n\\begin{{center}}\\small {link}\\end{{center}}\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the node, the directive and what loads the script."""
    app.add_node(
        Explorable,
        html=(_visit_html, _depart_html),
        latex=(_skip, _depart_latex),
        text=(_skip, _skip),
    )
    app.add_directive("explorable", ExplorableDirective)
    app.connect("config-inited", keep_words)
    app.connect("html-page-context", load_scripts)
    return METADATA
