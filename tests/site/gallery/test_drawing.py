"""Texts of figures are in both languages, or serve both."""

import pytest

from d2lnotes.site.gallery.drawing import text_problem


@pytest.mark.parametrize(
    "text",
    [
        "",
        "误差 | error",
        "softmax | softmax",
        "−0.5",
        "1e6",
        "float32",
        "LeNet",
        "T-shirt/top",
        "$T$ = 0.5",
        "x @ y",
        "tanh",
        "A.T.reshape(-1)",
        "$p(x | y)$",
    ],
)
def test_what_serves_both_languages_or_says_both_is_right(text):
    assert text_problem(text) == ""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("误差", "Chinese without its English half"),
        ("误差 $e$", "Chinese without its English half"),
        ("error", "English without its Chinese half"),
        ("rolls $n$", "English without its Chinese half"),
        ("time (seconds)", "English without its Chinese half"),
        ("error | 误差", "the Chinese half comes first"),
        ("误差 | ", "the Chinese half comes first"),
        ("误差 | error | mean", "more than one"),
    ],
)
def test_what_one_reader_could_not_read_is_named(text, problem):
    assert text_problem(text).startswith(problem)
