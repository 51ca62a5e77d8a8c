r"""Activation functions and their derivatives, written out and numerically stable.

Each works on every element of a tensor by itself. Most exist in torch under the same
name; the tests compare the two. The derivatives are written out as formulas, not taken
from autograd. At a kink they take the value that torch takes.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

__all__ = [
    "draw_slopes",
    "elu",
    "elu_derivative",
    "gelu",
    "gelu_derivative",
    "leaky_relu",
    "leaky_relu_derivative",
    "prelu",
    "prelu_derivatives",
    "relu",
    "relu_derivative",
    "rrelu",
    "sigmoid",
    "sigmoid_derivative",
    "silu",
    "silu_derivative",
    "softplus",
    "softplus_derivative",
    "tanh",
    "tanh_derivative",
]


def _above_zero(x: Tensor) -> Tensor:
    """Return ``x`` with 0 in place of what is negative."""
    # Not relu or clamp: at 0 their gradient is 0 and would be lost.
    return x.masked_fill(x < 0, 0.0)


def _below_zero(x: Tensor) -> Tensor:
    """Return ``x`` with 0 in place of what is positive."""
    return x.masked_fill(x > 0, 0.0)


def sigmoid(x: Tensor) -> Tensor:
    r"""Return the sigmoid, which lies between 0 and 1.

    .. math:: \sigma(x) = \frac{1}{1 + e^{-x}} = \frac{e^x}{1 + e^x}

    The first form is used for :math:`x \ge 0` and the second for :math:`x < 0`, so
    that no exponential overflows, neither here nor in the gradient.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
        Dimensionless, in [0, 1].
    """
    small = torch.exp(_below_zero(x))
    right = 1.0 / (1.0 + torch.exp(-_above_zero(x)))
    return torch.where(x >= 0, right, small / (1.0 + small))


def sigmoid_derivative(x: Tensor) -> Tensor:
    r"""Return :math:`\sigma'(x) = \sigma(x)\,\sigma(-x)`, at most 1/4.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    # σ(−x) instead of 1 − σ(x): for large x the difference would be rounded to 0.
    return sigmoid(x) * sigmoid(-x)


def tanh(x: Tensor) -> Tensor:
    r"""Return the hyperbolic tangent, which lies between −1 and 1.

    .. math:: \tanh x = \frac{1 - e^{-2x}}{1 + e^{-2x}} = 2\sigma(2x) - 1

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
        Dimensionless, in [−1, 1].
    """
    # expm1 keeps the digits of e^x − 1 near 0, where the subtraction cancels them.
    left = torch.expm1(2.0 * _below_zero(x))
    right = torch.expm1(-2.0 * _above_zero(x))
    return torch.where(x >= 0, -right / (right + 2.0), left / (left + 2.0))


def tanh_derivative(x: Tensor) -> Tensor:
    r"""Return :math:`\tanh'(x) = 1 - \tanh^2 x = 4\,\sigma'(2x)`, at most 1.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    # The second form, for the first cancels where tanh is near ±1.
    return 4.0 * sigmoid_derivative(2.0 * x)


def relu(x: Tensor) -> Tensor:
    r"""Return :math:`\max(x, 0)`.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    return leaky_relu(x, slope=0.0)


def relu_derivative(x: Tensor) -> Tensor:
    """Return 1 where ``x`` is positive and 0 elsewhere, also at 0.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    return leaky_relu_derivative(x, slope=0.0)


def leaky_relu(x: Tensor, *, slope: Tensor | float = 0.01) -> Tensor:
    r"""Return ``x`` where it is positive and ``slope * x`` elsewhere.

    Parameters
    ----------
    x : (*) float
    slope
        One number, or a tensor that broadcasts with ``x``.

    Returns
    -------
    Tensor : (*) float
    """
    return torch.where(x > 0, x, slope * x)


def leaky_relu_derivative(x: Tensor, *, slope: Tensor | float = 0.01) -> Tensor:
    """Return 1 where ``x`` is positive and ``slope`` elsewhere, also at 0.

    Parameters
    ----------
    x : (*) float
    slope
        As of :func:`leaky_relu`.

    Returns
    -------
    Tensor : (*) float
    """
    one = torch.ones_like(x)
    return torch.where(x > 0, one, slope * one)


def prelu(x: Tensor, slope: Tensor) -> Tensor:
    """Return the leaky ReLU of ``x`` with slopes that are parameters.

    Parameters
    ----------
    x : (batch, features, *) float
    slope : (1,) or (features,) float
        For negative inputs: one for all, or one for each feature (dimension 1).

    Returns
    -------
    Tensor : (batch, features, *) float
    """
    return leaky_relu(x, slope=_along_features(slope, x))


def prelu_derivatives(x: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    r"""Return the derivatives of :func:`prelu` by ``x`` and by the slope.

    .. math:: \frac{\partial f}{\partial x} = \begin{cases} 1 & x > 0 \\ a & x \le 0
              \end{cases}, \qquad
              \frac{\partial f}{\partial a} = \min(x, 0)

    Parameters
    ----------
    x, slope
        As of :func:`prelu`.

    Returns
    -------
    by_input : (batch, features, *) float
    by_slope : (batch, features, *) float
        Of each element; the gradient of a slope is their sum over the elements that
        use it, weighted with the gradients that arrive there.
    """
    by_input = leaky_relu_derivative(x, slope=_along_features(slope, x))
    return by_input, _below_zero(x)


def _along_features(slope: Tensor, x: Tensor) -> Tensor:
    """Return ``slope`` in a shape that broadcasts along dimension 1 of ``x``."""
    if slope.ndim != 1 or slope.numel() not in {1, x.shape[1] if x.ndim > 1 else 1}:
        raise ValueError(
            "slope must have shape (1,) or (features,), with the features in dimension "
            f"1 of x; got {tuple(slope.shape)} for x of shape {tuple(x.shape)}"
        )
    return slope if x.ndim < 2 else slope.reshape(1, -1, *[1] * (x.ndim - 2))


def rrelu(
    x: Tensor,
    *,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool = False,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the leaky ReLU of ``x`` with slopes that are random during training.

    Its derivative by ``x`` is :func:`leaky_relu_derivative` with the same slopes.

    Parameters
    ----------
    x : (*) float
    lower, upper, training, generator
        As of :func:`draw_slopes`.

    Returns
    -------
    Tensor : (*) float
    """
    slopes = draw_slopes(
        x, lower=lower, upper=upper, training=training, generator=generator
    )
    return leaky_relu(x, slope=slopes)


def draw_slopes(
    x: Tensor,
    *,
    lower: float = 1 / 8,
    upper: float = 1 / 3,
    training: bool,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return the slopes of :func:`rrelu` for negative inputs.

    Parameters
    ----------
    x : (*) float
        Gives the shape, type and device.
    lower, upper
        Where the slopes lie; the defaults are those of torch.
    training
        Whether each element draws a slope of its own, uniform in ``[lower, upper]``.
        Otherwise all take the mean, ``(lower + upper) / 2``, so that one input gives
        one answer.
    generator
        Of the device of ``x``; the global one if ``None``.

    Returns
    -------
    Tensor : (*) float

    Raises
    ------
    ValueError
        If ``lower`` is greater than ``upper``.
    """
    if lower > upper:
        raise ValueError(f"lower must not exceed upper, got {lower} and {upper}")
    if not training:
        return torch.full_like(x, (lower + upper) / 2)
    draws = torch.empty_like(x, requires_grad=False)
    return draws.uniform_(lower, upper, generator=generator)


def elu(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    r"""Return ``x`` where it is positive, :math:`\alpha (e^x - 1)` elsewhere.

    Parameters
    ----------
    x : (*) float
    alpha
        Far to the left the function tends to :math:`-\alpha`.

    Returns
    -------
    Tensor : (*) float
    """
    return torch.where(x > 0, x, alpha * torch.expm1(_below_zero(x)))


def elu_derivative(x: Tensor, *, alpha: float = 1.0) -> Tensor:
    r"""Return 1 where ``x`` is positive, :math:`\alpha e^x` elsewhere.

    Parameters
    ----------
    x : (*) float
    alpha
        As of :func:`elu`.

    Returns
    -------
    Tensor : (*) float
    """
    return torch.where(x > 0, torch.ones_like(x), alpha * torch.exp(_below_zero(x)))


def gelu(x: Tensor) -> Tensor:
    r"""Return :math:`x\,\Phi(x)`.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    return x * _normal_cdf(x)


def gelu_derivative(x: Tensor) -> Tensor:
    r"""Return :math:`\Phi(x) + x\,\varphi(x)`.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    density = torch.exp(-x.square() / 2.0) / math.sqrt(2.0 * math.pi)
    return _normal_cdf(x) + x * density


def _normal_cdf(x: Tensor) -> Tensor:
    """Return the probability that a standard normal variable is at most ``x``."""
    # Not 1 + erf: far to the left that difference would be rounded to 0.
    return 0.5 * torch.erfc(-x / math.sqrt(2.0))


def silu(x: Tensor) -> Tensor:
    r"""Return :math:`x\,\sigma(x)`, also called swish.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    return x * sigmoid(x)


def silu_derivative(x: Tensor) -> Tensor:
    r"""Return :math:`\sigma(x)\,\bigl(1 + x\,\sigma(-x)\bigr)`.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    return sigmoid(x) * (1.0 + x * sigmoid(-x))


def softplus(x: Tensor) -> Tensor:
    r"""Return :math:`\ln(1 + e^x)`, a smooth form of ReLU.

    .. math:: \ln(1 + e^x) = \max(x, 0) + \ln\bigl(1 + e^{-|x|}\bigr)

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    left = torch.log1p(torch.exp(_below_zero(x)))
    right = x + torch.log1p(torch.exp(-_above_zero(x)))
    return torch.where(x > 0, right, left)


def softplus_derivative(x: Tensor) -> Tensor:
    """Return the sigmoid of ``x``.

    Parameters
    ----------
    x : (*) float

    Returns
    -------
    Tensor : (*) float
    """
    return sigmoid(x)
