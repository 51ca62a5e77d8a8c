"""What `d2lnotes check` counts on a page."""

import subprocess
import sys

import pytest

from d2lnotes.site.command.cli import main
from d2lnotes.site.lessons import exercises
from d2lnotes.site.lessons.checker import LEVELS, Found, check, shortfalls

PAGE = """---
minutes: 30
needs: []
---
# 束搜索 | Beam search

模型打分，每步 `argmax` 一次。

The model scores two words, with $a + b$.

```python
>>> 1 + 1
2
>>> 2 + 2
4
```

After the code.

:::{predict} 谁 | Who
问。

Ask.

---

答。

Answer.
:::

::::{deeper} 深 | Deep
:minutes: 10

深处。

In the depth.

:::{note}
Deeper still.
:::
::::

```{figure} x.png
:alt: 图 | Figure

图 | A figure
```

:::{exercise} 一 | One
:label: ex-one
:level: core

Which one?
:::

:::{hint} ex-one
Think.
:::

:::{solution} ex-one
```python
assert True
assert 1
```
:::

:::{exercise} 二 | Two
:label: ex-two

Which two?
:::

:::{solution} ex-two
None.
:::
"""


@pytest.fixture(scope="module")
def report():
    return check(PAGE)


def test_trunk_depth_and_exercises_are_measured_apart(report):
    han = (report.trunk.han, report.depth.han, report.practice.han)

    assert han == (15, 3, 2)
    assert report.depth.english == 6  # Deep. In the depth. Deeper still.
    assert report.practice.english == 8  # One: which one? Think. Two: which two? None.


def test_a_formula_and_a_piece_of_code_are_one_word_each(report):
    # Beam search. The model scores two words, with $a + b$.
    assert report.before_code.english == 9
    assert report.before_code.han == len("束搜索模型打分每步一次")
    assert check("Use `a b c`.\n").trunk.english == 2


def test_a_page_without_code_has_nothing_before_it():
    assert check("# 页 | Page\n\nText.\n").before_code is None


def test_code_blocks_and_figures_are_counted(report):
    assert (report.minutes, report.deeper_minutes) == (30, 10)
    assert (report.prompts, report.asserts) == (2, 2)
    assert (report.predictions, report.figures) == (1, 1)


def test_exercises_are_counted_by_level_with_hints_and_code(report):
    core, none = report.exercises["core"], report.exercises["without a level"]

    assert (core.all, core.hinted, core.by_code) == (1, 1, 1)
    assert (none.all, none.hinted, none.by_code) == (1, 0, 0)


def test_the_levels_are_those_of_the_exercises():
    assert LEVELS[:-1] == tuple(exercises.LEVELS)


@pytest.mark.parametrize("count", [30, 31])
def test_a_sentence_over_thirty_words_is_named_with_its_line(count):
    found = check(f"# 页 | Page\n\nShort.\n{'Word ' * (count - 1)}end.\n").long

    assert [place.line for place in found] == [4] * (count > 30)


@pytest.mark.parametrize(
    ("text", "count"), [("a; b; c.", 1), ("甲；乙；丙。", 1), ("a; b. C; d.", 0)]
)
def test_a_sentence_with_two_semicolons_is_named(text, count):
    assert len(check(f"{text}\n").semicolons) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It has 1 and 2 and 3,000.", 1),
        ("It has 1 and 2. It has 3.", 0),
        ("It has {result}`a`, {result}`b` and {result}`c`.", 1),
        ("It has `1`, $2$, {cite:t}`a-2020` and 3.", 0),
    ],
    ids=["three", "in two sentences", "measured", "in code, formulas and names"],
)
def test_a_sentence_with_three_numbers_is_named(text, count):
    assert len(check(f"{text}\n").numbers) == count


def test_words_of_certainty_are_named_with_their_lines():
    found = check(
        "It is only here.\nEvery one, everybody.\n\n总是如此，每次也是。\n"
    ).certain

    assert found == {"only": [1], "every": [2], "总是": [4], "每": [4]}


def test_decimals_without_a_zero_are_named_with_their_lines():
    text = "It is .87, 0.87, `.87`, v1.87 and 3.\n\n$p = .5$, 而 1.5。\n"

    assert check(text).no_zero == [Found(1, ".87"), Found(3, ".5")]


GOOD = (
    """---
minutes: 35
needs: []
---
# 页 | Page

```python
>>> 1
1
```

"""
    + "One; two.\n\n" * 12
    + """
```{figure} a.png
```

```{figure} b.png
```

"""
    + ":::{predict} 谁 | Who\n问。\n\nAsk.\n\n---\n\n答。\n\nAnswer.\n:::\n\n" * 3
    + """
:::{exercise} 一 | One
:label: ex-one
:level: core

Which 0.5?
:::
"""
)


def test_a_page_that_keeps_all_rules_does_not_fall_short():
    assert shortfalls(check(GOOD)) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("minutes: 35", "minutes: 36", "minutes: 36, at most 35"),
        (
            "# 页",
            "# 页 | Page\n\n" + "word " * 401 + "\n\n## 页",
            "before the first code",
        ),
        ("One; two.", "One; two; three.", "semicolons in the English: 24, at most 12"),
        ("{figure} b", "{image} b", "figures: 1, at least 2"),
        (":::{predict}", ":::{note}", "predict blocks: 0, at least 3"),
        (":level: core\n", "", "exercises without a level: 1, at most 0"),
        ("0.5", ".5", "decimals without a zero: 1, at most 0"),
        (">>> 1\n1", "assert 1", "lines of assert: 1, fewer than those of >>>, 0"),
    ],
    ids=str.split("minutes words semicolons figures predict level zero assert"),
)
def test_a_page_that_breaks_a_rule_is_told_which(before, after, problem):
    found = shortfalls(check(GOOD.replace(before, after)))

    assert len(found) == 1
    assert problem in found[0]


def test_the_report_is_one_block_for_each_page(tmp_path, capsys):
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")

    exit_code = main(["check", str(page), str(page)])

    said = capsys.readouterr().out
    assert exit_code == 1  # it falls short
    assert said.count(f"{page}\n") == 2
    rows = {line[:28].strip(): line[28:].split() for line in said.splitlines()}
    assert rows["deeper"] == ["6", "3"]
    assert rows["core"] == ["1", "1", "1"]


@pytest.mark.parametrize(
    "content", [None, b"\xb6\xfe", b"---\n- a\n---\n"], ids=["missing", "GBK", "list"]
)
def test_what_is_no_page_ends_with_two(tmp_path, capsys, content):
    page = tmp_path / "page.md"
    if content is not None:
        page.write_bytes(content)

    assert main(["check", str(page)]) == 2
    assert str(page) in capsys.readouterr().err


def test_checking_a_page_does_not_start_sphinx():
    code = (
        "import sys, d2lnotes.site.lessons.checker as c; c.check('# a');"
        "sys.exit('sphinx.application' in sys.modules or 'torch' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
