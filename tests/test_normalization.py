"""Tests for d2lnotes.normalization, with torch as the oracle."""

import pytest
import torch
from torch.nn import functional

from d2lnotes.normalization import batch_norm, group_norm, layer_norm

CHANNELS = 6
each_shape = pytest.mark.parametrize("shape", [(5, CHANNELS), (4, CHANNELS, 3, 2)])
each_mode = pytest.mark.parametrize("training", [True, False])


def draw(generator, *shape):
    return torch.randn(*shape, generator=generator, dtype=torch.double)


@pytest.fixture
def weight(generator):
    return draw(generator, CHANNELS)


@pytest.fixture
def bias(generator):
    return draw(generator, CHANNELS)


@pytest.fixture
def running(generator):
    return draw(generator, CHANNELS), draw(generator, CHANNELS).square() + 0.1


@each_shape
@each_mode
@pytest.mark.parametrize("momentum", [0.1, 0.7])
def test_batch_norm_equals_torch(
    shape, training, momentum, weight, bias, running, generator
):
    x = 3 * draw(generator, *shape) + 2
    theirs = [value.clone() for value in running]
    options = {"training": training, "momentum": momentum, "eps": 1e-3}

    ours = batch_norm(x, *running, weight, bias, **options)

    torch.testing.assert_close(
        ours, functional.batch_norm(x, *theirs, weight, bias, **options)
    )
    torch.testing.assert_close(list(running), theirs)


def test_batch_norm_without_weight_and_bias_has_mean_0_and_variance_1(
    running, generator
):
    normalized = batch_norm(
        draw(generator, 8, CHANNELS, 5, 5) * 7 - 3, *running, training=True, eps=0
    )

    channels = normalized.transpose(0, 1).flatten(1)
    torch.testing.assert_close(channels.mean(dim=1), torch.zeros(CHANNELS).double())
    torch.testing.assert_close(
        channels.var(dim=1, correction=0), torch.ones(CHANNELS).double()
    )


def test_the_gradient_of_batch_norm_is_that_of_torch(weight, bias, running, generator):
    x = draw(generator, 4, CHANNELS, 3, 3).requires_grad_()
    towards = draw(generator, 4, CHANNELS, 3, 3)

    ours = batch_norm(x, *running, weight, bias, training=True)
    theirs = functional.batch_norm(x, *running, weight, bias, training=True)

    grad, expected = (
        torch.autograd.grad((y * towards).sum(), x)[0] for y in (ours, theirs)
    )
    torch.testing.assert_close(grad, expected)


def test_running_statistics_take_no_part_in_the_graph(running, generator):
    x = draw(generator, 4, CHANNELS).requires_grad_()

    batch_norm(x, *running, training=True)

    assert not running[0].requires_grad
    assert not running[1].requires_grad


@pytest.mark.parametrize("shape", [(1, CHANNELS), (1, CHANNELS, 1, 1)])
def test_a_single_number_per_channel_cannot_be_normalized(shape, running, generator):
    with pytest.raises(ValueError, match="at least two numbers"):
        batch_norm(draw(generator, *shape), *running, training=True)

    batch_norm(draw(generator, *shape), *running, training=False)


@each_shape
@pytest.mark.parametrize("num_groups", [1, 2, 3])
def test_group_norm_equals_torch(shape, num_groups, weight, bias, generator):
    x = draw(generator, *shape)

    ours = group_norm(x, num_groups, weight, bias, eps=1e-3)

    theirs = functional.group_norm(x, num_groups, weight, bias, eps=1e-3)
    torch.testing.assert_close(ours, theirs)


def test_as_many_groups_as_channels_is_instance_normalization(generator):
    x = draw(generator, 3, CHANNELS, 4, 4)

    torch.testing.assert_close(group_norm(x, CHANNELS), functional.instance_norm(x))


@pytest.mark.parametrize("num_groups", [0, 4, 12])
def test_groups_are_of_equal_size(num_groups, generator):
    with pytest.raises(ValueError, match="equal groups"):
        group_norm(draw(generator, 2, CHANNELS), num_groups)


@pytest.mark.parametrize("shape", [(CHANNELS,), (3, CHANNELS)])
def test_layer_norm_equals_torch(shape, generator):
    x = draw(generator, 4, 3, CHANNELS)
    weight, bias = draw(generator, *shape), draw(generator, *shape)

    ours = layer_norm(x, shape, weight, bias, eps=1e-3)

    torch.testing.assert_close(
        ours, functional.layer_norm(x, shape, weight, bias, eps=1e-3)
    )


def test_layer_norm_without_weight_and_bias_equals_torch(generator):
    x = draw(generator, 4, CHANNELS)

    torch.testing.assert_close(
        layer_norm(x, [CHANNELS]), functional.layer_norm(x, [CHANNELS])
    )


@pytest.mark.parametrize("shape", [(), (5,), (4, 3)])
def test_inputs_end_in_the_normalized_shape(shape, generator):
    with pytest.raises(ValueError, match="do not end in"):
        layer_norm(draw(generator, 2, 3, CHANNELS), shape)
