"""Convolutions written out: forward, backward, and how far an output sees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

__all__ = [
    "Window",
    "cross_correlation_2d",
    "cross_correlation_2d_backward",
    "output_size",
    "receptive_field",
]


class Window(NamedTuple):
    """What a convolution or pooling looks at, along one axis.

    Parameters
    ----------
    kernel_size
        How many numbers it looks at.
    stride
        By how many places it moves from one output to the next.
    dilation
        The distance between two neighbors that it looks at.
    """

    kernel_size: int
    stride: int = 1
    dilation: int = 1


def output_size(
    size: int, kernel_size: int, *, padding: int = 0, stride: int = 1, dilation: int = 1
) -> int:
    r"""Return the number of places at which a kernel fits.

    .. math:: \left\lfloor \frac{n + 2p - d(k - 1) - 1}{s} \right\rfloor + 1

    Parameters
    ----------
    size
        The number :math:`n` of inputs along an axis.
    kernel_size, padding, stride, dilation
        Along this axis; the padding :math:`p` is added on both sides.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If the kernel fits nowhere, or a number has no meaning.
    """
    if min(size, kernel_size, stride, dilation) < 1 or padding < 0:
        raise ValueError(
            "size, kernel_size, stride and dilation are at least 1 and padding is at "
            f"least 0, got {size}, {kernel_size}, {stride}, {dilation} and {padding}"
        )
    last = size + 2 * padding - dilation * (kernel_size - 1) - 1
    if last < 0:
        raise ValueError(
            f"a kernel of {kernel_size} numbers, {dilation} apart, spans "
            f"{dilation * (kernel_size - 1) + 1} places and does not fit in "
            f"{size + 2 * padding}; take more padding or a smaller kernel"
        )
    return last // stride + 1


def cross_correlation_2d(
    inputs: Tensor,
    weight: Tensor,
    *,
    padding: int = 0,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> Tensor:
    r"""Return what networks call a convolution, without bias.

    .. math:: Y_{o,i,j} = \sum_{c,u,v} W_{o,c,u,v}\, X_{c,\,si+du-p,\,sj+dv-p}

    Entries of :math:`X` beyond the border count as 0. The loop runs over the offsets
    :math:`(u, v)` in the kernel; each step treats all places at once.

    Parameters
    ----------
    inputs : (batch, in_channels, height, width) float
    weight : (out_channels, in_channels / groups, kernel_height, kernel_width) float
    padding, stride, dilation
        The same along both axes.
    groups
        The channels are cut into so many parts, in order. An output channel sees the
        input channels of its own part.

    Returns
    -------
    Tensor : (batch, out_channels, out_height, out_width) float
        Height and width by :func:`output_size`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or the kernel is larger than the padded inputs.
    """
    _check_shapes(inputs, weight, groups)
    size = _output_shape(inputs, weight, padding, stride, dilation)
    padded = pad(inputs, (padding,) * 4).unflatten(1, (groups, -1))
    parts = weight.unflatten(0, (groups, -1))
    outputs = inputs.new_zeros(len(inputs), *parts.shape[:2], *size)
    for u, v, rows, columns in _offsets(weight, size, stride, dilation):
        seen = padded[..., rows, columns]  # (batch, groups, channels, *size)
        outputs += torch.einsum("ngcij,goc->ngoij", seen, parts[..., u, v])
    return outputs.flatten(1, 2)


def cross_correlation_2d_backward(
    output_gradient: Tensor,
    inputs: Tensor,
    weight: Tensor,
    *,
    padding: int = 0,
    stride: int = 1,
    dilation: int = 1,
    groups: int = 1,
) -> tuple[Tensor, Tensor]:
    r"""Return the gradients with respect to inputs and weight.

    Each product :math:`W_{o,c,u,v} X_{c,a,b}` of the forward pass sends the gradient
    of its output back to both factors, times the other factor.

    Parameters
    ----------
    output_gradient : (batch, out_channels, out_height, out_width) float
        Of the loss, with respect to what :func:`cross_correlation_2d` returned.
    inputs, weight, padding, stride, dilation, groups
        As in :func:`cross_correlation_2d`.

    Returns
    -------
    tuple of Tensor
        With the shapes of ``inputs`` and of ``weight``.

    Raises
    ------
    ValueError
        If the shapes do not fit.
    """
    _check_shapes(inputs, weight, groups)
    size = _output_shape(inputs, weight, padding, stride, dilation)
    expected = (len(inputs), len(weight), *size)
    if output_gradient.shape != expected:
        raise ValueError(
            f"output_gradient has the shape of the outputs, {expected}, got "
            f"{tuple(output_gradient.shape)}"
        )
    padded = pad(inputs, (padding,) * 4).unflatten(1, (groups, -1))
    parts = weight.unflatten(0, (groups, -1))
    arriving = output_gradient.unflatten(1, (groups, -1))
    padded_gradient = torch.zeros_like(padded)
    weight_gradient = torch.zeros_like(parts)
    for u, v, rows, columns in _offsets(weight, size, stride, dilation):
        seen = padded[..., rows, columns]
        weight_gradient[..., u, v] = torch.einsum("ngoij,ngcij->goc", arriving, seen)
        padded_gradient[..., rows, columns] += torch.einsum(
            "ngoij,goc->ngcij", arriving, parts[..., u, v]
        )
    height, width = inputs.shape[2:]
    input_gradient = padded_gradient.flatten(1, 2)[
        ..., padding : padding + height, padding : padding + width
    ]
    return input_gradient, weight_gradient.flatten(0, 1)


def receptive_field(layers: Sequence[Window]) -> int:
    r"""Return how many inputs along an axis can influence one output.

    .. math:: 1 + \sum_l (k_l - 1)\, d_l\, s_1 s_2 \cdots s_{l-1}

    Parameters
    ----------
    layers
        The convolutions and poolings, from the input on. Layers that act on each
        place alone, such as activations, are left out.

    Returns
    -------
    int
        The side of the receptive field, its part in the padding included.
    """
    side, between = 1, 1  # the distance of two neighbors, measured in the input
    for layer in layers:
        side += (layer.kernel_size - 1) * layer.dilation * between
        between *= layer.stride
    return side


def _check_shapes(inputs: Tensor, weight: Tensor, groups: int) -> None:
    """Raise ``ValueError`` unless inputs and weight are maps with fitting channels."""
    if inputs.ndim != 4 or weight.ndim != 4:
        raise ValueError(
            "inputs have shape (batch, channels, height, width) and weight (out, in, "
            f"height, width), got {tuple(inputs.shape)} and {tuple(weight.shape)}; "
            "x[None, None] turns one map into a batch of one"
        )
    if groups < 1 or inputs.shape[1] % groups or len(weight) % groups:
        raise ValueError(
            f"{inputs.shape[1]} input and {len(weight)} output channels cannot be cut "
            f"into {groups} groups"
        )
    if weight.shape[1] * groups != inputs.shape[1]:
        raise ValueError(
            f"inputs have {inputs.shape[1]} channels, but the weight is made for "
            f"{weight.shape[1]} in each of {groups} groups"
        )


def _output_shape(
    inputs: Tensor, weight: Tensor, padding: int, stride: int, dilation: int
) -> tuple[int, int]:
    """Return height and width of the outputs."""
    height, width = (
        output_size(n, k, padding=padding, stride=stride, dilation=dilation)
        for n, k in zip(inputs.shape[2:], weight.shape[2:], strict=True)
    )
    return height, width


def _offsets(
    weight: Tensor, size: tuple[int, int], stride: int, dilation: int
) -> Iterator[tuple[int, int, slice, slice]]:
    """Yield each place in the kernel and the padded rows and columns under it."""
    height, width = size
    for u in range(weight.shape[2]):
        for v in range(weight.shape[3]):
            top, left = u * dilation, v * dilation
            rows = slice(top, top + stride * (height - 1) + 1, stride)
            columns = slice(left, left + stride * (width - 1) + 1, stride)
            yield u, v, rows, columns
