"""Where a formula may be broken, and the pieces that it then consists of.

MathJax 3 sets a formula in one line. Its drawing is cut at relations, at operators and
where wide space or a comma parts two formulas; side by side the pieces are what it drew,
and a column that is too narrow for them breaks between two.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

# How unwillingly a formula is broken at a place: lower numbers first.
SPACE, RELATION, OPERATOR, BRACKETS = range(4)

_RELATIONS = {*"=<>≤≥≪≫≈≃≅∼≡≠≜≺≻∝∈∉⊂⊆⊃⊇→←↔⇒⇐⇔⟶⟵⟷⟹⟸⟺↦⟼", ":="}
_OPERATORS = {*"+−±∓×·⋅∘⊙⊗⊕∩∪∧∨"}
_COMMAS, _BARS = {*",;"}, {*"|∣∥‖"}
_OPENING, _CLOSING = {*"([{⟨⌊⌈"}, {*")]}⟩⌋⌉"}
# After these, and at the beginning, a sign such as minus stands for itself.
_BEFORE_PREFIX = _RELATIONS | _OPERATORS | _COMMAS | _OPENING
# Units of MathJax: 1000 of them are an em.
_WIDE_SPACE = 900
_SHORT_SIDE = 4000  # what is shorter stays with what follows
# Narrower formulas fit a phone's column, or what is left of a line of text.
_LEAST_DISPLAYED, _LEAST_INLINE = 12_000, 8_000
# Groups that only hold what stands side by side, with the marks that such a one has.
_GROUPS = {"mrow", "TeXAtom", "mstyle"}
_PLAIN = {"data-mml-node", "data-mjx-texclass", "transform"}
_SHIFT = re.compile(r"(?:translate\((-?[\d.]+),0\))? ?(.*)")


class Part(NamedTuple):
    """A part of a formula that is not broken.

    Attributes
    ----------
    level
        How unwillingly the formula is broken before it, from ``SPACE`` to ``BRACKETS``.
    left, width
        Where its drawing begins and how wide it is, in units of MathJax.
    drawing
        The group that MathJax drew, or the part of it.
    """

    level: int
    left: float
    width: float
    drawing: ET.Element


class _Atom(NamedTuple):
    """A letter, a fraction, a root … where it stands in the formula, and moves there."""

    x: float
    move: str
    element: ET.Element

    @property
    def sign(self) -> str:
        """What it says if it is an operator, a relation, a bracket or a comma."""
        if self.element.get("data-mml-node") != "mo":
            return ""
        paths = self.element.iter("path")
        return "".join(chr(int(path.get("data-c", "20"), 16)) for path in paths)

    @property
    def is_space(self) -> bool:
        return self.element.get("data-mml-node") == "mspace"


def parts_of(svg: ET.Element, *, display: bool) -> list[Part]:
    """Return the parts of a formula that MathJax drew; one if it is not to be broken.

    Parameters
    ----------
    svg
        MathJax's drawing, with the marks that tell what a group means.
    display
        Whether it has lines of its own. Such a one is broken before a relation, one in
        a line of text after it and not in brackets, as is the custom.
    """
    (whole,) = svg
    left, _, width, _ = map(float, svg.attrib["viewBox"].split())
    atoms, cuts = [], {}
    if width > (_LEAST_DISPLAYED if display else _LEAST_INLINE):
        atoms = list(_atoms(whole[0], 0))
        cuts = _cuts(atoms) if display else _cuts_in_text(atoms)
    if not cuts:
        return [Part(SPACE, left, width, whole)]
    ends = [*(_end(atoms, cut, level) for cut, level in cuts.items()), left + width]
    starts = [(0, SPACE), *cuts.items()]
    return [
        _part(level, whole, atoms[start:stop], end)
        for ((start, level), (stop, _)), end in zip(
            pairwise([*starts, (len(atoms), SPACE)]), ends, strict=True
        )
    ]


def _atoms(group: ET.Element, left: float) -> Iterator[_Atom]:
    """Yield what stands side by side in ``group``, and in groups that do no more."""
    for child in group:
        shift, move = _SHIFT.findall(child.get("transform", ""))[0]
        x = left + float(shift or 0)
        is_row = child.get("data-mml-node") in _GROUPS and set(child.attrib) <= _PLAIN
        if is_row and not move:
            yield from _atoms(child, x)
        else:
            yield _Atom(x, move, child)


def _cuts(atoms: list[_Atom]) -> dict[int, int]:
    """Return before which atoms a formula is broken, and how unwillingly."""
    cuts: dict[int, int] = {}
    brackets: list[str] = []
    start = 0.0  # of the equation at hand
    for place, (before, atom) in enumerate(pairwise(atoms), start=1):
        _follow(brackets, before.sign)
        level = _level(before, atom)
        if level is None:
            continue
        if brackets:
            level = BRACKETS
        if level > RELATION or atom.x - start >= _SHORT_SIDE:
            cuts[place] = level
        if level <= RELATION:
            start = atom.x
    return cuts


def _cuts_in_text(atoms: list[_Atom]) -> dict[int, int]:
    """Return the same for a line of text, where the sign ends the line."""
    cuts = {
        place + (atoms[place].sign in _RELATIONS | _OPERATORS): OPERATOR
        for place, level in _cuts(atoms).items()
        if level < BRACKETS
    }
    cuts.pop(len(atoms), None)
    return cuts


def _level(before: _Atom, atom: _Atom) -> int | None:
    """Return how unwillingly a formula is broken between two atoms; never is ``None``."""
    if before.is_space and atom.x - before.x >= _WIDE_SPACE:
        return SPACE
    if before.sign in _COMMAS:
        return None if atom.is_space else OPERATOR
    if before.sign in _BEFORE_PREFIX:
        return None
    if atom.sign in _RELATIONS:
        return RELATION
    return OPERATOR if atom.sign in _OPERATORS else None


def _follow(brackets: list[str], sign: str) -> None:
    """Keep the brackets that are open, ``brackets``, up to date after ``sign``."""
    if sign in _OPENING:
        brackets.append(sign)
    elif sign in _BARS:
        if brackets and brackets[-1] == sign:
            brackets.pop()
        else:
            brackets.append(sign)
    elif sign in _CLOSING:
        # A bar may have stood alone: p(x|y).
        while brackets and brackets.pop() in _BARS:
            pass


def _end(atoms: list[_Atom], cut: int, level: int) -> float:
    """Return where what stands before a cut ends; space at which it is cut is left out."""
    while level == SPACE and atoms[cut - 1].is_space:
        cut -= 1
    return atoms[cut].x


def _part(level: int, whole: ET.Element, atoms: list[_Atom], end: float) -> Part:
    """Return ``atoms``, which reach to ``end``, as a part, drawn like ``whole``."""
    group = ET.Element("g", whole.attrib)
    for x, move, element in atoms:
        element.set("transform", f"translate({round(x, 1):g},0) {move}".rstrip())
        group.append(element)
    return Part(level, atoms[0].x, end - atoms[0].x, group)
