"""Where a formula that is too wide for its column is broken."""

import pytest
from bs4 import BeautifulSoup

from d2lnotes.site.math.formulas import FormulaStore
from d2lnotes.site.math.mathjax import MathJax

LONG = "a+b+c+d+e+f+g"
SHORT = "x = y + z"


@pytest.fixture(scope="module")
def mathjax():
    return MathJax({})


def levels(mathjax, tex, *, display=True):
    return [piece.level for piece in mathjax.typeset(tex, display=display).pieces]


def width(pieces):
    return sum(piece.width for piece in pieces)


@pytest.mark.parametrize("display", [True, False])
def test_what_fits_a_phone_is_not_broken(mathjax, display):
    assert levels(mathjax, SHORT, display=display) == [0]


def test_a_formula_is_broken_at_relations_rather_than_at_operators(mathjax):
    found = levels(mathjax, f"{LONG} = {LONG}")

    assert found == [0, *[2] * 6, 1, *[2] * 6]


def test_a_formula_is_broken_at_wide_space_rather_than_at_relations(mathjax):
    long = r"\mathrm{one long word} = \mathrm{another word}"

    assert levels(mathjax, rf"{long}, \qquad {long}") == [0, 1, 0, 1]


def test_a_short_left_side_stays_with_the_right_one(mathjax):
    assert 1 not in levels(mathjax, f"y = {LONG}+{LONG}")


@pytest.mark.parametrize(
    "tex", [rf"\left({LONG}\right)", f"f({LONG})", rf"\bigl|{LONG}\bigr|"]
)
def test_within_brackets_a_formula_is_broken_last(mathjax, tex):
    found = levels(mathjax, rf"\mathrm{{one long word}} = {tex}")

    assert found == [0, 1, *[3] * 6]


@pytest.mark.parametrize(
    "tex", [r"\mathrm{a long word} = -\mathrm{a second word}", r"\frac{%s}{%s}"]
)
def test_no_sign_is_cut_off_from_what_it_belongs_to(mathjax, tex):
    found = levels(mathjax, tex.replace("%s", LONG * 3))

    assert 2 not in found


def test_in_a_line_of_text_the_relation_ends_the_line(mathjax):
    left, right = mathjax.typeset(
        r"\mathrm{one long word} = \mathrm{another}", display=False
    ).pieces

    assert left.drawing.count("<use") == len("onelongword=")
    assert right.drawing.count("<use") == len("another")


@pytest.mark.parametrize("tex", [f"{LONG} = {LONG}", rf"\left({LONG} + {LONG}\right)"])
def test_the_pieces_side_by_side_are_what_mathjax_drew(mathjax, tex):
    pieces = mathjax.typeset(tex, display=True).pieces
    # Braces keep all of it in one group, which is not broken.
    (whole,) = mathjax.typeset(rf"\sqrt{{{tex}}}", display=True).pieces
    nothing = rf"\sqrt{{\vphantom{{{tex}}}}}"
    (root,) = mathjax.typeset(nothing, display=True).pieces

    assert len(pieces) > 10
    assert width(pieces) == pytest.approx(whole.width - root.width, abs=0.05)
    letters = sum(piece.drawing.count("<use") for piece in pieces)
    assert letters == whole.drawing.count("<use") - root.drawing.count("<use")


def test_each_piece_begins_where_the_one_before_it_ends(mathjax):
    boxes = [
        [float(edge) for edge in piece.view_box.split()]
        for piece in mathjax.typeset(f"{LONG} = {LONG}", display=True).pieces
    ]

    ends = [left + width for left, _, width, _ in boxes]
    assert [left for left, *_ in boxes[1:]] == pytest.approx(ends[:-1], abs=1)


def test_breaks_of_one_level_stand_in_one_span(mathjax, tmp_path):
    store = FormulaStore(mathjax, tmp_path / "formulas.sqlite3")
    name = store.add(f"{LONG} = {LONG}", display=True)

    element = BeautifulSoup(store.element(name, display=True), "html.parser")

    sides = element.select_one("span").find_all(recursive=False)
    assert [len(side.find_all("svg")) for side in sides] == [7, 7]
    drawings = BeautifulSoup(store.drawings([name]), "html.parser")
    ids = [f"#{drawing['id']}" for drawing in drawings.select("g[id]")]
    assert [use["href"] for use in element.select("use")] == ids


def test_a_tag_is_refused_with_what_to_write_instead(mathjax):
    assert "label" in mathjax.typeset(r"x \tag{1}", display=True).error
