"""The links of the header: what folds, what does not, and where one is."""

import pytest
from tiny_site import build_tiny_site

INDEX = """# 首页 | Home

```{toctree}
:numbered:
:caption: 课程 | Course

one/index
two/index
```

```{toctree}
:caption: 其余 | The rest

trials/index
```
"""
PAGES = {
    "index.md": INDEX,
    "one/index.md": "# 一 | One\n",
    "two/index.md": "# 二 | Two\n\n```{toctree}\npage\n```\n",
    "two/page.md": "# 页 | Page\n",
    "trials/index.md": "# 动手 | Trials\n",
}
LAYOUT = (
    '{% extends "!layout.html" %}{% block footer %}[{{ course_nav }}]{% endblock %}'
)


@pytest.fixture
def nav(tmp_path):
    """Return the links that a page of the built site shows."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "layout.html").write_text(LAYOUT)
    out = build_tiny_site(
        tmp_path,
        PAGES,
        extensions=["d2lnotes.site.twins", "d2lnotes.site.html.course_nav"],
        language="en",
        templates_path=["templates"],
        html_theme="basic",
    )

    def links(page):
        text = (out / f"{page}.html").read_text(encoding="utf-8")
        return text[text.rindex("[Group(") :]

    return links


def test_chapters_fold_under_the_caption_of_their_contents(nav):
    text = nav("index")

    assert text.index("caption='Course'") < text.index("title='One'")
    assert text.index("title='Two'") < text.index("caption=''")
    assert text.index("caption=''") < text.index("title='Trials'")


def test_the_chapter_around_a_page_is_marked(nav):
    text = nav("two/page")

    assert "title='Two', address='index.html', around=True, here=False" in text
    assert text.count("around=True") == 1
