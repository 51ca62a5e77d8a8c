"""Run gallery scripts side by side, each in a process of its own.

A process per script keeps scripts apart: what one does to its process (settings,
threads, memory) no other sees, its peak memory is its own, and one that hangs or
crashes is reported while the others go on.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import connection
from multiprocessing.process import BaseProcess

from d2lnotes.site.gallery.records import Record, Run, read_record, write_record
from d2lnotes.site.gallery.worker import HARD_STOP, Job, run_script

_GRACE_SECONDS = 30.0

Report = Callable[[Job, Record | None, str], None]


def run_jobs(
    jobs: list[Job], processes: int, report: Report, *, seconds: float
) -> list[Job]:
    """Run ``jobs``, at most ``processes`` at a time; return those that were not reached.

    Parameters
    ----------
    report
        Called as each job ends, with its record and its error, empty if all is well.
    seconds
        After these no further job is started.
    """
    waiting, running = list(jobs), dict[BaseProcess, tuple[Job, float]]()
    end = time.monotonic() + seconds
    with _processes_for(jobs) as new_process:
        try:
            while running or (waiting and time.monotonic() < end):
                while waiting and len(running) < processes and time.monotonic() < end:
                    job = waiting.pop(0)
                    _clear(job)
                    process = new_process(target=run_script, args=(job,))
                    process.start()
                    last = HARD_STOP * job.limit + _GRACE_SECONDS
                    running[process] = job, time.monotonic() + last
                for process, too_late in _ended(running):
                    job, _ = running.pop(process)
                    process.join()
                    code = process.exitcode or 0
                    report(job, *_outcome(job, code, too_late=too_late))
        finally:  # Ctrl-C, for one: leave nobody behind who still writes
            for process in running:
                process.kill()
                process.join()
    return waiting


def _clear(job: Job) -> None:
    """Let nothing vouch for the last run while a script runs again."""
    job.script.checksum.unlink(missing_ok=True)
    job.script.record.unlink(missing_ok=True)
    job.scratch.parent.mkdir(parents=True, exist_ok=True)


def _ended(
    running: dict[BaseProcess, tuple[Job, float]],
) -> list[tuple[BaseProcess, bool]]:
    """Wait a moment; return the processes that have ended, and if it was by force."""
    connection.wait([process.sentinel for process in running], timeout=1.0)
    ended = [(process, False) for process in running if not process.is_alive()]
    for process, (_, deadline) in running.items():
        if time.monotonic() > deadline and process.is_alive():
            process.kill()
            process.join()
            ended.append((process, True))
    return ended


def _outcome(job: Job, exit_code: int, *, too_late: bool) -> tuple[Record | None, str]:
    """Return the record of a job that has ended, and what went wrong."""
    record = read_record(job.script.record)
    if exit_code == 0 and record is not None and record.run.finished:
        return record, record.error
    trace = job.log.read_text(encoding="utf-8") if job.log.exists() else ""
    if too_late or trace.startswith("Timeout"):
        cause = (
            f"it was still running after {HARD_STOP * job.limit:g} s, in code that "
            f"its limit of {job.limit:g} s could not interrupt, and was stopped"
        )
    elif exit_code < 0:
        cause = f"its process died of {signal.Signals(-exit_code).name}"
        cause += ", perhaps for lack of memory" if exit_code == -9 else ""
    else:
        cause = f"its process ended with exit code {exit_code}"
    error = f"{cause}\n{trace}".strip()
    run = Run(build_id=job.build_id)
    failed = Record(script=job.script.name, run=run, error=error)
    write_record(job.script.record, failed)
    return None, error


@contextmanager
def _processes_for(jobs: list[Job]) -> Iterator[Callable[..., BaseProcess]]:
    """Choose how processes start: forked, where possible, from one with torch loaded.

    Loading torch takes longer than many a script runs. The process that is forked
    never computes anything, so it has no threads and no GPU to lose.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        yield multiprocessing.get_context("spawn").Process
        return
    context = multiprocessing.get_context("forkserver")
    modules = ["sphinx_gallery.gen_rst", "matplotlib.pyplot"]
    if any(job.loads_torch for job in jobs):
        modules.append("torch")
    context.set_forkserver_preload(modules)
    threads = os.environ.get("OMP_NUM_THREADS")
    os.environ["OMP_NUM_THREADS"] = str(jobs[0].threads)
    try:
        yield context.Process
    finally:
        if threads is None:
            del os.environ["OMP_NUM_THREADS"]
        else:
            os.environ["OMP_NUM_THREADS"] = threads
