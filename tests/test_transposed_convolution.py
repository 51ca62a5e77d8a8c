"""Tests for d2lnotes.transposed_convolution; the oracle is torch in float64."""

from itertools import product

import pytest
import torch
from torch.nn.functional import conv2d, conv_transpose2d, interpolate

from d2lnotes.convolution import output_size
from d2lnotes.transposed_convolution import (
    bilinear_kernel,
    convolution_matrix,
    overlap_counts,
    transposed_convolution_2d,
    transposed_output_size,
)

SETTINGS = [
    {"stride": stride, "padding": padding, "output_padding": extra}
    for stride, padding, extra in product([1, 2, 3], [0, 1, 2], [0, 1, 2])
    if extra < stride
]


@pytest.fixture
def draw(generator):
    """Return a function that draws a float64 tensor of a given shape."""
    return lambda *shape: torch.randn(*shape, generator=generator, dtype=torch.double)


@pytest.mark.parametrize("with_bias", [False, True])
@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_outputs_are_those_of_torch(setting, with_bias, draw):
    inputs, weight = draw(2, 3, 4, 5), draw(3, 2, 4, 5)
    bias = draw(2) if with_bias else None

    outputs = transposed_convolution_2d(inputs, weight, bias=bias, **setting)

    expected = conv_transpose2d(inputs, weight, bias, **setting)
    torch.testing.assert_close(outputs, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_gradients_are_those_of_torch(setting, draw):
    leaves = [draw(2, 3, 4, 5), draw(3, 2, 4, 5), draw(2)]
    inputs, weight, bias = (leaf.requires_grad_() for leaf in leaves)
    own = transposed_convolution_2d(inputs, weight, bias=bias, **setting)
    expected = conv_transpose2d(inputs, weight, bias, **setting)
    arriving = draw(*expected.shape)

    found = torch.autograd.grad(own, leaves, arriving)

    others = torch.autograd.grad(expected, leaves, arriving)
    for gradient, other in zip(found, others, strict=True):
        torch.testing.assert_close(gradient, other, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_it_is_the_gradient_of_the_convolution_with_the_same_kernel(setting, draw):
    stride, padding, extra = setting.values()
    arriving, weight = draw(2, 3, 4, 5), draw(3, 2, 4, 5)
    upwards = transposed_convolution_2d(arriving, weight, **setting)
    maps = torch.zeros_like(upwards, requires_grad=True)
    outputs = conv2d(maps, weight, stride=stride, padding=padding)
    assert outputs.shape == arriving.shape  # whatever extra is, below the stride

    (gradient,) = torch.autograd.grad(outputs, maps, arriving)

    torch.testing.assert_close(upwards, gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_the_matrix_convolves_and_its_transpose_does_the_reverse(stride, padding, draw):
    image, kernel = draw(7, 6), draw(3, 2)
    options = {"stride": stride, "padding": padding}

    matrix = convolution_matrix(kernel, (7, 6), **options)

    outputs = conv2d(image[None, None], kernel[None, None], **options)
    torch.testing.assert_close(matrix @ image.flatten(), outputs.flatten())
    # A convolution with a stride may leave rows at the end unseen; they are added back.
    sides = zip(image.shape, kernel.shape, strict=True)
    rest = tuple((n + 2 * padding - k) % stride for n, k in sides)
    back = conv_transpose2d(outputs, kernel[None, None], **options, output_padding=rest)
    torch.testing.assert_close(matrix.T @ outputs.flatten(), back.flatten())


@pytest.mark.parametrize("stride", range(1, 6))
def test_the_bilinear_kernel_interpolates_away_from_the_border(stride, draw):
    maps = draw(1, 2, 6, 7)
    weight = bilinear_kernel(2, stride).double()
    padding = (weight.shape[-1] - stride) // 2

    outputs = conv_transpose2d(maps, weight, stride=stride, padding=padding)

    expected = interpolate(maps, scale_factor=stride, mode="bilinear")
    assert outputs.shape == expected.shape
    inside = (..., slice(stride, -stride), slice(stride, -stride))
    torch.testing.assert_close(outputs[inside], expected[inside], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("kernel_size", range(4, 7))
def test_overlaps_are_what_ones_add_up_to(setting, kernel_size):
    ones, kernel = torch.ones(1, 1, 5, 5), torch.ones(1, 1, kernel_size, kernel_size)

    counts = overlap_counts(5, kernel_size, **setting)

    sums = conv_transpose2d(ones, kernel, **setting)[0, 0].long()
    assert torch.outer(counts, counts).tolist() == sums.tolist()


@pytest.mark.parametrize("stride", [1, 2, 3, 4])
def test_output_padding_chooses_among_the_sizes_that_a_convolution_makes_equal(stride):
    # Each size goes back to itself with the one output padding that is left over.
    for size, kernel, padding in product(range(5, 12), range(1, 5), range(2)):
        small = output_size(size, kernel, padding=padding, stride=stride)
        rest = (size + 2 * padding - kernel) % stride
        options = {"stride": stride, "padding": padding, "output_padding": rest}
        assert transposed_output_size(small, kernel, **options) == size


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 0}, "at least 1"),
        ({"kernel_size": 0}, "at least 1"),
        ({"stride": 0}, "at least 1"),
        ({"padding": -1}, "at least 0"),
        ({"stride": 2, "output_padding": 2}, "less than the stride, 2, got 2"),
        ({"output_padding": -1}, "at least 0 and less"),
        ({"padding": 2}, "cuts all of them off"),
    ],
)
def test_sizes_without_meaning_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        transposed_output_size(**{"size": 2, "kernel_size": 3} | options)


@pytest.mark.parametrize(
    ("inputs", "weight", "bias", "message"),
    [
        ((5, 5), (1, 1, 2, 2), None, r"x\[None, None\]"),
        ((1, 3, 5, 5), (2, 3, 2, 2), None, "made for 2; its first axis"),
        ((1, 3, 5, 5), (3, 2, 2, 2), (3,), r"2 output channels, got the shape \(3,\)"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(inputs, weight, bias, message):
    bias = None if bias is None else torch.ones(bias)

    with pytest.raises(ValueError, match=message):
        transposed_convolution_2d(torch.ones(inputs), torch.ones(weight), bias=bias)


def test_a_kernel_with_channels_has_no_single_matrix():
    with pytest.raises(ValueError, match="two axes"):
        convolution_matrix(torch.ones(1, 1, 2, 2), (4, 4))


@pytest.mark.parametrize(("channels", "stride"), [(0, 2), (2, 0)])
def test_a_bilinear_kernel_of_nothing_is_refused(channels, stride):
    with pytest.raises(ValueError, match="at least 1"):
        bilinear_kernel(channels, stride)
