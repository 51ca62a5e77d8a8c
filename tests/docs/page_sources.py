"""The pages as MyST reads them: front matter, fences, exercises, prose.

Sybil finds code with patterns of its own. What the tests compare it with comes
from MyST's parser, which decides what a reader sees.
"""

from __future__ import annotations

import re
import runpy
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markdown_it.renderer import RendererHTML
from myst_parser.config.main import MdParserConfig, read_topmatter
from myst_parser.parsers.mdit import create_md_parser

from d2lnotes.site.lessons.front_matter import is_lesson

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# The scripts' pages are generated, and a part of the glossary is no page.
_NO_PAGES = {DOCS / "gallery", DOCS / "reference" / "glossary"}
PAGES = sorted(p for p in DOCS.rglob("*.md") if not _NO_PAGES & set(p.parents))
LESSONS = [
    p for p in PAGES if is_lesson(p.relative_to(DOCS).with_suffix("").as_posix())
]

# Directives whose content is not Markdown with prose and code in it.
_OPAQUE = {
    "bibliography",
    "code",
    "code-block",
    "code-cell",
    "doctest",
    "eval-rst",
    "excerpt",
    "glossary",
    "literalinclude",
    "math",
    "raw",
    "sourcecode",
    "testcode",
    "toctree",
}
_DIRECTIVE = re.compile(r"\{(?P<name>[A-Za-z][\w:+.-]*)\}\s*(?P<argument>.*)")
_LABEL = re.compile(r"^:label:\s*(\S+)\s*$", re.MULTILINE)


@dataclass(frozen=True)
class Fence:
    """A fenced or indented block; ``line`` counts from 1 and ``path`` leads to it."""

    line: int
    mark: str  # ` or ~ or :, or a space for an indented block
    info: str  # all that follows the fence, white space included
    content: str
    # names of the directives around it, outermost first; in the answer of a predict
    # block, "answer" comes after it
    path: tuple[str, ...]

    @property
    def directive(self) -> str | None:
        """The name of the directive, if it is one."""
        found = _DIRECTIVE.match(self.info)
        return found["name"] if found else None

    @property
    def argument(self) -> str:
        """What follows the name of the directive."""
        found = _DIRECTIVE.match(self.info)
        return found["argument"].strip() if found else ""

    @property
    def label(self) -> str | None:
        """The ``:label:`` of the directive."""
        found = _LABEL.search(self.content)
        return found[1] if found else None


def page_name(page: Path) -> str:
    """Return the page's name for test ids: ``preliminaries/tensors``."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def front_matter(page: Path) -> dict[str, Any]:
    """Return the page's front matter; empty if it has none."""
    return read_topmatter(page.read_text(encoding="utf-8")) or {}


@cache
def fences(text: str) -> list[Fence]:
    """Return every fence and every indented block of a page, at any depth."""
    return list(_fences(text, first_line=1, path=()))


def prose(text: str) -> Iterator[str]:
    """Yield the source of every paragraph, title and cell, ``中文 | English`` halved."""
    for token in _tokens(text):
        if token.type == "inline":
            yield from token.content.split(" | ")
    for fence in fences(text):
        if fence.directive and fence.directive not in _OPAQUE and not fence.path:
            yield from fence.argument.split(" | ")
            yield from prose(fence.content)


def _fences(text: str, first_line: int, path: tuple[str, ...]) -> Iterator[Fence]:
    for token in _tokens(text):
        if token.type not in {"fence", "colon_fence", "code_block"}:
            continue
        mark = token.markup[:1] or " "
        line = first_line + token.map[0]
        fence = Fence(line, mark, token.info, token.content, path)
        yield fence
        if fence.directive and fence.directive not in _OPAQUE:
            inside = (*path, fence.directive)
            answer = _answer_begins(fence)
            for inner in _fences(token.content, line + 1, inside):
                answers = fence.directive == "predict" and inner.line > answer
                extra = ("answer",) if answers else ()
                yield replace(inner, path=(*inside, *extra, *inner.path[len(inside) :]))


def _answer_begins(fence: Fence) -> int:
    """Return the line that parts the question of a ``predict`` block from its answer."""
    rules = [token for token in _tokens(fence.content) if token.type == "hr"]
    return fence.line + 1 + rules[0].map[0] if rules else 0


def _tokens(text: str) -> list[Any]:
    return _parser().parse(text)


@cache
def _parser() -> MarkdownIt:
    facts = runpy.run_path(str(ROOT / "conf.py"))
    config = MdParserConfig(enable_extensions=set(facts["myst_enable_extensions"]))
    return create_md_parser(config, RendererHTML)
