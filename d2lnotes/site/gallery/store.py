"""Runs kept once for every clone and branch: one file per run, named by its digests.

A run is found by what it depends on, in two steps. Its key is the digest of all that is
known before a script runs. What data it reads is known only afterwards: of the runs
with one key, that one holds which found in the data cache what lies there now. So a
script that reads no data has one run, with data and without.

The files are zip archives of what the run left behind and its record. They are written
in one step and never changed, so that many builds may use the store at once. Nothing in
them is executed: a file whose bytes, names or record are not as they must be is a miss,
and is named.
"""

from __future__ import annotations

import io
import os
import re
import uuid
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import msgspec

from d2lnotes.site.gallery.inputs import digest
from d2lnotes.site.gallery.records import (
    DamagedRecordError,
    Record,
    decode_record,
    write_record,
)
from d2lnotes.site.gallery.scripts import Script, data_home

#: How large the store may grow, in bytes: about twenty editions of the whole course.
LIMIT = 2 * 10**9

_LARGEST_RUN = 200 * 10**6
_DIGITS = 32  # of a digest, in names of files: 128 bits
_NAME = re.compile(
    rf"(?P<script>(?:[\w-]+/)*[\w-]+)"
    rf"/(?P<key>[0-9a-f]{{{_DIGITS}}})-(?P<digest>[0-9a-f]{{{_DIGITS}}})\.zip"
)


class DamagedRunError(ValueError):
    """A file of the store, or of an archive of runs, is not what its name says."""


class StoredRun(NamedTuple):
    """The record of a run and the files that it left behind, by name."""

    record: Record
    files: dict[str, bytes]


def runs_home() -> Path:
    """Return the folder of the store: ``$D2LNOTES_RUNS``, else in the user's cache."""
    if chosen := os.environ.get("D2LNOTES_RUNS"):
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("d2lnotes") / "runs"


def key_of(script: str, inputs: Mapping[str, str]) -> str:
    """Return the digest of all that is known before ``script`` runs."""
    content = msgspec.json.encode([script, inputs], order="deterministic")
    return digest(content)[:_DIGITS]


def changed_file(record: Record) -> str:
    """Return a file in the data cache that is not what it was when the run asked for it.

    Its bytes need not be looked at: those that a script asks for are part of the code.
    """
    changed = (
        name for name, size in record.files.items() if size_in_cache(name) != size
    )
    return next(changed, "")


def size_in_cache(name: str) -> int | None:
    """Return the bytes of a file in the data cache, ``None`` if it is not there."""
    try:
        return (data_home() / name).stat().st_size
    except OSError:
        return None


def pack(run: StoredRun) -> tuple[str, bytes]:
    """Return the name and the content of the file that holds ``run``."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("record.json", msgspec.json.encode(run.record))
        for name, content in run.files.items():
            archive.writestr(name, content)
    content = stream.getvalue()
    key = key_of(run.record.script, run.record.run.inputs)
    return f"{run.record.script}/{key}-{digest(content)[:_DIGITS]}.zip", content


def unpack(name: str, content: bytes) -> StoredRun:
    """Return the run in ``content``, the bytes of a file that is called ``name``.

    Raises
    ------
    DamagedRunError
        Unless its digest, its script, its key and its files are what its name and its
        record say.
    """
    named = _NAME.fullmatch(name)
    if named is None:
        raise DamagedRunError("its name is not that of a run")
    if digest(content)[:_DIGITS] != named["digest"]:
        raise DamagedRunError("its content is not that which was stored")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(member.file_size for member in archive.infolist()) > _LARGEST_RUN:
                raise DamagedRunError(f"it holds more than {_LARGEST_RUN:,} bytes")
            files = {member: archive.read(member) for member in archive.namelist()}
        record = decode_record(files.pop("record.json", b""))
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError) as error:
        raise DamagedRunError(f"it is no archive: {error}") from error
    except DamagedRecordError as error:
        raise DamagedRunError(f"its record is damaged: {error}") from error
    inputs = record.run.inputs
    if (
        record.script != named["script"]
        or key_of(record.script, inputs) != named["key"]
    ):
        raise DamagedRunError("its record is that of another run")
    if {file: digest(text) for file, text in files.items()} != record.run.outputs:
        raise DamagedRunError("its files are not those of its record")
    target = Path(f"{record.script}.py")
    script = Script(record.script, source=target, target=target, record=target)
    if strange := [file for file in files if script.place_of(file) is None]:
        raise DamagedRunError(f"no run makes a file like {', '.join(strange)}")
    return StoredRun(record, files)


@dataclass(frozen=True)
class Store:
    """The runs in a folder.

    Parameters
    ----------
    folder
        See :func:`runs_home`.
    say
        Told of files that are damaged, and of runs that could not be kept.
    """

    folder: Path
    say: Callable[[str], object]

    def runs(self, script: str = "") -> list[Path]:
        """Return the files of ``script``, or of all; the last used comes last."""
        found = self.folder.glob(f"{script}/*.zip" if script else "**/*.zip")
        return sorted(found, key=_last_use)

    def read(self, path: Path) -> StoredRun | None:
        """Return the run at ``path``; ``None`` if it is gone or damaged."""
        name = path.relative_to(self.folder).as_posix()
        try:
            return unpack(name, path.read_bytes())
        except FileNotFoundError:  # another process needed the space
            return None
        except OSError as error:
            self.say(f"{path} is not used: {error}")
            return None
        except DamagedRunError as error:
            self.say(f"{path} is not used: {error}")
            with suppress(OSError):
                path.unlink()
            return None

    def path_of(self, record: Record) -> Path | None:
        """Return the file of the run with exactly this ``record``, if it is kept."""
        for path in self._with_key(record.script, record.run.inputs):
            if (run := self.read(path)) and run.record.run == record.run:
                return path
        return None

    def find(self, script: str, inputs: Mapping[str, str]) -> StoredRun | None:
        """Return a run of ``script`` that holds here, and note that it was used."""
        for path in self._with_key(script, inputs):
            if (run := self.read(path)) and not changed_file(run.record):
                with suppress(OSError):
                    os.utime(path)
                return run
        return None

    def newest(self, script: str) -> StoredRun | None:
        """Return the run of ``script`` that was used last, whether it holds or not."""
        runs = (self.read(path) for path in reversed(self.runs(script)))
        return next(filter(None, runs), None)

    def keep(self, run: StoredRun) -> None:
        """Store ``run`` in place of one that holds where it does."""
        name, content = pack(run)
        try:
            self.forget(run.record.script, run.record.run.inputs)
            self.write(name, content)
            self.prune(LIMIT)
        except OSError as error:
            self.say(
                f"the run of {run.record.script} cannot be kept in {self.folder}: "
                f"{error.strerror or error}; set D2LNOTES_RUNS to another folder"
            )

    def forget(self, script: str, inputs: Mapping[str, str]) -> None:
        """Remove the runs of ``script`` that hold here."""
        for path in self._with_key(script, inputs):
            if (run := self.read(path)) and not changed_file(run.record):
                path.unlink(missing_ok=True)

    def write(self, name: str, content: bytes) -> None:
        """Write a file in one step."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{uuid.uuid4().hex}.partial")
        try:
            partial.write_bytes(content)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def prune(self, limit: int) -> list[Path]:
        """Remove what was used least recently until ``limit`` bytes are left."""
        removed = list(self._beyond(limit))
        for path in removed:
            path.unlink(missing_ok=True)
        return removed

    def _beyond(self, limit: int) -> Iterator[Path]:
        room = limit
        for path in reversed(self.runs()):
            with suppress(FileNotFoundError):
                room -= path.stat().st_size
                if room < 0:
                    yield path

    def _with_key(self, script: str, inputs: Mapping[str, str]) -> list[Path]:
        paths = self.folder.glob(f"{script}/{key_of(script, inputs)}-*.zip")
        return sorted(paths, key=_last_use, reverse=True)


def put_in_place(script: Script, run: StoredRun) -> None:
    """Leave what a run of ``script`` would leave; nothing is touched that is the same."""
    for path in (*script.images(), script.kept):
        if path.name not in run.files:
            path.unlink(missing_ok=True)
    for name, content in run.files.items():
        if place := script.place_of(name):
            _write_if_changed(place, content)
    write_record(script.record, run.record)
    script.vouch()


def _write_if_changed(path: Path, content: bytes) -> None:
    if path.exists() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # sphinx-gallery writes pages that are read-only
    path.write_bytes(content)


def _last_use(path: Path) -> tuple[float, str]:
    with suppress(OSError):
        return path.stat().st_mtime, path.name
    return 0.0, path.name
