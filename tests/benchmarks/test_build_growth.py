"""A page costs as much in a large course as in a small one."""

import sys

import pytest
from synthetic_course import build, write_course

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

# What starts once, such as MathJax, is in the cost of a course that is nearly empty.
NEARLY_NONE, FEW, MANY = 1, 50, 200
# Short pages: what they cost by themselves would hide what the others cost them.
SECTIONS = 1
AT_MOST = 1.15


def test_a_page_of_two_hundred_costs_no_more_than_one_of_fifty(tmp_path):
    # Seconds of a processor: what else the machine does hardly counts in them.
    seconds = {}
    for pages in (NEARLY_NONE, FEW, MANY):
        write_course(tmp_path / str(pages), pages, sections=SECTIONS)
        cost = build(tmp_path / str(pages))
        seconds[pages] = cost.cpu_seconds
        sys.stdout.write(
            f"{pages} pages: {cost.cpu_seconds:.1f} s, {cost.memory} MiB\n"
        )

    few, many = (
        (seconds[pages] - seconds[NEARLY_NONE]) / (pages - NEARLY_NONE)
        for pages in (FEW, MANY)
    )
    sys.stdout.write(f"a page more: {few:.3f} s of {FEW}, {many:.3f} s of {MANY}\n")
    assert many <= AT_MOST * few
