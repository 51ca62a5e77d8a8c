"""LeNet, the network of 1998, and the form it would have today."""

from __future__ import annotations

from torch import Tensor, nn

__all__ = ["LeNet", "ModernLeNet"]


class LeNet(nn.Module):
    """LeNet-5 for gray images of 28 by 28 pixels, as it is usually taught today.

    Two convolutions with sigmoid and average pooling, then three dense layers:
    61,706 parameters for ten classes. It differs from the network of 1998, which

    * read 32 by 32 pixels; here a padding of 2 gives the same map sizes;
    * used a scaled hyperbolic tangent, ``1.7159 * tanh(2/3 * x)``, not a sigmoid;
    * multiplied each pooled sum by a trained weight and added a trained bias
      ("sub-sampling"), where average pooling has no parameters;
    * joined each map of the second convolution to some of the first's six maps
      only (its table I), not to all of them;
    * ended in radial basis functions, the distances to fixed codes, not in logits.

    Weights start Xavier-uniform, so that sigmoids do not saturate; biases as torch
    sets them.

    Parameters
    ----------
    num_classes
        Number of classes.

    References
    ----------
    LeCun, Bottou, Bengio and Haffner (1998), "Gradient-Based Learning Applied to
    Document Recognition", section II.B.
    """

    def __init__(self, *, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2),  # (batch, 6, 28, 28)
            nn.Sigmoid(),
            nn.AvgPool2d(2),  # (batch, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5),  # (batch, 16, 10, 10)
            nn.Sigmoid(),
            nn.AvgPool2d(2),  # (batch, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (batch, 400)
            nn.Linear(16 * 5 * 5, 120),
            nn.Sigmoid(),
            nn.Linear(120, 84),
            nn.Sigmoid(),
            nn.Linear(84, num_classes),
        )
        self.apply(_draw_xavier_uniform)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, 1, 28, 28) float

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        _check_images(images)
        return self.classifier(self.features(images))


class ModernLeNet(nn.Module):
    """LeNet with the parts of later years: ReLU, max pooling, batch normalization.

    The widths are those of :class:`LeNet`. A layer in front of a normalization has
    no bias, since subtracting the batch mean would remove it.

    Parameters
    ----------
    num_classes
        Number of classes.

    References
    ----------
    Ioffe and Szegedy (2015), "Batch Normalization", section 3.2, for the place of
    the normalization: between the affine map and the activation.
    """

    def __init__(self, *, num_classes: int = 10) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 6, kernel_size=5, padding=2, bias=False),
            nn.BatchNorm2d(6),
            nn.ReLU(),  # (batch, 6, 28, 28)
            nn.MaxPool2d(2),  # (batch, 6, 14, 14)
            nn.Conv2d(6, 16, kernel_size=5, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),  # (batch, 16, 10, 10)
            nn.MaxPool2d(2),  # (batch, 16, 5, 5)
        )
        self.classifier = nn.Sequential(
            nn.Flatten(),  # (batch, 400)
            nn.Linear(16 * 5 * 5, 120, bias=False),
            nn.BatchNorm1d(120),
            nn.ReLU(),
            nn.Linear(120, 84, bias=False),
            nn.BatchNorm1d(84),
            nn.ReLU(),
            nn.Linear(84, num_classes),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits.

        Parameters
        ----------
        images : (batch, 1, 28, 28) float

        Returns
        -------
        Tensor : (batch, num_classes) float
        """
        _check_images(images)
        return self.classifier(self.features(images))


def _draw_xavier_uniform(module: nn.Module) -> None:
    """Draw the weights of a convolution or a dense layer; leave others alone."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_uniform_(module.weight)


def _check_images(images: Tensor) -> None:
    """Raise ``ValueError`` unless the images have the size that LeNet was cut for."""
    if images.shape[1:] != (1, 28, 28):
        raise ValueError(
            "LeNet reads gray images of shape (batch, 1, 28, 28), got "
            f"{tuple(images.shape)}; add a channel axis with images.unsqueeze(1), "
            "or resize with torch.nn.functional.interpolate"
        )
