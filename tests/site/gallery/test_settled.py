"""A build that has nothing to do for the gallery does not look at it; one that has, does."""

import os

import pytest
from gallery_project import Project

from d2lnotes.site.gallery.settled import leavings, needs, settings_mark
from d2lnotes.site.gallery.store import Store


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """A course that was built: once to run its script, once to find nothing to do."""
    project = Project(tmp_path_factory.mktemp("settled")).create()
    project.script("one")
    looked_at(project)
    looked_at(project)
    return project


@pytest.fixture
def project(settled, tmp_path, monkeypatch):
    project = settled.copy_to(tmp_path)
    monkeypatch.syspath_prepend(project.root)
    return project


def looked_at(project, *arguments, language="zh"):
    """Build; return whether sphinx-gallery read the scripts."""
    code, said, warned = project.build(language, "-b", "dummy", *arguments)
    assert code == 0, said + warned
    return "generating gallery for" in said


def state(project):
    gallery = project.gallery()
    settings = settings_mark(gallery.settings)
    return needs(gallery, Store(project.store, print), settings), leavings(gallery)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_scripts_of_a_settled_gallery_are_not_read(settled, language):
    assert not looked_at(settled, language=language)


def test_a_script_that_ran_alone_is_shown_by_the_next_build(project):
    project.script("two")
    run_only = ("-b", "dummy", "-D", "d2lnotes_only_scripts=1")
    outcomes = [project.build("zh", *run_only) for _ in range(2)]

    assert [code for code, _, _ in outcomes] == [0, 0]
    assert looked_at(project)
    assert "plot_two" in project.read("docs/gallery/numbers/index.rst")


def test_a_script_that_was_not_run_runs_in_the_next_build_that_may(project):
    project.script("two")
    looked_at(project, "-D", "d2lnotes_no_gallery=1", "-D", "plot_gallery=0")
    assert project.ran() == []

    looked_at(project)

    assert project.ran() == ["two"]


def test_a_script_that_failed_fails_again(project):
    project.script("two", "raise ValueError('no')\n")

    outcomes = [project.build("zh", "-b", "dummy") for _ in range(2)]

    assert [code for code, _, _ in outcomes] == [1, 1]
    assert all("ValueError" in warned for _, _, warned in outcomes)


@pytest.mark.parametrize(
    "place",
    [
        "gallery/numbers/plot_one.py",
        "gallery/numbers/GALLERY_HEADER.rst",
        "toy/__init__.py",
        "docs/gallery/numbers/plot_one.rst",
        "docs/gallery/numbers/images/sphx_glr_plot_one_001.png",
        "build/results/numbers/plot_one.json",
        "../runs/numbers/plot_one",
    ],
)
def test_what_has_another_time_unsettles(project, place):
    (project.store / "numbers/plot_one").mkdir(parents=True)
    before = state(project)

    os.utime(project.root / place, (0, 0))

    assert state(project) != before


def test_nothing_unsettles_but_a_change(project):
    assert state(project) == state(project)


def test_chapters_in_another_order_unsettle():
    settings = [{"subsection_order": order} for order in (["a", "b"], ["b", "a"])]

    assert len(set(map(settings_mark, settings))) == 2
