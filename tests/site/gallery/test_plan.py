"""Tests for the reuse of runs: a script runs again when it must, and only then."""

import os
import signal
import time

import pytest
from gallery_project import FIGURE, Project

from d2lnotes.site.gallery import inputs, scripts
from d2lnotes.site.gallery.plan import why_stale
from d2lnotes.site.gallery.records import read_record

USES_TOY = "from toy.used import number\n\nnumber()\n"
# As fetch and the functions that call it do, but without loading torch.
ON_STAND_IN = """
from d2lnotes.results import note_data, note_file

file = Path(os.environ["D2LNOTES_DATA"], "fashion-mnist", "train.gz")
note_file("fashion-mnist/train.gz", file.stat().st_size if file.exists() else None)
note_data("digits", stand_in=not file.exists())
"""
TWO_FIGURES = FIGURE + FIGURE.replace("line", "other")
EVERY_SCRIPT = ["drawing", "module", "plain", "stand_in"]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Scripts that have run: on modules, on a stand-in, in two chapters."""
    project = Project(tmp_path_factory.mktemp("original")).create()
    project.write(
        "toy/used.py", "from toy import deep\n\n\ndef number():\n    return 1\n"
    )
    project.write("toy/deep.py", "")
    project.write("toy/unused.py", "")
    project.script("module", USES_TOY)
    project.script("stand_in", ON_STAND_IN)
    project.script("drawing", TWO_FIGURES)
    project.header("shapes", "形状 | Shapes")
    project.script("plain", chapter="shapes")
    assert build(project) == EVERY_SCRIPT
    return project


@pytest.fixture(scope="module")
def later(original, tmp_path_factory):
    """The same course after some changes and another build, with what that one ran."""
    project = original.copy_to(tmp_path_factory.mktemp("later"))
    project.write("toy/deep.py", "new = 1\n")
    project.script("drawing", FIGURE)
    for path in (project.root / "gallery/shapes").iterdir():
        path.unlink()
    (project.root / "gallery/shapes").rmdir()
    project.ran_again = build(project)
    return project


@pytest.fixture
def project(original, tmp_path):
    return original.copy_to(tmp_path)


@pytest.fixture
def stale(project, monkeypatch):
    """Return which scripts of ``project`` a build would run, without building."""
    monkeypatch.syspath_prepend(project.root)
    monkeypatch.setenv("D2LNOTES_DATA", str(project.root / "data"))

    def find():
        gallery = project.gallery()
        return [
            script.source.stem.removeprefix("plot_")
            for script in gallery.scripts()
            if why_stale(script, read_record(script.record), gallery.inputs(script))
        ]

    assert find() == []
    return find


def build(project, *arguments, language="zh"):
    """Build without writing pages; return the scripts that ran."""
    code, said, warned = project.build(
        language, "-b", "dummy", *arguments, **data(project)
    )
    assert code == 0, said + warned
    return project.ran()


def data(project):
    return {"D2LNOTES_DATA": str(project.root / "data")}


def test_nothing_runs_and_no_page_is_read_when_nothing_changed(original):
    code, said, _ = original.build("zh", "-b", "dummy", **data(original))

    assert code == 0
    assert original.ran() == []
    assert "0 added, 0 changed, 0 removed" in said


def test_only_what_changed_runs_again(later):
    assert later.ran_again == ["drawing", "module"]


def test_a_script_that_is_gone_leaves_nothing_behind(later):
    assert list(later.root.glob("docs/gallery/**/*plain*")) == []
    assert list(later.root.glob("build/results/**/*plain*")) == []


def test_a_chapter_that_is_gone_leaves_nothing_behind(later):
    assert not (later.root / "docs/gallery/shapes").exists()


def test_a_figure_that_a_script_no_longer_draws_is_gone(original, later):
    second = "docs/gallery/numbers/images/sphx_glr_plot_drawing_002.png"

    assert (original.root / second).exists()
    assert not (later.root / second).exists()


def test_a_changed_script_runs_again_alone(project, stale):
    project.script("drawing", f"{FIGURE}\n1 + 1")

    assert stale() == ["drawing"]


@pytest.mark.parametrize("module", ["used", "deep", "__init__"])
def test_a_changed_module_concerns_those_that_import_it_however_deep(
    project, stale, module
):
    project.write(f"toy/{module}.py", project.read(f"toy/{module}.py") + "\nnew = 1\n")

    assert stale() == ["module"]


def test_a_module_that_nobody_imports_concerns_nobody(project, stale):
    project.write("toy/unused.py", "new = 1\n")

    assert stale() == []


@pytest.mark.parametrize(
    "lost",
    [
        "build/results/numbers/plot_drawing.json",
        "docs/gallery/numbers/plot_drawing.rst",
        "docs/gallery/numbers/plot_drawing.py.md5",
        "docs/gallery/numbers/images/sphx_glr_plot_drawing_002.png",
    ],
)
def test_a_script_runs_again_when_what_it_made_is_lost(project, stale, lost):
    (project.root / lost).unlink()

    assert stale() == ["drawing"]


def test_a_page_that_was_changed_by_hand_is_made_again(project, stale):
    (project.root / "docs/gallery/numbers/plot_module.rst").chmod(0o644)
    project.write("docs/gallery/numbers/plot_module.rst", "changed")

    assert stale() == ["module"]


def test_a_record_cut_off_by_a_crash_does_not_count(project, stale):
    project.write("build/results/numbers/plot_module.json", '{"script": "numb')

    assert stale() == ["module"]


def test_data_that_arrive_end_the_use_of_a_stand_in(project, stale):
    project.write("data/fashion-mnist/train.gz", "real data")

    assert stale() == ["stand_in"]


def test_an_unfinished_download_does_not_end_the_use_of_a_stand_in(project, stale):
    project.write("data/fashion-mnist/.train.gz.partial", "half of it")

    assert stale() == []


@pytest.mark.parametrize(
    ("module", "function", "other"),
    [(inputs, "_version", "99"), (scripts, "device_kind", "cuda")],
)
def test_another_library_or_kind_of_device_concerns_everyone(
    stale, monkeypatch, module, function, other
):
    monkeypatch.setattr(module, function, lambda *_: other)

    assert sorted(stale()) == EVERY_SCRIPT


def test_prose_can_be_written_in_between_without_running_or_losing_anything(project):
    before = project.read("docs/gallery/numbers/plot_drawing.rst")
    source = project.read("gallery/numbers/plot_drawing.py")
    index = project.read("docs/index.md")
    project.script("drawing", f"{FIGURE}\n1 + 1")
    project.script("new")
    chart = "/gallery/numbers/images/sphx_glr_plot_new_001.png"
    project.write("docs/index.md", f"{index}\n![一图 | A chart]({chart})\n")

    assert build(project, "-D", "d2lnotes_no_gallery=1") == []

    project.write("gallery/numbers/plot_drawing.py", source)
    assert build(project) == ["drawing", "new"]
    assert project.read("docs/gallery/numbers/plot_drawing.rst") == before


def test_two_builds_at_once_run_each_script_once(project):
    project.script("drawing", f"{FIGURE}\nimport time\ntime.sleep(1)")
    builds = [
        project.start(lang, "-b", "dummy", **data(project)) for lang in ("zh", "en")
    ]

    said = [process.communicate(timeout=120) for process in builds]

    assert [process.returncode for process in builds] == [0, 0], said
    assert project.ran() == ["drawing"]


def test_the_build_after_an_interrupted_one_is_right(project):
    project.script("drawing", f"{FIGURE}\nimport time\ntime.sleep(20)")
    process = project.start("zh", "-b", "dummy", **data(project))
    wait_for(lambda: project.log.exists() and "drawing" in project.log.read_text())

    os.killpg(process.pid, signal.SIGINT)  # what Ctrl-C does

    process.communicate(timeout=15)
    assert process.returncode != 0
    wait_for(lambda: not group_lives(process.pid))
    assert project.ran() == ["drawing"]
    project.script("drawing", f"{FIGURE}\nprint('whole')")
    assert build(project) == ["drawing"]
    assert "whole" in project.read("docs/gallery/numbers/plot_drawing.rst")


def test_a_killed_build_leaves_no_script_running(project):
    project.script("drawing", f"{FIGURE}\nimport time\ntime.sleep(60)")
    process = project.start("zh", "-b", "dummy", **data(project))
    wait_for(lambda: project.log.exists() and "drawing" in project.log.read_text())

    process.kill()

    process.communicate(timeout=15)
    wait_for(lambda: not group_lives(process.pid))


def test_imports_are_followed_through_every_way_of_writing_them(tmp_path):
    files = {
        "toy/__init__.py": "",
        "toy/one.py": "from . import two",
        "toy/two.py": "def f():\n    from .sub.three import x",
        "toy/sub/__init__.py": "",
        "toy/sub/three.py": "from ..four import x",
        "toy/sub/table.csv": "1,2",
        "toy/four.py": "import os",
        "toy/five.py": "",
        "script.py": "import toy.one as o",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    found = inputs.imported_code(tmp_path / "script.py", {"toy": tmp_path / "toy"})

    assert sorted(found) == [
        "toy.sub: table.csv",
        "toy/__init__.py",
        "toy/four.py",
        "toy/one.py",
        "toy/sub/__init__.py",
        "toy/sub/three.py",
        "toy/two.py",
    ]


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def group_lives(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
