"""Unpacking archives so that nothing is written outside the chosen folder."""

from __future__ import annotations

import gzip
import lzma
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO, NamedTuple, Protocol, cast

__all__ = ["extract"]


class _Opener(Protocol):
    def __call__(self) -> IO[bytes]: ...


class _Member(NamedTuple):
    """One entry of an archive."""

    name: str
    is_folder: bool
    is_plain_file: bool
    num_bytes: int
    open: _Opener


# What the standard library raises for archives that are damaged, encrypted, or packed
# in a way that it does not know.
_DAMAGE = (
    zipfile.BadZipFile,
    tarfile.TarError,
    EOFError,
    RuntimeError,
    gzip.BadGzipFile,
    lzma.LZMAError,
    zlib.error,
)


def extract(archive: Path, folder: Path, *, max_bytes: int = 10_000_000_000) -> Path:
    """Unpack a zip or tar archive into ``folder`` and return ``folder``.

    Every name is checked before the first byte is written, and a file gets its name
    only when it is complete; files of the same name are replaced. Only plain files
    and folders are made: data sets need no links, and links are a way out.

    Parameters
    ----------
    archive, folder
        What to unpack, and where to.
    max_bytes
        As many bytes the files may hold together; a few kilobytes can be packed zeros that
        fill a disk.

    Raises
    ------
    ValueError
        If ``archive`` is neither zip nor tar, or holds a link, a device, a path that
        leaves ``folder``, or more than ``max_bytes``: nothing has been written then.
        Or if it is damaged: the files before the damage have been written.
    OSError
        If ``archive`` cannot be read, or ``folder`` cannot be written or is full.
    """
    try:
        with _members(archive) as members:
            _check_size(archive, members, max_bytes)
            for member, target in list(_targets(archive, folder, members)):
                _write(member, target)
    except _DAMAGE as error:
        raise ValueError(
            f"{archive} cannot be unpacked: {error or type(error).__name__}. It is "
            "damaged or protected; delete it and get it from its authors again."
        ) from error
    return folder


def _check_size(archive: Path, members: list[_Member], max_bytes: int) -> None:
    """Raise ``ValueError`` if the files would take too much room."""
    num_bytes = sum(member.num_bytes for member in members)
    if num_bytes > max_bytes:
        raise ValueError(
            f"{archive} unpacks to {num_bytes:,} bytes, and {max_bytes:,} are allowed; "
            "if you trust it and have the room, pass a larger max_bytes"
        )


@contextmanager
def _members(archive: Path) -> Iterator[list[_Member]]:
    """Open ``archive`` and list what is in it."""
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as bundle:
            yield [
                _Member(
                    info.filename,
                    info.is_dir(),
                    not _is_zip_link(info),
                    info.file_size,
                    partial(bundle.open, info),
                )
                for info in bundle.infolist()
            ]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as tar:
            yield [
                _Member(
                    info.name,
                    info.isdir(),
                    info.isfile(),
                    info.size,
                    cast(_Opener, partial(tar.extractfile, info)),
                )
                for info in tar
            ]
    else:
        raise ValueError(
            f"{archive} is neither a zip nor a tar archive; was it downloaded whole?"
        )


def _is_zip_link(info: zipfile.ZipInfo) -> bool:
    """Return whether a zip member's Unix mode marks it as a symbolic link."""
    return (info.external_attr >> 16) & 0o170000 == 0o120000


def _targets(
    archive: Path, folder: Path, members: Iterable[_Member]
) -> Iterator[tuple[_Member, Path]]:
    """Yield each file with its path below ``folder``; raise if one would leave it."""
    root = folder.resolve()
    for member in members:
        target = root / member.name
        spellings = PurePosixPath(member.name), PureWindowsPath(member.name)
        leaves = any(path.anchor or ".." in path.parts for path in spellings)
        # a link that lay in the folder before leads out as well
        if leaves or not target.resolve().is_relative_to(root):
            raise ValueError(
                f"{archive} is not safe to unpack: {member.name!r} leaves {folder}. "
                "Do not use this archive; get it from its authors again."
            )
        if member.is_folder:
            continue
        if not member.is_plain_file:
            raise ValueError(
                f"{archive} is not safe to unpack: {member.name!r} is a link or a "
                "device, and only plain files and folders are allowed."
            )
        yield member, target


def _write(member: _Member, target: Path) -> None:
    """Write one file beside its place, then rename it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as beside:
        unfinished = Path(beside) / target.name
        with member.open() as source, unfinished.open("wb") as sink:
            shutil.copyfileobj(source, sink)
        unfinished.replace(target)
