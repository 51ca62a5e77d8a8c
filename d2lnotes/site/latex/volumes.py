"""The volumes of the PDF: one for each part of the course, one for the scripts' code.

``d2lnotes_volumes`` in conf.py states the parts. Each volume is typeset by itself, so a
changed page costs its own volume only; the book whole is bound from the finished ones,
behind a front that lists them. A part whose chapters are still to be written makes no
volume, and keeps its number. Without ``d2lnotes_volumes`` the book is one volume.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sphinx.util import logging

from d2lnotes.site.results.table import ResultsTable
from d2lnotes.site.twins.languages import Language, half, own_language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sphinx.environment import BuildEnvironment

logger = logging.getLogger(__name__)

CODE, FRONT = "code", "front"

_CHINESE = "零一二三四五六七八九十"
_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "title": "第{number}卷　{part}",
        "short": "第{number}卷",
        "code title": "代码卷　实验的代码",
        "code": "代码卷",
        "front": "全书",
    },
    "en": {
        "title": "Volume {number}: {part}",
        "short": "volume {number}",
        "code title": "Code volume: the code of the experiments",
        "code": "code volume",
        "front": "All volumes",
    },
}


@dataclass(frozen=True)
class Volume:
    """One PDF.

    Parameters
    ----------
    key
        What its file's name ends in: ``1``, ``code``; that of the front is ``front``.
    title
        What stands on its title page.
    short
        What other volumes call it.
    chapters
        The pages at the head of its chapters, scripts aside.
    scripts
        The pages at the head of its chapters of scripts.
    """

    key: str
    title: str
    short: str
    chapters: tuple[str, ...] = ()
    scripts: tuple[str, ...] = ()

    @property
    def prefix(self) -> str:
        """What stands before its page numbers."""
        return {CODE: "C", FRONT: ""}.get(self.key, self.key)


def plan_volumes(env: BuildEnvironment) -> list[Volume]:
    """Return the volumes that have something to hold, the one with code last."""
    own = own_language(env.config)
    words = _WORDS[own]
    volumes = []
    for number, (part, names) in enumerate(env.config.d2lnotes_volumes, start=1):
        chapters = tuple(_found(env, (f"{name}/index" for name in names)))
        scripts = tuple(_found(env, (f"{gallery(env)}/{n}/index" for n in names)))
        if chapters or scripts:
            shown = _CHINESE[number] if own == "zh" else str(number)
            title = words["title"].format(number=shown, part=half(part, own))
            short = words["short"].format(number=shown)
            volumes.append(Volume(str(number), title, short, chapters, scripts))
    scripts = tuple(page for volume in volumes for page in volume.scripts)
    code = Volume(CODE, words["code title"], words["code"], scripts=scripts)
    return [*volumes, code] if scripts else volumes


def front(env: BuildEnvironment) -> Volume:
    """Return the title page and the contents of the book whole."""
    title = _WORDS[own_language(env.config)]["front"]
    return Volume(FRONT, title, title)


def gallery(env: BuildEnvironment) -> str:
    """Return the folder of the scripts' pages."""
    return str(env.config.sphinx_gallery_conf["gallery_dirs"])


def _found(env: BuildEnvironment, pages: Iterable[str]) -> Iterator[str]:
    return (page for page in pages if page in env.found_docs)


def warn_of_homeless(env: BuildEnvironment, volumes: Iterable[Volume]) -> None:
    """Warn of chapters that no volume holds."""
    overview = f"{gallery(env)}/index"
    held = {page for volume in volumes for page in (*volume.chapters, *volume.scripts)}
    listed = [
        *env.toctree_includes.get(env.config.root_doc, ()),
        *env.toctree_includes.get(overview, ()),
    ]
    for page in listed:
        if page not in held and page != overview:
            name = page.removesuffix("/index").removeprefix(f"{gallery(env)}/")
            logger.warning(
                "the chapter %s is in no volume of the PDF; name '%s' in one of "
                "d2lnotes_volumes in conf.py",
                page,
                name,
                location=env.config.root_doc,
            )


def pages_below(
    env: BuildEnvironment, page: str, *, without: Iterable[str] = ()
) -> Iterator[str]:
    """Yield ``page`` and all that its contents list, in their order."""
    if page not in without:
        yield page
        for below in env.toctree_includes.get(page, ()):
            yield from pages_below(env, below, without=without)


def scripts_elsewhere(env: BuildEnvironment, volume: Volume) -> set[str]:
    """Return the pages at the head of the chapters of scripts that others hold."""
    listed = env.toctree_includes.get(f"{gallery(env)}/index", ())
    return {page for page in listed if page not in volume.scripts}


def find_lookups(env: BuildEnvironment) -> list[str]:
    """Return the pages that hold terms, results and works, in the order of the contents.

    Of pages below another one, such as a glossary in several files, it is that one.
    """
    standard = env.domains.standard_domain
    found = {page for _, _, kind, page, *_ in standard.get_objects() if kind == "term"}
    found |= {
        page for page, facts in env.metadata.items() if ResultsTable.DIGEST in facts
    }
    if "cite" in env.domains:
        found |= {key.docname for key in env.get_domain("cite").bibliographies}  # type: ignore[attr-defined]
    above = {
        below: page for page, listed in env.toctree_includes.items() for below in listed
    }
    heads = {_head(page, above, env.config.root_doc) for page in found}
    return [page for page in above if page in heads]


def _head(page: str, above: dict[str, str], root: str) -> str:
    """Return what ``page`` stands below, just below a chapter."""
    while (up := above.get(page, root)) != root and above.get(up, root) != root:
        page = up
    return page
