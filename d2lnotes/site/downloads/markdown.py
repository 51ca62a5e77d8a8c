"""A page as the cells of a notebook: clean Markdown, and the code that runs.

The page comes as Sphinx is about to write it, with both languages in it, all
references resolved and all numbers filled in. Code that the tests run becomes a code
cell; everything else is text. The student edition leaves the answers out, those to
predict as well, and has an empty cell for each.
"""

from __future__ import annotations

import base64
import doctest
import re
import textwrap
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from docutils import nodes
from sphinx import addnodes
from sphinx.util import logging
from sphinx.util.images import guess_mimetype
from sphinx_gallery.directives import imgsgnode

from d2lnotes.site.downloads.markdown_inline import (
    Place,
    alternative,
    expanded,
    halves,
    line,
)
from d2lnotes.site.explorables.directive import LINK, Explorable
from d2lnotes.site.gallery.bookkeeping import Bookkeeping, without_unused_import
from d2lnotes.site.html.tips import Tip
from d2lnotes.site.lessons.deeper import Deeper, DeeperTitle, Mark
from d2lnotes.site.lessons.exercises import LEVELS, Exercise, FoldTitle, Hint, Solution
from d2lnotes.site.lessons.front_matter import is_lesson
from d2lnotes.site.lessons.predict import Predict, Prediction, PredictTitle
from d2lnotes.site.twins.languages import own_language
from d2lnotes.site.twins.nodes import Half, Twin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sphinx.environment import BuildEnvironment

    from d2lnotes.site.twins.languages import Language

logger = logging.getLogger(__name__)

_CODE = {"python", "Python"}  # as pages and as sphinx-gallery write it
_BOXES = {
    "zh": {
        "attention": "注意",
        "caution": "小心",
        "danger": "危险",
        "error": "错误",
        "important": "重要",
        "note": "说明",
        "seealso": "另见",
        "tip": "技巧",
        "warning": "警告",
    },
    "en": {
        "attention": "Attention",
        "caution": "Caution",
        "danger": "Danger",
        "error": "Error",
        "important": "Important",
        "note": "Note",
        "seealso": "See also",
        "tip": "Tip",
        "warning": "Warning",
    },
}
_YOUR_TURN: dict[Language, str] = {"zh": "# 在这里作答", "en": "# Your answer"}
_YOUR_PREDICTION: dict[Language, str] = {"zh": "# 你的预测", "en": "# Your prediction"}
_SEPARATORS = {"zh": "：", "en": ": "}
_LEVELS = {"zh": "（{}）", "en": " ({})"}
_PASSED_OVER = (
    Bookkeeping,
    Mark,
    Tip,
    nodes.Invisible,
    nodes.image,
    nodes.raw,
    nodes.system_message,
    nodes.target,
    addnodes.index,
    addnodes.toctree,
    imgsgnode,  # running the cell draws it
)
# The classes of what sphinx-gallery adds to a script: its outputs, notes and links.
_ADDED = ("sphx-glr-",)


@dataclass(frozen=True)
class Cell:
    """A cell of a notebook: ``code``, or Markdown."""

    text: str
    code: bool = False
    fails: bool = False  # it ends in the traceback that the page shows


@dataclass(frozen=True)
class Edition:
    """Which text a notebook holds: one language or both, with the answers or not."""

    languages: tuple[Language, ...]
    answers: bool


def cells(
    doctree: nodes.document, edition: Edition, *, env: BuildEnvironment, place: Place
) -> list[Cell]:
    """Return the page ``doctree`` as cells."""
    writer = _Writer(edition, env, place)
    writer.children(doctree)
    writer.end_text()
    return (
        writer.cells if is_lesson(place.page) else _without_unused_import(writer.cells)
    )


def _without_unused_import(cells: list[Cell]) -> list[Cell]:
    """Return the cells of a script without the import that its bookkeeping needed."""
    texts = iter(without_unused_import([cell.text for cell in cells if cell.code]))
    found = [Cell(next(texts), code=True) if cell.code else cell for cell in cells]
    return [cell for cell in found if cell.text]


class _Writer:
    """Writes the blocks of one page, from top to bottom."""

    def __init__(self, edition: Edition, env: BuildEnvironment, place: Place) -> None:
        self.cells: list[Cell] = []
        self._text: list[str] = []
        self._edition = edition
        self._languages = edition.languages  # narrower inside a half
        self._env = env
        self._place = place
        self._own = own_language(env.config)
        self._depth = 0
        self._in_quotation = False

    def children(self, node: nodes.Element) -> None:
        """Write what ``node`` holds; code directly below it gets its own cells."""
        shown = [child for child in node if not self._is_passed_over(child)]
        for number, child in enumerate(shown):
            before = shown[number - 1] if number else None
            after = shown[number + 1] if number + 1 < len(shown) else None
            if isinstance(child, nodes.comment):
                continue
            if _is_listing(child) and _runs(child, before):
                self._code(child.astext())
            elif isinstance(child, (nodes.section, Exercise, Solution)):
                self._part(child)
            elif isinstance(child, Deeper):
                self._deeper(child)
            elif isinstance(child, Predict):
                self._predict(child)
            elif isinstance(child, Explorable):
                self._explorable(child)
            elif isinstance(child, nodes.figure):
                self.end_text()  # whoever edits the text around it need not see it
                self._write(child)
                self.end_text()
            elif _holds_parts(child):
                self.children(child)
            else:
                self._write(child)
            unanswered = isinstance(child, (Exercise, Hint))
            if unanswered and not isinstance(after, Hint) and not self._edition.answers:
                self._to_fill_in(_YOUR_TURN)

    def end_text(self) -> None:
        """End the cell of text that was begun."""
        if text := "\n\n".join(filter(None, self._text)):
            self.cells.append(Cell(text))
        self._text = []

    def _is_passed_over(self, node: nodes.Node) -> bool:
        if isinstance(node, nodes.comment):
            return False  # it may say that the next block does not run
        if isinstance(node, Solution) and not self._edition.answers:
            return True
        classes = node.get("classes", []) if isinstance(node, nodes.Element) else []
        if "stand-in" in classes and not is_lesson(self._place.page):
            return True  # it speaks of the run that made the page
        added = any(name.startswith(_ADDED) for name in classes)
        titles = {"sphx-glr-example-title"}
        return isinstance(node, _PASSED_OVER) or (added and not titles & {*classes})

    def _explorable(self, node: Explorable) -> None:
        """Write the figure, and where the hosted copy lets a reader operate it."""
        self.children(node)
        if address := node.address(self._place.url, self._edition.languages[0]):
            text = " | ".join(LINK[x] for x in self._languages)
            self._text.append(f"[{text}]({address})")

    def _code(self, text: str) -> None:
        self.end_text()
        self.cells += _statements(text)

    def _to_fill_in(self, words: dict[Language, str]) -> None:
        self._code(" / ".join(words[x] for x in self._languages))

    def _part(self, node: nodes.Element) -> None:
        """Write a section, an exercise or an answer under its title."""
        self.end_text()
        self._depth += 1
        title = node[0]
        if isinstance(node, Exercise):
            name = self._numbered(title, "exercise", node)
        else:
            name = self._short(title)
        self._text.append(f"{'#' * min(self._depth, 6)} {name}")
        self._text[-1] = self._text[-1].strip()
        self.children(_apart(node.children[1:]))
        self._depth -= 1

    def _deeper(self, block: Deeper) -> None:
        """Write a block under a heading; a rule parts it from what follows it."""
        kept = [child for child in block if not isinstance(child, (Mark, DeeperTitle))]
        mark, title = (
            next(child for child in block if isinstance(child, kind))
            for kind in (Mark, DeeperTitle)
        )
        self.end_text()
        self._depth += 1
        name = self._titled(mark, title)
        self._text.append(f"{'#' * min(self._depth, 6)} {name}")
        self.children(_apart(kept))
        self._text.append("---")
        self._depth -= 1

    def _predict(self, block: Predict) -> None:
        """Write a question, then its answer or a cell for the reader's own."""
        mark = next(child for child in block if isinstance(child, Mark))
        title = next(child for child in block if isinstance(child, PredictTitle))
        self._text.append(f"**{self._titled(mark, title)}**")
        parts = (Mark, PredictTitle, Prediction)
        self.children(_apart([x for x in block if not isinstance(x, parts)]))
        if not self._edition.answers:
            self._to_fill_in(_YOUR_PREDICTION)
            return
        answer = next(child for child in block if isinstance(child, Prediction))
        self._text.append(f"**{self._short(answer[0])}**")  # type: ignore[arg-type]
        self.children(_apart(answer.children[1:]))

    def _titled(self, mark: Mark, title: nodes.Element) -> str:
        """Return the words of a block's kind and its title, in each language."""
        names = self._each(mark), self._each(title)
        return " | ".join(
            f"{word}{_SEPARATORS[language]}{text}"
            for language, word, text in zip(self._languages, *names, strict=True)
        )

    def _each(self, node: nodes.Element) -> list[str]:
        """Return a short text in each language of the edition."""
        both = halves(node, self._own)
        return [
            self._line(node.children if both is None else both[x], x)
            for x in self._languages
        ]

    def _write(self, node: nodes.Node) -> None:
        self._text += self._blocks(node)

    def _blocks(self, node: nodes.Node) -> list[str]:
        """Return ``node`` as blocks of Markdown."""
        if self._is_passed_over(node) or isinstance(node, nodes.comment):
            return []
        if _is_listing(node):
            return self._listing(node)
        for kind in type(node).__mro__:
            if method := _BLOCKS.get(kind):
                return method(self, node)
        logger.warning(
            "the notebook of %s cannot hold a %s; see d2lnotes/site/downloads/markdown.py",
            self._place.page,
            type(node).__name__,
            location=node,
            type="downloads",
            subtype="unknown-block",
        )
        return []

    def _inside(self, node: nodes.Element) -> list[str]:
        return [block for child in node for block in self._blocks(child)]

    def _line(self, children: Sequence[nodes.Node], language: Language) -> str:
        return line(children, language, self._place)

    def _short(self, node: nodes.Element) -> str:
        """Return a title, caption or term in the languages of the edition."""
        both = halves(node, self._own)
        if both is None:
            return self._line(node.children, self._languages[0])
        return " | ".join(self._each(node))

    def _numbered(self, title: nodes.Element, kind: str, node: nodes.Element) -> str:
        """Return a title with the number of ``node`` before it, in each language."""
        numbers = self._env.toc_fignumbers.get(self._place.page, {}).get(kind, {})
        found = next((numbers[name] for name in node["ids"] if name in numbers), ())
        formats = self._env.config.d2lnotes_numfig_format
        level = LEVELS.get(node.get("level", ""))
        texts = []
        for language, text in zip(self._languages, self._each(title), strict=True):
            if found:
                number = formats[language][kind] % ".".join(map(str, found))
                text = f"{number}{_SEPARATORS[language]}{text}"
            if level:
                text += _LEVELS[language].format(level[language])
            texts.append(text)
        return " | ".join(texts)

    # -- Blocks: each returns a list of pieces of Markdown ----------------------------

    def _paragraph(self, node: nodes.Element) -> list[str]:
        text = self._short(node)
        return [re.sub(r"^([#>+-]|\d+[.)])(?=\s)", r"\\\1", text)]

    def _twin(self, node: nodes.Element) -> list[str]:
        languages, blocks = self._languages, []
        for language in languages:  # a page puts its own first
            self._languages = (language,)
            for half in node:
                if half["lang"] == language:
                    blocks += self._inside(half)
        self._languages = languages
        return blocks

    def _half(self, node: nodes.Element) -> list[str]:
        # Alone: what an author gave to one language only.
        alone = nodes.Element()
        alone.children = [node]
        return self._twin(alone)

    def _formula(self, node: nodes.Element) -> list[str]:
        tex = expanded(node.astext().strip(), self._place.macros)
        numbers = self._env.toc_fignumbers.get(self._place.page, {})
        found = [numbers.get("displaymath", {}).get(name, ()) for name in node["ids"]]
        number = ".".join(map(str, next(filter(None, found), ())))
        if node.get("no-wrap", node.get("nowrap", False)):
            return [self._displayed(tex)]
        # As Sphinx does: lines of their own need an environment.
        parts = [
            rf"\begin{{split}}{part}\end{{split}}" if r"\\" in part else part
            for part in re.split(r"\n\s*\n", tex)
        ]
        if len(parts) > 1:
            lines = " \\\\\n".join(parts)
            parts = [f"\\begin{{gathered}}\n{lines}\n\\end{{gathered}}"]
        tag = f" \\tag{{{number}}}" if number else ""
        return [self._displayed(f"{parts[0]}{tag}")]

    def _displayed(self, tex: str) -> str:
        # JupyterLab takes a line of "> $$" for the end of the quotation.
        return (
            f"$${' '.join(tex.split())}$$" if self._in_quotation else f"$$\n{tex}\n$$"
        )

    def _listing(self, node: nodes.Element) -> list[str]:
        language = str(node.get("language") or node.get("lang") or "")
        name = "" if language in {"none", "default", "text"} else language
        fence = "```"
        while fence in node.astext():
            fence += "`"
        return [f"{fence}{name}\n{node.astext().strip(chr(10))}\n{fence}"]

    def _list(self, node: nodes.Element) -> list[str]:
        numbered = isinstance(node, nodes.enumerated_list)
        # Two lists that follow each other need marks of their own, or become one.
        second = self._languages == ("en",) != self._edition.languages
        items = []
        for number, item in enumerate(node, node.get("start", 1)):
            if numbered:
                mark = f"{number}{')' if second else '.'} "
            else:
                mark = "* " if second else "- "
            body = "\n\n".join(self._inside(item))
            indented = textwrap.indent(body, " " * len(mark)).lstrip()
            items.append(f"{mark}{indented}")
        loose = any("\n\n" in item for item in items)
        return [("\n\n" if loose else "\n").join(items)]

    def _definitions(self, node: nodes.Element) -> list[str]:
        items = []
        for item in node:
            names = [self._short(x) for x in item if isinstance(x, nodes.term)]
            rest = [x for x in item if isinstance(x, nodes.definition)]
            body = "\n\n".join(block for x in rest for block in self._inside(x))
            items.append(f"- **{', '.join(names)}**: {textwrap.indent(body, '  ')[2:]}")
        return ["\n\n".join(items)]

    def _quote(self, node: nodes.Element) -> list[str]:
        with self._quotation():
            return [_quoted("\n\n".join(self._inside(node)))]

    @contextmanager
    def _quotation(self) -> Iterator[None]:
        outside, self._in_quotation = self._in_quotation, True
        yield
        self._in_quotation = outside

    def _box(self, node: nodes.Element) -> list[str]:
        """Return an admonition as a quotation under its bold title."""
        given = next((x for x in node if isinstance(x, nodes.title)), None)
        if given is not None:
            title = self._short(given)
        else:
            name = type(node).__name__
            title = " | ".join(_BOXES[x].get(name, name) for x in self._languages)
        with self._quotation():
            rest = [child for child in node if child is not given]
            body = [block for child in rest for block in self._blocks(child)]
        return [_quoted("\n\n".join([f"**{title}**", *body]))]

    def _hint(self, node: nodes.Element) -> list[str]:
        title = next(x for x in node if isinstance(x, FoldTitle))
        body = [x for child in node if child is not title for x in self._blocks(child)]
        opening = f"<details>\n<summary>{self._short(title)}</summary>"
        return ["\n\n".join([opening, *body, "</details>"])]

    def _figure(self, node: nodes.Element) -> list[str]:
        """Return the picture above its caption."""
        captions = [x for x in node if isinstance(x, nodes.caption)]
        found = [f"*{self._numbered(x, 'figure', node)}*" for x in captions]
        legends = [x for x in node if isinstance(x, nodes.legend)]
        picture = next(node.findall(nodes.image), None)
        address = self._picture(picture) if picture is not None else ""
        return [
            *([address] if address else []),
            *found,
            *(block for legend in legends for block in self._inside(legend)),
        ]

    def _picture(self, image: nodes.image) -> str:
        """Return the picture itself, for a notebook is one file.

        It is no attachment of a cell, which Colab does not show.
        """
        name = image["uri"]
        if name not in self._env.images:
            return ""
        if self._languages[0] != self._own and "original_uri" in image:
            name, _ = self._env.relfn2path(image["original_uri"], self._place.page)
        file = Path(self._env.srcdir, name)
        content = base64.b64encode(file.read_bytes()).decode()
        text = alternative(image, self._languages)
        return f"![{text}](data:{guess_mimetype(file)};base64,{content})"

    def _captioned(self, node: nodes.Element) -> list[str]:
        blocks = []
        for child in node:
            if isinstance(child, nodes.caption):
                blocks.append(f"*{self._short(child)}*")
            else:
                blocks += self._blocks(child)
        return blocks

    def _table(self, node: nodes.Element) -> list[str]:
        title = next((x for x in node if isinstance(x, nodes.title)), None)
        rows = [[self._cell(entry) for entry in row] for row in node.findall(nodes.row)]
        if next(node.findall(nodes.thead), None) is None:
            rows.insert(0, [""] * len(rows[0]))
        rows.insert(1, ["---"] * len(rows[0]))
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        above = [f"*{self._numbered(title, 'table', node)}*"] if title else []
        return [*above, table]

    def _cell(self, entry: nodes.Element) -> str:
        lines = []
        for paragraph in sorted(entry.findall(_is_line), key=self._order):
            half = paragraph.parent
            if isinstance(half, Half) and half["lang"] not in self._languages:
                continue
            both = halves(paragraph, self._own) or {
                self._languages[0]: paragraph.children
            }
            lines += [
                line(both[x], x, self._place, in_table=True)
                for x in self._languages
                if x in both
            ]
        return "<br>".join(lines)

    def _order(self, paragraph: nodes.Node) -> int:
        """Return when to write a paragraph of a cell: a page puts its own language first."""
        half = paragraph.parent
        return isinstance(half, Half) and half["lang"] != self._languages[0]

    def _rubric(self, node: nodes.Element) -> list[str]:
        return [f"**{self._short(node)}**"]

    def _footnote(self, node: nodes.Element) -> list[str]:
        label = next((x.astext() for x in node if isinstance(x, nodes.label)), "")
        body = [x for x in self._inside(node) if x]
        return [rf"\[{label}\] " + "\n\n".join(body)]

    def _lines(self, node: nodes.Element) -> list[str]:
        return ["  \n".join(self._short(x) for x in node.findall(nodes.line))]

    def _rule(self, node: nodes.Element) -> list[str]:
        return ["---"]

    def _nothing(self, node: nodes.Element) -> list[str]:
        return []


_BLOCKS: dict[type, Callable[[_Writer, Any], list[str]]] = {
    Explorable: _Writer._inside,
    Half: _Writer._half,
    Hint: _Writer._hint,
    Twin: _Writer._twin,
    addnodes.glossary: _Writer._inside,
    addnodes.only: _Writer._inside,
    addnodes.compact_paragraph: _Writer._paragraph,
    nodes.Admonition: _Writer._box,
    nodes.block_quote: _Writer._quote,
    nodes.bullet_list: _Writer._list,
    nodes.compound: _Writer._inside,
    nodes.container: _Writer._captioned,
    nodes.definition_list: _Writer._definitions,
    nodes.doctest_block: _Writer._listing,
    nodes.enumerated_list: _Writer._list,
    nodes.figure: _Writer._figure,
    nodes.footnote: _Writer._footnote,
    nodes.label: _Writer._nothing,
    nodes.line_block: _Writer._lines,
    nodes.math_block: _Writer._formula,
    nodes.paragraph: _Writer._paragraph,
    nodes.rubric: _Writer._rubric,
    nodes.table: _Writer._table,
    nodes.transition: _Writer._rule,
}


def _holds_parts(node: nodes.Node) -> bool:
    """Return whether code or sections may stand directly below ``node``."""
    plain = isinstance(node, nodes.container) and "literal_block" not in node
    return plain or isinstance(node, (Explorable, nodes.compound, addnodes.only))


def _is_listing(node: nodes.Node) -> TypeGuard[nodes.TextElement]:
    # sphinx-gallery puts a node of its own where code links to what it calls.
    return isinstance(node, nodes.literal_block) or (
        isinstance(node, nodes.TextElement) and node.tagname == "code_links_block"
    )


def _runs(block: nodes.TextElement, before: nodes.Node | None) -> bool:
    language = block.get("language", block.get("lang"))
    skipped = isinstance(before, nodes.comment) and before.astext() == "skip: next"
    included = "source" in block  # a piece of the package, shown where it lies
    return language in _CODE and not skipped and not included


def _is_line(node: nodes.Node) -> bool:
    return isinstance(node, nodes.paragraph)


def _quoted(text: str) -> str:
    return textwrap.indent(text, "> ", lambda _: True).replace("> \n", ">\n")


def _apart(children: Sequence[nodes.Node]) -> nodes.Element:
    """Return an element that holds ``children``, which keep their parent."""
    part = nodes.Element()
    part.children = list(children)
    return part


def _statements(text: str) -> list[Cell]:
    """Return code as cells: a session is cut after each output, which a cell shows."""
    if not text.lstrip().startswith(">>>"):
        return [Cell(text.strip("\n"), code=True)]
    pieces, waiting = [], ""
    for example in doctest.DocTestParser().get_examples(text):
        waiting += example.source
        if example.want:
            fails = example.exc_msg is not None
            pieces.append(Cell(waiting.strip("\n"), code=True, fails=fails))
            waiting = ""
    return [*pieces, Cell(waiting.strip("\n"), code=True)] if waiting else pieces
