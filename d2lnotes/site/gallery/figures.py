"""The figures that gallery scripts left behind, with their alternative texts."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


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
    return figure, found[1] if found else ""
