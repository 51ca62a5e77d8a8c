"""Style transfer: a picture that has the content of one and the style of another.

The features of a convolutional network say what is where in a picture. Their products,
averaged over all places, say how it is painted, whatever the place. A picture is
trained, pixel by pixel, until the first agree with one picture and the second with
another.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import l1_loss

__all__ = [
    "StyleTransfer",
    "content_loss",
    "extract_features",
    "gram_matrix",
    "make_blocks",
    "match_colors",
    "style_loss",
    "total_variation",
    "transfer_style",
]


class _Standardize(nn.Module):
    """Brightness less its mean over natural photographs, divided by its deviation."""

    def forward(self, image: Tensor) -> Tensor:
        """Return the standardized pixels."""
        return (image - 0.47) / 0.25


class StyleTransfer(NamedTuple):
    """A picture that was trained, and its losses on the way.

    Parameters
    ----------
    image : (3, height, width) float
        Brightness, dimensionless, in [0, 1].
    content, style, variation : (num_evaluations,) float
        The three losses each time that they were computed, without their weights.
        Dimensionless.
    """

    image: Tensor
    content: Tensor
    style: Tensor
    variation: Tensor


def gram_matrix(features: Tensor) -> Tensor:
    r"""Return the mean products of channels over all places.

    .. math:: G_{kl} = \frac{1}{hw} \sum_{i,j} F_{kij} F_{lij}

    Parameters
    ----------
    features : (*, channels, height, width) float

    Returns
    -------
    Tensor : (*, channels, channels) float
        Symmetric and positive semidefinite.

    Raises
    ------
    ValueError
        If there are fewer than three axes, or no place to average over.

    References
    ----------
    Gatys, Ecker and Bethge (2016), "Image Style Transfer Using Convolutional Neural
    Networks", equation 3. Theirs is a sum over places, ours a mean.
    """
    if features.ndim < 3 or features.shape[-1] * features.shape[-2] == 0:
        raise ValueError(
            "features have shape (*, channels, height, width) with at least one place, "
            f"got {tuple(features.shape)}; features[:, None] adds a channel axis"
        )
    flat = features.flatten(-2)  # (*, channels, height * width)
    return flat @ flat.mT / flat.shape[-1]


def content_loss(features: Tensor, target: Tensor) -> Tensor:
    r"""Return the squared difference of features, relative to the target's size.

    .. math:: \sum (F - P)^2 \Big/ \sum P^2

    Parameters
    ----------
    features, target : (*, channels, height, width) float
        Of the picture that is trained, and of the one whose content it should have.

    Returns
    -------
    Tensor : () float
        Dimensionless: 0 if they agree, 1 if the features are all 0.

    Raises
    ------
    ValueError
        If the shapes differ or the target is 0 throughout.
    """
    return _relative(features, target, "content")


def style_loss(features: Tensor, target: Tensor) -> Tensor:
    r"""Return the squared difference of Gram matrices, relative to the target's size.

    .. math:: \sum_{kl} (G_{kl} - A_{kl})^2 \Big/ \sum_{kl} A_{kl}^2

    Parameters
    ----------
    features : (*, channels, height, width) float
        Of the picture that is trained.
    target : (*, channels, channels) float
        Gram matrix of the style picture, which may have another height and width.

    Returns
    -------
    Tensor : () float
        Dimensionless: 0 if they agree, 1 if the features are all 0.

    Raises
    ------
    ValueError
        If the shapes do not fit or the target is 0 throughout.
    """
    return _relative(gram_matrix(features), target, "style")


def total_variation(image: Tensor) -> Tensor:
    """Return how much neighboring pixels differ: down on average, plus across.

    Parameters
    ----------
    image : (*, height, width) float
        At least 2 by 2 pixels.

    Returns
    -------
    Tensor : () float
        Mean absolute difference of vertical neighbors, plus that of horizontal ones, in
        the unit of ``image``.

    Raises
    ------
    ValueError
        If the picture has fewer than 2 rows or columns.
    """
    if image.ndim < 2 or min(image.shape[-2:]) < 2:
        raise ValueError(
            "an image of at least 2 by 2 pixels has neighbors both ways, got shape "
            f"{tuple(image.shape)}; take a larger one"
        )
    down = l1_loss(image[..., 1:, :], image[..., :-1, :])
    return down + l1_loss(image[..., 1:], image[..., :-1])


def extract_features(blocks: Sequence[nn.Module], image: Tensor) -> list[Tensor]:
    """Return what each block puts out, the one applied after the other.

    Parameters
    ----------
    blocks
        Modules in a row; an :class:`torch.nn.Sequential` is such a sequence.
    image : (batch, channels, height, width) float
        Standardized as the blocks expect it.

    Returns
    -------
    list of Tensor
        One entry for each block.
    """
    features = []
    for block in blocks:
        image = block(image)
        features.append(image)
    return features


def transfer_style(
    content: Tensor,
    style: Tensor,
    blocks: Sequence[nn.Module],
    *,
    content_blocks: Sequence[int],
    style_blocks: Sequence[int],
    content_weight: float = 1.0,
    style_weight: float = 1.0,
    variation_weight: float = 0.0,
    num_steps: int = 100,
    start: Tensor | None = None,
) -> StyleTransfer:
    r"""Train a picture until its content agrees with one and its style with another.

    .. math::
        \alpha \cdot \text{mean of content losses}
        + \beta \cdot \text{mean of style losses} + \gamma \cdot \text{variation}

    L-BFGS trains a number for each pixel and channel, whose sigmoid is the brightness.
    The blocks stay as they are: put them into evaluation mode before.

    Parameters
    ----------
    content : (3, height, width) float
        Brightness in [0, 1].
    style : (3, any height, any width) float
        Brightness in [0, 1].
    blocks
        Modules in a row, for batches of pictures with brightness in [0, 1].
    content_blocks, style_blocks
        Whose outputs are compared, counted from 0. An empty one leaves its loss out.
    content_weight, style_weight, variation_weight
        The factors :math:`\alpha`, :math:`\beta` and :math:`\gamma`, not negative.
    num_steps
        How often the losses are computed, at least 1. L-BFGS needs them once in most of
        its steps and more often in some, and it may end sooner.
    start : (3, height, width) float, optional
        The picture before the first step, else ``content`` in the colors of ``style``.
        Brightness is moved into [0.01, 0.99], where the sigmoid has a slope.

    Raises
    ------
    ValueError
        If a picture is no color picture, a block does not exist, or a number has no
        meaning.
    FloatingPointError
        If the loss stops being finite.

    References
    ----------
    Gatys, Ecker and Bethge (2016) use L-BFGS too, but no sigmoid and no variation.
    """
    _check_pictures(content=content, style=style)
    _check_numbers(num_steps, content_weight, style_weight, variation_weight)
    _check_blocks(len(blocks), content_blocks, style_blocks)
    with torch.no_grad():
        wanted = extract_features(blocks, content[None])
        grams = [gram_matrix(f) for f in extract_features(blocks, style[None])]
    if start is None:
        start = match_colors(content, style)
    logits = torch.logit(start.detach().clamp(0.01, 0.99)).requires_grad_()
    weights = logits.new_tensor([content_weight, style_weight, variation_weight])
    history: list[Tensor] = []

    def closure() -> Tensor:
        image = logits.sigmoid()
        found = extract_features(blocks, image[None])
        losses = [
            _mean([content_loss(found[i], wanted[i]) for i in content_blocks], image),
            _mean([style_loss(found[i], grams[i]) for i in style_blocks], image),
            total_variation(image),
        ]
        loss = torch.stack(losses) @ weights
        history.append(torch.stack(losses).detach())
        if not loss.isfinite():
            raise FloatingPointError(
                f"the loss is {loss.item()} at step {len(history)}; look for values "
                "that are not finite in the pictures and the blocks"
            )
        (logits.grad,) = torch.autograd.grad(loss, [logits])
        return loss

    torch.optim.LBFGS(
        [logits],
        max_iter=num_steps,
        max_eval=num_steps,
        tolerance_grad=0,
        tolerance_change=0,
        history_size=20,
        line_search_fn="strong_wolfe",
    ).step(closure)
    return StyleTransfer(logits.detach().sigmoid(), *torch.stack(history, dim=1))


def match_colors(content: Tensor, style: Tensor) -> Tensor:
    """Return a picture whose channels have the mean and deviation of another's.

    Parameters
    ----------
    content, style : (channels, height, width) float
        Brightness in [0, 1]; height and width may differ.

    Returns
    -------
    Tensor : (channels, height, width) float
        Clipped to [0, 1], after which mean and deviation agree nearly.

    Raises
    ------
    ValueError
        If the numbers of channels differ.
    """
    if content.ndim != 3 or style.ndim != 3 or len(content) != len(style):
        raise ValueError(
            "two pictures of shape (channels, height, width) with as many channels, "
            f"got {tuple(content.shape)} and {tuple(style.shape)}"
        )
    spread, mean = torch.std_mean(content, dim=(1, 2), keepdim=True)
    new_spread, new_mean = torch.std_mean(style, dim=(1, 2), keepdim=True)
    plain = (content - mean) / spread.clamp(min=1e-6)
    return (plain * new_spread + new_mean).clamp(0, 1)


def make_blocks(widths: Sequence[int] = (16, 32, 48, 64)) -> nn.Sequential:
    """Return untrained convolutions, cut where style transfer reads their features.

    Block 0 standardizes the pixels. Each other one is a 3 by 3 convolution with batch
    normalization, and from the third on ReLU and an average over 2 by 2 come first. So
    features are read before ReLU, and half of them are negative.

    Parameters
    ----------
    widths
        Channels of the convolutions, at least one.

    Returns
    -------
    torch.nn.Sequential
        Of ``1 + len(widths)`` blocks, for batches (n, 3, height, width) with brightness
        in [0, 1] whose sides are at least ``2 ** len(widths)``.

    Raises
    ------
    ValueError
        If there is no width, or one is not positive.
    """
    if not widths or min(widths) < 1:
        raise ValueError(
            f"there is at least one width and all are positive, got {tuple(widths)}; "
            "(16, 32, 48, 64) is small and works"
        )
    blocks: list[nn.Module] = [_Standardize()]
    inputs = 3
    for number, width in enumerate(widths):
        smaller = [nn.ReLU(), nn.AvgPool2d(2)] if number else []
        convolution = nn.Conv2d(
            inputs, width, 3, padding=1, padding_mode="reflect", bias=False
        )
        blocks.append(nn.Sequential(*smaller, convolution, nn.BatchNorm2d(width)))
        inputs = width
    return nn.Sequential(*blocks)


def _relative(found: Tensor, target: Tensor, name: str) -> Tensor:
    """Return the squared difference divided by the squares of the target."""
    if found.shape != target.shape:
        raise ValueError(
            f"the {name} of the two pictures is compared number by number, got shapes "
            f"{tuple(found.shape)} and {tuple(target.shape)}; use the same block for "
            "both, and for content pictures of the same size"
        )
    size = target.square().sum()
    if size == 0:
        raise ValueError(
            f"the {name} target is 0 throughout, so that no difference is relative to "
            "it; choose another block or picture"
        )
    return (found - target).square().sum() / size


def _mean(losses: Sequence[Tensor], image: Tensor) -> Tensor:
    """Return the mean, and 0 for none."""
    return torch.stack(list(losses)).mean() if losses else image.new_zeros(())


def _check_pictures(**pictures: Tensor) -> None:
    """Raise ``ValueError`` unless each is one color picture."""
    for name, picture in pictures.items():
        if picture.ndim != 3 or len(picture) != 3:
            raise ValueError(
                f"{name} is one color picture of shape (3, height, width), got "
                f"{tuple(picture.shape)}; picture[0] takes the first of a batch"
            )


def _check_numbers(num_steps: int, *weights: float) -> None:
    """Raise ``ValueError`` unless the numbers of a transfer have a meaning."""
    if num_steps < 1 or min(weights) < 0:
        raise ValueError(
            f"num_steps is at least 1 and no weight is negative, got {num_steps} and "
            f"{weights}; 100 steps and weights of 1 are a start"
        )


def _check_blocks(count: int, *chosen: Sequence[int]) -> None:
    """Raise ``ValueError`` unless all chosen blocks exist."""
    numbers = [number for group in chosen for number in group]
    if not numbers or not all(0 <= number < count for number in numbers):
        raise ValueError(
            f"there are blocks 0 to {count - 1}, and at least one is compared; got "
            f"content_blocks and style_blocks {tuple(map(tuple, chosen))}"
        )
