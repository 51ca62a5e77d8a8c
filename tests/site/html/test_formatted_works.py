"""Entries of the bibliography are formatted once."""

import pytest
from pybtex.style.formatting.alpha import Style
from tiny_site import build_tiny_site

PAGES = {
    "index.md": "# Home\n\n{cite}`one`\n\n```{toctree}\nworks\n```\n",
    "works.md": "# Works\n\n```{bibliography}\n```\n",
}
WORK = "@misc{one, author={Ada, A.}, title={The First}, year={1843}}\n"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """Build with these works; return the works formatted, and the page that lists all."""
    formatted = []
    before = Style.format_entry

    def format_entry(self, label, entry, *others):
        formatted.append(entry.key)
        return before(self, label, entry, *others)

    monkeypatch.setattr(Style, "format_entry", format_entry)

    def run(works, **pages):
        (tmp_path / "works.bib").write_text(works, encoding="utf-8")
        formatted.clear()
        out = build_tiny_site(
            tmp_path,
            PAGES | {f"{name}.md": text for name, text in pages.items()},
            extensions=["d2lnotes.site.html.formatted_works"],
            language="en",
            bibtex_bibfiles=["works.bib"],
            bibtex_tooltips=False,
        )
        return list(formatted), (out / "works.html").read_text("utf-8")

    return run


def test_the_next_build_takes_them_as_they_were(build):
    first, before = build(WORK)
    again, after = build(WORK, index=PAGES["index.md"].replace("{cite}", "See {cite}"))

    assert (first, again) == (["one"], [])
    assert after == before


def test_a_work_that_changed_is_formatted_anew(build):
    build(WORK)

    formatted, page = build(WORK.replace("First", "Second"))

    assert formatted == ["one"]
    assert "The second" in page


def test_a_missing_field_is_told_in_every_build(build):
    for _ in range(2):
        with pytest.raises(AssertionError, match="missing journal"):
            build(WORK.replace("misc", "article"))
