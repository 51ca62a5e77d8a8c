"""``d2lnotes serve``: the site in the browser, built again on every save."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import threading
import time
import uuid
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from livereload import Server
from livereload.handlers import LiveReloadHandler
from tornado.ioloop import IOLoop

from d2lnotes.site.command.archives import fill_pages
from d2lnotes.site.command.course import Course, build_lock
from d2lnotes.site.command.front import write_front_page
from d2lnotes.site.command.processes import Children, Stopped
from d2lnotes.site.command.sphinx_run import Options, Outcome, run_sphinx, start_sphinx
from d2lnotes.site.command.terminal import CommandError, explain, say

_HOST = "127.0.0.1"
_SECONDS_BETWEEN_LOOKS = 0.3
_SECONDS_TO_SETTLE = 0.1

#: File → when it was last written, in nanoseconds.
Snapshot = dict[Path, int]


def serve(
    course: Course,
    languages: Sequence[str],
    *,
    options: Options,
    port: int,
    open_browser: bool,
) -> int:
    """Build ``course``, serve it here, and build it again on every save until Ctrl-C.

    A build that fails is shown, and serving goes on.
    """
    check_port(port)
    builder = Builder(course, languages, options=options)
    before = snapshot(course)
    builder.build_all()
    server, loop = Server(), IOLoop.current()
    server.root, server.default_filename = str(course.build / "html"), "index.html"
    server.application(port, _HOST)

    def reload() -> None:
        loop.add_callback(LiveReloadHandler.reload_waiters, "*")

    watching = threading.Thread(target=builder.watch, args=(before, reload))
    watching.start()
    address = f"http://{_HOST}:{port}/"
    say(f"\nserving {address}, building again on every save; Ctrl-C ends it")
    if open_browser:
        loop.call_later(0.5, webbrowser.open, address)
    try:
        loop.start()
    except KeyboardInterrupt:
        say("\nstopped")
    finally:
        builder.stop()
        watching.join()
    return 0


def check_port(port: int) -> None:
    """Raise :class:`CommandError` if nothing can listen on ``port``."""
    with socket.socket() as probe:
        if sys.platform != "win32":  # as the server itself will do
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except (OSError, OverflowError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            reason = "is in use by another program" if taken else f"is no good: {error}"
            raise CommandError(
                f"port {port} {reason}. Choose another one: --port {port % 60000 + 1}"
            ) from error


class Builder:
    """Builds while the server runs, in one thread, one change after the other."""

    def __init__(
        self, course: Course, languages: Sequence[str], *, options: Options
    ) -> None:
        self._course = course
        self._languages = languages
        self._options = options
        self._children = Children()
        self._ended = threading.Event()
        self._gallery_is_right = False
        self._waiting: dict[str, subprocess.Popen[bytes]] = {}

    def build_all(self) -> None:
        """Build every language, the first one with the gallery."""
        with build_lock(self._course):
            self._build_one_by_one(self._options, lambda: None)
        self._load_ahead()

    def watch(self, before: Snapshot, reload: Callable[[], None]) -> None:
        """Build after each change since ``before``, until :meth:`stop`."""
        while not self._ended.wait(_SECONDS_BETWEEN_LOOKS):
            after = snapshot(self._course)
            while after != before and not self._ended.wait(_SECONDS_TO_SETTLE):
                changed = {path for path, _ in before.items() ^ after.items()}
                settled = snapshot(self._course)
                if settled == after:
                    before = after
                    self._rebuild(changed, reload)
                after = settled

    def stop(self) -> None:
        """End the build that is running and start no other."""
        self._ended.set()
        self._children.stop()

    def _rebuild(self, changed: set[Path], reload: Callable[[], None]) -> None:
        root = self._course.root
        names = ", ".join(sorted(str(path.relative_to(root)) for path in changed)[:3])
        say(f"\n{time.strftime('%H:%M:%S')} changed: {names}; building …")
        quiet = replace(self._options, quiet=True, build_id=uuid.uuid4().hex)
        only_pages = all(path.is_relative_to(self._course.docs) for path in changed)
        try:
            with build_lock(self._course, wait=True):
                if not only_pages:
                    self._drop_loaded()  # they may hold what has just been changed
                if only_pages and self._gallery_is_right:
                    self._build_at_once(quiet, reload)
                else:
                    self._build_one_by_one(quiet, reload)
            self._load_ahead()
        except Stopped:
            return
        except OSError as error:
            say(f"the build could not run: {explain(error)}")

    def _build_at_once(self, options: Options, reload: Callable[[], None]) -> None:
        """Build all languages in parallel: no script is stale, so none will run."""
        with ThreadPoolExecutor(len(self._languages)) as pool:
            for outcome in pool.map(
                lambda language: self._build(language, options), self._languages
            ):
                self._finish(outcome, reload)

    def _build_one_by_one(self, options: Options, reload: Callable[[], None]) -> None:
        self._gallery_is_right = False
        outcomes = []
        for language in self._languages:
            outcomes.append(self._build(language, options))
            self._finish(outcomes[-1], reload)
        self._gallery_is_right = not outcomes[0].problems

    def _load_ahead(self) -> None:
        """Start the processes of the next build: loading Sphinx takes seconds."""
        for language in self._languages:
            if language not in self._waiting:
                process = start_sphinx(self._course, self._children)
                self._waiting[language] = process

    def _drop_loaded(self) -> None:
        while self._waiting:
            _, process = self._waiting.popitem()
            self._children.end(process)

    def _build(self, language: str, options: Options) -> Outcome:
        return run_sphinx(
            self._course,
            language,
            options=options,
            children=self._children,
            waiting=self._waiting.pop(language, None),
        )

    def _finish(self, outcome: Outcome, reload: Callable[[], None]) -> None:
        write_front_page(self._course)
        fill_pages(self._course)
        end = "failed" if outcome.problems else "done"
        say(f"{outcome.step:4} {end:6} {outcome.seconds:6.1f} s")
        for problem in outcome.problems:
            say(f"    {problem}")
        reload()


def snapshot(course: Course) -> Snapshot:
    """Return when each file that the site is made of was last written."""
    found = {}
    for path in _sources(course):
        try:
            found[path] = path.stat().st_mtime_ns
        except OSError:  # an editor was faster, or links lead round in a circle
            continue
    return found


def _sources(course: Course) -> Iterator[Path]:
    """Yield the files that people write; generated ones and editors' are left out."""
    yield course.root / "conf.py"
    generated = course.docs / "gallery"  # sphinx-gallery must write there
    for folder in (course.docs, course.root / "gallery", course.root / "d2lnotes"):
        for here, folders, files in os.walk(folder):
            folders[:] = [
                name
                for name in folders
                if not name.startswith((".", "__")) and Path(here, name) != generated
            ]
            for name in files:
                if not name.startswith((".", "#")) and not name.endswith("~"):
                    yield Path(here, name)
