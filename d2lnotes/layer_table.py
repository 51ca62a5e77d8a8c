"""What each layer of a network makes of its inputs, and what that takes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import torch
from torch import Tensor, nn

__all__ = ["LayerRow", "LayerTable", "layer_table"]

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclass(frozen=True)
class LayerRow:
    """One layer, for a batch of one example.

    Parameters
    ----------
    name
        As in ``model.named_modules()``; a layer that is used twice has two rows.
    kind
        Its class, such as ``"Conv2d"``.
    shape
        Of its output, without the axis of the batch.
    parameters
        How many numbers it trains; 0 at the second use of the same layer.
    operations
        Multiplications by weights, each with its addition; 0 for layers without
        products, such as activations, poolings and normalizations.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    operations: int


@dataclass(frozen=True)
class LayerTable:
    """The layers of a network in the order in which they are used.

    Parameters
    ----------
    rows
        One for each layer that has no layers inside, and for each block that trains
        numbers of its own.
    """

    rows: tuple[LayerRow, ...]

    @property
    def parameters(self) -> int:
        """The parameters of all layers."""
        return sum(row.parameters for row in self.rows)

    @property
    def operations(self) -> int:
        """The multiplications by weights of all layers, for one example."""
        return sum(row.operations for row in self.rows)

    def __str__(self) -> str:
        """Return the table with its sums, a line for each layer."""
        lines = [("layer", "kind", "output", "parameters", "operations")]
        lines += [
            (
                row.name,
                row.kind,
                "×".join(map(str, row.shape)),
                f"{row.parameters:,}",
                f"{row.operations:,}",
            )
            for row in self.rows
        ]
        lines.append(("sum", "", "", f"{self.parameters:,}", f"{self.operations:,}"))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.rjust(width) if place >= 3 else cell.ljust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            )
            for line in lines
        )


def layer_table(model: nn.Module, shape: Sequence[int]) -> LayerTable:
    r"""Return shape, parameters and operations of each layer, for one example.

    A convolution of :math:`c_\mathrm{in}` into :math:`c_\mathrm{out}` channels in
    :math:`g` groups multiplies :math:`k_h k_w c_\mathrm{in} / g` numbers for each
    number of its output; a dense layer multiplies each weight once for each place that
    it is applied to.

    Parameters
    ----------
    model
        Any network of torch's layers. It is copied without its numbers, so that a
        large one costs nothing, and stays as it is.
    shape
        Of one example, without the axis of the batch: ``(3, 224, 224)``.

    Raises
    ------
    RuntimeError
        From torch, if the model does not take inputs of this shape.
    """
    twin = _without_numbers(model).eval()
    rows: list[LayerRow] = []
    counted: set[nn.Parameter] = set()

    def noting(name: str) -> Callable[[nn.Module, object, Tensor], None]:
        def note(layer: nn.Module, _: object, output: Tensor) -> None:
            new = set(layer.parameters(recurse=False)) - counted
            counted.update(new)
            rows.append(
                LayerRow(
                    name,
                    type(layer).__name__,
                    tuple(output.shape[1:]),
                    sum(parameter.numel() for parameter in new),
                    _operations(layer, output),
                )
            )

        return note

    with ExitStack() as hooks, torch.no_grad():
        for name, layer in twin.named_modules():
            if _has_a_row(layer):
                hooks.enter_context(layer.register_forward_hook(noting(name)))
        twin(torch.empty(1, *shape, device="meta"))
    return LayerTable(tuple(rows))


def _without_numbers(model: nn.Module) -> nn.Module:
    """Return a copy whose tensors are on the "meta" device, where they take no memory."""
    memo: dict[int, Tensor] = {}
    for parameter in model.parameters():
        memo[id(parameter)] = nn.Parameter(parameter.detach().to("meta"))
    for buffer in model.buffers():
        memo[id(buffer)] = buffer.to("meta")
    return copy.deepcopy(model, memo)


def _has_a_row(module: nn.Module) -> bool:
    """Return whether it is a layer, or a block with parameters of its own."""
    is_layer = next(module.children(), None) is None
    return is_layer or next(module.parameters(recurse=False), None) is not None


def _operations(layer: nn.Module, output: Tensor) -> int:
    """Return the multiplications by weights that made ``output``."""
    if isinstance(layer, nn.Linear):
        return output.numel() * layer.in_features
    if isinstance(layer, _CONVOLUTIONS):
        return output.numel() * layer.weight[0].numel()
    return 0
