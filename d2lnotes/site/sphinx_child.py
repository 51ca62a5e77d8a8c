"""Sphinx as the child of a build: it never outlives the build that started it.

Standard input is a pipe that the build holds open and never writes to. When it
closes, the build is gone, even if it was killed and could not say so; then this
process ends with every process it has started, and nothing writes to a folder
whose lock is free again.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading


def _end_at_end_of(pipe: int) -> None:
    os.read(pipe, 1)
    if sys.platform != "win32" and os.getpgrp() == os.getpid():
        os.killpg(os.getpgrp(), signal.SIGKILL)
    os._exit(1)


def _watch_parent() -> None:
    """Move the pipe out of the way, so that scripts find an empty standard input."""
    pipe = os.dup(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    threading.Thread(target=_end_at_end_of, args=(pipe,), daemon=True).start()


if __name__ == "__main__":
    _watch_parent()
    # Reading pages back makes millions of objects that live on: looking through all of
    # them again and again took a fifth of a build.
    gc.set_threshold(50_000, 20, 50)
    from sphinx.cmd.build import main

    sys.exit(main(sys.argv[1:]))
