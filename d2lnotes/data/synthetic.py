"""Data drawn from distributions that are known, so that the right answer is too."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["make_shortcut"]


def make_shortcut(
    num_examples: int, *, agreement: float, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    r"""Return two classes told apart by an honest feature and by a shortcut.

    With :math:`s = \pm 1` for the two equally likely classes, the features are

    .. math:: x_1 = s + \varepsilon, \quad \varepsilon \sim \mathcal{N}(0, 1), \qquad
       x_2 = \begin{cases} s & \text{with probability } a \\ -s & \text{otherwise}
       \end{cases}

    The log-odds of class 1 are :math:`2 x_1 + x_2 \ln\frac{a}{1-a}`: the better the
    shortcut, the more a learner is right to trust it, on data from this source.

    Parameters
    ----------
    num_examples
        How many examples to draw.
    agreement
        The probability :math:`a`, in [0, 1]; 0.5 makes the shortcut worthless.
    generator
        Draws everything; the tensors lie on its device.

    Returns
    -------
    features : (num_examples, 2) float32
        Columns :math:`x_1` and :math:`x_2`, dimensionless.
    labels : (num_examples,) int64
        0 or 1.

    Raises
    ------
    ValueError
        If ``num_examples`` is below 1, or ``agreement`` is not a probability.
    """
    if num_examples < 1:
        raise ValueError(
            f"num_examples must be at least 1, got {num_examples}; draw one or more"
        )
    if not 0 <= agreement <= 1:
        raise ValueError(
            f"agreement is a probability and must lie in [0, 1], got {agreement}; "
            "divide a percentage by 100"
        )
    device = generator.device
    labels = torch.randint(2, (num_examples,), generator=generator, device=device)
    sign = 2.0 * labels - 1  # -1 or 1
    noise = torch.randn(num_examples, generator=generator, device=device)
    draws = torch.rand(num_examples, generator=generator, device=device)
    shortcut = torch.where(draws < agreement, sign, -sign)
    return torch.stack([sign + noise, shortcut], dim=1), labels
