"""The processes that test share the cores."""

import os

import torch


def test_processes_that_test_together_have_no_more_threads_than_cores():
    processes = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))

    most = max(1, (os.cpu_count() or 1) // processes)

    assert torch.get_num_threads() <= most
