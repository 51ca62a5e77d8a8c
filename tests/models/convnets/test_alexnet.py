"""Tests for d2lnotes.models.convnets.alexnet."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import (
    conv2d,
    cross_entropy,
    linear,
    local_response_norm,
    max_pool2d,
)

from d2lnotes.models.convnets import AlexNet

BATCH, CLASSES = 4, 7


@pytest.fixture
def images(generator):
    return torch.rand(BATCH, 3, 32, 32, generator=generator)


def num_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


def on_meta(make):
    """Make a network without memory for its numbers."""
    with torch.device("meta"):
        return make()


def test_the_default_has_the_parameters_of_torchvision():
    assert num_parameters(on_meta(AlexNet)) == 61_100_840


def test_the_network_of_2012_has_its_published_parameters():
    assert num_parameters(on_meta(AlexNet.of_2012)) == 60_965_224


@pytest.mark.parametrize(
    ("make", "image_size"), [(AlexNet, 224), (AlexNet.of_2012, 227)]
)
def test_the_maps_shrink_to_six_by_six(make, image_size):
    model = on_meta(make)
    images = torch.zeros(1, 3, image_size, image_size, device="meta")

    assert model.features(images).shape == (1, 256, 6, 6)
    assert model(images).shape == (1, 1000)


@pytest.mark.parametrize("image_size", [32, 33, 37, 64])
def test_the_dense_layers_fit_images_of_another_size(image_size):
    model = AlexNet.small(image_size=image_size, num_classes=CLASSES)

    assert model(torch.zeros(2, 3, image_size, image_size)).shape == (2, CLASSES)


def test_it_computes_what_the_paper_says(images):
    options = {"groups": 2, "response_norm": True}
    model = AlexNet.small(width=4, **options).eval()
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5, *dense = model.parameters()

    def norm(x):  # the paper's alpha is not divided by the number of channels
        return local_response_norm(x, 5, alpha=5 * 1e-4, beta=0.75, k=2)

    x = norm(conv2d(images, w1, b1, stride=2, padding=2).relu())
    x = max_pool2d(x, 3, stride=2, ceil_mode=True)
    x = norm(conv2d(x, w2, b2, padding=2, groups=2).relu())
    x = max_pool2d(x, 3, stride=2, ceil_mode=True)
    x = conv2d(x, w3, b3, padding=1).relu()
    x = conv2d(x, w4, b4, padding=1, groups=2).relu()
    x = conv2d(x, w5, b5, padding=1, groups=2).relu()
    x = max_pool2d(x, 3, stride=2, ceil_mode=True).flatten(1)
    x = linear(x, dense[0], dense[1]).relu()
    x = linear(linear(x, dense[2], dense[3]).relu(), dense[4], dense[5])

    torch.testing.assert_close(model(images), x)


def test_the_response_norm_divides_by_the_formula_of_the_paper():
    model = on_meta(AlexNet.of_2012)
    norm = next(m for m in model.modules() if isinstance(m, nn.LocalResponseNorm))
    activity = torch.arange(1.0, 6.0).reshape(1, 5, 1, 1)

    middle = norm(activity)[0, 2].item()

    assert middle == pytest.approx(3 / (2 + 1e-4 * 55) ** 0.75)


def test_small_networks_keep_the_proportions_of_the_widths():
    widths = [
        m.out_channels
        for m in AlexNet.small(5).features
        if hasattr(m, "stride") and isinstance(m, nn.Conv2d)
    ]

    assert widths == [5, 15, 30, 20, 20]


def test_the_activation_and_the_rate_of_dropout_are_those_asked_for():
    model = AlexNet.small(activation=nn.Tanh, dropout=0.25)

    assert sum(isinstance(m, nn.Tanh) for m in model.modules()) == 7
    assert not any(isinstance(m, nn.ReLU) for m in model.modules())
    assert [m.p for m in model.modules() if isinstance(m, nn.Dropout)] == [0.25, 0.25]


def test_weights_start_as_he_says_and_biases_at_zero():
    torch.manual_seed(0)
    model = AlexNet.small(width=16)
    layer, last = model.features[6], model.classifier[-1]

    expected = math.sqrt(2 / (48 * 9))
    assert layer.weight.std().item() == pytest.approx(expected, rel=0.03)
    assert last.weight.std().item() == pytest.approx(0.01, rel=0.03)
    assert not layer.bias.any()
    assert not last.bias.any()


def test_every_parameter_gets_a_gradient(images):
    torch.manual_seed(0)
    model = AlexNet.small(num_classes=CLASSES)

    cross_entropy(model(images), torch.arange(BATCH)).backward()

    gradients = {name: p.grad for name, p in model.named_parameters()}
    assert [n for n, g in gradients.items() if g is None or not g.any()] == []


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 1, 32, 32), (2, 3, 28, 28)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=rf"got \({', '.join(map(str, shape))}\)"):
        AlexNet.small()(torch.zeros(shape))
