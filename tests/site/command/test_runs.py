"""`d2lnotes run` and `d2lnotes runs`: a share of the scripts, and runs carried about."""

import zipfile
from hashlib import sha256

import pytest
from gallery_project import Project
from tiny_course import make_course

from d2lnotes.site.command.cli import main
from d2lnotes.site.command.sphinx_run import Options
from d2lnotes.site.gallery.records import Record, Run, write_record
from d2lnotes.site.gallery.store import Store, StoredRun

NAMES = ["numbers/plot_one", "numbers/plot_two"]


def run_of(script, **inputs):
    page = f"{script.rpartition('/')[2]}.rst"
    outputs = {page: sha256(b"page").hexdigest()}
    run = Run(inputs={"the script": "abc"} | inputs, outputs=outputs, finished="2026")
    return StoredRun(Record(script=script, run=run), {page: b"page"})


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A store of two runs, and an older one of the first script."""
    monkeypatch.setenv("D2LNOTES_RUNS", str(tmp_path / "runs"))
    store = Store(tmp_path / "runs", print)
    store.keep(run_of(NAMES[0], Python="2.7"))
    for name in NAMES:
        store.keep(run_of(name))
    return store


@pytest.fixture
def course(tmp_path, monkeypatch, store):
    """A course folder that shows the runs, and the working directory in it."""
    folder = make_course(tmp_path / "course")
    for name in NAMES:
        path = folder / "build" / "results" / f"{name}.json"
        write_record(path, run_of(name).record)
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def archive(course, tmp_path, monkeypatch):
    """The exported runs of the course, and an empty store."""
    file = tmp_path / "runs.zip"
    assert main(["runs", "export", str(file)]) == 0
    monkeypatch.setenv("D2LNOTES_RUNS", str(tmp_path / "elsewhere"))
    return file


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_the_runs_of_a_course_are_carried_to_another_store(archive, tmp_path):
    assert main(["runs", "import", str(archive)]) == 0

    elsewhere = Store(tmp_path / "elsewhere", print)
    found = [elsewhere.find(name, {"the script": "abc"}) for name in NAMES]
    assert found == [run_of(name) for name in NAMES]
    assert (
        len(files(elsewhere.folder)) == 2
    )  # the older run is not shown, so not carried


def test_several_archives_are_taken_at_once(archive, tmp_path, capsys):
    other = tmp_path / "other.zip"
    other.write_bytes(archive.read_bytes())

    assert main(["runs", "import", str(archive), str(other)]) == 0

    assert "took 2 runs" in capsys.readouterr().out


@pytest.mark.parametrize("change", ["content", "name", "outside"])
def test_an_archive_that_was_tampered_with_is_refused_whole(
    archive, tmp_path, capsys, change
):
    forged = tmp_path / "forged.zip"
    with zipfile.ZipFile(archive) as old, zipfile.ZipFile(forged, "w") as new:
        first, second = old.namelist()
        new.writestr(first, old.read(first))
        content, name = old.read(second), second
        if change == "content":
            content = content.replace(b"record.json", b"pickle.json")
        else:
            name = {"name": first[:-5] + "0.zip", "outside": f"../../{second}"}[change]
        new.writestr(name, content)

    assert main(["runs", "import", str(forged)]) == 2

    assert "is refused" in capsys.readouterr().err
    assert files(tmp_path / "elsewhere") == []


@pytest.mark.parametrize("content", [None, b"", b"not a zip"])
def test_what_is_no_archive_is_named(store, tmp_path, capsys, content):
    file = tmp_path / "runs.zip"
    if content is not None:
        file.write_bytes(content)

    assert main(["runs", "import", str(file)]) == 2

    assert f"cannot read {file}" in capsys.readouterr().err


def test_the_list_names_every_run(store, capsys):
    assert main(["runs", "list"]) == 0

    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    assert listed == ["in", NAMES[0], NAMES[0], NAMES[1], "0.0"]


def test_pruning_leaves_as_much_as_was_said(store, capsys):
    assert main(["runs", "prune", "--megabytes", "1"]) == 0
    assert len(store.runs()) == 3

    assert main(["runs", "prune"]) == 0
    assert store.runs() == []


@pytest.mark.parametrize("shard", ["3/2", "0/2", "2", "all"])
def test_a_shard_that_is_none_is_refused(course, capsys, shard):
    with pytest.raises(SystemExit) as ended:
        main(["run", "--shard", shard])

    assert ended.value.code == 2
    assert "a share is k/n" in capsys.readouterr().err


def test_run_without_a_share_runs_all_scripts(tmp_path, monkeypatch):
    project = Project(tmp_path).create()
    for number in range(2):
        project.script(str(number))
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("RAN", str(project.log))

    assert main(["run"]) == 0
    assert project.ran() == ["0", "1"]


def test_run_runs_the_scripts_of_a_shard_and_builds_no_page(tmp_path, monkeypatch):
    project = Project(tmp_path).create()
    for number in range(4):
        project.script(number, "")
    project.script("fails", "assert False, 'the claim'")
    monkeypatch.chdir(project.root)
    monkeypatch.setenv("RAN", str(project.log))

    ended = [main(["run", "--shard", f"{k}/2"]) for k in (1, 2)]

    assert sorted(ended) == [0, 1]
    assert project.ran() == ["0", "1", "2", "3", "fails"]
    assert not (project.root / "build" / "html").exists()


def test_a_build_ends_with_what_it_had_no_time_for(tmp_path, monkeypatch, capfd):
    project = Project(tmp_path).create()
    project.script("slow", "import time\ntime.sleep(1)")
    monkeypatch.chdir(project.root)
    spent = Options(build_id="a", minutes=1e-6)
    monkeypatch.setattr("d2lnotes.site.command.cli._options", lambda _: spent)

    assert main(["build"]) == 0

    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith("1 of 1 gallery scripts were not reached within 1e-06 min")
    assert last.endswith("numbers/plot_slow")
