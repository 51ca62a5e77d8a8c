"""Tests for d2lnotes.detection.metrics: hand cases, and pycocotools as the oracle."""

import contextlib
import io
import math

import pytest
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from d2lnotes.detection import (
    average_precision,
    box_convert,
    detection_curve,
    match_detections,
    mean_average_precision,
    per_class_average_precision,
)

COCO_THRESHOLDS = [0.5 + 0.05 * step for step in range(10)]


def square(x, side=10.0):
    return [x, 0.0, x + side, side]


# ---- matching ------------------------------------------------------------------


def test_a_detection_finds_the_box_it_overlaps_most():
    boxes = torch.tensor([square(1)])
    true_boxes = torch.tensor([square(3), square(0)])

    found = match_detections(boxes, torch.tensor([0.9]), true_boxes)
    assert found.tolist() == [1]


def test_the_better_of_two_detections_finds_a_box_and_the_other_is_false():
    boxes = torch.tensor([square(0), square(1)])
    scores = torch.tensor([0.5, 0.8])

    found = match_detections(boxes, scores, torch.tensor([square(0)]))
    assert found.tolist() == [-1, 0]


def test_a_taken_box_leaves_the_next_best_to_the_other_detection():
    boxes = torch.tensor([square(0), square(0)])
    true_boxes = torch.tensor([square(0), square(2)])

    found = match_detections(boxes, torch.tensor([0.9, 0.8]), true_boxes)
    assert found.tolist() == [0, 1]


def test_the_threshold_itself_is_enough():
    boxes = torch.tensor([[0.0, 0, 10, 5]])  # half of the true box: IoU 0.5

    def find(threshold):
        return match_detections(
            boxes, torch.ones(1), torch.tensor([square(0)]), iou_threshold=threshold
        ).tolist()

    assert (find(0.5), find(0.51)) == ([0], [-1])


@pytest.mark.parametrize(("num", "num_true"), [(0, 2), (2, 0), (0, 0)])
def test_without_detections_or_boxes_nothing_is_found(num, num_true):
    found = match_detections(
        torch.ones(num, 4).cumsum(1), torch.ones(num), torch.ones(num_true, 4).cumsum(1)
    )
    assert found.tolist() == [-1] * num


# ---- the curve and its area ----------------------------------------------------


@pytest.fixture
def seven():
    """Seven detections of five boxes: right, right, wrong, right, wrong, wrong, right."""
    scores = torch.tensor([0.95, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4])
    is_true = torch.tensor([1, 1, 0, 1, 0, 0, 1]).bool()
    return scores, is_true, 5


def test_the_curve_by_hand(seven):
    precision, recall = detection_curve(*seven)

    expected = [1, 1, 2 / 3, 3 / 4, 3 / 5, 3 / 6, 4 / 7]
    assert precision.tolist() == pytest.approx(expected)
    assert recall.tolist() == pytest.approx([0.2, 0.4, 0.4, 0.6, 0.6, 0.6, 0.8])


def test_the_order_of_the_detections_does_not_matter(seven, generator):
    scores, is_true, num_true = seven
    order = torch.randperm(7, generator=generator)

    once = detection_curve(scores, is_true, num_true)
    again = detection_curve(scores[order], is_true[order], num_true)
    torch.testing.assert_close(once, again)


def test_the_areas_by_hand(seven):
    curve = detection_curve(*seven)

    area = 0.2 * (1 + 1 + 3 / 4 + 4 / 7)
    assert average_precision(curve) == pytest.approx(area)
    eleven = (5 * 1 + 2 * 3 / 4 + 2 * 4 / 7) / 11
    assert average_precision(curve, points=11) == pytest.approx(eleven)
    many = (41 * 1 + 20 * 3 / 4 + 20 * 4 / 7) / 101
    assert average_precision(curve, points=101) == pytest.approx(many)


@pytest.mark.parametrize("points", ["all", 11, 101])
def test_a_perfect_detector_has_1_and_one_without_detections_0(points):
    perfect = detection_curve(torch.rand(4), torch.ones(4).bool(), 4)
    silent = detection_curve(torch.rand(0), torch.ones(0).bool(), 4)

    assert average_precision(perfect, points=points) == pytest.approx(1)
    assert average_precision(silent, points=points) == 0


# ---- the oracle ----------------------------------------------------------------


@pytest.fixture(params=range(4))
def scene(request):
    """Detections of 12 pictures in 3 classes: shifted, repeated, missing, invented."""
    generator = torch.Generator().manual_seed(request.param)

    def uniform(*shape):
        return torch.rand(*shape, generator=generator)

    detections, truths = [], []
    for _ in range(12):
        num = int(8 * uniform(1))
        corner, sides = 80 * uniform(num, 2), 15 + 30 * uniform(num, 2)
        true_boxes = torch.cat([corner, corner + sides], dim=1)
        labels = (2.5 * uniform(num)).long()
        noise = 10 * (uniform(2 * num, 4) - 0.5)
        boxes = true_boxes.repeat(2, 1) + noise
        invented = torch.cat([torch.zeros(3, 2), 10 + 40 * uniform(3, 2)], dim=1)
        boxes = torch.cat([boxes[uniform(2 * num) < 0.7], invented])
        its_labels = (3 * uniform(len(boxes))).long()
        detections.append((boxes, uniform(len(boxes)), its_labels))
        truths.append((true_boxes, labels))
    return detections, truths


def coco(detections, truths, num_classes, max_detections=100):
    """Return pycocotools' evaluation: precision at (thresholds, 101, classes)."""
    boxes, found = [], []
    for image, (true_boxes, labels) in enumerate(truths, start=1):
        for box, label in zip(true_boxes, labels, strict=True):
            x, y, w, h = box_convert(box, "xyxy", "xywh").tolist()
            entry = {"image_id": image, "category_id": label.item(), "iscrowd": 0}
            entry |= {"bbox": [x, y, w, h], "area": w * h, "id": len(boxes) + 1}
            boxes.append(entry)
    for image, three in enumerate(detections, start=1):
        for box, score, label in zip(*three, strict=True):
            xywh = box_convert(box, "xyxy", "xywh").tolist()
            entry = {"image_id": image, "category_id": label.item(), "bbox": xywh}
            found.append(entry | {"score": score.item()})
    with contextlib.redirect_stdout(io.StringIO()):
        truth = COCO()
        truth.dataset = {
            "images": [{"id": image + 1} for image in range(len(truths))],
            "categories": [{"id": label} for label in range(num_classes)],
            "annotations": boxes,
        }
        truth.createIndex()
        evaluation = COCOeval(truth, truth.loadRes(found), "bbox")
        evaluation.params.maxDets = [max_detections]
        evaluation.evaluate()
        evaluation.accumulate()
    return torch.from_numpy(evaluation.eval["precision"][:, :, :, 0, 0])


@pytest.mark.parametrize("max_detections", [100, 1])
def test_it_is_the_number_of_pycocotools(scene, max_detections):
    own = per_class_average_precision(
        *scene,
        num_classes=4,
        iou_thresholds=COCO_THRESHOLDS,
        points=101,
        max_detections=max_detections,
    )

    oracle = coco(*scene, 4, max_detections).mean(dim=1)
    has_boxes = torch.cat([labels for _, labels in scene[1]]).unique()
    torch.testing.assert_close(own[:, has_boxes], oracle[:, has_boxes])
    without = [label for label in range(4) if label not in has_boxes]
    assert 3 in without
    assert own[:, without].isnan().all()


def test_the_mean_is_that_of_thresholds_and_classes_with_boxes(scene):
    options = {"num_classes": 4, "iou_thresholds": COCO_THRESHOLDS, "points": 101}

    values = per_class_average_precision(*scene, **options)
    expected = values[~values.isnan()].mean().item()
    assert mean_average_precision(*scene, **options) == pytest.approx(expected)


def test_without_any_true_box_the_mean_is_not_a_number():
    boxes = torch.tensor([square(0)])
    detections = [(boxes, torch.ones(1), torch.zeros(1).long())]
    truths = [(torch.zeros(0, 4), torch.zeros(0).long())]

    assert math.isnan(mean_average_precision(detections, truths, num_classes=1))


# ---- refusals ------------------------------------------------------------------


def test_what_does_not_fit_is_refused(seven):
    box = torch.tensor([square(0)])
    with pytest.raises(ValueError, match="one score per box"):
        match_detections(box, torch.ones(2), box)
    with pytest.raises(ValueError, match="above 0 and is at most 1"):
        match_detections(box, torch.ones(1), box, iou_threshold=50.0)
    with pytest.raises(ValueError, match="at least 1 and the 4"):
        detection_curve(seven[0], seven[1], 3)
    with pytest.raises(ValueError, match="'all', 11 or 101"):
        average_precision(detection_curve(*seven), points=10)
    with pytest.raises(ValueError, match="one entry per picture"):
        mean_average_precision([], [(box, torch.zeros(1).long())], num_classes=1)
    with pytest.raises(ValueError, match="max_detections"):
        mean_average_precision([], [], num_classes=1, max_detections=0)
