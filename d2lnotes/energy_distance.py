"""How far apart two clouds of points are, as distributions."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["energy_distance"]


def energy_distance(first: Tensor, second: Tensor) -> Tensor:
    """Return the energy distance of two samples: 0 if they are the same set.

    Twice the mean distance between the two samples, less the mean distance within
    each. Two finite samples of one distribution have a small positive distance, so
    compare with that of two samples of real data of the same sizes.

    Parameters
    ----------
    first : (n, num_features) float
    second : (m, num_features) float

    Returns
    -------
    Tensor : () float
        In the unit of the data; in one dimension the square of SciPy's.

    Raises
    ------
    ValueError
        If a sample is empty, or they have different numbers of features.
    """
    shapes = tuple(first.shape), tuple(second.shape)
    if first.ndim != 2 or second.ndim != 2 or shapes[0][1] != shapes[1][1]:
        raise ValueError(
            "the two samples must be matrices with one point in each row and as many "
            f"columns; got shapes {shapes[0]} and {shapes[1]}"
        )
    if not len(first) or not len(second):
        raise ValueError(f"both samples need points; got shapes {shapes}")
    between = torch.cdist(first, second).mean()
    within = torch.cdist(first, first).mean() + torch.cdist(second, second).mean()
    return 2 * between - within
