"""Transposed convolutions written out: each input number adds a scaled kernel."""

from __future__ import annotations

import torch
from torch import Tensor

from d2lnotes.convolution import output_size

__all__ = [
    "bilinear_kernel",
    "convolution_matrix",
    "overlap_counts",
    "transposed_convolution_2d",
    "transposed_output_size",
]


def transposed_output_size(
    size: int,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> int:
    r"""Return the number of outputs of a transposed convolution along one axis.

    .. math:: s(n - 1) + k - 2p + o

    Parameters
    ----------
    size
        The number :math:`n` of inputs along this axis.
    kernel_size, stride
        The kernels of two neighboring inputs begin ``stride`` places apart.
    padding
        How many outputs :math:`p` are cut off on both sides.
    output_padding
        How many outputs :math:`o` are added at the end, less than the stride.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    ValueError
        If a number has no meaning, or nothing would be left.
    """
    if min(size, kernel_size, stride) < 1 or padding < 0:
        raise ValueError(
            "size, kernel_size and stride are at least 1 and padding is at least 0, "
            f"got {size}, {kernel_size}, {stride} and {padding}"
        )
    if not 0 <= output_padding < stride:
        raise ValueError(
            f"output_padding is at least 0 and less than the stride, {stride}, got "
            f"{output_padding}; a convolution of this stride leaves no more open"
        )
    result = stride * (size - 1) + kernel_size - 2 * padding + output_padding
    if result < 1:
        raise ValueError(
            f"{size} inputs reach {stride * (size - 1) + kernel_size} outputs, and a "
            f"padding of {padding} cuts all of them off; take a smaller padding"
        )
    return result


def transposed_convolution_2d(
    inputs: Tensor,
    weight: Tensor,
    *,
    bias: Tensor | None = None,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Tensor:
    r"""Return the sum of the kernels that the inputs scale and put down.

    .. math:: Y_{o,\,si+u-p,\,sj+v-p} \mathrel{+}= W_{c,o,u,v}\, X_{c,i,j}

    What falls beyond the border of the output is cut off. The loop runs over the places
    of the input, so this is for learning and for tests, not for speed.

    Parameters
    ----------
    inputs : (batch, in_channels, height, width) float
    weight : (in_channels, out_channels, kernel_height, kernel_width) float
        Input channels come first, unlike in a convolution.
    bias : (out_channels,) float, optional
        Added to all outputs.
    stride, padding, output_padding
        As of :func:`transposed_output_size`, the same along both axes.

    Returns
    -------
    Tensor : (batch, out_channels, out_height, out_width) float
        Height and width by :func:`transposed_output_size`.

    Raises
    ------
    ValueError
        If the shapes do not fit, or a number has no meaning.
    """
    if inputs.ndim != 4 or weight.ndim != 4:
        raise ValueError(
            "inputs have shape (batch, channels, height, width) and weight (in, out, "
            f"height, width), got {tuple(inputs.shape)} and {tuple(weight.shape)}; "
            "x[None, None] turns one map into a batch of one"
        )
    if len(weight) != inputs.shape[1]:
        raise ValueError(
            f"inputs have {inputs.shape[1]} channels, but the weight is made for "
            f"{len(weight)}; its first axis is that of the input channels"
        )
    if bias is not None and bias.shape != weight.shape[1:2]:
        raise ValueError(
            f"bias has one number for each of {weight.shape[1]} output channels, got "
            f"the shape {tuple(bias.shape)}"
        )
    options = {"stride": stride, "padding": padding, "output_padding": output_padding}
    sides = zip(inputs.shape[2:], weight.shape[2:], strict=True)
    height, width = (transposed_output_size(n, k, **options) for n, k in sides)
    outputs = inputs.new_zeros(
        len(inputs), weight.shape[1], height + 2 * padding, width + 2 * padding
    )
    kernel_height, kernel_width = weight.shape[2:]
    for i in range(inputs.shape[2]):
        for j in range(inputs.shape[3]):
            rows = slice(stride * i, stride * i + kernel_height)
            columns = slice(stride * j, stride * j + kernel_width)
            outputs[:, :, rows, columns] += torch.einsum(
                "nc,couv->nouv", inputs[:, :, i, j], weight
            )
    outputs = outputs[..., padding : padding + height, padding : padding + width]
    return outputs if bias is None else outputs + bias[:, None, None]


def convolution_matrix(
    kernel: Tensor, size: tuple[int, int], *, stride: int = 1, padding: int = 0
) -> Tensor:
    """Return the matrix that does to a flattened map what the convolution does.

    Its transpose does what the transposed convolution with the same kernel does.

    Parameters
    ----------
    kernel : (kernel_height, kernel_width)
    size
        Height and width of the map.
    stride, padding
        Of the convolution, the same along both axes.

    Returns
    -------
    Tensor : (out_height * out_width, height * width)
        One row for each output, in the order of ``flatten``, in the type of ``kernel``.

    Raises
    ------
    ValueError
        If the kernel is no matrix, or fits nowhere.
    """
    if kernel.ndim != 2:
        raise ValueError(
            f"kernel has two axes, height and width, got the shape "
            f"{tuple(kernel.shape)}; for more channels, build one matrix for each pair"
        )
    (height, width), (kernel_height, kernel_width) = size, kernel.shape
    out_height, out_width = (
        output_size(n, k, padding=padding, stride=stride)
        for n, k in zip(size, kernel.shape, strict=True)
    )
    rows = []
    for i in range(out_height):
        for j in range(out_width):
            place = kernel.new_zeros(height + 2 * padding, width + 2 * padding)
            top, left = stride * i, stride * j
            place[top : top + kernel_height, left : left + kernel_width] = kernel
            inside = place[padding : padding + height, padding : padding + width]
            rows.append(inside.flatten())
    return torch.stack(rows)


def bilinear_kernel(channels: int, stride: int) -> Tensor:
    r"""Return weights with which a transposed convolution interpolates bilinearly.

    With ``stride`` :math:`s` the kernel has the side :math:`k = 2s - (s \bmod 2)`, and
    the padding ``(k - s) // 2`` makes the output exactly ``s`` times as large. Each
    channel is enlarged by itself. Away from the border the result is that of
    ``interpolate(..., mode="bilinear")``; beyond the border zeros count.

    Parameters
    ----------
    channels
        The number of input channels and of output channels.
    stride
        The factor by which both sides grow.

    Returns
    -------
    Tensor : (channels, channels, kernel_size, kernel_size) float
        Zero but for the pairs of equal channels.

    Raises
    ------
    ValueError
        If a number is less than 1.
    """
    if min(channels, stride) < 1:
        raise ValueError(
            f"channels and stride are at least 1, got {channels} and {stride}"
        )
    side = 2 * stride - stride % 2
    distance = (torch.arange(side) - (side - 1) / 2).abs()
    line = 1 - distance / stride  # falls to 0 over a distance of one stride
    weight = torch.zeros(channels, channels, side, side)
    weight[range(channels), range(channels)] = torch.outer(line, line)
    return weight


def overlap_counts(
    size: int,
    kernel_size: int,
    *,
    stride: int = 1,
    padding: int = 0,
    output_padding: int = 0,
) -> Tensor:
    """Return how many inputs reach each output of a transposed convolution.

    Parameters
    ----------
    size, kernel_size, stride, padding, output_padding
        As of :func:`transposed_output_size`, along one axis.

    Returns
    -------
    Tensor : (transposed_output_size,) int64
        In two dimensions the counts of both axes are multiplied.

    Raises
    ------
    ValueError
        As :func:`transposed_output_size`.
    """
    options = {"stride": stride, "padding": padding, "output_padding": output_padding}
    outputs = torch.arange(transposed_output_size(size, kernel_size, **options))
    starts = stride * torch.arange(size) - padding
    offsets = outputs[:, None] - starts
    return ((offsets >= 0) & (offsets < kernel_size)).sum(dim=1)
