"""Scripts in print: their text and figures in the volumes, their code in one of its own.

What a script printed stays with the text that speaks of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site.latex.builder import VolumeBuilder, volume_builder
from d2lnotes.site.latex.elsewhere import elsewhere
from d2lnotes.site.latex.volumes import CODE, gallery
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import own_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_WORDS = {
    "zh": {"code": "代码：{}，", "text": "说明和图：{}"},
    "en": {"code": "Code: {}, ", "text": "Text and figures: {}"},
}


class PartScripts(SphinxPostTransform):
    """Take the code out of the scripts' pages, and all but the code in its volume."""

    builders = ("latex",)
    default_priority = Written.LATEX_SCRIPTS_PARTED

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Change the pages of scripts in place."""
        builder = volume_builder(self)
        if builder is None or builder.volume is None:
            return
        folder = f"{gallery(self.env)}/"
        for file in list(self.document.findall(addnodes.start_of_file)):
            if not file["docname"].startswith(folder):
                continue
            code = [
                block for block in _own(file, nodes.literal_block) if _is_code(block)
            ]
            if builder.volume.key == CODE:
                self._keep_code(file, code)
            else:
                for block in code:
                    block.parent.remove(block)
            if code:
                self._link(builder, file)

    def _keep_code(
        self, file: addnodes.start_of_file, code: list[nodes.literal_block]
    ) -> None:
        for section in list(_own(file, nodes.section)):
            section.children = [
                child for child in section.children if _has_code_or_leads(child, code)
            ]

    def _link(self, builder: VolumeBuilder, file: addnodes.start_of_file) -> None:
        """Say in which volume the other part of a script stands."""
        page = file["docname"]
        in_code = builder.volume is builder.code_volume()
        other = builder.home(page) if in_code else builder.code_volume()
        if other is None:
            return
        words = _WORDS[own_language(self.config)]["text" if in_code else "code"]
        line = nodes.paragraph()
        line += elsewhere(
            builder, other, f"{page}::doc", [nodes.Text(words.format(other.short))]
        )
        section = next(file.findall(nodes.section))
        if in_code:
            section.insert(1, line)
        else:
            line += nodes.literal("", f"{page}.py")
            section += line


def _own(file: addnodes.start_of_file, kind: type[nodes.Element]) -> Iterator[Any]:
    """Yield the nodes of ``kind`` in a page, without those of the pages below it."""
    for child in file.children:
        if isinstance(child, kind):
            yield child
        if isinstance(child, nodes.Element) and not isinstance(
            child, addnodes.start_of_file
        ):
            yield from _own(child, kind)


def _is_code(block: nodes.literal_block) -> bool:
    # So sphinx-gallery 0.22 writes a script's own code; quoted code is "python".
    return block.get("language") == "Python"


def _has_code_or_leads(node: nodes.Node, code: list[nodes.literal_block]) -> bool:
    """Return whether ``node`` is a title, or holds code or pages below."""
    if isinstance(node, nodes.title):
        return True
    return isinstance(node, nodes.Element) and any(
        part in code or isinstance(part, addnodes.start_of_file)
        for part in node.findall(nodes.Element)
    )


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the parting."""
    app.add_post_transform(PartScripts)
    return METADATA
