"""Several classifiers that answer together."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["Ensemble", "mean_log_probabilities"]


def mean_log_probabilities(logits: Tensor) -> Tensor:
    """Return the logarithm of the members' mean probabilities.

    Parameters
    ----------
    logits : (num_members, *, num_classes) float
        The scores that each member gives to the same examples.

    Returns
    -------
    Tensor : (*, num_classes) float
        In nats. Their exponentials sum to 1, so they may be used like logits.
    """
    log_probs = logits.log_softmax(dim=-1)
    return log_probs.logsumexp(dim=0) - math.log(len(logits))


class Ensemble(nn.Module):
    """A classifier whose probabilities are the mean of those of its members.

    Parameters
    ----------
    members
        Models that map the same inputs to logits of the same shape.

    Raises
    ------
    ValueError
        If there is no member, or one is there twice.
    """

    def __init__(self, members: Iterable[nn.Module]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        if not len(self.members):
            raise ValueError("an ensemble needs at least one member, got none")
        if len({id(member) for member in self.members}) < len(self.members):
            raise ValueError(
                "a member is there twice, so the mean would count it twice; make each "
                "with its own call"
            )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the logarithms of the mean probabilities.

        Parameters
        ----------
        inputs : (batch, *) float

        Returns
        -------
        Tensor : (batch, num_classes) float
            To be used like logits.
        """
        logits = torch.stack([member(inputs) for member in self.members])
        return mean_log_probabilities(logits)
