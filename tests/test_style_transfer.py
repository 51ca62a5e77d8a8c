"""Tests for d2lnotes.style_transfer, with torch's own operations as the oracle."""

import re

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from d2lnotes.style_transfer import (
    content_loss,
    extract_features,
    gram_matrix,
    make_blocks,
    match_colors,
    style_loss,
    total_variation,
    transfer_style,
)

# Different primes: no transposed or swapped axis can cancel out.
CHANNELS, HEIGHT, WIDTH = 3, 5, 7


@pytest.fixture
def maps(generator):
    """Features of two pictures."""
    return torch.randn(2, CHANNELS, HEIGHT, WIDTH, generator=generator)


@pytest.fixture
def blocks():
    """Two convolutions whose weights are no parameters of the transfer."""
    torch.manual_seed(0)
    return nn.Sequential(
        nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU()),
        nn.Sequential(nn.AvgPool2d(2), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()),
    ).requires_grad_(False)


@pytest.fixture
def pictures(generator):
    """A content picture and a style picture of another size."""
    content = torch.rand(3, 16, 20, generator=generator)
    style = torch.rand(3, 12, 18, generator=generator).round()
    return content, style


def test_the_gram_matrix_is_the_mean_of_outer_products(maps):
    expected = torch.zeros(2, CHANNELS, CHANNELS)
    for i in range(HEIGHT):
        for j in range(WIDTH):
            pixel = maps[:, :, i, j]
            expected += pixel[:, :, None] * pixel[:, None, :]
    torch.testing.assert_close(gram_matrix(maps), expected / (HEIGHT * WIDTH))


def test_centered_features_have_their_covariance_as_gram_matrix(maps):
    centered = maps[0] - maps[0].mean(dim=(1, 2), keepdim=True)
    expected = torch.cov(centered.flatten(1), correction=0)
    torch.testing.assert_close(gram_matrix(centered), expected)


def test_the_gram_matrix_forgets_where_things_are(maps, generator):
    order = torch.randperm(HEIGHT * WIDTH, generator=generator)
    mixed = maps.flatten(2)[..., order].view_as(maps)
    torch.testing.assert_close(gram_matrix(mixed), gram_matrix(maps))


def test_losses_are_mean_squares_relative_to_those_of_the_target(maps):
    found, target = maps
    expected = mse_loss(found, target) / target.square().mean()
    torch.testing.assert_close(content_loss(found, target), expected)
    a, b = gram_matrix(found), gram_matrix(target)
    torch.testing.assert_close(style_loss(found, b), mse_loss(a, b) / b.square().mean())


@pytest.mark.parametrize("factor", [0.01, 100.0])
def test_losses_do_not_depend_on_the_scale_of_the_features(maps, factor):
    found, target = maps
    torch.testing.assert_close(
        content_loss(factor * found, factor * target), content_loss(found, target)
    )
    torch.testing.assert_close(
        style_loss(factor * found, gram_matrix(factor * target)),
        style_loss(found, gram_matrix(target)),
    )


def test_losses_are_one_for_features_that_are_zero(maps):
    nothing = torch.zeros_like(maps)
    assert content_loss(nothing, maps).item() == pytest.approx(1)
    assert style_loss(nothing, gram_matrix(maps)).item() == pytest.approx(1)


def test_gradients_agree_with_finite_differences(maps):
    found = maps[:1].double().requires_grad_()
    target = maps[1:].double()
    assert torch.autograd.gradcheck(lambda x: content_loss(x, target), found)
    gram = gram_matrix(target)
    assert torch.autograd.gradcheck(lambda x: style_loss(x, gram), found)


def test_the_variation_of_a_slope_is_the_sum_of_its_slopes():
    rows, columns = torch.arange(4.0)[:, None], torch.arange(6.0)
    slope = 0.3 * rows - 0.2 * columns
    assert total_variation(slope).item() == pytest.approx(0.5)


def test_variation_is_the_same_for_each_channel_order_and_mirror(maps):
    expected = total_variation(maps)
    torch.testing.assert_close(total_variation(maps.flip(1)), expected)
    torch.testing.assert_close(total_variation(maps.flip(-1)), expected)
    torch.testing.assert_close(total_variation(maps.mT), expected)


def test_the_last_features_are_those_of_the_whole_network(blocks, pictures):
    image = pictures[0][None]
    first, last = extract_features(blocks, image)
    torch.testing.assert_close(first, blocks[0](image))
    torch.testing.assert_close(last, blocks(image))


def test_a_picture_that_agrees_already_stays(blocks, pictures):
    content = pictures[0].clamp(0.02, 0.98)
    result = transfer_style(
        content,
        content,
        blocks,
        content_blocks=[1],
        style_blocks=[0, 1],
        start=content,
    )
    torch.testing.assert_close(result.image, content)
    assert max(result.content.max(), result.style.max()) < 1e-9


def test_style_alone_is_learned_from_noise(blocks, pictures, generator):
    content, style = pictures
    result = transfer_style(
        content,
        style,
        blocks,
        content_blocks=[],
        style_blocks=[0, 1],
        num_steps=100,
        start=torch.rand(content.shape, generator=generator),
    )
    assert result.style[-1] < 0.05 * result.style[0]
    assert result.content.eq(0).all()


def test_more_weight_on_style_costs_content(blocks, pictures):
    def losses(style_weight):
        result = transfer_style(
            *pictures,
            blocks,
            content_blocks=[1],
            style_blocks=[0, 1],
            style_weight=style_weight,
            num_steps=100,
        )
        return result.content[-1].item(), result.style[-1].item()

    little, much = losses(0.1), losses(10)
    assert much[0] > 1.5 * little[0]
    assert much[1] < little[1] / 1.5


def test_variation_makes_a_picture_smoother(blocks, pictures):
    def variation(weight):
        result = transfer_style(
            *pictures,
            blocks,
            content_blocks=[1],
            style_blocks=[0],
            variation_weight=weight,
            num_steps=50,
        )
        return total_variation(result.image).item()

    assert variation(10) < 0.7 * variation(0)


def test_pixels_stay_brightness_and_nothing_else_changes(blocks, pictures):
    kept = [p.clone() for p in (*blocks.parameters(), *pictures)]
    result = transfer_style(
        *pictures,
        blocks,
        content_blocks=[1],
        style_blocks=[0],
        num_steps=20,
    )
    assert result.image.min() >= 0
    assert result.image.max() <= 1
    assert not result.image.requires_grad
    for now, before in zip((*blocks.parameters(), *pictures), kept, strict=True):
        torch.testing.assert_close(now, before, rtol=0, atol=0)


def test_records_begin_with_the_losses_of_the_start(blocks, pictures):
    content, style = pictures
    start = content.clamp(0.1, 0.9)
    result = transfer_style(
        content,
        style,
        blocks,
        content_blocks=[1],
        style_blocks=[0],
        num_steps=4,
        start=start,
    )
    assert result.content.shape == result.style.shape == result.variation.shape
    assert 1 <= len(result.content) <= 5
    torch.testing.assert_close(result.variation[0], total_variation(start))
    found, wanted = (blocks(x[None]) for x in (start, content))
    torch.testing.assert_close(result.content[0], content_loss(found, wanted))


def test_matched_colors_have_the_mean_and_deviation_of_the_other(pictures):
    style = 0.4 + 0.2 * pictures[1]  # far from 0 and 1, so that nothing is clipped
    matched = match_colors(pictures[0], style)
    for statistic in (torch.mean, torch.std):
        torch.testing.assert_close(
            statistic(matched, dim=(1, 2)), statistic(style, dim=(1, 2))
        )
    ranks = [x.flatten(1).argsort() for x in (matched, pictures[0])]
    assert torch.equal(*ranks)


def test_blocks_halve_the_sides_and_see_a_constant_picture_as_constant():
    blocks = make_blocks((4, 6, 8)).eval()
    features = extract_features(blocks, torch.full((1, 3, 16, 24), 0.3))
    shapes = [tuple(f.shape[1:]) for f in features]
    assert shapes == [(3, 16, 24), (4, 16, 24), (6, 8, 12), (8, 4, 6)]
    for maps in features:  # at the border too
        torch.testing.assert_close(maps, maps[..., :1, :1].expand_as(maps))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda c, s, b: gram_matrix(c[0]), "(16, 20)"),
        (lambda c, s, b: content_loss(c, s), "(3, 16, 20) and (3, 12, 18)"),
        (lambda c, s, b: content_loss(c, 0 * c), "0 throughout"),
        (lambda c, s, b: style_loss(c, torch.ones(2, 2)), "(3, 3) and (2, 2)"),
        (lambda c, s, b: total_variation(c[:, :1]), "2 by 2"),
        (lambda c, s, b: match_colors(c, s[:1]), "(1, 12, 18)"),
        (lambda c, s, b: make_blocks(()), "got ()"),
    ],
)
def test_errors_show_what_was_received(call, words, blocks, pictures):
    with pytest.raises(ValueError, match=re.escape(words)):
        call(*pictures, blocks)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"content_blocks": [2]}, "blocks 0 to 1"),
        ({"content_blocks": [], "style_blocks": []}, "at least one"),
        ({"num_steps": 0}, "num_steps"),
        ({"style_weight": -1.0}, "negative"),
        ({"content": torch.zeros(1, 3, 8, 8)}, "(1, 3, 8, 8)"),
    ],
)
def test_a_transfer_refuses_what_has_no_meaning(options, words, blocks, pictures):
    arguments = {
        "content": pictures[0],
        "style": pictures[1],
        "blocks": blocks,
        "content_blocks": [1],
        "style_blocks": [0],
    }
    with pytest.raises(ValueError, match=re.escape(words)):
        transfer_style(**(arguments | options))


def test_a_loss_that_is_not_finite_names_its_step(blocks, pictures):
    content, style = pictures
    with pytest.raises(FloatingPointError, match="step 1"):
        transfer_style(
            content,
            style,
            blocks,
            content_blocks=[1],
            style_blocks=[0],
            start=torch.full_like(content, torch.nan),
        )
