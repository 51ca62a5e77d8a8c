"""The exercises at the end of the gallery's scripts."""

import ast
import re
from pathlib import Path

import pytest

TOP = Path(__file__).parents[2]
TITLE = "# 练习 | Exercise\n"
SCRIPTS = {
    path.stem: path.read_text(encoding="utf-8").partition(TITLE)
    for path in sorted(TOP.glob("gallery/*/plot_*.py"))
}
POSED = {name: exercise for name, (_, title, exercise) in SCRIPTS.items() if title}
# Written before exercises were a rule; no other script may go without.
WITHOUT = {"plot_lenet_plateau"}


def checks(code):
    """Return whether ``code`` asserts anything."""
    nodes = list(ast.walk(ast.parse(code)))
    calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
    return any(isinstance(node, ast.Assert) for node in nodes) or any(
        name.endswith("assert_close") for name in calls
    )


def answered_by_a_page(text):
    """Return whether ``text`` names a page that holds exercises."""
    pages = (TOP / "docs" / f"{name}.md" for name in re.findall(":doc:`/(.+?)`", text))
    return any("{exercise}" in page.read_text(encoding="utf-8") for page in pages)


def test_every_script_poses_an_exercise():
    assert SCRIPTS.keys() - POSED.keys() == WITHOUT


@pytest.mark.parametrize("script", POSED)
def test_an_exercise_is_answered_by_code_that_asserts_or_by_a_page(script):
    assert checks(POSED[script]) or answered_by_a_page(POSED[script])
