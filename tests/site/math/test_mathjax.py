"""MathJax in the build, and one set of macros for MathJax and LaTeX."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import pytest
from sphinx.errors import ConfigError, ExtensionError

from d2lnotes.site.math import mathjax
from d2lnotes.site.math.mathjax import MathJax, latex_macros, mathjax_folder

MACROS = {
    "RR": r"\mathbb{R}",
    "bm": [r"\boldsymbol{#1}", 1],
    "norm": [r"\lVert #2 \rVert_{#1}", 2, "2"],
}


@pytest.fixture(scope="module")
def started():
    return MathJax(MACROS)


def drawing(formula):
    (piece,) = formula.pieces
    return piece.drawing


def test_macros_become_latex_definitions_that_yield_to_existing_ones():
    assert latex_macros(MACROS).splitlines() == [
        r"\providecommand{\RR}{\mathbb{R}}",
        r"\providecommand{\bm}[1]{\boldsymbol{#1}}",
        r"\providecommand{\norm}[2][2]{\lVert #2 \rVert_{#1}}",
    ]


@pytest.mark.parametrize(
    "macros", [{"b2": "x"}, {r"\b": "x"}, {"b": 1}, {"b": ["x", "1"]}, {"b": []}]
)
def test_a_macro_of_another_form_is_refused_by_name(macros):
    with pytest.raises(ConfigError, match="d2lnotes_math_macros"):
        latex_macros(macros)


@pytest.mark.parametrize(
    ("short", "long"),
    [
        (r"\RR", r"\mathbb{R}"),
        (r"\bm{x}", r"\boldsymbol{x}"),
        (r"\norm[1]{x}", r"\lVert x \rVert_{1}"),
    ],
)
def test_a_macro_is_set_as_what_it_stands_for(started, short, long):
    assert started.typeset(short, display=False) == started.typeset(long, display=False)


def test_every_letter_of_a_drawing_is_among_its_outlines(started):
    formula = started.typeset(r"\sum_{i=1}^n \frac{x_i}{\sqrt{2}}", display=True)

    used = set(re.findall(r'<use[^>]* href="#(\w+)"', drawing(formula)))
    assert used == set(formula.glyphs)
    ET.fromstring(f"<svg>{drawing(formula)}</svg>")


def test_equal_letters_share_their_outline(started):
    one, three = (started.typeset(tex, display=False) for tex in ("x", "xxx"))

    assert one.glyphs == three.glyphs
    assert drawing(three).count("<use") == 3


def test_a_formula_of_its_own_line_is_set_larger(started):
    heights = [
        float(started.typeset(r"\sum_i x_i", display=display).height.removesuffix("ex"))
        for display in (False, True)
    ]
    assert heights[0] < heights[1]


def test_the_mathml_says_the_same_in_elements(started):
    formula = started.typeset("a + b", display=False)

    root = ET.fromstring(formula.mathml)
    assert root.tag == "math"
    assert [leaf.text for leaf in root.iter() if leaf.text] == ["a", "+", "b"]


def test_frames_and_rules_keep_the_marks_that_give_them_their_style(started):
    framed = started.typeset(
        r"\begin{array}{|c|}\hline a\\\hline\end{array}", display=True
    )
    ruled = started.typeset(r"\begin{array}{c|c}a & b\end{array}", display=True)

    assert "data-frame" in drawing(framed)
    assert "data-line" in drawing(ruled)


@pytest.mark.parametrize("tex", [r"\frac{1", r"\unheardof x"])
def test_what_mathjax_does_not_understand_is_an_error(started, tex):
    assert started.typeset(tex, display=False).error
    assert not started.typeset("x", display=False).error


def test_another_macro_changes_the_fingerprint():
    assert MathJax(MACROS).fingerprint() == MathJax(dict(MACROS)).fingerprint()
    assert MathJax(MACROS).fingerprint() != MathJax({}).fingerprint()


@pytest.mark.parametrize("end", ["", "raise KeyboardInterrupt"])
def test_the_engine_does_not_keep_a_process_from_ending(end):
    code = "from d2lnotes.site.math.mathjax import MathJax as M; m = M({});"
    code += f"m.typeset('x', display=False);{end}"

    subprocess.run([sys.executable, "-c", code], timeout=60, capture_output=True)


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr(mathjax, "find_spec", lambda name: None)

    with pytest.raises(ExtensionError, match="install the package sphinx-mathjax"):
        mathjax_folder()


def test_a_formula_that_mathjax_breaks_at_has_an_error_and_the_next_is_set(started):
    broken = started.typeset("x\x01y", display=False)

    assert broken.error
    assert not started.typeset("x", display=False).error


def test_a_formula_that_takes_too_long_has_an_error(started, monkeypatch):
    monkeypatch.setattr(mathjax, "_FORMULA_SECONDS", 1)

    assert "more than 1 s" in started.typeset("x+" * 20_000 + "1", display=False).error
