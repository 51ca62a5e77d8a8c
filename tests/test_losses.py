"""Tests for d2lnotes.losses, with torch's losses and autograd as the oracles."""

import math

import pytest
import torch
from torch.nn import functional

from d2lnotes import losses
from d2lnotes.layers import cross_entropy

N = 50
DELTA, LEVEL = 0.7, 0.9


def torch_quantile(outputs, targets, reduction):
    lack = targets - outputs
    each = torch.where(lack > 0, LEVEL * lack, (LEVEL - 1) * lack)
    return {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction]


def torch_hinge(outputs, targets, reduction):
    # For labels of −1 it is max(0, 1 − (−z)), for labels of 1 it is max(0, 1 − z).
    each = functional.relu(1 - outputs * targets)
    return {"mean": each.mean(), "sum": each.sum(), "none": each}[reduction]


def half_mse(outputs, targets, reduction):
    return functional.mse_loss(outputs, targets, reduction=reduction) / 2


def torch_huber(outputs, targets, reduction):
    return functional.huber_loss(outputs, targets, delta=DELTA, reduction=reduction)


def torch_log_loss(outputs, targets, reduction):
    return functional.binary_cross_entropy_with_logits(
        outputs, targets, reduction=reduction
    )


def torch_absolute(outputs, targets, reduction):
    return functional.l1_loss(outputs, targets, reduction=reduction)


# By name: the loss, its gradient, what both take, torch's loss, the kind of target.
LOSSES = {
    "squared": (losses.squared_loss, losses.squared_gradient, {}, half_mse, "any"),
    "absolute": (
        losses.absolute_loss,
        losses.absolute_gradient,
        {},
        torch_absolute,
        "any",
    ),
    "huber": (
        losses.huber_loss,
        losses.huber_gradient,
        {"delta": DELTA},
        torch_huber,
        "any",
    ),
    "quantile": (
        losses.quantile_loss,
        losses.quantile_gradient,
        {"level": LEVEL},
        torch_quantile,
        "any",
    ),
    "log": (losses.log_loss, losses.log_loss_gradient, {}, torch_log_loss, "zero-one"),
    "hinge": (losses.hinge_loss, losses.hinge_gradient, {}, torch_hinge, "sign"),
}
each_loss = pytest.mark.parametrize("name", LOSSES)


@pytest.fixture
def outputs(generator):
    return 3 * torch.randn(N, generator=generator, dtype=torch.double)


@pytest.fixture
def targets(generator):
    numbers = torch.randn(N, generator=generator, dtype=torch.double)
    return {
        "any": numbers,
        "zero-one": (numbers > 0).double(),
        "sign": numbers.sign(),
    }


@each_loss
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_agrees_with_torch_in_every_reduction(name, reduction, outputs, targets):
    loss, _, options, expected, kind = LOSSES[name]

    found = loss(outputs, targets[kind], reduction=reduction, **options)

    torch.testing.assert_close(found, expected(outputs, targets[kind], reduction))


@each_loss
def test_the_gradient_written_out_is_that_of_autograd(name, outputs, targets):
    _, gradient, options, theirs, kind = LOSSES[name]
    outputs.requires_grad_()

    (expected,) = torch.autograd.grad(theirs(outputs, targets[kind], "sum"), outputs)

    torch.testing.assert_close(gradient(outputs, targets[kind], **options), expected)


@each_loss
def test_autograd_goes_through_the_loss(name, outputs, targets):
    loss, gradient, options, _, kind = LOSSES[name]
    outputs.requires_grad_()

    (found,) = torch.autograd.grad(loss(outputs, targets[kind], **options), outputs)

    torch.testing.assert_close(
        found, gradient(outputs.detach(), targets[kind], **options) / N
    )


@pytest.mark.parametrize("name", ["squared", "absolute", "huber", "quantile"])
def test_at_the_kink_the_gradient_is_that_of_autograd(name):
    loss, gradient, options, _, _ = LOSSES[name]
    edges = torch.tensor([0.0, DELTA, -DELTA], dtype=torch.double, requires_grad=True)

    (expected,) = torch.autograd.grad(
        loss(edges, torch.zeros_like(edges), reduction="sum", **options), edges
    )

    found = gradient(edges.detach(), torch.zeros_like(edges), **options)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize(
    ("name", "statistic"),
    [
        ("squared", torch.mean),
        ("absolute", torch.median),
        ("quantile", lambda y: y.quantile(LEVEL, interpolation="nearest")),
    ],
)
def test_the_best_constant_is_the_statistic_that_a_loss_stands_for(name, statistic):
    loss, _, options, _, _ = LOSSES[name]
    y = torch.tensor([8.0, 9.0, 10.0, 11.0, 92.0])
    guesses = torch.linspace(0, 100, 1001)

    costs = torch.stack([loss(guess.expand(5), y, **options) for guess in guesses])

    torch.testing.assert_close(guesses[costs.argmin()], statistic(y))


def test_log_loss_is_finite_where_the_probability_is_rounded_to_one():
    logits, targets = torch.tensor([200.0, -200.0]), torch.tensor([0.0, 1.0])

    found = losses.log_loss(logits, targets, reduction="none")

    torch.testing.assert_close(found, torch.tensor([200.0, 200.0]))
    torch.testing.assert_close(
        losses.log_loss_gradient(logits, targets), torch.tensor([1.0, -1.0])
    )


def test_log_loss_is_the_cross_entropy_of_two_classes_with_one_score_zero(outputs):
    labels = (outputs > 1).long()
    scores = torch.stack([torch.zeros_like(outputs), outputs], dim=1)

    found = losses.log_loss(outputs, labels)

    torch.testing.assert_close(found, cross_entropy(scores, labels))


def test_huber_of_a_huge_error_does_not_overflow():
    found = losses.huber_loss(torch.tensor([1e30]), torch.tensor([0.0]), delta=2.0)

    torch.testing.assert_close(found, torch.tensor(2e30))


@pytest.mark.parametrize("label_smoothing", [0.0, 0.1, 1.0])
def test_gradient_of_cross_entropy_is_that_of_autograd(label_smoothing, generator):
    outputs = torch.randn(3, 5, generator=generator, dtype=torch.double)
    targets = torch.tensor([4, 0, 2])
    outputs.requires_grad_()

    loss = cross_entropy(outputs, targets, label_smoothing=label_smoothing)
    (expected,) = torch.autograd.grad(3 * loss, outputs)

    found = losses.cross_entropy_gradient(
        outputs.detach(), targets, label_smoothing=label_smoothing
    )
    torch.testing.assert_close(found, expected)


@each_loss
def test_a_column_against_a_row_is_refused(name, outputs, targets):
    loss, gradient, options, _, kind = LOSSES[name]

    for function in (loss, gradient):
        with pytest.raises(ValueError, match=r"squeeze\(1\) turns a column"):
            function(outputs[:, None], targets[kind], **options)


@each_loss
def test_an_empty_batch_is_refused(name):
    loss, _, options, _, _ = LOSSES[name]

    with pytest.raises(ValueError, match="is the dataset empty"):
        loss(torch.zeros(0), torch.zeros(0), **options)


def test_an_unknown_reduction_is_refused():
    with pytest.raises(ValueError, match="'mean', 'sum' or 'none', got 'average'"):
        losses.squared_loss(torch.zeros(1), torch.zeros(1), reduction="average")


@pytest.mark.parametrize("delta", [0.0, -1.0, math.nan])
@pytest.mark.parametrize("function", [losses.huber_loss, losses.huber_gradient])
def test_delta_must_be_positive(function, delta):
    with pytest.raises(ValueError, match=f"positive, got {delta}"):
        function(torch.zeros(1), torch.zeros(1), delta=delta)


@pytest.mark.parametrize("level", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("function", [losses.quantile_loss, losses.quantile_gradient])
def test_the_level_of_a_quantile_lies_between_zero_and_one(function, level):
    with pytest.raises(ValueError, match=rf"in \(0, 1\), got {level}"):
        function(torch.zeros(1), torch.zeros(1), level=level)


@pytest.mark.parametrize("function", [losses.hinge_loss, losses.hinge_gradient])
def test_hinge_refuses_labels_that_have_no_sign(function):
    with pytest.raises(ValueError, match="−1 and 1, got booleans"):
        function(torch.zeros(2), torch.tensor([True, False]))


@pytest.mark.parametrize("label_smoothing", [-0.1, 1.1])
def test_smoothing_must_be_a_fraction(label_smoothing):
    with pytest.raises(ValueError, match=rf"in \[0, 1\], got {label_smoothing}"):
        losses.cross_entropy_gradient(
            torch.zeros(1, 2), torch.tensor([0]), label_smoothing=label_smoothing
        )
