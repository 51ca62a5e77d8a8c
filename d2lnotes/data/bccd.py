"""BCCD: photographs of blood cells, with a box around each cell."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from d2lnotes.data._folder import RemoteFolder, fetch_folder
from d2lnotes.data.stand_in import with_stand_in

__all__ = ["DetectionDataset", "DetectionPart", "fetch_bccd", "make_cells"]

_CLASSES = ("RBC", "WBC", "Platelets")
_IN_CHINESE = {"RBC": "红细胞", "WBC": "白细胞", "Platelets": "血小板"}
_IN_ENGLISH = {"RBC": "red cells", "WBC": "white cells", "Platelets": "platelets"}
_HEIGHT, _WIDTH = 480, 640

_COMMIT = "d272fb14cdff6e473fafeeeba32aba5f560e9e43"

#: The folder of the authors' repository with pictures, annotations and the split.
BCCD = RemoteFolder(
    name="bccd/BCCD",
    urls=(
        f"https://codeload.github.com/Shenggan/BCCD_Dataset/zip/{_COMMIT}",
        f"https://github.com/Shenggan/BCCD_Dataset/archive/{_COMMIT}.zip",
    ),
    sha256="85a54fb3de491492fd607c9842300bad47184987d276139e422ad1a613fb5953",
    bytes=8_800_938,
    licence="MIT",
    source="https://github.com/Shenggan/BCCD_Dataset",
    inside=f"BCCD_Dataset-{_COMMIT}/BCCD",
    witness="ImageSets/Main/trainval.txt",
    zip_bytes=100_000_000,
)


@dataclass(frozen=True, eq=False, repr=False)
class DetectionPart:
    """Pictures with boxes and labels: ``part[i]`` is ``(image, boxes, labels)``.

    Parameters
    ----------
    images : (num_images, 3, height, width) uint8
        Red, green and blue, 0 to 255.
    boxes
        For each picture a tensor (num_boxes, 4) float32: left, top, right and bottom
        edge in pixels, from the upper left corner of the picture.
    labels
        For each picture a tensor (num_boxes,) int64: places in ``class_names``.
    """

    images: Tensor
    boxes: tuple[Tensor, ...]
    labels: tuple[Tensor, ...]

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.images)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return one picture, its boxes and its labels."""
        return self.images[place], self.boxes[place], self.labels[place]


@dataclass(frozen=True, eq=False, repr=False)
class DetectionDataset:
    """Pictures with labelled boxes, split into three parts.

    Parameters
    ----------
    name
        What the pictures really are: ``"drawn-cells"`` when those stand in.
    stand_in
        ``True`` if these are not the data that were asked for.
    class_names
        Entry ``k`` names the label ``k``.
    train, val, test
        The parts.
    num_without_area
        How many boxes were left out since they have no width or no height.
    """

    name: str
    stand_in: bool
    class_names: tuple[str, ...]
    train: DetectionPart
    val: DetectionPart
    test: DetectionPart
    num_without_area: int = 0

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The names of the classes for figures, ``中文 | English``."""
        return tuple(
            f"{_IN_CHINESE[name]} | {_IN_ENGLISH[name]}" for name in self.class_names
        )

    def __repr__(self) -> str:
        """Return one line; the tensors themselves would fill pages."""
        parts = (self.train, self.val, self.test)
        pictures = " + ".join(f"{len(part)}" for part in parts)
        num_boxes = sum(len(boxes) for part in parts for boxes in part.boxes)
        return (
            f"DetectionDataset({self.name!r}: {pictures} pictures of shape "
            f"{tuple(self.train.images.shape[1:])}, {num_boxes:,} boxes, "
            f"{len(self.class_names)} classes)"
        )


def fetch_bccd(
    *, size: tuple[int, int] = (_HEIGHT, _WIDTH), stand_in: bool = False
) -> DetectionDataset:
    """Return BCCD: 364 photographs of blood cells with 4,886 boxes in 3 classes.

    The parts are the authors': 205 pictures for training, 87 for validation, 72 for
    testing. Edges are taken as the files give them. The first call downloads 15 MB.

    Parameters
    ----------
    size
        Height and width, in pixels, to which pictures and boxes are brought. At their
        own size, 480 by 640, the pictures take 335 MB of memory.
    stand_in
        What to do when the files cannot be had. ``False``: raise. ``True``: warn, and
        return 60 pictures drawn by :func:`make_cells`, with ``name="drawn-cells"`` and
        ``stand_in=True``.

    Raises
    ------
    ValueError
        If ``size`` is not positive.
    DownloadError
        If no address serves the files and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If the drawings are returned; the message says why.
    """
    _check_size(size)
    return with_stand_in(
        lambda: _bccd(size),
        lambda: _drawn(size),
        allowed=stand_in,
        asked_for="BCCD",
        instead="drawn cells",
    )


def _check_size(size: tuple[int, int]) -> None:
    if min(size) < 1:
        raise ValueError(
            f"size is a height and a width in pixels, both at least 1; got {size}"
        )


def _bccd(size: tuple[int, int]) -> DetectionDataset:
    """Read the authors' folder."""
    folder = fetch_folder(BCCD)
    left_out = 0
    parts = []
    for part in ("train", "val", "test"):
        listed = folder / "ImageSets" / "Main" / f"{part}.txt"
        names = listed.read_text(encoding="utf-8").split()
        files = [folder / "JPEGImages" / f"{name}.jpg" for name in names]
        with ThreadPoolExecutor() as pool:  # Pillow decodes while others decode
            images = list(pool.map(lambda file: _decode(file, size), files))
        boxes, labels = [], []
        for name in names:
            its_boxes, its_labels = _read_voc(folder / "Annotations" / f"{name}.xml")
            has_area = (its_boxes[:, 2:] > its_boxes[:, :2]).all(dim=1)
            left_out += int((~has_area).sum())
            boxes.append(_scaled(its_boxes[has_area], size))
            labels.append(its_labels[has_area])
        parts.append(DetectionPart(torch.stack(images), tuple(boxes), tuple(labels)))
    train, val, test = parts
    return DetectionDataset("bccd", False, _CLASSES, train, val, test, left_out)


def _decode(file: Path, size: tuple[int, int]) -> Tensor:
    """Return a picture as (3, height, width) uint8, brought to ``size``."""
    import numpy as np
    from PIL import Image

    with Image.open(file) as picture:
        pixels = picture.convert("RGB")
    if pixels.size != (size[1], size[0]):
        # Pillow weighs all pixels that fall into a new one.
        pixels = pixels.resize((size[1], size[0]), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(pixels)).permute(2, 0, 1)


def _read_voc(file: Path) -> tuple[Tensor, Tensor]:
    """Return the boxes (num_boxes, 4) and the labels of an annotation."""
    boxes, labels = [], []
    # `fetch_folder` has checked that these are the bytes that the authors published.
    for thing in ElementTree.parse(file).getroot().iter("object"):
        edges = [
            float(thing.findtext(f"bndbox/{edge}", ""))
            for edge in ("xmin", "ymin", "xmax", "ymax")
        ]
        boxes.append(edges)
        labels.append(_CLASSES.index(thing.findtext("name", "")))
    return torch.tensor(boxes).view(-1, 4), torch.tensor(labels, dtype=torch.int64)


def _scaled(boxes: Tensor, size: tuple[int, int]) -> Tensor:
    """Return boxes of a picture of 480 by 640 for one of ``size``."""
    down, across = size[0] / _HEIGHT, size[1] / _WIDTH
    return boxes * torch.tensor([across, down, across, down])


# ---- drawn cells ---------------------------------------------------------------


class _Kind(NamedTuple):
    """How cells of one class are drawn; lengths in pixels of 480 by 640."""

    counts: tuple[int, int]  # least and most in a picture
    radii: tuple[float, float]
    rim: tuple[float, float, float]  # color at the rim, 0 to 255
    core: tuple[float, float, float]
    core_share: float  # radius of the core, as a share of the cell's


_KINDS = (
    _Kind((6, 15), (42, 58), (205, 140, 135), (228, 185, 175), 0.45),
    _Kind((0, 2), (70, 95), (190, 165, 205), (115, 70, 150), 0.70),
    _Kind((0, 3), (14, 22), (160, 120, 175), (125, 80, 150), 0.60),
)
_PAPER = (232.0, 220.0, 205.0)
_LEAST_DISTANCE = 0.75  # of two centres, as a share of the sum of the radii
_TRIES = 20


class _Cell(NamedTuple):
    """One drawn cell: class, centre and half axes, in pixels of 480 by 640."""

    label: int
    x: float
    y: float
    a: float
    b: float

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Its edges, cut off at those of the picture."""
        return (
            max(self.x - self.a, 0.0),
            max(self.y - self.b, 0.0),
            min(self.x + self.a, float(_WIDTH)),
            min(self.y + self.b, float(_HEIGHT)),
        )


def make_cells(
    num_images: int,
    *,
    size: tuple[int, int] = (_HEIGHT, _WIDTH),
    generator: torch.Generator,
) -> DetectionPart:
    """Return drawn pictures of cells, with the box of each cell.

    Ellipses of three kinds lie on bright paper with a little noise: many red ones with
    a pale core, a few large ones with a dark core, a few small ones. They crowd, up to
    three quarters of the distance at which they would touch, and some reach beyond the
    border, where picture and box are cut off. From the same state of the generator the
    same cells are drawn at each ``size``.

    Parameters
    ----------
    num_images
        How many pictures to draw.
    size
        Height and width in pixels; the shapes are those of a picture of 480 by 640.
    generator
        Of the CPU; draws everything.

    Returns
    -------
    DetectionPart
        With labels 0, 1 and 2 for the three kinds: "RBC", "WBC" and "Platelets".

    Raises
    ------
    ValueError
        If ``num_images`` or ``size`` is not positive.
    """
    if num_images < 1:
        raise ValueError(f"num_images must be at least 1, got {num_images}")
    _check_size(size)
    pictures = [_place_cells(generator) for _ in range(num_images)]
    images = [_draw(cells, size, generator) for cells in pictures]
    boxes = [torch.tensor([cell.box for cell in cells]) for cells in pictures]
    labels = [torch.tensor([cell.label for cell in cells]) for cells in pictures]
    return DetectionPart(
        torch.stack(images),
        tuple(_scaled(its_boxes, size) for its_boxes in boxes),
        tuple(labels),
    )


def _place_cells(generator: torch.Generator) -> list[_Cell]:
    """Draw classes, places and axes; a cell that finds no room is left out."""

    def uniform(low: float, high: float) -> float:
        return low + (high - low) * torch.rand((), generator=generator).item()

    cells: list[_Cell] = []
    for label in (1, 0, 2):  # what is large finds its room first
        kind = _KINDS[label]
        for _ in range(math.floor(uniform(kind.counts[0], kind.counts[1] + 1))):
            for _ in range(_TRIES):
                a = uniform(*kind.radii)
                b = a * uniform(0.85, 1.15)
                x, y = uniform(0, _WIDTH), uniform(0, _HEIGHT)
                cell = _Cell(label, x, y, a, b)
                if all(_is_apart(cell, other) for other in cells):
                    cells.append(cell)
                    break
    return cells


def _is_apart(cell: _Cell, other: _Cell) -> bool:
    """Return whether two cells overlap little enough."""
    distance = math.hypot(cell.x - other.x, cell.y - other.y)
    radii = (cell.a + cell.b + other.a + other.b) / 2
    return distance >= _LEAST_DISTANCE * radii


def _draw(
    cells: Sequence[_Cell], size: tuple[int, int], generator: torch.Generator
) -> Tensor:
    """Return the picture (3, height, width) uint8 of cells on noisy paper."""
    height, width = size
    noise = 6 * torch.randn(1, height, width, generator=generator)
    image = torch.tensor(_PAPER)[:, None, None] + noise
    for cell in cells:
        kind = _KINDS[cell.label]
        left, top, right, bottom = _scaled(torch.tensor(cell.box), size).tolist()
        rows = torch.arange(int(top), math.ceil(bottom))  # only those of its box
        columns = torch.arange(int(left), math.ceil(right))
        y = (rows + 0.5) * (_HEIGHT / height) - cell.y  # from the centre of the cell
        x = (columns + 0.5) * (_WIDTH / width) - cell.x
        far = (y / cell.b).square()[:, None] + (x / cell.a).square()  # 1 on the rim
        patch = (
            slice(None),
            slice(int(top), int(top) + len(rows)),
            slice(int(left), int(left) + len(columns)),
        )
        for share, color in ((1.0, kind.rim), (kind.core_share, kind.core)):
            paint = torch.tensor(color)[:, None, None] + noise[patch]
            image[patch] = torch.where(far <= share**2, paint, image[patch])
    return image.clamp_(0, 255).to(torch.uint8)


def _drawn(size: tuple[int, int]) -> DetectionDataset:
    """Return the stand-in: 36, 12 and 12 drawn pictures."""
    drawn = make_cells(60, size=size, generator=torch.Generator().manual_seed(0))
    train, val, test = (
        DetectionPart(drawn.images[part], drawn.boxes[part], drawn.labels[part])
        for part in (slice(0, 36), slice(36, 48), slice(48, 60))
    )
    return DetectionDataset("drawn-cells", True, _CLASSES, train, val, test)
