"""The overviews that follow from the pages: chapter cards, figures, learning paths.

``chapter-cards`` shows the chapters that the numbered contents of its page list;
``course-facts`` counts what the course holds. The first page of a chapter ends in
its learning path: which of its pages needs which, and how long they take. In a PDF
all but the path are plain lists.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst.directives.body import Container
from myst_parser.config.main import TopmatterReadError
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.gallery.figures import gallery_figure
from d2lnotes.site.html.pictures import IN_A_CARD
from d2lnotes.site.lessons.front_matter import (
    Lesson,
    chapter_of,
    direct_needs,
    duration,
    find_lessons,
    front_matter,
    is_lesson,
    total_minutes,
)
from d2lnotes.site.lessons.learning_path import Arc, draw_arcs
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.stages import Read
from d2lnotes.site.twins.languages import half, halves_problem
from d2lnotes.site.twins.references import title_reference
from d2lnotes.site.twins.source_lines import line_with

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.twins.languages import Language

logger = logging.getLogger(__name__)

Lessons = dict[str, Lesson]  # by their pages

# Under this key a page keeps what its overviews were made of.
_MADE_OF = "d2lnotes_overviews"


@dataclass(frozen=True)
class Card:
    """What the card of a chapter shows."""

    chapter: str
    about: str
    figure: str
    alternative: str
    pages: int
    minutes: int
    scripts: int


@dataclass(frozen=True)
class Row:
    """A line of a learning path; ``outside`` the chapter a page is only needed."""

    page: str
    minutes: int
    needs: tuple[str, ...]
    outside: bool


class Placeholder(nodes.General, nodes.Element):
    """Stands for an overview until the page's contents are known; ``kind`` says which."""


class ChapterCards(SphinxDirective):
    """``chapter-cards``: the chapters in the numbered contents of this page."""

    def run(self) -> list[nodes.Node]:
        """Return a placeholder."""
        return [Placeholder(kind="cards")]


class CourseFacts(SphinxDirective):
    """``course-facts``: how many pages, hours, exercises and experiments there are."""

    def run(self) -> list[nodes.Node]:
        """Return a placeholder."""
        return [Placeholder(kind="facts")]


class Overviews(SphinxTransform):
    """Write the overviews of a page."""

    # Before twins are paired (200).
    default_priority = Read.OVERVIEWS

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Replace placeholders; end the first page of a chapter in its path."""
        page = self.env.current_document.docname
        toctrees = list(self.document.findall(addnodes.toctree))
        listed = [target for toctree in toctrees for _, target in toctree["entries"]]
        numbered = [
            target
            for toctree in toctrees
            if toctree["numbered"]
            for _, target in toctree["entries"]
        ]
        made_of: list[tuple[str, list[str]]] = []

        def note(kind: str, pages: list[str]) -> Any:  # noqa: ANN401 - kind decides
            made_of.append((kind, pages))
            return _FACTS[kind](self.env, pages, find_lessons(self.env))

        for place in list(self.document.findall(Placeholder)):
            if place["kind"] == "cards":
                place.replace_self(self._cards(note("cards", numbered), page))
            else:
                place.replace_self(_fact_list(note("facts", numbered)))
        if page.endswith("/index") and any(map(is_lesson, listed)):
            rows = note("path", listed)
            if len(rows) > 1:
                self._add_path(rows, toctrees[0], page)
        if made_of:
            self.env.metadata[page][_MADE_OF] = made_of

    def _cards(self, cards: Sequence[Card], page: str) -> nodes.Node:
        """Return a list of the chapters, each with a figure on the web."""
        items = nodes.bullet_list(classes=["course-cards"])
        for card in cards:
            if " | " not in card.about or halves_problem(card.about):
                self._report_words(card)
            item = nodes.list_item(classes=["course-card"])
            item += _picture(card)
            title = title_reference(card.chapter, refdoc=page, both=True)
            item += _line("card-title", title)
            if card.about:
                halves = (half(card.about, x) for x in ("zh", "en"))
                item += _twin("card-text", *halves)
            item += _twin("card-facts", *(_card_facts(card, x) for x in ("zh", "en")))
            items += item
        return items

    def _report_words(self, card: Card) -> None:
        source = Path(self.env.doc2path(card.chapter))
        logger.warning(
            "the first page of a chapter begins with front matter such as  "
            "about: 一句话说它回答什么 | One sentence that says what it answers; "
            f"got {card.about!r}",
            location=f"{source}:{line_with('about:', source, 1) or 1}",
            type="chapters",
            subtype="about",
        )

    def _add_path(
        self, rows: Sequence[Row], before: addnodes.toctree, page: str
    ) -> None:
        title = nodes.rubric(
            "",
            f"学习路径：{_path_sum(rows, 'zh')} | Learning path: {_path_sum(rows, 'en')}",
            **{"heading-level": 2},
        )
        # Before the contents: there the pages themselves follow in a PDF.
        block = before
        while not isinstance(block.parent, nodes.section):
            block = block.parent
        section, index = block.parent, block.parent.index(block)
        arcs = _arcs(rows)
        path = nodes.container(classes=["learning-path"], arcs=arcs)
        path += nodes.raw("", draw_arcs(len(rows), arcs), format="html")
        path += _path_list(rows, page)
        section.insert(index, [title, path])


def _picture(card: Card) -> nodes.Node:
    """Return the figure of a chapter, for the web: the list of a PDF has none."""
    web = addnodes.only(expr="html")
    if card.figure:
        web += nodes.image(
            uri=f"/{card.figure}", alt=card.alternative, classes=[IN_A_CARD]
        )
    else:
        web += nodes.container(classes=["card-blank"])
    return web


def _card_facts(card: Card, language: Language) -> str:
    time = duration(card.minutes, language)
    if language == "zh":
        scripts = f" · {card.scripts} 个实验" if card.scripts else ""
        return f"{card.pages} 页 · 约 {time}{scripts}"
    scripts = f" · {_count(card.scripts, 'experiment')}" if card.scripts else ""
    return f"{_count(card.pages, 'page')} · about {time}{scripts}"


def _path_sum(rows: Sequence[Row], language: Language) -> str:
    """Return how many pages a path draws and their minutes, other chapters' apart."""
    own, others = (
        [row.minutes for row in rows if row.outside is outside]
        for outside in (False, True)
    )
    time, before = (duration(sum(x), language) for x in (own, others))
    if language == "zh":
        first = f"；先修别章 {len(others)} 页，约 {before}" if others else ""
        return f"{len(own)} 页，约 {time}{first}"
    first = (
        f"; before it {_count(len(others), 'page')} of other chapters, about {before}"
    )
    return f"{_count(len(own), 'page')}, about {time}{first if others else ''}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _fact_list(facts: Sequence[tuple[int, str, str]]) -> nodes.Node:
    items = nodes.bullet_list(classes=["course-facts"])
    for number, zh, en in facts:
        item = nodes.list_item()
        for text in (zh, en):
            line = nodes.paragraph("", "", nodes.strong("", str(number)))
            line += nodes.Text(f" {text}")
            item += line
        items += item
    return items


def _path_list(rows: Sequence[Row], page: str) -> nodes.Node:
    items = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for row in rows:
        item = nodes.list_item(classes=["outside"] if row.outside else [])
        item += _line("path-title", title_reference(row.page, refdoc=page))
        for language in ("zh", "en"):
            item += _path_facts(row, page, language)
        items += item
    return items


def _path_facts(row: Row, page: str, language: Language) -> nodes.paragraph:
    """Return a page's minutes, and the needs that the arcs beside it show."""
    zh = language == "zh"
    text = f"约 {row.minutes} 分钟" if zh else f"About {row.minutes} minutes"
    line = nodes.paragraph("", text, classes=["path-facts"])
    if row.outside:
        line += nodes.Text("，在" if zh else ", in ")
        line += title_reference(f"{chapter_of(row.page)}/index", refdoc=page)
    elif row.needs:
        line += nodes.Text("，先修：" if zh else "; first: ")
    for place, need in enumerate(() if row.outside else row.needs):
        if place:
            line += nodes.Text("、" if zh else ", ")
        line += title_reference(need, refdoc=page)
    return line


def _arcs(rows: Sequence[Row]) -> list[Arc]:
    places = {row.page: place for place, row in enumerate(rows)}
    return [
        Arc(places[need], places[row.page], outside=rows[places[need]].outside)
        for row in rows
        if not row.outside
        for need in row.needs
    ]


def _line(name: str, *content: nodes.Node) -> nodes.paragraph:
    return nodes.paragraph("", "", *content, classes=[name])


def _twin(name: str, zh: str, en: str) -> list[nodes.paragraph]:
    return [nodes.paragraph("", text.strip(), classes=[name]) for text in (zh, en)]


def _card_of(env: BuildEnvironment, chapter: str, lessons: Lessons) -> Card:
    folder = chapter_of(chapter)
    figure, alternative = chapter_figure(env, chapter)
    pages = [page for page in lessons if chapter_of(page) == folder]
    return Card(
        chapter=chapter,
        about=str(_matter(env, chapter).get("about", "")),
        figure=figure,
        alternative=alternative,
        pages=len(pages),
        minutes=total_minutes(pages, lessons),
        scripts=len(_scripts(env, folder)),
    )


def chapter_figure(env: BuildEnvironment, chapter: str) -> tuple[str, str]:
    """Return the figure of a chapter and its alternative text; blanks without one.

    The first page names it; else it is the first of the first script.
    """
    named = str(_matter(env, chapter).get("figure", "plot_*_001"))
    return gallery_figure(env, chapter_of(chapter), named)


def _matter(env: BuildEnvironment, chapter: str) -> dict[str, Any]:
    with suppress(TopmatterReadError):  # MyST reports it
        return front_matter(Path(env.doc2path(chapter)))
    return {}


def _scripts(env: BuildEnvironment, chapter: str) -> list[Path]:
    examples = env.config.sphinx_gallery_conf["examples_dirs"]
    return sorted((Path(env.srcdir) / examples / chapter).glob("plot_*.py"))


def _cards(env: BuildEnvironment, chapters: list[str], lessons: Lessons) -> list[Card]:
    return [_card_of(env, chapter, lessons) for chapter in chapters]


def _facts(
    env: BuildEnvironment, chapters: list[str], lessons: Lessons
) -> list[tuple[int, str, str]]:
    examples = Path(env.srcdir, env.config.sphinx_gallery_conf["examples_dirs"])
    counts = [
        (len(lessons), "页课文，中英对照", "pages, each in both languages"),
        (
            round(total_minutes(lessons, lessons) / 60),
            "小时左右可以读完",
            "hours or so of reading",
        ),
        (
            sum(x.exercises for x in lessons.values()),
            "道练习，都有答案",
            "exercises, all answered",
        ),
        (
            len(list(examples.glob("*/plot_*.py"))),
            "个动手实验，都能运行",
            "experiments, ready to run",
        ),
    ]
    return [count for count in counts if count[0]]


def _path(env: BuildEnvironment, pages: list[str], lessons: Lessons) -> list[Row]:
    """Return the pages of a chapter, after those of other chapters that they need."""
    own = [page for page in pages if page in lessons]
    needs = {page: direct_needs(page, lessons) for page in own}
    outside = [
        need
        for need in dict.fromkeys(need for page in own for need in needs[page])
        if need not in own and need in lessons
    ]
    return [
        Row(page, lessons[page].minutes, tuple(needs.get(page, ())), page in outside)
        for page in (*outside, *own)
    ]


_FACTS: dict[str, Callable[[BuildEnvironment, list[str], Lessons], Any]] = {
    "cards": _cards,
    "facts": _facts,
    "path": _path,
}


def shown_overviews(env: BuildEnvironment) -> dict[str, object]:
    """Return what the overviews of each page say."""
    lessons = find_lessons(env)  # once, not for every page
    return {
        page: [
            _FACTS[kind](
                env, [name for name in pages if name in env.found_docs], lessons
            )
            for kind, pages in facts[_MADE_OF]
        ]
        for page, facts in env.metadata.items()
        if _MADE_OF in facts and page in env.found_docs
    }


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the directives and what keeps their pages up to date."""
    app.add_directive("div", Container)  # named for its class: hero, features
    app.add_directive("chapter-cards", ChapterCards)
    app.add_directive("course-facts", CourseFacts)
    app.add_transform(Overviews)
    app.add_css_file("cards.css")
    shown_elsewhere(app, "overviews", shown_overviews, reading=True)
    return METADATA
