"""Formulas on the built pages, which need no script."""

import re
import sqlite3
from dataclasses import replace

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes import site
from d2lnotes.site.math.formulas import FormulaStore
from d2lnotes.site.math.mathjax import MathJax

TEMPLATES = [f"{site.__path__[0]}/html/templates"]
INDEX = "# Home\n\nNone.\n\n```{toctree}\nformula\nplain\n```\n"
PAGES = {
    "index.md": INDEX,
    "formula.md": "# Formula\n\n$\\bm{x} \\in A$, $y$ and $y$.\n\n$$z$$ (eq-z)\n",
    "plain.md": "# Plain\n\nPrice: `$5`.\n",
}


def build(folder, pages=PAGES, **options):
    return build_tiny_site(
        folder,
        pages,
        extensions=["d2lnotes.site.math.formulas"],
        language="en",
        d2lnotes_math_macros={"bm": [r"\boldsymbol{#1}", 1]},
        templates_path=TEMPLATES,
        **options,
    )


def page(out, name):
    return BeautifulSoup((out / f"{name}.html").read_text("utf-8"), "html.parser")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return build(tmp_path_factory.mktemp("formulas"), html_theme="basic")


def test_each_formula_refers_to_a_drawing_that_stands_once_on_the_page(pages):
    soup = page(pages, "formula")

    used = [use["href"] for use in soup.select(".math > svg > use, .formula svg > use")]
    assert len(used) == 4
    assert len(set(used)) == 3
    assert {f"#{drawing['id']}" for drawing in soup.select(".drawings g[id]")} == set(
        used
    )


def test_screen_readers_get_mathml_and_not_the_drawing(pages):
    formulas = page(pages, "formula").select(".math")

    assert [formula.math is not None for formula in formulas] == [True] * 4
    assert {formula.svg["aria-hidden"] for formula in formulas} == {"true"}


def test_a_numbered_formula_has_its_number_beside_the_box_that_scrolls(pages):
    (block,) = page(pages, "formula").select("div.math")

    assert [child["class"] for child in block.find_all(recursive=False)] == [
        ["formula"],
        ["eqno"],
    ]


def test_no_page_loads_mathjax_or_names_another_site(pages):
    text = "".join(file.read_text("utf-8") for file in pages.glob("*.html"))

    assert not re.search(r"<script[^>]*(mathjax|tex-svg)", text, re.IGNORECASE)
    assert "jsdelivr" not in text


def test_a_page_without_formulas_holds_no_drawings(pages):
    assert page(pages, "plain").select(".drawings") == []


def test_mathematics_in_a_title_is_drawn_wherever_the_title_shows(tmp_path):
    pages = {**PAGES, "formula.md": "# Keep $k$\n\nNo more.\n"}

    soup = page(build(tmp_path, pages, html_theme="alabaster"), "plain")

    use = soup.select_one(".sphinxsidebar .math use")
    assert soup.select_one(f".drawings {use['href']}")


def test_a_mistake_in_a_formula_is_reported_with_its_place(tmp_path):
    pages = {**PAGES, "formula.md": "# Formula\n\nBad:\n\n$$\\frac{1$$\n"}

    with pytest.raises(AssertionError, match=r"formula\.md:5: WARNING: MathJax cannot"):
        build(tmp_path, pages)


@pytest.mark.parametrize(
    ("source", "tex"),
    [
        (r"a \\ b", r"\begin{split}a \\ b\end{split}"),
        ("a\n\nb", r"\begin{aligned}a\\b\end{aligned}"),
    ],
)
def test_lines_and_equations_are_set_below_each_other(tmp_path, source, tex):
    rest = "Page\n====\n\n.. math::\n\n   " + source.replace("\n\n", "\n\n   ") + "\n"
    pages = {"index.rst": rest}

    soup = page(build(tmp_path, pages), "index")

    store = FormulaStore(MathJax({}), tmp_path / "other.sqlite3")
    expected = store.element(store.add(tex, display=True), display=True)
    found = soup.select_one(".formula").decode_contents()
    assert found == BeautifulSoup(expected, "html.parser").decode()


class Forbidden(MathJax):
    def typeset(self, tex, *, display):
        raise AssertionError(f"{tex} was set again")


def test_formulas_are_kept_for_the_next_build_and_language(tmp_path):
    file = tmp_path / "formulas.sqlite3"
    first = FormulaStore(MathJax({}), file)
    name = first.add("x", display=False)
    first.save()

    kept = FormulaStore(Forbidden({}), file)

    assert kept.add("x", display=False) == name
    assert kept[name] == first[name]
    with pytest.raises(AssertionError, match="set again"):
        kept.add("x", display=True)


def test_what_two_builds_set_at_once_is_all_kept(tmp_path):
    file = tmp_path / "formulas.sqlite3"
    builds = {letter: FormulaStore(MathJax({}), file) for letter in "xyz"}
    names = {letter: builds[letter].add(letter, display=False) for letter in builds}

    for build in builds.values():
        build.save()

    kept = FormulaStore(Forbidden({}), file)
    assert {letter: kept.add(letter, display=False) for letter in "xyz"} == names


def test_a_formula_that_could_not_be_set_is_tried_again(tmp_path):
    file = tmp_path / "formulas.sqlite3"

    class Slow(MathJax):
        def typeset(self, tex, *, display):
            good = super().typeset(tex, display=display)
            return replace(good, error="MathJax took more than 10 s")

    slow = FormulaStore(Slow({}), file)
    assert slow[slow.add("x", display=False)].error
    slow.save()

    again = FormulaStore(MathJax({}), file)

    assert not again[again.add("x", display=False)].error


def test_the_outline_of_a_letter_is_kept_once(tmp_path):
    file = tmp_path / "formulas.sqlite3"
    store = FormulaStore(MathJax({}), file)
    for tex in ("x", "x x", "x^x"):
        store.add(tex, display=False)
    store.save()

    kept = sqlite3.connect(file)
    (count,) = kept.execute("select count(*) from glyphs").fetchone()
    kept.close()

    assert count == 1  # the exponent is the same letter, only smaller


def test_what_other_macros_made_is_not_used(tmp_path):
    file = tmp_path / "formulas.sqlite3"
    drawings = []
    for meaning in ("a", "b"):
        store = FormulaStore(MathJax({"it": meaning}), file)
        drawings.append(store[store.add(r"\it", display=False)].pieces)
        store.save()

    assert drawings[0] != drawings[1]


@pytest.mark.parametrize("content", [b"[]", b'{"fingerprint": "', bytes(4096)])
def test_a_damaged_file_is_made_anew(tmp_path, content):
    file = tmp_path / "formulas.sqlite3"
    file.write_bytes(content)

    store = FormulaStore(MathJax({}), file)
    store.add("x", display=False)
    store.save()

    assert FormulaStore(Forbidden({}), file).add("x", display=False)


def test_a_file_with_other_tables_is_made_anew(tmp_path):
    file = tmp_path / "formulas.sqlite3"
    other = sqlite3.connect(file)
    other.execute("create table formulas (name)")
    other.close()

    store = FormulaStore(MathJax({}), file)
    store.add("x", display=False)
    store.save()

    assert FormulaStore(Forbidden({}), file).add("x", display=False)


def test_latex_output_defines_the_macros_after_the_given_preamble(tmp_path):
    elements = {"preamble": r"\usepackage{bm}"}

    out = build(tmp_path, builder="latex", latex_elements=elements)

    text = next(out.glob("tiny.tex")).read_text("utf-8")
    given, ours = (text.index(part) for part in (r"\usepackage{bm}", r"{\bm}[1]"))
    assert given < ours < text.index(r"\begin{document}")
