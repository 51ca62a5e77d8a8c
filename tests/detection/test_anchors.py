"""Tests for d2lnotes.detection.anchors; cases by hand and torchvision are the oracle."""

import pytest
import torch
from torchvision.models.detection._utils import BoxCoder

from d2lnotes.detection.anchors import (
    decode_boxes,
    encode_boxes,
    make_anchors,
    match_anchors,
)


def some_boxes(count, generator):
    corners = 100 * torch.rand(count, 2, generator=generator, dtype=torch.double)
    sides = 1 + 50 * torch.rand(count, 2, generator=generator, dtype=torch.double)
    return torch.cat([corners, corners + sides], dim=1)


def test_one_anchor_has_its_center_and_sides_by_hand():
    # Row 1 and column 2 of 2 x 4 on an image 80 high and 200 wide.
    anchor = make_anchors((2, 4), (80, 200), [16], [4])[1 * 4 + 2]

    assert anchor.tolist() == [125 - 16, 60 - 4, 125 + 16, 60 + 4]


def test_anchors_come_by_row_column_size_and_ratio():
    sizes, ratios = [10.0, 20.0], [0.5, 1.0, 2.0]
    anchors = make_anchors((3, 4), (30, 60), sizes, ratios)

    grid = anchors.reshape(3, 4, 2, 3, 4)
    wide, high = (grid[..., 2:] - grid[..., :2]).unbind(-1)
    center = (grid[..., 2:] + grid[..., :2]) / 2
    torch.testing.assert_close(
        (wide * high).sqrt(), torch.tensor(sizes)[:, None].expand(3, 4, 2, 3)
    )
    torch.testing.assert_close(wide / high, torch.tensor(ratios).expand(3, 4, 2, 3))
    columns, rows = torch.tensor([7.5, 22.5, 37.5, 52.5]), torch.tensor([5.0, 15, 25])
    torch.testing.assert_close(center[0, :, 0, 0, 0], columns)
    torch.testing.assert_close(center[:, 0, 1, 2, 1], rows)


@pytest.mark.parametrize(
    ("sizes", "ratios"), [([], [1.0]), ([8.0], []), ([8.0, 0.0], [1.0]), ([8], [-1])]
)
def test_anchors_refuse_what_makes_no_box(sizes, ratios):
    with pytest.raises(ValueError, match="positive"):
        make_anchors((2, 2), (16, 16), sizes, ratios)


def test_an_anchor_gets_the_box_that_it_fits_best():
    anchors = torch.tensor([[0.0, 0, 10, 10], [1, 0, 11, 10], [50, 50, 60, 60]])
    boxes = torch.tensor([[0.0, 0, 10, 10], [3, 0, 13, 10]])

    # The second anchor is taken by the second box, though the first fits it better.
    assert match_anchors(anchors, boxes).tolist() == [0, 1, -1]
    assert match_anchors(anchors, boxes[:1]).tolist() == [0, 0, -1]


def test_a_box_below_the_threshold_still_gets_its_best_anchor():
    anchors = torch.tensor([[0.0, 0, 4, 4], [0, 0, 6, 6]])
    box = torch.tensor([[0.0, 0, 10, 10]])

    assert match_anchors(anchors, box).tolist() == [-1, 0]


def test_two_boxes_with_the_same_best_anchor_get_one_each():
    anchors = torch.tensor([[0.0, 0, 10, 10], [4, 4, 14, 14], [40, 0, 50, 10]])
    boxes = torch.tensor([[0.0, 0, 10, 9], [0, 0, 10, 10]])

    assert match_anchors(anchors, boxes).tolist() == [1, 0, -1]


def test_the_threshold_itself_suffices():
    anchors = torch.tensor([[0.0, 0, 10, 10], [0, 0, 10, 5], [0, 0, 10, 4.9]])
    box = torch.tensor([[0.0, 0, 10, 10]])

    assert match_anchors(anchors, box).tolist() == [0, 0, -1]


def test_a_box_that_meets_no_anchor_gets_none():
    anchors = torch.tensor([[0.0, 0, 10, 10], [20, 20, 30, 30]])
    boxes = torch.tensor([[0.0, 0, 9, 9], [70, 70, 80, 80]])

    assert match_anchors(anchors, boxes).tolist() == [0, -1]


def test_more_boxes_than_anchors_leave_the_worst_without():
    anchors = torch.tensor([[0.0, 0, 10, 10]])
    boxes = torch.tensor([[0.0, 0, 10, 8], [0, 0, 10, 10], [0, 0, 10, 6]])

    assert match_anchors(anchors, boxes).tolist() == [1]


def test_without_boxes_all_is_background():
    matches = match_anchors(make_anchors((2, 2), (8, 8), [4], [1]), torch.zeros(0, 4))

    assert matches.tolist() == [-1] * 4
    assert matches.dtype == torch.long


def test_each_box_has_an_anchor_of_its_own(generator):
    anchors, boxes = some_boxes(200, generator), some_boxes(12, generator)

    matches = match_anchors(anchors, boxes, iou_threshold=1)

    assert sorted(matches[matches >= 0].tolist()) == list(range(12))


@pytest.mark.parametrize("threshold", [0, -0.5, 1.5])
def test_a_threshold_lies_above_0_and_at_most_at_1(threshold):
    with pytest.raises(ValueError, match="usual"):
        match_anchors(torch.zeros(1, 4), torch.zeros(1, 4), iou_threshold=threshold)


def test_offsets_by_hand():
    anchor = torch.tensor([10.0, 10, 30, 50])  # center (20, 30), 20 by 40
    box = torch.tensor([12.0, 6, 32, 46])  # moved by (2, -4)
    wider = torch.tensor([0.0, 10, 40, 50])  # twice as wide

    assert encode_boxes(box, anchor).tolist() == pytest.approx([1, -1, 0, 0])
    log_two = 0.6931472
    assert encode_boxes(wider, anchor, scale=(1, 1, 1, 1)).tolist() == pytest.approx(
        [0, 0, log_two, 0]
    )


def test_offsets_are_those_of_torchvision(generator):
    boxes, anchors = some_boxes(50, generator), some_boxes(50, generator)
    coder = BoxCoder(weights=(10, 10, 5, 5))

    offsets = encode_boxes(boxes, anchors)

    torch.testing.assert_close(offsets, coder.encode_single(boxes, anchors))
    wild = 10 * torch.randn(50, 4, generator=generator, dtype=torch.double)
    wild[0, 2] = 1e4
    torch.testing.assert_close(
        decode_boxes(wild, anchors), coder.decode_single(wild, anchors)
    )


@pytest.mark.parametrize("scale", [(0.1, 0.1, 0.2, 0.2), (1, 2, 3, 4)])
def test_decoding_undoes_encoding_for_a_batch(scale, generator):
    anchors = some_boxes(7, generator)
    boxes = torch.stack([some_boxes(7, generator) for _ in range(3)])

    offsets = encode_boxes(boxes, anchors, scale=scale)

    torch.testing.assert_close(decode_boxes(offsets, anchors, scale=scale), boxes)


def test_a_box_without_width_has_no_offsets():
    flat, whole = torch.tensor([3.0, 0, 3, 5]), torch.tensor([0.0, 0, 4, 4])

    with pytest.raises(ValueError, match="boxes must have"):
        encode_boxes(flat, whole)
    with pytest.raises(ValueError, match="anchors must have"):
        encode_boxes(whole, flat)
