"""The directive ``exercise-list``: all exercises of the course, by chapter and page.

What it shows stands on other pages, so it is written when all have been read, and
written again when one of them changes what it says. ``exercise_filter.js`` chooses
among the exercises by level.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import make_refnode

from d2lnotes.site._sphinx import builder_of
from d2lnotes.site.lessons.exercises import LEVELS, ExerciseFacts, exercises_of
from d2lnotes.site.lessons.front_matter import chapter_of, in_reading_order
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import own_language
from d2lnotes.site.twins.references import (
    title_in_words,
    title_nodes,
    title_reference,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

_LISTED = "d2lnotes_exercise_list"
_WORDS = {
    "zh": {
        "sum": "共 {all} 道练习，都有答案，其中 {code} 道的答案里有能运行的代码。",
        "by code": "代码作答",
    },
    "en": {
        "sum": "{all} exercises, all answered, {code} of them by code that runs.",
        "by code": "answered by code",
    },
}


class ExerciseList(nodes.General, nodes.Element):
    """Stands for the list until all pages have been read."""


class ExerciseListDirective(SphinxDirective):
    """``exercise-list``: takes nothing, and leaves a place for the list."""

    def run(self) -> list[nodes.Node]:
        """Return the place, and remember the page that it is on."""
        self.env.metadata[self.env.current_document.docname][_LISTED] = True
        return [ExerciseList()]


def add_filter(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the filter on the pages with the list."""
    if _LISTED in app.env.metadata.get(pagename, {}):
        app.add_js_file("list_filter.js", loading_method="defer")
        app.add_js_file("exercise_filter.js", loading_method="defer")


class WriteExerciseList(SphinxPostTransform):
    """Write the list in the language of the build."""

    # Before references show the titles of their pages (5).
    default_priority = Written.GENERATED_LISTS

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Put the list in its place."""
        self.own = own_language(self.config)
        for place in list(self.document.findall(ExerciseList)):
            place.replace_self(self._chapters())

    def _chapters(self) -> list[nodes.Node]:
        here = self.env.current_document.docname
        facts = all_exercises(self.env)
        exercises = [exercise for found in facts.values() for exercise in found]
        by_code = sum(exercise.answered_by_code for exercise in exercises)
        text = _WORDS[self.own]["sum"].format(all=len(exercises), code=by_code)
        shown: list[nodes.Node] = [nodes.paragraph("", text)]
        chapter = ""
        for page, found in facts.items():
            if chapter_of(page) != chapter:
                chapter = chapter_of(page)
                link = title_reference(f"{chapter}/index", refdoc=here)
                options = {"heading-level": 2}
                shown.append(nodes.rubric("", "", link, ids=[chapter], **options))
            name = nodes.paragraph(classes=["exercise-page"])
            name += title_reference(page, refdoc=here)
            items = nodes.bullet_list(classes=["exercise-list", "no-search"])
            items += [self._item(page, exercise, here) for exercise in found]
            shown += [name, items]
        return shown

    def _item(self, page: str, exercise: ExerciseFacts, here: str) -> nodes.Node:
        name = self.config.numfig_format.get("exercise", "%s")
        domain = self.env.domains.standard_domain
        _, target = domain.anonlabels[exercise.label]
        numbers = self.env.toc_fignumbers.get(page, {}).get("exercise", {})
        number = ".".join(map(str, numbers.get(target, ())))
        text = nodes.inline("", f"{name % number} ")
        text += title_nodes(self.env, page, target, self.own)
        builder = builder_of(self.env)
        line = nodes.paragraph("", "", make_refnode(builder, here, page, target, text))
        if exercise.level:
            classes = ["level", f"level-{exercise.level}"]
            words = LEVELS[exercise.level][self.own]
            line += [nodes.Text(" "), nodes.inline("", words, classes=classes)]
        if exercise.answered_by_code:
            words = _WORDS[self.own]["by code"]
            line += [nodes.Text(" "), nodes.inline("", words, classes=["by-code"])]
        return nodes.list_item("", line)


def all_exercises(env: BuildEnvironment) -> dict[str, list[ExerciseFacts]]:
    """Return the exercises of all pages that have some, in the order of reading."""
    pages = {page: exercises_of(env, page) for page in in_reading_order(env)}
    return {page: found for page, found in pages.items() if found}


def shown_exercises(env: BuildEnvironment) -> dict[str, object]:
    """Return what the pages with the list show: all exercises under their titles."""
    labels = env.domains.standard_domain.anonlabels
    listed = [
        (
            page,
            title_in_words(env, page, ""),
            title_in_words(env, f"{chapter_of(page)}/index", ""),
            env.toc_fignumbers.get(page, {}).get("exercise"),
            [
                (exercise, title_in_words(env, *labels.get(exercise.label, ("", ""))))
                for exercise in found
            ],
        )
        for page, found in all_exercises(env).items()
    ]
    pages = [page for page, facts in env.metadata.items() if _LISTED in facts]
    return dict.fromkeys(pages, listed)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive and what keeps its page up to date."""
    app.setup_extension("d2lnotes.site.lessons.exercises")
    app.add_directive("exercise-list", ExerciseListDirective)
    app.add_post_transform(WriteExerciseList)
    app.connect("html-page-context", add_filter)
    shown_elsewhere(app, "exercises", shown_exercises)
    return METADATA
