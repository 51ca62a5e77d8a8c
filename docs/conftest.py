"""Run the Python of the pages: ``pytest docs`` or ``pytest docs/<chapter>/<page>.md``.

Each block is a test named after its line; those of a page run in order in one
namespace. A block of statements passes if nothing raises, a ``>>>`` session if
it prints what the page shows. ``% skip: next`` leaves out the block after it.
A page works in an empty folder of its own, without a network.
"""

from __future__ import annotations

import contextlib
import doctest
import os
import socket
import sys
import tempfile
from pathlib import Path

import pytest
import torch
from sybil import Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.integration.pytest import SybilItem
from sybil.parsers.myst import CodeBlockParser, SkipParser

_LOOPBACK = ("127.0.0.1", "::1", "localhost")
_page = contextlib.ExitStack()  # what to undo after the page that runs now
_reached: dict[
    object, int
] = {}  # document: where its last block to run begins


class BlockParser(CodeBlockParser):
    """Takes every Python block as one example, be it statements or a session."""

    language = "python"

    def evaluate(self, example):
        if example.parsed.startswith(">>>"):
            return _run_session(example)
        return PythonEvaluator()(example)


def _run_session(example):
    """Run a ``>>>`` session and return what went wrong; empty if nothing did."""
    session = doctest.DocTestParser().get_doctest(
        example.parsed, {}, Path(example.path).name, example.path, example.line
    )
    session.globs = example.namespace  # get_doctest makes a copy
    problems = []
    doctest.DocTestRunner().run(
        session, out=problems.append, clear_globs=False
    )
    return "".join(problems)


def _prepare(_namespace):
    """Give a page its own folder, no network, and draws that nobody has seeded."""
    folder = _page.enter_context(tempfile.TemporaryDirectory())
    patch = _page.enter_context(pytest.MonkeyPatch.context())
    if "D2LNOTES_DATA" in os.environ:
        patch.setenv(
            "D2LNOTES_DATA", str(Path(os.environ["D2LNOTES_DATA"]).absolute())
        )
    patch.delenv("D2LNOTES_RUN", raising=False)
    patch.setenv("MPLBACKEND", "Agg")
    patch.setattr(
        socket.socket, "connect", _connect_here_only(socket.socket.connect)
    )
    patch.chdir(folder)
    torch.seed()


def _restore(_namespace):
    """Undo ``_prepare`` and whatever a page may set for the whole process."""
    _page.close()
    torch.set_grad_enabled(True)
    torch.set_default_dtype(torch.float32)
    torch.set_printoptions(profile="default")
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


def _connect_here_only(connect):
    def guard(sock, address):
        internet = sock.family in (socket.AF_INET, socket.AF_INET6)
        if internet and address[0] not in _LOOPBACK:
            raise OSError(
                f"a page must work offline, but wants to reach {address[0]}"
            )
        return connect(sock, address)

    return guard


pages = Sybil(
    parsers=[BlockParser(), SkipParser()],
    pattern="*.md",
    excludes=["gallery/*", "gallery/*/*"],
    setup=_prepare,
    teardown=_restore,
)
pytest_collect_file = pages.pytest()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item):
    """Run the blocks above this one first, where this process has not run them.

    So a block can be tested alone.
    """
    if not isinstance(item, SybilItem):
        return
    document, start = item.example.document, item.example.start
    for example in document.examples():
        if _reached.get(document, -1) < example.start < start:
            with contextlib.suppress(Exception):  # it has a test of its own
                example.evaluate()
    _reached[document] = start
