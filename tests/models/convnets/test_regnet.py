"""Tests for d2lnotes.models.convnets.regnet; sizes are those torchvision gives."""

import pytest
import torch
from torch import nn

from d2lnotes.models.convnets import RegNet, SqueezeExcitation, regnet_stages


def num_parameters(model):
    return sum(parameter.numel() for parameter in model.parameters())


@pytest.mark.parametrize(
    ("size", "expected"), [("x_400mf", 5_495_976), ("y_400mf", 4_344_144)]
)
def test_the_published_sizes_have_their_parameters(size, expected):
    with torch.device("meta"):
        model = getattr(RegNet, size)()

    assert num_parameters(model) == expected


def test_a_slim_one_gives_each_class_a_logit(generator):
    model = RegNet([8, 16], [1, 2], group_width=4, stem_width=8, num_classes=7)

    logits = model(torch.rand(5, 3, 32, 32, generator=generator))

    assert logits.shape == (5, 7)


@pytest.mark.parametrize(("stem_stride", "side"), [(2, 4), (1, 8)])
def test_stem_and_stages_halve_the_side(stem_stride, side, generator):
    model = RegNet([8, 16], [2, 1], group_width=4, stem_stride=stem_stride)

    features = model.features(torch.rand(2, 3, 32, 32, generator=generator))

    assert features.shape == (2, 16, side, side)


def test_groups_have_the_given_width():
    model = RegNet([8, 16, 32], [1, 1, 1], group_width=16)

    groups = [
        layer.groups
        for layer in model.modules()
        if isinstance(layer, nn.Conv2d) and layer.kernel_size == (3, 3)
    ]
    assert groups == [1, 1, 1, 2]  # the stem, then widths 8 (one group), 16 and 32


def test_a_block_keeps_its_input_where_shapes_agree(generator):
    block = RegNet([8], [2], group_width=8).features[-1].eval()
    nn.init.zeros_(block.body[-1].weight)  # the body adds nothing
    x = torch.rand(2, 8, 4, 4, generator=generator)

    torch.testing.assert_close(block(x), x)


def test_squeezing_multiplies_each_channel_by_a_number_of_its_own(generator):
    squeeze = SqueezeExcitation(4, 2)
    x = torch.rand(3, 4, 5, 5, generator=generator) + 0.1

    factors = squeeze(x) / x

    torch.testing.assert_close(factors, factors[..., :1, :1].expand_as(x))
    assert ((factors > 0) & (factors < 1)).all()


@pytest.mark.parametrize(
    ("numbers", "widths", "depths"),
    [
        ((22, 24, 24.48, 2.54), [24, 64, 152, 392], [1, 2, 7, 12]),
        ((16, 48, 27.89, 2.09), [48, 104, 208, 440], [1, 3, 6, 6]),
        ((5, 16, 0, 2.0), [16], [5]),
    ],
)
def test_four_numbers_give_the_stages(numbers, widths, depths):
    names = ["depth", "first", "slope", "ratio"]

    stages = regnet_stages(**dict(zip(names, numbers, strict=True)))

    assert stages == (widths, depths)


@pytest.mark.parametrize("wrong", [{"depth": 0}, {"first": 0}, {"ratio": 1.0}])
def test_numbers_out_of_range_are_refused(wrong):
    numbers = {"depth": 4, "first": 8, "slope": 8, "ratio": 2.0} | wrong
    with pytest.raises(ValueError, match="above 1"):
        regnet_stages(**numbers)


def test_each_stage_has_a_width_and_a_depth():
    with pytest.raises(ValueError, match="equally long"):
        RegNet([8, 16], [1], group_width=4)


def test_a_width_that_groups_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="groups of 8"):
        RegNet([12], [1], group_width=8)


def test_weights_are_drawn_by_he():
    model = RegNet([64], [1], group_width=64, stem_width=64)

    weight = model.features[-1].body[3].weight  # 64 channels of 3 by 3
    expected = (2 / (64 * 9)) ** 0.5
    assert weight.std().item() == pytest.approx(expected, rel=0.03)
