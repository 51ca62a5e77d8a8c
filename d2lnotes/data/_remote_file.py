"""What can be downloaded: one immutable record per file."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["RemoteFile"]

_NAME = re.compile(r"[a-z0-9][a-z0-9.-]*/[A-Za-z0-9_][A-Za-z0-9_.-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class RemoteFile:
    """One file on the network, and how to know that it arrived whole.

    Every address is tried in order until one of them serves the recorded bytes, so a
    mirror can never change what a reader trains on.

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
