"""Tests for d2lnotes.data.loader, with torch's DataLoader as the oracle."""

import doctest

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, TensorDataset

from d2lnotes.data import TensorLoader, loader

NUM_EXAMPLES = 23


@pytest.fixture
def inputs(generator):
    return torch.rand(NUM_EXAMPLES, 2, 3, generator=generator)


@pytest.fixture
def targets():
    return torch.arange(NUM_EXAMPLES)


def seen(loader):
    """Return the targets of one pass, in order."""
    return torch.cat([batch[-1] for batch in loader]).tolist()


@pytest.mark.parametrize(
    ("batch_size", "drop_last"),
    [
        (1, False),
        (5, False),
        (23, False),
        (29, False),
        (1, True),
        (5, True),
        (23, True),
    ],
)
def test_unshuffled_batches_are_those_of_a_dataloader(
    inputs, targets, batch_size, drop_last
):
    ours = TensorLoader(inputs, targets, batch_size=batch_size, drop_last=drop_last)
    theirs = DataLoader(
        TensorDataset(inputs, targets), batch_size=batch_size, drop_last=drop_last
    )

    assert len(ours) == len(theirs)
    torch.testing.assert_close([*map(list, ours)], list(theirs), rtol=0, atol=0)


def test_shuffling_shows_every_example_once(inputs, targets, generator):
    loader = TensorLoader(
        inputs, targets, batch_size=5, shuffle=True, generator=generator
    )

    order = seen(loader)

    assert order != list(range(NUM_EXAMPLES))
    assert sorted(order) == list(range(NUM_EXAMPLES))


def test_shuffling_keeps_inputs_and_targets_together(inputs, targets, generator):
    loader = TensorLoader(
        inputs, targets, batch_size=5, shuffle=True, generator=generator
    )

    batch_inputs, batch_targets = next(iter(loader))

    torch.testing.assert_close(batch_inputs, inputs[batch_targets], rtol=0, atol=0)


def test_every_pass_has_a_new_order(targets, generator):
    loader = TensorLoader(targets, batch_size=5, shuffle=True, generator=generator)

    assert seen(loader) != seen(loader)


def test_the_same_seed_gives_the_same_order(targets):
    first, second = (
        TensorLoader(
            targets,
            batch_size=5,
            shuffle=True,
            generator=torch.Generator().manual_seed(7),
        )
        for _ in range(2)
    )

    assert seen(first) == seen(second)


def test_shuffling_leaves_the_global_random_state_alone(targets, generator):
    before = torch.get_rng_state()

    seen(TensorLoader(targets, batch_size=5, shuffle=True, generator=generator))

    torch.testing.assert_close(torch.get_rng_state(), before)


def test_an_unshuffled_pass_draws_nothing(targets, generator):
    before = generator.get_state()

    seen(TensorLoader(targets, batch_size=5, generator=generator))

    torch.testing.assert_close(generator.get_state(), before)


@pytest.mark.parametrize("shuffle", [False, True])
def test_changing_a_batch_leaves_the_data_alone(inputs, generator, shuffle):
    before = inputs.clone()
    loader = TensorLoader(inputs, batch_size=5, shuffle=shuffle, generator=generator)

    next(iter(loader))[0].zero_()

    torch.testing.assert_close(inputs, before, rtol=0, atol=0)


@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_are_on_the_device_asked_for(targets, generator, shuffle):
    loader = TensorLoader(
        targets, batch_size=5, shuffle=shuffle, generator=generator, device="meta"
    )

    assert {batch.device.type for (batch,) in loader} == {"meta"}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
@pytest.mark.parametrize("generator_device", ["cpu", "cuda"])
def test_batches_on_the_gpu_hold_every_example_once(inputs, targets, generator_device):
    loader = TensorLoader(
        inputs,
        targets,
        batch_size=5,
        shuffle=True,
        generator=torch.Generator(generator_device).manual_seed(0),
        device="cuda",
    )

    assert sorted(seen(loader)) == list(range(NUM_EXAMPLES))


def test_the_example_in_the_docstring_is_true():
    assert doctest.testmod(loader) == (0, 3)


# ---- errors that teach ---------------------------------------------------------


def test_no_tensor_is_refused():
    with pytest.raises(ValueError, match="at least one tensor"):
        TensorLoader(batch_size=5)


def test_something_else_than_a_tensor_is_refused(targets):
    with pytest.raises(TypeError, match=r"torch\.as_tensor\. Got ndarray"):
        TensorLoader(targets, np.arange(NUM_EXAMPLES), batch_size=5)


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        ([(23, 2), (22,)], r"got shapes \[\(23, 2\), \(22,\)\]"),
        ([()], r"got shapes \[\(\)\]"),
        ([(0, 2), (0,)], r"got shapes \[\(0, 2\), \(0,\)\]"),
    ],
    ids=["different lengths", "no axis", "no example"],
)
def test_tensors_without_common_examples_are_refused(shapes, message):
    with pytest.raises(ValueError, match=message):
        TensorLoader(*map(torch.zeros, shapes), batch_size=5)


def test_tensors_on_two_devices_are_refused(targets):
    with pytest.raises(ValueError, match=r"\['cpu', 'meta'\]; pass device="):
        TensorLoader(targets, targets.to("meta"), batch_size=5)


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_holds_at_least_one_example(targets, batch_size):
    with pytest.raises(ValueError, match=f"at least 1; got {batch_size}"):
        TensorLoader(targets, batch_size=batch_size)


def test_dropping_the_only_batch_is_refused(targets):
    with pytest.raises(ValueError, match="batch_size is 29, but there are only 23"):
        TensorLoader(targets, batch_size=29, drop_last=True)


def test_shuffling_needs_a_generator(targets):
    with pytest.raises(ValueError, match=r"pass generator=torch\.Generator"):
        TensorLoader(targets, batch_size=5, shuffle=True)
