"""Tests for d2lnotes.layer_table, with torch's own counter of operations as oracle."""

import pytest
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode
from torchvision.models import convnext_tiny, googlenet, resnet18

from d2lnotes.layer_table import layer_table
from d2lnotes.models.convnets import LeNet


def flops(model, shape):
    """Return what torch counts; a multiplication and its addition are two."""
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model.eval()(torch.zeros(1, *shape, device="meta"))
    return counter.get_total_flops()


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (LeNet, (1, 28, 28)),
        (resnet18, (3, 64, 64)),
        (lambda: googlenet(init_weights=False, aux_logits=False), (3, 96, 96)),
        (convnext_tiny, (3, 64, 64)),
    ],
)
def test_sums_are_those_of_torch(make, shape):
    with torch.device("meta"):
        model = make()

    table = layer_table(model, shape)

    assert table.parameters == sum(p.numel() for p in model.parameters())
    assert 2 * table.operations == flops(model, shape)


def test_rows_stand_in_the_order_of_use_with_what_comes_out():
    model = nn.Sequential(nn.Conv2d(3, 4, 3, groups=1, bias=False), nn.ReLU())

    rows = layer_table(model, (3, 8, 6)).rows

    assert [row.kind for row in rows] == ["Conv2d", "ReLU"]
    assert [row.shape for row in rows] == [(4, 6, 4), (4, 6, 4)]
    assert [row.parameters for row in rows] == [4 * 3 * 9, 0]
    assert [row.operations for row in rows] == [4 * 6 * 4 * 3 * 9, 0]


def test_a_layer_used_twice_works_twice_with_the_same_parameters():
    layer = nn.Linear(5, 5)

    table = layer_table(nn.Sequential(layer, layer), (5,))

    assert (table.parameters, table.operations) == (30, 50)


def test_the_model_keeps_its_numbers_and_its_mode():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    before = {name: value.clone() for name, value in model.state_dict().items()}

    layer_table(model, (2,))

    assert model.training
    assert model[0].weight.device.type == "cpu"
    for name, value in model.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)
    assert not model[0]._forward_hooks


def test_the_text_has_a_line_for_each_layer_and_the_sums():
    lines = str(layer_table(nn.Sequential(nn.Linear(1000, 2)), (1000,))).splitlines()

    assert [line.split() for line in lines] == [
        ["layer", "kind", "output", "parameters", "operations"],
        ["0", "Linear", "2", "2,002", "2,000"],
        ["sum", "2,002", "2,000"],
    ]
    assert len({len(line) for line in lines}) == 1
