"""Image classification data sets, as tensors."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import interpolate, one_hot

from d2lnotes.data._cache import fetch
from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.data.stand_in import StandInWarning, with_stand_in

__all__ = ["ImageDataset", "StandInWarning", "fetch_fashion_mnist", "read_idx"]

_FASHION_CLASSES = (
    "T-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)
_IN_CHINESE = {
    "T-shirt/top": "T 恤",
    "trouser": "裤子",
    "pullover": "套衫",
    "dress": "连衣裙",
    "coat": "外套",
    "sandal": "凉鞋",
    "shirt": "衬衫",
    "sneaker": "运动鞋",
    "bag": "包",
    "ankle boot": "短靴",
    "airplane": "飞机",
    "automobile": "汽车",
    "bird": "鸟",
    "cat": "猫",
    "deer": "鹿",
    "dog": "狗",
    "frog": "青蛙",
    "horse": "马",
    "ship": "船",
    "truck": "卡车",
}
_IDX_UINT8 = 8


def _remote_file(name: str, *, sha256: str, size: int) -> RemoteFile:
    """Return the record of one file of Fashion-MNIST."""
    return RemoteFile(
        name=f"fashion-mnist/{name}",
        urls=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/"
            f"b2617bb6d3ffa2e429640350f613e3291e10b141/data/fashion/{name}",
            f"https://fashion-mnist.s3.eu-central-1.amazonaws.com/{name}",
            f"https://storage.googleapis.com/tensorflow/tf-keras-datasets/{name}",
        ),
        sha256=sha256,
        bytes=size,
        licence="MIT",
        source="https://github.com/zalandoresearch/fashion-mnist",
    )


#: The four files of Fashion-MNIST.
FASHION_MNIST = (
    _remote_file(
        "train-images-idx3-ubyte.gz",
        sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        size=26_421_880,
    ),
    _remote_file(
        "train-labels-idx1-ubyte.gz",
        sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        size=29_515,
    ),
    _remote_file(
        "t10k-images-idx3-ubyte.gz",
        sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        size=4_422_102,
    ),
    _remote_file(
        "t10k-labels-idx1-ubyte.gz",
        sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        size=5_148,
    ),
)


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
    """Labelled images, split into a training and a test set.

    Parameters
    ----------
    name
        What the images really are: ``"digits"`` when those stand in.
    stand_in
        ``True`` if these are not the data that were asked for.
    class_names
        Entry ``k`` names the label ``k``.
    train_images : (num_train, channels, height, width) float32
        Brightness, dimensionless, in [0, 1].
    train_labels : (num_train,) int64
    test_images : (num_test, channels, height, width) float32
    test_labels : (num_test,) int64
    """

    name: str
    stand_in: bool
    class_names: tuple[str, ...]
    train_images: Tensor
    train_labels: Tensor
    test_images: Tensor
    test_labels: Tensor

    @property
    def class_labels(self) -> tuple[str, ...]:
        """The names of the classes for figures, ``中文 | English``."""
        return tuple(
            f"{_IN_CHINESE[name]} | {name}" if name in _IN_CHINESE else name
            for name in self.class_names
        )

    def __repr__(self) -> str:
        """Return one line; the tensors themselves would fill pages."""
        return (
            f"ImageDataset({self.name!r}: {len(self.train_labels):,} training and "
            f"{len(self.test_labels):,} test images of shape "
            f"{tuple(self.train_images.shape[1:])}, {len(self.class_names)} classes)"
        )


def fetch_fashion_mnist(*, stand_in: bool = False) -> ImageDataset:
    """Return Fashion-MNIST: 70,000 gray images of clothes, 28 by 28 pixels, 10 classes.

    The first call downloads 31 MB; later ones read and verify them from
    :func:`~d2lnotes.data.data_home`. In memory the images take 220 MB.

    Parameters
    ----------
    stand_in
        What to do when the files cannot be had. ``False``: raise. ``True``: warn, and
        return the 1,797 handwritten digits that scikit-learn ships, enlarged to 28 by
        28 pixels, with ``name="digits"`` and ``stand_in=True``.

    Raises
    ------
    DownloadError
        If no address serves the files and ``stand_in`` is ``False``.
    CacheError
        If the cache folder cannot be written and ``stand_in`` is ``False``.

    Warns
    -----
    StandInWarning
        If the digits are returned; the message says why.

    References
    ----------
    Xiao, Rasul and Vollgraf (2017), "Fashion-MNIST: a Novel Image Dataset for
    Benchmarking Machine Learning Algorithms".
    """
    return with_stand_in(
        _fashion_mnist,
        digits_as_stand_in,
        allowed=stand_in,
        asked_for="Fashion-MNIST",
        instead="the handwritten digits that come with scikit-learn",
    )


def _fashion_mnist() -> ImageDataset:
    """Return Fashion-MNIST from its four files."""
    paths = {
        file.name.removeprefix("fashion-mnist/"): fetch(file) for file in FASHION_MNIST
    }
    return ImageDataset(
        name="fashion-mnist",
        stand_in=False,
        class_names=_FASHION_CLASSES,
        train_images=_scaled(read_idx(paths["train-images-idx3-ubyte.gz"])),
        train_labels=read_idx(paths["train-labels-idx1-ubyte.gz"]).long(),
        test_images=_scaled(read_idx(paths["t10k-images-idx3-ubyte.gz"])),
        test_labels=read_idx(paths["t10k-labels-idx1-ubyte.gz"]).long(),
    )


def read_idx(path: Path) -> Tensor:
    """Return the array of a gzipped idx file, the format of MNIST and its kin.

    An idx file holds two zero bytes, one byte for the type, one for the number of
    axes, the size of each axis as a big-endian 32-bit integer, then the values.

    Returns
    -------
    Tensor : (*sizes) uint8

    Raises
    ------
    ValueError
        If the file is not gzipped idx of unsigned bytes, or is longer or shorter than
        its header says.
    """
    try:
        with gzip.open(path) as stream:
            content = bytearray(stream.read())  # a copy that a tensor may own
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ValueError(
            f"{path} is not a complete gzip file ({error}); delete it and fetch it again"
        ) from error
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != _IDX_UINT8:
        raise ValueError(
            f"{path} is not an idx file of unsigned bytes: it should begin with "
            f"00 00 08, got {content[:3].hex(' ')}"
        )
    num_axes = content[3]
    start = 4 + 4 * num_axes
    sizes = struct.unpack_from(f">{num_axes}I", content.ljust(start, b"\0"), 4)
    if len(content) != start + math.prod(sizes):
        raise ValueError(
            f"{path} should hold {sizes} = {math.prod(sizes):,} values after its "
            f"header of {start} bytes; got {len(content) - start:,}"
        )
    return torch.frombuffer(content, dtype=torch.uint8, offset=start).view(sizes)


def _scaled(images: Tensor) -> Tensor:
    """Return bytes as brightness in [0, 1], with a channel axis as torch wants it."""
    return images[:, None].float().div_(255)  # (num_images, 1, height, width)


def digits_as_stand_in() -> ImageDataset:
    """Return scikit-learn's digits at 28 by 28 pixels, every fifth of a class held out.

    The rule draws nothing, so the split is the same everywhere, and both parts hold
    each class in the same proportion.
    """
    from sklearn.datasets import load_digits

    digits = load_digits()
    small = torch.from_numpy(digits.images).float().div_(16)  # values were 0 to 16
    images = interpolate(small[:, None], size=(28, 28), mode="bilinear")
    labels = torch.from_numpy(digits.target).long()
    member = one_hot(labels)  # (num_images, 10)
    place_in_class = (member.cumsum(dim=0) * member).sum(dim=1)  # from 1
    is_test = place_in_class % 5 == 0
    return ImageDataset(
        name="digits",
        stand_in=True,
        class_names=tuple(str(digit) for digit in range(10)),
        train_images=images[~is_test],
        train_labels=labels[~is_test],
        test_images=images[is_test],
        test_labels=labels[is_test],
    )
