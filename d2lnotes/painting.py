"""A painting of brush strokes, drawn by rule: a style that anybody can have."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["make_painting"]


def make_painting(
    size: tuple[int, int],
    *,
    num_strokes: int = 4000,
    stroke_length: float = 26.0,
    stroke_width: float = 4.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return a painting of short strokes that swirl around four centers.

    Strokes near a center are yellow and orange, those far from all are blue.

    Parameters
    ----------
    size
        Height and width in pixels.
    num_strokes
        At least 0; later ones lie on top of earlier ones.
    stroke_length, stroke_width
        In pixels.
    generator
        What draws centers, places and colors; else torch's global one.

    Returns
    -------
    Tensor : (3, height, width) float
        Brightness in [0, 1].

    Raises
    ------
    ValueError
        If a size or number has no meaning.
    """
    import numpy as np
    from PIL import Image, ImageDraw

    if min(size) < 1 or num_strokes < 0 or min(stroke_length, stroke_width) <= 0:
        raise ValueError(
            "size, stroke_length and stroke_width are positive and num_strokes is not "
            f"negative, got {size}, {stroke_length}, {stroke_width} and {num_strokes}"
        )
    height, width = size
    scale = 3  # drawn larger and then shrunk, so that edges are smooth
    canvas = Image.new("RGB", (width * scale, height * scale), (24, 38, 92))
    brush = ImageDraw.Draw(canvas)
    extent = torch.tensor([width, height]) * 1.0
    centers = torch.rand(4, 2, generator=generator) * extent
    spins = torch.tensor([1.0, -1.0, 1.0, -1.0])
    reach = 0.28 * min(height, width)
    places = torch.rand(num_strokes, 2, generator=generator) * extent
    shades = torch.rand(num_strokes, 3, generator=generator)
    paths = _paths(places, centers, spins, reach, stroke_length)
    colors = _colors(places, centers, reach, shades)
    for path, color in zip(paths.tolist(), colors.tolist(), strict=True):
        points = [(x * scale, y * scale) for x, y in path]
        thick = max(1, round(stroke_width * scale))
        brush.line(points, fill=tuple(color), width=thick, joint="curve")
    small = canvas.resize((width, height), Image.Resampling.BOX)
    return torch.from_numpy(np.array(small)).permute(2, 0, 1).float() / 255


def _paths(
    places: Tensor, centers: Tensor, spins: Tensor, reach: float, length: float
) -> Tensor:
    """Return the corners of strokes along the current: (strokes, 7, 2)."""
    path = [places]
    for _ in range(6):
        away = path[-1][:, None] - centers  # (strokes, centers, 2)
        turned = torch.stack([-away[..., 1], away[..., 0]], dim=-1)
        near = torch.exp(-away.square().sum(dim=-1) / (2 * reach**2))
        current = (turned / reach * (spins * near)[..., None]).sum(dim=1)
        current = current + torch.tensor([0.25, 0.05])  # from left to right, far away
        norm = current.norm(dim=1, keepdim=True).clamp(min=1e-6)
        path.append(path[-1] + current / norm * length / 6)
    return torch.stack(path, dim=1)


def _colors(places: Tensor, centers: Tensor, reach: float, shades: Tensor) -> Tensor:
    """Return the colors of strokes, red, green and blue from 0 to 255."""
    distance = (places[:, None] - centers).norm(dim=-1).amin(dim=1)
    warmth = torch.exp(-((distance / (0.8 * reach)) ** 2)) + 0.35 * (shades[:, 0] - 0.5)
    anchors = torch.tensor(
        [[24, 38, 92], [52, 98, 168], [120, 170, 205], [236, 190, 70], [228, 120, 40]]
    )
    at = warmth.clamp(0, 0.999) * 4
    low = at.long()
    mixed = torch.lerp(
        anchors[low].float(), anchors[low + 1].float(), (at - low)[:, None]
    )
    return (mixed + 50 * (shades[:, 1:2] - 0.5)).clamp(0, 255).long()
