"""RegNet: networks from a designed space, with widths that a straight line gives."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import groupby

from torch import Tensor, nn

from d2lnotes.models.convnets._shared import check_stages

__all__ = ["RegNet", "SqueezeExcitation", "regnet_stages"]


def regnet_stages(
    *, depth: int, first: float, slope: float, ratio: float, multiple: int = 8
) -> tuple[list[int], list[int]]:
    r"""Return the widths and depths of the stages that four numbers describe.

    Block :math:`j` would like the width :math:`u_j = w_0 + w_a j`. It gets the nearest
    of :math:`w_0, w_0 w_m, w_0 w_m^2, \dots` on a logarithmic scale, rounded to a
    multiple of 8. Blocks of equal width form a stage.

    Parameters
    ----------
    depth
        Number of blocks of all stages.
    first, slope, ratio
        :math:`w_0 > 0`, :math:`w_a \ge 0` and :math:`w_m > 1`.
    multiple
        What widths are rounded to.

    Returns
    -------
    tuple : (widths, depths), a number for each stage

    Raises
    ------
    ValueError
        If a number is out of its range.

    Examples
    --------
    >>> regnet_stages(depth=22, first=24, slope=24.48, ratio=2.54)
    ([24, 64, 152, 392], [1, 2, 7, 12])
    """
    if depth < 1 or first <= 0 or slope < 0 or ratio <= 1:
        raise ValueError(
            "depth must be at least 1, first positive, slope not negative and ratio "
            f"above 1, got {depth}, {first}, {slope} and {ratio}"
        )
    widths = []
    for block in range(depth):
        power = round(math.log((first + slope * block) / first, ratio))
        widths.append(multiple * round(first * ratio**power / multiple))
    stages = [(width, len(list(blocks))) for width, blocks in groupby(widths)]
    return [width for width, _ in stages], [count for _, count in stages]


class SqueezeExcitation(nn.Module):
    """Multiplies each channel by a number in (0, 1) found from all channels' means.

    Parameters
    ----------
    channels
        Channels in and out.
    hidden
        Units of the hidden layer between the means and the factors.

    References
    ----------
    Hu, Shen and Sun (2018), "Squeeze-and-Excitation Networks".
    """

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.factors = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Conv2d(channels, hidden, kernel_size=1),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, kernel_size=1),
            nn.Sigmoid(),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs with each channel weighted.

        Parameters
        ----------
        inputs : (batch, channels, height, width) float

        Returns
        -------
        Tensor : (batch, channels, height, width) float
        """
        return inputs * self.factors(inputs)


class RegNet(nn.Module):
    """A stem, stages of grouped residual blocks, and a global mean with a dense layer.

    A block has a 1 by 1 convolution, a grouped one of 3 by 3, and another of 1 by 1,
    all of one width: there is no bottleneck. The first block of a stage halves the
    height and the width.

    Parameters
    ----------
    widths, depths
        Channels and number of blocks of each stage.
    group_width
        Channels of a group in the 3 by 3 convolutions. A width below it gives a
        single group.
    num_classes
        Number of classes.
    in_channels
        3 for colour images.
    stem_width, stem_stride
        Channels and stride of the first convolution; stride 1 for small images.
    squeeze_ratio
        If given, blocks weigh their channels (RegNetY): the hidden units are this
        times the channels that enter the block.

    Raises
    ------
    ValueError
        If widths and depths differ in number, or a width is no multiple of
        ``group_width``.

    References
    ----------
    Radosavovic, Kosaraju, Girshick, He and Dollár (2020), "Designing Network Design
    Spaces".
    """

    def __init__(
        self,
        widths: Sequence[int],
        depths: Sequence[int],
        *,
        group_width: int,
        num_classes: int = 10,
        in_channels: int = 3,
        stem_width: int = 32,
        stem_stride: int = 2,
        squeeze_ratio: float | None = None,
    ) -> None:
        super().__init__()
        check_stages(widths, depths)
        stem = nn.Conv2d(
            in_channels, stem_width, 3, stride=stem_stride, padding=1, bias=False
        )
        layers: list[nn.Module] = [stem, nn.BatchNorm2d(stem_width), nn.ReLU()]
        channels = stem_width
        for width, depth in zip(widths, depths, strict=True):
            for block in range(depth):
                stride = 2 if block == 0 else 1
                layers.append(
                    _Block(channels, width, stride, group_width, squeeze_ratio)
                )
                channels = width
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, num_classes)
        )
        self.apply(_draw_he)

    @classmethod
    def x_400mf(cls, *, num_classes: int = 1000) -> RegNet:
        """Return RegNetX-400MF: 5.5 million parameters, 0.4 billion operations."""
        widths, depths = [32, 64, 160, 400], [1, 2, 7, 12]
        return cls(widths, depths, group_width=16, num_classes=num_classes)

    @classmethod
    def y_400mf(cls, *, num_classes: int = 1000) -> RegNet:
        """Return RegNetY-400MF, whose blocks weigh their channels."""
        widths, depths = [48, 104, 208, 440], [1, 3, 6, 6]
        return cls(
            widths, depths, group_width=8, num_classes=num_classes, squeeze_ratio=0.25
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
        return self.classifier(self.features(images))


class _Block(nn.Module):
    """Three convolutions and a shortcut around them."""

    def __init__(
        self,
        channels: int,
        width: int,
        stride: int,
        group_width: int,
        squeeze_ratio: float | None,
    ) -> None:
        super().__init__()
        group_width = min(group_width, width)
        if width % group_width:
            raise ValueError(
                f"a width of {width} cannot be divided into groups of {group_width} "
                "channels; choose a multiple"
            )
        squeeze: list[nn.Module] = []
        if squeeze_ratio is not None:
            hidden = round(squeeze_ratio * channels)
            squeeze.append(SqueezeExcitation(width, hidden))
        self.body = nn.Sequential(
            nn.Conv2d(channels, width, kernel_size=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(
                width,
                width,
                kernel_size=3,
                stride=stride,
                padding=1,
                groups=width // group_width,
                bias=False,
            ),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            *squeeze,
            nn.Conv2d(width, width, kernel_size=1, bias=False),
            nn.BatchNorm2d(width),
        )
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != width:
            self.shortcut = nn.Sequential(
                nn.Conv2d(channels, width, kernel_size=1, stride=stride, bias=False),
                nn.BatchNorm2d(width),
            )
        self.activation = nn.ReLU()

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the sum of body and shortcut after ReLU."""
        return self.activation(self.body(inputs) + self.shortcut(inputs))


def _draw_he(module: nn.Module) -> None:
    """Draw the weights of a convolution by He; small ones for the dense layer."""
    if isinstance(module, nn.Conv2d):
        nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    elif isinstance(module, nn.Linear):
        nn.init.normal_(module.weight, std=0.01)
        nn.init.zeros_(module.bias)
