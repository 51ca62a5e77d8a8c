"""The header: its switches of language and of side-by-side reading, and its drawers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.twins.languages import HTML_TAGS, other_language, own_language

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_NAMES = {"zh": ("zh", "中文"), "en": ("en", "English")}
_LABELS = {
    "zh": ("双语对照", "中英文并排显示（Alt+B）"),
    "en": ("Both", "Show Chinese and English side by side (Alt+B)"),
}


def add_switches(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Tell the templates where the same page lies in the other language."""
    other = other_language(app.config)
    # Both builds lie side by side: build/html/zh and build/html/en.
    up = "../" * (pagename.count("/") + 1)
    context["other_language_url"] = f"{up}{other}/{pagename}{context['file_suffix']}"
    context["other_language_tag"] = HTML_TAGS[other]
    context["other_language_name"] = _NAMES[other]
    label, hint = _LABELS[own_language(app.config)]
    context["side_by_side_label"] = label
    context["side_by_side_hint"] = hint


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the scripts, the styles and what the templates need."""
    app.add_js_file("switches.js")
    app.add_js_file("frame.js")
    app.add_css_file("frame.css")
    app.connect("html-page-context", add_switches)
    return METADATA
