"""The figures that gallery scripts left behind: files, languages, alternative texts.

A figure is ``sphx_glr_plot_lenet_002.png``, in the words of the course's first language.
If it has words, ``sphx_glr_plot_lenet_002.en.png`` says the same in English; Sphinx puts
a file of this name in the place of the other by itself. ``…_2_00x.png`` has twice the
pixels of either; ``….svg`` is for readers to keep.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


_LANGUAGE = re.compile(r"(?<=_\d{3})\.en(?=[._])")
_NUMBER = re.compile(r"(sphx_glr_[\w-]+?_\d{3})(?=(?:_\d+_\d+x)?\.png)")

# Mean difference that nobody sees, in steps of 256 from black to white. Photographs
# lie far beyond it.
_UNSEEN = 0.5


def in_english(names: str) -> str:
    """Return ``names`` with each name of a figure replaced by that of its English file."""
    return _NUMBER.sub(r"\1.en", names)


def without_language(name: str) -> str:
    """Return the name of a figure in English without its language."""
    return _LANGUAGE.sub("", name)


def shrink(file: Path) -> None:
    """Store a figure in 256 colors, a third of the bytes, unless that could be seen."""
    figure = Image.open(file).convert("RGB")
    few = figure.quantize(
        256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )
    difference = np.asarray(few.convert("RGB"), int) - np.asarray(figure, int)
    if np.abs(difference).mean() <= _UNSEEN:
        few.save(file, optimize=True)


def gallery_figure(env: BuildEnvironment, chapter: str, name: str) -> tuple[str, str]:
    """Return a figure and its alternative text, or blanks if no script drew it.

    ``name`` is a pattern such as ``plot_lenet_002``; the first that fits is taken.
    """
    folder = env.config.sphinx_gallery_conf["gallery_dirs"]
    place = Path(env.srcdir) / folder / chapter
    figures = sorted(place.glob(f"images/sphx_glr_{name}.png"))
    if not figures:
        return "", ""
    figure = figures[0].relative_to(env.srcdir).as_posix()
    page = re.sub(r"^sphx_glr_(.+)_\d+$", r"\1", figures[0].stem)
    text = place.joinpath(f"{page}.rst").read_text(encoding="utf-8")
    found = re.search(rf"image-sg:: /{re.escape(figure)}\n\s+:alt: (.+)", text)
    # A page written anew without a run, as for prose, shows no figure of the run before.
    return (figure, found[1]) if found else ("", "")
