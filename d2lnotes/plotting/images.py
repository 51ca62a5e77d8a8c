"""Figures of images, in a grid."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from torch import Tensor

__all__ = ["show_images"]


def show_images(
    images: Tensor, *, titles: Sequence[str] | None = None, num_columns: int = 8
) -> np.ndarray:
    """Draw images in a grid, row by row, and return the axes.

    Parameters
    ----------
    images : (n, h, w), (n, 1, h, w) or (n, 3, h, w) float
        Gray or red-green-blue values in [0, 1].
    titles
        One per image.
    num_columns
        Images per row.

    Returns
    -------
    numpy.ndarray : (num_rows, num_columns) of Axes
        Places without an image are left blank.

    Raises
    ------
    ValueError
        If the shape or the range of ``images`` is another, or ``titles`` are not as
        many.
    """
    pixels = _as_pixels(images)
    if titles is not None and len(titles) != len(pixels):
        raise ValueError(
            f"titles must be as many as images, got {len(titles)} for {len(pixels)}"
        )
    if num_columns < 1:
        raise ValueError(f"num_columns must be at least 1, got {num_columns}")
    num_columns = min(num_columns, len(pixels))
    num_rows = -(-len(pixels) // num_columns)
    row_height = 1.2 if titles is None else 1.5  # inches
    figure = plt.figure(
        figsize=(1.2 * num_columns, row_height * num_rows), layout="constrained"
    )
    axes = figure.subplots(num_rows, num_columns, squeeze=False)
    for ax in axes.flat:
        ax.axis("off")
    for ax, picture in zip(axes.flat, pixels, strict=False):
        ax.imshow(picture, cmap="gray", vmin=0.0, vmax=1.0)
    for ax, title in zip(axes.flat, titles or (), strict=False):
        ax.set_title(title, fontsize="small")
    return axes


def _as_pixels(images: Tensor) -> np.ndarray:
    """Return ``images`` as matplotlib wants them, gray (n, h, w) or (n, h, w, 3)."""
    gray = images.ndim == 3 or (images.ndim == 4 and images.shape[1] == 1)
    if not gray and not (images.ndim == 4 and images.shape[1] == 3):
        raise ValueError(
            "images must have shape (n, h, w), (n, 1, h, w) or (n, 3, h, w), got "
            f"{tuple(images.shape)}; a single image needs a batch axis, image[None]"
        )
    if len(images) == 0:
        raise ValueError("images must hold at least one image, got none")
    smallest, largest = images.min().item(), images.max().item()
    if not (smallest >= 0.0 and largest <= 1.0):
        raise ValueError(
            f"images must lie in [0, 1], got values from {smallest:.3g} to "
            f"{largest:.3g}; divide bytes by 255, undo a normalization"
        )
    pixels = images.detach().cpu().float()
    if gray:
        return pixels.reshape(len(images), *images.shape[-2:]).numpy()
    return pixels.permute(0, 2, 3, 1).numpy()  # (n, h, w, 3)
