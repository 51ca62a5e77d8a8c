"""Figures of the plane: vectors, and functions of two variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from torch import Tensor

__all__ = ["plot_contours", "plot_linear_map", "plot_vectors"]


def plot_vectors(
    vectors: Tensor,
    *,
    origins: Tensor | None = None,
    labels: Sequence[str] | None = None,
    color: str | Sequence[str] = "C0",
    ax: Axes | None = None,
) -> Axes:
    """Draw vectors of the plane as arrows, true to length, and return the axes.

    Both axes get one scale, so that lengths can be compared and right angles look
    right; every arrow lies within the limits.

    Parameters
    ----------
    vectors : (n, 2) float
        One arrow per row.
    origins : (n, 2) float, optional
        Where each arrow begins; all at (0, 0) if ``None``.
    labels
        One per arrow, written beyond its tip; mathematics between dollars.
    color
        One for all arrows, or one for each.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If the shapes are others, there is no vector, a number is not finite, or
        ``labels`` are not as many.
    """
    tails = torch.zeros_like(vectors) if origins is None else origins
    _check_arrows(vectors, tails, labels)
    vectors, tails = vectors.detach().cpu().double(), tails.detach().cpu().double()
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
        ax.set(xlabel="$x_1$", ylabel="$x_2$", xmargin=0.1, ymargin=0.1)
    ax.quiver(
        *tails.T.numpy(),
        *vectors.T.numpy(),
        color=color,
        angles="xy",
        scale_units="xy",
        scale=1.0,
        width=0.008,  # of the width of the axes
        zorder=3,
    )
    tips = tails + vectors
    ax.update_datalim(torch.cat([tails, tips]).numpy())  # quiver counts tails only
    ax.set_aspect("equal")
    for tip, vector, label in zip(tips, vectors, labels or (), strict=False):
        away = torch.nn.functional.normalize(vector, dim=0)
        ax.annotate(
            label,
            tip.tolist(),
            xytext=tuple((10 * away).tolist()),
            textcoords="offset points",
            ha="center",
            va="center",
        )
    return ax


def _check_arrows(vectors: Tensor, tails: Tensor, labels: Sequence[str] | None) -> None:
    """Raise ``ValueError`` unless arrows can be drawn."""
    if vectors.ndim != 2 or vectors.shape[1] != 2 or len(vectors) == 0:
        raise ValueError(
            "vectors must have shape (n, 2) with at least one row, got "
            f"{tuple(vectors.shape)}; a single vector needs a row, vector[None]"
        )
    if tails.shape != vectors.shape:
        raise ValueError(
            "origins must hold one point per vector, shape "
            f"{tuple(vectors.shape)}, got {tuple(tails.shape)}; a common one is "
            "origin.expand_as(vectors)"
        )
    if not (vectors.isfinite().all() and tails.isfinite().all()):
        raise ValueError(
            "vectors and origins must be finite, got NaN or infinity; find out where "
            "the computation left the finite numbers"
        )
    if labels is not None and len(labels) != len(vectors):
        raise ValueError(
            f"labels must be as many as vectors, got {len(labels)} for {len(vectors)}"
        )


def plot_linear_map(
    matrix: Tensor, *, marked: Tensor | None = None, ax: Axes | None = None
) -> Axes:
    """Draw what a matrix makes of the plane, and return the axes.

    The unit circle is dashed and its image solid; gray arrows show the columns, which
    are the images of (1, 0) and (0, 1).

    Parameters
    ----------
    matrix : (2, 2) float
        Sends the point ``x`` to ``matrix @ x``.
    marked : (n, 2) float, optional
        Points, each drawn as a dot on its dotted line through the origin, with an
        arrow to its image. For an eigenvector the arrow lies on the line.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If the shapes are others, or a number is not finite.
    """
    if matrix.shape != (2, 2):
        raise ValueError(
            f"matrix must have shape (2, 2), got {tuple(matrix.shape)}; of a larger "
            "one take two rows and columns"
        )
    matrix = matrix.detach().cpu().double()
    turn = torch.linspace(0, 2 * torch.pi, 721, dtype=torch.double)
    circle = torch.stack([turn.cos(), turn.sin()])  # (2, points)
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
        ax.set(xlabel="$x_1$", ylabel="$x_2$")
    ax.plot(*circle.numpy(), color="0.6", linestyle="--")
    ax.plot(*(matrix @ circle).numpy(), color="0.2")
    plot_vectors(matrix.T, labels=["$a_1$", "$a_2$"], color="0.6", ax=ax)
    for index, point in enumerate([] if marked is None else marked):
        point = point.detach().cpu().double()
        color = f"C{index}"
        ax.axline((0, 0), tuple(point.tolist()), color=color, linestyle=":")
        ax.plot(*point.numpy(), "o", color=color)
        plot_vectors((matrix @ point)[None], color=color, ax=ax)
    return ax


def plot_contours(
    function: Callable[[Tensor], Tensor],
    *,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    levels: int | Sequence[float] = 8,
    num_points: int = 201,
    ax: Axes | None = None,
) -> Axes:
    """Draw the level curves of a function of two variables and return the axes.

    Every curve carries its value. The axes keep their own scales; for one scale,
    which right angles need, call ``ax.set_aspect("equal")`` or draw vectors too.

    Parameters
    ----------
    function
        Maps points of shape (num_points, num_points, 2), double, to values of shape
        (num_points, num_points). Write it for a point ``x`` as ``x[..., 0]`` and
        ``x[..., 1]``, and it serves single points as well. Where a value is not
        finite nothing is drawn.
    x_range, y_range
        Smallest and largest value of the two variables.
    levels
        The values whose curves to draw, in increasing order; or about how many.
    num_points
        Points of the grid along each side; an odd number includes the middle.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If a range is empty, the values have another shape, or none of the levels
        lies between the smallest and the largest value.
    """
    for name, (low, high) in {"x_range": x_range, "y_range": y_range}.items():
        if not low < high:
            raise ValueError(f"{name} must be (low, high), low < high; got {low, high}")
    x = torch.linspace(*x_range, num_points, dtype=torch.double)
    y = torch.linspace(*y_range, num_points, dtype=torch.double)
    points = torch.stack(torch.meshgrid(x, y, indexing="xy"), dim=-1)
    values = function(points).detach().cpu().double()
    if values.shape != points.shape[:2]:
        raise ValueError(
            "function must map points of shape (*, 2) to values of shape (*), but made "
            f"{tuple(values.shape)} from {tuple(points.shape)}; take the coordinates "
            "as x[..., 0] and x[..., 1], reduce over dim=-1"
        )
    low, high = _extremes(values, levels)
    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
        ax.set(xlabel="$x_1$", ylabel="$x_2$")
    curves = ax.contour(
        x.numpy(),
        y.numpy(),
        values.numpy(),
        levels=levels,
        cmap="viridis",
        vmin=low,
        vmax=high + (high - low),  # its upper half is too pale for lines on white
    )
    ax.clabel(curves, fmt="%.3g", fontsize="small", colors="black")
    return ax


def _extremes(values: Tensor, levels: int | Sequence[float]) -> tuple[float, float]:
    """Return the smallest and largest finite value, between which lies a level."""
    finite = values[values.isfinite()]
    if finite.numel() == 0 or finite.min() == finite.max():
        raise ValueError(
            "function must take two different finite values at least, got "
            f"{finite.unique().tolist()}; do the ranges reach where it varies?"
        )
    low, high = finite.min().item(), finite.max().item()
    if not isinstance(levels, int) and not any(low <= z <= high for z in levels):
        raise ValueError(
            f"no level of {list(levels)} lies among the function's values, which go "
            f"from {low:.3g} to {high:.3g}; choose others, or widen the ranges"
        )
    return low, high
