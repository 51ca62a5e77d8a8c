"""Pictures of a network's layers show each map in its size."""

import pytest
from matplotlib.patches import Rectangle

from d2lnotes.plotting.networks import plot_layer_shapes

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
