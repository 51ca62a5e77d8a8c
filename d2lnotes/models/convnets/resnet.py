"""Residual networks: ResNet, ResNeXt, and the small ones for 32 by 32 pixels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from torch import Tensor, nn
from torch.nn.functional import pad

from d2lnotes.models.convnets._shared import photograph_stem, start_as_he

__all__ = ["RESNET_BLOCKS", "BasicBlock", "Bottleneck", "CifarResNet", "ResNet"]

RESNET_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
}
"""By the number of layers with weights: blocks of each stage."""


class BasicBlock(nn.Module):
    """Two 3 by 3 convolutions with a shortcut around them.

    It computes ``relu(x + g(x))`` with ``g`` = convolution, normalization, ReLU,
    convolution, normalization. Where the shape changes, the shortcut is a 1 by 1
    convolution with normalization, or takes no parameters (``projection=False``):
    it leaves out each second pixel and adds channels of zeros.

    Parameters
    ----------
    in_channels, channels
        Channels of the input and of the output.
    stride
        Of the first convolution and of the shortcut.
    shortcut
        Whether the input is added; without, the block is a plain one.
    batch_norm
        Whether convolutions are normalized; those that are not have a bias.
    projection
        Whether the shortcut has weights where the shape changes.
    """

    expansion = 1

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int = 1,
        shortcut: bool = True,
        batch_norm: bool = True,
        projection: bool = True,
    ) -> None:
        super().__init__()
        self.stride, self.shortcut = stride, shortcut
        self.added_channels = channels - in_channels
        self.conv1 = nn.Conv2d(
            in_channels, channels, 3, stride, padding=1, bias=not batch_norm
        )
        self.bn1 = nn.BatchNorm2d(channels) if batch_norm else nn.Identity()
        self.relu = nn.ReLU()
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, bias=not batch_norm)
        self.bn2 = nn.BatchNorm2d(channels) if batch_norm else nn.Identity()
        changes = stride != 1 or in_channels != channels
        self.downsample = (
            _projection(in_channels, channels, stride)
            if shortcut and projection and changes
            else None
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the output of the block.

        Parameters
        ----------
        inputs : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, channels, height / stride, width / stride) float
        """
        outputs = self.relu(self.bn1(self.conv1(inputs)))
        outputs = self.bn2(self.conv2(outputs))
        if self.shortcut:
            outputs = outputs + self._around(inputs)
        return self.relu(outputs)

    def _around(self, inputs: Tensor) -> Tensor:
        """Return the input in the shape of the output."""
        if self.downsample is not None:
            return self.downsample(inputs)
        small = inputs[:, :, :: self.stride, :: self.stride]
        return pad(small, (0, 0, 0, 0, 0, self.added_channels))


class Bottleneck(nn.Module):
    """Convolutions of 1 by 1, 3 by 3 and 1 by 1 with a shortcut around them.

    The first one reduces the number of channels, the last one restores it: four
    times ``channels``. The stride is that of the 3 by 3 convolution, as torchvision
    has it; in the paper the first one has it.

    Parameters
    ----------
    in_channels, channels
        Channels of the input, and a quarter of those of the output.
    stride
        Of the 3 by 3 convolution and of the shortcut.
    groups, base_width
        The 3 by 3 convolution has ``channels * base_width / 64 * groups`` channels in
        so many groups: 1 and 64 in a ResNet, 32 and 4 in a ResNeXt 32×4d.
    """

    expansion = 4

    def __init__(
        self,
        in_channels: int,
        channels: int,
        *,
        stride: int = 1,
        groups: int = 1,
        base_width: int = 64,
    ) -> None:
        super().__init__()
        inner = channels * base_width // 64 * groups
        outer = channels * self.expansion
        self.conv1 = nn.Conv2d(in_channels, inner, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(inner)
        self.conv2 = nn.Conv2d(
            inner, inner, 3, stride, padding=1, groups=groups, bias=False
        )
        self.bn2 = nn.BatchNorm2d(inner)
        self.conv3 = nn.Conv2d(inner, outer, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outer)
        self.relu = nn.ReLU()
        changes = stride != 1 or in_channels != outer
        self.downsample = (
            _projection(in_channels, outer, stride) if changes else nn.Identity()
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the output of the block.

        Parameters
        ----------
        inputs : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, 4 * channels, height / stride, width / stride) float
        """
        outputs = self.relu(self.bn1(self.conv1(inputs)))
        outputs = self.relu(self.bn2(self.conv2(outputs)))
        outputs = self.bn3(self.conv3(outputs))
        return self.relu(outputs + self.downsample(inputs))


class ResNet(nn.Module):
    """A residual network for photographs, of four stages.

    Its parameters have the names and shapes of torchvision's, so that weights of
    either fit the other.

    Parameters
    ----------
    depths
        Blocks in each stage, such as ``(2, 2, 2, 2)``. The first stage has
        ``width`` channels, each further one twice as many at half the side.
    bottleneck
        Whether the blocks are bottlenecks: convolutions of 1, 3 and 1.
    groups, base_width
        Of the bottlenecks.
    num_classes
        Number of classes.
    in_channels
        Channels of the images.
    width
        Channels of the first stage.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Deep Residual Learning for Image Recognition",
    table 1; Xie and others (2017), "Aggregated Residual Transformations for Deep
    Neural Networks", table 1.
    """

    def __init__(
        self,
        depths: Sequence[int],
        *,
        bottleneck: bool = False,
        groups: int = 1,
        base_width: int = 64,
        num_classes: int = 1000,
        in_channels: int = 3,
        width: int = 64,
    ) -> None:
        super().__init__()
        stem = photograph_stem(in_channels, width)
        self.conv1, self.bn1, self.relu, self.maxpool = stem

        def block(inputs: int, channels: int, *, stride: int) -> nn.Module:
            if not bottleneck:
                return BasicBlock(inputs, channels, stride=stride)
            return Bottleneck(
                inputs, channels, stride=stride, groups=groups, base_width=base_width
            )

        expansion = Bottleneck.expansion if bottleneck else BasicBlock.expansion
        features = width
        for stage, depth in enumerate(depths):
            channels = width * 2**stage
            layers = _stage(
                block,
                depth,
                features,
                channels,
                expansion,
                stride=1 if not stage else 2,
            )
            self.add_module(f"layer{stage + 1}", layers)
            features = channels * expansion
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(features, num_classes)
        start_as_he(self, dense_layers=False)

    @classmethod
    def of_depth(cls, depth: int, **options: Any) -> Self:  # noqa: ANN401
        """Return ResNet-18, 34, 50 or 101.

        ``ResNet.of_depth(50, groups=32, base_width=4)`` is ResNeXt-50 32×4d.

        Parameters
        ----------
        depth
            Layers with weights: 18, 34, 50 or 101; from 50 on with bottlenecks.
        **options
            As of the class.

        Raises
        ------
        ValueError
            If there is no such network.
        """
        if depth not in RESNET_BLOCKS:
            known = ", ".join(map(str, RESNET_BLOCKS))
            raise ValueError(
                f"depth must be one of {known}, got {depth}; for others give depths"
            )
        return cls(RESNET_BLOCKS[depth], bottleneck=depth >= 50, **options)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        # The children stand in the order in which they are computed.
        for layer in self.children():
            images = layer(images)
        return images


class CifarResNet(nn.Module):
    """A residual network of 6n + 2 layers for small pictures.

    A convolution, three stages of n blocks with ``width``, twice and four times as
    many channels, each at half the side of the one before, a mean over all places
    and a dense layer. Shortcuts have no parameters, so the network has as many with
    them as without.

    Parameters
    ----------
    depth
        Number of layers with weights, 6n + 2: 8, 14, 20, …, 56, 110.
    width
        Channels of the first stage; 16 in the paper.
    num_classes
        Number of classes.
    in_channels
        Channels of the images.
    shortcut
        Whether the input of a block is added to its output.
    batch_norm
        Whether convolutions are normalized.
    zero_init
        Whether the last scale in each block, or without normalization the last
        convolution, starts at 0. With shortcuts the blocks are then the identity.

    Raises
    ------
    ValueError
        If ``depth`` is not of the form 6n + 2, or ``zero_init`` is asked for without
        shortcuts, when nothing would pass through the network.

    References
    ----------
    He, Zhang, Ren and Sun (2016), "Deep Residual Learning for Image Recognition",
    section 4.2, with the shortcuts of option A.
    """

    def __init__(
        self,
        depth: int,
        *,
        width: int = 16,
        num_classes: int = 10,
        in_channels: int = 3,
        shortcut: bool = True,
        batch_norm: bool = True,
        zero_init: bool = False,
    ) -> None:
        super().__init__()
        num_blocks, rest = divmod(depth - 2, 6)
        if rest or num_blocks < 1:
            raise ValueError(
                f"depth must be 6n + 2, such as 8, 14, 20 or 56, got {depth}"
            )
        if zero_init and not shortcut:
            raise ValueError(
                "blocks that start at 0 need shortcuts; set zero_init=False, or "
                "nothing passes through the network"
            )

        def block(inputs: int, channels: int, *, stride: int) -> nn.Module:
            return BasicBlock(
                inputs,
                channels,
                stride=stride,
                shortcut=shortcut,
                batch_norm=batch_norm,
                projection=False,
            )

        self.stem = nn.Sequential(
            nn.Conv2d(in_channels, width, 3, padding=1, bias=not batch_norm),
            nn.BatchNorm2d(width) if batch_norm else nn.Identity(),
            nn.ReLU(),
        )
        self.stages = nn.Sequential(
            _stage(block, num_blocks, width, width, 1, stride=1),
            _stage(block, num_blocks, width, 2 * width, 1, stride=2),
            _stage(block, num_blocks, 2 * width, 4 * width, 1, stride=2),
        )
        self.head = nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4 * width, num_classes)
        )
        start_as_he(self, dense_layers=False)
        if zero_init:
            self.apply(_start_as_identity)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        return self.head(self.stages(self.stem(images)))


def _stage(
    block: Callable[..., nn.Module],
    depth: int,
    inputs: int,
    channels: int,
    expansion: int,
    *,
    stride: int,
) -> nn.Sequential:
    """Return so many blocks in a row; the first one changes the shape."""
    outputs = channels * expansion
    return nn.Sequential(
        block(inputs, channels, stride=stride),
        *(block(outputs, channels, stride=1) for _ in range(depth - 1)),
    )


def _projection(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    """Return a shortcut with weights, for where the shape changes."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
    )


def _start_as_identity(module: nn.Module) -> None:
    """Set what a block adds to its input to 0."""
    if isinstance(module, BasicBlock):
        last = module.bn2 if isinstance(module.bn2, nn.BatchNorm2d) else module.conv2
        nn.init.zeros_(last.weight)
