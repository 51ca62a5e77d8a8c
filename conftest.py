"""For all tests: options, and cores shared among the processes that run them."""

import os

import pytest

# Before torch is imported: threads of one process that wait for those of another
# compute nothing, and take twice as long for it. Not in the process that starts the
# others, since they would inherit what is set there.
if _processes := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    _cores = os.cpu_count() or 1
    os.environ.setdefault("OMP_NUM_THREADS", str(max(1, _cores // _processes)))


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--all-pages``."""
    parser.addoption(
        "--all-pages",
        action="store_true",
        help="look at all pages of the built site in both languages, not at a sample",
    )
