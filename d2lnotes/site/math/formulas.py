r"""Formulas that are set while the site is built, and shown without any script.

A formula on a page is a small ``svg`` that refers to its drawing, which stands once on
the page however often the formula does (each inline one does so at least twice, once
per language), as does each letter. Beside it stands its MathML, unseen, for screen
readers and for copying. Drawings are kept between builds and shared by the languages.
"""

from __future__ import annotations

import hashlib
import json
import re
import sqlite3
import weakref
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from d2lnotes.site.math.mathjax import Formula, MathJax, Piece, latex_macros
from d2lnotes.site.math.pieces import SPACE
from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata
    from sphinx.writers.html5 import HTML5Translator

logger = logging.getLogger(__name__)

_RENDERER = "d2lnotes"
_USED = re.compile(r'<use href="#(m[0-9a-f]+)(?:-\d+)?"')
# As wide as what parts two formulas, but it takes no room where a line ends.
_WIDE_SPACE = '<span class="quad"> </span>'
# In ex: a displayed formula fits a phone if its widest piece is no wider.
_PHONE = 36


_TABLES = """
drop table if exists glyphs;
create table glyphs (name text primary key, outline text);
drop table if exists formulas;
create table formulas (
    name text primary key, style text, height text, pieces text, glyphs text,
    mathml text);
"""
_SECONDS_TO_WAIT = 60  # for the other language's build


class FormulaStore:
    """The formulas of the course by their identifiers, kept in a database.

    Builds of both languages may use it at once: each adds what the other has not, and
    every outline of a letter is kept once.

    Parameters
    ----------
    mathjax
        What sets a formula that is not known yet.
    file
        Where they are kept; what another MathJax or other macros made is forgotten.
    """

    def __init__(self, mathjax: MathJax, file: Path) -> None:
        self._mathjax, self._file = mathjax, file
        self._formulas: dict[str, Formula] = {}
        self._outlines: dict[str, str] = {}
        self._new: list[str] = []
        try:
            self._kept = self._open()
        except sqlite3.DatabaseError as problem:
            logger.info("%s cannot be used and is made anew: %s", file, problem)
            file.unlink(missing_ok=True)
            self._kept = self._open()

    def _open(self) -> sqlite3.Connection:
        """Open the database, without what another MathJax made.

        Raises
        ------
        sqlite3.DatabaseError
            If the file is damaged, or none of ours.
        """
        # At the end of the interpreter another thread may close it.
        kept = sqlite3.connect(
            self._file, timeout=_SECONDS_TO_WAIT, check_same_thread=False
        )
        weakref.finalize(self, kept.close)
        if kept.execute("pragma quick_check").fetchone() != ("ok",):
            raise sqlite3.DatabaseError("it is damaged")
        mark = self._mathjax.fingerprint() + _TABLES
        with kept:
            kept.execute("begin immediate")
            kept.execute("create table if not exists made_by (mark text)")
            if kept.execute("select mark from made_by").fetchall() != [(mark,)]:
                for statement in ("delete from made_by", *_TABLES.split(";")):
                    kept.execute(statement)
                kept.execute("insert into made_by values (?)", (mark,))
        return kept

    def add(self, tex: str, *, display: bool) -> str:
        """Return the identifier of the formula ``tex``, which is set if it is new."""
        digest = hashlib.sha256(f"{int(display)}{tex}".encode()).hexdigest()
        name = f"m{digest[:12]}"
        if name not in self._formulas and not self._find(name):
            self._formulas[name] = self._mathjax.typeset(tex, display=display)
            self._new.append(name)
        return name

    def _find(self, name: str) -> bool:
        """Look a formula up in the database; return whether it is there."""
        found = self._kept.execute("select * from formulas where name = ?", (name,))
        row = found.fetchone()
        if row is not None:
            _, style, height, pieces, letters, mathml = row
            drawn = [Piece(*piece) for piece in json.loads(pieces)]
            glyphs = {letter: self._outline(letter) for letter in letters.split()}
            self._formulas[name] = Formula(style, height, drawn, glyphs, mathml)
        return row is not None

    def _outline(self, letter: str) -> str:
        if letter not in self._outlines:
            query = "select outline from glyphs where name = ?"
            self._outlines[letter] = self._kept.execute(query, (letter,)).fetchone()[0]
        return self._outlines[letter]

    def __getitem__(self, name: str) -> Formula:
        """Return the formula with the identifier ``name``, which was added or kept."""
        if name not in self._formulas and not self._find(name):
            raise KeyError(name)
        return self._formulas[name]

    def save(self) -> None:
        """Write the new formulas to the database.

        One that could not be set is not kept: it may only have taken too long this time.
        """
        new = [(name, self._formulas[name]) for name in self._new]
        new = [(name, formula) for name, formula in new if not formula.error]
        self._new = []
        with self._kept:
            self._kept.executemany(
                "insert or ignore into glyphs values (?, ?)",
                [glyph for _, formula in new for glyph in formula.glyphs.items()],
            )
            self._kept.executemany(
                "insert or ignore into formulas values (?, ?, ?, ?, ?, ?)",
                [_row(name, formula) for name, formula in new],
            )

    def element(self, name: str, *, display: bool) -> str:
        """Return the HTML that shows a formula whose drawings are on the page.

        One of several pieces is a span of spans, where the least willing breaks are
        innermost: a line ends between two pieces only if it does not elsewhere. In a
        line of text, the last piece stands alone, to be held to what follows.
        """
        formula = self[name]
        ids = _piece_ids(name, formula)
        drawn = [
            f'<svg style="{formula.style}" width="{piece.width}ex" '
            f'height="{formula.height}" viewBox="{piece.view_box}" '
            f'aria-hidden="true"><use href="#{id_}"/></svg>'
            for id_, piece in zip(ids, formula.pieces, strict=True)
        ]
        if not display and len(drawn) > 1:
            return f"<span>{''.join(drawn[:-1])}</span>{drawn[-1]}{formula.mathml}"
        levels = [piece.level for piece in formula.pieces]
        return f"{_nested(drawn, levels)}{formula.mathml}"

    def widest_piece(self, tex: str) -> float:
        """Return how wide, in ex, a column must be for the displayed formula ``tex``."""
        pieces = self[self.add(tex, display=True)].pieces
        return max((piece.width for piece in pieces), default=0)

    def drawings(self, names: Iterable[str]) -> str:
        """Return the HTML, of no size, that holds the drawings of ``names``."""
        formulas = {name: self[name] for name in sorted(set(names))}
        glyphs: dict[str, str] = {}
        for formula in formulas.values():
            glyphs.update(formula.glyphs)
        outlines = (f'<path id="{name}" d="{d}"/>' for name, d in glyphs.items())
        drawings = (
            f'<g id="{id_}">{piece.drawing}</g>'
            for name, formula in formulas.items()
            for id_, piece in zip(
                _piece_ids(name, formula), formula.pieces, strict=True
            )
        )
        return (
            '<svg class="drawings" width="0" height="0" aria-hidden="true"><defs>'
            f"{''.join(outlines)}{''.join(drawings)}</defs></svg>"
        )


def _row(name: str, formula: Formula) -> tuple[str, ...]:
    pieces, glyphs = json.dumps(formula.pieces), " ".join(formula.glyphs)
    return name, formula.style, formula.height, pieces, glyphs, formula.mathml


def _piece_ids(name: str, formula: Formula) -> list[str]:
    """Return the identifier of the drawing of each piece."""
    if len(formula.pieces) == 1:
        return [name]
    return [f"{name}-{place}" for place in range(len(formula.pieces))]


def _nested(drawn: list[str], levels: list[int]) -> str:
    """Return the drawn pieces, with a span around all that are broken at one level."""
    if len(drawn) < 2:
        return "".join(drawn)
    level = min(levels[1:])
    cuts = [0, *(at for at in range(1, len(drawn)) if levels[at] == level), len(drawn)]
    parts = (_nested(drawn[i:j], levels[i:j]) for i, j in pairwise(cuts))
    return f"<span>{(_WIDE_SPACE if level == SPACE else '').join(parts)}</span>"


def inline_tex(node: nodes.math) -> str:
    """Return what MathJax is given for a formula in a line of text."""
    return node.astext()


def display_tex(node: nodes.math_block) -> str:
    r"""Return what MathJax is given for a formula with lines of its own.

    As Sphinx has it: a blank line separates equations, ``\\`` breaks one.
    """
    text = node.astext()
    if node.get("no-wrap", node.get("nowrap", False)):
        return text
    parts = [part for part in text.split("\n\n") if part.strip()]
    lines = [rf"\begin{{split}}{p}\end{{split}}" if r"\\" in p else p for p in parts]
    if len(lines) == 1:
        return lines[0]
    return r"\begin{aligned}" + r"\\".join(lines) + r"\end{aligned}"


def visit_inline(translator: HTML5Translator, node: nodes.math) -> None:
    """Write a formula in a line of text."""
    start = translator.starttag(node, "span", "", CLASS="math notranslate nohighlight")
    formula = _element(translator, node, inline_tex(node), display=False)
    translator.body.append(f"{start}{formula}</span>")
    raise nodes.SkipNode


def visit_block(translator: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula with lines of its own, and its number if it has one."""
    start = translator.starttag(node, "div", "", CLASS="math notranslate nohighlight")
    translator.body.append(start)
    tex = display_tex(node)
    formula = _element(translator, node, tex, display=True)
    # What is wider than its box is broken, then made smaller, and scrolls at last.
    widest = _store(translator).widest_piece(tex)
    style = f' style="--ex: {widest}"' if widest > _PHONE else ""
    translator.body.append(f'<div class="formula"{style}>{formula}</div>')
    if node["number"]:
        number = get_node_equation_number(translator, node)
        translator.body.append(f'<span class="eqno">({number})')
        translator.add_permalink_ref(node, _("Link to this equation"))
        translator.body.append("</span>")
    translator.body.append("</div>\n")
    raise nodes.SkipNode


def _store(translator: HTML5Translator) -> FormulaStore:
    return translator.builder.d2lnotes_formulas  # type: ignore[attr-defined,no-any-return]


def _element(
    translator: HTML5Translator, node: nodes.Element, tex: str, *, display: bool
) -> str:
    store = _store(translator)
    name = store.add(tex, display=display)
    if problem := store[name].error:
        logger.warning(
            "MathJax cannot set this formula: %s: %s",
            problem,
            tex if len(tex) < 200 else f"{tex[:200]}…",
            location=node,
            type="content",
            subtype="mathematics",
        )
    return store.element(name, display=display)


def open_store(app: Sphinx) -> None:
    """Open the store of the course; what is set is shared by both languages."""
    file = Path(app.doctreedir).parent / "formulas.sqlite3"
    store = FormulaStore(MathJax(app.config.d2lnotes_math_macros), file)
    app.builder.d2lnotes_formulas = store  # type: ignore[attr-defined]


def add_drawings(
    app: Sphinx, pagename: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Give the templates the drawings of the formulas in a page as it is written.

    The contents beside a page show the titles of others, which the templates fetch.
    """
    store: FormulaStore = app.builder.d2lnotes_formulas  # type: ignore[attr-defined]

    def drawings(html: str) -> str:
        names = set(_USED.findall(html))
        return store.drawings(names) if names else ""

    context["formula_drawings"] = drawings


def keep_formulas(app: Sphinx, exception: Exception | None) -> None:
    """Save what was set, also if the build failed for another reason."""
    if store := getattr(app.builder, "d2lnotes_formulas", None):
        store.save()


def configure(app: Sphinx, config: Config) -> None:
    """Choose our renderer, and give LaTeX the macros."""
    config.html_math_renderer = _RENDERER
    given = config.latex_elements.get("preamble", "")
    macros = latex_macros(config.d2lnotes_math_macros)
    config.latex_elements["preamble"] = f"{given}\n{macros}\n"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the renderer and the value for the macros."""
    app.add_config_value("d2lnotes_math_macros", {}, "html", frozenset({dict}))
    app.add_html_math_renderer(_RENDERER, (visit_inline, None), (visit_block, None))
    app.add_css_file("formulas.css")
    app.connect("config-inited", configure)
    app.connect("builder-inited", open_store)
    app.connect("html-page-context", add_drawings)
    app.connect("build-finished", keep_formulas)
    return METADATA
