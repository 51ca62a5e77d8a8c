"""Training and evaluation mode of the layers of a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Put all layers into evaluation mode for a while, and each back as it was."""
    # One by one: a frozen layer may be in evaluation mode inside a training model.
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
