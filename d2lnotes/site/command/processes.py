"""Processes that a build starts: stopped with everything they started in turn."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO

_SECONDS_TO_END = 5.0


class Stopped(Exception):  # noqa: N818 - not an error: somebody asked for it
    """The build was stopped while, or before, a process ran."""


class Children:
    """The running processes of one build."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopped = False

    def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        log: Path | None = None,
    ) -> int:
        """Run ``command`` in ``folder`` and return its exit code.

        ``env`` comes on top of this process's own environment. What the process says
        goes to the file ``log``, without one to the terminal.

        Raises
        ------
        Stopped
            If :meth:`stop` was called, before or meanwhile.
        """
        with ExitStack() as stack:
            output = stack.enter_context(log.open("wb")) if log else None
            return self.wait(self.start(command, folder=folder, env=env, output=output))

    def start(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        env: Mapping[str, str] | None = None,
        output: IO[bytes] | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start ``command`` in ``folder``; :meth:`wait` or :meth:`end` must follow.

        Its standard input is a pipe that stays open until then.

        Raises
        ------
        Stopped
            If :meth:`stop` was called.
        """
        if self._stopped:
            raise Stopped
        process = _start(command, folder, env, output)
        self._running.add(process)
        return process

    def wait(self, process: subprocess.Popen[bytes]) -> int:
        """Return the exit code of ``process`` once it has ended.

        Raises
        ------
        Stopped
            If :meth:`stop` was called, before or meanwhile.
        """
        try:
            # `stop` may have looked before there was a process to see.
            exit_code = -1 if self._stopped else process.wait()
        finally:
            self.end(process)
        if self._stopped:
            raise Stopped
        return exit_code

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """End ``process``, if it runs, and everything that it started."""
        # Its pipe is closed; what it never read no longer matters.
        with suppress(BrokenPipeError), process:
            _end(process)
        self._running.discard(process)

    def stop(self) -> None:
        """Stop every running process; :meth:`run` raises :class:`Stopped` from now on."""
        self._stopped = True
        for process in tuple(self._running):
            _end(process)


def _start(
    command: Sequence[str],
    folder: Path,
    env: Mapping[str, str] | None,
    output: IO[bytes] | None,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        command,
        cwd=folder,
        env={**os.environ, **(env or {})},
        stdin=subprocess.PIPE,  # it closes when this process is gone
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,  # Ctrl-C comes to us alone: we stop the whole group
    )


def _end(process: subprocess.Popen[bytes]) -> None:
    """End ``process`` and what it started: politely first, then for certain."""
    if process.poll() is None:
        _signal(process, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_SECONDS_TO_END)
    if sys.platform != "win32":
        _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if sys.platform == "win32":
        process.terminate()
        return
    # the group outlives its leader while a member runs
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
