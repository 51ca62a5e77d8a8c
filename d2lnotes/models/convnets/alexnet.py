"""AlexNet, the network that won the ImageNet challenge of 2012."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

from torch import Tensor, nn

from d2lnotes.models.convnets._shared import check_images, start_as_he

__all__ = ["AlexNet"]

_POOL_SIDE, _POOL_STRIDE = 3, 2


class AlexNet(nn.Module):
    """Five convolutions and three dense layers.

    By default the form without groups of 2014, for one GPU: 61,100,840 parameters.
    :meth:`of_2012` is the network of the challenge, :meth:`small` one for small
    pictures. Weights start as He's rule says, those of the last layer with standard
    deviation 0.01, biases at 0.

    Parameters
    ----------
    num_classes
        Number of classes.
    in_channels
        Channels of the images.
    image_size
        Height and width of the images, in pixels.
    channels
        Output channels of the five convolutions.
    hidden
        Units of each of the two hidden dense layers.
    first
        Kernel, stride and padding of the first convolution.
    groups
        Groups of the second, fourth and fifth convolution.
    response_norm
        Whether local response normalization follows the first two activations.
    dropout
        Rate of the dropout in front of the two hidden dense layers.
    activation
        Makes the module after each layer but the last.

    References
    ----------
    Krizhevsky, Sutskever and Hinton (2012), "ImageNet Classification with Deep
    Convolutional Neural Networks"; Krizhevsky (2014), "One weird trick for
    parallelizing convolutional neural networks", for the default widths.
    """

    def __init__(
        self,
        *,
        num_classes: int = 1000,
        in_channels: int = 3,
        image_size: int = 224,
        channels: Sequence[int] = (64, 192, 384, 256, 256),
        hidden: int = 4096,
        first: tuple[int, int, int] = (11, 4, 2),
        groups: int = 1,
        response_norm: bool = False,
        dropout: float = 0.5,
        activation: Callable[[], nn.Module] = nn.ReLU,
    ) -> None:
        super().__init__()
        self.image_shape = in_channels, image_size, image_size
        c1, c2, c3, c4, c5 = channels
        kernel, stride, padding = first

        def normalize() -> list[nn.Module]:
            # torch divides alpha by the five channels, the paper does not.
            norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
            return [norm] if response_norm else []

        def pool() -> nn.Module:
            # Rounding up changes nothing at 224 pixels, where the windows fit.
            return nn.MaxPool2d(_POOL_SIDE, _POOL_STRIDE, ceil_mode=True)

        self.features = nn.Sequential(
            nn.Conv2d(in_channels, c1, kernel, stride=stride, padding=padding),
            activation(),
            *normalize(),
            pool(),
            nn.Conv2d(c1, c2, 5, padding=2, groups=groups),
            activation(),
            *normalize(),
            pool(),
            nn.Conv2d(c2, c3, 3, padding=1),
            activation(),
            nn.Conv2d(c3, c4, 3, padding=1, groups=groups),
            activation(),
            nn.Conv2d(c4, c5, 3, padding=1, groups=groups),
            activation(),
            pool(),
        )
        side = (image_size + 2 * padding - kernel) // stride + 1
        for _ in range(3):
            side = -((_POOL_SIDE - side) // _POOL_STRIDE) + 1
        self.classifier = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(c5 * side * side, hidden),
            activation(),
            nn.Dropout(dropout),
            nn.Linear(hidden, hidden),
            activation(),
            nn.Linear(hidden, num_classes),
        )
        start_as_he(self, last=self.classifier[-1])

    @classmethod
    def of_2012(cls, **options: Any) -> Self:  # noqa: ANN401
        """Return the network of the challenge: 60,965,224 parameters.

        Wider first layers, two groups (one for each of its two GPUs), local response
        normalization. Its first kernels lie inside the picture of 227 by 227 pixels.

        Parameters
        ----------
        **options
            As of the class, instead of those of 2012.
        """
        settings: dict[str, Any] = {
            "channels": (96, 256, 384, 384, 256),
            "groups": 2,
            "response_norm": True,
            "image_size": 227,
            "first": (11, 4, 0),
        }
        return cls(**settings | options)

    @classmethod
    def small(cls, width: int = 8, **options: Any) -> Self:  # noqa: ANN401
        """Return one for ten classes of pictures of 32 by 32 pixels.

        Parameters
        ----------
        width
            Channels of the first convolution. The others keep their proportions
            1 : 3 : 6 : 4 : 4. The published network has 64.
        **options
            As of the class, instead of those of the small network.
        """
        settings: dict[str, Any] = {
            "num_classes": 10,
            "image_size": 32,
            "channels": [width * times for times in (1, 3, 6, 4, 4)],
            "hidden": 64 * width,
            "first": (5, 2, 2),
        }
        return cls(**settings | options)

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
