"""The block ``predict``: a question to answer before reading on, and a folded answer.

Its title is the question's name in both languages; a line ``---`` parts the question
from the answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.lessons.deeper import Mark, block_title
from d2lnotes.site.lessons.exercises import FoldTitle, skip, tags
from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


class Predict(nodes.General, nodes.Element):
    """A :class:`Mark`, a :class:`PredictTitle`, the question, a :class:`Prediction`."""


class PredictTitle(nodes.TextElement):
    """The name of the question."""


class Prediction(nodes.General, nodes.Element):
    """The folded answer: a :class:`FoldTitle`, then the answer."""


class PredictDirective(SphinxDirective):
    """``predict``: title as argument; question, ``---`` and answer as content."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the question with its answer at its end."""
        block = Predict()
        self.set_source_info(block)
        title = block_title(self, PredictTitle)
        question, answer = self._parted(self.parse_content_to_nodes())
        fold = Prediction("", FoldTitle("", "答案 | Answer"), *answer)
        mark = Mark("", "先猜一猜 | Predict first", classes=["no-search"])
        block += [mark, title, *question, fold]
        for node in (fold, fold[0], mark):
            self.set_source_info(node)
        return [block]

    def _parted(
        self, content: list[nodes.Node]
    ) -> tuple[list[nodes.Node], list[nodes.Node]]:
        lines = [isinstance(node, nodes.transition) for node in content]
        if lines.count(True) != 1:
            raise self.error(
                "a predict block has one line  ---  between its question and its "
                f"answer, with a blank line before it; got {lines.count(True)}"
            )
        place = lines.index(True)
        question, answer = content[:place], content[place + 1 :]
        if not question or not answer:
            missing = "answer after" if question else "question before"
            raise self.error(f"a predict block needs its {missing} the line  ---")
        return question, answer


def _visit_block(translator: Any, node: Predict) -> None:  # noqa: ANN401
    translator.body.append(translator.starttag(node, "div", CLASS="predict"))
    translator.body.append('<p class="predict-title">')


def _visit_title(translator: Any, node: PredictTitle) -> None:  # noqa: ANN401
    translator.body.append(translator.starttag(node, "span", "", CLASS="block-title"))


def _depart_title(translator: Any, node: PredictTitle) -> None:  # noqa: ANN401
    translator.body.append("</span></p>\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register nodes and directive."""
    app.setup_extension("d2lnotes.site.lessons.deeper")
    _, end_block = tags("div", "</div>\n")
    app.add_node(Predict, html=(_visit_block, end_block), text=(skip, skip))
    app.add_node(PredictTitle, html=(_visit_title, _depart_title), text=(skip, skip))
    fold = tags("details.prediction", "</details>\n")
    app.add_node(Prediction, html=fold, text=(skip, skip))
    app.add_directive("predict", PredictDirective)
    return METADATA
