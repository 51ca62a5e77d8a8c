"""Whether anything has changed since a build was done with the gallery.

To look at every script, at the code it imports and at what its run left behind, and to
have sphinx-gallery read them all, took a second and more of each language's build, and
mostly for nothing. So a build that leaves no script to run notes the times and sizes of
all files that this depends on; as long as they are the same, the next has nothing to do.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

from d2lnotes.site.gallery.inputs import versions
from d2lnotes.site.gallery.records import read_records
from d2lnotes.site.gallery.store import changed_file

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from d2lnotes.site.gallery.scripts import Gallery
    from d2lnotes.site.gallery.store import Store

# In these settings sphinx-gallery gathers what it comes to know in a build.
_GATHERED = {"failing_examples", "passing_examples", "stale_examples", "titles"}


def settings_mark(settings: Mapping[str, Any]) -> str:
    """Return a text that tells sphinx-gallery's settings from others."""
    chosen = {name: settings[name] for name in settings.keys() - _GATHERED}
    return json.dumps(chosen, default=_name, sort_keys=True)


def _name(value: object) -> object:
    """Return what ``value`` is called, without its place in memory."""
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    return str(getattr(value, "__qualname__", value))


def needs(gallery: Gallery, store: Store, settings: str) -> str:
    """Return a digest of what decides which scripts run, and how.

    It is taken before they do: what is changed meanwhile, the next build must see.
    """
    files = (gallery.sources, *gallery.packages.values())
    # A folder of the store has another time once a run comes or goes.
    kept = [
        folder.stat().st_mtime_ns if folder.is_dir() else 0
        for folder in (store.folder / script.name for script in gallery.scripts())
    ]
    data = [changed_file(record) for record in read_records(gallery.records)]
    return _digest(
        (settings, versions(), gallery.device, gallery.shard, kept, data),
        *(fact for folder in files for fact in _files(folder)),
    )


def leavings(gallery: Gallery) -> str:
    """Return a digest of what runs have left: the pages, the figures, the records."""
    return _digest(*_files(gallery.pages), *_files(gallery.records))


def _digest(*facts: object) -> str:
    return hashlib.sha256("\n".join(map(repr, facts)).encode()).hexdigest()


def _files(folder: str | Path) -> Iterator[tuple[str, int, int]]:
    """Yield the path, the time and the size of each file below ``folder``."""
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(names):
            path = f"{here}/{name}"
            stat = os.lstat(path)
            yield path, stat.st_mtime_ns, stat.st_size
