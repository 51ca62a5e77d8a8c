"""Networks that label each pixel, their loss, their training and their masks."""

import pytest
import torch
from sklearn.metrics import f1_score
from torch import nn
from torch.nn.functional import cross_entropy, interpolate, log_softmax

from d2lnotes.models.segmentation import (
    TinyFCN,
    UNet,
    fit_segmenter,
    predict_mask,
    segmentation_loss,
    soft_dice_loss,
)


def _networks() -> list[nn.Module]:
    torch.manual_seed(0)
    return [
        *(TinyFCN(3, in_channels=2, num_skips=n, width=4) for n in range(3)),
        UNet(3, in_channels=2, widths=(4, 6, 8)),
        UNet(3, in_channels=2, widths=(4, 6, 8), num_convolutions=1, skips=False),
    ]


@pytest.mark.parametrize("size", [(32, 40), (17, 29), (1, 7)])
def test_scores_have_the_size_of_the_picture(size: tuple[int, int]) -> None:
    for net in _networks():
        assert net(torch.randn(2, 2, *size)).shape == (2, 3, *size)


def test_an_untrained_fcn_enlarges_its_scores_bilinearly() -> None:
    torch.manual_seed(0)
    net = TinyFCN(2, width=4).eval()
    with torch.no_grad():
        features = torch.randn(1, 3, 48, 64)
        picture = features
        for block in net.blocks:
            features = block(features)
        scores = net.heads[0](features)
        expected = interpolate(scores, scale_factor=8, mode="bilinear")
        inside = (..., slice(4, -4), slice(4, -4))  # beyond the border zeros count
        torch.testing.assert_close(net(picture)[inside], expected[inside])


def test_a_skip_adds_the_scores_of_the_finer_map() -> None:
    torch.manual_seed(0)
    net = TinyFCN(1, num_skips=1, width=4).eval()
    picture = torch.randn(1, 3, 32, 32)
    with torch.no_grad():
        fine = net.blocks[1](net.blocks[0](picture))
        coarse = net.heads[0](net.blocks[2](fine))
        expected = net.enlarge[1](net.enlarge[0](coarse) + net.heads[1](fine))
        torch.testing.assert_close(net(picture), expected)


def test_a_score_belongs_to_the_pixel_below_it() -> None:
    # What changes in one corner must change the scores of that corner most.
    for net in _networks():
        net.eval()
        picture = torch.zeros(1, 2, 48, 48)
        changed = picture.clone()
        changed[..., :4, -4:] = 5.0
        with torch.no_grad():
            moved = (net(changed) - net(picture)).abs().sum(dim=1)[0]
        row, column = divmod(int(moved.argmax()), 48)
        assert row < 12
        assert column >= 36


def test_without_skips_a_unet_has_more_parameters() -> None:
    torch.manual_seed(0)
    with_skips = UNet(widths=(4, 6, 8))
    without = UNet(widths=(4, 6, 8), skips=False)

    def count(net: nn.Module) -> int:
        return sum(p.numel() for p in net.parameters())

    assert count(without) > count(with_skips)


@pytest.mark.parametrize("skips", [True, False])
def test_finer_features_reach_the_scores_with_skips_alone(skips: bool) -> None:
    torch.manual_seed(0)
    net = UNet(widths=(4, 6, 8), skips=skips).eval()
    net.down[-1].register_forward_hook(
        lambda *_: torch.zeros(1, 8, 4, 4)  # whatever the picture is
    )
    with torch.no_grad():
        one, other = net(torch.zeros(1, 3, 16, 16)), net(torch.randn(1, 3, 16, 16))
    assert torch.equal(one, other) is not skips


def test_networks_that_cannot_be_built_are_refused() -> None:
    with pytest.raises(ValueError, match="num_skips is 0, 1 or 2"):
        TinyFCN(num_skips=3)
    with pytest.raises(ValueError, match="two levels or more"):
        UNet(widths=(16,))
    with pytest.raises(ValueError, match="0 convolutions"):
        UNet(num_convolutions=0)


def test_dice_loss_of_certain_masks_is_one_minus_f1() -> None:
    generator = torch.Generator().manual_seed(0)
    predicted = torch.rand(2, 1, 7, 5, generator=generator) < 0.5
    truth = torch.rand(2, 1, 7, 5, generator=generator) < 0.3
    loss = soft_dice_loss(predicted.double(), truth, smoothing=1e-9)
    expected = 1 - f1_score(truth.flatten(), predicted.flatten())
    assert loss.item() == pytest.approx(expected)


def test_dice_loss_is_the_mean_of_its_classes() -> None:
    torch.manual_seed(0)
    probabilities = torch.rand(2, 3, 4, 5)
    truth = torch.rand(2, 3, 4, 5) < 0.4
    each = [
        soft_dice_loss(probabilities[:, k : k + 1], truth[:, k : k + 1])
        for k in range(3)
    ]
    torch.testing.assert_close(
        soft_dice_loss(probabilities, truth), torch.stack(each).mean()
    )


def test_dice_loss_of_two_empty_masks_is_zero() -> None:
    empty = torch.zeros(1, 1, 4, 4)
    assert soft_dice_loss(empty, empty) == 0


def test_dice_loss_refuses_what_it_cannot_compare() -> None:
    with pytest.raises(ValueError, match="one shape"):
        soft_dice_loss(torch.zeros(1, 1, 4, 4), torch.zeros(1, 4, 4))
    with pytest.raises(ValueError, match="smoothing must be positive"):
        soft_dice_loss(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4), smoothing=0.0)


def test_loss_of_one_class_is_that_of_two_with_scores_zero_and_z() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 1, 5, 7)
    target = torch.rand(2, 5, 7) < 0.4
    two = torch.cat([torch.zeros_like(logits), logits], dim=1)
    torch.testing.assert_close(
        segmentation_loss(logits, target), cross_entropy(two, target.long())
    )


def test_loss_of_several_classes_is_the_mean_over_pixels() -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, 3, 5, 7)
    target = torch.randint(3, (2, 5, 7))
    chosen = log_softmax(logits, dim=1).gather(1, target[:, None])
    torch.testing.assert_close(segmentation_loss(logits, target), -chosen.mean())


@pytest.mark.parametrize("num_classes", [1, 3])
def test_dice_weight_adds_its_share(num_classes: int) -> None:
    torch.manual_seed(0)
    logits = torch.randn(2, num_classes, 5, 7)
    target = torch.randint(max(2, num_classes), (2, 5, 7))
    truth = torch.stack([target == k for k in range(max(2, num_classes))], dim=1)
    if num_classes == 1:
        dice = soft_dice_loss(logits.sigmoid(), truth[:, 1:])
    else:
        dice = soft_dice_loss(logits.softmax(dim=1), truth)
    both = segmentation_loss(logits, target, dice_weight=0.5)
    torch.testing.assert_close(both, segmentation_loss(logits, target) + 0.5 * dice)


def test_loss_refuses_another_shape_and_a_negative_weight() -> None:
    with pytest.raises(ValueError, match="no axis for classes"):
        segmentation_loss(torch.zeros(2, 1, 5, 7), torch.zeros(2, 1, 5, 7))
    with pytest.raises(ValueError, match="must not be negative"):
        segmentation_loss(
            torch.zeros(2, 1, 5, 7), torch.zeros(2, 5, 7), dice_weight=-1.0
        )


def _squares() -> tuple[torch.Tensor, torch.Tensor]:
    """Return noisy pictures of a bright square each, and their masks."""
    generator = torch.Generator().manual_seed(0)
    masks = torch.zeros(8, 24, 32, dtype=torch.bool)
    corners = torch.randint(2, 12, (8, 2), generator=generator)
    for mask, (top, left) in zip(masks, corners.tolist(), strict=True):
        mask[top : top + 10, left : left + 12] = True
    noise = torch.randn(8, 1, 24, 32, generator=generator)
    return 2.0 * masks[:, None] + 0.5 * noise, masks


@pytest.mark.parametrize("kind", ["fcn", "unet"])
def test_training_finds_the_squares(kind: str) -> None:
    torch.manual_seed(0)
    net = (
        TinyFCN(in_channels=1, num_skips=2, width=4)
        if kind == "fcn"
        else UNet(in_channels=1, widths=(4, 8))
    )
    images, masks = _squares()
    losses = fit_segmenter(
        net,
        images,
        masks,
        num_epochs=30,
        generator=torch.Generator().manual_seed(0),
        crop=16,
        learning_rate=0.02,
        batch_size=4,
    )
    assert losses[-1] < 0.4 * losses[0]
    assert (predict_mask(net, images) == masks).float().mean() > 0.93


class _Memory(nn.Module):
    """Keeps what it is shown, and scores each pixel by its first channel."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.ones(()))
        self.seen: list[torch.Tensor] = []

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        self.seen.append(images)
        return self.slope * images[:, :1]


def test_picture_and_mask_go_through_the_same_crop_and_flips() -> None:
    # The picture is its own mask: each batch must still be equal to its target.
    generator = torch.Generator().manual_seed(0)
    masks = torch.rand(6, 9, 11, generator=generator) < 0.5
    net, pairs = _Memory(), []

    def keep(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        pairs.append((net.seen[-1][:, 0], target))
        return logits.mean()

    fit_segmenter(
        net,
        masks[:, None].float(),
        masks,
        num_epochs=8,
        generator=generator,
        crop=5,
        loss=keep,
        batch_size=3,
    )
    for images, target in pairs:
        assert images.shape == (3, 5, 5)
        assert torch.equal(images, target.float())


def test_crops_come_from_everywhere_and_in_all_eight_positions() -> None:
    picture = torch.arange(16.0).view(1, 1, 4, 4)
    net = _Memory()
    fit_segmenter(
        net,
        picture,
        torch.zeros(1, 4, 4, dtype=torch.bool),
        num_epochs=400,
        generator=torch.Generator().manual_seed(0),
        crop=3,
    )
    seen = {tuple(piece.flatten().tolist()) for piece in net.seen}
    assert len(seen) == 4 * 8  # places, and positions of a square


def test_training_repeats_with_the_seed() -> None:
    images, masks = _squares()
    losses = []
    for _ in range(2):
        torch.manual_seed(0)
        generator = torch.Generator().manual_seed(1)
        net = UNet(in_channels=1, widths=(2, 4))
        losses.append(
            fit_segmenter(
                net, images, masks, num_epochs=2, generator=generator, crop=16
            )
        )
    assert losses[0] == losses[1]


def test_training_refuses_masks_and_crops_that_do_not_fit() -> None:
    images, masks = _squares()
    net = UNet(in_channels=1, widths=(2, 4))
    with pytest.raises(ValueError, match="need masks of shape"):
        fit_segmenter(net, images, masks[1:], num_epochs=1, generator=torch.Generator())
    with pytest.raises(ValueError, match="has a side of 1 to 24"):
        fit_segmenter(
            net, images, masks, num_epochs=1, generator=torch.Generator(), crop=25
        )


def test_masks_are_those_of_the_scores_in_evaluation_mode() -> None:
    torch.manual_seed(0)
    several, one = TinyFCN(3, width=4), TinyFCN(1, width=4)
    images = torch.randn(5, 3, 16, 16)
    labels, yes = predict_mask(several, images, batch_size=2), predict_mask(one, images)
    sure = predict_mask(one, images, threshold=0.6)
    assert several.training
    assert one.training
    several.eval()
    one.eval()
    with torch.no_grad():
        assert torch.equal(labels, several(images).argmax(dim=1))
        probabilities = one(images)[:, 0].sigmoid()
    assert torch.equal(yes, probabilities >= 0.5)
    assert torch.equal(sure, probabilities >= 0.6)
