"""What a reader has done: marked by progress.js, kept in the reader's browser alone.

The pages tell the script what there is to do: a lesson its own name, and the pages
that show progress every lesson with its title and its exercises. Names and labels are
the same in both languages, so what is done in one is done in the other.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypedDict

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.lessons.exercises import exercises_of
from d2lnotes.site.lessons.front_matter import in_reading_order, is_lesson
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.twins.languages import own_language
from d2lnotes.site.twins.references import title_nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata


_PANEL = "d2lnotes_progress"


class ProgressPanel(nodes.General, nodes.Element):
    """Where the script puts the sums, and the buttons to save and to load."""


class ProgressDirective(SphinxDirective):
    """``progress``: takes nothing, and leaves a place for the panel."""

    def run(self) -> list[nodes.Node]:
        """Return the place, and remember the page that it is on."""
        self.env.metadata[self.env.current_document.docname][_PANEL] = True
        return [ProgressPanel()]


class Todo(TypedDict):
    """What the script is told of a lesson: its title, the labels of its exercises."""

    title: str
    exercises: list[str]


def things_to_do(env: BuildEnvironment) -> dict[str, Todo]:
    """Return the lessons in reading order, by their names."""
    own = own_language(env.config)
    return {
        page: Todo(
            title="".join(x.astext() for x in title_nodes(env, page, "", own))
            or env.titles[page].astext(),
            exercises=[exercise.label for exercise in exercises_of(env, page)],
        )
        for page in in_reading_order(env)
    }


def tell_script(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Give the template of the end of a page what the script must know."""
    if doctree is None:
        return
    context["lesson"] = pagename if is_lesson(pagename) else ""
    if pagename in _pages_with_progress(app.env):
        # "<" alone could end the script element.
        things = json.dumps(things_to_do(app.env))
        context["things_to_do"] = things.replace("<", r"\u003c")


def _pages_with_progress(env: BuildEnvironment) -> list[str]:
    panels = [page for page, facts in env.metadata.items() if _PANEL in facts]
    return [env.config.root_doc, *panels]


def shown_progress(env: BuildEnvironment) -> dict[str, object]:
    """Return what the pages that show progress tell the script."""
    return dict.fromkeys(_pages_with_progress(env), things_to_do(env))


def _visit_panel(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    translator.body.append('<div class="progress-panel"></div>\n')
    raise nodes.SkipNode


def _skip_panel(translator: Any, node: nodes.Element) -> None:  # noqa: ANN401
    raise nodes.SkipNode


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive, the script and what it is told."""
    app.setup_extension("d2lnotes.site.lessons.exercises")
    app.add_node(
        ProgressPanel,
        html=(_visit_panel, None),
        latex=(_skip_panel, None),
        text=(_skip_panel, None),
    )
    app.add_directive("progress", ProgressDirective)
    app.add_js_file("progress.js", loading_method="defer")
    app.connect("html-page-context", tell_script)
    shown_elsewhere(app, "progress", shown_progress)
    return METADATA
