"""Supervised training: one loop for every chapter.

Conventions
-----------
* A *loss* is a mean over examples, in the unit of ``loss_fn`` (nats for
  cross-entropy, squared target units for mean squared error).
* Epochs and steps count from 1. Durations are seconds.
* The caller chooses the device by moving the model; batches follow it.
* A *loader* is anything that can be iterated once per epoch, a
  :class:`~d2lnotes.data.TensorLoader` or a :class:`torch.utils.data.DataLoader`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

__all__ = ["EpochRecord", "evaluate", "fit", "over_epochs", "predict"]

BatchMean = Callable[[Tensor, Tensor], Tensor]
Loader = Iterable[Sequence[Tensor]]


@dataclass(frozen=True)
class EpochRecord:
    """What one epoch of training did.

    Attributes
    ----------
    epoch
        Number of the epoch, from 1.
    train_loss
        Mean over the training examples, each seen once *while* the weights changed.
    valid_loss
        Mean over the validation examples, the weights held still; ``None`` without
        validation data.
    valid_metrics
        Means over the validation examples, by name.
    seconds
        Duration of the training part of the epoch, without the validation.
    """

    epoch: int
    train_loss: float
    valid_loss: float | None
    valid_metrics: dict[str, float]
    seconds: float


def fit(
    model: nn.Module,
    train_loader: Loader,
    *,
    loss_fn: BatchMean,
    optimizer: Optimizer,
    num_epochs: int,
    valid_loader: Loader | None = None,
    metrics: Mapping[str, BatchMean] | None = None,
    scheduler: LRScheduler | None = None,
    on_epoch_end: Callable[[EpochRecord], object] | None = None,
) -> list[EpochRecord]:
    """Train ``model`` in place and return one record per epoch.

    Losses are looked at once per epoch, so that no step has to wait for a GPU. The
    price: a run that diverges goes on to the end of that epoch before it stops.

    Parameters
    ----------
    model
        Maps ``(batch, *)`` inputs to ``(batch, *)`` outputs.
    train_loader
        Yields ``(inputs, targets)`` of shapes ``(batch, *)`` and ``(batch, *)``.
    loss_fn
        Maps ``(outputs, targets)`` to the mean loss of the batch, shape ``()``.
    optimizer
        Holds parameters of ``model``.
    num_epochs
        How often to go through ``train_loader``.
    valid_loader
        Measured after every epoch, if given.
    metrics
        What to measure on ``valid_loader`` beside the loss, by name; each a function
        of ``(outputs, targets)`` such as :func:`d2lnotes.metrics.accuracy_score`.
    scheduler
        Stepped once after every epoch, without arguments.
    on_epoch_end
        Called with each record: pass ``print`` to log, or the ``append`` of a list
        to keep the records of a run that you interrupt. If it returns ``True``,
        training ends with this epoch.

    Raises
    ------
    ValueError
        If ``num_epochs < 1``, a loader yields no batch, or arguments do not fit.
    FloatingPointError
        If the loss stops being finite; the message names the epoch and step.
    """
    if num_epochs < 1:
        raise ValueError(f"num_epochs must be at least 1, got {num_epochs}")
    _check_optimizer(model, optimizer)
    measures = _with_loss(loss_fn, metrics, valid_loader)
    history = []
    with _restoring_mode(model):
        for epoch in range(1, num_epochs + 1):
            started = time.perf_counter()
            model.train()
            losses, sizes = _train_epoch(model, train_loader, loss_fn, optimizer)
            _check_finite(losses, epoch, optimizer, train_loader)
            seconds = time.perf_counter() - started
            if scheduler is not None:
                scheduler.step()
            valid_loss, valid_metrics = None, {}
            if valid_loader is not None:
                valid_metrics = evaluate(model, valid_loader, metrics=measures)
                valid_loss = valid_metrics.pop("loss")
                _check_valid_loss(valid_loss, epoch)
            train_loss = _weighted_mean(losses, sizes)
            record = EpochRecord(epoch, train_loss, valid_loss, valid_metrics, seconds)
            history.append(record)
            # Not merely true: what a callback returns by the way shall stop nothing.
            if on_epoch_end is not None and on_epoch_end(record) is True:
                break
    return history


def over_epochs(histories: Sequence[Sequence[EpochRecord]], quantity: str) -> Tensor:
    """Return one quantity of several runs, epoch by epoch.

    Parameters
    ----------
    histories
        What :func:`fit` returned, once for each run; of as many epochs each.
    quantity
        ``"train_loss"``, ``"valid_loss"``, ``"seconds"``, or the name of a metric.

    Returns
    -------
    Tensor : (num_runs, num_epochs) float64

    Raises
    ------
    ValueError
        If there is no run, or the runs differ in their number of epochs.
    LookupError
        If an epoch lacks the quantity; the message lists what it has.
    """
    lengths = {len(history) for history in histories}
    if len(lengths) != 1:
        raise ValueError(
            "histories must hold one run at least, all of as many epochs; got "
            f"{sorted(lengths)} epochs"
        )
    rows = [[_quantity(record, quantity) for record in h] for h in histories]
    return torch.tensor(rows, dtype=torch.float64)


def _quantity(record: EpochRecord, quantity: str) -> float:
    """Return a number of the record, by its name."""
    numbers = {"train_loss": record.train_loss, "seconds": record.seconds}
    if record.valid_loss is not None:
        numbers["valid_loss"] = record.valid_loss
    numbers |= record.valid_metrics
    if quantity not in numbers:
        raise LookupError(
            f"epoch {record.epoch} has no {quantity!r}; it has {sorted(numbers)}, and "
            "fit measures more if it gets valid_loader and metrics"
        )
    return numbers[quantity]


def evaluate(
    model: nn.Module, loader: Loader, *, metrics: Mapping[str, BatchMean]
) -> dict[str, float]:
    """Return the mean of each metric over every example in ``loader``.

    Batches are weighted by their size, so a short last batch counts for no more
    than its examples. The model runs in evaluation mode and gets its mode back.

    Parameters
    ----------
    model
        Maps ``(batch, *)`` inputs to ``(batch, *)`` outputs.
    loader
        Yields ``(inputs, targets)`` of shapes ``(batch, *)`` and ``(batch, *)``.
    metrics
        By name, functions of ``(outputs, targets)`` that return a mean over the
        batch, shape ``()``: ``{"loss": F.cross_entropy, "accuracy": accuracy_score}``.

    Raises
    ------
    ValueError
        If ``loader`` yields no batch or a metric is no mean over the batch.
    """
    values: dict[str, list[Tensor]] = {name: [] for name in metrics}
    sizes = []
    with _restoring_mode(model), torch.no_grad():
        model.eval()
        for inputs, targets in _pairs(loader, _device_of(model)):
            outputs = model(inputs)
            for name, metric in metrics.items():
                value = metric(outputs, targets)
                values[name].append(_as_batch_mean(value, name))
            sizes.append(len(targets))
    # One transfer per metric: nothing above has waited for a GPU.
    return {
        name: _weighted_mean(torch.stack(means).tolist(), sizes)
        for name, means in values.items()
    }


def predict(model: nn.Module, loader: Loader) -> Tensor:
    """Return the outputs for every example in ``loader``, in its order.

    Parameters
    ----------
    model
        Maps ``(batch, *)`` inputs to ``(batch, *)`` outputs. It runs in evaluation
        mode and gets its mode back.
    loader
        Yields ``(inputs,)`` or ``(inputs, targets)``; targets are not looked at. It
        must not shuffle if outputs are to be matched with examples.

    Returns
    -------
    Tensor : (num_examples, *)
        On the CPU, without gradient.

    Raises
    ------
    ValueError
        If ``loader`` yields no batch.
    """
    device = _device_of(model)
    with _restoring_mode(model), torch.no_grad():
        model.eval()
        outputs = [model(_move(batch[0], device)).cpu() for batch in _batches(loader)]
    return torch.cat(outputs)


def _train_epoch(
    model: nn.Module, loader: Loader, loss_fn: BatchMean, optimizer: Optimizer
) -> tuple[list[float], list[int]]:
    """Take one step per batch; return each batch's mean loss and size."""
    losses, sizes = [], []
    for inputs, targets in _pairs(loader, _device_of(model)):
        loss = _as_batch_mean(loss_fn(model(inputs), targets), "loss_fn")
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(targets))
    return torch.stack(losses).tolist(), sizes


def _weighted_mean(batch_means: list[float], sizes: list[int]) -> float:
    """Return the mean over examples of what are means over batches."""
    total = math.fsum(
        mean * size for mean, size in zip(batch_means, sizes, strict=True)
    )
    return total / sum(sizes)


@contextmanager
def _restoring_mode(model: nn.Module) -> Iterator[None]:
    """Give every module its training or evaluation mode back on exit."""
    # One by one: a frozen layer may be in evaluation mode inside a training model.
    modes = [(module, module.training) for module in model.modules()]
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training


def _device_of(model: nn.Module) -> torch.device:
    """Return where the model's parameters are; the CPU if it has none."""
    first = next(model.parameters(), None)
    return torch.device("cpu") if first is None else first.device


def _move(tensor: Tensor, device: torch.device) -> Tensor:
    """Return ``tensor`` on ``device``, without waiting for a GPU to take it."""
    # Only towards CUDA: from a GPU to memory, not to wait is to read too early.
    return tensor.to(device, non_blocking=device.type == "cuda")


def _batches(loader: Loader) -> Iterator[Sequence[Tensor]]:
    """Yield the batches of ``loader``, of which there must be one at least."""
    batch = None
    for batch in loader:
        if not isinstance(batch, tuple | list):
            raise ValueError(
                "a loader must yield tuples, (inputs, targets) or (inputs,), got "
                f"{type(batch).__name__}; wrap tensors in a TensorLoader"
            )
        yield batch
    if batch is None:
        raise ValueError(
            "the loader yielded no batches; is the dataset empty, or smaller than "
            "batch_size with drop_last=True, or the loader a generator that an "
            "earlier epoch has used up?"
        )


def _pairs(loader: Loader, device: torch.device) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield ``(inputs, targets)`` on ``device``."""
    for batch in _batches(loader):
        if len(batch) != 2 or not 0 < len(batch[0]) == len(batch[1]):
            raise ValueError(
                "each batch must be (inputs, targets) with as many inputs as targets, "
                f"and at least one; got shapes {[tuple(part.shape) for part in batch]}"
            )
        yield _move(batch[0], device), _move(batch[1], device)


def _as_batch_mean(value: Tensor, name: str) -> Tensor:
    """Return ``value`` if its shape is ``()``."""
    if not isinstance(value, Tensor) or value.ndim != 0:
        got = tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__
        raise ValueError(
            f"{name} must return the mean over the batch as a tensor of shape (), got "
            f'{got}; losses need reduction="mean", metrics a final .mean()'
        )
    return value


def _check_optimizer(model: nn.Module, optimizer: Optimizer) -> None:
    """Raise ``ValueError`` if the optimizer can change nothing in the model."""
    own = {id(parameter) for parameter in model.parameters()}
    held = {id(p) for group in optimizer.param_groups for p in group["params"]}
    if not own & held:
        raise ValueError(
            "the optimizer holds no parameter of this model; make it after the model: "
            "torch.optim.SGD(model.parameters(), lr=0.1)"
        )


def _with_loss(
    loss_fn: BatchMean,
    metrics: Mapping[str, BatchMean] | None,
    valid_loader: Loader | None,
) -> dict[str, BatchMean]:
    """Return what to measure on ``valid_loader``: the loss, then ``metrics``."""
    if metrics and valid_loader is None:
        raise ValueError(
            f"metrics {list(metrics)} are measured on valid_loader, which is missing; "
            "pass one, or call evaluate on the data you want"
        )
    if metrics and "loss" in metrics:
        raise ValueError(
            "the metric name 'loss' is taken by loss_fn, whose validation value is "
            "record.valid_loss; choose another name"
        )
    return {"loss": loss_fn, **(metrics or {})}


def _check_finite(
    losses: list[float], epoch: int, optimizer: Optimizer, loader: Loader
) -> None:
    """Raise ``FloatingPointError`` at the first loss that is infinite or NaN."""
    for step, loss in enumerate(losses, start=1):
        if math.isfinite(loss):
            continue
        remedy = (
            "the weights are lost: make a new model and try a smaller learning rate"
        )
        if (epoch, step) == (1, 1):
            remedy = "no weight has changed yet: look for NaN in the weights"
        if culprit := _not_finite(loader):
            remedy = (
                f"{culprit} of the training data hold NaN or infinity: find these with "
                ".isfinite(), mend or drop them, and make a new model"
            )
        rate = optimizer.param_groups[0]["lr"]
        raise FloatingPointError(
            f"the training loss is {loss} at epoch {epoch}, step {step} "
            f"(learning rate {rate:g}); {remedy}"
        )


def _not_finite(loader: Loader) -> str:
    """Return which part of the data is not finite, the first found; "" if none is."""
    for batch in loader:
        for name, part in zip(("the inputs", "the targets"), batch, strict=False):
            if not part.isfinite().all():
                return name
    return ""


def _check_valid_loss(loss: float, epoch: int) -> None:
    """Raise ``FloatingPointError`` if the validation loss is infinite or NaN."""
    if not math.isfinite(loss):
        raise FloatingPointError(
            f"the validation loss is {loss} after epoch {epoch}, whose training losses "
            "were finite: the last step was too large, so make a new model and try a "
            "smaller learning rate, or the validation data hold NaN"
        )
