"""Tests for d2lnotes.early_stopping."""

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from d2lnotes.data.loader import TensorLoader
from d2lnotes.early_stopping import EarlyStopping
from d2lnotes.training import EpochRecord, fit


def feed(stopping, losses, model=None):
    """Show it the losses one by one; return the epochs after which it stops."""
    stops = []
    for epoch, loss in enumerate(losses, start=1):
        if model is not None:
            nn.init.constant_(model.weight, epoch)
        if stopping(EpochRecord(epoch, 0.0, loss, {}, 0.0)):
            stops.append(epoch)
    return stops


@pytest.fixture
def model():
    return nn.Linear(2, 1)


@pytest.mark.parametrize(("patience", "stop"), [(1, 3), (2, 6), (3, 7)])
def test_it_stops_after_that_many_epochs_without_improvement(model, patience, stop):
    losses = [3.0, 2.0, 2.5, 1.0, 1.5, 1.2, 1.1]

    assert feed(EarlyStopping(model, patience=patience), losses)[0] == stop


def test_it_never_stops_while_the_loss_falls(model):
    losses = [1 / epoch for epoch in range(1, 50)]

    assert feed(EarlyStopping(model, patience=1), losses) == []


def test_an_equal_loss_is_no_improvement(model):
    assert feed(EarlyStopping(model, patience=1), [1.0, 1.0]) == [2]


def test_a_gain_smaller_than_asked_for_does_not_count(model):
    stopping = EarlyStopping(model, patience=2, min_gain=0.1)

    assert feed(stopping, [1.0, 0.95, 0.92]) == [3]
    assert stopping.best_epoch == 1


def test_restore_brings_back_the_parameters_of_the_best_epoch(model):
    stopping = EarlyStopping(model, patience=5)
    feed(stopping, [3.0, 1.0, 2.0, 4.0], model)

    stopping.restore()

    assert (stopping.best_epoch, stopping.best_loss) == (2, 1.0)
    torch.testing.assert_close(model.weight, torch.full((1, 2), 2.0))


def test_restore_brings_back_buffers_too():
    model = nn.BatchNorm1d(1)
    stopping = EarlyStopping(model, patience=5)
    model.running_mean.fill_(7.0)
    stopping(EpochRecord(1, 0.0, 1.0, {}, 0.0))
    model.running_mean.fill_(9.0)

    stopping.restore()

    assert model.running_mean.item() == 7.0


def test_fit_ends_with_the_epoch_it_names(model):
    x = torch.randn(8, 2, generator=torch.Generator().manual_seed(0))
    loader = TensorLoader(x, x.sum(dim=1, keepdim=True), batch_size=8)
    stopping = EarlyStopping(model, patience=3, min_gain=1e9)

    history = fit(
        model,
        loader,
        loss_fn=mse_loss,
        optimizer=torch.optim.SGD(model.parameters(), lr=0.01),
        num_epochs=20,
        valid_loader=loader,
        on_epoch_end=stopping,
    )

    assert len(history) == 4


def test_without_a_validation_loss_it_says_what_is_missing(model):
    with pytest.raises(ValueError, match="valid_loader"):
        feed(EarlyStopping(model, patience=1), [None])


def test_restore_before_any_epoch_is_refused(model):
    with pytest.raises(RuntimeError, match="on_epoch_end"):
        EarlyStopping(model, patience=1).restore()


@pytest.mark.parametrize("bad", [{"patience": 0}, {"patience": 1, "min_gain": -1}])
def test_a_patience_below_1_and_a_negative_gain_are_refused(model, bad):
    with pytest.raises(ValueError, match="at least"):
        EarlyStopping(model, **bad)
