"""The files that test and publish the course at its host."""

from fnmatch import fnmatch
from pathlib import Path

import pytest
import yaml

TOP = Path(__file__).parents[2]
FOLDER = TOP / ".github" / "workflows"


def job(name, job):
    """Return a job of the workflow ``name``."""
    text = (FOLDER / f"{name}.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["jobs"][job]


def commands(name, job_name):
    return "\n".join(step.get("run", "") for step in job(name, job_name)["steps"])


def using(name, job_name, action):
    """Return the options of the steps of a job that use ``action``."""
    steps = job(name, job_name)["steps"]
    return [step["with"] for step in steps if f"/{action}@" in step.get("uses", "")]


def installed(name, job_name):
    """Return the system packages that a job installs."""
    (command,) = [
        step["run"]
        for step in job(name, job_name)["steps"]
        if "apt-get" in step.get("run", "")
    ]
    return set(command.partition("--no-install-recommends")[2].split())


def test_the_shards_of_the_gallery_are_all_of_them():
    shards = job("publish", "scripts")["strategy"]["matrix"]["shard"]

    assert shards == list(range(1, len(shards) + 1))
    told = "run --shard ${{ matrix.shard }}/${{ strategy.job-total }}"
    assert told in commands("publish", "scripts")


def test_the_build_takes_the_runs_that_the_shards_leave():
    (left,) = using("publish", "scripts", "upload-artifact")
    (taken,) = using("publish", "publish", "download-artifact")
    publish = commands("publish", "publish")

    assert f"runs export {left['path']}" in commands("publish", "scripts")
    assert fnmatch(left["name"], taken["pattern"])
    assert f"runs import {taken['path']}/*/{left['path']}" in publish
    assert publish.index("runs import") < publish.index("d2lnotes build")


@pytest.mark.parametrize(
    ("name", "job_name"), [("publish", "scripts"), ("tests", "all")]
)
def test_runs_are_kept_even_if_the_gallery_changes(name, job_name):
    (cache,) = [c for c in using(name, job_name, "cache") if c["path"] == "runs"]

    # Any older one will do: the build itself finds what must run again.
    assert cache["key"].startswith(cache["restore-keys"])
    # A cache is never overwritten: each run needs a key of its own.
    assert cache["key"].endswith("${{ github.run_id }}")


@pytest.mark.parametrize(
    ("name", "job_name"), [("tests", "all"), ("publish", "publish")]
)
def test_workflows_install_only_what_ci_does(name, job_name):
    script = (TOP / ".ci" / "run").read_text(encoding="utf-8")
    listed = script.partition("packages=(")[2].partition(")")[0].split()

    assert installed(name, job_name) <= set(listed)


def test_what_is_published_was_built_as_the_readme_says():
    install, build = (
        line
        for line in commands("publish", "publish").splitlines()
        if "pip install" in line or "d2lnotes build" in line
    )
    readme = (TOP / "README.md").read_text(encoding="utf-8")

    assert f"{install} && {build}".removesuffix(" --pdf") in readme
