r"""Initial weights: the variance that a rule promises, and draws that have it.

The functions named ``*_variance`` answer how large weights should be. Those that end in
an underscore fill a weight tensor in place with independent draws of mean 0. Weights
have torch's layout: ``(num_outputs, num_inputs, *kernel)``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

__all__ = [
    "Fans",
    "fans",
    "fill_",
    "he_",
    "he_variance",
    "scaled_",
    "scaled_variance",
    "xavier_",
    "xavier_variance",
]


class Fans(NamedTuple):
    """How many products meet in a sum, forward and backward.

    Parameters
    ----------
    inputs
        Products that add up to one output.
    outputs
        Products that add up to the derivative of one input.
    """

    inputs: int
    outputs: int


def fans(weight: Tensor) -> Fans:
    """Return how many numbers the sums of a layer have, forward and backward.

    Parameters
    ----------
    weight : (num_outputs, num_inputs, *kernel) float
        Of a fully connected layer, or of a convolution in one group.

    Raises
    ------
    ValueError
        If there are fewer than two dimensions, as for a bias.
    """
    if weight.ndim < 2:
        raise ValueError(
            "weight must have shape (num_outputs, num_inputs, *kernel), got "
            f"{tuple(weight.shape)}; a bias starts at 0: use bias.zero_()"
        )
    positions = math.prod(weight.shape[2:])
    return Fans(weight.shape[1] * positions, weight.shape[0] * positions)


def scaled_variance(num_products: float, *, gain: float = 1.0) -> float:
    r"""Return the variance of weights that keeps sums of ``num_products`` in size.

    .. math:: \sigma_w^2 = \frac{g^2}{n}

    Parameters
    ----------
    num_products
        :math:`n`, how many products of weight and input a sum has.
    gain
        :math:`g`, by which the weights make up for what the activation takes away.

    Raises
    ------
    ValueError
        If ``num_products`` is not positive, or ``gain`` is negative.
    """
    if num_products <= 0 or gain < 0:
        raise ValueError(
            "num_products must be positive and gain at least 0, got "
            f"{num_products} and {gain}"
        )
    return gain**2 / num_products


def xavier_variance(num_inputs: int, num_outputs: int) -> float:
    r"""Return :math:`2 / (n_\text{in} + n_\text{out})`.

    Raises
    ------
    ValueError
        If their sum is not positive.
    """
    return scaled_variance((num_inputs + num_outputs) / 2)


def he_variance(num_inputs: int, *, slope: float = 0.0) -> float:
    r"""Return :math:`2 / \bigl((1 + a^2)\, n_\text{in}\bigr)`.

    Parameters
    ----------
    num_inputs
        :math:`n_\text{in}`.
    slope
        :math:`a`, the slope of the leaky ReLU for negative numbers; 0 is ReLU.

    Raises
    ------
    ValueError
        If ``num_inputs`` is not positive.
    """
    return 2 / (1 + slope**2) * scaled_variance(num_inputs)


def fill_(
    weight: Tensor,
    variance: float,
    *,
    uniform: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Fill ``weight`` with draws of mean 0 and of the given variance, and return it.

    Parameters
    ----------
    weight : (*) float
    variance
        Of the normal distribution, or of the uniform one between
        :math:`\pm\sqrt{3 \sigma_w^2}`.
    uniform
        Whether the distribution is uniform instead of normal.
    generator
        Of the device of ``weight``; the global one if ``None``.

    Raises
    ------
    ValueError
        If ``variance`` is negative.
    """
    if variance < 0:
        raise ValueError(f"variance must be at least 0, got {variance}")
    with torch.no_grad():
        if uniform:
            bound = math.sqrt(3 * variance)
            return weight.uniform_(-bound, bound, generator=generator)
        return weight.normal_(0, math.sqrt(variance), generator=generator)


def scaled_(
    weight: Tensor,
    *,
    gain: float = 1.0,
    uniform: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    r"""Fill ``weight`` with draws of variance :math:`g^2 / n_\text{in}`.

    With ``gain=3**-0.5`` and ``uniform=True`` these are the draws of
    :class:`torch.nn.Linear`.

    Parameters
    ----------
    weight : (num_outputs, num_inputs, *kernel) float
    gain
        As of :func:`scaled_variance`.
    uniform, generator
        As of :func:`fill_`.
    """
    variance = scaled_variance(fans(weight).inputs, gain=gain)
    return fill_(weight, variance, uniform=uniform, generator=generator)


def xavier_(
    weight: Tensor,
    *,
    uniform: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill ``weight`` with draws of :func:`xavier_variance`.

    Parameters
    ----------
    weight : (num_outputs, num_inputs, *kernel) float
    uniform, generator
        As of :func:`fill_`.
    """
    variance = xavier_variance(*fans(weight))
    return fill_(weight, variance, uniform=uniform, generator=generator)


def he_(
    weight: Tensor,
    *,
    slope: float = 0.0,
    uniform: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Fill ``weight`` with draws of :func:`he_variance`.

    Parameters
    ----------
    weight : (num_outputs, num_inputs, *kernel) float
    slope
        As of :func:`he_variance`.
    uniform, generator
        As of :func:`fill_`.
    """
    variance = he_variance(fans(weight).inputs, slope=slope)
    return fill_(weight, variance, uniform=uniform, generator=generator)
