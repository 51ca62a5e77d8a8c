"""Tests for d2lnotes.layers, with torch's own functions as the oracle."""

import math

import pytest
import torch
from torch.nn import functional

from d2lnotes.layers import cross_entropy, log_softmax, log_sum_exp, softmax

BATCH, CLASSES, DEPTH = 3, 5, 7
FUNCTIONS = {
    log_sum_exp: torch.logsumexp,
    softmax: torch.softmax,
    log_softmax: torch.log_softmax,
}
each_function = pytest.mark.parametrize(
    ("ours", "theirs"), FUNCTIONS.items(), ids=[f.__name__ for f in FUNCTIONS]
)


@pytest.fixture
def x(generator):
    return torch.randn(BATCH, CLASSES, DEPTH, generator=generator, dtype=torch.double)


@pytest.fixture
def outputs(generator):
    return torch.randn(BATCH, CLASSES, generator=generator, dtype=torch.double)


@pytest.fixture
def targets():
    return torch.tensor([4, 0, 2])


@each_function
@pytest.mark.parametrize("dim", [0, 1, 2, -1])
def test_agrees_with_torch_along_every_axis(ours, theirs, dim, x):
    torch.testing.assert_close(ours(x, dim), theirs(x, dim))


@each_function
@pytest.mark.parametrize("offset", [-1e4, 1e4])
def test_agrees_with_torch_where_a_plain_exponential_fails(ours, theirs, offset, x):
    shifted = (x + offset).float()

    torch.testing.assert_close(ours(shifted, 1), theirs(shifted, 1))


@each_function
def test_gradient_is_right(ours, theirs, x):
    assert torch.autograd.gradcheck(lambda t: ours(t, 1), x[:2].requires_grad_())


@each_function
def test_gradient_agrees_with_torch_where_a_plain_exponential_fails(ours, theirs, x):
    shifted = (x + 1e4).requires_grad_()
    weights = torch.arange(1.0, 1 + ours(x, 1).numel()).view_as(ours(x, 1))

    (gradient,) = torch.autograd.grad((weights * ours(shifted, 1)).sum(), shifted)

    (expected,) = torch.autograd.grad((weights * theirs(shifted, 1)).sum(), shifted)
    torch.testing.assert_close(gradient, expected)


@each_function
def test_impossible_classes_are_allowed(ours, theirs, x):
    x[:, 2] = -torch.inf

    torch.testing.assert_close(ours(x, 1), theirs(x, 1))


@pytest.mark.parametrize(
    "row",
    [
        (-math.inf, -math.inf),
        (math.inf, 1.0),
        (math.inf, -math.inf),
        (math.inf, math.inf),
        (math.nan, 1.0),
    ],
)
def test_log_sum_exp_of_infinities_is_that_of_torch(row):
    x = torch.tensor([row])

    torch.testing.assert_close(log_sum_exp(x, 1), torch.logsumexp(x, 1), equal_nan=True)


def test_log_sum_exp_of_equal_numbers_adds_the_logarithm_of_their_count():
    result = log_sum_exp(torch.full((CLASSES,), 1000.0), 0)

    torch.testing.assert_close(result, torch.tensor(1000.0 + math.log(CLASSES)))


def test_softmax_sums_to_one(x):
    sums = softmax(100 * x, 1).sum(dim=1)

    torch.testing.assert_close(sums, torch.ones_like(sums))


def test_log_softmax_is_finite_where_softmax_is_zero():
    x = torch.tensor([0.0, 1000.0])

    torch.testing.assert_close(softmax(x, 0), torch.tensor([0.0, 1.0]))
    torch.testing.assert_close(log_softmax(x, 0), torch.tensor([-1000.0, 0.0]))


def test_arguments_are_left_alone(x):
    before = x.clone()

    softmax(x, 1)

    torch.testing.assert_close(x, before, rtol=0, atol=0)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
def test_cross_entropy_agrees_with_torch(label_smoothing, outputs, targets):
    loss = cross_entropy(outputs, targets, label_smoothing=label_smoothing)

    expected = functional.cross_entropy(
        outputs, targets, label_smoothing=label_smoothing
    )
    torch.testing.assert_close(loss, expected)


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1])
def test_gradient_of_cross_entropy_is_right(label_smoothing, outputs, targets):
    def loss(logits):
        return cross_entropy(logits, targets, label_smoothing=label_smoothing)

    assert torch.autograd.gradcheck(loss, outputs.requires_grad_())


def test_gradient_of_cross_entropy_is_prediction_minus_truth(outputs, targets):
    loss = cross_entropy(outputs.requires_grad_(), targets)

    (gradient,) = torch.autograd.grad(loss, outputs)

    expected = (
        softmax(outputs.detach(), 1) - functional.one_hot(targets, CLASSES)
    ) / BATCH
    torch.testing.assert_close(gradient, expected)


def test_cross_entropy_of_a_uniform_guess_is_the_logarithm_of_the_classes(targets):
    loss = cross_entropy(torch.zeros(BATCH, CLASSES), targets)

    torch.testing.assert_close(loss, torch.tensor(math.log(CLASSES)))


def test_cross_entropy_of_an_impossible_other_class_is_finite():
    outputs = torch.tensor([[0.0, -torch.inf]])

    torch.testing.assert_close(
        cross_entropy(outputs, torch.tensor([0])), torch.tensor(0.0)
    )


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int32])
def test_cross_entropy_takes_labels_of_any_integer_type(dtype, outputs, targets):
    expected = cross_entropy(outputs, targets)

    torch.testing.assert_close(cross_entropy(outputs, targets.to(dtype)), expected)


def test_cross_entropy_refuses_probabilities_as_targets(outputs):
    with pytest.raises(ValueError, match=r"pass targets.argmax\(dim=1\)"):
        cross_entropy(outputs, softmax(outputs, 1))


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.1, math.nan])
def test_label_smoothing_must_be_a_fraction(label_smoothing, outputs, targets):
    with pytest.raises(ValueError, match=rf"in \[0, 1\], got {label_smoothing}"):
        cross_entropy(outputs, targets, label_smoothing=label_smoothing)
