"""How a script of the gallery is written, so that a reader can take it in.

A function takes what it uses, no block of code is long, and the whole is short: what
is longer belongs in the package, where it is tested, and is shown from there.
"""

import ast
import io
import re
import symtable
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest
from sphinx_gallery.py_source_parser import split_code_and_text_blocks

from d2lnotes.site.gallery.bookkeeping import part

SCRIPTS = sorted((Path(__file__).parents[2] / "gallery").glob("*/plot_*.py"))
BLOCK_LINES, CODE_LINES = 30, 140
CONSTANT = re.compile(r"[A-Z][A-Z0-9_]+")  # of one letter it is a matrix
NOT_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def broken_rules(script: Path) -> list[str]:
    """Return what the script breaks, each as ``file:line: rule; what to do``."""
    source = script.read_text(encoding="utf-8")
    found = [
        *hidden_globals(source),
        *long_blocks(script),
        *length(without_bookkeeping(source)),
    ]
    return [f"{script.parent.name}/{script.name}:{line}: {why}" for line, why in found]


def without_bookkeeping(source: str) -> str:
    """Return ``source`` as a reader sees it, without what its page folds."""
    return part([source])[0].code


def hidden_globals(source: str) -> Iterator[tuple[int, str]]:
    """Yield the line of each use of a module variable inside a function."""
    module = symtable.symtable(source, "", "exec")
    variables = {
        symbol.get_name()
        for symbol in module.get_symbols()
        if symbol.is_assigned() and not symbol.is_namespace()
    }
    variables = {name for name in variables if not CONSTANT.fullmatch(name)}
    functions = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    for table in functions_of(module):
        for name in sorted(global_names(table) & variables):
            line = first_use(name, table.get_lineno(), functions)
            yield (
                line,
                f"the function {table.get_name()} uses the variable {name} of its "
                f"script; take {name} as an argument, or spell a constant in capitals",
            )


def functions_of(table: symtable.SymbolTable) -> Iterator[symtable.SymbolTable]:
    """Yield the functions and methods that no other function holds."""
    for child in table.get_children():
        if child.get_type() == "class":
            yield from functions_of(child)
        elif child.get_name() not in {"lambda", "listcomp", "setcomp", "dictcomp"} | {
            "genexpr"
        }:
            yield child


def global_names(table: symtable.SymbolTable) -> set[str]:
    """Return the names that a function, or one inside it, looks up in the module."""
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return own.union(*map(global_names, table.get_children()))


def first_use(name: str, line: int, functions: list[ast.AST]) -> int:
    """Return where the function that begins at ``line`` uses ``name`` first."""
    function = next(
        node
        for node in functions
        if line in {node.lineno, *(d.lineno for d in node.decorator_list)}
    )
    return min(
        node.lineno
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == name
    )


def long_blocks(script: Path) -> Iterator[tuple[int, str]]:
    """Yield the first line of each code block that is too long, bookkeeping aside."""
    blocks = [
        (text, line)
        for kind, text, line in split_code_and_text_blocks(str(script))[1]
        if kind == "code"
    ]
    shown = part([text for text, _ in blocks])
    for (text, line), parted in zip(blocks, shown, strict=True):
        lines = len(parted.code.strip().splitlines())
        if lines > BLOCK_LINES:
            blank = len(text) - len(text.lstrip("\n"))
            yield (
                line + blank,
                f"this block has {lines} lines of code, and {BLOCK_LINES} are the "
                "most; part it with '# %%' and a sentence in both languages",
            )


def length(source: str) -> Iterator[tuple[int, str]]:
    """Yield the last line if there is too much code."""
    lines = code_lines(source)
    if len(lines) > CODE_LINES:
        yield (
            max(lines),
            f"the script has {len(lines)} lines of code, and {CODE_LINES} are the "
            "most; move what is general into the package, tested, and show it",
        )


def code_lines(source: str) -> set[int]:
    """Return the lines of code: without blank ones, comments, and lines of text.

    Text is a docstring, and the alternative text of a figure, which fills whole lines.
    """
    tokens = [
        token
        for token in tokenize.generate_tokens(io.StringIO(source).readline)
        if token.type not in NOT_CODE
    ]
    return {
        line
        for token in tokens
        if token.type != tokenize.STRING
        for line in range(token.start[0], token.end[0] + 1)
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_script_keeps_the_rules(script):
    assert not broken_rules(script), "\n" + "\n".join(broken_rules(script))


# The rules themselves, on scripts that break them


@pytest.fixture
def script(tmp_path):
    """Write a script of the gallery, and return what it breaks."""

    def breaks(source):
        path = tmp_path / "chapter" / "plot_claim.py"
        path.parent.mkdir()
        path.write_text(f'"""\nTitle\n=====\n"""\n{source}', encoding="utf-8")
        return broken_rules(path)

    return breaks


@pytest.mark.parametrize(
    "source",
    [
        "rate = 0.1\n\n\ndef step(w):\n    return w - rate\n",
        "for rate in (1, 2):\n    pass\n\n\ndef step(w):\n    return w - rate\n",
        "rate = 0.1\n\n\ndef outer():\n    return [rate for _ in range(3)]\n",
        "rate = 0.1\n\n\ndef outer():\n    return lambda w: w - rate\n",
        "rate = 0.1\n\n\nclass Step:\n    def of(self, w):\n        return w - rate\n",
    ],
)
def test_a_function_may_not_use_a_variable_of_its_script(source, script):
    (broken,) = script(source)

    text = next(text for text in source.splitlines() if "return" in text)
    line = 5 + source.splitlines().index(text)
    assert broken.startswith(f"chapter/plot_claim.py:{line}: the function ")
    assert "uses the variable rate of its script; take rate as an argument" in broken


@pytest.mark.parametrize(
    "source",
    [
        "RATE = 0.1\n\n\ndef step(w):\n    return w - RATE\n",
        "import math\n\n\ndef step(w):\n    return math.sin(w)\n",
        "def half(w):\n    return w / 2\n\n\ndef step(w):\n    return half(w)\n",
        "rate = 0.1\n\n\ndef step(w, rate):\n    return w - rate\n",
        "def step(w):\n    rate = 0.1\n    return w - rate\n\n\nrate = step(1)\n",
        "rate = 0.1\nshort = [w - rate for w in range(3)]\n",
    ],
)
def test_a_function_may_use_what_is_no_variable_of_its_script(source, script):
    assert not script(source)


def test_a_long_block_is_named_with_its_first_line(script):
    source = "# %%\n# Text.\n\n" + "\n".join(f"a = {n}" for n in range(31))

    (broken,) = script(source)

    assert broken.startswith("chapter/plot_claim.py:8: this block has 31 lines of code")


def test_bookkeeping_makes_no_block_long(script):
    source = "# %%\n# Text.\n\n" + 'record("a", 1)\n' * 31

    assert not script(source)


def test_a_long_script_is_told_how_long_it_is(script):
    block = "\n# %%\n# Text.\n\n" + "\n".join(f"a = {n}" for n in range(25)) + "\n"

    (broken,) = script(6 * block)

    assert "the script has 150 lines of code, and 140 are the most" in broken


def test_lines_of_text_are_no_code():
    source = '"""Title."""\n\n# Why.\nlabel(\n    "text"\n    " | text"\n)\n'

    assert code_lines(source) == {4, 7}
