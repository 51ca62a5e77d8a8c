"""What a term means, and which work a citation names, shown where the link stands.

Each page carries the definitions of the terms that it links, in both languages, and
the references that it cites; ``tips.js`` shows them on hover and on keyboard focus.
Nothing is requested, and without JavaScript the links lead to the same text.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from docutils import nodes
from pybtex.backends.plaintext import Backend as PlainText
from pybtex.plugin import register_plugin
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site._sphinx import builder_of, term_in_any_case
from d2lnotes.site.page_notes import PageNotes
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.shown_elsewhere import mark, shown_elsewhere
from d2lnotes.site.stages import Written
from d2lnotes.site.twins.languages import HTML_TAGS
from d2lnotes.site.twins.nodes import Half, language_around, loose
from d2lnotes.site.twins.terms import both_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment
    from sphinx.util.typing import ExtensionMetadata
    from sphinxcontrib.bibtex.domain import Citation

    from d2lnotes.site.twins.languages import Language

# id of a term → language → its names and its definition
Definitions = dict[str, dict["Language", list[nodes.Node]]]
_USED = "d2lnotes_terms"


class Tip(nodes.General, nodes.Element):
    """Text that a link shows; ``lang`` is zh or en, or empty for a reference."""


class TermDefinitions(PageNotes[Definitions]):
    """Remember the definitions of each glossary, and the terms that each page links."""

    NAME = "d2lnotes_definitions"

    def process_doc(self, app: Sphinx, doctree: nodes.document) -> None:
        """Collect the halves of each definition in a glossary."""
        docname = app.env.current_document.docname
        found: Definitions = {}
        for glossary in doctree.findall(addnodes.glossary):
            for item in glossary.findall(nodes.definition_list_item):
                halves: dict[Language, list[nodes.Node]] = {"zh": [], "en": []}
                for half in item[-1].findall(Half):
                    halves[half["lang"]] += loose(half.children)
                for term in item.findall(nodes.term):
                    own = {x: [*_names(term, x), *halves[x]] for x in halves}
                    found |= dict.fromkeys(term["ids"], own)
        if found:
            self.of(app.env)[docname] = found
        app.env.metadata[docname][_USED] = sorted(
            {
                node["reftarget"]
                for node in doctree.findall(addnodes.pending_xref)
                if node.get("reftype") == "term"
            }
        )


def _names(term: nodes.term, language: Language) -> list[nodes.Node]:
    """Return a line with the names of a term, those in ``language`` first."""
    if "halves" not in term:
        return []
    names = nodes.strong("", "", *both_names(term["halves"], language))
    return loose([nodes.paragraph("", "", names, classes=["tip-names"])])


class AddTips(SphinxPostTransform):
    """Put what the links of a page show at its end."""

    # After the titles in references are set (5), before references are resolved (10).
    default_priority = Written.TIPS_OF_TERMS
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Add the tips and tell each link which is its own."""
        tips: dict[str, Tip] = {}
        for node in list(self.document.findall(addnodes.pending_xref)):
            if node.get("reftype") == "term":
                self._add_definition(node, tips)
        self.document.extend(tips.values())

    def _add_definition(
        self, node: addnodes.pending_xref, tips: dict[str, Tip]
    ) -> None:
        found = find_term(self.env, node["reftarget"])
        language = language_around(node, self.config)
        definitions = TermDefinitions.of(self.env)
        definition = found and definitions.get(found[0], {}).get(found[1])
        if not found or not definition or not definition[language]:
            return
        name = f"tip-{found[1]}-{language}"
        if name not in tips:
            content = [child.deepcopy() for child in definition[language]]
            tips[name] = _tip(name, language, content)
        node[0]["classes"].append(name)  # type: ignore[index]


def _tip(name: str, language: Language | str, content: Iterable[nodes.Node]) -> Tip:
    tip = Tip("", *content, ids=[name], lang=language)
    tip["classes"] += ["tip", "no-search"]
    return tip


def find_term(env: BuildEnvironment, name: str) -> tuple[str, str] | None:
    """Return the document and the id of a glossary term; ``None`` if there is none."""
    domain = env.domains.standard_domain
    exact = domain.objects.get(("term", name))
    return exact or term_in_any_case(domain, name)


def shown_definitions(env: BuildEnvironment) -> dict[str, object]:
    """Return the definitions of the terms that each page links."""
    definitions = TermDefinitions.of(env)

    @cache  # many pages link the same terms
    def definition(name: str) -> object:
        page, term = find_term(env, name) or ("", "")
        halves = definitions.get(page, {}).get(term, {})
        return page, term, {key: list(map(str, halves[key])) for key in halves}

    return {
        page: [definition(name) for name in facts[_USED]]
        for page, facts in env.metadata.items()
        if facts.get(_USED)
    }


def shown_works(env: BuildEnvironment) -> Mapping[str, object]:
    """Return the works that each page cites, and those that it lists."""
    cited: dict[str, list[object]] = {}
    domain: Any = env.domains.get("cite")
    if domain is None:
        return {}
    works: dict[str, list[object]] = {}
    for work in domain.citations:
        page = work.bibliography_key.docname
        shown = work.formatted_entry
        # The entry, too: a citation in the text shows names and year.
        fact = mark([work.citation_id, page, work.entry, shown.label, shown.text])
        works.setdefault(work.key, []).append(fact)
        cited.setdefault(page, []).append(fact)
    for reference in domain.citation_refs:
        found = [(x.key, works.get(x.key)) for x in reference.targets]
        cited.setdefault(reference.docname, []).append(found)
    return cited


class CitationTips(SphinxPostTransform):
    """Give each citation the work that it names."""

    # After citations are resolved (10).
    default_priority = Written.TIPS_OF_CITATIONS
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Look the links of citations up by where they lead."""
        docname = self.env.current_document.docname
        builder = builder_of(self.env)
        works = {
            builder.get_relative_uri(docname, page): cited
            for page, cited in _works(builder).items()
        }
        tips: dict[str, Tip] = {}
        for link in self.document.findall(nodes.reference):
            address, _, citation_id = link.get("refuri", "").partition("#")
            if citation := works.get(address, {}).get(citation_id):
                name = f"tip-cite-{citation.key}"
                link["classes"].append(name)
                text = citation.formatted_entry.text.render_as("plaintext")
                tips.setdefault(name, _tip(name, "", [nodes.paragraph("", text)]))
        self.document.extend(tips.values())


def _works(builder: Builder) -> dict[str, dict[str, Citation]]:
    """Return the works that are cited by the page that lists them and their ids.

    They are known once all pages are read, and looked up by every page: a page must
    not go through all of them, which grow with the pages.
    """
    if not hasattr(builder, "d2lnotes_works"):
        works: dict[str, dict[str, Citation]] = {}
        for citation in getattr(builder.env.domains.get("cite"), "citations", ()):
            page = citation.bibliography_key.docname
            works.setdefault(page, {})[citation.citation_id] = citation
        builder.d2lnotes_works = works  # type: ignore[attr-defined]
    return builder.d2lnotes_works  # type: ignore[attr-defined]


def _visit_tip(translator: Any, node: Tip) -> None:  # noqa: ANN401
    attributes = {"role": "tooltip"}
    if node["lang"]:
        attributes["lang"] = HTML_TAGS[node["lang"]]
    tag = translator.starttag(node, "div", **attributes)
    translator.body.append(tag.replace("<div", "<div hidden", 1))


def _depart_tip(translator: Any, node: Tip) -> None:  # noqa: ANN401
    translator.body.append("</div>\n")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the node, the collector and the transforms."""
    app.add_node(Tip, html=(_visit_tip, _depart_tip))
    app.add_env_collector(TermDefinitions)
    app.add_post_transform(AddTips)
    app.add_post_transform(CitationTips)
    app.add_css_file("tips.css")
    app.add_js_file("tips.js", loading_method="defer")
    # Otherwise every citation has all installed packages searched for its plain text.
    register_plugin("pybtex.backends", "plaintext", PlainText, force=True)
    shown_elsewhere(app, "definitions", shown_definitions)
    shown_elsewhere(app, "works", shown_works)
    return METADATA
