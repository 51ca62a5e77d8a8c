"""What LaTeX gets of the blocks: small print, and answers that follow their section."""

import pytest
from tiny_exercises import ANSWER, EXERCISE, FORMATS
from tiny_site import build_tiny_site

EXTENSIONS = [
    "d2lnotes.site.twins",
    "d2lnotes.site.latex.exercises",
    "d2lnotes.site.latex.blocks",
]
PREDICT = (
    ":::{predict} 谁 | Who\n问。\n\nAsked.\n\n---\n\n答。\n\nAnswered.\n:::\n\n"
    "后文。\n\nText after.\n\n"
)
DEEPER = (
    "::::{deeper} 深 | Deep\n:minutes: 5\n\n深处。\n\nIn the depth.\n\n"
    "%s::::\n\n末尾。\n\nThe end.\n\n"
)


def build(folder, text):
    """Return the LaTeX of one page in English."""
    out = build_tiny_site(
        folder,
        {
            "index.md": "# 首页 | Home\n\n```{toctree}\npage\n```\n",
            "page.md": f"# 页 | Page\n\n## 节 | Section\n\n{text}",
        },
        extensions=EXTENSIONS,
        language="en",
        builder="latex",
        numfig=True,
        d2lnotes_numfig_format=FORMATS,
    )
    return next(out.glob("*.tex")).read_text(encoding="utf-8")


def in_order(text, *pieces):
    places = [text.index(piece) for piece in pieces]
    return places == sorted(places)


def test_a_predicted_answer_comes_after_its_section_named_after_its_question(tmp_path):
    found = build(tmp_path, PREDICT + "### 里面 | Inner\n\n文字。\n\nInner text.\n")

    answer = "\\begin{courseprediction}{Answer}\n{Who}"
    assert in_order(
        found, "Asked.", "Text after.", answer, "Answered.", "Inner", "Inner text."
    )


def test_inside_a_deeper_block_it_comes_at_the_end_of_the_block(tmp_path):
    found = build(tmp_path, DEEPER % PREDICT)

    end = r"\end{coursedeeper}"
    assert in_order(found, "Asked.", "Text after.", "Answered.", end, "The end.")


def test_what_goes_deeper_has_its_words_title_and_label(tmp_path):
    found = build(tmp_path, "(sec-why)=\n" + DEEPER % "")

    assert r"{Going deeper · 5 minutes}{Deep}" in found
    labels = [rf"\label{{\detokenize{{page:{name}}}}}" for name in ("deep", "sec-why")]
    assert [found.count(label) for label in labels] == [1, 1]


@pytest.mark.parametrize(("level", "count"), [(":level: challenge\n", 2), ("", 0)])
def test_the_level_stands_after_the_title_of_an_exercise_and_of_its_answer(
    tmp_path, level, count
):
    exercise = (EXERCISE % ("a", "a", "a")).replace(":label:", f"{level}:label:")

    found = build(tmp_path, exercise + ANSWER % ("a", ""))

    assert found.count(r"Task a\courselevel{challenge}") == count
