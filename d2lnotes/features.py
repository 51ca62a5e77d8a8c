"""Features computed from other features."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["polynomial_features"]


def polynomial_features(x: Tensor, degree: int, *, factorial: bool = False) -> Tensor:
    r"""Return the powers of a number as features.

    .. math:: (1, x, x^2, \dots, x^m) \quad\text{or}\quad
              (1, x, x^2/2!, \dots, x^m/m!)

    Parameters
    ----------
    x : (n,) float
        One number for each example.
    degree
        The highest power, m, at least 0.
    factorial
        Divide the power i by i factorial, so that high powers of numbers above 1
        do not dwarf the low ones.

    Returns
    -------
    Tensor : (n, m + 1) float
        Column i holds the power i. The first column is 1 and serves as the bias.

    Raises
    ------
    ValueError
        If ``x`` is not one number for each example, or the degree is negative.
    """
    if x.ndim != 1:
        raise ValueError(
            f"x must have shape (n,), one number for each example, got {tuple(x.shape)}"
        )
    if degree < 0:
        raise ValueError(f"degree must be at least 0, got {degree}")
    powers = torch.arange(degree + 1, dtype=x.dtype, device=x.device)
    features = x[:, None] ** powers
    if factorial:
        features = features / (powers + 1).lgamma().exp()
    return features
