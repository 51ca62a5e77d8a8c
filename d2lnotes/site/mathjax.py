"""Mathematics without the network: MathJax 3 served from the site itself.

One file of the package sphinx-mathjax-offline is copied; Sphinx loads it,
deferred, on the pages that hold mathematics. The macros in conf.py's
``d2lnotes_math_macros`` are given to MathJax and to LaTeX alike.
"""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.errors import ConfigError, ExtensionError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    # r"\mathbb{R}", or with arguments [r"\boldsymbol{#1}", 1], as MathJax has it.
    Macro = str | Sequence[str | int]

_FILE = "tex-svg-full.js"
_NAME = re.compile("[A-Za-z]+")


def mathjax_file() -> Path:
    """Return the MathJax bundle of the installed sphinx-mathjax-offline.

    Raises
    ------
    ExtensionError
        If the package is missing or holds no such file.
    """
    spec = find_spec("sphinx-mathjax-offline")
    for folder in (spec and spec.submodule_search_locations) or ():
        file = Path(folder) / "static" / "mathjax" / _FILE
        if file.is_file():
            return file
    msg = (
        f"MathJax's {_FILE} was not found: install the package "
        "sphinx-mathjax-offline, which carries it (pip install -e '.[site]')"
    )
    raise ExtensionError(msg)


def latex_macros(macros: Mapping[str, Macro]) -> str:
    r"""Return ``macros`` as LaTeX definitions, one ``\providecommand`` a line.

    Parameters
    ----------
    macros : mapping of str to str or sequence
        Name without backslash, and MathJax's form of its meaning: the text, or
        ``[text, number of arguments]``, or ``[text, number, default of the first]``.

    Raises
    ------
    ConfigError
        If a name or a meaning has another form.
    """
    return "\n".join(_latex_macro(name, meaning) for name, meaning in macros.items())


def _latex_macro(name: str, meaning: Macro) -> str:
    if not _NAME.fullmatch(name):
        msg = f"d2lnotes_math_macros: a name consists of letters, got {name!r}"
        raise ConfigError(msg)
    match meaning:
        case str(text) | [str(text)]:
            return rf"\providecommand{{\{name}}}{{{text}}}"
        case [str(text), int(count)]:
            return rf"\providecommand{{\{name}}}[{count}]{{{text}}}"
        case [str(text), int(count), str(default)]:
            return rf"\providecommand{{\{name}}}[{count}][{default}]{{{text}}}"
    msg = (
        f"d2lnotes_math_macros[{name!r}]: expected text, [text, arguments] or "
        f"[text, arguments, default], got {meaning!r}"
    )
    raise ConfigError(msg)


def configure(app: Sphinx, config: Config) -> None:
    """Point Sphinx to the copied file and hand the macros to both renderers."""
    macros = config.d2lnotes_math_macros
    preamble = latex_macros(macros)
    given = config.latex_elements.get("preamble", "")
    config.latex_elements["preamble"] = f"{given}\n{preamble}\n"
    config.mathjax_path = _FILE
    config.html_static_path = [*config.html_static_path, str(mathjax_file())]
    config.mathjax3_config = {
        "tex": {
            "macros": dict(macros),
            # A mistake shows as one, and tests find it, instead of as red source.
            "packages": {"[-]": ["noerrors", "noundefined"]},
        },
        # Its menu offers a speech engine and settings pages from the network.
        "options": {"enableMenu": False},
        # Sphinx marks all mathematics: nothing else on a page is looked at.
        "startup": {"elements": [".math"]},
    }


def load_for_titles(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Load MathJax on every page if the title of some page holds mathematics.

    Titles appear in the contents beside each page, where Sphinx does not look.
    """
    if any(next(title.findall(nodes.math), None) for title in app.env.titles.values()):
        context["has_maths_elements"] = True


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the value for the macros and set Sphinx's own extension up."""
    app.setup_extension("sphinx.ext.mathjax")
    app.add_config_value("d2lnotes_math_macros", {}, "html", frozenset({dict}))
    app.add_css_file("mathjax.css")
    app.connect("config-inited", configure)
    # Before Sphinx decides whether a page needs MathJax (500).
    app.connect("html-page-context", load_for_titles, priority=400)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
