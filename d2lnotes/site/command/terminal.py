"""What the ``d2lnotes`` command says, and how it says that it cannot go on."""

from __future__ import annotations

import errno
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ADVICE = {
    errno.EACCES: "give yourself the right to write there, or copy the course to a "
    "folder of your own",
    errno.EROFS: "copy the course to a place where files can be written",
    errno.ENOSPC: "make room on that disk",
    errno.EEXIST: "a file stands where a folder is needed; move it elsewhere",
    errno.EISDIR: "a folder stands where a file is needed; move it elsewhere",
}
_ADVICE |= {
    errno.EPERM: _ADVICE[errno.EACCES],
    errno.EDQUOT: _ADVICE[errno.ENOSPC],
    errno.ENOTDIR: _ADVICE[errno.EEXIST],
}


class CommandError(Exception):
    """The command cannot do what was asked; its message says why and what to try.

    Parameters
    ----------
    message
        For the person at the terminal.
    exit_code
        2 when nothing was started, 1 when something was started and failed.
    """

    def __init__(self, message: str, *, exit_code: int = 2) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def say(text: str = "") -> None:
    """Write one line to the terminal, at once."""
    with naming("the output"):
        sys.stdout.write(f"{text}\n")
        sys.stdout.flush()


@contextmanager
def naming(what: object) -> Iterator[None]:
    """Let an error of the system tell what was being written, if it does not know.

    It knows the name when a file is opened, not when the disk is full later on.
    """
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(what)
        raise


def explain(error: OSError) -> str:
    """Say in one sentence what could not be written or read, why, and what to do."""
    what = error.filename or "a file"
    verb = "written" if error.errno in _ADVICE else "read or written"
    why = error.strerror or str(error)
    return f"{what} could not be {verb}: {why}{advice(error.errno)}"


def advice(number: int | None) -> str:
    """Return what helps against the system's error ``number``, after a colon, if known."""
    return f": {_ADVICE[number]}" if number in _ADVICE else ""


def open_closed_streams() -> None:
    """Let what is said go nowhere if the command was started with its output closed.

    Otherwise the next file that is opened would take the place of the output.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            nothing = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(nothing, True)  # Sphinx has no other output either
            setattr(sys, name, os.fdopen(nothing, mode, encoding="utf-8"))


def drop_output() -> None:
    """Let what was not yet written go nowhere, as its reader is gone or full.

    Python writes it when it ends, and would fail once more.
    """
    try:
        sys.stdout.flush()
    except OSError:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, sys.stdout.fileno())
        os.close(nothing)


def allow_any_character() -> None:
    """Let a terminal without Chinese characters show ``?`` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
