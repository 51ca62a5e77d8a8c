"""References inside twins, and what of a twin each output format holds.

A reference without a text of its own shows its target's title in the language
of the half it stands in, so both halves of every title are kept, by document
and id, in the environment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import docname_join
from sphinx.util.nodes import make_refnode

from d2lnotes.site._sphinx import builder_of
from d2lnotes.site.page_notes import PageNotes
from d2lnotes.site.stages import Written
from d2lnotes.site.twins import languages
from d2lnotes.site.twins.nodes import (
    Half,
    HalfText,
    Twin,
    language_around,
    loose,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

# The title of a whole page is kept under this id.
_PAGE = ""
# id of what is named → language → its title
Titles = dict[str, dict[str, list[nodes.Node]]]


def title_in_words(env: BuildEnvironment, page: str, node_id: str) -> list[str]:
    """Return the title under ``node_id``, of the page without one, in each language.

    Its markup is kept: a word that becomes code is another title.
    """
    halves = TwinTitles.of(env).get(page, {}).get(node_id, {})
    return ["".join(map(str, halves[lang])) for lang in sorted(halves)]


def title_nodes(
    env: BuildEnvironment, page: str, node_id: str, language: languages.Language
) -> list[nodes.Node]:
    """Return the title under ``node_id`` in ``language``; nothing if it has none."""
    title = TwinTitles.of(env).get(page, {}).get(node_id, {}).get(language, [])
    return [piece.deepcopy() for piece in title]


def title_reference(
    page: str, *, refdoc: str, both: bool = False
) -> addnodes.pending_xref:
    """Return a reference that shows the title of ``page``.

    With ``both``, its half in the other language follows, for reading side by side.
    """
    return addnodes.pending_xref(
        "",
        nodes.inline("", page),
        refdomain="std",
        reftype="doc",
        reftarget=f"/{page}",
        refdoc=refdoc,
        refexplicit=False,
        refwarn=True,
        both_halves=both,
    )


class Place(NamedTuple):
    """A page, and a section of it (none for the page itself)."""

    page: str
    anchor: str


def link_to_place(
    env: BuildEnvironment, place: Place, title: list[nodes.Node]
) -> nodes.reference:
    """Return a link from the page being written to ``place``, which shows ``title``."""
    return make_refnode(
        builder_of(env),
        env.current_document.docname,
        place.page,
        place.anchor,
        nodes.inline("", "", *title),
    )


class TwinTitles(PageNotes[Titles]):
    """Remember both halves of the titles and captions of each document."""

    NAME = "d2lnotes_titles"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Collect the titles of one document under all ids of what they name."""
        found: Titles = {}
        for node in doctree.findall(nodes.TextElement):
            if "halves" not in node.attributes:
                continue
            halves = {lang: loose(node["halves"][lang]) for lang in node["halves"]}
            if isinstance(node.parent, nodes.section):
                found.setdefault(_PAGE, halves)
            for node_id in [*node["ids"], *node.parent["ids"]]:
                found[node_id] = halves
        self.of(app.env)[app.env.current_document.docname] = found


class WriteTwins(SphinxPostTransform):
    """Give references their title's language; then hide or drop the other half."""

    # Before Sphinx resolves references (10).
    default_priority = Written.ONE_LANGUAGE_HIDDEN

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Rewrite the document for the builder at hand."""
        self.own = languages.own_language(self.config)
        self.builder = builder_of(self.env)
        keeps_both = self.builder.format == "html" and self.builder.name != "epub"
        if keeps_both:
            self._add_other_titles()
        else:
            self._drop_other_language()
        for node in list(self.document.findall(addnodes.pending_xref)):
            if not node.get("refexplicit"):
                self._show_title(node)
        if keeps_both:
            self._keep_other_language()

    def _drop_other_language(self) -> None:
        for half in list(self.document.findall(Half)):
            half.replace_self(half.children if half["lang"] == self.own else [])
        for twin in list(self.document.findall(Twin)):
            twin.replace_self(twin.children)

    def _add_other_titles(self) -> None:
        other = languages.other_language(self.config)
        for node in self.document.findall(addnodes.pending_xref):
            if not node.get("both_halves"):
                continue
            if title := title_nodes(self.env, *self._target(node), other):
                node.parent += HalfText(
                    "", "", *title, lang=other, classes=["no-search"]
                )

    def _keep_other_language(self) -> None:
        # In the order of reading: beside each other, the page's own comes first.
        for twin in self.document.findall(Twin):
            twin.children.sort(key=lambda half: half["lang"] != self.own)
        other = languages.other_language(self.config)
        hidden = [half for half in self.document.findall(Half) if half["lang"] == other]
        hidden_ids: set[str] = set()
        for half in hidden:
            half["classes"].append("no-search")
            for mark in half.findall(nodes.footnote_reference):
                hidden_ids.update(mark["ids"])
        for footnote in self.document.findall(nodes.footnote):
            # No way back to a place that the reader cannot see.
            shown = [ref for ref in footnote["backrefs"] if ref not in hidden_ids]
            footnote["backrefs"] = shown
        for node in list(self.document.findall(nodes.TextElement)):
            # A term shows its names in both languages anyway.
            if "halves" in node.attributes and not isinstance(node, nodes.term):
                copies = [piece.deepcopy() for piece in node["halves"][other]]
                node += HalfText("", "", *copies, lang=other, classes=["no-search"])

    def _show_title(self, node: addnodes.pending_xref) -> None:
        lang = language_around(node, self.config)
        if node["reftype"] == "numref":
            self._show_number(node, lang)
            return
        docname, target_id = self._target(node)
        if title := title_nodes(self.env, docname, target_id, lang):
            text = nodes.inline("", "", *title)
            text["classes"] += ["std", f"std-{node['reftype']}"]
            docfrom = node.get("refdoc", self.env.current_document.docname)
            link = make_refnode(self.builder, docfrom, docname, target_id, text)
            node.replace_self(link)

    def _target(self, node: addnodes.pending_xref) -> tuple[str, str]:
        """Return document and id that a reference by title leads to, or blanks."""
        target, kind = node["reftarget"], node["reftype"]
        if kind == "doc":
            return docname_join(node["refdoc"], target), _PAGE
        if kind == "myst" and node.get("refdomain") == "doc":
            return target, node.get("reftargetid") or _PAGE
        if kind in {"ref", "myst"}:
            return self.env.domains.standard_domain.anonlabels.get(target, ("", "-"))
        return "", "-"

    def _show_number(
        self, node: addnodes.pending_xref, lang: languages.Language
    ) -> None:
        domain = self.env.domains.standard_domain
        docname, target_id = domain.anonlabels.get(node["reftarget"], ("", ""))
        if not docname:
            return
        own = lang == self.own
        config = self.config
        formats = config.numfig_format if own else config.d2lnotes_numfig_format[lang]
        for kind, numbers in self.env.toc_fignumbers.get(docname, {}).items():
            if target_id in numbers and kind in formats:
                number = ".".join(map(str, numbers[target_id]))
                self._put_number(node, docname, target_id, formats[kind], number)
                return
        if not own and "section" in formats:
            self._set_number_format(node, formats["section"])

    def _put_number(
        self,
        node: addnodes.pending_xref,
        docname: str,
        target_id: str,
        words: str,
        number: str,
    ) -> None:
        if self.builder.format != "html":
            self._set_number_format(node, words)
            return
        # As Sphinx would, which reads the target's page back for every reference.
        link = self.env.domains.standard_domain.build_reference_node(
            node.get("refdoc", self.env.current_document.docname),
            self.builder,
            docname,
            target_id,
            words % number,
            "numref",
            node_class=addnodes.number_reference,
            title=words,
        )
        node.replace_self(link)

    def _set_number_format(self, node: addnodes.pending_xref, words: str) -> None:
        node["refexplicit"] = True
        node.children = []
        node += nodes.inline("", words)
