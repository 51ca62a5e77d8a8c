"""``excerpt``: code of the package on a page, so that it can be pasted and run.

It shows definitions of a module by their names, without docstrings, methods without
their class. Above them stand the imports of all that they use, from the package what
is not shown itself. The package stays the one place where the code lives.
"""

from __future__ import annotations

import ast
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

import d2lnotes
from d2lnotes.site.rooms import METADATA

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_Definition = (
    ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Assign | ast.AnnAssign
)


class Excerpt(SphinxDirective):
    """``excerpt``: a module of the package, then what to show of it."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Return the code as a listing."""
        module, *names = self.arguments[0].split()
        file = _file(module)
        if not file.is_file():
            raise self.error(f"there is no module {module}: {file} is not there")
        self.env.note_dependency(str(file))
        try:
            code = excerpt(file.read_text(encoding="utf-8"), module, names)
        except LookupError as error:
            raise self.error(str(error)) from error
        # Its source tells that the tests of pages need not run it.
        block = nodes.literal_block(code, code, language="python", source=str(file))
        self.set_source_info(block)
        return [block]


def _file(module: str) -> Path:
    top = Path(d2lnotes.__file__).parents[1]
    return top.joinpath(*module.split(".")).with_suffix(".py")


def excerpt(source: str, module: str, names: Sequence[str]) -> str:
    """Return the definitions ``names`` of a module, complete with imports.

    Parameters
    ----------
    source
        The module's text.
    module
        Its name, from which what is not shown is imported.
    names
        Functions, classes, constants, and methods as ``Class.method``.

    Raises
    ------
    LookupError
        If the module does not define one of them.
    """
    tree = ast.parse(source)
    known = dict(_definitions(tree))
    if not names or (unknown := [name for name in names if name not in known]):
        wrong = ", ".join(unknown) if names else "nothing"
        raise LookupError(
            f"an excerpt names what {module} defines, got {wrong}; "
            f"it defines {', '.join(known)}"
        )
    shown = [known[name] for name in names]
    imports = _imports(tree, shown, module, without=names)
    lines = source.splitlines()
    code = [*imports, "", ""] if imports else []
    for number, node in enumerate(shown):
        if number and not (_is_constant(node) and _is_constant(shown[number - 1])):
            code += ["", ""]
        code += _code(lines, node)
    if imports and _is_constant(shown[0]):
        code.remove("")
    return "\n".join(code)


def _definitions(tree: ast.Module) -> Iterator[tuple[str, _Definition]]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, node
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((x.id, node) for x in targets if isinstance(x, ast.Name))
        if isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield f"{node.name}.{inner.name}", inner


def _is_constant(node: _Definition) -> bool:
    return isinstance(node, ast.Assign | ast.AnnAssign)


def _imports(
    tree: ast.Module,
    shown: Iterable[_Definition],
    module: str,
    *,
    without: Sequence[str],
) -> list[str]:
    """Return the imports of the names that ``shown`` uses."""
    used = {
        name.id for x in shown for name in ast.walk(x) if isinstance(name, ast.Name)
    }
    found = []
    if any(isinstance(x, ast.ClassDef) and x.name in used for x in shown):
        found.append("from __future__ import annotations\n")
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import | ast.ImportFrom):
            needed = [a for a in statement.names if (a.asname or a.name) in used]
            if needed:
                statement.names = needed
                found.append(ast.unparse(statement))
    own = sorted({name for name, _ in _definitions(tree)} & used - {*without})
    return [*found, f"from {module} import {', '.join(own)}"] if own else found


def _code(lines: list[str], node: _Definition) -> list[str]:
    """Return the lines of a definition without its docstrings."""
    decorators = getattr(node, "decorator_list", [])
    start = min(x.lineno for x in (node, *decorators)) - 1
    kept: dict[int, str] = dict(enumerate(lines[start : node.end_lineno], start))
    for block in ast.walk(node):
        if isinstance(block, ast.FunctionDef | ast.ClassDef) and (
            ast.get_docstring(block) is not None
        ):
            first, last = block.body[0].lineno - 1, block.body[0].end_lineno or 0
            end = last if last in kept and not kept[last].strip() else last - 1
            for number in range(first, end + 1):
                del kept[number]
            if len(block.body) == 1:
                kept[first] = f"{' ' * block.body[0].col_offset}..."
    text = "\n".join(kept[number] for number in sorted(kept))
    return textwrap.dedent(text).splitlines()


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directive."""
    app.add_directive("excerpt", Excerpt)
    return METADATA
