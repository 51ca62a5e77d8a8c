"""What the system refuses is said in one sentence: what, why, and what to do."""

import errno
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from filelock import FileLock
from tiny_course import make_course, start

from d2lnotes.site.command import cli, sphinx_run
from d2lnotes.site.command.cli import main
from d2lnotes.site.command.course import Course
from d2lnotes.site.command.packing import Packer
from d2lnotes.site.command.serve import snapshot

FULL = Path("/dev/full")  # a file on a disk without room


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A tiny course folder, and the working directory in it."""
    folder = make_course(tmp_path / "course")
    monkeypatch.chdir(folder)
    return folder


def refuse(number, file):
    """Return a function that fails as the system would."""

    def fail(*args, **kwargs):
        raise OSError(number, os.strerror(number), file)

    return fail


def test_a_file_in_the_place_of_the_build_folder_is_named(course, capsys):
    (course / "build").write_text("")

    assert main(["build"]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert f"{course / 'build'} could not be written: File exists: a file" in line
    assert "move it elsewhere" in line


def test_a_full_disk_at_the_lock_is_named(course, capsys, monkeypatch):
    monkeypatch.setattr(FileLock, "acquire", refuse(errno.ENOSPC, None))

    assert main(["build"]) == 1

    (line,) = capsys.readouterr().err.splitlines()
    assert "build/.lock could not be written: No space left on device" in line
    assert "make room on that disk" in line


@pytest.mark.skipif(not FULL.exists(), reason="needs /dev/full")
def test_a_full_disk_under_the_output_or_an_archive_is_named(tmp_path, course):
    with FULL.open("w") as full:
        process = start(course, "data", "list", stdout=full, stderr=subprocess.PIPE)
        said = process.communicate(timeout=60)[1].decode()
    (tmp_path / "site.partial").symlink_to(FULL)
    packer = Packer(tmp_path / "memory.json")

    with pytest.raises(OSError, match="No space left") as error:
        packer.pack(tmp_path / "site.zip", {"page": bytes(100_000)})

    assert said.startswith("d2lnotes: the output could not be written: No space left")
    assert len(said.splitlines()) == 1
    assert error.value.filename == str(tmp_path / "site.zip")


def test_a_course_that_cannot_be_written_is_named(course, capsys, monkeypatch):
    monkeypatch.setattr(cli, "build", refuse(errno.EROFS, "docs/gallery"))

    assert main(["build"]) == 1

    assert "docs/gallery could not be written: Read-only" in capsys.readouterr().err


def test_an_error_of_the_system_inside_sphinx_comes_with_what_helps():
    message = "OSError: [Errno 28] No space left on device: 'build/gallery.lock'"

    (told,) = sphinx_run._problems(2, [message], "log")

    assert told.startswith(message)
    assert told.endswith("make room on that disk")


def test_nobodys_home_as_the_data_folder_is_named(course, capsys, monkeypatch):
    monkeypatch.setenv("D2LNOTES_DATA", "~nosuch/data")

    assert main(["build"]) == 2

    assert "D2LNOTES_DATA is '~nosuch/data'" in capsys.readouterr().err


def test_a_working_folder_that_was_deleted_is_named(tmp_path, capsys, monkeypatch):
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()

    assert main(["build"]) == 2

    assert "the folder that you are in was deleted" in capsys.readouterr().err


def test_a_reader_that_goes_away_ends_the_command_with_a_sentence(course):
    reading, writing = os.pipe()
    os.close(reading)

    process = start(course, "data", "list", stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)

    said = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 1
    assert said == "d2lnotes: stopped, since nobody reads the output any more\n"


def test_a_command_with_closed_output_does_its_work(course):
    python = shlex.quote(sys.executable)
    command = f"{python} -m d2lnotes.site.command.cli build --language en"

    done = subprocess.run(
        ["sh", "-c", f"{command} >&- 2>&-"], cwd=course, timeout=120, check=False
    )

    assert done.returncode == 0
    assert (course / "build/html/en/page.html").exists()


def test_a_locale_that_is_not_installed_does_not_stop_the_build(course, monkeypatch):
    for name in ("LC_ALL", "LC_CTYPE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "zz_ZZ.UTF-8")

    assert main(["build", "--language", "en"]) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="needs symbolic links")
def test_a_circle_of_links_does_not_stop_the_watching(course):
    (course / "docs" / "loop.md").symlink_to("loop.md")

    assert course / "docs" / "page.md" in snapshot(Course(course))


def test_what_a_shell_sets_for_other_programs_does_not_reach_scripts(
    course, monkeypatch
):
    monkeypatch.setenv("PYTHONOPTIMIZE", "1")
    monkeypatch.setenv("MPLBACKEND", "nope")
    with (course / "conf.py").open("a", encoding="utf-8") as conf:
        conf.write("import os, sys\nif sys.flags.optimize: raise ValueError\n")
        conf.write("if os.environ['MPLBACKEND'] == 'nope': raise ValueError\n")

    assert main(["build", "--language", "en"]) == 0
