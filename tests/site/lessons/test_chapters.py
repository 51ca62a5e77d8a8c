"""Chapter cards, the facts of the course and learning paths, read from the pages."""

import os
import re
from types import SimpleNamespace

import pytest
from bs4 import BeautifulSoup
from tiny_site import build_tiny_site

from d2lnotes.site.lessons import chapters
from d2lnotes.site.lessons.learning_path import Arc, draw_arcs

LATER = 4e9  # seconds: newer than anything that is built
CARDS = """# 首页 | Home

```{course-facts}
```

```{chapter-cards}
```

```{toctree}
:numbered:

basics/index
nets/index
```

```{toctree}
reference/index
```
"""


def chapter(title, about, *pages):
    listed = "\n".join(pages)
    return f"---\nabout: {about}\n---\n# {title}\n\n```{{toctree}}\n{listed}\n```\n"


def lesson(title, minutes, *needs, text=""):
    head = f"---\nminutes: {minutes}\nneeds: [{', '.join(needs)}]\n---\n"
    return f"{head}# {title}\n\n{text}"


EXERCISE = """:::{exercise} 题 | Question
:label: ex-one

问。

Ask.
:::

:::{solution} ex-one
答。

Reply.
:::
"""
PAGES = {
    "index.md": CARDS,
    "basics/index.md": chapter(
        "基础 | Basics", "学基础。 | Learn basics.", "one", "two"
    ),
    "basics/one.md": lesson("第一 | One", 20, text=EXERCISE),
    "basics/two.md": lesson("第二 | Two", 25, "one"),
    "nets/index.md": chapter(
        "网络 | Nets", "学网络。 | Learn nets.", "deep", "deeper", "deepest"
    ),
    "nets/deep.md": lesson("深 | Deep", 40, "two", "one"),
    "nets/deeper.md": lesson("更深 | Deeper", 40, "deep"),
    "nets/deepest.md": lesson("最深 | Deepest", 40, "deep", "deeper"),
    "reference/index.md": "# 附录 | Reference\n\n文字。\n\nText.\n",
}
EXTENSIONS = [
    "d2lnotes.site.twins",
    "d2lnotes.site.lessons.exercises",
    "d2lnotes.site.lessons.study_time",
    "tiny_gallery",
    "d2lnotes.site.lessons.chapters",
]


@pytest.fixture
def build(tmp_path):
    """Build the pages, with changes, and return the soup of one of them."""
    script = tmp_path / "gallery" / "nets" / "plot_deep.py"
    script.parent.mkdir(parents=True)
    script.touch()

    def run(page, *, language="en", builder="html", **changes):
        changed = {f"{name.replace('_', '/')}.md": changes[name] for name in changes}
        out = build_tiny_site(
            tmp_path,
            PAGES | changed,
            extensions=EXTENSIONS,
            language={"zh": "zh_CN", "en": "en"}[language],
            builder=builder,
        )
        suffix = "txt" if builder == "text" else "html"
        text = (out / f"{page}.{suffix}").read_text(encoding="utf-8")
        return text if builder == "text" else BeautifulSoup(text, "html.parser")

    return run


def shown(node):
    """Return the text of ``node`` in the language of the page."""
    for hidden in node.select(".other"):
        hidden.decompose()
    return " ".join(node.get_text(" ", strip=True).split())


@pytest.mark.parametrize(
    ("language", "card"),
    [
        ("zh", "网络 学网络。 3 页 · 约 2 小时 · 1 个实验"),
        ("en", "Nets Learn nets. 3 pages · about 2 hours · 1 experiment"),
    ],
)
def test_a_card_tells_what_its_chapter_holds(build, language, card):
    cards = build("index", language=language).select("li.course-card")

    assert [card.select_one(".card-title a")["href"] for card in cards] == [
        "basics/index.html",
        "nets/index.html",
    ]
    assert shown(cards[1]) == card


def test_the_facts_count_what_there_is_scripts_of_unwritten_chapters_too(
    build, tmp_path
):
    script = tmp_path / "gallery" / "unwritten" / "plot_more.py"
    script.parent.mkdir()
    script.touch()

    facts = build("index").select(".course-facts li")

    assert [shown(fact) for fact in facts] == [
        "5 pages, each in both languages",
        "3 hours or so of reading",
        "1 exercises, all answered",
        "2 experiments, ready to run",
    ]


def test_a_chapter_that_does_not_say_what_it_is_about_is_reported(build):
    text = PAGES["nets/index.md"].replace("about:", "topic:")

    with pytest.raises(AssertionError, match=r"nets.index\.md:1: .* such as  about:"):
        build("index", nets_index=text)


@pytest.mark.parametrize(
    ("language", "title", "rows"),
    [
        (
            "zh",
            "学习路径：3 页，约 2 小时；先修别章 1 页，约 25 分钟",
            [
                "第二 约 25 分钟，在 基础",
                "深 约 40 分钟，先修： 第二",
                "更深 约 40 分钟，先修： 深",
                "最深 约 40 分钟，先修： 更深",
            ],
        ),
        (
            "en",
            "Learning path: 3 pages, about 2 hours; before it 1 page of other "
            "chapters, about 25 minutes",
            [
                "Two About 25 minutes, in Basics",
                "Deep About 40 minutes; first: Two",
                "Deeper About 40 minutes; first: Deep",
                "Deepest About 40 minutes; first: Deeper",
            ],
        ),
    ],
)
def test_a_chapter_ends_in_its_path_without_what_goes_without_saying(
    build, language, title, rows
):
    page = build("nets/index", language=language)
    path = page.select_one(".learning-path")

    assert shown(page.select_one("p.rubric, h2.rubric, .rubric")) == title
    assert [shown(row) for row in path.select("li")] == rows
    assert len(path.select("svg path")) == 3


def test_a_path_is_a_list_where_nothing_can_be_drawn(build):
    text = build("nets/index", builder="text")

    assert "Learning path: 3 pages, about 2 hours" in text
    assert re.search(r"4\. Deepest\s+About 40 minutes; first: Deeper", text)
    assert "svg" not in text


def test_minutes_changed_in_one_page_change_the_overviews(build):
    build("index")
    shorter = PAGES["nets/deep.md"].replace("minutes: 40", "minutes: 10")

    card = build("index", nets_deep=shorter).select("li.course-card")[1]
    path = build("nets/index", nets_deep=shorter).select_one(".rubric")

    assert "about 1.5 hours" in shown(card)
    assert "about 1.5 hours" in shown(path)


@pytest.mark.parametrize(
    ("change", "written"),
    [
        (("minutes: 25", "minutes: 15"), True),
        (("# 第二", "<!-- a note -->\n# 第二"), False),
    ],
)
def test_only_a_change_that_a_path_shows_makes_it_anew(
    build, tmp_path, change, written
):
    build("index")
    path = tmp_path / "out" / "html" / "en" / "nets" / "index.html"
    os.utime(path, (LATER, LATER))

    build("index", basics_two=PAGES["basics/two.md"].replace(*change))

    assert (path.stat().st_mtime != LATER) is written


def test_pages_that_need_each_other_are_reported(build):
    text = PAGES["basics/one.md"].replace("needs: []", "needs: [two]")

    with pytest.raises(AssertionError, match=r"one\.md:1: .* needs itself"):
        build("index", basics_one=text)


def test_neighbors_are_joined_straight_and_others_around_the_rows_between():
    drawing = draw_arcs(4, [Arc(0, 1, outside=True), Arc(1, 3, outside=False)])

    assert '<path class="outside" d="M56 50C56 50 56 150 56 150"/>' in drawing
    assert re.search(r'<path d="M56 150C(-?\d+) 150 \1 350 56 350"/>', drawing)
    assert 'viewBox="0 0 64 400"' in drawing


def test_no_arc_leaves_the_drawing():
    drawing = draw_arcs(30, [Arc(0, 29, outside=False), Arc(3, 5, outside=False)])

    controls = [int(x) for x in re.findall(r"C(-?\d+) ", drawing)]

    # A cubic reaches three quarters of the way to its control points.
    assert all(56 - (56 - control) * 3 / 4 >= 2 for control in controls)


def test_in_a_pdf_the_path_stands_before_the_pages_of_the_chapter(tmp_path):
    pages = {**PAGES, "basics/one.md": lesson("第一 | One", 20)}

    out = build_tiny_site(
        tmp_path, pages, extensions=EXTENSIONS, language="en", builder="latex"
    )

    text = (out / "tiny.tex").read_text(encoding="utf-8")
    assert text.index("Learning path: 2 pages") < text.index(r"\section{One}")


def test_the_lessons_are_looked_up_once_however_many_pages_show_them(monkeypatch):
    looked_up = []
    monkeypatch.setattr(
        chapters, "find_lessons", lambda env: looked_up.append(env) or {}
    )
    pages = {
        f"chapter{number}/index": {"d2lnotes_overviews": [("path", [])]}
        for number in range(7)
    }

    shown = chapters.shown_overviews(SimpleNamespace(metadata=pages, found_docs=pages))

    assert shown == {page: [[]] for page in pages}
    assert len(looked_up) == 1
