"""MathJax from the site itself, and one set of macros for MathJax and LaTeX."""

import json
import re

import pytest
from sphinx.errors import ConfigError, ExtensionError
from tiny_site import build_tiny_site

from d2lnotes.site import mathjax
from d2lnotes.site.mathjax import latex_macros, mathjax_file

MACROS = {
    "RR": r"\mathbb{R}",
    "bm": [r"\boldsymbol{#1}", 1],
    "norm": [r"\lVert #2 \rVert_{#1}", 2, "2"],
}
PAGES = {
    "index.md": "# Home\n\nNo formula.\n\n```{toctree}\nformula\nplain\n```\n",
    "formula.md": "# Formula\n\nInline $\\bm{x} \\in \\RR$ only.\n",
    "plain.md": "# Plain\n\nPrice: `$5`.\n",
}


def build(folder, pages=PAGES, **options):
    return build_tiny_site(
        folder,
        pages,
        extensions=["d2lnotes.site.mathjax"],
        language="en",
        d2lnotes_math_macros=MACROS,
        **options,
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("mathjax"), html_theme="basic")


def loads_mathjax(page):
    return re.findall(r"<script[^>]*tex-svg-full[^>]*>", page.read_text("utf-8"))


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


def test_mathjax_is_copied_as_one_file(site):
    copied = {file.name for file in (site / "_static").rglob("*tex-*.js")}

    assert copied == {"tex-svg-full.js"}
    assert (site / "_static" / "tex-svg-full.js").stat().st_size > 2_000_000


def test_only_pages_with_mathematics_load_mathjax_and_deferred(site):
    tags = {page.name: loads_mathjax(page) for page in site.glob("*.html")}

    loading = {name: tag for name, tag in tags.items() if tag}
    assert list(loading) == ["formula.html"]
    assert 'defer="defer"' in loading["formula.html"][0]


def test_no_page_names_another_site_for_mathjax(site):
    text = "".join(page.read_text("utf-8") for page in site.glob("*.html"))

    assert "jsdelivr" not in text


def test_mathjax_is_given_the_macros_and_neither_menu_nor_other_text(site):
    page = (site / "formula.html").read_text("utf-8")

    found = re.search(r"window.MathJax = ({.*})</script>", page)

    config = json.loads(found[1])
    assert config["tex"]["macros"] == MACROS
    assert config["options"]["enableMenu"] is False
    assert config["startup"]["elements"] == [".math"]


def test_mistakes_in_formulas_are_not_shown_as_source(site):
    page = (site / "formula.html").read_text("utf-8")

    assert '"packages": {"[-]": ["noerrors", "noundefined"]}' in page


def test_mathematics_in_a_page_title_loads_mathjax_wherever_the_title_shows(tmp_path):
    pages = {**PAGES, "formula.md": "# Keep $k$\n\nNo more.\n"}

    site = build(tmp_path, pages, html_theme="basic")

    assert loads_mathjax(site / "plain.html")


def test_latex_output_defines_the_macros_after_the_given_preamble(tmp_path):
    elements = {"preamble": r"\usepackage{bm}"}

    out = build(tmp_path, builder="latex", latex_elements=elements)

    text = next(out.glob("tiny.tex")).read_text("utf-8")
    given, ours = (text.index(part) for part in (r"\usepackage{bm}", r"{\bm}[1]"))
    assert given < ours < text.index(r"\begin{document}")


def test_a_missing_package_is_named_with_the_way_to_get_it(monkeypatch):
    monkeypatch.setattr(mathjax, "find_spec", lambda name: None)

    with pytest.raises(ExtensionError, match="install the package sphinx-mathjax"):
        mathjax_file()
