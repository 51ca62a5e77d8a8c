"""The theme speaks Chinese throughout in a Chinese build."""

import pytest
from tiny_site import build_tiny_site

# Seven pages at the top: more than the header holds.
CHAPTERS = {f"c{number}.md": f"# C{number}\n\nText.\n" for number in range(6)}
PAGES = {
    **CHAPTERS,
    "index.md": "# Home\n\n```{toctree}\nfirst\nc0\nc1\nc2\nc3\nc4\nc5\n```\n",
    "first.md": "# First\n\n```{toctree}\nsecond\n```\n",
    "second.md": "# Second\n\nText.\n",
}


def page(folder, language):
    out = build_tiny_site(
        folder,
        PAGES,
        extensions=["d2lnotes.site.html.theme_strings"],
        language=language,
        html_theme="pydata_sphinx_theme",
        copyright="2026，作者 | 2026, the authors",
    )
    return (out / "second.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("Breadcrumb", "面包屑导航"),
        ("Collapse Sidebar", "收起侧栏"),
        ("Expand Sidebar", "展开侧栏"),
        ("Color mode", "明暗模式"),
        ("System Settings", "跟随系统"),
        ("© Copyright 2026, the authors.", "版权所有 © 2026，作者。"),
    ],
)
def test_a_word_of_the_theme_is_chinese_only_in_the_chinese_build(
    tmp_path, english, chinese
):
    in_chinese, in_english = page(tmp_path, "zh_CN"), page(tmp_path, "en")

    assert chinese in in_chinese
    assert english not in in_chinese
    assert english in in_english
    assert chinese not in in_english
