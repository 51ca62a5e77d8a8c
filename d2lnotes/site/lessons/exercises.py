"""Exercises, hints and answers: the exercises numbered and referable, the rest folded.

``exercise`` takes its title as argument, its label and its level as options; ``hint``
and ``solution`` take the label of the exercise they belong to. Either of them for an
unknown exercise, a second one for the same exercise, and an exercise without an answer
are errors.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site._sphinx import builder_of
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import HasBeenRead, Written
from d2lnotes.site.twins.languages import other_language, own_language
from d2lnotes.site.twins.nodes import HalfText
from d2lnotes.site.twins.source_lines import source_location

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata, OptionSpec

    from d2lnotes.site.twins.languages import Language

Visit = Callable[[Any, Any], None]

logger = logging.getLogger(__name__)

#: The levels of an exercise, from easy to hard, and their names.
LEVELS: dict[str, dict[Language, str]] = {
    "warm-up": {"zh": "热身", "en": "warm-up"},
    "core": {"zh": "核心", "en": "core"},
    "challenge": {"zh": "挑战", "en": "challenge"},
}
# A label is part of addresses, of scripts and of names that browsers keep.
_LABEL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
# Where a page's exercises and what belongs to them are kept in its metadata.
_EXERCISES = "d2lnotes_exercises"
_FOLDS = "d2lnotes_folds"
# How a message names what is folded.
_WORDS = {"hint": "hint for", "solution": "answer to"}


class Exercise(nodes.Admonition, nodes.Element):
    """A numbered exercise: a title, then the question; ``level`` may be empty."""


class Level(nodes.Inline, nodes.TextElement):
    """The level beside an exercise's title, which does not belong to its name."""

    def astext(self) -> str:
        """Return nothing, so that no list, index or search takes it for the title."""
        return ""


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
    level: str  # empty if the page does not say
    answered_by_code: bool


class ExerciseDirective(SphinxDirective):
    """``exercise``: title as argument, ``label`` and ``level`` as options."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {
        "label": directives.unchanged_required,
        "level": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        """Return the exercise, registered as a target under its label."""
        self.assert_has_content()
        label = self._label()
        exercise = Exercise(label=label, names=[label])
        self.set_source_info(exercise)
        exercise["level"] = self._level(exercise)
        text, messages = self.parse_inline(self.arguments[0], lineno=self.lineno)
        title = nodes.title(self.arguments[0], "", *text)
        self.set_source_info(title)
        exercise += [title, *messages, *self.parse_content_to_nodes()]
        self.state.document.note_explicit_target(exercise)
        return [exercise]

    def _label(self) -> str:
        label = self.options.get("label", "")
        if not label:
            raise self.error("an exercise needs a label: add the line  :label: ex-…")
        if not _LABEL.fullmatch(label):
            raise self.error(
                "the label of an exercise has letters, digits, dots and hyphens only, "
                f"such as  ex-step-too-far;  got “{label}”"
            )
        return nodes.fully_normalize_name(label)

    def _level(self, exercise: Exercise) -> str:
        level = str(self.options.get("level", "")).strip()
        if "level" not in self.options or level in LEVELS:
            return level
        logger.warning(
            "an exercise has the level %s; got “%s”",
            " or ".join(LEVELS),
            level,
            location=source_location(self.env, exercise),
            type="exercises",
            subtype="level",
        )
        return ""


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
    """Keep what a page's exercises, hints and answers are with its metadata."""
    facts = app.env.metadata[app.env.current_document.docname]
    facts[_EXERCISES] = [
        (node["label"], node["level"], source_location(app.env, node))
        for node in doctree.findall(Exercise)
    ]
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
    return [
        ExerciseFacts(label, level, label in by_code)
        for label, level, _ in facts.get(_EXERCISES, [])
    ]


def check_folds(app: Sphinx, env: BuildEnvironment) -> None:
    """Report what belongs to no exercise, or is a second one, or is missing."""
    pages = [env.metadata[name] for name in sorted(env.found_docs)]
    exercises = {
        label: location
        for page in pages
        for label, _, location in page.get(_EXERCISES, [])
    }
    seen = set()
    for kind, label, location, _ in (
        found for page in pages for found in page.get(_FOLDS, [])
    ):
        if label not in exercises:
            problem = f"{_WORDS[kind]} an unknown exercise “{label}”"
            logger.warning(
                problem, location=location, type="exercises", subtype="unknown"
            )
        elif (kind, label) in seen:
            problem = f"second {_WORDS[kind]} the exercise “{label}”"
            logger.warning(
                problem, location=location, type="exercises", subtype="twice"
            )
        seen.add((kind, label))
    for label, location in exercises.items():
        if ("solution", label) not in seen:
            problem = (
                f"no answer to the exercise “{label}”: add  :::{{solution}} {label}"
            )
            logger.warning(
                problem, location=location, type="exercises", subtype="unanswered"
            )


class ShowLevels(SphinxPostTransform):
    """Write the level of an exercise beside its title."""

    # Once titles hold both of their halves.
    default_priority = Written.LEVELS_SHOWN

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Add the level in the language of the build, for HTML in the other one too."""
        own, other = own_language(self.config), other_language(self.config)
        for exercise in self.document.findall(Exercise):
            if names := LEVELS.get(exercise["level"]):
                classes = ["level", f"level-{exercise['level']}", "no-search"]
                level = Level("", names[own], classes=classes)
                if builder_of(self.env).format == "html":
                    level += HalfText(
                        "", names[other], lang=other, classes=["no-search"]
                    )
                exercise[0] += level


def _title(node: nodes.Node) -> str:
    return node[0].astext()  # type: ignore[index]


def tags(opening: str, closing: str) -> tuple[Visit, Visit]:
    """Return visit and depart functions that write these two HTML tags."""

    def visit(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
        name, _, classes = opening.partition(".")
        translator.body.append(translator.starttag(node, name, "", CLASS=classes))

    def depart(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
        translator.body.append(closing)

    return visit, depart


def skip(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    """Write nothing before or after the children."""


def _visit_level(translator: Any, node: Level) -> None:  # noqa: ANN401
    translator.body.append(" ")
    translator.body.append(translator.starttag(node, "span", ""))


def _depart_level(translator: Any, node: Level) -> None:  # noqa: ANN401
    translator.body.append("</span>")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register nodes, directives and the check."""
    app.add_enumerable_node(
        Exercise,
        "exercise",
        _title,
        html=tags("div.admonition exercise", "</div>\n"),
        text=(skip, skip),
    )
    for node_class, name in ((Hint, "hint"), (Solution, "solution")):
        app.add_node(
            node_class,
            html=tags(f"details.{name}", "</details>\n"),
            text=(skip, skip),
        )
    app.add_node(
        FoldTitle,
        html=tags("summary", "</summary>\n"),
        text=(skip, skip),
    )
    app.add_node(Level, html=(_visit_level, _depart_level), text=(skip, skip))
    app.add_post_transform(ShowLevels)
    app.add_directive("exercise", ExerciseDirective)
    # docutils has a box of this name; this one belongs to an exercise.
    app.add_directive("hint", HintDirective, override=True)
    app.add_directive("solution", SolutionDirective)
    # After Sphinx has collected the metadata (500).
    app.connect("doctree-read", note_exercises, priority=HasBeenRead.EXERCISES_NOTED)
    app.connect("env-check-consistency", check_folds)
    return METADATA
