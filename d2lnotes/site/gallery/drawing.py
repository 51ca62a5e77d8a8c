"""Save the figures of a script in both languages, from one run.

sphinx-gallery saves each in the first language; it is drawn once more in English, with
the layout that English needs, if it has words. Beside each lies an SVG for readers to
keep.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.gallery.figures import in_english
from d2lnotes.site.twins.languages import (
    SEPARATOR,
    TOO_MANY_SEPARATORS,
    halves_problem,
    is_chinese_text,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Functions are called the same in both languages.
_FUNCTIONS = {
    "abs",
    "cos",
    "exp",
    "ln",
    "log",
    "max",
    "min",
    "neg",
    "relu",
    "sigmoid",
    "sin",
    "tan",
    "tanh",
}
_WORD = re.compile(r"[a-z][a-z'’-]+")
# A cloud of a hundred thousand points: as a picture it is smaller, and as good.
_LARGEST_SVG = 1_000_000  # bytes
_AROUND_WORDS = "()[]“”‘’.,:;!?/%±…"


def save_figures(
    block: Any,  # noqa: ANN401 - sphinx-gallery's own block
    block_vars: dict[str, Any],
    gallery_conf: dict[str, Any],
) -> str:
    """Save the open figures, with their labels as alternative texts.

    Raises
    ------
    ValueError
        If a figure has no alternative text, or one of its texts is in one language.
    """
    import matplotlib.pyplot as plt
    from sphinx_gallery.scrapers import matplotlib_scraper

    from d2lnotes._figure_language import drawn_in

    if not block_vars["execute_script"]:  # the block failed: nothing to show
        plt.close("all")
        return ""
    figures = [plt.figure(number) for number in plt.get_fignums()]
    try:
        labels = iter([_label(figure) for figure in figures])
        numbers = [figure.number for figure in figures]
        saved = block_vars["image_path_iterator"].paths
        before = len(saved)
        with drawn_in("zh"):
            rst = matplotlib_scraper(block, block_vars, gallery_conf)
            for figure, path in zip(figures, saved[before:], strict=True):
                _save_as_svg(figure, Path(path))
        for number, figure, path in zip(numbers, figures, saved[before:], strict=True):
            _check_texts(figure, number)
            _save_in_english(figure, Path(path), gallery_conf["image_srcset"])
    finally:
        plt.close("all")
    return re.sub(r"(?m)^(\s*:alt: ).*$", lambda alt: alt[1] + next(labels), rst)


def _label(figure: Figure) -> str:
    label = " ".join(str(figure.get_label()).split())
    problem = halves_problem(label)
    if problem or SEPARATOR not in label or not is_chinese_text(label):
        raise ValueError(
            f"figure {figure.number} needs an alternative text in both languages, "
            f'fig.set_label("中文 | English"), before its block ends; got {label!r}'
            + (f": {problem}" if problem else "")
        )
    return label


def _check_texts(figure: Figure, number: int | str) -> None:
    """Raise ``ValueError`` if a reader would find a text in the other language."""
    from d2lnotes._figure_language import as_written, texts_of

    for text in dict.fromkeys(map(as_written, texts_of(figure))):
        if problem := text_problem(text):
            raise ValueError(
                f"figure {number} says {text!r}: {problem}. Write it as 中文 | English"
            )


def text_problem(text: str) -> str:
    """Return what is wrong with a text of a figure, or nothing.

    Numbers, names, variables and mathematics serve both languages.
    """
    from d2lnotes._figure_language import text_parts, without_mathematics

    parts = text_parts(text)
    if len(parts) > 2:
        return TOO_MANY_SEPARATORS
    if len(parts) == 2:
        chinese, english = parts
        if is_chinese_text(english) or not (chinese and english):
            return "the Chinese half comes first, then | and the English"
    elif is_chinese_text(text):
        return "Chinese without its English half"
    elif any(map(_is_english, without_mathematics(text).split())):
        return "English without its Chinese half"
    return ""


def _is_english(piece: str) -> bool:
    """Return whether ``piece`` is a word; one with a capital or a digit is a name."""
    word = piece.strip(_AROUND_WORDS)
    return _WORD.fullmatch(word) is not None and word not in _FUNCTIONS


def _save_in_english(figure: Figure, path: Path, sizes: Iterable[float]) -> None:
    """Draw ``figure`` once more beside ``path``, in all sizes, if it has words."""
    from d2lnotes._figure_language import as_written, drawn_in, text_parts, texts_of

    texts = map(as_written, texts_of(figure))
    if all(len(text_parts(text)) == 1 for text in texts):
        return
    with drawn_in("en"):
        for size in (1.0, *sizes):
            larger = f"_{size:.2f}x".replace(".", "_") if size != 1 else ""
            place = path.with_stem(path.stem + larger)
            name = in_english(place.name)
            figure.savefig(place.with_name(name), dpi=size * figure.dpi)
        _save_as_svg(figure, path.with_name(in_english(path.name)))


def _save_as_svg(figure: Figure, path: Path) -> None:
    """Save ``figure`` beside its picture ``path``, the same bytes in each run."""
    import matplotlib.pyplot as plt

    file = path.with_suffix(".svg")
    with plt.rc_context({"svg.hashsalt": path.stem}):
        figure.savefig(file, metadata={"Date": None})
    if file.stat().st_size > _LARGEST_SVG:
        file.unlink()
