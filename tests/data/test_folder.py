"""Tests for d2lnotes.data._folder, with a local web server that misbehaves."""

import dataclasses
import io
import json
import subprocess
import zipfile

import pytest

from d2lnotes.data import (
    CacheError,
    DownloadError,
    RemoteFolder,
    fetch_folder,
    verify_folder,
)
from d2lnotes.data._folder import tree_sha256

FILES = {"a.txt": b"one", "deep/b.txt": b"two", "deep/er/c.txt": b"three"}


def pack(files, folder="repository/numbers"):
    """Return a zip with these files in a folder, and others beside it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as bundle:
        bundle.writestr("repository/README.md", "numbers")
        bundle.writestr("repository/numbers-more/d.txt", "not asked for")
        bundle.writestr(f"{folder}/", "")
        for name, content in files.items():
            bundle.writestr(f"{folder}/{name}", content)
    return packed.getvalue()


def put(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def found(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def content():
    """What the server's file holds."""
    return pack(FILES)


@pytest.fixture
def folder(server, content, tmp_path):
    """The record of the one folder that ``server`` has."""
    put(tmp_path / "original", FILES)
    server.content = content
    return RemoteFolder(
        name="data/numbers",
        urls=(server.url,),
        sha256=tree_sha256(tmp_path / "original"),
        bytes=sum(map(len, FILES.values())),
        licence="CC0-1.0",
        source="http://127.0.0.1",
        inside="repository/numbers",
        witness="deep/b.txt",
        zip_bytes=10_000,
    )


# ---- the checksum of a tree ----------------------------------------------------


def test_the_checksum_is_that_of_the_documented_command(tmp_path):
    put(tmp_path, FILES)
    command = (
        r"find -type f -printf '%P\0' | xargs -0 sha256sum | LC_ALL=C sort | sha256sum"
    )
    said = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert tree_sha256(tmp_path) == said.stdout.split()[0]


@pytest.mark.parametrize(
    "change",
    [
        {"a.txt": b"One"},
        {"new.txt": b""},
        {"b.txt": b"two"},  # the content of a file at another place
    ],
    ids=str,
)
def test_a_change_of_any_file_changes_the_checksum(tmp_path, change):
    put(tmp_path / "before", FILES)
    put(tmp_path / "after", FILES | change)

    assert tree_sha256(tmp_path / "before") != tree_sha256(tmp_path / "after")


# ---- fetching ------------------------------------------------------------------


def test_the_folder_arrives_and_nothing_else(home, folder):
    path = fetch_folder(folder)

    assert path == home / "data" / "numbers"
    assert found(path) == FILES
    assert [p.name for p in path.parent.iterdir() if p.is_dir()] == ["numbers"]


def test_it_is_downloaded_once(home, folder, server):
    fetch_folder(folder)
    fetch_folder(folder)

    assert len(server.requests) == 1


def test_a_folder_that_is_there_can_be_in_a_place_that_cannot_be_written(
    home, folder, server
):
    put(home / "data" / "numbers", FILES)
    (home / "data").chmod(0o500)
    try:
        assert found(fetch_folder(folder)) == FILES
    finally:
        (home / "data").chmod(0o700)
    assert server.requests == []


@pytest.mark.parametrize(
    "wrong", [{"a.txt": b"other"}, {"deep/new.txt": b"more"}], ids=str
)
def test_a_corrupt_copy_is_seen_and_replaced(home, folder, wrong):
    put(home / "data" / "numbers", FILES | wrong)

    assert verify_folder(folder) == "corrupt"
    assert found(fetch_folder(folder)) == FILES
    assert verify_folder(folder) == "ok"


def test_without_a_copy_it_is_missing(home, folder):
    assert verify_folder(folder) == "missing"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (FILES | {"a.txt": b"eno"}, "others: sha256 of the tree"),
        ({"a.txt": b"one"}, "others: sha256 of the tree"),
        (FILES | {"more.txt": b"x" * 100}, "are allowed"),
        ({"../../out.txt": b"one"}, "not safe to unpack"),
    ],
    ids=["other bytes", "a file missing", "too much", "a way out"],
)
def test_another_content_is_refused(home, folder, server, files, reason):
    server.content = pack(files)

    with pytest.raises(DownloadError, match=reason):
        fetch_folder(folder)
    assert not (home / "data" / "numbers").exists()
    assert not (home / "out.txt").exists()


def test_what_is_no_zip_is_refused(home, folder, server):
    server.content = b"<html>sign in</html>"

    with pytest.raises(DownloadError, match="no zip with the folder"):
        fetch_folder(folder)


def test_a_zip_that_is_too_large_is_given_up(home, folder):
    small = dataclasses.replace(folder, zip_bytes=100)

    with pytest.raises(DownloadError, match="more than 100 bytes"):
        fetch_folder(small)


def test_a_failing_address_gives_way_to_the_next(home, folder, server):
    server.faults = ["not_found"]
    two = dataclasses.replace(folder, urls=(server.url, server.url + "?mirror"))

    assert found(fetch_folder(two)) == FILES


def test_a_passing_failure_is_tried_again(home, folder, server):
    server.faults = ["server_error"]

    assert found(fetch_folder(folder)) == FILES


def test_a_failed_download_leaves_the_corrupt_copy_and_says_so(home, folder, server):
    wrong = FILES | {"a.txt": b"other"}
    put(home / "data" / "numbers", wrong)
    server.faults = ["not_found"]

    with pytest.raises(DownloadError, match="is corrupt; it was left there"):
        fetch_folder(folder)
    assert found(home / "data" / "numbers") == wrong


def test_a_place_that_cannot_be_written_is_no_fault_of_the_network(home, folder):
    home.write_bytes(b"a file where a folder should be")

    with pytest.raises(CacheError, match="D2LNOTES_DATA"):
        fetch_folder(folder)


def test_a_run_notes_the_witness(home, folder, server, tmp_path, monkeypatch):
    run = tmp_path / "runs" / "plot.json"
    monkeypatch.setenv("D2LNOTES_RUN", str(run))
    server.faults = ["not_found"]

    with pytest.raises(DownloadError):
        fetch_folder(folder)
    assert json.loads(run.read_text())["files"] == {"data/numbers/deep/b.txt": None}
    fetch_folder(folder)
    assert json.loads(run.read_text())["files"] == {"data/numbers/deep/b.txt": 3}


@pytest.mark.parametrize("what", ["inside", "witness"])
@pytest.mark.parametrize("path", ["", "/a", "a/", "a/../b", "."])
def test_a_record_with_a_path_that_leads_elsewhere_is_refused(folder, what, path):
    with pytest.raises(ValueError, match=f"{what} must be a path"):
        dataclasses.replace(folder, **{what: path})
