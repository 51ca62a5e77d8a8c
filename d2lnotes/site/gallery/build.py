"""The gallery: scripts run side by side, again only when something changed.

Before sphinx-gallery makes its pages, this extension runs every script that has no run
that holds, by sphinx-gallery's own code but in processes of its own; what sphinx-gallery
then finds is up to date. A script that fails, or did not run, is reported with its error
and makes the build fail, while all pages are still written. A build may also end here,
before the first page.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from filelock import FileLock, Timeout
from sphinx.util import logging
from sphinx.util.console import bold, green, red

from d2lnotes.site._sphinx import (
    leave_matplotlib_to_scripts,
    run_gallery_script,
    write_gallery_pages_if,
)
from d2lnotes.site.gallery.plan import plan
from d2lnotes.site.gallery.records import Record, read_record, write_record
from d2lnotes.site.gallery.run import run_jobs
from d2lnotes.site.gallery.scripts import Gallery, Script
from d2lnotes.site.gallery.settled import leavings, needs, settings_mark
from d2lnotes.site.gallery.store import Store, StoredRun, put_in_place, runs_home
from d2lnotes.site.gallery.unreadable_scripts import (
    keep_from_sphinx_gallery,
    why_unreadable,
)
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Finished, Started

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

    from d2lnotes.site.gallery.worker import Job

logger = logging.getLogger(__name__)


class GalleryBuild:
    """One build of the gallery, from the first script to the final report."""

    def __init__(self) -> None:
        self.gallery: Gallery
        self.runs = False
        self.scripts: list[Script] = []
        self.passed: list[Script] = []
        self.unreached: list[Script] = []
        self.errors: dict[str, str] = {}
        self.lock: FileLock | None = None
        self.needs = ""
        self.is_settled = False
        self.store = Store(runs_home(), logger.info)

    def run_stale_scripts(self, app: Sphinx) -> None:
        """Run what must run, before sphinx-gallery looks."""
        conf = app.config.sphinx_gallery_conf
        conf["plot_gallery"] &= not app.config.d2lnotes_no_gallery
        self.runs = bool(conf["plot_gallery"])
        self.gallery = Gallery.of(
            app.config, root=Path(app.confdir), docs=Path(app.srcdir)
        )
        settings = settings_mark(conf)
        self._wait_for_other_builds()
        scripts = self.gallery.scripts()
        self.scripts = [x for x in scripts if self.gallery.shard.holds(x.name)]
        unreadable = [x.source for x in scripts if why_unreadable(x.source)]
        keep_from_sphinx_gallery(conf, unreadable)
        self.needs = needs(self.gallery, self.store, settings)
        state = self._state_file.read_text() if self._state_file.is_file() else ""
        self.is_settled = state == self._state()
        self._state_file.unlink(missing_ok=True)  # until this build has come to its end
        if not self.is_settled:
            self.gallery.remove_leftovers()
        jobs = [] if self.is_settled else plan(self.gallery, self.store)
        if self.runs:
            self._note_what_was_tried()
            if jobs:
                self._run(jobs)
        if self.unreached:  # their figures may be missing
            app.config.suppress_warnings.append("image.not_readable")
        if app.config.d2lnotes_only_scripts:
            self.check_all_ran(app)
            self.report(app, None)
            raise SystemExit(app.statuscode)

    @property
    def _state_file(self) -> Path:
        return self.gallery.records.parent / "gallery.state"

    def _state(self) -> str:
        return f"{self.needs} {leavings(self.gallery)}"

    def _wait_for_other_builds(self) -> None:
        place = self.gallery.records.parent / "gallery.lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(place)
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            logger.info("waiting for another build to finish its scripts...")
            self.lock.acquire()

    def _note_what_was_tried(self) -> None:
        """Report scripts that cannot run, and those that failed a moment ago."""
        build_id = self.gallery.build_id
        for script in self.scripts:
            record = read_record(script.record)
            if script.problem:
                self._fail(script, f"it did not run: {script.problem}")
            elif not (record and build_id):
                continue
            elif record.error and record.run.build_id == build_id:
                self._fail(script, record.error)
            elif record.unreached == build_id:
                self.unreached.append(script)

    def _run(self, jobs: list[Job]) -> None:
        for job in jobs:
            logger.info(f"{job.script.name} must run: {job.reason}")
        processes = self.gallery.processes
        logger.info(
            bold(f"running {len(jobs)} gallery scripts, {processes} at a time...")
        )
        done = 0

        def report(job: Job, record: Record | None, error: str) -> None:
            nonlocal done
            done += 1
            count = f"[{done}/{len(jobs)}] {job.script.name}"
            for message in record.run.messages if record else []:
                logger.info(f"{job.script.name}: {message}")
            if error:
                logger.info(f"{count} {red('failed')}")
                self._take_back(job, error)
            elif record:
                logger.info(f"{count} {green(f'{record.run.seconds:.1f} s')}")
                self.passed.append(job.script)
                self.store.keep(StoredRun(record, job.script.contents()))

        seconds = self.gallery.minutes * 60 or math.inf
        left = run_jobs(jobs, processes, report, seconds=seconds)
        for job in left:
            logger.info(f"{job.script.name} was not reached")
            if not job.recheck:
                self._leave(job)

    def _take_back(self, job: Job, error: str) -> None:
        """Report a script that failed; what it is known to do no longer holds."""
        self._fail(job.script, error)
        self.store.forget(job.script.name, job.inputs)
        _make_page_without_run(self.gallery, job.script)

    def _leave(self, job: Job) -> None:
        """Show the last run of a script that was not reached, or else its text alone."""
        script = job.script
        self.unreached.append(script)
        record = read_record(script.record)
        shown = record is not None and record.run.outputs == script.outputs()
        if record is None or not (shown and job.has_text_of(record)):
            run = self.store.newest(script.name)
            if run and job.has_text_of(run.record):
                put_in_place(script, run)
                record = run.record
            else:
                for path in (
                    *(script.page, script.checksum, script.kept),
                    *script.images(),
                ):
                    path.unlink(missing_ok=True)
                _make_page_without_run(self.gallery, script)
                record = Record(script=script.name)
        script.vouch()
        record = msgspec.structs.replace(record, unreached=self.gallery.build_id)
        write_record(script.record, record)

    def _fail(self, script: Script, error: str) -> None:
        self.errors[script.name] = error
        lines = error.strip().splitlines()
        essence = lines[-1] if lines[0].startswith("Traceback") else lines[0]
        trace = "\n".join(["", *lines]) if len(lines) > 1 else ""
        logger.warning(
            f"{script.name} failed: {essence}{trace}",
            location=f"{script.source}:{_failing_line(script, error)}",
            type="gallery",
        )

    def check_all_ran(self, app: Sphinx) -> None:
        """See that every script has a run that holds, after sphinx-gallery's work."""
        if self.runs:
            for script in self.scripts:
                if not (
                    script.name in self.errors
                    or script in self.unreached
                    or _has_run(script)
                ):
                    self._fail(script, "it did not run")
        # So that sphinx-gallery's summary counts them as it would its own.
        conf = app.config.sphinx_gallery_conf
        targets = {str(script.target) for script in self.passed}
        conf["passing_examples"] += [str(script.source) for script in self.passed]
        found = conf["stale_examples"]
        if self.is_settled:  # sphinx-gallery has not looked
            found = [str(script.target) for script in self.scripts]
        conf["stale_examples"] = [s for s in found if s not in targets]
        self._note_state(app)
        # The command waits for this before it builds the other language.
        mark = self.gallery.records.parent / "scripts-ran"
        mark.write_text(self.gallery.build_id)
        if self.lock is not None:
            self.lock.release()

    def _note_state(self, app: Sphinx) -> None:
        """Spare the next build all this, unless there is something left to do."""
        if not (
            self.errors
            or self.unreached
            or self.gallery.recheck
            or app.config.d2lnotes_only_scripts  # sphinx-gallery has not looked yet
        ):
            self._state_file.write_text(self._state())

    def report(self, app: Sphinx, exception: Exception | None) -> None:
        """Name what failed once more, where a reader of the log ends; fail the build."""
        if self.errors and exception is None:
            names = ", ".join(sorted(self.errors))
            logger.error(
                f"{len(self.errors)} of {len(self.scripts)} gallery scripts "
                f"failed: {names}; see their errors above",
                type="gallery",
            )
            app.statuscode = app.statuscode or 1
        if self.unreached:
            names = ", ".join(script.name for script in self.unreached)
            logger.info(
                f"{len(self.unreached)} of {len(self.scripts)} gallery scripts were not "
                f"reached: {names}"
            )


def _has_run(script: Script) -> bool:
    record = read_record(script.record)
    return record is not None and bool(record.run.inputs) and script.page.exists()


def _failing_line(script: Script, error: str) -> str:
    """Return the line of the script that a traceback names, or 1."""
    lines = re.findall(rf'File "{re.escape(str(script.source))}", line (\d+)', error)
    return lines[-1] if lines else "1"


def _make_page_without_run(gallery: Gallery, script: Script) -> None:
    """Give a script that has no run the page and checksum that sphinx-gallery expects.

    Without them it would run the script again, in this process and without a limit.
    """
    drawn = any(path.parent.name == "thumb" for path in script.images())
    if not (script.page.exists() and script.target.exists() and drawn):
        conf = {**gallery.settings, "plot_gallery": False}
        script.checksum.unlink(
            missing_ok=True
        )  # it may have failed after its last line
        run_gallery_script(script.source, script.target, conf)
    script.vouch()


def adapt_config(app: Sphinx, config: Config) -> None:
    """Find the results; let prose be written before the scripts have drawn figures."""
    folder = Path(app.confdir) / config.d2lnotes_results_dir
    config.d2lnotes_results_dir = str(folder)
    # sphinx-gallery looks at whole paths; a clone may lie in a folder with a space.
    config.suppress_warnings.append("sphinx_gallery.space_in_filename")
    if config.d2lnotes_no_gallery:
        config.suppress_warnings.append("image.not_readable")


def setup(app: Sphinx) -> ExtensionMetadata:
    """Put this extension's work before and after sphinx-gallery's."""
    app.setup_extension("sphinx_gallery.gen_gallery")
    leave_matplotlib_to_scripts()
    app.add_config_value("d2lnotes_results_dir", "build/results", "", str)
    app.add_config_value("d2lnotes_no_gallery", False, "", bool)
    app.add_config_value("d2lnotes_jobs", 0, "", int)
    app.add_config_value("d2lnotes_time_limit", 180, "", int)
    app.add_config_value("d2lnotes_build_id", "", "", str)
    app.add_config_value("d2lnotes_packages", ["d2lnotes"], "", list)
    app.add_config_value("d2lnotes_shard", "1/1", "", str)
    app.add_config_value("d2lnotes_gallery_minutes", "0", "", str)
    app.add_config_value("d2lnotes_recheck", 0, "", int)
    app.add_config_value("d2lnotes_only_scripts", False, "", bool)
    build = GalleryBuild()
    write_gallery_pages_if(app, lambda: not build.is_settled)
    app.connect("config-inited", adapt_config)
    app.connect("builder-inited", build.run_stale_scripts, priority=Started.SCRIPTS_RUN)
    app.connect("builder-inited", build.check_all_ran, priority=Started.SCRIPTS_CHECKED)
    app.connect("build-finished", build.report, priority=Finished.SUMMED_UP)
    return METADATA
