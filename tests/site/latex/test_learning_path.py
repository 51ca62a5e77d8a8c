"""Learning paths in print."""

import re

from tiny_site import build_tiny_site

EXTENSIONS = [
    "d2lnotes.site.twins",
    "d2lnotes.site.lessons.exercises",
    "d2lnotes.site.lessons.chapters",
    "d2lnotes.site.latex.learning_path",
]


def lesson(title, *needs):
    head = f"---\nminutes: 20\nneeds: [{', '.join(needs)}]\n---\n"
    return f"{head}# {title}\n\n文字。\n\nText.\n"


def contents(title, *pages):
    listed = "\n".join(pages)
    return f"# {title}\n\n```{{toctree}}\n:numbered:\n\n{listed}\n```\n"


PAGES = {
    "index.md": contents("首页 | Home", "basics/index", "nets/index"),
    "basics/index.md": contents("基础 | Basics", "one").replace(":numbered:\n", ""),
    "basics/one.md": lesson("第一 | One"),
    "nets/index.md": contents("网络 | Nets", "deep", "deeper", "deepest").replace(
        ":numbered:\n", ""
    ),
    "nets/deep.md": lesson("深 | Deep", "one"),
    "nets/deeper.md": lesson("更深 | Deeper", "deep"),
    "nets/deepest.md": lesson("最深 | Deepest", "deep"),
}


def test_each_page_is_a_row_with_a_dot_and_each_need_an_arc(tmp_path):
    out = build_tiny_site(
        tmp_path,
        PAGES,
        extensions=["tiny_gallery", *EXTENSIONS],
        language="en",
        builder="latex",
    )

    text = (out / "tiny.tex").read_text(encoding="utf-8")
    (path,) = re.findall(r"(?s)begin{coursepath}(.*?)end{coursepath}", text)
    assert path.count(r"\begin{courserow}") == 4
    assert re.findall(r"coursearc{(\d)}{(\d)}{\d+}{(\w+)}", path) == [
        ("0", "1", "dashed"),
        ("1", "2", "solid"),
        ("1", "3", "solid"),
    ]
    assert re.findall(r"coursedot{(\d)}{(\w+)}", path) == [
        ("0", "dashed"),
        ("1", "solid"),
        ("2", "solid"),
        ("3", "solid"),
    ]
