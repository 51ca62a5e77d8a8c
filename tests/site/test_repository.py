"""What the README promises, and facts that stand in more than one file."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

import d2lnotes

TOP = Path(__file__).parents[2]
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text(encoding="utf-8"))
CITATION = yaml.safe_load((TOP / "CITATION.cff").read_text(encoding="utf-8"))


def readme_commands():
    """Return the commands that .ci/run takes from the README, in the same way."""
    script = (TOP / ".ci" / "run").read_text(encoding="utf-8")
    pattern = re.search(r"grep '(.+)' README\.md", script)[1]
    return subprocess.run(
        ["grep", pattern, "README.md"], cwd=TOP, capture_output=True, text=True
    ).stdout.splitlines()


def test_ci_runs_the_two_commands_of_the_readme():
    build, test = readme_commands()

    assert build.endswith("d2lnotes build")
    assert test.endswith("pytest")


@pytest.mark.parametrize(("command", "extras"), [(0, {"site"}), (1, {"site", "dev"})])
def test_readme_installs_extras_that_exist(command, extras):
    asked = re.search(r"'\.\[(.+?)\]'", readme_commands()[command])[1]

    assert set(asked.split(",")) == extras
    assert extras <= PROJECT["project"]["optional-dependencies"].keys()


def test_version_is_the_same_everywhere():
    assert (
        {d2lnotes.__version__}
        == {PROJECT["project"]["version"]}
        == {CITATION["version"]}
    )


def test_license_is_the_same_everywhere():
    assert " AND ".join(CITATION["license"]) == PROJECT["project"]["license"]


def test_commits_are_checked_by_the_same_ruff_as_the_tests():
    hooks = yaml.safe_load((TOP / ".pre-commit-config.yaml").read_text())
    (revision,) = [repo["rev"] for repo in hooks["repos"] if "ruff" in repo["repo"]]
    dev = PROJECT["project"]["optional-dependencies"]["dev"]

    assert f"ruff=={revision.removeprefix('v')}" in dev


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_every_chinese_paragraph_has_its_english_twin(name):
    text = (TOP / name).read_text(encoding="utf-8")
    text = re.sub(r"(?ms)^(`{3,}).*?^\1$", "", text)
    prose = [
        block
        for block in re.split(r"\n\s*\n", text)
        if not re.match(r"\s*($|[#|!<])", block)
    ]
    chinese = [max(re.sub("`.*?`", "", block)) >= "\u4e00" for block in prose]

    assert chinese == [number % 2 == 0 for number in range(len(prose))]
