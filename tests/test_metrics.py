"""Tests for d2lnotes.metrics, with scikit-learn as the oracle."""

import pytest
import sklearn.calibration
import sklearn.metrics
import torch

from d2lnotes.metrics import (
    accuracy_score,
    average_precision_score,
    calibration_curve,
    confusion_matrix,
    expected_calibration_error,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
    roc_auc_score,
    roc_curve,
)

EXAMPLES, CLASSES, HEIGHT, WIDTH = 101, 7, 3, 5
QUOTIENTS = {
    precision_score: sklearn.metrics.precision_score,
    recall_score: sklearn.metrics.recall_score,
    f1_score: sklearn.metrics.f1_score,
}
CURVES = [roc_curve, roc_auc_score, precision_recall_curve, average_precision_score]


@pytest.fixture
def outputs(generator):
    return torch.randn(EXAMPLES, CLASSES, generator=generator)


@pytest.fixture
def targets(generator):
    return torch.randint(CLASSES, (EXAMPLES,), generator=generator)


def test_accuracy_agrees_with_scikit_learn(outputs, targets):
    accuracy = accuracy_score(outputs, targets)

    expected = sklearn.metrics.accuracy_score(targets, outputs.argmax(dim=1))
    torch.testing.assert_close(accuracy, torch.tensor(expected, dtype=torch.float32))


def test_an_accuracy_with_a_score_that_is_nan_is_nan(outputs, targets):
    outputs[3] = torch.nan  # argmax would take it for class 0

    assert accuracy_score(outputs, targets).isnan()


def test_accuracy_is_a_fraction_not_a_count():
    outputs = torch.tensor([[0.1, 0.9], [0.8, 0.2], [0.3, 0.7]])

    accuracy = accuracy_score(outputs, torch.tensor([1, 0, 0]))

    torch.testing.assert_close(accuracy, torch.tensor(2 / 3))


def test_accuracy_of_segmentations_is_a_mean_over_pixels(generator):
    shape = (EXAMPLES, CLASSES, HEIGHT, WIDTH)
    outputs = torch.randn(shape, generator=generator)
    targets = outputs.argmax(dim=1)
    targets[:, 0] = (targets[:, 0] + 1) % CLASSES  # one row of three is wrong

    accuracy = accuracy_score(outputs, targets)

    torch.testing.assert_close(accuracy, torch.tensor(2 / 3))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32, torch.int64])
def test_labels_may_be_any_integers(dtype, outputs, targets):
    expected = accuracy_score(outputs, targets)

    torch.testing.assert_close(accuracy_score(outputs, targets.to(dtype)), expected)


def test_one_hot_targets_are_refused(outputs, targets):
    one_hot = torch.nn.functional.one_hot(targets, CLASSES)

    with pytest.raises(ValueError, match=r"one-hot rows, pass targets.argmax\(dim=1\)"):
        accuracy_score(outputs, one_hot)


def test_floating_point_targets_are_refused(outputs, targets):
    with pytest.raises(ValueError, match=r"float32; use targets.long\(\)"):
        accuracy_score(outputs, targets.float())


def test_predicted_labels_are_refused(outputs, targets):
    with pytest.raises(ValueError, match=r"got \(101,\) and \(101,\).*not predicted"):
        accuracy_score(outputs.argmax(dim=1), targets)


def test_different_numbers_of_examples_are_shown(outputs, targets):
    with pytest.raises(ValueError, match=r"got \(101, 7\) and \(97,\)"):
        accuracy_score(outputs, targets[:97])


def test_a_single_logit_per_example_is_refused(outputs, targets):
    with pytest.raises(ValueError, match=r"at least two classes.*outputs > 0"):
        accuracy_score(outputs[:, :1], targets)


def test_an_empty_batch_is_refused(outputs, targets):
    with pytest.raises(ValueError, match="empty batch is undefined"):
        accuracy_score(outputs[:0], targets[:0])


def test_confusion_matrix_agrees_with_scikit_learn(outputs, targets):
    predictions = outputs.argmax(dim=1)

    matrix = confusion_matrix(predictions, targets, num_classes=CLASSES)

    expected = sklearn.metrics.confusion_matrix(targets, predictions)
    torch.testing.assert_close(matrix, torch.from_numpy(expected))


def test_rows_of_the_confusion_matrix_are_the_truth():
    matrix = confusion_matrix(torch.tensor([2]), torch.tensor([1]), num_classes=3)

    assert matrix.tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]]


def test_small_integer_labels_do_not_overflow():
    labels = torch.arange(251, dtype=torch.uint8)

    matrix = confusion_matrix(labels, labels, num_classes=251)

    torch.testing.assert_close(matrix, torch.eye(251, dtype=torch.int64))


def test_confusion_matrix_of_nothing_is_zero():
    nothing = torch.empty(0, dtype=torch.int64)

    matrix = confusion_matrix(nothing, nothing, num_classes=3)

    torch.testing.assert_close(matrix, torch.zeros(3, 3, dtype=torch.int64))


@pytest.mark.parametrize("bad", [-1, CLASSES])
@pytest.mark.parametrize("name", ["predictions", "targets"])
def test_a_label_out_of_range_is_refused(name, bad):
    labels = {"predictions": torch.tensor([0, 1]), "targets": torch.tensor([0, 1])}
    labels[name] = torch.tensor([0, bad])

    with pytest.raises(ValueError, match=rf"{name} must lie in \[0, 7\), got .*{bad}"):
        confusion_matrix(**labels, num_classes=CLASSES)


def test_scores_instead_of_predictions_are_refused(outputs, targets):
    with pytest.raises(ValueError, match=r"predictions must hold.*\.argmax\(dim=1\)"):
        confusion_matrix(outputs, targets, num_classes=CLASSES)


def test_unequal_shapes_are_refused(targets):
    with pytest.raises(ValueError, match=r"same shape, got \(97,\) and \(101,\)"):
        confusion_matrix(targets[:97], targets, num_classes=CLASSES)


def test_no_classes_are_refused(targets):
    with pytest.raises(ValueError, match="at least 1, got 0"):
        confusion_matrix(targets, targets, num_classes=0)


# -- Precision, recall, F1 ---------------------------------------------------------------


@pytest.mark.parametrize("average", [None, "macro", "micro"])
@pytest.mark.parametrize("score", QUOTIENTS)
def test_quotients_of_counts_agree_with_scikit_learn(outputs, targets, score, average):
    predictions = outputs.argmax(dim=1)
    matrix = confusion_matrix(predictions, targets, num_classes=CLASSES)

    expected = QUOTIENTS[score](targets, predictions, average=average)
    torch.testing.assert_close(
        score(matrix, average=average), torch.tensor(expected), check_dtype=False
    )


@pytest.mark.parametrize("zero_division", [0.0, 1.0, float("nan")])
@pytest.mark.parametrize("average", [None, "macro"])
@pytest.mark.parametrize("score", QUOTIENTS)
def test_classes_that_are_missing_get_the_value_that_was_asked_for(
    score, average, zero_division
):
    # Class 1 is never predicted, class 2 never occurs, class 3 does neither.
    targets, predictions = [0, 0, 1, 1, 0], [0, 2, 0, 0, 0]
    matrix = confusion_matrix(
        torch.tensor(predictions), torch.tensor(targets), num_classes=4
    )

    expected = QUOTIENTS[score](
        targets,
        predictions,
        average=average,
        labels=range(4),
        zero_division=zero_division,
    )
    torch.testing.assert_close(
        score(matrix, average=average, zero_division=zero_division),
        torch.tensor(expected),
        check_dtype=False,
        equal_nan=True,
    )


def test_micro_averages_are_the_accuracy(outputs, targets):
    matrix = confusion_matrix(outputs.argmax(dim=1), targets, num_classes=CLASSES)

    for score in QUOTIENTS:
        torch.testing.assert_close(
            score(matrix, average="micro"), accuracy_score(outputs, targets)
        )


@pytest.mark.parametrize("score", QUOTIENTS)
def test_what_is_no_confusion_matrix_is_refused(score):
    with pytest.raises(
        ValueError, match=r"square confusion matrix.*got shape \(2, 3\)"
    ):
        score(torch.ones(2, 3, dtype=torch.int64))
    with pytest.raises(ValueError, match=r"counts as integers, got torch\.float32"):
        score(torch.eye(2))


@pytest.mark.parametrize("score", QUOTIENTS)
def test_another_average_is_refused(score):
    with pytest.raises(ValueError, match="'macro' or 'micro', got 'weighted'"):
        score(torch.eye(2, dtype=torch.int64), average="weighted")


# -- Curves over the threshold -----------------------------------------------------------


@pytest.fixture(params=["distinct", "tied", "all tied"])
def binary(request, generator):
    """Scores, without ties or with them, and targets of both classes."""
    scores = torch.randn(EXAMPLES, generator=generator)
    if request.param == "tied":
        scores = (2 * scores).round()
    elif request.param == "all tied":
        scores = torch.full_like(scores, 0.3)
    return scores, torch.randint(2, (EXAMPLES,), generator=generator)


def assert_points_agree(found, expected):
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, torch.tensor(theirs.copy()), check_dtype=False)


def test_the_roc_curve_agrees_with_scikit_learn(binary):
    scores, targets = binary

    expected = sklearn.metrics.roc_curve(targets, scores, drop_intermediate=False)
    assert_points_agree(roc_curve(scores, targets), expected)


def test_the_area_agrees_with_scikit_learn(binary):
    scores, targets = binary

    expected = sklearn.metrics.roc_auc_score(targets, scores)
    torch.testing.assert_close(
        roc_auc_score(scores, targets), torch.tensor(expected), check_dtype=False
    )


def test_the_area_is_the_share_of_pairs_in_the_right_order(binary):
    scores, targets = binary
    pairs = scores[targets == 1][:, None] - scores[targets == 0]

    share = (pairs > 0).float().mean() + 0.5 * (pairs == 0).float().mean()

    torch.testing.assert_close(roc_auc_score(scores, targets), share)


def test_the_precision_recall_curve_agrees_with_scikit_learn(binary):
    scores, targets = binary

    expected = sklearn.metrics.precision_recall_curve(targets, scores)
    assert_points_agree(precision_recall_curve(scores, targets), expected)


def test_average_precision_agrees_with_scikit_learn(binary):
    scores, targets = binary

    expected = sklearn.metrics.average_precision_score(targets, scores)
    torch.testing.assert_close(
        average_precision_score(scores, targets),
        torch.tensor(expected),
        check_dtype=False,
    )


def test_many_pairs_do_not_overflow_or_round(generator):
    scores = torch.arange(200_000.0)
    targets = torch.arange(200_000) % 2  # each positive follows its negative

    area = roc_auc_score(scores, targets)

    torch.testing.assert_close(
        area, torch.tensor(0.5 + 0.5 / 100_000), rtol=0, atol=1e-7
    )


def test_targets_may_be_truth_values(binary):
    scores, targets = binary

    for curve in CURVES:
        torch.testing.assert_close(
            curve(scores, targets.bool()), curve(scores, targets)
        )


@pytest.mark.parametrize("target", [0, 1])
@pytest.mark.parametrize("curve", [roc_curve, roc_auc_score])
def test_a_rate_of_a_class_that_is_missing_is_refused(curve, target):
    with pytest.raises(ValueError, match="must hold both classes, got"):
        curve(torch.rand(5), torch.full((5,), target))


def test_precision_and_recall_need_a_positive_example_and_no_negative_one():
    scores, targets = torch.tensor([0.2, 0.7]), torch.tensor([1, 1])

    assert average_precision_score(scores, targets) == 1
    with pytest.raises(ValueError, match="none of the 2 targets is positive"):
        precision_recall_curve(scores, 1 - targets)


@pytest.mark.parametrize("curve", CURVES)
def test_scores_that_no_threshold_orders_are_refused(curve):
    targets = torch.tensor([0, 1])
    with pytest.raises(ValueError, match="scores hold NaN"):
        curve(torch.tensor([0.1, torch.nan]), targets)
    with pytest.raises(ValueError, match=r"got \(2, 1\) and \(2,\).*squeeze\(1\)"):
        curve(torch.rand(2, 1), targets)
    with pytest.raises(ValueError, match=r"got torch\.int64; predicted labels"):
        curve(targets, targets)
    with pytest.raises(ValueError, match=r"targets must lie in \[0, 2\)"):
        curve(torch.rand(2), torch.tensor([-1, 1]))
    with pytest.raises(ValueError, match="with n > 0"):
        curve(torch.rand(0), targets[:0])


# -- Calibration -------------------------------------------------------------------------


@pytest.mark.parametrize("num_bins", [1, 4, 15])
def test_the_calibration_curve_agrees_with_scikit_learn(generator, num_bins):
    probabilities = torch.rand(EXAMPLES, generator=generator) ** 2
    targets = torch.randint(2, (EXAMPLES,), generator=generator)

    true, claimed, counts = calibration_curve(probabilities, targets, num_bins=num_bins)

    expected = sklearn.calibration.calibration_curve(
        targets, probabilities, n_bins=num_bins
    )
    assert_points_agree((true, claimed), expected)
    assert counts.sum() == EXAMPLES


def test_a_bin_holds_its_upper_end_and_both_ends_of_the_range_count():
    probabilities = torch.tensor([0.0, 0.5, 0.75, 1.0])

    _, claimed, counts = calibration_curve(
        probabilities, torch.tensor([0, 1, 1, 1]), num_bins=2
    )

    assert counts.tolist() == [2, 2]
    torch.testing.assert_close(claimed, torch.tensor([0.25, 0.875]))


def test_the_calibration_error_weighs_each_bin_by_its_examples():
    # Three claims of 0.8, of which one comes true, and one claim of 0.1, which does not.
    probabilities = torch.tensor([0.8, 0.8, 0.8, 0.1])

    error = expected_calibration_error(probabilities, torch.tensor([1, 0, 0, 0]))

    expected = 0.75 * (0.8 - 1 / 3) + 0.25 * 0.1
    torch.testing.assert_close(error, torch.tensor(expected))


def test_of_several_classes_the_largest_probability_is_the_claim(outputs, targets):
    probabilities = outputs.softmax(dim=1)
    confidence, answers = probabilities.max(dim=1)

    torch.testing.assert_close(
        calibration_curve(probabilities, targets),
        calibration_curve(confidence, answers == targets),
    )


def test_claims_that_come_true_as_often_as_claimed_have_almost_no_error(generator):
    probabilities = torch.rand(200_000, generator=generator)
    targets = torch.bernoulli(probabilities, generator=generator).long()

    assert expected_calibration_error(probabilities, targets) < 0.01
    assert expected_calibration_error(probabilities.sqrt(), targets) > 0.1


def test_logits_are_refused_where_probabilities_are_meant(outputs, targets):
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\].*softmax\(dim=1\)"):
        expected_calibration_error(3 * outputs, targets)


def test_no_bins_are_refused():
    with pytest.raises(ValueError, match="at least 1, got 0"):
        calibration_curve(torch.rand(2), torch.tensor([0, 1]), num_bins=0)
