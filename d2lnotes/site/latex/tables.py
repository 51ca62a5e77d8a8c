"""Column widths for the tables of the PDF.

LaTeX breaks no line in a column without a width, and Sphinx gives all columns the
same. Here each column gets what its longest line needs if the page is wide enough;
if not, at least the longest piece that cannot be broken, and a share of what is left.
Where even those pieces do not fit, the table is set smaller.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

_LINE = 45.0  # the width of a line, in ems
_GAP = 1.15  # between two columns
_SIZES = {"normalsize": 1.0, "small": 0.91, "footnotesize": 0.83, "scriptsize": 0.73}
_SLACK = 1.08  # widths are estimates
_LIST_INDENT = 2.5

# Widths of characters in ems; what falls into none of the groups is a letter.
_WIDE, _LETTER, _CODE, _SYMBOL = 1.0, 0.52, 0.48, 0.75
_CAPITAL, _NARROW, _BROAD_WIDTH = 0.74, 0.33, 0.9
_NARROW_LETTERS = frozenset("iljtfr.,:;'|!()[] ")
_BROAD = frozenset("mw%±×≈→+=<>—MW")
_COMMAND = re.compile(r"\\(?:begin|end)\{\w+\}|\\([A-Za-z]+|.)")
_UPRIGHT = frozenset(
    (
        "log",
        "exp",
        "max",
        "min",
        "sin",
        "cos",
        "tanh",
        "det",
        "dim",
        "arg",
        "argmax",
        "softmax",
    )
)
_INVISIBLE = frozenset(
    (
        "mathbf",
        "mathbb",
        "mathcal",
        "mathrm",
        "boldsymbol",
        "bm",
        "text",
        "operatorname",
        "left",
        "right",
        "big",
        "bigl",
        "bigr",
        "frac",
        "tfrac",
        "hat",
        "bar",
        "tilde",
        "vec",
    )
)


class Need(NamedTuple):
    """What a cell needs: the width of its longest piece, and of its longest line."""

    piece: float
    line: float


class Columns(NamedTuple):
    """The size of the type and the width of each column as a part of the line."""

    size: str
    widths: list[float]


class FitTables(SphinxPostTransform):
    """Give each table of a book columns that fit its text and the page."""

    builders = ("latex",)
    # When all text is in place, and all text of the other language is gone.
    default_priority = Written.LATEX_SHAPES

    def run(self, **kwargs: Any) -> None:  # noqa: ANN401 - Sphinx's signature
        """Write the columns before each table, and the size around it."""
        for table in list(self.document.findall(nodes.table)):
            before = table.parent[table.parent.index(table) - 1]
            if isinstance(before, addnodes.tabular_col_spec) or _is_nested(table):
                continue
            size, widths = fit_columns(measure(table))
            spec = "".join(rf"\Y{{{width:.3f}}}" for width in widths)
            framed: list[nodes.Node] = [
                addnodes.tabular_col_spec(spec=spec),
                table.deepcopy(),
            ]
            if size != "normalsize":
                start = nodes.raw("", f"\\begingroup\\{size}\n", format="latex")
                end = nodes.raw("", "\\endgroup\n", format="latex")
                framed = [start, *framed, end]
            table.replace_self(framed)


def _is_nested(table: nodes.table) -> bool:
    parent = table.parent
    while parent is not None and not isinstance(parent, nodes.entry):
        parent = parent.parent
    return parent is not None


def measure(table: nodes.table) -> list[Need]:
    """Return what each column needs; a cell across several columns asks nothing."""
    columns = [Need(1.0, 1.0)] * len(list(table.findall(nodes.colspec)))
    for row in table.findall(nodes.row):
        place = 0
        for entry in row.findall(nodes.entry):
            if entry.get("morecols", 0) == 0 and place < len(columns):
                need = _need(entry)
                columns[place] = Need(*map(max, columns[place], need))
            place += 1 + entry.get("morecols", 0)
    return columns


def fit_columns(needs: Sequence[Need]) -> Columns:
    """Return the largest size at which every piece fits, and the widths for it."""
    for size, scale in _SIZES.items():
        room = _LINE / scale - _GAP * len(needs)
        pieces = [need.piece * _SLACK for need in needs]
        lines = [
            max(need.line * _SLACK, piece)
            for need, piece in zip(needs, pieces, strict=True)
        ]
        if sum(pieces) <= room or size == "scriptsize":
            break
    if sum(lines) <= room:
        widths = lines
    else:
        wanted = sum(lines) - sum(pieces)
        share = max(0.0, room - sum(pieces)) / wanted if wanted else 0.0
        widths = [
            piece + share * (line - piece)
            for piece, line in zip(pieces, lines, strict=True)
        ]
    full = max(sum(widths) + _GAP * len(needs), _LINE / scale)
    return Columns(size, [(width + _GAP) / full for width in widths])


def _need(entry: nodes.entry) -> Need:
    indent = _LIST_INDENT if next(entry.findall(nodes.list_item), None) else 0.0
    pieces, lines = [0.0], [0.0]
    blocks = [
        block
        for block in entry.findall(nodes.TextElement)
        if not isinstance(block.parent, nodes.TextElement)
    ]
    for block in blocks:
        if isinstance(block, nodes.literal_block):
            lines += [_CODE * _cells(text) for text in block.astext().splitlines()]
            pieces += [_CODE * 12]
            continue
        words = list(_words(block))
        pieces += [width for width, _ in words]
        lines.append(sum(width + gap for width, gap in words))
    return Need(max(pieces) + indent, max(lines) + indent)


def _words(block: nodes.Element) -> Iterator[tuple[float, float]]:
    """Yield the width of each piece between two places to break, and the gap after it."""
    width = 0.0
    for node in block.findall(_is_leaf):
        if isinstance(node, nodes.math):
            width += _math_width(node.astext())
            continue
        if isinstance(node, nodes.image):
            width += 4.0
            continue
        code = _in_code(node)
        for character in node.astext():
            wide = _is_wide(character)
            if character.isspace() or wide:
                yield width, _NARROW if character.isspace() else 0.0
                width = 0.0
            if character.isspace():
                continue
            width += _character_width(character, code=code)
            if code and character in "._/,;?!":
                yield width, 0.0
                width = 0.0
    yield width, 0.0


def _is_leaf(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Text):
        return not isinstance(node.parent, nodes.math)
    return isinstance(node, nodes.math | nodes.image)


def _in_code(node: nodes.Node) -> bool:
    parent = node.parent
    while isinstance(parent, nodes.Inline):
        if isinstance(parent, nodes.literal):
            return True
        parent = parent.parent
    return False


def _is_wide(character: str) -> bool:
    return unicodedata.east_asian_width(character) in "WF"


def _character_width(character: str, *, code: bool) -> float:
    if _is_wide(character):
        return _WIDE
    if code:
        return _CODE
    if character in _NARROW_LETTERS:
        return _NARROW
    if character in _BROAD:
        return _BROAD_WIDTH
    return _CAPITAL if character.isupper() else _LETTER


def _cells(text: str) -> int:
    return sum(2 if _is_wide(character) else 1 for character in text)


def _math_width(formula: str) -> float:
    """Return about how wide a formula is: it is not broken here."""
    words = 0

    def shorten(match: re.Match[str]) -> str:
        nonlocal words
        name = match[1]
        if name in _UPRIGHT:
            words += len(name)
            return ""
        return "" if name is None or name in _INVISIBLE else "x"

    symbols = _COMMAND.sub(shorten, formula)
    symbols = re.sub(r"[\s{}^_&]", "", symbols)
    operators = len(re.findall(r"[=+<>-]", symbols))
    return _SYMBOL * len(symbols) + 0.4 * operators + _LETTER * words


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register the fitting of tables."""
    app.add_post_transform(FitTables)
    return METADATA
