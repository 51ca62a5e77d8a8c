"""Blocks in the PDF: what goes deeper in small print, answers to predict after a section.

A block is not folded on paper. So the answer to a question that is to be predicted
moves to the end of its section's own text. d2lnotes.sty holds the typography.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site.latex.exercises import between
from d2lnotes.site.lessons.deeper import Deeper, DeeperTitle, Mark
from d2lnotes.site.lessons.exercises import Level
from d2lnotes.site.lessons.predict import Predict, Prediction, PredictTitle
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class MovePredictions(SphinxPostTransform):
    """Move each answer to predict to where a reader has read the section."""

    builders = ("latex",)
    # Before the answers of exercises, which may hold such a block.
    default_priority = Written.LATEX_PREDICTIONS_MOVED

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Name each answer after its question, and put it after the section's text."""
        for block in list(self.document.findall(Predict)):
            answer = next(block.findall(Prediction))
            title = next(child for child in block if isinstance(child, PredictTitle))
            answer.insert(1, PredictTitle("", "", *(x.deepcopy() for x in title)))
            block.remove(answer)
            _put_after_text(answer, block)


def _put_after_text(answer: Prediction, block: Predict) -> None:
    """Put ``answer`` at the end of what ``block`` stands in, before inner sections."""
    inner: nodes.Node = block
    while not isinstance(inner.parent, (nodes.section, Deeper, nodes.document)):
        inner = inner.parent
    around = inner.parent
    place = around.index(inner) + 1
    while place < len(around) and not isinstance(around[place], nodes.section):
        place += 1
    around.insert(place, answer)


def _visit_deeper(translator: Any, node: Deeper) -> None:  # noqa: ANN401
    # Labels that an author gave it are written where they stand, before the block.
    target = translator.hypertarget(node["ids"][0])
    translator.body.append(f"\n\\begin{{coursedeeper}}{{{target}}}")


def _depart_deeper(translator: Any, node: Deeper) -> None:  # noqa: ANN401
    translator.body.append("\\end{coursedeeper}\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register how LaTeX writes the blocks, and the levels of exercises."""
    app.setup_extension("d2lnotes.site.lessons.predict")
    for node_class, visit, depart in (
        (Deeper, _visit_deeper, _depart_deeper),
        (Predict, *between("\n\\begin{coursepredict}", "\\end{coursepredict}\n")),
        (
            Prediction,
            *between("\n\\begin{courseprediction}", "\\end{courseprediction}\n"),
        ),
        (Mark, *between("{", "}")),
        (DeeperTitle, *between("{", "}")),
        (PredictTitle, *between("{", "}")),
        (Level, *between(r"\courselevel{", "}")),
    ):
        app.add_node(node_class, override=True, latex=(visit, depart))
    app.add_post_transform(MovePredictions)
    return METADATA
