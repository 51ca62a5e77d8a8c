"""Tests for d2lnotes.initializers; oracles: torch.nn.init and measured variances."""

import pytest
import torch
from torch import nn

from d2lnotes.initializers import (
    fans,
    fill_,
    he_,
    he_variance,
    scaled_,
    scaled_variance,
    xavier_,
    xavier_variance,
)

SHAPES = [(5, 7), (12, 3, 5, 5)]
each_shape = pytest.mark.parametrize("shape", SHAPES)
each_distribution = pytest.mark.parametrize("uniform", [False, True])


def seeded():
    return torch.Generator().manual_seed(7)


@each_shape
@each_distribution
def test_xavier_draws_what_torch_draws(shape, uniform):
    theirs = nn.init.xavier_uniform_ if uniform else nn.init.xavier_normal_

    found = xavier_(torch.empty(shape), uniform=uniform, generator=seeded())

    expected = theirs(torch.empty(shape), generator=seeded())
    torch.testing.assert_close(found, expected)


@each_shape
@each_distribution
@pytest.mark.parametrize("slope", [0.0, 0.25])
def test_he_draws_what_torch_draws(shape, uniform, slope):
    theirs = nn.init.kaiming_uniform_ if uniform else nn.init.kaiming_normal_

    found = he_(torch.empty(shape), slope=slope, uniform=uniform, generator=seeded())

    expected = theirs(torch.empty(shape), a=slope, generator=seeded())
    torch.testing.assert_close(found, expected)


def test_scaled_draws_what_a_linear_layer_of_torch_starts_with():
    torch.manual_seed(7)
    layer = nn.Linear(30, 20, bias=False)

    found = scaled_(torch.empty(20, 30), gain=3**-0.5, uniform=True, generator=seeded())

    torch.testing.assert_close(found, layer.weight.detach())


@each_distribution
@pytest.mark.parametrize(
    ("draw", "promised"),
    [
        (xavier_, xavier_variance(600, 400)),
        (he_, he_variance(600)),
        (scaled_, scaled_variance(600)),
    ],
)
def test_draws_have_the_variance_that_is_promised(generator, draw, promised, uniform):
    weight = draw(torch.empty(400, 600), uniform=uniform, generator=generator)

    assert weight.mean().abs() < 5 * (promised / weight.numel()) ** 0.5
    assert weight.var().item() == pytest.approx(promised, rel=0.02)


@pytest.mark.parametrize("slope", [0.0, 0.3])
def test_he_keeps_the_size_of_sums_through_leaky_relu(generator, slope):
    variance = he_variance(500, slope=slope)
    sums = torch.randn(500, 500, generator=generator)
    weight = fill_(torch.empty(500, 500), variance, generator=generator)

    following = nn.functional.leaky_relu(sums, slope) @ weight.T

    assert following.var().item() == pytest.approx(1, rel=0.05)


@pytest.mark.parametrize("layer", [nn.Linear(6, 4), nn.Conv2d(3, 8, (5, 2))])
def test_fans_count_the_weights_of_one_output_and_of_one_input(layer):
    inputs, outputs = fans(layer.weight)

    assert inputs == layer.weight[0].numel()
    assert outputs == layer.weight[:, 0].numel()


def test_a_parameter_is_filled_in_place_and_still_gets_gradients(generator):
    layer = nn.Linear(3, 2)

    filled = he_(layer.weight, generator=generator)

    assert filled is layer.weight
    assert filled.requires_grad
    assert filled.is_leaf


def test_a_bias_is_refused_with_advice():
    with pytest.raises(ValueError, match=r"bias\.zero_\(\)"):
        he_(torch.empty(5))


def test_a_negative_variance_is_refused():
    with pytest.raises(ValueError, match="at least 0, got -1"):
        fill_(torch.empty(2, 2), -1)


@pytest.mark.parametrize(("products", "gain"), [(0, 1.0), (3, -1.0)])
def test_a_sum_of_no_products_and_a_negative_gain_are_refused(products, gain):
    with pytest.raises(ValueError, match="num_products must be positive"):
        scaled_variance(products, gain=gain)
