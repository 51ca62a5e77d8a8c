"""MathJax, run while the site is built, so that a reader's browser need not.

MathJax 3 comes in the package sphinx-mathjax-offline and runs in the JavaScript engine
of the package mini-racer. The macros in conf.py's ``d2lnotes_math_macros`` are given to
MathJax and to LaTeX alike.
"""

from __future__ import annotations

import hashlib
import json
import re
import weakref
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sphinx.errors import ConfigError, ExtensionError

from d2lnotes.site.math import pieces

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    # r"\mathbb{R}", or with arguments [r"\boldsymbol{#1}", 1], as MathJax has it.
    Macro = str | Sequence[str | int]

_PACKAGE = "sphinx-mathjax-offline"
_PARTS = ("node-main", "input/tex-full", "output/svg", "output/svg/fonts/tex")
_NAME = re.compile("[A-Za-z]+")
# Marks that tell only what a piece of a formula means; of the others styles depend.
_MEANING = re.compile(r"data-(?!frame|line)[\w-]+")
_MARKS = re.compile(rf' {_MEANING.pattern}="[^"]*"')
# MathJax expects Node's modules; path is all it takes of them before it loads a part.
_ENVIRONMENT = """
var global = globalThis, exports = {}, __dirname = "/mathjax", ready = false, failure;
var console = {log() {}, info() {}, warn() {}, error() {}};
var path = {
  basename: (name) => name.split("/").pop(), dirname: (name) => name,
  resolve: (...names) => names.join("/"),
};
var require = (name) => name === "path" ? path : (0, eval)(parts[name]);
"""
_START = """
exports.init(settings).then((value) => { MathJax = value; ready = true; })
  .catch((error) => { failure = String(error); });
"""
_TYPESET = """
(([tex, display]) => {
  const html = MathJax.startup.adaptor.innerHTML(MathJax.tex2svg(tex, {display}));
  return [html, MathJax.tex2mml(tex, {display})].join("\\0");
})(%s)
"""
_START_SECONDS, _FORMULA_SECONDS = 60, 10
_UNITS_PER_EX = 442  # of its fonts: an em has 1000


class Piece(NamedTuple):
    """What is drawn of a formula without a break.

    Attributes
    ----------
    level
        How unwillingly the formula is broken before it; see ``pieces``.
    width
        In ex, so that it goes with the text around it.
    view_box
        The part of the plane that is seen.
    drawing
        The elements inside the ``svg``; letters are references to the formula's glyphs.
    """

    level: int
    width: float
    view_box: str
    drawing: str


@dataclass(frozen=True)
class Formula:
    """A formula as SVG, for the eye, and as MathML, for screen readers and copying.

    Parameters
    ----------
    style
        The ``style`` of each outer ``svg``: how far it reaches below the line.
    height
        With the unit ex, so that the formula goes with the text around it.
    pieces
        What is drawn side by side, or in several lines where the column is narrow.
    glyphs
        Identifier of each letter in the drawings, and its outline.
    mathml
        A ``math`` element.
    error
        What MathJax did not understand; empty if it did.
    """

    style: str
    height: str
    pieces: list[Piece]
    glyphs: dict[str, str]
    mathml: str
    error: str = ""


class MathJax:
    """MathJax with the macros of the course, started when it is first needed."""

    def __init__(self, macros: Mapping[str, Macro]) -> None:
        self._macros = dict(macros)
        self._engine: Any = None

    def fingerprint(self) -> str:
        """Return what changes when a formula could come out otherwise."""
        code = [Path(file).read_text() for file in (__file__, pieces.__file__)]
        facts = [metadata.version(_PACKAGE), self._macros, code]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()

    def typeset(self, tex: str, *, display: bool) -> Formula:
        """Return ``tex`` set as a formula of its own line, or of a line of text.

        What MathJax breaks at, or takes too long for, has its ``error`` like any other
        mistake.
        """
        from py_mini_racer import JSEvalException, JSTimeoutException

        if self._engine is None:
            self._engine = self._start()
        call = _TYPESET % json.dumps([tex, display])
        try:
            svg, mathml = self._engine.eval(call, timeout_sec=_FORMULA_SECONDS).split(
                "\0"
            )
            return _formula(svg, mathml, display=display)
        except JSTimeoutException:
            error = f"MathJax took more than {_FORMULA_SECONDS} s"
            # What was broken off still answers; closed before, the engine would fail.
            self._engine.eval("0")
        except (JSEvalException, ET.ParseError, ValueError) as problem:
            error = str(problem).partition("\n")[0]
        self._engine = None  # it may not have come to its senses
        return Formula("", "0ex", [], {}, "", error)

    def _start(self) -> Any:  # noqa: ANN401 - mini-racer has no stubs
        from py_mini_racer import MiniRacer

        folder = mathjax_folder()
        texts = {part: (folder / f"{part}.js").read_text() for part in _PARTS}
        main, *parts = _PARTS
        files = {f"/mathjax/{part}.js": texts[part] for part in parts}
        settings = {
            "loader": {"load": ["input/tex-full", "output/svg"]},
            "tex": {
                "macros": self._macros,
                # A mistake is reported, not set as red source.
                "packages": {"[-]": ["noerrors", "noundefined"]},
            },
            # Each formula brings its letters; a page then keeps one of each.
            "svg": {"fontCache": "none"},
        }
        engine = MiniRacer()
        # Left to the end of the interpreter, its threads would wait for each other.
        weakref.finalize(self, engine.close)
        for code in (
            _ENVIRONMENT,
            f"var parts = {json.dumps(files)}, settings = {json.dumps(settings)};",
            # In a block of its own, since it declares names that are taken.
            f"{{{texts[main]}}}",
            _START,
        ):
            engine.eval(code + ";0", timeout_sec=_START_SECONDS)
        if not engine.eval("ready"):
            raise ExtensionError(f"MathJax did not start: {engine.eval('failure')}")
        return engine


def mathjax_folder() -> Path:
    """Return the folder of MathJax in the installed sphinx-mathjax-offline.

    Raises
    ------
    ExtensionError
        If the package is missing or lacks a part that is needed.
    """
    spec = find_spec(_PACKAGE)
    for place in (spec and spec.submodule_search_locations) or ():
        folder = Path(place) / "static" / "mathjax"
        if all((folder / f"{part}.js").is_file() for part in _PARTS):
            return folder
    msg = (
        f"MathJax was not found: install the package {_PACKAGE}, which carries it "
        "(pip install -e '.[site]')"
    )
    raise ExtensionError(msg)


def _formula(svg: str, mathml: str, *, display: bool) -> Formula:
    error = re.search(r'data-mjx-error="([^"]*)"', svg)
    root = ET.fromstring(svg.replace(' xmlns="', ' data-ns="'))
    if "viewBox" not in root.attrib:
        msg = r"it has a \tag; a label numbers it instead: $$…$$ (eq-name)"
        raise ValueError(msg)
    glyphs: dict[str, str] = {}
    for path in root.iter("path"):
        outline = path.attrib.pop("d")
        name = "g" + hashlib.sha256(outline.encode()).hexdigest()[:8]
        glyphs[name] = outline
        path.set("href", f"#{name}")
    _, top, _, height = root.attrib["viewBox"].split()
    drawn = [
        Piece(
            part.level,
            round(part.width / _UNITS_PER_EX, 3),
            f"{part.left:g} {top} {part.width:g} {height}",
            _text(part.drawing),
        )
        for part in pieces.parts_of(root, display=display)
    ]
    return Formula(
        style=root.get("style", "").rstrip(";"),
        height=root.get("height", ""),
        pieces=drawn,
        glyphs=glyphs,
        mathml=_MARKS.sub("", re.sub(r">\s+<", "><", mathml)).replace(
            ' xmlns="http://www.w3.org/1998/Math/MathML"', ""
        ),
        error=error[1] if error else "",
    )


def _text(drawing: ET.Element) -> str:
    """Return ``drawing`` as text that refers to its letters, without unneeded marks."""
    for element in drawing.iter():
        marks = list(filter(_MEANING.fullmatch, element.attrib))
        for mark in marks:
            del element.attrib[mark]
        if element.tag == "path":
            element.tag = "use"
    return _compact(drawing)


def _compact(element: ET.Element) -> str:
    """Return ``element`` as text, without groups that do nothing."""
    if element.tag == "g" and not element.attrib and not element.text:
        return "".join(map(_compact, element))
    # From the inside out, so that what moves outwards is itself done.
    for outer in reversed(list(element.iter("g"))):
        for place, group in reversed(list(enumerate(outer))):
            if group.tag == "g" and not group.attrib:
                outer[place : place + 1] = list(group)
    return ET.tostring(element, encoding="unicode")


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
