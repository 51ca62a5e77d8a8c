"""Tests for d2lnotes.plotting.classification: curves that scikit-learn computes, too."""

import matplotlib.colors as mcolors
import matplotlib.pyplot as plt
import numpy as np
import pytest
import sklearn.metrics
import torch

from d2lnotes.plotting import plot_precision_recall, plot_reliability, plot_roc

SCORES = torch.tensor([0.9, 0.8, 0.8, 0.4, 0.3])
TARGETS = torch.tensor([1, 0, 1, 1, 0])
PLOTS = [plot_roc, plot_precision_recall, plot_reliability]


def test_the_roc_curve_is_drawn_over_the_dotted_diagonal():
    chance, curve = plot_roc(SCORES, TARGETS, "C3--", label="model").get_lines()

    expected = sklearn.metrics.roc_curve(TARGETS, SCORES, drop_intermediate=False)
    np.testing.assert_allclose(curve.get_xydata().T, expected[:2], rtol=1e-6)
    assert mcolors.same_color(curve.get_color(), "C3")
    assert curve.get_linestyle() == "--"
    assert curve.get_label() == "model"
    assert chance.get_xydata().tolist() == [[0, 0], [1, 1]]


def test_the_area_under_the_drawn_steps_is_the_average_precision():
    _, curve = plot_precision_recall(SCORES, TARGETS).get_lines()

    recall, precision = curve.get_xydata().T
    assert curve.get_drawstyle() == "steps-post"  # which holds the earlier precision
    area = (-np.diff(recall) * precision[:-1]).sum()
    expected = sklearn.metrics.average_precision_score(TARGETS, SCORES)
    np.testing.assert_allclose(area, expected, rtol=1e-6)


def test_the_share_of_positives_is_dotted():
    share, _ = plot_precision_recall(SCORES, TARGETS).get_lines()

    np.testing.assert_allclose(share.get_ydata(), [0.6, 0.6], rtol=1e-6)


def test_reliability_is_frequency_over_claim_in_bins_that_hold_examples():
    ax = plot_reliability(SCORES, TARGETS, num_bins=2)

    _, curve = ax.get_lines()
    np.testing.assert_allclose(
        curve.get_xydata(), [[0.35, 0.5], [2.5 / 3, 2 / 3]], rtol=1e-6
    )


@pytest.mark.parametrize("plot", PLOTS)
def test_axes_that_are_given_are_used_and_have_names(plot):
    ax = plt.subplots()[1]

    assert plot(SCORES.clone().requires_grad_(), TARGETS, ax=ax) is ax
    assert ax.get_xlabel()
    assert ax.get_ylabel()
