"""VGG: networks made of blocks of 3-by-3 convolutions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Self

from torch import Tensor, nn

from d2lnotes.models.convnets._shared import check_images, start_as_he

__all__ = ["VGG", "VGG_BLOCKS", "vgg_block"]

VGG_BLOCKS = {
    11: ((1, 64), (1, 128), (2, 256), (2, 512), (2, 512)),
    13: ((2, 64), (2, 128), (2, 256), (2, 512), (2, 512)),
    16: ((2, 64), (2, 128), (3, 256), (3, 512), (3, 512)),
    19: ((2, 64), (2, 128), (4, 256), (4, 512), (4, 512)),
}
"""By the number of layers with weights: convolutions and channels of each block."""


def vgg_block(
    num_convs: int, in_channels: int, out_channels: int, *, batch_norm: bool = False
) -> nn.Sequential:
    """Return convolutions of 3 by 3 with ReLU, then a pooling that halves the sides.

    Parameters
    ----------
    num_convs
        How many convolutions.
    in_channels, out_channels
        Channels before the block, and of each of its convolutions.
    batch_norm
        Whether batch normalization stands between convolution and ReLU.
    """
    layers: list[nn.Module] = []
    channels = [in_channels] + num_convs * [out_channels]
    for before, after in pairwise(channels):
        layers.append(nn.Conv2d(before, after, 3, padding=1))
        if batch_norm:
            layers.append(nn.BatchNorm2d(after))
        layers.append(nn.ReLU())
    return nn.Sequential(*layers, nn.MaxPool2d(2))


class VGG(nn.Module):
    """Blocks of convolutions, then three dense layers.

    By default VGG-11 as published: 132,863,336 parameters. Weights start as He's
    rule says, those of the last layer with standard deviation 0.01, biases at 0.

    Parameters
    ----------
    blocks
        For each block the number of its convolutions and of their channels.
    num_classes
        Number of classes.
    in_channels
        Channels of the images.
    image_size
        Height and width of the images, in pixels. Each block halves it.
    hidden
        Units of each of the two hidden dense layers.
    dropout
        Rate of the dropout after each hidden dense layer.
    batch_norm
        Whether batch normalization follows each convolution.

    Raises
    ------
    ValueError
        If the images are too small for so many blocks.

    References
    ----------
    Simonyan and Zisserman (2015), "Very Deep Convolutional Networks for Large-Scale
    Image Recognition", table 1: A, B, D and E are VGG-11, 13, 16 and 19.
    """

    def __init__(
        self,
        blocks: Sequence[tuple[int, int]] = VGG_BLOCKS[11],
        *,
        num_classes: int = 1000,
        in_channels: int = 3,
        image_size: int = 224,
        hidden: int = 4096,
        dropout: float = 0.5,
        batch_norm: bool = False,
    ) -> None:
        super().__init__()
        side = image_size // 2 ** len(blocks)
        if side == 0:
            raise ValueError(
                f"{len(blocks)} blocks halve a side of {image_size} pixels to nothing; "
                f"use larger images or at most {image_size.bit_length() - 1} blocks"
            )
        self.image_shape = in_channels, image_size, image_size
        self.features = nn.Sequential()
        channels = in_channels
        for num_convs, width in blocks:
            block = vgg_block(num_convs, channels, width, batch_norm=batch_norm)
            self.features.append(block)
            channels = width
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Linear(channels * side * side, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(hidden, num_classes),
        )
        start_as_he(self, last=self.classifier[-1])

    @classmethod
    def of_depth(cls, depth: int, *, width: int = 64, **options: Any) -> Self:  # noqa: ANN401
        """Return VGG-11, 13, 16 or 19.

        Parameters
        ----------
        depth
            Layers with weights: 11, 13, 16 or 19.
        width
            Channels of the first block; the others keep their proportions to it.
        **options
            As of the class.

        Raises
        ------
        ValueError
            If there is no published network of this depth.
        """
        if depth not in VGG_BLOCKS:
            known = ", ".join(map(str, VGG_BLOCKS))
            raise ValueError(
                f"depth must be one of {known}, got {depth}; for others give blocks"
            )
        blocks = [(convs, width * c // 64) for convs, c in VGG_BLOCKS[depth]]
        return cls(blocks, **options)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, in_channels, image_size, image_size) float

        Returns
        -------
        Tensor : (batch, num_classes) float

        Raises
        ------
        ValueError
            If the images have another size than the network was made for.
        """
        check_images(images, self.image_shape)
        return self.classifier(self.features(images))
