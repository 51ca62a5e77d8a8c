"""Data drawn from distributions that are known, so that the right answer is too."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["make_payments"]

_NUM_FEATURES = 5
_SHIFT = 0.9  # how much higher each feature is on average for fraud


def make_payments(
    num_examples: int, *, fraud_share: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    r"""Return payments, some of them fraud, told apart by five features.

    The features of normal payments are standard normal, and those of fraud are, too,
    but 0.9 higher on average. With a share :math:`s` of fraud, the log-odds of fraud
    are

    .. math:: 0.9 \sum_{j=1}^{5} x_j \;-\; \frac{5 \cdot 0.9^2}{2}
       \;+\; \ln \frac{s}{1-s} .

    Parameters
    ----------
    num_examples
        How many payments to draw.
    fraud_share
        The probability :math:`s` that a payment is fraud, in [0, 1].
    generator
        Draws everything; the tensors lie on its device.

    Returns
    -------
    features : (num_examples, 5) float32
        Dimensionless.
    labels : (num_examples,) int64
        1 for fraud, 0 for a normal payment.

    Raises
    ------
    ValueError
        If ``num_examples`` is below 1, or ``fraud_share`` is not a probability.
    """
    if num_examples < 1:
        raise ValueError(
            f"num_examples must be at least 1, got {num_examples}; draw one or more"
        )
    if not 0 <= fraud_share <= 1:
        raise ValueError(
            "fraud_share is a probability and must lie in [0, 1], got "
            f"{fraud_share}; divide a percentage by 100"
        )
    device = generator.device
    draws = torch.rand(num_examples, generator=generator, device=device)
    labels = (draws < fraud_share).long()
    features = torch.randn(
        num_examples, _NUM_FEATURES, generator=generator, device=device
    )
    return features + _SHIFT * labels[:, None], labels
