"""Tests for d2lnotes.plotting.cells: each number in its own cell, where it belongs."""

from itertools import chain

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_rgba

from d2lnotes.plotting import plot_cells

TABLE = torch.tensor([[1.0, 2.5, 3.0], [4.0, 5.0, 6.0]])


@pytest.fixture
def ax():
    return plt.subplots()[1]


def test_row_0_is_on_top_and_column_0_on_the_left(ax):
    plot_cells(TABLE, ax=ax, corner=(10.0, 20.0))

    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places == {
        f"{TABLE[row, column]:g}": (10.5 + column, 19.5 - row)
        for row in range(2)
        for column in range(3)
    }


def test_each_number_lies_in_the_middle_of_a_cell_of_its_color(ax):
    colors = [["red", "green", "blue"], ["cyan", "white", "black"]]

    plot_cells(TABLE, ax=ax, colors=colors)

    expected = chain.from_iterable(colors)
    for text, cell, color in zip(ax.texts, ax.patches, expected, strict=True):
        assert text.get_position() == (cell.get_x() + 0.5, cell.get_y() + 0.5)
        assert cell.get_facecolor() == to_rgba(color)


def test_pale_numbers_are_gray_and_no_others(ax):
    plot_cells(TABLE, ax=ax, pale=TABLE > 4)

    assert [text.get_color() for text in ax.texts] == ["black"] * 4 + ["0.6"] * 2


def test_all_cells_of_two_tables_are_in_sight(ax):
    plot_cells(TABLE, ax=ax)
    plot_cells(TABLE, ax=ax, corner=(5.0, -4.0))

    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    assert left <= 0
    assert right >= 8
    assert bottom <= -6
    assert top >= 0


def test_a_vector_is_refused_with_advice(ax):
    with pytest.raises(ValueError, match=r"table\[None\]"):
        plot_cells(torch.ones(3), ax=ax)
