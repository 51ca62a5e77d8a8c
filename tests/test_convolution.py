"""Tests for d2lnotes.convolution; the oracle is torch in float64."""

from itertools import product

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d

from d2lnotes.convolution import (
    Window,
    cross_correlation_2d,
    cross_correlation_2d_backward,
    output_size,
    receptive_field,
)

SETTINGS = [
    dict(zip(["padding", "stride", "dilation", "groups"], numbers, strict=True))
    for numbers in product([0, 1, 3], [1, 2, 3], [1, 2], [1, 2])
]


@pytest.fixture
def draw(generator):
    """Return a function that draws a float64 tensor of a given shape."""
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.double)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_outputs_are_those_of_torch(setting, draw):
    inputs, weight = draw(2, 4, 9, 11), draw(6, 4 // setting["groups"], 3, 2)

    outputs = cross_correlation_2d(inputs, weight, **setting)

    torch.testing.assert_close(
        outputs, conv2d(inputs, weight, **setting), rtol=1e-13, atol=1e-13
    )


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_gradients_are_those_of_autograd(setting, draw):
    inputs, weight = draw(2, 4, 9, 11), draw(6, 4 // setting["groups"], 3, 2)
    inputs.requires_grad_()
    weight.requires_grad_()
    outputs = conv2d(inputs, weight, **setting)
    arriving = draw(*outputs.shape)

    gradients = cross_correlation_2d_backward(
        arriving, inputs.detach(), weight.detach(), **setting
    )

    expected = torch.autograd.grad(outputs, (inputs, weight), arriving)
    for gradient, other in zip(gradients, expected, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-12, atol=1e-12)


def test_as_many_groups_as_channels_treat_each_channel_alone(draw):
    inputs, weight = draw(1, 3, 5, 5), draw(3, 1, 2, 2)

    outputs = cross_correlation_2d(inputs, weight, groups=3)

    alone = [
        cross_correlation_2d(inputs[:, [c]], weight[[c]])
        for c in range(inputs.shape[1])
    ]
    torch.testing.assert_close(outputs, torch.cat(alone, dim=1))


@pytest.mark.parametrize(("shape", "kernel"), [((1, 1, 4, 4), 3), ((1, 1, 1, 9), 2)])
def test_a_kernel_larger_than_the_padded_inputs_is_refused(shape, kernel):
    weight = torch.ones(1, 1, kernel, kernel)

    with pytest.raises(ValueError, match="does not fit in"):
        cross_correlation_2d(torch.ones(shape), weight, dilation=2)


@pytest.mark.parametrize(
    ("inputs", "weight", "groups", "message"),
    [
        ((5, 5), (1, 1, 2, 2), 1, r"x\[None, None\]"),
        ((1, 3, 5, 5), (2, 1, 2, 2), 2, "cannot be cut into 2"),
        ((1, 4, 5, 5), (3, 2, 2, 2), 2, "cannot be cut into 2"),
        ((1, 3, 5, 5), (2, 2, 2, 2), 1, "made for 2"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(inputs, weight, groups, message):
    with pytest.raises(ValueError, match=message):
        cross_correlation_2d(torch.ones(inputs), torch.ones(weight), groups=groups)


def test_a_gradient_of_another_shape_is_refused():
    inputs, weight = torch.ones(1, 1, 5, 5), torch.ones(1, 1, 2, 2)

    with pytest.raises(ValueError, match=r"\(1, 1, 4, 4\), got \(1, 1, 5, 5\)"):
        cross_correlation_2d_backward(inputs, inputs, weight)


@pytest.mark.parametrize("size", range(1, 12))
def test_output_size_counts_the_places_at_which_the_kernel_fits(size):
    for kernel, padding, stride, dilation in product(
        range(1, 5), range(3), range(1, 4), range(1, 4)
    ):
        span, total = dilation * (kernel - 1) + 1, size + 2 * padding
        places = [start for start in range(0, total, stride) if start + span <= total]
        if places:
            counted = output_size(
                size, kernel, padding=padding, stride=stride, dilation=dilation
            )
            assert counted == len(places)


@pytest.mark.parametrize(
    ("size", "kernel", "options"),
    [(0, 1, {}), (3, 0, {}), (3, 1, {"stride": 0}), (3, 1, {"padding": -1})],
)
def test_sizes_without_meaning_are_refused(size, kernel, options):
    with pytest.raises(ValueError, match="at least"):
        output_size(size, kernel, **options)


@pytest.mark.parametrize(
    "layers",
    [
        [],
        [Window(3)],
        [Window(3), Window(3), Window(3)],
        [Window(5), Window(2, stride=2), Window(5), Window(2, stride=2)],
        [Window(3, stride=2, dilation=2), Window(4, dilation=3), Window(1)],
    ],
)
def test_the_receptive_field_is_where_the_gradient_is_not_zero(layers):
    side = 61
    signal = torch.zeros(1, 1, side, dtype=torch.double, requires_grad=True)
    outputs = signal
    for layer in layers:
        convolution = nn.Conv1d(1, 1, *layer[:2], dilation=layer.dilation)
        nn.init.ones_(convolution.weight)
        outputs = convolution.double()(outputs)
    outputs[0, 0, 0].backward()

    influential = signal.grad.flatten().nonzero()
    assert influential.max() - influential.min() + 1 == receptive_field(layers)
