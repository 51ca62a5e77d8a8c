"""Pictures of networks show each map in its size, each unit and each weight."""

import pytest
import torch
from matplotlib.patches import Circle, Rectangle

from d2lnotes.plotting.networks import plot_layer_shapes, plot_network

SHAPES = [(1, 28, 28), (6, 14, 14), (10,)]


def boxes(shapes):
    ax = plot_layer_shapes(shapes, titles=["a"] * len(shapes))
    return [patch for patch in ax.patches if isinstance(patch, Rectangle)]


def test_a_layer_of_maps_has_a_square_for_each_channel_as_wide_as_the_map():
    sides = [box.get_width() for box in boxes(SHAPES[:2])]

    assert sorted(sides) == [14] * 6 + [28]


def test_layers_do_not_overlap():
    by_layer = [boxes(SHAPES[: n + 1])[-len_of(SHAPES[n]) :] for n in range(3)]
    ends = [max(b.get_x() + b.get_width() for b in own) for own in by_layer]
    starts = [min(b.get_x() for b in own) for own in by_layer]

    assert all(end < start for end, start in zip(ends, starts[1:], strict=False))


def len_of(shape):
    return shape[0] if len(shape) == 3 else 1


def test_shape_and_title_of_each_layer_are_written():
    ax = plot_layer_shapes(SHAPES, titles=["in", "pool", "out"])
    texts = {text.get_text() for text in ax.texts}

    assert texts == {"1×28×28", "6×14×14", "10", "in", "pool", "out"}


@pytest.mark.parametrize(
    ("shapes", "titles", "said"),
    [
        ([(2, 3)], ["a"], r"got \(2, 3\); leave the batch out"),
        ([(1,)], [], "got 0 for 1"),
    ],
)
def test_what_is_no_layer_is_refused(shapes, titles, said):
    with pytest.raises(ValueError, match=said):
        plot_layer_shapes(shapes, titles=titles)


WEIGHTS = [torch.tensor([[1.0, 0.0], [1.0, -2.5]]), torch.tensor([[1.0], [-2.0]])]
BIASES = [torch.tensor([0.0, -1.0]), torch.tensor([0.5])]


def test_a_network_has_a_circle_for_each_unit_and_joins_it_to_the_next_column():
    ax = plot_network([3, 2, 4])

    assert sum(isinstance(patch, Circle) for patch in ax.patches) == 9
    assert len(ax.lines) == 3 * 2 + 2 * 4


def test_a_dropped_unit_is_dotted_and_has_no_edges():
    ax = plot_network([3, 2, 4], dropped=[(1, 0)])

    assert [c.get_linestyle() for c in ax.patches].count(":") == 1
    assert len(ax.lines) == 3 * 1 + 1 * 4


def test_units_and_edges_lie_within_the_frame():
    ax = plot_network([3, 5, 1])
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()

    for circle in ax.patches:
        (x, y), r = circle.center, circle.radius
        assert left < x - r < x + r < right
        assert low < y - r < y + r < high


def test_an_edge_of_weight_0_is_left_out_and_a_negative_one_is_dashed():
    ax = plot_network([2, 2, 1], weights=WEIGHTS)

    styles = sorted(line.get_linestyle() for line in ax.lines)
    assert styles == ["-", "-", "-", "--", "--"]


def test_a_weight_stands_on_its_own_edge():
    ax = plot_network([2, 2, 1], weights=WEIGHTS)
    (label,) = (text for text in ax.texts if text.get_text() == "$-2.5$")
    x, y = label.get_position()

    # From the second input (y = -0.5) to the second unit of the next column.
    assert y == pytest.approx(-0.5)
    ends = {float(place) for line in ax.lines for place in line.get_xdata()}
    assert sorted(ends)[0] < x < sorted(ends)[1]


def test_labels_biases_and_titles_of_a_network_are_written():
    ax = plot_network(
        [2, 2, 1],
        units=[["$x_1$", "$x_2$"], ["$h_1$", "$h_2$"], ["$o$"]],
        biases=BIASES,
        titles=["in", "hidden", "out"],
    )
    texts = [text.get_text() for text in ax.texts]

    written = ["$x_1$", "$x_2$", "$h_1$", "$h_2$", "$o$", "in", "hidden", "out"]
    assert sorted(texts) == sorted([*written, "$b = 0$", "$b = -1$", "$b = 0.5$"])


@pytest.mark.parametrize(
    ("sizes", "others", "said"),
    [
        ([2, 0], {}, "each column needs a unit"),
        ([2, 1], {"units": [["a"], ["b"]]}, r"units .* \[1, 1\], not \[2, 1\]"),
        ([2, 1], {"weights": [torch.ones(1, 2)]}, r"\(1, 2\)\], not \[\(2, 1\)"),
        ([2, 1], {"biases": [torch.ones(2)]}, r"biases .* not \[\(1,\)\]"),
        ([2, 1], {"titles": ["a"]}, "titles do not fit .* 1, not 2"),
    ],
)
def test_what_does_not_fit_a_network_is_refused(sizes, others, said):
    with pytest.raises(ValueError, match=said):
        plot_network(sizes, **others)
