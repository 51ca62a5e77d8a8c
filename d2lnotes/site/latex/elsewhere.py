"""References from one volume to another: in print, what is meant and the volume it is in.

On a screen they lead into the other volume's PDF, and in the book whole to the place
itself. A number that only the other volume's LaTeX would give comes from Sphinx, which
counts as LaTeX does wherever pages are numbered; elsewhere the title has to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import number_reference
from sphinx.builders.latex.nodes import math_reference
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site.latex.builder import VolumeBuilder, volume_builder
from d2lnotes.site.latex.lookups import walk
from d2lnotes.site.latex.volumes import FRONT, Volume
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Iterator, Set

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_IN = {"zh": "（{}）", "en": " ({})"}


class Elsewhere(nodes.Inline, nodes.TextElement):
    """Words that lead to the ``label`` in the PDF with the name ``file``."""


class NameVolumes(SphinxPostTransform):
    """Turn the references that leave a volume into words that name the other one."""

    builders = ("latex",)
    default_priority = Written.LATEX_VOLUMES_NAMED

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Replace each of them."""
        builder = volume_builder(self)
        if builder is None:
            return
        own = builder.inside
        cut = _labels(self.document, builder.lookups)
        for node, page, label in list(_references(self.document)):
            if page in own and (
                page not in builder.lookups or f"{page}:{label}" in cut
            ):
                continue
            shown = self._words(node, page, label)
            home = builder.home(page)
            if home and home is not builder.volume:
                # LaTeX has no place to lead to inside a formula
                place = ":doc" if isinstance(node, math_reference) else label
                link = elsewhere(builder, home, f"{page}:{place}", shown)
                shown = [link, *self._named(node, home)]
            node.replace_self(shown)

    def _named(self, node: nodes.Element, home: Volume) -> list[nodes.Node]:
        """Return the volume's name, unless the heading around gives it already."""
        if _is_listed(node):
            return []
        return [nodes.Text(_IN[own_language(self.config)].format(home.short))]

    def _words(self, node: nodes.Element, page: str, label: str) -> list[nodes.Node]:
        """Return what a reference shows: its words, a number or the page's title."""
        if not isinstance(node, number_reference | math_reference):
            return node.children
        numbers = self.env.toc_fignumbers.get(page, {})
        if isinstance(node, math_reference):
            number = _number(numbers.get("displaymath", {}), label)
            return [nodes.Text(self.config.math_eqref_format.format(number=number))]
        for numbered in numbers.values():
            if label in numbered and self.env.toc_secnumbers.get(page):
                title = str(node.get("title", "%s"))
                return [nodes.Text(title % _number(numbered, label))]
        sections = self.env.toc_secnumbers.get(page, {})
        if found := sections.get(f"#{label}") or sections.get(""):
            shown = ".".join(map(str, found))
            return [nodes.Text(str(node.get("title", "%s")) % shown)]
        return [nodes.Text(self.env.titles[page].astext())]


class WriteFront(SphinxPostTransform):
    """Write the contents of the book whole: its volumes and their chapters."""

    builders = ("latex",)
    default_priority = Written.LATEX_VOLUMES_NAMED

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Fill the document, which is empty."""
        builder = volume_builder(self)
        if builder is None or builder.volume is None or builder.volume.key != FRONT:
            return
        for volume in builder.volumes[1:]:
            pages = volume.chapters or volume.scripts
            line, chapters = nodes.paragraph(), nodes.bullet_list()
            title = nodes.strong("", volume.title)
            line += elsewhere(builder, volume, f"{pages[0]}::doc", [title])
            for page in pages:
                words = [piece.deepcopy() for piece in self.env.titles[page].children]
                link = elsewhere(builder, volume, f"{page}::doc", words)
                chapters += nodes.list_item("", nodes.paragraph("", "", link))
            self.document[0] += [line, chapters]


def _number(numbered: dict[str, tuple[int, ...]], label: str) -> str:
    return ".".join(map(str, numbered.get(label, ())))


def elsewhere(
    builder: VolumeBuilder, volume: Volume, label: str, words: list[nodes.Node]
) -> Elsewhere:
    """Return ``words`` as a link to ``label`` in another volume."""
    file = f"{builder.name_of(volume)}.pdf"
    return Elsewhere("", "", *words, file=file, label=label)


def _references(
    document: nodes.document,
) -> Iterator[tuple[nodes.Element, str, str]]:
    """Yield each reference to a page, with the page and the label there."""
    for node in document.findall(nodes.Element):
        if isinstance(node, math_reference):
            yield node, node["docname"], nodes.make_id(f"equation-{node['target']}")
        elif isinstance(node, nodes.reference | number_reference):
            uri = node.get("refuri", "")
            if uri.startswith("%"):
                page, _, label = uri[1:].partition("#")
                yield node, page, label or ":doc"


def _labels(document: nodes.document, pages: Set[str]) -> set[str]:
    """Return the labels that are left on ``pages``, which have been cut down."""
    return {
        f"{page}:{label}"
        for page, node in walk(document, "")
        if page in pages and isinstance(node, nodes.Element)
        for label in node["ids"]
    }


def _is_listed(node: nodes.Element) -> bool:
    """Return whether ``node`` stands in the list of exercises, below its chapter's name."""
    parent = node.parent
    while parent is not None:
        if {"exercise-list", "exercise-page"} & set(parent.get("classes", ())):
            return True
        parent = parent.parent
    return False


def _visit(translator: Any, node: Elsewhere) -> None:  # noqa: ANN401
    label = translator.idescape(node["label"])
    translator.body.append(rf"\courseelsewhere{{{node['file']}}}{{{label}}}{{")


def _depart(translator: Any, node: Elsewhere) -> None:  # noqa: ANN401
    translator.body.append("}")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the naming of volumes."""
    app.add_node(Elsewhere, latex=(_visit, _depart))
    app.add_post_transform(NameVolumes)
    app.add_post_transform(WriteFront)
    return METADATA
