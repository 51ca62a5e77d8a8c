"""Pooling written out: a window slides over each channel and leaves one number.

Each function loops over the places *inside* the window, not over the pixels: for a
window of 2 by 2 there are four, and each is a strided slice of the whole batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

import torch
from torch import Tensor
from torch.nn.functional import pad

__all__ = ["avg_pool_2d", "blur_pool_2d", "max_pool_2d"]


def max_pool_2d(
    inputs: Tensor, window: int, *, stride: int | None = None, padding: int = 0
) -> Tensor:
    r"""Return the largest number of each window, channel by channel.

    .. math::

       Y_{c,i,j} = \max_{0 \le u, v < k} X_{c,\,si+u-p,\,sj+v-p}

    Beyond the border :math:`X` counts as minus infinity, so that padding never wins.
    Where several numbers of a window are largest, they share the gradient equally;
    torch's own layer gives all of it to the first of them.

    Parameters
    ----------
    inputs : (*, channels, height, width) float
    window
        Side :math:`k` of the window.
    stride
        Step :math:`s` between windows; the side of the window if ``None``.
    padding
        Rings :math:`p` around the image, at most half of the window.

    Returns
    -------
    Tensor : (*, channels, height_out, width_out) float
        A side is ``(n + 2 * padding - window) // stride + 1``.

    Raises
    ------
    ValueError
        If a window, stride or padding does not fit, or the inputs are no floats.
    """
    stride = window if stride is None else stride
    _check_window(inputs, window, stride, padding)
    padded = pad(inputs, (padding,) * 4, value=-torch.inf)
    places = [part for _, _, part in _places(padded, window, stride)]
    return torch.stack(places).amax(dim=0)


def avg_pool_2d(
    inputs: Tensor,
    window: int,
    *,
    stride: int | None = None,
    padding: int = 0,
    count_padding: bool = True,
) -> Tensor:
    r"""Return the mean of each window, channel by channel.

    .. math::

       Y_{c,i,j} = \frac{1}{m_{i,j}} \sum_{u,v=0}^{k-1} X_{c,\,si+u-p,\,sj+v-p}

    Beyond the border :math:`X` counts as 0.

    Parameters
    ----------
    inputs : (*, channels, height, width) float
    window, stride, padding
        As for :func:`max_pool_2d`.
    count_padding
        Whether zeros of the padding count as numbers of the window. If so,
        :math:`m_{i,j} = k^2`; if not, it is how many pixels the window covers.

    Returns
    -------
    Tensor : (*, channels, height_out, width_out) float

    Raises
    ------
    ValueError
        As for :func:`max_pool_2d`.
    """
    stride = window if stride is None else stride
    _check_window(inputs, window, stride, padding)
    ones = torch.ones_like(inputs[..., :1, :, :])
    counted = pad(ones, (padding,) * 4, value=float(count_padding))
    padded = pad(inputs, (padding,) * 4)
    total = torch.stack([x for _, _, x in _places(padded, window, stride)]).sum(dim=0)
    count = torch.stack([x for _, _, x in _places(counted, window, stride)]).sum(dim=0)
    return total / count


def blur_pool_2d(inputs: Tensor, window: int = 3, *, stride: int = 2) -> Tensor:
    r"""Return a weighted mean of each window, channel by channel.

    The weights are binomial coefficients: 1, 2, 1 divided by 4 in each direction for
    a window of 3. The image is mirrored at its border, so that the output has
    ``ceil(n / stride)`` places on a side.

    Parameters
    ----------
    inputs : (*, channels, height, width) float
        With one or more dimensions before the channels.
    window
        Side of the window. With 1 nothing is blurred, and each ``stride``-th pixel is
        kept.
    stride
        Step between windows.

    Returns
    -------
    Tensor : (*, channels, height_out, width_out) float

    Raises
    ------
    ValueError
        If window or stride does not fit, or the inputs are no floats.

    References
    ----------
    Zhang (2019), "Making convolutional networks shift-invariant again".
    """
    _check_window(inputs, window, stride, padding=0)
    before, after = (window - 1) // 2, window // 2
    mirrored = pad(inputs, (before, after, before, after), mode="reflect")
    row = [comb(window - 1, u) / 2 ** (window - 1) for u in range(window)]
    blurred = [row[u] * row[v] * x for u, v, x in _places(mirrored, window, stride)]
    return torch.stack(blurred).sum(dim=0)


def _places(
    padded: Tensor, window: int, stride: int
) -> Iterator[tuple[int, int, Tensor]]:
    """Yield row and column inside the window with what lies there, for all windows."""
    height, width = padded.shape[-2:]
    for u in range(window):
        for v in range(window):
            last_row, last_column = height - window + u, width - window + v
            rows = slice(u, last_row + 1, stride)
            columns = slice(v, last_column + 1, stride)
            yield u, v, padded[..., rows, columns]


def _check_window(inputs: Tensor, window: int, stride: int, padding: int) -> None:
    """Raise ``ValueError`` unless the window can slide over the inputs."""
    if not inputs.is_floating_point():
        raise ValueError(
            f"pooling takes numbers with a decimal point, got {inputs.dtype}; use "
            "inputs.float()"
        )
    if window < 1 or stride < 1:
        raise ValueError(
            f"window and stride must be at least 1, got {window} and {stride}"
        )
    if not 0 <= padding <= window // 2:
        raise ValueError(
            f"padding must be between 0 and half of the window, {window // 2}, got "
            f"{padding}; with more, a window could cover nothing but padding"
        )
    if window > min(inputs.shape[-2:]) + 2 * padding:
        raise ValueError(
            f"a window of {window} does not fit into an image of "
            f"{tuple(inputs.shape[-2:])} with padding {padding}"
        )
