"""DenseNet: each layer reads the outputs of all layers before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import torch
from torch import Tensor, nn

from d2lnotes.models.convnets._shared import photograph_stem, start_as_he

__all__ = ["DenseBlock", "DenseLayer", "DenseNet"]


class DenseLayer(nn.Module):
    """Normalization, ReLU and convolution, whose output is put behind the input.

    Parameters
    ----------
    in_channels
        Channels of the input.
    growth
        Channels that are added, the growth rate.
    bottleneck
        A 1 by 1 convolution with ``bottleneck * growth`` channels comes before the
        3 by 3; with 0 there is none.
    """

    def __init__(self, in_channels: int, growth: int, *, bottleneck: int = 4) -> None:
        super().__init__()
        self.in_channels, self.growth = in_channels, growth
        inner = bottleneck * growth
        layers: list[nn.Module] = [nn.BatchNorm2d(in_channels), nn.ReLU()]
        if bottleneck:
            layers += [
                nn.Conv2d(in_channels, inner, 1, bias=False),
                nn.BatchNorm2d(inner),
                nn.ReLU(),
            ]
        last = nn.Conv2d(inner or in_channels, growth, 3, padding=1, bias=False)
        self.new = nn.Sequential(*layers, last)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the input with the new channels behind it.

        Parameters
        ----------
        inputs : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, in_channels + growth, height, width) float
        """
        return torch.cat([inputs, self.new(inputs)], dim=1)


class DenseBlock(nn.Sequential):
    """Dense layers in a row, each of which reads all channels before it.

    Parameters
    ----------
    depth
        Number of layers.
    in_channels
        Channels of the input; the output has ``in_channels + depth * growth``.
    growth, bottleneck
        As of the layers in it.
    """

    def __init__(
        self, depth: int, in_channels: int, growth: int, *, bottleneck: int = 4
    ) -> None:
        super().__init__(
            *(
                DenseLayer(in_channels + k * growth, growth, bottleneck=bottleneck)
                for k in range(depth)
            )
        )


class DenseNet(nn.Module):
    """A densely connected network.

    Dense blocks with a transition between two of them: normalization, ReLU, a 1 by 1
    convolution to half the channels and average pooling.

    Parameters
    ----------
    depths
        Layers in each dense block.
    growth
        Channels that a layer adds.
    stem_channels
        Channels of the first convolution.
    bottleneck
        As of the layers in it.
    num_classes
        Number of classes.
    in_channels
        Channels of the images.
    small
        Whether the images are small: the first convolution is then 3 by 3 with stride
        1. Otherwise it is 7 by 7 with stride 2, and max pooling follows.

    References
    ----------
    Huang, Liu, van der Maaten and Weinberger (2017), "Densely Connected Convolutional
    Networks", table 1.
    """

    def __init__(
        self,
        depths: Sequence[int] = (6, 12, 24, 16),
        *,
        growth: int = 32,
        stem_channels: int = 64,
        bottleneck: int = 4,
        num_classes: int = 1000,
        in_channels: int = 3,
        small: bool = False,
    ) -> None:
        super().__init__()
        self.stem: nn.Module = (
            nn.Conv2d(in_channels, stem_channels, 3, padding=1, bias=False)
            if small
            else photograph_stem(in_channels, stem_channels)
        )
        channels = stem_channels
        blocks: list[nn.Module] = []
        for index, depth in enumerate(depths):
            if index:
                blocks.append(_transition(channels))
                channels //= 2
            blocks.append(DenseBlock(depth, channels, growth, bottleneck=bottleneck))
            channels += depth * growth
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Linear(channels, num_classes),
        )
        start_as_he(self, dense_layers=False)

    @classmethod
    def densenet121(cls, *, num_classes: int = 1000, in_channels: int = 3) -> Self:
        """Return DenseNet-121: 7,978,856 parameters for 1,000 classes."""
        return cls(num_classes=num_classes, in_channels=in_channels)

    @classmethod
    def slim(cls, *, num_classes: int = 10, in_channels: int = 3) -> Self:
        """Return a small one for 32 by 32 pixels: three blocks of four layers."""
        return cls(
            (4, 4, 4),
            growth=8,
            stem_channels=16,
            num_classes=num_classes,
            in_channels=in_channels,
            small=True,
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        return self.head(self.blocks(self.stem(images)))


def _transition(channels: int) -> nn.Sequential:
    """Return what comes between two blocks: half the channels at half the side."""
    return nn.Sequential(
        nn.BatchNorm2d(channels),
        nn.ReLU(),
        nn.Conv2d(channels, channels // 2, 1, bias=False),
        nn.AvgPool2d(2),
    )
