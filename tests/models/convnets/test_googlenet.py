"""Tests for d2lnotes.models.convnets.googlenet, with torchvision's network."""

import math

import pytest
import torch
import torchvision
from torch import nn
from torch.nn.functional import conv2d, cross_entropy, max_pool2d
from torchvision.models.googlenet import Inception as TorchvisionInception

from d2lnotes.models.convnets import GoogLeNet, Inception, InceptionSpec

SPEC = InceptionSpec(4, (6, 8), (2, 3), 5)


def num_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.fixture
def maps(generator):
    return torch.randn(2, 7, 9, 9, generator=generator)


def test_it_has_as_many_parameters_as_torchvisions():
    with torch.device("meta"):
        ours = GoogLeNet(side=3, normalize=True)
        theirs = torchvision.models.googlenet(aux_logits=False, init_weights=False)

    assert num_parameters(ours) == num_parameters(theirs)


def test_the_parameters_of_the_papers_form_follow_from_its_table():
    def conv(inputs, outputs, side=1):
        return outputs * (inputs * side * side + 1)

    table = [  # table 1 of the paper: 1×1, 3×3 reduce, 3×3, 5×5 reduce, 5×5, pool
        (64, 96, 128, 16, 32, 32),
        (128, 128, 192, 32, 96, 64),
        (192, 96, 208, 16, 48, 64),
        (160, 112, 224, 24, 64, 64),
        (128, 128, 256, 24, 64, 64),
        (112, 144, 288, 32, 64, 64),
        (256, 160, 320, 32, 128, 128),
        (256, 160, 320, 32, 128, 128),
        (384, 192, 384, 48, 128, 128),
    ]
    expected = conv(3, 64, 7) + conv(64, 64) + conv(64, 192, 3)
    inputs = 192
    for one, middle, three, reduced, five, pool in table:
        expected += conv(inputs, one) + conv(inputs, middle) + conv(middle, three, 3)
        expected += conv(inputs, reduced) + conv(reduced, five, 5) + conv(inputs, pool)
        inputs = one + three + five + pool
    expected += 1000 * (inputs + 1)
    with torch.device("meta"):
        model = GoogLeNet()

    assert num_parameters(model) == expected == 6_998_552


def test_a_block_computes_what_torchvisions_does(maps):
    torch.manual_seed(0)
    theirs = TorchvisionInception(7, 4, 6, 8, 2, 3, 5)
    ours = Inception(7, SPEC, side=3, normalize=True)
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        mine.data = other.data

    for module in ours.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eps = 0.001  # theirs

    torch.testing.assert_close(ours(maps), theirs(maps))


def test_the_branches_are_those_of_the_paper(maps):
    block = Inception(7, SPEC)
    w1, b1, w2, b2, w3, b3, w4, b4, w5, b5, w6, b6 = block.parameters()

    one = conv2d(maps, w1, b1).relu()
    three = conv2d(conv2d(maps, w2, b2).relu(), w3, b3, padding=1).relu()
    five = conv2d(conv2d(maps, w4, b4).relu(), w5, b5, padding=2).relu()
    pool = conv2d(max_pool2d(maps, 3, stride=1, padding=1), w6, b6).relu()
    expected = torch.cat([one, three, five, pool], dim=1)

    torch.testing.assert_close(block(maps), expected)


def test_the_channels_of_the_branches_add_up(maps):
    block = Inception(7, SPEC)

    assert block.out_channels == sum(SPEC.branches) == 4 + 8 + 3 + 5
    assert block(maps).shape == (2, block.out_channels, 9, 9)


def test_large_images_have_the_sizes_of_the_paper():
    with torch.device("meta"):
        model = GoogLeNet()
        outputs, shapes = model.stem(torch.zeros(1, 3, 224, 224)), []
        for stage in model.stages:
            outputs = stage(outputs)
            shapes.append(tuple(outputs.shape[1:]))

    assert shapes == [(480, 28, 28), (832, 14, 14), (1024, 7, 7)]


def test_the_slim_form_gives_a_logit_for_each_class(generator):
    images = torch.rand(2, 1, 28, 28, generator=generator)

    assert GoogLeNet.slim(num_classes=5, in_channels=1)(images).shape == (2, 5)


def test_a_width_scales_each_branch_and_leaves_a_channel():
    assert SPEC.scaled(2) == InceptionSpec(8, (12, 16), (4, 6), 10)
    assert SPEC.scaled(0.01) == InceptionSpec(1, (1, 1), (1, 1), 1)


def test_a_normalization_takes_the_place_of_the_bias():
    kinds = [type(layer) for layer in Inception(7, SPEC, normalize=True).branches[0]]

    assert kinds == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU]
    assert Inception(7, SPEC, normalize=True).branches[0][0].bias is None


def test_every_parameter_gets_a_gradient(generator):
    torch.manual_seed(0)
    model = GoogLeNet(small_stem=16, num_classes=4)
    images = torch.rand(4, 3, 32, 32, generator=generator)

    cross_entropy(model(images), torch.arange(4)).backward()

    gradients = {name: p.grad for name, p in model.named_parameters()}
    assert [n for n, g in gradients.items() if g is None or not g.any()] == []


def test_weights_start_by_the_rule_of_he():
    torch.manual_seed(0)
    convolution = GoogLeNet().stem[5]  # 64 channels in, 3 by 3

    expected = math.sqrt(2 / (64 * 9))
    assert convolution.weight.std().item() == pytest.approx(expected, rel=0.02)
    assert not convolution.bias.any()
