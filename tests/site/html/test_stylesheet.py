"""The one style sheet: what it keeps of others, and the icons that it holds."""

import base64
import io
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from d2lnotes.site.html.outputs import in_page
from d2lnotes.site.html.stylesheet import rules, used_rules, with_icons

THEME = Path(find_spec("pydata_sphinx_theme").submodule_search_locations[0])
STYLES = THEME / "theme/pydata_sphinx_theme/static/styles"
FONT = "../vendor/fontawesome/webfonts/fa-solid-900.woff2"
HOUSE, CHECK = 0xF015, 0xF00C
FACE = f'@font-face{{font-family:"Icons";src:url({FONT})}}'
NAMES = {"card", "w-50", "top", "x:y"}


@pytest.mark.parametrize(
    "css",
    [
        "p{color:red}",
        ".card{color:red}",
        ".card>p:first-child{color:red}",
        "#top .card{color:red}",
        r".x\:y{color:red}",
        ".w-50{width:50%}",
        ":not(.absent){color:red}",
        ".card:is(.absent,.card){color:red}",
        ':is(.card,[data-mode="a,b"]) p{color:red}',
        '[href$=".png"]{color:red}',
        '.card{content:"}"}',
        "@media (width > 9px){.card{color:red}}",
        "@keyframes turn{to{rotate:1turn}}",
        '@import "other.css";',
    ],
)
def test_what_may_match_is_kept_as_it_is(css):
    assert used_rules(css, NAMES) == css


@pytest.mark.parametrize(
    "css",
    [
        ".absent{color:red}",
        "#absent{color:red}",
        ".card.absent{color:red}",
        ".absent .card{color:red}",
        ".card{}",
        "@media print{.absent{color:red}}",
    ],
)
def test_what_cannot_match_is_left_out(css):
    assert used_rules(css, NAMES) == ""


def test_of_many_selectors_those_that_may_match_are_kept():
    css = ".absent,.card p,.card:is(.a,.b),.absent:is(a,b){color:red}"

    assert used_rules(css, NAMES) == ".card p,.card:is(.a,.b){color:red}"


def test_a_sheet_that_may_match_as_a_whole_stays_whole():
    css = (STYLES / "pydata-sphinx-theme.css").read_text(encoding="utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    everything = {name.replace("\\", "") for name in re.findall(r"(?:\\.|[\w-])+", css)}

    kept = used_rules(css, everything)

    # An empty rule is all that may go.
    assert [head for head, body in rules(kept)] == [
        ",".join(part.strip() for part in re.split(r",(?![^(]*\))", head))
        if not head.startswith("@")
        else head
        for head, body in rules(css)
        if body is None or body.strip()
    ]


def test_a_page_names_classes_identifiers_and_the_words_of_its_scripts():
    page = """<p class="a b-c" id='d'><i class=e></i> class f
        <script>add("g-h")</script><script src="i.js"></script>
        <img alt="" class = "j" id
        ='k'><b CLASS=l></b>"""

    assert {"a", "b-c", "d", "e", "g-h", "j", "k", "l"} <= in_page(page).names
    assert {"f", "i"}.isdisjoint(in_page(page).names)


def test_the_sheet_holds_the_icons_that_it_names_and_no_others():
    css = FACE + 'i{font-family:"Icons"}i::before{content:"\\f015"}'

    embedded = re.search(r"base64,([^)]+)\)", with_icons(css, STYLES))[1]
    font = TTFont(io.BytesIO(base64.b64decode(embedded)))

    assert HOUSE in font.getBestCmap()
    assert CHECK not in font.getBestCmap()


def test_two_builds_give_the_same_font(monkeypatch):
    css = FACE + 'i{font-family:"Icons"}i::before{content:"\\f015"}'
    times = iter((1e9, 2e9, 3e9, 4e9))
    monkeypatch.setattr("fontTools.misc.timeTools.time.time", lambda: next(times))

    assert with_icons(css, STYLES) == with_icons(css, STYLES)


@pytest.mark.parametrize(
    "css", [FACE + 'i::before{content:"\\f015"}', FACE + 'i{font-family:"Icons"}']
)
def test_a_font_that_nothing_uses_is_left_out(css):
    assert "@font-face" not in with_icons(css, STYLES)
