"""Tests of figures of matrices."""

import matplotlib.pyplot as plt
import pytest
import torch
from matplotlib.colors import to_hex

from d2lnotes.plotting import plot_matrix

MATRIX = torch.tensor([[1.0, 2.5, -3.0], [4.0, 5.0, 6.0]])


def test_each_number_stands_in_its_row_and_column():
    ax = plot_matrix(MATRIX, corner=(2.0, 1.0))

    shown = {text.get_position(): text.get_text() for text in ax.texts}
    assert shown == {
        (2 + j + 0.5, 1 - i - 0.5): f"{number:g}"
        for i, row in enumerate(MATRIX.tolist())
        for j, number in enumerate(row)
    }


def test_each_cell_has_its_own_color():
    fills = [["red", "white", "white"], ["white", "white", "blue"]]

    ax = plot_matrix(MATRIX, fills=fills)

    found = [to_hex(patch.get_facecolor()) for patch in ax.patches]
    assert found == [to_hex(color) for row in fills for color in row]


def test_brackets_and_cells_lie_within_the_limits():
    ax = plot_matrix(MATRIX)
    plot_matrix(MATRIX.T, corner=(5.0, 0.0), ax=ax)

    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    assert left < 0
    assert right > 7
    assert low < -3
    assert high > 0


def test_it_draws_into_the_axes_that_it_is_given():
    ax = plt.subplots()[1]

    assert plot_matrix(MATRIX, ax=ax) is ax


@pytest.mark.parametrize("shape", [(3,), (0, 2), (1, 2, 3)])
def test_what_is_no_matrix_is_refused(shape):
    with pytest.raises(ValueError, match="two axes"):
        plot_matrix(torch.ones(shape))


@pytest.mark.parametrize("fills", [[["red"] * 3], [["red"] * 2] * 2, [["red"] * 3] * 3])
def test_colors_for_other_cells_are_refused(fills):
    with pytest.raises(ValueError, match="2 rows of 3 colors"):
        plot_matrix(MATRIX, fills=fills)
