"""The gallery: scripts run side by side, again only when something changed.

Before sphinx-gallery makes its pages, this extension runs every script whose last
run no longer holds, by sphinx-gallery's own code but in processes of its own; what
sphinx-gallery then finds is up to date. A script that fails, or did not run, is
reported with its error and makes the build fail, while all pages are still written.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout
from sphinx.util import logging
from sphinx.util.console import bold, green, red

from d2lnotes.site.gallery.plan import (
    Script,
    current_inputs,
    data_home,
    device_kind,
    find_scripts,
    imports_torch,
    remove_leftovers,
    why_stale,
)
from d2lnotes.site.gallery.records import (
    Record,
    read_record,
    results_folder,
)
from d2lnotes.site.gallery.run import run_jobs
from d2lnotes.site.gallery.unreadable_scripts import (
    keep_from_sphinx_gallery,
    why_unreadable,
)
from d2lnotes.site.gallery.worker import Job
from d2lnotes.site.rooms import METADATA
from d2lnotes.site.stages import Finished, Started

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.util.typing import ExtensionMetadata

logger = logging.getLogger(__name__)

_SHOWN_VERSIONS = ("Python", "torch", "numpy", "matplotlib")


class GalleryBuild:
    """One build of the gallery, from the first script to the final report."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []
        self.passed: list[Script] = []
        self.errors: dict[str, str] = {}
        self.lock: FileLock | None = None

    def run_stale_scripts(self, app: Sphinx) -> None:
        """Run what must run, before sphinx-gallery looks."""
        self._wait_for_other_builds(app)
        self.scripts = find_scripts(app)
        unreadable = [x.source for x in self.scripts if why_unreadable(x.source)]
        readable = [x for x in self.scripts if x.source not in unreadable]
        remove_leftovers(app, readable)
        conf = app.config.sphinx_gallery_conf
        keep_from_sphinx_gallery(conf, unreadable)
        conf["plot_gallery"] &= not app.config.d2lnotes_no_gallery
        if not conf["plot_gallery"]:
            return
        jobs = []
        for script in self.scripts:
            if script.problem:
                self._fail(script, f"it did not run: {script.problem}")
            elif job := self._job(app, script):
                jobs.append(job)
        if jobs:
            self._run(app, jobs)

    def _wait_for_other_builds(self, app: Sphinx) -> None:
        place = results_folder(app.config).parent / "gallery.lock"
        place.parent.mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(place)
        try:
            self.lock.acquire(timeout=0)
        except Timeout:
            logger.info("waiting for another build to finish its scripts...")
            self.lock.acquire()

    def _job(self, app: Sphinx, script: Script) -> Job | None:
        """Return what the script's process must do, or None if its run still holds."""
        record = read_record(script.record)
        inputs = current_inputs(app, script)
        reason = why_stale(script, record, inputs)
        build_id = app.config.d2lnotes_build_id
        if record and record.error and build_id == record.run["build_id"] != "":
            self._fail(script, record.error)  # it failed a moment ago
            return None
        if not reason:
            return None
        logger.info(f"{script.name} must run: {reason}")
        script.checksum.unlink(missing_ok=True)
        script.record.unlink(missing_ok=True)
        scratch = results_folder(app.config).parent / "scratch" / script.name
        scratch.parent.mkdir(parents=True, exist_ok=True)
        cores = _cores()
        threads = max(1, cores // _processes(app, cores))
        return Job(
            script=script,
            gallery_conf=app.config.sphinx_gallery_conf,
            inputs=inputs,
            versions={name: inputs[name] for name in _SHOWN_VERSIONS if name in inputs},
            limit=app.config.d2lnotes_time_limit,
            threads=threads,
            environment={
                "D2LNOTES_DATA": str(data_home()),
                "D2LNOTES_RUN": str(script.record),
                "OMP_NUM_THREADS": str(threads),
            },
            scratch=scratch,
            course=(Path(app.confdir), Path(app.srcdir), script.source.parents[1]),
            writable=(script.record, data_home(), Path(sys.prefix)),
            loads_torch=imports_torch(app, script),
            build_id=build_id,
        )

    def _run(self, app: Sphinx, jobs: list[Job]) -> None:
        processes = _processes(app, _cores())
        done = 0

        def report(job: Job, record: Record | None, error: str) -> None:
            nonlocal done
            done += 1
            count = f"[{done}/{len(jobs)}] {job.script.name}"
            for message in record.run.get("messages", []) if record else []:
                logger.info(f"{job.script.name}: {message}")
            if error:
                logger.info(f"{count} {red('failed')}")
                self._fail(job.script, error)
            elif record:
                seconds = f"{record.run['seconds']:.1f} s"
                logger.info(f"{count} {green(seconds)}")

        logger.info(
            bold(f"running {len(jobs)} gallery scripts, {processes} at a time...")
        )
        run_jobs(jobs, processes, report)
        for job in jobs:
            if job.script.name in self.errors:
                _make_page_without_run(app, job.script)
            else:
                self.passed.append(job.script)

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
        if app.config.sphinx_gallery_conf["plot_gallery"]:
            for script in self.scripts:
                record = read_record(script.record)
                ran = record is not None and "inputs" in record.run
                if script.name not in self.errors and not (
                    ran and script.page.exists()
                ):
                    self._fail(script, "it did not run")
        # So that sphinx-gallery's summary counts them as it would its own.
        conf = app.config.sphinx_gallery_conf
        targets = {str(script.target) for script in self.passed}
        conf["passing_examples"] += [str(script.source) for script in self.passed]
        conf["stale_examples"] = [s for s in conf["stale_examples"] if s not in targets]
        if self.lock is not None:
            self.lock.release()

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


def _failing_line(script: Script, error: str) -> str:
    """Return the line of the script that a traceback names, or 1."""
    lines = re.findall(rf'File "{re.escape(str(script.source))}", line (\d+)', error)
    return lines[-1] if lines else "1"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _processes(app: Sphinx, cores: int) -> int:
    """Return how many scripts run at a time: one on a GPU, which they would share."""
    if device_kind() == "cuda":
        return 1
    return app.config.d2lnotes_jobs or cores


def _make_page_without_run(app: Sphinx, script: Script) -> None:
    """Give a script that failed the page and the checksum that sphinx-gallery expects.

    Without them it would run the script again, in this process and without a limit.
    """
    from sphinx_gallery.gen_rst import generate_file_rst
    from sphinx_gallery.utils import get_md5sum

    drawn = any(path.parent.name == "thumb" for path in script.images())
    if not (script.page.exists() and script.target.exists() and drawn):
        conf = {**app.config.sphinx_gallery_conf, "plot_gallery": False}
        script.target.parent.joinpath("images", "thumb").mkdir(
            parents=True, exist_ok=True
        )
        script.checksum.unlink(
            missing_ok=True
        )  # it may have failed after its last line
        name, source = script.source.name, script.source.parent
        generate_file_rst(name, script.target.parent, source, conf)
    script.checksum.write_text(get_md5sum(script.source, mode="t"))


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
    app.add_config_value("d2lnotes_results_dir", "build/results", "", str)
    app.add_config_value("d2lnotes_no_gallery", False, "", bool)
    app.add_config_value("d2lnotes_jobs", 0, "", int)
    app.add_config_value("d2lnotes_time_limit", 180, "", int)
    app.add_config_value("d2lnotes_build_id", "", "", str)
    app.add_config_value("d2lnotes_packages", ["d2lnotes"], "", list)
    build = GalleryBuild()
    app.connect("config-inited", adapt_config)
    app.connect("builder-inited", build.run_stale_scripts, priority=Started.SCRIPTS_RUN)
    app.connect("builder-inited", build.check_all_ran, priority=Started.SCRIPTS_CHECKED)
    app.connect("build-finished", build.report, priority=Finished.SUMMED_UP)
    return METADATA
