"""A recipe for a small image classifier: a few switches, one function that trains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Generator, Tensor, nn
from torch.nn.functional import cross_entropy
from torch.optim import Adam
from torch.optim.lr_scheduler import OneCycleLR

from d2lnotes.augmentation import random_crop, random_flip
from d2lnotes.models.ensemble import mean_log_probabilities

__all__ = ["Recipe", "class_log_probabilities", "train_recipe"]


@dataclass(frozen=True)
class Recipe:
    """What decides a training, apart from the data and the seed.

    Parameters
    ----------
    width
        Channels of the first of three convolutions, whose numbers of channels double.
        With 0 the network is a linear classifier of pixels.
    rate
        The learning rate of Adam, or its peak.
    falling
        Whether the rate rises to its peak and falls to near 0, step by step.
    flips, crops
        Whether each photograph is flipped with probability one half, and whether a
        random part of it, with 0.7 to 1 times its side, is used.
    side
        Photographs are shrunk to this many pixels.
    num_epochs, batch_size
        How often each photograph is seen, and how many at a time.
    """

    width: int = 16
    rate: float = 0.003
    falling: bool = False
    flips: bool = False
    crops: bool = False
    side: int = 16
    num_epochs: int = 5
    batch_size: int = 50


def train_recipe(
    recipe: Recipe, images: Tensor, labels: Tensor, *, seed: int
) -> nn.Module:
    """Return a network trained on photographs, in evaluation mode.

    Photographs that do not fill a last batch wait for the next epoch. The seed decides
    the first weights, the order and the random changes; torch's global state is
    restored.

    Parameters
    ----------
    recipe
        How to train.
    images : (n, channels, side, side) float
        Standardized photographs, on the device of the training.
    labels : (n,) int64
        Their classes, from 0 on. The network gets as many outputs as the largest needs.
    seed
        Of all draws.

    Returns
    -------
    torch.nn.Module
        It maps photographs of any size to ``(batch, num_classes)`` logits.

    Raises
    ------
    ValueError
        If there are not as many labels as photographs, or too few for one batch.
    """
    if len(labels) != len(images) or len(images) < recipe.batch_size:
        raise ValueError(
            "there must be a label for each photograph, and enough for a batch of "
            f"{recipe.batch_size}; got {len(images)} photographs and {len(labels)} "
            "labels"
        )
    draws = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        num_classes = int(labels.max()) + 1
        net = _network(recipe, images.shape[1], num_classes).to(images.device)
    num_steps = recipe.num_epochs * (len(images) // recipe.batch_size)
    optimizer = Adam(net.parameters(), lr=recipe.rate)
    schedule = OneCycleLR(optimizer, recipe.rate, num_steps) if recipe.falling else None
    for _ in range(recipe.num_epochs):
        order = torch.randperm(len(images), generator=draws).to(images.device)
        for pick in order.split(recipe.batch_size):
            if len(pick) < recipe.batch_size:
                continue
            changed = _change(recipe, images[pick], draws)
            loss = cross_entropy(net(changed), labels[pick])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if schedule is not None:
                schedule.step()
    return net.eval()


@torch.no_grad()
def class_log_probabilities(
    nets: Sequence[nn.Module], images: Tensor, *, mirrored: bool = False
) -> Tensor:
    """Return the logarithms of the probabilities that networks give to the classes.

    Parameters
    ----------
    nets
        Each maps photographs to logits.
    images : (n, channels, height, width) float
        Photographs.
    mirrored
        Whether to average the probabilities of each photograph and its mirror image.

    Returns
    -------
    Tensor : (num_nets, n, num_classes)
        In nats.
    """

    def rows(flip: bool) -> Tensor:
        parts = [part.flip(-1) if flip else part for part in images.split(500)]
        return torch.stack([torch.cat([net(part) for part in parts]) for net in nets])

    straight = rows(flip=False)
    if not mirrored:
        return straight.log_softmax(dim=-1)
    return mean_log_probabilities(torch.stack([straight, rows(flip=True)]))


def _network(recipe: Recipe, channels: int, num_classes: int) -> nn.Module:
    """Return the network of a recipe, which shrinks photographs first."""
    shrink, width = nn.AdaptiveAvgPool2d(recipe.side), recipe.width
    if width == 0:
        inputs = channels * recipe.side**2
        return nn.Sequential(shrink, nn.Flatten(), nn.Linear(inputs, num_classes))

    def unit(before: int, after: int) -> nn.Sequential:
        convolution = nn.Conv2d(before, after, 3, padding=1, bias=False)
        return nn.Sequential(convolution, nn.BatchNorm2d(after), nn.ReLU())

    return nn.Sequential(
        shrink,
        unit(channels, width),
        nn.MaxPool2d(2),
        unit(width, 2 * width),
        nn.MaxPool2d(2),
        unit(2 * width, 4 * width),
        nn.AdaptiveAvgPool2d(4),
        nn.Flatten(),
        nn.Linear(4 * width * 16, num_classes),
    )


def _change(recipe: Recipe, images: Tensor, draws: Generator) -> Tensor:
    """Return photographs changed at random, as the recipe says."""
    if recipe.flips:
        images = random_flip(images, draws)
    if recipe.crops:
        images = random_crop(images, draws, size=recipe.side)
    return images
