"""Tests for d2lnotes.gradients, with torch's autograd as the oracle."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from d2lnotes.gradients import difference_gradient


def test_differences_agree_with_autograd(generator):
    inputs = torch.randn(7, 3, generator=generator, dtype=torch.double)
    labels = torch.randint(5, (7,), generator=generator)
    weights = torch.randn(3, 5, generator=generator, dtype=torch.double)

    def loss(weights):
        return cross_entropy(inputs @ weights, labels)

    found = difference_gradient(loss, weights, step=1e-5)

    weights.requires_grad_()
    (exact,) = torch.autograd.grad(loss(weights), weights)
    torch.testing.assert_close(found, exact, rtol=1e-8, atol=1e-9)


def test_the_difference_is_central():
    x = torch.tensor(2.0, dtype=torch.double)

    slope = difference_gradient(torch.square, x, step=0.5)

    assert slope == 4.0  # one-sided it would be 4.5


def test_a_function_of_several_outputs_is_refused():
    with pytest.raises(ValueError, match=r"must return one number.*got shape \(3,\)"):
        difference_gradient(torch.square, torch.ones(3), step=0.1)


@pytest.mark.parametrize("step", [0.0, -0.1, float("nan")])
def test_a_step_that_is_not_positive_is_refused(step):
    with pytest.raises(ValueError, match="step must be positive"):
        difference_gradient(torch.sum, torch.ones(3), step=step)
