"""What several families of convolutional networks do alike."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, nn

from d2lnotes.initializers import fill_, he_


def start_as_he(
    network: nn.Module, *, last: nn.Module | None = None, dense_layers: bool = True
) -> None:
    """Draw the weights of convolutions and dense layers; set their biases to 0.

    The weights of the layer ``last`` get the standard deviation 0.01 whatever its
    width, so that the first predictions are nearly equal for all classes. With
    ``dense_layers=False`` only convolutions are drawn, and dense layers stay as torch
    starts them.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d) or (
            dense_layers and isinstance(module, nn.Linear)
        ):
            if module is last:
                fill_(module.weight, 0.01**2)
            else:
                he_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def photograph_stem(in_channels: int, channels: int) -> nn.Sequential:
    """Return convolution, normalization, ReLU and pooling: a quarter of the side."""
    return nn.Sequential(
        nn.Conv2d(in_channels, channels, 7, 2, padding=3, bias=False),
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.MaxPool2d(3, 2, padding=1),
    )


def check_images(images: Tensor, shape: tuple[int, int, int]) -> None:
    """Raise ``ValueError`` unless each of the images has ``shape``."""
    if images.shape[1:] != shape:
        raise ValueError(
            f"this network reads images of shape (batch, *{shape}), got "
            f"{tuple(images.shape)}; make it with their image_size and in_channels"
        )


def check_stages(widths: Sequence[int], depths: Sequence[int]) -> None:
    """Raise ``ValueError`` unless each stage has a width and a depth."""
    if len(widths) != len(depths):
        raise ValueError(
            f"widths and depths must be equally long, got {len(widths)} and "
            f"{len(depths)}; each stage has one of both"
        )
