"""Sphinx as the child of a build: it never outlives the build that started it.

Standard input is a pipe. Its one line says what to build, and until it comes this
process loads what every build needs: a child that was started ahead of time builds
sooner. After that the pipe stays open and empty. When it closes, the build is gone,
even if it was killed and could not say so; then this process ends with every process
it has started, and nothing writes to a folder whose lock is free again.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path

import d2lnotes.site


def main() -> int:
    """Run Sphinx as the line on standard input says, and return its exit code."""
    # Reading pages back makes millions of objects that live on: looking through all of
    # them again and again took a fifth of a build.
    gc.set_threshold(50_000, 20, 50)
    load(Path.cwd())
    from sphinx.cmd.build import main as run_sphinx

    line = sys.stdin.readline()
    if not line:
        return 1  # the build has no need of this process
    _watch_parent()
    order = json.loads(line)
    if order["log"]:
        with Path(order["log"]).open("wb") as log:
            for stream in (sys.stdout, sys.stderr):
                os.dup2(log.fileno(), stream.fileno())
    sys.argv = ["sphinx-build", *order["arguments"]]  # a conf.py may look at them
    return run_sphinx(sys.argv[1:])


def load(folder: Path) -> None:
    """Import the extensions that ``folder``'s conf.py names, and what they import late.

    What is wrong with them is Sphinx's to say.
    """
    from sphinx.application import builtin_extensions
    from sphinx.config import Config
    from sphinx.util.tags import Tags

    with suppress(Exception):
        listed = Config.read(folder, overrides={}, tags=Tags()).extensions
        own = [
            *listed,
            *(d2lnotes.site.EXTENSIONS if "d2lnotes.site" in listed else ()),
        ]
        for name in (*builtin_extensions, *own):
            importlib.import_module(name)
        if "sphinx_gallery.gen_gallery" in own:
            import matplotlib as mpl

            mpl.use("agg")
            importlib.import_module("matplotlib.pyplot")


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
    exit_code = main()
    sys.stdout.flush()
    sys.stderr.flush()
    # Taking millions of objects apart one by one would take longer than most builds.
    os._exit(exit_code)
