"""Tests for d2lnotes.models.convnets."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, conv2d, cross_entropy, linear

from d2lnotes.models.convnets import LeNet, ModernLeNet

BATCH, CLASSES = 5, 7
each_model = pytest.mark.parametrize("model_class", [LeNet, ModernLeNet])


@pytest.fixture
def images(generator):
    return torch.rand(BATCH, 1, 28, 28, generator=generator)


def convolution(inputs, outputs, *, bias):
    return outputs * (inputs * 5 * 5 + bias)


def dense(inputs, outputs, *, bias):
    return outputs * (inputs + bias)


def num_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@each_model
def test_each_class_gets_a_logit(model_class, images):
    logits = model_class(num_classes=CLASSES)(images)

    assert logits.shape == (BATCH, CLASSES)


@each_model
def test_features_have_the_sizes_of_the_paper(model_class, images):
    assert model_class().features(images).shape == (BATCH, 16, 5, 5)


def test_lenet_has_the_parameters_that_its_shape_implies():
    expected = (
        convolution(1, 6, bias=True)
        + convolution(6, 16, bias=True)
        + dense(400, 120, bias=True)
        + dense(120, 84, bias=True)
        + dense(84, CLASSES, bias=True)
    )

    assert num_parameters(LeNet(num_classes=CLASSES)) == expected


def test_modern_lenet_has_the_parameters_that_its_shape_implies():
    scales_and_shifts = 2 * (6 + 16 + 120 + 84)
    expected = (
        convolution(1, 6, bias=False)
        + convolution(6, 16, bias=False)
        + dense(400, 120, bias=False)
        + dense(120, 84, bias=False)
        + dense(84, CLASSES, bias=True)
        + scales_and_shifts
    )

    assert num_parameters(ModernLeNet(num_classes=CLASSES)) == expected


def test_lenet_computes_what_its_docstring_says(images):
    model = LeNet()
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5 = model.parameters()

    x = avg_pool2d(conv2d(images, w1, b1, padding=2).sigmoid(), 2)
    x = avg_pool2d(conv2d(x, w2, b2).sigmoid(), 2)
    x = linear(x.flatten(1), w3, b3).sigmoid()
    x = linear(linear(x, w4, b4).sigmoid(), w5, b5)

    torch.testing.assert_close(model(images), x)


def test_lenet_starts_with_xavier_uniform_weights():
    torch.manual_seed(0)
    weight = LeNet().classifier[1].weight.detach()

    bound = math.sqrt(6 / (400 + 120))
    assert weight.abs().max() <= bound
    # A uniform variable on [-b, b] has the standard deviation b / sqrt(3).
    torch.testing.assert_close(
        weight.std().item(), bound / math.sqrt(3), rtol=0.02, atol=0
    )


@each_model
def test_every_parameter_gets_a_gradient(model_class, images):
    torch.manual_seed(0)
    model = model_class(num_classes=CLASSES)

    cross_entropy(model(images), torch.arange(BATCH)).backward()

    gradients = {name: p.grad for name, p in model.named_parameters()}
    assert [n for n, g in gradients.items() if g is None or not g.any()] == []


@each_model
def test_in_evaluation_mode_examples_do_not_influence_each_other(model_class, images):
    model = model_class().eval()

    torch.testing.assert_close(model(images)[:1], model(images[:1]))


def test_modern_lenet_normalises_each_channel_over_the_batch(images):
    model = ModernLeNet()

    normalised = model.features[:2](images)

    means = normalised.mean(dim=(0, 2, 3)).detach()
    torch.testing.assert_close(means, torch.zeros(6), rtol=0, atol=1e-5)


def test_modern_lenet_uses_relu_and_max_pooling():
    kinds = {type(module) for module in ModernLeNet().modules()}

    assert {nn.ReLU, nn.MaxPool2d, nn.BatchNorm2d, nn.BatchNorm1d} <= kinds
    assert not {nn.Sigmoid, nn.AvgPool2d} & kinds


@each_model
@pytest.mark.parametrize("shape", [(5, 28, 28), (5, 1, 32, 32), (5, 3, 28, 28)])
def test_images_of_another_shape_are_refused(model_class, shape):
    with pytest.raises(ValueError, match=rf"got \({', '.join(map(str, shape))}\)"):
        model_class()(torch.zeros(shape))
