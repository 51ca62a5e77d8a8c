"""Batch, layer and group normalization, written out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

__all__ = ["batch_norm", "group_norm", "layer_norm"]


def batch_norm(
    inputs: Tensor,
    running_mean: Tensor,
    running_var: Tensor,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    training: bool,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    r"""Return each channel normalized with the statistics of the batch or with its own.

    .. math::

       y = \gamma\,\frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}} + \beta

    In training :math:`\mu` and :math:`\sigma^2` are the mean and the variance (over
    n) of all numbers of the channel in the batch. They also move the running
    statistics, which are changed in place: the new value is ``1 - momentum`` of the
    old one and ``momentum`` of that of the batch, where the variance is over n - 1.
    Otherwise the running statistics take their place and stay as they are.

    Parameters
    ----------
    inputs : (batch, channels, *) float
    running_mean, running_var : (channels,) float
        Moved in place in training.
    weight, bias : (channels,) float, optional
        :math:`\gamma` and :math:`\beta`; 1 and 0 where left out.
    training
        Whether the statistics are those of the batch.
    momentum
        The share of the batch in the new running statistics, in [0, 1].
    eps
        :math:`\varepsilon`, added to the variance.

    Returns
    -------
    Tensor : (batch, channels, *) float

    Raises
    ------
    ValueError
        If ``training`` and a channel has a single number, whose variance over n - 1
        does not exist and which normalization would turn into 0.
    """
    if not training:
        mean, var = running_mean, running_var
    else:
        count = inputs.numel() // inputs.shape[1]
        if count < 2:
            raise ValueError(
                "batch normalization in training needs at least two numbers per "
                f"channel, got inputs of shape {tuple(inputs.shape)}; use a larger "
                "batch, leave out an incomplete last one, or normalize by groups"
            )
        axes = [axis for axis in range(inputs.ndim) if axis != 1]
        mean = inputs.mean(dim=axes)
        var = inputs.var(dim=axes, correction=0)
        with torch.no_grad():
            running_mean.lerp_(mean, momentum)
            running_var.lerp_(var * count / (count - 1), momentum)
    mean, var = _per_channel(mean, inputs), _per_channel(var, inputs)
    return _scale_and_shift((inputs - mean) / (var + eps).sqrt(), weight, bias)


def group_norm(
    inputs: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    eps: float = 1e-5,
) -> Tensor:
    """Return each group of channels of each example normalized by itself.

    One group takes all channels together; as many groups as channels is instance
    normalization. Nothing depends on the other examples, nor on training.

    Parameters
    ----------
    inputs : (batch, channels, *) float
    num_groups
        Neighboring channels form a group; a divisor of the number of channels.
    weight, bias : (channels,) float, optional
        Multiplied and added, channel by channel; 1 and 0 where left out.
    eps
        Added to the variance.

    Returns
    -------
    Tensor : (batch, channels, *) float

    Raises
    ------
    ValueError
        If the channels cannot be divided into so many equal groups.
    """
    batch, channels = inputs.shape[:2]
    if num_groups < 1 or channels % num_groups:
        raise ValueError(
            f"{channels} channels cannot be divided into {num_groups} equal groups; "
            "num_groups must be a divisor of the number of channels"
        )
    groups = inputs.reshape(batch, num_groups, -1)
    normalized = _standardize(groups, [-1], eps).reshape(inputs.shape)
    return _scale_and_shift(normalized, weight, bias)


def layer_norm(
    inputs: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    *,
    eps: float = 1e-5,
) -> Tensor:
    """Return the last axes normalized together, each place before them by itself.

    Parameters
    ----------
    inputs : (*, *normalized_shape) float
    normalized_shape
        The sizes of the last axes.
    weight, bias : float, optional, of shape ``normalized_shape``
        Multiplied and added; 1 and 0 where left out.
    eps
        Added to the variance.

    Returns
    -------
    Tensor : (*, *normalized_shape) float

    Raises
    ------
    ValueError
        If the inputs do not end in ``normalized_shape``, or if it is empty.
    """
    shape = tuple(normalized_shape)
    if not shape or tuple(inputs.shape[-len(shape) :]) != shape:
        raise ValueError(
            f"inputs of shape {tuple(inputs.shape)} do not end in {shape}; for the "
            "channels of images move them last with inputs.permute(0, 2, 3, 1)"
        )
    normalized = _standardize(inputs, list(range(-len(shape), 0)), eps)
    if weight is not None:
        normalized = normalized * weight
    return normalized if bias is None else normalized + bias


def _standardize(inputs: Tensor, axes: list[int], eps: float) -> Tensor:
    """Subtract the mean over ``axes`` and divide by the standard deviation."""
    mean = inputs.mean(dim=axes, keepdim=True)
    var = inputs.var(dim=axes, correction=0, keepdim=True)
    return (inputs - mean) / (var + eps).sqrt()


def _scale_and_shift(
    normalized: Tensor, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """Multiply and add, channel by channel."""
    if weight is not None:
        normalized = normalized * _per_channel(weight, normalized)
    return normalized if bias is None else normalized + _per_channel(bias, normalized)


def _per_channel(values: Tensor, inputs: Tensor) -> Tensor:
    """View (channels,) so that it broadcasts along axis 1 of the inputs."""
    return values.view(1, -1, *[1] * (inputs.ndim - 2))
