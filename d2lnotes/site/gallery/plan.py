"""Which gallery scripts must run again, and in which order.

A run holds while nothing that went into it has changed (the script, the code that it
imports, the versions, the kind of device, the data) and all that came out of it is
still there. One that does not hold here may lie in the store.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace as replace_fields

from d2lnotes.site.gallery.inputs import digest, imports_torch
from d2lnotes.site.gallery.records import (
    DamagedRecordError,
    Record,
    load_record,
    read_record,
    write_record,
)
from d2lnotes.site.gallery.scripts import data_home
from d2lnotes.site.gallery.store import changed_file, put_in_place
from d2lnotes.site.gallery.worker import Job

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from d2lnotes.site.gallery.scripts import Gallery, Script
    from d2lnotes.site.gallery.store import Store

_SHOWN_VERSIONS = ("Python", "torch", "numpy", "matplotlib")


def plan(gallery: Gallery, store: Store) -> list[Job]:
    """Return what must run; what lies in the store is put in its place instead.

    Scripts that were changed come first, then the others in an order that the commit
    draws, so that builds with little time get to all of them sooner or later. Last
    come those that run again although their runs hold.
    """
    jobs = [
        _job(gallery, store, script)
        for script in gallery.scripts()
        if not script.problem and gallery.shard.holds(script.name)
    ]
    stale = [job for job in jobs if job.reason and not _was_tried(job)]
    if not (stale or gallery.recheck):
        return []
    drawn = _draw(gallery.root, jobs)
    stale.sort(key=lambda job: (not _is_changed(job, store), drawn(job)))
    holding = sorted((job for job in jobs if not job.reason), key=drawn)
    reason = "its run holds, and this build looks again"
    return stale + [
        replace(job, reason=reason, recheck=True) for job in holding[: gallery.recheck]
    ]


def why_stale(script: Script, record: Record | None, inputs: Mapping[str, str]) -> str:
    """Return why ``script`` must run, or nothing if its last run still holds."""
    if record is None:
        return "it has not run yet"
    if record.error:
        return "its last run failed"
    before = record.run.inputs
    if not before:
        return "it was not reached" if record.unreached else "its last run did not end"
    for name in sorted(before.keys() | inputs.keys()):
        if before.get(name) != inputs.get(name):
            return f"{name} changed"
    if not script.checksum.exists():
        return f"{script.checksum.name} is missing"
    outputs = script.outputs()
    for name in sorted(record.run.outputs.keys() | outputs.keys()):
        if record.run.outputs.get(name) != outputs.get(name):
            return f"{name} is missing or was changed"
    if name := changed_file(record):
        return f"{name} in the data cache is not what it was when the script ran"
    return ""


def _job(gallery: Gallery, store: Store, script: Script) -> Job:
    """Return what the process of ``script`` is told; no ``reason`` if a run holds."""
    inputs = gallery.inputs(script)
    record = _record(script, store)
    reason = why_stale(script, record, inputs)
    if record and record.unreached and not reason:  # what had changed was undone
        write_record(script.record, replace_fields(record, unreached=""))
    if reason and (run := store.find(script.name, inputs)):
        put_in_place(script, run)
        reason = ""
    scratch = gallery.records.parent / "scratch" / script.name
    return Job(
        script=script,
        reason=reason,
        gallery_conf=dict(gallery.settings),
        inputs=inputs,
        versions={name: inputs[name] for name in _SHOWN_VERSIONS if name in inputs},
        limit=gallery.limit,
        threads=gallery.threads,
        environment={
            "D2LNOTES_DATA": str(data_home()),
            "D2LNOTES_RUN": str(script.record),
            "OMP_NUM_THREADS": str(gallery.threads),
        },
        scratch=scratch,
        course=(gallery.root, gallery.docs, gallery.sources),
        writable=(script.record, data_home(), Path(sys.prefix)),
        loads_torch=imports_torch(script.source, gallery.packages),
        build_id=gallery.build_id,
    )


def _record(script: Script, store: Store) -> Record | None:
    """Return what is known of the last run; a damaged record is named and forgotten."""
    try:
        return load_record(script.record)
    except DamagedRecordError as error:
        store.say(f"{script.record} is not used: {error}")
        script.record.unlink()
        return None


def _was_tried(job: Job) -> bool:
    """Return whether this build has come to the script before, in another language."""
    record = read_record(job.script.record)
    if record is None or not job.build_id:
        return False
    failed = bool(record.error) and record.run.build_id == job.build_id
    return failed or record.unreached == job.build_id


def _is_changed(job: Job, store: Store) -> bool:
    """Return whether the script itself is another than in its last known run."""
    record = read_record(job.script.record)
    if (record is None or not record.run.inputs) and (
        run := store.newest(job.script.name)
    ):
        record = run.record
    return record is None or not job.has_text_of(record)


def _draw(root: Path, jobs: Sequence[Job]) -> Callable[[Job], str]:
    """Return a key that sorts jobs in an order that changes with the commit.

    Without git, it changes with the course.
    """
    asked = ["git", "-C", str(root), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(asked, capture_output=True, check=True, text=True)
        commit = done.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        commit = digest(repr([job.inputs for job in jobs]).encode())
    return lambda job: digest(f"{commit} {job.script.name}".encode())
