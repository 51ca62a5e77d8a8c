"""ConvNeXt: a residual network brought up to date, step by step."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from d2lnotes.models.convnets._shared import check_stages

__all__ = ["ConvNeXt"]


class ConvNeXt(nn.Module):
    """Patches, stages of depthwise blocks, and a global mean with a dense layer.

    The stem is a convolution whose stride equals its kernel, so that it cuts the image
    into patches. Between stages a 2 by 2 convolution of stride 2 halves the height and
    the width. Normalization is over the channels of each place. Stochastic depth, with
    which the paper trains, is left out; it has no parameters.

    Parameters
    ----------
    widths, depths
        Channels and number of blocks of each stage.
    num_classes
        Number of classes.
    in_channels
        3 for colour images.
    patch
        Side of a patch in pixels; 1 or 2 for small images.
    kernel_size
        Side of the depthwise kernels, an odd number.
    layer_scale
        Where the factors of the blocks' outputs start. Small ones make each block
        begin near the identity, which helps many blocks; a few can start at 1.

    Raises
    ------
    ValueError
        If widths and depths differ in number or the kernel's side is even.

    References
    ----------
    Liu, Mao, Wu, Feichtenhofer, Darrell and Xie (2022), "A ConvNet for the 2020s".
    """

    def __init__(
        self,
        widths: Sequence[int] = (96, 192, 384, 768),
        depths: Sequence[int] = (3, 3, 9, 3),
        *,
        num_classes: int = 10,
        in_channels: int = 3,
        patch: int = 4,
        kernel_size: int = 7,
        layer_scale: float = 1e-6,
    ) -> None:
        super().__init__()
        check_stages(widths, depths)
        if kernel_size % 2 == 0:
            raise ValueError(
                f"kernel_size must be odd, got {kernel_size}; an even kernel would "
                "change the size of the map, and the shortcut could not be added"
            )
        stem = nn.Conv2d(in_channels, widths[0], kernel_size=patch, stride=patch)
        layers: list[nn.Module] = [stem, _ChannelNorm(widths[0])]
        channels = widths[0]
        for stage, (width, depth) in enumerate(zip(widths, depths, strict=True)):
            if stage > 0:
                layers.append(_ChannelNorm(channels))
                layers.append(nn.Conv2d(channels, width, kernel_size=2, stride=2))
            channels = width
            for _ in range(depth):
                layers.append(_Block(channels, kernel_size, layer_scale))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
            nn.LayerNorm(channels, eps=1e-6),
            nn.Linear(channels, num_classes),
        )
        self.apply(_draw_small)

    @classmethod
    def tiny(cls, *, num_classes: int = 1000) -> ConvNeXt:
        """Return ConvNeXt-T: 28.6 million parameters, 4.5 billion operations."""
        return cls(num_classes=num_classes)

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


class _ChannelNorm(nn.LayerNorm):
    """Layer normalization over the channels of each place of (batch, c, h, w)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-6)

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the normalized images, in the same layout."""
        return super().forward(inputs.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class _Block(nn.Module):
    """A depthwise convolution, then four times as many channels and back."""

    def __init__(self, channels: int, kernel_size: int, layer_scale: float) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(
                channels,
                channels,
                kernel_size,
                padding=kernel_size // 2,
                groups=channels,
            ),
            _ChannelNorm(channels),
            nn.Conv2d(channels, 4 * channels, kernel_size=1),
            nn.GELU(),
            nn.Conv2d(4 * channels, channels, kernel_size=1),
        )
        self.scale = nn.Parameter(torch.full((channels, 1, 1), layer_scale))

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs plus the scaled output of the body."""
        return inputs + self.scale * self.body(inputs)


def _draw_small(module: nn.Module) -> None:
    """Draw weights with the standard deviation 0.02; biases start at 0."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
