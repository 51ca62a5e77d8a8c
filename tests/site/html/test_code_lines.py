"""Lines of code, each in an element of its own."""

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

CODE = 'x = """one\n\ntwo"""  # a comment\nprint(x)\n'


@pytest.mark.parametrize("kind", ["python", "text"])
def test_every_line_of_code_is_an_element_and_the_code_is_the_same(tmp_path, kind):
    page = f"# Page\n\n```{kind}\n{CODE}```\n"

    out = build_tiny_site(
        tmp_path,
        {"index.md": page},
        extensions=["d2lnotes.site.html.code_lines"],
        language="en",
    )

    soup = BeautifulSoup((out / "index.html").read_text("utf-8"), "html.parser")
    lines = [line.text for line in soup.select("pre > .code-line")]
    assert lines == CODE.splitlines(keepends=True)
    assert soup.pre.text == CODE
