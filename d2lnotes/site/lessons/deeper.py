"""The block ``deeper``: what a first reading may skip, folded, with minutes of its own.

Its title is made as a section's is: in both languages, with an id from the English
half, and found by search. A link to it, or to something in it, unfolds it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from sphinx.locale import _
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from d2lnotes.site.lessons.exercises import Exercise, Hint, Solution, skip
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.twins.languages import SEPARATOR
from d2lnotes.site.twins.source_lines import source_location

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata, OptionSpec

logger = logging.getLogger(__name__)


class Deeper(nodes.General, nodes.Element):
    """A :class:`Mark`, a :class:`DeeperTitle`, then what goes deeper; ``minutes``."""


class Mark(nodes.TextElement):
    """The words before a block's title that say what kind of block it is."""


class DeeperTitle(nodes.title):
    """What the block is about. As a title it is found by search, under the block's id."""


class DeeperDirective(SphinxDirective):
    """``deeper``: title as argument, ``minutes`` as option."""

    has_content = True
    required_arguments = 1
    final_argument_whitespace = True
    option_spec: ClassVar[OptionSpec] = {"minutes": str}

    def run(self) -> list[nodes.Node]:
        """Return the block, which gets its id when its title has been split."""
        self.assert_has_content()
        minutes = self._minutes()
        block = Deeper(minutes=minutes)
        self.set_source_info(block)
        words = f"深入 · {minutes} 分钟 | Going deeper · {_in_english(minutes)}"
        mark = Mark("", words, classes=["no-search"])
        title = block_title(self, DeeperTitle)
        block += [mark, title, *self.parse_content_to_nodes()]
        self.state.document.set_id(block)
        block["id_from_title"] = True
        self._report_what_has_no_place(block)
        return [block]

    def _minutes(self) -> int:
        text = self.options.get("minutes", "").strip()
        if not (text.isascii() and text.isdecimal() and int(text) > 0):
            raise self.error(
                "a deeper block needs the minutes it takes, a whole number from 1 on: "
                f"add a line such as  :minutes: 5;  got {text or 'none'}"
            )
        return int(text)

    def _report_what_has_no_place(self, block: Deeper) -> None:
        for node in block.findall(_has_no_place):
            if node is not block:
                logger.warning(
                    "a deeper block holds no section, no exercise and no other deeper "
                    "block: move “%s” out of it, or make the block a section",
                    node.astext().strip().split("\n")[0],
                    location=source_location(self.env, node),
                    type="lessons",
                    subtype="deeper",
                )


def block_title(
    directive: SphinxDirective, kind: type[nodes.TextElement]
) -> nodes.TextElement:
    """Return the title of a block, ``中文 | English``, as a node of ``kind``.

    Raises
    ------
    docutils.parsers.rst.DirectiveError
        If it has not both halves.
    """
    given = directive.arguments[0]
    if SEPARATOR not in given:
        raise directive.error(
            f"the title of a {directive.name} block needs both halves, 中文 | English; "
            f"got “{given}”"
        )
    text, messages = directive.parse_inline(given, lineno=directive.lineno)
    title = kind(given, "", *text, *messages)
    directive.set_source_info(title)
    return title


def _has_no_place(node: nodes.Node) -> bool:
    # MyST makes a heading in a directive a rubric with a level.
    heading = isinstance(node, nodes.rubric) and "level" in node
    return heading or isinstance(node, (Deeper, Exercise, Hint, Solution))


def _in_english(minutes: int) -> str:
    return "1 minute" if minutes == 1 else f"{minutes} minutes"


def deeper_minutes(document: nodes.document) -> int:
    """Return the minutes that the deeper blocks of a page take together."""
    return sum(block["minutes"] for block in document.findall(Deeper))


def _visit_block(translator: Any, node: Deeper) -> None:  # noqa: ANN401
    translator.body.append('<details class="deeper">\n<summary>')


def _depart_block(translator: Any, node: Deeper) -> None:  # noqa: ANN401
    translator.body.append("</div>\n</details>\n")


def _visit_mark(translator: Any, node: Mark) -> None:  # noqa: ANN401
    translator.body.append(translator.starttag(node, "span", "", CLASS="block-mark"))


def _depart_mark(translator: Any, node: Mark) -> None:  # noqa: ANN401
    translator.body.append("</span> ")


def _visit_title(translator: Any, node: DeeperTitle) -> None:  # noqa: ANN401
    translator.body.append(translator.starttag(node, "span", "", CLASS="block-title"))


def _depart_title(translator: Any, node: DeeperTitle) -> None:  # noqa: ANN401
    translator.body.append("</span>")
    translator.add_permalink_ref(node.parent, _("Link to this heading"))
    translator.body.append("</summary>\n")
    # A browser unfolds what a link leads into: so the id stands inside the fold.
    first, *others = node.parent["ids"]
    translator.body.append(f'<div class="deeper-body" id="{first}">\n')
    translator.body += [f'<span id="{other}"></span>' for other in others]


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register nodes, directive and the script that unfolds what a link leads to."""
    app.setup_extension("d2lnotes.site.lessons.exercises")
    app.add_node(Deeper, html=(_visit_block, _depart_block), text=(skip, skip))
    app.add_node(Mark, html=(_visit_mark, _depart_mark), text=(skip, skip))
    app.add_node(DeeperTitle, html=(_visit_title, _depart_title), text=(skip, skip))
    app.add_directive("deeper", DeeperDirective)
    app.add_js_file("folds.js", loading_method="defer")
    return METADATA
