"""Figures of classifiers in the plane: where each of them names which class."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from torch import Tensor

__all__ = ["plot_decision_regions"]

_MARKERS = "osD^vPX*"
_POINTS_PER_SIDE = 240


def plot_decision_regions(
    classify: Callable[[Tensor], Tensor],
    points: Tensor,
    labels: Tensor,
    *,
    names: Sequence[str] | None = None,
    limits: tuple[float, float, float, float] | None = None,
    ax: Axes | None = None,
) -> Axes:
    """Shade where a classifier names which class, draw the points, return the axes.

    Each class has a color and a marker; a line parts regions of different classes.

    Parameters
    ----------
    classify
        From points, (n, 2) float on the CPU in the data type of ``points``, to class
        numbers, (n,) integer. A model of logits becomes one by
        ``lambda x: model(x).argmax(dim=1)``. It is called without gradients.
    points : (n, 2) float
        The examples to draw.
    labels : (n,) integer
        Their true classes, any numbers, such as -1 and 1.
    names
        What a legend calls the classes that occur in ``labels``, in the order of their
        numbers; no legend if ``None``.
    limits
        What is shown, ``(left, right, bottom, top)``; the points and a tenth of their
        extent around them if ``None``.
    ax
        Where to draw; a new figure if ``None``.

    Raises
    ------
    ValueError
        If the shapes are others, a label is no integer, ``names`` are not as many as
        the classes, or there are more than eight classes.
    """
    _check_points(points, labels)
    points, labels = points.detach().cpu(), labels.detach().cpu()
    present = labels.unique()  # sorted
    if names is not None and len(names) != len(present):
        raise ValueError(
            f"names must be one for each of the {len(present)} classes in labels, "
            f"{present.tolist()}, got {len(names)}"
        )
    left, right, bottom, top = limits or _limits_around(points)
    across = torch.linspace(left, right, _POINTS_PER_SIDE, dtype=points.dtype)
    up = torch.linspace(bottom, top, _POINTS_PER_SIDE, dtype=points.dtype)
    with torch.no_grad():
        named = classify(torch.cartesian_prod(across, up)).cpu()
    if named.shape != (_POINTS_PER_SIDE**2,):
        raise ValueError(
            f"classify must return one class number for each of {_POINTS_PER_SIDE**2} "
            f"points, got shape {tuple(named.shape)}; of logits take .argmax(dim=1)"
        )
    classes = torch.cat([present, named.to(present.dtype)]).unique()
    if len(classes) > len(_MARKERS):
        raise ValueError(
            f"at most {len(_MARKERS)} classes can be told apart, got {len(classes)}"
        )
    regions = torch.searchsorted(classes, named.to(present.dtype))
    regions = regions.reshape(_POINTS_PER_SIDE, _POINTS_PER_SIDE).T  # rows go up

    if ax is None:
        ax = plt.subplots(layout="constrained")[1]
        ax.set(xlabel="$x_1$", ylabel="$x_2$")
    grid = across.numpy(), up.numpy()
    ax.pcolormesh(
        *grid,
        regions.numpy(),
        cmap=ListedColormap([f"C{index}" for index in range(len(classes))]),
        vmin=-0.5,  # class k has the color k of as many
        vmax=len(classes) - 0.5,
        alpha=0.2,
        linewidth=0,
        rasterized=True,
    )
    for index in regions.unique()[1:]:  # two classes have one border
        inside = (regions == index).float().numpy()
        ax.contour(*grid, inside, levels=[0.5], colors="0.3", linewidths=1)
    for position, number in enumerate(present.tolist()):
        index = int(torch.searchsorted(classes, number))
        ax.plot(
            *points[labels == number].T.numpy(),
            _MARKERS[index],
            color=f"C{index}",
            markeredgecolor="white",
            label=None if names is None else names[position],
        )
    ax.set(xlim=(left, right), ylim=(bottom, top))
    if names is not None:
        ax.legend()
    return ax


def _check_points(points: Tensor, labels: Tensor) -> None:
    """Raise ``ValueError`` unless the two are examples of the plane with classes."""
    if points.ndim != 2 or points.shape[1] != 2 or len(points) == 0:
        raise ValueError(
            "points must have shape (n, 2) with at least one row, got "
            f"{tuple(points.shape)}; choose two of the features"
        )
    if not points.isfinite().all():
        raise ValueError("points must be finite, got NaN or infinity; drop those rows")
    if labels.shape != points.shape[:1]:
        raise ValueError(
            f"labels must have shape ({len(points)},), one per point, got "
            f"{tuple(labels.shape)}"
        )
    if labels.is_floating_point() or labels.dtype == torch.bool:
        raise ValueError(
            f"labels must be integers, got {labels.dtype}; use labels.long()"
        )


def _limits_around(points: Tensor) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top, a tenth of the extent beyond the points."""
    least, most = points.amin(dim=0), points.amax(dim=0)
    margin = 0.1 * (most - least)
    margin = margin.where(margin > 0, torch.ones_like(margin))  # one place only
    low, high = (least - margin).tolist(), (most + margin).tolist()
    return low[0], high[0], low[1], high[1]
