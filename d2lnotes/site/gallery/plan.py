"""Which gallery scripts must run again, and which last run still holds.

A run holds while nothing that went into it has changed (the script, the modules of
the package that it imports, the versions, the kind of device, the data) and all
that came out of it is still there.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
from dataclasses import dataclass
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.gallery.records import Record, results_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sphinx.application import Sphinx

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
    "first_notebook_cell",
    "ignore_repr_types",
    "image_scrapers",
    "image_srcset",
    "last_notebook_cell",
    "line_numbers",
    "min_reported_time",
    "remove_config_comments",
    "show_signature",
    "thumbnail_size",
)
# Raise this when a run leaves behind something else than before.
_FORMAT = "1"


@dataclass(frozen=True)
class Script:
    """A script of the gallery and the files that its run makes."""

    name: str
    source: Path
    target: Path
    record: Path
    problem: str = ""

    @property
    def page(self) -> Path:
        """The page that sphinx-gallery makes from it."""
        return self.target.with_suffix(".rst")

    @property
    def notebook(self) -> Path:
        """The notebook that sphinx-gallery makes from it."""
        return self.target.with_suffix(".ipynb")

    @property
    def checksum(self) -> Path:
        """The file that tells sphinx-gallery that the script need not run."""
        return self.target.with_name(f"{self.target.name}.md5")

    def images(self) -> list[Path]:
        """Return the pictures on disk: one per figure and size, and the thumbnail."""
        folder = self.target.parent / "images"
        pattern = re.compile(
            rf"sphx_glr_{re.escape(self.target.stem)}_(\d{{3}}.*|thumb)\.\w+"
        )
        found = [*folder.glob("*.*"), *(folder / "thumb").glob("*.*")]
        return sorted(path for path in found if pattern.fullmatch(path.name))


def find_scripts(app: Sphinx) -> list[Script]:
    """Return all scripts below the examples folder, in the order of their names."""
    conf = app.config.sphinx_gallery_conf
    sources = Path(os.path.normpath(app.srcdir / conf["examples_dirs"]))
    found = []
    for source in sorted([*sources.glob("*.py"), *sources.glob("*/*.py")]):
        if re.search(conf["ignore_pattern"], source.name):
            continue
        place = source.relative_to(sources)
        problem = ""
        if not re.search(conf["filename_pattern"], str(source)):
            problem = "its name must begin with plot_, or it is shown without being run"
        elif not list(source.parent.glob("GALLERY_HEADER.*")):
            problem = f"{place.parent} has no GALLERY_HEADER.rst, so it is left out"
        found.append(
            Script(
                name=place.with_suffix("").as_posix(),
                source=source,
                target=Path(app.srcdir) / conf["gallery_dirs"] / place,
                record=results_folder(app.config) / place.with_suffix(".json"),
                problem=problem,
            )
        )
    return found


def remove_leftovers(app: Sphinx, scripts: list[Script]) -> None:
    """Remove what scripts that are gone, or an interrupted build, left behind."""
    kept = {script.target.with_suffix("") for script in scripts}
    gallery = Path(app.srcdir) / app.config.sphinx_gallery_conf["gallery_dirs"]
    for copy in [*gallery.rglob("*.py"), *gallery.rglob("*.rst")]:
        if copy.with_suffix("") not in kept and copy.name != "index.rst":
            gone = Script("", copy, copy.with_suffix(".py"), copy)
            beside = copy.parent.glob(f"{copy.stem}.*")
            for path in [*beside, *gone.images()]:
                path.unlink(missing_ok=True)
    sources = app.srcdir / app.config.sphinx_gallery_conf["examples_dirs"]
    for folder in (path for path in gallery.glob("*/") if path.name != "images"):
        if not (sources / folder.name).is_dir():
            shutil.rmtree(folder)
    for unfinished in gallery.rglob("*.new*"):
        unfinished.unlink()
    records = {script.record for script in scripts}
    for path in results_folder(app.config).rglob("*.*"):
        ours = path.suffix in {".json", ".lock", ".partial"}
        if ours and path.with_suffix(".json") not in records:
            path.unlink()


def current_inputs(app: Sphinx, script: Script) -> dict[str, str]:
    """Return everything that a run of ``script`` depends on, by name."""
    conf = app.config.sphinx_gallery_conf
    settings = {name: conf[name] for name in _SETTINGS}
    roots = dict(_package_folders(tuple(app.config.d2lnotes_packages)))
    modules = imported_files(script.source, roots)
    return {
        "the script": digest(script.source),
        **{name: digest(path) for name, path in sorted(modules.items())},
        "Python": platform.python_version(),
        **{name: version for name in _VERSIONED if (version := _version(name))},
        "the kind of device": device_kind(),
        "the settings": hashlib.sha256(
            json.dumps([_FORMAT, settings], default=str).encode()
        ).hexdigest(),
    }


def why_stale(script: Script, record: Record | None, inputs: Mapping[str, str]) -> str:
    """Return why ``script`` must run, or nothing if its last run still holds."""
    if record is None:
        return "it has not run yet"
    if record.error:
        return "its last run failed"
    if "inputs" not in record.run:
        return "its last run did not end"
    before = record.run["inputs"]
    for name in sorted(before.keys() | inputs.keys()):
        if before.get(name) != inputs.get(name):
            return f"{name} changed"
    if not script.checksum.exists():
        return f"{script.checksum.name} is missing"
    outputs = current_outputs(script)
    for name in sorted(record.run["outputs"].keys() | outputs.keys()):
        if record.run["outputs"].get(name) != outputs.get(name):
            return f"{name} is missing or was changed"
    if record.stand_ins and record.run["data_home"] != data_home_contents():
        return "it ran on a stand-in, and the data cache has changed since"
    return ""


def current_outputs(script: Script) -> dict[str, str]:
    """Return what a run left behind, by file name."""
    files = [script.page, script.notebook, *script.images()]
    return {path.name: digest(path) for path in files if path.exists()}


def imported_files(source: Path, roots: Mapping[str, Path]) -> dict[str, Path]:
    """Return the files of the packages in ``roots`` that ``source`` comes to import.

    Imports are followed without running anything; data files that lie beside an
    imported package's modules count as part of it.
    """
    found: dict[str, Path] = {}
    waiting = list(_imports(source, "", source.stat().st_mtime_ns))
    while waiting:
        for module, path in _modules(waiting.pop(), roots):
            label = path.relative_to(roots[module.partition(".")[0]].parent).as_posix()
            if label in found:
                continue
            found[label] = path
            is_package = path.name == "__init__.py"
            package = module if is_package else module.rpartition(".")[0]
            waiting.extend(_imports(path, package, path.stat().st_mtime_ns))
            if is_package:
                data = (p for p in path.parent.glob("*.*") if p.suffix != ".py")
                found |= {f"{module}: {p.name}": p for p in data if p.is_file()}
    return found


def imports_torch(app: Sphinx, script: Script) -> bool:
    """Return whether a run of ``script`` will load torch."""
    roots = dict(_package_folders(tuple(app.config.d2lnotes_packages)))
    files = [script.source, *imported_files(script.source, roots).values()]
    names = (_imports(f, "", f.stat().st_mtime_ns) for f in files if f.suffix == ".py")
    return any(name.partition(".")[0] == "torch" for found in names for name in found)


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


@lru_cache(maxsize=4096)
def _imports(path: Path, package: str, _modified: int) -> tuple[str, ...]:
    """Return the dotted names that a file imports, those inside functions too."""
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):
        return ()  # running it will say so
    names: list[str] = []
    for node in _statements(tree):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            base = ".".join([*(above if node.level else []), node.module or ""])
            names += [f"{base.strip('.')}.{alias.name}" for alias in node.names]
    return tuple(names)


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements inside ``node``; expressions, many more, are passed over."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield child
            yield from _statements(child)


@lru_cache(maxsize=1)
def _package_folders(packages: tuple[str, ...]) -> tuple[tuple[str, Path], ...]:
    specs = {name: importlib.util.find_spec(name) for name in packages}
    return tuple(
        (name, Path(spec.origin).parent)
        for name, spec in specs.items()
        if spec is not None and spec.origin is not None
    )


def digest(path: Path) -> str:
    """Return the sha256 of a file."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


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


def data_home() -> Path:
    """Return the data cache, as :func:`d2lnotes.data.data_home` does with torch."""
    if chosen := os.environ.get("D2LNOTES_DATA"):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("d2lnotes")


def data_home_contents() -> str:
    """Return a digest of which files the data cache holds."""
    files: list[Any] = []
    for path in sorted(data_home().glob("*/*")):
        if not path.name.startswith(".") and path.suffix != ".lock" and path.is_file():
            stat = path.stat()
            files.append([path.name, stat.st_size, stat.st_mtime_ns])
    return hashlib.sha256(json.dumps(files).encode()).hexdigest()
