"""The directive ``results-table``: every recorded number, and what others published.

Its arguments are two folders, see :mod:`d2lnotes.site.results.words`: one with the names
of the numbers in words, one with the published figures. First come our numbers beside
those published for the same experiment, then all of ours by chapter, then what was
published and is not measured here. ``results_filter.js`` chooses among the rows.
"""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.gallery.order import chapter_title
from d2lnotes.site.gallery.pages import device_in_words
from d2lnotes.site.gallery.records import results_by_name
from d2lnotes.site.results.words import (
    SOURCES,
    Published,
    UnreadableWordsError,
    files_of,
    read_names,
    read_published,
    read_sources,
)
from d2lnotes.site.twins.languages import Language, half, own_language
from d2lnotes.site.twins.references import title_reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from d2lnotes.site.gallery.records import Record, Result

logger = logging.getLogger(__name__)

_COMPARED = "与公布的数相比 | Ours against published"
_REST = "公布过、这里还没有测的 | Published, not measured here yet"
_WORDS = {
    "zh": {
        "experiment": "实验",
        "ours": "本课程",
        "published": "公布的",
        "number": "是什么",
        "measured": "测得",
        "settings": "他们的设置：{}",
        "compared": "同一个实验，左边是本课程脚本测得的，右边是教材公布的，各注明出处。",
        "rest": "教材给出了这些数，本课程还没有相应的脚本。",
        "nothing": "还没有脚本记录过结果。",
    },
    "en": {
        "experiment": "Experiment",
        "ours": "This course",
        "published": "Published",
        "number": "What it is",
        "measured": "Measured",
        "settings": "Their settings: {}",
        "compared": "One experiment in a row: what a script of this course measured, then "
        "what the book published, each with its source.",
        "rest": "The book gives these figures; this course has no script for them yet.",
        "nothing": "No script has recorded a result yet.",
    },
}
_COMMA = {"zh": "，", "en": ", "}

Block = TypeVar("Block", bound=nodes.Element)


class ResultsTable(SphinxDirective):
    """``results-table``: takes the folders of names and of published figures."""

    required_arguments = 2
    # Pages with a table have this entry in their metadata.
    MARK: ClassVar[str] = "d2lnotes_results_table"

    def run(self) -> list[nodes.Node]:
        """Return one section for each part of the overview."""
        self.own = own_language(self.config)
        self.words = _WORDS[self.own]
        self.env.metadata[self.env.current_document.docname][self.MARK] = True
        measured, published = (
            Path(self.env.relfn2path(folder)[1]) for folder in self.arguments
        )
        records: list[Record] = self.env.d2lnotes_records  # type: ignore[attr-defined]
        try:
            self._read_names(measured)
            experiments = self._read_published(published)
        except UnreadableWordsError as error:
            raise self.error(str(error)) from error
        found = results_by_name(records)
        self._report_unnamed(found, measured)
        ours = [entry for entry in experiments if found.keys() & set(entry.results)]
        rest = [entry for entry in experiments if entry not in ours]
        return [
            *self._compared(ours, found),
            *self._chapters([record for record in records if record.results]),
            *self._rest(rest),
        ]

    def _read_names(self, folder: Path) -> None:
        self.names: dict[str, str] = {}
        for file in files_of(folder, Path(self.env.srcdir)):
            self.env.note_dependency(file)
            self.names |= read_names(file, self.own)

    def _read_published(self, folder: Path) -> list[Published]:
        self.env.note_dependency(folder / SOURCES)
        sources, found = read_sources(folder), []
        for file in files_of(folder, Path(self.env.srcdir)):
            self.env.note_dependency(file)
            found += read_published(file, sources, self.own)
        return found

    def _report_unnamed(
        self, found: dict[str, tuple[Result, Record]], folder: Path
    ) -> None:
        for name in sorted(found.keys() - self.names.keys()):
            script = found[name][1].script
            group, _, number = name.partition(".")
            logger.warning(
                f"the result {name!r} of {script} has no name in words: write below "
                f'[{group}]  {number} = "测试准确率 | Test accuracy"',
                location=f"{folder / script.partition('/')[0]}.toml:1",
                type="results",
                subtype="unnamed",
            )

    def _compared(
        self, experiments: list[Published], found: dict[str, tuple[Result, Record]]
    ) -> list[nodes.Node]:
        rows = [
            [self._experiment(entry), self._ours(*found[name]), _published(entry)]
            for entry in experiments
            for name in entry.results
            if name in found
        ]
        header = [self.words[key] for key in ("experiment", "ours", "published")]
        intro = _line("", nodes.Text(self.words["compared"]))
        return [self._section(_COMPARED, [intro, _table(header, rows)])] if rows else []

    def _experiment(self, entry: Published) -> list[nodes.Node]:
        cell = [_line("", nodes.Text(entry.name))]
        if entry.setting:
            text = self.words["settings"].format(entry.setting)
            cell.append(_line("d2l-note", nodes.Text(text)))
        return cell

    def _ours(self, result: Result, record: Record) -> list[nodes.Node]:
        origin = _line("d2l-note", self._link(record))
        if result.over:
            origin += nodes.Text(f"{_COMMA[self.own]}{half(result.over, self.own)}")
        return [self._number(result), origin]

    def _chapters(self, records: list[Record]) -> list[nodes.Node]:
        if not records:
            return [_line("", nodes.Text(self.words["nothing"]))]
        return [
            self._section(
                chapter_title(self.env, chapter),
                [block for record in own for block in self._script(record)],
            )
            for chapter, own in groupby(records, _chapter_of)
        ]

    def _script(self, record: Record) -> Iterator[nodes.Node]:
        """Yield what a script is and how it ran, and the table of its numbers."""
        about = nodes.Text(f" · {self._about(record)}")
        yield _line("d2l-run", self._link(record), about)
        header = [self.words["number"], self.words["measured"]]
        yield _table(header, [self._row(result) for result in record.named_results()])

    def _row(self, result: Result) -> list[list[nodes.Node]]:
        cell = [_line("", self._target(result))]
        if result.over:
            cell.append(_line("d2l-note", nodes.Text(half(result.over, self.own))))
        return [cell, [self._number(result)]]

    def _number(self, result: Result) -> nodes.paragraph:
        names = ["d2l-number", "d2l-measured"]
        return _line("", nodes.inline("", result.quoted(self.own), classes=names))

    def _link(self, record: Record) -> nodes.Node:
        folder = self.config.sphinx_gallery_conf["gallery_dirs"]
        page = f"{folder}/{record.script}"
        if page not in self.env.found_docs:
            return nodes.literal("", record.script)
        return title_reference(page, refdoc=self.env.current_document.docname)

    def _about(self, record: Record) -> str:
        run = record.run
        parts = [
            data_in_words(record, self.own),
            device_in_words(record, self.own),
            f"{run.seconds:.1f} s",
            run.finished.partition("T")[0],
        ]
        return _COMMA[self.own].join(part for part in parts if part)

    def _target(self, result: Result) -> nodes.Node:
        """Return a number's name in words, a target that quotations of it lead to."""
        target = nodes.inline(names=[result_label(result.name)])
        target += nodes.Text(self.names.get(result.name, result.name))
        self.state.document.note_explicit_target(target)
        return target

    def _rest(self, experiments: list[Published]) -> list[nodes.Node]:
        rows = [[self._experiment(entry), _published(entry)] for entry in experiments]
        header = [self.words["experiment"], self.words["published"]]
        intro = _line("", nodes.Text(self.words["rest"]))
        return [self._section(_REST, [intro, _table(header, rows)])] if rows else []

    def _section(self, title: str, blocks: Iterable[nodes.Node]) -> nodes.section:
        """Return a section that the contents of the page list."""
        section = nodes.section("", nodes.title("", title), names=[title.lower()])
        section += list(blocks)
        self.state.document.note_implicit_target(section)
        return section


def result_label(name: str) -> str:
    """Return the label of a result's entry in the table."""
    return f"result-{name}"


def data_in_words(record: Record, language: Language) -> str:
    """Return the names of the data that a script used, stand-ins marked as such."""
    mark = {"zh": "{}（替代数据）", "en": "{} (stand-in data)"}[language]
    names = [
        mark.format(data.name) if data.stand_in else data.name for data in record.data
    ]
    return _COMMA[language].join(names)


def _chapter_of(record: Record) -> str:
    return record.script.partition("/")[0]


def _published(entry: Published) -> list[nodes.Node]:
    """Return the published figures, each with its source below."""
    return [
        line
        for source, figures in entry.values
        for line in (
            _line("", nodes.inline("", figures, classes=["d2l-number"])),
            _line("d2l-note", nodes.Text(source)),
        )
    ]


def _table(
    header: Sequence[str], rows: Iterable[Sequence[list[nodes.Node]]]
) -> nodes.table:
    """Return a table whose first column is the widest."""
    widths = {2: (64, 36), 3: (40, 32, 28)}[len(header)]
    group = nodes.tgroup(cols=len(header))
    group += [nodes.colspec(colwidth=width) for width in widths]
    head, body = nodes.thead(), nodes.tbody()
    head += _row([[_line("", nodes.Text(word))] for word in header])
    body += [_row(cells) for cells in rows]
    group += [head, body]
    table = nodes.table(classes=["d2l-results", "longtable", "colwidths-given"])
    table += group
    return _neutral(table)


def _row(cells: Iterable[list[nodes.Node]]) -> nodes.row:
    row = nodes.row()
    row += [nodes.entry("", *blocks) for blocks in cells]
    return row


def _line(name: str, *content: nodes.Node) -> nodes.paragraph:
    """Return a paragraph of the class ``name``, in the build's language already."""
    return _neutral(nodes.paragraph("", "", *content, classes=[name] if name else []))


def _neutral(block: Block) -> Block:
    """Mark a block as being in the build's language already."""
    block["neutral"] = True
    return block
