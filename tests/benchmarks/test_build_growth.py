"""A page costs as much in a large course as in a small one."""

import sys

import pytest
from synthetic_course import build, write_course

pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1200)]

FEW, MANY = 50, 200
# What else the machine does in the meantime accounts for some of the difference.
AT_MOST = 1.25


def test_a_page_of_two_hundred_costs_no_more_than_one_of_fifty(tmp_path):
    seconds = {}
    for pages in (FEW, MANY):
        write_course(tmp_path / str(pages), pages)
        whole, memory = build(tmp_path / str(pages))
        seconds[pages] = whole / pages
        sys.stdout.write(
            f"{pages} pages: {seconds[pages]:.3f} s a page, {memory} MiB\n"
        )

    assert seconds[MANY] <= AT_MOST * seconds[FEW]
