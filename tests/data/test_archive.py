"""Tests for d2lnotes.data._archive: nothing is written outside the folder."""

import errno
import io
import os
import shutil
import tarfile
import zipfile

import pytest

from d2lnotes.data import extract

SYMLINK_MODE = 0o120777 << 16


def zip_of(path, *members):
    """Write a zip archive of (name, content, Unix mode) triples."""
    with zipfile.ZipFile(path, "w") as bundle:
        for name, content, mode in members:
            info = zipfile.ZipInfo(name)
            info.external_attr = mode
            bundle.writestr(info, content)
    return path


def tar_of(path, *members, mode="w"):
    """Write a tar archive of (name, content, type, link target) quadruples."""
    with tarfile.open(path, mode) as bundle:
        for name, content, kind, link in members:
            info = tarfile.TarInfo(name)
            info.size, info.type, info.linkname = len(content), kind, link
            bundle.addfile(info, io.BytesIO(content))
    return path


def plain(name, content=b"abc"):
    return name, content, tarfile.REGTYPE, ""


def snapshot(folder):
    """Return every path below ``folder``; with it, what lies beside the target."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_archive_is_unpacked(tmp_path, mode):
    archive = tar_of(
        tmp_path / "a.tar",
        ("part", b"", tarfile.DIRTYPE, ""),
        plain("part/one.txt", b"one"),
        plain("two.txt", b"two"),
        mode=mode,
    )

    folder = extract(archive, tmp_path / "out")

    assert snapshot(folder) == ["part", "part/one.txt", "two.txt"]
    assert (folder / "part" / "one.txt").read_bytes() == b"one"


def test_a_zip_archive_is_unpacked(tmp_path):
    archive = zip_of(tmp_path / "a.zip", ("part/", b"", 0), ("part/one.txt", b"one", 0))

    folder = extract(archive, tmp_path / "out")

    assert snapshot(folder) == ["part", "part/one.txt"]
    assert (folder / "part" / "one.txt").read_bytes() == b"one"


def test_unpacking_twice_restores_the_files(tmp_path):
    archive = tar_of(tmp_path / "a.tar", plain("one.txt", b"one"))
    folder = extract(archive, tmp_path / "out")
    (folder / "one.txt").write_bytes(b"half")

    extract(archive, folder)

    assert (folder / "one.txt").read_bytes() == b"one"


@pytest.mark.parametrize(
    "name", ["../out.txt", "a/../../out.txt", "/tmp/out.txt", "..\\out.txt", "C:\\out"]
)
@pytest.mark.parametrize("kind", ["tar", "zip"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path, name, kind):
    if kind == "tar":
        archive = tar_of(tmp_path / "a", plain("first.txt"), plain(name))
    else:
        archive = zip_of(tmp_path / "a", ("first.txt", b"abc", 0), (name, b"abc", 0))

    with pytest.raises(ValueError, match=r"not safe to unpack.*leaves"):
        extract(archive, tmp_path / "out")
    assert snapshot(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        (tarfile.SYMTYPE, "/etc"),
        (tarfile.SYMTYPE, "../.."),
        (tarfile.LNKTYPE, "/etc/passwd"),
        (tarfile.FIFOTYPE, ""),
        (tarfile.CHRTYPE, ""),
    ],
)
def test_links_and_devices_in_a_tar_archive_are_refused(tmp_path, kind, target):
    archive = tar_of(tmp_path / "a", ("way", b"", kind, target), plain("way/out.txt"))

    with pytest.raises(ValueError, match="'way' is a link or a device"):
        extract(archive, tmp_path / "out")
    assert snapshot(tmp_path) == ["a"]


def test_links_in_a_zip_archive_are_refused(tmp_path):
    archive = zip_of(tmp_path / "a", ("way", b"/etc", SYMLINK_MODE))

    with pytest.raises(ValueError, match="'way' is a link or a device"):
        extract(archive, tmp_path / "out")
    assert snapshot(tmp_path) == ["a"]


def test_a_link_that_was_in_the_folder_is_not_followed_out(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "way").symlink_to(tmp_path / "elsewhere")
    archive = tar_of(tmp_path / "a", plain("way/out.txt"))

    with pytest.raises(ValueError, match="leaves"):
        extract(archive, tmp_path / "out")
    assert snapshot(tmp_path / "elsewhere") == []


def test_a_folder_behind_a_link_is_fine(tmp_path):
    (tmp_path / "big disk").mkdir()
    (tmp_path / "cache").symlink_to(tmp_path / "big disk")
    archive = tar_of(tmp_path / "a", plain("one.txt"))

    extract(archive, tmp_path / "cache")

    assert snapshot(tmp_path / "big disk") == ["one.txt"]


def test_a_file_gets_its_name_only_when_it_is_complete(tmp_path, monkeypatch):
    def fill_the_disk(source, sink):
        sink.write(source.read(1))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copyfileobj", fill_the_disk)
    archive = tar_of(tmp_path / "a", plain("one.txt"))

    with pytest.raises(OSError, match="No space left"):
        extract(archive, tmp_path / "out")
    assert snapshot(tmp_path / "out") == []


def test_something_else_than_an_archive_is_refused(tmp_path):
    (tmp_path / "page.zip").write_text("<html>please log in</html>")

    with pytest.raises(ValueError, match="neither a zip nor a tar archive"):
        extract(tmp_path / "page.zip", tmp_path / "out")


@pytest.mark.parametrize("make", [tar_of, zip_of])
def test_an_archive_that_would_fill_the_disk_is_refused(tmp_path, make):
    member = plain("zeros", b"0" * 1001) if make is tar_of else ("zeros", "0" * 1001, 0)
    archive = make(tmp_path / "bomb", member)

    with pytest.raises(ValueError, match="bomb unpacks to 1,001 bytes, and 1,000 are"):
        extract(archive, tmp_path / "out", max_bytes=1000)
    assert not (tmp_path / "out").exists()


def test_a_tar_archive_that_was_cut_off_is_named(tmp_path):
    archive = tar_of(tmp_path / "a.tar.gz", plain("one", os.urandom(9999)), mode="w:gz")
    archive.write_bytes(archive.read_bytes()[:5000])

    with pytest.raises(ValueError, match=r"a\.tar\.gz cannot be unpacked: "):
        extract(archive, tmp_path / "out")


def test_a_zip_archive_with_a_wrong_byte_is_named(tmp_path):
    archive = zip_of(tmp_path / "a.zip", ("one", "abcdefgh", 0))
    archive.write_bytes(archive.read_bytes().replace(b"abcdefgh", b"abcdefgX"))

    with pytest.raises(ValueError, match=r"a\.zip cannot be unpacked: Bad CRC-32"):
        extract(archive, tmp_path / "out")
