"""The picture of a module has a box for each module inside it, with its parameters."""

import pytest
from matplotlib.patches import FancyBboxPatch
from torch import nn

from d2lnotes.plotting.modules import plot_module_tree


def nested():
    body = nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    return nn.Sequential(body, nn.Linear(3, 1000))


def written(ax):
    return [text.get_text() for text in ax.texts]


def test_each_module_has_a_box_with_its_name_class_and_parameters():
    texts = written(plot_module_tree(nested(), name="net"))

    assert texts[::2] == [
        r"$\mathtt{net}$: Sequential",
        r"$\mathtt{0}$: Sequential",
        r"$\mathtt{0}$: Linear",
        r"$\mathtt{1}$: ReLU",
        r"$\mathtt{1}$: Linear",
    ]
    assert texts[1::2] == ["4,015", "15", "15", "0", "4,000"]


def test_an_edge_joins_each_module_to_the_one_that_holds_it():
    ax = plot_module_tree(nested())
    boxes = [patch for patch in ax.patches if isinstance(patch, FancyBboxPatch)]
    lefts = sorted({box.get_x() for box in boxes})

    assert len(ax.lines) == len(boxes) - 1
    for line in ax.lines:
        (start, *_, end) = line.get_xdata()
        column = lefts.index(end)
        assert start == pytest.approx(lefts[column - 1] + boxes[0].get_width())


def test_boxes_do_not_overlap_and_lie_within_the_frame():
    ax = plot_module_tree(nested())
    (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
    boxes = [patch.get_bbox() for patch in ax.patches]

    for number, box in enumerate(boxes):
        assert left < box.x0 < box.x1 < right
        assert low < box.y0 < box.y1 < high
        assert not any(box.overlaps(other) for other in boxes[number + 1 :])


def test_a_module_without_parameters_is_dashed():
    ax = plot_module_tree(nested())
    styles = [patch.get_linestyle() for patch in ax.patches]

    assert styles == ["-", "-", "-", "--", "-"]


def test_a_lazy_layer_has_a_question_mark_and_so_has_what_holds_it():
    texts = written(plot_module_tree(nn.Sequential(nn.LazyLinear(3), nn.Tanh())))

    assert texts[1::2] == ["?", "?", "0"]


def test_a_tied_layer_is_counted_once_in_what_holds_it():
    model = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.Linear(2, 2)})
    model["b"].weight = model["a"].weight

    assert written(plot_module_tree(model))[1::2] == ["8", "6", "6"]
