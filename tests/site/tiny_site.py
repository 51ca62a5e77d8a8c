"""Build a site of a few pages with some of our extensions, in this process."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from sphinx import locale
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def build_tiny_site(folder: Path, pages: Mapping[str, str], **options: Any) -> Path:
    """Build a site as ``try_tiny_site`` does, and return the output folder.

    Raises
    ------
    AssertionError
        If the build warns.
    """
    out, warnings = try_tiny_site(folder, pages, **options)
    if warnings:
        raise AssertionError(warnings)
    return out


def try_tiny_site(
    folder: Path,
    pages: Mapping[str, str],
    *,
    extensions: Sequence[str],
    language: str = "zh_CN",
    builder: str = "html",
    **config: Any,
) -> tuple[Path, str]:
    """Write ``pages`` (name to text) and build them.

    Return the output folder and what the build warns of.
    """
    source = folder / "docs"
    for name, text in pages.items():
        file = source / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.write_text(text, encoding="utf-8")
    (folder / "conf.py").write_text("", encoding="utf-8")
    out = folder / "out" / builder / language
    warnings = io.StringIO()
    settings = {
        "extensions": ["myst_parser", *extensions],
        "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence"],
        "language": language,
        "project": "tiny",
        **config,
    }
    # Sphinx keeps the words of the last build's language in this process.
    locale.translators.clear()
    with patch_docutils(str(folder)), docutils_namespace():
        app = Sphinx(
            source,
            folder,
            out,
            folder / "doctrees" / language,
            builder,
            confoverrides=settings,
            status=None,
            warning=warnings,
        )
        app.build()
    return out, warnings.getvalue()
