"""Tests for d2lnotes.pooling; torch's own pooling and convolution are the oracle."""

import pytest
import torch
from torch.nn import functional

from d2lnotes.pooling import avg_pool_2d, blur_pool_2d, max_pool_2d

SETTINGS = [
    (window, stride, padding)
    for window in (1, 2, 3, 4)
    for stride in (None, 1, 2, 3)
    for padding in (0, 1, 2)
    if padding <= window // 2
]


@pytest.fixture
def inputs(generator):
    # Below zero throughout, so that a padding with zeros would win a maximum.
    return -1 - torch.rand(2, 3, 7, 9, generator=generator, dtype=torch.double)


@pytest.mark.parametrize(("window", "stride", "padding"), SETTINGS)
def test_the_maximum_and_its_gradient_are_those_of_torch(
    window, stride, padding, inputs
):
    own, other = (inputs.clone().requires_grad_() for _ in range(2))

    pooled = max_pool_2d(own, window, stride=stride, padding=padding)
    expected = functional.max_pool2d(other, window, stride, padding)
    pooled.square().sum().backward()
    expected.square().sum().backward()

    torch.testing.assert_close(pooled, expected, rtol=0, atol=0)
    torch.testing.assert_close(own.grad, other.grad)


@pytest.mark.parametrize("count_padding", [True, False])
@pytest.mark.parametrize(("window", "stride", "padding"), SETTINGS)
def test_the_mean_is_that_of_torch(window, stride, padding, count_padding, inputs):
    pooled = avg_pool_2d(
        inputs, window, stride=stride, padding=padding, count_padding=count_padding
    )

    expected = functional.avg_pool2d(
        inputs, window, stride, padding, count_include_pad=count_padding
    )
    torch.testing.assert_close(pooled, expected)


def test_equal_largest_numbers_share_the_gradient():
    x = torch.tensor([[[3.0, 3.0], [1.0, 3.0]]], requires_grad=True)

    max_pool_2d(x, 2).sum().backward()

    third = 1 / 3
    expected = torch.tensor([[[third, third], [0.0, third]]])
    torch.testing.assert_close(x.grad, expected)


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize(
    ("window", "row"),
    [(1, [1]), (2, [1, 1]), (3, [1, 2, 1]), (4, [1, 3, 3, 1]), (5, [1, 4, 6, 4, 1])],
)
def test_blurring_is_a_convolution_of_each_channel(window, row, stride, inputs):
    pooled = blur_pool_2d(inputs, window, stride=stride)

    weights = torch.tensor(row, dtype=inputs.dtype) / sum(row)
    kernel = torch.outer(weights, weights).expand(3, 1, window, window)
    before, after = (window - 1) // 2, window // 2
    mirrored = functional.pad(inputs, (before, after, before, after), mode="reflect")
    expected = functional.conv2d(mirrored, kernel, stride=stride, groups=3)
    torch.testing.assert_close(pooled, expected)


def test_a_flat_image_stays_flat(inputs):
    flat = torch.full_like(inputs, 0.3)

    for pooled in (blur_pool_2d(flat), avg_pool_2d(flat, 2), max_pool_2d(flat, 2)):
        torch.testing.assert_close(pooled, torch.full_like(pooled, 0.3))


def test_an_image_without_a_batch_may_be_pooled(inputs):
    for pool in (max_pool_2d, avg_pool_2d):
        torch.testing.assert_close(pool(inputs[0], 2), pool(inputs, 2)[0])


@pytest.mark.parametrize("pool", [max_pool_2d, avg_pool_2d])
def test_padding_beyond_half_of_the_window_is_refused(pool, inputs):
    with pytest.raises(ValueError, match="half of the window"):
        pool(inputs, 3, padding=2)


@pytest.mark.parametrize("pool", [max_pool_2d, avg_pool_2d, blur_pool_2d])
def test_a_window_that_does_not_fit_is_refused(pool, inputs):
    with pytest.raises(ValueError, match="does not fit"):
        pool(inputs, 8)


@pytest.mark.parametrize("pool", [max_pool_2d, avg_pool_2d, blur_pool_2d])
@pytest.mark.parametrize(("window", "stride"), [(0, 1), (2, 0)])
def test_windows_and_strides_below_1_are_refused(pool, window, stride, inputs):
    with pytest.raises(ValueError, match="at least 1"):
        pool(inputs, window, stride=stride)


@pytest.mark.parametrize("pool", [max_pool_2d, avg_pool_2d, blur_pool_2d])
def test_integers_are_refused(pool, inputs):
    with pytest.raises(ValueError, match="float"):
        pool(inputs.long(), 2)
