"""Every private part of Sphinx, docutils and sphinx-gallery that the site leans on.

Each function is one such part, with the version that it was checked with and what would
free us of it. What Sphinx lets a class of ours replace, without promising that it stays,
is replaced where it belongs: ``lessons.figure_numbers`` (the numbers of
``TocTreeCollector``), ``latex.builder`` (how ``LaTeXBuilder`` writes its documents) and
``html.formatted_works`` (``BibtexDomain`` of sphinxcontrib-bibtex 2.7).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.stages import Started

if TYPE_CHECKING:
    from collections.abc import Callable

    from docutils import nodes
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.domains.std import StandardDomain
    from sphinx.environment import BuildEnvironment
    from sphinx.environment.collectors import EnvironmentCollector


def builder_of(env: BuildEnvironment) -> Builder:
    """Return the builder at hand, for a post-transform.

    Sphinx 9.0.4: its own transforms reach it like this, since ``self.app`` is going away.
    A public way from a transform to its builder would do.
    """
    return env._app.builder


def style_sheets(builder: Builder) -> list[Any]:
    """Return the style sheets that every HTML page would load.

    Sphinx 9.0.4. An event before pages are written that tells them would do.
    """
    return builder._css_files  # type: ignore[attr-defined]


def switch_off_search(builder: Builder) -> None:
    """Keep the HTML builder from making its own index for search.

    Sphinx 9.0.4. A setting such as ``html_use_search`` would do.
    """
    builder.search = False  # type: ignore[attr-defined]


def browser_stemmers() -> Path:
    """Return the folder of the stemmers for browsers, in JavaScript.

    Sphinx 9.0.4. The package snowballstemmer carries them for Python alone.
    """
    import sphinx.search

    return Path(sphinx.search.__file__).parent / "minified-js"


def disable_collector(app: Sphinx, kind: type[EnvironmentCollector]) -> None:
    """Take one of Sphinx's own collectors out, for ours to come in.

    Sphinx 9.0.4. A collector that is added for the second time could replace the first.
    """
    for listener in list(app.events.listeners["env-get-updated"]):
        collector = getattr(listener.handler, "__self__", None)
        if type(collector) is kind:
            collector.disable(app)


def term_in_any_case(domain: StandardDomain, name: str) -> tuple[str, str] | None:
    """Return the document and the id of a glossary term, whatever its capitals.

    Sphinx 9.0.4. ``resolve_xref`` looks here too, but returns a link and not the place.
    """
    return domain._terms.get(name.lower())


def rename_term(
    domain: StandardDomain, before: str, names: set[str], term: nodes.term
) -> None:
    """Let a glossary term be known by ``names`` instead of ``before``.

    Sphinx 9.0.4. A directive ``glossary`` that takes several names of a term would do.
    """
    domain.objects.pop(("term", before), None)
    domain._terms.pop(before.lower(), None)
    for name in names:
        domain._note_term(name, term["ids"][0], location=term)


def forget_document(node: nodes.Node) -> None:
    """Let ``node`` be kept without the page that it stands on.

    docutils 0.22, whose ``document`` cannot be unset; a ``deepcopy`` without it would do.
    """
    node._document = None


def run_gallery_script(
    source: Path, target: Path, conf: dict[str, Any]
) -> tuple[float, str]:
    """Make a script's page by sphinx-gallery; return its seconds and its error, if any.

    sphinx-gallery 0.22. A documented call for one script would do.
    """
    from sphinx_gallery.gen_rst import generate_file_rst

    target.parent.joinpath("images", "thumb").mkdir(parents=True, exist_ok=True)
    *_, cost, made = generate_file_rst(source.name, target.parent, source.parent, conf)
    return cost[0], made.get("formatted_exception", "")


def leave_matplotlib_to_scripts() -> None:
    """Keep sphinx-gallery from loading matplotlib in a process that draws nothing.

    Loading it is a quarter of what a small build computes. Before each script
    sphinx-gallery loads it anyway, and chooses its backend. sphinx-gallery 0.22; the
    setting that a comment there considers would do.
    """
    from sphinx_gallery import gen_gallery

    gen_gallery._import_matplotlib = lambda: None


def write_gallery_pages_if(app: Sphinx, is_needed: Callable[[], bool]) -> None:
    """Let sphinx-gallery look at its scripts only if ``is_needed`` says so.

    sphinx-gallery 0.22, which reads every script in every build. It could pass over
    those of which the time is that of the last build.
    """
    from sphinx_gallery.gen_gallery import generate_gallery_rst

    def write(app: Sphinx) -> None:
        if is_needed():
            generate_gallery_rst(app)

    for listener in list(app.events.listeners["builder-inited"]):
        if listener.handler is generate_gallery_rst:
            app.disconnect(listener.id)
    priority = Started.SPHINX_GALLERY_WRITES_PAGES
    app.connect("builder-inited", write, priority=priority)


def gallery_checksum(source: Path) -> str:
    """Return what sphinx-gallery 0.22 keeps of a script so as not to run it again."""
    from sphinx_gallery.utils import get_md5sum

    return get_md5sum(source, mode="t")
