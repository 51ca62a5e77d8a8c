"""Pages that show what another page is called: written again when that changes.

Sphinx writes again the pages whose own source changed. A title, a number or a label
that others refer to, and that every page shows in its contents, would stay as it was
on those, and a reference to a label that is gone would not be reported.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Updated
from d2lnotes.site.twins.references import titles_in_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata


def write_all_if_names_changed(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    """Return all pages if one is now called otherwise than when they were written."""
    if app.builder.format != "html":
        return []  # other formats are written whole, and must not hide it from HTML
    before = getattr(env, "d2lnotes_names", None)
    names = hashlib.sha256(repr(_names(env)).encode()).hexdigest()
    env.d2lnotes_names = names  # type: ignore[attr-defined]
    return [] if names == before else sorted(env.found_docs)


def _names(env: BuildEnvironment) -> list[object]:
    """Return what a page may show of another, in an order that is always the same."""
    domain = env.domains.standard_domain
    pages = [
        (
            page,
            titles_in_words(env, page, ""),
            env.titles[page].astext() if page in env.titles else "",
            env.toc_secnumbers.get(page, {}).get(""),
        )
        for page in sorted(env.found_docs)
    ]
    labels = [
        (
            label,
            page,
            target,
            titles_in_words(env, page, target),
            domain.labels.get(label, ("", "", ""))[2],
            env.toc_secnumbers.get(page, {}).get(f"#{target}"),
            [
                (kind, numbers[target])
                for kind, numbers in sorted(env.toc_fignumbers.get(page, {}).items())
                if target in numbers
            ],
        )
        for label, (page, target) in sorted(domain.anonlabels.items())
    ]
    equations = sorted(env.domains.math_domain.equations.items())
    objects = sorted(domain.objects.items())
    python = sorted(
        (name, entry.docname, entry.node_id)
        for name, entry in env.domains.python_domain.objects.items()
    )
    return [pages, labels, equations, objects, python]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Look once Sphinx has given all numbers (500)."""
    app.connect(
        "env-get-updated", write_all_if_names_changed, priority=Updated.SHOWN_ELSEWHERE
    )
    return METADATA
