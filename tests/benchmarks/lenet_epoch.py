"""The unit u of the course's times: one epoch of LeNet in a bare loop, two threads.

Times in u can be compared between machines. ``python tests/benchmarks/lenet_epoch.py``
prints how many seconds u takes here, and how many of a processor.
"""

from __future__ import annotations

import time

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer

from d2lnotes.models.convnets import LeNet

NUM_IMAGES, BATCH_SIZE, NUM_THREADS = 60_000, 128, 2  # the size of Fashion-MNIST


def random_images(num_images: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return images and labels of Fashion-MNIST's shape; their content costs no time."""
    images = torch.rand(num_images, 1, 28, 28, generator=generator)
    return images, torch.randint(10, (num_images,), generator=generator)


def bare_epoch(
    model: nn.Module,
    data: tuple[Tensor, Tensor],
    optimizer: Optimizer,
    generator: torch.Generator,
    batch_size: int = BATCH_SIZE,
) -> None:
    """Train for one epoch with nothing that is not needed for it."""
    images, labels = data
    for picks in torch.randperm(len(labels), generator=generator).split(batch_size):
        loss = cross_entropy(model(images[picks]), labels[picks])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def main(rounds: int = 3) -> None:
    """Print the fastest of some epochs, which other programs have disturbed least."""
    torch.set_num_threads(NUM_THREADS)
    generator = torch.Generator().manual_seed(0)
    data = random_images(NUM_IMAGES, generator)
    model = LeNet()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter(), time.process_time()
        bare_epoch(model, data, optimizer, generator)
        ended = time.perf_counter(), time.process_time()
        seconds.append([b - a for a, b in zip(started, ended, strict=True)])
    wall, processor = map(min, zip(*seconds, strict=True))
    print(f"u = {wall:.2f} s of wall time, {processor:.2f} s of processors")  # noqa: T201


if __name__ == "__main__":
    main()
