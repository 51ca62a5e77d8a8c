"""Finding the layer in which a number stopped being finite."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import torch
from torch import Tensor, nn

__all__ = ["NotFiniteError", "watch_finite"]


class NotFiniteError(FloatingPointError):
    """A layer's output or gradient holds NaN or infinity.

    Attributes
    ----------
    layer
        Its name as in ``model.named_modules()``; ``""`` is the model itself.
    quantity
        What is not finite: ``"output"``, ``"gradient of the output"``, or the gradient
        of a parameter, such as ``"gradient of weight"``.
    """

    def __init__(self, layer: str, quantity: str, message: str) -> None:
        super().__init__(message)
        self.layer = layer
        self.quantity = quantity


@contextmanager
def watch_finite(model: nn.Module) -> Iterator[None]:
    """Raise at the first output or gradient of a layer that is not finite.

    Within the ``with`` block each output is looked at as soon as it is computed, and
    each gradient as soon as it arrives. Of layers inside each other the innermost is
    named. Each look waits for a GPU: this is for finding a fault, not for training.

    Parameters
    ----------
    model
        Its layers are watched, those inside others too. It is not changed.

    Raises
    ------
    NotFiniteError
        In the forward or in the backward computation. The message names the layer and
        says whether its inputs were finite.
    """
    watch = _Watch()
    with ExitStack() as handles:
        for name, module in model.named_modules():
            label = f"{name or 'the model'!r} ({type(module).__name__})"
            hook = watch.outputs_of(name, label)
            handles.enter_context(module.register_forward_hook(hook))
            for key, parameter in module.named_parameters(recurse=False):
                if parameter.requires_grad:
                    look = watch.gradient(name, label, f"gradient of {key}")
                    handles.enter_context(parameter.register_hook(look))
        try:
            yield
        finally:
            # Hooks on outputs live as long as the graph that holds them.
            watch.is_on = False


class _Watch:
    """The hooks of one ``with`` block, which fall silent together."""

    def __init__(self) -> None:
        self.is_on = True

    def outputs_of(
        self, name: str, label: str
    ) -> Callable[[nn.Module, object, object], None]:
        """Return a forward hook that looks at what a layer has computed."""
        gradient = self.gradient(name, label, "gradient of the output")

        def hook(_: nn.Module, inputs: object, outputs: object) -> None:
            for output in _tensors(outputs):
                if not _is_finite(output):
                    finite = all(map(_is_finite, _tensors(inputs)))
                    origin = (
                        "its inputs are finite, so look inside this layer"
                        if finite
                        else "its inputs are not finite either, so look before it"
                    )
                    raise _error(name, label, "output", output, origin)
                if output.requires_grad:
                    output.register_hook(gradient)

        return hook

    def gradient(
        self, name: str, label: str, quantity: str
    ) -> Callable[[Tensor], None]:
        """Return a hook that looks at an arriving gradient."""

        def hook(values: Tensor) -> None:
            if self.is_on and not _is_finite(values):
                origin = "the outputs are finite, so look at what was computed from it"
                if quantity != "gradient of the output":
                    origin = "look inside this layer"
                raise _error(name, label, quantity, values, origin)

        return hook


def _tensors(value: object) -> Iterator[Tensor]:
    """Yield the tensors in what a layer takes or returns."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _tensors(part)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from _tensors(part)


def _is_finite(values: Tensor) -> bool:
    return bool(torch.isfinite(values).all())


def _error(
    name: str, label: str, quantity: str, values: Tensor, origin: str
) -> NotFiniteError:
    count = int((~torch.isfinite(values)).sum())
    return NotFiniteError(
        name,
        quantity,
        f"layer {label}: {count} of {values.numel()} numbers of the {quantity} are not "
        f"finite; {origin}",
    )
