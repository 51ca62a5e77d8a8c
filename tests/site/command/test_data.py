"""`d2lnotes data`: what it shows, and exit codes that tell a script what happened."""

import hashlib
import re

import pytest

from d2lnotes.data import RemoteFile, _cache, _registry
from d2lnotes.site.command import data as data_command
from d2lnotes.site.command.cli import main

CONTENT = b"one two three"


def remote(name):
    return RemoteFile(
        name=name,
        urls=("http://127.0.0.1:9/nobody-listens-here",),
        sha256=hashlib.sha256(CONTENT).hexdigest(),
        bytes=len(CONTENT),
        licence="CC0-1.0",
        source="https://example.org/numbers",
    )


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache that holds one of two known data sets; the network serves neither."""
    registry = {"here": (remote("here/a.txt"),), "gone": (remote("gone/b.txt"),)}
    monkeypatch.setattr(_registry, "REGISTRY", registry)
    monkeypatch.setattr(data_command, "REGISTRY", registry)
    monkeypatch.setattr(_cache, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setenv("D2LNOTES_DATA", str(tmp_path))
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "a.txt").write_bytes(CONTENT)
    return tmp_path


def test_list_shows_state_licence_and_source(cache, capsys):
    assert main(["data", "list"]) == 0

    said = capsys.readouterr().out
    assert str(cache) in said
    facts = r"0\.0 MB +{}  +CC0-1\.0  +https://example\.org/numbers"
    assert re.search("here +" + facts.format("ok"), said)
    assert re.search("gone +" + facts.format("missing"), said)


def test_verify_passes_what_is_right(cache, capsys):
    assert main(["data", "verify", "here"]) == 0
    assert re.search(r"ok +here/a\.txt", capsys.readouterr().out)


def test_verify_names_a_corrupt_file(cache, capsys):
    (cache / "here" / "a.txt").write_bytes(CONTENT[::-1])

    assert main(["data", "verify", "here"]) == 1
    assert re.search(r"corrupt +here/a\.txt", capsys.readouterr().out)


def test_verify_without_a_name_looks_at_every_data_set(cache, capsys):
    assert main(["data", "verify"]) == 1
    assert re.search(r"missing +gone/b\.txt", capsys.readouterr().out)


def test_fetch_says_where_the_file_lies(cache, capsys):
    assert main(["data", "fetch", "here"]) == 0
    assert str(cache / "here" / "a.txt") in capsys.readouterr().out


def test_fetch_goes_on_after_a_file_that_cannot_be_had(cache, capsys):
    assert main(["data", "fetch"]) == 1

    said = capsys.readouterr().out
    assert "gone/b.txt: " in said
    assert str(cache / "here" / "a.txt") in said


@pytest.mark.parametrize("action", ["fetch", "verify"])
def test_unknown_name_is_answered_with_the_known_ones(cache, capsys, action):
    assert main(["data", action, "mnist"]) == 2
    assert "known names: gone, here" in capsys.readouterr().err
