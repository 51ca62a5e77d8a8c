"""Texts of figures in two languages, ``中文 | English``: which half is drawn.

matplotlib asks each of its texts for what it says whenever it lays out or draws a
figure, labels of ticks and legends included. Here it is answered with one half, so that
one figure can be drawn in either language, each with the layout that its words need.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, cast

from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from matplotlib.text import Text

__all__ = [
    "as_written",
    "bilingual",
    "chinese_font",
    "drawn_in",
    "text_parts",
    "texts_of",
    "use_language",
    "without_mathematics",
]

Language = Literal["zh", "en"]

_SEPARATOR = " | "
_MATHEMATICS = re.compile(r"(?<!\\)\$(?:\\.|[^$\\])*\$")
_HAN = re.compile("[\u3000-\u303f\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff01-\uff60]")
# Fonts with Simplified Chinese, of Linux, macOS and Windows, the best first.
_CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "SimHei",
    "STHeiti",
    "Heiti TC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Noto Sans CJK JP",  # all that an older matplotlib sees of Noto's collection
    "Droid Sans Fallback",
    "Arial Unicode MS",
)

#: Returns what a text holds, both halves if it has two.
as_written = Text.get_text


def use_language(language: Language) -> Language:
    """Draw the texts of figures that are written ``中文 | English`` in one language.

    It holds from now on, for figures that were made before too. Without a font for
    Chinese, English is drawn instead.

    Parameters
    ----------
    language
        ``"zh"`` or ``"en"``.

    Returns
    -------
    str
        The language that will be drawn.

    Raises
    ------
    ValueError
        If ``language`` is another.
    """
    if language not in ("zh", "en"):
        raise ValueError(
            f"figures speak Chinese, 'zh', or English, 'en', got {language!r}"
        )
    if not chinese_font():
        language = "en"
    _show(language)
    return language


def bilingual(text: str) -> str:
    """Return ``text``, of which one half will be drawn: English, if nobody has chosen."""
    if Text.get_text is as_written:
        _show("en")
    return text


@contextmanager
def drawn_in(language: Language) -> Iterator[None]:
    """Draw the halves in ``language`` for a while."""
    before = Text.get_text
    _show(language)
    try:
        yield
    finally:
        Text.get_text = before  # type: ignore[method-assign]


def chinese_font() -> str:
    """Return the best font for Chinese that matplotlib knows; empty without one."""
    known = {font.name for font in fontManager.ttflist}
    return next((name for name in _CHINESE_FONTS if name in known), "")


def texts_of(figure: Figure) -> list[Text]:
    """Return the texts of ``figure``; those of ticks are known once it was drawn."""
    return cast("list[Text]", figure.findobj(Text))


def text_parts(text: str) -> list[str]:
    """Return what ``text`` holds between its `` | ``; mathematics has none of them."""
    parts, start = [], 0
    for part in without_mathematics(text).split(_SEPARATOR):
        parts.append(text[start : start + len(part)])
        start += len(part) + len(_SEPARATOR)
    return [part.strip() for part in parts] if len(parts) > 1 else parts


def without_mathematics(text: str) -> str:
    """Return ``text`` with ``$`` for each character of its mathematics."""
    return _MATHEMATICS.sub(lambda found: "$" * len(found[0]), text)


def _show(language: Language) -> None:
    """Let texts answer with their halves in ``language``, in a font that has them."""
    font = chinese_font()

    def get_text(self: Text) -> str:
        """Return what is drawn of this text."""
        text = as_written(self)
        parts = text_parts(text) if _SEPARATOR in text else []
        if len(parts) == 2:
            text = parts[language == "en"]
        if font:
            _choose_font(self, font, chosen=_HAN.search(text) is not None)
        return text

    Text.get_text = get_text  # type: ignore[method-assign]


def _choose_font(text: Text, font: str, *, chosen: bool) -> None:
    """Put ``font`` before the others of ``text``, or take it out.

    Beside mathematics, matplotlib draws all words in the first font and asks no other.
    """
    properties = text.get_fontproperties()
    families = properties.get_family()
    if chosen != (families[0] == font):
        others = [name for name in families if name != font]
        properties.set_family([font, *others] if chosen else others or [font])
