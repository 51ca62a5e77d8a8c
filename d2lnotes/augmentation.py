"""Random changes of a batch of pictures, with a draw for each picture by itself."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn.functional import affine_grid, grid_sample

__all__ = ["mix", "random_color", "random_crop", "random_flip"]


def random_flip(images: Tensor, generator: Generator) -> Tensor:
    """Flip each picture from left to right with probability one half.

    Parameters
    ----------
    images : (batch, channels, height, width)
        Pictures.
    generator
        Where the draws come from; on the CPU.
    """
    chosen = torch.rand(len(images), 1, 1, 1, generator=generator) < 0.5
    return torch.where(chosen.to(images.device), images.flip(-1), images)


def random_crop(
    images: Tensor, generator: Generator, *, size: int, least: float = 0.7
) -> Tensor:
    """Return a random square part of each square picture, scaled to one size.

    Parameters
    ----------
    images : (batch, channels, side, side) float
        Pictures.
    generator
        Where the draws come from; on the CPU.
    size
        Side of what is returned, in pixels.
    least
        The part has between this and 1 times the side of the picture.

    Returns
    -------
    Tensor : (batch, channels, size, size)

    Raises
    ------
    ValueError
        If ``least`` is not above 0 and at most 1.
    """
    if not 0 < least <= 1:
        raise ValueError(f"least must be above 0 and at most 1, got {least}")
    n, channels = images.shape[:2]
    side = 1 - (1 - least) * torch.rand(n, 1, generator=generator)
    middle = (1 - side) * (2 * torch.rand(n, 2, generator=generator) - 1)
    maps = torch.cat([torch.diag_embed(side.expand(n, 2)), middle[..., None]], 2)
    grid = affine_grid(maps, [n, channels, size, size], align_corners=False)
    return grid_sample(images, grid.to(images.device), align_corners=False)


def random_color(
    images: Tensor, generator: Generator, *, strength: float = 0.3
) -> Tensor:
    """Change saturation, contrast and brightness of each picture.

    Parameters
    ----------
    images : (batch, 3, height, width) float
        Pictures with values in [0, 1].
    generator
        Where the draws come from; on the CPU.
    strength
        Each of the three is multiplied by a number between 1 - strength and
        1 + strength.

    Returns
    -------
    Tensor : (batch, 3, height, width)
        Values in [0, 1].
    """
    uniform = torch.rand(3, len(images), 1, 1, 1, generator=generator)
    draws = (1 - strength) + 2 * strength * uniform
    brightness, contrast, saturation = draws.to(images.device)
    gray = images.mean(dim=1, keepdim=True)
    images = gray + saturation * (images - gray)
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return (brightness * (mean + contrast * (images - mean))).clamp(0, 1)


def mix(images: Tensor, targets: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Return weighted means of each picture and the one before it, as mixup does.

    Parameters
    ----------
    images : (batch, ...) float
        Pictures.
    targets : (batch, num_classes) float
        Probabilities of the classes.
    share
        Weight of the picture itself, in [0, 1].
    """
    return (
        share * images + (1 - share) * images.roll(1, 0),
        share * targets + (1 - share) * targets.roll(1, 0),
    )
