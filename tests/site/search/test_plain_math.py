"""Formulas in the quotations of the search page."""

import pytest

from d2lnotes.site.search.plain_math import LEFT_OUT, plain_math

MACROS = {"RR": r"\mathbb{R}", "argmax": r"\operatorname*{argmax}", "bm": [r"\b", 1]}
READABLE = {
    "n = 5": "n = 5",
    r"\hat{\mathbf{y}}": "ŷ",
    r"A^\top A": "Aᵀ A",
    r"\mathbf{A}^\top\mathbf{A}": "AᵀA",
    r"\frac{a}{b + c}": "a/(b + c)",
    r"\tfrac12 x": "1/2 x",
    r"\sqrt{n_\text{in}}": "√n_in",
    r"e^{\mu + \sigma^2/2}": "e^(μ + σ^2/2)",
    r"28 \times 28": "28 × 28",
    r"\{1, \dots, 6\}": "{1, …, 6}",
    r"\sum_{i} \log x_{ij}": "∑_i log x_ij",
    r"\RR^n": "R^n",
    r"\argmax_k \bm{z}": "argmax_k z",
    r"\left(1 - \alpha\right)\,x": "(1 - α) x",
}
LEFT = [r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\underbrace{x}_{n}", "{x"]


@pytest.mark.parametrize(("formula", "text"), READABLE.items())
def test_a_formula_of_one_line_is_written_as_one_would_type_it(formula, text):
    assert plain_math(formula, MACROS) == text


@pytest.mark.parametrize("formula", LEFT)
def test_no_remains_are_shown_of_what_has_no_such_form(formula):
    assert plain_math(formula, MACROS) == LEFT_OUT
