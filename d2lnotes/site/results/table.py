"""The directive ``results-table``: every recorded number beside what others published.

Its argument is a folder with the published figures, a TOML file for each chapter and
one that names the sources. Those of experiments that have no result yet follow in a table
of their own.
"""

from __future__ import annotations

import html
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.contents import in_order
from d2lnotes.site.gallery.pages import device_in_words
from d2lnotes.site.gallery.records import results_by_name
from d2lnotes.site.source_text import read_source
from d2lnotes.site.twins.languages import (
    Language,
    half,
    halves_problem,
    own_language,
)
from d2lnotes.site.twins.references import title_reference

if TYPE_CHECKING:
    from docutils.parsers.rst import DirectiveError

    from d2lnotes.site.gallery.records import Record, Result

_HEADER = {
    "zh": ("结果", "测得", "单位", "出自", "已发表"),
    "en": ("Result", "Measured", "Unit", "From", "Published"),
}
_WIDTHS = (30, 15, 10, 15, 30)
_OTHER_HEADER = {
    "zh": ("实验", "设置", "已发表"),
    "en": ("Experiment", "Setting", "Published"),
}
_OTHER_WIDTHS = (40, 25, 35)
_FRACTION = {"zh": "比例", "en": "fraction"}
_COMMA = {"zh": "，", "en": ", "}
_NOTHING_YET = {
    "zh": "还没有脚本记录过结果。",
    "en": "No script has recorded a result yet.",
}
_ONLY_PUBLISHED = {
    "zh": "已发表，但这里还没有测过：",
    "en": "Published, but not measured here yet:",
}

_EXPERIMENT = re.compile(r"(?m)^[ \t]*\[\[ *experiments *\]\]")

Cell = str | list[nodes.Node]
Block = TypeVar("Block", bound=nodes.Element)


@dataclass(frozen=True)
class Published:
    """What others published for one experiment, in the language of the build."""

    name: str
    setting: str
    results: tuple[str, ...]
    values: str

    def cell(self) -> str:
        """Return the figures and how they were obtained."""
        return f"{self.values} ({self.setting})" if self.setting else self.values


class ResultName(nodes.literal):
    """The name of a result, which may be broken at its dots and underscores."""


class ResultsTable(SphinxDirective):
    """``results-table``: takes the folder of published figures as its argument."""

    required_arguments = 1
    # Pages with a table have this entry in their metadata.
    MARK: ClassVar[str] = "d2lnotes_results_table"

    def run(self) -> list[nodes.Node]:
        """Return one table per script, then the figures without a result."""
        self.own = own_language(self.config)
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.metadata[self.env.current_document.docname][self.MARK] = True
        published = self._published(Path(path))
        records: list[Record] = self.env.d2lnotes_records  # type: ignore[attr-defined]
        shown: list[nodes.Node] = []
        for record in records:
            if record.results:
                shown += self._script(record, published)
        if not shown:
            shown = [_neutral(nodes.paragraph("", _NOTHING_YET[self.own]))]
        return shown + self._only_published(published, set(results_by_name(records)))

    def _published(self, folder: Path) -> list[Published]:
        """Return the published figures in the order of the chapters."""
        sources = self._table(folder / "sources.toml")
        chapters = {file.stem for file in folder.glob("*.toml")} - {"sources"}
        return [
            entry
            for chapter in in_order(chapters, Path(self.env.srcdir))
            for entry in self._chapter(folder / f"{chapter}.toml", sources)
        ]

    def _chapter(self, file: Path, sources: dict[str, str]) -> list[Published]:
        try:
            entries = self._table(file)["experiments"]
            return [
                self._experiment(file, number, entry, sources)
                for number, entry in enumerate(entries)
            ]
        except (KeyError, TypeError, AttributeError) as error:
            raise self._unreadable(file, error) from error

    def _experiment(
        self, file: Path, number: int, entry: dict[str, Any], sources: dict[str, str]
    ) -> Published:
        try:
            return Published(
                name=self._half(entry["name"]),
                setting=self._half(entry["setting"]),
                results=tuple(entry.get("results", ())),
                values=self._values(entry["values"], sources),
            )
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            begins = list(_EXPERIMENT.finditer(text := read_source(file)))
            line = text.count("\n", 0, begins[number].start()) + 1 if begins else 1
            raise self.error(
                f"{file}:{line}: this experiment cannot be read: {error!r}; it needs "
                'name, setting and values, such as  values = [["d2l", "0.779"]]'
            ) from error

    def _half(self, text: str) -> str:
        if problem := halves_problem(text):
            raise ValueError(f"{problem}: {text!r}")
        return half(text, self.own)

    def _table(self, file: Path) -> dict[str, Any]:
        self.env.note_dependency(file)
        try:
            return tomllib.loads(read_source(file))
        except (OSError, ValueError) as error:
            raise self._unreadable(file, error) from error

    def _unreadable(self, file: Path, error: Exception) -> DirectiveError:
        return self.error(f"the published figures in {file} cannot be read: {error!r}")

    def _values(self, values: list[list[str]], sources: dict[str, str]) -> str:
        """Return figures grouped by source: ``0.779 (first); 0.7, 0.8 (second)``."""
        by_source: dict[str, list[str]] = {}
        for source, value in values:
            by_source.setdefault(self._half(sources[source]), []).append(value)
        groups = [f"{', '.join(v)} [{name}]" for name, v in by_source.items()]
        return "; ".join(groups)

    def _script(self, record: Record, published: list[Published]) -> list[nodes.Node]:
        line = nodes.paragraph(classes=["d2l-run"])
        line += [self._link(record), nodes.Text(f" · {self._about(record)}")]
        rows: list[list[Cell]] = [
            [
                self._target(result),
                result.measured(),
                result.unit_in_words(self.own) or _FRACTION[self.own]
                if result.unit
                else "",
                half(result.over, self.own),
                "; ".join(p.cell() for p in published if result.name in p.results),
            ]
            for result in record.named_results()
        ]
        return [_neutral(line), _table(_HEADER[self.own], _WIDTHS, rows)]

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

    def _target(self, result: Result) -> list[nodes.Node]:
        """Return the name of a result, as a target that quotations of it lead to."""
        target = nodes.inline(names=[result_label(result.name)])
        target += ResultName("", result.name)
        self.state.document.note_explicit_target(target)
        return [target]

    def _only_published(
        self, published: list[Published], measured: set[str]
    ) -> list[nodes.Node]:
        rows: list[list[Cell]] = [
            [entry.name, entry.setting, entry.values]
            for entry in published
            if not measured.intersection(entry.results)
        ]
        if not rows:
            return []
        intro = _neutral(nodes.paragraph("", _ONLY_PUBLISHED[self.own]))
        return [intro, _table(_OTHER_HEADER[self.own], _OTHER_WIDTHS, rows)]


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


def _table(
    header: tuple[str, ...], widths: tuple[int, ...], rows: list[list[Cell]]
) -> nodes.table:
    """Return a table without the columns that would be empty."""
    used = [index for index in range(len(header)) if any(row[index] for row in rows)]
    group = nodes.tgroup(cols=len(used))
    group += [nodes.colspec(colwidth=widths[index]) for index in used]
    head, body = nodes.thead(), nodes.tbody()
    head += _row([header[index] for index in used])
    body += [_row([row[index] for index in used]) for row in rows]
    group += [head, body]
    table = nodes.table(classes=["d2l-results", "longtable", "colwidths-given"])
    table += group
    return _neutral(table)


def _row(cells: list[Cell]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        content = [nodes.Text(cell)] if isinstance(cell, str) else cell
        entry = nodes.entry()
        entry += nodes.paragraph("", "", *content)
        row += entry
    return row


def _neutral(block: Block) -> Block:
    """Mark a block as being in the build's language already."""
    block["neutral"] = True
    return block


def visit_name_html(translator: Any, node: ResultName) -> None:  # noqa: ANN401
    """Write a name that the browser may break, and copies as one word."""
    text = re.sub(r"([._])", r"\1<wbr>", html.escape(node.astext()))
    translator.body.append(f'<code class="d2l-name">{text}</code>')
    raise nodes.SkipNode


def visit_name_latex(translator: Any, node: ResultName) -> None:  # noqa: ANN401
    """Write a name that LaTeX may break."""
    text = translator.encode(node.astext())
    text = re.sub(r"(\.|\\_(?:\{\})?)", r"\1\\allowbreak{}", text)
    translator.body.append(rf"\sphinxcode{{{text}}}")
    raise nodes.SkipNode
