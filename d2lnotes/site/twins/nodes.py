"""The document nodes that hold two languages, and their HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes

from d2lnotes.site._sphinx import forget_document
from d2lnotes.site.twins.languages import HTML_TAGS, own_language

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config

    from d2lnotes.site.twins.languages import Language


class Twin(nodes.General, nodes.Element):
    """A Chinese :class:`Half` and its English one."""


class Half(nodes.General, nodes.Element):
    """One language of a twin; ``lang`` is zh or en."""


class HalfText(nodes.Inline, nodes.TextElement):
    """The other language of a title, caption, term or label.

    It is no part of the title's own text: search and contents must not see it.
    """

    def astext(self) -> str:
        """Return nothing, so that no title, index or table of contents holds it."""
        return ""


def language_around(node: nodes.Node, config: Config) -> Language:
    """Return the language of the half that ``node`` stands in, or the build's own."""
    half = _half_around(node)
    return own_language(config) if half is None else half["lang"]


def stands_in_half(node: nodes.Node) -> bool:
    """Return whether ``node`` is shown in one of the languages only."""
    return _half_around(node) is not None


def _half_around(node: nodes.Node) -> Half | None:
    parent = node.parent
    while parent is not None and not isinstance(parent, Half):
        parent = parent.parent
    return parent


def loose(pieces: Iterable[nodes.Node]) -> list[nodes.Node]:
    """Return copies of ``pieces`` that can be kept without the page they stand on.

    A node knows its document, and a copy the same: who keeps it keeps all of the page.
    """
    copies = [piece.deepcopy() for piece in pieces]
    for copy in copies:
        for node in copy.findall():
            forget_document(node)
    return copies


def _visit_twin(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append(translator.starttag(node, "div", CLASS="twin"))


def _visit_half(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    tag = "span" if isinstance(node, HalfText) else "div"
    shown = own_language(translator.config) == node["lang"]
    classes = ["half", node["lang"], "own" if shown else "other"]
    attributes = {"class": " ".join(classes), "lang": HTML_TAGS[node["lang"]]}
    translator.body.append(translator.starttag(node, tag, "", **attributes))
    translator.context.append(f"</{tag}>")


def _depart_half(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append(translator.context.pop())


def _depart_twin(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append("</div>\n")


def add_nodes(app: Sphinx) -> None:
    """Register the nodes; formats other than HTML never see them."""
    app.add_node(Twin, html=(_visit_twin, _depart_twin))
    app.add_node(Half, html=(_visit_half, _depart_half))
    app.add_node(HalfText, html=(_visit_half, _depart_half))
