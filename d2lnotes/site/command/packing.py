"""Archives that are packed again only as far as what they hold has changed.

Of a site of a hundred lessons one saved paragraph changes a few files. So a file is read
only if it has another time or size than in the last build, and an archive that is packed
again takes over, as they are compressed, the entries that stay the same.
"""

from __future__ import annotations

import copy
import hashlib
import json
import struct
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from d2lnotes.site.command.terminal import naming

_PACKED = {".jpg", ".png", ".webp", ".whl", ".woff2"}  # they hardly get smaller
_HEADER = 30  # bytes before the name of an entry; the last four say how long it is


class Packer:
    """Packs archives, and remembers in ``memory`` what the files and they hold."""

    def __init__(self, memory: Path) -> None:
        self._memory = memory
        self._known: dict[str, list[object]] = {}
        self._held: dict[str, dict[str, str]] = {}
        # A damaged memory is as good as none: everything is read once more.
        with suppress(OSError, ValueError, KeyError, TypeError):
            kept = json.loads(memory.read_text(encoding="utf-8"))
            self._known, self._held = dict(kept["files"]), dict(kept["archives"])
        self._seen: dict[str, list[object]] = {}
        self._packed: dict[str, dict[str, str]] = {}

    def save(self) -> None:
        """Remember the files and the archives that were asked about."""
        kept = {"files": self._seen, "archives": self._packed}
        self._memory.write_text(json.dumps(kept), encoding="utf-8")

    def digest(self, file: Path | bytes) -> str:
        """Return the sha256 of a file, which is read if it is new or has changed."""
        if isinstance(file, bytes):
            return hashlib.sha256(file).hexdigest()
        name, stat = str(file), file.stat()
        stamp: list[object] = [stat.st_mtime_ns, stat.st_size]
        if name not in self._seen or self._seen[name][:2] != stamp:
            known = self._known.get(name, [])
            digest = known[2] if known[:2] == stamp else self.digest(file.read_bytes())
            self._seen[name] = [*stamp, digest]
        return str(self._seen[name][2])

    def pack(
        self, archive: Path, files: Mapping[str, Path | bytes], *, top: str = ""
    ) -> None:
        """Write ``files`` into ``archive`` unless it holds exactly them.

        Parameters
        ----------
        archive
            The file to write.
        files
            What it holds, by name: files, or their contents.
        top
            A folder around all of it.
        """
        digests = {
            f"{top}/{name}" if top else name: self.digest(files[name])
            for name in sorted(files)
        }
        self._packed[archive.name] = digests
        state = _digest_of_all(digests)
        if archive.exists() and _comment(archive) == state:
            return
        partial = archive.with_suffix(".partial")
        with (
            naming(archive),
            self._stays(archive, digests) as (entries, before),
            zipfile.ZipFile(partial, "w") as packed,
        ):
            packed.comment = state
            for name, place in zip(digests, sorted(files), strict=True):
                if name in entries:
                    _take_over(entries[name], before, packed)
                else:
                    _add(packed, name, files[place])
        partial.replace(archive)

    @contextmanager
    def _stays(
        self, archive: Path, digests: Mapping[str, str]
    ) -> Iterator[tuple[dict[str, zipfile.ZipInfo], zipfile.ZipFile | None]]:
        """Open ``archive`` and yield its entries that are to hold what they do, too."""
        held = self._held.get(archive.name, {})
        if not archive.exists() or _comment(archive) != _digest_of_all(held):
            yield {}, None  # another build has packed it, or it is damaged
            return
        with zipfile.ZipFile(archive) as before:
            same = digests.items() & held.items()
            yield {name: before.getinfo(name) for name, _ in same}, before


def _digest_of_all(digests: Mapping[str, str]) -> bytes:
    lines = (f"{name} {digest}\n" for name, digest in digests.items())
    return hashlib.sha256("".join(lines).encode()).hexdigest().encode()


def _comment(archive: Path) -> bytes:
    try:
        with zipfile.ZipFile(archive) as packed:
            return packed.comment
    except zipfile.BadZipFile:
        return b""


def _add(packed: zipfile.ZipFile, name: str, file: Path | bytes) -> None:
    # No time and no owner: the same contents make the same file.
    facts = zipfile.ZipInfo(name)
    facts.external_attr = 0o644 << 16
    stored = Path(name).suffix in _PACKED
    facts.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    packed.writestr(facts, file if isinstance(file, bytes) else file.read_bytes())


def _take_over(
    entry: zipfile.ZipInfo, before: zipfile.ZipFile | None, packed: zipfile.ZipFile
) -> None:
    """Copy an entry from one archive to the other as it is compressed.

    ``zipfile`` of Python 3.11 to 3.14 has no call for it; this is what its ``writestr``
    leaves behind.
    """
    source, target = before.fp, packed.fp  # type: ignore[union-attr]
    source.seek(entry.header_offset)  # type: ignore[union-attr]
    header = source.read(_HEADER)  # type: ignore[union-attr]
    rest = sum(struct.unpack("<HH", header[-4:])) + entry.compress_size
    entry = copy.copy(entry)
    entry.header_offset = packed.start_dir
    target.seek(packed.start_dir)  # type: ignore[union-attr]
    target.write(header + source.read(rest))  # type: ignore[union-attr]
    packed.start_dir = target.tell()  # type: ignore[union-attr]
    packed.filelist.append(entry)
    packed.NameToInfo[entry.filename] = entry
