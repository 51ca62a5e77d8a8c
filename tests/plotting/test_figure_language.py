"""Tests for d2lnotes._figure_language: one half of a text is drawn, and read well."""

import io
import warnings

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from d2lnotes import _figure_language
from d2lnotes._figure_language import drawn_in, text_parts
from d2lnotes.plotting import use_language

WORDS = {
    "zh": ("点数 $n$", "误差", "图例", "猫"),
    "en": ("number of points $n$", "error", "Legend", "cat"),
}
BOTH = [" | ".join(halves) for halves in zip(*WORDS.values(), strict=True)]


@pytest.fixture(autouse=True)
def _any_language():
    with drawn_in("zh"):
        yield


def figure_with(label, line, legend, tick):
    """Words beside the axes, in a legend and at a tick, which are laid out anew."""
    figure, ax = plt.subplots(layout="constrained", figsize=(3, 2))
    ax.plot([0, 1], label=line)
    ax.legend(title=legend)
    ax.set_xlabel(label)
    ax.set_yticks([0, 1], [tick, "1"])
    return figure


def pixels(figure):
    file = io.BytesIO()
    figure.savefig(file)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_figure_with_both_halves_looks_like_one_with_the_half_alone(language):
    other = {"zh": "en", "en": "zh"}[language]
    figure = figure_with(*BOTH)
    with drawn_in(other):  # first, so that nothing of it may be left
        pixels(figure)

    with drawn_in(language):
        drawn, expected = pixels(figure), pixels(figure_with(*WORDS[language]))

    assert (drawn == expected).all()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("误差 | error", ["误差", "error"]),
        ("$p(x | y)$", ["$p(x | y)$"]),
        ("甲 $p(x | y)$ | A $p(x | y)$", ["甲 $p(x | y)$", "A $p(x | y)$"]),
        (r"5\$ | 6\$", [r"5\$", r"6\$"]),
        ("a|b", ["a|b"]),
        ("甲 | A | B", ["甲", "A", "B"]),
    ],
)
def test_a_bar_parts_a_text_outside_mathematics(text, parts):
    assert text_parts(text) == parts


def test_without_a_font_for_chinese_a_notebook_draws_english(monkeypatch):
    monkeypatch.setattr(_figure_language, "_CHINESE_FONTS", ("No Such Font",))

    assert use_language("zh") == "en"
    with warnings.catch_warnings(action="error"):
        drawn = pixels(figure_with(*BOTH))
    assert (drawn == pixels(figure_with(*WORDS["en"]))).all()


def test_a_notebook_draws_in_the_language_that_it_chose():
    assert use_language("zh") == "zh"

    assert (pixels(figure_with(*BOTH)) == pixels(figure_with(*WORDS["zh"]))).all()


def test_another_language_is_refused_with_those_that_can_be_had():
    with pytest.raises(ValueError, match="Chinese, 'zh', or English, 'en', got 'fr'"):
        use_language("fr")
