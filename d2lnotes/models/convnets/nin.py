"""Network in network: a perceptron at each pixel, and no dense layer at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

from torch import Tensor, nn

from d2lnotes.models.convnets._shared import start_as_he

__all__ = ["NiN", "NiNBlock", "NiNSpec"]


class NiNSpec(NamedTuple):
    """What one block of a :class:`NiN` is made of.

    Parameters
    ----------
    widths
        Channels after the first convolution and after each 1×1 convolution.
    side
        Of the kernel of the first convolution, in pixels.
    stride, padding
        Of the first convolution, in pixels.
    """

    widths: tuple[int, ...]
    side: int
    stride: int = 1
    padding: int = 0


_IMAGENET = (
    NiNSpec((96, 96, 96), side=11, stride=4),
    NiNSpec((256, 256, 256), side=5, padding=2),
    NiNSpec((384, 384, 384), side=3, padding=1),
)
_CIFAR10 = (
    NiNSpec((192, 160, 96), side=5, padding=2),
    NiNSpec((192, 192, 192), side=5, padding=2),
)


class NiNBlock(nn.Sequential):
    """A convolution and 1×1 convolutions, with ReLU after each.

    At each pixel the 1×1 convolutions are a small perceptron whose inputs are the
    channels there.

    Parameters
    ----------
    in_channels
        Channels of the input.
    spec
        Widths, kernel, stride and padding.
    last_relu
        Whether ReLU also follows the last convolution.
    """

    def __init__(
        self, in_channels: int, spec: NiNSpec, *, last_relu: bool = True
    ) -> None:
        first, *rest = spec.widths
        layers: list[nn.Module] = [
            nn.Conv2d(in_channels, first, spec.side, spec.stride, spec.padding)
        ]
        for before, after in zip(spec.widths, rest, strict=False):
            layers += [nn.ReLU(), nn.Conv2d(before, after, kernel_size=1)]
        if last_relu:
            layers.append(nn.ReLU())
        super().__init__(*layers)


class NiN(nn.Module):
    """Blocks with pooling between them, one map for each class, and their means.

    Without arguments this is a network for images of 224 by 224 pixels with the
    kernels of AlexNet. Any image is accepted from which the poolings leave a pixel.

    Weights start by the rule of He, biases at 0.

    Parameters
    ----------
    blocks
        The blocks before the last one. A pooling of side 3 and stride 2 follows each.
    num_classes
        Number of classes, and of the maps that the last block makes.
    in_channels
        Channels of the images.
    last_widths
        Channels of the last block before its maps of the classes; by default those
        of the maps.
    dropout
        Share of the channels' numbers set to 0 before the last block in training.
    last_relu
        Whether the maps of the classes pass ReLU before their mean is taken. Logits
        cannot be negative then.

    References
    ----------
    Lin, Chen and Yan (2014), "Network In Network".
    """

    def __init__(
        self,
        blocks: Sequence[NiNSpec] = _IMAGENET,
        *,
        num_classes: int = 1000,
        in_channels: int = 3,
        last_widths: tuple[int, int] | None = None,
        dropout: float = 0.5,
        last_relu: bool = False,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for spec in blocks:
            layers += [NiNBlock(in_channels, spec), nn.MaxPool2d(3, stride=2)]
            in_channels = spec.widths[-1]
        self.features = nn.Sequential(*layers, nn.Dropout(dropout))
        before = last_widths or (num_classes, num_classes)
        last = NiNSpec((*before, num_classes), side=3, padding=1)
        self.class_maps = NiNBlock(in_channels, last, last_relu=last_relu)
        self.pool = nn.AdaptiveAvgPool2d(1)
        start_as_he(self)

    @classmethod
    def cifar10(cls, *, num_classes: int = 10, in_channels: int = 3) -> Self:
        """Return the network for images of 32 by 32 pixels: 966,986 parameters.

        The widths are those that the authors published with their code.
        """
        return cls(
            _CIFAR10,
            num_classes=num_classes,
            in_channels=in_channels,
            last_widths=(192, 192),
        )

    @classmethod
    def slim(
        cls, *, num_classes: int = 10, in_channels: int = 3, last_relu: bool = False
    ) -> Self:
        """Return a network for small images that one core trains in minutes."""
        blocks = (
            NiNSpec((16, 16, 16), side=3, padding=1),
            NiNSpec((32, 32, 32), side=3, padding=1),
        )
        return cls(
            blocks,
            num_classes=num_classes,
            in_channels=in_channels,
            last_widths=(48, 48),
            dropout=0.0,
            last_relu=last_relu,
        )

    def maps(self, images: Tensor) -> Tensor:
        """Return one map for each class, whose mean is the logit.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, num_classes, map_height, map_width) float
        """
        return self.class_maps(self.features(images))

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        return self.pool(self.maps(images)).flatten(1)
