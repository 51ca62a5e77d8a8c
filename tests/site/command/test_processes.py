"""Processes that a build starts."""

import sys
import time

import pytest

from d2lnotes.site.command import processes
from d2lnotes.site.command.processes import Children, Stopped


def test_stopping_while_a_process_starts_ends_it(tmp_path, monkeypatch):
    running, start = Children(), processes._start

    def start_while_stopping(*arguments):
        running.stop()
        return start(*arguments)

    monkeypatch.setattr(processes, "_start", start_while_stopping)
    began = time.monotonic()

    with pytest.raises(Stopped):
        running.run(
            [sys.executable, "-c", "import time; time.sleep(30)"], folder=tmp_path
        )

    assert time.monotonic() - began < 20
