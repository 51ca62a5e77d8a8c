"""Scripts of a page wait until it can be read."""

import re

import pytest
from tiny_site import build_tiny_site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build_tiny_site(
        tmp_path_factory.mktemp("scripts"),
        {"index.md": "# Title\n"},
        extensions=["d2lnotes.site.html.deferred_js"],
        html_js_files=["https://example.org/a.js", (None, {"body": "ownCode()"})],
    )


def scripts(page):
    head = page.read_text(encoding="utf-8").partition("</head>")[0]
    return re.findall(r"<script([^>]*)>", head)


def test_no_script_keeps_the_reader_waiting(site):
    found = scripts(site / "index.html")

    assert len(found) > 2
    assert all("defer" in script or "module" in script for script in found)


def test_code_in_the_page_runs_after_the_files_before_it(site):
    code = re.search(
        r"<script([^>]*)>ownCode", (site / "index.html").read_text(encoding="utf-8")
    )

    assert 'type="module"' in code[1]
