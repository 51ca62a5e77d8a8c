"""Which examples train a model and which ones judge it, as positions in the data."""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["Split", "forward_splits", "k_fold_indices"]

Split = tuple[Tensor, Tensor]  # positions for training, positions for validation


def k_fold_indices(
    num_examples: int,
    num_folds: int,
    *,
    groups: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> list[Split]:
    """Return the positions for training and validation of each of the folds.

    Parameters
    ----------
    num_examples
        The number of examples, n.
    num_folds
        The number of folds, k, from 2 to n (or to the number of groups).
    groups : (n,) integer, optional
        The group of each example, such as its patient. A group is never divided
        between training and validation. Without it each example is its own group.
    generator
        Puts the groups in random order before they are cut into folds; without it
        they are cut as they come, in the order of their numbers.

    Returns
    -------
    list of (Tensor, Tensor)
        For each fold, the positions of the other folds and its own, int64 and in
        rising order. Each example is in one validation part. The numbers of groups
        in two folds differ by at most one.

    Raises
    ------
    ValueError
        If there are fewer groups than folds, fewer than two folds, or not one group
        for each example.
    """
    if groups is None:
        groups = torch.arange(num_examples)
    if groups.shape != (num_examples,):
        raise ValueError(
            f"groups must hold one number for each of {num_examples} examples, got "
            f"shape {tuple(groups.shape)}"
        )
    names, group_of = groups.cpu().unique(return_inverse=True)
    if not 2 <= num_folds <= len(names):
        raise ValueError(
            f"num_folds must be from 2 to {len(names)}, the number of examples or "
            f"groups, got {num_folds}"
        )
    order = torch.arange(len(names))
    if generator is not None:
        order = torch.randperm(len(names), generator=generator)
    fold_of_group = torch.empty_like(order)
    for fold, members in enumerate(order.tensor_split(num_folds)):
        fold_of_group[members] = fold
    fold_of = fold_of_group[group_of]
    return [
        (_positions(fold_of != fold), _positions(fold_of == fold))
        for fold in range(num_folds)
    ]


def forward_splits(times: Tensor, num_splits: int) -> list[Split]:
    """Return splits that train on the past and validate on what comes next.

    The distinct times are cut into ``num_splits + 1`` blocks, the first of which takes
    the remainder. Split ``i`` validates on block ``i + 1`` and trains on all before it.

    Parameters
    ----------
    times : (n,)
        When each example was observed, in any order, such as the year of a sale.
        Examples of the same time stay together.
    num_splits
        The number of splits, below the number of distinct times.

    Returns
    -------
    list of (Tensor, Tensor)
        For each split, the positions for training and for validation, int64 and in
        rising order. Each time in validation is later than each in training.

    Raises
    ------
    ValueError
        If there are not more distinct times than splits, no split at all, or times
        are not one number for each example.
    """
    if times.ndim != 1:
        raise ValueError(f"times must have shape (n,), got {tuple(times.shape)}")
    names, rank = times.cpu().unique(return_inverse=True)
    if not 1 <= num_splits < len(names):
        raise ValueError(
            f"num_splits must be at least 1 and below {len(names)}, the number of "
            f"distinct times, got {num_splits}"
        )
    size = len(names) // (num_splits + 1)
    splits = []
    for remaining in range(num_splits, 0, -1):
        start = len(names) - remaining * size
        is_next = (rank >= start) & (rank < start + size)
        splits.append((_positions(rank < start), _positions(is_next)))
    return splits


def _positions(mask: Tensor) -> Tensor:
    """Return where a mask of shape (n,) is true."""
    return mask.nonzero().flatten()
