"""Entries of the bibliography, formatted once and kept.

sphinxcontrib-bibtex formats all of them in every build, a second and more for each
language, before a page is written. They come out the same as long as they are the same
works in the same order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pybtex.richtext import Tag
from sphinxcontrib.bibtex.domain import BibtexDomain

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import mark

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata
    from sphinxcontrib.bibtex.directives import BibliographyKey

    # A work, as its list shows it, and as a tooltip would.
    Formatted = tuple[Any, Any, Any]


class KeepingDomain(BibtexDomain):
    """The domain of sphinxcontrib-bibtex 2.6, which remembers what it has formatted."""

    def get_formatted_entries(
        self,
        bibliography_key: BibliographyKey,
        docnames: list[str],
        tooltips: bool,
        tooltips_style: str,
    ) -> Iterable[Formatted]:
        """Return the works of one bibliography, formatted, as the base class does."""
        entries = list(self.get_sorted_entries(bibliography_key, docnames))
        form = self.bibliographies[bibliography_key]
        made_of = mark(
            [entries, form.style, form.labelprefix, tooltips, tooltips_style]
        )
        kept = self._kept()
        if kept.get(bibliography_key, ("",))[0] != made_of:
            formatted = super().get_formatted_entries(
                bibliography_key, docnames, tooltips, tooltips_style
            )
            kept[bibliography_key] = made_of, list(formatted)
        found = kept[bibliography_key][1]
        if any(isinstance(entry.text, Tag) for _, entry, _ in found):
            del kept[bibliography_key]  # a field is missing; that is told every time
        return found

    def _kept(self) -> dict[BibliographyKey, tuple[str, list[Formatted]]]:
        if not hasattr(self.env, "d2lnotes_formatted"):
            self.env.d2lnotes_formatted = {}  # type: ignore[attr-defined]
        return self.env.d2lnotes_formatted  # type: ignore[attr-defined]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Put the domain in the place of the other."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_domain(KeepingDomain, override=True)
    return METADATA
