"""Random changes of pictures do what their names say."""

import pytest
import torch
from torch.nn.functional import avg_pool2d, one_hot
from torchvision.transforms.v2.functional import adjust_brightness

from d2lnotes.augmentation import mix, random_color, random_crop, random_flip


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def pictures(n: int = 40) -> torch.Tensor:
    return torch.rand(n, 3, 8, 8, generator=draws(1))


def test_each_picture_is_flipped_or_left_by_a_draw_of_its_own():
    images = pictures()
    flipped = random_flip(images, draws())
    same = [torch.equal(a, b) for a, b in zip(images, flipped, strict=True)]
    turned = [torch.equal(a.flip(-1), b) for a, b in zip(images, flipped, strict=True)]
    assert all(a != b for a, b in zip(same, turned, strict=True))
    assert 5 < sum(same) < 35


def test_a_crop_of_everything_is_the_picture_made_smaller():
    images = pictures()
    whole = random_crop(images, draws(), size=4, least=1.0)
    torch.testing.assert_close(whole, avg_pool2d(images, 2), atol=1e-5, rtol=0)


def test_a_crop_shows_a_part_of_the_picture():
    ramp = torch.linspace(0, 1, 64).expand(50, 1, 64, 64)
    parts = random_crop(ramp, draws(), size=16, least=0.5)
    span = parts[:, 0, 0, -1] - parts[:, 0, 0, 0]
    assert parts.min() >= 0
    assert 0.4 < span.min() < span.max() < 1.0


@pytest.mark.parametrize("least", [0.0, 1.5])
def test_a_part_larger_than_the_picture_or_empty_is_refused(least):
    with pytest.raises(ValueError, match="least must be above 0"):
        random_crop(pictures(), draws(), size=4, least=least)


def test_no_strength_leaves_colors_alone():
    images = pictures()
    torch.testing.assert_close(random_color(images, draws(), strength=0.0), images)


def test_a_gray_and_even_picture_changes_in_brightness_only():
    even = torch.full((1, 3, 4, 4), 0.5)
    changed = random_color(even, draws(), strength=0.3)
    factor = changed[0, 0, 0, 0].item() / 0.5
    assert 0.7 < factor < 1.3
    torch.testing.assert_close(changed, adjust_brightness(even, factor))


def test_mixed_targets_are_the_shares_of_the_two_pictures():
    targets = one_hot(torch.tensor([0, 1, 2]), 3).float()
    images = pictures(3)
    mixed, soft = mix(images, targets, 0.75)
    assert soft.tolist() == [[0.75, 0, 0.25], [0.25, 0.75, 0], [0, 0.25, 0.75]]
    torch.testing.assert_close(mixed[1], 0.75 * images[1] + 0.25 * images[0])
