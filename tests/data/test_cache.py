"""Tests for d2lnotes.data._cache, with a local web server that misbehaves."""

import errno
import gzip
import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import filelock
import pytest

from d2lnotes.data import (
    CacheError,
    DownloadError,
    _cache,
    cache_path,
    data_home,
    fetch,
    verify,
)

CLOSED_PORT = "http://127.0.0.1:9/numbers.bin"  # port 9 (discard): nobody listens


def put(path, content):
    path.parent.mkdir(parents=True)
    path.write_bytes(content)


def listing(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


# ---- where files are -----------------------------------------------------------


def test_the_environment_variable_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("D2LNOTES_DATA", str(tmp_path / "here"))

    assert data_home() == tmp_path / "here"


def test_a_relative_folder_becomes_absolute(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("D2LNOTES_DATA", "here")

    assert data_home() == tmp_path / "here"


def test_without_the_variable_the_platform_has_a_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("D2LNOTES_DATA", "")
    monkeypatch.setattr("platformdirs.user_cache_path", lambda app: tmp_path / app)

    assert data_home() == tmp_path / "d2lnotes"


def test_asking_where_files_are_creates_nothing(home, file):
    cache_path(file)
    verify(file)

    assert not home.exists()


# ---- a download that works -----------------------------------------------------


def test_a_fetched_file_holds_the_right_bytes(home, file, content):
    path = fetch(file)

    assert path == home / "numbers" / "numbers.bin"
    assert path.read_bytes() == content


def test_a_second_fetch_downloads_nothing(home, file, server):
    fetch(file)
    fetch(file)

    assert len(server.requests) == 1


def test_a_fetched_file_has_the_permissions_of_any_new_file(home, file, tmp_path):
    (tmp_path / "new").touch()

    mode = stat.S_IMODE(fetch(file).stat().st_mode)

    assert mode == stat.S_IMODE((tmp_path / "new").stat().st_mode)


def test_the_file_gets_its_name_only_after_it_was_checked(home, file, monkeypatch):
    states = []
    check = _cache._CheckedWriter.check

    def spy(writer):
        states.append(cache_path(file).exists())
        check(writer)

    monkeypatch.setattr(_cache._CheckedWriter, "check", spy)
    fetch(file)

    assert states == [False]


def test_the_run_notes_what_the_cache_holds_of_a_file(
    home, file, make_file, content, tmp_path, monkeypatch
):
    run_file = tmp_path / "run.json"
    monkeypatch.setenv("D2LNOTES_RUN", str(run_file))
    with pytest.raises(DownloadError):
        fetch(make_file(CLOSED_PORT))
    missing = json.loads(run_file.read_text())["files"]

    fetch(file)

    assert missing == {file.name: None}
    assert json.loads(run_file.read_text())["files"] == {file.name: len(content)}


def test_a_folder_with_the_right_file_is_left_as_it_is(home, file, content, server):
    put(cache_path(file), content)
    before = home.stat().st_mtime_ns, (home / "numbers").stat().st_mtime_ns

    fetch(file)

    assert (home.stat().st_mtime_ns, (home / "numbers").stat().st_mtime_ns) == before
    assert listing(home) == ["numbers.bin"]
    assert server.requests == []


# ---- a network that does not ---------------------------------------------------


@pytest.mark.parametrize(
    "fault", ["cut_off", "server_error", "hang_up", "hang", "stall"]
)
def test_a_passing_fault_is_tried_again(home, file, server, content, fault):
    server.faults = [fault]

    assert fetch(file).read_bytes() == content
    assert len(server.requests) == 2


@pytest.mark.parametrize("fault", ["wrong_bytes", "not_found", "endless"])
def test_a_lasting_fault_is_not_tried_again(home, file, server, fault):
    server.faults = [fault]

    with pytest.raises(DownloadError):
        fetch(file)
    assert len(server.requests) == 1


@pytest.mark.parametrize("fault", ["wrong_bytes", "not_found", "endless", "cut_off"])
def test_a_mirror_helps_out(home, make_file, server, content, fault):
    server.faults = [fault]
    file = make_file(f"{server.url}?first", f"{server.url}?second")

    assert fetch(file).read_bytes() == content
    assert server.requests == ["/numbers.bin?first", "/numbers.bin?second"]


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("cut_off", "1631"),
        ("wrong_bytes", "wrong sha256"),
        ("endless", "more than the expected 3,263 bytes"),
        ("server_error", "HTTP status 503"),
        ("not_found", "HTTP status 404"),
        ("hang", "nothing received for 0.5 s"),
        ("stall", "nothing received for 0.5 s"),
    ],
)
def test_a_failed_download_is_explained_and_leaves_no_file(
    home, file, server, fault, reason
):
    server.faults = [fault] * 2

    with pytest.raises(DownloadError, match=reason):
        fetch(file)
    assert listing(home) == [".numbers.bin.lock"]


def test_a_body_that_ends_early_without_saying_so_is_noticed(home, file, server):
    server.faults = ["short"] * 2

    with pytest.raises(DownloadError, match="cut off after 1,631 of 3,263 bytes"):
        fetch(file)


@pytest.mark.parametrize(
    ("fault", "reason"),
    [("trickle", "too slow: "), ("dribble", "no answer within 0.5 s")],
)
def test_a_server_that_only_just_answers_does_not_keep_a_mirror_waiting(
    home, make_file, server, content, fault, reason, monkeypatch
):
    monkeypatch.setattr(_cache, "_READ_SECONDS", 0.2)
    monkeypatch.setattr(_cache, "_CONNECT_SECONDS", 0.1)
    told = []
    explain = _cache._explain
    monkeypatch.setattr(
        _cache, "_explain", lambda error: told.append(str(error)) or explain(error)
    )
    server.faults = [fault]
    file = make_file(f"{server.url}?first", f"{server.url}?second")

    assert fetch(file).read_bytes() == content
    assert told[0].startswith(reason)


def test_a_length_that_is_no_number_is_left_to_the_checksum(
    home, file, server, content
):
    server.faults = ["length_abc"]

    assert fetch(file).read_bytes() == content


def test_a_file_that_the_server_calls_compressed_is_stored_as_it_is(
    home, make_file, server, content
):
    server.content = gzip.compress(content)
    server.faults = ["called_gzip"]
    file = make_file(server.url, content=server.content)

    assert fetch(file).read_bytes() == server.content


def test_a_proxy_that_cannot_be_used_is_a_failed_address(home, make_file, monkeypatch):
    def refuse(proxy_url, **_settings):
        raise ValueError(f"Unable to determine SOCKS version from {proxy_url}")

    monkeypatch.setattr("requests.adapters.SOCKSProxyManager", refuse)
    monkeypatch.setenv("NO_PROXY", "")
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("ALL_PROXY", "socks://127.0.0.1:7890/")
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:7890/")

    with pytest.raises(DownloadError, match="SOCKS version from socks://127"):
        fetch(make_file("http://numbers.example/numbers.bin"))


@pytest.mark.parametrize(
    "hint", [CLOSED_PORT, "{path}", "{file.sha256}", "D2LNOTES_DATA"]
)
def test_the_advice_names_address_place_checksum_and_variable(home, make_file, hint):
    file = make_file(CLOSED_PORT)

    with pytest.raises(DownloadError) as caught:
        fetch(file)

    assert hint.format(path=cache_path(file), file=file) in str(caught.value)


def test_without_a_network_it_fails_at_once(home, make_file, monkeypatch):
    def no_answer(*args, **kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_answer)
    file = make_file("https://one.example/a", "https://two.example/a")
    started = time.perf_counter()

    with pytest.raises(DownloadError, match="no network, or no such host"):
        fetch(file)
    assert time.perf_counter() - started < _cache._PAUSE_SECONDS


def test_a_host_that_never_answers_is_asked_once(home, make_file, monkeypatch):
    attempts = []

    def swallow(sock, address):
        attempts.append(address)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket.socket, "connect", swallow)
    file = make_file("http://127.0.0.1:9/a")

    with pytest.raises(DownloadError, match="no connection within 4 s"):
        fetch(file)
    assert len(attempts) == 1


def test_a_download_error_is_a_connection_error():
    assert issubclass(DownloadError, ConnectionError)


# ---- a bad copy in the cache ---------------------------------------------------

BAD_COPIES = {
    "half written": lambda content: content[:1000],
    "one bit flipped": lambda content: content[:-1] + bytes([content[-1] ^ 1]),
    "empty": lambda content: b"",
}


@pytest.mark.parametrize("spoil", BAD_COPIES.values(), ids=BAD_COPIES)
def test_a_bad_copy_is_corrupt(home, file, content, spoil):
    put(cache_path(file), spoil(content))

    assert verify(file) == "corrupt"


@pytest.mark.parametrize("spoil", BAD_COPIES.values(), ids=BAD_COPIES)
def test_a_bad_copy_is_fetched_again(home, file, content, spoil):
    put(cache_path(file), spoil(content))

    assert fetch(file).read_bytes() == content
    assert verify(file) == "ok"


@pytest.mark.parametrize("spoil", BAD_COPIES.values(), ids=BAD_COPIES)
def test_a_bad_copy_that_cannot_be_replaced_is_neither_used_nor_lost(
    home, make_file, content, spoil
):
    file = make_file(CLOSED_PORT)
    put(cache_path(file), spoil(content))

    with pytest.raises(DownloadError, match="is corrupt; it was left there"):
        fetch(file)
    assert cache_path(file).read_bytes() == spoil(content)


def test_a_missing_copy_is_missing(home, file):
    assert verify(file) == "missing"


def test_a_copy_that_cannot_be_read_says_so(home, file, content, monkeypatch):
    put(cache_path(file), content)

    def refuse(self, mode):
        raise PermissionError(errno.EACCES, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", refuse)

    with pytest.raises(CacheError, match=r"cannot read .*Permission denied.*D2LNOTES"):
        verify(file)


def test_what_an_interrupted_process_left_does_no_harm(home, file, content):
    put(home / "numbers" / ".numbers.bin.partial", b"x" * 10_000)

    assert fetch(file).read_bytes() == content
    assert listing(home) == [".numbers.bin.lock", "numbers.bin"]


def test_a_link_that_waits_for_the_download_is_not_followed(home, file, tmp_path):
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    (home / "numbers").mkdir(parents=True)
    (home / "numbers" / ".numbers.bin.partial").symlink_to(precious)

    fetch(file)

    assert precious.read_bytes() == b"mine"
    assert not cache_path(file).is_symlink()


def test_a_partial_file_is_new(home, tmp_path):
    (tmp_path / "link").symlink_to(tmp_path / "target")

    with pytest.raises(FileExistsError):
        _cache._open_new(tmp_path / "link")


def test_an_interrupted_download_leaves_nothing_behind(home, file, monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(_cache._CheckedWriter, "check", interrupt)

    with pytest.raises(KeyboardInterrupt):
        fetch(file)
    assert listing(home) == [".numbers.bin.lock"]


# ---- a cache folder that cannot be written -------------------------------------


@pytest.fixture
def _read_only(monkeypatch):
    """No file can be created (the super-user ignores permissions, so pretend)."""
    really_open = os.open

    def refuse_to_create(path, flags, *args, **kwargs):
        if flags & os.O_CREAT:
            raise OSError(errno.EROFS, "Read-only file system", path)
        return really_open(path, flags, *args, **kwargs)

    monkeypatch.setattr(os, "open", refuse_to_create)


@pytest.mark.usefixtures("_read_only")
def test_a_read_only_folder_says_what_to_do(home, file, server):
    (home / "numbers").mkdir(parents=True)

    with pytest.raises(CacheError, match=r"Read-only file system.*D2LNOTES_DATA"):
        fetch(file)
    assert server.requests == []


@pytest.mark.usefixtures("_read_only")
def test_a_read_only_folder_with_a_bad_copy_mentions_it(home, file):
    put(cache_path(file), b"bad")

    with pytest.raises(CacheError, match="is corrupt; it was left there"):
        fetch(file)
    assert cache_path(file).read_bytes() == b"bad"


@pytest.mark.usefixtures("_read_only")
def test_a_read_only_folder_with_the_right_file_will_do(home, file, content):
    put(cache_path(file), content)

    assert fetch(file).read_bytes() == content


def test_a_folder_that_cannot_be_made_says_what_to_do(file, tmp_path, monkeypatch):
    (tmp_path / "occupied").touch()
    monkeypatch.setenv("D2LNOTES_DATA", str(tmp_path / "occupied"))

    with pytest.raises(CacheError, match=r"cannot write to .*occupied.*D2LNOTES_DATA"):
        fetch(file)


def test_a_folder_in_the_place_of_a_file_says_what_to_do(home, file):
    (home / "numbers" / "numbers.bin").mkdir(parents=True)

    with pytest.raises(CacheError, match=r"(?s)cannot write to .*D2LNOTES_DATA"):
        fetch(file)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
@pytest.mark.parametrize("times", [1, 11], ids=["within a buffer", "beyond a buffer"])
def test_a_full_disk_says_so_and_keeps_what_was_there(
    home, make_file, server, content, times, monkeypatch
):
    server.content = content * times
    file = make_file(server.url, content=server.content)
    put(cache_path(file), b"old")
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(_cache, "_open_new", lambda _: full)

        with pytest.raises(CacheError, match=r"No space left .* needs 0\.0 MB"):
            fetch(file)
    assert cache_path(file).read_bytes() == b"old"
    assert listing(home) == [".numbers.bin.lock", "numbers.bin"]


# ---- two processes at once -----------------------------------------------------

FETCH_WHEN_TOLD = """
from d2lnotes.data import RemoteFile, fetch
file = {file!r}
print("ready", flush=True)
input()
print(fetch(file).stat().st_size)
"""


def run_at_once(script, *, num_processes):
    """Start processes, let all go at one moment, and return what each printed."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(num_processes)
    ]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].strip() for process in processes]


def test_two_processes_at_once_download_once(home, file, server, content):
    server.faults = ["slow"]

    printed = run_at_once(FETCH_WHEN_TOLD.format(file=file), num_processes=2)

    assert printed == [str(len(content))] * 2
    assert len(server.requests) == 1


def test_a_lock_that_is_never_released_is_named(home, file, monkeypatch):
    monkeypatch.setattr(_cache, "_LOCK_SECONDS", 0.1)
    (home / "numbers").mkdir(parents=True)

    with (
        filelock.FileLock(home / "numbers" / ".numbers.bin.lock"),
        pytest.raises(DownloadError, match=r"another process has held .*\.lock for"),
    ):
        fetch(file)
