"""Minibatches from tensors that are already in memory."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

__all__ = ["TensorLoader"]


class TensorLoader:
    """Iterate over tensors in batches, without the cost of one example at a time.

    One pass is one epoch. A batch is gathered with a single indexing operation per
    tensor, which for small images is tens of times faster than a
    :class:`torch.utils.data.DataLoader` that collects them one by one.

    Parameters
    ----------
    *tensors : (num_examples, *)
        Entry ``i`` of each tensor belongs to example ``i``.
    batch_size
        Examples per batch; the last batch may hold fewer.
    shuffle
        Whether each pass goes through the examples in a new random order.
    generator
        Draws that order; required if ``shuffle`` is ``True``.
    drop_last
        Whether to leave out a last batch with fewer than ``batch_size`` examples.
    device
        Where the batches shall be. The tensors are moved there whole, once, so that
        no batch has to wait for a transfer: they must fit into that memory.

    Raises
    ------
    TypeError
        If something other than a tensor is passed.
    ValueError
        If the tensors have no or differing numbers of examples or lie on different
        devices, if ``batch_size`` is not at least 1 or leaves no batch, or if
        ``shuffle`` comes without a ``generator``.

    Examples
    --------
    >>> loader = TensorLoader(torch.arange(5), batch_size=2)
    >>> len(loader)
    3
    >>> [batch.tolist() for (batch,) in loader]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        *tensors: Tensor,
        batch_size: int,
        shuffle: bool = False,
        generator: torch.Generator | None = None,
        drop_last: bool = False,
        device: torch.device | str | None = None,
    ) -> None:
        _check_tensors(tensors)
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1; got {batch_size}")
        if shuffle and generator is None:
            raise ValueError(
                "shuffle=True draws a random order, so it needs a generator; pass "
                "generator=torch.Generator().manual_seed(0), for example"
            )
        if drop_last and batch_size > len(tensors[0]):
            raise ValueError(
                f"drop_last=True leaves no batch: batch_size is {batch_size}, but there "
                f"are only {len(tensors[0])} examples; use a smaller batch_size"
            )
        if device is not None:
            tensors = tuple(tensor.to(device) for tensor in tensors)
        if len({tensor.device for tensor in tensors}) > 1:
            raise ValueError(
                "all tensors must lie on one device; got "
                f"{[str(tensor.device) for tensor in tensors]}; pass device=..."
            )
        self.tensors = tensors
        self.batch_size = batch_size
        self.drop_last = drop_last
        self._generator = generator if shuffle else None

    def __len__(self) -> int:
        """Return the number of batches in one pass."""
        whole, rest = divmod(len(self.tensors[0]), self.batch_size)
        return whole if self.drop_last or rest == 0 else whole + 1

    def __iter__(self) -> Iterator[tuple[Tensor, ...]]:
        """Yield the batches of one pass, each a tuple with one part per tensor.

        A batch is a copy: changing it in place leaves the data as they were.
        """
        if self._generator is None:
            for start in self._starts():
                stop = start + self.batch_size
                yield tuple(tensor[start:stop].clone() for tensor in self.tensors)
            return
        order = torch.randperm(
            len(self.tensors[0]),
            generator=self._generator,
            device=self._generator.device,
        ).to(self.tensors[0].device)
        for start in self._starts():
            picks = order[start : start + self.batch_size]
            yield tuple(tensor.index_select(0, picks) for tensor in self.tensors)

    def _starts(self) -> range:
        """Return where each batch begins."""
        return range(0, len(self) * self.batch_size, self.batch_size)


def _check_tensors(tensors: tuple[Tensor, ...]) -> None:
    """Raise unless the tensors hold the same number of examples, at least one."""
    if not tensors:
        raise ValueError("TensorLoader needs at least one tensor; got none")
    for tensor in tensors:
        if not isinstance(tensor, Tensor):
            raise TypeError(
                "TensorLoader takes tensors; convert with torch.as_tensor. Got "
                f"{type(tensor).__name__}"
            )
    shapes = [tuple(tensor.shape) for tensor in tensors]
    lengths = {shape[:1] for shape in shapes}
    if len(lengths) > 1 or lengths & {(), (0,)}:
        raise ValueError(
            "all tensors must have the same number of examples, at least one, along "
            f"their first axis; got shapes {shapes}"
        )
