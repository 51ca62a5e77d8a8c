"""The names of a glossary term: in each language the name, then its synonyms.

An author parts them by commas: ``广播机制，广播 | broadcasting``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docutils import nodes

from d2lnotes.site.twins.languages import HTML_TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from d2lnotes.site.twins.languages import Language

_COMMA = re.compile("[，、]|, ")


def names_of(half: str) -> list[str]:
    """Return the names in one half of a term, the usual one first.

    Parameters
    ----------
    half
        Such as ``广播机制，广播``.
    """
    return [name.strip() for name in _COMMA.split(half) if name.strip()]


def called(term: nodes.term) -> dict[Language, list[str]]:
    """Return the names of a term; one without halves, such as GPU, has it in both."""
    name = term.astext()
    names: dict[Language, list[str]] = term.get("called", {"zh": [name], "en": [name]})
    return names


def both_names(
    halves: Mapping[Language, list[nodes.Node]], own: Language
) -> list[nodes.Node]:
    """Return copies of all names of a term, those in the language ``own`` first."""
    other: Language = "en" if own == "zh" else "zh"
    translated = nodes.inline("", "", *(node.deepcopy() for node in halves[other]))
    # HTML writes the second class as the language of what stands there.
    translated["classes"] += ["other-name", f"language-{HTML_TAGS[other]}"]
    return [*(node.deepcopy() for node in halves[own]), nodes.Text(" "), translated]
