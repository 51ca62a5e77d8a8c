"""What a run of a script depends on: its text, the code it imports, versions, settings.

Code counts without docstrings and comments, which no run depends on. The script itself
counts whole: its comments are the text of its page.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import importlib.util
import json
import platform
import re
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

#: The name under which the script's own text stands among its inputs.
THE_SCRIPT = "the script"

_VERSIONED = (
    "matplotlib",
    "numpy",
    "scikit-learn",
    "sphinx-gallery",
    "torch",
    "torchvision",
)
# Settings of sphinx-gallery that change what a run leaves behind.
_SETTINGS = (
    "capture_repr",
    "ignore_repr_types",
    "image_scrapers",
    "image_srcset",
    "line_numbers",
    "min_reported_time",
    "notebook_extensions",
    "remove_config_comments",
    "show_signature",
    "thumbnail_size",
)
# Raise this when a run leaves behind something else than before.
_FORMAT = "4"


def inputs_of(
    source: Path,
    *,
    packages: Mapping[str, Path],
    settings: Mapping[str, Any],
    device: str,
) -> dict[str, str]:
    """Return everything that a run of the script ``source`` depends on, by name.

    Its data are not among them: which it reads is known only when it has run.
    """
    chosen = {name: settings[name] for name in _SETTINGS}
    return {
        THE_SCRIPT: digest(source.read_bytes()),
        **dict(sorted(imported_code(source, packages).items())),
        **versions(),
        "the kind of device": device,
        "the settings": digest(json.dumps([_FORMAT, chosen], default=str).encode()),
    }


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that a run depends on."""
    found = {name: version for name in _VERSIONED if (version := _version(name))}
    return {"Python": platform.python_version(), **found}


def digest(content: bytes) -> str:
    """Return the sha256 of ``content``."""
    return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True)
class _Code:
    """What a module says: a digest, the dotted names it imports, what it passes on.

    ``passed_on`` maps the names of a package that only passes on what its modules
    define to where that is; it is ``None`` for a module with code of its own.
    """

    digest: str
    imports: tuple[str, ...]
    passed_on: Mapping[str, str] | None = None


def imported_code(source: Path, roots: Mapping[str, Path]) -> dict[str, str]:
    """Return the digests of what ``source`` comes to import from ``roots``, by file.

    Data files that lie beside an imported package's modules count as part of it.
    """
    found: dict[str, str] = {}
    for module, path, code in _followed(source, roots):
        label = path.relative_to(roots[module.partition(".")[0]].parent).as_posix()
        found[label] = code.digest
        if path.name == "__init__.py":
            for file in path.parent.glob("*.*"):
                if file.suffix != ".py" and file.is_file():
                    found[f"{module}: {file.name}"] = digest(file.read_bytes())
    return found


def imports_torch(source: Path, roots: Mapping[str, Path]) -> bool:
    """Return whether the script ``source`` needs torch."""
    imports = [
        *_code(source, "").imports,
        *(name for _, _, code in _followed(source, roots) for name in code.imports),
    ]
    return any(name.partition(".")[0] == "torch" for name in imports)


def _followed(
    source: Path, roots: Mapping[str, Path]
) -> Iterator[tuple[str, Path, _Code]]:
    """Yield the modules of ``roots`` that ``source`` comes to import, some repeatedly.

    Imports are followed without running anything. A package's ``__init__`` that does
    nothing but pass names on is followed by the names that are asked of it: importing
    has no effects in this course, so the others cannot matter.
    """
    waiting, seen = list(_code(source, "").imports), set[str]()
    while waiting:
        if (name := waiting.pop()) in seen:
            continue
        seen.add(name)
        modules = list(_modules(name, roots))
        for module, path in modules:
            is_package = path.name == "__init__.py"
            code = _code(path, module if is_package else module.rpartition(".")[0])
            yield module, path, code
            if code.passed_on is None:
                waiting.extend(code.imports)
            elif (module, path) == modules[-1]:
                waiting.extend(_asked_of(code.passed_on, name[len(module) + 1 :]))


def _asked_of(passed_on: Mapping[str, str], name: str) -> list[str]:
    """Return where ``name`` of a package comes from; all it passes on without one."""
    if name in passed_on:
        return [passed_on[name]]
    return list(passed_on.values()) if name in {"", "*"} else []


def _modules(name: str, roots: Mapping[str, Path]) -> Iterator[tuple[str, Path]]:
    """Yield every module that importing ``name`` runs, with its file."""
    parts = name.split(".")
    if parts[0] not in roots:
        return
    for count in range(1, len(parts) + 1):
        place = roots[parts[0]].joinpath(*parts[1:count])
        candidates = (place / "__init__.py", place.with_suffix(".py"))
        path = next((path for path in candidates if path.is_file()), None)
        if path is None:
            return
        yield ".".join(parts[:count]), path


def _code(path: Path, package: str) -> _Code:
    return _read_code(path, package, path.stat().st_mtime_ns)


@lru_cache(maxsize=4096)
def _read_code(path: Path, package: str, _modified: int) -> _Code:
    content = path.read_bytes()
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):
        return _Code(digest(content), ())  # running it will say so
    _remove_docstrings(tree)
    imports = [pair for node in _statements(tree) for pair in _imported(node, package)]
    if path.name == "__init__.py" and all(map(_only_passes_on, tree.body)):
        return _Code("", (), dict(imports))
    names = tuple(name for _, name in imports)
    return _Code(digest(ast.dump(tree).encode()), names)


def _remove_docstrings(tree: ast.Module) -> None:
    """Remove the docstrings of a module, which then may have bodies without lines."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    for node in (
        tree,
        *(node for node in _statements(tree) if isinstance(node, kinds)),
    ):
        if ast.get_docstring(node, clean=False) is not None:  # type: ignore[arg-type]
            del node.body[0]  # type: ignore[attr-defined]


def _only_passes_on(statement: ast.stmt) -> bool:
    """Return whether a statement is an import, or describes: ``__all__ = [...]``."""
    if isinstance(statement, ast.Assign):
        names = [node.id for node in statement.targets if isinstance(node, ast.Name)]
        return bool(names) and all(name.startswith("__") for name in names)
    return isinstance(statement, ast.Import | ast.ImportFrom)


def _imported(node: ast.AST, package: str) -> Iterator[tuple[str, str]]:
    """Yield the names that an import binds, each with the dotted name it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name, alias.name
    elif isinstance(node, ast.ImportFrom):
        above = package.split(".")[: len(package.split(".")) - node.level + 1]
        base = ".".join([*(above if node.level else []), node.module or ""]).strip(".")
        for alias in node.names:
            yield alias.asname or alias.name, f"{base}.{alias.name}"


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements inside ``node``; expressions, many more, are passed over."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            yield from _statements(child)


@lru_cache
def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


@lru_cache(maxsize=1)
def device_kind() -> str:
    """Return ``cuda`` if torch would find a GPU, else ``cpu``, without importing torch.

    Importing torch takes seconds, which a build that runs nothing must not pay.
    """
    spec = importlib.util.find_spec("torch")
    if spec is None or spec.origin is None:
        return "cpu"
    facts = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    if not re.search(r"^cuda\b.*=\s*['\"]", facts, re.MULTILINE):
        return "cpu"
    try:
        driver = ctypes.CDLL(
            "nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1"
        )
        count = ctypes.c_int()
        failed = driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count))
    except (OSError, AttributeError):
        return "cpu"
    return "cuda" if not failed and count.value else "cpu"
