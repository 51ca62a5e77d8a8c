"""The files that test and publish the course at its host."""

import shutil
from pathlib import Path

import pytest
import yaml
from gallery_project import Project

TOP = Path(__file__).parents[2]
FOLDER = TOP / ".github" / "workflows"


def steps(name):
    """Return the steps of the one job in the workflow ``name``."""
    workflow = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    (job,) = workflow["jobs"].values()
    return job["steps"]


def installed(name):
    """Return the system packages that the workflow ``name`` installs."""
    (command,) = [s["run"] for s in steps(name) if "apt-get" in s.get("run", "")]
    return set(command.partition("--no-install-recommends")[2].split())


def test_what_the_workflow_keeps_is_enough_for_nothing_to_run_again(tmp_path):
    kept = next(
        step["with"]["path"].split()
        for step in steps("publish")
        if "gallery" in step.get("with", {}).get("key", "")
    )
    first = Project(tmp_path / "first").create()
    first.script("drawing")
    assert first.build()[0] == 0
    assert first.ran() == ["drawing"]

    second = Project(tmp_path / "second").create()
    second.script("drawing")
    for folder in kept:
        shutil.copytree(first.root / folder, second.root / folder)

    assert second.build()[0] == 0
    assert second.ran() == []


def test_the_gallery_is_kept_even_if_its_sources_change():
    keys = [
        step["with"]
        for step in steps("publish")
        if "gallery" in step.get("with", {}).get("key", "")
    ]
    (cache,) = keys
    # Any older one will do: the build itself finds what must run again.
    assert cache["restore-keys"].split()[-1] == "gallery-"
    # A cache is never overwritten: each run needs a key of its own.
    assert "github.run_id" in cache["key"]


@pytest.mark.parametrize("name", ["tests", "publish"])
def test_workflows_install_only_what_ci_does(name):
    script = (TOP / ".ci" / "run").read_text(encoding="utf-8")
    listed = script.partition("packages=(")[2].partition(")")[0].split()

    assert installed(name) <= set(listed)


def test_what_is_published_was_built_as_the_readme_says():
    commands = " && ".join(
        s["run"] for s in steps("publish") if ".venv" in s.get("run", "")
    )
    readme = (TOP / "README.md").read_text(encoding="utf-8")

    assert commands.removesuffix(" --pdf") in readme
