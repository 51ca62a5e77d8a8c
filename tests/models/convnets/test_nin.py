"""Tests for d2lnotes.models.convnets.nin."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, linear

from d2lnotes.models.convnets import NiN, NiNBlock, NiNSpec

CLASSES = 7


def convolution(inputs, outputs, side):
    return outputs * (inputs * side * side + 1)


def num_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.fixture
def images(generator):
    return torch.rand(4, 3, 32, 32, generator=generator)


def test_by_default_it_has_the_parameters_that_its_shape_implies():
    with torch.device("meta"):
        model = NiN(num_classes=CLASSES)

    expected = (
        convolution(3, 96, 11)
        + 2 * convolution(96, 96, 1)
        + convolution(96, 256, 5)
        + 2 * convolution(256, 256, 1)
        + convolution(256, 384, 3)
        + 2 * convolution(384, 384, 1)
        + convolution(384, CLASSES, 3)
        + 2 * convolution(CLASSES, CLASSES, 1)
    )
    assert num_parameters(model) == expected


def test_the_form_for_small_images_has_the_parameters_of_the_authors_code():
    expected = (
        convolution(3, 192, 5)
        + convolution(192, 160, 1)
        + convolution(160, 96, 1)
        + convolution(96, 192, 5)
        + 2 * convolution(192, 192, 1)
        + convolution(192, 192, 3)
        + convolution(192, 192, 1)
        + convolution(192, 10, 1)
    )
    assert expected == 966_986
    assert num_parameters(NiN.cifar10()) == expected


def test_the_maps_of_large_images_have_five_rows():
    with torch.device("meta"):
        maps = NiN(num_classes=CLASSES).maps(torch.zeros(2, 3, 224, 224))

    assert maps.shape == (2, CLASSES, 5, 5)


def test_a_block_is_a_perceptron_at_each_pixel(images):
    block = NiNBlock(3, NiNSpec((6, 5, 4), side=3, padding=1))
    first, _, second, _, third, _ = block

    pixels = first(images).relu().movedim(1, -1)  # (4, 32, 32, 6)
    hidden = linear(pixels, second.weight.flatten(1), second.bias).relu()
    outputs = linear(hidden, third.weight.flatten(1), third.bias).relu()

    torch.testing.assert_close(block(images), outputs.movedim(-1, 1))


def test_a_logit_is_the_mean_of_its_map(images):
    model = NiN.slim(num_classes=CLASSES).eval()

    torch.testing.assert_close(model(images), model.maps(images).mean(dim=(2, 3)))


def test_logits_can_be_negative_unless_relu_is_asked_for(images):
    torch.manual_seed(0)

    assert (NiN.slim()(images) < 0).any()
    assert (NiN.slim(last_relu=True)(images) >= 0).all()


@pytest.mark.parametrize("size", [(32, 32), (48, 20)])
def test_images_of_any_size_give_a_logit_for_each_class(size, generator):
    images = torch.rand(2, 3, *size, generator=generator)

    assert NiN.slim(num_classes=CLASSES)(images).shape == (2, CLASSES)


def test_dropout_stands_before_the_last_block(images):
    features = NiN.cifar10().train().features

    assert [i for i, m in enumerate(features) if isinstance(m, nn.Dropout)] == [4]
    assert (features(images) == 0).float().mean() > 0.5


def test_every_parameter_gets_a_gradient(images):
    torch.manual_seed(0)
    model = NiN.slim(num_classes=CLASSES)

    cross_entropy(model(images), torch.arange(4)).backward()

    gradients = {name: p.grad for name, p in model.named_parameters()}
    assert [n for n, g in gradients.items() if g is None or not g.any()] == []


def test_weights_start_by_the_rule_of_he():
    torch.manual_seed(0)
    convolution = NiN.cifar10().features[2][0]  # 96 channels in, 5 by 5

    expected = math.sqrt(2 / (96 * 25))
    assert convolution.weight.std().item() == pytest.approx(expected, rel=0.02)
    assert not convolution.bias.any()
