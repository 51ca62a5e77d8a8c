"""What the theme says around a page, in the language of the build.

Its own catalog leaves a few words in English; and the line of copyright, which is
written in both languages, is shown in one.
"""

from __future__ import annotations

import gettext
from typing import TYPE_CHECKING

from sphinx.locale import get_translator

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.twins.languages import half, own_language

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

_CHINESE = {
    "Breadcrumb": "面包屑导航",
    "Collapse Sidebar": "收起侧栏",
    "Color mode": "明暗模式",
    "Expand Sidebar": "展开侧栏",
    "Home": "首页",
    "Indices": "索引",
    "On this page": "本页内容",
    "System Settings": "跟随系统",
    "© Copyright %(copyright)s.": "版权所有 © %(copyright)s。",
}


class ThemeStrings(gettext.NullTranslations):
    """Our words; what is not among them is left to the catalogs loaded later."""

    def gettext(self, message: str) -> str:
        """Return the Chinese for ``message``, if it is ours or the theme's."""
        return _CHINESE.get(message) or super().gettext(message)


def add_strings(app: Sphinx, config: Config) -> None:
    """Append our words to the catalogs of a Chinese build."""
    config.copyright = half(config.copyright, own_language(config))
    if own_language(config) == "zh":
        get_translator().add_fallback(ThemeStrings())


def setup(app: Sphinx) -> ExtensionMetadata:
    """Wait until the language is known and all catalogs are loaded."""
    app.connect("config-inited", add_strings)
    return METADATA
