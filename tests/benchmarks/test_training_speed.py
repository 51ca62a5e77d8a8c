"""The price of ``fit`` over a loop written by hand, as a ratio in one run."""

import time

import pytest
import torch
from lenet_epoch import bare_epoch, random_images
from torch.nn.functional import cross_entropy

from d2lnotes.data import TensorLoader
from d2lnotes.models.convnets import LeNet
from d2lnotes.training import fit

EXAMPLES, BATCH, ROUNDS = 10_000, 256, 7


@pytest.fixture
def data(generator):
    """Random images of Fashion-MNIST's size, as many as a sixth of it."""
    return random_images(EXAMPLES, generator)


def fit_epoch(model, data, optimizer, generator, batch_size):
    loader = TensorLoader(
        *data, batch_size=batch_size, shuffle=True, generator=generator
    )
    fit(model, loader, loss_fn=cross_entropy, optimizer=optimizer, num_epochs=1)


def seconds_of(epoch, data, generator):
    model = LeNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.9)
    started = time.perf_counter()
    epoch(model, data, optimizer, generator, BATCH)
    return time.perf_counter() - started


@pytest.mark.benchmark
def test_fit_takes_at_most_1_15_times_as_long_as_a_bare_loop(data, generator, capsys):
    seconds_of(bare_epoch, data, generator)  # the first run warms up

    pairs = [
        (
            seconds_of(fit_epoch, data, generator),
            seconds_of(bare_epoch, data, generator),
        )
        for _ in range(ROUNDS)
    ]

    # The fastest round of each: what else the machine did only ever adds time.
    fastest_fit, fastest_bare = map(min, zip(*pairs, strict=True))
    ratio = fastest_fit / fastest_bare
    with capsys.disabled():
        print(f"\nfit / bare loop: {ratio:.3f} ({fastest_bare:.2f} s)")  # noqa: T201
    assert ratio <= 1.15
