"""The foot of every page: the version, the day of the sources, what scripts ran on."""

import os
import subprocess

import pytest
from gallery_project import Project

from d2lnotes.site.gallery.records import Record, Run
from d2lnotes.site.results.colophon import colophon, source_day

DAY = "2024-02-29"
NOON = 1709208000  # of that day, in UTC


def commit(folder, date):
    who = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    names = ["-c", "user.name=x", "-c", "user.email=x@example.org"]
    for arguments in (["init", "-q"], [*names, "commit", "-q", "--allow-empty", "-mx"]):
        subprocess.run(
            ["git", *arguments], cwd=folder, env={**os.environ, **who}, check=True
        )


@pytest.fixture(autouse=True)
def _no_chosen_day(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)


def test_the_day_is_that_of_the_commit_in_utc(tmp_path):
    commit(tmp_path, f"{DAY}T20:00:00-05:00")

    assert source_day(tmp_path) == "2024-03-01"


def test_a_chosen_day_comes_before_that_of_the_commit(tmp_path, monkeypatch):
    commit(tmp_path, "2020-01-01T00:00:00+00:00")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(NOON))

    assert source_day(tmp_path) == DAY


def test_a_copy_without_history_has_no_day_even_inside_another_clone(tmp_path):
    commit(tmp_path, f"{DAY}T12:00:00+00:00")
    (tmp_path / "copy").mkdir()

    assert source_day(tmp_path / "copy") == ""


def record(device, torch):
    return Record(script="a/plot_b", run=Run(device=device, versions={"torch": torch}))


def test_what_scripts_ran_on_is_named_once():
    records = [record("CPU", "2.14.1"), record("NVIDIA H100", "2.14.1")]

    zh = colophon("course", "1.0", DAY, [*records, *records], "zh")
    en = colophon("course", "1.0", "", records, "en")

    assert zh == [
        f"course 1.0，{DAY} 的版本",
        "实验由 torch 2.14.1 在 CPU, NVIDIA H100 上运行",
    ]
    assert en == [
        "course 1.0",
        "experiments run with torch 2.14.1 on CPU, NVIDIA H100",
    ]


def test_without_a_run_nothing_is_said_of_any():
    assert colophon("course", "1.0", DAY, [], "en") == [f"course 1.0 of {DAY}"]


FOOT = '{% extends "!layout.html" %}{% block footer %}[{{ colophon }}]{% endblock %}'


def test_a_new_day_is_written_into_every_page_and_the_same_into_none(tmp_path):
    project = Project(tmp_path).create()
    project.script("one")
    project.write("templates/layout.html", FOOT)
    conf = project.read("conf.py") + '\ntemplates_path = ["templates"]\n'
    project.write("conf.py", conf)
    pages = [f"build/html/zh/{name}.html" for name in ("index", "gallery/index")]

    def written(day):
        before = [(project.root / page).stat().st_mtime_ns for page in pages if seen]
        seen.append(day)
        outcome = project.build("zh", SOURCE_DATE_EPOCH=str(day))
        assert (outcome[0], outcome[2]) == (0, "")
        now = [(project.root / page).stat().st_mtime_ns for page in pages]
        return [old != new for old, new in zip(before, now, strict=False)]

    seen = []
    assert [written(day) for day in (NOON, NOON + 60, NOON + 86400)] == [
        [],
        [False, False],
        [True, True],
    ]
    assert all("2024-03-01" in project.read(page) for page in pages)
