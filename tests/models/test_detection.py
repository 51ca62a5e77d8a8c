"""The small single-shot detector, its targets, its loss and its detections."""

import pytest
import torch
from torch.nn.functional import cross_entropy, smooth_l1_loss
from torchvision.ops import batched_nms as torchvision_nms

from d2lnotes.detection.anchors import decode_boxes, encode_boxes
from d2lnotes.models.detection import (
    TinySSD,
    anchor_targets,
    detect,
    detection_loss,
    fit_detector,
)


@pytest.fixture
def net() -> TinySSD:
    torch.manual_seed(0)
    return TinySSD(3, image_size=(32, 48), sizes=((6, 8), (12,), (24,)), width=4)


def test_outputs_have_a_row_for_each_anchor(net: TinySSD) -> None:
    logits, offsets = net(torch.randn(2, 3, 32, 48))
    num_anchors = 8 * 12 * 2 + 4 * 6 + 2 * 3
    assert net.anchors.shape == (num_anchors, 4)
    assert logits.shape == (2, num_anchors, 4)
    assert offsets.shape == (2, num_anchors, 4)


def test_outputs_are_in_the_order_of_the_anchors(net: TinySSD) -> None:
    # A change of one corner of the picture must be seen first by anchors that lie there.
    net.eval()
    picture = torch.zeros(1, 3, 32, 48)
    changed = picture.clone()
    changed[..., :2, -2:] = 5.0
    with torch.no_grad():
        difference = (net(changed)[0] - net(picture)[0]).abs().sum(dim=-1)[0]
    moved = net.anchors[: 8 * 12 * 2][difference[: 8 * 12 * 2] > 1e-6]
    center = (moved[:, :2] + moved[:, 2:]) / 2
    assert len(moved)
    assert (center[:, 0] > 24).all()
    assert (center[:, 1] < 20).all()


def test_the_numbers_of_one_anchor_stay_together() -> None:
    torch.manual_seed(0)
    net = TinySSD(2, image_size=(16, 16), sizes=((4, 8), (8,), (16,)), width=4).eval()
    picture = torch.randn(1, 3, 16, 16)
    with torch.no_grad():
        maps = net.class_heads[0](net.blocks[0](picture))
        logits = net(picture)[0]
    # Row 1, column 2, the second size: anchor (1 * 4 + 2) * 2 + 1.
    assert torch.allclose(logits[0, 13], maps[0, 3:6, 1, 2])


def test_another_size_of_picture_is_refused(net: TinySSD) -> None:
    with pytest.raises(ValueError, match="anchors lie on that size"):
        net(torch.randn(1, 3, 48, 32))


@pytest.mark.parametrize("wrong", [{"image_size": (30, 48)}, {"sizes": ((6,), (12,))}])
def test_a_network_that_cannot_be_built_is_refused(wrong: dict) -> None:
    with pytest.raises(ValueError, match="three maps"):
        TinySSD(3, **wrong)


def test_targets_lead_back_to_the_boxes(net: TinySSD) -> None:
    boxes = torch.tensor([[2.0, 3, 14, 16], [20, 4, 46, 30]])
    classes, offsets = anchor_targets(net.anchors, boxes, torch.tensor([2, 0]))
    assert set(classes.unique().tolist()) == {0, 1, 3}
    for label, box in ((3, boxes[0]), (1, boxes[1])):
        positive = classes == label
        back = decode_boxes(offsets[positive], net.anchors[positive])
        assert torch.allclose(back, box.expand_as(back), atol=1e-3)
    assert (offsets[classes == 0] == 0).all()


def test_a_picture_without_boxes_is_all_background(net: TinySSD) -> None:
    classes, offsets = anchor_targets(
        net.anchors, torch.zeros(0, 4), torch.zeros(0, dtype=torch.long)
    )
    assert (classes == 0).all()
    assert (offsets == 0).all()


def _batch() -> tuple[torch.Tensor, ...]:
    torch.manual_seed(0)
    logits, offsets = torch.randn(2, 10, 3), torch.randn(2, 10, 4)
    classes = torch.zeros(2, 10, dtype=torch.long)
    classes[0, 1], classes[1, [3, 7]] = 2, 1
    return logits, offsets, classes, torch.randn(2, 10, 4)


def test_loss_over_all_negatives_is_the_sum_of_its_two_parts() -> None:
    logits, offsets, classes, true = _batch()
    positive = classes > 0
    expected = cross_entropy(logits.flatten(0, 1), classes.flatten(), reduction="sum")
    expected += smooth_l1_loss(offsets[positive], true[positive], reduction="sum")
    loss = detection_loss(logits, offsets, classes, true, negative_ratio=None)
    assert torch.allclose(loss, expected / 3)


def test_mining_takes_the_hardest_negatives_of_each_picture() -> None:
    logits, offsets, classes, true = _batch()
    positive = classes > 0
    expected = smooth_l1_loss(offsets[positive], true[positive], reduction="sum")
    for row in range(2):
        entropy = cross_entropy(logits[row], classes[row], reduction="none")
        num = 3 * int(positive[row].sum())
        hardest = entropy[~positive[row]].sort(descending=True).values[:num]
        expected += entropy[positive[row]].sum() + hardest.sum()
    loss = detection_loss(logits, offsets, classes, true)
    assert torch.allclose(loss, expected / 3)


def test_loss_of_a_batch_without_objects_is_finite() -> None:
    logits, offsets, _, true = _batch()
    classes = torch.zeros(2, 10, dtype=torch.long)
    assert detection_loss(logits, offsets, classes, true) == 0
    assert detection_loss(
        logits, offsets, classes, true, negative_ratio=None
    ).isfinite()


def test_a_negative_ratio_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        detection_loss(*_batch(), negative_ratio=-1.0)


class _Fixed(TinySSD):
    """A detector that says the same of each picture."""

    answer: tuple[torch.Tensor, torch.Tensor]

    def forward(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        logits, offsets = self.answer
        return logits.expand(len(images), -1, -1), offsets.expand(len(images), -1, -1)


def test_detections_are_the_boxes_that_were_meant() -> None:
    net = _Fixed(2, image_size=(32, 48), width=4)
    meant = torch.tensor([[5.0, 6, 20, 21], [25, 2, 40, 20]])
    logits = torch.zeros(len(net.anchors), 3)
    logits[:, 0] = 12.0
    offsets = torch.zeros(len(net.anchors), 4)
    for anchor, box, label in ((40, meant[0], 2), (60, meant[1], 1)):
        logits[anchor, label] = 16.0 + anchor / 10
        offsets[anchor] = encode_boxes(box, net.anchors[anchor])
    net.answer = logits[None], offsets[None]
    (first, second) = detect(net, torch.zeros(2, 3, 32, 48))
    assert torch.allclose(first.boxes, meant.flip(0), atol=1e-3)
    assert first.labels.tolist() == [0, 1]
    assert torch.equal(first.boxes, second.boxes)


def test_detections_suppress_clip_and_sort(net: TinySSD) -> None:
    found = detect(net, torch.randn(2, 3, 32, 48), max_detections=20)
    for boxes, scores, labels in found:
        assert 0 < len(boxes) <= 20
        assert (boxes >= 0).all()
        assert (boxes <= torch.tensor([48, 32, 48, 32])).all()
        assert (scores.diff() <= 0).all()
        kept = torchvision_nms(boxes, scores, labels, 0.45)
        assert len(kept) == len(boxes)


def test_detecting_leaves_the_network_as_it_was(net: TinySSD) -> None:
    net.blocks[0].eval()
    before = net.blocks[0][1].running_mean.clone()
    other = net.blocks[1][2].running_mean.clone()
    detect(net, torch.randn(2, 3, 32, 48))
    assert net.training
    assert not net.blocks[0].training
    assert torch.equal(net.blocks[0][1].running_mean, before)
    assert torch.equal(net.blocks[1][2].running_mean, other)


def test_a_high_score_is_needed(net: TinySSD) -> None:
    found = detect(net, torch.randn(1, 3, 32, 48), min_score=0.999)[0]
    assert found.boxes.shape == (0, 4)


def _drawing() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return a picture with a bright and a dark square, their boxes and labels."""
    boxes = torch.tensor([[4.0, 4, 16, 16], [22, 6, 46, 30]])
    picture = torch.zeros(1, 3, 32, 48)
    picture[..., 4:16, 4:16] = 1.0
    picture[..., 6:30, 22:46] = -1.0
    return picture, boxes, torch.tensor([1, 0])


def test_it_learns_a_picture_and_its_mirror_images() -> None:
    torch.manual_seed(0)
    net = TinySSD(2, image_size=(32, 48), sizes=((6,), (12,), (24,)), width=8)
    picture, boxes, labels = _drawing()
    losses = fit_detector(
        net,
        picture.expand(4, -1, -1, -1),
        [boxes] * 4,
        [labels] * 4,
        num_epochs=70,
        generator=torch.Generator().manual_seed(0),
        learning_rate=0.01,
        batch_size=4,
    )
    assert losses[-1] < 0.1 * losses[0]
    found = detect(net, picture.flip(-1), min_score=0.5)[0]
    order = found.labels.argsort()
    assert found.labels[order].tolist() == [0, 1]
    mirrored = torch.tensor([[2.0, 6, 26, 30], [32, 4, 44, 16]])
    assert (found.boxes[order] - mirrored).abs().max() < 2


def test_training_repeats_with_the_seed() -> None:
    picture, boxes, labels = _drawing()
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        net = TinySSD(2, image_size=(32, 48), width=4)
        generator = torch.Generator().manual_seed(1)
        losses.append(
            fit_detector(
                net, picture, [boxes], [labels], num_epochs=2, generator=generator
            )
        )
    assert losses[0] == losses[1]


def test_training_needs_boxes_for_each_picture(net: TinySSD) -> None:
    picture, boxes, labels = _drawing()
    with pytest.raises(ValueError, match="boxes and labels for each picture"):
        fit_detector(
            net,
            picture,
            [boxes] * 2,
            [labels],
            num_epochs=1,
            generator=torch.Generator(),
        )
