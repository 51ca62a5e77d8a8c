"""Folders of many files from the network, kept on disk and checked as a whole.

Some data sets are published as a repository, and the zip that a host packs of it need
not have the same bytes tomorrow. So the zip is not checked but what lies in it: the
sha256 of a list of all files, each with its own sha256.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from d2lnotes.data._archive import (
    _DAMAGE,
    _check_size,
    _members,
    _targets,
    _write,
)
from d2lnotes.data._cache import (
    _PAUSE_SECONDS,
    _ROUNDS,
    CacheError,
    DownloadError,
    _answer,
    _BadDownloadError,
    _CheckedWriter,
    _copy,
    _disk_errors,
    _explain,
    _locked,
    _on_bad_copy,
    _size,
    cache_path,
)
from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.results import note_file

__all__ = ["RemoteFolder", "fetch_folder", "tree_sha256", "verify_folder"]


@dataclass(frozen=True)
class RemoteFolder(RemoteFile):
    """A folder inside a zip on the network, and how to know that it arrived whole.

    The fields of :class:`RemoteFile` speak of the folder: ``name`` is
    ``"<data set>/<folder>"``, ``bytes`` the size of its files together, and ``sha256``
    is that of the tree, see ``tree_sha256``. The ``urls`` serve zips.

    Parameters
    ----------
    inside
        The path of the folder in the zip, with ``/`` between its parts.
    witness
        The path, from the folder, of a file whose arrival tells that of the folder.
    zip_bytes
        As many bytes as a zip may have; larger ones are given up.

    Raises
    ------
    ValueError
        As :class:`RemoteFile`, or if ``inside`` or ``witness`` is not a relative path.
    """

    inside: str
    witness: str
    zip_bytes: int

    def __post_init__(self) -> None:
        """Refuse a record that could not be fetched or checked."""
        super().__post_init__()
        for what in ("inside", "witness"):
            path: str = getattr(self, what)
            if not path or not {"", ".", ".."}.isdisjoint(path.split("/")):
                raise ValueError(
                    f"{what} must be a path such as 'repository/data', without a "
                    f"slash at its ends; got {path!r}"
                )


def tree_sha256(folder: Path) -> str:
    r"""Return the sha256 that stands for all files below ``folder``.

    It is that of the sorted lines ``<sha256 of the file>  <path from the folder>\n``,
    which ``find -type f -printf '%P\0' | xargs -0 sha256sum | LC_ALL=C sort |
    sha256sum`` computes in the folder. Where the files lie on the disk, their dates and
    their rights do not matter.

    Raises
    ------
    OSError
        If a file cannot be read.
    """
    lines = []
    for path in folder.rglob("*"):
        if path.is_dir():
            continue
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        lines.append(f"{digest}  {path.relative_to(folder).as_posix()}\n")
    return hashlib.sha256("".join(sorted(lines)).encode()).hexdigest()


def verify_folder(folder: RemoteFolder) -> Literal["ok", "missing", "corrupt"]:
    """Return whether the cached copy of ``folder`` is the recorded one, all its files.

    Raises
    ------
    CacheError
        If the copy is there but cannot be read.
    """
    path = cache_path(folder)
    try:
        if not path.exists():
            return "missing"
        if not path.is_dir():
            return "corrupt"
        return "ok" if tree_sha256(path) == folder.sha256 else "corrupt"
    except OSError as error:
        raise CacheError(
            f"cannot read {path}: {error.strerror or error}. Make it readable, or set "
            "the environment variable D2LNOTES_DATA to another folder."
        ) from error


def fetch_folder(folder: RemoteFolder) -> Path:
    """Return the path of a verified copy of ``folder``, downloading it if need be.

    The zip is unpacked beside the place of the folder, this folder only, and all its
    files are checked before it gets its name. Two processes that ask at once download
    once.

    Raises
    ------
    DownloadError
        If no address serves the folder. A corrupt copy stays where it is, unused.
    CacheError
        If the cache folder cannot be read or written, or is full.
    """
    path = cache_path(folder)
    try:
        if verify_folder(folder) == "ok":
            return path
        with _locked(folder, path):
            if verify_folder(folder) != "ok":  # another process may have been faster
                _download(folder, path)
        return path
    finally:
        note_file(f"{folder.name}/{folder.witness}", _size(path / folder.witness))


def _download(folder: RemoteFolder, path: Path) -> None:
    """Put ``folder`` at ``path``, trying its addresses in turn, or raise."""
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    tried: dict[str, str] = {}
    urls = list(folder.urls)
    for round_number in range(_ROUNDS):
        if round_number and urls:
            time.sleep(_PAUSE_SECONDS)
        for url in tuple(urls):
            try:
                return _download_from(url, folder, path)
            except CacheError:
                raise
            except (
                RequestException,
                HTTPError,
                _BadDownloadError,
                OSError,
                ValueError,
            ) as error:
                tried[url], worth_retrying = _explain(error)
                if not worth_retrying:
                    urls.remove(url)
    attempts = "".join(f"\n  {url}: {reason}" for url, reason in tried.items())
    raise DownloadError(
        f"cannot download {folder.name} ({folder.bytes / 1e6:.1f} MB). Tried:{attempts}"
        f"\n{_on_bad_copy(path)}Check the connection and run this again. Or download "
        f"the zip elsewhere, unpack it and put its folder {folder.inside} at {path}; "
        f"or set the environment variable D2LNOTES_DATA to a folder that holds "
        f"{folder.name}."
    )


def _download_from(url: str, folder: RemoteFolder, path: Path) -> None:
    """Download a zip, unpack and check the folder, and only then name it ``path``."""
    with _temporary_folder(folder, path) as beside:
        archive, unpacked = beside / "all.zip", beside / "unpacked"
        with _ZipWriter(folder, archive) as writer, _answer(url) as response:
            _copy(response, writer)
        with _disk_errors(folder):
            _unpack(folder, archive, unpacked)
            if (digest := tree_sha256(unpacked)) != folder.sha256:
                raise _BadDownloadError(
                    f"the files in {folder.inside} are others: sha256 of the tree "
                    f"{digest[:12]}…, expected {folder.sha256[:12]}…",
                    worth_retrying=False,
                )
            if path.exists():  # a corrupt copy, which goes with the temporary folder
                path.replace(beside / "corrupt")
            unpacked.replace(path)


@contextmanager
def _temporary_folder(folder: RemoteFolder, path: Path) -> Iterator[Path]:
    """Make a folder on the same disk, and remove it with all that is in it."""
    with _disk_errors(folder):
        beside = tempfile.TemporaryDirectory(
            dir=path.parent, prefix=f".{path.name}.", ignore_cleanup_errors=True
        )
    with beside as name:
        yield Path(name)


class _ZipWriter(_CheckedWriter):
    """Writes a zip whose bytes nobody knows before; what is in it is checked later."""

    def __init__(self, folder: RemoteFolder, partial: Path) -> None:
        super().__init__(folder, partial)
        self._most = folder.zip_bytes

    def write(self, chunk: bytes) -> None:
        self._num_bytes += len(chunk)
        if self._num_bytes > self._most:
            raise _BadDownloadError(
                f"more than {self._most:,} bytes", worth_retrying=False
            )
        with _disk_errors(self._file):
            self._sink.write(chunk)
        self._bar.update(len(chunk))


def _unpack(folder: RemoteFolder, archive: Path, target: Path) -> None:
    """Unpack the files below ``folder.inside``, and nothing else, into ``target``."""
    prefix = f"{folder.inside}/"
    try:
        with _members(archive) as members:
            wanted = [
                member._replace(name=member.name.removeprefix(prefix))
                for member in members
                if member.name.startswith(prefix) and member.name != prefix
            ]
            _check_size(archive, wanted, folder.bytes)
            for member, place in list(_targets(archive, target, wanted)):
                _write(member, place)
    except (*_DAMAGE, ValueError) as error:
        raise _BadDownloadError(
            f"no zip with the folder: {error or type(error).__name__}",
            worth_retrying=False,
        ) from error
