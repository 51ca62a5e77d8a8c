"""Tests for d2lnotes.activations, with torch and its autograd as the oracle."""

import pytest
import torch
from torch.nn import functional

from d2lnotes import activations as ours

PAIRS = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": functional.relu,
    "leaky_relu": functional.leaky_relu,
    "elu": functional.elu,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "softplus": functional.softplus,
}
each_function = pytest.mark.parametrize("name", PAIRS)


def slope_by_autograd(function, x):
    x = x.clone().requires_grad_()
    function(x).sum().backward()
    return x.grad


@pytest.fixture
def x():
    """Return inputs of either sign, 0 among them, shape (801,)."""
    return torch.arange(-400, 401, dtype=torch.double) / 50


@pytest.fixture
def extreme():
    """Return inputs for which a plain exponential overflows in float32."""
    return torch.tensor([-1e4, -200.0, -90.0, 90.0, 200.0, 1e4])


@each_function
def test_value_agrees_with_torch(name, x):
    # Beyond 20 torch's softplus returns its input.
    torch.testing.assert_close(getattr(ours, name)(x), PAIRS[name](x))


@each_function
def test_derivative_agrees_with_autograd_of_torch(name, x):
    derivative = getattr(ours, f"{name}_derivative")

    torch.testing.assert_close(derivative(x), slope_by_autograd(PAIRS[name], x))


@each_function
def test_autograd_through_the_function_gives_its_derivative(name, x):
    derivative = getattr(ours, f"{name}_derivative")
    function = getattr(ours, name)

    torch.testing.assert_close(slope_by_autograd(function, x), derivative(x))


@each_function
def test_extreme_inputs_agree_with_torch(name, extreme):
    torch.testing.assert_close(getattr(ours, name)(extreme), PAIRS[name](extreme))


@each_function
def test_extreme_inputs_have_the_slope_of_torch(name, extreme):
    expected = slope_by_autograd(PAIRS[name], extreme)
    function = getattr(ours, name)

    derivative = getattr(ours, f"{name}_derivative")
    torch.testing.assert_close(derivative(extreme), expected)
    torch.testing.assert_close(slope_by_autograd(function, extreme), expected)


def test_derivative_of_the_sigmoid_keeps_its_digits_where_it_is_tiny():
    x = torch.tensor([40.0], dtype=torch.double)

    assert ours.sigmoid_derivative(x).item() == pytest.approx(4.248354255e-18)


def test_tanh_keeps_its_digits_near_zero():
    x = torch.tensor([-1e-12, 1e-12], dtype=torch.double)

    torch.testing.assert_close(ours.tanh(x), x, rtol=1e-15, atol=0.0)


def test_gelu_keeps_its_digits_far_to_the_left():
    x = torch.tensor([-10.0], dtype=torch.double)

    assert ours.gelu(x).item() == pytest.approx(-7.619853024e-23)


@pytest.mark.parametrize("alpha", [0.5, 2.0])
def test_elu_takes_its_limit_as_a_parameter(alpha, x):
    torch.testing.assert_close(ours.elu(x, alpha=alpha), functional.elu(x, alpha))
    torch.testing.assert_close(
        ours.elu_derivative(x, alpha=alpha),
        slope_by_autograd(lambda t: functional.elu(t, alpha), x),
    )


@pytest.mark.parametrize("shape", [(6, 3), (6, 3, 4)])
@pytest.mark.parametrize("num_slopes", [1, 3])
def test_prelu_and_its_derivatives_agree_with_torch(shape, num_slopes, generator):
    x = torch.randn(shape, generator=generator, dtype=torch.double).requires_grad_()
    slope = torch.rand(num_slopes, generator=generator, dtype=torch.double)
    slope.requires_grad_()
    expected = functional.prelu(x, slope)
    by_x, by_slope = torch.autograd.grad(expected.sum(), [x, slope])

    torch.testing.assert_close(ours.prelu(x, slope), expected)
    by_input, each = ours.prelu_derivatives(x, slope)
    torch.testing.assert_close(by_input, by_x)
    features = each.transpose(0, 1).flatten(1).sum(dim=1)
    torch.testing.assert_close(
        features if num_slopes == 3 else features.sum().reshape(1), by_slope
    )


def test_prelu_takes_one_slope_for_a_vector():
    x = torch.tensor([-2.0, 3.0])

    assert ours.prelu(x, torch.tensor([0.25])).tolist() == [-0.5, 3.0]


@pytest.mark.parametrize("slope", [torch.zeros(2), torch.zeros(1, 3)])
def test_prelu_refuses_slopes_that_are_not_one_for_each_feature(slope):
    with pytest.raises(ValueError, match="slope must have shape"):
        ours.prelu(torch.zeros(5, 3), slope)


def test_rrelu_takes_the_mean_slope_in_evaluation(x):
    torch.testing.assert_close(ours.rrelu(x), functional.rrelu(x))


def test_rrelu_draws_a_slope_for_each_element_in_training(generator):
    x = torch.full((2000,), -1.0)
    slopes = -ours.rrelu(x, lower=0.1, upper=0.3, training=True, generator=generator)

    assert 0.1 <= slopes.min() < 0.11
    assert 0.29 < slopes.max() <= 0.3
    assert slopes.mean().item() == pytest.approx(0.2, abs=0.005)
    assert slopes.unique().numel() > 1900


def test_rrelu_leaves_positive_inputs_alone_in_training(generator):
    x = torch.rand(50, generator=generator) + 0.1

    assert torch.equal(ours.rrelu(x, training=True, generator=generator), x)


def test_slopes_of_rrelu_have_an_order():
    with pytest.raises(ValueError, match="lower must not exceed upper"):
        ours.draw_slopes(torch.zeros(1), lower=0.3, upper=0.1, training=True)
