"""Tests for d2lnotes.runtime."""

import os
import random
import time
import tracemalloc

import numpy as np
import pytest
import torch

from d2lnotes.runtime import (
    Stopwatch,
    on,
    peak_bytes,
    seconds_per_call,
    seed_everything,
    select_device,
)


@pytest.fixture
def machine(monkeypatch):
    """Pretend that this machine has so many CUDA GPUs, and an Apple GPU or none."""

    def pretend(*, gpus=0, mps=False):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: gpus > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: gpus)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)

    return pretend


# Devices


@pytest.mark.parametrize(
    ("hardware", "expected"),
    [
        ({"gpus": 2, "mps": True}, "cuda"),
        ({"gpus": 0, "mps": True}, "mps"),
        ({"gpus": 0, "mps": False}, "cpu"),
    ],
)
def test_the_fastest_device_is_chosen(hardware, expected, machine):
    machine(**hardware)

    assert select_device() == torch.device(expected)


@pytest.mark.parametrize(
    "preferred",
    ["cuda", "cuda:1", "mps", "cpu", "cpu:0", "mps:0", torch.device("cuda", 1)],
)
def test_a_preferred_device_is_given(preferred, machine):
    machine(gpus=2, mps=True)

    assert select_device(preferred) == torch.device(preferred)


@pytest.mark.parametrize(
    "preferred",
    ["cuda", "cuda:0", "mps", "tpu", "CPU", "", "cpu:1", torch.device("cuda")],
)
def test_a_device_that_is_not_there_is_answered_with_those_that_are(preferred, machine):
    machine()

    with pytest.raises(ValueError, match=f"has the devices cpu, got '{preferred}'"):
        select_device(preferred)


def test_a_gpu_that_is_not_there_is_refused(machine):
    machine(gpus=2)

    with pytest.raises(ValueError, match="cuda:0, cuda:1, cpu, got 'cuda:2'"):
        select_device("cuda:2")


def test_choosing_a_device_leaves_the_environment_alone():
    before = dict(os.environ)

    select_device()

    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("device", "expected"),
    [("cpu", 3), ("mps", 3), ("cuda", 5), ("cuda:1", 5), (torch.device("cuda"), 5)],
)
def test_each_device_has_its_own_value(device, expected):
    assert on(device, cpu=3, cuda=5) == expected


# Seeds


def draw_from_everything():
    from_numpy = np.random.rand()  # noqa: NPY002  (the global state is the point)
    return random.random(), from_numpy, torch.rand(()).item()


def test_the_same_seed_gives_the_same_draws_everywhere():
    seed_everything(7)
    first = draw_from_everything()
    seed_everything(7)

    assert draw_from_everything() == first


def test_the_same_seed_gives_the_same_generator():
    first = torch.rand(5, generator=seed_everything(7))

    torch.testing.assert_close(torch.rand(5, generator=seed_everything(7)), first)


def test_different_seeds_give_different_draws():
    first = torch.rand(5, generator=seed_everything(7))

    second = torch.rand(5, generator=seed_everything(11))

    assert not torch.isclose(first, second).any()


def test_the_generator_shares_no_draws_with_the_global_state():
    generator = seed_everything(7)

    own, shared = torch.rand(101, generator=generator), torch.rand(101)

    assert not torch.isin(own, shared).any()


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_a_seed_out_of_range_is_refused(seed):
    with pytest.raises(ValueError, match=rf"\[0, 2\*\*32\), got {seed}"):
        seed_everything(seed)


# Stopwatch


def test_the_stopwatch_measures_the_block():
    with Stopwatch() as watch:
        time.sleep(0.05)

    assert 0.05 <= watch.seconds < 5


def test_the_stopwatch_stops_for_good():
    with Stopwatch() as watch:
        pass
    first = watch.seconds
    time.sleep(0.01)

    assert watch.seconds == first


def test_the_stopwatch_measures_a_block_that_fails():
    watch = Stopwatch()

    with pytest.raises(ZeroDivisionError), watch:
        1 / 0  # noqa: B018

    assert watch.seconds >= 0


def test_the_stopwatch_measures_only_the_last_block():
    watch = Stopwatch()
    with watch:
        time.sleep(0.2)
    with watch:
        pass

    assert watch.seconds < 0.2


@pytest.mark.parametrize("watch", [Stopwatch(), Stopwatch().__enter__()])
def test_a_stopwatch_that_has_not_stopped_has_no_reading(watch):
    with pytest.raises(RuntimeError, match="read seconds after the with block"):
        _ = watch.seconds


def test_the_stopwatch_waits_for_the_gpu_at_both_ends(monkeypatch):
    events = []
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: events.append("wait"))

    with Stopwatch():
        events.append("work")

    assert events == ["wait", "work", "wait"]


def test_the_stopwatch_waits_for_an_apple_gpu(monkeypatch):
    events = []
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.mps, "synchronize", lambda: events.append("wait"))

    with Stopwatch():
        events.append("work")

    assert events == ["wait", "work", "wait"]


def test_the_stopwatch_includes_the_wait(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_initialized", lambda: True)
    monkeypatch.setattr(torch.cuda, "synchronize", lambda: time.sleep(0.05))

    with Stopwatch() as watch:
        pass

    assert watch.seconds >= 0.05


def test_a_call_is_timed_in_its_fastest_round():
    naps = iter([0.0005, 0.05, 0.002, 0.05])  # the first only finds out how long

    seconds = seconds_per_call(lambda: time.sleep(next(naps)), num_rounds=3)

    assert 0.002 <= seconds < 0.02


def test_a_short_call_is_repeated_in_a_round():
    calls = []

    seconds_per_call(lambda: calls.append(1), num_rounds=2)

    assert len(calls) > 1 + 2


def test_timing_takes_one_round_at_least():
    with pytest.raises(ValueError, match="num_rounds must be at least 1, got 0"):
        seconds_per_call(list, num_rounds=0)


def test_the_peak_counts_what_was_held_at_one_time():
    def hold_one_after_the_other():
        for _ in range(3):
            bytearray(1_000_000)

    assert 1_000_000 <= peak_bytes(hold_one_after_the_other) < 1_100_000


def test_a_call_that_fails_leaves_no_tracing_behind():
    with pytest.raises(ZeroDivisionError):
        peak_bytes(lambda: 1 / 0)

    assert not tracemalloc.is_tracing()


def test_a_peak_inside_another_measurement_is_refused():
    with pytest.raises(RuntimeError, match="tracemalloc traces already"):
        peak_bytes(lambda: peak_bytes(list))
