"""Tests for d2lnotes.segmentation, with scikit-learn and scipy as oracles."""

import math

import pytest
import torch
from scipy import ndimage
from sklearn.metrics import accuracy_score, f1_score, jaccard_score

from d2lnotes.segmentation import (
    boundary_pixels,
    dice_score,
    intersection_over_union,
    mean_iou,
    otsu_threshold,
    pixel_accuracy,
)


@pytest.fixture
def pair(generator):
    """Two pictures of four classes that agree in part."""
    target = torch.randint(4, (2, 9, 11), generator=generator)
    other = torch.randint(4, (2, 9, 11), generator=generator)
    agree = torch.rand(2, 9, 11, generator=generator) < 0.6
    return torch.where(agree, target, other), target


def test_scores_are_those_of_scikit_learn(pair):
    predicted, target = pair
    flat = target.flatten(), predicted.flatten()

    assert pixel_accuracy(*pair).item() == pytest.approx(accuracy_score(*flat))
    torch.testing.assert_close(
        intersection_over_union(*pair, num_classes=4),
        torch.tensor(jaccard_score(*flat, average=None)).float(),
    )
    torch.testing.assert_close(
        dice_score(*pair, num_classes=4),
        torch.tensor(f1_score(*flat, average=None)).float(),
    )
    assert mean_iou(*pair, num_classes=4).item() == pytest.approx(
        jaccard_score(*flat, average="macro")
    )


def test_masks_of_bools_have_two_classes():
    predicted = torch.tensor([[True, True], [False, False]])
    target = torch.tensor([[True, False], [False, False]])

    torch.testing.assert_close(
        intersection_over_union(predicted, target), torch.tensor([2 / 3, 1 / 2])
    )


def test_a_class_in_neither_is_nan_and_left_out_of_the_mean():
    mask = torch.tensor([[0, 2]])

    assert intersection_over_union(mask, mask, 4).isnan().tolist() == [
        False,
        True,
        False,
        True,
    ]
    assert dice_score(mask, mask, 4).isnan().sum() == 2
    assert mean_iou(mask, mask, 4) == 1


def test_ignored_pixels_do_not_count(pair):
    predicted, target = pair
    ignored = target.masked_fill(target == 3, 255)
    kept = target != 3
    options = {"num_classes": 4, "ignore_label": 255}

    for score in (intersection_over_union, dice_score):
        torch.testing.assert_close(
            score(predicted, ignored, **options),
            score(predicted[kept], target[kept], 4),
            equal_nan=True,
        )
    assert pixel_accuracy(predicted, ignored, ignore_label=255) == pixel_accuracy(
        predicted[kept], target[kept]
    )


def test_dice_follows_from_the_iou(pair):
    iou = intersection_over_union(*pair, num_classes=4)

    torch.testing.assert_close(dice_score(*pair, num_classes=4), 2 * iou / (1 + iou))


def test_a_class_out_of_range_names_the_next_thing_to_try():
    labels = torch.tensor([0, 255])

    with pytest.raises(ValueError, match=r"0 to 20, got 0 to 255.*ignore_label"):
        mean_iou(torch.zeros_like(labels), labels, 21)


def test_scores_in_place_of_classes_are_refused():
    target = torch.zeros(4, 4, dtype=torch.int64)

    with pytest.raises(ValueError, match="argmax"):
        pixel_accuracy(torch.zeros(2, 4, 4), target)
    with pytest.raises(ValueError, match="threshold"):
        mean_iou(torch.zeros(4, 4), target)


# ---- the threshold -------------------------------------------------------------


def between(values, threshold):
    """The variance between the groups, from its definition."""
    upper = values > threshold
    share = upper.double().mean()
    gap = values[upper].double().mean() - values[~upper].double().mean()
    return (share * (1 - share) * gap**2).item()


@pytest.mark.parametrize("seed", range(5))
def test_no_other_threshold_parts_more(seed):
    generator = torch.Generator().manual_seed(seed)
    low = 20 * torch.randn(300, generator=generator) + 60
    high = 30 * torch.randn(40, generator=generator) + 150
    values = torch.cat([low, high]).clamp(0, 255).to(torch.uint8)

    best = max(between(values, t) for t in values.unique()[:-1])
    assert between(values, otsu_threshold(values)) == pytest.approx(best)


def test_two_levels_are_parted_between_them():
    assert otsu_threshold(torch.tensor([[3, 3], [9, 3]])) == 3


def test_the_threshold_moves_with_the_values(generator):
    values = torch.rand(100, generator=generator, dtype=torch.float64)

    threshold = otsu_threshold(values)
    assert otsu_threshold(4 * values + 2) == pytest.approx(4 * threshold + 2)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (torch.full((4, 4), 7), "two different values"),
        (torch.tensor([]), "got 0"),
        (torch.tensor([0.0, math.nan]), "finite"),
    ],
    ids=str,
)
def test_values_that_cannot_be_parted_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        otsu_threshold(values)


# ---- borders -------------------------------------------------------------------


@pytest.mark.parametrize("width", [1, 2, 3])
def test_a_band_is_dilation_without_erosion(generator, width):
    noise = torch.rand(3, 20, 30, generator=generator)
    masks = torch.nn.functional.avg_pool2d(noise, 5, 1, 2) > 0.5
    square = torch.ones(3, 3, dtype=torch.bool).numpy()

    for mask, band in zip(masks, boundary_pixels(masks, width), strict=True):
        grown, shrunk = (
            change(mask.numpy(), square, iterations=width, border_value=edge)
            for change, edge in (
                (ndimage.binary_dilation, 0),
                (ndimage.binary_erosion, 1),
            )
        )
        assert torch.equal(band, torch.from_numpy(grown & ~shrunk))


def test_touching_instances_have_a_border():
    instances = torch.tensor([[1, 1, 1, 2, 2, 2]])

    assert boundary_pixels(instances).tolist() == [
        [False, False, True, True, False, False]
    ]
    assert not boundary_pixels(instances > 0).any()


def test_a_band_without_width_is_refused():
    with pytest.raises(ValueError, match="at least 1 pixel"):
        boundary_pixels(torch.zeros(3, 3), 0)
    with pytest.raises(ValueError, match="height, width"):
        boundary_pixels(torch.zeros(3))
