"""Tests for d2lnotes.metrics, with scikit-learn as the oracle."""

import pytest
import sklearn.metrics
import torch

from d2lnotes.metrics import accuracy_score, confusion_matrix

EXAMPLES, CLASSES, HEIGHT, WIDTH = 101, 7, 3, 5


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
