"""Tests for d2lnotes.models.linear."""

import pytest
import torch

from d2lnotes.layers import cross_entropy
from d2lnotes.models.linear import SoftmaxRegression, SoftmaxRegressionScratch

BATCH, HEIGHT, WIDTH, CLASSES = 2, 3, 5, 7
INPUTS = HEIGHT * WIDTH


@pytest.fixture
def images(generator):
    return torch.rand(BATCH, 1, HEIGHT, WIDTH, generator=generator)


@pytest.fixture
def scratch(generator):
    return SoftmaxRegressionScratch(INPUTS, CLASSES, generator=generator)


def test_both_models_compute_the_same_from_the_same_parameters(images, scratch):
    concise = SoftmaxRegression(INPUTS, CLASSES)
    with torch.no_grad():
        scratch.bias.copy_(torch.arange(CLASSES))
        concise.linear.weight.copy_(scratch.weight.T)
        concise.linear.bias.copy_(scratch.bias)

    torch.testing.assert_close(scratch(images), concise(images))


def test_a_batch_of_one_is_computed_as_in_a_larger_batch(images, scratch):
    torch.testing.assert_close(scratch(images[1:]), scratch(images)[1:])


def test_weights_are_small_normal_draws(generator):
    model = SoftmaxRegressionScratch(1009, 101, generator=generator)

    weight = model.weight.detach()

    # The standard error of the deviation is 0.01 / sqrt(2 * 1009 * 101) = 2.2e-5.
    torch.testing.assert_close(weight.std().item(), 0.01, rtol=0, atol=1e-4)
    torch.testing.assert_close(weight.mean().item(), 0.0, rtol=0, atol=2e-4)


def test_biases_start_at_zero(scratch):
    torch.testing.assert_close(scratch.bias.detach(), torch.zeros(CLASSES))


def test_the_generator_decides_the_weights():
    first, second = (
        SoftmaxRegressionScratch(
            INPUTS, CLASSES, generator=torch.Generator().manual_seed(3)
        )
        for _ in range(2)
    )

    torch.testing.assert_close(first.weight, second.weight, rtol=0, atol=0)


def test_the_global_random_state_is_left_alone(generator):
    before = torch.get_rng_state()

    SoftmaxRegressionScratch(INPUTS, CLASSES, generator=generator)

    torch.testing.assert_close(torch.get_rng_state(), before)


@pytest.mark.parametrize("name", ["weight", "bias"])
def test_every_parameter_gets_a_gradient(name, images, scratch):
    cross_entropy(scratch(images), torch.tensor([0, 6])).backward()

    assert scratch.get_parameter(name).grad.abs().sum() > 0


def test_parameters_travel_with_the_state(scratch):
    assert set(scratch.state_dict()) == {"weight", "bias"}
