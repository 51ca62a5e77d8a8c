"""Tests for runs that outlive a build: kept, shared, checked again, not reached."""

import re
import subprocess

import pytest
from gallery_project import FIGURE, Project

from d2lnotes.site.gallery.plan import plan
from d2lnotes.site.gallery.records import read_record
from d2lnotes.site.gallery.store import Store

# As fetch and the functions that call it do, but without loading torch.
USES_DATA = """
from d2lnotes.results import note_data, note_file, record

file = Path(os.environ["D2LNOTES_DATA"], "clothes", "train.gz")
note_file("clothes/train.gz", file.stat().st_size if file.exists() else None)
note_data("clothes" if file.exists() else "digits", stand_in=not file.exists())
record("data.size", 42, format="d")
"""
KEEPS = """
from d2lnotes.keeping import keep_data

keep_data({"names": ["甲 | A"]})
"""
CLAIM = """
assert not Path(os.environ["RAN"]).with_name("no longer").exists(), "the claim"
"""
EVERY_SCRIPT = ["claim", "data", "drawing"]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Scripts that have run and are in the store: one reads data."""
    project = new_course(tmp_path_factory.mktemp("original"))
    project.write("../data/clothes/train.gz", "real data")
    assert build(project) == EVERY_SCRIPT
    return project


@pytest.fixture
def clone(original, tmp_path):
    """The same course, written anew elsewhere on the machine."""
    return new_course(tmp_path, store=original.store)


def new_course(parent, store=None):
    project = Project(parent).create()
    project.store = store or project.store
    project.script("drawing", FIGURE)
    project.script("claim", CLAIM)
    project.script("data", USES_DATA)
    return project


def build(project, *arguments, data=None, language="zh"):
    """Build without writing pages; return the scripts that ran."""
    code, said, warned = run(project, *arguments, data=data, language=language)
    assert code == 0, said + warned
    assert warned == ""
    return project.ran()


def run(project, *arguments, data=None, language="zh"):
    folder = str(data or project.store.parent / "data")
    return project.build(language, "-b", "dummy", *arguments, D2LNOTES_DATA=folder)


def settings(**values):
    return [word for k, v in values.items() for word in ("-D", f"d2lnotes_{k}={v}")]


def test_a_fresh_clone_runs_nothing_and_has_the_same_pages(original, clone):
    assert build(clone) == []

    for name in EVERY_SCRIPT:
        place = f"docs/gallery/numbers/plot_{name}.rst"
        assert clone.read(place) == original.read(place)
    figure = "docs/gallery/numbers/images/sphx_glr_plot_drawing_001.png"
    assert (clone.root / figure).exists()
    assert build(clone, language="en") == []


def test_what_a_run_kept_lies_beside_its_record_until_the_script_keeps_it_no_more(
    tmp_path,
):
    kept = "build/results/numbers/plot_keeps.kept"
    project = Project(tmp_path).create()
    project.script("keeps", KEEPS)
    assert build(project) == ["keeps"]
    fresh = Project(tmp_path / "fresh").create()
    fresh.store = project.store
    fresh.script("keeps", KEEPS)

    assert build(fresh) == []

    assert fresh.read(kept) == project.read(kept)
    assert "甲 | A" in fresh.read(kept)
    fresh.write(kept, "{}")  # not what the run kept
    assert build(fresh) == []
    assert fresh.read(kept) == project.read(kept)
    fresh.script("keeps", "")
    assert build(fresh) == ["keeps"]
    assert not (fresh.root / kept).exists()


def test_prose_is_written_beside_the_figures_of_the_store(clone):
    assert build(clone, *settings(no_gallery=1)) == []

    assert (clone.root / "build/results/numbers/plot_data.json").exists()


def test_without_data_only_what_reads_them_runs_and_once(clone, tmp_path):
    elsewhere = tmp_path / "nothing"

    assert build(clone, data=elsewhere) == ["data"]

    assert build(clone, data=elsewhere) == []
    assert build(clone) == []  # with the data it is the run on them again
    assert read_record(clone.gallery().scripts()[1].record).stand_ins == []


def test_the_shards_run_every_script_once_and_a_build_finds_all_runs(tmp_path):
    project = new_course(tmp_path)
    only = settings(only_scripts=1)

    shares = [build(project, *only, *settings(shard=f"{k}/2")) for k in (1, 2)]

    assert sorted(name for share in shares for name in share) == EVERY_SCRIPT
    assert not (project.root / "build/doctrees/zh/index.doctree").exists()
    assert build(new_course(tmp_path / "merged", project.store)) == []


def test_two_clones_that_build_at_once_share_a_store(tmp_path):
    clones = [new_course(tmp_path / name, tmp_path / "runs") for name in ("a", "b")]
    builds = [clone.start("zh", "-b", "dummy") for clone in clones]

    said = [process.communicate(timeout=120) for process in builds]

    assert [process.returncode for process in builds] == [0, 0], said
    assert build(new_course(tmp_path / "c", tmp_path / "runs")) == []


def test_scripts_that_are_rechecked_run_although_their_runs_hold(clone):
    assert build(clone, *settings(recheck=2)) != []

    assert build(clone) == []


def test_a_claim_that_no_longer_holds_is_found_by_a_recheck(original, tmp_path):
    store = Store(tmp_path / "runs", print)
    for path in Store(original.store, print).runs():
        store.write(path.relative_to(original.store).as_posix(), path.read_bytes())
    clone = new_course(tmp_path, store.folder)
    clone.write("../no longer", "")
    assert build(clone, data=original.store.parent / "data") == []

    code, _, warned = run(clone, *settings(recheck=3))

    assert code == 1
    assert "numbers/plot_claim failed: AssertionError: the claim" in warned
    assert store.runs("numbers/plot_claim") == []  # no build finds that run again


@pytest.fixture
def unreached(tmp_path):
    """A course whose build has no time for any script, with what was said."""
    project = new_course(tmp_path)
    index = project.read("docs/index.md")
    quoted = "{result}`data.size`。\n\nIt is {result}`data.size`.\n"
    project.write("docs/index.md", f"{index}\n有 {quoted}")
    spent = settings(gallery_minutes="0.000001", build_id="a")
    project.outcomes = [project.build(lang, *spent) for lang in ("zh", "en")]
    return project


def test_what_was_not_reached_is_named_and_marked_and_fails_nothing(unreached):
    (code, said, warned), (code_en, said_en, warned_en) = unreached.outcomes

    assert (code, warned, code_en, warned_en) == (0, "", 0, "")
    assert unreached.ran() == []
    for text in (said, said_en):
        assert re.search(r"3 of 3 gallery scripts were not reached: .*plot_data", text)
    page = "gallery/numbers/plot_data.html"
    assert "没有时间运行本页的脚本" in unreached.read(f"build/html/zh/{page}")
    assert "had no time left to run the" in unreached.read(f"build/html/en/{page}")
    assert build(unreached) == EVERY_SCRIPT


def test_what_was_not_reached_shows_its_earlier_run(clone):
    clone.write("toy/__init__.py", "new = 1\n")
    clone.script("drawing", f"import toy\n{FIGURE}")
    assert build(clone) == ["drawing"]
    clone.write("toy/__init__.py", "newer = 1\n")
    before = clone.read("docs/gallery/numbers/plot_drawing.rst")

    spent = settings(gallery_minutes="0.000001", build_id="a")
    data = str(clone.store.parent / "data")
    code, said, warned = clone.build("zh", *spent, D2LNOTES_DATA=data)

    assert (code, warned) == (0, "")
    assert "1 of 3 gallery scripts were not reached: numbers/plot_drawing" in said
    assert clone.read("docs/gallery/numbers/plot_drawing.rst") == before
    page = clone.read("build/html/zh/gallery/numbers/plot_drawing.html")
    assert "出自较早的一次运行" in page
    clone.write("toy/__init__.py", "new = 1\n")
    assert build(clone) == []
    record = read_record(clone.root / "build/results/numbers/plot_drawing.json")
    assert record.unreached == ""


@pytest.mark.parametrize("shape", ["[]", '{"script": 3}', '{"script": "numb'])
def test_a_record_of_the_wrong_shape_is_named_once_and_found_in_the_store(
    clone, monkeypatch, shape
):
    monkeypatch.syspath_prepend(clone.root)
    gallery, said = clone.gallery(), []
    monkeypatch.setattr("d2lnotes.site.gallery.plan.why_stale", lambda *_: "new")
    clone.write("build/results/numbers/plot_data.json", shape)

    for _ in range(2):
        plan(gallery, Store(clone.store, said.append))

    assert len([text for text in said if "plot_data.json is not used" in text]) == 1


def plan_of(project, *, store, **settings):
    names = (job.script.name for job in plan(project.gallery(**settings), store))
    return [name.removeprefix("numbers/plot_") for name in names]


@pytest.fixture
def many(tmp_path, monkeypatch):
    """A course of ten scripts in a repository; returns their order at a commit."""
    monkeypatch.syspath_prepend(tmp_path / "course")
    project = Project(tmp_path).create()
    for number in range(10):
        project.script(number, "")

    def git(*words):
        names = ["-c", "user.name=a", "-c", "user.email=a@b"]
        command = ["git", "-C", project.root, *names, *words]
        subprocess.run(command, check=True, capture_output=True)

    def order(message):
        git("commit", "--allow-empty", "-m", message)
        return plan_of(project, store=Store(tmp_path / "runs", print))

    git("init")
    order.project = project
    return order


def test_the_commit_draws_the_order(many):
    first, again = (
        many("one"),
        plan_of(many.project, store=Store(many.project.store, print)),
    )
    second = many("two")

    assert first == again
    assert sorted(first) == sorted(second) == [str(number) for number in range(10)]
    assert first != second


def test_without_git_the_order_changes_with_the_course(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.syspath_prepend(tmp_path / "course")
    project = Project(tmp_path).create()
    for number in range(10):
        project.script(number, "")
    store = Store(tmp_path / "runs", print)

    first, again = plan_of(project, store=store), plan_of(project, store=store)
    project.script(3, "other = 1")

    assert first == again
    assert plan_of(project, store=store) != first


def test_scripts_that_were_changed_come_first(original, tmp_path, monkeypatch):
    clone = new_course(tmp_path, original.store)
    monkeypatch.syspath_prepend(clone.root)
    clone.script("drawing", f"{FIGURE}\n1 + 1")
    monkeypatch.setattr("d2lnotes.site.gallery.inputs._version", lambda _: "99")
    orders = {tuple(plan_of(clone, store=Store(clone.store, print))) for _ in range(2)}

    ((first, *others),) = orders
    assert first == "drawing"
    assert sorted(others) == ["claim", "data"]
