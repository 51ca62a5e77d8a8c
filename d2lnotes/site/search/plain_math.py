"""Formulas as a line of plain text, for the quotations of the search page."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from docutils.utils.math import tex2unichar

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What stands for a formula that takes more than a line of plain text.
LEFT_OUT = "…"

_STYLE = re.compile(
    r"\\(?:math[a-z]+|operatorname\*?|text[a-z]*|boldsymbol|bm|overline|widehat|vec|left"
    r"|right|[bB]ig+[lr]?|limits|nolimits|displaystyle)(?![a-zA-Z])"
)
_SPACE = re.compile(r"\\(?:[,;:! ]|q?quad(?![a-zA-Z]))|~")
_ACCENTED = re.compile(r"\\(hat|bar|tilde|dot)\s*(?:\{\s*([^\\{}\s])\s*\}|([^\\{}\s]))")
_ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307"}
_FRACTION = re.compile(r"\\[dt]?frac\s*(?:\{([^{}]*)\}\s*\{([^{}]*)\}|([0-9])([0-9]))")
_ROOT = re.compile(r"\\sqrt\s*\{([^{}]*)\}")
_RAISED = re.compile(r"\^\{([^{}]*)\}")
_GROUP = re.compile(r"\{([^{}]*)\}")
_COMMAND = re.compile(r"\\([a-zA-Z]+|\|)")
_NOT_ATOMIC = re.compile(r"[-+*/\s=<>,]")
_SYMBOLS = {
    **tex2unichar.mathalpha,
    **tex2unichar.mathord,
    **tex2unichar.mathop,
    **tex2unichar.mathbin,
    **tex2unichar.mathrel,
    **tex2unichar.mathopen,
    **tex2unichar.mathclose,
    **tex2unichar.mathfence,
    **dict.fromkeys(("lVert", "rVert"), "‖"),
    **dict.fromkeys(("lvert", "rvert"), "|"),
    "dots": "…",
}
_NAMES = re.compile(
    "arg(max|min)?|cosh?|det|diag|dim|exp|inf|ker|lim|ln|log|max|min|Pr|rank|sgn|sinh?"
    "|softmax|sup|tanh?|tr|Var|Cov"
)
_ESCAPED = {r"\{": "\x01", r"\}": "\x02", r"\_": "_", r"\%": "%", r"\#": "#"}
_BRACES = str.maketrans("\x01\x02", "{}")


def plain_math(formula: str, macros: Mapping[str, object]) -> str:
    r"""Return a formula as a reader would type it: ``\mathbf{x}^\top`` becomes ``xᵀ``.

    Parameters
    ----------
    formula
        LaTeX, without the dollar signs.
    macros
        The course's own commands; those with arguments are known here by name.

    Returns
    -------
    str
        One line, or ``LEFT_OUT`` for what has no such form: matrices, cases.
    """
    for name, meaning in macros.items():
        if isinstance(meaning, str):
            command = rf"\\{name}(?![a-zA-Z])"
            formula = re.sub(command, meaning.replace("\\", r"\\"), formula)
    for escaped, character in _ESCAPED.items():
        formula = formula.replace(escaped, character)
    formula = _COMMAND.sub(_character, _SPACE.sub(" ", formula))
    formula = _without_groups(_STYLE.sub("", formula)).replace("^⊤", "ᵀ")
    readable = not re.search(r"[\\&{}]", formula)
    return " ".join(formula.translate(_BRACES).split()) if readable else LEFT_OUT


def _without_groups(formula: str) -> str:
    """Return ``formula`` without braces, from the innermost outwards."""
    before = ""
    while formula != before:
        before = formula
        formula = _ACCENTED.sub(_accented, formula)
        formula = _FRACTION.sub(
            lambda m: f"{_one(m[1] or m[3])}/{_one(m[2] or m[4])}", formula
        )
        formula = _ROOT.sub(lambda m: f"√{_one(m[1])}", formula)
        formula = _RAISED.sub(lambda m: f"^{_one(m[1])}", formula)
        if formula == before:
            formula = _GROUP.sub(r"\1", formula, count=1)
    return formula


def _accented(letter: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", (letter[2] or letter[3]) + _ACCENTS[letter[1]])


def _one(part: str) -> str:
    """Return ``part``, in parentheses if it is more than one thing."""
    part = part.strip()
    return f"({part})" if _NOT_ATOMIC.search(part) else part


def _character(command: re.Match[str]) -> str:
    name = command[1]
    return name if _NAMES.fullmatch(name) else _SYMBOLS.get(name, command[0])
