"""A small single-shot detector, its targets, its loss and its detections.

One pass of a convolutional network scores every anchor for every class and says how
each should be moved. What is left is to compare those numbers with the true boxes
(training), or to keep the best of the boxes they lead to (detection).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, smooth_l1_loss

from d2lnotes._modes import evaluating
from d2lnotes.detection.anchors import (
    decode_boxes,
    encode_boxes,
    make_anchors,
    match_anchors,
)
from d2lnotes.detection.boxes import batched_nms, clip_boxes

__all__ = [
    "Detections",
    "TinySSD",
    "anchor_targets",
    "detect",
    "detection_loss",
    "fit_detector",
]

_MOST_CANDIDATES = 300


class Detections(NamedTuple):
    """What a detector found in one picture, best first.

    Parameters
    ----------
    boxes : (n, 4) float
        Corners ``(x1, y1, x2, y2)`` in pixels.
    scores : (n,) float
        Probability of the class, falling.
    labels : (n,) long
        Classes from 0; the background is none of them.
    """

    boxes: Tensor
    scores: Tensor
    labels: Tensor


class TinySSD(nn.Module):
    """A single-shot detector with feature maps of stride 4, 8 and 16.

    Three blocks of 3 by 3 convolutions, each with batch normalization and ReLU. At
    the end of each block two more convolutions read its map. For the anchors of a
    place one gives the scores of the classes, the other the four offsets.

    Parameters
    ----------
    num_classes
        Classes of objects, without the background.
    image_size
        Height and width of the pictures, multiples of 16.
    sizes
        Of the anchors on each of the three maps, in pixels.
    ratios
        Width divided by height of the anchors, for each size.
    width
        Channels of the first convolution.

    Attributes
    ----------
    anchors : (num_anchors, 4) float
        In the order of the outputs: map, row, column, size, ratio.
    """

    anchors: Tensor

    def __init__(
        self,
        num_classes: int,
        *,
        image_size: tuple[int, int] = (144, 192),
        sizes: Sequence[Sequence[float]] = ((12,), (30,), (60,)),
        ratios: Sequence[float] = (1.0,),
        width: int = 16,
    ) -> None:
        super().__init__()
        if len(sizes) != 3 or any(side % 16 or side <= 0 for side in image_size):
            raise ValueError(
                "the detector has three maps and pictures whose sides are multiples "
                f"of 16; got {len(sizes)} lists of sizes and pictures of "
                f"{tuple(image_size)}"
            )
        self.num_classes = num_classes
        self.image_size = (image_size[0], image_size[1])
        self.blocks = nn.ModuleList(
            [
                nn.Sequential(
                    *_convolution(3, width, stride=2),
                    *_convolution(width, 2 * width),
                    nn.MaxPool2d(2),
                    *_convolution(2 * width, 2 * width),
                ),
                _smaller(2 * width, 4 * width),
                _smaller(4 * width, 4 * width),
            ]
        )
        channels = (2 * width, 4 * width, 4 * width)
        counts = [len(of_map) * len(ratios) for of_map in sizes]
        self.class_heads = nn.ModuleList(
            nn.Conv2d(inputs, count * (num_classes + 1), 3, padding=1)
            for inputs, count in zip(channels, counts, strict=True)
        )
        self.offset_heads = nn.ModuleList(
            nn.Conv2d(inputs, count * 4, 3, padding=1)
            for inputs, count in zip(channels, counts, strict=True)
        )
        height, width_in_pixels = image_size
        anchors = [
            make_anchors(
                (height // stride, width_in_pixels // stride), image_size, s, ratios
            )
            for stride, s in zip((4, 8, 16), sizes, strict=True)
        ]
        self.register_buffer("anchors", torch.cat(anchors))

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Return the scores of the classes and the offsets, for each anchor.

        Parameters
        ----------
        images : (batch, 3, height, width) float
            Standardized pictures of the size ``image_size``.

        Returns
        -------
        class_logits : (batch, num_anchors, num_classes + 1) float
            Class 0 is the background.
        offsets : (batch, num_anchors, 4) float
            As :func:`~d2lnotes.detection.anchors.encode_boxes` makes them.

        Raises
        ------
        ValueError
            If the pictures have another size.
        """
        if images.shape[1:] != (3, *self.image_size):
            raise ValueError(
                f"this detector reads pictures of shape (batch, 3, "
                f"{self.image_size[0]}, {self.image_size[1]}), got "
                f"{tuple(images.shape)}; its anchors lie on that size"
            )
        class_logits, offsets = [], []
        maps = images
        for block, class_head, offset_head in zip(
            self.blocks, self.class_heads, self.offset_heads, strict=True
        ):
            maps = block(maps)
            class_logits.append(_by_anchor(class_head(maps), self.num_classes + 1))
            offsets.append(_by_anchor(offset_head(maps), 4))
        return torch.cat(class_logits, dim=1), torch.cat(offsets, dim=1)


def _convolution(inputs: int, outputs: int, *, stride: int = 1) -> list[nn.Module]:
    """Return a 3 by 3 convolution with normalization and activation."""
    return [
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    ]


def _smaller(inputs: int, outputs: int) -> nn.Sequential:
    """Return a block that halves the sides of its input."""
    return nn.Sequential(
        nn.MaxPool2d(2),
        *_convolution(inputs, outputs),
        *_convolution(outputs, outputs),
    )


def _by_anchor(maps: Tensor, numbers: int) -> Tensor:
    """Turn (batch, count * numbers, rows, columns) into (batch, anchors, numbers)."""
    # Channels go last before flattening, so that the numbers of an anchor stay together
    # and anchors keep the order row, column, anchor of the place.
    return maps.permute(0, 2, 3, 1).reshape(len(maps), -1, numbers)


def anchor_targets(
    anchors: Tensor, boxes: Tensor, labels: Tensor, *, iou_threshold: float = 0.5
) -> tuple[Tensor, Tensor]:
    """Return what a detector should say of each anchor in one picture.

    Parameters
    ----------
    anchors : (num_anchors, 4) float
    boxes : (num_boxes, 4) float
        True boxes.
    labels : (num_boxes,) long
        Their classes, from 0.
    iou_threshold
        Of :func:`~d2lnotes.detection.anchors.match_anchors`.

    Returns
    -------
    classes : (num_anchors,) long
        0 for background, else the label plus 1.
    offsets : (num_anchors, 4) float
        To the matched box; 0 for background.
    """
    matches = match_anchors(anchors, boxes, iou_threshold=iou_threshold)
    positive = matches >= 0
    classes = torch.zeros_like(matches)
    offsets = torch.zeros_like(anchors)
    matched = matches[positive]
    classes[positive] = labels[matched] + 1
    offsets[positive] = encode_boxes(boxes[matched], anchors[positive])
    return classes, offsets


def detection_loss(
    class_logits: Tensor,
    offsets: Tensor,
    classes: Tensor,
    true_offsets: Tensor,
    *,
    negative_ratio: float | None = 3.0,
) -> Tensor:
    """Return the loss of a batch: cross-entropy plus smooth L1, per positive anchor.

    The offsets count at positive anchors. The cross-entropy counts at positive anchors
    and, by hard negative mining, at those negative ones of each picture where it is
    largest.

    Parameters
    ----------
    class_logits : (batch, num_anchors, num_classes + 1) float
    offsets : (batch, num_anchors, 4) float
    classes : (batch, num_anchors) long
        As of :func:`anchor_targets`.
    true_offsets : (batch, num_anchors, 4) float
    negative_ratio
        How many negative anchors count for each positive one of the same picture;
        ``None`` for all of them.

    Returns
    -------
    Tensor : () float

    Raises
    ------
    ValueError
        If ``negative_ratio`` is negative.
    """
    if negative_ratio is not None and negative_ratio < 0:
        raise ValueError(
            f"negative_ratio must not be negative, got {negative_ratio}; 3.0 is usual"
        )
    positive = classes > 0
    entropy = cross_entropy(class_logits.transpose(1, 2), classes, reduction="none")
    counted = torch.ones_like(positive)
    if negative_ratio is not None:
        # Positive anchors get -1, below any loss, so they come after the negatives.
        hardness = entropy.detach().masked_fill(positive, -1.0)
        rank = hardness.argsort(dim=1, descending=True).argsort(dim=1)
        counted = positive | (rank < negative_ratio * positive.sum(dim=1, keepdim=True))
    shift = smooth_l1_loss(offsets, true_offsets, reduction="none").sum(dim=-1)
    total = (entropy * counted).sum() + (shift * positive).sum()
    return total / positive.sum().clamp(min=1)


def fit_detector(
    model: TinySSD,
    images: Tensor,
    boxes: Sequence[Tensor],
    labels: Sequence[Tensor],
    *,
    num_epochs: int,
    generator: torch.Generator,
    loss: Callable[..., Tensor] = detection_loss,
    learning_rate: float = 0.003,
    batch_size: int = 8,
) -> list[float]:
    """Train a detector with AdamW and return the mean loss of each epoch.

    Each time a picture is seen, it is flipped left to right half of the time and upside
    down half of the time, with its boxes. The learning rate rises and then falls.

    Parameters
    ----------
    model
        Trained where it is; it is in training mode afterwards.
    images : (num_images, 3, height, width) float
        Standardized, on the device of the model.
    boxes
        For each picture a tensor (num_boxes, 4).
    labels
        For each picture a tensor (num_boxes,) of classes from 0.
    num_epochs
        How often each picture is seen.
    generator
        Of the CPU; draws the order and the flips.
    loss
        Called as :func:`detection_loss` with four tensors.
    learning_rate
        The largest.
    batch_size
        Pictures of a batch.

    Raises
    ------
    ValueError
        If there are not as many boxes and labels as pictures, or no epoch.
    """
    if not len(images) == len(boxes) == len(labels) or num_epochs < 1:
        raise ValueError(
            "a detector needs boxes and labels for each picture and at least one "
            f"epoch; got {len(images)} pictures, {len(boxes)} sets of boxes, "
            f"{len(labels)} of labels and {num_epochs} epochs"
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
            rows = []
            for place in places.tolist():
                image, moved = _flip(
                    images[place], boxes[place].to(images.device), generator
                )
                its_labels = labels[place].to(images.device)
                rows.append((image, *anchor_targets(model.anchors, moved, its_labels)))
            batch, classes, offsets = map(torch.stack, zip(*rows, strict=True))
            value = loss(*model(batch), classes, offsets)
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            schedule.step()
            losses.append(value.detach() * len(places))
        means.append(torch.stack(losses).sum().item() / len(images))
    return means


def _flip(
    image: Tensor, boxes: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Mirror a picture (3, height, width) and its boxes, each way half of the time."""
    height, width = image.shape[1:]
    across, down = (torch.rand(2, generator=generator) < 0.5).tolist()
    x1, y1, x2, y2 = boxes.unbind(dim=1)
    if across:
        image, x1, x2 = image.flip(-1), width - x2, width - x1
    if down:
        image, y1, y2 = image.flip(-2), height - y2, height - y1
    return image, torch.stack([x1, y1, x2, y2], dim=1)


@torch.no_grad()
def detect(
    model: TinySSD,
    images: Tensor,
    *,
    min_score: float = 0.05,
    iou_threshold: float = 0.45,
    max_detections: int = 100,
) -> list[Detections]:
    """Return what the detector finds in each picture.

    An anchor gives a box for each class with a probability of ``min_score`` or more;
    the 300 best of them are candidates. Candidates of one class that overlap are
    suppressed, and the best of the rest are kept. The model is left in the mode in
    which it came.

    Parameters
    ----------
    model
        A trained detector.
    images : (batch, 3, height, width) float
        Standardized as in training.
    min_score
        Least probability, in [0, 1].
    iou_threshold
        Of the suppression.
    max_detections
        Most boxes of a picture.
    """
    with evaluating(model):
        class_logits, offsets = model(images)
    probabilities = class_logits.softmax(dim=-1)[..., 1:]
    boxes = clip_boxes(decode_boxes(offsets, model.anchors), model.image_size)
    found = []
    for of_image, places in zip(probabilities, boxes, strict=True):
        anchor, label = (of_image >= min_score).nonzero(as_tuple=True)
        # An untrained detector is as sure of thousands of boxes as of one.
        scores, best = of_image[anchor, label].sort(descending=True)
        scores, best = scores[:_MOST_CANDIDATES], best[:_MOST_CANDIDATES]
        anchor, label = anchor[best], label[best]
        kept = batched_nms(places[anchor], scores, label, iou_threshold)
        kept = kept[:max_detections]
        found.append(Detections(places[anchor[kept]], scores[kept], label[kept]))
    return found
