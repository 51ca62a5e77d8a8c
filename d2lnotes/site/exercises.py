"""Exercises and their answers: numbered, referable, the answers folded.

``exercise`` takes its title as argument and its label as option; ``solution``
takes the label of the exercise it answers. An answer to an unknown exercise
and a second answer to the same one are errors.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.source_lines import source_location

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata, OptionSpec

Visit = Callable[[Any, Any], None]

logger = logging.getLogger(__name__)

# Where a page's labels are kept in its metadata.
_LABELS = "d2lnotes_exercises"
_ANSWERS = "d2lnotes_answers"


class Exercise(nodes.Admonition, nodes.Element):
    """A numbered exercise: a title, then the question."""


class Solution(nodes.General, nodes.Element):
    """The folded answer to an exercise: a :class:`SolutionTitle`, then the answer."""


class SolutionTitle(nodes.TextElement):
    """The line that unfolds an answer."""


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


class SolutionDirective(SphinxDirective):
    """``solution``: the label of the exercise as argument."""

    has_content = True
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the answer under a bilingual title."""
        self.assert_has_content()
        label = nodes.fully_normalize_name(self.arguments[0])
        solution = Solution(exercise=label)
        self.set_source_info(solution)
        title = SolutionTitle("", "答案 | Answer")
        self.set_source_info(title)
        solution += [title, *self.parse_content_to_nodes()]
        solution["location"] = source_location(self.env, solution)
        return [solution]


def note_exercises(app: Sphinx, doctree: nodes.document) -> None:
    """Keep the labels of a page's exercises and answers with its metadata."""
    facts = app.env.metadata[app.env.current_document.docname]
    facts[_LABELS] = [node["label"] for node in doctree.findall(Exercise)]
    facts[_ANSWERS] = [
        (node["exercise"], node["location"]) for node in doctree.findall(Solution)
    ]


def check_solutions(app: Sphinx, env: BuildEnvironment) -> None:
    """Report answers whose exercise does not exist or already has one."""
    pages = [env.metadata[name] for name in sorted(env.found_docs)]
    exercises = {label for page in pages for label in page.get(_LABELS, [])}
    answered = set()
    for label, location in (
        found for page in pages for found in page.get(_ANSWERS, [])
    ):
        if label not in exercises:
            problem = f"answer to an unknown exercise “{label}”"
            logger.warning(problem, location=location, type="exercises")
        elif label in answered:
            problem = f"second answer to the exercise “{label}”"
            logger.warning(problem, location=location, type="exercises")
        answered.add(label)


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


def _visit_exercise_latex(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    # d2lnotes.sty numbers the exercise first, so that the label refers to it.
    target = translator.hypertarget_to(node)
    name = translator.config.numfig_format["exercise"] % r"\thecourseexercise"
    translator.body.append(f"\n\\begin{{courseexercise}}{{{target}}}{{{name}}}")


def _depart_exercise_latex(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append("\\end{courseexercise}\n")


def _visit_answer_latex(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append("\n\\begin{courseanswer}")


def _depart_answer_latex(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append("\\end{courseanswer}\n")


def _visit_answer_title_latex(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append("{")


def _depart_answer_title_latex(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append("}\n")


def _skip(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    """Write nothing before or after the children."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register nodes, directives and the check."""
    app.add_enumerable_node(
        Exercise,
        "exercise",
        _title,
        html=_tags("div.admonition exercise", "</div>\n"),
        latex=(_visit_exercise_latex, _depart_exercise_latex),
        text=(_skip, _skip),
    )
    app.add_node(
        Solution,
        html=_tags("details.solution", "</details>\n"),
        latex=(_visit_answer_latex, _depart_answer_latex),
        text=(_skip, _skip),
    )
    app.add_node(
        SolutionTitle,
        html=_tags("summary", "</summary>\n"),
        latex=(_visit_answer_title_latex, _depart_answer_title_latex),
        text=(_skip, _skip),
    )
    app.add_latex_package("d2lnotes")
    app.add_directive("exercise", ExerciseDirective)
    app.add_directive("solution", SolutionDirective)
    # After Sphinx has collected the metadata (500).
    app.connect("doctree-read", note_exercises, priority=600)
    app.connect("env-check-consistency", check_solutions)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
