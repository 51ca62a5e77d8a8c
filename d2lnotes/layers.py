r"""Softmax and what follows from it, written out by hand and numerically stable.

Everything here exists in torch as well, under the same name and with the same
meaning; the tests compare the two. Losses are in nats (natural logarithms).
"""

from __future__ import annotations

from torch import Tensor

from d2lnotes._checks import check_label_smoothing, check_scores_and_labels

__all__ = ["cross_entropy", "log_softmax", "log_sum_exp", "softmax"]


def _shift(x: Tensor, dim: int) -> tuple[Tensor, Tensor]:
    """Return ``x`` minus its maximum along ``dim``, and that maximum."""
    # A constant for autograd: the results below do not depend on the shift.
    largest = x.detach().amax(dim, keepdim=True)
    # Infinity minus infinity is NaN, and such a row needs no shift to be right.
    largest = largest.masked_fill(largest.isinf(), 0.0)
    return x - largest, largest


def log_sum_exp(x: Tensor, dim: int) -> Tensor:
    r"""Return the logarithm of the summed exponentials along ``dim``.

    .. math:: \log \sum_j e^{x_j} = m + \log \sum_j e^{x_j - m},
              \qquad m = \max_j x_j

    The right-hand side cannot overflow, for no exponent in it is above zero, and
    its sum cannot underflow, for one term in it is 1.

    Parameters
    ----------
    x : (*, num_classes, *) float
        Infinite entries are allowed: :math:`e^{-\infty} = 0`.
    dim
        The axis that is summed over.

    Returns
    -------
    Tensor : (*, *) float
        The shape of ``x`` without ``dim``.
    """
    shifted, largest = _shift(x, dim)
    return shifted.exp().sum(dim).log() + largest.squeeze(dim)


def softmax(x: Tensor, dim: int) -> Tensor:
    r"""Return ``x`` as probabilities that sum to 1 along ``dim``.

    .. math:: \operatorname{softmax}(\mathbf{x})_i
              = \frac{e^{x_i - m}}{\sum_j e^{x_j - m}},
              \qquad m = \max_j x_j

    Parameters
    ----------
    x : (*, num_classes, *) float
        Scores (logits). Adding a constant to all of them changes nothing.
    dim
        The axis of the classes.

    Returns
    -------
    Tensor : (*, num_classes, *) float
        Dimensionless, in [0, 1].
    """
    shifted, _ = _shift(x, dim)
    unnormalised = shifted.exp()
    return unnormalised / unnormalised.sum(dim, keepdim=True)


def log_softmax(x: Tensor, dim: int) -> Tensor:
    r"""Return the logarithms of the softmax probabilities along ``dim``.

    .. math:: \log \operatorname{softmax}(\mathbf{x})_i
              = (x_i - m) - \log \sum_j e^{x_j - m},
              \qquad m = \max_j x_j

    Unlike ``softmax(x, dim).log()`` this stays finite where a probability is too
    small for its floating-point type.

    Parameters
    ----------
    x : (*, num_classes, *) float
        Scores (logits).
    dim
        The axis of the classes.

    Returns
    -------
    Tensor : (*, num_classes, *) float
        Nats, at most 0.
    """
    shifted, _ = _shift(x, dim)
    return shifted - shifted.exp().sum(dim, keepdim=True).log()


def cross_entropy(
    outputs: Tensor, targets: Tensor, *, label_smoothing: float = 0.0
) -> Tensor:
    r"""Return the mean cross-entropy over the examples of a batch, in nats.

    With :math:`q` classes, label :math:`y` and smoothing :math:`\varepsilon`, one
    example with the predicted log-probabilities :math:`\log\hat{y}_i` costs

    .. math:: -(1-\varepsilon)\,\log \hat{y}_y
              \;-\; \frac{\varepsilon}{q} \sum_{i=1}^{q} \log \hat{y}_i .

    Parameters
    ----------
    outputs : (batch, num_classes) float
        Scores (logits), not probabilities.
    targets : (batch,) integer
        Class labels in ``[0, num_classes)``.
    label_smoothing
        The fraction :math:`\varepsilon`, in [0, 1], of the target probability that
        is spread evenly over all classes.

    Returns
    -------
    Tensor : () float
        Nats per example.

    Raises
    ------
    ValueError
        If the shapes or dtypes do not fit together, or ``label_smoothing`` lies
        outside [0, 1].
    """
    check_scores_and_labels(outputs, targets)
    check_label_smoothing(label_smoothing)
    log_probs = log_softmax(outputs, dim=1)  # (batch, num_classes)
    label = targets.long().unsqueeze(1)
    losses = -log_probs.gather(1, label).squeeze(1)  # (batch,)
    if label_smoothing > 0.0:
        spread_evenly = -log_probs.mean(dim=1)
        losses = (1 - label_smoothing) * losses + label_smoothing * spread_evenly
    return losses.mean()
