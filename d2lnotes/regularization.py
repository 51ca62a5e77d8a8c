r"""Penalties on the size of weights: ridge regression, the L1 norm, a proximal step.

The loss is a mean over examples and :math:`\lambda` is called ``decay`` here, as
``weight_decay`` in torch: the penalty is :math:`\frac{\lambda}{2} \lVert\mathbf{w}
\rVert_2^2`, and for the L1 norm :math:`\lambda \lVert\mathbf{w}\rVert_1`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

__all__ = ["ProximalSGD", "ridge", "soft_threshold"]


def ridge(inputs: Tensor, targets: Tensor, *, decay: float) -> Tensor:
    r"""Return the weights of ridge regression, in closed form.

    They minimize

    .. math:: \frac{1}{2n} \lVert\mathbf{X}\mathbf{w} - \mathbf{y}\rVert_2^2
              + \frac{\lambda}{2} \lVert\mathbf{w}\rVert_2^2 .

    There is no intercept: subtract the means of inputs and targets first. For
    :math:`\lambda = 0` it is least squares, and among several solutions the
    shortest.

    Parameters
    ----------
    inputs : (n, d) float
        One example per row.
    targets : (n,) or (n, outputs) float
    decay
        :math:`\lambda \ge 0`.

    Returns
    -------
    Tensor : (d,) or (d, outputs) float

    Raises
    ------
    ValueError
        If ``decay`` is negative, or the shapes do not fit.
    """
    _check_not_negative("decay", decay)
    if inputs.ndim != 2 or targets.shape[:1] != inputs.shape[:1]:
        raise ValueError(
            "inputs must have shape (n, d) and targets one row per example, got "
            f"{tuple(inputs.shape)} and {tuple(targets.shape)}"
        )
    left, sizes, right = torch.linalg.svd(inputs, full_matrices=False)
    # What is as small as rounding errors counts as 0, as in matrix_rank.
    rounding = max(inputs.shape) * torch.finfo(inputs.dtype).eps * sizes.max()
    counts = sizes > rounding
    scales = torch.zeros_like(sizes)
    scales[counts] = sizes[counts] / (sizes[counts] ** 2 + len(inputs) * decay)
    columns = targets if targets.ndim == 2 else targets[:, None]
    weights = right.T @ (scales[:, None] * (left.T @ columns))
    return weights if targets.ndim == 2 else weights[:, 0]


def soft_threshold(x: Tensor, threshold: float | Tensor) -> Tensor:
    r"""Return the numbers moved toward 0 by ``threshold``, and 0 for those within it.

    It is the :math:`z` that minimizes :math:`\frac12 (z - x)^2 + t \lvert z \rvert`.

    Parameters
    ----------
    x : (*) float
    threshold
        :math:`t \ge 0`, one number or a tensor that broadcasts with ``x``.

    Returns
    -------
    Tensor : (*) float
    """
    return x.sign() * (x.abs() - threshold).clamp(min=0)


class ProximalSGD(Optimizer):
    r"""Gradient descent whose steps end with a soft threshold: L1 with exact zeros.

    .. math:: \mathbf{w} \leftarrow
              S_{\eta\lambda}(\mathbf{w} - \eta\,\mathbf{g})

    Here :math:`\mathbf{g}` is the gradient of the loss without the penalty and
    :math:`S_t` is :func:`soft_threshold`.

    Parameters
    ----------
    params
        What to train, or groups of it, each with an ``l1`` of its own.
    lr
        The learning rate :math:`\eta > 0`.
    l1
        :math:`\lambda \ge 0`; 0 for parameters that are not penalized.

    Raises
    ------
    ValueError
        If ``lr`` is not positive or ``l1`` is negative.
    """

    def __init__(
        self,
        params: Iterable[Tensor] | Iterable[dict[str, Any]],
        *,
        lr: float,
        l1: float = 0.0,
    ) -> None:
        if not lr > 0:
            raise ValueError(f"lr must be positive, got {lr}")
        super().__init__(params, {"lr": lr, "l1": l1})
        for group in self.param_groups:
            _check_not_negative("l1", group["l1"])

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> float | None:  # type: ignore[override]
        """Take one step; return what ``closure`` returns, if it is given."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is not None:
                    moved = parameter - group["lr"] * parameter.grad
                    threshold = group["lr"] * group["l1"]
                    parameter.copy_(soft_threshold(moved, threshold))
        return loss


def _check_not_negative(name: str, value: float) -> None:
    """Raise ``ValueError`` if a penalty would reward large weights, or is NaN."""
    if not value >= 0:
        raise ValueError(f"{name} must be at least 0, got {value}")
