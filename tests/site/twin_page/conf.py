"""A project whose one page holds every construct that two languages meet in."""

import runpy
from pathlib import Path

_course = runpy.run_path(str(Path(__file__).parents[3] / "conf.py"))
_names = (
    "myst_enable_extensions smartquotes numfig numfig_secnum_depth math_numfig "
    "d2lnotes_numfig_format math_eqref_format html_theme "
    "html_css_files html_theme_options html_context "
    "d2lnotes_math_macros "
    "latex_engine latex_elements latex_use_xindy latex_domain_indices"
)
globals().update({name: _course[name] for name in _names.split()})

project = "d2lnotes"
author = "d2lnotes"
extensions = [
    "myst_parser",
    "d2lnotes.site.twins",
    "d2lnotes.site.lessons.predict",
    "d2lnotes.site.latex",
    "d2lnotes.site.html.switches",
    "d2lnotes.site.math",
    "d2lnotes.site.search",
]
_html = Path(__file__).parents[3] / "d2lnotes" / "site" / "html"
html_static_path = [str(_html / "static"), str(_html.parent / "lessons" / "static")]
templates_path = sorted(map(str, _html.parent.glob("*/templates")))
