"""A page costs as much in a large course as in a small one."""

import sys

import pytest
from synthetic_course import build, write_course

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800)]

COPIES = 1  # of all chapters beside the course itself
AT_MOST = 1.15


def test_a_copied_page_costs_no_more_than_one_of_the_course(tmp_path):
    # Seconds of a processor: what else the machine does hardly counts in them.
    lessons, seconds = {}, {}
    for copies in (0, COPIES):
        lessons[copies] = write_course(tmp_path / str(copies), copies)
        cost = build(tmp_path / str(copies))
        seconds[copies] = cost.cpu_seconds
        sys.stdout.write(
            f"{lessons[copies]} lessons: {cost.cpu_seconds:.1f} s, {cost.memory} MiB\n"
        )

    small = seconds[0] / lessons[0]
    more = (seconds[COPIES] - seconds[0]) / (lessons[COPIES] - lessons[0])
    sys.stdout.write(f"a lesson: {small:.2f} s; one more: {more:.2f} s\n")
    assert more <= AT_MOST * small
