"""The blocks that a page is made of: deeper, predict, and exercises with their levels."""

import pytest
from bs4 import BeautifulSoup
from tiny_exercises import ANSWER, EXERCISE, FORMATS
from tiny_site import build_tiny_site

EXTENSIONS = ["d2lnotes.site.twins", "d2lnotes.site.lessons.predict"]
DEEPER = """
::::{deeper} 为什么要除以长度 | Why divide by the length
:minutes: 5

因为长。

It is long.
::::
"""
PREDICT = """
:::{predict} 哪一步错了 | Which step went wrong

第一步吗？

The first one?

---

不是。

It was not.
:::
"""
ASKED = EXERCISE % ("a", "a", "a") + ANSWER % ("a", "")


def build(folder, text, *, language="en", **config):
    """Return the page that holds ``text``."""
    out = build_tiny_site(
        folder,
        {"index.md": f"# 页 | Page\n\n## 节 | Section\n\n{text}"},
        extensions=EXTENSIONS,
        language={"zh": "zh_CN", "en": "en"}[language],
        html_theme="basic",
        numfig=True,
        d2lnotes_numfig_format=FORMATS,
        **config,
    )
    html = (out / "index.html").read_text(encoding="utf-8")
    return BeautifulSoup(html, "html.parser")


def own_text(node):
    """Return what is shown of ``node`` before the other language is asked for."""
    for hidden in node.select(".other"):
        hidden.decompose()
    return " ".join(node.get_text().split())


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("zh", "深入 · 5 分钟 为什么要除以长度"),
        ("en", "Going deeper · 5 minutes Why divide by the length"),
    ],
)
def test_what_goes_deeper_is_folded_under_its_title_and_minutes(
    tmp_path, language, words
):
    block = build(tmp_path, DEEPER, language=language).select_one("details.deeper")

    assert not block.has_attr("open")
    block.select_one("a.headerlink").decompose()
    assert own_text(block.summary) == words


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_link_to_a_deeper_block_leads_into_what_is_folded(tmp_path, language):
    page = build(tmp_path, f"(sec-why)=\n{DEEPER}\n见 {{ref}}`sec-why`。\n\n"
        "See {ref}`sec-why`.", language=language)  # fmt: skip
    inside = page.select_one("details.deeper > :not(summary)")

    assert inside["id"] == "why-divide-by-the-length"
    assert inside.select_one("#sec-why") is not None
    link = page.select_one(f'.half.{language} a[href="#sec-why"]')
    title = {"zh": "为什么要除以长度", "en": "Why divide by the length"}[language]
    assert link.get_text() == title


def test_search_finds_a_deeper_block_by_its_title(tmp_path):
    build(tmp_path, DEEPER)
    index = next(tmp_path.glob("out/html/*/searchindex.js")).read_text()

    assert '"Why divide by the length":[[0,"why-divide-by-the-length"]]' in index


@pytest.mark.parametrize(
    "given", ["", ":minutes: 0\n", ":minutes: -5\n", ":minutes:\n"]
)
def test_a_deeper_block_without_its_minutes_is_an_error_with_a_line(tmp_path, given):
    with pytest.raises(AssertionError, match=r"index\.md:6: .* the minutes it takes"):
        build(tmp_path, "\n" + DEEPER.strip().replace(":minutes: 5\n", given))


@pytest.mark.parametrize(
    "inside",
    ["### 节 | Section", ASKED, DEEPER.replace("::::", ":::")],
    ids=["section", "exercise", "deeper"],
)
def test_what_has_no_place_in_a_deeper_block_is_an_error_with_a_line(tmp_path, inside):
    text = DEEPER.replace("因为长。", f"{inside.strip()}\n\n因为长。")

    with pytest.raises(AssertionError, match=r"index\.md:\d+: .* holds no section"):
        build(tmp_path, text)


def test_the_answer_to_what_is_to_be_predicted_is_folded(tmp_path):
    block = build(tmp_path, PREDICT).select_one("div.predict")
    answer = block.select_one("details").extract()

    assert "The first one?" in block.get_text()
    assert not answer.has_attr("open")
    assert own_text(answer) == "Answer It was not."


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (PREDICT.replace("\n---\n", ""), "one line  ---  between .* got 0"),
        (PREDICT.replace("\n---\n", "\n---\n\n---\n"), "got 2"),
        (PREDICT.replace("不是。\n\nIt was not.\n", ""), "needs its answer after"),
        (PREDICT.replace(" | Which step went wrong", ""), "needs both halves"),
        (DEEPER.replace(" | Why divide by the length", ""), "needs both halves"),
    ],
    ids=["no rule", "two rules", "no answer", "no halves", "no halves of deeper"],
)
def test_a_block_with_a_part_missing_is_an_error_with_a_line(tmp_path, text, problem):
    with pytest.raises(AssertionError, match=rf"index\.md:6: .*{problem}"):
        build(tmp_path, text)


@pytest.mark.parametrize("kind", [DEEPER, PREDICT], ids=["deeper", "predict"])
def test_a_language_missing_in_a_block_is_reported_as_on_the_page(tmp_path, kind):
    lines = kind.splitlines()
    english = next(line for line in reversed(lines) if line.endswith("."))

    with pytest.raises(AssertionError, match="Chinese without its English twin"):
        build(tmp_path, kind.replace(f"\n{english}\n", ""))


LEVELS = [
    ("warm-up", "热身", "warm-up"),
    ("core", "核心", "core"),
    ("challenge", "挑战", "challenge"),
]


@pytest.mark.parametrize(("level", "zh", "en"), LEVELS)
def test_the_level_of_an_exercise_stands_beside_its_title(tmp_path, level, zh, en):
    text = ASKED.replace(":label: ex-a\n", f":label: ex-a\n:level: {level}\n")

    titles = [
        own_text(build(tmp_path / language, text, language=language).select_one(
            ".exercise > .admonition-title"
        ))
        for language in ("zh", "en")
    ]  # fmt: skip

    assert [title.rpartition(" ")[2].rstrip("#") for title in titles] == [zh, en]


def test_the_level_is_no_part_of_the_name_that_a_reference_shows(tmp_path):
    text = ASKED.replace(":label: ex-a\n", ":label: ex-a\n:level: core\n")

    page = build(tmp_path, text + "\n见 {ref}`ex-a`。\n\nSee {ref}`ex-a`.\n")

    assert page.select_one('.own a[href="#ex-a"]').get_text() == "Task a"


@pytest.mark.parametrize("level", ["easy", "Core", ""])
def test_an_unknown_level_is_an_error_with_a_line(tmp_path, level):
    text = ASKED.replace(":label: ex-a\n", f":label: ex-a\n:level: {level}\n")

    with pytest.raises(AssertionError, match=r"index\.md:5: .* warm-up or core or"):
        build(tmp_path, text)


@pytest.mark.parametrize(
    "label", ["ex-</script><script>alert(1)</script>", "ex a", "-x"]
)
def test_a_label_that_is_no_plain_name_is_an_error_with_a_line(tmp_path, label):
    text = EXERCISE % ("a", "a", "a")

    with pytest.raises(AssertionError, match=r"index\.md:5: .* letters, digits"):
        build(tmp_path, text.replace("ex-a", label))


def test_an_exercise_without_an_answer_is_an_error_with_a_line(tmp_path):
    with pytest.raises(AssertionError, match=r"index\.md:5: .* no answer to .*“ex-a”"):
        build(tmp_path, EXERCISE % ("a", "a", "a"))
