"""Chinese for the few words that the theme's own catalog leaves in English."""

from __future__ import annotations

import gettext
from typing import TYPE_CHECKING

from sphinx.locale import get_translator

from d2lnotes.site.languages import own_language

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

_CHINESE = {
    "Collapse Sidebar": "收起侧栏",
    "Color mode": "明暗模式",
    "Expand Sidebar": "展开侧栏",
    "System Settings": "跟随系统",
}


class ThemeStrings(gettext.NullTranslations):
    """Our words; what is not among them is left to the catalogs loaded later."""

    def gettext(self, message: str) -> str:
        """Return the Chinese for ``message``, if it is ours or the theme's."""
        return _CHINESE.get(message) or super().gettext(message)


def add_strings(app: Sphinx, config: Config) -> None:
    """Append our words to the catalogs and options of a Chinese build."""
    if own_language(config) == "zh":
        get_translator().add_fallback(ThemeStrings())
        config.html_theme_options["header_dropdown_text"] = "更多"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Wait until the language is known and all catalogs are loaded."""
    app.connect("config-inited", add_strings)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
