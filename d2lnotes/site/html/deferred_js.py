"""Scripts that wait until the page can be read.

Sphinx puts the scripts of all extensions at the head of a page, where a browser fetches
and runs them before it shows a word. None of ours is needed so early.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Rendered

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata


def defer_scripts(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Put off every script of a page, in their order."""
    if app.builder.name == "html":
        context["script_files"] = list(map(_deferred, context["script_files"]))


def _deferred(script: Any) -> Any:  # noqa: ANN401 - Sphinx's class is private
    # Code in the page itself waits for its turn among files only as a module.
    later = {"defer": "defer"} if script.filename else {"type": "module"}
    attributes = {**later, **script.attributes}
    return type(script)(script.filename, priority=script.priority, **attributes)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come after all that adds scripts."""
    app.connect("html-page-context", defer_scripts, priority=Rendered.FINISHED_PAGE)
    return METADATA
