"""``d2lnotes run`` and ``d2lnotes runs``: run scripts, and look after what they left.

Runs are kept in one place for all clones; see :mod:`d2lnotes.site.gallery.store`.
"""

from __future__ import annotations

import argparse
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from d2lnotes.site.command.course import (
    Course,
    build_lock,
    find_course,
    working_folder,
)
from d2lnotes.site.command.processes import Children
from d2lnotes.site.command.sphinx_run import Options, check_requirements, run_scripts
from d2lnotes.site.command.terminal import CommandError, positive, say

if TYPE_CHECKING:
    from d2lnotes.site.gallery.store import Store

_LARGEST_FILE = 200 * 10**6


def add_run_commands(commands: Any) -> None:  # noqa: ANN401 - argparse keeps it private
    """Add ``run`` and ``runs`` to the subcommands of the command."""
    run = commands.add_parser("run", help="run gallery scripts, build no page")
    run.add_argument(
        "--shard",
        type=_shard,
        default="1/1",
        metavar="K/N",
        help="only this share of them: machines that run 1/8 to 8/8 run all",
    )
    run.add_argument(
        "--jobs", type=positive, metavar="N", help="scripts that run at once"
    )
    run.set_defaults(run=_run)

    runs = commands.add_parser("runs", help="look after the runs that are kept")
    actions = runs.add_subparsers(required=True, metavar="ACTION")
    actions.add_parser("list", help="show them").set_defaults(run=_list)
    prune = actions.add_parser("prune", help="remove those used least recently")
    prune.add_argument(
        "--megabytes",
        type=positive,
        default=0,
        metavar="N",
        help="how much may stay (default: nothing)",
    )
    prune.set_defaults(run=_prune)
    export = actions.add_parser("export", help="put this course's runs into a file")
    export.add_argument("file", type=Path, metavar="FILE")
    export.set_defaults(run=_export)
    import_ = actions.add_parser("import", help="take the runs from such files")
    import_.add_argument("files", type=Path, nargs="+", metavar="FILE")
    import_.set_defaults(run=_import)


def _shard(text: str) -> str:
    from d2lnotes.site.gallery.scripts import Shard

    try:
        Shard.parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    return text


def name_unreached(course: Course, options: Options) -> None:
    """Say at the very end which scripts a build had no time for."""
    from d2lnotes.site.gallery.records import read_records

    records = read_records(course.build / "results")
    names = [r.script for r in records if r.unreached == options.build_id != ""]
    if names:
        say(
            f"{len(names)} of {len(records)} gallery scripts were not reached within "
            f"{options.minutes:g} min: {', '.join(names)}"
        )


def _store() -> Store:
    check_requirements()
    from d2lnotes.site.gallery.store import Store, runs_home

    return Store(runs_home(), say)


def _run(arguments: argparse.Namespace) -> int:
    check_requirements()
    course = find_course(working_folder())
    options = Options(jobs=arguments.jobs, shard=arguments.shard)
    with build_lock(course):
        outcome = run_scripts(course, options=options, children=Children())
    for problem in outcome.problems:
        say(f"    {problem}")
    say(f"scripts  {'failed' if outcome.problems else 'done'}  {outcome.seconds:.1f} s")
    return int(bool(outcome.problems))


def _list(arguments: argparse.Namespace) -> int:
    """Show every run: when it was made, what it took, on what it ran."""
    store, total = _store(), 0
    say(f"in {store.folder}")
    for path in sorted(store.runs()):
        if (run := store.read(path)) is None:
            continue
        record, size = run.record, path.stat().st_size
        total += size
        data = ", ".join(
            f"{data.name} (stand-in)" if data.stand_in else data.name
            for data in record.data
        )
        say(
            f"{record.script:48} {record.run.finished:25} {record.run.seconds:7.1f} s "
            f"{size / 1e6:6.2f} MB  {record.run.device}  {data}".rstrip()
        )
    say(f"{total / 1e6:.1f} MB")
    return 0


def _prune(arguments: argparse.Namespace) -> int:
    removed = _store().prune(arguments.megabytes * 10**6)
    say(f"removed {len(removed)} runs")
    return 0


def _export(arguments: argparse.Namespace) -> int:
    """Write the runs that the course in this folder shows into one file."""
    from d2lnotes.site.gallery.records import read_records

    store = _store()
    records = read_records(find_course(working_folder()).build / "results")
    found = 0
    try:
        with zipfile.ZipFile(arguments.file, "w", zipfile.ZIP_STORED) as archive:
            for record in records:
                if path := store.path_of(record):
                    archive.write(path, path.relative_to(store.folder).as_posix())
                    found += 1
    except OSError as error:
        raise CommandError(f"cannot write {arguments.file}: {error}") from error
    say(f"{arguments.file} holds {found} of {len(records)} runs")
    return 0


def _import(arguments: argparse.Namespace) -> int:
    """Check all files, then take their runs; nothing in them is executed."""
    store = _store()
    found: dict[str, bytes] = {}
    for file in arguments.files:
        found |= _checked(file)
    for name, content in found.items():
        store.write(name, content)
    say(f"took {len(found)} runs into {store.folder}")
    return 0


def _checked(file: Path) -> dict[str, bytes]:
    """Return the runs in ``file`` by name, all of them as their digests say."""
    from d2lnotes.site.gallery.store import DamagedRunError, unpack

    found = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if member.file_size > _LARGEST_FILE:
                    raise CommandError(f"{file}: {member.filename} is too large")
                content = archive.read(member)
                unpack(member.filename, content)
                found[member.filename] = content
    except DamagedRunError as error:
        raise CommandError(
            f"{file}: {member.filename} is refused: {error}. Nothing was taken."
        ) from error
    except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise CommandError(f"cannot read {file}: {error}") from error
    return found
