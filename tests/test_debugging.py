"""Tests for d2lnotes.debugging, with faults planted in known layers."""

import pytest
import torch
from torch import nn

from d2lnotes.debugging import NotFiniteError, watch_finite


class Faulty(nn.Module):
    """A layer that does to its input whatever it is told to."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, x):
        return self.function(x)


class Scale(nn.Module):
    """A layer whose weight gets an infinite gradient at 0, its input a finite one."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(()))

    def forward(self, x):
        return x + self.weight.sqrt()


def log_of_minus(x):
    return (-x.square() - 1).log()


def sqrt_of_zero(x):
    return (0 * x).sqrt()


def network(function):
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Linear(3, 4),
        nn.Sequential(nn.ReLU(), Faulty(function)),
        nn.Linear(4, 1),
    )


@pytest.fixture
def x(generator):
    return torch.randn(5, 3, generator=generator)


def run(model, x):
    with watch_finite(model):
        model(x).sum().backward()


def test_says_nothing_of_a_healthy_network_and_changes_no_gradient(x):
    watched, plain = network(torch.sin), network(torch.sin)

    run(watched, x)
    plain(x).sum().backward()

    for p, q in zip(watched.parameters(), plain.parameters(), strict=True):
        torch.testing.assert_close(p.grad, q.grad, rtol=0, atol=0)


def test_names_the_innermost_layer_that_makes_the_first_nan(x):
    with pytest.raises(NotFiniteError, match=r"'1\.1' \(Faulty\): 20 of 20") as caught:
        run(network(log_of_minus), x)

    assert (caught.value.layer, caught.value.quantity) == ("1.1", "output")
    assert "inputs are finite" in str(caught.value)


def test_an_input_that_was_not_finite_is_told_apart(x):
    x[2, 1] = torch.inf

    with pytest.raises(NotFiniteError, match=r"'0' .* not finite either"):
        run(network(torch.sin), x)


def test_names_the_layer_at_whose_output_the_first_bad_gradient_arrives(x):
    with pytest.raises(NotFiniteError) as caught:
        run(network(sqrt_of_zero), x)

    # The layer 1.1 computed zeros, which are finite, and sends NaN back to 1.0.
    assert (caught.value.layer, caught.value.quantity) == (
        "1.0",
        "gradient of the output",
    )


def test_a_loss_with_a_bad_gradient_is_found_at_the_last_output(x):
    model = nn.Linear(3, 1)

    with watch_finite(model), pytest.raises(NotFiniteError) as caught:
        (0 * model(x)).sqrt().sum().backward()

    assert caught.value.layer == ""
    assert "'the model' (Linear)" in str(caught.value)


def test_a_parameter_with_a_bad_gradient_is_named(x):
    model = nn.Sequential(nn.Linear(3, 3), Scale())

    with pytest.raises(NotFiniteError) as caught:
        run(model, x)

    assert (caught.value.layer, caught.value.quantity) == ("1", "gradient of weight")


def test_outputs_that_are_tuples_and_dictionaries_are_looked_into(x):
    def nested(h):
        return {"both": (h, [h.log()])}

    with pytest.raises(NotFiniteError, match="'1'"), torch.no_grad():
        run(nn.Sequential(nn.Identity(), Faulty(nested)), -x.abs())


def test_frozen_parameters_are_no_obstacle(x):
    model = network(torch.sin)
    model[0].requires_grad_(requires_grad=False)

    run(model, x)


def test_after_the_block_nothing_is_watched(x):
    model = network(sqrt_of_zero)
    with watch_finite(model):
        total = model(x).sum()

    total.backward()
    assert model(x * torch.nan).isnan().all()
    assert model[0].weight.grad.isnan().any()


def test_the_watch_ends_after_an_error_too(x):
    model = network(log_of_minus)
    with pytest.raises(NotFiniteError):
        run(model, x)

    assert model(x).isnan().all()
