"""Tests for scripts that go wrong: each is named with its error, the others go on."""

import os
import re
import signal
import subprocess
import sys
from types import SimpleNamespace

import pytest
from gallery_project import FIGURE, Project

from d2lnotes.site.gallery import run

LIMIT = 2  # seconds
SLEEP = "import time\n\nfor _ in range(600):\n    time.sleep(0.1)\n"
# Code in C that no signal interrupts.
DEAF = """
import ctypes
import signal

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGALRM})
ctypes.CDLL(None).sleep(60)
"""
STUBBORN = """
import time

while True:
    try:
        time.sleep(0.1)
    except Exception:
        if "caught" in globals():
            raise
        caught = True
"""
DIES = "import os\nimport signal\n\nos.kill(os.getpid(), signal.SIGSEGV)\n"
NO_GLYPH = f"{FIGURE}ax.set_title('\\ue000')\n"
CHINESE_ALONE = f"{FIGURE}ax.set_title('汉')\n"
ENGLISH_ALONE = f"{FIGURE}ax.set_xticks([0], ['a word'])\n"
HAN_IN_MATHS = f"{FIGURE}ax.set_title(r'$\\mathfrak{{汉}}$')\n"
UNLABELLED = "import matplotlib.pyplot as plt\n\nfig, ax = plt.subplots()\n"
FAILS_BEFORE_LABEL = f"{UNLABELLED}1 / 0\n"
IMPORTS_BESIDE = "import plot_good\n"
WRITES = {
    "write": "open({path!r}, 'w')",
    "rename": "open('mine', 'w').close()\nos.rename('mine', {path!r})",
    "mkdir": "os.mkdir({path!r})",
    "relative": "open('../../../../docs/left.txt', 'w')",
    "sqlite": "import sqlite3\nsqlite3.connect({path!r})",
}
HARMS = {
    "remove_tree": "import shutil\nshutil.rmtree({docs!r})",
    "remove_in_folder": "os.remove('kept.txt', dir_fd=os.open({docs!r}, 0))",
    "rename_in_folder": (
        "folder = os.open({docs!r}, 0)\n"
        "os.rename('kept.txt', 'x', src_dir_fd=folder, dst_dir_fd=folder)"
    ),
    "change_rights": "os.chmod({docs!r} + '/kept.txt', 0)",
    "change_rights_by_descriptor": "os.chmod(os.open({docs!r} + '/kept.txt', 0), 0)",
    "change_time": "os.utime({docs!r} + '/kept.txt', (0, 0))",
}
UNSEEN = {
    "shell": "import subprocess\nsubprocess.run(['rm', {path!r}], check=True)",
    "torch": "import torch\ntorch.save([1], {path!r})",
}
FAULTS = {
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "wrong": ("assert 1 == 2, 'the claim'", "AssertionError: the claim"),
    "syntax": ("1 +", "SyntaxError"),
    "dies": (DIES, "its process died of SIGSEGV"),
    "exits": ("import os\n\nos._exit(3)", "exit code 3"),
    "leaves": ("raise SystemExit(4)", "exit code 4"),
    "glyph": (NO_GLYPH, "Glyph 57344"),
    "chinese": (CHINESE_ALONE, "figure 1 says '汉': Chinese without its English half"),
    "english": (ENGLISH_ALONE, "figure 1 says 'a word': English without its Chinese"),
    "maths": (HAN_IN_MATHS, "does not have a glyph"),
    "unlabelled": (UNLABELLED, "figure 1 needs an alternative text"),
    "early": (FAILS_BEFORE_LABEL, "ZeroDivisionError: division by zero"),
    "address": ("object()", "prints the memory address <object object at 0x"),
    "beside": (IMPORTS_BESIDE, "No module named 'plot_good'"),
    "ends": ("import sys\n\nsys.exit(0)", "the script ends itself with exit code 0"),
    "half": ("print('\\ud800')", "prints '\\ud800', which is half a character"),
}
SCRIPT = '"""\n甲 | A\n======\n\n中。\n\nEn.\n"""\nx = 1\n'
UNREADABLE = {
    "plot_with space": (SCRIPT.encode(), 1, "its name holds a space"),
    "plot_gbk": (SCRIPT.encode("gbk"), 2, "it is not UTF-8"),
    "plot_mark": (SCRIPT.encode("utf-8-sig"), 1, "begins with a byte order mark"),
    "plot_endless": (SCRIPT.strip().encode(), 1, "its last line does not end"),
}
HANGS = {
    "hangs": (SLEEP, f"did not end within its limit of {LIMIT} s"),
    "stubborn": (STUBBORN, f"did not end within its limit of {LIMIT} s"),
    "deaf": (DEAF, f"still running after {2 * LIMIT} s"),
}


@pytest.fixture(scope="module")
def hanging(tmp_path_factory):
    """Scripts that do not end, and one that does."""
    project = Project(tmp_path_factory.mktemp("hanging")).create()
    for name, (body, _) in HANGS.items():
        project.script(name, body)
    project.script("quick", "1 + 1")
    limit = f"d2lnotes_time_limit={LIMIT}"
    project.code, _, project.warned = project.build("zh", "-b", "dummy", "-D", limit)
    return project


@pytest.fixture(scope="module")
def faulty(tmp_path_factory):
    """One script per fault and two that are right, built once in each language."""
    project = Project(tmp_path_factory.mktemp("faulty")).create()
    for name, (body, _) in FAULTS.items():
        project.script(name, body)
    for name, code in WRITES.items():
        path = str(project.root / "docs" / "left.txt")
        project.script(f"to_{name}", f"import os\n\n{code.format(path=path)}\n")
    project.write("docs/kept.txt", "kept")
    for name, code in HARMS.items():
        code = code.format(docs=str(project.root / "docs"))
        project.script(f"to_{name}", f"import os\n\n{code}\n")
    for name, (content, _, _) in UNREADABLE.items():
        (project.root / f"gallery/numbers/{name}.py").write_bytes(content)
    os.mkfifo(project.root / "gallery/numbers/plot_pipe.py")
    project.script("good", "open('mine.txt', 'w').close()\n")
    project.script("also_good")
    project.write("gallery/numbers/looks.py", '"""\n看 | Look\n=======\n"""\n')
    project.write("gallery/lonely/plot_alone.py", '"""\n独 | Alone\n=======\n"""\n')
    same_build = ["-D", "d2lnotes_build_id=a"]
    project.code, _, project.warned = project.build("zh", *same_build)
    project.ran_first = project.ran()
    project.code_en, _, project.warned_en = project.build(
        "en", "-b", "dummy", *same_build
    )
    project.ran_second = project.ran()
    return project


def test_a_build_with_faults_fails(faulty):
    assert faulty.code == 1
    assert "gallery scripts failed: lonely/plot_alone, numbers/looks" in faulty.warned


@pytest.mark.parametrize(("name", "error"), [(n, e) for n, (_, e) in FAULTS.items()])
def test_a_script_that_fails_is_named_with_its_error(faulty, name, error):
    told = message_about(faulty.warned, name)

    assert f"numbers/plot_{name} failed: " in told
    assert error in told


@pytest.mark.parametrize(("name", "error"), [(n, e) for n, (_, e) in HANGS.items()])
def test_a_script_that_hangs_is_stopped_and_named(hanging, name, error):
    assert hanging.code == 1
    assert error in message_about(hanging.warned, name)
    assert "quick failed" not in hanging.warned


@pytest.mark.parametrize("name", WRITES)
def test_a_script_that_writes_into_the_course_is_named_with_the_file(faulty, name):
    told = message_about(faulty.warned, f"to_{name}")

    assert f"numbers/plot_to_{name} writes outside its folder: " in told
    assert "docs/left.txt" in told
    assert not (faulty.root / "docs" / "left.txt").exists()


@pytest.mark.parametrize("name", HARMS)
def test_a_script_that_harms_the_course_is_refused(faulty, name):
    told = message_about(faulty.warned, f"to_{name}")

    assert f"numbers/plot_to_{name} writes outside its folder: " in told
    kept = faulty.root / "docs" / "kept.txt"
    assert kept.read_text() == "kept"
    assert kept.stat().st_mtime > 0


@pytest.mark.parametrize("name", UNSEEN)
def test_what_python_does_not_see_is_named_afterwards(tmp_path, name):
    project = Project(tmp_path).create()
    project.write("toy/words.txt", "words")
    path = project.root / "toy" / "words.txt"
    project.script("unseen", UNSEEN[name].format(path=str(path)))

    code, _, warned = project.build("zh", "-b", "dummy")

    assert code == 1
    told = message_about(warned, "unseen")
    assert "while numbers/plot_unseen ran, files of the course were changed" in told
    assert str(path) in told


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_script_that_cannot_be_read_is_named_and_the_others_go_on(faulty, name):
    _, line, problem = UNREADABLE[name]

    assert f"{name}.py:{line}: WARNING: numbers/{name} failed: " in faulty.warned
    assert problem in faulty.warned


def test_a_pipe_among_the_scripts_is_named(faulty):
    assert "numbers/plot_pipe failed: it did not run: it is no file" in faulty.warned


def test_a_script_stopped_from_outside_is_not_said_to_lack_memory(tmp_path):
    script = SimpleNamespace(name="numbers/plot_x", record=tmp_path / "x.json")
    job = SimpleNamespace(
        script=script, log=tmp_path / "x.log", limit=5, build_id="", reason=""
    )

    _, error = run._outcome(job, -signal.SIGKILL, too_late=True)

    assert f"still running after {2 * 5} s" in error
    assert "memory" not in error


def test_no_script_runs_without_its_assertions(tmp_path):
    project = Project(tmp_path).create()
    project.script("claim", "assert False")

    code, _, warned = project.build("zh", "-b", "dummy", PYTHONOPTIMIZE="1")

    assert code == 1
    assert "would run without its assertions" in message_about(warned, "claim")


def test_a_traceback_shows_the_line_of_the_script(faulty):
    told = message_about(faulty.warned, "raises")

    line = faulty.read("gallery/numbers/plot_raises.py").splitlines().index("1 / 0") + 1
    assert told.startswith(f"plot_raises.py:{line}: WARNING")
    assert f'gallery/numbers/plot_raises.py", line {line}' in told


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("numbers/looks", "its name must begin with plot_"),
        ("lonely/plot_alone", "lonely has no GALLERY_HEADER.rst"),
    ],
)
def test_a_script_that_would_not_run_is_named(faulty, name, reason):
    assert f"{name} failed: it did not run: {reason}" in faulty.warned


@pytest.mark.parametrize("name", ["good", "also_good"])
def test_the_others_run_and_have_their_pages(faulty, name):
    assert name in faulty.ran_first
    assert faulty.read(f"build/html/zh/gallery/numbers/plot_{name}.html")
    assert f"numbers/plot_{name} failed" not in faulty.warned


def test_the_page_of_a_failed_script_is_written_too(faulty):
    assert "ZeroDivisionError" in faulty.read(
        "build/html/zh/gallery/numbers/plot_raises.html"
    )


def test_time_in_which_others_have_all_cores_does_not_count():
    code = """
import sys, time
from types import SimpleNamespace
from d2lnotes.site.gallery import worker

start = time.monotonic()
worker._seconds_without_core = lambda: time.monotonic() - start
job = SimpleNamespace(limit=0.2, script=SimpleNamespace(name="x"))
with worker._time_limit(job, SimpleNamespace(active=True), sys.__stderr__):
    time.sleep(0.5)
"""

    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_script_may_write_into_its_own_folder(faulty):
    assert (faulty.root / "build/scratch/numbers/plot_good/mine.txt").exists()


def test_the_second_language_fails_too_without_running_anything(faulty):
    assert faulty.code_en == 1
    assert faulty.ran_second == []
    assert "plot_raises failed: ZeroDivisionError" in faulty.warned_en


def test_a_failed_script_runs_again_until_it_passes(tmp_path):
    project = Project(tmp_path).create()
    project.script("claim", "assert False")
    failed = [project.build("zh", "-b", "dummy")[0] for _ in range(2)]
    assert project.ran() == ["claim", "claim"]
    project.script("claim", "assert True")

    passed = project.build("zh", "-b", "dummy")

    assert failed == [1, 1]
    assert passed[0] == 0
    assert project.ran() == ["claim"]


def message_about(warned, name):
    """Return the message about one script, up to the next one."""
    messages = re.split(r"(?m)^(?=\S+: (?:WARNING|ERROR): )", warned)
    found = [text for text in messages if f"numbers/plot_{name} failed" in text]
    return found[0][found[0].index(f"plot_{name}.py") :]
