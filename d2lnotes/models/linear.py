"""Models that are linear in their inputs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

__all__ = ["SoftmaxRegression", "SoftmaxRegressionScratch"]


class SoftmaxRegression(nn.Module):
    r"""Softmax regression: one linear layer that gives a logit per class.

    .. math:: \mathbf{o} = \mathbf{W}\mathbf{x} + \mathbf{b}

    The softmax itself is part of the loss, which is more exact on logits.

    Parameters
    ----------
    num_inputs
        Numbers per example, 784 for images of 28 by 28 pixels.
    num_classes
        Number of classes.
    """

    def __init__(self, num_inputs: int, num_classes: int) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(num_inputs, num_classes)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        inputs : (batch, *) float
            Each example holds ``num_inputs`` numbers, in any shape.

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        return self.linear(self.flatten(inputs))


class SoftmaxRegressionScratch(nn.Module):
    r"""The same model with its parameters and its product written out.

    .. math:: \mathbf{O} = \mathbf{X}\mathbf{W} + \mathbf{b}

    The weights start as draws from :math:`\mathcal{N}(0, 0.01^2)`, the biases at 0.
    Train it with :func:`d2lnotes.layers.cross_entropy`.

    Parameters
    ----------
    num_inputs
        Numbers per example.
    num_classes
        Number of classes.
    generator
        Draws the weights.
    """

    def __init__(
        self, num_inputs: int, num_classes: int, *, generator: torch.Generator
    ) -> None:
        super().__init__()
        weight = torch.randn(num_inputs, num_classes, generator=generator)
        self.weight = nn.Parameter(0.01 * weight)
        self.bias = nn.Parameter(torch.zeros(num_classes))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        inputs : (batch, *) float
            Each example holds ``num_inputs`` numbers, in any shape.

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        features = inputs.flatten(start_dim=1)  # (batch, num_inputs)
        return features @ self.weight + self.bias
