"""Tests for d2lnotes.models.convnets.resnet."""

import pytest
import torch
from torch import nn
from torchvision import models

from d2lnotes.models.convnets import CifarResNet, ResNet
from d2lnotes.models.convnets.resnet import BasicBlock, Bottleneck

RESNEXT = {"groups": 32, "base_width": 4}
PUBLISHED = {  # depth, options, and the same network of torchvision
    "ResNet-18": (18, {}, models.resnet18),
    "ResNet-34": (34, {}, models.resnet34),
    "ResNet-50": (50, {}, models.resnet50),
    "ResNet-101": (101, {}, models.resnet101),
    "ResNeXt-50": (50, RESNEXT, models.resnext50_32x4d),
}


def num_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_have_the_names_and_shapes_of_torchvisions(name):
    depth, options, published = PUBLISHED[name]
    with torch.device("meta"):
        ours, theirs = ResNet.of_depth(depth, **options), published()

    def shapes(model):
        return {key: value.shape for key, value in model.state_dict().items()}

    assert shapes(ours) == shapes(theirs)


@pytest.mark.parametrize("name", ["ResNet-18", "ResNeXt-50"])
def test_logits_are_those_of_torchvision_with_the_same_weights(name, generator):
    depth, options, published = PUBLISHED[name]
    theirs = published(num_classes=5).eval()
    ours = ResNet.of_depth(depth, **options, num_classes=5).eval()
    ours.load_state_dict(theirs.state_dict())
    images = torch.rand(2, 3, 64, 64, generator=generator)

    torch.testing.assert_close(ours(images), theirs(images))


@pytest.mark.parametrize(
    ("depth", "millions"), [(20, 0.27), (32, 0.46), (44, 0.66), (56, 0.85)]
)
def test_cifar_form_has_the_parameters_of_the_paper(depth, millions):
    with torch.device("meta"):
        model = CifarResNet(depth)

    assert round(num_parameters(model) / 1e6, 2) == millions


@pytest.mark.parametrize("depth", [8, 20, 56])
def test_cifar_form_has_as_many_layers_as_its_depth(depth):
    with torch.device("meta"):
        model = CifarResNet(depth)

    kinds = (nn.Conv2d, nn.Linear)
    assert sum(isinstance(m, kinds) for m in model.modules()) == depth


@pytest.mark.parametrize("batch_norm", [True, False])
def test_shortcuts_have_no_parameters(batch_norm):
    with torch.device("meta"):
        with_, without = (
            CifarResNet(14, shortcut=s, batch_norm=batch_norm) for s in (True, False)
        )

    assert num_parameters(with_) == num_parameters(without)


def test_shortcut_adds_each_second_pixel_and_channels_of_zeros(generator):
    block = BasicBlock(2, 5, stride=2, projection=False, batch_norm=False)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)
    inputs = torch.rand(3, 2, 8, 8, generator=generator)

    outputs = block(inputs)

    torch.testing.assert_close(outputs[:, :2], inputs[:, :, ::2, ::2])
    assert not outputs[:, 2:].any()


def test_plain_block_leaves_the_input_out(generator):
    block = BasicBlock(2, 2, shortcut=False, batch_norm=False)
    nn.init.zeros_(block.conv2.weight)
    nn.init.zeros_(block.conv2.bias)

    assert not block(torch.rand(3, 2, 8, 8, generator=generator)).any()


@pytest.mark.parametrize("batch_norm", [True, False])
def test_blocks_that_start_at_zero_are_the_identity(batch_norm, generator):
    model = CifarResNet(20, batch_norm=batch_norm, zero_init=True)
    inputs = torch.rand(3, 16, 32, 32, generator=generator)

    torch.testing.assert_close(model.stages[0](inputs), inputs)


def test_networks_without_normalization_have_none():
    model = CifarResNet(8, batch_norm=False)

    assert not any(isinstance(m, nn.BatchNorm2d) for m in model.modules())


def test_convolutions_start_as_he_draws_them():
    torch.manual_seed(0)
    weight = CifarResNet(8, width=64).stages[2][0].conv2.weight.detach()

    variance = 2 / (256 * 9)
    torch.testing.assert_close(weight.var().item(), variance, rtol=0.02, atol=0)


def test_bottleneck_has_four_times_the_channels(generator):
    inputs = torch.rand(2, 64, 8, 8, generator=generator)

    assert Bottleneck(64, 32, stride=2)(inputs).shape == (2, 128, 4, 4)


@pytest.mark.parametrize("depth", [2, 9, 18])
def test_depths_of_another_form_are_refused(depth):
    with pytest.raises(ValueError, match=rf"6n \+ 2.*got {depth}"):
        CifarResNet(depth)


def test_starting_at_zero_without_shortcuts_is_refused():
    with pytest.raises(ValueError, match="need shortcuts"):
        CifarResNet(8, shortcut=False, zero_init=True)


def test_a_depth_without_published_network_is_refused():
    with pytest.raises(ValueError, match="one of 18, 34, 50, 101, got 20"):
        ResNet.of_depth(20)
