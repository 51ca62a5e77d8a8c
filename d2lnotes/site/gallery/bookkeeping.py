"""What a script does for the course alone: it records numbers and describes figures.

A reader has no use for these statements. On the page of a script they stand folded below
the rest of their block, and its downloads do without them.

A statement is bookkeeping if it only calls ``record``, ``record_all`` or ``keep_data``,
or gives a figure its alternative text, ``fig.set_label("中文 | English")``; so are a loop and a
condition around such statements, and what gives names to numbers and words, without a
call, that only bookkeeping uses.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx.transforms import SphinxTransform

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Read
from d2lnotes.site.twins.languages import SEPARATOR, own_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_RECORDING = {"record", "record_all", "keep_data"}
_MODULES = {"d2lnotes.results", "d2lnotes.keeping"}
_FIGURES = {"fig", "figure"}
_SUMMARY = {"zh": "记录", "en": "Bookkeeping"}


class Parted(NamedTuple):
    """A block of code without its bookkeeping, and that; either may be empty."""

    code: str
    bookkeeping: str


class Bookkeeping(nodes.General, nodes.Element):
    """Code of a script that is shown folded and left out of downloads."""


class FoldBookkeeping(SphinxTransform):
    """Fold the bookkeeping on the page of a script."""

    default_priority = Read.GENERATED_LINES

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Part the code blocks of the document in place."""
        folder = self.config.sphinx_gallery_conf["gallery_dirs"]
        if not self.env.current_document.docname.startswith(f"{folder}/"):
            return
        # So sphinx-gallery 0.22 writes a script's own code; quoted code is "python".
        blocks = [
            block
            for block in self.document.findall(nodes.literal_block)
            if block.get("language") == "Python"
        ]
        for block, parted in zip(
            blocks, part([block.astext() for block in blocks]), strict=True
        ):
            if parted.bookkeeping:
                fold = Bookkeeping()
                fold += _with_code(block, parted.bookkeeping)
                shown = [_with_code(block, parted.code)] if parted.code else []
                block.replace_self([*shown, fold])


def part(blocks: Sequence[str]) -> list[Parted]:
    """Return the blocks of a script, in their order, each parted."""
    trees = list(map(_statements, blocks))
    found = _bookkeeping([statement for tree in trees for statement in tree])
    return [
        _parted(block, [statement for statement in tree if statement in found])
        for block, tree in zip(blocks, trees, strict=True)
    ]


def without_unused_import(blocks: Sequence[str]) -> list[str]:
    """Return ``blocks`` without the import of what only bookkeeping uses."""
    trees = list(map(_statements, blocks))
    used = {name for tree in trees for statement in tree for name in _used(statement)}
    return [
        _parted(
            block,
            [
                statement
                for statement in tree
                if isinstance(statement, ast.ImportFrom)
                and statement.module in _MODULES
                and not used & {alias.asname or alias.name for alias in statement.names}
            ],
        ).code
        for block, tree in zip(blocks, trees, strict=True)
    ]


def _statements(block: str) -> list[ast.stmt]:
    """Return the statements of a block; none of one that is wrong, which stays whole."""
    try:
        return ast.parse(block).body
    except SyntaxError:
        return []


def _bookkeeping(statements: Sequence[ast.stmt]) -> set[ast.stmt]:
    """Return which of the statements of a script are bookkeeping."""
    found = {statement for statement in statements if _is_bookkeeping(statement)}
    # Once a statement has gone, what only it has used may go too.
    while True:
        others = [statement for statement in statements if statement not in found]
        used = {name for statement in others for name in _used(statement)}
        recorded = {name for statement in found for name in _used(statement)}
        more = {
            statement
            for statement in others
            if (names := _named(statement)) and names <= recorded - used
        }
        if not more:
            return found
        found |= more


def _is_bookkeeping(statement: ast.stmt) -> bool:
    if isinstance(statement, ast.For | ast.If):
        return all(map(_is_bookkeeping, [*statement.body, *statement.orelse]))
    if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
        return False
    called = statement.value.func
    if isinstance(called, ast.Name):
        return called.id in _RECORDING
    return (
        isinstance(called, ast.Attribute)
        and called.attr == "set_label"
        and ast.unparse(called.value).rpartition(".")[2] in _FIGURES
        and SEPARATOR in ast.unparse(statement.value)
    )


def _named(statement: ast.stmt) -> set[str]:
    """Return the names that an assignment without a call gives; none of another kind."""
    calls = any(isinstance(node, ast.Call) for node in ast.walk(statement))
    if calls or not isinstance(statement, ast.Assign):
        return set()
    names = {node.id for target in statement.targets for node in _names_in(target)}
    plain = all(
        isinstance(target, ast.Name | ast.Tuple) for target in statement.targets
    )
    return names if plain else set()


def _used(statement: ast.stmt) -> set[str]:
    """Return the names whose values a statement reads."""
    return {node.id for node in _names_in(statement) if isinstance(node.ctx, ast.Load)}


def _names_in(node: ast.AST) -> list[ast.Name]:
    return [child for child in ast.walk(node) if isinstance(child, ast.Name)]


def _parted(block: str, statements: Iterable[ast.stmt]) -> Parted:
    """Take the lines of ``statements``, with the comments above, out of ``block``."""
    lines = block.splitlines()
    taken: set[int] = set()
    for statement in statements:
        start = statement.lineno - 1
        while start and lines[start - 1].startswith("#"):
            start -= 1
        taken.update(range(start, statement.end_lineno or statement.lineno))
    rest = [line for number, line in enumerate(lines) if number not in taken]
    out = [line for number, line in enumerate(lines) if number in taken]
    return Parted("\n".join(rest).strip("\n"), "\n".join(out))


def _with_code(block: nodes.literal_block, code: str) -> nodes.literal_block:
    """Return a copy of ``block`` that holds ``code``."""
    copy = block.copy()
    copy.rawsource = code
    copy += nodes.Text(code)
    return copy


def _open_html(translator: Any, node: Bookkeeping) -> None:  # noqa: ANN401
    summary = _SUMMARY[own_language(translator.config)]
    translator.body.append(
        f'<details class="bookkeeping"><summary>{summary}</summary>\n'
    )


def _close_html(translator: Any, node: Bookkeeping) -> None:  # noqa: ANN401
    translator.body.append("</details>\n")


def _pass(translator: Any, node: Bookkeeping) -> None:  # noqa: ANN401
    """Write what it holds, and nothing of its own."""


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the folds."""
    app.add_node(
        Bookkeeping,
        html=(_open_html, _close_html),
        latex=(_pass, _pass),
        text=(_pass, _pass),
    )
    app.add_transform(FoldBookkeeping)
    return METADATA
