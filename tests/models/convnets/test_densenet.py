"""Tests for d2lnotes.models.convnets.densenet."""

import pytest
import torch
from torch import nn
from torchvision import models

from d2lnotes.models.convnets import DenseNet
from d2lnotes.models.convnets.densenet import DenseBlock, DenseLayer


def shapes(model):
    return [parameter.shape for parameter in model.parameters()]


def test_densenet121_has_the_parameters_of_torchvisions():
    with torch.device("meta"):
        ours, theirs = DenseNet.densenet121(), models.densenet121()

    assert shapes(ours) == shapes(theirs)


def test_logits_are_those_of_torchvision_with_the_same_weights(generator):
    theirs = models.densenet121(num_classes=5).eval()
    ours = DenseNet.densenet121(num_classes=5).eval()
    pairs = zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True)
    for own, other in pairs:
        own.copy_(other)
    images = torch.rand(2, 3, 64, 64, generator=generator)

    torch.testing.assert_close(ours(images), theirs(images))


@pytest.mark.parametrize("bottleneck", [0, 4])
def test_dense_layer_keeps_its_input_and_adds_channels(bottleneck, generator):
    inputs = torch.rand(2, 3, 8, 8, generator=generator)

    outputs = DenseLayer(3, 5, bottleneck=bottleneck)(inputs)

    assert outputs.shape == (2, 8, 8, 8)
    torch.testing.assert_close(outputs[:, :3], inputs)


def test_dense_layer_without_bottleneck_has_one_convolution():
    layer = DenseLayer(3, 5, bottleneck=0)

    assert sum(isinstance(m, nn.Conv2d) for m in layer.modules()) == 1


def test_dense_block_grows_with_each_layer(generator):
    block = DenseBlock(3, 4, 6)

    assert block(torch.rand(2, 4, 8, 8, generator=generator)).shape == (2, 22, 8, 8)


def test_transition_halves_channels_and_sides(generator):
    model = DenseNet.slim()
    transition = model.blocks[1]

    outputs = transition(torch.rand(2, 16 + 4 * 8, 8, 8, generator=generator))

    assert outputs.shape == (2, 24, 4, 4)


@pytest.mark.parametrize("in_channels", [1, 3])
def test_each_class_gets_a_logit(in_channels, generator):
    model = DenseNet.slim(num_classes=7, in_channels=in_channels)

    logits = model(torch.rand(2, in_channels, 32, 32, generator=generator))

    assert logits.shape == (2, 7)


def test_convolutions_start_as_he_draws_them():
    torch.manual_seed(0)
    model = DenseNet((1,), growth=64, stem_channels=128, small=True)
    weight = model.blocks[0][0].new[2].weight.detach()

    torch.testing.assert_close(weight.var().item(), 2 / 128, rtol=0.02, atol=0)
