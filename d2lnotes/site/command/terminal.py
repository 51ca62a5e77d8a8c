"""What the ``d2lnotes`` command says, and how it says that it cannot go on."""

from __future__ import annotations

import argparse
import io
import sys


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


def positive(text: str) -> int:
    """Return the number that an option was given, which is at least 1."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"a whole number from 1 on, not {text!r}")
    return int(text)


def say(text: str = "") -> None:
    """Write one line to the terminal, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def allow_any_character() -> None:
    """Let a terminal without Chinese characters show ``?`` instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
