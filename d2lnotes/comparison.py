"""The same budget for each network: the same images, order, epochs and optimizer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import SGD
from torch.optim.lr_scheduler import CosineAnnealingLR

from d2lnotes.data import ImageDataset, TensorLoader
from d2lnotes.metrics import accuracy_score
from d2lnotes.training import evaluate, fit

__all__ = ["held_out_accuracies"]


def held_out_accuracies(
    make_model: Callable[[], nn.Module],
    data: ImageDataset,
    *,
    learning_rate: float,
    seeds: int = 3,
    num_images: int = 10_000,
    num_epochs: int = 5,
    batch_size: int = 128,
    part: Literal["test", "validation"] = "test",
    device: torch.device | str = "cpu",
) -> Tensor:
    """Train a classifier of images once per seed and return how often it is right.

    SGD with momentum 0.9 and a weight decay of 0.0005; the learning rate falls along a
    half cosine, epoch by epoch. Pixels are standardized, channel by channel, with mean
    and standard deviation of the training images. A seed decides the initial weights
    and the order of the images, so networks with the same seeds see the same batches,
    and their differences may be compared seed by seed.

    Parameters
    ----------
    make_model
        Returns a new model, which maps ``(batch, channels, height, width)`` images to
        ``(batch, num_classes)`` logits. It draws from torch's global generator, which
        each run seeds and afterwards restores.
    data
        Where the images are from.
    learning_rate
        At the first epoch. Choose it on the validation part.
    seeds
        How many runs, with the seeds 0, 1, ….
    num_images
        The first so many training images are used, or all if there are fewer.
    num_epochs, batch_size
        How often each image is seen, and how many at a time.
    part
        What to measure on. ``"validation"``: the last fifth of these training images,
        which is then not trained on. ``"test"``: the test images.
    device
        Where to train.

    Returns
    -------
    Tensor : (seeds,) float64
        Shares of the held-out images that were classified correctly.

    Raises
    ------
    FloatingPointError
        If a loss stops being finite: the learning rate is too high for this model.
    """
    images, labels = data.train_images[:num_images], data.train_labels[:num_images]
    held_images, held_labels = data.test_images, data.test_labels
    if part == "validation":
        kept = len(images) - len(images) // 5
        held_images, held_labels = images[kept:], labels[kept:]
        images, labels = images[:kept], labels[:kept]
    std, mean = torch.std_mean(images, dim=(0, 2, 3), keepdim=True)
    held_loader = TensorLoader(
        (held_images - mean) / std, held_labels, batch_size=500, device=device
    )
    images = (images - mean) / std

    def run(seed: int) -> float:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            model = make_model().to(device)
            loader = TensorLoader(
                images,
                labels,
                batch_size=batch_size,
                shuffle=True,
                generator=torch.Generator().manual_seed(seed),
                device=device,
            )
            optimizer = SGD(
                model.parameters(), lr=learning_rate, momentum=0.9, weight_decay=5e-4
            )
            fit(
                model,
                loader,
                loss_fn=cross_entropy,
                optimizer=optimizer,
                num_epochs=num_epochs,
                scheduler=CosineAnnealingLR(optimizer, num_epochs),
            )
        metrics = {"accuracy": accuracy_score}
        return evaluate(model, held_loader, metrics=metrics)["accuracy"]

    return torch.tensor([run(seed) for seed in range(seeds)], dtype=torch.float64)
