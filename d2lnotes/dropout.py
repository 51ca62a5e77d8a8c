"""Dropout: numbers set to zero at random while a model is trained."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor

from d2lnotes.models.mlp import ParallelMLPs

__all__ = ["ParallelDropoutMLPs", "dropout"]


def dropout(inputs: Tensor, rate: float | Tensor, generator: torch.Generator) -> Tensor:
    r"""Return the inputs, some set to zero at random and the others enlarged.

    .. math::

       x' = \begin{cases} 0 & \text{with probability } p \\
                          x / (1 - p) & \text{otherwise} \end{cases}

    The expectation of each entry is unchanged, and its variance is
    :math:`x^2 p / (1 - p)`. A model calls this in training mode only.

    Parameters
    ----------
    inputs : (*) float
    rate
        The probability :math:`p` of being set to zero, in [0, 1); a tensor holds
        several and broadcasts to the shape of ``inputs``.
    generator
        Draws which entries are kept. Its device decides where they are drawn.

    Returns
    -------
    Tensor : (*) float
        The shape of ``inputs``.

    Raises
    ------
    ValueError
        If a rate is not in [0, 1).
    """
    rates = torch.as_tensor(rate, dtype=inputs.dtype, device=inputs.device)
    if not ((rates >= 0) & (rates < 1)).all():
        raise ValueError(
            f"a dropout rate is a probability in [0, 1), got {rate}; at 1 nothing "
            "would be left to pass on"
        )
    draws = torch.rand(inputs.shape, generator=generator, device=generator.device)
    kept = draws.to(inputs.device) >= rates
    return inputs * kept / (1 - rates)


class ParallelDropoutMLPs(ParallelMLPs):
    """Several perceptrons of one shape, computed at once, each with its own dropout.

    Parameters
    ----------
    sizes
        Numbers per example, from the inputs to the outputs.
    rates : (num_models, num_layers) float
        The dropout rate of each model at the inputs and after each hidden layer, so
        there are as many columns as ``sizes`` has entries before the last.
    generator
        Draws the parameters and afterwards what is dropped.

    Raises
    ------
    ValueError
        If the rates do not fit the sizes; rates outside [0, 1) fail in ``forward``.
    """

    rates: Tensor

    def __init__(
        self, sizes: Sequence[int], *, rates: Tensor, generator: torch.Generator
    ) -> None:
        super().__init__(len(rates), sizes, generator=generator)
        expected = (self.num_models, len(list(pairwise(sizes))))
        if tuple(rates.shape) != expected:
            raise ValueError(
                f"rates must have the shape {expected}, one for the inputs and one for "
                f"each hidden layer of each model; got {tuple(rates.shape)}"
            )
        self.register_buffer("rates", rates[:, :, None, None])
        self.generator = generator

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs of each model; entries are dropped in training mode.

        Parameters
        ----------
        inputs : (num_models, batch, sizes[0]) float
            Of shape (batch, sizes[0]) if all models get the same examples.

        Returns
        -------
        Tensor : (num_models, batch, sizes[-1]) float
        """
        hidden = inputs.expand(self.num_models, -1, -1)
        last = len(self.weights) - 1
        for layer, (weight, bias) in enumerate(
            zip(self.weights, self.biases, strict=True)
        ):
            # Without dropout no mask is drawn: at the inputs that is most of the time.
            if self.training and self.rates[:, layer].any():
                hidden = dropout(hidden, self.rates[:, layer], self.generator)
            hidden = torch.baddbmm(bias, hidden, weight)
            if layer < last:
                hidden = self.activation(hidden)
        return hidden
