"""Tests for d2lnotes.plotting.curves: what a reader must find in a curve of means."""

import numpy as np
import pytest
import torch

from d2lnotes.plotting.curves import plot_spread

SAMPLES = [[1.0, 2.0, 6.0], [4.0, 4.0, 7.0]]


def test_the_line_is_the_mean_of_the_runs():
    (line,) = plot_spread([10, 20], SAMPLES).get_lines()

    assert line.get_xydata().tolist() == [[10, 3.0], [20, 5.0]]


def test_the_shade_reaches_one_standard_deviation_up_and_down():
    (shade,) = plot_spread([10, 20], torch.tensor(SAMPLES)).collections

    edges = shade.get_paths()[0].vertices
    at_ten = edges[edges[:, 0] == 10][:, 1]
    spread = np.std(SAMPLES[0], ddof=1)
    np.testing.assert_allclose([at_ten.min(), at_ten.max()], [3 - spread, 3 + spread])


def test_line_and_shade_have_one_color():
    ax = plot_spread([10, 20], SAMPLES, "C3s--", label="runs")

    (line,), (shade,) = ax.get_lines(), ax.collections
    assert (line.get_linestyle(), line.get_label()) == ("--", "runs")
    np.testing.assert_allclose(line.get_color()[:3], shade.get_facecolor()[0][:3])


@pytest.mark.parametrize(
    "samples", [SAMPLES[0], [*SAMPLES, SAMPLES[0]], [[1.0], [2.0]]]
)
def test_samples_of_another_shape_are_refused(samples):
    with pytest.raises(ValueError, match="one row for each of 2 places"):
        plot_spread([10, 20], samples)
