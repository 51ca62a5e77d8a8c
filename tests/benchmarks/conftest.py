"""What measures must be the only one to compute."""

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def _alone():
    if int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1")) > 1:
        pytest.fail("other tests run beside this benchmark: add  -n 0", pytrace=False)
