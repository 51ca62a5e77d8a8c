"""Addresses of scripts and styles, which a change of these leaves as they are."""

from tiny_site import build_tiny_site


def test_a_page_names_scripts_and_styles_without_a_mark_of_what_they_hold(tmp_path):
    (tmp_path / "style").mkdir()
    for name in ("own.css", "own.js"):
        (tmp_path / "style" / name).write_text("/* own */")

    out = build_tiny_site(
        tmp_path,
        {"index.md": "# Home\n"},
        extensions=["d2lnotes.site.html.plain_addresses"],
        html_static_path=["style"],
        html_css_files=["own.css"],
        html_js_files=["own.js"],
    )

    page = (out / "index.html").read_text("utf-8")
    assert 'href="_static/own.css"' in page
    assert 'src="_static/own.js"' in page
    assert "?v=" not in page
