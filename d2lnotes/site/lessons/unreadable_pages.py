"""Pages that cannot be read: each is named and left out, and the others go on.

Left to Sphinx, a page that is not UTF-8 ends the build of all, and a named pipe among
the pages lets it wait for ever.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from sphinx.util import logging

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.source_text import undecodable_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


class LeftOut:
    """Keeps pages from Sphinx while it looks for pages, and only then.

    Patterns that stayed in the configuration would have all pages read again.
    """

    def leave_out(self, app: Sphinx) -> None:
        """Report what cannot be read and let Sphinx pass it over."""
        self._patterns = app.config.exclude_patterns
        found = dict(
            unreadable_pages(Path(app.srcdir), tuple(app.config.source_suffix))
        )
        for page, (line, problem) in found.items():
            logger.warning(
                problem,
                location=f"{app.srcdir / page}:{line}",
                type="pages",
                subtype="unreadable",
            )
        app.config.exclude_patterns = [*self._patterns, *map(_as_pattern, found)]

    def forget(self, app: Sphinx, *_: object) -> list[str]:
        """Give the configuration back its own patterns; no page is outdated by this."""
        app.config.exclude_patterns = self._patterns
        return []


def unreadable_pages(
    folder: Path, suffixes: tuple[str, ...]
) -> Iterator[tuple[str, tuple[int, str]]]:
    """Yield each page below ``folder`` that Sphinx could not read: line and problem."""
    for here, _, names in os.walk(folder):
        for path in (Path(here, name) for name in names if name.endswith(suffixes)):
            page = path.relative_to(folder).as_posix()
            if not path.is_file() and path.exists():
                yield page, (1, "no page but a pipe or a device; move it elsewhere")
            elif line := os.access(path, os.R_OK) and undecodable_line(path):
                yield page, (line, "this page is not UTF-8; save it as UTF-8")


def _as_pattern(page: str) -> str:
    return re.sub(r"[*?[\]]", "?", page)


def setup(app: Sphinx) -> ExtensionMetadata:
    """Come between Sphinx's look at its configuration and its look for pages."""
    left_out = LeftOut()
    app.connect("builder-inited", left_out.leave_out)
    app.connect("env-get-outdated", left_out.forget)
    return METADATA
