"""Tests for d2lnotes.training: what the loop promises, one promise per test."""

import dataclasses

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from d2lnotes.data import TensorLoader
from d2lnotes.training import EpochRecord, evaluate, fit, over_epochs, predict

# Different primes: no swapped axis can cancel out. 11 examples in batches of 3
# leave a last batch of 2, which shows whether batches are weighted by their size.
EXAMPLES, INPUTS, OUTPUTS, BATCH = 11, 5, 2, 3


@pytest.fixture
def model(generator):
    model = nn.Linear(INPUTS, OUTPUTS)
    with torch.no_grad():
        model.weight.normal_(generator=generator)
        model.bias.normal_(generator=generator)
    return model


@pytest.fixture
def data(generator):
    features = torch.randn(EXAMPLES, INPUTS, generator=generator)
    true_weight = torch.randn(OUTPUTS, INPUTS, generator=generator)
    return features, features @ true_weight.T


@pytest.fixture
def loader(data):
    return TensorLoader(*data, batch_size=BATCH)


def sgd(model, lr=0.1):
    return torch.optim.SGD(model.parameters(), lr=lr)


def train(model, loader, **options):
    """Call ``fit`` with what a test does not care about filled in."""
    options = {"loss_fn": mse_loss, "num_epochs": 1} | options
    options.setdefault("optimizer", sgd(model))
    return fit(model, loader, **options)


# fit: the training


def test_fit_recovers_the_weights_that_made_the_data(model, data, loader):
    features, targets = data

    train(model, loader, num_epochs=500)

    torch.testing.assert_close(model(features).detach(), targets, rtol=0, atol=1e-3)


def test_fit_takes_the_steps_of_a_loop_written_by_hand(model, loader):
    by_hand = nn.Linear(INPUTS, OUTPUTS)
    by_hand.load_state_dict(model.state_dict())
    optimizer = sgd(by_hand)

    for inputs, targets in [*loader, *loader]:
        optimizer.zero_grad()
        mse_loss(by_hand(inputs), targets).backward()
        optimizer.step()
    train(model, loader, num_epochs=2)

    torch.testing.assert_close(model.state_dict(), by_hand.state_dict())


def test_train_loss_is_a_mean_over_examples_not_over_batches(model, data, loader):
    features, targets = data
    expected = mse_loss(model(features), targets).item()

    history = train(model, loader, optimizer=sgd(model, lr=0.0))

    assert history[0].train_loss == pytest.approx(expected)


def test_valid_loss_is_measured_after_the_epoch(model, data, loader):
    features, targets = data

    history = train(model, loader, valid_loader=loader)

    expected = mse_loss(model(features), targets).item()
    assert history[0].valid_loss == pytest.approx(expected)


def test_metrics_are_measured_on_the_validation_data(model, data, loader):
    features, targets = data

    history = train(
        model, loader, valid_loader=loader, metrics={"mae": nn.functional.l1_loss}
    )

    expected = nn.functional.l1_loss(model(features), targets).item()
    assert history[0].valid_metrics == {"mae": pytest.approx(expected)}


def test_without_validation_data_the_record_says_none(model, loader):
    history = train(model, loader)

    assert history[0].valid_loss is None
    assert history[0].valid_metrics == {}


def test_epochs_count_from_one(model, loader):
    history = train(model, loader, num_epochs=3)

    assert [record.epoch for record in history] == [1, 2, 3]


def test_seconds_are_positive(model, loader):
    history = train(model, loader)

    assert history[0].seconds > 0


def test_records_cannot_be_changed():
    record = EpochRecord(1, 0.5, None, {}, 0.1)

    with pytest.raises(dataclasses.FrozenInstanceError):
        record.epoch = 2


def test_scheduler_is_stepped_once_per_epoch(model, loader):
    optimizer = sgd(model, lr=1.0)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.1)

    train(model, loader, optimizer=optimizer, scheduler=scheduler, num_epochs=2)

    assert scheduler.get_last_lr() == [pytest.approx(0.01)]


def test_training_ends_with_the_epoch_for_which_the_callback_returns_true(
    model, loader
):
    history = train(
        model, loader, num_epochs=5, on_epoch_end=lambda record: record.epoch == 3
    )

    assert [record.epoch for record in history] == [1, 2, 3]


def test_a_callback_that_returns_something_else_stops_nothing(model, loader):
    history = train(
        model, loader, num_epochs=2, on_epoch_end=lambda record: record.epoch
    )

    assert len(history) == 2


def test_on_epoch_end_gets_the_records_that_fit_returns(model, loader):
    seen = []

    history = train(model, loader, num_epochs=2, on_epoch_end=seen.append)

    assert seen == history


def test_an_interrupt_passes_through_and_the_records_so_far_are_kept(model, loader):
    seen = []

    def interrupt_in_second_epoch(record):
        seen.append(record)
        if record.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(model, loader, num_epochs=5, on_epoch_end=interrupt_in_second_epoch)
    assert [record.epoch for record in seen] == [1, 2]


def test_fit_is_silent(model, loader, capsys):
    train(model, loader, valid_loader=loader)

    assert capsys.readouterr() == ("", "")


def test_fit_does_not_wait_for_the_device_within_an_epoch(model, loader, monkeypatch):
    def wait(_tensor):
        raise AssertionError("a step looked at a value on the device")

    monkeypatch.setattr(torch.Tensor, "item", wait)
    monkeypatch.setattr(torch.Tensor, "__bool__", wait)
    monkeypatch.setattr(torch.Tensor, "__float__", wait)

    history = train(model, loader, valid_loader=loader)

    assert len(history) == 1


# Modes


class Watcher(nn.Linear):
    """A linear layer that remembers in which mode it ran."""

    def forward(self, inputs):
        self.modes = [*getattr(self, "modes", []), self.training]
        return super().forward(inputs)


def test_the_model_trains_in_training_mode_and_is_measured_in_evaluation_mode(data):
    model = Watcher(INPUTS, OUTPUTS).eval()
    whole = TensorLoader(*data, batch_size=EXAMPLES)

    train(model, whole, valid_loader=whole, num_epochs=2)

    assert model.modes == [True, False, True, False]


def call_fit(model, loader):
    train(model, loader, valid_loader=loader)


def call_evaluate(model, loader):
    evaluate(model, loader, metrics={"loss": mse_loss})


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("call", [call_fit, call_evaluate, predict])
def test_the_mode_is_given_back(call, training, model, loader):
    model.train(training)

    call(model, loader)

    assert model.training is training


@pytest.mark.parametrize("call", [call_fit, call_evaluate, predict])
def test_a_frozen_layer_in_a_training_model_gets_its_own_mode_back(call, loader):
    model = nn.Sequential(nn.Linear(INPUTS, OUTPUTS), nn.Dropout()).train()
    model[1].eval()

    call(model, loader)

    assert [module.training for module in model.modules()] == [True, True, False]


def test_the_mode_is_given_back_after_an_error(model, loader):
    def fail(_outputs, _targets):
        raise RuntimeError("broken metric")

    with pytest.raises(RuntimeError, match="broken metric"):
        evaluate(model.train(), loader, metrics={"broken": fail})
    assert model.training


# evaluate and predict


def test_evaluate_is_a_mean_over_examples_not_over_batches(model, data, loader):
    features, targets = data

    measured = evaluate(model, loader, metrics={"loss": mse_loss})

    expected = mse_loss(model(features), targets).item()
    assert measured == {"loss": pytest.approx(expected)}


def test_evaluate_measures_each_metric(model, loader):
    measured = evaluate(
        model,
        loader,
        metrics={
            "zero": lambda outputs, _targets: outputs.new_zeros(()),
            "one": lambda outputs, _targets: outputs.new_ones(()),
        },
    )

    assert measured == {"zero": 0.0, "one": 1.0}


def test_evaluate_keeps_nothing_for_a_gradient(model, loader):
    def needs_gradient(outputs, _targets):
        return torch.tensor(float(outputs.requires_grad))

    measured = evaluate(model, loader, metrics={"needs": needs_gradient})

    assert measured == {"needs": 0.0}


def test_predict_returns_what_the_model_says_of_every_example(model, data, loader):
    features, _ = data

    outputs = predict(model, loader)

    torch.testing.assert_close(outputs, model(features).detach())
    assert not outputs.requires_grad


def test_predict_runs_in_evaluation_mode(loader):
    model = Watcher(INPUTS, OUTPUTS).train()

    predict(model, loader)

    assert set(model.modes) == {False}


def test_predict_needs_no_targets(model, data):
    features, _ = data

    outputs = predict(model, TensorLoader(features, batch_size=BATCH))

    torch.testing.assert_close(outputs, model(features).detach())


def test_a_model_without_parameters_is_measured_on_the_cpu(data):
    features, _ = data
    whole = TensorLoader(features, features + 2.0, batch_size=BATCH)

    measured = evaluate(nn.Identity(), whole, metrics={"loss": mse_loss})

    assert measured == {"loss": pytest.approx(4.0)}


class OnMeta(nn.Module):
    """A model on torch's ``meta`` device that notes where its inputs are."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(INPUTS, OUTPUTS, device="meta"))
        self.seen = set()

    def forward(self, inputs):
        self.seen.add(inputs.device.type)
        return inputs @ self.weight


def test_batches_follow_the_model_to_its_device(loader):
    model = OnMeta()
    targets_seen = set()

    def note_targets(_outputs, targets):
        targets_seen.add(targets.device.type)
        return torch.zeros(())

    evaluate(model, loader, metrics={"note": note_targets})

    assert model.seen == targets_seen == {"meta"}


# Divergence


def test_divergence_names_epoch_step_and_remedy(model, loader):
    with pytest.raises(
        FloatingPointError,
        match=r"epoch 1, step \d+ \(learning rate 1e\+20\).*try a smaller",
    ):
        train(model, loader, optimizer=sgd(model, lr=1e20), num_epochs=3)


def test_divergence_names_the_first_bad_step(model, data):
    features, targets = data
    targets = targets.clone()
    targets[2 * BATCH] = torch.nan  # the first example of the third batch

    with pytest.raises(FloatingPointError, match=r"loss is nan at epoch 1, step 3 "):
        train(model, TensorLoader(features, targets, batch_size=BATCH))


def test_divergence_names_the_epoch(model, loader):
    optimizer = sgd(model)
    scheduler = torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=1e20)

    with pytest.raises(FloatingPointError, match="epoch 2, step 2 "):
        train(model, loader, optimizer=optimizer, scheduler=scheduler, num_epochs=3)


def test_a_loss_that_is_bad_from_the_start_is_not_blamed_on_the_learning_rate(
    model, data
):
    features, targets = data
    loader = TensorLoader(features / 0.0, targets, batch_size=BATCH)

    with pytest.raises(FloatingPointError, match="the inputs of the training data"):
        train(model, loader)


def test_weights_that_are_nan_from_the_start_are_looked_for(model, loader):
    with torch.no_grad():
        next(model.parameters()).fill_(torch.nan)

    with pytest.raises(FloatingPointError, match="look for NaN in the weights"):
        train(model, loader)


@pytest.mark.parametrize(("part", "name"), [(0, "inputs"), (1, "targets")])
def test_data_that_are_not_finite_are_blamed_wherever_they_are(model, data, part, name):
    data = [tensor.clone() for tensor in data]
    data[part][-1] = torch.nan  # in the last batch, when weights have changed

    with pytest.raises(FloatingPointError, match=f"the {name} of the training data"):
        train(model, TensorLoader(*data, batch_size=BATCH))


def test_a_last_step_that_diverges_is_seen_in_the_validation_loss(model, data):
    whole = TensorLoader(*data, batch_size=EXAMPLES)

    with pytest.raises(
        FloatingPointError, match=r"validation loss is .* after epoch 1"
    ):
        train(model, whole, optimizer=sgd(model, lr=1e30), valid_loader=whole)


# Arguments that do not fit


@pytest.mark.parametrize("num_epochs", [0, -1])
def test_fewer_than_one_epoch_is_refused(num_epochs, model, loader):
    with pytest.raises(ValueError, match=f"at least 1, got {num_epochs}"):
        train(model, loader, num_epochs=num_epochs)


@pytest.mark.parametrize("call", [call_fit, call_evaluate, predict])
def test_an_empty_loader_is_refused(call, model):
    with pytest.raises(ValueError, match="yielded no batches; is the dataset empty"):
        call(model, [])


def test_a_loader_that_is_used_up_after_one_epoch_is_refused(model, loader):
    with pytest.raises(ValueError, match="generator that an earlier epoch has used up"):
        train(model, iter(loader), num_epochs=2)


@pytest.mark.parametrize("call", [call_fit, call_evaluate, predict])
def test_a_tensor_is_no_loader(call, model, data):
    with pytest.raises(ValueError, match="got Tensor; wrap tensors in a TensorLoader"):
        call(model, data[0])


def test_inputs_without_targets_are_refused(model, data):
    with pytest.raises(ValueError, match=r"got shapes \[\(3, 5\)\]"):
        train(model, TensorLoader(data[0], batch_size=BATCH))


def test_more_inputs_than_targets_are_refused(model, data):
    features, targets = data

    with pytest.raises(ValueError, match=r"got shapes \[\(11, 5\), \(7, 2\)\]"):
        train(model, [(features, targets[:7])])


def test_a_loss_per_example_is_refused(model, loader):
    with pytest.raises(ValueError, match=r'shape \(\), got \(3, 2\); .*"mean"'):
        train(model, loader, loss_fn=nn.MSELoss(reduction="none"))


def test_a_metric_that_is_no_tensor_is_refused(model, loader):
    with pytest.raises(ValueError, match=r"count must return .* got int"):
        evaluate(model, loader, metrics={"count": lambda *_: 3})


def test_an_optimizer_of_another_model_is_refused(model, loader):
    other = nn.Linear(INPUTS, OUTPUTS)

    with pytest.raises(ValueError, match="holds no parameter of this model"):
        train(model, loader, optimizer=sgd(other))


def test_metrics_without_validation_data_are_refused(model, loader):
    with pytest.raises(ValueError, match=r"\['mae'\] are measured on valid_loader"):
        train(model, loader, metrics={"mae": nn.functional.l1_loss})


def test_a_metric_named_loss_is_refused(model, loader):
    with pytest.raises(ValueError, match="'loss' is taken"):
        train(model, loader, valid_loader=loader, metrics={"loss": mse_loss})


# Several runs

RUNS = [
    [EpochRecord(1, 2.0, 3.0, {"accuracy": 0.5}, 0.25)],
    [EpochRecord(1, 5.0, 7.0, {"accuracy": 0.75}, 0.125)],
]


@pytest.mark.parametrize(
    ("quantity", "values"),
    [
        ("train_loss", [[2.0], [5.0]]),
        ("valid_loss", [[3.0], [7.0]]),
        ("accuracy", [[0.5], [0.75]]),
        ("seconds", [[0.25], [0.125]]),
    ],
)
def test_a_quantity_of_several_runs_is_a_row_for_each(quantity, values):
    assert over_epochs(RUNS, quantity).tolist() == values


def test_a_quantity_that_was_not_measured_is_named():
    history = [EpochRecord(1, 2.0, None, {}, 0.1)]

    with pytest.raises(LookupError, match=r"no 'valid_loss'; it has \['seconds', 't"):
        over_epochs([history], "valid_loss")


@pytest.mark.parametrize("histories", [[], [RUNS[0], RUNS[0] * 2]])
def test_runs_of_different_lengths_are_refused(histories):
    with pytest.raises(ValueError, match="all of as many epochs"):
        over_epochs(histories, "train_loss")
