"""Twin paragraphs: one source file, two languages.

A Chinese block followed directly by an English block of the same kind is a
twin; a short text holds both languages as ``中文 | English``. When a document
is read, twins are paired and short texts split, and prose without its twin is
reported with its file and line. When it is written, the build's own language
is shown; HTML keeps the other one hidden for side-by-side reading, every other
format drops it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.nodes import make_id
from sphinx import addnodes
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site._sphinx import rename_term
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Configured, Read
from d2lnotes.site.twins import languages
from d2lnotes.site.twins.languages import (
    HAN,
    SEPARATOR,
    Language,
    LanguageBlock,
    content,
    half,
    own_language,
)
from d2lnotes.site.twins.nodes import Half, Twin, add_nodes, stands_in_half
from d2lnotes.site.twins.references import TwinTitles, WriteTwins
from d2lnotes.site.twins.source_lines import source_location
from d2lnotes.site.twins.terms import both_names, names_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

# reST sees inline markup only between spaces or punctuation, and Chinese has no spaces.
_MARKUP = re.compile(
    r"(?m)(?P<literal>^(?P<margin> *)(?:\.\. (?:code|code-block|math|raw)::.*"
    r"|(?! *\.\. ).*::)\n(?:(?:(?P=margin) +\S.*| *)\n)*(?:(?P=margin) +\S.*\Z)?)"
    r"|\*\*(?=\S)[^*\n]*[^*\s]\*\*|\*(?=[^*\s])[^*\n]*[^*\s]\*"
    r"|``[^`\n]+``|:[\w:]+:`[^`]+`"
)
# What is left of marks that have not met: beside Chinese one star is enough to tell.
_LOOSE_MARK = re.compile(rf"\*\*|\$\$|\*(?=[{HAN}“”‘’])|(?<=[{HAN}“”‘’])\*")
_EMPTY = "\\ "
_HAN_CHARACTER = re.compile(f"[{HAN}]")


class PairTwins(SphinxTransform):
    """Pair the twins of a document and split its short texts."""

    # Before labels are attached to sections: the ids must be final by then.
    default_priority = Read.TWINS_PAIRED

    def apply(self, **kwargs: Any) -> None:  # noqa: ANN401 - docutils' signature
        """Rewrite the document in place, reporting what has no twin."""
        self.own = own_language(self.config)
        self._pair_children(self.document)
        for node in self.document.findall(nodes.image):
            self._split_alternative_text(node)
        for node in self.document.findall(addnodes.toctree):
            self._split_toctree(node)
        for paragraph in self.document.findall(_holds_prose):
            _join_broken_lines(paragraph)
        for text in list(self.document.findall(nodes.Text)):
            for mark in _literal_marks(text):
                problem = f"literal {mark} in the text: {_shorten(text)}"
                self._report(text.parent, problem, "literal-markup")

    def _pair_children(self, parent: nodes.Element) -> None:
        children = list(parent.children)
        index = 0
        while index < len(children):
            node = children[index]
            following = _next_block(children, index)
            if languages.is_short_text(node):
                self._split_short_text(node)
            elif languages.is_cell_with_halves(node):
                self._split_short_text(node[0])
            elif following is not None and _are_twins(node, following):
                _wrap(parent, node, following)
                index = children.index(following)
            else:
                self._single(node, following)
            index += 1

    def _single(self, node: nodes.Node, following: nodes.Node | None) -> None:
        """Treat a block that does not begin a twin."""
        match content(node):
            case "both":
                self._pair_children(node)
            case "zh" | "en" as lang if isinstance(node, LanguageBlock):
                node.replace_self(_half(lang, node.children))
            case "zh":
                problem = "Chinese without its English twin right after it"
                self._report(node, problem, "missing-english")
            case "en" if following is not None and content(following) == "zh":
                problem = "English before Chinese: the Chinese comes first"
                self._report(node, problem, "order")
            case "en":
                problem = "English without its Chinese twin right before it"
                self._report(node, problem, "missing-chinese")

    def _split_short_text(self, node: nodes.TextElement) -> None:
        # What shows nothing belongs to both halves, and keeps its id in both.
        marks = [child for child in node if _is_mark(child)]
        text = [child for child in node if not _is_mark(child)]
        index = languages.separator_index(text)
        if index is None:
            if content(node) in {"zh", "en"}:
                problem = "a title, caption, term or label needs both halves"
                self._report(node, problem, "missing-half")
            return
        if languages.separator_count(text) > 1:
            self._report(node, languages.TOO_MANY_SEPARATORS, "separator")
            return
        zh, en = languages.split_halves(text, index)
        if any(map(languages.is_chinese, en)) or not zh or not en:
            problem = "the Chinese half comes first, then | and the English"
            self._report(node, problem, "order")
            return
        halves: dict[Language, list[nodes.Node]] = {"zh": zh, "en": en}
        node["halves"] = {lang: [n.deepcopy() for n in halves[lang]] for lang in halves}
        node.children = []
        node.extend([*halves[self.own], *marks])
        self._rename(node, "".join(piece.astext() for piece in en))

    def _rename(self, node: nodes.TextElement, english: str) -> None:
        """Make the id of a section, a block or a glossary term from its English half."""
        if isinstance(node, nodes.title) and node.parent.get("id_from_title"):
            self._replace_id(node.parent, make_id(english) or "block")
        elif isinstance(node.parent, nodes.section) and node.parent.index(node) == 0:
            self._replace_id(node.parent, make_id(english) or "section")
        elif isinstance(node, nodes.term) and node["ids"]:
            self._rename_term(node, english)

    def _replace_id(self, node: nodes.Element, base: str) -> None:
        document, old_id = self.document, node["ids"][0]
        new_id, count = base, 1
        while document.ids.get(new_id, node) is not node:
            count += 1
            new_id = f"{base}-{count}"
        del document.ids[old_id]
        document.ids[new_id] = node
        node["ids"][0] = new_id
        for name, known in document.nameids.items():
            if known == old_id:
                document.nameids[name] = new_id

    def _rename_term(self, term: nodes.term, english: str) -> None:
        """Make a glossary term known, and shown, by its names in both languages."""
        chinese = "".join(piece.astext() for piece in term["halves"]["zh"])
        both = SEPARATOR.join([chinese, english])
        term["called"] = {"zh": names_of(chinese), "en": names_of(english)}
        name, *_ = names_of(english)
        self._replace_id(term, f"term-{make_id(name)}")
        names = {*term["called"]["zh"], *term["called"]["en"]}
        rename_term(self.env.domains.standard_domain, both, names, term)
        marks = [child for child in term if _is_mark(child)]
        term.children = []
        term.extend([*both_names(term["halves"], self.own), *marks])
        for mark in term.findall(addnodes.index):
            mark["entries"] = [
                (kind, name, term["ids"][0], main, key)
                for kind, _, _, main, key in mark["entries"]
                for name in term["called"][self.own]
            ]

    def _split_alternative_text(self, image: nodes.image) -> None:
        text = image.get("alt", "")
        alone = SEPARATOR not in text and not stands_in_half(image)
        if alone and languages.text_language(text) in {"zh", "en"}:
            problem = "an alternative text needs both halves"
            self._report(image, problem, "missing-half")
        elif SEPARATOR in text and (wrong := languages.halves_problem(text)):
            self._report(image, f"{wrong}, in this alternative text", "separator")
        if SEPARATOR in text:
            image["alt_halves"] = text  # for notebooks in both languages
        self._split_attribute(image, "alt")

    def _split_attribute(self, node: nodes.Element, name: str) -> None:
        if node.get(name):
            node[name] = half(node[name], self.own)

    def _split_toctree(self, toctree: addnodes.toctree) -> None:
        titles = [title for title, _ in toctree["entries"]]
        for text in filter(None, (toctree.get("caption"), *titles)):
            if wrong := languages.halves_problem(text):
                self._report(toctree, f"{wrong}, in “{text}”", "separator")
        self._split_attribute(toctree, "caption")
        toctree["entries"] = [
            (title and half(title, self.own), target)
            for title, target in toctree["entries"]
        ]

    def _report(self, node: nodes.Node, problem: str, kind: str) -> None:
        logger.warning(
            "%s: “%s”. See “twin paragraphs” in CONTRIBUTING.md.",
            problem,
            _shorten(node.astext()),
            location=source_location(self.env, node),
            type="twins",
            subtype=kind,
        )


class LanguageDirective(SphinxDirective):
    """``zh`` and ``en``: give a block its language where the rule cannot see it."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return one block that holds the parsed content."""
        block = LanguageBlock(lang=self.name)
        self.set_source_info(block)
        block += self.parse_content_to_nodes()
        return [block]


def _is_mark(node: nodes.Node) -> bool:
    empty_target = isinstance(node, nodes.target) and not node.children
    return empty_target or isinstance(node, addnodes.index)


def _holds_prose(node: nodes.Node) -> bool:
    return isinstance(node, nodes.paragraph) or languages.is_short_text(node)


def _next_block(children: list[nodes.Node], index: int) -> nodes.Node | None:
    """Return the block after ``children[index]``; what nobody sees parts no twins."""
    # docutils leaves notes such as “no Chinese name for the role math” between blocks.
    unseen = (nodes.comment, nodes.system_message)
    rest = children[index + 1 :]
    return next((node for node in rest if not isinstance(node, unseen)), None)


def _are_twins(first: nodes.Node, second: nodes.Node) -> bool:
    if isinstance(first, nodes.Part):
        return False  # items, rows and cells hold twins and are none themselves
    by_hand = isinstance(first, LanguageBlock) or isinstance(second, LanguageBlock)
    same_kind = by_hand or type(first) is type(second)
    return same_kind and content(first) == "zh" and content(second) == "en"


def _wrap(parent: nodes.Element, zh: nodes.Element, en: nodes.Element) -> None:
    twin = Twin()
    twin.source, twin.line = zh.source, zh.line
    parent.replace(zh, twin)
    parent.remove(en)
    for lang, block in (("zh", zh), ("en", en)):
        by_hand = isinstance(block, LanguageBlock)
        twin += _half(lang, block.children if by_hand else [block])


def _half(lang: str, children: list[nodes.Node]) -> Half:
    block = Half(lang=lang)
    block.extend(list(children))
    return block


def _join_broken_lines(paragraph: nodes.Element) -> None:
    """Take out the line breaks between two Han characters, across markup too."""
    texts = list(languages.speaking_text(paragraph))
    for index, text in enumerate(texts):
        # The neighbors decide what becomes of a break at the end of a piece.
        before = _beside(text, -1) or "".join(texts[index - 1 : index])[-1:]
        after = _beside(text, +1) or "".join(texts[index + 1 : index + 2])[:1]
        padded = f"{before}{text}{after}"
        joined = languages.BROKEN_LINE.sub("", padded)
        if joined != padded:
            shorter = joined[len(before) : len(joined) - len(after)]
            text.parent.replace(text, nodes.Text(shorter))


def _beside(text: nodes.Text, step: int) -> str:
    """Return a Han character for a reference by title that stands beside ``text``."""
    index = text.parent.index(text) + step
    if not 0 <= index < len(text.parent):
        return ""
    neighbor = text.parent[index]
    shows_title = isinstance(neighbor, addnodes.pending_xref)
    chinese = _HAN_CHARACTER.search(text.parent.astext())
    return "题" if shows_title and languages.is_silent(neighbor) and chinese else ""


def _literal_marks(text: nodes.Text) -> list[str]:
    """Return the marks in ``text`` that were meant as emphasis or mathematics."""
    found = dict.fromkeys(_LOOSE_MARK.findall(text))
    return list(found) if found and not _in_code(text) else []


def _in_code(text: nodes.Node) -> bool:
    code = (nodes.literal, nodes.FixedTextElement, nodes.math, nodes.math_block)
    skipped = (*code, nodes.raw, nodes.comment, addnodes.desc)
    parent = text.parent
    while parent is not None:
        if isinstance(parent, skipped):
            return True
        parent = parent.parent
    return False


def _shorten(text: str, width: int = 40) -> str:
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: width - 1]}…"


def part_markup_from_han(app: Sphinx, docname: str, source: list[str]) -> None:
    """Let reST see markup beside Han characters, as in ``中**粗体**中``."""
    if app.env.doc2path(docname).suffix == ".rst":
        # One scan from the left, so that no end is taken for a beginning.
        source[0] = _MARKUP.sub(_escape_neighbors, source[0])


def _escape_neighbors(markup: re.Match[str]) -> str:
    """Put reST's empty escape between ``markup`` and the Han characters beside it."""
    if markup["literal"]:
        return markup[0]
    text, start, end = markup.string, markup.start(), markup.end()
    before = _HAN_CHARACTER.match(text[max(start - 1, 0) : start])
    after = _HAN_CHARACTER.match(text[end : end + 1])
    return f"{_EMPTY if before else ''}{markup[0]}{_EMPTY if after else ''}"


def name_numbers(app: Sphinx, config: Config) -> None:
    """Name figures, tables and exercises in the build's own language."""
    formats = config.d2lnotes_numfig_format.get(own_language(config), {})
    config.numfig_format = {**config.numfig_format, **formats}


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register nodes, directives and transforms."""
    app.add_config_value("d2lnotes_numfig_format", {}, "env", dict)
    # Before Sphinx fills in its own names (800).
    app.connect("config-inited", name_numbers, priority=Configured.NAMES_OF_NUMBERS)
    app.connect("source-read", part_markup_from_han)
    add_nodes(app)
    app.add_directive("zh", LanguageDirective)
    app.add_directive("en", LanguageDirective)
    app.add_transform(PairTwins)
    app.add_env_collector(TwinTitles)
    app.add_post_transform(WriteTwins)
    return METADATA
