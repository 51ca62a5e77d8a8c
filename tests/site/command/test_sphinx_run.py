"""Processes that load Sphinx before there is anything to build."""

import subprocess
import sys

from tiny_course import make_course

from d2lnotes.site.command.course import Course
from d2lnotes.site.command.processes import Children
from d2lnotes.site.command.sphinx_run import Options, run_sphinx, start_sphinx


def test_a_process_that_was_ready_builds(tmp_path):
    course, children = Course(make_course(tmp_path / "course")), Children()
    ready = start_sphinx(course, children)

    outcome = run_sphinx(
        course, "en", options=Options(), children=children, waiting=ready
    )

    assert outcome.problems == ()
    assert ready.returncode == 0
    assert "Some text" in (course.html("en") / "page.html").read_text("utf-8")


def test_a_process_that_is_not_needed_ends_with_its_build(tmp_path):
    course = make_course(tmp_path / "course")

    done = subprocess.run(
        [sys.executable, "-m", "d2lnotes.site.command.sphinx_child"],
        cwd=course,
        input=b"",
        capture_output=True,
        timeout=60,
    )

    assert done.returncode == 1
    assert done.stdout + done.stderr == b""
    assert not (course / "build").exists()


def test_a_process_that_ended_too_soon_is_a_failed_build(tmp_path):
    course, children = Course(make_course(tmp_path / "course")), Children()
    gone = children.start([sys.executable, "-c", "exit(3)"], folder=tmp_path)
    gone.wait()

    outcome = run_sphinx(
        course, "en", options=Options(), children=children, waiting=gone
    )

    assert "exit code 3" in outcome.problems[0]
