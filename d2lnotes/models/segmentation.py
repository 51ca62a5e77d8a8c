"""Two small networks that label each pixel, their loss, their training, their masks.

Both end in a map of scores as large as the picture. The fully convolutional network
classifies the places of a small map and enlarges the scores; the U-Net enlarges
features step by step, and at each step looks again at the finer ones.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    one_hot,
    pad,
)

from d2lnotes._modes import evaluating
from d2lnotes.transposed_convolution import bilinear_kernel

__all__ = [
    "TinyFCN",
    "UNet",
    "fit_segmenter",
    "predict_mask",
    "segmentation_loss",
    "soft_dice_loss",
]


class TinyFCN(nn.Module):
    """A fully convolutional network with feature maps of stride 2, 4 and 8.

    A 1 by 1 convolution scores each place of the map of stride 8, and a transposed
    convolution brings the scores to the size of the picture. With ``num_skips=1``
    scores of the map of stride 4 are added on the way, with 2 also those of stride 2.
    The transposed convolutions start as bilinear interpolation, as if the scores were
    a small picture to be enlarged, and are trained like the rest.

    Parameters
    ----------
    num_classes
        Maps of scores; 1 for a yes or no at each pixel.
    in_channels
        Of the pictures.
    num_skips
        How many finer maps take part: 0, 1 or 2.
    width
        Channels of the first convolution.

    References
    ----------
    Long, Shelhamer and Darrell 2015. Their strides are 32, 16 and 8, and their
    networks FCN-32s, FCN-16s and FCN-8s have 0, 1 and 2 skips.
    """

    def __init__(
        self,
        num_classes: int = 1,
        *,
        in_channels: int = 3,
        num_skips: int = 0,
        width: int = 16,
    ) -> None:
        super().__init__()
        if num_skips not in (0, 1, 2):
            raise ValueError(
                "the network has three maps, of stride 8, 4 and 2, so that num_skips "
                f"is 0, 1 or 2; got {num_skips}"
            )
        self.blocks = nn.ModuleList(
            [
                nn.Sequential(
                    *_unit(in_channels, width), _halve(), *_unit(width, 2 * width)
                ),
                nn.Sequential(_halve(), *_unit(2 * width, 4 * width)),
                nn.Sequential(_halve(), *_unit(4 * width, 4 * width)),
            ]
        )
        channels = (4 * width, 4 * width, 2 * width)  # from the coarsest map
        self.heads = nn.ModuleList(
            nn.Conv2d(inputs, num_classes, 1) for inputs in channels[: num_skips + 1]
        )
        strides = [2] * num_skips + [8 // 2**num_skips]
        self.enlarge = nn.ModuleList(_bilinear(num_classes, s) for s in strides)

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores of each pixel.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float
            Of any size.

        Returns
        -------
        Tensor : (batch, num_classes, height, width) float
            Logits.
        """
        maps = [images]  # the picture, then maps of stride 2, 4 and 8
        for block in self.blocks:
            maps.append(block(maps[-1]))
        last = len(self.heads) - 1
        scores = torch.zeros((), device=images.device)
        for level, (head, enlarge) in enumerate(
            zip(self.heads, self.enlarge, strict=True)
        ):
            larger = enlarge(scores + head(maps[3 - level]))
            finer = maps[0] if level == last else maps[2 - level]
            # Odd sides are rounded up when halved, so that too much comes back.
            scores = larger[..., : finer.shape[-2], : finer.shape[-1]]
        return scores


class UNet(nn.Module):
    """A U-Net: down in steps, up in as many, with the finer features handed across.

    On the way down each level has convolutions of 3 by 3, and pooling halves the sides.
    On the way up a transposed convolution doubles them, the features of that size from
    the way down are laid beside (concatenated), and as many convolutions follow.

    Parameters
    ----------
    num_classes
        Maps of scores; 1 for a yes or no at each pixel.
    in_channels
        Of the pictures.
    widths
        Channels of each level, from the finest.
    num_convolutions
        Of a level, on either way.
    skips
        Whether features are handed across. Without them the transposed convolution
        makes as many channels as both would have, so that the network has a few more
        parameters, not fewer.

    References
    ----------
    Ronneberger, Fischer and Brox 2015. Theirs has no padding, so its map is smaller
    than the picture; ours pads and has batch normalization.
    """

    def __init__(
        self,
        num_classes: int = 1,
        *,
        in_channels: int = 3,
        widths: Sequence[int] = (16, 32, 64),
        num_convolutions: int = 2,
        skips: bool = True,
    ) -> None:
        super().__init__()
        if len(widths) < 2 or num_convolutions < 1:
            raise ValueError(
                "a U-Net has two levels or more, each with a convolution or more; got "
                f"widths {tuple(widths)} and {num_convolutions} convolutions; "
                "(16, 32, 64) and 2 are usual"
            )
        self.skips = skips
        self.stride = 2 ** (len(widths) - 1)
        inputs = (in_channels, *widths[:-1])
        self.down = nn.ModuleList(
            _level(before, after, num_convolutions)
            for before, after in zip(inputs, widths, strict=True)
        )
        self.pool = nn.MaxPool2d(2)
        pairs = list(zip(widths[:0:-1], widths[-2::-1], strict=True))  # coarse, fine
        self.enlarge = nn.ModuleList(
            nn.ConvTranspose2d(coarse, fine if skips else 2 * fine, 2, stride=2)
            for coarse, fine in pairs
        )
        self.up = nn.ModuleList(
            _level(2 * fine, fine, num_convolutions) for _, fine in pairs
        )
        self.head = nn.Conv2d(widths[0], num_classes, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Return the scores of each pixel.

        Parameters
        ----------
        images : (batch, in_channels, height, width) float
            Of any size; inside, pictures are padded by their last row and column until
            each pooling divides evenly, and the scores are cut back.

        Returns
        -------
        Tensor : (batch, num_classes, height, width) float
            Logits.
        """
        height, width = images.shape[-2:]
        missing = (-width % self.stride, -height % self.stride)
        features = pad(images, (0, missing[0], 0, missing[1]), mode="replicate")
        finer = []
        for level, down in enumerate(self.down):
            features = down(self.pool(features) if level else features)
            finer.append(features)
        finer.pop()
        for enlarge, up in zip(self.enlarge, self.up, strict=True):
            features = enlarge(features)
            skip = finer.pop()
            if self.skips:
                features = torch.cat([features, skip], dim=1)
            features = up(features)
        return self.head(features)[..., :height, :width]


def _unit(inputs: int, outputs: int) -> list[nn.Module]:
    """Return a 3 by 3 convolution with normalization and activation."""
    return [
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def _level(inputs: int, outputs: int, num_convolutions: int) -> nn.Sequential:
    """Return the convolutions of one level of a U-Net, on either way."""
    units = [
        _unit(inputs if k == 0 else outputs, outputs) for k in range(num_convolutions)
    ]
    return nn.Sequential(*(layer for unit in units for layer in unit))


def _halve() -> nn.MaxPool2d:
    """Return the pooling that halves the sides; odd ones are rounded up."""
    return nn.MaxPool2d(2, ceil_mode=True)


def _bilinear(channels: int, stride: int) -> nn.ConvTranspose2d:
    """Return a transposed convolution that enlarges each channel by itself."""
    layer = nn.ConvTranspose2d(
        channels, channels, 2 * stride, stride, stride // 2, bias=False
    )
    with torch.no_grad():
        layer.weight.copy_(bilinear_kernel(channels, stride))
    return layer


def soft_dice_loss(
    probabilities: Tensor, truth: Tensor, *, smoothing: float = 1.0
) -> Tensor:
    r"""Return 1 minus the Dice score with probabilities in place of yes and no.

    .. math:: 1 - \frac{2 \sum_i p_i y_i + s}{\sum_i p_i + \sum_i y_i + s}

    The sums go over the batch and all pixels, for each class by itself; the mean over
    the classes is returned.

    Parameters
    ----------
    probabilities : (batch, num_classes, height, width) float
        In [0, 1].
    truth : (batch, num_classes, height, width) float or bool
        1 where the pixel is of the class.
    smoothing
        The :math:`s`, in pixels; positive, so that an empty mask divides nothing by 0.

    Returns
    -------
    Tensor : () float
        In [0, 1).

    Raises
    ------
    ValueError
        If the shapes differ or ``smoothing`` is not positive.
    """
    if probabilities.shape != truth.shape:
        raise ValueError(
            "probabilities and truth must have one shape (batch, num_classes, height, "
            f"width), got {tuple(probabilities.shape)} and {tuple(truth.shape)}; "
            "one_hot turns labels into such a truth"
        )
    if smoothing <= 0:
        raise ValueError(f"smoothing must be positive, got {smoothing}; 1.0 is usual")
    axes = (0, 2, 3)
    common = (probabilities * truth).sum(dim=axes)
    total = probabilities.sum(dim=axes) + truth.sum(dim=axes)
    return (1 - (2 * common + smoothing) / (total + smoothing)).mean()


def segmentation_loss(
    logits: Tensor, target: Tensor, *, dice_weight: float = 0.0
) -> Tensor:
    """Return the mean cross-entropy of the pixels, plus a share of the Dice loss.

    Parameters
    ----------
    logits : (batch, num_classes, height, width) float
        With one class, the logit of a yes.
    target : (batch, height, width) bool or long
        Bool for one class, else labels from 0 to ``num_classes - 1``.
    dice_weight
        What :func:`soft_dice_loss` is multiplied with before it is added.

    Returns
    -------
    Tensor : () float
        In nats per pixel when ``dice_weight`` is 0.

    Raises
    ------
    ValueError
        If the target has another shape, or ``dice_weight`` is negative.
    """
    batch, num_classes, *size = logits.shape
    if target.shape != (batch, *size):
        raise ValueError(
            f"scores of shape {tuple(logits.shape)} need a target of shape "
            f"{(batch, *size)}, got {tuple(target.shape)}; a target has a label for "
            "each pixel and no axis for classes"
        )
    if dice_weight < 0:
        raise ValueError(
            f"dice_weight must not be negative, got {dice_weight}; 0.0 leaves it out"
        )
    if num_classes == 1:
        truth = target[:, None].to(logits.dtype)
        loss = binary_cross_entropy_with_logits(logits, truth)
        probabilities = logits.sigmoid()
    else:
        truth = one_hot(target.long(), num_classes).movedim(-1, 1)
        loss = cross_entropy(logits, target.long())
        probabilities = logits.softmax(dim=1)
    if dice_weight:
        loss = loss + dice_weight * soft_dice_loss(probabilities, truth)
    return loss


def fit_segmenter(
    model: nn.Module,
    images: Tensor,
    masks: Tensor,
    *,
    num_epochs: int,
    generator: torch.Generator,
    crop: int | None = None,
    loss: Callable[[Tensor, Tensor], Tensor] = segmentation_loss,
    learning_rate: float = 0.005,
    batch_size: int = 8,
) -> list[float]:
    """Train a network with AdamW and return the mean loss of each epoch.

    Each time a picture is seen, a random square of it is taken, flipped left to right
    half of the time, upside down half of the time, and transposed half of the time. The
    mask goes through the same. The learning rate rises and then falls.

    Parameters
    ----------
    model
        Trained where it is; it is in training mode afterwards.
    images : (num_images, channels, height, width) float
        Standardized, on the device of the model.
    masks : (num_images, height, width) bool or long
        As the target of ``loss``.
    num_epochs
        How often each picture is seen.
    generator
        Of the CPU; draws order, places and flips.
    crop
        Side of the squares in pixels; ``None`` for the largest.
    loss
        Called with logits and target.
    learning_rate
        The largest.
    batch_size
        Pictures of a batch.

    Raises
    ------
    ValueError
        If the masks do not fit the pictures, the crop is larger than these, or there is
        no epoch.
    """
    height, width = images.shape[-2:]
    side = min(height, width) if crop is None else crop
    if masks.shape != (len(images), height, width) or num_epochs < 1:
        raise ValueError(
            f"pictures of shape {tuple(images.shape)} need masks of shape "
            f"{(len(images), height, width)} and at least one epoch; got masks of "
            f"shape {tuple(masks.shape)} and {num_epochs} epochs"
        )
    if not 1 <= side <= min(height, width):
        raise ValueError(
            f"a crop of pictures of {height} by {width} has a side of 1 to "
            f"{min(height, width)}, got {crop}"
        )
    optimizer = torch.optim.AdamW(model.parameters(), lr=learning_rate)
    num_steps = num_epochs * -(-len(images) // batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, learning_rate, num_steps)
    model.train()
    means = []
    for _ in range(num_epochs):
        losses = []
        order = torch.randperm(len(images), generator=generator)
        for places in order.split(batch_size):
            rows = [
                _piece(images[place], masks[place], side, generator)
                for place in places.tolist()
            ]
            batch, target = map(torch.stack, zip(*rows, strict=True))
            value = loss(model(batch), target)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            losses.append(value.detach() * len(places))
        means.append(torch.stack(losses).sum().item() / len(images))
    return means


def _piece(
    image: Tensor, mask: Tensor, side: int, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Cut the same random square out of both and flip it in the same way."""
    spans = torch.tensor(mask.shape) - side + 1
    top, left = (torch.rand(2, generator=generator) * spans).long().tolist()
    across, down, turned = (torch.rand(3, generator=generator) < 0.5).tolist()
    pair = []
    for tensor in (image, mask):
        piece = tensor[..., top : top + side, left : left + side]
        axes = [axis for axis, on in ((-1, across), (-2, down)) if on]
        piece = piece.flip(axes)
        pair.append(piece.transpose(-1, -2) if turned else piece)
    return pair[0], pair[1]


@torch.no_grad()
def predict_mask(
    model: nn.Module, images: Tensor, *, threshold: float = 0.5, batch_size: int = 8
) -> Tensor:
    """Return the mask that the network gives each picture.

    The model is left in the mode in which it came.

    Parameters
    ----------
    model
        A trained network.
    images : (num_images, channels, height, width) float
        Standardized as in training.
    threshold
        With one class: the least probability of a yes, in [0, 1].
    batch_size
        Pictures that are computed at once.

    Returns
    -------
    Tensor : (num_images, height, width) bool or long
        Bool for a network with one class, else the label of the largest score.
    """
    masks = []
    with evaluating(model):
        for batch in images.split(batch_size):
            logits = model(batch)
            if logits.shape[1] == 1:
                masks.append(logits[:, 0].sigmoid() >= threshold)
            else:
                masks.append(logits.argmax(dim=1))
    return torch.cat(masks)
