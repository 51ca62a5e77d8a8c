"""The package as a wheel, which the site offers: notebooks can be run before a release.

A wheel is a zip with a list of what it holds. Nothing is compiled here, so it is put
together from the package's own files, without a network and always to the same bytes.
"""

from __future__ import annotations

import base64
import hashlib
from importlib import metadata
from pathlib import Path

import d2lnotes

WHEEL = f"d2lnotes-{d2lnotes.__version__}-py3-none-any.whl"
_FACTS = (
    "Wheel-Version: 1.0\nGenerator: d2lnotes\nRoot-Is-Purelib: true\n"
    "Tag: py3-none-any\n"
)
_KEPT = ("METADATA", "entry_points.txt", "licenses/LICENSE")


def wheel_files() -> dict[str, Path | bytes]:
    """Return what the wheel holds, by name: the package, and what is said about it."""
    package = Path(d2lnotes.__file__).parent
    files: dict[str, Path | bytes] = {
        path.relative_to(package.parent).as_posix(): path
        for path in sorted(package.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    about = f"d2lnotes-{d2lnotes.__version__}.dist-info"
    # In a clone, setuptools may have left a folder of its own, without the first of these.
    installed = next(
        found
        for found in metadata.distributions(name="d2lnotes")
        if found.read_text(_KEPT[0])
    )
    for name in _KEPT:
        if text := installed.read_text(name):
            files[f"{about}/{name}"] = text.encode()
    files[f"{about}/WHEEL"] = _FACTS.encode()
    record = f"{about}/RECORD"
    lines = [_line(name, content) for name, content in files.items()]
    files[record] = "".join([*lines, f"{record},,\n"]).encode()
    return files


def _line(name: str, content: Path | bytes) -> str:
    data = content if isinstance(content, bytes) else content.read_bytes()
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=")
    return f"{name},sha256={digest.decode()},{len(data)}\n"
