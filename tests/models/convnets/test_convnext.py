"""Tests for d2lnotes.models.convnets.convnext; its size is that torchvision gives."""

import pytest
import torch
from torch import nn

from d2lnotes.models.convnets import ConvNeXt


def slim(**options):
    return ConvNeXt((8, 16), (1, 2), patch=2, num_classes=7, **options)


def test_the_published_size_has_its_parameters():
    with torch.device("meta"):
        model = ConvNeXt.tiny()

    assert sum(p.numel() for p in model.parameters()) == 28_589_128


def test_a_slim_one_gives_each_class_a_logit(generator):
    logits = slim()(torch.rand(5, 3, 32, 32, generator=generator))

    assert logits.shape == (5, 7)


def test_patches_and_stages_shrink_the_map(generator):
    features = slim().features(torch.rand(5, 3, 32, 32, generator=generator))

    assert features.shape == (5, 16, 8, 8)


@pytest.mark.parametrize("kernel_size", [3, 7])
def test_a_block_convolves_each_channel_by_itself(kernel_size):
    block = slim(kernel_size=kernel_size).features[-1]

    assert block.body[0].weight.shape == (16, 1, kernel_size, kernel_size)


def test_a_block_with_scale_0_is_the_identity(generator):
    block = slim(layer_scale=0.0).features[-1]
    x = torch.rand(2, 16, 8, 8, generator=generator)

    torch.testing.assert_close(block(x), x)


def test_a_normalization_is_over_the_channels_of_each_place(generator):
    norm = slim().features[1]
    x = 5 * torch.rand(2, 8, 4, 4, generator=generator) + 3

    normalized = norm(x)

    torch.testing.assert_close(normalized.mean(dim=1), torch.zeros(2, 4, 4))
    torch.testing.assert_close(
        normalized.std(dim=1, correction=0), torch.ones(2, 4, 4), rtol=0, atol=1e-4
    )


def test_weights_start_small_and_biases_at_0():
    for layer in ConvNeXt((64, 64), (1, 1)).modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            assert layer.weight.abs().max() < 0.2
            assert not layer.bias.any()


def test_each_stage_has_a_width_and_a_depth():
    with pytest.raises(ValueError, match="equally long"):
        ConvNeXt((8, 16), (1,))


def test_even_kernels_are_refused():
    with pytest.raises(ValueError, match="must be odd"):
        slim(kernel_size=4)
