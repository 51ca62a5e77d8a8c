"""Tests for d2lnotes.plotting: what a reader of a figure must find in it."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
import torch

from d2lnotes.plotting import plot_confusion_matrix, plot_history, show_images
from d2lnotes.training import EpochRecord

HISTORY = [
    EpochRecord(1, 2.0, 1.5, {"accuracy": 0.5}, 0.1),
    EpochRecord(2, 1.0, 1.25, {"accuracy": 0.75}, 0.1),
    EpochRecord(3, 0.5, 1.0, {"accuracy": 0.875}, 0.1),
]
COUNTS = torch.tensor([[3, 1, 0], [0, 0, 0], [2, 2, 4]])
NAMES = ["shirt", "coat", "bag"]


def texts(ax):
    return [text.get_text() for text in ax.texts]


# Histories


def test_history_draws_training_and_validation_loss():
    training, validation = plot_history(HISTORY).get_lines()

    assert training.get_xydata().tolist() == [[1, 2.0], [2, 1.0], [3, 0.5]]
    assert validation.get_xydata().tolist() == [[1, 1.5], [2, 1.25], [3, 1.0]]


def test_history_without_validation_has_one_line():
    history = [EpochRecord(1, 2.0, None, {}, 0.1)]

    assert len(plot_history(history).get_lines()) == 1


def test_history_draws_the_validation_loss_of_the_epochs_that_have_one():
    history = [EpochRecord(1, 2.0, None, {}, 0.1), *HISTORY[1:]]

    _, validation = plot_history(history).get_lines()

    assert validation.get_xydata().tolist() == [[2, 1.25], [3, 1.0]]


def test_history_names_the_epoch_that_lacks_the_metric():
    history = [*HISTORY[:2], EpochRecord(3, 0.5, 1.0, {}, 0.1)]

    with pytest.raises(LookupError, match="'accuracy' was measured in epoch 3"):
        plot_history(history, metric="accuracy")


def test_history_labels_its_axes():
    ax = plot_history(HISTORY)

    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss, mean per example")


def test_history_draws_the_metric_on_an_axis_of_its_own():
    ax = plot_history(HISTORY, metric="accuracy")

    right = ax.figure.axes[1]
    assert right.get_lines()[0].get_ydata().tolist() == [0.5, 0.75, 0.875]
    assert right.get_ylabel() == "validation accuracy"


def named_in_legend(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def test_history_names_every_line():
    ax = plot_history(HISTORY)

    assert named_in_legend(ax) == ["training loss", "validation loss"]


def test_history_names_every_line_above_all_of_them():
    ax = plot_history(HISTORY, metric="accuracy")

    uppermost = ax.figure.axes[-1]
    names = ["training loss", "validation loss", "validation accuracy"]
    assert named_in_legend(uppermost) == names


def test_history_tells_lines_apart_without_colour():
    ax = plot_history(HISTORY, metric="accuracy")

    lines = [*ax.get_lines(), *ax.figure.axes[1].get_lines()]
    assert len({line.get_linestyle() for line in lines}) == 3
    assert len({line.get_marker() for line in lines}) == 3


def test_history_marks_whole_epochs_only():
    ax = plot_history(HISTORY)
    ax.figure.canvas.draw()

    ticks = ax.get_xticks()
    assert all(tick == round(tick) for tick in ticks)


def test_history_draws_where_it_is_told():
    ax = plt.subplots()[1]

    assert plot_history(HISTORY, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


def test_an_unknown_metric_is_answered_with_the_known_ones():
    with pytest.raises(LookupError, match=r"'f1' was measured.*\['accuracy'\]"):
        plot_history(HISTORY, metric="f1")


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="no epoch to draw; pass what fit returned"):
        plot_history([])


# Images


@pytest.mark.parametrize("shape", [(5, 7, 3), (5, 1, 7, 3), (5, 3, 7, 3)])
def test_images_are_shown_as_they_are(shape, generator):
    images = torch.rand(shape, generator=generator)

    axes = show_images(images, num_columns=2)

    shown = torch.from_numpy(axes[1, 0].get_images()[0].get_array().data)
    expected = images[2].permute(1, 2, 0) if shape[1] == 3 else images[2].view(7, 3)
    torch.testing.assert_close(shown, expected)


def test_images_fill_a_grid_row_by_row():
    axes = show_images(torch.zeros(5, 7, 3), num_columns=2)

    assert axes.shape == (3, 2)
    assert [len(ax.get_images()) for ax in axes.flat] == [1, 1, 1, 1, 1, 0]


def test_fewer_images_than_columns_make_no_empty_columns():
    assert show_images(torch.zeros(2, 7, 3), num_columns=8).shape == (1, 2)


def test_images_share_one_scale():
    axes = show_images(torch.full((2, 7, 3), 0.5))

    assert axes[0, 0].get_images()[0].get_clim() == (0.0, 1.0)


def test_images_have_titles():
    axes = show_images(torch.zeros(2, 7, 3), titles=["coat", "bag"])

    assert [ax.get_title() for ax in axes.flat] == ["coat", "bag"]


def test_images_show_no_ticks():
    axes = show_images(torch.zeros(3, 7, 3), num_columns=2)

    assert not any(ax.axison for ax in axes.flat)


def test_images_may_need_a_gradient():
    images = torch.zeros(1, 7, 3, requires_grad=True)

    assert show_images(images).shape == (1, 1)


@pytest.mark.parametrize("value", [-0.5, 255.0, float("nan")])
def test_images_out_of_range_are_refused(value):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\].*divide bytes by 255"):
        show_images(torch.full((1, 7, 3), value))


@pytest.mark.parametrize("shape", [(7, 3), (5, 2, 7, 3), (5, 1, 1, 7, 3)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=r"\(n, 1, h, w\).*image\[None\]"):
        show_images(torch.zeros(shape))


def test_no_images_are_refused():
    with pytest.raises(ValueError, match="at least one image"):
        show_images(torch.zeros(0, 7, 3))


def test_titles_must_be_as_many_as_images():
    with pytest.raises(ValueError, match="got 1 for 2"):
        show_images(torch.zeros(2, 7, 3), titles=["coat"])


def test_no_columns_are_refused():
    with pytest.raises(ValueError, match="num_columns must be at least 1, got 0"):
        show_images(torch.zeros(2, 7, 3), num_columns=0)


# Confusion matrices


def test_confusion_cells_are_fractions_of_their_row():
    ax = plot_confusion_matrix(COUNTS, class_names=NAMES)

    rows = ["0.75", "0.25", "0", "-", "-", "-", "0.25", "0.25", "0.50"]
    assert texts(ax) == rows


def test_confusion_text_stands_in_its_cell():
    ax = plot_confusion_matrix(COUNTS, class_names=NAMES)

    position = next(t.get_position() for t in ax.texts if t.get_text() == "0.50")
    assert position == (2, 2)
    assert ax.texts[1].get_position() == (1, 0)  # first row, second column


def test_confusion_rows_are_the_truth():
    ax = plot_confusion_matrix(COUNTS, class_names=NAMES)

    assert (ax.get_ylabel(), ax.get_xlabel()) == ("true class", "predicted class")
    assert [label.get_text() for label in ax.get_yticklabels()] == NAMES
    assert [label.get_text() for label in ax.get_xticklabels()] == NAMES


def relative_luminance(colour):
    """WCAG 2.1: the luminance of an sRGB colour, from 0 (black) to 1 (white)."""
    channels = torch.tensor(mpl.colors.to_rgb(colour), dtype=torch.double)
    low, high = channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4
    weights = torch.tensor([0.2126, 0.7152, 0.0722], dtype=torch.double)
    return float(torch.where(channels <= 0.04045, low, high) @ weights)


@pytest.mark.parametrize("percent", [0, 1, 10, 30, 50, 60, 65, 70, 75, 80, 90, 100])
def test_confusion_text_contrasts_with_its_cell(percent):
    counts = torch.tensor([[percent, 100 - percent], [0, 100]])

    ax = plot_confusion_matrix(counts, class_names=["a", "b"])

    cell = ax.get_images()[0].to_rgba(percent / 100)[:3]
    light, dark = sorted(
        (relative_luminance(cell), relative_luminance(ax.texts[0].get_color())),
        reverse=True,
    )
    assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize("num_classes", [2, 10, 20])
def test_confusion_text_fits_its_cell(num_classes):
    counts = torch.ones(num_classes, num_classes, dtype=torch.int64)
    names = [f"class {index}" for index in range(num_classes)]

    ax = plot_confusion_matrix(counts, class_names=names)
    ax.figure.canvas.draw()

    cell_width = ax.get_window_extent().width / num_classes
    widest = max(text.get_window_extent().width for text in ax.texts)
    assert widest < 0.9 * cell_width


def test_confusion_matrix_draws_where_it_is_told():
    ax = plt.subplots()[1]

    assert plot_confusion_matrix(COUNTS, class_names=NAMES, ax=ax) is ax
    assert len(plt.get_fignums()) == 1


@pytest.mark.parametrize("names", [["a", "b"], ["a", "b", "c", "d"]])
def test_names_must_be_as_many_as_classes(names):
    with pytest.raises(ValueError, match=rf"\(3, 3\) and {len(names)} names"):
        plot_confusion_matrix(COUNTS, class_names=names)


def test_no_figure_is_shown_or_saved(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(plt, "show", lambda: pytest.fail("a figure was shown"))

    plot_history(HISTORY)
    show_images(torch.zeros(1, 7, 3))
    plot_confusion_matrix(COUNTS, class_names=NAMES)

    assert list(tmp_path.iterdir()) == []
