"""Tests for d2lnotes.plotting.decisions: what a reader must find in the figure."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb

from d2lnotes.plotting.decisions import plot_decision_regions

POINTS = torch.tensor([[0.0, 0.0], [1.0, 4.0], [2.0, 0.0], [3.0, 4.0]])
LABELS = torch.tensor([-1, -1, 1, 1])


def right_of(border):
    """Return a classifier that says 1 where the first coordinate is larger."""
    return lambda points: torch.where(points[:, 0] > border, 1, -1)


def color_at(ax, x, y):
    """Return the color with which the region of a point is filled."""
    mesh = ax.collections[0]
    columns, rows = mesh.get_coordinates()[0, :, 0], mesh.get_coordinates()[:, 0, 1]
    row, column = np.searchsorted(rows, y) - 1, np.searchsorted(columns, x) - 1
    value = mesh.get_array().reshape(len(rows) - 1, len(columns) - 1)[row, column]
    return mesh.cmap(mesh.norm(value))[:3]


def test_the_shade_at_a_place_is_the_color_of_the_class_named_there():
    ax = plot_decision_regions(right_of(1.5), POINTS, LABELS)

    assert color_at(ax, 0.5, 3.5) == pytest.approx(to_rgb("C0"))
    assert color_at(ax, 2.5, 0.5) == pytest.approx(to_rgb("C1"))


def test_the_second_coordinate_goes_up():
    ax = plot_decision_regions(
        lambda points: (points[:, 1] > 2).long(), POINTS, LABELS.clamp(min=0)
    )

    assert color_at(ax, 1.0, 0.5) == pytest.approx(to_rgb("C0"))
    assert color_at(ax, 1.0, 3.5) == pytest.approx(to_rgb("C1"))


def test_each_class_has_its_points_with_a_color_and_a_marker():
    first, second = plot_decision_regions(right_of(9), POINTS, LABELS).get_lines()

    np.testing.assert_allclose(first.get_xydata(), POINTS[:2])
    np.testing.assert_allclose(second.get_xydata(), POINTS[2:])
    assert (first.get_color(), second.get_color()) == ("C0", "C1")
    assert first.get_marker() != second.get_marker()


def test_the_border_lies_where_the_answer_changes():
    ax = plot_decision_regions(right_of(1.5), POINTS, LABELS)

    border = ax.collections[-1].get_paths()[0].vertices
    np.testing.assert_allclose(border[:, 0], 1.5, atol=3.6 / 239)


def test_three_classes_keep_their_colors_side_by_side():
    labels = torch.tensor([0, 2, 1, 1])

    ax = plot_decision_regions(
        lambda points: 2 * (points[:, 0] > 1.5).long(), POINTS, labels
    )

    assert color_at(ax, 0.5, 1.0) == pytest.approx(to_rgb("C0"))
    assert color_at(ax, 2.5, 1.0) == pytest.approx(to_rgb("C2"))


def test_names_make_the_legend():
    ax = plot_decision_regions(right_of(1.5), POINTS, LABELS, names=["no", "yes"])

    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["no", "yes"]


def test_axes_and_limits_that_are_given_are_used():
    given = plt.subplots()[1]

    ax = plot_decision_regions(
        right_of(1.5), POINTS, LABELS, limits=(-5, 5, -6, 6), ax=given
    )

    assert ax is given
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-5, 5, -6, 6)


def test_points_are_seen_without_limits():
    ax = plot_decision_regions(right_of(1.5), POINTS, LABELS)

    assert ax.get_xlim()[0] < 0
    assert ax.get_xlim()[1] > 3
    assert ax.get_ylim()[0] < 0
    assert ax.get_ylim()[1] > 4


def test_a_network_is_called_without_gradients():
    model = torch.nn.Linear(2, 2)

    plot_decision_regions(lambda x: model(x).argmax(dim=1), POINTS, LABELS.clamp(min=0))

    assert model.weight.grad is None


@pytest.mark.parametrize(
    ("points", "labels", "message"),
    [
        (POINTS[:, :1], LABELS, r"shape \(n, 2\)"),
        (POINTS * float("nan"), LABELS, "finite"),
        (POINTS, LABELS[:3], r"shape \(4,\)"),
        (POINTS, LABELS.float(), "integers"),
    ],
)
def test_bad_points_and_labels_are_refused(points, labels, message):
    with pytest.raises(ValueError, match=message):
        plot_decision_regions(right_of(1.5), points, labels)


def test_too_few_names_are_refused():
    with pytest.raises(ValueError, match="2 classes"):
        plot_decision_regions(right_of(1.5), POINTS, LABELS, names=["one"])


def test_logits_are_refused():
    with pytest.raises(ValueError, match="argmax"):
        plot_decision_regions(lambda points: points, POINTS, LABELS)


def test_more_classes_than_markers_are_refused():
    with pytest.raises(ValueError, match="at most 8"):
        plot_decision_regions(
            lambda points: torch.arange(len(points)) % 9, POINTS, LABELS
        )
