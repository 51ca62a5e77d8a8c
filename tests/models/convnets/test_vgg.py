"""Tests for d2lnotes.models.convnets.vgg."""

import math

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, cross_entropy, max_pool2d

from d2lnotes.models.convnets import VGG, VGG_BLOCKS, vgg_block

CLASSES = 5
PUBLISHED = {  # without and with batch normalization, as torchvision has them
    11: (132_863_336, 132_868_840),
    13: (133_047_848, 133_053_736),
    16: (138_357_544, 138_365_992),
    19: (143_667_240, 143_678_248),
}
each_depth = pytest.mark.parametrize("depth", PUBLISHED)


@pytest.fixture
def images(generator):
    return torch.rand(4, 3, 32, 32, generator=generator)


def small(**options):
    settings = {"num_classes": CLASSES, "image_size": 32, "hidden": 16}
    return VGG.of_depth(11, width=8, **settings | options)


def on_meta(depth, *, batch_norm=False):
    """Make a network of published size without memory for its numbers."""
    with torch.device("meta"):
        return VGG.of_depth(depth, batch_norm=batch_norm)


@each_depth
@pytest.mark.parametrize("batch_norm", [False, True])
def test_published_networks_have_their_published_parameters(depth, batch_norm):
    model = on_meta(depth, batch_norm=batch_norm)

    count = sum(parameter.numel() for parameter in model.parameters())
    assert count == PUBLISHED[depth][batch_norm]


@each_depth
def test_the_name_counts_the_layers_with_weights(depth):
    layers = [
        m for m in on_meta(depth).modules() if isinstance(m, nn.Conv2d | nn.Linear)
    ]

    assert len(layers) == depth


def test_the_default_is_vgg_11():
    with torch.device("meta"):
        default = VGG()

    assert str(default) == str(on_meta(11))


def test_five_blocks_halve_a_picture_five_times():
    images = torch.zeros(1, 3, 224, 224, device="meta")

    assert on_meta(16).features(images).shape == (1, 512, 7, 7)


def test_a_block_computes_what_its_docstring_says(images):
    block = vgg_block(2, 3, 4)
    w1, b1, w2, b2 = block.parameters()

    x = conv2d(images, w1, b1, padding=1).relu()
    x = conv2d(x, w2, b2, padding=1).relu()

    torch.testing.assert_close(block(images), max_pool2d(x, 2))


def test_in_a_block_normalization_stands_before_relu():
    kinds = [type(layer) for layer in vgg_block(2, 3, 4, batch_norm=True)]

    one = [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert kinds == [*one, *one, nn.MaxPool2d]


def test_width_scales_the_channels_of_all_blocks():
    widths = [block[0].out_channels for block in small().features]

    assert widths == [channels // 8 for _, channels in VGG_BLOCKS[11]]


@pytest.mark.parametrize("image_size", [32, 40, 70])
def test_the_dense_layers_fit_images_of_another_size(image_size):
    model = small(image_size=image_size)

    logits = model(torch.zeros(2, 3, image_size, image_size))
    assert logits.shape == (2, CLASSES)


def test_the_rate_of_dropout_is_the_one_asked_for():
    rates = [m.p for m in small(dropout=0.25).modules() if isinstance(m, nn.Dropout)]

    assert rates == [0.25, 0.25]


def test_weights_start_as_he_says_and_biases_at_zero():
    torch.manual_seed(0)
    model = small(hidden=512)
    layer, last = model.classifier[4], model.classifier[-1]

    assert last.weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert layer.weight.std().item() == pytest.approx(math.sqrt(2 / 512), rel=0.02)
    assert not layer.bias.any()


@pytest.mark.parametrize("batch_norm", [False, True])
def test_every_weight_gets_a_gradient(images, batch_norm):
    torch.manual_seed(0)
    model = small(batch_norm=batch_norm)

    cross_entropy(model(images), torch.arange(4)).backward()

    weights = {n: p.grad for n, p in model.named_parameters() if n.endswith("weight")}
    assert [n for n, g in weights.items() if g is None or not g.any()] == []


@pytest.mark.parametrize("shape", [(3, 32, 32), (2, 1, 32, 32), (2, 3, 28, 28)])
def test_images_of_another_shape_are_refused(shape):
    with pytest.raises(ValueError, match=rf"got \({', '.join(map(str, shape))}\)"):
        small()(torch.zeros(shape))


def test_pictures_too_small_for_the_blocks_are_refused():
    with pytest.raises(ValueError, match="at most 4 blocks"):
        small(image_size=28)


def test_an_unknown_depth_is_refused():
    with pytest.raises(ValueError, match="got 18"):
        VGG.of_depth(18)
