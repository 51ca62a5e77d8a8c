"""Gradients without automatic differentiation, to check it with."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["difference_gradient"]


def difference_gradient(
    function: Callable[[Tensor], Tensor], at: Tensor, *, step: float
) -> Tensor:
    r"""Return the gradient of ``function`` by central differences.

    .. math:: \frac{\partial f}{\partial x_i} \approx
              \frac{f(\mathbf{x} + h\mathbf{e}_i) - f(\mathbf{x} - h\mathbf{e}_i)}{2h}

    The function is called twice for each component of ``at``.

    Parameters
    ----------
    function
        Maps a tensor of the shape of ``at`` to one number, shape ``()``.
    at : (*) float
        Where to differentiate; float64 unless the loss of digits is the subject.
    step
        :math:`h > 0`, in the units of ``at``. For numbers near 1 the cube root of the
        unit roundoff is a good one: 5e-6 in float64, 4e-3 in float32.

    Returns
    -------
    Tensor : (*) float
        The shape and type of ``at``.

    Raises
    ------
    ValueError
        If ``step`` is not positive, or ``function`` returns several numbers.
    """
    if not step > 0:
        raise ValueError(f"step must be positive, got {step}; try 5e-6 in float64")
    slopes = []
    with torch.no_grad():
        for direction in torch.eye(at.numel(), dtype=at.dtype, device=at.device):
            moved = step * direction.reshape(at.shape)
            rise = function(at + moved) - function(at - moved)
            if rise.ndim != 0:
                raise ValueError(
                    "function must return one number, a tensor of shape (), got shape "
                    f"{tuple(rise.shape)}; sum or average it"
                )
            slopes.append(rise / (2 * step))
    return torch.stack(slopes).reshape(at.shape)
