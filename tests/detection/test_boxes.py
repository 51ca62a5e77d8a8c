"""Tests for d2lnotes.detection.boxes; torchvision.ops is the oracle."""

import pytest
import torch
from torchvision import ops

from d2lnotes.detection import (
    batched_nms,
    box_area,
    box_convert,
    box_iou,
    clip_boxes,
    nms,
)

FORMATS = ["xyxy", "cxcywh", "xywh"]


def draw_boxes(generator, count):
    corner = 60 * torch.rand(count, 2, generator=generator)
    sides = 5 + 40 * torch.rand(count, 2, generator=generator)
    return torch.cat([corner, corner + sides], dim=1)


@pytest.mark.parametrize("out_format", FORMATS)
@pytest.mark.parametrize("in_format", FORMATS)
def test_formats_are_those_of_torchvision(in_format, out_format, generator):
    boxes = draw_boxes(generator, 12).double()

    torch.testing.assert_close(
        box_convert(boxes, in_format, out_format),
        ops.box_convert(boxes, in_format, out_format),
    )


def test_boxes_of_any_leading_shape_convert(generator):
    boxes = draw_boxes(generator, 6).view(2, 3, 4)

    there = box_convert(boxes, "xyxy", "cxcywh")

    assert there.shape == (2, 3, 4)
    torch.testing.assert_close(box_convert(there, "cxcywh", "xyxy"), boxes)


def test_area_is_that_of_torchvision(generator):
    boxes = draw_boxes(generator, 12)

    torch.testing.assert_close(box_area(boxes), ops.box_area(boxes))


def test_corners_in_the_wrong_order_have_no_area():
    boxes = torch.tensor([[5.0, 0, 2, 3], [5, 4, 2, 1], [1, 1, 1, 9]])

    assert box_area(boxes).tolist() == [0, 0, 0]


def test_overlaps_are_those_of_torchvision(generator):
    boxes1, boxes2 = draw_boxes(generator, 20), draw_boxes(generator, 30)

    overlaps = box_iou(boxes1, boxes2)

    torch.testing.assert_close(overlaps, ops.box_iou(boxes1, boxes2))
    assert (overlaps == 0).any()
    assert (overlaps > 0.5).any()


@pytest.mark.parametrize(
    "empty", [[2.0, 2, 2, 2], [2, 2, 2, 4], [5, 2, 1, 4], [5, 5, 1, 1]]
)
def test_a_box_without_area_meets_nothing(empty):
    boxes = torch.tensor([empty, [0.0, 0, 9, 9]], requires_grad=True)

    overlaps = box_iou(boxes, boxes)
    overlaps.sum().backward()

    assert overlaps.tolist() == [[0, 0], [0, 1]]
    assert boxes.grad.isfinite().all()


def test_boxes_are_clipped_as_by_torchvision(generator):
    boxes = draw_boxes(generator, 30) - 20

    clipped = clip_boxes(boxes, (30, 50))

    torch.testing.assert_close(clipped, ops.clip_boxes_to_image(boxes, (30, 50)))
    assert not torch.equal(clipped, boxes)


@pytest.mark.parametrize("iou_threshold", [0.0, 0.2, 0.5, 0.8, 1.0])
def test_suppression_is_that_of_torchvision(iou_threshold, generator):
    boxes = draw_boxes(generator, 80)
    scores = torch.rand(80, generator=generator)

    kept = nms(boxes, scores, iou_threshold)

    assert kept.tolist() == ops.nms(boxes, scores, iou_threshold).tolist()


def test_an_overlap_equal_to_the_threshold_is_kept():
    boxes = torch.tensor([[0.0, 0, 2, 1], [0, 0, 1, 1]])

    assert nms(boxes, torch.tensor([0.9, 0.8]), 0.5).tolist() == [0, 1]


def test_of_equal_scores_the_earlier_is_kept():
    boxes = torch.tensor([[0.0, 0, 10, 10]]).repeat(40, 1)

    assert nms(boxes, torch.ones(40), 0.5).tolist() == [0]


def test_suppression_in_classes_is_that_of_torchvision(generator):
    boxes = draw_boxes(generator, 80)
    scores = torch.rand(80, generator=generator)
    labels = torch.randint(3, (80,), generator=generator)

    kept = batched_nms(boxes, scores, labels, 0.4)

    assert kept.tolist() == ops.batched_nms(boxes, scores, labels, 0.4).tolist()
    assert len(kept) > len(nms(boxes, scores, 0.4))


def test_no_boxes_give_no_boxes():
    none, scores = torch.empty(0, 4), torch.empty(0)

    assert box_iou(none, torch.ones(3, 4)).shape == (0, 3)
    assert nms(none, scores, 0.5).shape == (0,)
    assert nms(none, scores, 0.5).dtype == torch.long
    assert batched_nms(none, scores, scores.long(), 0.5).shape == (0,)


ONE, SCORE, LABEL = torch.ones(1, 4), torch.ones(1), torch.ones(1).long()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: box_convert(ONE, "xyxy", "yxyx"), "one of xyxy, cxcywh, xywh"),
        (lambda: box_convert(ONE[:, :3], "xyxy", "xywh"), r"shape \(\*, 4\)"),
        (lambda: box_area(ONE.long()), "boxes.float()"),
        (lambda: box_iou(ONE[0], ONE), r"boxes\[None\]"),
        (lambda: nms(ONE, SCORE[None], 0.5), "one score"),
        (lambda: nms(ONE, SCORE, 1.5), "0.5 is usual"),
        (lambda: batched_nms(ONE, SCORE, SCORE, 0.5), "labels must hold class"),
        (lambda: batched_nms(ONE, SCORE, LABEL[:0], 0.5), "one label"),
    ],
)
def test_what_does_not_fit_is_an_error(call, message):
    with pytest.raises(ValueError, match=message):
        call()
