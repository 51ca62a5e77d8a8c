r"""Losses that compare an output with a target, each with its gradient written out.

A loss takes all outputs and targets and returns one number, the mean unless another
``reduction`` is chosen. Its gradient, the function of the same name that ends in
``_gradient``, returns the derivative of each example's own loss with respect to its
output; for the mean over n examples divide by n. torch has the losses under other
names, and the tests compare the two. Cross-entropy itself is
:func:`d2lnotes.layers.cross_entropy`; its gradient is here.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from d2lnotes._checks import check_label_smoothing, check_scores_and_labels
from d2lnotes.layers import softmax

__all__ = [
    "absolute_gradient",
    "absolute_loss",
    "cross_entropy_gradient",
    "hinge_gradient",
    "hinge_loss",
    "huber_gradient",
    "huber_loss",
    "log_loss",
    "log_loss_gradient",
    "quantile_gradient",
    "quantile_loss",
    "squared_gradient",
    "squared_loss",
]

Reduction = Literal["mean", "sum", "none"]


def squared_loss(
    outputs: Tensor, targets: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Return half the squared error, least on average at the mean of the targets.

    .. math:: \ell = \tfrac12 (\hat{y} - y)^2

    ``torch.nn.functional.mse_loss`` has no half and is twice as large.

    Parameters
    ----------
    outputs : (*) float
        Predictions :math:`\hat{y}`.
    targets : (*) float
        Of the same shape, in the same unit.
    reduction
        ``"mean"`` or ``"sum"`` over all entries, or ``"none"``.

    Returns
    -------
    Tensor : () or (*) float
        In the square of the targets' unit.

    Raises
    ------
    ValueError
        If the shapes differ, there is nothing to average, or ``reduction`` is unknown.
    """
    _check_same_shape(outputs, targets)
    return _reduce((outputs - targets).square() / 2, reduction)


def squared_gradient(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Return the gradient of :func:`squared_loss`, :math:`\hat{y} - y`, shape (*)."""
    _check_same_shape(outputs, targets)
    return outputs - targets


def absolute_loss(
    outputs: Tensor, targets: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Return the absolute error, least on average at the median of the targets.

    .. math:: \ell = \lvert \hat{y} - y \rvert

    Parameters
    ----------
    outputs, targets, reduction
        As of :func:`squared_loss`.

    Returns
    -------
    Tensor : () or (*) float
        In the targets' unit.

    Raises
    ------
    ValueError
        As of :func:`squared_loss`.
    """
    _check_same_shape(outputs, targets)
    return _reduce((outputs - targets).abs(), reduction)


def absolute_gradient(outputs: Tensor, targets: Tensor) -> Tensor:
    r"""Return the gradient of :func:`absolute_loss`, the error's sign, shape (*).

    Where the error is 0 there is a kink, and 0 is returned, as torch does.
    """
    _check_same_shape(outputs, targets)
    return (outputs - targets).sign()


def huber_loss(
    outputs: Tensor,
    targets: Tensor,
    *,
    delta: float = 1.0,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Return the Huber loss: quadratic for small errors, linear for large ones.

    With the error :math:`e = \hat{y} - y`,

    .. math:: \ell = \begin{cases}
              \tfrac12 e^2 & \lvert e \rvert \le \delta \\
              \delta \lvert e \rvert - \tfrac12 \delta^2 & \lvert e \rvert > \delta
              \end{cases}

    Parameters
    ----------
    outputs, targets, reduction
        As of :func:`squared_loss`.
    delta
        Where the loss turns linear, positive, in the targets' unit.

    Returns
    -------
    Tensor : () or (*) float
        In the square of the targets' unit.

    Raises
    ------
    ValueError
        As of :func:`squared_loss`, or if ``delta`` is not positive.
    """
    _check_same_shape(outputs, targets)
    _check_delta(delta)
    size = (outputs - targets).abs()
    # The quadratic part is cut off at delta, which keeps it from overflowing.
    inner = size.clamp(max=delta)
    return _reduce(inner.square() / 2 + delta * (size - inner), reduction)


def huber_gradient(outputs: Tensor, targets: Tensor, *, delta: float = 1.0) -> Tensor:
    r"""Return the gradient of :func:`huber_loss`, the error clipped to ±delta."""
    _check_same_shape(outputs, targets)
    _check_delta(delta)
    return (outputs - targets).clamp(-delta, delta)


def quantile_loss(
    outputs: Tensor,
    targets: Tensor,
    *,
    level: float,
    reduction: Reduction = "mean",
) -> Tensor:
    r"""Return the quantile loss, least on average at a quantile of the targets.

    .. math:: \ell = \max\bigl(\tau\,(y - \hat{y}),\ (1 - \tau)(\hat{y} - y)\bigr)

    For :math:`\tau = 0.5` it is half the absolute error.

    Parameters
    ----------
    outputs, targets, reduction
        As of :func:`squared_loss`.
    level
        :math:`\tau`, in (0, 1): the fraction of the targets to lie below the outputs.

    Returns
    -------
    Tensor : () or (*) float
        In the targets' unit.

    Raises
    ------
    ValueError
        As of :func:`squared_loss`, or if ``level`` is not between 0 and 1.
    """
    _check_same_shape(outputs, targets)
    _check_level(level)
    lack = targets - outputs
    return _reduce(torch.maximum(level * lack, (level - 1) * lack), reduction)


def quantile_gradient(outputs: Tensor, targets: Tensor, *, level: float) -> Tensor:
    r"""Return the gradient of :func:`quantile_loss`, shape (*).

    It is :math:`-\tau` where the output is too small, :math:`1 - \tau` where it is too
    large, and halfway between at the kink, as torch has it for a maximum of two.
    """
    _check_same_shape(outputs, targets)
    _check_level(level)
    return 0.5 - level + (outputs - targets).sign() / 2


def log_loss(
    logits: Tensor, targets: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Return the negative log-likelihood of two classes, from one logit each.

    With :math:`p = 1 / (1 + e^{-z})`,

    .. math:: \ell = -y \ln p - (1 - y) \ln(1 - p)
              = \max(z, 0) - y z + \ln\bigl(1 + e^{-\lvert z \rvert}\bigr)

    The last form has no exponential above 1 and no logarithm near 0. In torch it is
    ``binary_cross_entropy_with_logits``.

    Parameters
    ----------
    logits : (*) float
        Scores :math:`z`, any real numbers, not probabilities.
    targets : (*) float
        Of the same shape: 0, 1 or a probability between. Integers and booleans too.
    reduction
        As of :func:`squared_loss`.

    Returns
    -------
    Tensor : () or (*) float
        Nats.

    Raises
    ------
    ValueError
        As of :func:`squared_loss`.
    """
    _check_same_shape(logits, targets)
    y = targets.to(logits.dtype)
    losses = logits.clamp(min=0) - y * logits + (-logits.abs()).exp().log1p()
    return _reduce(losses, reduction)


def log_loss_gradient(logits: Tensor, targets: Tensor) -> Tensor:
    r"""Return the gradient of :func:`log_loss`, :math:`p - y`, shape (*)."""
    _check_same_shape(logits, targets)
    return logits.sigmoid() - targets.to(logits.dtype)


def hinge_loss(
    scores: Tensor, signs: Tensor, *, reduction: Reduction = "mean"
) -> Tensor:
    r"""Return the hinge loss of two classes with the labels −1 and 1.

    .. math:: \ell = \max(0,\ 1 - y z)

    It is 0 once a score is right by a margin of 1.

    Parameters
    ----------
    scores : (*) float
        Scores :math:`z`, whose sign is the decision.
    signs : (*) float or integer
        Of the same shape: :math:`y`, −1 or 1. The values are not looked at: looking
        would make the CPU wait for a GPU.
    reduction
        As of :func:`squared_loss`.

    Returns
    -------
    Tensor : () or (*) float
        Dimensionless.

    Raises
    ------
    ValueError
        As of :func:`squared_loss`, or if ``signs`` holds booleans.
    """
    _check_signs(scores, signs)
    return _reduce((1 - signs * scores).clamp(min=0), reduction)


def hinge_gradient(scores: Tensor, signs: Tensor) -> Tensor:
    r"""Return the gradient of :func:`hinge_loss`, shape (*).

    It is :math:`-y` where the margin :math:`yz` is below 1, and 0 from 1 on.
    """
    _check_signs(scores, signs)
    return torch.where(signs * scores < 1, -signs, 0).to(scores.dtype)


def cross_entropy_gradient(
    outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0
) -> Tensor:
    r"""Return the gradient of cross-entropy, :math:`\hat{\mathbf{y}} - \mathbf{y}`.

    The loss is :func:`d2lnotes.layers.cross_entropy`. With smoothing
    :math:`\varepsilon` the target of each of :math:`q` classes is
    :math:`\varepsilon/q`, and that of the right class :math:`1 - \varepsilon` more.

    Parameters
    ----------
    outputs : (batch, num_classes) float
        Scores (logits).
    targets : (batch,) integer
        Class labels.
    label_smoothing
        :math:`\varepsilon`, in [0, 1].

    Returns
    -------
    Tensor : (batch, num_classes) float
        One row for each example, whose entries add up to 0.

    Raises
    ------
    ValueError
        If the shapes or dtypes do not fit together, or ``label_smoothing`` lies
        outside [0, 1].
    """
    check_scores_and_labels(outputs, targets)
    check_label_smoothing(label_smoothing)
    truth = torch.full_like(outputs, label_smoothing / outputs.shape[1])
    label = targets.long().unsqueeze(1)
    truth.scatter_add_(1, label, torch.full_like(outputs[:, :1], 1 - label_smoothing))
    return softmax(outputs, dim=1) - truth


def _reduce(losses: Tensor, reduction: Reduction) -> Tensor:
    if reduction == "mean":
        return losses.mean()
    if reduction == "sum":
        return losses.sum()
    if reduction == "none":
        return losses
    raise ValueError(
        f"reduction must be 'mean', 'sum' or 'none', got {reduction!r}; 'mean' is the "
        "usual one for training"
    )


def _check_same_shape(outputs: Tensor, targets: Tensor) -> None:
    """Raise ``ValueError`` unless each output has one target."""
    if outputs.shape != targets.shape:
        raise ValueError(
            "outputs and targets must have the same shape, got "
            f"{tuple(outputs.shape)} and {tuple(targets.shape)}; subtracting them would "
            "pair each with each: outputs.squeeze(1) turns a column (n, 1) into (n,)"
        )
    if targets.numel() == 0:
        raise ValueError(
            "the mean of an empty batch is undefined, got targets of "
            f"{tuple(targets.shape)}; is the dataset empty?"
        )


def _check_delta(delta: float) -> None:
    if not delta > 0:
        raise ValueError(
            f"delta must be positive, got {delta}; it is the error, in the targets' "
            "unit, at which the loss turns linear"
        )


def _check_level(level: float) -> None:
    if not 0.0 < level < 1.0:
        raise ValueError(
            f"level must lie in (0, 1), got {level}; 0.9 makes nine in ten targets lie "
            "below the outputs"
        )


def _check_signs(scores: Tensor, signs: Tensor) -> None:
    _check_same_shape(scores, signs)
    if signs.dtype == torch.bool:
        raise ValueError(
            "signs must hold −1 and 1, got booleans; 2 * signs.float() - 1 turns false "
            "and true into −1 and 1"
        )
