"""The first cell of every download: it installs the course's package if it is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from d2lnotes.site.downloads.markdown import Cell
from d2lnotes.site.downloads.wheel import WHEEL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from d2lnotes.site.twins.languages import Language

_ONLINE = """\
import subprocess
import sys
from importlib.util import find_spec

if find_spec("d2lnotes") is None:  # it brings torch along
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, "{source}"], check=True)"""

_OFFLINE = """\
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("d2lnotes") is None:  # it brings torch along
    wheel = "{wheel}"
    here = {here}
    places = [here, *here.parents[:2]]  # above it, in the site's folder
    found = [place / wheel for place in places if (place / wheel).exists()]
    if not found:
        raise ModuleNotFoundError(
{message}
        )
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    subprocess.run([*pip, str(found[0])], check=True)"""

_MISSING: dict[Language, str] = {
    "zh": "没有 d2lnotes：请把网站下载页上的 {wheel} 放到 {here}",
    "en": "d2lnotes is missing: put the site's {wheel} into {here}",
}


def install_cell(source: str, languages: Sequence[Language], *, script: bool) -> Cell:
    """Return a cell that installs the course where it is missing.

    Parameters
    ----------
    source
        What pip installs; empty for a copy that lies nowhere online, whose wheel is
        looked for beside the file.
    languages
        Those of the file's text.
    script
        Whether the file is a Python script, which may run from any folder.
    """
    if source:
        return Cell(_ONLINE.format(source=source), code=True)
    here = "Path(__file__).resolve().parent" if script else "Path.cwd()"
    said = [_MISSING[language] for language in languages]
    separated = [f"{text} | " for text in said[:-1]] + said[-1:]
    message = "\n".join(f'            f"{text}"' for text in separated)
    code = _OFFLINE.format(here=here, wheel=WHEEL, message=message)
    return Cell(code, code=True)
