"""The exercises at the end of the gallery's scripts."""

from pathlib import Path

import pytest

GALLERY = Path(__file__).parents[2] / "gallery"
TITLE = "# 练习 | Exercise\n"
POSED = {
    path.stem: text.partition(TITLE)[2]
    for path in sorted(GALLERY.glob("*/plot_*.py"))
    if TITLE in (text := path.read_text(encoding="utf-8"))
}


def test_most_scripts_pose_an_exercise():
    scripts = list(GALLERY.glob("*/plot_*.py"))

    assert len(POSED) > len(scripts) / 2


@pytest.mark.parametrize("script", POSED)
def test_an_exercise_is_answered_by_code_or_says_where_its_answer_is(script):
    code = [line for line in POSED[script].splitlines() if not line.startswith("#")]

    assert any(code) or ":doc:" in POSED[script]
