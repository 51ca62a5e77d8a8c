"""GoogLeNet: convolutions of several sizes side by side, their channels joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import torch
from torch import Tensor, nn

from d2lnotes.models.convnets._shared import start_as_he

__all__ = ["GoogLeNet", "Inception", "InceptionSpec"]


class InceptionSpec(NamedTuple):
    """The channels of the four branches of an :class:`Inception` block.

    Parameters
    ----------
    one
        Of the branch with a 1×1 convolution alone.
    three
        Of the branch with a 3×3 convolution: after its 1×1 convolution, and at the
        end.
    five
        Of the branch with a 5×5 convolution, likewise.
    pool
        Of the branch with max pooling, after its 1×1 convolution.
    """

    one: int
    three: tuple[int, int]
    five: tuple[int, int]
    pool: int

    @property
    def branches(self) -> tuple[int, int, int, int]:
        """Channels that each branch gives, in the order in which they are joined."""
        return self.one, self.three[1], self.five[1], self.pool

    def scaled(self, width: float) -> InceptionSpec:
        """Return the spec with each number times ``width``, and at least 1."""
        one, a, b, c, d, pool = (
            max(1, round(width * channels))
            for channels in (self.one, *self.three, *self.five, self.pool)
        )
        return InceptionSpec(one, (a, b), (c, d), pool)


_PAPER = (
    (
        InceptionSpec(64, (96, 128), (16, 32), 32),
        InceptionSpec(128, (128, 192), (32, 96), 64),
    ),
    (
        InceptionSpec(192, (96, 208), (16, 48), 64),
        InceptionSpec(160, (112, 224), (24, 64), 64),
        InceptionSpec(128, (128, 256), (24, 64), 64),
        InceptionSpec(112, (144, 288), (32, 64), 64),
        InceptionSpec(256, (160, 320), (32, 128), 128),
    ),
    (
        InceptionSpec(256, (160, 320), (32, 128), 128),
        InceptionSpec(384, (192, 384), (48, 128), 128),
    ),
)


class Inception(nn.Module):
    """Four branches that read the same input; their channels stand in a row.

    Parameters
    ----------
    in_channels
        Channels of the input.
    spec
        Channels of the branches.
    side
        Of the kernel of the third branch, in pixels, odd; 5 in the paper.
    normalize
        Whether a batch normalization follows each convolution, in place of its bias.
    """

    def __init__(
        self,
        in_channels: int,
        spec: InceptionSpec,
        *,
        side: int = 5,
        normalize: bool = False,
    ) -> None:
        super().__init__()

        def conv(inputs: int, outputs: int, side: int = 1) -> list[nn.Module]:
            return _convolution(inputs, outputs, side, normalize=normalize)

        (middle, three), (reduced, five) = spec.three, spec.five
        self.out_channels = sum(spec.branches)
        self.branches = nn.ModuleList(
            nn.Sequential(*layers)
            for layers in (
                conv(in_channels, spec.one),
                conv(in_channels, middle) + conv(middle, three, 3),
                conv(in_channels, reduced) + conv(reduced, five, side),
                [nn.MaxPool2d(3, stride=1, padding=1), *conv(in_channels, spec.pool)],
            )
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the outputs of the branches, joined along the channels.

        Parameters
        ----------
        inputs : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, out_channels, height, width) float
        """
        return torch.cat([branch(inputs) for branch in self.branches], dim=1)


class GoogLeNet(nn.Module):
    """A stem, stages of :class:`Inception` blocks, a global mean and a dense layer.

    Without arguments it has the layers of the paper, for images of 224 by 224 pixels,
    but for the local response normalizations and the auxiliary classifiers. With
    ``side=3`` and ``normalize=True`` its parameters are as many as those of
    torchvision's ``googlenet``, which has 3×3 in place of the 5×5 convolutions.

    Weights start by the rule of He, biases at 0.

    Parameters
    ----------
    stages
        The blocks of each stage. Before each there is a pooling of stride 2.
    num_classes
        Number of classes.
    in_channels
        Channels of the images.
    width
        What all widths of the stages are multiplied by.
    small_stem
        For small images, the number of channels of the one 3×3 convolution that is
        then the stem. By default the stem is that of the paper, which divides height
        and width by 4 and gives 192 channels.
    side, normalize
        As of :class:`Inception`, for all convolutions.
    dropout
        Share of the means set to 0 before the dense layer in training.

    References
    ----------
    Szegedy et al. (2015), "Going Deeper with Convolutions", table 1.
    """

    def __init__(
        self,
        stages: Sequence[Sequence[InceptionSpec]] = _PAPER,
        *,
        num_classes: int = 1000,
        in_channels: int = 3,
        width: float = 1.0,
        small_stem: int | None = None,
        side: int = 5,
        normalize: bool = False,
        dropout: float = 0.4,
    ) -> None:
        super().__init__()
        channels = small_stem or 192
        if small_stem:
            stem = _convolution(in_channels, channels, 3, normalize=normalize)
        else:
            stem = [
                *_convolution(in_channels, 64, 7, stride=2, normalize=normalize),
                _halve(),
                *_convolution(64, 64, 1, normalize=normalize),
                *_convolution(64, channels, 3, normalize=normalize),
            ]
        self.stem = nn.Sequential(*stem)
        self.stages = nn.ModuleList()
        for stage in stages:
            layers: list[nn.Module] = [_halve()]
            for spec in stage:
                block = Inception(
                    channels, spec.scaled(width), side=side, normalize=normalize
                )
                layers.append(block)
                channels = block.out_channels
            self.stages.append(nn.Sequential(*layers))
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(channels, num_classes),
        )
        start_as_he(self)

    @classmethod
    def slim(cls, *, num_classes: int = 10, in_channels: int = 3) -> Self:
        """Return a network for small images that one core trains in minutes.

        The blocks 3a, 4a and 4b of the paper at an eighth of their width.
        """
        return cls(
            [_PAPER[0][:1], _PAPER[1][:2]],
            num_classes=num_classes,
            in_channels=in_channels,
            width=1 / 8,
            small_stem=16,
            dropout=0.0,
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
        outputs = self.stem(images)
        for stage in self.stages:
            outputs = stage(outputs)
        return self.head(outputs)


def _convolution(
    inputs: int, outputs: int, side: int, *, stride: int = 1, normalize: bool
) -> list[nn.Module]:
    """Return a convolution that keeps the size at stride 1, what follows, and ReLU."""
    padding = side // 2
    convolution = nn.Conv2d(inputs, outputs, side, stride, padding, bias=not normalize)
    between = [nn.BatchNorm2d(outputs)] if normalize else []
    return [convolution, *between, nn.ReLU()]


def _halve() -> nn.MaxPool2d:
    """Return a pooling that halves height and width, rounded up."""
    return nn.MaxPool2d(3, stride=2, ceil_mode=True)
