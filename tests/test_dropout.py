"""Tests for d2lnotes.dropout; the mean and the variance are known exactly."""

import pytest
import torch
from torch.nn.functional import linear, relu

from d2lnotes.dropout import ParallelDropoutMLPs, dropout

SIZES = [6, 5, 4, 3]


@pytest.fixture
def inputs(generator):
    return torch.randn(2, 7, 6, generator=generator, dtype=torch.double)


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_an_entry_is_zero_or_divided_by_the_probability_of_being_kept(rate, generator):
    x = torch.full((1000,), 3.0)

    dropped = dropout(x, rate, generator)

    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], x[kept] / (1 - rate))


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.8])
def test_mean_and_variance_are_those_of_the_formula(rate, generator):
    x, num_draws = 2.0, 200_000

    draws = dropout(torch.full((num_draws,), x).double(), rate, generator)

    variance = x**2 * rate / (1 - rate)
    error = 5 * (variance / num_draws) ** 0.5
    torch.testing.assert_close(draws.mean().item(), x, rtol=0, atol=error + 1e-12)
    torch.testing.assert_close(draws.var().item(), variance, rtol=0.03, atol=1e-12)


def test_a_tensor_of_rates_gives_each_row_its_own(generator):
    dropped = dropout(torch.ones(2, 10_000), torch.tensor([[0.0], [0.7]]), generator)

    zero = (dropped == 0).double().mean(dim=1)
    assert zero[0] == 0
    assert abs(zero[1] - 0.7) < 0.03


def test_gradients_flow_through_what_is_kept(generator):
    x = torch.ones(100, requires_grad=True)

    dropped = dropout(x, 0.5, generator)
    dropped.sum().backward()

    torch.testing.assert_close(x.grad, dropped.detach())


@pytest.mark.parametrize("rate", [-0.1, 1.0, torch.tensor([0.5, 1.0])])
def test_a_rate_that_is_no_probability_below_1_is_refused(rate, generator):
    with pytest.raises(ValueError, match=r"in \[0, 1\)"):
        dropout(torch.ones(2), rate, generator)


def test_in_evaluation_mode_nothing_is_dropped(inputs, generator):
    rates = torch.tensor([[0.5, 0.5, 0.5], [0.9, 0.0, 0.2]])
    models = ParallelDropoutMLPs(SIZES, rates=rates, generator=generator).double()
    models.eval()

    outputs = models(inputs)

    for number in range(2):
        hidden = inputs[number]
        for weight, bias in zip(models.weights, models.biases, strict=True):
            if hidden.shape[1] < SIZES[0]:
                hidden = relu(hidden)
            hidden = linear(hidden, weight[number].T, bias[number, 0])
        torch.testing.assert_close(outputs[number], hidden)


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_in_training_mode_each_model_drops_in_its_own_layers(layer, inputs, generator):
    rates = torch.zeros(2, 3)
    rates[1, layer] = 0.5
    models = ParallelDropoutMLPs(SIZES, rates=rates, generator=generator).double()

    trained, again = models(inputs), models(inputs)

    torch.testing.assert_close(trained[0], models.eval()(inputs)[0])
    assert not torch.equal(trained[1], again[1])


def test_outputs_are_never_dropped(inputs, generator):
    models = ParallelDropoutMLPs(
        SIZES, rates=torch.full((2, 3), 0.5), generator=generator
    ).double()

    assert models(inputs).all()


def test_rates_that_do_not_fit_the_layers_are_refused(generator):
    with pytest.raises(ValueError, match=r"shape \(2, 3\)"):
        ParallelDropoutMLPs(SIZES, rates=torch.zeros(2, 2), generator=generator)
