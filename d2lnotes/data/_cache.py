"""Files from the network, kept on disk: the only module that opens a connection.

A file in the cache has its name only after its sha256 has been checked, and it is
checked again whenever it is asked for. Nothing is written when the right file is
already there, so a folder that cannot be written to can serve as the cache.

Errors
------
::

    OSError
    ├── ConnectionError
    │   └── DownloadError   no address served the file
    └── CacheError          the cache folder cannot be read or written
"""

from __future__ import annotations

import hashlib
import os
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, Self, TypeVar

from d2lnotes.data._remote_file import RemoteFile
from d2lnotes.results import note_file

if TYPE_CHECKING:
    from requests import Response
    from tqdm import tqdm

T = TypeVar("T")

__all__ = [
    "CacheError",
    "DownloadError",
    "cache_path",
    "data_home",
    "fetch",
    "verify",
]

_CONNECT_SECONDS = 4.0  # per IP address of the host
_READ_SECONDS = 15.0  # until an answer begins, and between two pieces of it
_LEAST_RATE = 2_000  # bytes per second, as a mean over _READ_SECONDS
_ROUNDS = 2  # how often each address is tried
_PAUSE_SECONDS = 1.0
_LOCK_SECONDS = 1800.0
_CHUNK_BYTES = 1 << 16


class DownloadError(ConnectionError):
    """A file could not be had from any of its addresses."""


class CacheError(OSError):
    """The cache folder cannot be read or written."""


class _BadDownloadError(Exception):
    """What arrived is not the file: too short, too long, or other bytes."""

    def __init__(self, reason: str, *, worth_retrying: bool) -> None:
        super().__init__(reason)
        self.worth_retrying = worth_retrying


def data_home() -> Path:
    """Return the folder that holds downloaded files, without creating it.

    It is ``$D2LNOTES_DATA`` if that is set, else the platform's cache folder for
    ``d2lnotes``. Below it, files lie at ``<data set>/<file>``.
    """
    chosen = os.environ.get("D2LNOTES_DATA")
    if chosen:
        return Path(chosen).expanduser().absolute()

    from platformdirs import user_cache_path

    return user_cache_path("d2lnotes")


def cache_path(file: RemoteFile) -> Path:
    """Return where ``file`` lies once it has been fetched."""
    return data_home() / file.name


def verify(file: RemoteFile) -> Literal["ok", "missing", "corrupt"]:
    """Return whether the cached copy of ``file`` is the recorded one, byte for byte.

    Raises
    ------
    CacheError
        If the copy is there but cannot be read.
    """
    path = cache_path(file)
    try:
        if not path.exists():
            return "missing"
        if not path.is_file():
            return "corrupt"
        with path.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise CacheError(
            f"cannot read {path}: {error.strerror or error}. Make it readable, or set "
            "the environment variable D2LNOTES_DATA to another folder."
        ) from error
    return "ok" if digest == file.sha256 else "corrupt"


def fetch(file: RemoteFile) -> Path:
    """Return the path of a verified copy of ``file``, downloading it if need be.

    A missing or corrupt copy is downloaded beside its place, checked, and only then
    renamed. Two processes that ask at once download once.

    Raises
    ------
    DownloadError
        If no address serves the file. A corrupt copy stays where it is, unused.
    CacheError
        If the cache folder cannot be read or written, or is full.
    """
    path = cache_path(file)
    try:
        if verify(file) == "ok":
            return path
        with _locked(file, path):
            if verify(file) != "ok":  # another process may have been faster
                _download(file, path)
        return path
    finally:
        note_file(file.name, _size(path))


def _size(path: Path) -> int | None:
    """Return the size of a file in bytes, ``None`` without one that can be seen."""
    try:
        return path.stat().st_size
    except OSError:
        return None


@contextmanager
def _locked(file: RemoteFile, path: Path) -> Iterator[None]:
    """Hold the lock of ``path``; the system frees it if this process dies."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=_LOCK_SECONDS)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout as error:
        raise DownloadError(
            f"another process has held {lock.lock_file} for {_LOCK_SECONDS:.0f} s "
            f"while downloading {file.name}. Stop that process and run this again."
        ) from error
    except OSError as error:
        raise _cannot_write(file, error) from error
    try:
        yield
    finally:
        lock.release()


def _download(file: RemoteFile, path: Path) -> None:
    """Put ``file`` at ``path``, trying its addresses in turn, or raise."""
    from requests import RequestException
    from urllib3.exceptions import HTTPError

    tried: dict[str, str] = {}
    urls = list(file.urls)
    for round_number in range(_ROUNDS):
        if round_number:
            time.sleep(_PAUSE_SECONDS)
        for url in tuple(urls):
            try:
                _download_from(url, file, path)
            except CacheError:
                raise
            # What requests lets through: errors of the system, of urllib3 while a
            # body is read, and a ValueError for a proxy's address.
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
            else:
                return
        if not urls:
            break
    raise DownloadError(_download_advice(file, path, tried))


def _download_from(url: str, file: RemoteFile, path: Path) -> None:
    """Download ``url``, check it, and only then give it the name ``path``."""
    # A name that nobody can know before, so that no link is waiting there.
    partial = path.with_name(f".{path.name}.{secrets.token_hex(8)}.partial")
    try:
        with _CheckedWriter(file, partial) as writer:
            with _answer(url) as response:
                _copy(response, writer)
            writer.check()
        with _disk_errors(file):
            partial.replace(path)
    finally:
        _remove_partial_files(path)


def _remove_partial_files(path: Path) -> None:
    """Remove what this download and interrupted ones left; the lock is held."""
    for partial in path.parent.glob(f".{path.name}.*partial"):
        with suppress(OSError):
            partial.unlink()


def _answer(url: str) -> Response:
    """Ask for ``url`` and return the answer, its body unread, or raise."""
    import requests

    response = _within(
        _CONNECT_SECONDS + 2 * _READ_SECONDS,
        lambda: requests.get(
            url,
            stream=True,
            timeout=(_CONNECT_SECONDS, _READ_SECONDS),
            # A file that is compressed shall not be compressed once more.
            headers={"Accept-Encoding": "identity"},
        ),
    )
    response.raise_for_status()
    return response


def _within(seconds: float, call: Callable[[], T]) -> T:
    """Return what ``call`` returns, or give it up: a server may dribble headers."""
    outcome: list[T] = []
    failure: list[Exception] = []

    def run() -> None:
        try:
            outcome.append(call())
        except Exception as error:  # raised again below
            failure.append(error)

    # A daemon does not keep the program from ending.
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if failure:
        raise failure[0]
    if not outcome:
        raise _BadDownloadError(f"no answer within {seconds:g} s", worth_retrying=False)
    return outcome[0]


def _copy(response: Response, writer: _CheckedWriter) -> None:
    """Write the body as it was sent, and give up if it comes too slowly.

    Some servers declare a ``.gz`` file to be a compressed transfer of its content;
    the file is what was asked for, so nothing is unpacked.
    """
    started, received = time.monotonic(), 0
    # read1 returns what has come, where read would wait for a whole chunk.
    while chunk := response.raw.read1(_CHUNK_BYTES, decode_content=False):
        writer.write(chunk)
        received += len(chunk)
        seconds = time.monotonic() - started
        if seconds < _READ_SECONDS:
            continue
        if received < _LEAST_RATE * seconds:
            raise _BadDownloadError(
                f"too slow: {received:,} bytes in {seconds:.1f} s",
                worth_retrying=False,
            )
        started, received = time.monotonic(), 0


class _CheckedWriter:
    """A file that counts, hashes and shows what is written into it."""

    def __init__(self, file: RemoteFile, partial: Path) -> None:
        self._file = file
        self._partial = partial
        self._sha256 = hashlib.sha256()
        self._num_bytes = 0

    def __enter__(self) -> Self:
        from tqdm import tqdm

        with _disk_errors(self._file):
            self._sink = _open_new(self._partial)
        self._bar: tqdm[Any] = tqdm(
            desc=self._file.name,
            total=self._file.bytes,
            unit="B",
            unit_scale=True,
            disable=None,  # that is: hidden where there is no terminal
        )
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.close()
        with suppress(OSError):  # a full disk has been reported by write or check
            self._sink.close()

    def write(self, chunk: bytes) -> None:
        self._num_bytes += len(chunk)
        if self._num_bytes > self._file.bytes:
            raise _BadDownloadError(
                f"more than the expected {self._file.bytes:,} bytes",
                worth_retrying=False,
            )
        with _disk_errors(self._file):
            self._sink.write(chunk)
        self._sha256.update(chunk)
        self._bar.update(len(chunk))

    def check(self) -> None:
        """Raise unless exactly the recorded bytes are on the disk."""
        if self._num_bytes < self._file.bytes:
            raise _BadDownloadError(
                f"cut off after {self._num_bytes:,} of {self._file.bytes:,} bytes",
                worth_retrying=True,
            )
        if (digest := self._sha256.hexdigest()) != self._file.sha256:
            raise _BadDownloadError(
                f"wrong sha256 {digest[:12]}…, expected {self._file.sha256[:12]}…",
                worth_retrying=False,
            )
        with _disk_errors(self._file):
            self._sink.flush()


def _open_new(path: Path) -> BinaryIO:
    """Create ``path``, which must not be there yet, not even as a link."""
    return path.open("xb")


def _explain(error: Exception) -> tuple[str, bool]:
    """Return why a download failed, and whether trying once more may help."""
    import requests
    from urllib3.exceptions import ProtocolError, ReadTimeoutError

    if isinstance(error, _BadDownloadError):
        return str(error), error.worth_retrying
    if isinstance(error, requests.HTTPError) and error.response is not None:
        status = error.response.status_code
        return f"HTTP status {status}", status in (408, 429) or status >= 500
    cause = _innermost(error)
    if isinstance(cause, socket.gaierror):
        return f"no network, or no such host ({cause.strerror})", False
    if isinstance(error, requests.ConnectTimeout):
        return f"no connection within {_CONNECT_SECONDS:g} s", False
    if isinstance(cause, TimeoutError) or isinstance(
        error, requests.ReadTimeout | ReadTimeoutError
    ):
        return f"nothing received for {_READ_SECONDS:g} s", True
    broke_off = isinstance(error, ProtocolError) or isinstance(
        cause, ConnectionResetError
    )
    return f"{type(cause).__name__}: {cause}", broke_off


def _innermost(error: BaseException) -> BaseException:
    """Return the exception at the bottom of those that requests wraps."""
    inner = error.__cause__ or next(
        (arg for arg in error.args if isinstance(arg, BaseException)), None
    )
    reason = getattr(error, "reason", None)
    if inner is None and isinstance(reason, BaseException):
        inner = reason
    return error if inner is None else _innermost(inner)


def _download_advice(file: RemoteFile, path: Path, tried: dict[str, str]) -> str:
    """Return the message for a reader whose download failed."""
    attempts = "".join(f"\n  {url}: {reason}" for url, reason in tried.items())
    return (
        f"cannot download {file.name} ({file.bytes / 1e6:.1f} MB). Tried:{attempts}\n"
        f"{_on_bad_copy(path)}"
        "Check the connection and run this again. Or download the file elsewhere, "
        f"put it at {path} (sha256 {file.sha256}); or set the environment variable "
        f"D2LNOTES_DATA to a folder that holds {file.name}."
    )


@contextmanager
def _disk_errors(file: RemoteFile) -> Iterator[None]:
    """Turn failures of the disk into errors that cannot be taken for the network's."""
    try:
        yield
    except OSError as error:
        raise _cannot_write(file, error) from error


def _cannot_write(file: RemoteFile, error: OSError) -> CacheError:
    """Return the error for a cache folder that is full or cannot be written."""
    path = cache_path(file)
    return CacheError(
        f"cannot write to the data cache {path.parent}: {error.strerror or error}. "
        f"{file.name} needs {file.bytes / 1e6:.1f} MB there. "
        f"{_on_bad_copy(path)}"
        "Free some space or make the folder writable; or set the environment variable "
        "D2LNOTES_DATA to a folder that can be written, or that already holds "
        f"{file.name}."
    )


def _on_bad_copy(path: Path) -> str:
    """Return a sentence about the corrupt copy at ``path``, if there is one."""
    try:
        there = path.exists()
    except OSError:
        there = False
    if not there:
        return ""
    return f"The copy at {path} is corrupt; it was left there and is not used.\n"
