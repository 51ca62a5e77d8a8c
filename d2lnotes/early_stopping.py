"""Ending a training when the validation loss has stopped falling."""

from __future__ import annotations

import copy
import math

from torch import nn

from d2lnotes.training import EpochRecord

__all__ = ["EarlyStopping"]


class EarlyStopping:
    """A callback of :func:`~d2lnotes.training.fit` that ends it and keeps the best.

    Pass it as ``on_epoch_end``. It copies the parameters and buffers of the model
    after each epoch whose validation loss is the lowest so far. Training ends after
    ``patience`` epochs in a row that were not better; :meth:`restore` then gives the
    model the state of its best epoch.

    Parameters
    ----------
    model
        The model that is trained.
    patience
        How many epochs in a row may bring no improvement, at least 1.
    min_gain
        By how much a validation loss must lie below the lowest one to count as an
        improvement, in the unit of the loss, at least 0.

    Attributes
    ----------
    best_epoch
        The epoch with the lowest validation loss; ``None`` before the first.
    best_loss
        That loss; infinite before the first epoch.

    Raises
    ------
    ValueError
        If ``patience < 1`` or ``min_gain < 0``; when called, if the record has no
        validation loss.
    """

    def __init__(
        self, model: nn.Module, *, patience: int, min_gain: float = 0.0
    ) -> None:
        if patience < 1 or min_gain < 0:
            raise ValueError(
                "patience must be at least 1 and min_gain at least 0, got "
                f"{patience} and {min_gain}"
            )
        self.patience, self.min_gain = patience, min_gain
        self.best_epoch: int | None = None
        self.best_loss = math.inf
        self._model = model
        self._best_state: dict[str, object] = {}

    def __call__(self, record: EpochRecord) -> bool:
        """Look at an epoch and return whether training shall end with it."""
        if record.valid_loss is None:
            raise ValueError(
                "early stopping looks at the validation loss, and this record has "
                "none; pass valid_loader to fit"
            )
        if (
            self.best_epoch is None
            or record.valid_loss < self.best_loss - self.min_gain
        ):
            self.best_epoch, self.best_loss = record.epoch, record.valid_loss
            # state_dict refers to the parameters themselves, which go on changing.
            self._best_state = copy.deepcopy(self._model.state_dict())
        return record.epoch - self.best_epoch >= self.patience

    def restore(self) -> None:
        """Give the model its parameters and buffers after the best epoch.

        Raises
        ------
        RuntimeError
            If no epoch has been looked at.
        """
        if self.best_epoch is None:
            raise RuntimeError(
                "there is no best epoch yet; pass this object to fit as on_epoch_end"
            )
        self._model.load_state_dict(self._best_state)
