"""Exercises, hints and answers: the exercises numbered and referable, the rest folded.

``exercise`` takes its title as argument and its label as option; ``hint`` and
``solution`` take the label of the exercise they belong to. Either of them for an
unknown exercise, and a second one for the same exercise, are errors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import HasBeenRead
from d2lnotes.site.twins.source_lines import source_location

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata, OptionSpec

Visit = Callable[[Any, Any], None]

logger = logging.getLogger(__name__)

# Where a page's labels are kept in its metadata.
_LABELS = "d2lnotes_exercises"
_FOLDS = "d2lnotes_folds"
# How a message names what is folded.
_WORDS = {"hint": "hint for", "solution": "answer to"}


class Exercise(nodes.Admonition, nodes.Element):
    """A numbered exercise: a title, then the question."""


class Hint(nodes.General, nodes.Element):
    """A folded hint: a :class:`FoldTitle`, then what helps."""


class Solution(nodes.General, nodes.Element):
    """The folded answer to an exercise: a :class:`FoldTitle`, then the answer."""


class FoldTitle(nodes.TextElement):
    """The line that unfolds a hint or an answer."""


@dataclass(frozen=True)
class ExerciseFacts:
    """What a list of exercises tells about one of them."""

    label: str
    answered_by_code: bool


class ExerciseDirective(SphinxDirective):
    """``exercise``: title as argument, ``label`` as option."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {"label": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        """Return the exercise, registered as a target under its label."""
        self.assert_has_content()
        if "label" not in self.options:
            raise self.error("an exercise needs a label: add the line  :label: ex-…")
        label = nodes.fully_normalize_name(self.options["label"])
        exercise = Exercise(label=label, names=[label])
        self.set_source_info(exercise)
        text, messages = self.parse_inline(self.arguments[0], lineno=self.lineno)
        title = nodes.title(self.arguments[0], "", *text)
        self.set_source_info(title)
        exercise += [title, *messages, *self.parse_content_to_nodes()]
        self.state.document.note_explicit_target(exercise)
        return [exercise]


class _FoldDirective(SphinxDirective):
    """Something folded that belongs to the exercise whose label is its argument."""

    has_content = True
    required_arguments = 1
    node_class: ClassVar[type[nodes.Element]]
    title: ClassVar[str]

    def run(self) -> list[nodes.Node]:
        """Return the content under a bilingual title."""
        self.assert_has_content()
        label = nodes.fully_normalize_name(self.arguments[0])
        fold = self.node_class(exercise=label)
        self.set_source_info(fold)
        title = FoldTitle("", self.title)
        self.set_source_info(title)
        fold += [title, *self.parse_content_to_nodes()]
        fold["location"] = source_location(self.env, fold)
        return [fold]


class HintDirective(_FoldDirective):
    """``hint``: what helps with an exercise, before its answer."""

    node_class = Hint
    title = "提示 | Hint"


class SolutionDirective(_FoldDirective):
    """``solution``: the answer to an exercise."""

    node_class = Solution
    title = "答案 | Answer"


def note_exercises(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the labels of a page's exercises, hints and answers with its metadata."""
    facts = app.env.metadata[app.env.current_document.docname]
    facts[_LABELS] = [node["label"] for node in doctree.findall(Exercise)]
    facts[_FOLDS] = [
        (kind, node["exercise"], node["location"], _holds_python(node))
        for kind, node_class in (("hint", Hint), ("solution", Solution))
        for node in doctree.findall(node_class)
    ]


def _holds_python(node: nodes.Element) -> bool:
    blocks = node.findall(nodes.literal_block)
    return any(block.get("language") == "python" for block in blocks)


def exercises_of(env: BuildEnvironment, page: str) -> list[ExerciseFacts]:
    """Return the exercises of ``page`` in their order."""
    facts = env.metadata[page]
    by_code = {
        label
        for kind, label, _, by_code in facts.get(_FOLDS, [])
        if kind == "solution" and by_code
    }
    return [ExerciseFacts(name, name in by_code) for name in facts.get(_LABELS, [])]


def check_folds(app: Sphinx, env: BuildEnvironment) -> None:
    """Report hints and answers whose exercise does not exist or already has one."""
    pages = [env.metadata[name] for name in sorted(env.found_docs)]
    exercises = {label for page in pages for label in page.get(_LABELS, [])}
    seen = set()
    for kind, label, location, _ in (
        found for page in pages for found in page.get(_FOLDS, [])
    ):
        if label not in exercises:
            problem = f"{_WORDS[kind]} an unknown exercise “{label}”"
            logger.warning(problem, location=location, type="exercises")
        elif (kind, label) in seen:
            problem = f"second {_WORDS[kind]} the exercise “{label}”"
            logger.warning(problem, location=location, type="exercises")
        seen.add((kind, label))


def _title(node: nodes.Node) -> str:
    return node[0].astext()  # type: ignore[index]


def _tags(opening: str, closing: str) -> tuple[Visit, Visit]:
    """Return visit and depart functions that write these two HTML tags."""

    def visit(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
        name, _, classes = opening.partition(".")
        translator.body.append(translator.starttag(node, name, "", CLASS=classes))

    def depart(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
        translator.body.append(closing)

    return visit, depart


def _skip(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    """Write nothing before or after the children."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register nodes, directives and the check."""
    app.add_enumerable_node(
        Exercise,
        "exercise",
        _title,
        html=_tags("div.admonition exercise", "</div>\n"),
        text=(_skip, _skip),
    )
    for node_class, name in ((Hint, "hint"), (Solution, "solution")):
        app.add_node(
            node_class,
            html=_tags(f"details.{name}", "</details>\n"),
            text=(_skip, _skip),
        )
    app.add_node(
        FoldTitle,
        html=_tags("summary", "</summary>\n"),
        text=(_skip, _skip),
    )
    app.add_directive("exercise", ExerciseDirective)
    # docutils has a box of this name; this one belongs to an exercise.
    app.add_directive("hint", HintDirective, override=True)
    app.add_directive("solution", SolutionDirective)
    # After Sphinx has collected the metadata (500).
    app.connect("doctree-read", note_exercises, priority=HasBeenRead.EXERCISES_NOTED)
    app.connect("env-check-consistency", check_folds)
    return METADATA
