"""Numbers read from the run: the role ``result`` and the directive ``results-table``.

A page names a number and Sphinx prints what the script recorded under that name, so
no figure in the prose can disagree with the run that is shown beside it.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from d2lnotes.site.contents import in_order
from d2lnotes.site.gallery.pages import add_stand_in_warning, device_in_words
from d2lnotes.site.gallery.records import (
    Record,
    Result,
    duplicated_names,
    read_records,
    record_path,
    results_by_name,
    results_folder,
)
from d2lnotes.site.results.table import (
    ResultsTable,
    data_in_words,
    result_label,
)
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import shown_elsewhere
from d2lnotes.site.stages import Read, Started, Written
from d2lnotes.site.twins.languages import (
    Language,
    half,
    halves_problem,
    own_language,
)
from d2lnotes.site.twins.nodes import language_around
from d2lnotes.site.twins.source_lines import line_with

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)


class ResultNumber(nodes.inline):
    """A number that a script recorded; ``hover`` tells where it comes from."""

    def speak(self, language: Language) -> None:
        """Give the number its unit and its origin in ``language``."""
        text, self["hover"] = self["words"][language]
        self.clear()
        self += nodes.Text(text)


class ResultRole(SphinxRole):
    """``result``: the number recorded under a name, as its script formats it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number; report a name that no script recorded."""
        name = self.text.strip()
        found = known_results(self.env).get(name)
        if found is None:
            return [self._unknown(name)], []
        result, record = found
        self.env.note_dependency(record_path(self.config, record.script))
        own = own_language(self.config)
        number = ResultNumber(self.rawtext, "", classes=["d2l-result"], neutral=True)
        number["words"] = {
            language: (result.quoted(language), hover_text(result, record, language))
            for language in ("zh", "en")
        }
        number.speak(own)
        number["refers_to"] = result_label(name)
        number["stand_ins"] = record.stand_ins
        return [number], []

    def _unknown(self, name: str) -> nodes.Node:
        # Until the name is known, the page must be read again in every build.
        self.env.note_reread()
        if not self.env.d2lnotes_results_missing:  # type: ignore[attr-defined]
            known = sorted(known_results(self.env))
            close = difflib.get_close_matches(name, known, n=3, cutoff=0.5) or known
            logger.warning(
                f"no script recorded the result {name!r}; "
                f"{'close to it: ' if close != known else 'there are: '}"
                f"{', '.join(close[:10]) or 'none at all'}",
                location=self.get_location(),
                type="results",
                subtype="unknown",
            )
        return nodes.inline(self.rawtext, "?", classes=["d2l-result"])


class WarnOfStandIns(SphinxTransform):
    """Say on a page that quotes numbers from stand-in data that it does."""

    # After the study time has been put under the title (150), before twins (200).
    default_priority = Read.STAND_IN_WARNING

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Insert the warning under the title."""
        numbers = self.document.findall(ResultNumber)
        stand_ins = [name for number in numbers for name in number["stand_ins"]]
        add_stand_in_warning(self.document, stand_ins, this_script=False)


class SpeakNumbers(SphinxPostTransform):
    """Let a number inside a twin speak the language of its half."""

    # Before the half in the other language is dropped (5).
    default_priority = Written.NUMBERS_SPEAK

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Rewrite the numbers of a document."""
        for number in self.document.findall(ResultNumber):
            number.speak(language_around(number, self.config))


def known_results(env: BuildEnvironment) -> dict[str, tuple[Result, Record]]:
    """Return the results that pages of this build may quote, with their records."""
    return env.d2lnotes_results  # type: ignore[attr-defined]


def hover_text(result: Result, record: Record, language: Language) -> str:
    """Return where a number comes from, in one line."""
    run = record.run
    versions = [f"{name} {version}" for name, version in run.versions.items()]
    parts = [
        record.script,
        data_in_words(record, language),
        half(result.over, language),
        device_in_words(record, language),
        ", ".join(versions[:2]),
        run.finished.partition("T")[0],
    ]
    return ("；" if language == "zh" else "; ").join(part for part in parts if part)


def load_records(app: Sphinx) -> None:
    """Read all records, once the gallery has run."""
    records = read_records(results_folder(app.config))
    ended = [record for record in records if record.run.finished]
    chapters = (record.script.partition("/")[0] for record in ended)
    order = in_order(set(chapters), Path(app.srcdir))
    ended.sort(key=lambda record: order.index(record.script.partition("/")[0]))
    app.env.d2lnotes_records = ended  # type: ignore[attr-defined]
    app.env.d2lnotes_results = results_by_name(ended)  # type: ignore[attr-defined]
    for name, scripts in duplicated_names(records).items():
        logger.warning(
            f"the result {name!r} was recorded by {' and by '.join(scripts)}; "
            "a name belongs to one script",
            type="results",
            subtype="twice",
        )
    for record in records:
        _check_words(app, record)
    app.env.d2lnotes_results_missing = (  # type: ignore[attr-defined]
        app.config.d2lnotes_no_gallery
        or any(record.unreached and not record.run.finished for record in records)
    )


def _check_words(app: Sphinx, record: Record) -> None:
    """Report the words of a record's results that do not serve both languages."""
    script = Path(app.confdir) / "gallery" / f"{record.script}.py"
    for result in record.named_results():
        for text in (result.unit, result.over):
            if problem := halves_problem(text):
                logger.warning(
                    f"{problem}, in what {result.name} is measured in or over: {text!r}",
                    location=f"{script}:{line_with(text, script, 1) or 1}",
                    type="results",
                    subtype="missing-half",
                )


def shown_records(env: BuildEnvironment) -> dict[str, object]:
    """Return what the pages with a table of all results were made of."""
    records = env.d2lnotes_records  # type: ignore[attr-defined]
    pages = [page for page, facts in env.metadata.items() if ResultsTable.MARK in facts]
    return dict.fromkeys(pages, records)


def load_filter(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load the filter of the numbers on the pages with the table of all."""
    if ResultsTable.MARK in app.env.metadata.get(pagename, {}):
        app.add_js_file("list_filter.js", loading_method="defer")
        app.add_js_file("results_filter.js", loading_method="defer")


def _visit_html(translator: Any, node: ResultNumber) -> None:  # noqa: ANN401
    builder = translator.builder
    labels = builder.env.domains.standard_domain.anonlabels
    attributes = {"title": node["hover"]}
    tag = "span"
    if node["refers_to"] in labels:
        page, target = labels[node["refers_to"]]
        uri = builder.get_relative_uri(builder.current_docname, page)
        tag, attributes["href"] = "a", f"{uri}#{target}"
    translator.body.append(translator.starttag(node, tag, "", **attributes))
    translator.context.append(f"</{tag}>")


def _depart_html(translator: Any, node: ResultNumber) -> None:  # noqa: ANN401
    translator.body.append(translator.context.pop())


def _visit_latex(translator: Any, node: ResultNumber) -> None:  # noqa: ANN401
    translator.body.append(r"\mbox{")


def _depart_latex(translator: Any, node: ResultNumber) -> None:  # noqa: ANN401
    translator.body.append("}")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the role, the directive and what keeps pages up to date."""
    app.setup_extension("d2lnotes.site.gallery")
    app.add_node(
        ResultNumber,
        html=(_visit_html, _depart_html),
        latex=(_visit_latex, _depart_latex),
    )
    app.add_role("result", ResultRole())
    app.add_directive("results-table", ResultsTable)
    app.add_transform(WarnOfStandIns)
    app.add_post_transform(SpeakNumbers)
    # After the gallery has run (400 to 600).
    app.connect("builder-inited", load_records, priority=Started.RECORDS_READ)
    app.add_css_file("results.css")
    app.connect("html-page-context", load_filter)
    shown_elsewhere(app, "records", shown_records, reading=True)
    return METADATA
