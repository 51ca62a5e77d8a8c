"""``d2lnotes data``: which data sets there are, fetching them, checking them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from d2lnotes.data import (
    REGISTRY,
    CacheError,
    DownloadError,
    RemoteFile,
    RemoteFolder,
    data_home,
    fetch,
    fetch_folder,
    find_data_set,
    verify,
    verify_folder,
)
from d2lnotes.site.command.terminal import CommandError, say


def list_data_sets() -> int:
    """Show every data set: size, state, licence, source."""
    say(f"in {data_home()}")
    for name in sorted(REGISTRY):
        files = REGISTRY[name]
        megabytes = sum(file.bytes for file in files) / 1e6
        states = {_state(file) for file in files}
        state = (
            states.pop() if len(states) == 1 else "partly " + ", ".join(sorted(states))
        )
        licences = ", ".join(sorted({file.licence for file in files}))
        sources = ", ".join(sorted({file.source for file in files}))
        say(f"{name:24} {megabytes:8.1f} MB  {state:8}  {licences}  {sources}")
    return 0


def fetch_data_sets(names: Sequence[str]) -> int:
    """Download what is not there yet; return 1 if something could not be had."""
    failed = False
    for file in _files(names):
        try:
            say(f"{file.name}: {_fetch(file)}")
        except (CacheError, DownloadError) as error:
            failed = True
            say(f"{file.name}: {error}")
    return int(failed)


def verify_data_sets(names: Sequence[str]) -> int:
    """Check every file byte for byte; return 1 unless all are right."""
    failed = False
    for file in _files(names):
        state = _state(file)
        failed = failed or state != "ok"
        say(f"{state:8} {file.name}")
    if failed:
        say("`d2lnotes data fetch` downloads what is missing or corrupt")
    return int(failed)


def _files(names: Sequence[str]) -> list[RemoteFile]:
    """Return the files of the named data sets, of all of them without a name."""
    try:
        return [
            file for name in names or sorted(REGISTRY) for file in find_data_set(name)
        ]
    except LookupError as error:
        raise CommandError(str(error.args[0])) from error


def _fetch(file: RemoteFile) -> Path:
    return fetch_folder(file) if isinstance(file, RemoteFolder) else fetch(file)


def _state(file: RemoteFile) -> str:
    try:
        if isinstance(file, RemoteFolder):
            return verify_folder(file)
        return verify(file)
    except CacheError as error:
        return f"unreadable ({error})"
