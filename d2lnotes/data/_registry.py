"""What can be downloaded: one immutable record per file, and nothing else.

A data set is a tuple of files. Every address is tried in order until one of them
serves the recorded bytes, so a mirror can never change what a reader trains on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["REGISTRY", "RemoteFile", "find_data_set"]

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RemoteFile:
    """One file on the network, and how to know that it arrived whole.

    Parameters
    ----------
    name
        ``"<data set>/<file>"``; also its place below :func:`d2lnotes.data.data_home`.
    urls
        Addresses of the same bytes, best first.
    sha256
        64 lower-case hexadecimal digits.
    bytes
        Size of the file in bytes.
    licence
        Terms under which the authors share it.
    source
        Page where a person can read about it.

    Raises
    ------
    ValueError
        If the name, the checksum, the size or the addresses cannot be right.
    """

    name: str
    urls: tuple[str, ...]
    sha256: str
    bytes: int
    licence: str
    source: str

    def __post_init__(self) -> None:
        """Refuse a record that could not be fetched or checked."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(
                f"name must read '<data set>/<file>', such as 'fashion-mnist/"
                f"train-labels-idx1-ubyte.gz'; got {self.name!r}"
            )
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(
                "sha256 must be 64 lower-case hexadecimal digits, as `sha256sum` "
                f"prints them; got {self.sha256!r}"
            )
        if self.bytes < 1:
            raise ValueError(f"bytes must be the size of the file; got {self.bytes}")
        if not self.urls or isinstance(self.urls, str):
            raise ValueError(
                f"urls must be a tuple of one or more addresses; got {self.urls!r}"
            )


def _fashion_mnist(name: str, *, sha256: str, size: int) -> RemoteFile:
    """Return the record of one file of Fashion-MNIST and its mirrors."""
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


#: Data set name → its files.
REGISTRY: Mapping[str, tuple[RemoteFile, ...]] = MappingProxyType(
    {
        "fashion-mnist": (
            _fashion_mnist(
                "train-images-idx3-ubyte.gz",
                sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                size=26_421_880,
            ),
            _fashion_mnist(
                "train-labels-idx1-ubyte.gz",
                sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                size=29_515,
            ),
            _fashion_mnist(
                "t10k-images-idx3-ubyte.gz",
                sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                size=4_422_102,
            ),
            _fashion_mnist(
                "t10k-labels-idx1-ubyte.gz",
                sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                size=5_148,
            ),
        ),
        "airfoil": (
            RemoteFile(
                name="airfoil/airfoil_self_noise.dat",
                urls=(
                    "https://raw.githubusercontent.com/d2l-ai/d2l-zh/"
                    "13177e16f335fef0b47317f98e2705c2f69a3440/data/"
                    "airfoil_self_noise.dat",
                    "https://d2l-data.s3-accelerate.amazonaws.com/"
                    "airfoil_self_noise.dat",
                ),
                sha256="74c75fd71783f1e6b71f8a622b993dc592897a97cd689c5090a07147a1b097b3",
                bytes=59_984,
                licence="CC-BY-4.0",
                source="https://archive.ics.uci.edu/dataset/291/airfoil+self+noise",
            ),
        ),
        "california-housing": (
            RemoteFile(
                name="california-housing/housing.csv",
                urls=(
                    "https://raw.githubusercontent.com/ageron/handson-ml/"
                    "b7051594afbb1d835f5e031af8664c4363878050/datasets/housing/"
                    "housing.csv",
                    "https://cdn.jsdelivr.net/gh/ageron/handson-ml@"
                    "b7051594afbb1d835f5e031af8664c4363878050/datasets/housing/"
                    "housing.csv",
                ),
                sha256="8a3727f4cf54ac1a327f69b1d5b4db54c5834ea81c6e4efc0d163300022a685e",
                bytes=1_423_529,
                licence="none stated; derived from the US census of 1990",
                source="https://github.com/ageron/handson-ml/tree/"
                "b7051594afbb1d835f5e031af8664c4363878050/datasets/housing",
            ),
        ),
    }
)


def find_data_set(name: str) -> tuple[RemoteFile, ...]:
    """Return the files of the data set called ``name``.

    Raises
    ------
    LookupError
        If there is none of that name; the message lists the known names.
    """
    if name not in REGISTRY:
        known = ", ".join(sorted(REGISTRY))
        raise LookupError(f"no data set is called {name!r}; known names: {known}")
    return REGISTRY[name]
